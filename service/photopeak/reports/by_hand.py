"""What a person does to a test set: analyse it with what it has, or put a series into a role."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from types import MappingProxyType

from photopeak.model.catalogue import TestDescription
from photopeak.model.routing import ParameterValue
from photopeak.model.series import SeriesRecord, SeriesState
from photopeak.model.test_sets import TestSetKey, TestSetMember, TestSetRecord, TestSetState
from photopeak.reports.targets import Target
from photopeak.reports.waiting import missing
from photopeak.storage import alerts, audit, by_hand, decisions, readings, series, test_sets
from photopeak.storage.database import Database, Transaction

ASSIGNABLE = (
    SeriesState.UNROUTED,
    SeriesState.NOT_QC,
    SeriesState.WAITING,
    SeriesState.ANALYZED,
    SeriesState.REFUSED,
    SeriesState.FAILED,
)
"""States of a series that nothing is being done to, and that does not look like a patient's."""

_OFFERED = 100


class ByHandError(ValueError):
    """It cannot be done; the message says why in our words."""


def analyze_partially(
    database: Database,
    test_set_id: str,
    *,
    tests: Sequence[TestDescription],
    reason: str,
    who: str,
    now: datetime,
) -> TestSetRecord:
    """Send a waiting test set to the workers with what it has.

    Raises
    ------
    ByHandError
        If it does not wait, has nothing, lacks nothing, or no reason is given.
    NotFoundError
        If there is no such test set.
    """
    if not reason.strip():
        raise ByHandError("a reason is needed")
    with database.transaction() as tx:
        record = by_hand.get_alone(tx, test_set_id)
        test = _installed(tests, record)
        if record.state is not TestSetState.WAITING:
            raise ByHandError(f"the test set is {record.state}; only a waiting one is analysed")
        supplied = frozenset(reading.name for reading in readings.latest(tx, record.id))
        if not record.members and not supplied:
            raise ByHandError("nothing has come yet that could be analysed")
        lacking = missing(test, record, supplied)
        if not lacking and not record.wants_more:
            raise ByHandError("nothing is missing; it is analysed in full")
        queued = by_hand.ask_partial(tx, record.id, reason.strip(), now=now)
        audit.append(
            tx,
            at=now,
            actor=who,
            action="test-set.partial",
            subject=record.id,
            detail={"reason": reason.strip(), "missing": [item.name for item in lacking]},
        )
    return queued


def assign(
    database: Database,
    test_set_id: str,
    series_instance_uid: str,
    role: str,
    *,
    tests: Sequence[TestDescription],
    who: str,
    now: datetime,
) -> TestSetRecord:
    """Put a stored series into a role of an open test set; what routing says of it counts no more.

    It leaves other roles of the set, and other sets of the test that only wait. Doing it twice
    does nothing more.

    Raises
    ------
    ByHandError
        If the set or the role takes no more, or the series is of another device, still under way
        or held back.
    NotFoundError
        If there is no such test set or series.
    """
    with database.transaction() as tx:
        record = by_hand.get_alone(tx, test_set_id)
        test = _installed(tests, record)
        return assign_within(tx, record, series_instance_uid, role, test=test, who=who, now=now)


def assign_within(
    tx: Transaction,
    record: TestSetRecord,
    series_instance_uid: str,
    role: str,
    *,
    test: TestDescription,
    who: str,
    now: datetime,
    reason: str = "",
) -> TestSetRecord:
    """Put a stored series into a role, as :func:`assign`, in a transaction that does more.

    Raises
    ------
    ByHandError
        As :func:`assign`.
    NotFoundError
        If there is no such series.
    """
    found = series.get(tx, series_instance_uid)
    if any(m.series_instance_uid == series_instance_uid for m in record.in_role(role)):
        return record
    _check(test, record, found, role)
    _leave_others(tx, record, series_instance_uid, now)
    joined = test_sets.add_member(
        tx,
        record.id,
        TestSetMember(
            role=role,
            series_instance_uid=series_instance_uid,
            generation=found.generation,
            parameters=_read_by_routing(tx, record, series_instance_uid),
            acquired_at=found.acquired_at,
            assigned_by=who,
        ),
        now=now,
    )
    series.set_state(
        tx, series_instance_uid, SeriesState.WAITING, "assigned by a person", only_from=ASSIGNABLE
    )
    alerts.close(tx, f"routing:{series_instance_uid}", now=now)
    audit.append(
        tx,
        at=now,
        actor=who,
        action="test-set.assigned",
        subject=record.id,
        detail={"series": series_instance_uid, "role": role},
        reason=reason,
    )
    return joined


