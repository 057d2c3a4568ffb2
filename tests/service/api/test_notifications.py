"""Notifications over the API, and in the numbers for a monitor."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from photopeak.alert_settings import AlertSettings
from photopeak.model.messages import MAIL, Attempt, Outcome
from photopeak.storage import audit, channels, outbox
from support.messages import message
from support.rows import NOON

LIST = "/api/v1/notifications"
HOOK = "webhooks.ris"
ALERTS = AlertSettings.model_validate(
    {
        "mail": {
            "host": "mail.example.org",
            "sender": "photopeak@example.org",
            "recipients": ["physics@example.org"],
        },
        "webhooks": {"ris": {"url": "https://ris.example.org/x", "secret_files": ["secret"]}},
    }
)


@pytest.fixture
def service(make_service: Any) -> Any:
    return make_service(alerts=ALERTS)


def put(service: Any, attempt: Attempt | None = None, **changes: Any) -> str:
    whole = message(**{"created_at": NOON, **changes})
    with service.context.database.transaction() as tx:
        outbox.put(tx, whole)
        if attempt is not None:
            claimed = outbox.claim(tx, whole.channel, now=NOON, lease_s=60.0)
            assert claimed is not None
            outbox.finish(tx, claimed, attempt, now=NOON, again_at=None)
    return whole.id


def test_messages_are_listed_with_their_state_and_read_with_their_attempts(service: Any) -> None:
    failed = put(service, Attempt(outcome=Outcome.RETRY, detail="answered 500", code=500))
    put(service, channel=HOOK)

    listed = service.get(LIST).json()
    assert [item["state"] for item in listed["items"]] == ["queued", "failed"]
    assert service.get(f"{LIST}?channel={HOOK}").json()["items"][0]["channel"] == HOOK
    assert service.get(f"{LIST}?state=failed").json()["items"][0]["id"] == failed
    assert service.get(f"{LIST}?channel=pigeon").status_code == 422
    page = service.get(f"{LIST}?limit=1").json()
    assert service.get(f"{LIST}?limit=1&after={page['next']}").json()["items"][0]["id"] == failed
    one = service.get(f"{LIST}/messages/{failed}").json()
    assert one["log"] == [
        {
            "number": 1,
            "started_at": "2026-03-02T12:00:00Z",
            "finished_at": "2026-03-02T12:00:00Z",
            "outcome": "retry",
            "code": 500,
            "detail": "answered 500",
            "answer": "",
        }
    ]
    assert service.get(f"{LIST}/messages/none").status_code == 404


def test_channels_tell_how_they_do(service: Any) -> None:
    put(service)
    with service.context.database.transaction() as tx:
        channels.failed(tx, MAIL, detail="no route", now=NOON, hold_until=None)
        outbox.disable(tx, HOOK, reason="gone", now=NOON)

    mail, hook = service.get(f"{LIST}/channels").json()
    assert (mail["name"], mail["enabled"], mail["waiting"]) == (MAIL, True, 1)
    assert (mail["failures"], mail["last_error"]) == (1, "no route")
    assert (hook["name"], hook["enabled"], hook["reason"]) == (HOOK, False, "gone")


def test_a_test_goes_to_the_outbox_and_into_the_audit_trail(service: Any) -> None:
    answer = service.call("POST", f"{LIST}/test", "admin", json={"channel": MAIL})

    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    assert answer.json()["kind"] == "test"
    with service.context.database.snapshot() as tx:
        entry = audit.page(tx)[0]
    assert (entry.action, entry.subject) == ("notification.tested", MAIL)
    for channel, status in (("webhooks.other", 404), ("pigeon", 422)):
        wrong = service.call("POST", f"{LIST}/test", "admin", json={"channel": channel})
        assert wrong.status_code == status


def test_a_message_is_sent_once_more_under_its_id(service: Any) -> None:
    message_id = put(service, Attempt(outcome=Outcome.SENT, detail="sent", code=250))
    path = f"{LIST}/messages/{message_id}/replay"
    again = service.call("POST", path, "admin", json={"reason": "it was lost"})

    assert (again.json()["id"], again.json()["state"]) == (message_id, "queued")
    assert service.call("POST", path, "admin", json={"reason": ""}).status_code == 422


def test_a_channel_is_enabled_again(service: Any) -> None:
    put(service, channel=HOOK)
    path = f"{LIST}/channels/{HOOK}/enable"
    assert service.call("POST", path, "admin", json={"reason": "x"}).status_code == 409
    with service.context.database.transaction() as tx:
        outbox.disable(tx, HOOK, reason="gone", now=NOON)

    answer = service.call("POST", path, "admin", json={"reason": "new server"})
    assert answer.json() == {"messages": 1}


def test_a_monitor_sees_what_is_sent_and_what_waits(service: Any) -> None:
    put(service, created_at=NOON - timedelta(minutes=10))
    put(service, not_before=NOON + timedelta(hours=1), channel=HOOK)
    with service.context.database.transaction() as tx:
        channels.succeeded(tx, MAIL, now=NOON)
        channels.succeeded(tx, MAIL, now=NOON)
        channels.failed(tx, HOOK, detail="x", now=NOON, hold_until=None)
    text = service.get("/metrics").text

    assert 'photopeak_notifications_total{channel="mail",result="sent"} 2.0' in text
    assert 'photopeak_notifications_total{channel="webhooks.ris",result="failed"} 1.0' in text
    assert "photopeak_outbox_oldest_seconds 900.0" in text
