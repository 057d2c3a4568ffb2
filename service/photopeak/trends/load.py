"""A trend from the database: its points, baselines and events, and what they show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from photopeak.model.trends import (
    AcceptedBaseline,
    Rules,
    SeriesKey,
    ServiceEvent,
    Track,
    TrendPoint,
)
from photopeak.storage import events, limits, trends
from photopeak.storage.database import Transaction
from photopeak.trends.track import track

ScopeValue = str | int | float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """What is known of one number of a device.

    `configurations` tells how many points there are of each configuration, the one measured last
    first; `points` are of all of them.
    """

    key: SeriesKey
    configurations: Mapping[str, int]
    points: tuple[TrendPoint, ...]
    baselines: tuple[AcceptedBaseline, ...]
    events: tuple[ServiceEvent, ...]

    def track(self, rules: Rules | None = None, *, log: bool = False) -> Track:
        """Return what it shows."""
        return track(
            self.key,
            self.points,
            baselines=self.baselines,
            events=self.events,
            rules=rules,
            log=log,
        )

    @property
    def own(self) -> tuple[TrendPoint, ...]:
        """The points of its configuration."""
        return tuple(p for p in self.points if p.configuration == self.key.configuration)


def load(
    tx: Transaction,
    *,
    device_id: str,
    test: str,
    variant: str,
    metric: str,
    scope: Mapping[str, ScopeValue],
    configuration: str | None = None,
) -> Trend:
    """Return the trend of a number; of the configuration measured last when none is asked for."""
    found = trends.points(
        tx,
        device_id=device_id,
        test=test,
        variant=variant,
        metrics=(metric,),
        scope=scope,
    )
    points = found.get((metric, trends.scope_key(scope)), ())
    counts = Counter(p.configuration for p in reversed(points))
    if configuration is None:
        configuration = points[-1].configuration if points else ""
    key = SeriesKey(
        device_id=device_id,
        test=test,
        variant=variant,
        metric=metric,
        scope=dict(scope),
        configuration=configuration,
    )
    return Trend(
        key=key,
        configurations=dict(counts),
        points=points,
        baselines=limits.accepted(tx, key),
        events=events.of_device(tx, device_id),
    )
