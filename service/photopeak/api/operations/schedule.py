"""The schedule: what is due when, how every test stands, and devices that are not in use."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from photopeak.api.context import ApiContext
from photopeak.api.operations.parameters import DeviceFilter, Id, principal_of
from photopeak.api.problems import Problem, not_found
from photopeak.api.surface import Body, Surface
from photopeak.api.wire.schedule import (
    DeviceStatusOut,
    NotInUseIn,
    NotInUseOut,
    OccurrenceOut,
    ScheduleOut,
)
from photopeak.model.page import Access
from photopeak.schedule import span
from photopeak.schedule.reading import statuses
from photopeak.storage import schedule

MOST_DAYS = 93
"""Days of one answer: a quarter."""

_Day = Annotated[str | None, Query(pattern=r"^\d{4}-\d\d-\d\d$", description="day at the site")]
_Reason = Annotated[str, Query(min_length=1, max_length=200, pattern=r"\S")]


def add(surface: Surface, context: ApiContext) -> None:
    """Add the operations."""

    @surface.operation("GET", "/api/v1/schedule", Access.READ, tags=["schedule"])
    def get_schedule(
        device: DeviceFilter = None, first: _Day = None, last: _Day = None
    ) -> ScheduleOut:
        """Return what is due from one day to another (two weeks from today), and how all stands."""
        now = context.clock()
        calendar = context.calendar()
        begin = _day(first, "first") or calendar.schedule.today(now)
        end = _day(last, "last") or begin + timedelta(days=13)
        if not 0 <= (end - begin).days < MOST_DAYS:
            raise Problem(
                422, "not-acceptable", errors=(("/query/last", f"needs 1 to {MOST_DAYS} days"),)
            )
        devices = [d for d in context.devices() if device in (None, d.id)]
        with context.database.snapshot() as tx:
            days, pauses = span.read(tx, calendar, devices, begin, end, now)
            stand = statuses(tx, calendar, devices, now)
        return ScheduleOut(
            zone=calendar.schedule.zone.key,
            first=begin,
            last=end,
            states=[DeviceStatusOut.of_status(status) for status in stand],
            occurrences=[OccurrenceOut.of_due(due) for day in days for due in day.due],
            holidays=[day.day for day in days if day.holiday],
            not_in_use=[NotInUseOut.of_pause(pause) for pause in pauses],
        )

    @surface.operation(
        "POST",
        "/api/v1/schedule/not-in-use",
        Access.OPERATE,
        tags=["schedule"],
        body=Body.JSON,
        status_code=201,
    )
    def put_out_of_use(request: Request, body: NotInUseIn) -> NotInUseOut:
        """Note that a device is not in use today, or on some days; nothing is missing then."""
        if all(device.id != body.device for device in context.devices()):
            raise not_found()
        now = context.clock()
        first = _day(body.first, "first") or context.calendar().schedule.today(now)
        with context.database.transaction() as tx:
            noted = schedule.pause(
                tx,
                device_id=body.device,
                first=first,
                last=_day(body.last, "last") or first,
                reason=body.reason,
                who=principal_of(request).name,
                now=now,
            )
        return NotInUseOut.of_pause(noted)

    @surface.operation(
        "DELETE",
        "/api/v1/schedule/not-in-use/{pause_id}",
        Access.OPERATE,
        tags=["schedule"],
        status_code=204,
    )
    def put_in_use(request: Request, pause_id: Id, reason: _Reason) -> Response:
        """Take back that a device is not in use."""
        with context.database.transaction() as tx:
            schedule.resume(
                tx,
                pause_id,
                reason=reason,
                who=principal_of(request).name,
                now=context.clock(),
            )
        return Response(status_code=204)


def _day(text: str | None, name: str) -> date | None:
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not 1990 <= day.year <= 2198:
        raise Problem(422, "not-acceptable", errors=((f"/{name}", "is no day such as 2026-03-02"),))
    return day
