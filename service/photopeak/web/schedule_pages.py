"""The schedule: what comes due, the month, devices that are not in use, addresses for calendars."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from photopeak.model.devices import Device
from photopeak.model.moments import plausible
from photopeak.model.page import Access, Page, PageReply, PageRequest
from photopeak.model.schedule import Attempt, CellState, NotInUse, Occurrence
from photopeak.schedule import month, span
from photopeak.schedule.month import Day, Due
from photopeak.schedule.reading import statuses
from photopeak.schedule.status import Cell, DeviceStatus
from photopeak.storage import calendar_links, schedule
from photopeak.storage.errors import StateError
from photopeak.web.board_looks import CELL
from photopeak.web.context import WebContext
from photopeak.web.looks import Look
from photopeak.web.rendering import Renderer
from photopeak.web.words import Words

_COMING = timedelta(days=14)
_MOST_LINES = 6
_WORK = (CellState.OVERDUE, CellState.DUE)
_PLANNED = Look("ring", "none", "Planned", "Its window is not open yet.")
_MISSED = Look("late", "late", "Missed", "No usable result came for it.")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Coming:
    """A line of the list of what comes due."""

    look: Look
    title: str
    device: str
    device_id: str
    due: datetime
    day: str
    clock: str
    missing_from: str
    overdue: bool
    required: bool
    note: str
    attempt: Attempt | None


@dataclass(frozen=True, slots=True)
class Line:
    """One test on a day of the calendar."""

    look: Look
    title: str
    count: str
    result_id: str


@dataclass(frozen=True, slots=True)
class Square:
    """One day of the calendar as shown."""

    number: int
    label: str
    inside: bool
    today: bool
    holiday: bool
    weekend: bool
    lines: tuple[Line, ...]
    more: int
    pauses: tuple[str, ...]


class SchedulePages:
    """Pages on the schedule."""

    def __init__(self, context: WebContext, renderer: Renderer) -> None:
        self._context = context
        self._renderer = renderer

    def pages(self) -> tuple[Page, ...]:
        """Return the pages."""
        return (
            Page(
                method="GET",
                path="/schedule",
                access=Access.READ,
                answer=self.show,
                query=("device", "month"),
            ),
            Page(
                method="POST",
                path="/schedule/not-in-use",
                access=Access.OPERATE,
                answer=self.pause,
            ),
            Page(
                method="POST",
                path="/schedule/not-in-use/{id}/undo",
                access=Access.OPERATE,
                answer=self.resume,
            ),
            Page(
                method="POST", path="/schedule/calendars", access=Access.OPERATE, answer=self.link
            ),
            Page(
                method="POST",
                path="/schedule/calendars/{id}/withdraw",
                access=Access.OPERATE,
                answer=self.unlink,
            ),
        )

    def show(self, request: PageRequest, *, fault: str = "", made: str = "") -> PageReply:
        """Answer with the whole schedule."""
        now = self._context.clock()
        calendar = self._context.calendar()
        today = calendar.schedule.today(now)
        devices = self._context.devices()
        chosen = self._context.device(request.query.get("device", ""))
        shown = devices if chosen is None else (chosen,)
        shown = [device for device in shown if calendar.tasks(device)]
        first = _month(request.query.get("month", ""), today)
        with self._context.database.snapshot() as tx:
            stand = statuses(tx, calendar, shown, now)
            monday = first - timedelta(days=first.weekday())
            last = _next_month(first) - timedelta(days=1)
            sunday = last + timedelta(days=6 - last.weekday())
            days, _ = span.read(tx, calendar, shown, monday, sunday, now)
            pauses = schedule.pauses(tx, since=today, device_id=chosen.id if chosen else None)
            links = calendar_links.listing(tx)
        titles = self._titles()
        words = self._renderer.words
        names = self._context.device_names()
        squares = [
            self._square(day, first, today, now, titles, names, alone=len(shown) == 1)
            for day in days
        ]
        visitor = request.visitor
        return self._renderer.page(
            "schedule.html",
            request,
            now,
            status=422 if fault else 200,
            here="schedule",
            zone=calendar.schedule.zone.key,
            devices=devices,
            chosen=chosen.id if chosen else "",
            anything=any(calendar.tasks(device) for device in devices),
            configured=bool(calendar.schedule.rules),
            coming=self._coming(shown, stand, pauses, now, titles),
            month=month_name(first, words),
            weekdays=_WEEKDAYS,
            weeks=[squares[n : n + 7] for n in range(0, len(squares), 7)],
            earlier=_address(chosen, first - timedelta(days=1)),
            following=_address(chosen, _next_month(first)),
            this_month=_address(chosen, today),
            pauses=pauses,
            names=names,
            day_text=lambda day: day_text(day, words),
            today=today.isoformat(),
            may_operate=visitor is not None and visitor.may(Access.OPERATE),
            links=links,
            made=made,
            public=bool(self._context.settings.web.public_url),
            fault=fault,
            form=request.form,
        )

    def pause(self, request: PageRequest) -> PageReply:
        """Note that a device is not in use."""
        form = request.form
        words = self._renderer.words
        device = self._context.device(form.get("device", ""))
        first = _day(form.get("first", ""))
        last = _day(form.get("last", "")) or first
        if device is None or first is None or last is None:
            return self.show(request, fault=words("Choose a device and its days."))
        if not form.get("reason", "").strip():
            return self.show(request, fault=words("Say why it is not in use."))
        try:
            with self._context.database.transaction() as tx:
                schedule.pause(
                    tx,
                    device_id=device.id,
                    first=first,
                    last=last,
                    reason=form["reason"][:200],
                    who=_who(request),
                    now=self._context.clock(),
                )
        except StateError:
            return self.show(
                request,
                fault=words(
                    "These days are noted already, in the wrong order, or more than a year."
                ),
            )
        return PageReply(location="/schedule#not-in-use")

    def resume(self, request: PageRequest) -> PageReply:
        """Take back that a device is not in use."""
        reason = request.form.get("reason", "").strip()[:200]
        if not reason:
            return self.show(request, fault=self._renderer.words("Say why it is in use again."))
        with self._context.database.transaction() as tx:
            schedule.resume(
                tx,
                request.path["id"],
                reason=reason,
                who=_who(request),
                now=self._context.clock(),
            )
        return PageReply(location="/schedule#not-in-use")

    def link(self, request: PageRequest) -> PageReply:
        """Make an address for a calendar, and show it this once."""
        name = request.form.get("name", "").strip()
        wanted = request.form.get("device", "")
        device = self._context.device(wanted)
        if not name or (wanted and device is None):
            return self.show(request, fault=self._renderer.words("Give the calendar a name."))
        with self._context.database.transaction() as tx:
            _, secret = calendar_links.create(
                tx,
                name=name,
                device_id=device.id if device else None,
                who=_who(request),
                now=self._context.clock(),
            )
        web = self._context.settings.web
        base = web.public_url.rstrip("/") or f"http://{web.host}:{web.port}"
        shown = PageRequest(visitor=request.visitor)
        return self.show(shown, made=f"{base}/calendar/{secret}.ics")

    def unlink(self, request: PageRequest) -> PageReply:
        """Make the address of a calendar lead nowhere."""
        with self._context.database.transaction() as tx:
            calendar_links.withdraw(
                tx, request.path["id"], who=_who(request), now=self._context.clock()
            )
        return PageReply(location="/schedule#calendars")

    def _titles(self) -> Mapping[str, str]:
        pick = self._renderer.words.pick
        return {test.id: pick(test.title, test.title_zh) for test in self._context.tests()}

    def _coming(
        self,
        devices: Sequence[Device],
        stand: Sequence[DeviceStatus],
        pauses: Sequence[NotInUse],
        now: datetime,
        titles: Mapping[str, str],
    ) -> list[Coming]:
        """Return what is missing, what is to be done now and what comes within two weeks."""
        found = []
        for device, status in zip(devices, stand, strict=True):
            for cell in status.cells:
                wanted = _open_occurrence(cell, now)
                if wanted is not None and not any(
                    p.device_id == device.id and p.covers(wanted.day) for p in pauses
                ):
                    found.append(self._line(device, cell, wanted, now, titles))
        return sorted(found, key=lambda line: (not line.overdue, line.due, line.title, line.device))

    def _line(
        self,
        device: Device,
        cell: Cell,
        occurrence: Occurrence,
        now: datetime,
        titles: Mapping[str, str],
    ) -> Coming:
        words = self._renderer.words
        zone = self._context.calendar().schedule.zone
        due, end = occurrence.due.astimezone(zone), occurrence.end.astimezone(zone)
        state = CellState.OVERDUE if cell.overdue else CellState.DUE
        opened = occurrence.start <= now
        notes = []
        if cell.missing_detectors:
            heads = ", ".join(cell.missing_detectors)
            notes.append(words("detector {heads} is missing", heads=heads))
        if opened and cell.state is CellState.ACTION:
            notes.append(words("the last result failed"))
        if opened and cell.state is CellState.NO_RESULT:
            notes.append(words("what came could not be analysed"))
        return Coming(
            look=CELL[state] if opened else _PLANNED,
            title=_titled(cell.test, cell.variant, titles),
            device=device.name,
            device_id=device.id,
            due=occurrence.due,
            day=day_text(due.date(), words),
            clock=f"{due:%H:%M}",
            missing_from=f"{day_text(end.date(), words)} {end:%H:%M}",
            overdue=cell.overdue,
            required=cell.required,
            note=words(", ").join(notes),
            attempt=cell.attempt,
        )

    def _square(
        self,
        day: Day,
        first: date,
        today: date,
        now: datetime,
        titles: Mapping[str, str],
        names: Mapping[str, str],
        *,
        alone: bool,
    ) -> Square:
        grouped: dict[tuple[str, str], list[Due]] = {}
        for entry in day.due:
            if entry.state is CellState.NOT_SCHEDULED:
                continue  # not in use, or not scheduled yet
            grouped.setdefault((entry.test, entry.variant), []).append(entry)
        lines = [
            _day_line(entries, _titled(test, variant, titles), now, alone=alone)
            for (test, variant), entries in grouped.items()
        ]
        lines.sort(key=lambda line: (_LOOK_ORDER.index(line.look.icon), line.title))
        pauses = {pause.device_id for pause in day.not_in_use}
        return Square(
            number=day.day.day,
            label=day_text(day.day, self._renderer.words),
            inside=(day.day.year, day.day.month) == (first.year, first.month),
            today=day.day == today,
            holiday=day.holiday,
            weekend=day.day.weekday() >= 5,
            lines=tuple(lines[:_MOST_LINES]),
            more=max(0, len(lines) - _MOST_LINES),
            pauses=tuple(sorted(names.get(device, device) for device in pauses)),
        )


_LOOK_ORDER = ("act", "late", "question", "warn", "clock", "pass", "ring", "dash")
"""Icons of the lines of a day, the worst first."""


def _day_line(entries: Sequence[Due], title: str, now: datetime, *, alone: bool) -> Line:
    state = month.worst(entries)
    look = _PLANNED if state is None else CELL[state]
    if state is CellState.OVERDUE and entries[0].occurrence.end <= now:
        look = _MISSED
    done = sum(entry.attempt is not None and entry.attempt.usable for entry in entries)
    begun = any(entry.state is not None for entry in entries)
    count = ""
    if not alone:
        count = f"{done}/{len(entries)}" if begun else f"×{len(entries)}"
    results = [entry.attempt.result_id for entry in entries if entry.attempt is not None]
    return Line(look, title, count, results[0] if len(entries) == 1 and results else "")


def _open_occurrence(cell: Cell, now: datetime) -> Occurrence | None:
    """Return what is to be done of a test: now, or within the time that the list looks ahead."""
    occurrence = cell.occurrence
    if occurrence is not None and (cell.overdue or not cell.complete or cell.state in _WORK):
        return occurrence
    following = cell.following
    if following is not None and following.due <= now + _COMING:
        return following if not _done_early(cell, following) else None
    return None


def _done_early(cell: Cell, occurrence: Occurrence) -> bool:
    latest = cell.latest_usable
    return latest is not None and latest.at >= occurrence.start


def _titled(test: str, variant: str, titles: Mapping[str, str]) -> str:
    title = titles.get(test, test)
    return f"{title} ({variant})" if variant else title


def _who(request: PageRequest) -> str:
    return request.visitor.name if request.visitor else ""


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    except ValueError:
        return None
    return day if day is not None and plausible(day) else None


def _month(text: str, today: date) -> date:
    """Return the first day of the month that is asked for, within ten years of today."""
    found = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", text)
    if found is None or abs(int(found[1]) - today.year) > 10:
        return today.replace(day=1)
    return date(int(found[1]), int(found[2]), 1)


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _address(chosen: Device | None, day: date) -> str:
    values = {"device": chosen.id} if chosen is not None else {}
    return "/schedule?" + urlencode({**values, "month": f"{day:%Y-%m}"})


def month_name(first: date, words: Words) -> str:
    """Return a month as people write it."""
    if words.language == "zh":
        return f"{first.year} 年 {first.month} 月"
    return f"{_MONTHS[first.month - 1]} {first.year}"


def day_text(day: date, words: Words) -> str:
    """Return a day with its weekday, ``Mon 2 Mar``."""
    if words.language == "zh":
        return f"{day.month} 月 {day.day} 日 {words(_WEEKDAYS[day.weekday()])}"
    return f"{_WEEKDAYS[day.weekday()][:3]} {day.day} {_MONTHS[day.month - 1][:3]}"
