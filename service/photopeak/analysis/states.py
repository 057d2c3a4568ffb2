"""The one visible state of a series, from the states of the test sets it is in."""

from __future__ import annotations

from collections.abc import Sequence

from photopeak.model.series import SeriesState
from photopeak.model.test_sets import TestSetRecord, TestSetState
from photopeak.storage import decisions, series, test_sets
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
_UNDER_WAY = (TestSetState.RUNNING, TestSetState.QUEUED, TestSetState.FAILED)


def state_of(
    sets: Sequence[TestSetRecord], unserved: Sequence[str] = ()
) -> tuple[SeriesState, str]:
    """Return the state that its test sets give a series, and why.

    Parameters
    ----------
    sets
        The test sets that the series is in.
    unserved
        Tests that routing named and that the series is in no set of. While the sets are under way
        they wait; then they are what a person has to know: the tests that were done beside say
        nothing about the one that was meant.
    """
    for set_state, series_state in _ORDER:
        concerned = [s for s in sets if s.state is set_state]
        if concerned and set_state in _UNDER_WAY:
            return series_state, _reasons(concerned)
        if unserved and set_state is TestSetState.REFUSED:
            missing = (
                f"not analysed: {', '.join(unserved)} (no analyzer for it, or its role is open)"
            )
            return SeriesState.REFUSED, "; ".join(filter(None, (missing, _reasons(concerned))))
        if concerned:
            return series_state, _reasons(concerned)
    return SeriesState.WAITING, ""


def refresh(tx: Transaction, series_instance_uid: str) -> None:
    """Bring the state of a series in line with its test sets.

    A series that receives again, or is not routed, is left alone.
    """
    sets = test_sets.by_series(tx, series_instance_uid)
    latest = decisions.latest(tx, series_instance_uid)
    named = [] if latest is None else [a.test for a in latest.decision.assignments]
    served = {s.key.test for s in sets}
    if not sets:
        return
    state, reason = state_of(sets, [test for test in named if test not in served])
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


def _reasons(sets: Sequence[TestSetRecord]) -> str:
    return "; ".join(f"{s.key.test}: {text}" for s in sets if (text := s.waiting_for or s.reason))
