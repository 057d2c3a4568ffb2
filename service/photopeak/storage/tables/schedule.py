"""What the schedule keeps: how tests stand, since when they are scheduled, days without use."""

from sqlalchemy import Column, Date, Index, String, Table

from photopeak.storage.tables.metadata import metadata
from photopeak.storage.types import CleanText, Json, UtcDateTime

standings = Table(
    "standings",
    metadata,
    Column("device_id", CleanText, primary_key=True),
    Column("test", String(64), primary_key=True),
    # The newest current results in short; told anew with each result, so that reading is one look.
    Column("attempts", Json, nullable=False),
)

scheduled_since = Table(
    "scheduled_since",
    metadata,
    Column("device_id", CleanText, primary_key=True),
    Column("test", String(64), primary_key=True),
    Column("variant", String(32), primary_key=True),
    Column("since", UtcDateTime, nullable=False),
)

not_in_use = Table(
    "not_in_use",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("device_id", CleanText, nullable=False),
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False),
    Column("reason", CleanText, nullable=False),
    Column("who", CleanText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("undone_at", UtcDateTime),
    Column("undone_by", CleanText, nullable=False),
    Column("undo_reason", CleanText, nullable=False),
    Index("ix_not_in_use_last", "last"),
)

calendar_links = Table(
    "calendar_links",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("name", CleanText, nullable=False),
    Column("device_id", CleanText),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", CleanText, nullable=False),
    Column("used_at", UtcDateTime),
    Column("withdrawn_at", UtcDateTime),
    Column("withdrawn_by", CleanText, nullable=False),
)
