"""The command line: one application, one module per family of commands."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from photopeak.cli import (
    accounts,
    analysis,
    configuration,
    data,
    dicom,
    exports,
    measurements,
    notifications,
    reports,
    roles,
)

app = typer.Typer(
    name="photopeak",
    help="Quality control in nuclear medicine: a DICOM network service.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _show_version(asked: bool) -> None:
    if asked:
        print(f"photopeak {version('photopeak')}")
        raise typer.Exit


@app.callback()
def _common(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Quality-control aid. Not a medical device; not for diagnosis."""


for family in (
    roles,
    analysis,
    configuration,
    dicom,
    measurements,
    reports,
    exports,
    notifications,
    data,
    accounts,
):
    family.register(app)


def main() -> None:
    """Run the command line."""
    app()
