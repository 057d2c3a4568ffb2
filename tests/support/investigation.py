"""A camera that a physicist investigates: forty days of floods, a service that nobody noted.

The first flood and those of today are of pixels, measured by the service; the days between are like
the first, with numbers of their own. A second camera was measured in the last ten days.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from photopeak.demo.objects import SIEMENS, Labels, planar_object
from photopeak.model.results import MeasurementRecord, ResultRecord
from photopeak.model.series import SeriesState
from photopeak.model.test_sets import TestSetState
from photopeak.settings import load
from photopeak.storage import results, series, test_sets
from photopeak.storage.database import Database, Transaction, open_database
from photopeak.trends import keeping
from photopeak.trends.load import load as load_trend
from photopeak_analyzers.simulation.floods import ColdSpot, FloodCamera, acquisition, noisy
from support.department import Department
from support.rows import waiting_set

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

METRIC = "iu_ufov"
HEADS = (1, 2)
DAYS = 40
"""Days of history before today."""
SERVICE_DAY = 20
"""So many days ago the numbers of head 1 stepped up."""
OUTLIER_DAY = 9
"""So many days ago the source was off centre."""
SPOT = ColdSpot(depth=0.034, diameter_mm=32.0, y_mm=-64.0, x_mm=96.0)
LATEST = 1.32
"""How much weaker the tube of head 1 is now."""
CAMERA, OTHER = "camera-1", "camera-2"
OTHER_DAYS, OTHER_STEP = 10, 0.31
"""Since when the other camera is measured, and how much higher its numbers are than the first."""
ACCEPTED_BY = "Dr. Wang"
_WAVE = (0.00, 0.05, -0.04, 0.07, -0.06, 0.02, -0.07, 0.04, -0.02, 0.01)
_STEP, _OUTLIER = 0.60, 2.10


@dataclass(frozen=True, slots=True)
class Scene:
    """What is known of the camera: the first result, what was measured, and what each day is called."""

    first: ResultRecord
    """Of real pixels, as every later day is like it but in its numbers."""
    days: dict[int, ResultRecord]
    """The result of so many days ago."""
    other: dict[int, ResultRecord]
    """The same of the other camera."""


def number(record: ResultRecord, head: int = 1, metric: str = METRIC) -> MeasurementRecord:
    """Return a number of a head."""
    return next(
        m for m in record.measurements if m.metric == metric and m.scope["detector"] == head
    )


def wave(days_ago: int, head: int) -> float:
    """Return by how much a number of a day differs from the first of its head."""
    small = _WAVE[(days_ago + 3 * head) % len(_WAVE)]
    if head == 2:
        return small
    step = _STEP if days_ago < SERVICE_DAY else 0.0
    return small + step + (_OUTLIER if days_ago == OUTLIER_DAY else 0.0)


def flood(at: datetime, seed: int, *, first: float = 1.0) -> Dataset:
    """Return a flood of two heads with a weak tube each, the first weaker by a factor."""
    rng = np.random.default_rng(seed)
    camera = FloodCamera()
    images = {
        (head, 1): noisy(camera.expected(40_000.0, replace(SPOT, depth=SPOT.depth * times)), rng)
        for head, times in ((1, first), (2, 1.0))
    }
    simulated = acquisition(images, camera, duration_s=10_000.0, declare_field=False)
    return planar_object(simulated, SIEMENS, Labels(series="Intrinsic Flood"), at)


def push(house: Department, *, days_ago: int = 0, minutes_ago: int = 60, first: float = 1.0) -> str:
    """Push a flood of the camera with storescu, and return the id of its result."""
    now = datetime.now(house.zone).replace(microsecond=0)
    house.seed += 1
    at = now - timedelta(days=days_ago, minutes=minutes_ago)
    return str(house.analysed(house.push(1, flood(at, house.seed, first=first)))["id"])


def result(house: Department, identity: str) -> ResultRecord:
    """Return a result as it is stored."""
    with rows_of(house) as database, database.snapshot() as tx:
        return results.get(tx, identity)


@contextmanager
def rows_of(house: Department) -> Iterator[Database]:
    """Open the database of a department beside its service."""
    configured = load(house.service.folder / "config" / "photopeak.toml", environment={}).settings
    database = open_database(configured.database, configured.data)
    try:
        yield database
    finally:
        database.close()


def lived(house: Department) -> Scene:
    """Let forty days pass."""
    identity = push(house, days_ago=DAYS)
    with rows_of(house) as database, database.transaction() as tx:
        first = results.get(tx, identity)
        days = {DAYS: first}
        other = {}
        for ago in range(DAYS - 1, 0, -1):
            days[ago] = _like(tx, first, ago, CAMERA, [wave(ago, head) for head in (1, 2)])
        for ago in range(OTHER_DAYS, 0, -1):
            offsets = [OTHER_STEP + wave(ago, 2)] * 2
            other[ago] = _like(tx, first, ago, OTHER, offsets)
        _accept(tx, days)
    return Scene(first, days, other)


def _like(
    tx: Transaction, first: ResultRecord, days_ago: int, camera: str, offsets: Sequence[float]
) -> ResultRecord:
    """Store a result like the first, of a day, with each head off by so much."""
    assert first.acquired_at is not None
    later = timedelta(days=DAYS - days_ago)
    at = first.acquired_at + later
    uid = f"1.2.826.0.1.999.{camera[-1]}.{days_ago}"
    test_set = waiting_set(tx, uid, device_id=camera, day=at.date())
    series.set_device(tx, uid, camera)
    series.set_state(tx, uid, SeriesState.ANALYZED, "analysed")
    queued = test_sets.queue(tx, test_set.id, now=at)
    test_sets.claim(tx, test_set.id, "worker", now=at)
    test_sets.finish(tx, test_set.id, "worker", queued.attempt, TestSetState.DONE, now=at)
    provenance = replace(
        first.provenance,
        started_at=first.provenance.started_at + later,
        finished_at=first.provenance.finished_at + later,
    )
    measured = tuple(
        replace(m, value=m.value + offsets[int(m.scope["detector"]) - 1])
        if m.metric == METRIC
        else m
        for m in first.measurements
    )
    return results.add(
        tx,
        replace(
            first, id="", test_set_id=test_set.id, device_id=camera, acquired_at=at,
            provenance=provenance, measurements=measured, figures=(),
        ),
    )  # fmt: skip


def _accept(tx: Transaction, days: dict[int, ResultRecord]) -> None:
    """Accept a baseline of head 1 from the first fifteen results."""
    record = days[DAYS]
    one = number(record)
    trend = load_trend(
        tx, device_id=CAMERA, test=record.test, variant=record.variant, metric=METRIC,
        scope=one.scope,
    )  # fmt: skip
    chosen = [days[ago].id for ago in range(DAYS, DAYS - 15, -1)]
    at = days[DAYS - 14].acquired_at
    assert at is not None
    keeping.accept(
        tx, keeping.proposal(trend, chosen), reason="after acceptance", who=ACCEPTED_BY, now=at
    )
