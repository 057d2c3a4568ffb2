"""Measurements as an Excel workbook: text stays text, numbers numbers, times times."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from photopeak.model.results import ResultRecord
from photopeak.reports.exports.table import COLUMNS, Cell, Place, rows

MOST_ROWS = 1_048_575
"""Rows of a sheet beside its heading."""

_WIDTHS = {
    "result_id": 38, "device_name": 24, "test": 26, "title": 30, "acquired_at": 20, "metric": 24,
    "label": 34, "scope": 26, "limit_set": 16, "clause": 34,
}  # fmt: skip


class TooManyRowsError(ValueError):
    """The selection does not fit into a sheet; the message says how much does."""


def write_workbook(records: Iterable[ResultRecord], place: Place, file: Path) -> int:
    """Write a workbook with one sheet of measurements and return how many rows it has.

    Raises
    ------
    TooManyRowsError
        If a sheet cannot hold them; nothing usable was written.
    OSError
        If the file cannot be written.
    """
    import xlsxwriter

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "remove_timezone": True,
    }
    count = 0
    # Opened first: the library would find out at the end that there is nowhere to write to.
    with file.open("wb") as opened, xlsxwriter.Workbook(opened, options) as workbook:
        sheet = workbook.add_worksheet("Measurements")
        heading = workbook.add_format({"bold": True, "bottom": 1})
        moment = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for column, name in enumerate(COLUMNS):
            sheet.set_column(column, column, _WIDTHS.get(name, 12))
            title = f"acquired_at [{place.zone.key}]" if name == "acquired_at" else name
            sheet.write_string(0, column, title, heading)
        sheet.freeze_panes(1, 0)
        for record in records:
            for row in rows(record, place):
                count += 1
                if count > MOST_ROWS:
                    raise TooManyRowsError(
                        f"more than {MOST_ROWS} measurements; a sheet holds no more"
                    )
                when = record.acquired_at
                for column, name in enumerate(COLUMNS):
                    if name == "acquired_at" and when is not None:
                        sheet.write_datetime(count, column, when.astimezone(place.zone), moment)
                    else:
                        _write(sheet, count, column, row[name])
        sheet.autofilter(0, 0, max(count, 1), len(COLUMNS) - 1)
    return count


def _write(sheet: object, row: int, column: int, value: Cell) -> None:
    # By type: the general call would look for formulas, links and numbers in text.
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)  # type: ignore[attr-defined]
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value)  # type: ignore[attr-defined]
    elif value:
        sheet.write_string(row, column, value)  # type: ignore[attr-defined]
