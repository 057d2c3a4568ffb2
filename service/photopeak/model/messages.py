"""A message to people or machines: what it says, as plain values that any channel puts into words.

Whoever has something to tell writes messages into the outbox in the transaction that makes it true;
the channels deliver them later, each at least once and always under the same id.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from photopeak.model.identity import new_id

MAIL = "mail"
"""Name of the channel of e-mail."""
WEBHOOKS = "webhooks."
"""What the names of webhook channels begin with; the rest is the name in the configuration."""
CHAT = "chat."
"""What the names of chat channels begin with."""
PACS = "pacs."
"""What the names of archives begin with."""


class MessageKind(StrEnum):
    """What a message is for; people get to know it by its subject."""

    ALERT = "alert"
    REMINDER = "reminder"
    ESCALATION = "escalation"
    RESOLVED = "resolved"
    DIGEST = "digest"
    EVENT = "event"
    SERVICE = "service"
    TEST = "test"


class LineStatus(StrEnum):
    """State of the device, test or thing that a line speaks of, in the words of the board."""

    PASS = "pass"  # noqa: S105 - a verdict, not a secret
    WARNING = "warning"
    ACTION = "action"
    NO_RESULT = "no_result"
    DUE = "due"
    OVERDUE = "overdue"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"
    UNREVIEWED = "unreviewed"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that a message tells of.

    `device` is the name to show, `test` the id of the test beside its titles; `quantity` is what
    was measured, `value` in `unit` against `lower` and `upper`. `text` is an English sentence for
    what has no number, `names` the names in it, English and Chinese. `since` is when it began, `seen_by` who has taken notice, `link` the path
    of the page to go to, such as ``/results/...``.
    """

    status: LineStatus
    device: str = ""
    device_id: str | None = None
    test: str = ""
    title: str = ""
    title_zh: str = ""
    detector: int | None = None
    quantity: str = ""
    quantity_zh: str = ""
    value: float | None = None
    unit: str = ""
    decimals: int = 2
    lower: float | None = None
    upper: float | None = None
    rule: str = ""
    text: str = ""
    names: tuple[tuple[str, str], ...] = ()
    since: datetime | None = None
    seen_by: str = ""
    link: str = ""
    alert_id: str | None = None
    result_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message for one channel.

    Attributes
    ----------
    id
        Stays the same however often it is sent; a message whose id is in the outbox already is
        not put there again.
    channel
        ``mail``, ``webhooks.NAME``, ``chat.NAME`` or ``pacs.NAME``.
    event
        Type of what happened, such as ``result.action``; for machines.
    title
        An English sentence that names it, for lists and for what has no lines.
    lines
        What it tells, the most urgent first.
    recipients
        Mail addresses; empty for those of the channel's configuration.
    link
        Path of the page to go to first.
    result_id
        The result whose picture goes with it.
    created_at, not_before
        When it was made; and when it may leave, None for at once.
    """

    channel: str
    kind: MessageKind
    title: str
    created_at: datetime
    event: str = ""
    lines: tuple[Line, ...] = ()
    recipients: tuple[str, ...] = ()
    link: str = ""
    alert_ids: tuple[str, ...] = ()
    result_id: str | None = None
    not_before: datetime | None = None
    id: str = field(default_factory=new_id)

    def __post_init__(self) -> None:
        if self.channel != MAIL and not self.channel.startswith((WEBHOOKS, CHAT, PACS)):
            raise ValueError(f"{self.channel!r} is no channel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message in words. The HTML shows the picture that goes with it as ``cid:picture``."""

    subject: str
    text: str
    html: str


class DeliveryState(StrEnum):
    """Where a message stands. DISABLED waits until a person enables its channel again."""

    QUEUED = "queued"
    RETRYING = "retrying"
    SENT = "sent"
    FAILED = "failed"
    DISABLED = "disabled"


class Outcome(StrEnum):
    """How one attempt ended. INTERRUPTED: the process that made it never told."""

    SENT = "sent"
    RETRY = "retry"
    REFUSED = "refused"
    GONE = "gone"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What came of one attempt to deliver.

    `code` is the answer of HTTP or SMTP, `answer` its words, cut. `retry_after_s` is how long the
    other side asks to be left alone. `remaining` are the recipients who still have to get it, when
    not all do; `refused` those who never will.
    """

    outcome: Outcome
    detail: str = ""
    code: int | None = None
    answer: str = ""
    retry_after_s: float | None = None
    remaining: tuple[str, ...] | None = None
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRecord:
    """An attempt as logged; `number` counts those of its message, replays included."""

    id: str
    message_id: str
    number: int
    started_at: datetime
    finished_at: datetime | None
    outcome: Outcome
    code: int | None
    detail: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRecord:
    """A message as stored. `attempts` counts since it was put or replayed; `due_at` is its next."""

    message: Message
    state: DeliveryState
    attempts: int
    due_at: datetime | None
    sent_at: datetime | None
    detail: str
    remaining: tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRecord:
    """How a channel has been doing; `hold_until` is when it may be tried again.

    `failures` counts those in a row; `sent_count` and `failed_count` all attempts there ever were.
    """

    name: str
    disabled_at: datetime | None = None
    reason: str = ""
    last_success_at: datetime | None = None
    last_failure_at: datetime | None = None
    failing_since: datetime | None = None
    failures: int = 0
    sent_count: int = 0
    failed_count: int = 0
    last_error: str = ""
    hold_until: datetime | None = None


def message_to_plain(message: Message) -> dict[str, Any]:
    """Return a message as values that JSON has."""
    plain = {f.name: _plain(getattr(message, f.name)) for f in fields(Message)}
    plain["lines"] = [
        {f.name: _plain(getattr(line, f.name)) for f in fields(Line)} for line in message.lines
    ]
    return plain


def message_from_plain(plain: dict[str, Any]) -> Message:
    """Return the message that :func:`message_to_plain` was given."""
    lines = tuple(
        Line(
            **{
                **line,
                "status": LineStatus(line["status"]),
                "names": tuple((english, chinese) for english, chinese in line.get("names", ())),
                "since": _moment(line["since"]),
            }
        )
        for line in plain["lines"]
    )
    return Message(
        **{
            **plain,
            "kind": MessageKind(plain["kind"]),
            "lines": lines,
            "recipients": tuple(plain["recipients"]),
            "alert_ids": tuple(plain["alert_ids"]),
            "created_at": datetime.fromisoformat(plain["created_at"]),
            "not_before": _moment(plain["not_before"]),
        }
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
