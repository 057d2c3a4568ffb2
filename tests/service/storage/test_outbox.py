"""The outbox: put once, sent by one at a time, never lost, whoever dies."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from photopeak.model.messages import (
    MAIL,
    Attempt,
    DeliveryState,
    Outcome,
    message_from_plain,
    message_to_plain,
)
from photopeak.storage import channels, outbox
from photopeak.storage.database import Database, Transaction
from photopeak.storage.errors import NotFoundError, StateError
from support.messages import MORNING, line, message

HOOK = "webhooks.bus"
LATER = MORNING + timedelta(seconds=5)
SENT = Attempt(outcome=Outcome.SENT, detail="sent", code=250)
RETRY = Attempt(outcome=Outcome.RETRY, detail="busy", code=451)


def claimed(tx: Transaction, channel: str = MAIL, seconds: float = 0.0) -> outbox.Claim:
    now = MORNING + timedelta(seconds=seconds)
    found = outbox.claim(tx, channel, now=now, lease_s=60.0)
    assert found is not None
    return found


def test_a_message_is_the_same_after_it_was_stored(database: Database) -> None:
    whole = message(
        lines=(line(), line(lower=1.0, seen_by="王医生 \0", since=None)),
        recipients=("a@example.org",),
        result_id="r-1",
        not_before=LATER,
    )
    with database.transaction() as tx:
        outbox.put(tx, whole)
    with database.snapshot() as tx:
        stored = outbox.get(tx, whole.id).message

    assert stored == whole
    assert message_from_plain(message_to_plain(whole)) == whole


def test_a_channel_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="'pigeon' is no channel"):
        message(channel="pigeon")


def test_a_message_put_twice_is_one(database: Database) -> None:
    same = message()
    with database.transaction() as tx:
        assert outbox.put(tx, same)
    with database.transaction() as tx:
        assert not outbox.put(tx, same)
        assert len(outbox.page(tx).items) == 1


def test_what_is_rolled_back_is_not_sent(database: Database) -> None:
    def broken() -> None:
        with database.transaction() as tx:
            outbox.put(tx, message())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    with database.snapshot() as tx:
        assert outbox.page(tx).items == ()
        assert outbox.due_channels(tx, [MAIL], now=LATER) == ()


def test_only_what_is_due_is_claimed_and_the_first_first(database: Database) -> None:
    late = message(not_before=LATER)
    with database.transaction() as tx:
        outbox.put(tx, late)
        assert outbox.claim(tx, MAIL, now=MORNING, lease_s=60.0) is None
        assert outbox.next_due(tx, [MAIL]) == LATER
        first = message()
        outbox.put(tx, first)
        assert outbox.due_channels(tx, [MAIL, HOOK], now=MORNING) == (MAIL,)
        assert claimed(tx, seconds=9).record.message.id == first.id
        assert claimed(tx, seconds=9).record.message.id == late.id


def test_a_lease_runs_out_and_the_attempt_that_never_ended_is_told(database: Database) -> None:
    whole = message()
    with database.transaction() as tx:
        outbox.put(tx, whole)
        first = claimed(tx)
        assert outbox.claim(tx, MAIL, now=MORNING + timedelta(seconds=59), lease_s=60.0) is None
        second = claimed(tx, seconds=60)
        assert second.record.attempts == 2
        # The one that was thought dead comes back: it may not spoil what the second one does.
        outbox.finish(tx, first, RETRY, now=LATER, again_at=None)
        assert outbox.get(tx, whole.id).state is DeliveryState.QUEUED
        outbox.finish(tx, second, SENT, now=LATER, again_at=None)
        assert outbox.get(tx, whole.id).state is DeliveryState.SENT
        log = outbox.attempts(tx, whole.id)

    assert [(a.number, a.outcome) for a in log] == [(1, Outcome.RETRY), (2, Outcome.SENT)]


def test_a_late_success_counts_and_a_late_failure_does_not(database: Database) -> None:
    with database.transaction() as tx:
        outbox.put(tx, message())
        first = claimed(tx)
        second = claimed(tx, seconds=60)
        assert outbox.finish(tx, first, SENT, now=LATER, again_at=None).state is DeliveryState.SENT
        record = outbox.finish(tx, second, RETRY, now=LATER, again_at=LATER)
        assert (record.state, record.due_at) == (DeliveryState.SENT, None)


def test_an_attempt_that_was_killed_stays_in_the_log(database: Database) -> None:
    whole = message()
    with database.transaction() as tx:
        outbox.put(tx, whole)
        claimed(tx)
    with database.snapshot() as tx:
        (attempt,) = outbox.attempts(tx, whole.id)

    assert (attempt.outcome, attempt.finished_at) == (Outcome.INTERRUPTED, None)


def test_a_failed_message_waits_and_is_given_up_at_the_end(database: Database) -> None:
    whole = message()
    with database.transaction() as tx:
        outbox.put(tx, whole)
        record = outbox.finish(tx, claimed(tx), RETRY, now=MORNING, again_at=LATER)
        assert (record.state, record.due_at, record.detail) == (
            DeliveryState.RETRYING,
            LATER,
            "busy",
        )
        assert outbox.oldest_waiting(tx) == MORNING
        record = outbox.finish(tx, claimed(tx, seconds=5), RETRY, now=LATER, again_at=None)
        assert (record.state, record.due_at) == (DeliveryState.FAILED, None)
        assert outbox.oldest_waiting(tx) is None


def test_a_replay_sends_again_under_the_same_id_and_counts_on(database: Database) -> None:
    whole = message()
    with database.transaction() as tx:
        outbox.put(tx, whole)
        held = claimed(tx)
        with pytest.raises(StateError, match="being sent at this moment"):
            outbox.replay(tx, whole.id, now=MORNING)
        outbox.finish(tx, held, SENT, now=MORNING, again_at=None)
        record = outbox.replay(tx, whole.id, now=LATER)
        assert (record.state, record.attempts) == (DeliveryState.QUEUED, 0)
        again = claimed(tx, seconds=5)
        assert again.record.message.id == whole.id
        assert [a.number for a in outbox.attempts(tx, whole.id)] == [1, 2]
        with pytest.raises(NotFoundError, match="no message x"):
            outbox.replay(tx, "x", now=LATER)


def test_a_disabled_channel_keeps_what_comes_until_it_is_enabled(database: Database) -> None:
    before, after = message(channel=HOOK), message(channel=HOOK)
    old = message(channel=HOOK, created_at=MORNING - timedelta(days=9))
    with database.transaction() as tx:
        outbox.put(tx, before)
        outbox.put(tx, old)
        assert outbox.disable(tx, HOOK, reason="gone", now=MORNING)
        assert not outbox.disable(tx, HOOK, reason="gone", now=LATER)
        outbox.put(tx, after)
        outbox.put(tx, message())
        states = {r.message.id: r.state for r in outbox.page(tx, channel=HOOK).items}
        assert set(states.values()) == {DeliveryState.DISABLED}
        assert outbox.due_channels(tx, [HOOK, MAIL], now=LATER) == (MAIL,)
        with pytest.raises(StateError, match="enable it first"):
            outbox.replay(tx, before.id, now=LATER)
        assert channels.get(tx, HOOK).reason == "gone"
        assert (outbox.waiting(tx, HOOK), outbox.waiting(tx, MAIL)) == (3, 1)
        assert outbox.enable(tx, HOOK, now=LATER, not_older=timedelta(days=4)) == 2
        assert channels.get(tx, HOOK).disabled_at is None
        given_up = outbox.get(tx, old.id)
        assert (given_up.state, given_up.detail) == (DeliveryState.FAILED, outbox.TOO_OLD)
        assert outbox.waiting(tx, HOOK) == 2
        assert outbox.replay(tx, old.id, now=MORNING).state is DeliveryState.QUEUED
        assert claimed(tx, HOOK, 1).record.message.id == old.id
        assert {claimed(tx, HOOK, 5).record.message.id for _ in range(2)} == {before.id, after.id}


def test_a_channel_that_is_held_is_left_alone(database: Database) -> None:
    with database.transaction() as tx:
        outbox.put(tx, message())
        until = MORNING + timedelta(minutes=1)
        channels.failed(tx, MAIL, detail="no route", now=MORNING, hold_until=until)
        record = channels.failed(tx, MAIL, detail="no route", now=LATER, hold_until=until)
        assert (record.failures, record.failing_since) == (2, MORNING)
        assert outbox.due_channels(tx, [MAIL], now=LATER) == ()
        assert outbox.claim(tx, MAIL, now=LATER, lease_s=9.0) is None
        assert outbox.next_due(tx, [MAIL]) == until
        channels.succeeded(tx, MAIL, now=until)
        assert channels.get(tx, MAIL).failing_since is None
        assert outbox.due_channels(tx, [MAIL], now=LATER) == (MAIL,)


def test_two_workers_never_hold_the_same_message(database: Database) -> None:
    with database.transaction() as tx:
        for _ in range(20):
            outbox.put(tx, message())
    seen: list[str] = []

    def work() -> None:
        while True:
            with database.transaction() as tx:
                found = outbox.claim(tx, MAIL, now=LATER, lease_s=60.0)
            if found is None:
                return
            seen.append(found.record.message.id)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(seen)) == 20
    assert len(seen) == 20


def test_what_has_left_is_forgotten_after_a_year_and_what_waits_is_not(
    database: Database,
) -> None:
    with database.transaction() as tx:
        for name in ("sent", "waits", "young"):
            at = MORNING + timedelta(days=100 if name == "young" else 0)
            outbox.put(tx, message(id=name, created_at=at))
        claim = claimed(tx)
        outbox.finish(tx, claim, SENT, now=LATER, again_at=None)
        gone = claim.record.message.id
        outbox.finish(tx, claimed(tx, seconds=100 * 86_400.0), RETRY, now=LATER, again_at=LATER)

    with database.transaction() as tx:
        assert outbox.forget(tx, now=MORNING + timedelta(days=399)) == 0
        assert outbox.forget(tx, now=MORNING + timedelta(days=401)) == 1
        with pytest.raises(NotFoundError):
            outbox.get(tx, gone)
        assert outbox.attempts(tx, gone) == ()
        assert len(outbox.page(tx).items) == 2
