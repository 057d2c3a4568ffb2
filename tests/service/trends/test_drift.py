"""Drift: slope, significance, and the days until a limit."""

import random

import pytest
from scipy import stats

from photopeak.model.judgement import LimitKind, Status, Verdict
from photopeak.trends.drift import FEWEST, WINDOW, drift, limit_ahead, slope_bounds, theil_sen
from support.trend_points import day, limit, point, points


def test_the_slope_is_that_of_scipy() -> None:
    rng = random.Random(3)
    times = sorted(rng.uniform(0, 100) for _ in range(40))
    values = [2.0 + 0.05 * t + rng.gauss(0.0, 0.3) for t in times]

    slope, _ = theil_sen(times, values)

    assert slope == pytest.approx(stats.theilslopes(values, times).slope)


@pytest.mark.parametrize("decimals", [1, 6])
def test_the_bounds_of_the_slope_are_those_of_scipy(decimals: int) -> None:
    rng = random.Random(4)
    times = sorted(rng.uniform(0, 100) for _ in range(30))
    values = [round(2.0 + 0.05 * t + rng.gauss(0.0, 0.3), decimals) for t in times]

    there = stats.theilslopes(values, times, alpha=0.95)

    assert slope_bounds(times, values) == pytest.approx((there.low_slope, there.high_slope))


def test_one_wild_point_in_ten_does_not_move_the_slope() -> None:
    values = [1.0 + 0.1 * i for i in range(20)]
    values[4], values[13] = 40.0, -40.0

    slope, level = theil_sen([float(i) for i in range(20)], values)

    assert (slope, level) == (pytest.approx(0.1), pytest.approx(1.0))


def test_points_at_one_moment_have_no_slope() -> None:
    assert theil_sen([0.0, 0.0], [1.0, 3.0]) == (0.0, 2.0)


def test_days_until_the_limit_are_those_of_the_line() -> None:
    judged = (limit(upper=5.0, warn_upper=4.0),)
    found = drift(points([1.0 + 0.1 * i for i in range(20)], verdicts=judged))

    assert found is not None
    assert found.slope_per_day == pytest.approx(0.1)
    assert found.level == pytest.approx(2.9)
    assert (found.limit, found.days) == (5.0, pytest.approx(21.0))
    assert found.significant
    assert (found.since, found.until, found.count) == (day(0), day(19), 20)


def test_a_fall_heads_for_the_lower_limit() -> None:
    judged = (limit(lower=-1.0, upper=5.0),)
    found = drift(points([1.0 - 0.1 * i for i in range(10)], verdicts=judged))

    assert found is not None
    assert (found.limit, found.days) == (-1.0, pytest.approx(11.0))


def test_the_line_goes_through_the_latest_points_in_their_own_pace() -> None:
    weekly = [point(7 * i, 1.0 + 0.7 * i) for i in range(WINDOW)]
    long_ago = [point(-1000 + i, 50.0) for i in range(200)]
    found = drift([*long_ago, *weekly])

    assert found is not None
    assert found.slope_per_day == pytest.approx(0.1)
    assert (found.count, found.limit, found.days) == (WINDOW, None, None)


def test_the_line_begins_where_the_numbers_went_off() -> None:
    values = [0.0] * 30 + [0.1 * i for i in range(1, 11)]

    assert (diluted := drift(points(values))) is not None
    assert (present := drift(points(values), since=day(30))) is not None
    assert (present.slope_per_day, present.since) == (pytest.approx(0.1), day(30))
    assert diluted.slope_per_day < 0.05
    few = drift(points(values), since=day(35))
    assert few == diluted


def test_few_points_draw_no_line() -> None:
    assert drift(points([1.0] * (FEWEST - 1))) is None
    assert drift(points([1.0] * FEWEST)) is not None


def test_noise_does_not_drift() -> None:
    rng = random.Random(7)
    found = drift(points([rng.gauss(0.0, 1.0) for _ in range(60)]))

    assert found is not None
    assert not found.significant


def test_a_change_within_two_combined_uncertainties_is_no_drift() -> None:
    values = [0.01 * i for i in range(12)]  # 0.11 in all; u of the ends sqrt(12 / 12) u
    sure = drift(points(values, uncertainty=0.054))
    unsure = drift(points(values, uncertainty=0.056))

    assert sure is not None
    assert unsure is not None
    assert (sure.noise, sure.significant) == (False, True)
    assert (unsure.noise, unsure.significant) == (True, False)
    assert unsure.p_value < 0.001


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ((limit(upper=5.0), limit(upper=4.0)), 4.0),
        ((limit(upper=5.0), limit(warn_upper=4.0)), 5.0),
        ((limit(warn_upper=4.0), limit(warn_upper=3.5)), 3.5),
        ((limit(lower=1.0),), None),
        ((limit(upper=4.0, kind=LimitKind.INFORMATIVE, status=Status.INFO), limit(upper=5.0)), 5.0),
        ((limit(upper=4.0, status=Status.INFO),), None),
        ((), None),
    ],
)
def test_the_limit_ahead_is_the_nearest_that_judges(
    verdicts: tuple[Verdict, ...], expected: float | None
) -> None:
    assert limit_ahead(verdicts, 1.0) == expected
    assert limit_ahead(verdicts, 0.0) is None
