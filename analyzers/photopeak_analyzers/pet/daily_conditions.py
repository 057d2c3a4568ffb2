"""What a daily report has to say before it may pass."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from photopeak_analyzers.conditions import bounded, known
from photopeak_analyzers.contract import (
    Outcome,
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
)
from photopeak_analyzers.document import Document
from photopeak_analyzers.pet.daily_parameters import CLAUSE, DailyParameters
from photopeak_analyzers.pet.daily_report import DailyItem, DailyReport
from photopeak_analyzers.pet.daily_source import age_d

_MOST_NAMED = 12


def whole(document: Document) -> Precondition:
    """Check that a document was read to its end: an item may have failed in what was not."""
    return _none("parts of the report that were not read", [] if document.complete else ["its end"])


def conditions(
    report: DailyReport, received: str, parameters: DailyParameters
) -> Iterator[Precondition]:
    """Return what a report leaves open, and whether it is of the day on which it came.

    Parameters
    ----------
    received
        When it was received, in ISO 8601; empty for one that a person brought.
    """
    yield known(
        PreconditionCode.REPORT,
        "verdict of the report",
        None if report.passed is None else report.said or str(report.passed),
        severity=Severity.SOFT,
        scope=Scope(),
        clause=CLAUSE,
        expected="passed or failed",
    )
    yield _none("missing items", report.missing)
    yield _none(
        "items without a verdict that is understood",
        [
            f"{item.name} («{item.said}»)" if item.said else item.name
            for item in report.items
            if item.passed is None and not _judged_by_number(report, item)
        ],
    )
    yield _none(
        "items that cannot be used", [f"{i.name} {i.fault}" for i in report.items if i.fault]
    )
    yield _none(
        "items that are not known",
        [i.name for i in report.items if not i.metric and i.name not in _WORDS_ALONE]
        if report.maker == "siemens"
        else [],
    )
    yield _none(
        "items whose bounds are not understood",
        [i.name for i in report.items if _bounds_are_lost(report, i)],
    )
    yield _none(
        "items out of range that passed",
        [
            f"{i.name} ({i.value:g})"
            for i in report.items
            if i.passed and i.metric.endswith("_n_out") and (i.value or 0.0) > 0.0
        ],
    )
    if report.maker != "manual":
        yield from _times(report, received, parameters)


_WORDS_ALONE = frozenset({"PhantomAge"})
"""Items that are known and have no number."""


def _judged_by_number(report: DailyReport, item: DailyItem) -> bool:
    """Tell whether an item needs no word: bounds judge its number.

    Those of Philips stand in the limits of the site; what is entered by hand brings its own.
    """
    if report.maker == "philips":
        return bool(item.metric) and item.value is not None
    return report.maker == "manual" and item.bounds_apply and item.value is not None


def _bounds_are_lost(report: DailyReport, item: DailyItem) -> bool:
    """Tell whether a number has bounds that are not its own, or none where the form prints them."""
    if not item.metric or item.metric.endswith("_n_out") or item.value is None or item.fault:
        return False
    given = item.lower is not None or item.upper is not None
    return not item.bounds_apply and (given or report.prints_bounds)


def _times(
    report: DailyReport, received: str, parameters: DailyParameters
) -> Iterator[Precondition]:
    yield known(
        PreconditionCode.TIME,
        "time of the measurement",
        report.scanned_at.isoformat() if report.scanned_at is not None else None,
        severity=Severity.SOFT,
        scope=Scope(),
        clause=CLAUSE,
    )
    if received and report.scanned_at is not None:
        waited = datetime.fromisoformat(received) - report.scanned_at
        yield bounded(
            PreconditionCode.TIME,
            "time from the measurement to the reception of its report",
            waited.total_seconds() / 3600.0,
            lower=-parameters.maximum_age_h,
            upper=parameters.maximum_age_h,
            unit="h",
            severity=Severity.SOFT,
            scope=Scope(),
            clause=CLAUSE,
        )
    if report.phantom is not None:
        yield bounded(
            PreconditionCode.TIME,
            "time from the assay of the phantom to the measurement",
            age_d(report),
            lower=0.0,
            unit="d",
            severity=Severity.SOFT,
            scope=Scope(),
            clause=CLAUSE,
        )


def _none(quantity: str, names: list[str] | tuple[str, ...]) -> Precondition:
    """Ask for an empty list."""
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return Precondition(
        code=PreconditionCode.REPORT,
        severity=Severity.SOFT,
        outcome=Outcome.NOT_MET if names else Outcome.MET,
        quantity=quantity,
        value=(", ".join(names[:_MOST_NAMED]) + more) if names else "none",
        expected="none",
        clause=CLAUSE,
    )
