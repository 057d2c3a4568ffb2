"""Noise-equivalent count rate and share of randoms: NEMA NU 2; JJF draft (PET/CT calibration) 7.2."""

import math

import numpy as np
import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, Outcome, ReadingValue, Severity
from photopeak_analyzers.errors import (
    MissingReadingError,
    ParameterError,
    UnsuitableAcquisitionError,
)
from photopeak_analyzers.pet.noise_equivalent import highest, noise_equivalent
from photopeak_analyzers.pet.pet_count_rate_noise import ANALYZER
from support.floods import notes, precondition, value

ACTIVITIES = np.arange(1.0, 41.0)
TRUES_PER, RANDOMS_PER = 10_000.0, 400.0
SCATTER = 0.4


def rates_at(activity, lost=0.02):
    """Return prompts, randoms and scatter of a scanner that loses exp(-lost a) of everything."""
    kept = math.exp(-lost * activity)
    rest = TRUES_PER * activity * kept
    randoms = RANDOMS_PER * activity**2 * kept
    return rest + randoms, randoms, SCATTER * rest


def table(activities=ACTIVITIES, *, scatter=True, duration_s=60.0, rng=None):
    rows = []
    for activity in activities:
        prompts, randoms, scattered = rates_at(float(activity))
        if rng is not None:
            prompts, randoms = (
                rng.poisson(r * duration_s) / duration_s for r in (prompts, randoms)
            )
            scattered = SCATTER * (prompts - randoms)
        rows.append((float(activity), prompts, randoms, scattered if scatter else None, duration_s))
    return tuple(rows)


def true_peak(weight, lost=0.02):
    """Return the peak of the scanner on a fine grid: height and place."""
    a = np.linspace(1.0, 40.0, 400_001)
    kept = np.exp(-lost * a)
    rest, randoms = TRUES_PER * a * kept, RANDOMS_PER * a**2 * kept
    rate = ((1.0 - SCATTER) * rest) ** 2 / (rest + weight * randoms)
    return rate.max(), a[rate.argmax()]


def inputs(variant="nema", **readings):
    given = {
        name: each if isinstance(each, ReadingValue) else ReadingValue(value=each)
        for name, each in readings.items()
    }
    return Inputs(roles={}, readings=given, variant=variant)


def analyze(variant="nema", **readings):
    return ANALYZER.analyze(inputs(variant, **readings), ANALYZER.parameters(draws=1000))


def measurement(analysis, metric):
    (found,) = [m for m in analysis.measurements if m.metric == metric]
    return found


# --- the rate -----------------------------------------------------------------------------------------


def test_the_rate_by_hand():
    # T 60, S 40, R 20: 3600 / 120 and 3600 / 140.
    prompts, randoms, share = np.array([120.0]), np.array([20.0]), np.array([0.4])

    assert noise_equivalent(prompts, randoms, share, 1.0) == pytest.approx([30.0])
    assert noise_equivalent(prompts, randoms, share, 2.0) == pytest.approx([3600.0 / 140.0])


def test_without_scatter_and_randoms_every_count_counts():
    assert noise_equivalent(np.array([50.0]), np.zeros(1), np.zeros(1), 2.0) == pytest.approx(
        [50.0]
    )


def test_the_top_of_a_parabola_is_found_between_uneven_points():
    x = np.array([0.0, 1.0, 2.5, 3.0, 6.0])
    y = 7.0 - 2.0 * (x - 2.2) ** 2

    height, place = highest(x, np.stack([y, 0.5 * y], axis=1))
    assert height == pytest.approx([7.0, 3.5])
    assert place == pytest.approx([2.2, 2.2])


def test_at_an_end_the_highest_point_itself_is_the_peak():
    x = np.array([1.0, 2.0, 4.0])

    height, place = highest(x, np.array([[1.0, 9.0, 5.0], [2.0, 8.0, 5.0], [3.0, 1.0, 5.0]]))
    assert height == pytest.approx([3.0, 9.0, 5.0])
    assert place == pytest.approx([4.0, 1.0, 1.0])


# --- a table ------------------------------------------------------------------------------------------


