"""How the tests of all devices stand: their newest results in short, told anew with each result."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from photopeak.model.judgement import Status
from photopeak.model.results import PARTIAL
from photopeak.model.schedule import Attempt
from photopeak.storage.database import Transaction
from photopeak.storage.locks import serialise
from photopeak.storage.tables.results import notes, results, verdicts
from photopeak.storage.tables.schedule import standings
from photopeak.storage.tables.service import alerts

KEPT = 32
"""Results of one test of a device that its state is told from: a month of a daily test."""

CLOCK_SLACK = timedelta(minutes=15)
"""By how much the clock of a scanner may be ahead; from there on its time of measurement is doubted."""

_PARSED_KEPT = 1024
"""Rows that are remembered as read: those of a hundred devices."""

_WINDOW = "energy window"
_TOGETHER = " + "


def renew(tx: Transaction, device_id: str, test: str) -> None:
    """Tell anew how a test of a device stands, after a result of it was added or superseded."""
    serialise(tx, (f"standing {device_id} {test}",))
    plain = [_plain(attempt) for attempt in told_of(tx, device_id, test)]
    mine = sa.and_(standings.c.device_id == device_id, standings.c.test == test)
    done = tx.connection.execute(sa.update(standings).where(mine).values(attempts=plain))
    if done.rowcount == 0:
        tx.connection.execute(
            sa.insert(standings).values(device_id=device_id, test=test, attempts=plain)
        )


def complete(tx: Transaction) -> int:
    """Tell of what has results and was never told of, as after an upgrade; return how many."""
    new = untold(tx)
    for device_id, test in new:
        renew(tx, device_id, test)
    return len(new)


def untold(tx: Transaction) -> list[tuple[str, str]]:
    """Return each device and test that has results and was never told of."""
    told = tx.connection.execute(sa.select(standings.c.device_id, standings.c.test))
    known = {(device_id, test) for device_id, test in told}
    return [key for key in _keys(tx) if key not in known]


def attempts(
    tx: Transaction, device_ids: Collection[str] | None = None
) -> dict[str, dict[str, tuple[Attempt, ...]]]:
    """Return the newest current results by device and test, the last measured first.

    None stands for all devices.
    """
    text = sa.type_coerce(standings.c.attempts, sa.Text())
    query = sa.select(standings.c.device_id, standings.c.test, text)
    if device_ids is not None:
        query = query.where(standings.c.device_id.in_(sorted(device_ids)))
    seen = _acknowledged(tx)
    found: dict[str, dict[str, tuple[Attempt, ...]]] = {}
    for device_id, test, plain in tx.connection.execute(query):
        kept = _parsed(plain)
        if seen:
            kept = tuple(replace(a, acknowledged=True) if a.result_id in seen else a for a in kept)
        found.setdefault(device_id, {})[test] = kept
    return found


@lru_cache(maxsize=_PARSED_KEPT)
def _parsed(text: str) -> tuple[Attempt, ...]:
    """Return what a row tells; most rows are the same for a day, and boards ask every minute."""
    return tuple(_attempt(entry) for entry in json.loads(text))


def _acknowledged(tx: Transaction) -> frozenset[str]:
    """Return the results that a person has taken notice of: of every alert that they raised."""
    c = alerts.c
    query = sa.select(c.result_id, sa.func.count(), sa.func.count(c.acknowledged_at)).where(
        c.closed_at.is_(None), c.result_id.is_not(None)
    )
    rows = tx.connection.execute(query.group_by(c.result_id))
    return frozenset(result_id for result_id, count, seen in rows if count == seen)


def _keys(tx: Transaction) -> Iterable[tuple[str, str]]:
    """Return each device and test of which there are results, step by step along the index."""
    device, test = results.c.device_id, results.c.test
    base = sa.select(device, test).where(device.is_not(None)).order_by(device, test).limit(1)
    query = base
    while (row := tx.connection.execute(query).one_or_none()) is not None:
        yield row[0], row[1]
        query = base.where(sa.tuple_(device, test) > sa.tuple_(*map(sa.literal, row)))


def told_of(tx: Transaction, device_id: str, test: str) -> list[Attempt]:
    """Return what is told of a test of a device, from its results; the last measured first."""
    c = results.c
    base = sa.select(
        c.id, c.test_set_id, c.status, c.variant, c.acquired_at, c.configurations
    ).where(c.device_id == device_id, c.test == test, c.current.is_(True))
    dated = base.where(c.acquired_at.is_not(None)).order_by(c.acquired_at.desc()).limit(KEPT)
    undated = base.where(c.acquired_at.is_(None)).order_by(c.finished_at.desc()).limit(KEPT)
    rows = [*tx.connection.execute(dated), *tx.connection.execute(undated)]
    if not rows:
        return []
    ids = [row.id for row in rows]
    first = (
        sa.select(c.test_set_id, sa.func.min(c.finished_at, type_=c.finished_at.type))
        .where(c.test_set_id.in_({row.test_set_id for row in rows}))
        .group_by(c.test_set_id)
    )
    arrived = dict(tx.connection.execute(first).all())
    partial = set(
        tx.connection.execute(
            sa.select(notes.c.result_id).where(notes.c.result_id.in_(ids), notes.c.code == PARTIAL)
        ).scalars()
    )
    failed = _failed_heads(tx, [row.id for row in rows if row.status == Status.FAIL])
    found = []
    for row in rows:
        at, is_dated = _moment(row.acquired_at, arrived[row.test_set_id])
        detectors, windows = _parts(row.configurations)
        found.append(
            Attempt(
                result_id=row.id,
                status=Status(row.status),
                at=at,
                variant=row.variant,
                detectors=detectors,
                windows=windows,
                failed=failed.get(row.id, ()),
                dated=is_dated,
                partial=row.id in partial,
            )
        )
    return sorted(found, key=lambda a: (a.at, a.result_id), reverse=True)[:KEPT]


def _moment(acquired_at: datetime | None, arrived: datetime) -> tuple[datetime, bool]:
    """Return when a result was measured as far as it can be believed, and whether it can."""
    if acquired_at is None or acquired_at > arrived + CLOCK_SLACK:
        return arrived, False
    return min(acquired_at, arrived), True


def _parts(
    configurations: Sequence[Mapping[str, Any]],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the heads and the energy windows that a result speaks of."""
    heads = {str(c["scope"]["detector"]) for c in configurations if "detector" in c["scope"]}
    windows = {
        window
        for c in configurations
        if _WINDOW in c["parts"]
        for window in str(c["parts"][_WINDOW]).split(_TOGETHER)
    }
    return tuple(sorted(heads)), tuple(sorted(windows))


