"""Commands about what the service keeps: re-analysis, backup."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from photopeak.cli.common import (
    ConfigOption,
    DataOption,
    ExitCode,
    JsonOption,
    fail,
    guarded,
    print_json,
    read_settings,
)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(reanalyze)
    app.command()(backup)


@guarded
def reanalyze(
    test: Annotated[str | None, typer.Option(help="Only this test.")] = None,
    device: Annotated[str | None, typer.Option(help="Only this device.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only sets changed since.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done.")
    ] = False,
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Queue finished test sets again; new results supersede, nothing is overwritten."""
    from photopeak.app import database_of, requeue

    settings = read_settings(config, data=data).settings
    with database_of(settings) as database:
        queued = requeue(database, test=test, device_id=device, since=since, dry_run=dry_run)
    if as_json:
        print_json({"queued": queued, "dry_run": dry_run})
    else:
        print(f"{queued} test sets {'would be' if dry_run else 'are'} queued")


@guarded
def backup(
    target: Annotated[Path, typer.Argument(help="File to write; must not exist.")],
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Copy the SQLite database while the service runs. The stored files are copied as files."""
    from photopeak.app import database_of, utc_now
    from photopeak.storage.backup import BackupError, back_up, note_backup

    with database_of(read_settings(config, data=data).settings) as database:
        try:
            size = back_up(database, target)
            note_backup(database, now=utc_now())
        except BackupError as error:
            raise fail(ExitCode.CHECK_FAILED, str(error)) from None
    print(
        f"{target}: {size} bytes; copy the folder {read_settings(config, data=data).settings.data / 'store'} beside it"
    )
