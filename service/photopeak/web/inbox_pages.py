"""The inbox: series that nobody knows, and what one may say of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from photopeak.model.page import Access, Page, PageReply, PageRequest
from photopeak.model.series import SeriesRecord, SeriesState
from photopeak.model.test_sets import TestSetState
from photopeak.reports.by_hand import (
    ASSIGNABLE,
    ByHandError,
    assign,
    assign_once,
    open_roles,
    set_aside,
)
from photopeak.reports.targets import target_named, targets
from photopeak.reports.teaching import TEACHABLE
from photopeak.storage import decisions, lessons, series, test_sets, unknown
from photopeak.storage.database import Transaction
from photopeak.storage.errors import NotFoundError
from photopeak.web.context import WebContext
from photopeak.web.names import series_title, test_titles
from photopeak.web.rendering import Renderer, one_of
from photopeak.web.review_views import MOST_COUNTED, counted

_SHOWN = (SeriesState.UNROUTED, SeriesState.REFUSED, SeriesState.WAITING)
_STATES = frozenset(state.value for state in _SHOWN)
_MOST_GROUPS = 100
_MOST_ALIKE = 500
_LISTED = 20
_MOST_SETS = 100


@dataclass(frozen=True, slots=True)
class GroupLine:
    """Series that are alike as one line."""

    series: SeriesRecord
    title: str
    subtitle: str
    device: str
    count: int


@dataclass(frozen=True, slots=True)
class Place:
    """A role of a waiting test set that a series may take; `value` is how the form names it."""

    value: str
    label: str


class InboxPages:
    """Pages on series that somebody has to look at."""

    def __init__(self, context: WebContext, renderer: Renderer) -> None:
        self._context = context
        self._renderer = renderer

    def pages(self) -> tuple[Page, ...]:
        """Return the pages."""
        operate = Access.OPERATE
        return (
            Page(
                method="GET",
                path="/inbox",
                access=Access.READ,
                answer=self.listing,
                query=("state", "device"),
            ),
            Page(method="GET", path="/inbox/{uid}", access=Access.READ, answer=self.one),
            Page(method="POST", path="/inbox/{uid}/assign", access=operate, answer=self.assign),
            Page(method="POST", path="/inbox/{uid}/set-aside", access=operate, answer=self.aside),
            Page(method="POST", path="/inbox/{uid}/waiting-set", access=operate, answer=self.put),
        )

    def listing(self, request: PageRequest) -> PageReply:
        """Answer with everything that waits for somebody, those that are alike in one line."""
        state = one_of(request.query, "state", _STATES)
        device = request.query.get("device", "")
        with self._context.database.snapshot() as tx:
            groups = unknown.groups(
                tx,
                states=(SeriesState(state),) if state else _SHOWN,
                device_id=device or None,
                limit=_MOST_GROUPS,
            )
            held = unknown.held_back(tx)
            counts = series.count_by_state(tx, most=MOST_COUNTED)
        names = self._context.device_names()
        return self._renderer.page(
            "inbox.html",
            request,
            self._context.clock(),
            here="inbox",
            lines=[self._line(g.latest, g.count, names) for g in groups],
            more=len(groups) == _MOST_GROUPS,
            held=[(self._device(h.device_id, names), h) for h in held],
            states=_SHOWN,
            counts={state: counted(number) for state, number in counts.items()},
            devices=self._context.devices(),
            chosen_state=state,
            chosen_device=device,
            filtered=bool(state or device),
            teachable=TEACHABLE,
            listener=self._context.settings.listener,
        )

    def one(self, request: PageRequest, refused: str = "") -> PageReply:
        """Answer with the series that are alike, and what one may say of them."""
        visitor = request.visitor
        may_sort = visitor is not None and visitor.may(Access.OPERATE)
        with self._context.database.snapshot() as tx:
            record = self._found(tx, request.path["uid"])
            members = unknown.alike(tx, record, limit=_MOST_ALIKE)
            texts = lessons.texts_of(tx, record.series_instance_uid)
            latest = decisions.latest(tx, record.series_instance_uid)
            places = self._places(tx, record) if may_sort else ()
            sets = test_sets.by_series(tx, record.series_instance_uid)
        words = self._renderer.words
        title = test_titles(self._context.tests(), words)
        decision = None if latest is None else latest.decision
        return self._renderer.page(
            "inbox_group.html",
            request,
            self._context.clock(),
            status=409 if refused else 200,
            here="inbox",
            line=self._line(record, len(members), self._context.device_names()),
            series=record,
            members=members[:_LISTED],
            texts=texts,
            decision=decision,
            suggestion=title(decision.suggestion) if decision and decision.suggestion else "",
            sets=[(s, title(s.key.test)) for s in sets],
            places=places,
            targets=targets(self._context.tests(), self._renderer.words.pick),
            may_sort=may_sort and record.state in ASSIGNABLE,
            form=request.form,
            refused=refused,
        )

    def assign(self, request: PageRequest) -> PageReply:
        """Take what one series is; nothing is learned."""
        uid = request.path["uid"]
        with self._context.database.snapshot() as tx:
            record = self._found(tx, uid)
        device = self._context.device(record.device_id or "")
        zone = (device.time_zone if device else "") or self._context.settings.site.time_zone
        return self._told(
            request,
            lambda: assign_once(
                self._context.database,
                uid,
                target_named(request.form.get("target", "")),
                tests=self._context.tests(),
                zone=ZoneInfo(zone),
                reason=request.form.get("reason", "")[:200],
                who=_name(request),
                now=self._context.clock(),
            ),
        )

    def aside(self, request: PageRequest) -> PageReply:
        """Take that a series, or all that are like it, are no quality control."""
        with self._context.database.snapshot() as tx:
            record = self._found(tx, request.path["uid"])
            alike = unknown.alike(tx, record, limit=_MOST_ALIKE)
        all_of_them = request.form.get("all") == "1"
        uids = [s.series_instance_uid for s in alike] if all_of_them else [request.path["uid"]]

        def act() -> None:
            done = set_aside(
                self._context.database,
                uids,
                reason=request.form.get("reason", "")[:200],
                who=_name(request),
                now=self._context.clock(),
            )
            if not done:
                raise ByHandError("only a series that nobody knows is set aside")

        return self._told(request, act, "/inbox")

    def put(self, request: PageRequest) -> PageReply:
        """Put a series into a test set that waits."""
        test_set, _, role = request.form.get("place", "").partition("/")
        return self._told(
            request,
            lambda: assign(
                self._context.database,
                test_set,
                request.path["uid"],
                role,
                tests=self._context.tests(),
                who=_name(request),
                now=self._context.clock(),
            ),
            f"/test-sets/{test_set}",
        )

    def _told(
        self, request: PageRequest, act: Callable[[], object], location: str = ""
    ) -> PageReply:
        try:
            act()
        except ByHandError as error:
            return self.one(request, refused=str(error))
        return PageReply(location=location or f"/series/{request.path['uid']}")

    def _found(self, tx: Transaction, uid: str) -> SeriesRecord:
        """Return a series; of one that is held back nothing is shown here."""
        record = series.get(tx, uid)
        if record.state is SeriesState.QUARANTINED:
            raise NotFoundError(f"series {uid} is held back")
        return record

    def _line(self, record: SeriesRecord, count: int, names: dict[str, str]) -> GroupLine:
        title = series_title(record)
        others = [record.modality] + [
            record.display[k]
            for k in ("StudyDescription", "ProtocolName", "ImageID")
            if record.display.get(k, "") not in ("", title)
        ]
        return GroupLine(
            series=record,
            title=title or self._renderer.words("Series without a description"),
            subtitle=" · ".join(part for part in others if part),
            device=self._device(record.device_id, names),
            count=count,
        )

    def _device(self, device_id: str | None, names: dict[str, str]) -> str:
        if device_id is None:
            return self._renderer.words("Unknown device")
        return names.get(device_id, device_id)

    def _places(self, tx: Transaction, record: SeriesRecord) -> tuple[Place, ...]:
        """Return the roles of waiting test sets of the device that still take a series."""
        words = self._renderer.words
        tests = {test.id: test for test in self._context.tests()}
        names = self._context.device_names()
        found = []
        for each in test_sets.page(tx, states=(TestSetState.WAITING,), limit=_MOST_SETS).items:
            test = tests.get(each.key.test)
            if test is None or record.device_id not in (None, each.key.device_id or None):
                continue
            for name in open_roles(test, each):
                role = test.role(name)
                found.append(
                    Place(
                        f"{each.id}/{name}",
                        words(
                            "{test}, {device}, {day}: {role}",
                            test=words.pick(test.title, test.title_zh),
                            device=names.get(each.key.device_id, each.key.device_id),
                            day=each.key.day,
                            role=(role.label if role else "") or name,
                        ),
                    )
                )
        return tuple(found)


def _name(request: PageRequest) -> str:
    return request.visitor.name if request.visitor else ""
