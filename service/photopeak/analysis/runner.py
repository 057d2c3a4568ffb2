"""One job: claim a test set, have it analysed, judge it, and keep the result in one transaction."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from photopeak.alerts.channels.announcements import announce_result
from photopeak.alerts.lifecycle import Subject, consequences, failed, opened_again
from photopeak.analysis.catalogue import Catalogue, why_not
from photopeak.analysis.child import AnalysisProcess
from photopeak.analysis.errors import JobFailedError, JobRefusedError
from photopeak.analysis.job import Part, build_job
from photopeak.analysis.outcome import Context, failure_of, lacking_series, reason_of, result_of
from photopeak.analysis.readiness import missing, more, sentence
from photopeak.analysis.site import Site
from photopeak.analysis.states import refresh_members
from photopeak.analysis.trend_watch import watch
from photopeak.model.identity import new_id
from photopeak.model.judgement import DEFAULT_PURPOSE, Status
from photopeak.model.reception import Entrance, StoredInstance
from photopeak.model.results import FailureRecord, InputRecord, ResultRecord
from photopeak.model.test_sets import TestSetRecord, TestSetState, head_of_group
from photopeak.reviews import rules
from photopeak.settings import WorkSettings
from photopeak.storage import (
    alert_events,
    alerts,
    decisions,
    events,
    instances,
    limits,
    readings,
    results,
    test_sets,
)
from photopeak.storage.database import Database, Transaction
from photopeak.storage.errors import StorageUnavailableError
from photopeak.storage.locks import serialise

logger = logging.getLogger(__name__)

T = TypeVar("T")

_DATABASE_PAUSE_S = 1.0
_INCOMPLETE = "IncompleteSetError"
"""Name of the analyzers' error that says: other series of the set may still come."""

_JUST_AFTER = timedelta(microseconds=1)
_NEWER_RESULTS = 20
"""Results to look at for what was good again since; older ones were told of long ago."""


