"""Stored instances: one row per copy of a SOP instance, in the order in which they came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from photopeak.model.reception import Entrance, Reception, StoredInstance
from photopeak.model.series import SeriesState
from photopeak.storage import hot_statements
from photopeak.storage.database import Transaction
from photopeak.storage.locks import serialise
from photopeak.storage.tables.receiving import instances
from photopeak.storage.types import utc

REOPENED = "late instances arrived"
"""Reason of a series that had been finished and receives again."""

_CHUNK = 400
_COLUMNS = hot_statements.COLUMNS


class AddOutcome(StrEnum):
    """What an instance is to those already there."""

    NEW = "new"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Addition:
    """What became of one instance of a batch.

    `instance` is the row that now stands for it: its own for NEW and CONFLICT (with `conflict`
    set), the earlier identical one for DUPLICATE, whose file is the one to keep. `first` is the
    first instance of the same UID; other than `instance` only in a conflict.
    """

    outcome: AddOutcome
    instance: StoredInstance
    first: StoredInstance


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEntry:
    """What reading the header of one instance gave.

    `header` holds allow-listed values only, never a patient's; `fault` says why the header
    cannot be read, empty when it can.
    """

    id: str
    header: Mapping[str, Any] | None = None
    fault: str = ""


def add_batch(tx: Transaction, batch: Sequence[StoredInstance]) -> tuple[Addition, ...]:
    """Add instances and count them in their series; twice the same gives the same rows.

    A series that had left the state RECEIVING and gets a new instance receives again, in its next
    generation. Duplicates and conflicting copies re-open nothing.

    Returns
    -------
    tuple of Addition
        One per instance, in the order of the batch.
    """
    # Two processes may bring the same instance at once; the later one waits here.
    serialise(tx, (entry.reception.sop_instance_uid for entry in batch))
    known = _copies(tx, {entry.reception.sop_instance_uid for entry in batch})
    additions = []
    rows = []
    counts: dict[str, _Count] = {}
    for entry in batch:
        copies = known.setdefault(entry.reception.sop_instance_uid, [])
        same = next((copy for copy in copies if copy.sha256 == entry.sha256), None)
        count = counts.get(entry.series_instance_uid)
        if count is None:
            count = counts[entry.series_instance_uid] = _Count(entry)
        count.last_at = max(count.last_at, entry.reception.received_at)
        count.first_at = min(count.first_at, entry.reception.received_at)
        if same is not None:
            outcome = AddOutcome.DUPLICATE
            if same.id == entry.id:  # this very reception, added before its sender got to know
                outcome = AddOutcome.CONFLICT if same.conflict else AddOutcome.NEW
            additions.append(Addition(outcome, same, copies[0]))
            continue
        outcome = AddOutcome.CONFLICT if copies else AddOutcome.NEW
        if copies:
            count.conflicts += 1
            entry = replace(entry, conflict=True)  # noqa: PLW2901 - the row as it will stand
        else:
            count.new += 1
        copies.append(entry)
        rows.append(_row(entry, len(copies) - 1))
        additions.append(Addition(outcome, entry, copies[0]))
    hot_statements.of(tx).count(tx, _series_rows(counts))
    if rows:
        hot_statements.of(tx).insert(tx, rows)
    return tuple(additions)


def get(tx: Transaction, instance_id: str) -> StoredInstance | None:
    """Return an instance by our id."""
    found = _select(tx, instances.c.id == instance_id)
    return found[0] if found else None


def by_sop_instance_uid(tx: Transaction, uid: str) -> tuple[StoredInstance, ...]:
    """Return every copy of a SOP instance, the first one first."""
    return _select(tx, instances.c.sop_instance_uid == uid)


def by_sha256(tx: Transaction, sha256: str) -> tuple[StoredInstance, ...]:
    """Return the instances with these bytes."""
    return _select(tx, instances.c.sha256 == sha256)


def by_series(
    tx: Transaction, series_instance_uid: str, *, conflicts: bool = False
) -> tuple[StoredInstance, ...]:
    """Return the instances of a series in the order of their UIDs; conflicting copies on demand."""
    condition = instances.c.series_instance_uid == series_instance_uid
    if not conflicts:
        condition = sa.and_(condition, instances.c.copy == 0)
    return _select(tx, condition)


def headers(tx: Transaction, series_instance_uid: str) -> tuple[tuple[str, IndexEntry], ...]:
    """Return (SOP Instance UID, what its header gave) of the indexed instances of a series."""
    c = instances.c
    query = (
        sa.select(c.sop_instance_uid, c.id, c.header, c.fault)
        .where(c.series_instance_uid == series_instance_uid, c.copy == 0)
        .where(c.indexed_at.is_not(None))
        .order_by(c.sop_instance_uid)
    )
    return tuple(
        (row.sop_instance_uid, IndexEntry(id=row.id, header=row.header, fault=row.fault))
        for row in tx.connection.execute(query)
    )


def unindexed(tx: Transaction, limit: int) -> tuple[StoredInstance, ...]:
    """Return the oldest instances whose header has not been read, at most `limit`."""
    query = (
        sa.select(*_COLUMNS)
        .where(instances.c.indexed_at.is_(None))
        .order_by(instances.c.id)
        .limit(limit)
    )
    return tuple(_instance(row) for row in tx.connection.execute(query))


def count_unindexed(tx: Transaction, limit: int) -> int:
    """Return how many instances wait for their header to be read; counts no further than `limit`."""
    some = sa.select(instances.c.id).where(instances.c.indexed_at.is_(None)).limit(limit)
    query = sa.select(sa.func.count()).select_from(some.subquery())
    return int(tx.connection.execute(query).scalar_one())


def set_indexed(tx: Transaction, entries: Iterable[IndexEntry], at: datetime) -> None:
    """Record what reading the headers gave."""
    rows = [
        {"b_id": entry.id, "indexed_at": at, "header": entry.header, "fault": entry.fault}
        for entry in entries
    ]
    if rows:
        tx.connection.execute(_INDEX, rows)


def set_unindexed(tx: Transaction, series_instance_uid: str) -> None:
    """Let the headers of a series be read again."""
    tx.connection.execute(
        sa.update(instances)
        .where(instances.c.series_instance_uid == series_instance_uid)
        .values(indexed_at=None, header=None, fault="")
    )


def page_by_id(tx: Transaction, after: str, limit: int) -> tuple[StoredInstance, ...]:
    """Return the instances whose id comes after `after`, in the order of the ids."""
    query = sa.select(*_COLUMNS).where(instances.c.id > after).order_by(instances.c.id).limit(limit)
    return tuple(_instance(row) for row in tx.connection.execute(query))


def known_ids(tx: Transaction, candidates: Sequence[str]) -> frozenset[str]:
    """Return those of the instance ids that have a row; for comparing files with rows."""
    found: set[str] = set()
    for start in range(0, len(candidates), _CHUNK):
        chunk = list(candidates[start : start + _CHUNK])
        query = sa.select(instances.c.id).where(instances.c.id.in_(chunk))
        found.update(tx.connection.execute(query).scalars())
    return frozenset(found)


class _Count:
    __slots__ = ("conflicts", "first_at", "last_at", "new", "sample")

    def __init__(self, sample: StoredInstance) -> None:
        self.sample = sample
        self.first_at = sample.reception.received_at
        self.last_at = sample.reception.received_at
        self.new = 0
        self.conflicts = 0


_INDEX = (
    sa.update(instances)
    .where(instances.c.id == sa.bindparam("b_id"))
    .values(
        indexed_at=sa.bindparam("indexed_at"),
        header=sa.bindparam("header"),
        fault=sa.bindparam("fault"),
    )
)


def series_rows(batch: Sequence[StoredInstance]) -> list[dict[str, Any]]:
    """Return what counts these instances, all of them new, in their series."""
    counts: dict[str, _Count] = {}
    for entry in batch:
        count = counts.get(entry.series_instance_uid)
        if count is None:
            count = counts[entry.series_instance_uid] = _Count(entry)
        received_at = entry.reception.received_at
        count.last_at = max(count.last_at, received_at)
        count.first_at = min(count.first_at, received_at)
        count.new += 1
    return _series_rows(counts)


def _series_rows(counts: Mapping[str, _Count]) -> list[dict[str, Any]]:
    return [
        {
            "series_instance_uid": uid,
            "study_instance_uid": counts[uid].sample.study_instance_uid,
            "state": SeriesState.RECEIVING,
            "reason": "",
            "modality": "",
            "instances": counts[uid].new,
            "conflicts": counts[uid].conflicts,
            "generation": 1,
            "first_received_at": counts[uid].first_at,
            "last_received_at": counts[uid].last_at,
            "calling_ae_title": counts[uid].sample.reception.calling_ae_title,
            "display": "{}",
            "late": REOPENED,
        }
        for uid in sorted(counts)
    ]


def _copies(tx: Transaction, uids: set[str]) -> dict[str, list[StoredInstance]]:
    known: dict[str, list[StoredInstance]] = {}
    for row in hot_statements.of(tx).copies(tx, sorted(uids)):
        known.setdefault(row.sop_instance_uid, []).append(_instance(row))
    return known


def _select(tx: Transaction, condition: sa.ColumnElement[bool]) -> tuple[StoredInstance, ...]:
    query = (
        sa.select(*_COLUMNS)
        .where(condition)
        .order_by(instances.c.sop_instance_uid, instances.c.copy)
    )
    return tuple(_instance(row) for row in tx.connection.execute(query))


def _row(entry: StoredInstance, copy: int) -> dict[str, Any]:
    reception = entry.reception
    return {
        "id": entry.id,
        "sop_instance_uid": reception.sop_instance_uid,
        "copy": copy,
        "sha256": entry.sha256,
        "size": entry.size,
        "path": entry.path,
        "sop_class_uid": reception.sop_class_uid,
        "transfer_syntax_uid": reception.transfer_syntax_uid,
        "study_instance_uid": entry.study_instance_uid,
        "series_instance_uid": entry.series_instance_uid,
        "entrance": reception.entrance,
        "calling_ae_title": reception.calling_ae_title,
        "called_ae_title": reception.called_ae_title,
        "peer_address": reception.peer_address,
        "received_at": reception.received_at,
        "fault": "",
    }


def _instance(row: Any) -> StoredInstance:
    return StoredInstance(
        id=row.id,
        reception=Reception(
            entrance=Entrance(row.entrance),
            sop_class_uid=row.sop_class_uid,
            sop_instance_uid=row.sop_instance_uid,
            transfer_syntax_uid=row.transfer_syntax_uid,
            calling_ae_title=row.calling_ae_title,
            called_ae_title=row.called_ae_title,
            peer_address=row.peer_address,
            received_at=utc(row.received_at),
        ),
        study_instance_uid=row.study_instance_uid,
        series_instance_uid=row.series_instance_uid,
        sha256=row.sha256,
        size=row.size,
        path=row.path,
        conflict=row.copy > 0,
    )
