"""The rule of a site that marks results as reviewed, and all that keeps it from doing so.

A rule follows what a person has begun: it marks a result only when a person has signed an earlier
one of the same test, measured alike, since the last service that may have changed anything. It never
marks a result that did not pass, is partial, shows a signal in its trends, or is the new version of
one that a person signed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from photopeak.channel_settings import ChannelSections
from photopeak.model.configuration import Configuration
from photopeak.model.judgement import Status
from photopeak.model.results import ResultRecord
from photopeak.model.reviews import Meaning, Review, signed_by_people
from photopeak.model.trends import EpochEffect, ServiceEvent
from photopeak.reviews.signing import Signature, Signer, sign
from photopeak.storage import events, results, reviews, trends
from photopeak.storage.database import Transaction

RULE = Signer(name="photopeak", printed_name="Rule of the site")
"""Who signs where nobody did."""


def mark(
    tx: Transaction,
    settings: ChannelSections,
    record: ResultRecord,
    automatic: Collection[str],
    *,
    now: datetime,
) -> Review | None:
    """Mark a stored result as reviewed if the rule may; after its trends were looked at."""
    if not may_mark(tx, record, automatic):
        return None
    signature = Signature(meaning=Meaning.REVIEWED, signer=RULE, rule=True)
    return sign(tx, settings, record.id, signature, now=now)


def may_mark(tx: Transaction, record: ResultRecord, automatic: Collection[str]) -> bool:
    """Tell whether the rule may mark a stored result."""
    if (
        record.test not in automatic
        or record.status is not Status.PASS
        or record.partial
        or not record.current
        or record.device_id is None
        or record.acquired_at is None
        or trends.signals_of(tx, record.id)
    ):
        return False
    versions = [version.id for version in results.versions(tx, record.test_set_id)]
    if any(reviews.of_results(tx, versions).values()):
        return False
    since = _beginning(record, events.of_device(tx, record.device_id))
    return _followed(tx, record, record.device_id, record.acquired_at, since)


def _beginning(record: ResultRecord, done: Sequence[ServiceEvent]) -> datetime | None:
    """Return the last service before a result after which a person has to look; None without."""
    heads = [c.scope for c in record.provenance.configurations] or [{}]
    moments = [
        event.at
        for event in done
        if event.epoch is not EpochEffect.NONE
        and record.acquired_at is not None
        and event.at <= record.acquired_at
        and any(event.concerns(scope) for scope in heads)
    ]
    return max(moments, default=None)


def _followed(
    tx: Transaction,
    record: ResultRecord,
    device_id: str,
    acquired_at: datetime,
    since: datetime | None,
) -> bool:
    """Tell whether a person has signed an earlier result that was measured alike."""
    alike = _circumstances(record.provenance.configurations)
    signed = reviews.signed_before(
        tx,
        device_id=device_id,
        test=record.test,
        variant=record.variant,
        since=since,
        before=acquired_at,
    )
    standing = reviews.of_results(tx, [result_id for result_id, _ in signed])
    return any(
        _circumstances(configurations) == alike and signed_by_people(standing[result_id])
        for result_id, configurations in signed
    )


def _circumstances(configurations: Sequence[Configuration]) -> frozenset[tuple[str, str]]:
    return frozenset((str(sorted(c.scope.items())), c.key) for c in configurations)
