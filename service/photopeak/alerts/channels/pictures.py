"""The picture that goes with a message: the first one that the result has as PNG."""

from __future__ import annotations

from photopeak.storage import results
from photopeak.storage.database import Database
from photopeak.storage.errors import NotFoundError

LARGEST_BYTES = 2_000_000
"""A larger picture stays where it is: mail servers refuse mails, and phones load them slowly."""


def picture_of(database: Database, result_id: str) -> bytes | None:
    """Return the first picture of a result, or None when it has none that fits into a mail."""
    with database.snapshot() as tx:
        try:
            record = results.get(tx, result_id)
            for figure in record.figures:
                if "png" in figure.forms:
                    content = results.figure(tx, result_id, figure.name, "png")
                    return content if len(content) <= LARGEST_BYTES else None
        except NotFoundError:
            return None
    return None
