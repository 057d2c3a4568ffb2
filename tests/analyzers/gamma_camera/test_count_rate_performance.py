"""Count-rate performance by IEC 60789 (GB/T 18989-2013 3.7) and NEMA NU 1-2007 (E.6, E.13)."""

import dataclasses
import math

import numpy as np
import pytest

from photopeak_analyzers.acquisition import CollimatorType
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, Outcome, Severity
from photopeak_analyzers.figures import Scale
from photopeak_analyzers.gamma_camera.count_rate_curve import (
    Points,
    Text,
    crossing,
    observed_at_middle,
    rate_curve,
)
from photopeak_analyzers.gamma_camera.count_rate_performance import ANALYZER
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.simulation.count_rates import DeadTime, DecayingSource
from photopeak_analyzers.simulation.planar import Matrix
from support.count_rates import HOURLY, ROOMS, analyze, keys, measurement, with_background
from support.decays import (
    SOURCE,
    collimated,
    decay,
    one_static,
    room,
    statics,
    two_heads,
)
from support.floods import notes, precondition, value

HALF_LIFE_S = 21_672.0


def points(starts, durations, counts, background=0.0):
    return Points(
        starts_s=np.array(starts, dtype=float),
        durations_s=np.array(durations, dtype=float),
        counts=np.array(counts, dtype=float),
        background=Estimate(value=background, uncertainty=0.0),
        half_life_s=HALF_LIFE_S,
    )


# --- the formulas ---------------------------------------------------------------------------------


def test_the_observed_rate_is_that_at_the_start_of_the_measurement():
    """(E.5), (E.6): over one half-life, C ln 2 / (T (1 - 1/2))."""
    given = points([0.0, HALF_LIFE_S], [HALF_LIFE_S, 10.0], [1e9, 1e5], background=2.0)

    curve = rate_curve(given, Text.NEMA, draws=400, rng=np.random.default_rng(1))

    net = 1e9 - 2.0 * HALF_LIFE_S
    wanted = net * math.log(2.0) / (0.5 * HALF_LIFE_S)
    assert curve.observed_cps[0] == pytest.approx(wanted, rel=1e-12)
    # sqrt(N) of N = 1e9, by 400 draws.
    assert curve.u_observed_cps[0] / wanted == pytest.approx(math.sqrt(1e9) / net, rel=0.12)


def test_in_the_middle_of_a_point_the_share_of_the_source_is_its_mean():
    given = points([0.0, HALF_LIFE_S], [HALF_LIFE_S, 100.0], [1e9, 1e5], background=2.0)

    shares, rates, uncertainties = observed_at_middle(given)

    assert shares[0] == pytest.approx(2.0**-0.5)
    assert rates == pytest.approx([1e9 / HALF_LIFE_S - 2.0, 998.0])
    assert uncertainties[1] == pytest.approx(math.sqrt(1e5) / 100.0)


def test_the_input_rate_doubles_with_each_half_life_before_the_last_point():
    """(E.7) with times of the starts, 3.7.3.2 b with those of the middles."""
    given = points([0.0, HALF_LIFE_S, 2.0 * HALF_LIFE_S], [20.0, 60.0, 20.0], [4e4, 6e4, 2e4])

    nema = rate_curve(given, Text.NEMA, draws=20, rng=np.random.default_rng(1))
    iec = rate_curve(given, Text.IEC, draws=20, rng=np.random.default_rng(1))

    last = 2e4 * math.log(2.0) / HALF_LIFE_S / -math.expm1(-20.0 * math.log(2.0) / HALF_LIFE_S)
    assert nema.input_cps == pytest.approx([4.0 * last, 2.0 * last, last], rel=1e-12)
    # The middle of the second lies 20 s late.
    late = 2.0 ** (-20.0 / HALF_LIFE_S)
    assert iec.input_cps == pytest.approx([4_000.0, 2_000.0 * late, 1_000.0], rel=1e-12)
    assert iec.observed_cps == pytest.approx([2_000.0, 1_000.0, 1_000.0])


def test_the_point_of_20_percent_lies_on_the_line_through_its_neighbours():
    """(E.8); on the logarithmic paper of 3.7.3.3 the same points give another one."""
    inputs, observed = np.array([140.0, 100.0, 10.0]), np.array([105.0, 85.0, 10.0])

    # 85 + 20 s = 0.8 (100 + 40 s) at s = 5 / 12.
    assert float(crossing(inputs, observed, Text.NEMA)) == pytest.approx(100.0 + 40.0 * 5.0 / 12.0)
    # ln 85/80 = 0.060625, ln 105/112 = -0.064539: s = 0.48437, 100 * 1.4**s.
    assert float(crossing(inputs, observed, Text.IEC)) == pytest.approx(117.70, abs=0.01)


def test_a_point_that_loses_exactly_20_percent_is_the_point():
    inputs, observed = np.array([140.0, 100.0, 10.0]), np.array([105.0, 80.0, 10.0])

    for text in Text:
        assert float(crossing(inputs, observed, text)) == pytest.approx(100.0)


