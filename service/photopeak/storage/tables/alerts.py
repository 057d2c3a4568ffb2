"""What happened to alerts, what people were told of them, and what they do not want to be told."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, text

from photopeak.storage.tables.metadata import metadata
from photopeak.storage.types import CleanText, UtcDateTime

alert_events = Table(
    "alert_events",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("alert_id", String(36), ForeignKey("alerts.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("severity", String(16), nullable=False),
    Column("by", CleanText, nullable=False),
    Column("reason", CleanText, nullable=False),
    Column("message", CleanText, nullable=False),
    Column("result_id", String(36), ForeignKey("results.id")),
    # When the policy had seen it; what it has not seen yet is found by this index.
    Column("handled_at", UtcDateTime),
    Index("ix_alert_events_alert", "alert_id", "at", "id"),
    Index("ix_alert_events_result", "result_id"),
    Index(
        "ix_alert_events_unhandled",
        "at",
        "id",
        sqlite_where=text("handled_at IS NULL"),
        postgresql_where=text("handled_at IS NULL"),
    ),
)

alert_notices = Table(
    "alert_notices",
    metadata,
    Column("key", CleanText, primary_key=True),
    Column("alert_id", String(36), ForeignKey("alerts.id"), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("severity", String(16), nullable=False),
    Column("first_told_at", UtcDateTime, nullable=False),
    Column("told_at", UtcDateTime, nullable=False),
    Column("escalated_at", UtcDateTime),
    Column("flaps", Integer, nullable=False),
)

silences = Table(
    "silences",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("device_id", CleanText),
    Column("test", String(64)),
    Column("rule", String(32), nullable=False),
    Column("reason", CleanText, nullable=False),
    Column("created_by", CleanText, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("ended_by", CleanText, nullable=False),
    # When people were told that it is over.
    Column("announced_at", UtcDateTime),
    Index("ix_silences_ends", "ends_at"),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", CleanText, nullable=False),
    Column("until", UtcDateTime, nullable=False),
)
