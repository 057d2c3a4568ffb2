"""A whole trend: epochs, what counts, where charts begin, which signals are more than noise."""

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest

from photopeak.model.judgement import Status
from photopeak.model.trends import (
    EpochEffect,
    LeftOut,
    Rules,
    Sides,
    SignalLevel,
    Track,
    TrendPoint,
)
from photopeak.trends.track import track
from support.effort import lines_of
from support.trend_points import KEY, accepted, day, event, limit, point, points

STARTS = EpochEffect.STARTS
STEADY = [0.2, -0.4, 0.1, 0.3, -0.2, 0.0, -0.1, 0.4, -0.3, 0.1]


def sources(count: int, start: int = 0) -> tuple[str, ...]:
    return tuple(f"r{number}" for number in range(start, start + count))


def rules_at(found: Track, result_id: str) -> set[str]:
    return {signal.rule for signal in found.signals if signal.result_id == result_id}


def test_without_a_baseline_there_is_nothing_to_control() -> None:
    found = track(KEY, points([0.0, 9.0, -9.0]))

    (epoch,) = found.epochs
    assert (epoch.start, epoch.end, epoch.baseline, epoch.band) == (day(0), None, None, None)
    assert epoch.counted == 3
    assert found.signals == ()
    assert [p.z for p in found.points] == [None] * 3


def test_an_empty_trend_is_empty() -> None:
    found = track(KEY, [])

    assert (found.points, found.epochs, found.signals, found.drift) == ((), (), (), None)


def test_points_are_placed_by_the_moment_of_their_measurement() -> None:
    found = track(KEY, [point(2, 3.0), point(0, 1.0), point(1, 2.0)])

    assert [p.point.value for p in found.points] == [1.0, 2.0, 3.0]


def test_a_baseline_controls_what_follows_its_own_results() -> None:
    values = [*STEADY, 0.0, 3.5]
    found = track(KEY, points(values), baselines=[accepted(sources=sources(10))])

    assert [p.in_baseline for p in found.points] == [True] * 10 + [False] * 2
    assert [p.ewma is not None for p in found.points] == [False] * 10 + [True] * 2
    assert found.points[11].z == 3.5
    (signal,) = [s for s in found.signals if s.rule == "1_3s"]
    assert (signal.result_id, signal.level) == ("r11", SignalLevel.ACTION)
    assert found.epochs[0].band is not None
    assert found.epochs[0].band.action_upper == pytest.approx(3.0, abs=1e-4)


def test_the_results_of_a_baseline_are_no_signals() -> None:
    wild = [0.0] * 9 + [5.0]
    found = track(KEY, points(wild), baselines=[accepted(sources=sources(10))])

    assert found.signals == ()
    assert found.points[9].z == 5.0


@pytest.mark.parametrize("reason", list(LeftOut))
def test_what_is_left_out_is_shown_and_never_counts(reason: LeftOut) -> None:
    values = points([0.0, 2.5, 9.0, 2.5, 0.0])
    values[2] = replace(values[2], left_out=reason)
    found = track(KEY, values, baselines=[accepted()])

    assert (found.points[2].z, found.points[2].ewma, found.points[2].cusum) == (None, None, None)
    assert rules_at(found, "r2") == set()
    assert found.epochs[0].counted == 4
    # The two on either side are in a row.
    assert "2_2s" in rules_at(found, "r3")


def test_another_configuration_is_another_trend() -> None:
    mixed = [*points([0.0] * 3), point(3, 9.0, configuration="collimator HEGP")]

    here = track(KEY, mixed, baselines=[accepted()])
    there = track(replace(KEY, configuration="collimator HEGP"), mixed)

    assert [p.point.value for p in here.points] == [0.0] * 3
    assert [p.point.value for p in there.points] == [9.0]


def test_a_service_that_says_so_begins_a_new_epoch() -> None:
    found = track(
        KEY,
        points([0.0] * 5 + [9.0] * 5),
        baselines=[accepted()],
        events=[event(4.5, epoch=STARTS)],
    )

    first, second = found.epochs
    assert (first.end, second.start, second.event_id) == (day(4.5), day(4.5), "e4.5")
    assert first.baseline is not None
    assert (second.baseline, second.counted) == (None, 5)
    assert found.signals == ()
    assert [p.epoch for p in found.points] == [0] * 5 + [1] * 5


