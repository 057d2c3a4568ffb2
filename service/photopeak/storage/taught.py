"""Taught routes: what people said once; a change is a new version, and one at most is in force."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from photopeak.model.identity import new_id
from photopeak.model.taught import LessonState, TaughtNumber, TaughtRoute
from photopeak.storage.database import Transaction
from photopeak.storage.errors import NotFoundError, StateError
from photopeak.storage.locks import serialise
from photopeak.storage.tables.receiving import taught_routes


def draft(tx: Transaction, route: TaughtRoute) -> TaughtRoute:
    """Keep a route that is not in force yet.

    One that looks for what an earlier route of the device looks for is a new version of that one,
    and nothing new at all when it says what the newest version says.

    Returns
    -------
    TaughtRoute
        As kept, with its id and version.
    """
    serialise(tx, ("taught routes",))
    newest = looking_for_the_same(tx, route)
    if newest is not None:
        same = _means(newest) == _means(route)
        if same and newest.state in (LessonState.DRAFT, LessonState.ACTIVE):
            return newest
        return _insert(tx, replace(route, id=newest.id, version=newest.version + 1, active=False))
    return _insert(tx, replace(route, id=route.id or new_id(), version=1, active=False))


def looking_for_the_same(tx: Transaction, route: TaughtRoute) -> TaughtRoute | None:
    """Return the newest version of the route that looks for the same on the same device, or None."""
    return next((known for known in latest(tx) if _place(known) == _place(route)), None)


def activate(
    tx: Transaction, route_id: str, version: int, *, who: str, reason: str, now: datetime
) -> TaughtRoute:
    """Put a version in force in place of the one that was.

    Raises
    ------
    NotFoundError
        If there is no such version.
    StateError
        If it is no draft.
    """
    serialise(tx, ("taught routes",))
    route = get(tx, route_id, version)
    if route.state is not LessonState.DRAFT:
        raise StateError(f"version {version} of taught route {route_id} is {route.state}")
    tx.connection.execute(
        sa.update(taught_routes)
        .where(taught_routes.c.id == route_id, taught_routes.c.active.is_(True))
        .values(active=False)
    )
    changes: dict[str, Any] = {
        "active": True,
        "activated_at": now,
        "activated_by": who,
        "activation_reason": reason,
    }
    _update(tx, route, changes)
    return replace(route, **changes)


def withdraw(
    tx: Transaction, route_id: str, *, who: str, reason: str, now: datetime
) -> TaughtRoute:
    """Put a route out of force, or drop the draft of one; it stays readable.

    Raises
    ------
    NotFoundError
        If there is nothing to withdraw.
    """
    serialise(tx, ("taught routes",))
    versions = history(tx, route_id)
    route = next((v for v in versions if v.active), None)
    if route is None:
        route = next((v for v in versions[-1:] if v.state is LessonState.DRAFT), None)
    if route is None:
        raise NotFoundError(f"there is no taught route {route_id} in force")
    changes: dict[str, Any] = {
        "active": False,
        "withdrawn_at": now,
        "withdrawn_by": who,
        "withdrawal_reason": reason,
    }
    _update(tx, route, changes)
    return replace(route, **changes)


def active(tx: Transaction) -> tuple[TaughtRoute, ...]:
    """Return the routes in force, the oldest first."""
    query = (
        sa.select(taught_routes)
        .where(taught_routes.c.active.is_(True))
        .order_by(taught_routes.c.id)
    )
    return tuple(_route(row) for row in tx.connection.execute(query))


def latest(tx: Transaction) -> tuple[TaughtRoute, ...]:
    """Return the newest version of every route, the oldest route first."""
    c = taught_routes.c
    newest = sa.select(c.id, sa.func.max(c.version).label("v")).group_by(c.id).subquery()
    query = (
        sa.select(taught_routes)
        .join(newest, sa.and_(c.id == newest.c.id, c.version == newest.c.v))
        .order_by(c.id)
    )
    return tuple(_route(row) for row in tx.connection.execute(query))


def get(tx: Transaction, route_id: str, version: int) -> TaughtRoute:
    """Return a version of a route.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    found = next((r for r in history(tx, route_id) if r.version == version), None)
    if found is None:
        raise NotFoundError(f"there is no version {version} of a taught route {route_id}")
    return found


def history(tx: Transaction, route_id: str) -> tuple[TaughtRoute, ...]:
    """Return every version of a route, the first one first."""
    query = (
        sa.select(taught_routes)
        .where(taught_routes.c.id == route_id)
        .order_by(taught_routes.c.version)
    )
    return tuple(_route(row) for row in tx.connection.execute(query))


def _update(tx: Transaction, route: TaughtRoute, changes: dict[str, Any]) -> None:
    tx.connection.execute(
        sa.update(taught_routes)
        .where(taught_routes.c.id == route.id, taught_routes.c.version == route.version)
        .values(**changes)
    )


def _insert(tx: Transaction, route: TaughtRoute) -> TaughtRoute:
    values = {name: getattr(route, name) for name in TaughtRoute.__dataclass_fields__}
    values["conditions"] = dict(route.conditions)
    values["parameters"] = dict(route.parameters)
    values["numbers"] = [asdict(number) for number in route.numbers]
    tx.connection.execute(sa.insert(taught_routes).values(values))
    return route


def _place(route: TaughtRoute) -> tuple[Any, ...]:
    """Return what a route looks for."""
    varying = frozenset((number.keyword, number.place) for number in route.numbers)
    return route.device_id, dict(route.conditions), varying


def _means(route: TaughtRoute) -> tuple[Any, ...]:
    return (
        route.test,
        route.variant,
        route.role,
        dict(route.parameters),
        route.limits,
        route.ignore,
        frozenset(route.numbers),
    )


def _route(row: Any) -> TaughtRoute:
    values = dict(row._mapping)  # noqa: SLF001 - the documented public name of SQLAlchemy
    values["limits"] = tuple(values["limits"])
    values["numbers"] = tuple(TaughtNumber(**number) for number in values["numbers"])
    return TaughtRoute(**values)
