"""Commands that run the service: everything, one role, or a demonstration."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from photopeak.cli.common import (
    ConfigOption,
    DataOption,
    guarded,
    read_settings,
)
from photopeak.settings import LoadedSettings

PortOption = Annotated[int | None, typer.Option("--port", help="DICOM port.", show_default=False)]
HttpPortOption = Annotated[
    int | None, typer.Option("--http-port", help="Port of pages and API.", show_default=False)
]
HttpHostOption = Annotated[
    str | None,
    typer.Option("--http-host", help="Address for pages and API.", show_default=False),
]
AeTitleOption = Annotated[
    str | None, typer.Option("--ae-title", "-aet", help="Our AE title.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (serve, listen, work, web, demo):
        app.command()(command)


@guarded
def serve(
    config: ConfigOption = None,
    data: DataOption = None,
    port: PortOption = None,
    http_port: HttpPortOption = None,
    http_host: HttpHostOption = None,
    ae_title: AeTitleOption = None,
) -> None:
    """Run everything on this machine: listener, worker, pages and API."""
    from photopeak.analysis.site import load_site
    from photopeak.app import serve as run

    loaded = read_settings(
        config,
        data=data,
        listener__port=port,
        listener__ae_title=ae_title,
        web__port=http_port,
        web__host=http_host,
    )
    site = load_site(loaded.settings)
    raise typer.Exit(
        run(
            loaded.settings,
            site,
            show=lambda line: print(line, flush=True),
            remarks=(*loaded.remarks(), *site.alerts.channel_remarks()),
        )
    )


@guarded
def listen(
    config: ConfigOption = None,
    data: DataOption = None,
    port: PortOption = None,
    ae_title: AeTitleOption = None,
) -> None:
    """Run the DICOM listener alone; the schema must be there (db upgrade)."""
    _run_role(
        read_settings(config, data=data, listener__port=port, listener__ae_title=ae_title),
        "listen_alone",
    )


@guarded
def work(config: ConfigOption = None, data: DataOption = None) -> None:
    """Run a worker alone; as many on as many hosts as wanted, with PostgreSQL."""
    _run_role(read_settings(config, data=data), "work_alone")


@guarded
def web(
    config: ConfigOption = None,
    data: DataOption = None,
    http_port: HttpPortOption = None,
    http_host: HttpHostOption = None,
) -> None:
    """Run pages and API alone."""
    _run_role(
        read_settings(config, data=data, web__port=http_port, web__host=http_host), "web_alone"
    )


@guarded
def demo(
    once: Annotated[bool, typer.Option("--once", help="End when the morning is over.")] = False,
    data: Annotated[
        Path | None,
        typer.Option("--data", help="A new folder; default: a temporary one.", show_default=False),
    ] = None,
) -> None:
    """Start a fresh service, let three simulated consoles push a morning of QC, show the outcome."""
    from photopeak.demo.run import run_demo

    raise typer.Exit(run_demo(data, once=once))


def _run_role(loaded: LoadedSettings, name: str) -> None:
    from photopeak import app
    from photopeak.analysis.site import load_site

    site = load_site(loaded.settings)
    run: Callable[..., int] = getattr(app, name)
    remarks = (*loaded.remarks(), *site.alerts.channel_remarks())
    raise typer.Exit(run(loaded.settings, site, remarks=remarks))
