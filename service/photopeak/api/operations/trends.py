"""Trends: read and compared; baselines proposed and accepted; numbers taken out; events noted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Query
from starlette.requests import Request

from photopeak.alerts.channels.announcements import announce_baseline
from photopeak.api.context import ApiContext
from photopeak.api.operations.parameters import (
    Cursor,
    DeviceFilter,
    Id,
    Limit,
    Word,
    aware,
    principal_of,
)
from photopeak.api.problems import Problem
from photopeak.api.surface import Body, Surface
from photopeak.api.wire.base import PageOut, Scope
from photopeak.api.wire.trends import (
    AcceptedOut,
    AcceptIn,
    ComparisonOut,
    EventIn,
    EventOut,
    ExcludeIn,
    ExclusionOut,
    NumberOut,
    NumberSignalOut,
    PairedDayOut,
    ProposalIn,
    ProposalOut,
    ReviseIn,
    TrendOut,
)
from photopeak.model.page import Access
from photopeak.model.trends import EventKind, Rules, ServiceEvent
from photopeak.storage import events, limits, trends
from photopeak.storage.database import Transaction
from photopeak.trends import keeping
from photopeak.trends.comparison import compare
from photopeak.trends.load import Trend, load

ScopeText = Annotated[
    str, Query(max_length=300, description='JSON object, as in a result: {"detector": 1}')
]
Configured = Annotated[
    str | None, Query(max_length=500, description="the one measured last when it is left out")
]
From = Annotated[datetime | None, Query(alias="from", description="RFC 3339, with zone")]
To = Annotated[
    datetime | None, Query(description="RFC 3339, with zone; the first moment not to show")
]
Reason = Annotated[str, Query(min_length=1, max_length=200)]


def add(surface: Surface, context: ApiContext) -> None:
    """Add the operations."""
    settings = context.settings.trends
    rules = Rules(run_length=settings.run_length, horizon_days=settings.horizon_days)
    zone = ZoneInfo(context.settings.site.time_zone)

    @surface.operation("GET", "/api/v1/trends/numbers", Access.READ, tags=["trends"])
    def list_numbers(device: Word, test: Word, variant: Word) -> PageOut[NumberOut]:
        """Return the numbers of a test of a device that have trends, judged ones first."""
        with context.database.snapshot() as tx:
            found = trends.numbers(tx, device, test, variant)
        return PageOut(items=[NumberOut.of(number) for number in found])

    @surface.operation("GET", "/api/v1/trends", Access.READ, tags=["trends"])
    def one_trend(
        device: Word,
        test: Word,
        variant: Word,
        metric: Word,
        scope: ScopeText = "{}",
        configuration: Configured = None,
        since: From = None,
        to: To = None,
        log: Annotated[bool, Query(description="logarithms, for what is skewed")] = False,
    ) -> TrendOut:
        """Return a trend: its points, control limits, charts, signals, drift and events.

        What is told of the points within a time is made of all of them.
        """
        first, last = aware(since, "from"), aware(to, "to")
        with context.database.snapshot() as tx:
            trend = load(
                tx,
                device_id=device,
                test=test,
                variant=variant,
                metric=metric,
                scope=scope_of(scope),
                configuration=configuration,
            )
        return TrendOut.of_trend(trend, trend.track(rules, log=log), since=first, until=last)

    @surface.operation("GET", "/api/v1/trends/compare", Access.READ, tags=["trends"])
    def compare_trends(
        device: Word,
        test: Word,
        variant: Word,
        metric: Word,
        scope: ScopeText = "{}",
        other_device: Annotated[str | None, Query(max_length=64)] = None,
        other_scope: Annotated[str | None, Query(max_length=300)] = None,
        since: From = None,
        to: To = None,
    ) -> ComparisonOut:
        """Compare two heads, or two systems: what is not given of the other is as of the first."""
        first, last = aware(since, "from"), aware(to, "to")
        with context.database.snapshot() as tx:
            here, there = (
                load(
                    tx,
                    device_id=device_id,
                    test=test,
                    variant=variant,
                    metric=metric,
                    scope=scope_of(text),
                )
                for device_id, text in (
                    (device, scope),
                    (other_device or device, other_scope or scope),
                )
            )
        found = compare(
            *(
                [
                    p
                    for p in trend.own
                    if (first is None or p.at >= first) and (last is None or p.at < last)
                ]
                for trend in (here, there)
            ),
            zone=zone,
        )
        names = [name for name in ComparisonOut.model_fields if hasattr(found, name)]
        values = {name: getattr(found, name) for name in names if name != "days"}
        return ComparisonOut(
            same_configuration=here.key.configuration == there.key.configuration,
            days=[PairedDayOut.of(day) for day in found.days],
            **values,
        )

    @surface.operation("GET", "/api/v1/results/{result_id}/signals", Access.READ, tags=["trends"])
    def signals_of_a_result(result_id: Id) -> PageOut[NumberSignalOut]:
        """Return what a result showed in the trends of its numbers when it came."""
        with context.database.snapshot() as tx:
            found = trends.signals_of(tx, result_id)
        return PageOut(items=[NumberSignalOut.of(entry) for entry in found])

    _add_baselines(surface, context)
    _add_exclusions(surface, context)
    _add_events(surface, context)


def _add_baselines(surface: Surface, context: ApiContext) -> None:
    @surface.operation("GET", "/api/v1/baselines/versions", Access.READ, tags=["baselines"])
    def list_versions(device: Word, test: Word, variant: Word) -> PageOut[AcceptedOut]:
        """Return every version of every baseline of a test of a device, the latest first."""
        with context.database.snapshot() as tx:
            found = limits.every_accepted(tx, device, test, variant)
        return PageOut(items=[AcceptedOut.of(entry.baseline) for entry in reversed(found)])

    @surface.operation(
        "POST",
        "/api/v1/baselines/propose",
        Access.READ,
        tags=["baselines"],
        body=Body.JSON,
    )
    def propose_baseline(body: ProposalIn) -> ProposalOut:
        """Return the baseline that some results would give; nothing is changed."""
        with _told(), context.database.snapshot() as tx:
            found = keeping.proposal(_trend(tx, body), body.results)
        return ProposalOut(
            configuration=found.key.configuration,
            value=found.value,
            spread=found.spread,
            spread_moving=found.spread_moving,
            count=found.count,
            epoch_start=found.epoch_start,
            sources=list(found.sources),
            warnings=list(found.warnings),
        )

    @surface.operation(
        "POST",
        "/api/v1/baselines",
        Access.REVIEW,
        tags=["baselines"],
        body=Body.JSON,
        status_code=201,
    )
    def accept_baseline(request: Request, body: AcceptIn) -> AcceptedOut:
        """Put the baseline of some results in force, with a reason; a new epoch begins with them."""
        now = context.clock()
        with _told(), context.database.transaction() as tx:
            kept = keeping.accept(
                tx,
                keeping.proposal(_trend(tx, body), body.results),
                reason=body.reason,
                who=principal_of(request).name,
                now=now,
                spread_of=body.spread_of,
            )
            announce_baseline(tx, context.alerts, kept, now=now)
        return AcceptedOut.of(kept)


def _add_exclusions(surface: Surface, context: ApiContext) -> None:
    @surface.operation(
        "POST",
        "/api/v1/exclusions",
        Access.REVIEW,
        tags=["trends"],
        body=Body.JSON,
        status_code=201,
    )
    def exclude(request: Request, body: ExcludeIn) -> ExclusionOut:
        """Take a number out of its trend, with a reason; it stays to be seen."""
        with context.database.transaction() as tx:
            kept = keeping.exclude(
                tx,
                body.result,
                metric=body.metric,
                scope=body.scope,
                reason=body.reason,
                who=principal_of(request).name,
                now=context.clock(),
            )
        return ExclusionOut.of(kept)

    @surface.operation(
        "DELETE", "/api/v1/exclusions/{exclusion_id}", Access.REVIEW, tags=["trends"]
    )
    def include(request: Request, exclusion_id: Id, reason: Reason) -> ExclusionOut:
        """Let a number count again, with a reason."""
        with context.database.transaction() as tx:
            kept = keeping.include(
                tx,
                exclusion_id,
                reason=reason,
                who=principal_of(request).name,
                now=context.clock(),
            )
        return ExclusionOut.of(kept)


def _add_events(surface: Surface, context: ApiContext) -> None:
    @surface.operation("GET", "/api/v1/events", Access.READ, tags=["events"])
    def list_events(
        limit: Limit = 50,
        after: Cursor = None,
        device: DeviceFilter = None,
        kind: Annotated[EventKind | None, Query()] = None,
    ) -> PageOut[EventOut]:
        """Return service events and corrective actions, the latest first."""
        kinds = () if kind is None else (kind,)
        with context.database.snapshot() as tx:
            page = events.page(tx, limit=limit, cursor=after, device_id=device, kinds=kinds)
        return PageOut(items=[EventOut.of(event) for event in page.items], next=page.next_cursor)

    @surface.operation("GET", "/api/v1/events/{event_id}", Access.READ, tags=["events"])
    def versions_of_an_event(event_id: Id) -> PageOut[EventOut]:
        """Return every version of an event, the latest first."""
        with context.database.snapshot() as tx:
            events.get(tx, event_id)
            found = events.versions(tx, event_id)
        return PageOut(items=[EventOut.of(event) for event in reversed(found)])

    @surface.operation(
        "POST", "/api/v1/events", Access.REVIEW, tags=["events"], body=Body.JSON, status_code=201
    )
    def record_event(request: Request, body: EventIn) -> EventOut:
        """Note what was done to a device, and whether its trends begin anew."""
        event = _event(context, request, body, identity="", version=1)
        with _told(), context.database.transaction() as tx:
            return EventOut.of(keeping.record(tx, event))

    @surface.operation(
        "PUT", "/api/v1/events/{event_id}", Access.REVIEW, tags=["events"], body=Body.JSON
    )
    def revise_event(request: Request, event_id: Id, body: ReviseIn) -> EventOut:
        """Keep an event in a new version, with a reason; 409 when it has changed meanwhile."""
        event = _event(context, request, body, identity=event_id, version=body.version)
        event = replace(event, withdrawn=body.withdrawn, reason=body.reason)
        with _told(), context.database.transaction() as tx:
            return EventOut.of(keeping.revise(tx, event))


def scope_of(text: str) -> Scope:
    """Return the scope that a parameter spells.

    Raises
    ------
    Problem
        If it is none.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not all(
        isinstance(value, str | int | float) and not isinstance(value, bool)
        for value in found.values()
    ):
        raise Problem(422, "not-acceptable", errors=(("/query/scope", "is no scope"),))
    return found


