"""How the tests of all devices stand: their newest results in short, told anew with each result."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from photopeak.model.alerts import AlertState
from photopeak.model.judgement import Status
from photopeak.model.results import PARTIAL
from photopeak.model.reviews import Meaning
from photopeak.model.schedule import Attempt
from photopeak.model.test_sets import head_of_group
from photopeak.storage import paging
from photopeak.storage.database import Transaction
from photopeak.storage.locks import serialise
from photopeak.storage.tables.results import notes, results, test_sets, verdicts
from photopeak.storage.tables.reviews import reviews
from photopeak.storage.tables.schedule import standings
from photopeak.storage.tables.service import alerts

KEPT = 32
"""Results of one test of a device that its state is told from: a month of a daily test. A failure
that no later result of the same kind has taken back is told of besides, however old."""

CLOCK_SLACK = timedelta(minutes=15)
"""By how much the clock of a scanner may be ahead; from there on its time of measurement is doubted."""

_PARSED_KEPT = 1024
"""Rows that are remembered as read: those of a hundred devices."""

_WINDOW = "energy window"
_TOGETHER = " + "


def renew(tx: Transaction, device_id: str, test: str) -> None:
    """Tell anew how a test of a device stands, after a result was added, superseded or signed."""
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
    """Return the results that a person has taken notice of: of every alert that they raised.

    What was withdrawn stays noticed: the number is as bad as before, and no alert is left.
    """
    c = alerts.c
    stands = c.state.in_((AlertState.OPEN, AlertState.ACKNOWLEDGED, AlertState.WITHDRAWN))
    query = sa.select(c.result_id, sa.func.count(), sa.func.count(c.acknowledged_at)).where(
        stands, c.result_id.is_not(None)
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
        query = base.where(paging.beyond((device, test), row))


def told_of(tx: Transaction, device_id: str, test: str) -> list[Attempt]:
    """Return what is told of a test of a device, from its results; the last measured first."""
    c = results.c
    base = sa.select(
        c.id, c.test_set_id, c.status, c.variant, c.acquired_at, c.configurations
    ).where(c.device_id == device_id, c.test == test, c.current.is_(True))
    dated = base.where(c.acquired_at.is_not(None)).order_by(c.acquired_at.desc())
    # By the moment, not by the column: for its order SQLite would pass by all that are dated.
    moment = sa.func.coalesce(c.acquired_at, c.finished_at)
    undated = base.where(c.acquired_at.is_(None)).order_by(moment.desc()).limit(KEPT)
    last = tx.connection.execute(dated.limit(KEPT)).all()
    old = dated.where(*_not_taken_back(last[-1].acquired_at)) if len(last) == KEPT else None
    older = [] if old is None else tx.connection.execute(old.limit(KEPT)).all()
    rows = [*last, *tx.connection.execute(undated)]
    if not rows:
        return []
    kept = {row.id for row in older}
    rows += older
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
    heads = _heads_of_sets(tx, {row.test_set_id for row in rows if row.status == Status.ERROR})
    signed = _signed(tx, ids)
    found = []
    for row in rows:
        at, is_dated = _moment(row.acquired_at, arrived[row.test_set_id])
        detectors, windows = _parts(row.configurations)
        if not detectors and row.test_set_id in heads:
            detectors = (heads[row.test_set_id],)
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
                acknowledged=row.id in signed,
            )
        )
    found.sort(key=lambda a: (a.at, a.result_id), reverse=True)
    return [a for n, a in enumerate(found) if n < KEPT or a.result_id in kept]


def _not_taken_back(before: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """Select the failures before a moment after which nothing of the same kind was judged."""
    c, later = results.c, results.alias("later")
    again = sa.exists().where(
        later.c.device_id == c.device_id,
        later.c.test == c.test,
        later.c.current.is_(True),
        later.c.acquired_at > c.acquired_at,
        later.c.variant == c.variant,
        later.c.status.in_((Status.PASS, Status.WARN, Status.FAIL)),
        later.c.configurations == c.configurations,
    )
    return c.status == Status.FAIL, c.acquired_at < before, ~again


def _heads_of_sets(tx: Transaction, ids: Collection[str]) -> dict[str, str]:
    """Return the heads of test sets of one head alone: of an analysis that broke nothing else tells."""
    if not ids:
        return {}
    c = test_sets.c
    query = sa.select(c.id, c.detector, c.group_key).where(c.id.in_(ids))
    found = {
        row.id: row.detector or head_of_group(row.group_key) for row in tx.connection.execute(query)
    }
    return {set_id: str(head) for set_id, head in found.items() if head is not None}


def _signed(tx: Transaction, ids: Collection[str]) -> frozenset[str]:
    """Return the results under which the signature of a person stands."""
    c = reviews.c
    query = sa.select(c.id, c.result_id, c.meaning, c.rule, c.corrects).where(c.result_id.in_(ids))
    rows = tx.connection.execute(query).all()
    replaced = {row.corrects for row in rows}
    return frozenset(
        row.result_id
        for row in rows
        if row.id not in replaced and not row.rule and row.meaning != Meaning.WITHDRAWN
    )


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
        attempt.acknowledged,
    ]


def _attempt(plain: Sequence[Any]) -> Attempt:
    result_id, status, at, variant, detectors, windows, failed, dated, partial, *signed = plain
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
        acknowledged=signed == [True],  # rows of earlier versions do not tell
    )
