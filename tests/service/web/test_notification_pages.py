"""The pages of notifications: channels as they do, messages with every attempt, what people may do."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from photopeak.alert_settings import AlertSettings
from photopeak.model.messages import MAIL, Attempt, DeliveryState, Outcome
from photopeak.model.page import Access, PageReply, PageRequest, Visitor
from photopeak.settings import Settings, SiteSettings
from photopeak.storage import audit, channels, outbox
from photopeak.storage.database import Database
from photopeak.storage.errors import NotFoundError
from photopeak.web import delivery_words
from photopeak.web.delivery_words import in_words
from photopeak.web.pages import all_pages
from photopeak.web.words import CATALOGUES, Words
from support import web_scene
from support.messages import line, message
from support.rows import NOON

HOOK = "webhooks.ris"
ALERTS = AlertSettings.model_validate(
    {
        "mail": {
            "host": "mail.example.org",
            "sender": "photopeak@example.org",
            "recipients": ["physics@example.org"],
        },
        "webhooks": {
            "ris": {"url": "https://ris.example.org:8443/x?key=hush", "secret_files": ["secret"]}
        },
        "chat": {"nuclear": {"schemes": ["mmosts"], "url_file": "room"}},
    }
)


class Scene:
    """The pages of a site with channels."""

    def __init__(self, database: Database, data: Path, *, language: str = "en") -> None:
        self.database = database
        site = SiteSettings.model_validate({"name": "Testby", "language": language})
        _, context, _ = web_scene.contexts(
            database, data, settings=Settings(data=data, site=site), alerts=ALERTS
        )
        self._pages = {(page.method, page.path): page for page in all_pages(context)}

    def ask(
        self, address: str, method: str = "GET", /, access: Access = Access.ADMIN, **options: Any
    ) -> PageReply:
        visitor = Visitor(name="R. Chen", access=access, csrf_token="c")
        return self._pages[method, address].answer(PageRequest(visitor=visitor, **options))

    def one(self, message_id: str, **options: Any) -> PageReply:
        return self.ask("/notifications/messages/{id}", path={"id": message_id}, **options)

    def put(self, attempt: Attempt | None = None, **changes: Any) -> str:
        whole = message(**{"created_at": NOON, **changes})
        with self.database.transaction() as tx:
            outbox.put(tx, whole)
            if attempt is not None:
                claimed = outbox.claim(tx, whole.channel, now=NOON, lease_s=60.0)
                assert claimed is not None
                outbox.finish(tx, claimed, attempt, now=NOON, again_at=NOON + timedelta(hours=1))
        return whole.id


@pytest.fixture
def scene(sqlite_database: Database, tmp_path: Path) -> Scene:
    return Scene(sqlite_database, tmp_path / "data")


def words_of(reply: PageReply) -> str:
    """Return what is read on a page."""
    return " ".join(re.sub(r"<[^>]+>", " ", reply.html).split())


def test_a_site_without_channels_is_told_how_to_get_one(
    sqlite_database: Database, tmp_path: Path
) -> None:
    _, context, _ = web_scene.contexts(sqlite_database, tmp_path)
    pages = {(page.method, page.path): page for page in all_pages(context)}
    visitor = Visitor(name="x", access=Access.READ, csrf_token="c")
    text = words_of(pages["GET", "/notifications"].answer(PageRequest(visitor=visitor)))

    assert "Nobody is told of anything yet" in text
    assert "recipients =" in text
    assert "Nothing has been sent yet" in text


def test_channels_show_where_they_lead_and_no_secret(scene: Scene) -> None:
    reply = scene.ask("/notifications")
    text = words_of(reply)

    assert "by mail.example.org, port 587" in text
    assert "ris.example.org:8443" in text
    assert "hush" not in reply.html
    assert text.count("Not used yet") == 3
    assert text.count("Send a test") == 3


def test_who_may_only_read_finds_nothing_to_press(scene: Scene) -> None:
    message_id = scene.put()
    for reply in (
        scene.ask("/notifications", access=Access.READ),
        scene.one(message_id, access=Access.READ),
    ):
        assert 'method="post" action="/notifications' not in reply.html


def test_a_channel_that_fails_or_is_disabled_says_since_when_and_why(scene: Scene) -> None:
    with scene.database.transaction() as tx:
        channels.failed(tx, MAIL, detail="the server refuses the login", now=NOON, hold_until=None)
        outbox.disable(tx, HOOK, reason="it answered that it is gone for good (410)", now=NOON)
    text = words_of(scene.ask("/notifications"))

    assert "Fails since 2 Mar 2026 12:00:00, 1 in a row: the server refuses the login" in text
    assert "Disabled 5 minutes ago: it answered that it is gone for good (410)" in text
    assert "Enable and send what waits" in text


def test_a_message_shows_every_attempt_in_words(scene: Scene) -> None:
    retry = Attempt(
        outcome=Outcome.RETRY, code=500, detail="answered 500", answer="<b>sorry</b>\u202e"
    )
    message_id = scene.put(retry, channel=HOOK)
    reply = scene.one(message_id)
    text = words_of(reply)

    assert "Retrying" in text
    assert "Next try 2 Mar 2026 13:00:00." in text
    assert "answered 500 It said: &lt;b&gt;sorry" in text
    assert "\u202e" not in reply.html
    assert 'href="/results/r-1"' in reply.html
    listed = words_of(scene.ask("/notifications"))
    assert "Symbia 1 · Intrinsic uniformity · detector 2" in listed


def test_an_attempt_that_never_ended_is_told(scene: Scene) -> None:
    message_id = scene.put()
    with scene.database.transaction() as tx:
        outbox.claim(tx, MAIL, now=NOON, lease_s=60.0)

    text = words_of(scene.one(message_id))
    assert "It has not ended, or the process ended before it did." in text


def test_messages_are_filtered_by_channel_and_state(scene: Scene) -> None:
    scene.put(Attempt(outcome=Outcome.SENT, detail="sent", code=250))
    scene.put(channel=HOOK)

    def listed(**query: str) -> str:
        return scene.ask("/notification-rows", query=query).html

    assert listed(channel=HOOK).count("<tr><td") == 1
    assert listed(state="sent").count("<tr><td") == 1
    assert listed().count("<tr><td") == 2
    assert "Nothing like this" in listed(state="failed")
    assert listed(state="<b>", after="x").count("<tr><td") == 2


def test_a_test_message_goes_through_the_outbox_and_is_in_the_audit_trail(scene: Scene) -> None:
    reply = scene.ask("/notifications/channels/{name}/test", "POST", path={"name": MAIL})

    with scene.database.snapshot() as tx:
        (record,) = outbox.page(tx).items
        (entry,) = audit.page(tx)
    assert reply.location == f"/notifications/messages/{record.message.id}"
    assert (entry.action, entry.subject, entry.actor) == ("notification.tested", MAIL, "R. Chen")
    with scene.database.transaction() as tx:
        outbox.disable(tx, MAIL, reason="gone", now=NOON)
    refused = scene.ask("/notifications/channels/{name}/test", "POST", path={"name": MAIL})
    assert refused.status == 409
    assert "mail is disabled; enable it first" in words_of(refused)


def test_a_channel_that_is_not_configured_is_not_there(scene: Scene) -> None:
    path = {"name": "webhooks.other"}
    assert scene.ask("/notifications/channels/{name}/test", "POST", path=path).status == 404


def test_a_replay_keeps_the_id_and_says_why(scene: Scene) -> None:
    message_id = scene.put(Attempt(outcome=Outcome.REFUSED, detail="refused", code=550))
    reply = scene.ask(
        "/notifications/messages/{id}/replay",
        "POST",
        path={"id": message_id},
        form={"reason": "the mailbox is there now"},
    )

    assert reply.location == f"/notifications/messages/{message_id}"
    with scene.database.snapshot() as tx:
        assert outbox.get(tx, message_id).state is DeliveryState.QUEUED
        (entry,) = audit.page(tx)
    assert entry.detail == {
        "channel": MAIL,
        "reason": "the mailbox is there now",
        "before": "failed",
        "after": "queued",
    }


def test_a_channel_is_enabled_with_a_reason_and_sends_what_waits(scene: Scene) -> None:
    message_id = scene.put(channel=HOOK)
    path, form = {"name": HOOK}, {"reason": "new server"}
    address = "/notifications/channels/{name}/enable"
    assert scene.ask(address, "POST", path=path, form=form).status == 409
    with scene.database.transaction() as tx:
        outbox.disable(tx, HOOK, reason="gone", now=NOON)
    assert "enable it on the page of notifications" in words_of(scene.one(message_id))

    assert scene.ask(address, "POST", path=path, form=form).location == "/notifications"
    with scene.database.snapshot() as tx:
        assert outbox.get(tx, message_id).state is DeliveryState.QUEUED
        (entry,) = audit.page(tx)
    assert entry.detail == {"reason": "new server", "before": "gone", "messages": 1}


def test_a_message_that_is_not_there_is_not_found(scene: Scene) -> None:
    assert scene.one("x").status == 404
    with pytest.raises(NotFoundError), scene.database.snapshot() as tx:
        outbox.get(tx, "x")


def test_the_pages_speak_chinese(sqlite_database: Database, tmp_path: Path) -> None:
    scene = Scene(sqlite_database, tmp_path, language="zh")
    message_id = scene.put(
        Attempt(outcome=Outcome.RETRY, detail="no answer within 20 s"),
        lines=(line(), line()),
    )

    listed, shown = words_of(scene.ask("/notifications")), words_of(scene.one(message_id))
    assert "通道" in listed
    assert "Symbia 1 · 固有均匀性 · 探头2等（另有1项）" in listed
    assert "20秒内没有回答" in shown


def test_everything_that_is_said_of_an_attempt_has_chinese_words() -> None:
    for pattern in delivery_words._PATTERNS:
        assert pattern in CATALOGUES["zh"]
    said = in_words(
        Words("zh"), "nothing was sent: 127.0.0.1 may not be reached; list its network to allow it"
    )
    assert said == "未发送：不允许连接127.0.0.1；如需允许，请列出其网络"
    assert in_words(Words("zh"), "what a library says") == "what a library says"
    for table in (delivery_words.CHANNEL, delivery_words.DELIVERY, delivery_words.OUTCOME):
        for look in table.values():
            assert {look.word, look.meaning} <= CATALOGUES["zh"].keys()