def assign_once(
    database: Database,
    series_instance_uid: str,
    target: Target,
    *,
    tests: Sequence[TestDescription],
    zone: tzinfo,
    reason: str,
    who: str,
    now: datetime,
) -> TestSetRecord:
    """Say what this one series is: it joins a set of the test that waits for it, or makes one.

    Nothing is learned from it; the next one like it is a question again.

    Parameters
    ----------
    zone
        Time zone of the device, for the day that the set is of.

    Raises
    ------
    ByHandError
        If there is no such test or role, no reason is given, or nothing can be done with the
        series now.
    NotFoundError
        If there is no such series.
    """
    if not reason.strip():
        raise ByHandError("a reason is needed")
    test = next((t for t in tests if t.id == target.test), None)
    if test is None or not test.has_variant(target.variant):
        raise ByHandError("there is no such test")
    role = test.role(target.role)
    if role is None:
        raise ByHandError("the test has no such role")
    with database.transaction() as tx:
        found = series.get(tx, series_instance_uid)
        if found.state not in ASSIGNABLE:
            raise ByHandError(f"the series is {found.state}; it cannot be assigned now")
        key = TestSetKey(
            device_id=found.device_id or "",
            test=test.id,
            variant=target.variant,
            day=(found.acquired_at or found.first_received_at).astimezone(zone).date(),
            group=series_instance_uid if test.stands_alone else "",
        )
        if test.days > 1:
            first = test_sets.first_day(tx, key, days=test.days, uid=series_instance_uid)
            key = replace(key, day=first)
        record = test_sets.find_or_create(
            tx,
            key,
            role=role.name,
            series_instance_uid=series_instance_uid,
            maximum=role.maximum,
            now=now,
            suits=lambda candidate: candidate.open,
        )
        return assign_within(
            tx, record, series_instance_uid, role.name,
            test=test, who=who, now=now, reason=reason.strip(),
        )  # fmt: skip


def set_aside(
    database: Database, uids: Sequence[str], *, reason: str, who: str, now: datetime
) -> int:
    """Say of series that nobody knows that they are no quality control; return of how many.

    Nothing is learned from it. A series that receives more objects is routed again.

    Raises
    ------
    ByHandError
        If no reason is given.
    """
    if not reason.strip():
        raise ByHandError("a reason is needed")
    with database.transaction() as tx:
        done = [
            uid
            for uid in uids
            if series.set_state(
                tx, uid, SeriesState.NOT_QC, f"no quality control, says {who}: {reason.strip()}",
                only_from=(SeriesState.UNROUTED,),
            )
        ]  # fmt: skip
        for uid in done:
            alerts.close(tx, f"routing:{uid}", now=now)
            audit.append(
                tx, at=now, actor=who, action="series.set-aside", subject=uid,
                detail={"before": SeriesState.UNROUTED, "after": SeriesState.NOT_QC},
                reason=reason.strip(),
            )  # fmt: skip
    return len(done)


def candidates(tx: Transaction, record: TestSetRecord) -> tuple[SeriesRecord, ...]:
    """Return the last series that may be put into a test set: of its device or of none known."""
    inside = {member.series_instance_uid for member in record.members}
    page = series.page(tx, states=ASSIGNABLE, limit=_OFFERED)
    return tuple(
        found
        for found in page.items
        if found.series_instance_uid not in inside and _fits_device(record, found)
    )


def open_roles(test: TestDescription, record: TestSetRecord) -> tuple[str, ...]:
    """Return the names of the roles that take another series."""
    present = Counter(member.role for member in record.members)
    return tuple(
        role.name
        for role in test.roles
        if record.open and (role.maximum is None or present[role.name] < role.maximum)
    )


def _installed(tests: Sequence[TestDescription], record: TestSetRecord) -> TestDescription:
    test = next((t for t in tests if t.id == record.key.test), None)
    if test is None:
        raise ByHandError("the test is not installed any more")
    return test


def _check(test: TestDescription, record: TestSetRecord, found: SeriesRecord, role: str) -> None:
    if not record.open:
        raise ByHandError(f"the test set is {record.state}; it takes no more series")
    if test.role(role) is None:
        names = ", ".join(r.name for r in test.roles)
        raise ByHandError(f"the test has these roles: {names}")
    if role not in open_roles(test, record):
        raise ByHandError(f"the role {role} has as many series as it takes")
    if found.state not in ASSIGNABLE:
        raise ByHandError(f"the series is {found.state}; it cannot be assigned now")
    if not _fits_device(record, found):
        raise ByHandError("the series is of another device")


def _fits_device(record: TestSetRecord, found: SeriesRecord) -> bool:
    return found.device_id in (None, record.key.device_id or None)


def _leave_others(tx: Transaction, record: TestSetRecord, uid: str, now: datetime) -> None:
    for other in test_sets.by_series(tx, uid):
        if other.id != record.id and (
            other.key.test != record.key.test or other.state is not TestSetState.WAITING
        ):
            continue
        for member in other.members:
            if member.series_instance_uid == uid:
                test_sets.remove_member(tx, other.id, member.role, uid, now=now)
        if other.id != record.id:
            by_hand.forget_if_empty(tx, other.id)


def _read_by_routing(
    tx: Transaction, record: TestSetRecord, uid: str
) -> Mapping[str, ParameterValue]:
    """Return what routing read from the words of the series for this test, such as a distance."""
    latest = decisions.latest(tx, uid)
    named = latest.decision.assignments if latest else ()
    return next((a.parameters for a in named if a.test == record.key.test), MappingProxyType({}))
