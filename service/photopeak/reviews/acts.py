"""What else people do with a result: speak of it, have it made anew, make it the reference."""

from __future__ import annotations

from datetime import datetime

from photopeak.model.reviews import Reference, Remark, RemarkKind
from photopeak.model.test_sets import TestSetRecord
from photopeak.reviews.comparison import floods, reference_key, scope_of
from photopeak.reviews.signing import LONGEST_TEXT, ReviewError, Signer
from photopeak.storage import audit, references, remarks, results, test_sets
from photopeak.storage.database import Transaction
from photopeak.storage.errors import StateError


def remark(tx: Transaction, result_id: str, text: str, *, who: Signer, now: datetime) -> Remark:
    """Add to the thread of a result.

    Raises
    ------
    ReviewError
        If there is no text, or too much.
    NotFoundError
        If there is no such result.
    """
    said = _text(text, "write a comment first", "a comment has 1000 characters at most")
    kept = remarks.add(tx, result_id, said, by=who.name, printed_name=who.printed_name, now=now)
    audit.append(
        tx,
        at=now,
        actor=who.name,
        action="result.commented",
        subject=result_id,
        detail={"comment": kept.id, "text": said},
    )
    return kept


def analyse_again(
    tx: Transaction, result_id: str, reason: str, *, who: Signer, now: datetime
) -> TestSetRecord:
    """Send the test of a result to the workers again; what is there stays.

    Raises
    ------
    ReviewError
        If there is no reason, or the test is being analysed already.
    NotFoundError
        If there is no such result.
    """
    why = _text(reason, "analysing again needs a reason", "a reason has 1000 characters at most")
    record = results.get(tx, result_id)
    try:
        queued = test_sets.queue(tx, record.test_set_id, now=now)
    except StateError as error:
        raise ReviewError("the test is being analysed already") from error
    remarks.add(
        tx, result_id, why, by=who.name, printed_name=who.printed_name, now=now,
        kind=RemarkKind.REANALYSIS,
    )  # fmt: skip
    audit.append(
        tx,
        at=now,
        actor=who.name,
        action="result.reanalysed",
        subject=result_id,
        detail={"test set": record.test_set_id, "version": record.version},
        reason=why,
    )
    return queued


def choose_reference(
    tx: Transaction, result_id: str, figure: str, reason: str, *, who: Signer, now: datetime
) -> Reference:
    """Make a flood the reference of those of the same head that are measured alike.

    Raises
    ------
    ReviewError
        If there is no reason, the figure cannot be one, or its numbers are not valid.
    NotFoundError
        If there is no such result.
    """
    why = _text(reason, "a reference needs a reason", "a reason has 1000 characters at most")
    record = results.get(tx, result_id)
    scope = scope_of(figure)
    if record.device_id is None or figure not in {f.name for f in floods(record)}:
        raise ReviewError("this figure cannot be a reference")
    if any(p.voids and p.concerns(scope) for p in record.preconditions):
        raise ReviewError("a condition of the test was not met, so it cannot be a reference")
    key = reference_key(record, figure, scope)
    before = references.in_force(tx, key)
    detector = scope.get("detector")
    kept = references.add(
        tx,
        Reference(
            id="",
            key=key,
            version=0,
            result_id=result_id,
            detector=detector if isinstance(detector, int) else None,
            by=who.name,
            printed_name=who.printed_name,
            reason=why,
            at=now,
        ),
    )
    audit.append(
        tx,
        at=now,
        actor=who.name,
        action="reference.chosen",
        subject=result_id,
        detail={
            "figure": figure,
            "configuration": key.configuration,
            "version": kept.version,
            "before": before.result_id if before else None,
            "after": result_id,
        },
        reason=why,
    )
    return kept


def _text(text: str, missing: str, too_long: str) -> str:
    found = text.strip()
    if not found:
        raise ReviewError(missing)
    if len(found) > LONGEST_TEXT:
        raise ReviewError(too_long)
    return found
