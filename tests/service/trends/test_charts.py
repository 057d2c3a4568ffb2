"""Control charts: published examples, and each rule at its boundary."""

import random
from collections import Counter

import pytest

from photopeak.model.trends import Side, Sides
from photopeak.trends.charts import Bounds, beyond_cusum, beyond_ewma, cusum, ewma, westgard

# NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.4: mean 50, s 2.0539, weight 0.3.
NIST_EWMA = [
    52.0, 47.0, 53.0, 49.3, 50.1, 47.0, 51.0, 50.1, 51.2, 50.5, 49.6, 47.6, 49.9, 51.3, 47.8,
    51.2, 52.6, 52.4, 53.6, 52.1,
]  # fmt: skip
NIST_EWMA_MEANS = [
    50.60, 49.52, 50.56, 50.18, 50.16, 49.21, 49.75, 49.85, 50.26, 50.33, 50.11, 49.36, 49.52,
    50.05, 49.38, 49.92, 50.73, 51.23, 51.94, 51.99,
]  # fmt: skip

# The same, 6.3.2.3: target 325, k 0.3175, h 4.1959, in the unit of the numbers.
NIST_CUSUM = [
    324.925, 324.675, 324.725, 324.350, 325.350, 325.225, 324.125, 324.525, 325.225, 324.600,
    324.625, 325.150, 328.325, 327.250, 327.825, 328.500, 326.675, 327.775, 326.875, 328.350,
]  # fmt: skip
NIST_HIGH = [
    0, 0, 0, 0, 0.03, 0, 0, 0, 0, 0, 0, 0, 3.01, 4.94, 7.45, 10.63, 11.99, 14.44, 16.00, 19.04,
]  # fmt: skip
NIST_LOW = [
    0, 0.01, 0, 0.33, 0, 0, 0.56, 0.72, 0.17, 0.25, 0.31, 0, 0, 0, 0, 0, 0, 0, 0, 0,
]  # fmt: skip


def found(z: list[float], **options: object) -> list[tuple[str, int, int, Side]]:
    return [(f.rule, f.index, f.start, f.side) for f in westgard(z, **options)]  # type: ignore[arg-type]


def rules(z: list[float], **options: object) -> Counter[str]:
    return Counter(rule for rule, *_ in found(z, **options))


def test_the_weighted_mean_is_that_of_the_handbook() -> None:
    z = [(x - 50.0) / 2.0539 for x in NIST_EWMA]

    means = ewma(z, weight=0.3, bounds=Bounds(ewma=3.0))

    assert [50.0 + 2.0539 * m.value for m in means] == pytest.approx(NIST_EWMA_MEANS, abs=0.006)
    # The handbook draws the final limits, 47.4115 and 52.5884.
    assert 50.0 + 2.0539 * means[-1].limit == pytest.approx(52.5884, abs=0.001)
    assert list(beyond_ewma(means)) == []


def test_the_limits_of_the_weighted_mean_begin_narrow() -> None:
    means = ewma([0.0] * 40)

    assert means[0].limit == pytest.approx(2.86 * 0.2)
    assert means[-1].limit == pytest.approx(2.86 / 3.0, rel=1e-6)


def test_the_limits_of_the_weighted_mean_know_how_well_the_baseline_is_known() -> None:
    means = ewma([0.0] * 40, bounds=Bounds(variance_of_mean=1.0 / 9.0))

    assert means[-1].limit == pytest.approx(2.86 * (1.0 / 9.0 + 1.0 / 9.0) ** 0.5, rel=1e-6)


def test_the_cumulative_sums_are_those_of_the_handbook() -> None:
    sums = cusum([x - 325.0 for x in NIST_CUSUM], slack=0.3175)

    assert [s.high for s in sums] == pytest.approx(NIST_HIGH, abs=0.006)
    assert [s.low for s in sums] == pytest.approx(NIST_LOW, abs=0.006)
    # The handbook: the first sum above h is that of the 14th group, the shift began with the 13th.
    beyond = next(i for i, s in enumerate(sums) if s.high > 4.1959)
    assert (beyond, sums[beyond].high_start) == (13, 12)


