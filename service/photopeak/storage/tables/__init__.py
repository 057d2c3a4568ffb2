"""The tables, one module per subject; importing this package fills the metadata."""

from photopeak.storage.tables import (
    accounts,
    alerts,
    associations,
    lessons,
    outbox,
    receiving,
    results,
    reviews,
    schedule,
    service,
    trends,
)
from photopeak.storage.tables.metadata import metadata

__all__ = [
    "accounts",
    "alerts",
    "associations",
    "lessons",
    "metadata",
    "outbox",
    "receiving",
    "results",
    "reviews",
    "schedule",
    "service",
    "trends",
]
