"""Which baselines a measurement may be compared with: those of its own epoch.

After a service that begins trends anew, numbers say something else than before. A baseline from
before it judges nothing measured after it, and the other way round, until a person accepts a new
one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from photopeak.model.judgement import Baseline
from photopeak.model.trends import EpochEffect, ServiceEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """A baseline that judges nothing, for the event that lies between it and the measurement."""

    baseline: Baseline
    event: ServiceEvent

    @property
    def sentence(self) -> str:
        """Why, for a person."""
        event = self.event
        return (
            f"the baseline of {self.baseline.epoch_start:%Y-%m-%d} is of another epoch: "
            f"service of {event.at:%Y-%m-%d}, {event.text}"
        )


def of_epoch(
    baselines: Iterable[Baseline], events: Sequence[ServiceEvent], at: datetime | None
) -> tuple[tuple[Baseline, ...], tuple[Apart, ...]]:
    """Return the baselines that hold for what was measured at a moment, and those that do not.

    Parameters
    ----------
    baselines
        Every accepted version; of each number and configuration the newest of the epoch holds.
    events
        Of the device; only those that begin trends anew matter.
    at
        Without it the newest of all holds.
    """
    resets = [e for e in events if e.epoch is EpochEffect.STARTS and not e.withdrawn]
    versions: dict[tuple[object, ...], list[Baseline]] = {}
    for baseline in sorted(baselines, key=lambda b: b.version, reverse=True):
        key = (baseline.metric, tuple(sorted(baseline.scope.items())), baseline.configuration)
        versions.setdefault(key, []).append(baseline)
    held, apart = [], []
    for known in versions.values():
        between = [_between(baseline, resets, at) for baseline in known]
        if None in between:
            held.append(known[between.index(None)])
        elif between[0] is not None:
            apart.append(Apart(baseline=known[0], event=between[0]))
    return tuple(held), tuple(apart)


def _between(
    baseline: Baseline, resets: Iterable[ServiceEvent], at: datetime | None
) -> ServiceEvent | None:
    """Return the last reset between a baseline and a moment; one at the moment lies before it."""
    first, last = sorted((baseline.epoch_start, at or baseline.epoch_start))
    found = [e for e in resets if first < e.at <= last and e.concerns(baseline.scope)]
    return max(found, key=lambda e: e.at, default=None)
