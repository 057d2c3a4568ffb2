"""A flood of a result beside its reference image, with what is needed to subtract the two."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from photopeak.model.results import ResultRecord
from photopeak.model.reviews import Reference
from photopeak.reviews.comparison import (
    NotComparableError,
    check,
    compared_figure,
    floods,
    reference_key,
    scope_of,
)
from photopeak.storage import references, results
from photopeak.storage.database import Database, Transaction
from photopeak.storage.errors import NotFoundError

MOST_KEPT = 24
"""Differences that are remembered: the heads and days that somebody looks through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A figure with its reference; `why_not` says why they cannot be subtracted, else None."""

    figure: str
    title: str
    reference: Reference | None
    versions: int
    why_not: NotComparableError | None

    def is_of(self, record: ResultRecord) -> bool:
        """Tell whether a result is the reference itself."""
        return self.reference is not None and self.reference.result_id == record.id


def pairs(tx: Transaction, record: ResultRecord) -> tuple[Pair, ...]:
    """Return the floods of a result, each with its reference image, if it has one."""
    return tuple(_pair(tx, record, figure.name, figure.title) for figure in floods(record))


class Differences:
    """Differences from references: computed elsewhere, the latest remembered.

    Parameters
    ----------
    subtract
        Makes the difference of two stored maps with a title; raises NotComparableError.
    """

    def __init__(self, database: Database, subtract: Callable[[bytes, bytes, str], bytes]) -> None:
        self._database = database
        self._subtract = subtract
        self._kept: OrderedDict[tuple[str, str, str], bytes] = OrderedDict()
        self._lock = Lock()

    def of(self, result_id: str, figure: str) -> bytes:
        """Return the difference of a flood from its reference image as an SVG document.

        Raises
        ------
        NotFoundError
            If there is no such result or flood, or no reference of it.
        NotComparableError
            If the two cannot be subtracted.
        """
        with self._database.snapshot() as tx:
            record = results.get(tx, result_id)
            found = next((p for p in pairs(tx, record) if p.figure == figure), None)
            if found is None or found.reference is None:
                raise NotFoundError(f"result {result_id} has no reference of {figure}")
            if found.why_not is not None:
                raise found.why_not
            key = (result_id, figure, found.reference.id)
            with self._lock:
                if key in self._kept:
                    self._kept.move_to_end(key)
                    return self._kept[key]
            here, there = _maps(tx, record, found.reference, figure)
        drawn = self._subtract(here, there, f"{found.title}, difference from the reference")
        with self._lock:
            self._kept[key] = drawn
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return drawn


def _pair(tx: Transaction, record: ResultRecord, figure: str, title: str) -> Pair:
    key = reference_key(record, figure, scope_of(figure))
    known = references.versions(tx, key)
    why_not = None
    if known and known[0].result_id != record.id:
        try:
            check(*_maps(tx, record, known[0], figure))
        except NotComparableError as error:
            why_not = error
    return Pair(
        figure=figure,
        title=title,
        reference=known[0] if known else None,
        versions=len(known),
        why_not=why_not,
    )


def _maps(
    tx: Transaction, record: ResultRecord, reference: Reference, figure: str
) -> tuple[bytes, bytes]:
    name = compared_figure(figure)
    try:
        return (
            results.figure(tx, record.id, name, "json"),
            results.figure(tx, reference.result_id, name, "json"),
        )
    except NotFoundError as error:
        raise NotComparableError("The data of the image cannot be read.") from error