class Runner:
    """Does the work of this worker process; used by the threads of the engine.

    Parameters
    ----------
    database, data
        Rows and files.
    process
        Where the heavy work is done.
    ending
        Set when this worker is about to end: nothing new is begun, and what fails is left to
        the next worker.
    """

    def __init__(
        self,
        *,
        database: Database,
        data: Path,
        settings: WorkSettings,
        site: Site,
        catalogue: Catalogue,
        process: AnalysisProcess,
        worker_id: str,
        clock: Callable[[], datetime],
        ending: threading.Event,
        faults: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._database = database
        self._data = data
        self._settings = settings
        self._site = site
        self._catalogue = catalogue
        self._process = process
        self._worker_id = worker_id
        self._clock = clock
        self._ending = ending
        self._faults = faults

    def run(self, test_set_id: str) -> None:
        """Analyse a queued test set; does nothing when it is not queued or somebody else has it.

        While the database is out of reach the work waits, with its result if there is one: its
        row says that this worker has it, so nobody else would take it up.
        """
        try:
            self._run(test_set_id)
        except StorageUnavailableError as error:
            logger.warning("test set %s is left to the next worker: %s", test_set_id, error)
        except Exception:
            # The edge of the station: a row that says RUNNING for ever would be the worst answer.
            traceback_id = new_id()
            logger.exception("traceback %s: test set %s failed", traceback_id, test_set_id)
            self._persistently(lambda: self._park(test_set_id, traceback_id))

    def _run(self, test_set_id: str) -> None:
        if self._ending.is_set():
            return
        claimed = self._persistently(lambda: self._claim(test_set_id))
        if claimed is None:
            return
        record, context, parts = claimed
        job = build_job(
            context.test,
            variant=context.variant,
            parts=parts,
            device=context.device,
            overrides=record.parameters,
            readings=context.readings,
            zone=self._site.settings.site.time_zone,
            partial=bool(context.wish),
            performed_at=record.performed_at,
        )
        done = self._work(job, context)
        if done is None:
            self._persistently(lambda: self._give_back(record))
            return
        result, state = done
        lacking = _what_to_wait_for(result, context)
        if state is TestSetState.REFUSED and lacking:
            reason = f"not analysed with what is there: {reason_of(result)}" if context.wish else ""
            self._persistently(lambda: self._wait_on(record, lacking, reason))
            return
        self._persistently(lambda: self._keep(record, result, state))

    def _persistently(self, act: Callable[[], T]) -> T:
        """Do it when the database can be reached, or not at all when this worker ends before."""
        told = False
        while True:
            try:
                return act()
            except StorageUnavailableError as error:
                if not told:
                    logger.warning("an analysis waits for the database: %s", error)
                told = True
                if self._ending.wait(_DATABASE_PAUSE_S):
                    raise

    def _claim(self, test_set_id: str) -> tuple[TestSetRecord, Context, list[Part]] | None:
        started_at = self._clock()
        with self._database.transaction() as tx:
            record = test_sets.claim(tx, test_set_id, self._worker_id, now=started_at)
            if record is None:
                return None
            if record.key.test not in self._catalogue:
                reason = why_not(record.key.test, self._faults)
                test_sets.finish(
                    tx, record.id, self._worker_id, record.attempt, TestSetState.WAITING,
                    now=started_at, waiting_for=reason,
                )  # fmt: skip
                refresh_members(tx, record)
                return None
            refresh_members(tx, record)
            return record, *self._gather(tx, record, started_at)

    def _work(
        self, job: dict[str, Any], context: Context
    ) -> tuple[ResultRecord, TestSetState] | None:
        """Return the result and the state it gives; a job that fails is tried a few times.

        None when it failed because this worker ends.
        """
        for attempt in range(1, self._settings.attempts + 1):
            try:
                answer = self._process.run(job)
            except JobRefusedError as refusal:
                refused = failure_of(
                    refusal.record,
                    context,
                    now=self._clock(),
                    configurations=refusal.configurations,
                )
                return refused, TestSetState.REFUSED
            except JobFailedError as error:
                if self._ending.is_set():
                    return None
                traceback_id = new_id()
                logger.error(
                    "attempt %d at test set %s failed (%s): %s",
                    attempt, context.test_set_id, traceback_id, error,
                )  # fmt: skip
                if error.detail:
                    logger.error("traceback %s\n%s", traceback_id, error.detail)
                failure = FailureRecord(
                    code="FAILED", message=str(error), traceback_id=traceback_id
                )
            else:
                result = result_of(answer, context, now=self._clock())
                invalid = result.status is Status.INVALID
                return result, TestSetState.REFUSED if invalid else TestSetState.DONE
        return failure_of(failure, context, now=self._clock()), TestSetState.FAILED

    def _gather(
        self, tx: Transaction, record: TestSetRecord, started_at: datetime
    ) -> tuple[Context, list[Part]]:
        parts = []
        inputs = []
        routes_version = ""
        for member in record.members:
            stored = instances.by_series(tx, member.series_instance_uid)
            parts.append(
                Part(
                    role=member.role,
                    paths=tuple(self._data / instance.path for instance in stored),
                    sha256=tuple(instance.sha256 for instance in stored),
                    values=values_of(member.parameters, stored),
                )
            )
            inputs.append(
                InputRecord(
                    role=member.role,
                    series_instance_uid=member.series_instance_uid,
                    generation=member.generation,
                    instances=tuple((i.reception.sop_instance_uid, i.sha256) for i in stored),
                )
            )
            decision = decisions.latest(tx, member.series_instance_uid)
            routes_version = decision.decision.routes_version if decision else routes_version
        device_id = record.key.device_id or None
        test = self._catalogue[record.key.test]
        known = readings.latest(tx, record.id)
        lacking = missing(
            test, Counter(m.role for m in record.members), {reading.name for reading in known}
        )
        times = [m.acquired_at for m in record.members if m.acquired_at is not None]
        context = Context(
            test_set_id=record.id,
            test=test,
            variant=record.key.variant,
            device_id=device_id,
            device=self._site.device(device_id),
            purpose=record.purpose or DEFAULT_PURPOSE,
            inputs=tuple(inputs),
            readings=known,
            limit_sets=self._site.limit_sets,
            baselines=(
                [
                    accepted.baseline
                    for accepted in limits.every_accepted(
                        tx, device_id, record.key.test, record.key.variant
                    )
                ]
                if device_id
                else ()
            ),
            events=events.of_device(tx, device_id) if device_id else (),
            requested_limits=record.limits,
            routes_version=routes_version,
            started_at=started_at,
            acquired_at=min(times) if times else record.performed_at,
            detector=record.detector,
            missing=lacking if record.partial else (),
            wish=record.partial,
        )
        return context, parts

    def _keep(self, record: TestSetRecord, result: ResultRecord, state: TestSetState) -> None:
        now = self._clock()
        with self._database.transaction() as tx:
            if not test_sets.finish(
                tx, record.id, self._worker_id, record.attempt, state,
                now=now, reason=reason_of(result), settled=not result.partial,
                waiting_for=more(lacking_series(result, hard=False))
                if state is TestSetState.DONE else "",
            ):  # fmt: skip
                logger.info("test set %s changed meanwhile, its result is dropped", record.id)
                return
            stored = results.add(tx, result)
            self._tell(tx, record, stored, now)
            announce_result(tx, self._site.alerts, stored, now=now)
            rules.mark(tx, self._site.alerts, stored, self._site.settings.review.automatic, now=now)
            refresh_members(tx, record)
        logger.info("%s of %s is %s", stored.test, stored.device_id or "-", stored.status)

    def _wait_on(self, record: TestSetRecord, lacking: str, reason: str) -> None:
        """Say what a set cannot be analysed without, and let it wait."""
        with self._database.transaction() as tx:
            if test_sets.finish(
                tx, record.id, self._worker_id, record.attempt, TestSetState.WAITING,
                now=self._clock(), reason=reason, waiting_for=lacking, settled=True,
            ):  # fmt: skip
                refresh_members(tx, record)
        logger.info("test set %s is %s", record.id, lacking)

    def _give_back(self, record: TestSetRecord) -> None:
        """Let another worker do it, without counting this one as lost."""
        with self._database.transaction() as tx:
            if test_sets.finish(
                tx, record.id, self._worker_id, record.attempt, TestSetState.QUEUED,
                now=self._clock(),
            ):  # fmt: skip
                refresh_members(tx, record)
                logger.info("test set %s is left to the next worker", record.id)

    def _park(self, test_set_id: str, traceback_id: str) -> None:
        """Say that something nobody foresaw went wrong with a test set."""
        now = self._clock()
        reason = f"an error in the service, see traceback {traceback_id} in its log"
        with self._database.transaction() as tx:
            test_sets.claim(tx, test_set_id, self._worker_id, now=now)
            record = test_sets.get(tx, test_set_id)
            if test_sets.finish(
                tx, record.id, self._worker_id, record.attempt, TestSetState.FAILED,
                now=now, reason=reason,
            ):  # fmt: skip
                refresh_members(tx, record)
                alert = failed(
                    record.id,
                    reason,
                    device_id=record.key.device_id or None,
                    test=record.key.test,
                    variant=record.key.variant,
                    detector=part_of(tx, record)[0],
                )
                alerts.raise_alert(tx, alert, now=now)

    def _tell(
        self, tx: Transaction, record: TestSetRecord, result: ResultRecord, now: datetime
    ) -> None:
        """Raise and end the alerts of the test by what came out."""
        subject = self._subject(tx, record, result)
        # Of two results at once, one must not end what the other has just added to.
        serialise(tx, (f"alerts of {subject.prefix}",))
        effect = consequences(
            subject,
            alerts.open_under(tx, subject.prefix),
            () if result.status is Status.PASS else self._measured_later(tx, subject),
        )
        for alert in effect.raised:
            alerts.raise_alert(tx, alert, now=now)
        for known, breaches in effect.narrowed:
            alerts.still_needs(tx, known, breaches)
        for known in effect.ended:
            alerts.close(tx, known.alert.key, now=now, result_id=result.id)
        self._stand_again(tx, record, subject, now)
        watch(tx, subject, settings=self._site.settings.trends, now=now)

    def _stand_again(
        self, tx: Transaction, record: TestSetRecord, subject: Subject, now: datetime
    ) -> None:
        """Open again what an earlier version of the result ended and this one does not.

        A pass that is taken back has shown nothing.
        """
        earlier = [v.id for v in results.versions(tx, record.id) if v.id != subject.result.id]
        ended = alerts.several(tx, alert_events.ended_by(tx, earlier)) if earlier else ()
        ended = tuple(a for a in ended if a.alert.key.startswith(subject.prefix))
        if not ended:
            return
        since = min(a.alert.acquired_at or a.opened_at for a in ended)
        for alert in opened_again(ended, self._measured(tx, subject, since)):
            if alerts.find_open(tx, alert.key) is None:
                alerts.raise_alert(tx, alert, now=now)

    def _measured_later(self, tx: Transaction, subject: Subject) -> tuple[Subject, ...]:
        return self._measured(tx, subject, subject.moment + _JUST_AFTER)

    def _measured(self, tx: Transaction, subject: Subject, since: datetime) -> tuple[Subject, ...]:
        """Return the last results of the test of a subject that count, measured since a moment."""
        result = subject.result
        if result.device_id is None:
            return ()
        later = results.measured(
            tx,
            device_id=result.device_id,
            test=result.test,
            variant=result.variant,
            since=since,
            limit=_NEWER_RESULTS,
        )
        return tuple(
            self._subject(tx, test_sets.get(tx, found.test_set_id), results.get(tx, found.id))
            for found in later
        )

    def _subject(self, tx: Transaction, record: TestSetRecord, result: ResultRecord) -> Subject:
        device = self._site.device(result.device_id)
        detector, group = part_of(tx, record)
        return Subject(
            result=result,
            detector=detector,
            group=group,
            heads=None if device is None else device.detectors,
            reason=reason_of(result),
        )


def part_of(tx: Transaction, record: TestSetRecord) -> tuple[int | None, str]:
    """Return the head that a test set is of, and what else keeps it apart from others of its test.

    Routing says so of each series, by its name. What groups the series of the set itself may be
    no more than one of them, and a person who measures says the head.
    """
    for member in record.members:
        decision = decisions.latest(tx, member.series_instance_uid)
        for assignment in decision.decision.assignments if decision else ():
            if (assignment.test, assignment.role) == (record.key.test, member.role):
                head = head_of_group(assignment.group)
                return record.detector or head, "" if head else assignment.group
    return record.detector, ""


def _what_to_wait_for(result: ResultRecord, context: Context) -> str:
    """Return what a set that gave no valid number waits for; empty when it is over."""
    if context.missing:
        return sentence(context.missing) if result.failure is not None else ""
    if result.failure is None:
        return more(lacking_series(result, hard=True))
    said = result.failure.code == _INCOMPLETE or context.wish
    return more((result.failure.message,)) if said else ""


def values_of(routed: Mapping[str, Any], stored: Sequence[StoredInstance]) -> dict[str, Any]:
    """Return what is known of an acquisition beside its objects.

    What routing read from the words, and `received_at`, when the first object of a push arrived. An
    upload tells when a person got round to it, which is no time of the equipment.
    """
    pushed = [
        instance.reception.received_at
        for instance in stored
        if instance.reception.entrance is Entrance.DIMSE
    ]
    return {"received_at": min(pushed).isoformat(), **routed} if pushed else dict(routed)
