"""The command that writes results for other programs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from photopeak.cli.common import (
    ConfigOption,
    DataOption,
    ExitCode,
    JsonOption,
    cannot_write,
    fail,
    guarded,
    print_json,
    read_settings,
    write_pieces,
)
from photopeak.reports.exports.quaac import Performer, document
from photopeak.reports.exports.selection import (
    Selection,
    each,
    equipment,
    reviewer_of,
    tests_with,
)
from photopeak.reports.exports.table import Place, csv_lines, rows
from photopeak.reports.exports.workbook import TooManyRowsError, write_workbook
from photopeak.storage.database import Database

_PERFORMER = re.compile(r"\s*(?P<name>[^<>]+?)\s*<(?P<email>[^@<>\s]+@[^@<>\s]+)>\s*")


class ExportForm(StrEnum):
    """Forms of an export."""

    CSV = "csv"
    XLSX = "xlsx"
    NDJSON = "ndjson"
    QUAAC = "quaac"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(export)


@guarded
def export(
    file: Annotated[
        Path | None,
        typer.Argument(help="File to write; default: standard output.", show_default=False),
    ] = None,
    form: Annotated[
        ExportForm | None,
        typer.Option(help="Default: as the file is called, else csv.", show_default=False),
    ] = None,
    test: Annotated[str | None, typer.Option(help="Only this test.")] = None,
    device: Annotated[str | None, typer.Option(help="Only this device.")] = None,
    metric: Annotated[str | None, typer.Option(help="Only this number of each result.")] = None,
    since: Annotated[
        datetime | None, typer.Option(help="Only results finished since then.")
    ] = None,
    until: Annotated[datetime | None, typer.Option(help="Only results finished before.")] = None,
    performer: Annotated[
        str, typer.Option(help='For quaac, who answers for them: "Name <mail>".')
    ] = "",
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the measurements of all current results, one a line; ndjson holds whole results."""
    from photopeak.analysis.site import load_site
    from photopeak.app import database_of

    settings = read_settings(config, data=data).settings
    zone = ZoneInfo(settings.site.time_zone)
    devices = load_site(settings).devices
    place = Place(device_names={d.id: d.name for d in devices}, zone=zone)
    selection = Selection(
        device_id=device,
        test=test,
        since=_in_zone(since, zone),
        until=_in_zone(until, zone),
        metric=metric,
        metric_tests=_measuring(metric),
    )
    chosen = form or _form_of(file)
    answering = _performer(performer) if chosen is ExportForm.QUAAC else None
    if chosen is ExportForm.XLSX and file is None:
        raise fail(ExitCode.USAGE, "a workbook needs a file to be written to")
    with database_of(settings) as database:
        records = each(database, selection)
        if as_json:
            print_json([row for record in records for row in rows(record, place)])
        elif chosen is ExportForm.XLSX and file is not None:
            try:
                write_workbook(records, place, file)
            except TooManyRowsError as error:
                file.unlink(missing_ok=True)
                raise fail(ExitCode.USAGE, f"{error}; narrow the selection") from None
            except OSError as error:
                raise cannot_write(file, error) from None
        elif answering is not None:
            things, signed = equipment(database, devices), reviewer_of(database)
            write_pieces(document(records, things, answering, signed), file, replace=True)
        elif chosen is ExportForm.NDJSON:
            write_pieces(_json_lines(database, selection), file, replace=True)
        else:
            write_pieces(csv_lines(records, place), file, replace=True)


def _measuring(metric: str | None) -> frozenset[str]:
    """Return the tests that measure a number."""
    if metric is None:
        return frozenset()
    from photopeak.analysis.catalogue import describe, installed_analyzers

    found = tests_with(metric, map(describe, installed_analyzers().analyzers.values()))
    if not found:
        raise fail(ExitCode.USAGE, f"no installed test measures {metric!r}")
    return found


def _form_of(file: Path | None) -> ExportForm:
    endings = {".xlsx": ExportForm.XLSX, ".ndjson": ExportForm.NDJSON, ".json": ExportForm.QUAAC}
    return endings.get(file.suffix.lower(), ExportForm.CSV) if file is not None else ExportForm.CSV


def _performer(text: str) -> Performer:
    found = _PERFORMER.fullmatch(text)
    if found is None:
        raise fail(ExitCode.USAGE, 'quaac needs --performer "Name <mail>"')
    return Performer(name=found["name"], email=found["email"])


def _in_zone(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    return moment.replace(tzinfo=zone) if moment is not None and moment.tzinfo is None else moment


def _json_lines(database: Database, selection: Selection) -> Iterator[str]:
    from photopeak.api.wire.results import ResultOut

    for record in each(database, selection):
        yield ResultOut.of_result(record).model_dump_json() + "\n"
