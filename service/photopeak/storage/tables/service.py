"""The service itself: devices, limits, baselines, people, machines, alerts and the audit trail."""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from photopeak.storage.tables.metadata import metadata
from photopeak.storage.types import CleanText, Json, UtcDateTime

devices = Table(
    "devices",
    metadata,
    Column("id", CleanText, primary_key=True),
    Column("configured", Boolean, nullable=False),
    Column("definition", Json, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)

sightings = Table(
    "device_sightings",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("device_id", CleanText),
    Column("calling_ae_title", CleanText, nullable=False),
    Column("manufacturer", CleanText, nullable=False),
    Column("model", CleanText, nullable=False),
    Column("serial_number", CleanText, nullable=False),
    Column("station", CleanText, nullable=False),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Index("ix_device_sightings_device", "device_id", "last_seen_at"),
)

limit_sets = Table(
    "limit_sets",
    metadata,
    Column("name", CleanText, primary_key=True),
    Column("version", String(64), primary_key=True),
    Column("title", CleanText, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("source", CleanText, nullable=False),
    Column("definition", Json, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("first_used_at", UtcDateTime, nullable=False),
)

baselines = Table(
    "baselines",
    metadata,
    Column("id", String(36), primary_key=True),
    # Text of device, test, variant, metric, scope and configuration: what the versions share.
    Column("key", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("device_id", CleanText, nullable=False),
    Column("test", String(64), nullable=False),
    Column("variant", String(32), nullable=False),
    Column("metric", String(64), nullable=False),
    Column("scope", Json, nullable=False),
    Column("configuration", CleanText, nullable=False),
    Column("value", Float, nullable=False),
    Column("spread", Float),
    Column("count", Integer, nullable=False),
    Column("epoch_start", UtcDateTime, nullable=False),
    Column("reason", CleanText, nullable=False),
    Column("approved_by", CleanText, nullable=False),
    Column("source_results", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("key", "version"),
    Index("ix_baselines_device", "device_id", "test", "variant"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("name", CleanText, nullable=False),
    Column("scopes", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", CleanText, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("last_used_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("key", CleanText, nullable=False),
    Column("state", String(16), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("title", CleanText, nullable=False),
    Column("message", CleanText, nullable=False),
    Column("device_id", CleanText),
    Column("test", String(64)),
    Column("variant", String(32), nullable=False, server_default=""),
    Column("detector", Integer),
    Column("rule", String(32), nullable=False, server_default=""),
    Column("result_id", String(36), ForeignKey("results.id")),
    Column("series_instance_uid", String(64)),
    Column("breaches", Json, nullable=False, server_default="[]"),
    Column("acquired_at", UtcDateTime),
    Column("count", Integer, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("acknowledged_at", UtcDateTime),
    Column("acknowledged_by", CleanText, nullable=False),
    Column("comment", CleanText, nullable=False),
    Column("closed_at", UtcDateTime),
    Index(
        "uq_alerts_open_key",
        "key",
        unique=True,
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
    Index("ix_alerts_page", "opened_at", "id"),
    Index("ix_alerts_state_page", "state", "opened_at", "id"),
)

workers = Table(
    "workers",
    metadata,
    Column("id", CleanText, primary_key=True),
    Column("role", String(16), nullable=False),
    Column("host", CleanText, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("stopped_at", UtcDateTime),
)

marks = Table(
    "marks",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", CleanText, nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", CleanText, nullable=False),
    Column("detail", Json, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("reason", CleanText, nullable=False, server_default=""),
)