def test_the_peaks_of_a_known_scanner_are_found():
    analysis = analyze(rates=table())

    for prefix, weight in (("necr", 1.0), ("necr_delayed", 2.0)):
        rate, activity = true_peak(weight)
        # A parabola over +- 1 kBq/mL of a peak some 20 wide.
        assert value(analysis, f"{prefix}_peak") == pytest.approx(rate, rel=1e-4)
        assert value(analysis, f"{prefix}_peak_activity") == pytest.approx(activity, rel=5e-3)
    assert value(analysis, "scatter_fraction_pct") == pytest.approx(40.0)
    # R / P = 400 a / (10 000 + 400 a).
    at_peak = 400.0 * true_peak(1.0)[1]
    assert value(analysis, "randoms_at_peak_pct") == pytest.approx(
        100.0 * at_peak / (10_000.0 + at_peak), rel=5e-3
    )
    # 6000 a exp(-0.02 a) rises up to 50 kBq/mL.
    assert value(analysis, "highest_trues") == pytest.approx(6000.0 * 40.0 * math.exp(-0.8))


@pytest.mark.parametrize(
    ("readings", "message"),
    [
        ({"rates": table(scatter=False), "scatter_fraction": 0.4}, "is 0.4 %, needs at least 1 %"),
        ({"rates": table(1e3 * ACTIVITIES)}, "needs at most 500 kBq/mL"),
        ({"necr_peak": 1e5, "necr_peak_activity": 24_000.0}, "needs at most 500 kBq/mL"),
    ],
)
def test_a_share_is_no_percentage_and_bq_are_no_kbq(readings, message):
    with pytest.raises(ParameterError, match=message):
        analyze(**readings)


def test_the_scatter_fraction_may_be_given_once_for_all():
    by_row = analyze(rates=table())
    once = analyze(rates=table(scatter=False), scatter_fraction=40.0)

    assert value(once, "necr_peak") == pytest.approx(value(by_row, "necr_peak"))


def test_the_order_of_the_rows_does_not_matter():
    assert analyze(rates=table()[::-1]).measurements == analyze(rates=table()).measurements


def test_repeated_noise_shows_the_uncertainty_of_the_peak():
    activities = np.arange(2.0, 41.0, 3.0)
    rng = np.random.default_rng(11)
    # A tenth of a second each, so that noise is seen.
    found = [
        analyze(
            rates=table(activities, duration_s=0.1, scatter=False, rng=rng), scatter_fraction=40.0
        )
        for _ in range(150)
    ]
    for metric, tolerance in (("necr_peak", 0.3), ("necr_peak_activity", 0.35)):
        each = [measurement(analysis, metric) for analysis in found]
        spread = np.std([m.value for m in each])
        # 150 repetitions tell a standard deviation to 6 %; the highest of noisy points adds to it.
        assert np.mean([m.uncertainty for m in each]) == pytest.approx(spread, rel=tolerance)


def test_without_durations_there_is_no_uncertainty_and_a_note_says_so():
    rows = tuple((*row[:4], None) for row in table())
    analysis = analyze(rates=rows)

    assert measurement(analysis, "necr_peak").uncertainty is None
    assert notes(analysis, "NO_DURATIONS")
    assert not notes(analyze(rates=table()), "NO_DURATIONS")
    assert measurement(analyze(rates=table()), "necr_peak").uncertainty > 0.0


def test_a_table_that_ends_before_the_peak_warns():
    analysis = analyze(rates=table(np.arange(1.0, 6.0)))
    condition = precondition(analysis, "PC_RATE")

    assert (condition.outcome, condition.severity) == (Outcome.NOT_MET, Severity.SOFT)
    assert condition.value == 0.0
    assert notes(analysis, "STILL_RISING")
    assert precondition(analyze(rates=table()), "PC_RATE").outcome is Outcome.MET


def test_the_figures_hold_every_rate():
    curves, numbers = analyze(rates=table()).figures

    assert [curve.label for curve in curves.curves][2:] == ["true", "random", "scattered"]
    assert curves.lines[0].axis == "x"
    assert len(numbers.rows) == 40
    assert numbers.rows[0][:2] == (1.0, pytest.approx(10_400.0 * math.exp(-0.02)))
    assert numbers.rows[0][3] == pytest.approx(100.0 * 400.0 / 10_400.0)


