"""Two heads or systems compared: against scipy, and the flags day by day."""

import random
import statistics
from datetime import UTC, date, timedelta, timezone

import pytest
from scipy import stats

from photopeak.model.trends import LeftOut
from photopeak.trends.comparison import compare
from support.trend_points import day, point, points

RNG = random.Random(2)
FIRST = [3.0 + RNG.gauss(0.0, 0.2) for _ in range(30)]
SECOND = [2.9 + RNG.gauss(0.0, 0.3) for _ in range(30)]


def test_the_tests_are_those_of_scipy() -> None:
    found = compare(points(FIRST), points(SECOND), zone=UTC)

    t = stats.ttest_rel(FIRST, SECOND)
    w = stats.wilcoxon(FIRST, SECOND)
    assert (found.t, found.t_p_value) == (
        pytest.approx(t.statistic), pytest.approx(t.pvalue),
    )  # fmt: skip
    assert (found.wilcoxon, found.wilcoxon_p_value) == (
        pytest.approx(w.statistic), pytest.approx(w.pvalue),
    )  # fmt: skip
    f = statistics.variance(FIRST) / statistics.variance(SECOND)
    assert found.f == pytest.approx(f)
    assert found.f_p_value == pytest.approx(2.0 * stats.f.cdf(f, 29, 29))
    assert found.median_ratio == pytest.approx(statistics.median(FIRST) / statistics.median(SECOND))


def test_the_limits_of_agreement_are_mean_and_1_96_standard_deviations() -> None:
    found = compare(points(FIRST), points(SECOND), zone=UTC)

    differences = [a - b for a, b in zip(FIRST, SECOND, strict=True)]
    mean, spread = statistics.fmean(differences), statistics.stdev(differences)
    assert (found.mean, found.spread) == (pytest.approx(mean), pytest.approx(spread))
    assert found.agreement_lower == pytest.approx(mean - 1.96 * spread)
    assert found.agreement_upper == pytest.approx(mean + 1.96 * spread)


def test_only_days_that_both_were_measured_on_are_compared() -> None:
    first = [point(0, 1.0), point(1, 2.0), point(3, 4.0)]
    second = [point(1, 1.5), point(2, 9.0), point(3, 3.0)]
    found = compare(first, second, zone=UTC)

    assert [(d.day, d.difference) for d in found.days] == [
        (date(2026, 3, 3), 0.5), (date(2026, 3, 5), 1.0),
    ]  # fmt: skip
    assert (found.mean, found.t, found.count_first, found.count_second) == (None, None, 3, 3)


def test_a_day_is_that_of_the_site_and_its_last_result_stands() -> None:
    late = day(0) + timedelta(hours=9)  # 21:00 in UTC, 05:00 of the next day in Beijing
    first = [point(0, 1.0), point(0, 2.0, at=late, result_id="late")]
    second = [point(1, 5.0, at=day(0.9))]

    here = compare(first, second, zone=timezone(timedelta(hours=8)))
    there = compare(first, second, zone=UTC)

    assert [(d.day, d.first) for d in here.days] == [(date(2026, 3, 3), 2.0)]
    assert [d.first for d in there.days] == []
    assert [d.first for d in compare(first, first, zone=UTC).days] == [2.0]


def test_what_does_not_count_is_not_compared() -> None:
    first = [point(0, 1.0), point(1, 99.0, left_out=LeftOut.EXCLUDED), point(2, 2.0)]

    found = compare(first, points([1.0, 1.0, 1.0]), zone=UTC)

    assert [d.first for d in found.days] == [1.0, 2.0]
    assert found.count_first == 2


def test_two_that_differ_on_three_days_in_a_row_are_flagged_on_the_third() -> None:
    differences = [0.1, -0.1] * 20 + [1.0] * 4 + [0.1, -0.1]
    found = compare(points(differences), points([0.0] * 46), zone=UTC)

    assert found.spread is not None
    assert 0.25 < found.spread < 0.5
    assert [i for i, d in enumerate(found.days) if d.flagged] == [42, 43]


def test_two_that_never_differ_have_no_tests() -> None:
    found = compare(points([1.0] * 5), points([1.0] * 5), zone=UTC)

    assert (found.mean, found.spread, found.t, found.wilcoxon_p_value) == (0.0, 0.0, None, 1.0)
    assert (found.f, found.agreement_upper) == (None, None)
    assert not any(d.flagged for d in found.days)


def test_nothing_is_compared_with_nothing() -> None:
    found = compare([], points([0.0]), zone=UTC)

    assert (found.days, found.median_ratio, found.f) == ((), None, None)
    assert compare(points([1.0]), points([0.0]), zone=UTC).median_ratio is None
