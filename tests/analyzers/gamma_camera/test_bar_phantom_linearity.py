"""Linearity with a bar phantom, WS 523-2019: bars followed, and the verdict of a person."""

import dataclasses

import numpy as np
import pytest

from photopeak_analyzers.acquisition import CollimatorType, EnergyWindow, WholeBody
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, Outcome, ReadingValue, Severity
from photopeak_analyzers.errors import ParameterError, UnsuitableAcquisitionError
from photopeak_analyzers.gamma_camera.bar_phantom_linearity import ANALYZER
from photopeak_analyzers.gamma_camera.bar_traces import off_lines
from photopeak_analyzers.simulation.planar import Matrix
from support.bars import PHANTOM, bars
from support.floods import flat, notes, precondition, value, with_header

BEND_PER_MM = 1e-3
"""A row at y mm from the middle is shifted by y squared times this: 14 mm at 120 mm."""

LARGEST_MM = 1.2
"""Strips of 10 mm, -45 to 45 mm from the middle of a region: 0.001 (45**2 - mean of squares, 825)."""


def analyze(*series, eye=None, **parameters):
    readings = {} if eye is None else {"bars_by_eye": ReadingValue(value=eye)}
    inputs = Inputs(roles={"bars": series}, readings=readings, variant="ws523")
    return ANALYZER.analyze(inputs, ANALYZER.parameters(**parameters))


def exact(**how):
    return dataclasses.replace(bars(**how), saturation_level=65535)


def bent(acquisition, per_mm=BEND_PER_MM, pixel_mm=1.0):
    """Return the image with each row shifted by the square of its place, without interpolation."""
    counts = np.asarray(acquisition.counts[0], dtype=float)
    rows, columns = counts.shape
    y = (np.arange(rows) - (rows - 1) / 2.0) * pixel_mm
    waves = np.exp(-2j * np.pi * np.outer(per_mm * y**2 / pixel_mm, np.fft.rfftfreq(columns)))
    shifted = np.fft.irfft(np.fft.rfft(counts, axis=1) * waves, n=columns, axis=1)
    return dataclasses.replace(acquisition, counts=np.maximum(shifted, 0.0)[None])


def noisy(acquisition, seed):
    rng = np.random.default_rng(seed)
    return dataclasses.replace(acquisition, counts=rng.poisson(acquisition.counts))


def deviation(analysis, direction):
    (found,) = [
        m
        for m in analysis.measurements
        if m.metric == "max_deviation_mm" and m.scope.get("direction") == direction
    ]
    return found


# --- closed form ------------------------------------------------------------------------------------


def test_straight_bars_have_no_deviation():
    analysis = analyze(exact())

    for direction in "xy":
        assert deviation(analysis, direction).value == pytest.approx(0.0, abs=1e-9)
    assert [p.quantity for p in analysis.preconditions if p.outcome is not Outcome.MET] == []


def test_the_bend_of_bars_is_found_where_it_is():
    """Rows that are shifted bend the bars across X alone."""
    analysis = analyze(bent(exact()))

    assert deviation(analysis, "x").value == pytest.approx(LARGEST_MM, rel=0.03)
    assert deviation(analysis, "y").value == pytest.approx(0.0, abs=0.02)


def test_twice_the_bend_is_twice_the_deviation():
    once, twice = (analyze(bent(exact(), k * BEND_PER_MM / 2.0)) for k in (1, 2))

    assert deviation(twice, "x").value == pytest.approx(2.0 * deviation(once, "x").value, rel=0.03)


def test_a_phantom_that_lies_askew_bends_no_bar():
    """A shear of 1 degree: straight lines stay straight."""
    straight = exact()
    counts = np.asarray(straight.counts[0], dtype=float)
    y = np.arange(512) - 255.5
    waves = np.exp(-2j * np.pi * np.outer(np.tan(np.radians(1.0)) * y, np.fft.rfftfreq(512)))
    sheared = np.fft.irfft(np.fft.rfft(counts, axis=1) * waves, n=512, axis=1)
    askew = dataclasses.replace(straight, counts=np.maximum(sheared, 0.0)[None])

    assert deviation(analyze(askew), "x").value < 0.05


@pytest.mark.parametrize("flip", [np.s_[:, ::-1], np.s_[:, :, ::-1]])
def test_a_mirror_image_has_the_same_deviations(flip):
    image = bent(exact())
    mirrored = dataclasses.replace(image, counts=image.counts[flip])

    assert deviation(analyze(mirrored), "x").value == pytest.approx(
        deviation(analyze(image), "x").value, rel=0.03
    )


def test_a_quarter_turn_exchanges_the_directions():
    image = bent(exact())
    turned = dataclasses.replace(image, counts=np.rot90(image.counts, axes=(1, 2)))

    assert deviation(analyze(turned), "y").value == pytest.approx(LARGEST_MM, rel=0.03)


def test_the_largest_of_all_images_of_a_head_counts():
    straight, crooked = exact(), bent(exact(minute=15))

    assert deviation(analyze(straight, crooked), "x").value == pytest.approx(LARGEST_MM, rel=0.03)


def test_a_line_is_taken_out_of_places_and_nothing_else():
    t = np.arange(5.0)

    assert off_lines(np.stack([3.0 + 2.0 * t, t**2])) == pytest.approx(
        np.array([[0.0] * 5, [2.0, -1.0, -2.0, -1.0, 2.0]]), abs=1e-12
    )


