"""Stability of a head that turns with a sheet source: ranges, decay, noise, what is refused."""

import dataclasses
import functools
import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from photopeak_analyzers.acquisition import (
    CollimatorType,
    EnergyWindow,
    Frame,
    Origin,
    Tomographic,
)
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs
from photopeak_analyzers.errors import ParameterError, UnsuitableAcquisitionError
from photopeak_analyzers.nuclides import half_life
from photopeak_analyzers.simulation.floods import ColdSpot, FloodCamera, detectors_of
from photopeak_analyzers.spect.rotational_stability import ANALYZER
from support.floods import precondition, value
from support.rotations import with_frames
from support.volumes import uncertainty

CAMERA = FloodCamera()
VIEWS = 32
CO57_WINDOW = EnergyWindow(number=1, lower_kev=109.8, upper_kev=134.2)
TC99M_WINDOW = EnergyWindow(number=1, lower_kev=126.5, upper_kev=154.6)


@functools.cache
def rotation(
    *,
    amplitude=0.0,
    phase_deg=0.0,
    spot=0.0,
    spot_view=0,
    seed=None,
    counts=1000.0,
    nuclide="Co-57",
    decay_s=0.0,
    heads=(1,),
    arc_deg=360.0,
    duration_s=20.0,
    declare=True,
    views=VIEWS,
):
    """A sheet whose counts follow a sine of the angle; in one view with a hot spot."""
    angles = np.arange(views) * arc_deg / views
    stack, frames = [], []
    rng = None if seed is None else np.random.default_rng(seed)
    flat = CAMERA.expected(counts)
    spotted = CAMERA.expected(counts, ColdSpot(depth=-spot, diameter_mm=100.0)) if spot else flat
    for detector in heads:
        for view, angle in enumerate(angles.tolist()):
            factor = 1.0 + amplitude * math.cos(math.radians(angle - phase_deg))
            if decay_s:
                factor *= 2.0 ** (-view * duration_s / decay_s)
            image = (spotted if spot and view == spot_view else flat) * factor
            stack.append(image if rng is None else rng.poisson(image).astype(np.uint16))
            frames.append(
                Frame(
                    detector=detector,
                    energy_window=1,
                    rotation=1,
                    view=view + 1,
                    angle_deg=angle,
                    duration_s=duration_s,
                )
            )
    return Tomographic(
        origin=Origin(manufacturer="Simulated"),
        nuclide=nuclide,
        energy_windows=(CO57_WINDOW if nuclide == "Co-57" else TC99M_WINDOW,),
        detectors=detectors_of(CAMERA, set(heads), CollimatorType.PARALLEL, declare),
        counts=np.stack(stack),
        frames=tuple(frames),
        pixel_spacing_mm=(CAMERA.pixel_mm, CAMERA.pixel_mm),
        saturation_level=65535 if seed is not None else None,
        scan_arc_deg=arc_deg,
        angular_step_deg=arc_deg / views,
    )


def analyze(acquisition, **parameters):
    inputs = Inputs(roles={"views": (acquisition,)}, variant="local")
    return ANALYZER.analyze(inputs, ANALYZER.parameters(**parameters))


# Closed-form answers -------------------------------------------------------------------------


def test_a_steady_head_has_no_range():
    analysis = analyze(rotation())

    assert analysis.valid
    assert value(analysis, "rot_sensitivity_range_pct") == pytest.approx(0.0, abs=0.01)
    assert value(analysis, "rot_uniformity_range_pp") == pytest.approx(0.0, abs=1e-6)
    assert value(analysis, "iu_sum_pct") == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(("amplitude", "phase"), [(0.02, 90.0), (0.005, 225.0)])