def test_the_first_crossing_from_the_slow_end_counts():
    inputs = np.array([160.0, 140.0, 120.0, 100.0, 10.0])
    observed = np.array([100.0, 115.0, 90.0, 85.0, 10.0])

    assert 100.0 < float(crossing(inputs, observed, Text.NEMA)) < 120.0


def test_without_20_percent_there_is_no_crossing():
    inputs, observed = np.array([100.0, 10.0]), np.array([90.0, 10.0])

    assert math.isnan(float(crossing(inputs, observed, Text.NEMA)))


# --- closed form ----------------------------------------------------------------------------------


def test_the_text_gives_the_rate_at_20_percent_high_by_the_loss_of_the_last_point():
    """2 us: true 89 257 /s. The last point of 3800 /s has lost 0.8 %: the text says 91.4 thousand."""
    analysis = analyze(decay(with_background()))

    assert value(analysis, "last_loss_pct") == pytest.approx(
        100.0 * (1.0 - math.exp(-2e-6 * value(analysis, "last_ocr"))), abs=0.02
    )
    assert value(analysis, "ocr_20_loss_free") == pytest.approx(89_257.0, rel=2e-3)
    # d(ocr_20)/ocr_20 = loss (1 + n t) / (n t) - ... : three times the loss and a bit.
    assert 90_900.0 < value(analysis, "ocr_20") < 91_900.0
    assert value(analysis, "icr_20") == pytest.approx(value(analysis, "ocr_20") / 0.8, rel=1e-9)
    assert analysis.valid


def test_the_largest_observed_rate_is_that_of_the_highest_point():
    analysis = analyze(decay(with_background()))
    top = SOURCE.largest_observed_cps

    found = value(analysis, "ocr_max")
    # A point every 1800 s lies at most 2.9 % of the input from the top: 0.04 % of the rate. (E.6)
    # raises the mean of 60 s to its start, by 0.1 %, though at the top nothing falls.
    assert top * 0.9996 < found < top * 1.001
    assert found <= value(analysis, "ocr_max_fitted") < top * 1.0012
    # The input rate at the top is 1 / t, low by the loss of the last point.
    assert value(analysis, "icr_max") == pytest.approx(500_000.0 * 0.992, rel=0.03)


def test_coarse_steps_miss_the_maximum_and_the_parabola_finds_it_again():
    # Points at 1.28 and 0.81 of the input rate at the top: the higher one lies 2 % below it.
    source = DecayingSource(first_cps=640_000.0, dead_time_s=2e-6)
    analysis = analyze(decay(source, frames=12, every_s=14_400.0), background=())

    top = SOURCE.largest_observed_cps
    assert value(analysis, "ocr_max") < 0.995 * top
    assert abs(value(analysis, "ocr_max_fitted") - top) < abs(value(analysis, "ocr_max") - top)


def test_a_camera_that_is_not_paralysed_has_no_maximum():
    source = dataclasses.replace(with_background(), model=DeadTime.NON_PARALYSABLE)

    analysis = analyze(decay(source))

    assert value(analysis, "ocr_20_loss_free") == pytest.approx(100_000.0, rel=5e-3)
    assert {"ocr_max", "icr_max", "ocr_max_fitted"}.isdisjoint(keys(analysis))
    condition = precondition(analysis, "PC_RATE", "largest observed rate")
    assert (condition.outcome, condition.severity) == (Outcome.UNKNOWN, Severity.SOFT)


def test_the_iec_text_measures_20_seconds_every_hour_and_a_half():
    """3.7.2: until fewer than 3000 /s."""
    series = collimated(decay(with_background(), **HOURLY))

    analysis = analyze(series, "iec", [room(duration_s=300.0)])

    assert analysis.valid
    assert {p.outcome for p in analysis.preconditions} <= {"met"}
    assert value(analysis, "ocr_20_loss_free") == pytest.approx(89_257.0, rel=5e-3)
    assert value(analysis, "ocr_max") == pytest.approx(183_940.0, rel=0.01)
    assert value(analysis, "last_ocr") < 3_000.0


def test_the_background_is_taken_off():
    clean = analyze(decay(SOURCE), background=())
    room_of_200 = [room(200.0)]
    corrected = analyze(decay(with_background(cps=200.0)), background=room_of_200)
    forgotten = analyze(decay(with_background(cps=200.0)), background=())

    wanted = value(clean, "ocr_20")
    # 200 /s are 5 % of the last point, and the rates of all others follow from it.
    assert value(corrected, "ocr_20") == pytest.approx(wanted, rel=3e-3)
    assert value(forgotten, "ocr_20") < 0.9 * wanted
    assert value(corrected, "background_cps") == pytest.approx(200.0)
    (note,) = notes(forgotten, "BACKGROUND_NOT_MEASURED")
    assert "none was taken off" in note.message
    assert precondition(forgotten, "PC_BACKGROUND").outcome == "unknown"