@pytest.mark.parametrize("effect", [EpochEffect.NONE, EpochEffect.PROPOSED])
def test_other_events_leave_the_epoch_as_it_is(effect: EpochEffect) -> None:
    done = event(4.5, epoch=effect)
    found = track(KEY, points([0.0] * 5 + [9.0]), baselines=[accepted()], events=[done])

    assert len(found.epochs) == 1
    assert "1_3s" in rules_at(found, "r5")
    assert found.events == (done,)


def test_an_event_of_another_head_or_a_withdrawn_one_is_none_of_this_trend() -> None:
    other = event(1, detector=2, epoch=STARTS)
    wrong = event(2, withdrawn=True, epoch=STARTS)
    own = event(3, detector=1)
    found = track(KEY, points([0.0] * 5), events=[other, wrong, own])

    assert found.events == (own,)
    assert len(found.epochs) == 1


def test_a_number_of_no_head_in_particular_is_concerned_by_events_of_any() -> None:
    found = track(replace(KEY, scope={}), points([0.0]), events=[event(1, detector=2)])

    assert len(found.events) == 1


def test_an_accepted_baseline_begins_an_epoch_with_the_first_of_its_results() -> None:
    old = accepted(sources=sources(3))
    new = accepted(9.0, start=5, sources=sources(5, 5), version=2)
    found = track(KEY, points([0.0] * 5 + [9.0] * 7), baselines=[new, old])

    first, second = found.epochs
    assert (first.baseline, second.baseline) == (old.baseline, new.baseline)
    assert second.start == day(5)
    assert found.signals == ()
    assert found.points[11].z == 0.0


def test_a_baseline_after_a_service_joins_the_epoch_of_the_service() -> None:
    found = track(
        KEY,
        points([0.0] * 5 + [9.0] * 5),
        baselines=[accepted(), accepted(9.0, start=5, sources=sources(5, 5), version=2)],
        events=[event(4.5, epoch=STARTS)],
    )

    assert [(e.start, e.event_id) for e in found.epochs] == [(day(0), None), (day(4.5), "e4.5")]
    assert found.epochs[1].baseline is not None


def test_a_service_before_the_results_of_a_baseline_was_accepted_does_not_end_it() -> None:
    """The band of the past is drawn where it held, and ends with the next service."""
    found = track(
        KEY,
        points([0.0] * 12),
        baselines=[accepted(start=0)],
        events=[event(3.5, epoch=STARTS), event(7.5, epoch=STARTS)],
    )

    assert [e.band is not None for e in found.epochs] == [True, False, False]
    assert [e.event_id for e in found.epochs] == [None, "e3.5", "e7.5"]


def test_a_corrected_baseline_takes_the_place_of_the_one_before() -> None:
    wrong, right = accepted(5.0), accepted(0.0, version=2)
    found = track(KEY, points([0.0] * 3), baselines=[wrong, right])

    (epoch,) = found.epochs
    assert epoch.baseline == right.baseline


def test_a_service_after_the_last_result_is_the_present_epoch() -> None:
    found = track(KEY, points([0.0] * 3), baselines=[accepted()], events=[event(9, epoch=STARTS)])

    assert (found.epochs[-1].start, found.epochs[-1].counted) == (day(9), 0)
    assert found.drift is None


def test_a_skewed_metric_is_watched_on_the_high_side_alone() -> None:
    key = replace(KEY, metric="iu_ufov")
    low = track(key, points([-9.0] * 12), baselines=[accepted(metric="iu_ufov")])
    high = track(key, points([9.0] * 12), baselines=[accepted(metric="iu_ufov")])

    assert low.sides is Sides.HIGH
    assert low.signals == ()
    assert {"1_3s", "2_2s", "10_x", "EWMA", "CUSUM"} <= rules_at(high, "r11")
    placed = high.points[0]
    assert placed.ewma is not None
    assert placed.cusum is not None
    assert (placed.ewma.lower, placed.cusum.low) == (None, None)
    assert high.epochs[0].band is not None
    assert high.epochs[0].band.warn_lower is None


