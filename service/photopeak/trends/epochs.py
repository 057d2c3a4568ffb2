"""Epochs: what begins anew after a service that says so, and with every accepted baseline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from photopeak.model.trends import AcceptedBaseline, EpochEffect, ServiceEvent, TrendPoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A time between two resets, with the baseline in force in it; `end` None for the present."""

    start: datetime
    end: datetime | None
    event_id: str | None
    accepted: AcceptedBaseline | None

    def holds(self, at: datetime) -> bool:
        """Tell whether a moment lies within."""
        return self.start <= at and (self.end is None or at < self.end)


def spans(
    points: Sequence[TrendPoint],
    events: Iterable[ServiceEvent],
    baselines: Iterable[AcceptedBaseline],
) -> tuple[Span, ...]:
    """Return the epochs of a trend, the first first; at least one if there are points.

    A baseline holds from where its results begin to the next reset. A later version that begins no
    later takes the place of an earlier one. An epoch without points joins the one that follows: the
    service before the first of the results that the new baseline is made of.
    """
    resets = [
        Span(start=event.at, end=None, event_id=event.id, accepted=None)
        for event in events
        if event.epoch is EpochEffect.STARTS
    ]
    resets += [
        Span(start=a.baseline.epoch_start, end=None, event_id=None, accepted=a)
        for a in _standing(baselines)
    ]
    if points and not any(span.start <= points[0].at for span in resets):
        resets.append(Span(start=points[0].at, end=None, event_id=None, accepted=None))
    # At one moment, a baseline comes after the service that it follows.
    resets.sort(key=lambda span: (span.start, span.accepted is not None))
    found: list[Span] = []
    for span, following in zip_longest(resets, resets[1:]):
        start, event_id = span.start, span.event_id
        if found and not any(found[-1].holds(p.at) for p in points):
            empty = found.pop()
            if empty.event_id is not None and empty.accepted is None and span.accepted is not None:
                start, event_id = empty.start, empty.event_id
        end = following.start if following is not None else None
        found.append(Span(start=start, end=end, event_id=event_id, accepted=span.accepted))
    return tuple(found)


def _standing(baselines: Iterable[AcceptedBaseline]) -> list[AcceptedBaseline]:
    standing: list[AcceptedBaseline] = []
    for entry in sorted(baselines, key=lambda a: a.baseline.version):
        start = entry.baseline.epoch_start
        standing = [known for known in standing if known.baseline.epoch_start < start]
        standing.append(entry)
    return standing