@contextmanager
def _told() -> Iterator[None]:
    """Tell the caller why something is not possible."""
    try:
        yield
    except keeping.RefusedError as error:
        raise Problem(409, "not-possible", str(error)) from error


def _trend(tx: Transaction, body: ProposalIn) -> Trend:
    return load(
        tx,
        device_id=body.device,
        test=body.test,
        variant=body.variant,
        metric=body.metric,
        scope=body.scope,
        configuration=body.configuration,
    )


def _event(
    context: ApiContext, request: Request, body: EventIn, *, identity: str, version: int
) -> ServiceEvent:
    known = {device.id for device in context.devices()}
    if body.device not in known:
        raise Problem(422, "not-acceptable", errors=(("/device", "is no device of the site"),))
    return ServiceEvent(
        id=identity,
        version=version,
        device_id=body.device,
        detector=body.detector,
        kind=body.kind,
        at=body.at.astimezone(UTC),
        text=body.text,
        epoch=body.epoch,
        owner=body.owner,
        answers_alert=body.answers_alert,
        answers_result=body.answers_result,
        returned_by=body.returned_by,
        temperature_c=body.temperature_c,
        humidity_percent=body.humidity_percent,
        recorded_by=principal_of(request).name,
        recorded_at=context.clock(),
    )