def test_which_rules_ask_for_action() -> None:
    # Every rule speaks somewhere: a wild point, scatter, a pair, and a long shift.
    values = [3.5, 0.0, 2.2, -2.2, -2.2, 0.0, *[1.3] * 12]
    found = track(KEY, points(values), baselines=[accepted()])

    levels = {s.rule: s.level for s in found.signals}
    assert levels == {
        "1_3s": SignalLevel.ACTION,
        "2_2s": SignalLevel.ACTION,
        "R_4s": SignalLevel.ACTION,
        "1_2s": SignalLevel.WARNING,
        "4_1s": SignalLevel.NOTE,
        "10_x": SignalLevel.NOTE,
        "EWMA": SignalLevel.NOTE,
        "CUSUM": SignalLevel.NOTE,
    }


def test_a_shift_is_told_with_where_it_began() -> None:
    found = track(KEY, points([*STEADY, *[1.5] * 8]), baselines=[accepted()])

    first = next(s for s in found.signals if s.rule == "CUSUM")
    assert first.since_result_id == "r10"
    assert first.since == day(10)


def test_the_length_of_a_run_is_a_setting() -> None:
    found = track(KEY, points([0.5] * 8), baselines=[accepted()], rules=Rules(run_length=8))

    assert {s.rule for s in found.signals} == {"8_x"}


def test_limits_are_wider_for_a_baseline_of_few() -> None:
    few = track(KEY, points([3.5]), baselines=[accepted(count=5)])
    many = track(KEY, points([3.5]), baselines=[accepted(count=100)])

    assert rules_at(few, "r0") == {"1_2s"}
    assert rules_at(many, "r0") >= {"1_3s"}
    assert few.points[0].z == many.points[0].z == 3.5
    assert few.epochs[0].band is not None
    assert few.epochs[0].band.inflation == pytest.approx(2.42, abs=0.01)


def test_a_change_within_two_combined_uncertainties_asks_for_nothing() -> None:
    # 3.5 from the baseline, which is known.
    sure = track(KEY, points([3.5], uncertainty=1.7), baselines=[accepted()])
    unsure = track(KEY, points([3.5], uncertainty=1.75), baselines=[accepted()])

    assert [(s.level, s.noise) for s in sure.signals if s.rule == "1_3s"] == [
        (SignalLevel.ACTION, False)
    ]
    assert [(s.level, s.noise) for s in unsure.signals if s.rule == "1_3s"] == [
        (SignalLevel.NOTE, True)
    ]


def test_many_uncertain_results_together_show_a_small_shift() -> None:
    found = track(KEY, points([1.5] * 20, uncertainty=1.5), baselines=[accepted()])

    runs = [s for s in found.signals if s.rule == "10_x"]
    assert runs
    assert not any(s.noise for s in runs)


def test_scatter_is_measured_by_the_uncertainties_of_its_two_results() -> None:
    def scatter(u: float) -> list[bool]:
        found = track(KEY, points([2.2, -2.2], uncertainty=u), baselines=[accepted()])
        return [s.noise for s in found.signals if s.rule == "R_4s"]

    assert (scatter(1.5), scatter(1.6)) == ([False], [True])


def drifting(count: int, slope: float = 0.05, **changes: object) -> list[TrendPoint]:
    rng = random.Random(5)
    judged = (limit(upper=5.0, lower=-5.0),)
    return points(
        (slope * i + rng.gauss(0.0, 0.2) for i in range(count)), verdicts=judged, **changes
    )


def foreseen(values: Sequence[TrendPoint], **changes: object) -> bool:
    found = track(KEY, values, **changes)  # type: ignore[arg-type]
    return any(s.rule == "TREND_TO_LIMIT" for s in found.signals)


