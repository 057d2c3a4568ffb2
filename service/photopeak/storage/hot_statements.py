"""The three statements behind every acknowledged instance, rendered once per database.

Building and caching statements costs more than running them when a batch holds one instance, so
these go to the driver as text; they are made from the same tables as all others.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from photopeak.model.series import SeriesState
from photopeak.storage.database import Transaction
from photopeak.storage.tables.receiving import instances, series
from photopeak.storage.types import CleanText, UtcDateTime, clean, stored_moment

COLUMNS = (
    instances.c.id,
    instances.c.sop_instance_uid,
    instances.c.copy,
    instances.c.sha256,
    instances.c.size,
    instances.c.path,
    instances.c.sop_class_uid,
    instances.c.transfer_syntax_uid,
    instances.c.study_instance_uid,
    instances.c.series_instance_uid,
    instances.c.entrance,
    instances.c.calling_ae_title,
    instances.c.called_ae_title,
    instances.c.peer_address,
    instances.c.received_at,
)
"""What makes up a stored instance."""

INSERTED = (*COLUMNS, instances.c.fault)
"""What is written of a new one, in this order."""

_SERIES_COLUMNS = (
    series.c.series_instance_uid,
    series.c.study_instance_uid,
    series.c.state,
    series.c.reason,
    series.c.modality,
    series.c.instances,
    series.c.conflicts,
    series.c.generation,
    series.c.first_received_at,
    series.c.last_received_at,
    series.c.calling_ae_title,
    series.c.display,
)


class HotStatements:
    """The statements as text of one dialect."""

    def __init__(self, dialect: sa.Dialect) -> None:
        self._dialect = dialect.name
        self._insert = _Text(sa.insert(instances).values(_binds(INSERTED)), dialect, INSERTED)
        self._count = _Text(_count_statement(dialect.name), dialect, _SERIES_COLUMNS)
        listed = ", ".join(column.name for column in COLUMNS)
        # One value holds all the UIDs, so the text does not depend on how many there are.
        among = "IN (SELECT value FROM json_each(?))" if self._dialect == "sqlite" else "= ANY(%s)"
        self._copies = (
            f"SELECT {listed} FROM instances WHERE sop_instance_uid {among} "  # noqa: S608 - names
            "ORDER BY sop_instance_uid, copy"
        )

    def insert(self, tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert instances."""
        self._insert.run(tx, rows)

    def count(self, tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert series, or add to their counts; `late` is the reason of a re-opened one."""
        self._count.run(tx, rows)

    def write(
        self,
        cursor: sqlite3.Cursor,
        series_rows: Sequence[Mapping[str, Any]],
        instance_rows: Sequence[tuple[object, ...]],
    ) -> None:
        """Count and insert with a cursor of the driver; `instance_rows` as `INSERTED` says."""
        cursor.executemany(self._count.text, self._count.values(series_rows))
        cursor.executemany(self._insert.text, instance_rows)

    def copies(self, tx: Transaction, uids: Sequence[str]) -> Iterable[Any]:
        """Return the rows of every copy of these SOP instances."""
        value = json.dumps(uids) if self._dialect == "sqlite" else list(uids)
        return tx.connection.exec_driver_sql(self._copies, (value,))


class _Text:
    def __init__(
        self, statement: Any, dialect: sa.Dialect, columns: Sequence[sa.Column[Any]]
    ) -> None:
        compiled = statement.compile(dialect=dialect)
        self.text = str(compiled)
        self._order: Sequence[str] | None = compiled.positiontup
        self._dialect = dialect.name
        self._moments = tuple(c.name for c in columns if isinstance(c.type, UtcDateTime))
        self._texts = tuple(c.name for c in columns if isinstance(c.type, CleanText))

    def run(self, tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
        values = self.values(rows)
        tx.connection.exec_driver_sql(self.text, values if len(values) > 1 else values[0])

    def values(self, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Return the parameters of these rows as the driver wants them."""
        return [self._values(row) for row in rows]

    def _values(self, row: Mapping[str, Any]) -> Any:
        values = dict(row)
        for name in self._moments:
            values[name] = stored_moment(values[name], self._dialect)
        for name in self._texts:
            values[name] = clean(values[name])
        if self._order is None:
            return values
        return tuple(values[name] for name in self._order)


def of(tx: Transaction) -> HotStatements:
    """Return the statements for the database of a transaction."""
    found = _RENDERED.get(tx.dialect)
    if found is None:
        found = _RENDERED[tx.dialect] = HotStatements(tx.connection.dialect)
    return found


def for_sqlite() -> HotStatements:
    """Return the statements for SQLite."""
    found = _RENDERED.get("sqlite")
    if found is None:
        from sqlalchemy.dialects import sqlite

        found = _RENDERED["sqlite"] = HotStatements(sqlite.dialect())
    return found


_RENDERED: dict[str, HotStatements] = {}


def _binds(columns: Sequence[sa.Column[Any]]) -> dict[str, Any]:
    return {column.name: sa.bindparam(column.name, type_=column.type) for column in columns}


def _count_statement(dialect: str) -> Any:
    insert: Any
    if dialect == "sqlite":
        from sqlalchemy.dialects.sqlite import insert
    else:
        from sqlalchemy.dialects.postgresql import insert
    statement = insert(series).values(_binds(_SERIES_COLUMNS))
    new = statement.excluded
    receiving: sa.ColumnElement[str] = sa.literal_column(f"'{SeriesState.RECEIVING.value}'")
    some = new.instances > sa.literal_column("0")
    late = sa.and_(series.c.state != receiving, some)
    # A repeated instance tells that its sender is still at work, but only while receiving.
    later = sa.and_(
        sa.or_(series.c.state == receiving, some),
        new.last_received_at > series.c.last_received_at,
    )
    one: sa.ColumnElement[int] = sa.literal_column("1")
    return statement.on_conflict_do_update(
        index_elements=[series.c.series_instance_uid],
        set_={
            "instances": series.c.instances + new.instances,
            "conflicts": series.c.conflicts + new.conflicts,
            "generation": sa.case((late, series.c.generation + one), else_=series.c.generation),
            "reason": sa.case((late, sa.bindparam("late")), else_=series.c.reason),
            "state": sa.case((late, receiving), else_=series.c.state),
            "last_received_at": sa.case(
                (later, new.last_received_at), else_=series.c.last_received_at
            ),
        },
    )
