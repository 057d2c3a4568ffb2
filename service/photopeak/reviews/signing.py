"""Signatures under results: who, when, what they mean; corrected by further ones, never changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from photopeak.alerts.channels.announcements import announce
from photopeak.channel_settings import ChannelSections
from photopeak.model.judgement import Status
from photopeak.model.messages import Line, LineStatus
from photopeak.model.results import ResultRecord
from photopeak.model.reviews import Meaning, Review, Waiting, in_force
from photopeak.storage import audit, results, reviews
from photopeak.storage.database import Transaction
from photopeak.storage.errors import StateError

LONGEST_TEXT = 1000
"""Characters of a comment or a reason."""

MOST_AT_ONCE = 100
"""Results that are signed with one password."""

_EVENT = "review.signed"
_TITLE = "A result was reviewed"


class ReviewError(Exception):
    """A person asks for something that is not done; the message says why, with its `places`."""

    def __init__(self, message: str, **places: str) -> None:
        super().__init__(message.format(**places))
        self.message = message
        self.places = places


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who signs: the name of the records, and the one that is printed."""

    name: str
    printed_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What somebody wants to sign with; with `corrects` in place of an earlier signature."""

    meaning: Meaning
    signer: Signer
    comment: str = ""
    corrects: str | None = None
    reason: str = ""
    rule: bool = False


def sign(
    tx: Transaction,
    settings: ChannelSections,
    result_id: str,
    signature: Signature,
    *,
    now: datetime,
) -> Review:
    """Sign a result, or correct a signature under it.

    Raises
    ------
    ReviewError
        If a text is too long, a correction has no reason, or the signature is not possible (any more).
    NotFoundError
        If there is no such result.
    """
    comment, reason = signature.comment.strip(), signature.reason.strip()
    if max(len(comment), len(reason)) > LONGEST_TEXT:
        raise ReviewError("a comment has 1000 characters at most")
    if signature.corrects is not None and not reason:
        raise ReviewError("a correction needs a reason")
    record = results.get(tx, result_id)
    before = in_force(reviews.of_result(tx, result_id))
    for known in before:
        if known.meaning is signature.meaning and not known.rule and known.id != signature.corrects:
            raise ReviewError(
                f"the result is {known.meaning} already, by {{name}}", name=known.printed_name
            )
    try:
        kept = reviews.add(
            tx,
            Review(
                id="",
                result_id=result_id,
                meaning=signature.meaning,
                by=signature.signer.name,
                printed_name=signature.signer.printed_name,
                comment=comment,
                at=now,
                rule=signature.rule,
                corrects=signature.corrects,
                reason=reason,
            ),
        )
    except StateError as error:
        raise ReviewError(str(error)) from error
    _write(tx, record, kept, before, now)
    announce(tx, settings, _EVENT, _line(record, kept), key=kept.id, title=_TITLE, now=now)
    return kept


def sign_many(
    tx: Transaction,
    settings: ChannelSections,
    ids: Collection[str],
    signature: Signature,
    *,
    now: datetime,
) -> tuple[Review, ...]:
    """Sign results that passed, all of them or none.

    Raises
    ------
    ReviewError
        If one of them does not wait any more, or did not pass: that is signed by itself.
    """
    reviews.hold(tx, ids)
    listed = bulk(tx, ids)
    if not ids or len(listed) != len(set(ids)):
        raise ReviewError("the list has changed meanwhile; nothing was signed")
    return tuple(sign(tx, settings, one.result_id, signature, now=now) for one in listed)


def bulk(tx: Transaction, ids: Collection[str]) -> tuple[Waiting, ...]:
    """Return those of some results that may be signed together: they wait, and they passed."""
    if not ids or len(ids) > MOST_AT_ONCE:
        return ()
    found = reviews.waiting(tx, ids=ids)
    return tuple(one for one in found if one.status is Status.PASS)


def _write(
    tx: Transaction,
    record: ResultRecord,
    kept: Review,
    before: Collection[Review],
    now: datetime,
) -> None:
    verb = {Meaning.WITHDRAWN: "withdrawn"}.get(
        kept.meaning, "corrected" if kept.corrects else "signed"
    )
    audit.append(
        tx,
        at=now,
        actor=kept.by,
        action=f"review.{verb}",
        subject=record.id,
        detail={
            "review": kept.id,
            "printed name": kept.printed_name,
            "comment": kept.comment,
            "by a rule": kept.rule,
            "corrects": kept.corrects,
            "version": record.version,
            "status": record.status,
            "fingerprint": record.fingerprint,
            "before": [_plain(known) for known in before],
            "after": kept.meaning,
        },
        reason=kept.reason,
    )


def _plain(review: Review) -> Mapping[str, Any]:
    return {"review": review.id, "meaning": review.meaning, "by": review.by}


def _line(record: ResultRecord, kept: Review) -> Line:
    return Line(
        status=LineStatus.INFO,
        device_id=record.device_id,
        device=record.device_id or "",
        test=record.test,
        title=record.title,
        title_zh=record.title_zh,
        text=f"{kept.meaning} by {kept.printed_name}",
        since=kept.at,
        link=f"/results/{record.id}",
        result_id=record.id,
    )
