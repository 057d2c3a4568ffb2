"""Commands about the configuration and the health of the service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from photopeak.cli.common import (
    ConfigOption,
    DataOption,
    ExitCode,
    JsonOption,
    fail,
    guarded,
    print_json,
    print_table,
    progress,
    read_settings,
)

_FILES = ("devices.toml", "schedule.toml", "alerts.toml")
"""Files that a site may have beside its settings."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    config = typer.Typer(help="The configuration.", no_args_is_help=True)
    config.command("check")(check)
    config.command("show")(show)
    app.add_typer(config, name="config")
    database = typer.Typer(help="The database.", no_args_is_help=True)
    database.command("upgrade")(upgrade)
    database.command("rebuild")(rebuild)
    app.add_typer(database, name="db")
    app.command()(doctor)


@guarded
def check(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Read everything that is configured; report every fault at once, with file, key and cure."""
    from photopeak.analysis import misfits as of_tests
    from photopeak.analysis.catalogue import describe, installed_analyzers
    from photopeak.analysis.site import load_site
    from photopeak.evaluation.limits import misfits
    from photopeak.reports import device_readings

    installed = installed_analyzers()
    catalogue = {name: describe(analyzer) for name, analyzer in installed.analyzers.items()}
    loaded = read_settings(config)
    site = load_site(loaded.settings)
    faults = (
        *misfits(site.limit_sets, catalogue),
        *of_tests.misfits(site, installed.analyzers),
        *device_readings.misfits(site.devices, catalogue),
        *(
            f"review.automatic: no test {test!r} is installed"
            for test in loaded.settings.review.automatic
            if test not in catalogue
        ),
    )
    if faults:
        raise fail(ExitCode.CONFIGURATION, list(faults))
    found = {
        "devices": len(site.devices),
        "rules": len(site.routes.rules),
        "limit_sets": len(site.limit_sets),
        "limits": sum(len(limits.limits) for limits in site.limit_sets),
        "schedule_rules": len(site.schedule.rules),
    }
    remarks = [
        *loaded.remarks(),
        *site.alerts.channel_remarks(),
        *installed.faults.values(),
    ]
    if as_json:
        print_json({"status": "ok", **found, "remarks": remarks})
    else:
        for remark in remarks:
            print(f"remark: {remark}")
        print(
            f"ok: {found['devices']} devices, {found['rules']} rules,"
            f" {found['limits']} limits in {found['limit_sets']} sets,"
            f" {found['schedule_rules']} rules of the schedule"
        )


@guarded
def show(
    config: ConfigOption = None,
    origin: Annotated[
        bool, typer.Option("--origin", help="Say where each value comes from.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Print the settings in force, secrets masked, and the files beside them that are read."""
    loaded = read_settings(config)
    values = _leaves(loaded.settings.model_dump(mode="json")) | _files(loaded.settings.config)
    if as_json:
        print_json(
            {
                key: {"value": value, "origin": loaded.origins.get(key, "default")}
                if origin
                else value
                for key, value in values.items()
            }
        )
        return
    rows = [
        (key, value, *((loaded.origins.get(key, "default"),) if origin else ()))
        for key, value in values.items()
    ]
    print_table("", ("key", "value", *(("origin",) if origin else ())), rows)


@guarded
def upgrade(config: ConfigOption = None, data: DataOption = None) -> None:
    """Bring the schema of the database to this version; an SQLite file is backed up before."""
    from photopeak.app import prepare_database

    settings = read_settings(config, data=data).settings
    backup, token = prepare_database(settings)
    print("the database is up to date" + (f", backup in {backup}" if backup else ""))
    if token is not None:
        print(f"token  {token}    (makes the first administrator; shown this once)")


@guarded
def rebuild(config: ConfigOption = None, data: DataOption = None) -> None:
    """Write the rows of all stored files again, into an empty database or beside what is there."""
    from photopeak.app import database_of
    from photopeak.inbox.recovery import rebuild as run

    settings = read_settings(config, data=data).settings
    with database_of(settings) as database, progress("reading files", total=None) as advance:
        report = run(settings.data, database, advance=advance)
    print(f"{report.indexed} rows written, {report.damaged} damaged files set aside")


@guarded
def doctor(
    config: ConfigOption = None,
    data: DataOption = None,
    quick: Annotated[bool, typer.Option("--quick", help="Only what a health check needs.")] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(help="dicom, http, database, storage, time, tls, secrets; repeat."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check the running service: C-ECHO, HTTP, database, storage, clock. Exit code 1 on a fault."""
    from photopeak.doctor import examine

    loaded = read_settings(config, data=data)
    try:
        findings = examine(
            loaded.settings,
            quick=quick,
            only=frozenset(only or ()),
            remarks=loaded.remarks(),
        )
    except ValueError as error:
        raise fail(ExitCode.USAGE, str(error)) from None
    if as_json:
        print_json(
            [
                {"check": f.name, "ok": f.ok, "warning": f.warning, "detail": f.detail}
                for f in findings
            ]
        )
    else:
        for finding in findings:
            word = "BAD " if not finding.ok else "warn" if finding.warning else "ok  "
            print(f"{word} {finding.name:<10} {finding.detail}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _files(folder: Path | None) -> dict[str, str | None]:
    """Return the files of a site beside its settings, each with its path when it is there."""
    paths = {name: folder / name for name in _FILES} if folder is not None else {}
    return {
        f"files.{name}": str(paths[name]) if name in paths and paths[name].exists() else None
        for name in _FILES
    }


def _leaves(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    leaves: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict) and value:
            leaves |= _leaves(value, f"{prefix}{name}.")
        else:
            leaves[f"{prefix}{name}"] = value
    return leaves
