"""A worker that gives the numbers it is told, a day each: everything but the analysis is real."""

from __future__ import annotations

import dataclasses
import threading
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from photopeak.analysis.runner import Runner
from photopeak.analysis.site import load_site
from photopeak.model.alerts import AlertRecord, AlertState
from photopeak.model.judgement import Limit, LimitKind, LimitSet
from photopeak.model.results import ResultRecord
from photopeak.model.trends import MetricSignal
from photopeak.settings import Settings
from photopeak.storage import alerts, results, series, test_sets, trends
from photopeak.storage.database import Database
from support.catalogue import description
from support.rows import NOON, waiting_set

TEST = description("intrinsic_uniformity")
METRIC = TEST.metrics[0].key
WHERE: dict[str, Any] = {"device_id": "camera-1", "test": TEST.id, "variant": "nema"}
UPPER = 5.0


class DailyRuns:
    """A worker on a database; every result is of one number per head, of the next day."""

    def __init__(self, database: Database, folder: Path, settings: Settings | None = None) -> None:
        self.database = database
        self.day = 0
        self._folder = folder
        self._site = load_site(settings or Settings())

    @property
    def now(self) -> datetime:
        """Noon of the present day."""
        return NOON + timedelta(days=self.day)

    def measure(
        self,
        *values: float,
        uncertainty: float | None = None,
        void: tuple[int, ...] = (),
        software: str = "",
        at: datetime | None = None,
    ) -> ResultRecord:
        """Have the next day's test analysed, judged and stored; `void` names heads without counts."""
        self.day += 1
        moment = at or self.now
        uid = f"1.2.840.{self.day}"
        with self.database.transaction() as tx:
            test_set = waiting_set(tx, uid, day=moment.date())
            if software:
                series.set_display(
                    tx, uid, modality="NM", display={"SoftwareVersions": software},
                    acquired_at=moment, expected_instances=1,
                )  # fmt: skip
            test_sets.queue(tx, test_set.id, now=self.now)
        answer = {
            "version": "1",
            "analysis": {
                "measurements": [
                    {
                        "metric": METRIC, "scope": {"detector": head}, "value": value,
                        "uncertainty": uncertainty,
                    }
                    for head, value in enumerate(values, start=1)
                ],
                "preconditions": [_few_counts(head) for head in void],
                "notes": [],
            },
            "parameters": {},
            "figures": [],
            "acquired_at": moment.isoformat(),
            "configurations": [{"scope": {}, "parts": {"collimator": "none"}}],
        }  # fmt: skip
        self._runner(answer).run(test_set.id)
        with self.database.snapshot() as tx:
            found = results.current(tx, test_set.id)
            assert found is not None
            return results.get(tx, found.id)

    def signals(self, result: ResultRecord) -> tuple[MetricSignal, ...]:
        """Return what a result showed."""
        with self.database.snapshot() as tx:
            return trends.signals_of(tx, result.id)

    def alerts(self) -> dict[tuple[str, int | None], AlertRecord]:
        """Return the alerts that are not closed, by rule and head."""
        with self.database.snapshot() as tx:
            page = alerts.page(tx, states=[AlertState.OPEN, AlertState.ACKNOWLEDGED])
        return {(a.alert.rule, a.alert.detector): a for a in page.items}

    def _runner(self, answer: dict[str, Any]) -> Runner:
        bound = LimitSet(
            name="site", title="", kind=LimitKind.SITE, source="", version="v1",
            limits=(Limit(test=TEST.id, variant="*", metric=METRIC, upper=UPPER),),
        )  # fmt: skip
        settings = Settings()
        site = dataclasses.replace(self._site, limit_sets=(bound,))
        return Runner(
            database=self.database, data=self._folder, settings=settings.work,
            site=site, catalogue={TEST.id: TEST},
            process=cast("Any", SimpleNamespace(run=lambda _: answer)), worker_id="w",
            clock=lambda: self.now + timedelta(minutes=5), ending=threading.Event(),
        )  # fmt: skip


def _few_counts(head: int) -> dict[str, Any]:
    return {
        "code": "PC_COUNTS", "severity": "hard", "outcome": "not_met", "scope": {"detector": head},
        "quantity": "counts", "value": 900.0, "lower": 5000.0, "upper": None, "unit": "1",
        "expected": "", "clause": "",
    }  # fmt: skip
