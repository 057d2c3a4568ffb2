"""Changes of the mean: found, placed, and compared at events."""

import random

import pytest
from scipy import stats

from photopeak.trends.changes import change_points, changes, steps, welch
from support.effort import lines_of
from support.trend_points import event, points


def noise(count: int, seed: int = 1) -> list[float]:
    rng = random.Random(seed)
    return [rng.gauss(0.0, 1.0) for _ in range(count)]


def test_a_step_is_found_where_it_is() -> None:
    values = [x + (4.0 if i >= 37 else 0.0) for i, x in enumerate(noise(80))]

    assert change_points(values) == (37,)


def test_several_steps_are_found_in_order() -> None:
    heights = [0.0] * 30 + [4.0] * 20 + [-2.0] * 40
    values = [h + x for h, x in zip(heights, noise(90, 4), strict=True)]

    assert change_points(values) == pytest.approx((30, 50), abs=1)


def test_noise_has_no_steps() -> None:
    assert [change_points(noise(200, seed)) for seed in range(40)] == [()] * 40


def test_one_wild_point_is_no_step() -> None:
    values = noise(60)
    values[30] = 8.0

    assert change_points(values) == ()


def test_steps_below_the_resolution_are_none() -> None:
    values = [1.0] * 20 + [1.01] * 20

    assert change_points(values) == ()
    assert change_points(values, floor=0.1) == ()
    assert change_points([1.0] * 20 + [1.5] * 20, floor=0.1) == (20,)


def test_a_few_values_have_no_steps() -> None:
    assert change_points([0.0] * 4 + [9.0] * 5, floor=0.1) == ()
    assert change_points([0.0] * 5 + [9.0] * 5, floor=0.1) == (5,)


def test_a_change_names_the_event_between_its_points() -> None:
    values = [0.1 * (i % 2) for i in range(20)] + [5.0 + 0.1 * (i % 2) for i in range(20)]
    placed = points(values)

    (found,) = changes(placed, [event(3), event(19.5)], floor=0.01)

    assert (found.result_id, found.event_id) == ("r20", "e19.5")
    assert (found.before, found.after) == (pytest.approx(0.05), pytest.approx(5.05))
    (alone,) = changes(placed, [event(3), event(20.5)], floor=0.01)
    assert alone.event_id is None


def test_an_event_is_compared_by_ten_points_on_either_side() -> None:
    values = noise(40)

    (found,) = steps(points(values), [event(19.5)])

    expected = stats.ttest_ind(values[10:20], values[20:30], equal_var=False)
    assert found.p_value == pytest.approx(expected.pvalue)
    assert (found.count_before, found.count_after) == (10, 10)


def test_an_event_is_compared_no_further_than_the_next_one() -> None:
    first, second, third = (
        steps(points(noise(40)), [event(9.5), event(14.5), event(16.5)]) + (None,) * 3
    )[:3]

    assert first is not None
    assert (first.event_id, first.count_before, first.count_after) == ("e9.5", 10, 5)
    assert second is None  # two points between it and the next
    assert third is None


def test_means_without_any_spread_differ_for_certain_or_not_at_all() -> None:
    assert welch([1.0, 1.0, 1.0], [1.0, 1.0, 1.0]) == 1.0
    assert welch([1.0, 1.0, 1.0], [2.0, 2.0, 2.0]) == 0.0


def test_the_effort_to_split_ten_years_of_days_is_not_the_square_of_them() -> None:
    values = [x + 0.01 * (i % 400) for i, x in enumerate(noise(3650))]

    assert lines_of(lambda: change_points(values)) < 200 * len(values)  # some 60 a point
