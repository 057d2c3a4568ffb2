"""When a series is complete: all that its headers announce is there, or it was quiet for a while.

The end of an association says nothing (PS3.4 B.4). A series that gets late instances is received
again in its next generation; :func:`photopeak.storage.instances.add_batch` sees to that.
"""

from __future__ import annotations

import logging
import statistics
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from photopeak.model.series import SeriesRecord, SeriesState
from photopeak.storage import instances, series
from photopeak.storage.database import Database, Transaction

logger = logging.getLogger(__name__)

_GAP = 1.5
"""A step of more than so many usual steps between slices is a gap."""
_SAME_MM = 0.01


def complete_due(database: Database, now: datetime, *, quiet_s: float) -> tuple[str, ...]:
    """Complete the series that are due, and say in their reason how that was found.

    Returns
    -------
    tuple of str
        Their Series Instance UIDs.
    """
    with database.snapshot() as tx:
        if not series.due_for_completion(tx, now, quiet_s, limit=1):
            return ()
    completed = []
    with database.transaction() as tx:
        for record in series.due_for_completion(tx, now, quiet_s):
            uid = record.series_instance_uid
            if series.set_state(
                tx,
                uid,
                SeriesState.COMPLETE,
                _reason(tx, record, quiet_s),
                generation=record.generation,
                only_from=(SeriesState.RECEIVING,),
            ):
                completed.append(uid)
    for uid in completed:
        logger.info("series %s complete", uid)
    return tuple(completed)


def gap_after_mm(positions: Sequence[float]) -> float | None:
    """Return the position after which slices are missing, None when they are contiguous.

    Several slices at one position (time frames) count once.
    """
    distinct: list[float] = []
    for position in sorted(positions):
        if not distinct or position - distinct[-1] > _SAME_MM:
            distinct.append(position)
    if len(distinct) < 3:
        return None
    steps = [b - a for a, b in pairwise(distinct)]
    usual = statistics.median(steps)
    for position, step in zip(distinct, steps, strict=False):
        if step > _GAP * usual:
            return position
    return None


def _reason(tx: Transaction, record: SeriesRecord, quiet_s: float) -> str:
    count, expected = record.instances, record.expected_instances
    headers = [
        entry.header
        for _, entry in instances.headers(tx, record.series_instance_uid)
        if entry.header is not None
    ]
    positions = [h["position_mm"] for h in headers if h.get("position_mm") is not None]
    gap = gap_after_mm(positions)
    missing = f", slices are missing after {gap:g} mm" if gap is not None else ""
    if expected is not None and count >= expected:
        return f"all {expected} instances are there{missing}"
    quiet = f"nothing came for {quiet_s:g} s"
    if expected is not None:
        return f"{quiet}; {count} of {expected} instances are there{missing}"
    return f"{quiet}; {count} instance{'s' if count != 1 else ''}{missing}"
