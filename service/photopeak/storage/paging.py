"""Pages of long lists: keyset cursors on (time, id), newest first.

A cursor names the last row of a page, so a page is as quick to reach as the first one, and rows
that arrive meanwhile neither repeat nor hide others.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from photopeak.storage.errors import CursorError

T = TypeVar("T")

MAXIMUM_PAGE = 500
"""Rows of the largest page."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a list; `next_cursor` is None on the last page."""

    items: tuple[T, ...]
    next_cursor: str | None


def encode(moment: datetime, key: str) -> str:
    """Return the cursor of a row."""
    text = json.dumps([moment.astimezone(UTC).isoformat(), key], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str) -> tuple[datetime, str]:
    """Return the time and the key of a cursor.

    Raises
    ------
    CursorError
        If it is not one of ours.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        moment, key = json.loads(base64.urlsafe_b64decode(padded))
        when = datetime.fromisoformat(moment)
        if when.tzinfo is None or not isinstance(key, str):
            raise ValueError("not a cursor")
    except (ValueError, TypeError, binascii.Error, UnicodeError) as error:
        raise CursorError("the page cursor is damaged; begin again without one") from error
    return when, key


def fetch(
    connection: sa.Connection,
    query: sa.Select[Any],
    moment: sa.ColumnElement[Any],
    key: sa.ColumnElement[Any],
    *,
    limit: int,
    cursor: str | None,
) -> tuple[list[sa.Row[Any]], str | None]:
    """Run `query` for one page, newest first.

    Returns
    -------
    list, str or None
        The rows, and the cursor of the next page.
    """
    limit = max(1, min(limit, MAXIMUM_PAGE))
    if cursor is not None:
        when, last = decode(cursor)
        query = query.where(
            sa.tuple_(moment, key)
            < sa.tuple_(sa.literal(when, moment.type), sa.literal(last, key.type))
        )
    rows = list(connection.execute(query.order_by(moment.desc(), key.desc()).limit(limit + 1)))
    if len(rows) <= limit:
        return rows, None
    rows = rows[:limit]
    # The two columns of the order are always among those selected.
    mapping = rows[-1]._mapping  # noqa: SLF001 - the documented public name of SQLAlchemy
    return rows, encode(mapping[moment], mapping[key])


def beyond(columns: Sequence[sa.ColumnElement[Any]], row: Sequence[Any]) -> sa.ColumnElement[bool]:
    """Select what comes after all rows that have these values, in the order of these columns.

    The last of them is a text, and is made longer by a character that is in no name: SQLite looks
    for the first row with the values that it is given and passes by each that has them.
    """
    given = (*row[:-1], f"{row[-1]}\x01")
    literals = (sa.literal(value, c.type) for value, c in zip(given, columns, strict=True))
    return sa.tuple_(*columns) > sa.tuple_(*literals)
