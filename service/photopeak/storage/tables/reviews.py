"""Signatures and remarks of people, what waits for a signature, and reference images."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from photopeak.storage.tables.metadata import metadata
from photopeak.storage.types import CleanText, UtcDateTime

reviews = Table(
    "reviews",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("result_id", String(36), ForeignKey("results.id"), nullable=False),
    Column("meaning", String(16), nullable=False),
    Column("by", CleanText, nullable=False),
    Column("printed_name", CleanText, nullable=False),
    Column("comment", CleanText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("rule", Boolean, nullable=False),
    Column("corrects", String(36), ForeignKey("reviews.id"), unique=True),
    Column("reason", CleanText, nullable=False),
    Index("ix_reviews_result", "result_id"),
)

review_queue = Table(
    "review_queue",
    metadata,
    Column("result_id", String(36), ForeignKey("results.id"), primary_key=True),
    Column("urgency", Integer, nullable=False),
    Column("finished_at", UtcDateTime, nullable=False),
    Index("ix_review_queue_order", "urgency", "finished_at", "result_id"),
)
"""The results that count and that nobody has signed: a row goes when somebody does."""

remarks = Table(
    "remarks",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("result_id", String(36), ForeignKey("results.id"), nullable=False),
    Column("by", CleanText, nullable=False),
    Column("printed_name", CleanText, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("text", CleanText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_remarks_result", "result_id"),
)

reference_images = Table(
    "reference_images",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("key_sha256", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("device_id", CleanText, nullable=False),
    Column("test", String(64), nullable=False),
    Column("variant", String(32), nullable=False),
    Column("figure", String(64), nullable=False),
    Column("configuration", CleanText, nullable=False),
    Column("result_id", String(36), ForeignKey("results.id"), nullable=False),
    Column("detector", Integer),
    Column("by", CleanText, nullable=False),
    Column("printed_name", CleanText, nullable=False),
    Column("reason", CleanText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("key_sha256", "version"),
)
