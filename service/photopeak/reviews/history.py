"""What happened to a result and the versions beside it, from the first analysis to the last word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from photopeak.model.alerts import AlertEventKind, AlertSeverity
from photopeak.model.reviews import Meaning, RemarkKind, Review
from photopeak.storage import (
    alert_events,
    exclusions,
    references,
    remarks,
    results,
    reviews,
)
from photopeak.storage.database import Transaction


class Happening(StrEnum):
    """What happened."""

    ANALYSED = "analysed"
    SIGNED = "signed"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"
    COMMENTED = "commented"
    REANALYSED = "reanalysed"
    ALERT_OPENED = "alert-opened"
    ALERT_REPEATED = "alert-repeated"
    ALERT_WORSE = "alert-worse"
    ALERT_RESOLVED = "alert-resolved"
    ALERT_WITHDRAWN = "alert-withdrawn"
    EXCLUDED = "excluded"
    INCLUDED = "included"
    REFERENCE = "reference"


_OF_ALERT = {
    AlertEventKind.OPENED: Happening.ALERT_OPENED,
    AlertEventKind.REPEATED: Happening.ALERT_REPEATED,
    AlertEventKind.WORSE: Happening.ALERT_WORSE,
    AlertEventKind.RESOLVED: Happening.ALERT_RESOLVED,
    AlertEventKind.WITHDRAWN: Happening.ALERT_WITHDRAWN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One thing that happened to one version of a result; `by` is empty where nobody did it.

    `review` is the signature where it was one; `alert_id` leads to the alert, of `severity`.
    """

    at: datetime
    what: Happening
    result_id: str
    version: int
    by: str = ""
    text: str = ""
    review: Review | None = None
    alert_id: str | None = None
    severity: AlertSeverity | None = None


def history(tx: Transaction, test_set_id: str) -> tuple[Moment, ...]:
    """Return what happened to all versions of a result, the first first."""
    versions = {found.id: found for found in results.versions(tx, test_set_id)}
    numbers = {result_id: found.version for result_id, found in versions.items()}
    found: list[Moment] = []

    def note(
        at: datetime,
        what: Happening,
        result_id: str,
        text: str,
        *,
        by: str = "",
        alert_id: str | None = None,
        severity: AlertSeverity | None = None,
    ) -> None:
        found.append(
            Moment(
                at=at,
                what=what,
                result_id=result_id,
                version=numbers[result_id],
                by=by,
                text=text,
                alert_id=alert_id,
                severity=severity,
            )
        )

    for version in versions.values():
        note(version.finished_at, Happening.ANALYSED, version.id, text=version.status)
        for entry in exclusions.of_result(tx, version.id):
            note(
                entry.excluded_at,
                Happening.EXCLUDED,
                version.id,
                by=entry.excluded_by,
                text=entry.reason,
            )
            if entry.undone_at is not None:
                note(
                    entry.undone_at,
                    Happening.INCLUDED,
                    version.id,
                    by=entry.undone_by,
                    text=entry.undo_reason,
                )
    for event, title in alert_events.of_results(tx, numbers):
        if event.result_id is not None and event.kind in _OF_ALERT:
            note(
                event.at,
                _OF_ALERT[event.kind],
                event.result_id,
                text=event.message or title,
                alert_id=event.alert_id,
                severity=event.severity,
            )
    for remark in remarks.of_results(tx, numbers):
        commented = remark.kind is RemarkKind.COMMENT
        what = Happening.COMMENTED if commented else Happening.REANALYSED
        note(remark.at, what, remark.result_id, by=remark.printed_name, text=remark.text)
    for reference in references.of_results(tx, numbers):
        note(
            reference.at,
            Happening.REFERENCE,
            reference.result_id,
            by=reference.printed_name,
            text=reference.reason,
        )
    for signed in reviews.of_results(tx, numbers).values():
        found += [_signed(review, numbers[review.result_id]) for review in signed]
    return tuple(sorted(found, key=lambda moment: moment.at))


def _signed(review: Review, version: int) -> Moment:
    what = Happening.CORRECTED if review.corrects else Happening.SIGNED
    if review.meaning is Meaning.WITHDRAWN:
        what = Happening.WITHDRAWN
    return Moment(
        at=review.at,
        what=what,
        result_id=review.result_id,
        version=version,
        by=review.printed_name,
        text=review.comment,
        review=review,
    )
