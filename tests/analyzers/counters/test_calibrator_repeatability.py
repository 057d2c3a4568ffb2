"""Repeatability and reproducibility of a calibrator: the scatter of repeated readings."""

import math

import numpy as np
import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Outcome
from photopeak_analyzers.counters import calibrator_repeatability, calibrator_reproducibility
from photopeak_analyzers.errors import (
    MissingReadingError,
    ParameterError,
    UnsuitableAcquisitionError,
)
from photopeak_analyzers.nuclides import half_life, half_life_uncertainty_s
from photopeak_analyzers.numerics.decay import decay_factor
from support.calibrators import analyze, later, readings, uncertainty
from support.floods import notes, precondition, value

BOTH = pytest.mark.parametrize(
    "analyzer", [calibrator_repeatability.ANALYZER, calibrator_reproducibility.ANALYZER]
)
TEN = [7.40, 7.41, 7.39, 7.42, 7.38, 7.40, 7.43, 7.37, 7.40, 7.40]
"""Mean 7.400; squares of the differences in 1e-4: 0 1 1 4 4 0 9 9 0 0, sum 28e-4."""

BELOW_BACKGROUND = (
    "row 2 of readings reads 0.2 MBq with a background of 0.2 MBq, needs more than the background"
)


def rows(activities, step_s=30.0):
    return [(each, later(step_s * index)) for index, each in enumerate(activities)]


@BOTH
def test_ten_readings_worked_out_by_hand(analyzer):
    analysis = analyze(
        analyzer, nuclide="Cs-137", readings=rows(TEN), background_mbq=0.0, expected_rsd_pct=0.2
    )

    # s = sqrt(28e-4 / 9) = 0.0176383 MBq; the farthest is 0.03 MBq off; the decay of Cs-137 in
    # five minutes changes the tenth digit.
    assert value(analysis, "mean_mbq") == pytest.approx(7.4, rel=1e-6)
    assert value(analysis, "rsd_pct") == pytest.approx(100.0 * 0.0176383 / 7.4, rel=1e-5)
    assert value(analysis, "max_deviation_pct") == pytest.approx(3.0 / 7.4, rel=1e-4)
    assert value(analysis, "range_pct") == pytest.approx(6.0 / 7.4, rel=1e-4)
    assert value(analysis, "chi_square") == pytest.approx(28e-4 / (0.002 * 7.4) ** 2, rel=1e-4)
    assert 0.0 < value(analysis, "chi_square_probability") < 1.0
    assert uncertainty(analysis, "rsd_pct") == pytest.approx(
        value(analysis, "rsd_pct") / math.sqrt(18.0)
    )
    assert analysis.valid
    assert all(each.outcome is Outcome.MET for each in analysis.preconditions)


@BOTH
def test_the_decay_of_a_short_lived_source_is_no_scatter(analyzer):
    life = half_life("F-18").seconds
    decaying = [500.0 * decay_factor(300.0 * k, life) for k in range(10)]

    analysis = analyze(analyzer, nuclide="F-18", readings=rows(decaying, 300.0), background_mbq=0.1)

    # The background of 0.1 MBq does not decay: it leaves 0.1/500 of the decay of 25 %.
    assert value(analysis, "rsd_pct") < 0.01
    assert value(analysis, "mean_mbq") == pytest.approx(499.9, rel=2e-4)
    assert precondition(analysis, "PC_TIME").outcome is Outcome.MET


@BOTH
def test_the_half_life_adds_to_the_mean_of_readings_that_take_hours(analyzer):
    # Twelve readings of F-18, one an hour: 5.5 h after the first one on average.
    life, off = half_life("F-18").seconds, half_life_uncertainty_s("F-18", "local")
    decaying = [500.0 * decay_factor(3600.0 * k, life) for k in range(12)]
    analysis = analyze(
        analyzer, {"display_digits": 8}, nuclide="F-18", readings=rows(decaying, 3600.0)
    )
    share = math.log(2.0) * 5.5 * 3600.0 * off / life**2

    assert share > 0.0
    assert uncertainty(analysis, "mean_mbq") == pytest.approx(500.0 * share, rel=1e-3)


