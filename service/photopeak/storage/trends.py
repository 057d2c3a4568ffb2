"""Points of trends: the numbers of one metric of a device in the order of their measurement.

Superseded results have none. Results that failed have no numbers either.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from photopeak.model.configuration import Configuration, configuration_of
from photopeak.model.judgement import LimitKind, Status, Verdict
from photopeak.model.results import PreconditionRecord, voiding
from photopeak.model.trends import (
    Exclusion,
    LeftOut,
    MetricSignal,
    Side,
    Signal,
    SignalLevel,
    TrendPoint,
)
from photopeak.storage import exclusions
from photopeak.storage.database import Transaction
from photopeak.storage.tables.results import measurements, preconditions, results, verdicts
from photopeak.storage.tables.trends import exclusions as excluded
from photopeak.storage.tables.trends import trend_signals
from photopeak.storage.types import dumps

ScopeValue = str | int | float
NumberKey = tuple[str, str]
"""A metric, and its scope as `scope_key` writes it."""

MOST_POINTS = 4000
"""Results of the longest trend: more than ten years of daily tests."""

_LATEST = 10
"""Results by which the numbers of a test are known."""

_AHEAD = timedelta(days=1)
"""A measurement cannot be later than its analysis; a time zone that is not known explains less."""

_STATUS = {status.value: status for status in Status}
_VERDICT = tuple(name for name in Verdict.__dataclass_fields__ if name != "scope")

_FLOOR = "noise_floor_"
_DETAILS = ("sys_", "spect_")
"""Parts of the names of metrics that those of their noise floors go without."""


def scope_key(scope: Mapping[str, ScopeValue]) -> str:
    """Return the text that equal scopes have in common."""
    return dumps(dict(scope))


def points(
    tx: Transaction,
    *,
    device_id: str,
    test: str,
    variant: str,
    metrics: Collection[str],
    scope: Mapping[str, ScopeValue] | None = None,
    limit: int = MOST_POINTS,
) -> dict[NumberKey, tuple[TrendPoint, ...]]:
    """Return the points of some metrics of a test, the first measured first, by metric and scope.

    Parameters
    ----------
    scope
        Of the numbers that are wanted; None for all.
    limit
        Of how many results at most, the last measured of them.
    """
    c = results.c
    base = (
        sa.select(
            c.id,
            c.test_set_id,
            c.version,
            c.acquired_at,
            c.finished_at,
            c.status,
            c.analyzer_version,
            sa.type_coerce(c.configurations, sa.Text).label("configurations"),
        )
        .where(c.device_id == device_id, c.test == test, c.variant == variant)
        .where(c.current.is_(True), c.status != Status.ERROR)
    )
    dated = base.where(c.acquired_at.is_not(None))
    dated = dated.order_by(c.acquired_at.desc()).limit(limit)
    found: dict[NumberKey, list[TrendPoint]] = {}
    # By the moment, not by the column: for its order SQLite would pass by all that are dated.
    moment = sa.func.coalesce(c.acquired_at, c.finished_at)
    undated = base.where(c.acquired_at.is_(None)).order_by(moment.desc()).limit(limit)
    for query in (dated, undated):
        _gather(tx, query, metrics, scope, found)
    return {
        key: tuple(sorted(listed, key=lambda p: (p.at, p.result_id)))
        for key, listed in found.items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberDescription:
    """A number that a test of a device gives, as its latest results call it."""

    metric: str
    scope: Mapping[str, ScopeValue]
    label: str
    label_zh: str
    unit: str
    decimals: int
    judged: bool


def numbers(
    tx: Transaction, device_id: str, test: str, variant: str
) -> tuple[NumberDescription, ...]:
    """Return the numbers that have trends, those that are judged first: of the latest results."""
    c = results.c
    chosen = (
        sa.select(c.id)
        .where(c.device_id == device_id, c.test == test, c.variant == variant)
        .where(c.current.is_(True), c.status != Status.ERROR)
        .order_by(c.acquired_at.desc().nulls_last(), c.finished_at.desc())
        .limit(_LATEST)
    )
    judging = (
        sa.select(verdicts.c.metric, verdicts.c.scope)
        .where(verdicts.c.result_id.in_(chosen))
        .where(verdicts.c.status.in_([Status.PASS, Status.WARN, Status.FAIL]))
    )
    judged = {(row.metric, scope_key(row.scope)) for row in tx.connection.execute(judging)}
    listed = sa.select(measurements).where(measurements.c.result_id.in_(chosen))
    found: dict[NumberKey, NumberDescription] = {}
    rows = sorted(tx.connection.execute(listed), key=lambda row: row.position)
    for row in rows:
        key = (row.metric, scope_key(row.scope))
        found[key] = NumberDescription(
            metric=row.metric,
            scope=row.scope,
            label=row.label,
            label_zh=row.label_zh,
            unit=row.unit,
            decimals=row.decimals,
            judged=key in judged,
        )
    return tuple(sorted(found.values(), key=lambda number: not number.judged))


def keep_signals(tx: Transaction, result_id: str, signals: Sequence[MetricSignal]) -> None:
    """Keep what a result showed in the trends when it came; what was kept of it before stands."""
    known = sa.select(sa.func.count()).where(trend_signals.c.result_id == result_id)
    if not signals or tx.connection.execute(known).scalar_one():
        return
    tx.connection.execute(
        sa.insert(trend_signals),
        [
            {
                "result_id": result_id,
                "position": position,
                "metric": entry.metric,
                "scope": dict(entry.scope),
                **{
                    name: getattr(entry.signal, name)
                    for name in Signal.__dataclass_fields__
                    if name != "result_id"
                },
            }
            for position, entry in enumerate(signals)
        ],
    )


def signals_of(tx: Transaction, result_id: str) -> tuple[MetricSignal, ...]:
    """Return what a result showed in the trends when it came."""
    query = (
        sa.select(trend_signals)
        .where(trend_signals.c.result_id == result_id)
        .order_by(trend_signals.c.position)
    )
    found = []
    for row in tx.connection.execute(query):
        values = dict(row._mapping)  # noqa: SLF001 - the documented public name of SQLAlchemy
        del values["position"]
        metric, scope = values.pop("metric"), values.pop("scope")
        values["level"] = SignalLevel(values["level"])
        values["side"] = Side(values["side"]) if values["side"] else None
        found.append(MetricSignal(metric=metric, scope=scope, signal=Signal(**values)))
    return tuple(found)


def _gather(
    tx: Transaction,
    query: sa.Select[Any],
    metrics: Collection[str],
    scope: Mapping[str, ScopeValue] | None,
    found: dict[NumberKey, list[TrendPoint]],
) -> None:
    """Add the points of the results of a query."""
    reader = _Reader(tx, query)
    if not reader.rows:
        return
    floors = {floor: metric for metric in metrics for floor in _floor_names(metric)}
    read = reader.numbers([*metrics, *floors], scope)
    heights = {
        (row.result_id, floors[row.metric], row.scope): row.value
        for row in read
        if row.metric in floors
    }
    judged = reader.verdicts(metrics, scope)
    voids = reader.voids()
    left_out = reader.exclusions()
    arrived = reader.arrived()
    for row in read:
        if row.metric not in metrics:
            continue
        result = reader.rows[row.result_id]
        own = reader.scope(row.scope)
        exclusion = next(
            (e for e in left_out.get(row.result_id, ()) if _concerns(e, row.metric, own)), None
        )
        reason = None
        if result.status == Status.INVALID or voiding(voids.get(row.result_id, ()), own):
            reason = LeftOut.INVALID
        elif exclusion is not None:
            reason = LeftOut.EXCLUDED
        at, dated = _moment(result, arrived.get(result.test_set_id, result.finished_at))
        key = (row.metric, row.scope)
        found.setdefault(key, []).append(
            TrendPoint(
                result_id=row.result_id,
                at=at,
                value=row.value,
                uncertainty=row.uncertainty,
                status=_STATUS[result.status],
                configuration=reader.configuration(result.configurations, row.scope),
                decimals=row.decimals,
                unit=row.unit,
                verdicts=judged.get((row.result_id, *key), ()),
                noise_floor=heights.get((row.result_id, *key)),
                dated=dated,
                left_out=reason,
                exclusion=exclusion,
                analyzer=result.analyzer_version,
            )
        )


class _Reader:
    """Reads what belongs to the results of a query, each kind with one statement.

    The same scopes, configurations and verdicts come thousands of times: each is made once.
    """

    def __init__(self, tx: Transaction, query: sa.Select[Any]) -> None:
        self._tx = tx
        self.rows = {row.id: row for row in tx.connection.execute(query)}
        self._chosen = query.with_only_columns(results.c.id)
        self._scopes: dict[str, Mapping[str, ScopeValue]] = {}
        self._configurations: dict[tuple[str, str], str] = {}

    def arrived(self) -> dict[str, datetime]:
        """Return when what was analysed again was analysed first, by its test set."""
        again = {row.test_set_id for row in self.rows.values() if row.version > 1}
        if not again:
            return {}
        c = results.c
        first = sa.func.min(c.finished_at, type_=c.finished_at.type)
        query = sa.select(c.test_set_id, first).where(c.test_set_id.in_(sorted(again)))
        return dict(self._tx.connection.execute(query.group_by(c.test_set_id)).all())

    def scope(self, text: str) -> Mapping[str, ScopeValue]:
        """Return the scope of a text."""
        known = self._scopes.get(text)
        if known is None:
            known = self._scopes[text] = MappingProxyType(json.loads(text))
        return known

    def configuration(self, text: str, scope: str) -> str:
        """Return the key of the configuration of a scope, of the text of those of its result."""
        known = self._configurations.get((text, scope))
        if known is None:
            parts = [Configuration(**entry) for entry in json.loads(text)]
            known = configuration_of(parts, self.scope(scope)).key
            self._configurations[text, scope] = known
        return known

    def numbers(
        self, metrics: Iterable[str], scope: Mapping[str, ScopeValue] | None
    ) -> Sequence[Any]:
        """Return the numbers of some metrics."""
        names = ("result_id", "metric", "value", "unit", "uncertainty", "decimals")
        return self._children(measurements, names, metrics, scope)

    def verdicts(
        self, metrics: Iterable[str], scope: Mapping[str, ScopeValue] | None
    ) -> dict[tuple[str, str, str], tuple[Verdict, ...]]:
        """Return the verdicts on some metrics, by result, metric and scope."""
        found: dict[tuple[str, str, str], tuple[Verdict, ...]] = {}
        made: dict[tuple[Any, ...], Verdict] = {}
        names = ("result_id", *_VERDICT)
        for row in self._children(verdicts, names, metrics, scope):
            content = tuple(row)[1:]
            verdict = made.get(content)
            if verdict is None:
                values = {name: getattr(row, name) for name in _VERDICT}
                values["kind"] = LimitKind(row.kind)
                values["status"] = _STATUS[row.status]
                verdict = made[content] = Verdict(scope=self.scope(row.scope), **values)
            key = (row.result_id, row.metric, row.scope)
            found[key] = (*found.get(key, ()), verdict)
        return found

    def voids(self) -> dict[str, list[PreconditionRecord]]:
        """Return what voids numbers of results that are not INVALID as a whole."""
        if not any(row.status == Status.FAIL for row in self.rows.values()):
            return {}
        c = preconditions.c
        query = (
            sa.select(c.result_id, c.code, c.severity, c.outcome, c.scope)
            .where(c.result_id.in_(self._chosen))
            .where(c.severity == "hard", c.outcome != "met")
        )
        found: dict[str, list[PreconditionRecord]] = {}
        for row in self._tx.connection.execute(query):
            found.setdefault(row.result_id, []).append(
                PreconditionRecord(
                    code=row.code, severity=row.severity, outcome=row.outcome, scope=row.scope
                )
            )
        return found

    def exclusions(self) -> dict[str, list[Exclusion]]:
        """Return what people took out."""
        query = sa.select(excluded).where(
            excluded.c.result_id.in_(self._chosen), excluded.c.undone_at.is_(None)
        )
        found: dict[str, list[Exclusion]] = {}
        for row in self._tx.connection.execute(query):
            found.setdefault(row.result_id, []).append(exclusions.of_row(row))
        return found

    def _children(
        self,
        table: sa.Table,
        names: Iterable[str],
        metrics: Iterable[str],
        scope: Mapping[str, ScopeValue] | None,
    ) -> Sequence[Any]:
        columns = [table.c[name] for name in names]
        query = sa.select(*columns, sa.type_coerce(table.c.scope, sa.Text).label("scope")).where(
            table.c.result_id.in_(self._chosen), table.c.metric.in_(sorted(set(metrics)))
        )
        if scope is not None:
            query = query.where(table.c.scope == dict(scope))
        return self._tx.connection.execute(query).all()


def _floor_names(metric: str) -> set[str]:
    """Return what the noise floor of a metric may be called."""
    names = {metric}
    for detail in _DETAILS:
        names |= {name.replace(detail, "", 1) for name in names}
    return {f"{_FLOOR}{name}" for name in names}


def _concerns(entry: Exclusion, metric: str, scope: Mapping[str, ScopeValue]) -> bool:
    return not entry.metric or (entry.metric == metric and dict(entry.scope) == dict(scope))


def _moment(row: Any, arrived: datetime) -> tuple[datetime, bool]:
    """Return when something was measured, and whether that is known.

    What does not tell stands where it was analysed first: analysed again, it is no younger.
    """
    at: datetime | None = row.acquired_at
    if at is None or at > arrived + _AHEAD:
        return arrived, False
    return at, True
