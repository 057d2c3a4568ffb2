"""The engine behind a port of three calls: enqueue in this transaction, start, schedule.

DBOS Transact dispatches and nothing more. The rows of the storage say what has to be done; a job
carries the id of a row and is safe to run twice. This is the only module that knows the engine.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from dbos import DBOS, DBOSClient, DBOSConfig

from photopeak.storage.database import Database, Transaction, translated
from photopeak.storage.errors import StorageUnavailableError

logger = logging.getLogger(__name__)

_APPLICATION = "photopeak"
# Jobs carry ids of rows only, so any version may run what any other has enqueued.
_APPLICATION_VERSION = "1"
_ANALYSIS_QUEUE = "analysis"
_ANALYSIS_WORKFLOW = "photopeak.analyze_test_set"
_COMPLAINT_PAUSE_S = 60.0
_SELDOM_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """How this process takes part.

    `executor_id` is unique per process start: two executors of one id would run the same job.
    """

    executor_id: str
    concurrency: int
    polling_interval_s: float


class Engine:
    """Dispatch of analysis jobs over one process or many, on SQLite or PostgreSQL.

    Parameters
    ----------
    database
        Our own database; the dispatcher keeps its tables beside ours.
    options
        Identity and limits of this process.
    analyze
        What a job does: called with the id of a test set, in a thread of the engine.
    """

    def __init__(
        self, database: Database, options: EngineOptions, analyze: Callable[[str], None]
    ) -> None:
        self._options = options
        self._stop = threading.Event()
        self._schedules: list[threading.Thread] = []
        config: DBOSConfig = {
            "name": _APPLICATION,
            "system_database_engine": database.engine,
            "application_version": _APPLICATION_VERSION,
            "executor_id": options.executor_id,
            "log_level": "WARNING",
            "enable_otlp": False,
            "use_listen_notify": False,
            # What we schedule is no business of the engine.
            "scheduler_polling_interval_sec": _SELDOM_S,
            "max_executor_threads": max(4, 2 * options.concurrency),
        }
        DBOS.destroy(destroy_registry=True)
        self._dbos = DBOS(config=config)

        # The engine marks the function it is given, which a bound method does not allow.
        def run(test_set_id: str) -> None:
            analyze(test_set_id)

        DBOS.workflow(name=_ANALYSIS_WORKFLOW, max_recovery_attempts=None)(run)
        with translated(database):
            DBOS.launch()
            _calm(logging.getLogger("dbos"))
            DBOS.register_queue(
                _ANALYSIS_QUEUE,
                worker_concurrency=options.concurrency,
                polling_interval_sec=options.polling_interval_s,
                on_conflict="always_update",
            )
            self._client = DBOSClient(
                system_database_engine=database.engine, application_name=_APPLICATION
            )
        logger.info("engine started as %s", options.executor_id)

    def enqueue(
        self, transaction: Transaction, test_set_id: str, attempt: int, *, turn: int = 1
    ) -> str:
        """Add a job in the caller's transaction and return its id; the same job twice is one job.

        A job that came to nothing is not run again: the next one for the attempt is the next
        `turn`.
        """
        job = job_id(test_set_id, attempt, turn)
        self._client.enqueue_in_transaction(
            transaction.connection,
            {
                "workflow_name": _ANALYSIS_WORKFLOW,
                "queue_name": _ANALYSIS_QUEUE,
                "workflow_id": job,
                "app_version": _APPLICATION_VERSION,
            },
            test_set_id,
        )
        return job

    def schedule(self, name: str, interval_s: float, act: Callable[[], None]) -> None:
        """Call `act` every `interval_s` seconds until the engine stops; a failure is logged.

        Housekeeping is local to a process and idempotent, so it needs no dispatch.
        """

        def loop() -> None:
            while not self._stop.wait(interval_s):
                try:
                    act()
                except StorageUnavailableError:
                    logger.debug("%s waits for the database", name)
                except Exception:
                    logger.exception("%s failed", name)

        thread = threading.Thread(target=loop, name=f"photopeak-{name}", daemon=True)
        thread.start()
        self._schedules.append(thread)

    def enqueued(self) -> frozenset[str]:
        """Return the ids of the jobs that nobody has begun."""
        return self._listed("ENQUEUED")

    def waiting(self) -> frozenset[str]:
        """Return the ids of the jobs that are enqueued or begun, be it by somebody who is gone."""
        return self._listed("ENQUEUED", "PENDING")

    def _listed(self, *states: str) -> frozenset[str]:
        found = self._client.list_workflows(
            name=_ANALYSIS_WORKFLOW, status=list(states), load_input=False, load_output=False
        )
        return frozenset(status.workflow_id for status in found)

    def forget(self, job: str) -> None:
        """Cancel a job whose executor is gone, so that it is not listed as running for ever."""
        self._client.cancel_workflow(job)

    def stop(self, *, drain_s: float = 5.0) -> None:
        """Finish what runs, at most for `drain_s` seconds, and stop."""
        self._stop.set()
        for thread in self._schedules:
            thread.join(timeout=drain_s)
        self._client.destroy()
        DBOS.destroy(workflow_completion_timeout_sec=int(drain_s), destroy_registry=True)


def job_id(test_set_id: str, attempt: int, turn: int = 1) -> str:
    """Return the id of the job for one attempt at one test set."""
    return f"analyze:{test_set_id}:{attempt}" + ("" if turn == 1 else f":{turn}")


def turn_of(job: str) -> int:
    """Return which turn a job is, from its id."""
    parts = job.split(":")
    return int(parts[3]) if len(parts) > 3 else 1


class _OncePerMinute(logging.Filter):
    """Let each complaint pass once a minute: a database that is away brings ten a second."""

    def __init__(self) -> None:
        super().__init__()
        self._passed: dict[tuple[str, int], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        now, where = time.monotonic(), (record.pathname, record.lineno)
        if now - self._passed.get(where, -_COMPLAINT_PAUSE_S) < _COMPLAINT_PAUSE_S:
            return False
        self._passed[where] = now
        return True


def _calm(engine: logging.Logger) -> None:
    """Have the engine write its log as everybody else does, and not the same all the time."""
    for handler in list(engine.handlers):
        engine.removeHandler(handler)
    for old in [f for f in engine.filters if isinstance(f, _OncePerMinute)]:
        engine.removeFilter(old)
    engine.propagate = True
    engine.addFilter(_OncePerMinute())
