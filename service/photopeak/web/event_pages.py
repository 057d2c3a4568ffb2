"""Service events and corrective actions: the list, one with its versions, recording and revising."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from photopeak.model.alerts import AlertRecord
from photopeak.model.devices import Device
from photopeak.model.judgement import Status
from photopeak.model.page import Access, Page, PageReply, PageRequest
from photopeak.model.results import ResultSummary
from photopeak.model.trends import EpochEffect, EventKind, ServiceEvent
from photopeak.storage import alerts, events, results
from photopeak.storage.database import Transaction
from photopeak.storage.errors import CursorError, NotFoundError, StateError
from photopeak.storage.paging import Page as Listed
from photopeak.trends import keeping
from photopeak.trends.keeping import REPEATED, RefusedError
from photopeak.web import event_fields
from photopeak.web.alert_views import AlertViews
from photopeak.web.context import WebContext
from photopeak.web.names import test_titles
from photopeak.web.reading_fields import local_text
from photopeak.web.rendering import Renderer, one_of
from photopeak.web.trend_views import KIND, room

_PER_PAGE = 50
_CHOICES = 20
_KINDS = frozenset(kind.value for kind in EventKind)
EPOCH = {
    EpochEffect.NONE: "No",
    EpochEffect.STARTS: "Yes, they begin anew",
    EpochEffect.PROPOSED: "Not decided yet",
}
"""Whether an event begins trends anew, in words."""

_NAMES = {
    "kind": "Kind",
    "at": "When",
    "text": "What was done",
    "detector": "Detector",
    "owner": "Done by",
    "epoch": "Trends begin anew",
    "answers_alert": "Answers alert",
    "answers_result": "Answers result",
    "returned_by": "Returned to service by",
    "temperature_c": "Temperature (°C)",
    "humidity_percent": "Relative humidity (%)",
    "withdrawn": "Withdrawn",
}


_LINKED = frozenset({"answers_alert", "answers_result", "returned_by"})
"""What holds the id of something else, to which the page has a link."""


@dataclass(frozen=True, slots=True)
class EventLine:
    """An event in the list, with what it answers and what returned the device to service."""

    event: ServiceEvent
    device: str
    kind: str
    room: str
    epoch: str


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version of an event with what it changed."""

    event: ServiceEvent
    reason: str
    changes: tuple[tuple[str, str, str], ...]


