"""Floods and their references: what is compared, remembered, and refused."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from photopeak.model.results import FigureRecord, PreconditionRecord, ResultRecord
from photopeak.reviews import acts
from photopeak.reviews.comparison import NotComparableError, check
from photopeak.reviews.pairs import MOST_KEPT, Differences, pairs
from photopeak.reviews.signing import ReviewError, Signer
from photopeak.storage import audit, results
from photopeak.storage.database import Database, Transaction
from photopeak.storage.errors import NotFoundError
from support.rows import NOON, result_of, waiting_set

CHEN = Signer(name="chen", printed_name="Rui Chen")
FLOOD = "flood_detector_1"


def frame(rows: int = 64, columns: int = 64, spacing_mm: float = 6.4) -> bytes:
    """Return as much of a stored image as tells its size."""
    plain = {"image": {"shape": [rows, columns]}, "pixel_spacing_mm": [spacing_mm, spacing_mm]}
    return json.dumps(plain).encode()


def stored(tx: Transaction, uid: str, data: bytes | None = None, **changes: Any) -> ResultRecord:
    """Store a result with a flood and its map of deviations."""
    figures = tuple(
        FigureRecord(
            name=name, title=f"{name[:5].title()}, detector 1", kind="image",
            forms={"json": data or frame(), "svg": b"<svg/>"},
        )
        for name in (FLOOD, "deviation_detector_1")
    )  # fmt: skip
    test_set = waiting_set(tx, uid, group=uid)
    return results.add(tx, result_of(test_set, figures=figures, **changes))


def choose(tx: Transaction, record: ResultRecord, reason: str = "acceptance") -> None:
    """Make a result the reference."""
    acts.choose_reference(tx, record.id, FLOOD, reason, who=CHEN, now=NOON)


class Maker:
    """Makes differences and counts them."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def __call__(self, here: bytes, there: bytes, title: str) -> bytes:
        """Make one."""
        self.made.append(title)
        return f"<svg>{len(self.made)}</svg>".encode()


def test_a_difference_is_made_once_and_anew_when_the_reference_changes(
    sqlite_database: Database,
) -> None:
    maker = Maker()
    differences = Differences(sqlite_database, maker)
    with sqlite_database.transaction() as tx:
        first, second, today = (stored(tx, f"1.{n}") for n in range(3))
        choose(tx, first)

    assert differences.of(today.id, FLOOD) == differences.of(today.id, FLOOD) == b"<svg>1</svg>"
    with sqlite_database.transaction() as tx:
        choose(tx, second, "new crystal")
    assert differences.of(today.id, FLOOD) == b"<svg>2</svg>"
    assert maker.made[0] == "Flood, detector 1, difference from the reference"


def test_only_the_latest_differences_are_remembered(sqlite_database: Database) -> None:
    maker = Maker()
    differences = Differences(sqlite_database, maker)
    with sqlite_database.transaction() as tx:
        choose(tx, stored(tx, "1.1000"))
        records = [stored(tx, f"1.{n}") for n in range(MOST_KEPT + 1)]
    for record in records:
        differences.of(record.id, FLOOD)

    differences.of(records[0].id, FLOOD)
    assert len(maker.made) == MOST_KEPT + 2


def test_there_is_no_difference_without_a_reference(sqlite_database: Database) -> None:
    differences = Differences(sqlite_database, Maker())
    with sqlite_database.transaction() as tx:
        today = stored(tx, "1.1")

    for figure in (FLOOD, "profile"):
        with pytest.raises(NotFoundError, match="no reference"):
            differences.of(today.id, figure)


def test_another_size_of_image_or_pixel_says_why_there_is_no_difference(
    sqlite_database: Database,
) -> None:
    differences = Differences(sqlite_database, Maker())
    with sqlite_database.transaction() as tx:
        choose(tx, stored(tx, "1.1"))
        today = stored(tx, "1.2", frame(128, 128, 3.2))
        (pair,) = pairs(tx, today)

    said = "The image is 128 × 128, 3.20 mm, the reference 64 × 64, 6.40 mm"
    assert pair.why_not is not None
    assert str(pair.why_not).startswith(said)
    with pytest.raises(NotComparableError):
        differences.of(today.id, FLOOD)


@pytest.mark.parametrize(("spacing_mm", "same"), [(6.463, True), (6.47, False)])
def test_pixels_may_differ_by_a_hundredth(spacing_mm: float, *, same: bool) -> None:
    if same:
        check(frame(), frame(spacing_mm=spacing_mm))
    else:
        with pytest.raises(NotComparableError):
            check(frame(), frame(spacing_mm=spacing_mm))


@pytest.mark.parametrize("content", [b"", b"{}", b'{"image": 1}', b"\xff"])
def test_damaged_data_is_not_compared(content: bytes) -> None:
    with pytest.raises(NotComparableError, match="cannot be read"):
        check(frame(), content)


def test_what_was_measured_otherwise_has_a_reference_of_its_own(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as tx:
        first = stored(tx, "1.1")
        choose(tx, first)
        made = replace(first.provenance, configurations=())
        (pair,) = pairs(tx, stored(tx, "1.2", provenance=made))

    assert pair.reference is None


def test_a_choice_is_in_the_audit_trail_with_what_was_before(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as tx:
        first, second = stored(tx, "1.1"), stored(tx, "1.2")
        choose(tx, first)
        choose(tx, second, "new crystal")
        entry = audit.page(tx)[0]

    assert (entry.action, entry.reason) == ("reference.chosen", "new crystal")
    assert (entry.detail["before"], entry.detail["after"]) == (first.id, second.id)
    assert entry.detail["version"] == 2


def test_an_invalid_flood_or_another_figure_is_no_reference(sqlite_database: Database) -> None:
    void = PreconditionRecord(code="X", severity="hard", outcome="not_met", scope={"detector": 1})
    with sqlite_database.transaction() as tx:
        with pytest.raises(ReviewError, match="condition of the test was not met"):
            choose(tx, stored(tx, "1.1", preconditions=(void,)))
        good = stored(tx, "1.2")
        with pytest.raises(ReviewError, match="cannot be a reference"):
            acts.choose_reference(tx, good.id, "profile", "x", who=CHEN, now=NOON)
        with pytest.raises(ReviewError, match="needs a reason"):
            choose(tx, good, " ")
