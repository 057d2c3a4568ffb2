"""What a baseline would change, told before it is accepted."""

from __future__ import annotations

import pytest

from photopeak.model.trends import SpreadOf
from photopeak.trends.baseline import propose
from photopeak.trends.foresight import LATEST, foresee
from photopeak.trends.load import Trend
from support.trend_points import KEY, accepted, day, points

STEADY = [0.9, 1.1, 1.0, 0.8, 1.2, 1.0, 0.9, 1.1, 1.0, 1.0]


def trend(values: list[float], *baselines: object) -> Trend:
    return Trend(
        key=KEY,
        configurations={"": len(values)},
        points=tuple(points(values)),
        baselines=tuple(baselines),  # type: ignore[arg-type]
        events=(),
    )


def test_results_after_the_set_are_tried_on_the_baseline_to_come() -> None:
    found = trend([*STEADY, 1.0, 1.05, 9.0, 1.0])
    proposal = propose(KEY, found.points[:10])
    assert proposal is not None

    seen = foresee(found, proposal, now=day(20))

    assert (seen.count, seen.flagged, seen.flagged_now) == (4, 1, 0)
    assert seen.band is not None
    assert seen.band.centre == pytest.approx(1.0)


def test_a_new_level_is_out_of_control_now_and_no_longer_with_a_baseline_of_its_own() -> None:
    moved = [v + 5.0 for v in STEADY]
    old = accepted(1.0, 0.12, sources=[f"r{n}" for n in range(10)])
    found = trend([*STEADY, *moved, *moved], old)
    proposal = propose(KEY, found.points[10:20])
    assert proposal is not None

    seen = foresee(found, proposal, now=day(40))

    assert (seen.count, seen.flagged, seen.flagged_now) == (20, 0, 10)


def test_only_the_latest_results_are_tried_and_the_spread_is_the_chosen_one() -> None:
    drifting = [1.0 + 0.1 * i for i in range(20)]
    found = trend([*drifting, *([2.9] * 120)])
    proposal = propose(KEY, found.points[:20])
    assert proposal is not None

    wide = foresee(found, proposal, now=day(200))
    narrow = foresee(found, proposal, spread_of=SpreadOf.MOVING_RANGE, now=day(200))

    assert wide.count == narrow.count == LATEST
    assert wide.band is not None
    assert narrow.band is not None
    assert wide.band.spread > 5 * narrow.band.spread
    assert (wide.flagged, narrow.flagged) == (0, LATEST)


def test_too_few_results_have_no_control_limits() -> None:
    found = trend(STEADY)
    proposal = propose(KEY, found.points[:4])
    assert proposal is not None

    assert foresee(found, proposal, now=day(20)).band is None