# --- noise ------------------------------------------------------------------------------------------


def test_the_floor_is_what_straight_bars_show():
    """The largest of 200 places varies by a tenth; of 8 images by 4 %, four of them are allowed."""
    analyses = [analyze(noisy(exact(), seed)) for seed in range(8)]
    for direction in "xy":
        shown = np.mean([deviation(each, direction).value for each in analyses])
        floor = np.mean([value(a, "deviation_floor_mm", direction=direction) for a in analyses])
        assert floor == pytest.approx(shown, rel=0.2)


def test_the_uncertainty_is_the_spread_of_repeated_images():
    """12 repetitions tell a standard deviation to 21 %; three of them are allowed."""
    image = bent(exact())
    found = [deviation(analyze(noisy(image, seed)), "x") for seed in range(12)]
    spread = np.std([m.value for m in found], ddof=1)

    assert np.mean([m.uncertainty for m in found]) == pytest.approx(spread, rel=0.65)


# --- the verdict of a person ------------------------------------------------------------------------


@pytest.mark.parametrize(("eye", "number"), [("straight", 1.0), ("bent", 0.0)])
def test_what_a_person_sees_is_a_number_to_be_judged(eye, number):
    assert value(analyze(exact(), eye=eye), "bars_straight") == number


def test_without_a_person_there_is_no_verdict():
    assert "bars_straight" not in {m.metric for m in analyze(exact()).measurements}


def test_another_word_is_refused():
    with pytest.raises(ParameterError, match="is crooked, needs one of straight, bent"):
        analyze(exact(), eye="crooked")


def test_bars_serve_constancy_alone():
    assert notes(analyze(exact()), "BARS_FOR_CONSTANCY")[0].unfit_for == ("acceptance", "status")


# --- wrong pictures ---------------------------------------------------------------------------------


def test_a_blurred_image_whose_bars_cannot_be_followed_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match=r"bars in 0 quadrants|to follow"):
        analyze(exact(fwhm=9.0))


def test_a_flood_is_refused():
    with pytest.raises(UnsuitableAcquisitionError):
        analyze(flat(500.0))


def test_an_empty_image_is_refused():
    with pytest.raises(UnsuitableAcquisitionError):
        analyze(dataclasses.replace(exact(), counts=np.zeros((1, 512, 512))))


def test_a_whole_body_image_is_refused():
    first = exact()
    body = WholeBody(counts=first.counts, frames=first.frames, pixel_spacing_mm=(1.0, 1.0))

    with pytest.raises(UnsuitableAcquisitionError, match="whole_body acquisition"):
        analyze(body)


def test_quadrants_with_too_few_strips_are_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="holds 3 strips of 30 rows"):
        analyze(exact(), strip_mm=30.0)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"nuclide": "Ga-67"}, "PC_NUCLIDE"),
        ({"energy_windows": (EnergyWindow(number=1, lower_kev=92, upper_kev=125),)}, "PC_WINDOW"),
        ({"detector_collimator_type": CollimatorType.PARALLEL}, "PC_COLLIMATOR"),
        ({"saturation_level": 5}, "PC_OVERFLOW"),
        ({"pixel_spacing_mm": (1.0, 1.03)}, "PC_PIXEL"),
    ],
)
def test_wrong_circumstances_void(changes, code):
    assert code in {p.code for p in analyze(with_header(exact(), **changes)).failed}


def test_so_few_counts_that_noise_bends_the_bars_void():
    poor = noisy(exact(phantom=dataclasses.replace(PHANTOM, open_counts=4.0), fwhm=3.4), 1)
    broken = [
        p for p in analyze(poor).failed if p.quantity == "deviation that counting alone gives"
    ]

    assert broken
    assert all(p.severity is Severity.HARD for p in broken)


def test_one_direction_alone_warns():
    """Only the bars across X are resolved when the others are too fine."""
    one = dataclasses.replace(PHANTOM, widths_mm=(4.0, 1.2, 1.2, 3.5))
    analysis = analyze(exact(phantom=one, fwhm=4.5))
    condition = precondition(analysis, "PC_FRAMES", "directions")

    assert (condition.value, condition.severity) == (1.0, Severity.SOFT)


def test_two_heads_are_followed_each_for_itself():
    analysis = analyze(exact(heads=(1, 2)))

    assert {m.scope.get("detector") for m in analysis.measurements} == {1, 2}
    assert {f.name for f in analysis.figures} >= {
        "worst_detector_1_energy_window_1",
        "worst_detector_2_energy_window_1",
    }


def test_the_places_in_the_picture_are_those_of_bars():
    """Where a bar was followed there are fewer or more counts than beside it, all along."""
    image = exact(matrix=Matrix(rows=512, columns=512, pixel_mm=0.9))
    figure = next(f for f in analyze(image).figures if f.name.startswith("bars"))
    line = figure.overlays[0].points
    middle = [image.counts[0][round(r), round(c)] for r, c in line]

    assert np.ptp(middle) < 0.35 * float(np.mean(image.counts[image.counts > 1.0]))


def test_it_keeps_the_contract():
    examples = [
        Inputs(
            roles={"bars": (noisy(exact(), 1),)},
            readings={"bars_by_eye": ReadingValue(value="straight")},
            variant="ws523",
        )
    ]

    assert check(ANALYZER, examples) == []