def test_a_small_shift_is_told_with_where_it_began() -> None:
    z = [0.1, -0.3, 0.2, -0.1] + [1.2] * 10

    (first, *_) = beyond_cusum(cusum(z))

    assert (first.rule, first.start, first.side) == ("CUSUM", 4, Side.HIGH)
    assert first.index == 4 + 7  # 0.7 a value until it is above 5
    (first, *_) = beyond_ewma(ewma(z))
    assert (first.rule, first.start, first.side) == ("EWMA", 4, Side.HIGH)


def test_charts_of_one_side_are_deaf_to_the_other() -> None:
    z = [-1.5] * 20

    assert not list(beyond_cusum(cusum(z), sides=Sides.HIGH))
    assert not list(beyond_ewma(ewma(z), sides=Sides.HIGH))
    assert {f.side for f in beyond_cusum(cusum(z))} == {Side.LOW}
    assert {f.side for f in beyond_ewma(ewma(z))} == {Side.LOW}


@pytest.mark.parametrize(
    ("z", "expected"),
    [
        ([2.0], {}),
        ([2.01], {"1_2s": 1}),
        ([-2.01], {"1_2s": 1}),
        ([3.0], {"1_2s": 1}),
        ([3.01], {"1_3s": 1}),
        ([2.1, 2.1], {"1_2s": 2, "2_2s": 1}),
        ([2.1, 0.0, 2.1], {"1_2s": 2}),
        ([2.1, -1.9], {"1_2s": 1}),
        ([2.1, -2.1], {"1_2s": 2, "R_4s": 1}),
        ([1.1, 1.1, 1.1, 1.0], {}),
        ([1.1, 1.1, 1.1, 1.1], {"4_1s": 1}),
        ([1.1, 1.1, -1.1, 1.1], {}),
        ([0.1] * 9, {}),
        ([0.1] * 10, {"10_x": 1}),
        ([-0.1] * 11, {"10_x": 2}),
        ([0.1] * 9 + [0.0], {}),
    ],
)
def test_each_rule_speaks_beyond_its_bound_and_not_on_it(
    z: list[float], expected: dict[str, int]
) -> None:
    assert rules(z) == expected


def test_rules_tell_where_a_run_began_and_on_which_side() -> None:
    assert found([0.0, -2.5, -2.5]) == [
        ("1_2s", 1, 1, Side.LOW),
        ("1_2s", 2, 2, Side.LOW),
        ("2_2s", 2, 1, Side.LOW),
    ]
    assert found([-1.0, 2.0, -2.5])[-1] == ("R_4s", 2, 1, Side.LOW)
    assert ("10_x", 11, 1, Side.HIGH) in found([-1.0] + [0.5] * 11)


@pytest.mark.parametrize("length", [8, 10, 12])
def test_the_length_of_a_run_is_chosen_and_named(length: int) -> None:
    assert rules([0.1] * length, run_length=length) == {f"{length}_x": 1}


def test_a_metric_that_is_bad_when_high_is_never_bad_when_low() -> None:
    z = [-5.0, -5.0, -0.5] + [-1.5] * 12 + [0.0, -5.0]

    assert rules(z, sides=Sides.HIGH) == {}
    assert rules([-2.9, 1.5], sides=Sides.HIGH) == {"R_4s": 1}


def test_the_return_to_the_baseline_is_no_scatter() -> None:
    assert rules([5.0, 0.0]) == {"1_3s": 1}
    assert rules([5.0, -1.0]) == {"1_3s": 1}
    assert rules([5.0, -1.01]) == {"1_3s": 1, "R_4s": 1}


def test_numbers_in_control_seldom_ask_for_action() -> None:
    rng = random.Random(20260302)
    z = [rng.gauss(0.0, 1.0) for _ in range(20_000)]

    found = rules(z)

    # Probabilities at a value: 1_3s 0.0027, 2_2s 2 * 0.02275^2 = 0.00104; a range of more than four
    # has P(|N(0, 2)| > 4) = 0.0047 at most. The bands are four standard deviations of the counts.
    assert found["1_3s"] == pytest.approx(54, abs=30)
    assert found["2_2s"] == pytest.approx(21, abs=19)
    assert 30 < found["R_4s"] < 94 + 40
