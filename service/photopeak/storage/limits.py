"""Limit sets as they were used, and baselines: immutable versions both."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from photopeak.model.identity import new_id
from photopeak.model.judgement import (
    Baseline,
    BaselineForm,
    Limit,
    LimitKind,
    LimitSet,
    SeverityOverride,
)
from photopeak.model.trends import AcceptedBaseline, SeriesKey
from photopeak.storage.database import Transaction
from photopeak.storage.errors import NotFoundError
from photopeak.storage.locks import serialise
from photopeak.storage.tables.service import baselines, limit_sets
from photopeak.storage.types import dumps


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLimitSet:
    """A version of a limit set; `active` tells whether it is the one in force."""

    limit_set: LimitSet
    active: bool
    first_used_at: datetime


def put_in_force(tx: Transaction, sets: Iterable[LimitSet], *, now: datetime) -> tuple[str, ...]:
    """Make these the limit sets in force; versions that are not known yet are kept for good.

    Returns
    -------
    tuple of str
        The names of the sets that are new, changed or gone.
    """
    serialise(tx, ("limit sets",))
    wanted = {entry.name: entry for entry in sets}
    query = sa.select(limit_sets.c.name, limit_sets.c.version, limit_sets.c.active)
    known = tx.connection.execute(query).all()
    versions = {(row.name, row.version) for row in known}
    before = {row.name: row.version for row in known if row.active}
    after = {name: entry.version for name, entry in wanted.items()}
    for entry in wanted.values():
        if (entry.name, entry.version) not in versions:
            tx.connection.execute(
                sa.insert(limit_sets).values(
                    name=entry.name,
                    version=entry.version,
                    title=entry.title,
                    kind=entry.kind,
                    source=entry.source,
                    definition=_definition(entry),
                    active=False,
                    first_used_at=now,
                )
            )
    changed = sorted(n for n in {*before, *after} if before.get(n) != after.get(n))
    for name in changed:
        here = limit_sets.c.name == name
        tx.connection.execute(sa.update(limit_sets).where(here).values(active=False))
        if name in after:
            tx.connection.execute(
                sa.update(limit_sets)
                .where(here, limit_sets.c.version == after[name])
                .values(active=True)
            )
    return tuple(changed)


def get(tx: Transaction, name: str, version: str) -> LimitSet:
    """Return a version of a limit set.

    Raises
    ------
    NotFoundError
        If it was never in force.
    """
    row = tx.connection.execute(
        sa.select(limit_sets).where(limit_sets.c.name == name, limit_sets.c.version == version)
    ).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no limit set {name} {version}")
    return _limit_set(row)


def in_force(tx: Transaction) -> tuple[LimitSet, ...]:
    """Return the limit sets in force, by name."""
    query = sa.select(limit_sets).where(limit_sets.c.active.is_(True)).order_by(limit_sets.c.name)
    return tuple(_limit_set(row) for row in tx.connection.execute(query))


def every_version(tx: Transaction) -> tuple[StoredLimitSet, ...]:
    """Return every version of every limit set, by name, the first used first."""
    c = limit_sets.c
    query = sa.select(limit_sets).order_by(c.name, c.first_used_at, c.version)
    return tuple(_stored(row) for row in tx.connection.execute(query))


def history(tx: Transaction, name: str) -> tuple[StoredLimitSet, ...]:
    """Return every version of a limit set, the first used first."""
    query = (
        sa.select(limit_sets)
        .where(limit_sets.c.name == name)
        .order_by(limit_sets.c.first_used_at, limit_sets.c.version)
    )
    return tuple(_stored(row) for row in tx.connection.execute(query))


def add_baseline(
    tx: Transaction,
    baseline: Baseline,
    *,
    now: datetime,
    source_results: Iterable[str] = (),
) -> Baseline:
    """Keep a baseline as the newest version of its key; the one in force is not kept twice.

    The key is device, test, variant, metric, scope and configuration.

    Returns
    -------
    Baseline
        As kept, with its id and version.
    """
    key = _key(baseline)
    serialise(tx, (f"baseline {key}",))
    query = sa.select(baselines).where(baselines.c.key == key)
    row = tx.connection.execute(query.order_by(baselines.c.version.desc()).limit(1)).one_or_none()
    if row is not None:
        known = _baseline(row)
        if replace(known, id="", version=0) == replace(
            baseline, id="", version=0, scope=known.scope
        ):
            return known
    baseline = replace(
        baseline,
        id=new_id(),
        version=1 if row is None else row.version + 1,
    )
    values = {name: getattr(baseline, name) for name in Baseline.__dataclass_fields__}
    values["scope"] = dict(baseline.scope)
    tx.connection.execute(
        sa.insert(baselines).values(
            **values, key=key, source_results=sorted(source_results), created_at=now
        )
    )
    return baseline


def baselines_for(tx: Transaction, device_id: str, test: str, variant: str) -> tuple[Baseline, ...]:
    """Return the baselines in force for a test of a device, one per metric, scope, configuration."""
    query = (
        sa.select(baselines)
        .where(
            baselines.c.device_id == device_id,
            baselines.c.test == test,
            baselines.c.variant == variant,
        )
        .order_by(baselines.c.key, baselines.c.version)
    )
    newest = {row.key: _baseline(row) for row in tx.connection.execute(query)}
    return tuple(newest[key] for key in sorted(newest))


def accepted(tx: Transaction, series: SeriesKey) -> tuple[AcceptedBaseline, ...]:
    """Return every version of the baseline of a trend with its sources, the first accepted first."""
    identity = (series.device_id, series.test, series.variant, series.metric)
    key = _key_of(*identity, series.scope, series.configuration)
    query = sa.select(baselines).where(baselines.c.key == key).order_by(baselines.c.version)
    return tuple(_accepted(row) for row in tx.connection.execute(query))


def every_accepted(
    tx: Transaction, device_id: str, test: str, variant: str
) -> tuple[AcceptedBaseline, ...]:
    """Return every version of every baseline of a test of a device, the first accepted first."""
    c = baselines.c
    query = (
        sa.select(baselines)
        .where(c.device_id == device_id, c.test == test, c.variant == variant)
        .order_by(c.key, c.version)
    )
    found = (_accepted(row) for row in tx.connection.execute(query))
    return tuple(sorted(found, key=lambda entry: entry.accepted_at))


def accepted_of_device(tx: Transaction, device_id: str) -> tuple[AcceptedBaseline, ...]:
    """Return every version of every baseline of a device, by test, and the first version first."""
    c = baselines.c
    query = (
        sa.select(baselines)
        .where(c.device_id == device_id)
        .order_by(c.test, c.variant, c.key, c.version)
    )
    return tuple(_accepted(row) for row in tx.connection.execute(query))


def baseline(tx: Transaction, baseline_id: str) -> Baseline:
    """Return one version of a baseline.

    Raises
    ------
    NotFoundError
        If there is none with this id.
    """
    row = tx.connection.execute(
        sa.select(baselines).where(baselines.c.id == baseline_id)
    ).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no baseline {baseline_id}")
    return _baseline(row)


def _key(entry: Baseline) -> str:
    identity = (entry.device_id, entry.test, entry.variant, entry.metric)
    return _key_of(*identity, entry.scope, entry.configuration)


def _key_of(
    device_id: str,
    test: str,
    variant: str,
    metric: str,
    scope: Mapping[str, str | int | float],
    configuration: str,
) -> str:
    text = dumps([device_id, test, variant, metric, dict(scope), configuration])
    return hashlib.sha256(text.encode()).hexdigest()


def _accepted(row: Any) -> AcceptedBaseline:
    return AcceptedBaseline(
        baseline=_baseline(row),
        sources=frozenset(row.source_results),
        accepted_at=row.created_at,
    )


def _baseline(row: Any) -> Baseline:
    found: Mapping[str, Any] = row._mapping  # noqa: SLF001 - the documented public name
    return Baseline(**{name: found[name] for name in Baseline.__dataclass_fields__})


def _definition(entry: LimitSet) -> dict[str, Any]:
    return {
        "devices": entry.devices,
        "purpose": entry.purpose,
        "continuous_crystal_only": entry.continuous_crystal_only,
        "optional": entry.optional,
        "limits": [_plain(limit) for limit in entry.limits],
        "severities": [_plain(override) for override in entry.severities],
    }


def _plain(value: Limit | SeverityOverride) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}


def _stored(row: Any) -> StoredLimitSet:
    return StoredLimitSet(
        limit_set=_limit_set(row), active=row.active, first_used_at=row.first_used_at
    )


def _limit_set(row: Any) -> LimitSet:
    definition = row.definition
    return LimitSet(
        name=row.name,
        title=row.title,
        kind=LimitKind(row.kind),
        source=row.source,
        version=row.version,
        devices=tuple(definition["devices"]),
        purpose=tuple(definition["purpose"]),
        continuous_crystal_only=definition["continuous_crystal_only"],
        optional=definition["optional"],
        limits=tuple(_limit(plain) for plain in definition["limits"]),
        severities=tuple(SeverityOverride(**plain) for plain in definition["severities"]),
    )


def _limit(plain: dict[str, Any]) -> Limit:
    form = BaselineForm(plain["form"]) if plain["form"] else None
    return Limit(**{**plain, "form": form, "purpose": tuple(plain["purpose"])})
