"""Test sets that wait, and the forms for what they need: readings, a series, or to do without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from photopeak.model.catalogue import RoleDescription, TestDescription
from photopeak.model.judgement import Status
from photopeak.model.page import Access, Page, PageReply, PageRequest
from photopeak.model.test_sets import TestSetRecord, TestSetState
from photopeak.reports.by_hand import (
    ByHandError,
    analyze_partially,
    assign,
    candidates,
    open_roles,
)
from photopeak.reports.corrections import MOST_REASON, Performance, supply
from photopeak.reports.entries import all_checked
from photopeak.reports.readings import Fault, ReadingError
from photopeak.reports.waiting import missing
from photopeak.storage import readings, results, series, test_sets
from photopeak.storage.database import Transaction
from photopeak.web.context import WebContext
from photopeak.web.looks import STATUS, Look
from photopeak.web.names import series_name
from photopeak.web.reading_fields import (
    FieldView,
    ReadingForm,
    TableView,
    local_text,
    moment_in,
)
from photopeak.web.rendering import Renderer
from photopeak.web.words import Words

_PER_PAGE = 100
_LOOKS = {
    TestSetState.WAITING: Look("clock", "due", "Waiting", "The test needs something more."),
    TestSetState.QUEUED: Look("queue", "due", "Queued", "It will be analysed."),
    TestSetState.RUNNING: Look("turn", "due", "Running", "It is being analysed."),
    TestSetState.DONE: Look("sheet", "none", "Analysed", "It has been analysed."),
    TestSetState.REFUSED: Look("question", "warn", "Refused", "It cannot be analysed as it is."),
    TestSetState.FAILED: Look("act", "act", "Failed", "The analysis broke off."),
}
_NOT_NEEDED = Look("dash", "none", "Optional", "The test does without it.")


@dataclass(frozen=True, slots=True)
class MemberView:
    """A series in a role as shown: what it is called, and when it was acquired."""

    uid: str
    name: str
    at: datetime | None
    assigned_by: str


@dataclass(frozen=True, slots=True)
class RoleView:
    """A role as shown."""

    label: str
    hint: str
    members: tuple[MemberView, ...]
    look: Look
    count: str


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose in a form; of a series, when it was acquired."""

    value: str
    label: str
    at: datetime | None = None


