"""A worker without processes: assigner and runner on one database, the analyses in this process."""

import dataclasses
import itertools
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from photopeak.analysis.assignment import Assigner
from photopeak.analysis.catalogue import describe, load_analyzers
from photopeak.analysis.local import data_set_sha256
from photopeak.analysis.perform import perform
from photopeak.analysis.runner import Runner
from photopeak.analysis.site import load_site
from photopeak.demo.objects import MEDISO, Dialect, Labels, planar_object, write
from photopeak.model.results import ResultRecord
from photopeak.model.routing import Assignment, RoutingDecision, RoutingOutcome
from photopeak.model.series import SeriesState
from photopeak.model.test_sets import TestSetRecord
from photopeak.reports.by_hand import analyze_partially, assign
from photopeak.settings import Settings
from photopeak.storage import instances, results, series, test_sets
from photopeak.storage.database import Database
from photopeak_analyzers.acquisition import Planar
from support.rows import NOON, after, instance


class Station:
    """Assigner and runner on one database, with the analysis in this process."""

    def __init__(
        self,
        database: Database,
        data: Path,
        tests: Sequence[str],
        faults: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        found = load_analyzers()
        self.database, self.data = database, data
        self.catalogue = {test: describe(found[test]) for test in tests}
        self.tests = tuple(self.catalogue.values())
        self.site = load_site(Settings())
        self.queued: list[str] = []
        self.faults = faults
        self.assigner = Assigner(
            self.site, self.catalogue, lambda _, s: self.queued.append(s.id), faults
        )
        self._numbers = itertools.count(1)

    def receive(
        self,
        uid: str,
        acquisition: Planar | None = None,
        at: float = 0.0,
        console: Dialect = MEDISO,
    ) -> None:
        """Store an object of a series, and let the series be complete."""
        stored = instance(next(self._numbers), series=uid, at=after(at))
        if acquisition is not None:
            path = write(planar_object(acquisition, console, Labels(series=uid), NOON), self.data)
            stored = dataclasses.replace(
                stored, path=path.name, sha256=data_set_sha256(path), size=path.stat().st_size
            )
        with self.database.transaction() as tx:
            instances.add_batch(tx, [stored])
            series.set_state(tx, uid, SeriesState.COMPLETE)

    def route(self, uid: str, test: str = "", role: str = "", **changes: Any) -> None:
        """Decide that a series has a role of a test, or none at all."""
        values: dict[str, Any] = {
            "outcome": RoutingOutcome.ROUTED if test else RoutingOutcome.UNROUTED,
            "reason": "a rule" if test else "no rule knows it",
            "assignments": (Assignment(test=test, variant="", role=role),) if test else (),
            "device_id": "nm1",
        }
        with self.database.transaction() as tx:
            decision = RoutingDecision(**{**values, **changes})
            self.assigner.apply(tx, series.get(tx, uid), decision, NOON)

    def ask(self, record: TestSetRecord, reason: str = "the phantom broke") -> TestSetRecord:
        """Ask for an analysis with what there is."""
        return analyze_partially(
            self.database, record.id, tests=self.tests, reason=reason, who="R. Chen", now=NOON
        )

    def assign(self, record: TestSetRecord, uid: str, role: str) -> TestSetRecord:
        """Put a series into a role, and let the worker look at the set."""
        assign(
            self.database, record.id, uid, role, tests=self.tests, who="R. Chen", now=NOON
        )  # fmt: skip
        with self.database.transaction() as tx:
            current = test_sets.get(tx, record.id)
            assert not self.assigner.settled(tx, current)
            self.assigner.release(tx, current, NOON)
        return self.set_of(uid)

    def runner(self) -> Runner:
        """Return what does the work on queued sets."""
        return Runner(
            database=self.database, data=self.data, settings=Settings().work, site=self.site,
            catalogue=self.catalogue, process=cast("Any", InThisProcess()), worker_id="w",
            clock=lambda: NOON, ending=threading.Event(), faults=self.faults,
        )  # fmt: skip

    def work(self, record: TestSetRecord) -> TestSetRecord:
        """Do the work on a queued set."""
        self.runner().run(record.id)
        with self.database.snapshot() as tx:
            return test_sets.get(tx, record.id)

    def set_of(self, uid: str) -> TestSetRecord:
        with self.database.snapshot() as tx:
            (record,) = test_sets.by_series(tx, uid)
        return record

    def current(self, record: TestSetRecord) -> ResultRecord | None:
        with self.database.snapshot() as tx:
            found = results.current(tx, record.id)
            return None if found is None else results.get(tx, found.id)

    def shown(self, uid: str) -> tuple[SeriesState, str]:
        with self.database.snapshot() as tx:
            record = series.get(tx, uid)
        return record.state, record.reason


class InThisProcess:
    """Does the job where it is."""

    def run(self, job: dict[str, Any]) -> dict[str, Any]:
        return perform(job)
