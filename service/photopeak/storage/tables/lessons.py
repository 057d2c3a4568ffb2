"""What routing saw of each series: the header texts that a taught route compares, and who knew it."""

from sqlalchemy import Column, ForeignKey, Index, String, Table

from photopeak.storage.tables.metadata import metadata
from photopeak.storage.types import CleanText, Json, UtcDateTime

header_texts = Table(
    "header_texts",
    metadata,
    # The hash of device and texts: series that are alike share a row.
    Column("id", String(64), primary_key=True),
    Column("device_id", CleanText),
    Column("texts", Json, nullable=False),
    Index("ix_header_texts_device", "device_id"),
)

routed_series = Table(
    "routed_series",
    metadata,
    Column(
        "series_instance_uid",
        String(64),
        ForeignKey("series.series_instance_uid"),
        primary_key=True,
    ),
    # None for a series of which no taught route is asked, among them all that are held back.
    Column("texts_id", String(64), ForeignKey("header_texts.id")),
    Column("kind", String(8), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("rule", CleanText, nullable=False),
    # Rules that added a test to it, apart by blanks.
    Column("added", CleanText, nullable=False),
    Column("test", String(64), nullable=False),
    Column("role", String(64), nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Index("ix_routed_series_texts", "texts_id"),
    Index("ix_routed_series_rule", "rule", "added", "received_at"),
)
