"""Taught routes: assignments that a person made once; a change is a new version."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from photopeak.model.identity import new_id
from photopeak.model.taught import TaughtRoute
from photopeak.storage.database import Transaction
from photopeak.storage.errors import NotFoundError
from photopeak.storage.locks import serialise
from photopeak.storage.tables.receiving import taught_routes


def add(tx: Transaction, route: TaughtRoute) -> TaughtRoute:
    """Keep a route; one with the conditions of an active route of the device replaces that one.

    Returns
    -------
    TaughtRoute
        As kept, with its id and version.
    """
    serialise(tx, ("taught routes",))
    for known in active(tx):
        same_place = (known.device_id, dict(known.conditions)) == (
            route.device_id,
            dict(route.conditions),
        )
        if same_place:
            if _means(known) == _means(route):
                return known
            _deactivate(tx, known.id)
            return _insert(tx, replace(route, id=known.id, version=known.version + 1, active=True))
    return _insert(tx, replace(route, id=route.id or new_id(), version=1, active=True))


def active(tx: Transaction) -> tuple[TaughtRoute, ...]:
    """Return the routes in force, the oldest first."""
    query = (
        sa.select(taught_routes)
        .where(taught_routes.c.active.is_(True))
        .order_by(taught_routes.c.id)
    )
    return tuple(_route(row) for row in tx.connection.execute(query))


def history(tx: Transaction, route_id: str) -> tuple[TaughtRoute, ...]:
    """Return every version of a route, the first one first."""
    query = (
        sa.select(taught_routes)
        .where(taught_routes.c.id == route_id)
        .order_by(taught_routes.c.version)
    )
    return tuple(_route(row) for row in tx.connection.execute(query))


def deactivate(tx: Transaction, route_id: str) -> None:
    """Put a route out of force; it stays readable.

    Raises
    ------
    NotFoundError
        If there is no active route with this id.
    """
    if not _deactivate(tx, route_id):
        raise NotFoundError(f"there is no active taught route {route_id}")


def _deactivate(tx: Transaction, route_id: str) -> bool:
    done = tx.connection.execute(
        sa.update(taught_routes)
        .where(taught_routes.c.id == route_id, taught_routes.c.active.is_(True))
        .values(active=False)
    )
    return done.rowcount > 0


def _insert(tx: Transaction, route: TaughtRoute) -> TaughtRoute:
    values = {name: getattr(route, name) for name in TaughtRoute.__dataclass_fields__}
    values["conditions"] = dict(route.conditions)
    values["parameters"] = dict(route.parameters)
    tx.connection.execute(sa.insert(taught_routes).values(values))
    return route


def _means(route: TaughtRoute) -> tuple[Any, ...]:
    return (
        route.test,
        route.variant,
        route.role,
        dict(route.parameters),
        route.limits,
        route.ignore,
    )


def _route(row: Any) -> TaughtRoute:
    values = dict(row._mapping)  # noqa: SLF001 - the documented public name of SQLAlchemy
    values["limits"] = tuple(values["limits"])
    return TaughtRoute(**values)
