"""Intrinsic uniformity at 75 000 counts per second: NEMA NU 1-2007 (GB/T 18989-2013 E.8)."""

import dataclasses

import numpy as np
import pytest

from photopeak_analyzers.acquisition import CollimatorType, EnergyWindow
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs
from photopeak_analyzers.errors import ContractError, ParameterError, UnsuitableAcquisitionError
from photopeak_analyzers.gamma_camera import intrinsic_uniformity
from photopeak_analyzers.gamma_camera.intrinsic_uniformity_high_rate import ANALYZER
from photopeak_analyzers.simulation.floods import ColdSpot, Tubes, acquisition, dynamic, noisy
from support.floods import CAMERA, analyze, flat, notes, precondition, value

PIXELS = 4800
"""Of the UFOV of 512 x 384 mm, the only lit part of the image."""

PER_PIXEL = 12_000.0


def flood(rate_cps=75_000.0, *responses, **header):
    """Return a flood that lasted as long as this rate makes it."""
    return flat(PER_PIXEL, *responses, duration_s=PIXELS * PER_PIXEL / rate_cps, **header)


def test_a_cold_spot_gives_its_depth_as_at_the_usual_rate():
    """E.8 refers to E.4: integral and differential uniformity of both fields."""
    spot = ColdSpot(depth=0.1, diameter_mm=40.0)

    analysis = analyze(ANALYZER, flood(75_000.0, spot))

    assert value(analysis, "iu_ufov") == pytest.approx(spot.integral_uniformity, abs=0.01)
    assert value(analysis, "iu_cfov") == pytest.approx(spot.integral_uniformity, abs=0.01)
    assert value(analysis, "du_ufov") == max(
        value(analysis, "du_x_ufov"), value(analysis, "du_y_ufov")
    )
    assert analysis.valid


@pytest.mark.parametrize(
    ("rate_cps", "valid"),
    [
        (67_400.0, False),
        (67_500.0, True),
        (75_000.0, True),
        (82_500.0, True),
        (82_600.0, False),
        (20_000.0, False),
    ],
)
def test_the_rate_is_75_000_to_a_tenth(rate_cps, valid):
    analysis = analyze(ANALYZER, flood(rate_cps))

    condition = precondition(analysis, "PC_RATE")
    assert analysis.valid is valid
    assert condition.severity == "hard"
    assert condition.value == pytest.approx(rate_cps, rel=1e-6)
    assert (condition.lower, condition.upper) == (67_500.0, 82_500.0)


def test_a_rate_that_is_not_known_voids():
    image = dataclasses.replace(
        flood(),
        frames=tuple(dataclasses.replace(frame, duration_s=None) for frame in flood().frames),
    )

    analysis = analyze(ANALYZER, image)

    condition = precondition(analysis, "PC_RATE")
    assert (condition.outcome, condition.severity) == ("unknown", "hard")
    assert not analysis.valid


def test_each_of_the_two_tests_refuses_the_flood_of_the_other():
    slow, fast = flood(19_000.0), flood(75_000.0)

    assert not analyze(ANALYZER, slow).valid
    assert not analyze(intrinsic_uniformity.ANALYZER, fast).valid
    assert analyze(intrinsic_uniformity.ANALYZER, slow).valid


def test_the_numbers_are_those_of_the_usual_rate():
    rng = np.random.default_rng(11)
    image = noisy(CAMERA.expected(PER_PIXEL, Tubes(amplitude=0.03)), rng)
    same = acquisition({(1, 1): image}, CAMERA, duration_s=PIXELS * PER_PIXEL / 75_000.0)

    high, usual = (analyze(each, same) for each in (ANALYZER, intrinsic_uniformity.ANALYZER))

    assert high.measurements == usual.measurements


