"""Results: immutable rows with everything that belongs to them; a newer one supersedes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from photopeak.model.identity import new_id
from photopeak.model.judgement import Status
from photopeak.model.results import FigureRecord, ResultRecord, ResultSummary
from photopeak.storage import paging, result_rows, reviews, standings
from photopeak.storage.database import Transaction
from photopeak.storage.errors import NotFoundError
from photopeak.storage.locks import serialise
from photopeak.storage.paging import Page
from photopeak.storage.tables.results import (
    figures,
    measurements,
    notes,
    preconditions,
    result_inputs,
    results,
    verdicts,
)
from photopeak.storage.types import UtcDateTime

_SUMMARY = (
    results.c.id,
    results.c.test_set_id,
    results.c.test,
    results.c.variant,
    results.c.title,
    results.c.title_zh,
    results.c.device_id,
    results.c.status,
    results.c.purpose,
    results.c.version,
    results.c.current,
    results.c.acquired_at,
    results.c.finished_at,
    results.c.message,
)


def add(tx: Transaction, record: ResultRecord) -> ResultRecord:
    """Add a result and make it the current one of its test set.

    A result with the fingerprint of one that is there is that one: nothing is written twice. The
    result that was current before stays as it is, superseded.

    Returns
    -------
    ResultRecord
        The result as stored, with `id`, `version`, `supersedes` and `current`.
    """
    serialise(tx, (f"results of {record.test_set_id}",))
    fingerprint = record.fingerprint
    of_set = results.c.test_set_id == record.test_set_id
    query = sa.select(results.c.id, results.c.version, results.c.current, results.c.fingerprint)
    before = tx.connection.execute(query.where(of_set).order_by(results.c.version)).all()
    tx.connection.execute(
        sa.update(results)
        .where(of_set, results.c.current.is_(True), results.c.fingerprint != fingerprint)
        .values(current=False)
    )
    same = next((row for row in before if row.fingerprint == fingerprint), None)
    if same is not None:
        tx.connection.execute(
            sa.update(results).where(results.c.id == same.id).values(current=True)
        )
        reviews.wait(tx, [row.id for row in before])
        _renew(tx, record)
        return get(tx, same.id)
    record = replace(
        record,
        id=record.id or new_id(),
        version=before[-1].version + 1 if before else 1,
        supersedes=next((row.id for row in before if row.current), None),
        current=True,
    )
    tx.connection.execute(
        sa.insert(results).values(**result_rows.result_row(record), fingerprint=fingerprint)
    )
    for table, rows in result_rows.child_rows(record):
        if rows:
            tx.connection.execute(sa.insert(table), rows)
    reviews.wait(tx, [*(row.id for row in before), record.id])
    _renew(tx, record)
    return record


def _renew(tx: Transaction, record: ResultRecord) -> None:
    if record.device_id is not None:
        standings.renew(tx, record.device_id, record.test)


def get(tx: Transaction, result_id: str) -> ResultRecord:
    """Return a result whole; its figures without their bytes.

    Raises
    ------
    NotFoundError
        If there is none with this id.
    """
    found = whole(tx, (result_id,))
    if not found:
        raise NotFoundError(f"there is no result {result_id}")
    return found[0]


def whole(tx: Transaction, ids: Sequence[str]) -> tuple[ResultRecord, ...]:
    """Return results whole, their figures without their bytes, in the order of the ids.

    An id that there is no result of is left out.
    """
    children: dict[str, dict[str, list[Any]]] = {id_: {} for id_ in ids}
    for table in (measurements, preconditions, verdicts, notes, result_inputs):
        query = sa.select(table).where(table.c.result_id.in_(ids)).order_by(table.c.position)
        for parts in children.values():
            parts[table.name] = []
        for row in tx.connection.execute(query):
            children[row.result_id][table.name].append(row)
    shown = _listed_figures(tx, ids)
    rows = {
        row.id: row
        for row in tx.connection.execute(sa.select(results).where(results.c.id.in_(ids)))
    }
    return tuple(
        result_rows.record(rows[id_], children[id_], tuple(shown[id_].values()))
        for id_ in ids
        if id_ in rows
    )


def figure(tx: Transaction, result_id: str, name: str, form: str) -> bytes:
    """Return a figure in a form (``json``, ``svg``, ``png``).

    Raises
    ------
    NotFoundError
        If the result has no such figure, or not in this form.
    """
    found = tx.connection.execute(
        sa.select(figures.c.content).where(
            figures.c.result_id == result_id, figures.c.name == name, figures.c.form == form
        )
    ).scalar_one_or_none()
    if found is None:
        raise NotFoundError(f"result {result_id} has no figure {name}.{form}")
    return bytes(found)


def page(
    tx: Transaction,
    *,
    limit: int = 50,
    cursor: str | None = None,
    device_id: str | None = None,
    test: str | None = None,
    statuses: Collection[Status] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    superseded: bool = False,
) -> Page[ResultSummary]:
    """Return results, the last finished first; superseded ones on demand.

    `since` is the first moment that counts, `until` the first that no longer does.

    Raises
    ------
    CursorError
        If `cursor` did not come from here.
    """
    query = sa.select(*_SUMMARY)
    if not superseded:
        query = query.where(results.c.current.is_(True))
    if device_id is not None:
        query = query.where(results.c.device_id == device_id)
    if test is not None:
        query = query.where(results.c.test == test)
    if statuses:
        query = query.where(results.c.status.in_(sorted(statuses)))
    if since is not None:
        query = query.where(results.c.finished_at >= since)
    if until is not None:
        query = query.where(results.c.finished_at < until)
    rows, following = paging.fetch(
        tx.connection, query, results.c.finished_at, results.c.id, limit=limit, cursor=cursor
    )
    return Page(tuple(_summary(row) for row in rows), following)


def versions(tx: Transaction, test_set_id: str) -> tuple[ResultSummary, ...]:
    """Return every result of a test set, the first version first."""
    query = (
        sa.select(*_SUMMARY).where(results.c.test_set_id == test_set_id).order_by(results.c.version)
    )
    return tuple(_summary(row) for row in tx.connection.execute(query))


def current(tx: Transaction, test_set_id: str) -> ResultSummary | None:
    """Return the result of a test set that counts, or None."""
    return next((found for found in versions(tx, test_set_id) if found.current), None)


def by_series(tx: Transaction, series_instance_uid: str) -> tuple[ResultSummary, ...]:
    """Return the results into which a series went, the last finished first."""
    used = sa.select(result_inputs.c.result_id).where(
        result_inputs.c.series_instance_uid == series_instance_uid
    )
    query = (
        sa.select(*_SUMMARY)
        .where(results.c.id.in_(used))
        .order_by(results.c.finished_at.desc(), results.c.id.desc())
    )
    return tuple(_summary(row) for row in tx.connection.execute(query))


def latest_per_test(tx: Transaction, device_id: str | None = None) -> tuple[ResultSummary, ...]:
    """Return, for each device and test, the current result that was finished last."""
    found = []
    for device, test, variant in _performed(tx, device_id):
        query = (
            sa.select(*_SUMMARY)
            .where(results.c.current.is_(True), results.c.device_id.is_not_distinct_from(device))
            .where(results.c.test == test, results.c.variant == variant)
            .order_by(results.c.finished_at.desc(), results.c.id.desc())
            .limit(1)
        )
        found.append(_summary(tx.connection.execute(query).one()))
    return tuple(found)


def measured(
    tx: Transaction,
    *,
    device_id: str,
    test: str,
    variant: str,
    since: datetime | None = None,
    before: datetime | None = None,
    limit: int = 50,
) -> tuple[ResultSummary, ...]:
    """Return the current results of one test of a device, the last measured first.

    Of one that does not know when it was measured, the moment when it was finished counts.
    """
    moment = sa.func.coalesce(results.c.acquired_at, results.c.finished_at, type_=UtcDateTime())
    query = (
        sa.select(*_SUMMARY)
        .where(results.c.device_id == device_id, results.c.test == test)
        .where(results.c.variant == variant, results.c.current.is_(True))
        .limit(limit)
    )
    if since is not None:
        query = query.where(moment >= since)
    if before is not None:
        query = query.where(moment < before)
    measured_at = results.c.acquired_at
    found = [
        _summary(row)
        for part in (
            query.where(measured_at.is_not(None)).order_by(measured_at.desc()),
            # By the moment, not by the column: for its order SQLite would pass by all that are dated.
            query.where(measured_at.is_(None)).order_by(moment.desc()),
        )
        for row in tx.connection.execute(part)
    ]
    found.sort(key=lambda r: r.acquired_at or r.finished_at, reverse=True)
    return tuple(found[:limit])


def neighbours(
    tx: Transaction, record: ResultRecord
) -> tuple[ResultSummary | None, ResultSummary | None]:
    """Return the results of the same test and device that were measured before and after one."""
    if record.device_id is None or record.acquired_at is None:
        return None, None
    here = sa.tuple_(
        sa.literal(record.acquired_at, results.c.acquired_at.type), sa.literal(record.id)
    )
    place = sa.tuple_(results.c.acquired_at, results.c.id)
    base = (
        sa.select(*_SUMMARY)
        .where(results.c.device_id == record.device_id, results.c.test == record.test)
        .where(results.c.variant == record.variant, results.c.current.is_(True))
        .where(results.c.test_set_id != record.test_set_id)
        .limit(1)
    )
    before = base.where(place < here).order_by(results.c.acquired_at.desc(), results.c.id.desc())
    after = base.where(place > here).order_by(results.c.acquired_at, results.c.id)
    found = [tx.connection.execute(query).one_or_none() for query in (before, after)]
    previous, following = (None if row is None else _summary(row) for row in found)
    return previous, following


def of_period(
    tx: Transaction, device_id: str, *, since: datetime, before: datetime
) -> tuple[ResultSummary, ...]:
    """Return the current results of a device that were measured in a span, the last one first.

    Of one that does not know when it was measured, the moment when it was finished counts.
    """
    moment = sa.func.coalesce(results.c.acquired_at, results.c.finished_at, type_=UtcDateTime())
    query = (
        sa.select(*_SUMMARY)
        .where(results.c.device_id == device_id, results.c.current.is_(True))
        .where(moment >= since, moment < before)
        .order_by(moment.desc(), results.c.id.desc())
    )
    return tuple(_summary(row) for row in tx.connection.execute(query))


def ids_of_span(tx: Transaction, *, since: datetime, before: datetime) -> tuple[str, ...]:
    """Return the ids of all results that were measured in a span, of any device and version.

    The first measured comes first; of one that does not know when, the moment when it was finished
    counts.
    """
    moment = sa.func.coalesce(results.c.acquired_at, results.c.finished_at, type_=UtcDateTime())
    query = (
        sa.select(results.c.id)
        .where(moment >= since, moment < before)
        .order_by(moment, results.c.id)
    )
    return tuple(tx.connection.scalars(query))


def _performed(tx: Transaction, device_id: str | None) -> Iterator[tuple[str | None, str, str]]:
    """Yield each device, test and variant of which there are results, step by step by the index."""
    columns: tuple[sa.ColumnElement[Any], ...] = (results.c.test, results.c.variant)
    counts = results.c.current.is_(True)
    if device_id is None:
        unknown = sa.select(*columns).where(results.c.device_id.is_(None), counts).distinct()
        for test, variant in tx.connection.execute(unknown.order_by(*columns)):
            yield None, test, variant
        columns = (results.c.device_id, *columns)
        base = sa.select(*columns).where(results.c.device_id.is_not(None), counts)
    else:
        base = sa.select(*columns).where(results.c.device_id == device_id, counts)
    query = base = base.order_by(*columns).limit(1)
    while (row := tx.connection.execute(query).one_or_none()) is not None:
        device, test, variant = row if device_id is None else (device_id, *row)
        yield device, test, variant
        query = base.where(paging.beyond(columns, row))


def _listed_figures(tx: Transaction, ids: Sequence[str]) -> dict[str, dict[str, FigureRecord]]:
    """Return the figures of results by id and name, with the forms that there are."""
    query = (
        sa.select(
            figures.c.result_id, figures.c.name, figures.c.title, figures.c.kind, figures.c.form
        )
        .where(figures.c.result_id.in_(ids))
        .order_by(figures.c.position, figures.c.form)
    )
    found: dict[str, dict[str, FigureRecord]] = {id_: {} for id_ in ids}
    for row in tx.connection.execute(query):
        known = found[row.result_id].get(row.name)
        forms: Mapping[str, bytes] = known.forms if known else {}
        found[row.result_id][row.name] = FigureRecord(
            name=row.name, title=row.title, kind=row.kind, forms={**forms, row.form: b""}
        )
    return found


def _summary(row: Any) -> ResultSummary:
    return ResultSummary(
        id=row.id,
        test_set_id=row.test_set_id,
        test=row.test,
        variant=row.variant,
        title=row.title,
        title_zh=row.title_zh,
        device_id=row.device_id,
        status=Status(row.status),
        purpose=row.purpose,
        version=row.version,
        current=row.current,
        acquired_at=row.acquired_at,
        finished_at=row.finished_at,
        message=row.message,
    )