def _failed_heads(tx: Transaction, ids: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return the heads that failed, of the results where every failure names its head."""
    if not ids:
        return {}
    query = sa.select(verdicts.c.result_id, verdicts.c.scope).where(
        verdicts.c.result_id.in_(ids), verdicts.c.status == Status.FAIL
    )
    heads: dict[str, set[str | None]] = {}
    for result_id, scope in tx.connection.execute(query):
        head = scope.get("detector")
        heads.setdefault(result_id, set()).add(None if head is None else str(head))
    return {
        result_id: tuple(sorted(head for head in found if head is not None))
        for result_id, found in heads.items()
        if None not in found
    }


def _plain(attempt: Attempt) -> list[Any]:
    return [
        attempt.result_id,
        attempt.status.value,
        attempt.at.isoformat(),
        attempt.variant,
        attempt.detectors,
        attempt.windows,
        attempt.failed,
        attempt.dated,
        attempt.partial,
    ]


def _attempt(plain: Sequence[Any]) -> Attempt:
    result_id, status, at, variant, detectors, windows, failed, dated, partial = plain
    return Attempt(
        result_id=result_id,
        status=Status(status),
        at=datetime.fromisoformat(at),
        variant=variant,
        detectors=tuple(detectors),
        windows=tuple(windows),
        failed=tuple(failed),
        dated=dated,
        partial=partial,
    )
