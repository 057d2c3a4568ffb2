"""Series: what came in, where it stands, and why."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from photopeak.api.context import ApiContext
from photopeak.api.operations.parameters import Cursor, DeviceFilter, Limit, Since, Uid, aware
from photopeak.api.surface import Surface
from photopeak.api.wire.base import PageOut
from photopeak.api.wire.series import DecisionOut, InstanceOut, SeriesDetailOut, SeriesOut
from photopeak.model.page import Access
from photopeak.model.series import SeriesState
from photopeak.storage import decisions, instances, series, test_sets


def add(surface: Surface, context: ApiContext) -> None:
    """Add the operations."""

    @surface.operation("GET", "/api/v1/series", Access.READ, tags=["series"])
    def list_series(
        limit: Limit = 50,
        after: Cursor = None,
        state: Annotated[SeriesState | None, Query()] = None,
        device: DeviceFilter = None,
        since: Since = None,
    ) -> PageOut[SeriesOut]:
        """Return series, the last received first."""
        with context.database.snapshot() as tx:
            page = series.page(
                tx,
                limit=limit,
                cursor=after,
                states=() if state is None else (state,),
                device_id=device,
                since=aware(since),
            )
        return PageOut(items=[SeriesOut.of(s) for s in page.items], next=page.next_cursor)

    @surface.operation("GET", "/api/v1/series/{uid}", Access.READ, tags=["series"])
    def one_series(uid: Uid) -> SeriesDetailOut:
        """Return a series with its instances, the decision on it with its explanation, and more."""
        with context.database.snapshot() as tx:
            record = series.get(tx, uid)
            stored = instances.by_series(tx, uid, conflicts=True)
            history = [DecisionOut.of(d.decision) for d in reversed(decisions.history(tx, uid))]
            sets = test_sets.by_series(tx, uid)
        return SeriesDetailOut(
            series=SeriesOut.of(record),
            instances=[InstanceOut.of(i) for i in stored],
            decision=history[0] if history else None,
            history=history[1:],
            test_sets=[s.id for s in sets],
        )
