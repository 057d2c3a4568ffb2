"""Linearity of a calibrator, by decay and by shields."""

import math

import numpy as np
import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Outcome
from photopeak_analyzers.counters.calibrator_linearity import ANALYZER
from photopeak_analyzers.errors import (
    FitError,
    MissingReadingError,
    ParameterError,
    UnsuitableAcquisitionError,
)
from photopeak_analyzers.figures import Scale
from photopeak_analyzers.nuclides import half_life
from photopeak_analyzers.numerics.decay import decay_factor
from support.calibrators import analyze, later, readings, uncertainty
from support.floods import notes, precondition, value

HOUR = 3600.0
LIFE = half_life("Tc-99m", "local").seconds
TIMES = [6.0 * k for k in range(16)]
"""Hours: 90 h, 15 half-lives."""


def decaying(response=lambda mbq: mbq, start=37_000.0, hours=TIMES, life=LIFE, background=0.0):
    """Return rows of a calibrator with this response."""
    return [
        (response(start * decay_factor(hour * HOUR, life)) + background, later(hour * HOUR))
        for hour in hours
    ]


def decay(rows, nuclide="Tc-99m", parameters=None, **given):
    given.setdefault("background_mbq", 0.0)
    return analyze(ANALYZER, parameters, nuclide=nuclide, decay=rows, **given)


def test_a_linear_calibrator_follows_the_decay():
    analysis = decay(decaying(), highest_used_mbq=37_000.0, parameters={"lowest_mbq": 1.2})

    assert value(analysis, "linearity_max_dev_pct", method="decay") == pytest.approx(0.0, abs=1e-9)
    assert value(analysis, "half_life_fit_h") == pytest.approx(LIFE / HOUR, rel=1e-9)
    assert value(analysis, "half_life_deviation_pct") == pytest.approx(0.0, abs=1e-6)
    assert value(analysis, "highest_mbq") == pytest.approx(37_000.0)
    assert value(analysis, "lowest_mbq") == pytest.approx(37_000.0 * decay_factor(90 * HOUR, LIFE))
    assert (value(analysis, "points"), value(analysis, "excluded_points")) == (16, 0)
    assert analysis.valid
    assert all(each.outcome is Outcome.MET for each in analysis.preconditions)


def test_three_readings_worked_out_by_hand():
    # Alike in weight (no digit, no clock): after one half-life each 100, 51 and 25 MBq, times
    # 1, 2, 4: 100, 102, 100. Their mean logarithm is that of (100 * 102 * 100) ** (1/3) = 100.6623.
    life = LIFE / HOUR
    rows = [(100.0, later(0.0)), (51.0, later(life * HOUR)), (25.0, later(2.0 * life * HOUR))]
    analysis = decay(rows, parameters={"display_digits": 9, "display_step_mbq": 0.0})

    mean = (100.0 * 102.0 * 100.0) ** (1.0 / 3.0)
    assert value(analysis, "linearity_max_dev_pct") == pytest.approx(
        100.0 * (102.0 / mean - 1.0), rel=1e-6
    )
    # The fitted slope of three equal steps uses the ends alone: ln 4 over two half-lives.
    assert value(analysis, "half_life_fit_h") == pytest.approx(life, rel=1e-6)


def test_a_dead_time_shows_as_it_is():
    # R = A exp(-A tau), 4 % low at 37 GBq; the mean logarithm takes its share of that.
    tau = 0.04 / 37_000.0
    analysis = decay(decaying(lambda a: a * math.exp(-a * tau)))

    off = [-37_000.0 * tau * decay_factor(hour * HOUR, LIFE) for hour in TIMES]
    # The last readings weigh less by their last digit; the mean lies between 0 and the plain one.
    lowest, highest = (100.0 * math.expm1(off[0] - mean) for mean in (0.0, float(np.mean(off))))
    assert lowest < -value(analysis, "linearity_max_dev_pct") <= highest + 0.15
    assert value(analysis, "half_life_deviation_pct") > 0.0


def test_an_impurity_that_lives_longer_is_named():
    rows = [
        (mbq + 37.0 * 0.1 * decay_factor(hour * HOUR, 65.94 * HOUR), at)
        for (mbq, at), hour in zip(decaying(), TIMES, strict=True)
    ]
    analysis = decay(rows)

    (note,) = notes(analysis, "LONG_LIVED_REST")
    assert "an impurity that lives longer, such as Mo-99 in Tc-99m" in note.message
    assert value(analysis, "half_life_fit_h") > LIFE / HOUR
    assert value(analysis, "linearity_max_dev_pct") > 5.0
    assert not notes(decay(decaying()), "LONG_LIVED_REST")


def test_readings_near_the_background_are_shown_and_not_judged():
    background = 0.2
    rows = decaying(lambda a: a if a > 4.0 else 1.2 * a, background=background)
    analysis = decay(rows, background_mbq=background)

    # 37 000 MBq come below 20 * 0.2 = 4 MBq after 13.2 half-lives, 79 h: two of 16 readings.
    assert value(analysis, "excluded_points") == 2
    assert value(analysis, "linearity_max_dev_pct") == pytest.approx(0.0, abs=1e-6)
    (figure,) = [f for f in analysis.figures if f.name == "deviation_decay"]
    assert figure.x_scale is Scale.LOG
    assert figure.curves[1].y.tolist() == pytest.approx([20.0, 20.0])
    assert {line.value for line in figure.lines} == {-5.0, 0.0, 5.0}
    assert notes(analysis, "BELOW_BACKGROUND")


