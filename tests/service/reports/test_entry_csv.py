"""Measurements in CSV files: a header per test, lines that carry on a table, faults by line and field."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from photopeak.reports.entries import CheckedEntry, check_entry
from photopeak.reports.entry_csv import CsvError, documentation, header_of, read_entries
from photopeak.reports.readings import ReadingError
from support import web_scene
from support.entered import CONSTANCY
from support.rows import NOON

TESTS = (web_scene.SENSITIVITY, CONSTANCY)
HEADER = ",".join(header_of(CONSTANCY))
FIRST = (
    "meter_constancy,camera-1,2026-03-02T11:00:00Z,R. Chen,jjf,2,"
    "37.5,2026-03-02T10:00:00Z,0.4,600,60,2026-03-02T10:50:00Z,vial,,Cs-137,,,2,"
)
SECOND = ",,,,,,,,,612,60,2026-03-02T10:52:00Z,,late,,,,,"
FILE = f"{HEADER}\n{FIRST}\n{SECOND}\n"


def checked(text: str) -> tuple[list[CheckedEntry], list[str]]:
    """Return the measurements of a file that can be true, and what is wrong with the others."""
    found, faults = [], []
    for each in read_entries(text, TESTS):
        try:
            found.append(
                check_entry(
                    each.entry, tests=TESTS, devices=(web_scene.DEVICE,), site_zone="UTC",
                    source="csv", who="x", now=NOON, complete=True,
                )
            )  # fmt: skip
        except ReadingError as error:
            faults += [each.place(fault) for fault in error.faults]
    return found, faults


def test_the_header_has_a_column_for_everything_that_the_test_asks_for() -> None:
    assert header_of(CONSTANCY) == (
        "test", "device", "performed_at", "operator", "variant", "detector",
        "activity", "activity.at", "activity.u",
        "counts.n", "counts.live_s", "counts.start", "counts.vessel", "counts.remark",
        "nuclide", "zeroed", "certificate", "volume", "volume.u",
    )  # fmt: skip
    said = "\n".join(documentation(CONSTANCY))
    assert "# activity: Activity of the source, number 0.1 to 1000 MBq\n" in said
    assert "# counts.live_s: Readings of the meter, 2 to 5 rows: live s, number 0.1 to" in said
    assert "# volume: Volume, number 0.5 to 30 mL (may be empty)\n" in said
    assert said.endswith(HEADER)


def test_a_measurement_of_two_lines_is_read_whole() -> None:
    (entry,), faults = checked(FILE)

    assert faults == []
    assert (entry.key.variant, entry.detector, entry.operator) == ("jjf", 2, "R. Chen")
    assert entry.performed_at == datetime(2026, 3, 2, 11, tzinfo=UTC)
    kept = {reading.name: reading for reading in entry.readings}
    assert (kept["activity"].value, kept["activity"].uncertainty) == (37.5, 0.4)
    assert kept["activity"].at == NOON - timedelta(hours=2)
    assert kept["counts"].value == (
        (600.0, 60.0, "2026-03-02T10:50:00+00:00", "vial", None),
        (612.0, 60.0, "2026-03-02T10:52:00+00:00", None, "late"),
    )
    assert (kept["volume"].value, kept["volume"].source) == (2.0, "csv")


@pytest.mark.parametrize("separator", [";", "\t"])
def test_separators_remarks_empty_lines_and_decimal_commas_are_taken(separator: str) -> None:
    text = FILE.replace(",", separator).replace("37.5", "37,5")
    noted = f"# filled in by hand\r\n\r\n{text}{separator * 5}\n".replace("\n", "\r\n")

    (entry,), faults = checked(noted)

    assert faults == []
    assert entry.content == checked(FILE)[0][0].content


def test_the_documented_beginning_is_a_file_that_can_be_filled_in() -> None:
    text = "\n".join([*documentation(CONSTANCY), FIRST, SECOND])

    assert len(checked(text)[0]) == 1


def test_what_is_wrong_is_told_with_line_and_field() -> None:
    lines = [
        HEADER,
        FIRST.replace("37.5", "2000").replace("Cs-137", "Tc-99m").replace("0.4", "much"),
        SECOND.replace("612", "many").replace(",60,", ",,"),
        FIRST.replace("camera-1", "camera-9").replace("T11:00:00Z", "T11:00:00"),
        FIRST.replace("37.5,2026-03-02T10:00:00Z,0.4", ",,"),
    ]
    found, faults = checked("\n".join(lines))

    assert found == []
    assert faults == [
        "line 2, activity.u: the uncertainty of activity is not a number from 0 on",
        "line 2, activity: activity is 2000 MBq, must be at least 0.1 MBq and at most 1000 MBq",
        "line 3, counts.n: n in row 2 of counts is a number",
        "line 3, counts.live_s: live_s in row 2 of counts is missing",
        "line 2, nuclide: nuclide is one of: Cs-137, Ba-133",
        "line 4, device: there is no such device; there are: camera-1",
        "line 4, performed_at: performed_at is a date with time and zone (RFC 3339)",
        "line 5, counts: counts is a table of 2 to 5 rows, not of 1",
        "line 5, activity: activity is missing",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no header with lines below it"),
        ("# only a remark\n", "no header with lines below it"),
        (HEADER, "no header with lines below it"),
        ("device,performed_at\na,b\n", "the header has no column test"),
        (f"{HEADER}\n{FIRST.replace('meter_constancy', 'nothing')}", "no analyzer is installed"),
        (f"{FILE}system_planar_sensitivity,camera-1,x\n", "this one names meter_constancy, sys"),
        (FILE.replace("volume.u", "mass"), "line 1: meter_constancy has no column mass"),
        (FILE.replace("volume.u", "volume"), "line 1: the column volume is there twice"),
        ("test\nmeter_constancy\n", "line 1: the column device is missing"),
        (f"{FILE}{SECOND},9\n", "line 4: 20 cells for 19 columns"),
        (f"{HEADER}\n{SECOND}\n{FIRST}\n", "line 2: a measurement begins with test, device"),
    ],
)
def test_a_file_that_is_none_is_refused(text: str, message: str) -> None:
    with pytest.raises(CsvError, match=message):
        read_entries(text, TESTS)
