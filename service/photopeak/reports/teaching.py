"""Teaching: a person says what a series is, and series like it are known once that is in force.

A lesson is kept first and is in force later: in between stands a look at what it would match in the
past, and somebody who answers for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from photopeak.model.catalogue import TestDescription
from photopeak.model.routing import RoutingOutcome
from photopeak.model.series import SeriesRecord, SeriesState
from photopeak.model.taught import TaughtNumber, TaughtRoute
from photopeak.routing.taught import fitting, followed, numbers_in
from photopeak.storage import audit, lessons, series, taught
from photopeak.storage.database import Database, Transaction
from photopeak.storage.errors import StateError
from photopeak.storage.lessons import Alike, Share

TEACHABLE = (
    SeriesState.UNROUTED,
    SeriesState.NOT_QC,
    SeriesState.WAITING,
    SeriesState.ANALYZED,
    SeriesState.REFUSED,
    SeriesState.FAILED,
)
"""States of series that a route may be taught from. One that looks like a patient's is not among them."""

ROUTED_AGAIN = (SeriesState.UNROUTED, SeriesState.NOT_QC, SeriesState.REFUSED)
"""States of past series that a new route is offered for; what was analysed stays as it is."""

SCALED = ("distance_mm", "distance_cm", "apart_mm", "apart_cm")
"""Names of numbers that tests read from a series in whatever unit its name has."""

MOST_AT_ONCE = 500
"""Past series that are routed again by one word."""


class TeachingError(Exception):
    """It cannot be taught like this; the message says why in our words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What a person says of a series and of those like it.

    They have equal texts under `keywords`, up to the `numbers` in them, and fill a role of a test,
    or (`ignore`) are no quality control at all.
    """

    series_instance_uid: str
    keywords: Sequence[str]
    numbers: Sequence[TaughtNumber] = ()
    reason: str = ""
    test: str = ""
    variant: str = ""
    role: str = ""
    ignore: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """Past series that are alike and were routed the same way, as a lesson meets them.

    Attributes
    ----------
    claimed_by
        The rule, the lesson or ``content`` that knew them; empty when nobody did.
    stays_with
        A lesson that goes before this one, and keeps them; empty when they would follow this one.
    """

    alike: Alike
    share: Share
    claimed_by: str
    stays_with: str

    @property
    def moves(self) -> bool:
        """Tell whether somebody knows them, and this lesson would take them over."""
        return bool(self.claimed_by) and not self.stays_with


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a lesson would match in the past."""

    lines: tuple[Matched, ...]
    series: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many past series it fits."""
        return sum(line.share.count for line in self.lines)

    @property
    def claimed(self) -> int:
        """How many of them another rule or lesson knows."""
        return sum(line.share.count for line in self.lines if line.claimed_by)

    @property
    def taken_over(self) -> int:
        """How many it would take over from a rule or another lesson, for it goes before them."""
        return sum(line.share.count for line in self.lines if line.moves)


def texts_of(
    database: Database, uid: str, read: Callable[[str], Mapping[str, str]]
) -> Mapping[str, str]:
    """Return the texts of a series; where they are not kept yet `read` finds them in its file.

    That takes another process, so no transaction is open meanwhile.
    """
    with database.snapshot() as tx:
        kept = lessons.texts_of(tx, uid)
    return {name: text for name, text in read(uid).items() if text} if kept is None else kept


def route_of(
    lesson: Lesson,
    *,
    device_id: str | None,
    texts: Mapping[str, str],
    tests: Sequence[TestDescription],
) -> TaughtRoute:
    """Return the route that a lesson means.

    Raises
    ------
    TeachingError
        If the series has no such text or number, or there is no such role.
    """
    test = _target(tests, lesson)
    conditions = {keyword: texts.get(keyword, "") for keyword in lesson.keywords}
    if not any(conditions.values()):
        raise TeachingError("none of the chosen texts is there: tick one that has words")
    for number in lesson.numbers:
        if number.place >= len(numbers_in(conditions.get(number.keyword, ""))):
            raise TeachingError("there is no such number in the chosen texts")
        if number.name and (test is None or number.name not in number_names(test)):
            raise TeachingError(f"the test reads no number {number.name}")
    names = [number.name for number in lesson.numbers if number.name]
    if len(set(names)) < len(names):
        raise TeachingError("two numbers have the same meaning")
    return TaughtRoute(
        id="",
        device_id=device_id,
        conditions=conditions,
        numbers=tuple(lesson.numbers),
        test=lesson.test,
        variant=lesson.variant,
        role=lesson.role,
        ignore=lesson.ignore,
        active=False,
        example=lesson.series_instance_uid,
        reason=lesson.reason.strip(),
    )


