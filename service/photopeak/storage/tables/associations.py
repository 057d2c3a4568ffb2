"""The log of associations."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table

from photopeak.storage.tables.metadata import metadata
from photopeak.storage.types import CleanText, Json, UtcDateTime

associations = Table(
    "associations",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime, nullable=False),
    Column("calling_ae_title", CleanText, nullable=False),
    Column("called_ae_title", CleanText, nullable=False),
    Column("address", CleanText, nullable=False),
    Column("tls", Boolean, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("cause", String(16), nullable=False),
    Column("detail", CleanText, nullable=False),
    Column("stored", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("echoes", Integer, nullable=False),
    Column("refusal", CleanText, nullable=False),
    Column("contexts", Json, nullable=False),
    Index("ix_associations_page", "ended_at", "id"),
    Index("ix_associations_outcome_page", "outcome", "ended_at", "id"),
)
