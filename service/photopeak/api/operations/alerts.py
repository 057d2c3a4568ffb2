"""Alerts: what needs a person, who has taken notice, and what nobody wants to be told for a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Query
from starlette.requests import Request

from photopeak.alerts import endings, handling
from photopeak.alerts.handling import HandlingError, Wish
from photopeak.api.context import ApiContext
from photopeak.api.operations.parameters import (
    Cursor,
    DeviceFilter,
    Id,
    Limit,
    TestFilter,
    principal_of,
)
from photopeak.api.problems import Problem
from photopeak.api.surface import Body, Surface
from photopeak.api.wire.alerts import (
    AlertDetailOut,
    SilenceIn,
    SilenceOut,
    SilencePreviewIn,
    UnsilenceIn,
    WithdrawIn,
)
from photopeak.api.wire.base import PageOut
from photopeak.api.wire.site import AcknowledgeIn, AlertOut
from photopeak.model.alerts import AlertState
from photopeak.model.page import Access
from photopeak.storage import alert_events, alerts, silences

T = TypeVar("T")


def add(surface: Surface, context: ApiContext) -> None:
    """Add the operations."""

    @surface.operation("GET", "/api/v1/alerts", Access.READ, tags=["alerts"])
    def list_alerts(
        limit: Limit = 50,
        after: Cursor = None,
        state: Annotated[AlertState | None, Query()] = None,
        device: DeviceFilter = None,
        test: TestFilter = None,
    ) -> PageOut[AlertOut]:
        """Return alerts, the latest first."""
        with context.database.snapshot() as tx:
            page = alerts.page(
                tx,
                limit=limit,
                cursor=after,
                states=() if state is None else (state,),
                device_id=device,
                test=test,
            )
        return PageOut(items=[AlertOut.of_record(a) for a in page.items], next=page.next_cursor)

    @surface.operation("GET", "/api/v1/alerts/{alert_id}", Access.READ, tags=["alerts"])
    def get_alert(alert_id: Id) -> AlertDetailOut:
        """Return an alert with everything that happened to it."""
        with context.database.snapshot() as tx:
            record = alerts.get(tx, alert_id)
            history = alert_events.history(tx, alert_id)
            holding = silences.active(tx, now=context.clock())
            endless = "" if record.over else endings.why_endless_at(tx, record.alert, context)
        speaking = tuple(s for s in holding if s.matches(record.alert))
        return AlertDetailOut.of_all(record, history, speaking, endless=endless)

    @surface.operation(
        "POST",
        "/api/v1/alerts/{alert_id}/acknowledge",
        Access.OPERATE,
        tags=["alerts"],
        body=Body.JSON,
    )
    def acknowledge(request: Request, alert_id: Id, body: AcknowledgeIn) -> AlertOut:
        """Take notice of an alert, with a reason; it goes on until its cause is gone."""
        who = principal_of(request).name
        with context.database.transaction() as tx:
            alert = _understood(
                lambda: handling.acknowledge(
                    tx, alert_id, by=who, reason=body.comment, now=context.clock()
                )
            )
        return AlertOut.of_record(alert)

    @surface.operation(
        "POST",
        "/api/v1/alerts/{alert_id}/withdraw",
        Access.REVIEW,
        tags=["alerts"],
        body=Body.JSON,
    )
    def withdraw(request: Request, alert_id: Id, body: WithdrawIn) -> AlertOut:
        """End an alert that nothing else can end, with a reason: `endless` tells why not."""
        who = principal_of(request).name
        with context.database.transaction() as tx:
            about = alerts.get(tx, alert_id).alert
            endless = endings.why_endless_at(tx, about, context)
            alert = _understood(
                lambda: handling.withdraw(
                    tx,
                    alert_id,
                    by=who,
                    reason=body.reason,
                    endless=endless,
                    now=context.clock(),
                )
            )
        return AlertOut.of_record(alert)

    @surface.operation("GET", "/api/v1/silences", Access.READ, tags=["alerts"])
    def list_silences() -> PageOut[SilenceOut]:
        """Return the silences that hold, the first to end first, then the last that are over."""
        now = context.clock()
        with context.database.snapshot() as tx:
            found = (*silences.active(tx, now=now), *silences.past(tx, now=now))
        return PageOut(items=[SilenceOut.of(silence) for silence in found])

    @surface.operation("POST", "/api/v1/silences", Access.REVIEW, tags=["alerts"], body=Body.JSON)
    def silence(request: Request, body: SilenceIn) -> SilenceOut:
        """Keep messages back for a time. Nothing is hidden on any page, and everything is judged."""
        who = principal_of(request).name
        with context.database.transaction() as tx:
            made = _understood(
                lambda: handling.silence(
                    tx,
                    _wish(body, body.reason),
                    by=who,
                    now=context.clock(),
                    longest=context.longest_silence,
                )
            )
        return SilenceOut.of(made)

    @surface.operation(
        "POST", "/api/v1/silences/preview", Access.READ, tags=["alerts"], body=Body.JSON
    )
    def preview(request: Request, body: SilencePreviewIn) -> PageOut[AlertOut]:
        """Return the alerts that a silence would speak of now, without making one."""
        who = principal_of(request).name
        with context.database.snapshot() as tx:
            found = _understood(
                lambda: handling.preview(
                    tx,
                    _wish(body, ""),
                    by=who,
                    now=context.clock(),
                    longest=context.longest_silence,
                )
            )
        return PageOut(items=[AlertOut.of_record(record) for record in found])

    @surface.operation(
        "POST",
        "/api/v1/silences/{silence_id}/end",
        Access.REVIEW,
        tags=["alerts"],
        body=Body.JSON,
    )
    def unsilence(request: Request, silence_id: Id, body: UnsilenceIn) -> SilenceOut:
        """End a silence before its time, with a reason."""
        who = principal_of(request).name
        with context.database.transaction() as tx:
            ended = _understood(
                lambda: handling.unsilence(
                    tx, silence_id, by=who, reason=body.reason, now=context.clock()
                )
            )
        return SilenceOut.of(ended)


def _wish(body: SilencePreviewIn, reason: str) -> Wish:
    return Wish(
        device_id=body.device or "",
        test=body.test or "",
        rule=body.rule,
        reason=reason,
        ends_at=body.ends_at,
    )


def _understood(act: Callable[[], T]) -> T:
    try:
        return act()
    except HandlingError as error:
        raise Problem(422, "not-acceptable", str(error)) from error
