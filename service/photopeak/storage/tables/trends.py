"""What people note on trends, and what results showed in them."""

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, String, Table

from photopeak.storage.tables.metadata import metadata
from photopeak.storage.types import CleanText, Json, UtcDateTime

service_events = Table(
    "service_events",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("version", Integer, primary_key=True),
    # The newest version of an event; the ones before stay as they were.
    Column("current", Boolean, nullable=False),
    Column("device_id", CleanText, nullable=False),
    Column("detector", Integer),
    Column("kind", String(32), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("text", CleanText, nullable=False),
    Column("epoch", String(16), nullable=False),
    Column("owner", CleanText, nullable=False),
    Column("answers_alert", String(36)),
    Column("answers_result", String(36)),
    Column("returned_by", String(36)),
    Column("temperature_c", Float),
    Column("humidity_percent", Float),
    Column("withdrawn", Boolean, nullable=False),
    Column("reason", CleanText, nullable=False),
    Column("recorded_by", CleanText, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Index("ix_service_events_device", "device_id", "current", "at", "id"),
    Index("ix_service_events_page", "current", "at", "id"),
)

exclusions = Table(
    "exclusions",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("result_id", String(36), ForeignKey("results.id"), nullable=False),
    Column("metric", String(64), nullable=False),
    Column("scope", Json, nullable=False),
    Column("reason", CleanText, nullable=False),
    Column("excluded_by", CleanText, nullable=False),
    Column("excluded_at", UtcDateTime, nullable=False),
    Column("undone_at", UtcDateTime),
    Column("undone_by", CleanText, nullable=False),
    Column("undo_reason", CleanText, nullable=False),
    Index("ix_exclusions_result", "result_id"),
)

trend_signals = Table(
    "trend_signals",
    metadata,
    Column("result_id", String(36), ForeignKey("results.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("metric", String(64), nullable=False),
    Column("scope", Json, nullable=False),
    Column("rule", String(32), nullable=False),
    Column("level", String(8), nullable=False),
    Column("side", String(8)),
    Column("at", UtcDateTime, nullable=False),
    Column("value", Float, nullable=False),
    Column("since_result_id", String(36), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("noise", Boolean, nullable=False),
    Column("limit", Float),
    Column("days", Float),
)
