"""Column types that read and write the same on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

_FORMAT_LENGTH = 27


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware on the way in, aware and UTC on the way out.

    SQLite keeps it as text of fixed width (``2026-03-01T08:00:00.000000Z``), which sorts as the
    moments do; PostgreSQL as ``timestamptz``.
    """

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type of this database."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(_FORMAT_LENGTH))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse a naive moment and convert the rest to UTC."""
        if value is None:
            return None
        return stored_moment(value, dialect.name)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the moment in UTC."""
        if value is None:
            return None
        return utc(value)


class Json(TypeDecorator[Any]):
    """A value as JSON text, the same text for equal values on every database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Return the text."""
        return None if value is None else dumps(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Return the value."""
        return None if value is None else json.loads(value)


class CleanText(TypeDecorator[str]):
    """Text from outside: what a database cannot hold (NUL, lone surrogates) becomes U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Return the text without what cannot be stored."""
        return None if value is None else clean(value)


def stored_moment(moment: datetime, dialect: str) -> Any:
    """Return a moment as the database of a dialect keeps it.

    Raises
    ------
    ValueError
        If it has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    moment = moment.astimezone(UTC)
    if dialect == "sqlite":
        return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    return moment


def utc(value: datetime | str) -> datetime:
    """Return a moment in UTC, as it came from a database."""
    if isinstance(value, str):
        return datetime.fromisoformat(value)
    return value.astimezone(UTC)


def dumps(value: Any) -> str:
    """Return the stable JSON text of a value; mappings by key, tuples as lists, no NaN."""
    text = json.dumps(
        value,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
        default=_plain,
    )
    return clean(text)


def clean(text: str) -> str:
    """Return `text` with NUL and lone surrogates replaced by U+FFFD."""
    if text.isascii() and "\0" not in text:
        return text
    return (
        text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if hasattr(value, "items"):
        return dict(value.items())
    raise TypeError(f"{type(value).__name__} cannot be stored as JSON")
