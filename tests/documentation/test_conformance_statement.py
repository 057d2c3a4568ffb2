"""The DICOM conformance statement says what the code does."""

import runpy
from pathlib import Path

from photopeak.model.reception import StoreStatus

SERVICE = Path(__file__).resolve().parents[2] / "service"
SCRIPT = runpy.run_path(str(SERVICE / "write_conformance.py"))


def test_the_tables_are_current() -> None:
    page = (SERVICE / "CONFORMANCE.md").read_text("utf-8")

    assert SCRIPT["with_tables"](page) == page, "run: python service/write_conformance.py"


def test_every_status_that_is_ever_answered_is_explained() -> None:
    rows = SCRIPT["tables"]()["statuses"].splitlines()[2:]

    assert [int(row.split("|")[1], 16) for row in rows] == [int(status) for status in StoreStatus]


def test_no_sop_class_of_the_standard_is_listed_without_its_name() -> None:
    unnamed = [
        row
        for row in SCRIPT["tables"]()["sop classes"].splitlines()
        if row.startswith("| private |")
    ]

    assert not [row for row in unnamed if "`1.2.840.10008." in row]
