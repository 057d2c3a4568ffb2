"""What a baseline would change, before it is accepted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from photopeak.model.judgement import Baseline
from photopeak.model.trends import (
    AcceptedBaseline,
    BaselineProposal,
    ControlBand,
    Rules,
    SignalLevel,
    SpreadOf,
    Track,
)
from photopeak.trends.load import Trend
from photopeak.trends.track import track

LATEST = 90
"""Results that a proposal is tried on: the latest, without those that it is made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foresight:
    """Of `count` latest results, how many would be out of control, and how many are now.

    `band` are the control limits that the baseline would give; None for too few results.
    """

    count: int
    flagged: int
    flagged_now: int
    band: ControlBand | None


def foresee(
    trend: Trend,
    proposed: BaselineProposal,
    *,
    rules: Rules | None = None,
    spread_of: SpreadOf = SpreadOf.STANDARD_DEVIATION,
    now: datetime,
) -> Foresight:
    """Return what a proposal would say of the latest results that it is not made of."""
    key = proposed.key
    moving = spread_of is SpreadOf.MOVING_RANGE
    accepted = AcceptedBaseline(
        baseline=Baseline(
            id="",
            device_id=key.device_id,
            test=key.test,
            variant=key.variant,
            metric=key.metric,
            scope=key.scope,
            configuration=key.configuration,
            value=proposed.value,
            spread=proposed.spread_moving if moving else proposed.spread,
            count=proposed.count,
            epoch_start=proposed.epoch_start,
            reason="",
            approved_by="",
            version=1 + max((a.baseline.version for a in trend.baselines), default=0),
        ),
        sources=frozenset(proposed.sources),
        accepted_at=now,
    )
    future = track(
        trend.key,
        trend.points,
        baselines=(*trend.baselines, accepted),
        events=trend.events,
        rules=rules,
    )
    own = set(proposed.sources)
    latest = [p.result_id for p in trend.own if p.counts and p.result_id not in own][-LATEST:]
    bands = [e.band for e in future.epochs if e.baseline == accepted.baseline]
    return Foresight(
        count=len(latest),
        flagged=_flagged(future, latest),
        flagged_now=_flagged(trend.track(rules), latest),
        band=bands[0] if bands else None,
    )


def _flagged(found: Track, results: list[str]) -> int:
    loud = {s.result_id for s in found.signals if s.level is SignalLevel.ACTION}
    return sum(result in loud for result in results)
