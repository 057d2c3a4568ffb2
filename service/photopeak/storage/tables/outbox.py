"""Messages that leave the house: what waits, every attempt, and how each channel does."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from photopeak.storage.tables.metadata import metadata
from photopeak.storage.types import CleanText, Json, UtcDateTime

messages = Table(
    "messages",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("channel", CleanText, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("content", Json, nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("not_before", UtcDateTime, nullable=False),
    # While an attempt is under way: when somebody else may take it over. None when done.
    Column("due_at", UtcDateTime),
    # Names the attempt under way; who comes back with another one is too late.
    Column("claim", String(36)),
    Column("attempts", Integer, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("detail", CleanText, nullable=False),
    Column("remaining", Json),
    Index("ix_messages_due", "channel", "due_at", "id"),
    Index("ix_messages_waiting", "state", "not_before"),
    Index("ix_messages_page", "created_at", "id"),
    Index("ix_messages_channel_page", "channel", "created_at", "id"),
    Index("ix_messages_state_page", "state", "created_at", "id"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("message_id", String(64), ForeignKey("messages.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("outcome", String(16), nullable=False),
    Column("code", Integer),
    Column("detail", CleanText, nullable=False),
    Column("answer", CleanText, nullable=False),
    UniqueConstraint("message_id", "number"),
)

channels = Table(
    "channels",
    metadata,
    Column("name", CleanText, primary_key=True),
    Column("disabled_at", UtcDateTime),
    Column("reason", CleanText, nullable=False),
    Column("last_success_at", UtcDateTime),
    Column("last_failure_at", UtcDateTime),
    Column("failing_since", UtcDateTime),
    # Failures in a row, and all attempts that ever ended, by how they did.
    Column("failures", Integer, nullable=False),
    Column("sent_count", Integer, nullable=False),
    Column("failed_count", Integer, nullable=False),
    Column("last_error", CleanText, nullable=False),
    Column("hold_until", UtcDateTime),
)