def test_the_bound_of_twenty_times_the_background_is_inclusive():
    rows = [(100.0 + 1.0, later(0.0)), (51.0, later(LIFE)), (20.0 + 1.0, later(2.3219 * LIFE))]

    assert value(decay(rows, background_mbq=1.0), "points") == 3
    with pytest.raises(
        UnsuitableAcquisitionError, match="2 readings can be judged, needs at least 3"
    ):
        decay([*rows[:2], (20.9, later(2.3219 * LIFE))], background_mbq=1.0)


def test_a_reading_of_another_year_is_refused():
    rows = decaying()
    with pytest.raises(ParameterError, match="half-lives apart, needs at most 100"):
        decay([*rows[:-1], (rows[-1][0], "9999-12-31T23:59:59+00:00")])


def test_order_and_scale_of_the_readings_do_not_matter():
    rng = np.random.default_rng(2)
    rows = [(mbq * factor, at) for (mbq, at), factor in zip(
        decaying(), rng.normal(1.0, 0.01, 16), strict=True)]  # fmt: skip
    exact = {"display_step_mbq": 0.0}
    one = decay(rows, parameters=exact)
    turned = decay(rows[::-1], parameters=exact)
    larger = decay([(10.0 * mbq, at) for mbq, at in rows], parameters=exact)

    for metric in ("linearity_max_dev_pct", "half_life_fit_h"):
        assert value(turned, metric) == pytest.approx(value(one, metric), rel=1e-12)
        assert value(larger, metric) == pytest.approx(value(one, metric), rel=1e-9)


def test_the_half_life_is_found_within_its_uncertainty_and_the_floor_is_met():
    rng = np.random.default_rng(8)
    hours = [4.0 * k for k in range(10)]
    lives, told, largest, floors = [], [], [], []
    for _ in range(120):
        rows = [(mbq * factor, at) for (mbq, at), factor in zip(
            decaying(hours=hours), rng.normal(1.0, 0.01, 10), strict=True)]  # fmt: skip
        analysis = decay(
            rows, parameters={"repeatability_percent": 1.0, "clock_s": 0.0, "draws": 200}
        )
        lives.append(value(analysis, "half_life_fit_h"))
        told.append(uncertainty(analysis, "half_life_fit_h"))
        largest.append(value(analysis, "linearity_max_dev_pct"))
        floors.append(value(analysis, "noise_floor_pct"))

    # 120 series tell a mean to 9 % of its scatter and the scatter to 6.5 %; the fit scales its
    # uncertainty up where the points scatter more than told, on average by some percent.
    assert np.mean(lives) == pytest.approx(LIFE / HOUR, abs=0.3 * np.std(lives))
    assert np.mean(told) == pytest.approx(np.std(lives), rel=0.25)
    assert np.mean(largest) == pytest.approx(np.mean(floors), rel=0.1)


def test_a_source_of_another_nuclide_voids_the_result():
    analysis = decay(decaying(life=half_life("F-18").seconds, hours=[k / 2.0 for k in range(16)]))

    assert not analysis.valid
    assert precondition(analysis, "PC_NUCLIDE").expected == "Tc-99m"


@pytest.mark.parametrize(("lives", "valid"), [(2.0, True), (1.99, False)])
def test_less_than_two_half_lives_say_nothing(lives, valid):
    hours = [k * lives / 4.0 * LIFE / HOUR for k in range(5)]

    assert decay(decaying(hours=hours)).valid is valid


def test_a_range_that_is_not_covered_warns():
    analysis = decay(decaying(start=900.0, hours=TIMES[:8]), highest_used_mbq=1000.0)

    assert precondition(analysis, "PC_RATE").outcome is Outcome.NOT_MET
    assert precondition(analysis, "PC_COUNTS").outcome is Outcome.NOT_MET
    assert precondition(decay(decaying()), "PC_RATE").outcome is Outcome.UNKNOWN


SHIELDS = [("none", 1000.0, 1.0), ("red", 500.0, 2.0), ("blue", 100.0, 10.0), ("two", 10.0, 100.0)]


def shields(rows, **given):
    timed = [(*row, later(30.0 * k)) for k, row in enumerate(rows)]
    return analyze(ANALYZER, nuclide="Cs-137", shields=timed, background_mbq=0.0, **given)


def test_shields_of_known_factors_give_one_activity():
    analysis = shields(SHIELDS)

    assert value(analysis, "linearity_max_dev_pct", method="shields") == pytest.approx(
        0.0, abs=1e-4
    )
    assert value(analysis, "shield_factor", shield="blue") == pytest.approx(10.0, rel=1e-6)
    assert value(analysis, "points") == 4
    assert analysis.valid