def test_the_uncertainty_is_the_spread_of_repeated_floods():
    rng = np.random.default_rng(3)
    expected = CAMERA.expected(PER_PIXEL, ColdSpot(depth=0.05, diameter_mm=60.0))
    duration_s = float(expected.sum()) / 75_000.0
    found, stated = [], []
    for _ in range(60):
        image = acquisition({(1, 1): noisy(expected, rng)}, CAMERA, duration_s=duration_s)
        (number,) = [m for m in analyze(ANALYZER, image).measurements if m.metric == "iu_cfov"]
        found.append(number.value)
        stated.append(number.uncertainty)

    # 60 draws tell a spread to 9 %, 16 simulated floods each uncertainty to 18 % (their mean to 2 %);
    # the model of the noise adds some 10 %. Three times 14 %.
    assert np.mean(stated) == pytest.approx(np.std(found, ddof=1), rel=0.42)


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_brightness_does_not_matter_at_the_same_rate(factor):
    spot = ColdSpot(depth=0.2, diameter_mm=50.0)
    duration_s = PIXELS * PER_PIXEL * factor / 75_000.0
    image = flat(PER_PIXEL * factor, spot, duration_s=duration_s)

    found = value(analyze(ANALYZER, image), "iu_ufov")

    # Counts are whole numbers, 1 in 6000.
    assert found == pytest.approx(spot.integral_uniformity, abs=0.02)


def test_the_frames_of_a_dynamic_flood_are_summed():
    image = dynamic(flood(), 4, np.random.default_rng(1))

    analysis = analyze(ANALYZER, image)

    assert analysis.valid
    assert value(analysis, "rate_cps") == pytest.approx(75_000.0)


def test_two_heads_are_measured_each():
    analysis = analyze(ANALYZER, flood(detectors=(1, 2)))

    assert value(analysis, "iu_ufov", detector=1) == value(analysis, "iu_ufov", detector=2)
    assert {f.name for f in analysis.figures} >= {
        "flood_detector_1_energy_window_1",
        "flood_detector_2_energy_window_1",
    }


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({"collimator": CollimatorType.PARALLEL}, "PC_COLLIMATOR"),
        ({"nuclide": "Co-57"}, "PC_NUCLIDE"),
        (
            {"windows": (EnergyWindow(number=1, lower_kev=109.9, upper_kev=134.3),)},
            "PC_WINDOW",
        ),
    ],
)
def test_another_picture_is_void(header, code):
    analysis = analyze(ANALYZER, flood(**header))

    assert code in {p.code for p in analysis.failed}


def test_an_empty_head_is_void_and_does_not_stop_the_other():
    """Each head of a flood is meant: an empty one is no onlooker."""
    one = flood()
    both = dataclasses.replace(
        one,
        counts=np.concatenate([one.counts, 0 * one.counts]),
        frames=(*one.frames, dataclasses.replace(one.frames[0], detector=2)),
        detectors=(*one.detectors, dataclasses.replace(one.detectors[0], number=2)),
    )

    analysis = analyze(ANALYZER, both)

    (fault,) = analysis.failed
    assert (fault.quantity, fault.value) == ("counts in the image", 0.0)
    assert fault.scope.get("detector") == 2
    assert {m.scope.get("detector") for m in analysis.measurements} == {1}
    assert notes(analysis, "HEAD_LEFT_OUT")


def test_an_empty_image_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="has no counts"):
        analyze(ANALYZER, flat(0.0))


def test_too_few_counts_void():
    image = flat(4_000.0, duration_s=PIXELS * 4_000.0 / 75_000.0)

    assert {p.code for p in analyze(ANALYZER, image).failed} == {"PC_COUNTS"}


def test_the_distance_of_the_source_is_checked_when_stated():
    analysis = analyze(ANALYZER, flood(), source_distance_mm=2000.0)

    condition = precondition(analysis, "PC_GEOMETRY")
    assert (condition.outcome, condition.lower) == ("not_met", 2560.0)
    assert not notes(analysis, "DOME_CORRECTED")


def test_bounds_of_the_rate_that_cross_are_refused():
    with pytest.raises(
        ParameterError, match=r"minimum_rate_cps is 90000, needs at most maximum_rate_cps, 82500"
    ):
        ANALYZER.parameters(minimum_rate_cps=90_000.0)


def test_there_is_no_such_clause_in_iec():
    with pytest.raises(ContractError, match="has no variant 'iec'"):
        analyze(ANALYZER, flood(), "iec")
    assert not [m.key for m in ANALYZER.metrics if m.key.startswith("eps_")]


def test_it_keeps_the_contract():
    example = Inputs(roles={"flood": (flood(75_000.0, Tubes(amplitude=0.02)),)}, variant="nema")

    assert check(ANALYZER, [example]) == []
