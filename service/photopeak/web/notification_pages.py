"""Notifications: by which ways people and programs are told, and what became of each message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from photopeak.alert_settings import AlertSettings
from photopeak.alerts.channels import desk
from photopeak.model.messages import (
    CHAT,
    MAIL,
    PACS,
    WEBHOOKS,
    ChannelRecord,
    DeliveryState,
    Line,
    MessageRecord,
)
from photopeak.model.page import Access, Page, PageReply, PageRequest
from photopeak.storage import channels, outbox
from photopeak.storage.errors import CursorError, StateError
from photopeak.web.context import WebContext
from photopeak.web.delivery_words import (
    CHANNEL,
    DELIVERY,
    MESSAGE_KIND,
    OUTCOME,
    Health,
    health_of,
    in_words,
)
from photopeak.web.rendering import Renderer, one_of

_PER_PAGE = 50
_STATES = frozenset(state.value for state in DeliveryState)
_LIST = "/notifications"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRow:
    """A channel as a line: what it is, where it leads, and how it does."""

    name: str
    kind: str
    where: str
    what: str
    health: Health
    record: ChannelRecord
    waiting: int


class NotificationPages:
    """Pages on channels and messages."""

    def __init__(self, context: WebContext, renderer: Renderer) -> None:
        self._context = context
        self._renderer = renderer

    def pages(self) -> tuple[Page, ...]:
        """Return the pages."""
        filters = ("channel", "state", "after")
        one = f"{_LIST}/messages/{{id}}"
        return (
            Page(method="GET", path=_LIST, access=Access.READ, answer=self.listing, query=filters),
            Page(
                method="GET",
                path="/notification-rows",
                access=Access.READ,
                answer=self.rows,
                query=filters,
            ),
            Page(method="GET", path=one, access=Access.READ, answer=self.one),
            Page(
                method="GET",
                path=f"{one}/attempts",
                access=Access.READ,
                answer=self.attempts,
            ),
            Page(method="POST", path=f"{one}/replay", access=Access.ADMIN, answer=self.replay),
            Page(
                method="POST",
                path=f"{_LIST}/channels/{{name}}/test",
                access=Access.ADMIN,
                answer=self.test,
            ),
            Page(
                method="POST",
                path=f"{_LIST}/channels/{{name}}/enable",
                access=Access.ADMIN,
                answer=self.enable,
            ),
        )

    def listing(self, request: PageRequest, fault: str = "") -> PageReply:
        """Answer with the channels and the messages."""
        return self._renderer.page(
            "notifications.html",
            request,
            self._context.clock(),
            status=409 if fault else 200,
            here="notifications",
            fault=fault,
            may=_may(request),
            channel_look=CHANNEL.__getitem__,
            chosen_state=one_of(request.query, "state", _STATES),
            chosen_channel=request.query.get("channel", ""),
            states=tuple(DeliveryState),
            etag="",
            **self._list(request),
        )

    def rows(self, request: PageRequest) -> PageReply:
        """Answer with what changes by itself, for the page to renew."""
        return self._renderer.fragment(
            "notification_rows.html",
            request,
            self._context.clock(),
            may=_may(request),
            channel_look=CHANNEL.__getitem__,
            **self._list(request),
        )

    def one(self, request: PageRequest, fault: str = "") -> PageReply:
        """Answer with one message and every attempt to deliver it."""
        return self._renderer.page(
            "notification.html",
            request,
            self._context.clock(),
            status=409 if fault else 200,
            here="notifications",
            fault=fault,
            may=_may(request),
            etag="",
            **self._one(request),
        )

    def attempts(self, request: PageRequest) -> PageReply:
        """Answer with the attempts alone, for the page to renew itself."""
        return self._renderer.fragment(
            "notification_attempts.html", request, self._context.clock(), **self._one(request)
        )

    def test(self, request: PageRequest) -> PageReply:
        """Send a test message, and go to where one sees what comes of it."""
        name = request.path["name"]
        return self._acting(
            request,
            self.listing,
            lambda who: (
                desk.send_test(
                    self._context.database,
                    self._settings,
                    name,
                    who=who,
                    now=self._context.clock(),
                ).id
            ),
        )

    def replay(self, request: PageRequest) -> PageReply:
        """Send a message once more."""
        return self._acting(
            request,
            self.one,
            lambda who: (
                desk.replay(
                    self._context.database,
                    request.path["id"],
                    who=who,
                    reason=request.form.get("reason", "").strip()[:200],
                    now=self._context.clock(),
                ).message.id
            ),
        )

    def enable(self, request: PageRequest) -> PageReply:
        """Use a channel again that was disabled."""

        def act(who: str) -> str:
            desk.enable(
                self._context.database,
                self._settings,
                request.path["name"],
                who=who,
                reason=request.form.get("reason", "").strip()[:200],
                now=self._context.clock(),
            )
            return ""

        return self._acting(request, self.listing, act)

    @property
    def _settings(self) -> AlertSettings:
        return self._context.alerts

    def _acting(
        self,
        request: PageRequest,
        show: Callable[[PageRequest, str], PageReply],
        act: Callable[[str], str],
    ) -> PageReply:
        try:
            message_id = act(request.visitor.name if request.visitor else "")
        except StateError as error:
            return show(request, in_words(self._renderer.words, str(error)))
        return PageReply(location=f"{_LIST}/messages/{message_id}" if message_id else _LIST)

    def _list(self, request: PageRequest) -> dict[str, Any]:
        state = one_of(request.query, "state", _STATES)
        channel = request.query.get("channel", "")
        after = request.query.get("after", "")
        chosen_state = DeliveryState(state) if state else None
        names = self._settings.channel_names()
        with self._context.database.snapshot() as tx:
            try:
                page = outbox.page(
                    tx,
                    limit=_PER_PAGE,
                    cursor=after or None,
                    channel=channel or None,
                    state=chosen_state,
                )
            except CursorError:
                page = outbox.page(tx, limit=_PER_PAGE)
            known = {record.name: record for record in channels.every(tx)}
            waiting = {name: outbox.waiting(tx, name) for name in names}
        rows = [
            self._channel(name, known.get(name, ChannelRecord(name=name)), waiting[name])
            for name in names
        ]
        chosen = {k: v for k, v in (("state", state), ("channel", channel)) if v}
        following = {**chosen, "after": page.next_cursor} if page.next_cursor else None
        return {
            "channels": rows,
            "messages": page.items,
            "filtered": bool(chosen or after),
            "live": not after,
            "poll": "/notification-rows" + (f"?{urlencode(chosen)}" if chosen else ""),
            "next_page": f"{_LIST}?{urlencode(following)}" if following else "",
            "delivery_look": DELIVERY.__getitem__,
            "kind_of_message": MESSAGE_KIND.__getitem__,
            "said": self._said,
            "title_of": self._title,
        }

    def _one(self, request: PageRequest) -> dict[str, Any]:
        with self._context.database.snapshot() as tx:
            record = outbox.get(tx, request.path["id"])
            log = outbox.attempts(tx, request.path["id"])
            channel = channels.get(tx, record.message.channel)
        return {
            "record": record,
            "log": log[::-1],
            "live": record.state in outbox.PENDING,
            "poll": f"{_LIST}/messages/{record.message.id}/attempts",
            "disabled": channel.disabled_at is not None,
            "delivery_look": DELIVERY.__getitem__,
            "outcome_look": OUTCOME.__getitem__,
            "kind_of_message": MESSAGE_KIND.__getitem__,
            "said": self._said,
            "title_of": self._title,
            "line_of": self._line,
        }

    def _said(self, detail: str) -> str:
        return in_words(self._renderer.words, detail)

    def _title(self, record: MessageRecord) -> str:
        """Return what a message is about, in the language of the pages where it is known."""
        lines = record.message.lines
        words = self._renderer.words
        if not lines or not lines[0].test:
            return words(record.message.title)
        first = self._line(lines[0])
        if len(lines) == 1:
            return first
        return words("{first} and {count} more", first=first, count=len(lines) - 1)

    def _line(self, line: Line) -> str:
        words = self._renderer.words
        test = words.pick(line.title, line.title_zh) or line.test
        parts = [line.device, test]
        if line.detector is not None:
            parts.append(words("detector {number}", number=line.detector))
        return " · ".join(part for part in parts if part) or line.text

    def _channel(self, name: str, record: ChannelRecord, waiting: int) -> ChannelRow:
        words, settings = self._renderer.words, self._settings
        kind, where, what = "", "", ""
        if name == MAIL and settings.mail is not None:
            host, port = settings.mail.address
            kind, where = words("E-mail"), ", ".join(settings.mail.recipients)
            what = words("by {host}, port {port}", host=host, port=port)
        elif name.startswith(WEBHOOKS):
            hook = settings.webhooks[name.removeprefix(WEBHOOKS)]
            kind, where = words("Webhook"), urlsplit(hook.url).netloc
            what = ", ".join(hook.events)
        elif name.startswith(CHAT):
            room = settings.chat[name.removeprefix(CHAT)]
            kind, where = words("Chat"), ", ".join(room.schemes)
        elif name.startswith(PACS):
            archive = settings.pacs[name.removeprefix(PACS)]
            kind, where = words("Archive"), f"{archive.ae_title}@{archive.host}:{archive.port}"
            what = ", ".join(form.upper() for form in archive.objects)
        return ChannelRow(
            name=name,
            kind=kind,
            where=where,
            what=what,
            health=health_of(record),
            record=record,
            waiting=waiting,
        )


def _may(request: PageRequest) -> bool:
    return request.visitor is not None and request.visitor.may(Access.ADMIN)
