"""Which result speaks for a series, and what it says in a line."""

from __future__ import annotations

from collections.abc import Sequence

from photopeak.model.judgement import Status
from photopeak.model.results import ResultSummary
from photopeak.storage import results
from photopeak.storage.database import Transaction
from photopeak.web.headline import headline
from photopeak.web.names import Describe
from photopeak.web.words import Words

_WORST_FIRST = (Status.FAIL, Status.ERROR, Status.INVALID, Status.WARN)
_KEPT = 4096


class Remarks:
    """What results say in a line each; a stored result never changes, so it is read once."""

    def __init__(self, words: Words, describe: Describe) -> None:
        self._words = words
        self._describe = describe
        self._known: dict[str, str] = {}

    def of(self, tx: Transaction, result_id: str) -> str:
        """Return the remark on a result."""
        known = self._known.get(result_id)
        if known is None:
            known = headline(results.get(tx, result_id), self._words, self._describe).say
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[result_id] = known
        return known


def telling_result(current: Sequence[ResultSummary], named: str) -> ResultSummary | None:
    """Return the result that a series is shown by.

    The worst one, whichever test it is of; when all is well the one of the test that routing named
    first. What was done beside never speaks for a test that has no result.

    Parameters
    ----------
    current
        The current results of the series.
    named
        Id of the test that the series was routed to; empty when that is not known.
    """
    for status in _WORST_FIRST:
        for result in current:
            if result.status is status:
                return result
    if not named:
        return current[0] if current else None
    return next((result for result in current if result.test == named), None)