def test_the_range_is_twice_the_amplitude_of_a_sine(amplitude, phase):
    analysis = analyze(rotation(amplitude=amplitude, phase_deg=phase))

    # 32 views hold both extremes; Co-57 decays by 2e-5 in ten minutes, which is taken out.
    assert value(analysis, "rot_sensitivity_range_pct") == pytest.approx(200 * amplitude, rel=5e-3)
    assert value(analysis, "rot_sensitivity_amplitude_pct") == pytest.approx(
        100 * amplitude, rel=5e-3
    )
    assert value(analysis, "angle_of_maximum_deg") == pytest.approx(phase)
    assert value(analysis, "angle_of_minimum_deg") == pytest.approx((phase + 180.0) % 360.0)


def test_a_spot_in_one_view_is_a_range_of_the_uniformity_at_its_angle():
    analysis = analyze(rotation(spot=0.2, spot_view=8))

    # A spot of 100 mm, hot by 0.2: 100 x 0.2 / 2.2.
    assert value(analysis, "rot_uniformity_range_pp") == pytest.approx(100 * 0.2 / 2.2, rel=1e-6)
    assert value(analysis, "angle_of_worst_uniformity_deg") == pytest.approx(90.0)
    assert value(analysis, "iu_sum_pct") < 0.5


def test_the_decay_during_the_rotation_is_taken_out():
    seconds = half_life("Tc-99m", "local").seconds
    analysis = analyze(rotation(nuclide="Tc-99m", decay_s=seconds))

    # 31 x 20 s of 6 h are 2 %.
    assert value(analysis, "rot_sensitivity_range_pct") == pytest.approx(0.0, abs=1e-6)
    found = precondition(analysis, "PC_TIME")
    assert found.value == pytest.approx(100 * (1 - 2 ** (-620.0 / seconds)))
    assert found.outcome == "not_met"


def test_the_time_between_views_may_be_stated():
    seconds = half_life("Tc-99m", "local").seconds
    analysis = analyze(
        rotation(nuclide="Tc-99m", decay_s=seconds * 20.0 / 25.0), view_interval_s=25.0
    )

    assert value(analysis, "rot_sensitivity_range_pct") == pytest.approx(0.0, abs=1e-6)
    assert precondition(analysis, "PC_TIME").outcome == "met"


def test_views_that_say_when_they_began_need_no_interval():
    seconds = half_life("Tc-99m", "local").seconds
    made = rotation(nuclide="Tc-99m", decay_s=seconds * 20.0 / 33.0)
    begin = datetime(2026, 3, 1, 8, tzinfo=UTC)
    frames = tuple(
        dataclasses.replace(f, started_at=begin + timedelta(seconds=33.0 * i))
        for i, f in enumerate(made.frames)
    )
    analysis = analyze(dataclasses.replace(made, frames=frames))

    assert value(analysis, "rot_sensitivity_range_pct") == pytest.approx(0.0, abs=1e-6)


def test_a_longer_view_counts_more_and_is_no_more_sensitive():
    made = rotation()
    counts = made.counts.copy()
    counts[5] *= 1.5
    frames = tuple(
        dataclasses.replace(f, duration_s=30.0) if i == 5 else f for i, f in enumerate(made.frames)
    )
    analysis = analyze(dataclasses.replace(made, counts=counts, frames=frames))

    assert value(analysis, "rot_sensitivity_range_pct") == pytest.approx(0.0, abs=0.01)


# Invariances -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "turned", [lambda c: 2.0 * c, lambda c: c[:, ::-1], lambda c: c[:, :, ::-1]]
)
def test_brightness_and_mirrors_change_nothing(turned):
    made = rotation(amplitude=0.01, spot=0.1)
    plain, changed = analyze(made), analyze(dataclasses.replace(made, counts=turned(made.counts)))

    for key in ("rot_sensitivity_range_pct", "rot_uniformity_range_pp"):
        assert value(changed, key) == pytest.approx(value(plain, key), rel=1e-9), key


def test_heads_are_judged_each_for_itself():
    analysis = analyze(rotation(amplitude=0.01, heads=(1, 2)))

    for detector in (1, 2):
        assert value(analysis, "rot_sensitivity_range_pct", detector=detector) == pytest.approx(
            2.0, rel=0.01
        )


