"""The tables, one module per subject; importing this package fills the metadata."""

from photopeak.storage.tables import receiving, results, service
from photopeak.storage.tables.metadata import metadata

__all__ = ["metadata", "receiving", "results", "service"]