def number_names(test: TestDescription) -> tuple[str, ...]:
    """Return what a number in a text can mean for a test."""
    own = {parameter.name for parameter in test.parameters}
    return tuple(sorted(own | set(SCALED)))


def known_by_id(tx: Transaction, route: TaughtRoute) -> TaughtRoute:
    """Return a route with the id of the one that looks for the same, whose next version it would be."""
    known = taught.looking_for_the_same(tx, route)
    return route if known is None else replace(route, id=known.id)


def preview(tx: Transaction, route: TaughtRoute, *, most: int = 50) -> Preview:
    """Return what a route would match among the series that were routed so far.

    Parameters
    ----------
    most
        How many single series are named, the last received first.
    """
    known = {alike.id: alike for alike in lessons.alike_of_device(tx, route.device_id)}
    found = {id(texts) for texts in fitting(route, (alike.texts for alike in known.values()))}
    ids = [alike.id for alike in known.values() if id(alike.texts) in found]
    rivals = tuple(other for other in taught.active(tx) if other.id != route.id)
    # A lesson that is kept later has a later id.
    itself = replace(route, active=True, id=route.id or "~")
    lines = []
    for share in lessons.shares(tx, ids):
        alike = known[share.texts_id]
        ahead = followed((*rivals, itself), alike.device_id, alike.texts)
        own = route.id and share.rule == route.name
        known_to = share.outcome == RoutingOutcome.ROUTED or (
            share.outcome == RoutingOutcome.NOT_QC and share.rule
        )
        lines.append(
            Matched(
                alike=alike,
                share=share,
                claimed_by=(share.rule or "content") if known_to and not own else "",
                stays_with="" if ahead is None or ahead is itself else ahead.name,
            )
        )
    return Preview(lines=tuple(lines), series=lessons.series_with(tx, ids, limit=most))


def keep_draft(
    database: Database,
    lesson: Lesson,
    *,
    tests: Sequence[TestDescription],
    texts: Mapping[str, str],
    who: str,
    now: datetime,
) -> TaughtRoute:
    """Keep a lesson that is not in force.

    Parameters
    ----------
    texts
        Normalised header texts of the series by keyword, for one whose texts are not kept yet.

    Raises
    ------
    TeachingError
        If no reason is given, or nothing can be taught like this from the series.
    NotFoundError
        If there is no such series.
    """
    if not lesson.reason.strip():
        raise TeachingError("a reason is needed")
    with database.transaction() as tx:
        record = teachable(tx, lesson.series_instance_uid)
        route = route_of(
            lesson,
            device_id=record.device_id,
            texts=lessons.texts_of(tx, record.series_instance_uid) or texts,
            tests=tests,
        )
        kept = taught.draft(tx, _signed(route, who, now))
        if (kept.taught_by, kept.taught_at) == (who, now):
            audit.append(
                tx,
                at=now,
                actor=who,
                action="route.taught",
                subject=kept.id,
                detail={"series": record.series_instance_uid, **_told(kept)},
                reason=kept.reason,
            )
    return kept


def activate(
    database: Database,
    route_id: str,
    version: int,
    *,
    reason: str,
    take_over: bool = False,
    who: str,
    now: datetime,
) -> TaughtRoute:
    """Put a version of a lesson in force.

    Parameters
    ----------
    take_over
        That it takes series over from rules or lessons that know them is meant so.

    Raises
    ------
    TeachingError
        If no reason is given, it is no draft, or it takes series over and that was not said.
    NotFoundError
        If there is no such version.
    """
    if not reason.strip():
        raise TeachingError("a reason is needed")
    with database.transaction() as tx:
        found = preview(tx, taught.get(tx, route_id, version))
        if found.taken_over and not take_over:
            raise TeachingError(
                f"{found.taken_over} past series are known by another rule; say that they are meant"
            )
        before = next((r for r in taught.active(tx) if r.id == route_id), None)
        try:
            route = taught.activate(tx, route_id, version, who=who, reason=reason.strip(), now=now)
        except StateError as error:
            raise TeachingError("only a version that is not in force yet is activated") from error
        audit.append(
            tx,
            at=now,
            actor=who,
            action="route.activated",
            subject=route.id,
            detail={
                "before": None if before is None else _told(before),
                "after": _told(route),
                "matched": found.count,
                "taken over": found.taken_over,
            },
            reason=reason.strip(),
        )
    return route