# Noise -----------------------------------------------------------------------------------------


def test_noise_alone_explains_the_ranges_of_a_steady_head():
    found = [analyze(rotation(seed=seed, counts=300.0)) for seed in range(8)]

    # Eight ranges of 32 views each: a range varies by a sixth of itself.
    for key, floor in (
        ("rot_sensitivity_range_pct", "noise_floor_sensitivity_range_pct"),
        ("rot_uniformity_range_pp", "noise_floor_uniformity_range_pp"),
    ):
        wanted = np.mean([value(each, floor) for each in found])
        assert np.mean([value(each, key) for each in found]) == pytest.approx(wanted, rel=0.25)
    chi = [value(each, "rot_sensitivity_chi_square") for each in found]
    # 8 x 31 degrees of freedom: 9 %.
    assert np.mean(chi) == pytest.approx(1.0, abs=0.27)


def test_a_change_beyond_the_noise_is_told():
    analysis = analyze(rotation(amplitude=0.005, seed=1))

    # 4.8 million counts in a view: 0.046 %; a sine of 0.5 % has a chi square of 1 + 59.
    assert value(analysis, "rot_sensitivity_chi_square") > 30.0
    assert value(analysis, "rot_sensitivity_amplitude_pct") == pytest.approx(0.5, abs=0.05)


def test_the_uncertainties_are_the_spread():
    found = [analyze(rotation(amplitude=0.01, seed=seed, counts=300.0)) for seed in range(24)]

    for key in ("rot_sensitivity_range_pct", "rot_sensitivity_amplitude_pct"):
        spread = np.std([value(each, key) for each in found], ddof=1)
        stated = np.mean([uncertainty(each, key) for each in found])
        # 24 draws tell a spread to 15 %.
        assert stated == pytest.approx(spread, rel=0.5), key


# Refused pictures ------------------------------------------------------------------------------


def test_a_bar_phantom_is_no_sheet():
    made = rotation()
    bars = made.counts * np.where(np.arange(CAMERA.columns) // 4 % 2, 1.0, 0.3)
    analysis = analyze(dataclasses.replace(made, counts=bars))

    found = precondition(analysis, "PC_GEOMETRY", "integral uniformity")
    assert (found.outcome, found.severity) == ("not_met", "hard")
    assert not analysis.valid


def test_a_point_source_is_no_sheet():
    made = rotation()
    point = np.zeros(made.counts.shape)
    point[:, 30:34, 40:44] = 100_000.0

    analysis = analyze(dataclasses.replace(made, counts=point))

    assert precondition(analysis, "UFOV_MISMATCH").outcome == "not_met"
    assert not analysis.valid


def test_empty_views_are_refused():
    made = rotation()

    with pytest.raises(UnsuitableAcquisitionError, match=r"no counts|empty"):
        analyze(dataclasses.replace(made, counts=np.zeros(made.counts.shape)))


def test_an_empty_view_among_others_is_refused():
    made = rotation()
    counts = made.counts.copy()
    counts[7] = 0.0

    with pytest.raises(UnsuitableAcquisitionError, match=r"a view of .* holds no counts"):
        analyze(dataclasses.replace(made, counts=counts))


def test_a_head_that_counts_nothing_is_left_out():
    both = rotation(heads=(1, 2))
    dark = both.counts.copy()
    dark[VIEWS:] = 0
    analysis = analyze(dataclasses.replace(both, counts=dark))

    assert analysis.valid
    assert {m.scope.get("detector") for m in analysis.measurements} == {1}
    assert [note.code for note in analysis.notes if "detector 2" in note.message] == [
        "HEAD_LEFT_OUT"
    ]


def test_a_head_with_an_empty_view_is_void_and_the_other_is_measured():
    both = rotation(heads=(1, 2))
    dark = both.counts.copy()
    dark[VIEWS + 3] = 0
    analysis = analyze(dataclasses.replace(both, counts=dark))
    (broken,) = analysis.failed

    assert broken.scope.get("detector") == 2
    assert broken.quantity == "counts of a view in the UFOV"
    assert {m.scope.get("detector") for m in analysis.measurements} == {1}


def test_chi_square_varies_more_where_there_is_a_course():
    """Of 32 views: sqrt(2 (1 + 2 (chi2 - 1)) / 31), 0.25 without a course."""
    steady = analyze(rotation(seed=3, counts=100.0))
    swaying = analyze(rotation(seed=3, counts=100.0, amplitude=0.02))
    chi_square = value(swaying, "rot_sensitivity_chi_square")

    assert uncertainty(steady, "rot_sensitivity_chi_square") < 0.5
    assert uncertainty(swaying, "rot_sensitivity_chi_square") == pytest.approx(
        math.sqrt(2.0 * (2.0 * chi_square - 1.0) / 31.0)
    )


def test_three_views_are_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="has 3 views, needs 4"):
        analyze(with_frames(rotation(), slice(0, 3)))


