"""Readings of a test set that is there: supplied later, or corrected.

A correction never overwrites: the reading gets a new version, the set is analysed again, and its
new result supersedes the one before. Who corrected what, and why, is in the audit trail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from photopeak.model.devices import Device
from photopeak.model.results import ReadingRecord
from photopeak.model.test_sets import TestSetRecord
from photopeak.reports.entries import of_performance
from photopeak.reports.readings import Fault, ReadingError
from photopeak.storage import audit, by_hand, entries, readings, results
from photopeak.storage.database import Transaction

MOST_REASON = 200
"""Characters of a reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """When and by whom a measurement was made, in place of what was entered."""

    performed_at: datetime
    operator: str


def supply(
    tx: Transaction,
    test_set_id: str,
    given: Sequence[ReadingRecord],
    *,
    reason: str,
    who: str,
    now: datetime,
    performance: Performance | None = None,
    device: Device | None = None,
    site_zone: str = "",
) -> TestSetRecord:
    """Supply readings for a test set, or correct them, and when it was measured.

    What is there already is left as it is. A correction of what a result was made from needs a
    reason.

    Raises
    ------
    ReadingError
        If the reason is missing, or the measurement cannot have been made then.
    NotFoundError
        If there is no such test set.
    """
    record = by_hand.get_alone(tx, test_set_id)
    before = {reading.name: reading for reading in readings.latest(tx, test_set_id)}
    corrected = [r for r in given if r.name in before and not readings.same(before[r.name], r)]
    moved = _moved(record, performance, device, now)
    if (corrected or moved) and results.versions(tx, test_set_id) and not reason.strip():
        message = "reason is missing: a result was made from what is corrected"
        raise ReadingError(Fault(field=("reason",), message=message, code="missing"))
    changed = [reading for reading in given if readings.put(tx, test_set_id, reading, now=now)]
    if moved is not None:
        zone = ZoneInfo((device.time_zone if device else "") or site_zone or "UTC")
        entries.describe(
            tx,
            record,
            performed_at=moved.performed_at,
            day=moved.performed_at.astimezone(zone).date(),
            operator=moved.operator,
            detector=record.detector,
            now=now,
        )
        readings.reopen(tx, test_set_id, now=now)
    if changed or moved:
        audit.append(
            tx,
            at=now,
            actor=who,
            action="readings.corrected" if corrected or moved else "readings.supplied",
            subject=test_set_id,
            detail=_detail(record, changed, before, moved, reason.strip()),
        )
    return by_hand.get_alone(tx, test_set_id)


def _moved(
    record: TestSetRecord, performance: Performance | None, device: Device | None, now: datetime
) -> Performance | None:
    """Return when and by whom it was measured, if that is something else than before."""
    if performance is None:
        return None
    if record.performed_at is None:
        message = "performed_at is told by the images of this test set"
        raise ReadingError(Fault(field=("performed_at",), message=message))
    if faults := of_performance(performance.performed_at, performance.operator, device, now):
        raise ReadingError(*faults)
    same = (record.performed_at, record.operator) == (
        performance.performed_at,
        performance.operator,
    )
    return None if same else performance


def _detail(
    record: TestSetRecord,
    changed: Sequence[ReadingRecord],
    before: Mapping[str, ReadingRecord],
    moved: Performance | None,
    reason: str,
) -> dict[str, Any]:
    detail: dict[str, Any] = {"names": [reading.name for reading in changed]}
    old = {r.name: _plain(before[r.name]) for r in changed if r.name in before}
    if old:
        detail["before"] = old
        detail["after"] = {r.name: _plain(r) for r in changed if r.name in before}
    if moved is not None and record.performed_at is not None:
        detail["performed_before"] = [record.performed_at.isoformat(), record.operator]
        detail["performed_after"] = [moved.performed_at.isoformat(), moved.operator]
    return {**detail, "reason": reason} if reason else detail


def _plain(reading: ReadingRecord) -> Any:
    """Return what a reading was, a long table by its number of rows alone."""
    if isinstance(reading.value, tuple):
        rows = reading.value
        return [list(row) for row in rows] if len(rows) <= 50 else f"{len(rows)} rows"
    return reading.value if reading.at is None else [reading.value, reading.at.isoformat()]
