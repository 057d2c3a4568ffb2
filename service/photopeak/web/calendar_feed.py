"""The schedule as a calendar that other programs subscribe to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from urllib.parse import quote

from photopeak.model.devices import Device
from photopeak.model.page import Access, Page, PageReply, PageRequest
from photopeak.model.schedule import NotInUse, Occurrence, Task
from photopeak.schedule.feed import MEDIA_TYPE, FeedEvent, write
from photopeak.schedule.reading import statuses
from photopeak.schedule.status import Cell, DeviceStatus
from photopeak.storage import calendar_links, schedule
from photopeak.storage.errors import NotFoundError
from photopeak.web.context import WebContext
from photopeak.web.rendering import Renderer

_AHEAD = timedelta(days=400)
_PER_TEST = 10
_MOST_EVENTS = 2000


class CalendarFeed:
    """Answers calendar programs; the secret in the address is all that they need."""

    def __init__(self, context: WebContext, renderer: Renderer) -> None:
        self._context = context
        self._words = renderer.words

    def pages(self) -> tuple[Page, ...]:
        """Return the address."""
        return (
            Page(
                method="GET", path="/calendar/{token}.ics", access=Access.OPEN, answer=self.answer
            ),
        )

    def answer(self, request: PageRequest) -> PageReply:
        """Answer with the calendar of one device, or of all."""
        now = self._context.clock()
        database = self._context.database
        with database.snapshot() as tx:
            link = calendar_links.find(tx, request.path["token"])
            if link is None:
                raise NotFoundError("there is no such calendar")
            wanted = [d for d in self._context.devices() if link.device_id in (None, d.id)]
            stand = statuses(tx, self._context.calendar(), wanted, now)
            since = schedule.since(tx)
            pauses = schedule.pauses(tx, since=self._context.calendar().schedule.today(now))
        if calendar_links.use_is_news(link, now):
            with database.transaction() as tx:
                calendar_links.used(tx, link, now=now)
        site = self._context.settings.site
        name = self._words(
            "Quality control, {place}", place=_place(site.name, wanted, link.device_id)
        )
        text = write(
            self._events(link.device_id, wanted, stand, pauses, since, now),
            name=name,
            changed_at=now.replace(minute=0, second=0, microsecond=0),
        )
        return PageReply(html=text, media_type=MEDIA_TYPE)

    def _events(
        self,
        scope: str | None,
        devices: Sequence[Device],
        stand: Sequence[DeviceStatus],
        pauses: Sequence[NotInUse],
        since: schedule.SinceByTask,
        now: datetime,
    ) -> list[FeedEvent]:
        """Return what is due from today on; what is missing by now is one event of today."""
        calendar = self._context.calendar()
        today = calendar.schedule.today(now)
        titles = {t.id: self._words.pick(t.title, t.title_zh) for t in self._context.tests()}
        found: list[FeedEvent] = []
        late: list[tuple[str, Cell]] = []
        for device, status in zip(devices, stand, strict=True):
            cells = {(c.test, c.variant): c for c in status.cells if c.scheduled}
            mine = [pause for pause in pauses if pause.device_id == device.id]
            for task in calendar.tasks(device):
                cell = cells[task.test, task.variant]
                what = f"{titles.get(task.test, task.test)}, {device.name}"
                if cell.overdue:
                    late.append((what, cell))
                begun = since.get((device.id, task.test, task.variant), now)
                shown = [
                    occurrence
                    for occurrence in calendar.occurrences(
                        task.rule, today, today + _AHEAD, since=device.in_use_since
                    )[:_PER_TEST]
                    if occurrence.due >= begun and not (cell.overdue and occurrence.day == today)
                ]
                found += [
                    self._event(what, device, task, cell, occurrence)
                    for occurrence in shown
                    if not any(p.covers(occurrence.day) for p in mine)
                ]
        found.sort(key=lambda event: (event.day, event.uid))
        return [*self._overdue(scope, late, today), *found][:_MOST_EVENTS]

    def _event(
        self, what: str, device: Device, task: Task, cell: Cell, occurrence: Occurrence
    ) -> FeedEvent:
        words = self._words
        usable = cell.latest_usable
        done = cell.complete and usable is not None and usable.at >= occurrence.start
        return FeedEvent(
            uid=_uid(device.id, task.test, task.variant, occurrence.day.isoformat()),
            day=occurrence.day,
            summary=words("Done: {what}", what=what) if done else what,
            description=words(
                "Due {due}, missing from {end} on.",
                due=self._local(occurrence.due),
                end=self._local(occurrence.end),
            ),
            url=self._url(device.id),
            done=done,
        )

    def _overdue(
        self, scope: str | None, late: Sequence[tuple[str, Cell]], today: date
    ) -> list[FeedEvent]:
        if not late:
            return []
        words = self._words
        lines = [
            words("{what}: was due {due}", what=what, due=self._local(cell.occurrence.due))
            for what, cell in late
            if cell.occurrence is not None
        ]
        return [
            FeedEvent(
                uid=_uid("overdue", scope or "", today.isoformat()),
                day=today,
                summary=words.plural(
                    "{count} QC test is overdue", "{count} QC tests are overdue", len(late)
                ),
                description="\n".join(lines),
                url=self._url(scope or ""),
            )
        ]

    def _local(self, moment: datetime) -> str:
        return f"{moment.astimezone(self._context.calendar().schedule.zone):%Y-%m-%d %H:%M}"

    def _url(self, device_id: str) -> str:
        base = self._context.settings.web.public_url.rstrip("/")
        if not base:
            return ""
        return f"{base}/schedule" + (f"?device={quote(device_id, safe='')}" if device_id else "")


def _place(site: str, devices: Sequence[Device], device_id: str | None) -> str:
    if device_id is None:
        return site
    return next((device.name for device in devices), device_id)


def _uid(*parts: str) -> str:
    return "/".join(quote(part, safe="") for part in parts if part) + "@photopeak"