def withdraw(
    database: Database, route_id: str, *, reason: str, who: str, now: datetime
) -> TaughtRoute:
    """Put a lesson out of force, or drop its draft; what it decided stays as it is.

    Raises
    ------
    TeachingError
        If no reason is given.
    NotFoundError
        If there is nothing to withdraw.
    """
    if not reason.strip():
        raise TeachingError("a reason is needed")
    with database.transaction() as tx:
        route = taught.withdraw(tx, route_id, who=who, reason=reason.strip(), now=now)
        audit.append(
            tx,
            at=now,
            actor=who,
            action="route.withdrawn",
            subject=route_id,
            detail={"before": _told(route), "after": None},
            reason=reason.strip(),
        )
    return route


def to_route_again(tx: Transaction, route: TaughtRoute, *, limit: int) -> tuple[str, ...]:
    """Return past series that a lesson in force fits, and that nobody analysed otherwise."""
    known = {alike.id: alike for alike in lessons.alike_of_device(tx, route.device_id)}
    found = {id(texts) for texts in fitting(route, (alike.texts for alike in known.values()))}
    ids = [alike.id for alike in known.values() if id(alike.texts) in found]
    return lessons.series_with(
        tx, ids, limit=limit, states=ROUTED_AGAIN, other_than_rule=route.name
    )


def route_again(database: Database, route_id: str, *, who: str, now: datetime) -> int:
    """Let routing decide again about past series that a lesson in force fits; return how many.

    Raises
    ------
    TeachingError
        If it is not in force.
    """
    with database.transaction() as tx:
        route = next((r for r in taught.active(tx) if r.id == route_id), None)
        if route is None:
            raise TeachingError("only for a route that is in force")
        moved = [
            uid
            for uid in to_route_again(tx, route, limit=MOST_AT_ONCE)
            if series.set_state(
                tx, uid, SeriesState.COMPLETE, "to be routed again", only_from=ROUTED_AGAIN
            )
        ]
        if moved:
            audit.append(
                tx,
                at=now,
                actor=who,
                action="route.applied",
                subject=route_id,
                detail={"series": len(moved), "version": route.version},
            )
    return len(moved)


def teachable(tx: Transaction, uid: str) -> SeriesRecord:
    """Return a series that a route may be taught from.

    Raises
    ------
    TeachingError
        If it is still under way or held back.
    NotFoundError
        If there is none.
    """
    record = series.get(tx, uid)
    if record.state not in TEACHABLE:
        raise TeachingError(f"the series is {record.state}; nothing can be taught from it now")
    return record


def _signed(route: TaughtRoute, who: str, now: datetime) -> TaughtRoute:
    return replace(route, taught_by=who, taught_at=now)


def _told(route: TaughtRoute) -> dict[str, object]:
    return {
        "version": route.version,
        "device": route.device_id,
        "conditions": dict(route.conditions),
        "numbers": [f"{n.keyword} {n.place + 1}: {n.name or 'any'}" for n in route.numbers],
        "target": "ignore" if route.ignore else f"{route.test}/{route.variant}/{route.role}",
    }


def _target(tests: Sequence[TestDescription], lesson: Lesson) -> TestDescription | None:
    if lesson.ignore == bool(lesson.test):
        raise TeachingError("either a test or ignore has to be given")
    if lesson.ignore:
        if lesson.variant or lesson.role:
            raise TeachingError("with ignore there is no variant and no role")
        return None
    return target_of(tests, lesson.test, lesson.variant, lesson.role)


def target_of(
    tests: Sequence[TestDescription], test: str, variant: str, role: str
) -> TestDescription:
    """Return an installed test that has this variant and this role.

    Raises
    ------
    TeachingError
        If there is none.
    """
    description = next((t for t in tests if t.id == test), None)
    if description is None:
        raise TeachingError("there is no such test")
    if not description.has_variant(variant):
        names = ", ".join(v.name for v in description.variants)
        raise TeachingError(f"the test has these variants: {names}")
    if description.role(role) is None:
        names = ", ".join(r.name for r in description.roles)
        raise TeachingError(f"the test has these roles: {names}")
    return description
