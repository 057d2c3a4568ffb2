"""What people do about messages: try a channel, send once more, use a channel again."""

from __future__ import annotations

from datetime import datetime, timedelta

from photopeak.channel_settings import ChannelSections
from photopeak.model.messages import Line, LineStatus, Message, MessageKind, MessageRecord
from photopeak.storage import alerts, audit, channels, outbox
from photopeak.storage.database import Database
from photopeak.storage.errors import NotFoundError, StateError

PAGE = "/notifications"
ALERT_PREFIX = "channel/"
"""What the keys of alerts on channels begin with."""
NOT_OLDER = timedelta(days=4)
"""What has waited for longer is no news: it is sent again by hand, one by one."""


def trial_message(channel: str, *, who: str, now: datetime) -> Message:
    """Return a message that only shows that messages arrive."""
    return Message(
        channel=channel,
        kind=MessageKind.TEST,
        event="test",
        title="Test message",
        created_at=now,
        link=PAGE,
        lines=(
            Line(
                status=LineStatus.INFO,
                device=channel,
                text="This is a test: messages arrive here.",
                seen_by=who,
                link=PAGE,
            ),
        ),
    )


def send_test(
    database: Database, settings: ChannelSections, channel: str, *, who: str, now: datetime
) -> Message:
    """Put a test message into the outbox.

    Raises
    ------
    NotFoundError
        If there is no such channel.
    StateError
        If it is disabled.
    """
    _known(settings, channel)
    message = trial_message(channel, who=who, now=now)
    with database.transaction() as tx:
        if channels.get(tx, channel).disabled_at is not None:
            raise StateError(f"{channel} is disabled; enable it first")
        outbox.put(tx, message)
        audit.append(
            tx,
            at=now,
            actor=who,
            action="notification.tested",
            subject=channel,
            detail={"message": message.id},
        )
    return message


def replay(
    database: Database, message_id: str, *, who: str, reason: str, now: datetime
) -> MessageRecord:
    """Send a message once more, under its id.

    Raises
    ------
    NotFoundError
        If there is none with this id.
    StateError
        If its channel is disabled, or it is being sent at this moment.
    """
    with database.transaction() as tx:
        before = outbox.get(tx, message_id)
        record = outbox.replay(tx, message_id, now=now)
        audit.append(
            tx,
            at=now,
            actor=who,
            action="notification.replayed",
            subject=message_id,
            detail={
                "channel": record.message.channel,
                "reason": reason,
                "before": before.state.value,
                "after": record.state.value,
            },
        )
    return record


def enable(
    database: Database,
    settings: ChannelSections,
    channel: str,
    *,
    who: str,
    reason: str,
    now: datetime,
) -> int:
    """Use a disabled channel again; return how many messages that waited are sent now.

    Raises
    ------
    NotFoundError
        If there is no such channel.
    StateError
        If it is not disabled.
    """
    _known(settings, channel)
    with database.transaction() as tx:
        before = channels.get(tx, channel)
        if before.disabled_at is None:
            raise StateError(f"{channel} is in use")
        count = outbox.enable(tx, channel, now=now, not_older=NOT_OLDER)
        alerts.close(tx, ALERT_PREFIX + channel, now=now)
        audit.append(
            tx,
            at=now,
            actor=who,
            action="notification.enabled",
            subject=channel,
            detail={"reason": reason, "before": before.reason, "messages": count},
        )
    return count


def _known(settings: ChannelSections, channel: str) -> None:
    if channel not in settings.channel_names():
        raise NotFoundError(f"there is no channel {channel}")
