"""Baselines: mean, spread, how far limits widen for few results, what speaks against a set."""

import random
import statistics

import pytest
from scipy import stats

from photopeak.model.trends import LeftOut, Sides
from photopeak.trends.baseline import bounds, inflation, moving_range_spread, propose
from photopeak.trends.charts import KNOWN, beyond_ewma, ewma, westgard
from photopeak.trends.scale import scale_of
from photopeak.trends.track import ACTION_RULES
from support.trend_points import KEY, accepted, day, point, points

# Nine steps, ten in all.
STEPS = [1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 3.0]


def test_the_spread_of_the_moving_range_is_its_mean_over_1_128() -> None:
    assert moving_range_spread(STEPS) == pytest.approx(10.0 / 9.0 / 1.128)
    assert moving_range_spread([1.0]) is None


def test_a_drift_widens_the_standard_deviation_and_not_that_of_the_moving_range() -> None:
    drifting = [0.5 * i + (i % 2) for i in range(20)]

    moving = moving_range_spread(drifting)
    assert moving is not None
    assert statistics.stdev(drifting) > 2.0 * moving


@pytest.mark.parametrize("count", [5, 7, 9, 10, 20, 50])
def test_limits_of_few_results_keep_the_next_value_as_those_of_many_do(count: int) -> None:
    own = bounds(count)

    # The next value less the mean, over the spread: t with n - 1 degrees of freedom, times
    # sqrt(1 + 1 / n).
    for bound, of_many in ((own.one, 1.0), (own.two, 2.0), (own.three, 3.0)):
        missed = stats.t.sf(bound / (1.0 + 1.0 / count) ** 0.5, count - 1)
        assert missed == pytest.approx(stats.norm.sf(of_many), rel=1e-6)
    apart = stats.t.sf(own.apart / 2.0**0.5, count - 1)
    assert apart == pytest.approx(stats.norm.sf(4.0, scale=2.0**0.5), rel=1e-6)


def test_each_result_more_draws_the_limits_closer() -> None:
    widths = [inflation(count) for count in range(5, 200)]

    assert widths == sorted(widths, reverse=True)
    assert (inflation(10), inflation(20)) == pytest.approx((1.431, 1.177), abs=0.001)
    assert inflation(1_000_000) == pytest.approx(1.0, abs=1e-5)


def called(count: int | None, *, shift: float = 0.0, sets: int = 1500) -> list[set[int]]:
    """Return the days out of thirty with a call for action, for baselines of so many results."""
    rng = random.Random(20260302)
    own = bounds(count) if count else KNOWN
    days = []
    for _ in range(sets):
        drawn = [rng.gauss(0.0, 1.0) for _ in range(count or 2)]
        mean, spread = (statistics.fmean(drawn), statistics.stdev(drawn)) if count else (0.0, 1.0)
        z = [(rng.gauss(shift, 1.0) - mean) / spread for _ in range(30)]
        calls = {f.index for f in westgard(z, bounds=own) if f.rule in ACTION_RULES}
        calls |= {30} if list(beyond_ewma(ewma(z, bounds=own))) else set()
        days.append(calls)
    return days


def test_a_baseline_of_ten_calls_hardly_more_often_for_nothing_than_one_that_is_known() -> None:
    of_ten, known = called(10), called(None)

    # 0.92 and 0.74 in a hundred days; with the limits of a known baseline it would be 3.7.
    rates = [sum(len(c - {30}) for c in days) / (1500 * 30) for days in (of_ten, known)]
    assert rates == pytest.approx([0.0092, 0.0074], abs=0.0025)
    # The weighted mean calls no oftener than one that is known.
    assert sum(30 in c for c in of_ten) < sum(30 in c for c in known)


def test_a_baseline_of_ten_still_sees_a_shift_of_three_standard_deviations_soon() -> None:
    found = called(10, shift=3.0, sets=300)

    assert statistics.median(min(c, default=30) + 1 for c in found) <= 3


def test_a_proposal_is_of_the_points_that_count() -> None:
    chosen = [
        *points([1.0, 2.0, 3.0, 4.0, 5.0], start=2),
        point(0, 99.0, left_out=LeftOut.EXCLUDED),
        point(1, 99.0, left_out=LeftOut.INVALID),
    ]

    found = propose(KEY, chosen)

    assert found is not None
    assert (found.value, found.count, found.epoch_start) == (3.0, 5, day(2))
    assert found.spread == pytest.approx(statistics.stdev([1, 2, 3, 4, 5]))
    assert found.sources == ("r2", "r3", "r4", "r5", "r6")
    assert propose(KEY, chosen[5:]) is None


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([1.0], "1 results give no control limits; 5 are needed"),
        ([1.0, 2.0] * 5, "10 results of 20: control limits are 1.43"),
        ([1.0] * 12, "below the resolution"),
        ([0.1 * i for i in range(20)], "the set drifts or steps"),
    ],
)
def test_a_proposal_says_what_speaks_against_it(values: list[float], said: str) -> None:
    found = propose(KEY, points(values))

    assert found is not None
    assert any(said in warning for warning in found.warnings), found.warnings


def test_a_good_set_has_nothing_against_it() -> None:
    found = propose(KEY, points([0.1, 0.4, -0.3, 0.2, -0.2, 0.3, -0.4, 0.0, 0.2, -0.1] * 2))

    assert found is not None
    assert found.warnings == ()


def test_results_without_a_date_are_told_of() -> None:
    found = propose(KEY, points([0.1, 0.4, -0.3, 0.2, -0.2], dated=False))

    assert found is not None
    assert any("5 of 5 results do not tell when" in warning for warning in found.warnings)


def test_control_limits_are_at_two_and_three_standard_deviations() -> None:
    scale = scale_of(accepted(10.0, 0.5).baseline, decimals=2, sides=Sides.BOTH, log=False)

    assert scale is not None
    band = scale.band
    assert (band.warn_lower, band.warn_upper) == pytest.approx((9.0, 11.0), abs=1e-5)
    assert (band.action_lower, band.action_upper) == pytest.approx((8.5, 11.5), abs=1e-5)
    assert (band.centre, band.spread, band.floored) == (10.0, 0.5, False)


def test_a_spread_below_the_resolution_is_the_resolution() -> None:
    scale = scale_of(accepted(10.0, 0.003).baseline, decimals=1, sides=Sides.HIGH, log=False)

    assert scale is not None
    band = scale.band
    assert (band.spread, band.floored) == (0.1, True)
    assert (band.action_lower, band.action_upper) == (None, pytest.approx(10.3, abs=1e-5))


@pytest.mark.parametrize(("spread", "count"), [(None, 1), (1.0, 4)])
def test_a_provisional_baseline_has_no_control_limits(spread: float | None, count: int) -> None:
    few = accepted(10.0, spread, count=count).baseline

    assert scale_of(few, decimals=2, sides=Sides.BOTH, log=False) is None


def test_the_limits_of_a_log_normal_number_are_as_improbable_as_those_of_a_normal_one() -> None:
    mean, spread = 3.0, 1.2
    scale = scale_of(accepted(mean, spread).baseline, decimals=2, sides=Sides.BOTH, log=True)
    variance, centre = scale.unit**2 if scale else 0.0, scale.value(0.0) if scale else 0.0

    expected = stats.lognorm(s=variance**0.5, scale=centre)
    assert expected.mean() == pytest.approx(mean)
    assert expected.std() == pytest.approx(spread)
    assert scale is not None
    assert expected.sf(scale.band.action_upper) == pytest.approx(stats.norm.sf(3.0), rel=1e-4)
    assert scale.z(scale.value(1.7)) == pytest.approx(1.7)
