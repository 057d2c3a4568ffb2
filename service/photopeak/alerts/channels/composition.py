"""The channels of a site, made from its configuration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from photopeak.alert_settings import AlertSettings
from photopeak.alerts.channels.chat import ChatChannel
from photopeak.alerts.channels.delivery import DEGRADED, Channel, Delivery
from photopeak.alerts.channels.mail import MailChannel
from photopeak.alerts.channels.pictures import Draw, picture_of
from photopeak.alerts.channels.webhook import WebhookChannel
from photopeak.model.messages import Letter, Message
from photopeak.storage.database import Database

Write = Callable[[Message, bool], Letter]
"""Puts a message into words; told whether a picture goes with it."""


def channels_of(
    settings: AlertSettings,
    database: Database | None,
    *,
    write: Write,
    public_url: str,
    software: str,
    draw: Draw = lambda _: None,
) -> list[Channel]:
    """Return every channel that is configured; pictures are in the database, if there is one."""

    def picture(message: Message) -> bytes | None:
        return None if database is None else picture_of(database, message, draw)

    channels: list[Channel] = []
    if settings.mail is not None:
        channels.append(MailChannel(settings.mail, write=write, picture=picture))
    for name, hook in settings.webhooks.items():
        channels.append(WebhookChannel(name, hook, public_url=public_url, software=software))
    for name, room in settings.chat.items():
        channels.append(ChatChannel(name, room, write=write))
    return channels


def delivery_of(
    settings: AlertSettings,
    database: Database,
    *,
    write: Write,
    public_url: str,
    software: str,
    draw: Draw,
    more: Sequence[Channel] = (),
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Delivery:
    """Return the duty that empties the outbox of a site; `more` are channels made elsewhere."""
    own = channels_of(
        settings, database, write=write, public_url=public_url, software=software, draw=draw
    )
    return Delivery(
        database,
        [*own, *more],
        degraded=settings.subscribed(DEGRADED),
        clock=clock,
    )