class EventPages:
    """Pages on service events."""

    def __init__(self, context: WebContext, renderer: Renderer) -> None:
        self._context = context
        self._renderer = renderer
        self._zone = ZoneInfo(context.settings.site.time_zone)

    def pages(self) -> tuple[Page, ...]:
        """Return the pages."""
        return (
            Page(
                method="GET",
                path="/events",
                access=Access.READ,
                answer=self.listing,
                query=("device", "kind", "after"),
            ),
            Page(
                method="GET",
                path="/events/new",
                access=Access.REVIEW,
                answer=self.new,
                query=("device", "alert", "result"),
            ),
            Page(method="POST", path="/events", access=Access.REVIEW, answer=self.record),
            Page(method="GET", path="/events/{id}", access=Access.READ, answer=self.one),
            Page(method="POST", path="/events/{id}", access=Access.REVIEW, answer=self.revise),
        )

    def listing(self, request: PageRequest) -> PageReply:
        """Answer with the events, the latest first."""
        device = request.query.get("device", "")[:64]
        kind = one_of(request.query, "kind", _KINDS)
        kinds = (EventKind(kind),) if kind else ()
        after = request.query.get("after") or None
        with self._context.database.snapshot() as tx:

            def of(cursor: str | None) -> Listed[ServiceEvent]:
                return events.page(
                    tx, limit=_PER_PAGE, cursor=cursor, device_id=device or None, kinds=kinds
                )

            try:
                page = of(after)
            except CursorError:
                page = of(None)
        return self._renderer.page(
            "events.html",
            request,
            self._context.clock(),
            here="events",
            lines=[self._line(event) for event in page.items],
            kinds=KIND,
            devices=self._context.devices(),
            chosen={"device": device, "kind": kind},
            filtered=bool(device or kind or request.query.get("after")),
            next_cursor=page.next_cursor,
            may_review=self._may(request),
        )

    def new(
        self, request: PageRequest, faults: Mapping[str, str] | None = None, fault: str = ""
    ) -> PageReply:
        """Answer with the form for something that was done."""
        now = self._context.clock()
        given = request.form or request.query
        devices = self._context.devices()
        with self._context.database.snapshot() as tx:
            device = self._device(tx, given, devices)
            held = dict(request.form)
            if not request.form:
                held = self._fresh(tx, request.query, now)
            choices = self._choices(tx, device, held, now)
        return self._renderer.page(
            "event_new.html",
            request,
            now,
            status=422 if faults or fault else 200,
            here="events",
            devices=devices,
            device=device,
            asked={k: request.query[k] for k in ("alert", "result") if request.query.get(k)},
            held=defaultdict(str, held),
            faults=defaultdict(str, faults or {}),
            fault=fault,
            **choices,
        )

    def record(self, request: PageRequest) -> PageReply:
        """Keep what was done, and show it."""
        now = self._context.clock()
        device = self._context.device(request.form.get("device", ""))
        if device is None:
            return self.new(request, fault=self._renderer.words("Choose a device."))
        event, faults = event_fields.typed(
            request.form, device_id=device.id, who=self._who(request), now=now, zone=self._zone
        )
        if event is None:
            return self.new(request, faults=faults)
        try:
            with self._context.database.transaction() as tx:
                kept = keeping.record(tx, event)
        except (NotFoundError, RefusedError):
            return self.new(request, fault=self._refused())
        return PageReply(location=f"/events/{kept.id}")

    def one(
        self,
        request: PageRequest,
        faults: Mapping[str, str] | None = None,
        fault: str = "",
    ) -> PageReply:
        """Answer with an event, its versions, and the form to revise it."""
        now = self._context.clock()
        with self._context.database.snapshot() as tx:
            versions = events.versions(tx, request.path["id"])
            if not versions:
                raise NotFoundError(f"there is no event {request.path['id']}")
            event = versions[-1]
            held = dict(request.form) or event_fields.shown(event, self._zone)
            device = self._context.device(event.device_id)
            choices = self._choices(tx, device, held, now, since=event)
            answered = self._answered(tx, event)
        return self._renderer.page(
            "event.html",
            request,
            now,
            status=422 if faults or fault else 200,
            here="events",
            line=self._line(event),
            event=event,
            answered=answered,
            versions=[
                VersionLine(version, self._reason(version), self._changes(before, version))
                for before, version in zip((None, *versions[:-1]), versions, strict=True)
            ][::-1],
            held=defaultdict(str, held),
            faults=defaultdict(str, faults or {}),
            fault=fault,
            longest=event_fields.LONGEST_REASON,
            may_review=self._may(request),
            **choices,
        )

    def revise(self, request: PageRequest) -> PageReply:
        """Keep an event in a new version, with a reason."""
        now, words = self._context.clock(), self._renderer.words
        form = request.form
        with self._context.database.snapshot() as tx:
            known = events.get(tx, request.path["id"])
        version = form.get("version", "")
        event, faults = event_fields.typed(
            form,
            device_id=known.device_id,
            who=self._who(request),
            now=now,
            zone=self._zone,
            identity=known.id,
            version=int(version) if version.isascii() and version.isdigit() else 0,
        )
        reason = form.get("reason", "").strip()
        if not reason:
            faults["reason"] = "A reason is needed."
        elif len(reason) > event_fields.LONGEST_REASON:
            faults["reason"] = "This is too long."
        if event is None or faults:
            return self.one(request, faults=faults)
        try:
            with self._context.database.transaction() as tx:
                keeping.revise(tx, event)
        except StateError:
            return self.one(
                request, fault=words("Somebody has changed it meanwhile; look at it again.")
            )
        except (NotFoundError, RefusedError):
            return self.one(request, fault=self._refused())
        return PageReply(location=f"/events/{known.id}")

    def _refused(self) -> str:
        return self._renderer.words(
            "What it answers, or the repeat that it names, does not fit: the repeat must pass, be of the "
            "same test and detector, and be measured later."
        )

    def _device(
        self, tx: Transaction, given: Mapping[str, str], devices: Sequence[Device]
    ) -> Device | None:
        wanted = given.get("device", "")
        if not wanted and given.get("alert"):
            wanted = alerts.get(tx, given["alert"]).alert.device_id or ""
        if not wanted and given.get("result"):
            wanted = results.get(tx, given["result"]).device_id or ""
        if not wanted and len(devices) == 1:
            return devices[0]
        return next((d for d in devices if d.id == wanted), None)

    def _fresh(self, tx: Transaction, query: Mapping[str, str], now: datetime) -> dict[str, str]:
        """Return what the form of a new event begins with."""
        answers = query.get("alert") or query.get("result")
        found = {
            "at": local_text(now, self._zone)[:16],
            "kind": (EventKind.CORRECTIVE_ACTION if answers else EventKind.SERVICE).value,
            "epoch": EpochEffect.NONE.value,
            "answers_alert": query.get("alert", ""),
            "answers_result": query.get("result", ""),
        }
        if query.get("alert"):
            head = alerts.get(tx, query["alert"]).alert.detector
            found["detector"] = "" if head is None else str(head)
        return found

    def _choices(
        self,
        tx: Transaction,
        device: Device | None,
        held: Mapping[str, str],
        now: datetime,
        since: ServiceEvent | None = None,
    ) -> dict[str, object]:
        """Return what may be chosen: alerts and failed results it answers, passing repeats."""
        words = self._renderer.words
        title = test_titles(self._context.tests(), words)
        shared: dict[str, object] = {"kinds": KIND, "epochs": EPOCH}
        if device is None:
            return shared | {"alert_choices": [], "result_choices": [], "repeat_choices": []}
        found_alerts: list[AlertRecord] = list(
            alerts.page(tx, limit=_CHOICES, device_id=device.id).items
        )
        failing = results.page(
            tx, limit=_CHOICES, device_id=device.id, statuses=(Status.FAIL, Status.WARN)
        ).items
        repeats: list[ResultSummary] = []
        if since is not None:
            answered = keeping.answered_test(tx, since)
            repeats = [
                r
                for r in results.of_period(tx, device.id, since=since.at, before=now)
                if r.status is Status.PASS and (answered is None or r.test == answered[0])
            ][:_CHOICES]
        clock = self._renderer.clockwork

        def of(summary: ResultSummary) -> tuple[str, str]:
            at = summary.acquired_at or summary.finished_at
            parts = (title(summary.test), clock.moment(at, now).text)  # type: ignore[union-attr]
            return summary.id, words(", ").join(parts)

        def about(record: AlertRecord) -> tuple[str, str]:
            parts = (self._called(record), clock.moment(record.opened_at, now).text)  # type: ignore[union-attr]
            return record.id, words(", ").join(parts)

        def kept(name: str, choices: list[tuple[str, str]]) -> list[tuple[str, str]]:
            """Keep what is chosen among the choices, however old it is."""
            value = held.get(name, "")
            return choices if not value or value in dict(choices) else [(value, value), *choices]

        return shared | {
            "alert_choices": kept("answers_alert", [about(a) for a in found_alerts]),
            "result_choices": kept("answers_result", [of(r) for r in failing]),
            "repeat_choices": kept("returned_by", [of(r) for r in repeats]),
        }

    def _answered(self, tx: Transaction, event: ServiceEvent) -> list[tuple[str, str, str]]:
        """Return what an event answers, and what returned the device: label, text, address."""
        words = self._renderer.words
        title = test_titles(self._context.tests(), words)
        found = []
        if event.answers_alert is not None:
            record = alerts.get(tx, event.answers_alert)
            found.append((words("Answers alert"), self._called(record), f"/alerts/{record.id}"))
        for label, result_id in (
            ("Answers result", event.answers_result),
            ("Returned to service by", event.returned_by),
        ):
            if result_id is not None:
                record_of = results.get(tx, result_id)
                found.append((words(label), title(record_of.test), f"/results/{result_id}"))
        return found

    def _called(self, record: AlertRecord) -> str:
        """Return what an alert is about, and by which rule."""
        said = AlertViews(self._renderer.words, devices={}, tests=self._context.tests()).of(record)
        return " · ".join(part for part in (said.title, said.rule) if part)

    def _line(self, event: ServiceEvent) -> EventLine:
        words = self._renderer.words
        return EventLine(
            event=event,
            device=self._context.device_names().get(event.device_id, event.device_id),
            kind=words(KIND[event.kind]),
            room=words(", ").join(room(event, words)),
            epoch=words(EPOCH[event.epoch]),
        )

    def _reason(self, event: ServiceEvent) -> str:
        """Return why a version was kept; what the service says itself in the language of the site."""
        return self._renderer.words(event.reason) if event.reason == REPEATED else event.reason

    def _changes(
        self, before: ServiceEvent | None, after: ServiceEvent
    ) -> tuple[tuple[str, str, str], ...]:
        if before is None:
            return ()
        words = self._renderer.words
        return tuple(
            (words(label), self._told(before, name), self._told(after, name))
            for name, label in _NAMES.items()
            if getattr(before, name) != getattr(after, name)
        )

    def _told(self, event: ServiceEvent, name: str) -> str:
        words = self._renderer.words
        if name == "kind":
            return words(KIND[event.kind])
        if name == "epoch":
            return words(EPOCH[event.epoch])
        if name == "withdrawn":
            return words("yes") if event.withdrawn else words("no")
        if name == "at":
            moment = self._renderer.clockwork.moment(event.at, event.at)
            return moment.text if moment else ""
        told = event_fields.shown(event, self._zone)[name]
        if told and name in _LINKED:
            return f"…{told[-8:]}"
        return told or "–"

    def _may(self, request: PageRequest) -> bool:
        return request.visitor is not None and request.visitor.may(Access.REVIEW)

    def _who(self, request: PageRequest) -> str:
        return request.visitor.name if request.visitor else ""
