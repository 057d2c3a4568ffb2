"""The worker process: intake loop, engine, heartbeat and sweep."""

from __future__ import annotations

import json
import logging
import os
import platform
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from photopeak.alerts.clerk import STEP_S, Clerk, Duty
from photopeak.analysis.assignment import Assigner
from photopeak.analysis.catalogue import CATALOGUE_MARK, Catalogue, catalogue_from_plain
from photopeak.analysis.child import AnalysisProcess
from photopeak.analysis.engine import Engine, EngineOptions, job_id, turn_of
from photopeak.analysis.intake import Intake
from photopeak.analysis.runner import Runner
from photopeak.analysis.site import Site
from photopeak.analysis.states import refresh_members
from photopeak.analysis.unusable import tell
from photopeak.inbox.housekeeping import keep_house
from photopeak.model.test_sets import TestSetRecord, TestSetState
from photopeak.storage import associations, devices, limits, marks, outbox, test_sets, workers
from photopeak.storage.changes import ChangeWatch
from photopeak.storage.database import Database, Transaction
from photopeak.storage.errors import StorageUnavailableError

logger = logging.getLogger(__name__)

_SWEEP_PAUSE_S = 1.0
_HEARTBEAT_S = 5.0
_HOUSEKEEPING_PAUSE_S = 600.0
_DRAIN_S = 3.0
"""Time for an analysis under way when the worker is told to end."""
_LOST_JOB_AFTER_S = 5.0
"""Time from the begin of a job until its test set is claimed, and much more."""
_FORGET_WORKERS_AFTER = timedelta(days=7)


