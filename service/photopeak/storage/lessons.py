"""Header texts of series, by which taught routes know them, and which rule knew each series."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from photopeak.model.series import SeriesState
from photopeak.storage import paging
from photopeak.storage.database import Transaction
from photopeak.storage.locks import serialise
from photopeak.storage.tables.lessons import header_texts, routed_series
from photopeak.storage.tables.receiving import series
from photopeak.storage.types import dumps

_CHUNK = 400
_NOT_ROUTED = (SeriesState.RECEIVING, SeriesState.COMPLETE)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutedSeries:
    """What routing saw of a series and what it said.

    Attributes
    ----------
    texts
        Normalised descriptive texts by keyword; None when no taught route is asked of such a
        series, above all when it is held back.
    kind
        Kind of object as routing tells it: NM, PT, CT, DOC, ...
    outcome, rule, test, role
        Of the decision; `test` and `role` of its first assignment.
    added
        Rules that added a test to it.
    """

    series_instance_uid: str
    device_id: str | None
    texts: Mapping[str, str] | None
    kind: str
    outcome: str
    rule: str
    added: Sequence[str]
    test: str
    role: str
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Series of a device with the same texts share these."""

    id: str
    device_id: str | None
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many series that are alike were routed the same way, and the last of them."""

    texts_id: str
    outcome: str
    rule: str
    test: str
    role: str
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """How often a rule knew a series."""

    rule: str
    recent: int
    last_at: datetime


def note(tx: Transaction, entry: RoutedSeries) -> None:
    """Keep what routing saw and said of a series, in place of what was kept of it before."""
    uid = entry.series_instance_uid
    serialise(tx, (f"routed series {uid}",))
    before = tx.connection.execute(
        sa.select(routed_series.c.texts_id).where(routed_series.c.series_instance_uid == uid)
    ).one_or_none()
    texts_id = None
    if entry.texts is not None:
        texts_id = likeness(entry.device_id, entry.texts)
    old_id = None if before is None else before.texts_id
    # Nobody drops these texts as unused while this series is about to use them.
    serialise(tx, sorted(f"header texts {each}" for each in {texts_id, old_id} if each))
    if texts_id is not None and entry.texts is not None:
        _insert_once(
            tx, {"id": texts_id, "device_id": entry.device_id, "texts": _present(entry.texts)}
        )
    values = {
        "texts_id": texts_id,
        "kind": entry.kind,
        "outcome": entry.outcome,
        "rule": entry.rule,
        "added": " ".join(entry.added),
        "test": entry.test,
        "role": entry.role,
        "received_at": entry.received_at,
    }
    if before is None:
        tx.connection.execute(sa.insert(routed_series).values(series_instance_uid=uid, **values))
        return
    tx.connection.execute(
        sa.update(routed_series).where(routed_series.c.series_instance_uid == uid).values(values)
    )
    if old_id is not None and old_id != texts_id:
        _forget_unused(tx, old_id)


def likeness(device_id: str | None, texts: Mapping[str, str]) -> str:
    """Return the same word for series of the same device with the same texts."""
    return hashlib.sha256(dumps([device_id, _present(texts)]).encode()).hexdigest()


def texts_of(tx: Transaction, uid: str) -> Mapping[str, str] | None:
    """Return the texts of a series; None when they are not kept."""
    query = (
        sa.select(header_texts.c.texts)
        .join(routed_series, routed_series.c.texts_id == header_texts.c.id)
        .where(routed_series.c.series_instance_uid == uid)
    )
    found: Mapping[str, str] | None = tx.connection.execute(query).scalar_one_or_none()
    return found


def alike_of_device(tx: Transaction, device_id: str | None) -> Iterator[Alike]:
    """Return every set of texts that series of a device have; of no known device for None."""
    c = header_texts.c
    same = c.device_id.is_(None) if device_id is None else c.device_id == device_id
    for row in tx.connection.execute(sa.select(header_texts).where(same).order_by(c.id)):
        yield Alike(id=row.id, device_id=row.device_id, texts=row.texts)


def every_alike(tx: Transaction, *, limit: int) -> tuple[tuple[Alike, str, str, int], ...]:
    """Return sets of texts with kind of object, rule that knows such series, and how many there are."""
    r, h = routed_series.c, header_texts.c
    grouped = (
        sa.select(r.texts_id, r.kind, r.rule, sa.func.count().label("number"))
        .where(r.texts_id.is_not(None))
        .group_by(r.texts_id, r.kind, r.rule)
        .order_by(sa.func.max(r.received_at).desc())
        .limit(limit)
        .subquery()
    )
    query = sa.select(h.id, h.device_id, h.texts, grouped).join(grouped, grouped.c.texts_id == h.id)
    return tuple(
        (
            Alike(id=row.id, device_id=row.device_id, texts=row.texts),
            row.kind,
            row.rule,
            row.number,
        )
        for row in tx.connection.execute(query)
    )


def shares(tx: Transaction, texts_ids: Sequence[str]) -> tuple[Share, ...]:
    """Return how the series with these texts were routed, the last received first."""
    r = routed_series.c
    found: list[Share] = []
    for start in range(0, len(texts_ids), _CHUNK):
        query = (
            sa.select(
                r.texts_id, r.outcome, r.rule, r.test, r.role,
                sa.func.count().label("number"), sa.func.max(r.received_at).label("last_at"),
            )
            .where(r.texts_id.in_(texts_ids[start : start + _CHUNK]))
            .group_by(r.texts_id, r.outcome, r.rule, r.test, r.role)
        )  # fmt: skip
        found.extend(
            Share(
                texts_id=row.texts_id, outcome=row.outcome, rule=row.rule, test=row.test,
                role=row.role, count=row.number, last_at=row.last_at,
            )
            for row in tx.connection.execute(query)
        )  # fmt: skip
    return tuple(sorted(found, key=lambda share: (-share.last_at.timestamp(), share.texts_id)))


def series_with(
    tx: Transaction,
    texts_ids: Sequence[str],
    *,
    limit: int,
    states: Collection[SeriesState] = (),
    other_than_rule: str | None = None,
) -> tuple[str, ...]:
    """Return UIDs of series with these texts, the last received first.

    Parameters
    ----------
    states
        Only those in one of these states; any when empty.
    other_than_rule
        Only those that this rule did not know.
    """
    r = routed_series.c
    found: list[tuple[datetime, str]] = []
    for start in range(0, len(texts_ids), _CHUNK):
        query = (
            sa.select(r.received_at, r.series_instance_uid)
            .where(r.texts_id.in_(texts_ids[start : start + _CHUNK]))
            .order_by(r.received_at.desc(), r.series_instance_uid)
            .limit(limit)
        )
        if other_than_rule is not None:
            query = query.where(r.rule != other_than_rule)
        if states:
            query = query.join(series, series.c.series_instance_uid == r.series_instance_uid).where(
                series.c.state.in_(sorted(states))
            )
        found.extend(
            (row.received_at, row.series_instance_uid) for row in tx.connection.execute(query)
        )
    found.sort(key=lambda pair: (-pair[0].timestamp(), pair[1]))
    return tuple(uid for _, uid in found[:limit])


def hits(tx: Transaction, *, since: datetime) -> dict[str, Hits]:
    """Return how often each rule knew a series or added a test to one; rules without any are absent.

    Goes from one rule to the next and counts what is recent, however many series there are.
    """
    r = routed_series.c
    step = query = sa.select(r.rule, r.added).order_by(r.rule, r.added).limit(1)
    found: dict[str, Hits] = {}
    while (row := tx.connection.execute(query).one_or_none()) is not None:
        mine = (r.rule == row.rule, r.added == row.added)
        newest = sa.select(r.received_at).where(*mine).order_by(r.received_at.desc()).limit(1)
        last_at = tx.connection.execute(newest).scalar_one()
        count = sa.select(sa.func.count()).where(*mine, r.received_at >= since)
        recent = tx.connection.execute(count).scalar_one()
        for rule in {row.rule, *row.added.split()} - {""}:
            known = found.get(rule)
            found[rule] = Hits(
                rule=rule,
                recent=recent + (known.recent if known else 0),
                last_at=max(last_at, known.last_at) if known else last_at,
            )
        query = step.where(paging.beyond((r.rule, r.added), row))
    return found


def not_noted(tx: Transaction, *, limit: int) -> tuple[str, ...]:
    """Return series that were routed before their texts were kept, the last received first."""
    noted = sa.select(routed_series.c.series_instance_uid).where(
        routed_series.c.series_instance_uid == series.c.series_instance_uid
    )
    query = (
        sa.select(series.c.series_instance_uid)
        .where(series.c.state.not_in(_NOT_ROUTED), ~noted.exists())
        .order_by(series.c.last_received_at.desc(), series.c.series_instance_uid)
        .limit(limit)
    )
    return tuple(tx.connection.execute(query).scalars())


def _present(texts: Mapping[str, str]) -> dict[str, str]:
    return {keyword: text for keyword, text in texts.items() if text}


def _insert_once(tx: Transaction, values: dict[str, Any]) -> None:
    known = sa.select(header_texts.c.id).where(header_texts.c.id == values["id"])
    if tx.connection.execute(known).one_or_none() is not None:
        return
    if tx.connection.dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as insert_sqlite

        tx.connection.execute(insert_sqlite(header_texts).values(values).on_conflict_do_nothing())
    else:
        from sqlalchemy.dialects.postgresql import insert as insert_postgresql

        tx.connection.execute(
            insert_postgresql(header_texts).values(values).on_conflict_do_nothing()
        )


def _forget_unused(tx: Transaction, texts_id: str) -> None:
    """Delete texts that no series has any more: those of one that is now held back stay nowhere."""
    used = sa.select(routed_series.c.texts_id).where(routed_series.c.texts_id == texts_id)
    tx.connection.execute(
        sa.delete(header_texts).where(header_texts.c.id == texts_id, ~used.exists())
    )