class TestSetPages:
    """Pages on test sets."""

    __test__ = False

    def __init__(self, context: WebContext, renderer: Renderer) -> None:
        self._context = context
        self._renderer = renderer

    def pages(self) -> tuple[Page, ...]:
        """Return the pages."""
        return (
            Page(method="GET", path="/test-sets", access=Access.READ, answer=self.listing),
            Page(method="GET", path="/test-sets/{id}", access=Access.READ, answer=self.one),
            Page(
                method="POST",
                path="/test-sets/{id}/readings",
                access=Access.OPERATE,
                answer=self.supply,
            ),
            Page(
                method="POST",
                path="/test-sets/{id}/run",
                access=Access.OPERATE,
                answer=self.run,
            ),
            Page(
                method="POST",
                path="/test-sets/{id}/members",
                access=Access.OPERATE,
                answer=self.put,
            ),
        )

    def listing(self, request: PageRequest) -> PageReply:
        """Answer with the test sets that wait."""
        words = self._renderer.words
        with self._context.database.snapshot() as tx:
            page = test_sets.page(tx, limit=_PER_PAGE, states=(TestSetState.WAITING,))
        return self._renderer.page(
            "test_sets.html",
            request,
            self._context.clock(),
            here="test-sets",
            sets=page.items,
            names=self._context.device_names(),
            titles={t.id: words.pick(t.title, t.title_zh) for t in self._context.tests()},
        )

    def one(
        self,
        request: PageRequest,
        refused: str = "",
        status: int = 422,
        faults: Sequence[Fault] = (),
    ) -> PageReply:
        """Answer with the page of one test set; `status` is for when something was refused."""
        visitor = request.visitor
        words = self._renderer.words
        may_supply = visitor is not None and visitor.access >= Access.OPERATE
        with self._context.database.snapshot() as tx:
            record = test_sets.get(tx, request.path["id"])
            test = self._test(record)
            given = {reading.name: reading for reading in readings.latest(tx, record.id)}
            versions = results.versions(tx, record.id)
            members = self._members(tx, record)
            choices = () if test is None or not may_supply else self._choices(tx, test, record)
        waits = record.state is TestSetState.WAITING
        fields: tuple[FieldView | TableView, ...] = ()
        if test is not None and may_supply:
            form = self._form_of(test, record)
            fields = form.fields(request.form, given, {}, faults)
        device = record.key.device_id
        return self._renderer.page(
            "test_set.html",
            request,
            self._context.clock(),
            status=status if refused else 200,
            here="test-sets",
            set=record,
            title=record.key.test if test is None else words.pick(test.title, test.title_zh),
            device_name=self._context.device_names().get(device, device),
            look=_LOOKS[record.state],
            roles=() if test is None else role_views(test, members, words),
            fields=fields,
            choices=choices,
            free=() if test is None else _free(test, record),
            may_run=waits
            and may_supply
            and (record.wants_more or bool(missing(test, record, frozenset(given)))),
            results=tuple(reversed(versions)),
            refused=refused,
            performed=self._performed(record, request.form),
        )

    def supply(self, request: PageRequest) -> PageReply:
        """Take readings from the form, and go back to the test set."""
        now = self._context.clock()
        who = request.visitor.name if request.visitor else ""
        with self._context.database.snapshot() as tx:
            record = test_sets.get(tx, request.path["id"])
        test = self._test(record)
        if test is None:
            return PageReply(location=f"/test-sets/{record.id}")
        form = self._form_of(test, record)
        if form.more_rows(request.form):
            return self.one(request)
        try:
            given = all_checked(
                test, form.read(request.form), source="form", entered_by=who, now=now
            )
            with self._context.database.transaction() as tx:
                supply(
                    tx,
                    record.id,
                    given,
                    reason=request.form.get("reason", "")[:MOST_REASON],
                    who=who,
                    now=now,
                    performance=self._stated(record, request.form),
                    device=self._context.device(record.key.device_id),
                    site_zone=self._context.settings.site.time_zone,
                )
        except ReadingError as error:
            return self.one(request, refused=str(error), faults=error.faults)
        return PageReply(location=f"/test-sets/{record.id}")

    def run(self, request: PageRequest) -> PageReply:
        """Have a waiting test set analysed with what it has."""
        try:
            analyze_partially(
                self._context.database,
                request.path["id"],
                tests=self._context.tests(),
                reason=request.form.get("reason", "")[:200],
                who=request.visitor.name if request.visitor else "",
                now=self._context.clock(),
            )
        except ByHandError as error:
            return self.one(request, refused=str(error), status=409)
        return PageReply(location=f"/test-sets/{request.path['id']}")

    def put(self, request: PageRequest) -> PageReply:
        """Put a series into a role of a test set."""
        try:
            assign(
                self._context.database,
                request.path["id"],
                request.form.get("series", ""),
                request.form.get("role", ""),
                tests=self._context.tests(),
                who=request.visitor.name if request.visitor else "",
                now=self._context.clock(),
            )
        except ByHandError as error:
            return self.one(request, refused=str(error), status=409)
        return PageReply(location=f"/test-sets/{request.path['id']}")

    def _choices(
        self, tx: Transaction, test: TestDescription, record: TestSetRecord
    ) -> tuple[Choice, ...]:
        if not open_roles(test, record):
            return ()
        found = []
        for each in candidates(tx, record):
            name = series_name(each, self._renderer.words)
            said = " · ".join(filter(None, (name, each.modality)))
            at = each.acquired_at or each.first_received_at
            found.append(Choice(each.series_instance_uid, said, at))
        return tuple(found)

    def _zone(self, record: TestSetRecord) -> ZoneInfo:
        device = self._context.device(record.key.device_id)
        zone = (device.time_zone if device else "") or self._context.settings.site.time_zone
        return ZoneInfo(zone or "UTC")

    def _form_of(self, test: TestDescription, record: TestSetRecord) -> ReadingForm:
        return ReadingForm(test, self._zone(record), self._renderer.words)

    def _performed(self, record: TestSetRecord, form: Mapping[str, str]) -> dict[str, str]:
        """Return how the time of a measurement that a person entered stands in its form."""
        zone, at = self._zone(record), record.performed_at
        stored = "" if at is None else local_text(at, zone)
        return {
            "zone": zone.key,
            "at": form.get("performed_at", stored),
            "operator": form.get("operator", record.operator),
        }

    def _stated(self, record: TestSetRecord, form: Mapping[str, str]) -> Performance | None:
        """Return when and by whom the form says that it was measured; None when it does not.

        Raises
        ------
        ReadingError
            If that is no moment.
        """
        if record.performed_at is None or "performed_at" not in form:
            return None
        if form["performed_at"] == local_text(record.performed_at, self._zone(record)):
            # The field holds whole seconds; untouched, it changes nothing.
            at: datetime | None = record.performed_at
        else:
            at = moment_in(form["performed_at"], self._zone(record))
        if at is None:
            message = "performed_at is a date with time"
            raise ReadingError(Fault(field=("performed_at",), message=message, code="moment"))
        return Performance(performed_at=at, operator=form.get("operator", "").strip())

    def _members(self, tx: Transaction, record: TestSetRecord) -> dict[str, list[MemberView]]:
        """Return the series of a set by role; one that is not stored any more keeps its UID."""
        found: dict[str, list[MemberView]] = {}
        for member in record.members:
            known = series.find(tx, member.series_instance_uid)
            name = (
                member.series_instance_uid
                if known is None
                else series_name(known, self._renderer.words)
            )
            found.setdefault(member.role, []).append(
                MemberView(member.series_instance_uid, name, member.acquired_at, member.assigned_by)
            )
        return found

    def _test(self, record: TestSetRecord) -> TestDescription | None:
        return next((t for t in self._context.tests() if t.id == record.key.test), None)


def _free(test: TestDescription, record: TestSetRecord) -> tuple[Choice, ...]:
    names = open_roles(test, record)
    return tuple(Choice(r.name, r.label or r.name) for r in test.roles if r.name in names)


def role_views(
    test: TestDescription, members: Mapping[str, Sequence[MemberView]], words: Words
) -> tuple[RoleView, ...]:
    """Return the roles of a test as shown, with the series in each."""
    return tuple(
        RoleView(
            label=role.label or role.name,
            hint=role.hint,
            members=tuple(members.get(role.name, ())),
            look=_role_look(role, len(members.get(role.name, ()))),
            count=_role_count(role, len(members.get(role.name, ())), words),
        )
        for role in test.roles
    )


def _role_look(role: RoleDescription, present: int) -> Look:
    if present < role.minimum:
        return _LOOKS[TestSetState.WAITING]
    return STATUS[Status.PASS] if present else _NOT_NEEDED


def _role_count(role: RoleDescription, present: int, words: Words) -> str:
    """Return how many series a role has, and of how many, where it needs a number of them."""
    if role.minimum == 0:
        return words("optional, {count} there", count=present)
    if present > role.minimum or (present == role.minimum and role.maximum != role.minimum):
        return words("{count} there", count=present)
    return words("{count} of {needed}", count=present, needed=role.minimum)
