"""Readings against what a test declares."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from photopeak.model.catalogue import ColumnDescription, ReadingDescription
from photopeak.reports.readings import ReadingError, checked
from photopeak.reports.targets import targets
from photopeak.reports.waiting import missing
from support import web_scene
from support.rows import NOON, key, waiting_set

TABLE = ReadingDescription(
    name="counts", label="Counts", unit="1", kind="table", minimum=None, maximum=None,
    required=False, choices=(), columns=(ColumnDescription(name="time", unit="s"), ColumnDescription(name="counts")), hint="",
)  # fmt: skip
MOMENT = replace(TABLE, name="filled", kind="time", columns=())
NUMBER = replace(TABLE, name="volume", kind="number", unit="mL", minimum=1.0, maximum=10.0)
TEST = replace(
    web_scene.SENSITIVITY, readings=(*web_scene.SENSITIVITY.readings, TABLE, MOMENT, NUMBER)
)


def supply(name: str, value: Any, **changes: Any) -> Any:
    """Check a reading and return its value."""
    given = {"unit": "", "uncertainty": None, "at": None, **changes}
    return checked(TEST, name, value, source="api", entered_by="x", now=NOON, **given).value


def test_values_of_each_kind_are_taken() -> None:
    assert supply("activity", 37, at=NOON) == 37.0
    assert supply("collimator", "LEHR") == "LEHR"
    assert supply("counts", [[1.0, 2.0], [3, 4]]) == ((1.0, 2.0), (3.0, 4.0))
    assert supply("filled", "2026-03-02T12:00:00+01:00") == "2026-03-02T12:00:00+01:00"


def test_bounds_are_inclusive() -> None:
    assert supply("volume", 1.0) == 1.0
    assert supply("volume", 10.0) == 10.0
    with pytest.raises(ReadingError, match="at least 1 mL"):
        supply("volume", 0.999)
    with pytest.raises(ReadingError, match="at most 10 mL"):
        supply("volume", 10.001)


@pytest.mark.parametrize(
    ("name", "value", "changes", "message"),
    [
        ("nothing", 1.0, {}, "no such reading"),
        ("volume", "1", {}, "is a number"),
        ("volume", float("nan"), {}, "finite"),
        ("volume", 2.0, {"unit": "L"}, "given in mL"),
        ("volume", 2.0, {"uncertainty": -1.0}, "from 0 on"),
        ("volume", 2.0, {"uncertainty": float("inf")}, "from 0 on"),
        ("activity", 37.0, {}, "needs the moment"),
        ("activity", 37.0, {"at": NOON + timedelta(hours=1)}, "in the future"),
        ("collimator", "PINHOLE", {}, "one of: LEHR, LEAP"),
        ("collimator", 3.0, {}, "one of"),
        ("counts", 3.0, {}, "is a table"),
        ("counts", [], {}, "is a table"),
        ("counts", [[1.0]], {}, "one for each: time, counts"),
        ("counts", [[1.0, float("inf")]], {}, "finite"),
        ("filled", "yesterday", {}, "RFC 3339"),
        ("filled", "2026-03-02T12:00:00", {}, "RFC 3339"),
        ("filled", 3.0, {}, "RFC 3339"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    name: str, value: Any, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ReadingError, match=message):
        supply(name, value, **changes)


def test_a_test_that_is_not_installed_waits_for_nothing(sqlite_database: Any) -> None:
    with sqlite_database.transaction() as tx:
        record = waiting_set(tx)

    assert missing(None, record, ()) == ()
    assert key().test == "intrinsic_uniformity"


def test_a_role_that_needs_several_says_how_many_it_has(sqlite_database: Any) -> None:
    with sqlite_database.transaction() as tx:
        record = waiting_set(tx)
    role = replace(web_scene.UNIFORMITY.roles[0], minimum=4, maximum=None)
    (lacking,) = missing(replace(web_scene.UNIFORMITY, roles=(role,)), record, ())

    assert (lacking.kind, lacking.label) == ("role", "Flood (1 of 4)")


def test_targets_name_the_role_only_where_there_is_a_choice() -> None:
    labels = [target.label for target in targets((web_scene.UNIFORMITY, web_scene.SENSITIVITY))]

    assert labels == [
        "Intrinsic uniformity, NEMA NU 1-2018",
        "Planar sensitivity, NEMA NU 1-2018: Source",
        "Planar sensitivity, NEMA NU 1-2018: Background",
    ]