class Worker:
    """One worker process of the service.

    Parameters
    ----------
    database, data
        Rows and files.
    site
        What is configured.
    clock
        The present moment, aware.
    duties
        What is done beside the work of analysing: alerts, messages, the schedule.
    """

    def __init__(
        self,
        *,
        database: Database,
        data: Path,
        site: Site,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        duties: Sequence[Duty] = (),
    ) -> None:
        self._database = database
        self._data = data
        self._catalogue: Catalogue = {}
        self._faults: Mapping[str, str] = {}
        self._site = site
        self._settings = site.settings.work
        self._clock = clock
        self._id = f"{platform.node()}-{os.getpid()}-{time.time_ns()}"
        # One child per analysis at a time, and one that looks at pixels for the routing: a series
        # must find its place while an analysis takes its time.
        self._processes = [AnalysisProcess(self._settings) for _ in range(self._concurrency)]
        self._looker = AnalysisProcess(self._settings)
        self._free = list(self._processes)
        self._free_lock = threading.Condition()
        self._ending = threading.Event()
        self._lost_since: dict[tuple[str, int, str], float] = {}
        self._no_take_over_until = 0.0
        self._watch = ChangeWatch(database)
        self._unfinished = True
        self._catalogue = catalogue = self._announce()
        self._engine = Engine(
            database,
            EngineOptions(
                executor_id=self._id,
                concurrency=self._concurrency,
                polling_interval_s=self._settings.polling_interval_s,
            ),
            self._analyze,
        )
        self._clerk = Clerk(database, duties, holder=self._id, clock=clock)
        assigner = Assigner(site, catalogue, self._enqueue, self._faults)
        self._assigner = assigner
        self._intake = Intake(
            database=database,
            data=data,
            site=site,
            process=self._looker,
            warm=self._processes[0].warm,
            assigner=assigner,
            clock=clock,
        )

    @property
    def _concurrency(self) -> int:
        return self._settings.concurrency

    def run(self, stop: threading.Event, ready: Callable[[], None] = lambda: None) -> None:
        """Work until `stop` is set."""
        heartbeat_s = min(_HEARTBEAT_S, self._settings.stale_after_s / 4.0)
        self._engine.schedule("heartbeat", heartbeat_s, self._beat)
        self._engine.schedule("sweep", _SWEEP_PAUSE_S, self.sweep)
        self._engine.schedule("clerk", STEP_S, self._clerk.step)
        self._engine.schedule("housekeeping", _HOUSEKEEPING_PAUSE_S, lambda: self._keep_house(stop))
        self.sweep()
        ready()
        unavailable = False
        try:
            while not stop.is_set():
                try:
                    done = self._intake.step()
                    if unavailable:
                        logger.info("the database is back")
                    unavailable = False
                except StorageUnavailableError as error:
                    if not unavailable:
                        logger.error("the database is out of reach: %s", error)
                    unavailable, done = True, 0
                except Exception:
                    # A series that nobody foresaw must not keep the others waiting.
                    logger.exception("intake failed")
                    done = 0
                if not done:
                    stop.wait(self._intake.pause_s if not unavailable else 1.0)
                for process in (*self._processes, self._looker):
                    process.end_when_idle()
        finally:
            self._intake.close()
            self.close()

    def close(self) -> None:
        """Stop the children, the engine and the heartbeat.

        What can be finished in a few seconds is finished; the rest goes back into the queue.
        """
        self._ending.set()
        with self._free_lock:
            self._free_lock.wait_for(
                lambda: len(self._free) == len(self._processes), timeout=_DRAIN_S
            )
        for process in (*self._processes, self._looker):
            process.close()
        self._engine.stop(drain_s=2.0)
        self._watch.close()
        self._clerk.close()
        try:
            with self._database.transaction() as tx:
                workers.stop(tx, self._id, now=self._clock())
        except StorageUnavailableError:
            logger.warning("the end of this worker could not be recorded")

    def sweep(self) -> None:
        """Put right what no event will: lost workers, jobs that were never enqueued, readings.

        Reads first: an idle service writes nothing, and while nothing is committed and no test set
        is unfinished it does not even read. After a time without the database every worker
        looks as if it were gone, so they are first given the time to say that they are not.
        """
        try:
            self._sweep()
        except StorageUnavailableError:
            self._no_take_over_until = time.monotonic() + self._settings.stale_after_s
            raise

    def _sweep(self) -> None:
        if not self._watch.changed() and not self._unfinished:
            return
        self._unfinished = True  # until the rows say otherwise, for they may be out of reach
        now = self._clock()
        with self._database.snapshot() as tx:
            running = test_sets.page(tx, states=(TestSetState.RUNNING,), limit=1).items
            queued = test_sets.page(tx, states=(TestSetState.QUEUED,), limit=1).items
            waiting = test_sets.page(tx, states=(TestSetState.WAITING,), limit=200).items
        self._unfinished = bool(running or queued or waiting)
        if running and time.monotonic() >= self._no_take_over_until:
            self._take_over(now)
        if queued:
            self._enqueue_forgotten()
        else:
            self._lost_since.clear()
        for record in waiting:
            self._release(record, now)

    def _take_over(self, now: datetime) -> None:
        with self._database.transaction() as tx:
            lost = test_sets.release_lost(
                tx,
                now=now,
                stale_after_s=self._settings.stale_after_s,
                attempts=self._settings.attempts,
            )
            for record in lost:
                logger.warning("test set %s was taken from a worker that is gone", record.id)
                if record.state is TestSetState.QUEUED:
                    self._enqueue(tx, record)
                refresh_members(tx, record)
        if lost:
            # Their jobs would be listed as begun for ever.
            abandoned = tuple(job_id(record.id, record.attempt - 1) for record in lost)
            for job in self._engine.waiting():
                if job.startswith(abandoned):
                    self._engine.forget(job)

    def _enqueue_forgotten(self) -> None:
        """Enqueue what is queued and has no job, or one that was begun and came to nothing.

        The engine may list a job as begun for ever: its worker died before it claimed the test
        set, or the database went away under it. A job is lost when it was so for some time, for
        it may be begun or ended in this very moment.
        """
        enqueued, waiting = self._engine.enqueued(), self._engine.waiting()
        with self._database.transaction() as tx:
            lost = {}
            for record in test_sets.queued_without_job(tx, enqueued):
                job = record.job_id or ""
                key = (record.id, record.attempt, job)
                since = lost[key] = self._lost_since.get(key, time.monotonic())
                patience_s = _LOST_JOB_AFTER_S if job in waiting else 0.5 * _SWEEP_PAUSE_S
                if job and time.monotonic() - since < patience_s:
                    continue
                same_attempt = job.startswith(job_id(record.id, record.attempt))
                self._enqueue(tx, record, turn=turn_of(job) + 1 if same_attempt else 1)
                refresh_members(tx, record)
            self._lost_since = lost

    def _release(self, record: TestSetRecord, now: datetime) -> None:
        """Queue a set whose readings or series came by another door, or say what it waits for."""
        with self._database.snapshot() as tx:
            if self._assigner.settled(tx, record):
                return
        with self._database.transaction() as tx:
            current = test_sets.get(tx, record.id)
            self._assigner.release(tx, current, now)
            refresh_members(tx, current)

    def _announce(self) -> Catalogue:
        """Ask the child what is installed, and tell the database, also what is configured."""
        answer = self._processes[0].run({"kind": "catalogue"})
        plain, self._faults = answer["catalogue"], answer["faults"]
        now = self._clock()
        with self._database.transaction() as tx:
            workers.start(
                tx, self._id, role="worker", host=platform.node(), pid=os.getpid(), now=now
            )
            marks.put(tx, CATALOGUE_MARK, json.dumps(plain))
            tell(tx, self._faults, now=now)
            limits.put_in_force(tx, self._site.limit_sets, now=now)
            devices.put_in_force(tx, self._site.devices, now=now)
        return catalogue_from_plain(plain)

    def _keep_house(self, stop: threading.Event) -> None:
        now = self._clock()
        zone = ZoneInfo(self._site.settings.site.time_zone)
        done = keep_house(
            self._database,
            self._data,
            self._site.settings.inbox,
            now=now.astimezone(zone),
            stop=stop.is_set,
        )
        if done is not None:
            with self._database.transaction() as tx:
                workers.forget(tx, before=now - _FORGET_WORKERS_AFTER)
                associations.forget(tx, now=now)
                outbox.forget(tx, now=now)

    def _beat(self) -> None:
        with self._database.transaction() as tx:
            workers.beat(tx, self._id, now=self._clock())

    def _enqueue(self, tx: Transaction, record: TestSetRecord, *, turn: int = 1) -> None:
        job = self._engine.enqueue(tx, record.id, record.attempt, turn=turn)
        test_sets.set_job(tx, record.id, job)

    def _analyze(self, test_set_id: str) -> None:
        process = self._take()
        try:
            Runner(
                database=self._database,
                data=self._data,
                settings=self._settings,
                site=self._site,
                catalogue=self._catalogue,
                process=process,
                worker_id=self._id,
                clock=self._clock,
                ending=self._ending,
                faults=self._faults,
            ).run(test_set_id)
        finally:
            self._give_back(process)

    def _take(self) -> AnalysisProcess:
        with self._free_lock:
            while not self._free:
                self._free_lock.wait()
            return self._free.pop()

    def _give_back(self, process: AnalysisProcess) -> None:
        with self._free_lock:
            self._free.append(process)
            self._free_lock.notify()
