"""The schedule on the wire: what is due when, how tests stand, days without use."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from photopeak.api.wire.base import In, Out
from photopeak.model.schedule import NotInUse
from photopeak.schedule.month import Due
from photopeak.schedule.status import Cell, DeviceStatus

_Day = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$", description="day at the site")]


class CellOut(Out):
    """How a test of a device stands."""

    test: str
    variant: str = Field(description="text that a result has to follow; empty for any")
    scheduled: bool
    required: bool
    state: str = Field(
        description="pass, warning, action, due, overdue, no-result or not-scheduled"
    )
    overlays: list[str] = Field(description="acknowledged, under-service, excused")
    overdue: bool = Field(description="missing, whatever the state shows")
    complete: bool
    due: datetime | None
    missing_from: datetime | None
    result: str | None
    latest_usable: str | None
    missing_detectors: list[str]

    @classmethod
    def of_cell(cls, cell: Cell) -> CellOut:
        """Build from the value of the schedule."""
        occurrence = cell.occurrence
        return cls(
            test=cell.test,
            variant=cell.variant,
            scheduled=cell.scheduled,
            required=cell.required,
            state=cell.state,
            overlays=sorted(cell.overlays),
            overdue=cell.overdue,
            complete=cell.complete,
            due=occurrence.due if occurrence else None,
            missing_from=occurrence.end if occurrence else None,
            result=cell.attempt.result_id if cell.attempt else None,
            latest_usable=cell.latest_usable.result_id if cell.latest_usable else None,
            missing_detectors=list(cell.missing_detectors),
        )


class DeviceStatusOut(Out):
    """How a device stands: one word, and the tests that it is told from."""

    device: str
    readiness: str = Field(
        description="ready, check, hold, qc-not-received or not-scheduled, by the site's policy"
    )
    overlays: list[str]
    tests: list[CellOut]

    @classmethod
    def of_status(cls, status: DeviceStatus) -> DeviceStatusOut:
        """Build from the value of the schedule."""
        return cls(
            device=status.device_id,
            readiness=status.readiness,
            overlays=sorted(status.overlays),
            tests=[CellOut.of_cell(cell) for cell in status.cells],
        )


class OccurrenceOut(Out):
    """One time that a test is to be done; `state` is null while its window is not open."""

    device: str
    test: str
    variant: str
    rule: str
    required: bool
    day: date
    start: datetime
    due: datetime
    end: datetime
    state: str | None
    result: str | None

    @classmethod
    def of_due(cls, due: Due) -> OccurrenceOut:
        """Build from the value of the schedule."""
        return cls(
            device=due.device_id,
            test=due.test,
            variant=due.variant,
            rule=due.rule.id,
            required=due.rule.required,
            day=due.occurrence.day,
            start=due.occurrence.start,
            due=due.occurrence.due,
            end=due.occurrence.end,
            state=due.state,
            result=due.attempt.result_id if due.attempt else None,
        )


class NotInUseOut(Out):
    """Days on which a device is not in use, both included."""

    id: str
    device: str
    first: date
    last: date
    reason: str
    who: str
    at: datetime

    @classmethod
    def of_pause(cls, pause: NotInUse) -> NotInUseOut:
        """Build from the value of the model."""
        return cls(
            id=pause.id,
            device=pause.device_id,
            first=pause.first,
            last=pause.last,
            reason=pause.reason,
            who=pause.who,
            at=pause.at,
        )


class NotInUseIn(In):
    """A wish that a device is not in use; without days, today."""

    device: Annotated[str, Field(min_length=1, max_length=64)]
    first: _Day | None = None
    last: _Day | None = None
    reason: Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]


class ScheduleOut(Out):
    """The schedule of some days, and how everything stands now."""

    zone: str = Field(description="zone in which days are meant")
    first: date
    last: date
    states: list[DeviceStatusOut]
    occurrences: list[OccurrenceOut]
    holidays: list[date]
    not_in_use: list[NotInUseOut]
