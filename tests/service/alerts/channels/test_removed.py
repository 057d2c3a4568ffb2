"""Messages for a channel that is not configured any more do not wait for ever."""

from datetime import timedelta

from photopeak.alerts.channels.removed import REASON, RemovedChannels
from photopeak.model.alerts import Alert, AlertSeverity
from photopeak.model.messages import MAIL, DeliveryState
from photopeak.storage import alerts, outbox
from photopeak.storage.database import Database
from support.messages import MORNING, message

HOOK = "webhooks.bus"
LATER = MORNING + timedelta(seconds=5)


def test_what_waits_for_a_channel_that_is_no_more_is_given_up_with_the_reason(
    database: Database,
) -> None:
    watch = RemovedChannels([MAIL])
    with database.transaction() as tx:
        kept, queued, held = (message(channel=c) for c in (MAIL, HOOK, "chat.old"))
        for each in (kept, queued, held):
            outbox.put(tx, each)
        outbox.disable(tx, "chat.old", reason="it fails", now=MORNING)
        alert = Alert(
            key="channel/chat.old", severity=AlertSeverity.WARNING, title="t", message="m"
        )
        alerts.raise_alert(tx, alert, now=MORNING)
        assert watch.needed(tx, LATER)
        assert watch.tell(tx, LATER) == 2

    with database.snapshot() as tx:
        assert not watch.needed(tx, LATER)
        found = {m.id: outbox.get(tx, m.id) for m in (kept, queued, held)}
        assert alerts.find_open(tx, alert.key) is None
        assert outbox.oldest_waiting(tx) == kept.created_at
    assert found[kept.id].state is DeliveryState.QUEUED
    assert {(found[m.id].state, found[m.id].detail) for m in (queued, held)} == {
        (DeliveryState.FAILED, REASON)
    }


def test_an_attempt_that_a_worker_of_before_makes_is_left_alone(database: Database) -> None:
    watch = RemovedChannels([])
    with database.transaction() as tx:
        outbox.put(tx, message(channel=HOOK))
        outbox.claim(tx, HOOK, now=MORNING, lease_s=60.0)
        assert not watch.needed(tx, LATER)
        assert watch.needed(tx, MORNING + timedelta(seconds=61))