@BOTH
def test_the_background_is_taken_off_each_reading(analyzer):
    without = analyze(analyzer, nuclide="Cs-137", readings=rows(TEN), background_mbq=0.0)
    above = analyze(
        analyzer, nuclide="Cs-137", readings=rows([e + 0.2 for e in TEN]), background_mbq=0.2
    )

    assert value(above, "rsd_pct") == pytest.approx(value(without, "rsd_pct"), rel=1e-9)


@BOTH
def test_the_standard_deviation_is_found_within_its_uncertainty(analyzer):
    rng = np.random.default_rng(5)
    found = [
        analyze(
            analyzer,
            {"draws": 100},
            nuclide="Cs-137",
            readings=rows(rng.normal(100.0, 0.5, 10).tolist()),
            background_mbq=0.0,
        )
        for _ in range(200)
    ]
    spread = [value(each, "rsd_pct") for each in found]

    # Of a mean of 200 estimates, each good to 1/sqrt(18) = 24 %: 1.7 %; s of ten is 2.7 % low.
    assert np.mean(spread) == pytest.approx(0.5 * 0.973, rel=0.05)
    assert np.mean([uncertainty(each, "rsd_pct") for each in found]) == pytest.approx(
        np.std(spread), rel=0.2
    )


@BOTH
def test_scale_and_order_do_not_matter(analyzer):
    given = {"nuclide": "Co-57", "background_mbq": 0.0}
    one = analyze(analyzer, readings=rows(TEN, 0.0), **given)
    ten = analyze(analyzer, readings=rows([10.0 * e for e in reversed(TEN)], 0.0), **given)

    for metric in ("rsd_pct", "max_deviation_pct", "range_pct"):
        assert value(ten, metric) == pytest.approx(value(one, metric), rel=1e-9)


@BOTH
def test_readings_that_are_all_alike_are_remarked(analyzer):
    analysis = analyze(analyzer, nuclide="Cs-137", readings=rows([7.4] * 10, 0.0))

    assert value(analysis, "rsd_pct") == pytest.approx(0.0, abs=1e-9)
    assert value(analysis, "max_deviation_pct") == pytest.approx(0.0, abs=1e-9)
    (note,) = notes(analysis, "NO_SCATTER")
    assert note.message.startswith("all 10 readings are alike")


@BOTH
def test_what_is_missing_is_no_silent_pass(analyzer):
    analysis = analyze(analyzer, nuclide="F-18", readings=[(e, None) for e in TEN[:9]])

    assert precondition(analysis, "PC_COUNTS").outcome is Outcome.NOT_MET
    assert precondition(analysis, "PC_BACKGROUND").outcome is Outcome.UNKNOWN
    assert precondition(analysis, "PC_TIME").outcome is Outcome.UNKNOWN
    assert analysis.valid


@BOTH
def test_a_reading_below_twenty_times_the_background_warns(analyzer):
    below = analyze(analyzer, nuclide="Cs-137", readings=rows(TEN), background_mbq=0.3686)
    above = analyze(analyzer, nuclide="Cs-137", readings=rows(TEN), background_mbq=0.3685)

    # The lowest reads 7.37 MBq: 20 times 0.3685.
    assert precondition(below, "PC_BACKGROUND").outcome is Outcome.NOT_MET
    assert precondition(above, "PC_BACKGROUND").outcome is Outcome.MET


@BOTH
@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (
            {"readings": rows([1.0, 0.2, 1.0]), "background_mbq": 0.2},
            UnsuitableAcquisitionError,
            BELOW_BACKGROUND,
        ),
        ({"readings": rows(TEN[:2])}, ParameterError, "readings has 2 rows, needs 3 to 1000"),
        (
            {"readings": rows([7.4e6, 7.4e6, 7.4e6])},
            ParameterError,
            "activity_mbq in row 1 of readings is 7.4e+06 MBq, needs at most 1e+06 MBq",
        ),
        (
            {"readings": rows(TEN), "nuclide": None},
            MissingReadingError,
            "the reading nuclide is missing",
        ),
    ],
)
def test_what_cannot_be_is_refused(analyzer, given, error, message):
    with pytest.raises(error) as refusal:
        analyze(analyzer, **{"nuclide": "Cs-137", **given})

    assert str(refusal.value) == message


@BOTH
def test_the_analyzer_keeps_the_contract(analyzer):
    example = readings(nuclide="Cs-137", readings=rows(TEN), background_mbq=0.0)

    assert check(analyzer, [example]) == []
