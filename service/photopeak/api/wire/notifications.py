"""Channels, messages and attempts as they go over the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from photopeak.api.wire.base import In, Out
from photopeak.model.messages import (
    AttemptRecord,
    ChannelRecord,
    DeliveryState,
    MessageKind,
    MessageRecord,
    Outcome,
)

ChannelName = Annotated[str, Field(pattern=r"^(?:mail|(?:webhooks|chat)\.[a-z0-9_-]{1,40})$")]
"""Name of a channel."""
Reason = Annotated[str, Field(min_length=1, max_length=200)]
"""Why a person does it."""


class ChannelOut(Out):
    """How a channel does; `waiting` messages are still to be sent."""

    name: str
    enabled: bool
    reason: str
    waiting: int
    last_success_at: datetime | None
    last_failure_at: datetime | None
    failing_since: datetime | None
    failures: int
    last_error: str

    @classmethod
    def of_record(cls, record: ChannelRecord, waiting: int) -> ChannelOut:
        """Build from a channel."""
        return cls(
            name=record.name,
            enabled=record.disabled_at is None,
            reason=record.reason,
            waiting=waiting,
            last_success_at=record.last_success_at,
            last_failure_at=record.last_failure_at,
            failing_since=record.failing_since,
            failures=record.failures,
            last_error=record.last_error,
        )


class AttemptOut(Out):
    """One attempt to deliver a message."""

    number: int
    started_at: datetime
    finished_at: datetime | None
    outcome: Outcome
    code: int | None
    detail: str
    answer: str

    @classmethod
    def of_record(cls, record: AttemptRecord) -> AttemptOut:
        """Build from an attempt."""
        return cls.of(record)


class NotificationOut(Out):
    """A message and where it stands."""

    id: str
    channel: str
    kind: MessageKind
    event: str
    title: str
    created_at: datetime
    not_before: datetime | None
    state: DeliveryState
    attempts: int
    due_at: datetime | None
    sent_at: datetime | None
    detail: str
    alerts: list[str]
    result: str | None

    @classmethod
    def of_record(cls, record: MessageRecord) -> NotificationOut:
        """Build from a message."""
        return cls(**_of(record))


class NotificationWithLogOut(NotificationOut):
    """A message with every attempt to deliver it."""

    log: list[AttemptOut]

    @classmethod
    def of_log(
        cls, record: MessageRecord, log: tuple[AttemptRecord, ...]
    ) -> NotificationWithLogOut:
        """Build from a message and its attempts."""
        return cls(**_of(record), log=[AttemptOut.of_record(attempt) for attempt in log])


class TrialIn(In):
    """On which channel to send a test message."""

    channel: ChannelName


class ReasonIn(In):
    """Why something is done."""

    reason: Reason


class EnabledOut(Out):
    """How many messages that waited are sent now."""

    messages: int


def _of(record: MessageRecord) -> dict[str, object]:
    message = record.message
    return {
        "id": message.id,
        "channel": message.channel,
        "kind": message.kind,
        "event": message.event,
        "title": message.title,
        "created_at": message.created_at,
        "not_before": message.not_before,
        "state": record.state,
        "attempts": record.attempts,
        "due_at": record.due_at,
        "sent_at": record.sent_at,
        "detail": record.detail,
        "alerts": list(message.alert_ids),
        "result": message.result_id,
    }
