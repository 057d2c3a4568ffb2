"""Notifications: the channels, every message with its attempts, a test, a replay."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query
from starlette.requests import Request

from photopeak.alerts.channels import desk
from photopeak.api.context import ApiContext
from photopeak.api.operations.parameters import Cursor, Id, Limit, principal_of
from photopeak.api.surface import Body, Surface
from photopeak.api.wire.base import PageOut
from photopeak.api.wire.notifications import (
    ChannelOut,
    EnabledOut,
    NotificationOut,
    NotificationWithLogOut,
    ReasonIn,
    TrialIn,
)
from photopeak.model.messages import DeliveryState
from photopeak.model.page import Access
from photopeak.storage import channels, outbox

_CHANNEL = r"^(?:mail|(?:webhooks|chat)\.[a-z0-9_-]{1,40})$"


def add(surface: Surface, context: ApiContext) -> None:
    """Add the operations."""

    @surface.operation("GET", "/api/v1/notifications", Access.READ, tags=["notifications"])
    def list_notifications(
        limit: Limit = 50,
        after: Cursor = None,
        channel: Annotated[str | None, Query(pattern=_CHANNEL)] = None,
        state: Annotated[DeliveryState | None, Query()] = None,
    ) -> PageOut[NotificationOut]:
        """Return messages, the newest first."""
        with context.database.snapshot() as tx:
            page = outbox.page(tx, limit=limit, cursor=after, channel=channel, state=state)
        items = [NotificationOut.of_record(record) for record in page.items]
        return PageOut(items=items, next=page.next_cursor)

    @surface.operation("GET", "/api/v1/notifications/channels", Access.READ, tags=["notifications"])
    def list_channels() -> list[ChannelOut]:
        """Return the channels that are configured, and how each does."""
        names = context.alerts.channel_names()
        with context.database.snapshot() as tx:
            return [
                ChannelOut.of_record(channels.get(tx, name), outbox.waiting(tx, name))
                for name in names
            ]

    @surface.operation(
        "GET", "/api/v1/notifications/messages/{message_id}", Access.READ, tags=["notifications"]
    )
    def one_notification(message_id: Id) -> NotificationWithLogOut:
        """Return a message with every attempt to deliver it."""
        with context.database.snapshot() as tx:
            record = outbox.get(tx, message_id)
            log = outbox.attempts(tx, message_id)
        return NotificationWithLogOut.of_log(record, log)

    @surface.operation(
        "POST",
        "/api/v1/notifications/messages/{message_id}/replay",
        Access.ADMIN,
        tags=["notifications"],
        body=Body.JSON,
    )
    def replay(request: Request, message_id: Id, body: ReasonIn) -> NotificationOut:
        """Send a message once more, under its id."""
        record = desk.replay(
            context.database,
            message_id,
            who=principal_of(request).name,
            reason=body.reason,
            now=context.clock(),
        )
        return NotificationOut.of_record(record)

    @surface.operation(
        "POST",
        "/api/v1/notifications/test",
        Access.ADMIN,
        tags=["notifications"],
        body=Body.JSON,
        status_code=202,
    )
    def test(request: Request, body: TrialIn) -> NotificationOut:
        """Send a test message; look at it again to see what came of it."""
        message = desk.send_test(
            context.database,
            context.alerts,
            body.channel,
            who=principal_of(request).name,
            now=context.clock(),
        )
        with context.database.snapshot() as tx:
            return NotificationOut.of_record(outbox.get(tx, message.id))

    @surface.operation(
        "POST",
        "/api/v1/notifications/channels/{channel}/enable",
        Access.ADMIN,
        tags=["notifications"],
        body=Body.JSON,
    )
    def enable(
        request: Request, channel: Annotated[str, Path(pattern=_CHANNEL)], body: ReasonIn
    ) -> EnabledOut:
        """Use a channel again that was disabled, and send what waits there."""
        count = desk.enable(
            context.database,
            context.alerts,
            channel,
            who=principal_of(request).name,
            reason=body.reason,
            now=context.clock(),
        )
        return EnabledOut(messages=count)