def test_a_reading_in_a_shield_that_is_off_shows():
    off = [(*SHIELDS[0][:2], 1.0), *SHIELDS[1:3], ("two", 10.8, 100.0)]
    analysis = shields(off)

    # One of four is 8 % high; the others weigh at least as much.
    assert 5.0 < value(analysis, "linearity_max_dev_pct") < 8.0


def test_the_first_shield_is_the_open_well():
    with pytest.raises(ParameterError, match=r"factor in row 1 of shields is 10, needs 1"):
        shields([("a", 100.0, 10.0), ("b", 50.0, 20.0), ("c", 10.0, 100.0)])

    # Without factors: a shield that lets more through than the open well is none.
    assert not shields([("a", 100.0, None), ("b", 500.0, None)]).valid


def test_a_second_look_at_the_open_well_has_part_in_every_factor():
    analysis = shields([("none", 1000.0, None), ("red", 500.0, None), ("none", 990.0, None)])

    assert value(analysis, "shield_factor", shield="red") == pytest.approx(995.0 / 500.0)
    assert value(analysis, "shield_factor", shield="none") == 1.0
    assert uncertainty(analysis, "shield_factor", shield="red") == pytest.approx(
        1.99 * math.hypot(0.003, 0.003 / math.sqrt(2.0)), rel=0.01
    )


def test_readings_in_shields_near_the_background_are_not_judged():
    rows = [("none", 1001.0, 1.0), ("a", 501.0, 2.0), ("b", 101.0, 10.0), ("c", 15.0, 100.0)]
    analysis = analyze(
        ANALYZER,
        nuclide="Cs-137",
        shields=[(*row, None) for row in rows],
        background_mbq=1.0,
    )

    # 14 MBq times 100 are 40 % more than 1000 MBq, at 15 times the background.
    assert value(analysis, "linearity_max_dev_pct") == pytest.approx(0.0, abs=1e-9)
    assert value(analysis, "excluded_points") == 1
    assert value(analysis, "points") == 3
    assert analysis.valid


def test_a_table_that_is_none_and_a_number_beyond_all_are_refused():
    with pytest.raises(ParameterError, match=r"shields is .*, no table, needs rows"):
        analyze(ANALYZER, nuclide="Cs-137", shields=8.0)
    with pytest.raises(ParameterError, match="background_mbq is larger than any number here"):
        analyze(ANALYZER, nuclide="Cs-137", shields=[(*row, None) for row in SHIELDS],
                background_mbq=10**400)  # fmt: skip


@pytest.mark.parametrize("mbq", [0.0, 1e-300, 1e-10])
def test_a_reading_of_next_to_nothing_is_refused(mbq):
    with pytest.raises(UnsuitableAcquisitionError, match=r"row 3 of shields reads .*, needs more"):
        shields([("none", 1000.0, 1.0), ("red", 500.0, 2.0), ("blue", mbq, 10.0)])


def test_a_reading_below_the_last_digit_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="needs at most 100 %"):
        shields([("none", 1000.0, 1.0), ("red", 500.0, 2.0), ("blue", 0.0001, 1e6)])


def test_factors_are_found_where_none_are_given():
    analysis = shields([(name, mbq, None) for name, mbq, _ in SHIELDS])

    assert value(analysis, "shield_factor", shield="two") == pytest.approx(100.0, rel=1e-6)
    assert uncertainty(analysis, "shield_factor", shield="none") == 0.0
    assert not [m for m in analysis.measurements if m.metric == "linearity_max_dev_pct"]
    assert notes(analysis, "FACTORS_FOUND")


def test_the_decay_between_shields_is_taken_into_account():
    life = half_life("F-18").seconds
    rows = [
        (name, mbq * decay_factor(600.0 * k, life), factor, later(600.0 * k))
        for k, (name, mbq, factor) in enumerate(SHIELDS)
    ]
    analysis = analyze(ANALYZER, nuclide="F-18", shields=rows, background_mbq=0.0)

    assert value(analysis, "linearity_max_dev_pct") == pytest.approx(0.0, abs=1e-9)


def test_what_cannot_be_is_refused():
    with pytest.raises(MissingReadingError, match="neither readings of a decaying source nor"):
        analyze(ANALYZER, nuclide="Tc-99m")
    with pytest.raises(FitError, match="needs a source that decays"):
        decay([(100.0, later(hour * HOUR)) for hour in TIMES])
    with pytest.raises(UnsuitableAcquisitionError, match="no reading of the decay is 20 times"):
        decay(decaying(start=1.0, hours=[0.0, 1.0, 2.0], background=1.0), background_mbq=1.0)
    with pytest.raises(ParameterError, match="time in row 1 of decay is missing"):
        decay([(100.0, None)] * 3)
    with pytest.raises(
        ParameterError, match=r"factor in row 2 of shields is 0\.5, needs at least 1"
    ):
        shields([SHIELDS[0], ("red", 500.0, 0.5)])


def test_the_analyzer_keeps_the_contract():
    examples = [
        readings(nuclide="Tc-99m", decay=decaying(), background_mbq=0.01),
        readings(nuclide="Cs-137", shields=[(*row, None) for row in SHIELDS]),
    ]

    assert check(ANALYZER, examples) == []