def test_a_limit_is_foreseen_before_it_is_reached() -> None:
    days = [count for count in range(10, 101) if foreseen(drifting(count))]

    # 5.0 at 0.05 a day is reached after 100 days; a month before that is day 70.
    assert min(days) == pytest.approx(71, abs=6)
    assert all(later - earlier == 1 for earlier, later in pairwise(days))
    found = track(KEY, drifting(90))
    (signal,) = [s for s in found.signals if s.rule == "TREND_TO_LIMIT"]
    assert (signal.result_id, signal.limit, signal.level) == ("r89", 5.0, SignalLevel.WARNING)
    assert signal.days == pytest.approx(11, abs=4)


def test_a_step_that_stays_heads_nowhere() -> None:
    rng = random.Random(3)
    judged = (limit(upper=5.0, lower=-5.0),)
    values = [rng.gauss(3.0 if i >= 30 else 0.0, 0.8) for i in range(60)]

    found = track(KEY, points(values, verdicts=judged), baselines=[accepted()])

    assert found.drift is not None
    assert found.drift.since == day(30)
    assert not found.drift.significant
    assert [c.result_id for c in found.changes] == ["r30"]


def test_how_far_limits_are_foreseen_is_a_setting() -> None:
    assert not foreseen(drifting(50))
    assert foreseen(drifting(50), rules=Rules(horizon_days=90.0))


def test_a_limit_is_not_foreseen_across_a_service() -> None:
    repaired = [event(85.5, epoch=STARTS)]

    assert not foreseen(drifting(90), events=repaired)


def test_a_fall_of_what_is_bad_when_high_heads_nowhere() -> None:
    falling = drifting(90, slope=-0.05)

    assert foreseen(falling)
    found = track(replace(KEY, metric="fwhm_mm"), falling)
    assert found.drift is not None
    assert found.drift.significant
    assert found.signals == ()


def test_a_limit_that_is_reached_speaks_for_itself() -> None:
    judged = (limit(Status.FAIL, upper=5.0),)
    beyond = [replace(p, value=p.value + 5.0, verdicts=judged) for p in drifting(60)]

    assert not foreseen(beyond)


def test_the_logarithm_makes_a_long_tail_even() -> None:
    key = replace(KEY, metric="du_ufov")
    rng = random.Random(11)
    skewed = points(rng.lognormvariate(1.0, 0.4) for _ in range(2000))
    baseline = accepted(2.945, 1.227, metric="du_ufov")  # mean and s of that log-normal number

    straight = track(key, skewed, baselines=[baseline])
    even = track(key, skewed, baselines=[baseline], log=True)

    def beyond(found: Track) -> int:
        return sum(s.rule == "1_3s" for s in found.signals)

    # One side of 3 s: 0.00135 of 2000 is 2.7.
    assert beyond(even) <= 8
    assert beyond(straight) > 20
    assert even.epochs[0].band is not None
    assert even.epochs[0].band.centre == pytest.approx(2.718, rel=0.01)


def test_what_is_not_positive_has_no_logarithm() -> None:
    found = track(KEY, points([1.0, -1.0]), baselines=[accepted(2.0)], log=True)

    assert [p.z for p in found.points] == [-1.0, -3.0]


def test_the_effort_of_ten_years_of_days_grows_no_faster_than_they_do() -> None:
    rng = random.Random(1)
    values = points(rng.gauss(0.0, 1.0) + (2.0 if i > 800 else 0.0) for i in range(3650))

    lines = lines_of(
        lambda: track(KEY, values, baselines=[accepted(sources=sources(20))], events=[event(900.5)])
    )

    # Some 320 a point, 50 ms in all; one look at every point for every point would be 3650 more.
    assert lines < 1000 * len(values)


def test_numbers_in_another_unit_and_a_baseline_of_them_say_nothing() -> None:
    old = [replace(p, unit="cm") for p in points(STEADY)]
    new = [replace(p, unit="mm", value=10.0 * p.value) for p in points([*STEADY, 9.0, 9.0, 9.0])]
    moved = [replace(p, at=p.at + (day(20) - day(0)), result_id=f"n{p.result_id}") for p in new]
    found = track(KEY, [*old, *moved], baselines=[accepted(sources=sources(10))])

    assert [p.point.unit for p in found.points] == ["mm"] * 13
    assert found.epochs[-1].band is None
    assert found.signals == ()