@pytest.mark.parametrize(("arc", "outcome"), [(360.0, "met"), (270.0, "not_met")])
def test_less_than_a_whole_turn_warns(arc, outcome):
    analysis = analyze(rotation(arc_deg=arc))

    assert precondition(analysis, "PC_GEOMETRY", "part of a whole turn").outcome == outcome
    assert analysis.valid


def test_less_than_half_a_turn_voids():
    assert not analyze(rotation(arc_deg=90.0)).valid


@pytest.mark.parametrize(
    ("counts", "outcome", "severity"),
    [(222.0, "met", "soft"), (220.0, "not_met", "soft"), (10.0, "not_met", "hard")],
)
def test_few_counts_warn_and_very_few_void(counts, outcome, severity):
    # Without those beside nothing the UFOV has 78 x 58 pixels: 1.004, 0.995 and 0.045 million counts.
    found = precondition(analyze(rotation(counts=counts)), "PC_COUNTS")

    assert (found.outcome, found.severity) == (outcome, severity)


@pytest.mark.parametrize(("known", "valid"), [(False, True), (True, False)])
def test_a_field_taken_from_the_image_warns_or_voids(known, valid):
    analysis = analyze(rotation(declare=False), ufov_must_be_known=known)

    assert precondition(analysis, "PC_UFOV").outcome == "not_met"
    assert analysis.valid is valid


def test_pixels_that_are_not_square_void():
    assert not analyze(dataclasses.replace(rotation(), pixel_spacing_mm=(6.4, 6.5))).valid


@pytest.mark.parametrize(("asked", "valid"), [(None, True), ("Co-57", True), ("Tc-99m", False)])
def test_another_nuclide_voids(asked, valid):
    assert analyze(rotation(), nuclide=asked).valid is valid


def test_a_header_without_nuclide_warns_and_corrects_nothing():
    analysis = analyze(dataclasses.replace(rotation(), nuclide=None))

    assert precondition(analysis, "PC_NUCLIDE").outcome == "unknown"
    assert precondition(analysis, "PC_TIME").outcome == "unknown"
    assert analysis.valid


def test_a_saturated_pixel_voids():
    made = rotation(seed=1, counts=300.0)
    counts = made.counts.copy()
    counts[3, 30, 30] = 65535

    assert not analyze(dataclasses.replace(made, counts=counts)).valid


def test_bounds_of_counts_that_contradict_each_other_are_refused():
    with pytest.raises(ParameterError, match="invalid_below_counts"):
        ANALYZER.parameters(invalid_below_counts=2e6)


# Contract --------------------------------------------------------------------------------------


def test_the_contract_is_kept():
    examples = [Inputs(roles={"views": (rotation(seed=1),)}, variant="local")]

    assert check(ANALYZER, examples) == []
