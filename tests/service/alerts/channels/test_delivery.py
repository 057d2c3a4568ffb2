"""Delivery of what is in the outbox: again and again over days, by a clock that is moved."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from photopeak.alerts.channels.delivery import Delivery
from photopeak.alerts.channels.retries import PLAN_S
from photopeak.model.alerts import AlertState
from photopeak.model.messages import (
    MAIL,
    Attempt,
    ChannelRecord,
    DeliveryState,
    Message,
    MessageKind,
    MessageRecord,
    Outcome,
)
from photopeak.storage import alerts, channels, outbox
from photopeak.storage.database import Database
from support.messages import MORNING, Clock, message
from support.ports import eventually

HOOK = "webhooks.bus"
OTHER = "webhooks.other"
SENT = Attempt(outcome=Outcome.SENT, detail="answered 200", code=200)
FAILED = Attempt(outcome=Outcome.RETRY, detail="answered 500", code=500)
DAYS = timedelta(days=1).total_seconds()


class Way:
    """A channel that answers as it is told, and remembers what it was given."""

    def __init__(self, name: str, answer: Attempt | Callable[[], Attempt] = SENT) -> None:
        self.name = name
        self.answer = answer
        self.given: list[MessageRecord] = []

    def deliver(self, record: MessageRecord) -> Attempt:
        self.given.append(record)
        return self.answer if isinstance(self.answer, Attempt) else self.answer()


class Scene:
    """A delivery over a real database with a clock that is moved."""

    def __init__(self, database: Database, *ways: Way, **options: object) -> None:
        self.database = database
        self.clock = Clock()
        self.ways = ways
        self.delivery = Delivery(
            database, ways, clock=self.clock, rng=random.Random(1), degraded=(OTHER,)
        )

    def put(self, **changes: object) -> Message:
        whole = message(**{"created_at": self.clock.now, **changes})
        with self.database.transaction() as tx:
            outbox.put(tx, whole)
        return whole

    def state(self, whole: Message) -> MessageRecord:
        with self.database.snapshot() as tx:
            return outbox.get(tx, whole.id)

    def channel(self, name: str) -> ChannelRecord:
        with self.database.snapshot() as tx:
            return channels.get(tx, name)

    def open_alerts(self) -> list[str]:
        with self.database.snapshot() as tx:
            return [a.alert.key for a in alerts.page(tx, states=[AlertState.OPEN]).items]

    def run_until_idle(self, name: str) -> list[float]:
        """Let the clock jump to whatever is due next; return the seconds at which it was tried."""
        tried = []
        for _ in range(60):
            if self.delivery.send_due(name):
                tried.append((self.clock.now - MORNING).total_seconds())
            with self.database.snapshot() as tx:
                following = outbox.next_due(tx, [name])
            if following is None:
                break
            self.clock.now = max(self.clock.now, following)
        return tried


@pytest.fixture
def scene(sqlite_database: Database) -> Iterator[Callable[..., Scene]]:
    made: list[Scene] = []

    def make(*ways: Way) -> Scene:
        made.append(Scene(sqlite_database, *ways))
        return made[-1]

    yield make
    for one in made:
        one.delivery.close()


def test_a_message_that_fails_is_tried_for_three_days_with_longer_and_longer_pauses(
    scene: Callable[..., Scene],
) -> None:
    mail = Way(MAIL, FAILED)
    here = scene(mail)
    whole = here.put()

    tried = here.run_until_idle(MAIL)

    assert len(tried) == len(PLAN_S) + 1
    pauses = [b - a for a, b in itertools.pairwise(tried)]
    for pause, planned in zip(pauses, PLAN_S, strict=True):
        assert planned <= pause <= 1.2 * planned
    assert 3.0 * DAYS < tried[-1] < 4.0 * DAYS
    assert here.state(whole).state is DeliveryState.FAILED
    assert {r.message.id for r in mail.given} == {whole.id}
    # People who wait for a mail learn on the pages that none comes.
    assert here.open_alerts() == ["channel/mail"]


def test_the_other_side_may_ask_for_patience_but_not_for_ever(scene: Callable[..., Scene]) -> None:
    patient = Attempt(outcome=Outcome.RETRY, detail="busy", code=503, retry_after_s=7200.0)
    hook = Way(HOOK, patient)
    here = scene(hook)
    whole = here.put(channel=HOOK)
    here.delivery.send_due(HOOK)
    assert here.state(whole).due_at == MORNING + timedelta(hours=2)
    assert here.channel(HOOK).hold_until == MORNING + timedelta(hours=2)

    hook.answer = Attempt(outcome=Outcome.RETRY, detail="busy", retry_after_s=1e9)
    here.clock.advance(hours=2)
    here.delivery.send_due(HOOK)
    assert here.state(whole).due_at == here.clock.now + timedelta(days=1)


def test_a_channel_that_fails_is_not_asked_for_every_message_that_waits(
    scene: Callable[..., Scene],
) -> None:
    hook = Way(HOOK, FAILED)
    here = scene(hook)
    for _ in range(50):
        here.put(channel=HOOK)

    assert here.delivery.send_due(HOOK) == 1
    here.clock.advance(seconds=10)
    assert here.delivery.send_due(HOOK) == 1
    here.clock.advance(seconds=59)
    assert here.delivery.send_due(HOOK) == 0
    hook.answer = SENT
    here.clock.advance(minutes=10)
    assert here.delivery.send_due(HOOK) == 50
    assert here.channel(HOOK).failing_since is None


def test_an_endpoint_that_is_gone_is_disabled_at_once_and_told_by_mail_and_on_the_page(
    scene: Callable[..., Scene],
) -> None:
    gone = Attempt(outcome=Outcome.GONE, detail="answered 410", code=410)
    mail, hook, other = Way(MAIL), Way(HOOK, gone), Way(OTHER)
    here = scene(mail, hook, other)
    first, second = here.put(channel=HOOK), here.put(channel=HOOK)

    here.delivery.send_due(HOOK)
    here.delivery.send_due(MAIL)
    here.delivery.send_due(OTHER)

    assert len(hook.given) == 1
    assert here.state(first).state is here.state(second).state is DeliveryState.DISABLED
    assert here.channel(HOOK).reason == "it answered that it is gone for good (410)"
    for told in (mail, other):
        (notice,) = (r.message for r in told.given)
        assert (notice.kind, notice.event) == (MessageKind.SERVICE, "service.degraded")
        assert notice.lines[0].device == HOOK
    assert here.open_alerts() == ["channel/webhooks.bus"]


def test_an_endpoint_that_fails_for_days_is_disabled_and_sends_all_when_enabled_again(
    scene: Callable[..., Scene],
) -> None:
    mail, hook = Way(MAIL), Way(HOOK, FAILED)
    here = scene(mail, hook)
    whole = here.put(channel=HOOK)
    while here.channel(HOOK).disabled_at is None:
        assert here.delivery.send_due(HOOK) <= 1
        here.clock.advance(hours=1)
        here.put(channel=HOOK)
    assert here.clock.now - MORNING >= timedelta(days=3)
    assert here.channel(HOOK).reason == "it has failed since 2026-03-02 06:45 UTC"
    before = len(hook.given)
    assert here.delivery.send_due(HOOK) == 0
    here.delivery.send_due(MAIL)
    assert mail.given[0].message.kind is MessageKind.SERVICE

    hook.answer = SENT
    with here.database.transaction() as tx:
        count = outbox.enable(tx, HOOK, now=here.clock.now, not_older=timedelta(days=4))
    assert here.delivery.send_due(HOOK) == count
    assert len(hook.given) == before + count
    assert here.state(whole).state is DeliveryState.SENT
    assert here.open_alerts() == []


def test_when_no_mail_has_left_for_an_hour_the_pages_tell_until_one_does(
    scene: Callable[..., Scene],
) -> None:
    mail = Way(MAIL, FAILED)
    here = scene(mail)
    here.put()
    here.delivery.send_due(MAIL)
    here.clock.advance(minutes=59)
    here.delivery.send_due(MAIL)
    assert here.open_alerts() == []
    here.clock.advance(minutes=31)
    here.delivery.send_due(MAIL)
    assert here.open_alerts() == ["channel/mail"]
    mail.answer = SENT
    here.clock.advance(hours=3)
    here.delivery.send_due(MAIL)
    assert here.open_alerts() == []


def test_mail_is_never_disabled_however_long_it_fails(scene: Callable[..., Scene]) -> None:
    here = scene(Way(MAIL, FAILED))
    for _ in range(5):
        here.put()
        here.delivery.send_due(MAIL)
        here.clock.advance(days=1)

    assert here.channel(MAIL).disabled_at is None
    assert here.open_alerts() == ["channel/mail"]


def test_a_mail_that_is_refused_for_good_is_not_tried_again(scene: Callable[..., Scene]) -> None:
    refused = Attempt(outcome=Outcome.REFUSED, detail="refused for good", code=550)
    here = scene(Way(MAIL, refused))
    whole = here.put()

    assert here.run_until_idle(MAIL) == [0.0]
    assert here.state(whole).state is DeliveryState.FAILED
    assert here.open_alerts() == ["channel/mail"]
    assert here.channel(MAIL).failing_since is None


def test_a_result_that_an_archive_refuses_for_good_is_told_on_the_page_until_one_is_taken(
    scene: Callable[..., Scene],
) -> None:
    archive = Way("pacs.main", Attempt(outcome=Outcome.REFUSED, detail="1 of 3 objects not stored"))
    here = scene(archive)
    lost = here.put(channel="pacs.main")
    here.delivery.send_due("pacs.main")

    assert here.state(lost).state is DeliveryState.FAILED
    assert here.open_alerts() == ["channel/pacs.main"]
    archive.answer = SENT
    here.put(channel="pacs.main")
    here.delivery.send_due("pacs.main")
    assert here.open_alerts() == []


def test_who_did_not_get_it_yet_is_remembered(scene: Callable[..., Scene]) -> None:
    partly = Attempt(outcome=Outcome.RETRY, detail="some", remaining=("late@example.org",))
    mail = Way(MAIL, partly)
    here = scene(mail)
    here.put()
    here.delivery.send_due(MAIL)
    mail.answer = SENT
    here.clock.advance(seconds=10)
    here.delivery.send_due(MAIL)

    assert [r.remaining for r in mail.given] == [None, ("late@example.org",)]


def test_a_fault_of_a_channel_is_an_attempt_that_failed(
    scene: Callable[..., Scene], caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> Attempt:
        raise RuntimeError("secret words")

    here = scene(Way(HOOK, broken))
    whole = here.put(channel=HOOK)
    here.delivery.send_due(HOOK)

    record = here.state(whole)
    assert (record.state, record.detail) == (
        DeliveryState.RETRYING,
        "a fault of this program: RuntimeError",
    )
    assert "could not be sent" in caplog.text


def test_a_channel_that_hangs_keeps_no_other_waiting(scene: Callable[..., Scene]) -> None:
    release = threading.Event()

    def hanging() -> Attempt:
        assert release.wait(20.0)
        return SENT

    mail, hook = Way(MAIL), Way(HOOK, hanging)
    here = scene(mail, hook)
    stuck, quick = here.put(channel=HOOK), here.put()
    here.delivery.step()
    eventually(lambda: here.state(quick).state is DeliveryState.SENT)
    again = here.put()
    here.delivery.step()
    eventually(lambda: here.state(again).state is DeliveryState.SENT)
    assert here.state(stuck).state is DeliveryState.QUEUED
    assert len(hook.given) == 1
    release.set()
    eventually(lambda: here.state(stuck).state is DeliveryState.SENT)


def test_a_step_reads_nothing_while_nothing_changes_and_nothing_is_due(
    scene: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = scene(Way(MAIL))
    here.put(not_before=MORNING + timedelta(minutes=5))
    looks = []
    look = outbox.due_channels
    monkeypatch.setattr(outbox, "due_channels", lambda *a, **k: looks.append(1) or look(*a, **k))
    for _ in range(5):
        here.delivery.step()
    assert len(looks) == 1
    here.clock.advance(minutes=5)
    here.delivery.step()
    assert len(looks) == 2
    assert here.delivery.drain(10.0)
    assert len(here.ways[0].given) == 1


def test_without_channels_nothing_is_done(scene: Callable[..., Scene]) -> None:
    here = scene()
    here.put()
    here.delivery.step()

    assert here.delivery.drain(0.1)