# --- two rates, and what was stated -------------------------------------------------------------------


def test_the_share_of_randoms_and_its_uncertainty():
    analysis = analyze(
        "jjf",
        prompts_cps=ReadingValue(value=1000.0, uncertainty=10.0),
        randoms_cps=ReadingValue(value=40.0, uncertainty=2.0),
    )
    found = measurement(analysis, "randoms_pct")

    assert found.value == pytest.approx(4.0)
    # u(R / P) = hypot(2, 0.04 * 10) / 1000.
    assert found.uncertainty == pytest.approx(100.0 * math.hypot(2.0, 0.4) / 1000.0)
    assert (
        measurement(analyze(prompts_cps=1000.0, randoms_cps=40.0), "randoms_pct").uncertainty
        is None
    )


def test_a_stated_peak_stands_for_a_measured_one_and_beside_it():
    stated = {
        "necr_peak": ReadingValue(value=180_000.0, uncertainty=900.0),
        "necr_peak_activity": 29.0,
        "scatter_fraction": 38.0,
    }
    alone = analyze(**stated)

    assert measurement(alone, "necr_peak").value == 180_000.0
    assert measurement(alone, "necr_peak").uncertainty == 900.0
    assert value(alone, "necr_peak_activity") == 29.0
    assert value(alone, "scatter_fraction_pct") == 38.0
    both = analyze(rates=table(), **stated)
    assert value(both, "necr_peak_stated") == 180_000.0
    assert value(both, "necr_peak_activity_stated") == 29.0
    assert value(both, "necr_peak") < 100_000.0


# --- what is refused ----------------------------------------------------------------------------------


def changed(position, **cells):
    names = ("activity_kbq_ml", "prompts_cps", "randoms_cps", "scatter_cps", "duration_s")
    rows = list(table(np.arange(1.0, 5.0)))
    rows[position] = tuple(
        cells.get(name, cell) for name, cell in zip(names, rows[position], strict=True)
    )
    return tuple(rows)


@pytest.mark.parametrize(
    ("readings", "kind", "message"),
    [
        (
            {},
            MissingReadingError,
            (
                "neither rates by activity nor the rates of all and of random coincidences nor a"
                " stated peak are given, needs one of them"
            ),
        ),
        ({"rates": table()[:2]}, ParameterError, "rates has 2 rows, needs 3 to 500"),
        (
            {"rates": changed(1, activity_kbq_ml=1.0)},
            UnsuitableAcquisitionError,
            "two rows have the same activity",
        ),
        (
            {"rates": changed(1, prompts_cps=500.0, randoms_cps=500.0, scatter_cps=0.0)},
            UnsuitableAcquisitionError,
            "at 2 kBq/mL 0 counts/s are left without randoms, needs more than 0",
        ),
        (
            {"rates": changed(1, prompts_cps=600.0, randoms_cps=500.0, scatter_cps=101.0)},
            UnsuitableAcquisitionError,
            (
                "row 2 of rates has 101 scattered coincidences/s, needs at most the 100 that are not"
                " random"
            ),
        ),
        (
            {"rates": changed(1, scatter_cps=None)},
            MissingReadingError,
            (
                "3 of 4 rows of rates have scatter_cps, needs all, or none and the reading"
                " scatter_fraction"
            ),
        ),
        (
            {"rates": table(scatter=False)},
            MissingReadingError,
            (
                "0 of 40 rows of rates have scatter_cps, needs all, or none and the reading"
                " scatter_fraction"
            ),
        ),
        (
            {"prompts_cps": 10.0, "randoms_cps": 11.0},
            UnsuitableAcquisitionError,
            "there are 11 random coincidences/s, needs at most all of them, 10",
        ),
    ],
)
def test_what_cannot_be_measured_is_refused(readings, kind, message):
    with pytest.raises(kind) as refusal:
        analyze(**readings)

    assert str(refusal.value) == message


def test_the_analyzer_keeps_the_contract():
    examples = [
        inputs(rates=table(), necr_peak=1e5),
        inputs("jjf", prompts_cps=1000.0, randoms_cps=40.0),
        inputs(necr_peak=1e5, necr_peak_activity=20.0),
    ]

    assert check(ANALYZER, examples) == []