def test_the_half_life_is_that_of_the_text_and_stands_in_the_result():
    (note,) = notes(analyze(decay()), "HALF_LIFE_USED")

    assert note.values["half_life_s"] == 21_672.0


# --- invariances ----------------------------------------------------------------------------------


def test_one_dynamic_series_many_static_ones_and_one_of_many_objects_are_the_same():
    series = decay(with_background(), seed=3)

    dynamic, several, single = (
        analyze(each) for each in (series, statics(series), one_static(series))
    )

    assert dynamic.measurements == several.measurements == single.measurements


def test_the_size_of_the_matrix_does_not_matter():
    coarse = decay(with_background())
    fine = decay(with_background(), matrix=Matrix(rows=32, columns=32, pixel_mm=15.0))

    for metric in ("ocr_20", "ocr_max", "icr_20"):
        # Whole counts in 1024 pixels instead of 256.
        assert value(analyze(coarse), metric) == pytest.approx(
            value(analyze(fine), metric), rel=2e-3
        )


def test_a_dead_time_twice_as_long_halves_all_rates():
    slow = DecayingSource(first_cps=400_000.0, dead_time_s=4e-6)
    # One half-life later the same source is at the same losses.
    one, half = analyze(decay(), background=()), analyze(decay(slow), background=())

    for metric in ("ocr_20", "icr_20", "ocr_max", "icr_max"):
        assert value(half, metric) == pytest.approx(value(one, metric) / 2.0, rel=5e-3)


def test_heads_are_measured_each():
    slow = dataclasses.replace(SOURCE, dead_time_s=4e-6)
    analysis = analyze(two_heads(decay(), decay(slow)), background=())

    first, second = (value(analysis, "ocr_20_loss_free", detector=d) for d in (1, 2))
    assert first == pytest.approx(2.0 * second, rel=5e-3)
    names = {figure.name for figure in analysis.figures}
    assert {"curve_detector_1_energy_window_1", "curve_detector_2_energy_window_1"} <= names


# --- noise ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", ["ocr_20", "icr_20", "ocr_max", "last_ocr"])
def test_the_uncertainty_is_the_spread_of_repeated_series(metric):
    found, stated = [], []
    for seed in range(40):
        series = decay(with_background(), seed=seed, duration_s=20.0, every_s=3_600.0, frames=48)
        number = measurement(analyze(series), metric)
        found.append(number.value)
        stated.append(number.uncertainty)

    # 40 draws tell a spread to 11 %, 200 simulated ones each uncertainty to 5 %; the counts that are
    # dealt anew are noisy already, which moves the choice of points a little: three times 13 %.
    assert np.mean(stated) == pytest.approx(np.std(found, ddof=1), rel=0.4)


# --- figures and contract -------------------------------------------------------------------------


def test_the_figures_show_the_curve_its_two_points_and_three_images():
    analysis = analyze(decay(with_background()))
    figures = {figure.name: figure for figure in analysis.figures}

    labels = {curve.label: curve for curve in figures["curve"].curves}
    assert labels["F: 20 % loss"].y[0] == pytest.approx(value(analysis, "ocr_20"))
    assert labels["G: maximum"].y[0] == pytest.approx(value(analysis, "ocr_max"))
    assert labels["20 % loss"].y[1] == pytest.approx(0.8 * labels["20 % loss"].x[1])
    assert len(figures["points"].rows) == 96
    for name, cps in (("image_low", 5e3), ("image_middle", 2e4)):
        shown = float(figures[name].image.sum()) / 60.0
        assert shown == pytest.approx(cps, rel=0.05)
    assert float(figures["image_max"].image.sum()) / 60.0 == pytest.approx(183_900.0, rel=0.01)


def test_the_iec_characteristic_has_logarithmic_axes_on_which_all_of_it_has_a_place():
    nema = next(f for f in analyze(decay()).figures if f.name == "curve")
    slow = analyze(collimated(decay(with_background(), **HOURLY)), "iec")
    iec = next(f for f in slow.figures if f.name == "curve")

    assert (nema.x_scale, nema.y_scale) == (Scale.LINEAR, Scale.LINEAR)
    assert (iec.x_scale, iec.y_scale) == (Scale.LOG, Scale.LOG)
    assert all((curve.x > 0.0).all() and (curve.y > 0.0).all() for curve in iec.curves)


def test_large_images_are_shown_small():
    series = decay(frames=34, every_s=5_400.0, matrix=Matrix(rows=300, columns=300, pixel_mm=1.6))

    image = next(f for f in analyze(series).figures if f.name == "image_max")

    assert image.image.shape == (150, 150)
    assert image.pixel_spacing_mm == (3.2, 3.2)


def test_it_keeps_the_contract():
    examples = [
        Inputs(roles={"decay": (each,), "background": ROOMS}, variant=variant)
        for variant, each in (
            ("nema", decay(with_background())),
            ("iec", collimated(decay(with_background(), **HOURLY))),
        )
    ]

    assert check(ANALYZER, examples) == []


def test_the_collimators_are_those_of_the_phantom():
    assert decay().detectors[0].collimator_type is CollimatorType.NONE
