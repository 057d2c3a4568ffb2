"""Commands for measurements without images."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from photopeak.analysis.site import Site
    from photopeak.model.catalogue import TestDescription
    from photopeak.reports.entries import CheckedEntry

MOST_BYTES = 64 * 1024 * 1024
_WHO = "command line"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("import-readings")(import_readings)


@guarded
def import_readings(
    files: Annotated[list[Path], typer.Argument(help="CSV files.", exists=True, dir_okay=False)],
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Enter measurements from CSV files; the worker of a running service does the rest.

    The header of a test is what `photopeak analyzers --csv-header TEST` prints. Everything is
    checked before anything is kept; what is wrong is told with its line and field. A measurement
    that is there already is not entered again.
    """
    from photopeak.analysis.catalogue import describe, installed_analyzers
    from photopeak.analysis.site import load_site
    from photopeak.app import database_of
    from photopeak.reports.entries import enter

    settings = read_settings(config, data=data).settings
    site = load_site(settings)
    tests = [describe(analyzer) for analyzer in installed_analyzers().analyzers.values()]
    entries: list[tuple[Path, int, CheckedEntry]] = []
    faults: list[str] = []
    for path in files:
        found, wrong = check_file(path, tests, site)
        entries += [(path, line, entry) for line, entry in found]
        faults += [f"{path}: {fault}" for fault in wrong]
    if faults:
        raise fail(ExitCode.CHECK_FAILED, [*faults, "nothing was entered"])
    answers: list[dict[str, object]] = []
    with database_of(settings) as database, database.transaction() as tx:
        for path, line, entry in entries:
            record, new = enter(tx, entry)
            answers.append(
                {
                    "path": str(path),
                    "line": line,
                    "test_set": record.id,
                    "test": record.key.test,
                    "device": record.key.device_id,
                    "new": new,
                }
            )
    if as_json:
        print_json(answers)
    else:
        fresh = sum(bool(answer["new"]) for answer in answers)
        print(f"{fresh} measurements entered, {len(answers) - fresh} were there already")


def check_file(
    path: Path, tests: Sequence[TestDescription], site: Site
) -> tuple[list[tuple[int, CheckedEntry]], list[str]]:
    """Return the measurements of a file, each with its line, and what is wrong with it."""
    from photopeak.app import utc_now
    from photopeak.reports.entries import check_entry
    from photopeak.reports.entry_csv import CsvError, read_entries
    from photopeak.reports.readings import ReadingError

    if path.stat().st_size > MOST_BYTES:
        return [], [f"the file is larger than {MOST_BYTES} bytes"]
    try:
        read = read_entries(path.read_text("utf-8-sig"), tests)
    except UnicodeDecodeError as error:
        return [], [f"the file is not UTF-8 (byte {error.start})"]
    except CsvError as error:
        return [], list(error.faults)
    except csv.Error as error:
        return [], [f"the file is no table: {error}"]
    now = utc_now()
    found, faults = [], []
    for each in read:
        try:
            checked = check_entry(
                each.entry,
                tests=tests,
                devices=site.devices,
                site_zone=site.settings.site.time_zone,
                source="csv",
                who=_WHO,
                now=now,
                complete=True,
            )
        except ReadingError as error:
            faults += [each.place(fault) for fault in error.faults]
        else:
            found.append((each.line, checked))
    return found, faults
