"""Signing results, and what the records say of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from photopeak.alert_settings import AlertSettings
from photopeak.channel_settings import WebhookSettings
from photopeak.model.judgement import Status
from photopeak.model.reviews import Meaning, in_force
from photopeak.model.test_sets import TestSetState
from photopeak.reviews import acts, signing
from photopeak.reviews.signing import ReviewError, Signature, Signer
from photopeak.storage import audit, outbox, remarks, results, reviews, test_sets
from photopeak.storage.database import Database, Transaction
from photopeak.storage.errors import NotFoundError
from support.rows import NOON, after, result_of, waiting_set

CHEN = Signer(name="chen", printed_name="Rui Chen")
SETTINGS = AlertSettings()


def stored(tx: Transaction, uid: str = "1.2.3.10", **changes: Any) -> str:
    """Store a result of a flood of its own."""
    return results.add(tx, result_of(waiting_set(tx, uid, group=uid), **changes)).id


def wish(meaning: Meaning = Meaning.REVIEWED, **changes: Any) -> Signature:
    """Return what Rui Chen wants to sign with."""
    return Signature(**{"meaning": meaning, "signer": CHEN, **changes})


def test_a_signature_is_in_the_audit_trail_with_what_was_signed(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as tx:
        result_id = stored(tx)
        kept = signing.sign(tx, SETTINGS, result_id, wish(comment=" fine "), now=NOON)
        entry = audit.page(tx)[0]
        fingerprint = results.get(tx, result_id).fingerprint

    assert (kept.comment, kept.printed_name, kept.at) == ("fine", "Rui Chen", NOON)
    assert (entry.actor, entry.action, entry.subject) == ("chen", "review.signed", result_id)
    assert entry.detail["after"] == "reviewed"
    assert (entry.detail["fingerprint"], entry.detail["before"]) == (fingerprint, [])


def test_a_correction_needs_a_reason_and_both_stay_in_the_records(
    sqlite_database: Database,
) -> None:
    with sqlite_database.transaction() as tx:
        result_id = stored(tx)
        first = signing.sign(tx, SETTINGS, result_id, wish(), now=NOON)
        with pytest.raises(ReviewError, match="needs a reason"):
            signing.sign(tx, SETTINGS, result_id, wish(corrects=first.id, reason=" "), now=after(1))
        wanted = wish(comment="head 2", corrects=first.id, reason="wrong head named")
        second = signing.sign(tx, SETTINGS, result_id, wanted, now=after(1))
        entry = audit.page(tx)[0]

        assert in_force(reviews.of_result(tx, result_id)) == (second,)
    assert (entry.action, entry.reason) == ("review.corrected", "wrong head named")
    assert entry.detail["before"] == [{"review": first.id, "meaning": "reviewed", "by": "chen"}]


def test_a_withdrawal_is_a_correction_with_its_own_name(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as tx:
        result_id = stored(tx)
        first = signing.sign(tx, SETTINGS, result_id, wish(), now=NOON)
        back = wish(Meaning.WITHDRAWN, corrects=first.id, reason="the wrong scanner")
        signing.sign(tx, SETTINGS, result_id, back, now=after(1))

        assert audit.page(tx)[0].action == "review.withdrawn"
        assert reviews.count(tx) == 1


def test_what_cannot_be_signed_is_said(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as tx:
        result_id = stored(tx)
        with pytest.raises(ReviewError, match="1000 characters"):
            signing.sign(tx, SETTINGS, result_id, wish(comment="x" * 1001), now=NOON)
        signing.sign(tx, SETTINGS, result_id, wish(), now=NOON)
        with pytest.raises(ReviewError, match="reviewed already, by Rui Chen"):
            signing.sign(tx, SETTINGS, result_id, wish(), now=NOON)
        with pytest.raises(NotFoundError):
            signing.sign(tx, SETTINGS, "none", wish(), now=NOON)


def test_programs_that_want_to_know_are_told_of_a_signature(sqlite_database: Database) -> None:
    settings = AlertSettings(
        webhooks={
            "desk": WebhookSettings(
                url="https://desk.example.org/q",
                secret_files=[Path("secret")],
                events=["review.signed"],
            )
        }
    )
    with sqlite_database.transaction() as tx:
        result_id = stored(tx)
        signing.sign(tx, settings, result_id, wish(), now=NOON)
        (told,) = outbox.page(tx).items

    assert (told.message.channel, told.message.event) == ("webhooks.desk", "review.signed")
    assert told.message.lines[0].text == "reviewed by Rui Chen"


def test_many_are_signed_at_once_when_all_of_them_passed_and_wait(
    sqlite_database: Database,
) -> None:
    with sqlite_database.transaction() as tx:
        ids = [stored(tx, f"1.{n}") for n in range(3)]
        bad = stored(tx, "1.9", status=Status.FAIL)

        assert {one.result_id for one in signing.bulk(tx, [*ids, bad])} == set(ids)
        with pytest.raises(ReviewError, match="nothing was signed"):
            signing.sign_many(tx, SETTINGS, [*ids, bad], wish(), now=NOON)
        assert reviews.count(tx) == 4
        signing.sign_many(tx, SETTINGS, ids, wish(), now=NOON)
        assert [one.result_id for one in reviews.waiting(tx)] == [bad]
        with pytest.raises(ReviewError, match="nothing was signed"):
            signing.sign_many(tx, SETTINGS, ids, wish(), now=NOON)
        with pytest.raises(ReviewError, match="nothing was signed"):
            signing.sign_many(tx, SETTINGS, [], wish(), now=NOON)


def test_a_remark_is_kept_with_who_and_when_and_an_empty_one_is_not(
    sqlite_database: Database,
) -> None:
    with sqlite_database.transaction() as tx:
        result_id = stored(tx)
        kept = acts.remark(tx, result_id, " warm-up? ", who=CHEN, now=NOON)

        assert remarks.of_results(tx, [result_id]) == (kept,)
        assert (kept.text, audit.page(tx)[0].action) == ("warm-up?", "result.commented")
        with pytest.raises(ReviewError, match="write a comment"):
            acts.remark(tx, result_id, "  ", who=CHEN, now=NOON)


def test_analysing_again_queues_the_test_with_a_reason_and_keeps_the_result(
    sqlite_database: Database,
) -> None:
    with sqlite_database.transaction() as tx:
        result_id = stored(tx)
        before = results.get(tx, result_id)
        with pytest.raises(ReviewError, match="needs a reason"):
            acts.analyse_again(tx, result_id, "", who=CHEN, now=NOON)
        queued = acts.analyse_again(tx, result_id, "new analyzer", who=CHEN, now=NOON)

        assert test_sets.get(tx, queued.id).state is TestSetState.QUEUED
        assert results.get(tx, result_id) == before
        assert audit.page(tx)[0].reason == "new analyzer"
        with pytest.raises(ReviewError, match="analysed already"):
            acts.analyse_again(tx, result_id, "again", who=CHEN, now=NOON)
