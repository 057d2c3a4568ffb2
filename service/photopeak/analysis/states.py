"""The one visible state of a series, from the states of the test sets it is in."""

from __future__ import annotations

from collections.abc import Sequence

from photopeak.model.series import SeriesState
from photopeak.model.test_sets import TestSetRecord, TestSetState
from photopeak.storage import series, test_sets
from photopeak.storage.database import Transaction

# What is under way comes first, then what a person should look at.
_ORDER = (
    (TestSetState.RUNNING, SeriesState.RUNNING),
    (TestSetState.QUEUED, SeriesState.QUEUED),
    (TestSetState.FAILED, SeriesState.FAILED),
    (TestSetState.REFUSED, SeriesState.REFUSED),
    (TestSetState.WAITING, SeriesState.WAITING),
    (TestSetState.DONE, SeriesState.ANALYZED),
)


def state_of(sets: Sequence[TestSetRecord]) -> tuple[SeriesState, str]:
    """Return the state that these test sets give a series, and why; `sets` is not empty."""
    for set_state, series_state in _ORDER:
        concerned = [s for s in sets if s.state is set_state]
        if concerned:
            return series_state, "; ".join(
                f"{s.key.test}: {text}" for s in concerned if (text := s.waiting_for or s.reason)
            )
    return SeriesState.WAITING, ""


def refresh(tx: Transaction, series_instance_uid: str) -> None:
    """Bring the state of a series in line with its test sets.

    A series that receives again, or is not routed, is left alone.
    """
    sets = test_sets.by_series(tx, series_instance_uid)
    if not sets:
        return
    state, reason = state_of(sets)
    series.set_state(
        tx,
        series_instance_uid,
        state,
        reason,
        only_from=(SeriesState.COMPLETE, *(shown for _, shown in _ORDER)),
    )


def refresh_members(tx: Transaction, record: TestSetRecord) -> None:
    """Bring the states of all series of a test set in line."""
    for uid in sorted({member.series_instance_uid for member in record.members}):
        refresh(tx, uid)
