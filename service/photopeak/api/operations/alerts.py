"""Alerts: what needs a person, and who has taken notice."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.requests import Request

from photopeak.api.context import ApiContext
from photopeak.api.operations.parameters import Cursor, Id, Limit, principal_of
from photopeak.api.surface import Body, Surface
from photopeak.api.wire.base import PageOut
from photopeak.api.wire.site import AcknowledgeIn, AlertOut
from photopeak.model.alerts import AlertState
from photopeak.model.page import Access
from photopeak.storage import alerts, audit


def add(surface: Surface, context: ApiContext) -> None:
    """Add the operations."""

    @surface.operation("GET", "/api/v1/alerts", Access.READ, tags=["alerts"])
    def list_alerts(
        limit: Limit = 50,
        after: Cursor = None,
        state: Annotated[AlertState | None, Query()] = None,
    ) -> PageOut[AlertOut]:
        """Return alerts, the latest first."""
        with context.database.snapshot() as tx:
            page = alerts.page(
                tx, limit=limit, cursor=after, states=() if state is None else (state,)
            )
        return PageOut(items=[AlertOut.of_record(a) for a in page.items], next=page.next_cursor)

    @surface.operation(
        "POST",
        "/api/v1/alerts/{alert_id}/acknowledge",
        Access.OPERATE,
        tags=["alerts"],
        body=Body.JSON,
    )
    def acknowledge(request: Request, alert_id: Id, body: AcknowledgeIn) -> AlertOut:
        """Take notice of an alert, with a reason; it goes on until its cause is gone."""
        now = context.clock()
        who = principal_of(request).name
        with context.database.transaction() as tx:
            alert = alerts.acknowledge(tx, alert_id, by=who, comment=body.comment, now=now)
            audit.append(
                tx,
                at=now,
                actor=who,
                action="alert.acknowledged",
                subject=alert_id,
                detail={"comment": body.comment},
            )
        return AlertOut.of_record(alert)
