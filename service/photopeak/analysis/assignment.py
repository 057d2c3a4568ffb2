"""From a routing decision to test sets: a series joins the sets that its assignments name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from photopeak.analysis.catalogue import Catalogue, why_not
from photopeak.analysis.job import choose_variant
from photopeak.analysis.readiness import frame_of_reference, has_room, obstacle, waiting_for
from photopeak.analysis.site import Site
from photopeak.analysis.states import refresh, refresh_members
from photopeak.model.alerts import Alert, AlertSeverity
from photopeak.model.catalogue import TestDescription
from photopeak.model.results import ReadingRecord
from photopeak.model.routing import Assignment, RoutingDecision, RoutingOutcome
from photopeak.model.series import SeriesRecord, SeriesState
from photopeak.model.test_sets import TestSetKey, TestSetMember, TestSetRecord, TestSetState
from photopeak.reports.device_readings import of_device
from photopeak.storage import alerts, by_hand, decisions, readings, series, test_sets
from photopeak.storage.database import Transaction

Enqueue = Callable[[Transaction, TestSetRecord], None]
"""Sends a queued test set to the workers, in the transaction that queued it."""

_STATES = {
    RoutingOutcome.UNROUTED: SeriesState.UNROUTED,
    RoutingOutcome.NOT_QC: SeriesState.NOT_QC,
    RoutingOutcome.QUARANTINED: SeriesState.QUARANTINED,
}


class Assigner:
    """Applies decisions.

    Parameters
    ----------
    site, catalogue
        What is configured and what is installed.
    enqueue
        Called for every set that is ready.
    faults
        Why analyzers that are installed cannot be used, by test.
    """

    def __init__(
        self,
        site: Site,
        catalogue: Catalogue,
        enqueue: Enqueue,
        faults: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._site = site
        self._catalogue = catalogue
        self._enqueue = enqueue
        self._faults = faults

    def apply(
        self, tx: Transaction, record: SeriesRecord, decision: RoutingDecision, now: datetime
    ) -> None:
        """Keep the decision and let the series join its test sets, or show why it does not."""
        uid = record.series_instance_uid
        decisions.add(tx, uid, record.generation, decision, now=now)
        series.set_device(tx, uid, decision.device_id)
        self._leave_others(tx, uid, decision, now)
        alerts.close(tx, f"routing:{uid}", now=now)
        self._tell_of_stopped_rules(tx, decision, now)
        told = self._renew_by_hand(tx, record, now)
        if told:
            # What a person said of a series goes before what routing makes of it.
            others = tuple(a for a in decision.assignments if a.test not in told)
            decision = replace(decision, assignments=others)
        elif decision.outcome is not RoutingOutcome.ROUTED:
            series.set_state(tx, uid, _STATES[decision.outcome], decision.reason)
            if decision.outcome is not RoutingOutcome.NOT_QC:
                self._tell(tx, record, decision, now)
            return
        obstacles = []
        for assignment in decision.assignments:
            reason = obstacle(self._catalogue.get(assignment.test), assignment, self._faults)
            if reason:
                obstacles.append(reason)
            else:
                self._join(tx, record, decision, assignment, now)
        if obstacles and len(obstacles) == len(decision.assignments) and not told:
            series.set_state(tx, uid, SeriesState.REFUSED, "; ".join(obstacles))
            return
        refresh(tx, uid)

    def settled(self, tx: Transaction, record: TestSetRecord) -> bool:
        """Tell whether a waiting set has to wait on, and says for what."""
        if record.key.test not in self._catalogue:
            return record.waiting_for == why_not(record.key.test, self._faults)
        return not record.partial and _waits_on(record, self._missing(tx, record))

    def release(self, tx: Transaction, record: TestSetRecord, now: datetime) -> None:
        """Queue a waiting set if nothing is missing any more, else say what it waits for.

        While a person wants it analysed with what it has, it waits for nothing. One whose images
        told that others are missing waits until a series or a reading comes; one whose analyzer
        cannot be used waits until it can.
        """
        if record.key.test not in self._catalogue:
            reason = why_not(record.key.test, self._faults)
            test_sets.describe(tx, record.id, now=now, waiting_for=reason)
            return
        if record.state is TestSetState.WAITING:
            for reading in self._of_device(tx, record, now):
                readings.put(tx, record.id, reading, now=now)
        missing = "" if record.partial else self._missing(tx, record)
        if not record.partial and _waits_on(record, missing):
            return
        if missing:
            test_sets.describe(tx, record.id, now=now, waiting_for=missing)
        elif record.state is TestSetState.WAITING:
            self._enqueue(tx, test_sets.queue(tx, record.id, now=now))

    def _of_device(
        self, tx: Transaction, record: TestSetRecord, now: datetime
    ) -> tuple[ReadingRecord, ...]:
        """Return the readings that the device of a set has and the set has not."""
        test = self._catalogue[record.key.test]
        known = {reading.name for reading in readings.latest(tx, record.id)}
        return of_device(test, self._site.device(record.key.device_id), now=now, given=known)

    def _missing(self, tx: Transaction, record: TestSetRecord) -> str:
        present = Counter(member.role for member in record.members)
        known = {reading.name for reading in readings.latest(tx, record.id)}
        known |= {reading.name for reading in self._of_device(tx, record, record.updated_at)}
        test = self._catalogue[record.key.test]
        lacking = waiting_for(test, present, known)
        frames = sorted(_frames(tx, record)) if test.spans_modalities else []
        where = f" in the frame of reference {' and '.join(frames)}" if frames else ""
        return lacking and lacking + where

    def _of_one_frame(
        self, tx: Transaction, test: TestDescription, role: str, record: SeriesRecord
    ) -> Callable[[TestSetRecord], bool]:
        """Tell which sets a series may join by itself: those whose coordinates are also its own.

        A series that does not name its frame of reference, and a set of such series, suit any; but a
        set of such series without room for it stands in the way of none that waits for this very frame.
        """
        own = frame_of_reference(record.display)

        def suits(candidate: TestSetRecord) -> bool:
            frames = _frames(tx, candidate)
            if frames:
                return frames == {own}
            present = Counter(member.role for member in candidate.members)
            return candidate.joinable and has_room(test, role, present)

        return suits if own and test.spans_modalities else lambda _: True

    def _join(
        self,
        tx: Transaction,
        record: SeriesRecord,
        decision: RoutingDecision,
        assignment: Assignment,
        now: datetime,
    ) -> None:
        test = self._catalogue[assignment.test]
        uid = record.series_instance_uid
        device = self._site.device(decision.device_id)
        role = assignment.role or test.roles[0].name
        key = TestSetKey(
            device_id=decision.device_id or "",
            test=test.id,
            variant=choose_variant(test, assignment.variant, device),
            day=self._day(record, device.time_zone if device else ""),
            group=uid if test.stands_alone else assignment.group,
        )
        if test.days > 1:
            key = replace(key, day=test_sets.first_day(tx, key, days=test.days, uid=uid))
        description = test.role(role)
        of_one_frame = self._of_one_frame(tx, test, role, record)
        found = test_sets.find_or_create(
            tx,
            key,
            role=role,
            series_instance_uid=uid,
            maximum=None if description is None else description.maximum,
            now=now,
            suits=lambda other: other.purpose == assignment.purpose and of_one_frame(other),
        )
        joined = test_sets.add_member(
            tx,
            found.id,
            TestSetMember(
                role=role,
                series_instance_uid=uid,
                generation=record.generation,
                parameters=assignment.parameters,
                acquired_at=record.acquired_at,
            ),
            now=now,
        )
        if assignment.purpose != joined.purpose:
            test_sets.describe(tx, found.id, now=now, purpose=assignment.purpose)
        if assignment.limits:
            test_sets.describe(
                tx, found.id, now=now, limits=sorted({*joined.limits, *assignment.limits})
            )
        self.release(tx, joined, now)
        refresh_members(tx, joined)

    def _leave_others(
        self, tx: Transaction, uid: str, decision: RoutingDecision, now: datetime
    ) -> None:
        """Take the series out of roles that an earlier decision gave it and this one does not.

        It stays where a person put it, unless it looks like that of a patient.
        """
        quarantined = decision.outcome is RoutingOutcome.QUARANTINED
        kept = {(a.test, a.role) for a in decision.assignments}
        tests = {a.test for a in decision.assignments}
        for record in test_sets.by_series(tx, uid):
            for member in record.members:
                if member.series_instance_uid != uid or record.key.test in tests:
                    continue
                if member.assigned_by and not quarantined:
                    continue
                if (record.key.test, member.role) not in kept:
                    test_sets.remove_member(tx, record.id, member.role, uid, now=now)
                    by_hand.forget_if_empty(tx, record.id)

    def _renew_by_hand(
        self, tx: Transaction, record: SeriesRecord, now: datetime
    ) -> frozenset[str]:
        """Tell the sets into which a person put the series of its generation; return their tests."""
        uid = record.series_instance_uid
        tests = set()
        for found in test_sets.by_series(tx, uid):
            for member in found.members:
                if member.series_instance_uid != uid or not member.assigned_by:
                    continue
                tests.add(found.key.test)
                renewed = test_sets.add_member(
                    tx, found.id, replace(member, generation=record.generation), now=now
                )
                if found.key.test in self._catalogue:
                    self.release(tx, renewed, now)
        return frozenset(tests)

    def _day(self, record: SeriesRecord, zone: str) -> date:
        moment = record.acquired_at or record.first_received_at
        return moment.astimezone(
            ZoneInfo(zone or self._site.settings.site.time_zone or "UTC")
        ).date()

    def _tell(
        self, tx: Transaction, record: SeriesRecord, decision: RoutingDecision, now: datetime
    ) -> None:
        quarantined = decision.outcome is RoutingOutcome.QUARANTINED
        alerts.raise_alert(
            tx,
            Alert(
                key=f"routing:{record.series_instance_uid}",
                severity=AlertSeverity.WARNING,
                title="Series in quarantine" if quarantined else "Series without a route",
                message=decision.reason,
                device_id=decision.device_id,
                series_instance_uid=record.series_instance_uid,
            ),
            now=now,
        )

    def _tell_of_stopped_rules(
        self, tx: Transaction, decision: RoutingDecision, now: datetime
    ) -> None:
        """Raise an alert for each rule whose expression ran away: it finds nothing any more."""
        for step in decision.steps:
            if step.effect == "skipped":
                alerts.raise_alert(
                    tx,
                    Alert(
                        key=f"rule:{step.subject}",
                        severity=AlertSeverity.WARNING,
                        title=f"Routing rule {step.subject} was stopped",
                        message=step.message,
                    ),
                    now=now,
                )


def _frames(tx: Transaction, record: TestSetRecord) -> frozenset[str]:
    """Return the frames of reference that the series of a set name."""
    found = (series.find(tx, member.series_instance_uid) for member in record.members)
    return frozenset(frame_of_reference(each.display) for each in found if each) - {""}


def _waits_on(record: TestSetRecord, missing: str) -> bool:
    """Tell whether a set says already what it waits for: what its roles miss, or its images."""
    return missing == record.waiting_for if missing else record.wants_more
