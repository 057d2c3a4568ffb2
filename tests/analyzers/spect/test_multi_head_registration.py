"""Registration of the heads: shifts, scales and angles between heads that see the same sources."""

import dataclasses
import functools

import numpy as np
import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs
from photopeak_analyzers.errors import ParameterError, UnsuitableAcquisitionError
from photopeak_analyzers.simulation.tomography import Head, PointSource
from photopeak_analyzers.spect.multi_head_registration import ANALYZER
from support.floods import precondition
from support.rotations import rotation, with_detector, with_frames
from support.volumes import uncertainty

THREE = (
    PointSource(radius_mm=0.0, azimuth_deg=0.0, axial_mm=0.0),
    PointSource(radius_mm=90.0, azimuth_deg=0.0, axial_mm=-80.0),
    PointSource(radius_mm=90.0, azimuth_deg=90.0, axial_mm=80.0),
)
"""As NEMA NU 1 places them: one in the middle, two off the axis and along it."""

FIVE = tuple(
    PointSource(radius_mm=30.0 + 25.0 * k, azimuth_deg=75.0 * k, axial_mm=60.0 * (k - 2))
    for k in range(5)
)

FIRST = Head(cor_offset_px=0.3)
SECOND = Head(start_angle_deg=180.0, cor_offset_px=-0.2)


@functools.cache
def turn(sources=THREE, heads=(FIRST, SECOND), seed=None, **camera):
    return rotation(source=sources, heads=heads, seed=seed, **camera)


def analyze(acquisition, **parameters):
    inputs = Inputs(roles={"views": (acquisition,)}, variant="local")
    return ANALYZER.analyze(inputs, ANALYZER.parameters(**parameters))


def of_the_first_head(analysis, quantity):
    (found,) = [
        p
        for p in analysis.preconditions
        if p.scope.get("detector") == 1 and p.quantity.startswith(quantity)
    ]
    return found


def value(analysis, metric, **scope):
    """Return the only measurement of a metric in exactly these parts of a scope and the window."""
    wanted = {k: v for k, v in scope.items() if v is not None} | {"energy_window": 1}
    (found,) = [
        m
        for m in analysis.measurements
        if m.metric == metric and {"energy_window": 1} | dict(m.scope.items) == wanted
    ]
    return found.value


# Closed-form answers -------------------------------------------------------------------------


@pytest.mark.parametrize("sources", [THREE, FIVE])
def test_the_transaxial_shift_is_the_difference_of_the_axes(sources):
    analysis = analyze(turn(sources))

    assert analysis.valid
    # 0.3 and -0.2 pixels of 4 mm.
    assert value(analysis, "cor_offset_px", detector=1) == pytest.approx(0.3, abs=2e-3)
    assert value(analysis, "cor_offset_mm", detector=2) == pytest.approx(-0.8, abs=8e-3)
    assert value(analysis, "head_dx_mm", detector=2) == pytest.approx(2.0, abs=0.01)
    assert value(analysis, "sources") == len(sources)


def test_every_source_has_an_offset_of_its_own():
    analysis = analyze(turn())

    for source in (1, 2, 3):
        found = value(analysis, "cor_offset_px", detector=2, source=source)
        assert found == pytest.approx(-0.2, abs=2e-3)


def test_the_axial_shift_is_that_of_the_images():
    analysis = analyze(turn(heads=(FIRST, dataclasses.replace(SECOND, axial_shift_mm=-3.0))))

    assert value(analysis, "head_dy_mm", detector=2) == pytest.approx(3.0, abs=0.01)
    assert value(analysis, "axial_deviation_mm") == pytest.approx(3.0, abs=0.02)
    assert value(analysis, "head_gain_ratio_y", detector=2) == pytest.approx(1.0, abs=1e-3)


def test_the_gain_is_the_ratio_of_the_distances():
    analysis = analyze(turn(heads=(FIRST, dataclasses.replace(SECOND, gain=0.97))))

    assert value(analysis, "head_gain_ratio_x", detector=2) == pytest.approx(1 / 0.97, abs=1e-3)
    assert value(analysis, "head_dy_mm", detector=2) == pytest.approx(0.0, abs=0.01)


def test_the_gain_along_the_axis_is_its_own():
    scaled = dataclasses.replace(SECOND, gain=1.0)
    made = turn(heads=(FIRST, scaled))
    # Rows of the second head stand for sources that are 5 % farther out along the axis.
    wide = tuple(dataclasses.replace(s, axial_mm=1.05 * s.axial_mm) for s in THREE)
    other = turn(wide, heads=(FIRST, scaled))
    counts = np.concatenate([made.counts[:60], other.counts[60:]])
    analysis = analyze(dataclasses.replace(made, counts=counts))

    assert value(analysis, "head_gain_ratio_y", detector=2) == pytest.approx(1 / 1.05, abs=1e-3)
    assert value(analysis, "head_gain_ratio_x", detector=2) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("error", [1.5, -0.7])
def test_an_error_of_the_angle_is_the_difference_of_the_phases(error):
    analysis = analyze(turn(heads=(FIRST, dataclasses.replace(SECOND, angle_error_deg=error))))

    # The second head believes to be where it is not: its sources are turned back.
    assert value(analysis, "head_phase_diff_deg", detector=2) == pytest.approx(error, abs=0.02)


def test_without_a_fault_all_heads_agree():
    heads = (Head(), Head(start_angle_deg=120.0), Head(start_angle_deg=240.0))
    analysis = analyze(turn(heads=heads))

    for detector in (2, 3):
        for key in ("head_dx_mm", "head_dy_mm", "head_phase_diff_deg"):
            assert value(analysis, key, detector=detector) == pytest.approx(0.0, abs=0.01), key
    assert value(analysis, "cor_deviation_mm") == pytest.approx(0.0, abs=0.01)


def test_sources_near_each_other_along_the_axis_tell_no_scale_along_it():
    flat = tuple(
        PointSource(radius_mm=110.0, azimuth_deg=120.0 * k, axial_mm=0.5 * k) for k in range(3)
    )
    analysis = analyze(turn(flat))

    # They cross each other: in a third of the views one is in the way of another.
    assert value(analysis, "sources") == 3
    assert value(analysis, "head_dx_mm", detector=2) == pytest.approx(2.0, abs=0.02)
    assert not any(m.metric == "head_gain_ratio_y" for m in analysis.measurements)


# Invariances -----------------------------------------------------------------------------------


def test_the_sense_of_rotation_changes_nothing():
    for key in ("head_dx_mm", "head_dy_mm", "head_phase_diff_deg"):
        found = value(analyze(turn(clockwise=True)), key, detector=2)
        assert found == pytest.approx(value(analyze(turn()), key, detector=2), abs=0.01)


def test_half_a_turn_is_enough():
    analysis = analyze(turn(arc_deg=180.0))

    assert analysis.valid
    assert value(analysis, "head_dx_mm", detector=2) == pytest.approx(2.0, abs=0.02)


def test_a_background_and_the_brightness_change_nothing():
    dimmed = tuple(dataclasses.replace(s, counts_per_view=8_000.0) for s in THREE)
    analysis = analyze(turn(dimmed, background=0.5))

    assert value(analysis, "head_dx_mm", detector=2) == pytest.approx(2.0, abs=0.02)


def test_swapped_heads_swap_the_signs():
    swapped = analyze(turn(heads=(SECOND, FIRST)))

    assert value(swapped, "head_dx_mm", detector=2) == pytest.approx(-2.0, abs=0.01)


# Noise -----------------------------------------------------------------------------------------


def test_the_uncertainties_are_the_spread():
    found = [
        analyze(turn(seed=seed, views=32, rows=96, columns=96, background=0.1))
        for seed in range(16)
    ]

    for key in ("head_dx_mm", "head_dy_mm", "head_phase_diff_deg", "head_gain_ratio_x"):
        spread = np.std([value(each, key, detector=2) for each in found], ddof=1)
        stated = np.median([uncertainty(each, key, detector=2) for each in found])
        # 16 draws tell a spread to 18 %; the scatter of three sources tells one to 50 %.
        assert 0.5 < stated / spread < 2.5, key


# Refused pictures ------------------------------------------------------------------------------


def test_one_source_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="one source is for center_of_rotation"):
        analyze(turn((PointSource(),)))


def test_one_head_has_its_offsets_and_a_warning():
    analysis = analyze(turn(heads=(FIRST,)))

    found = precondition(analysis, "PC_FRAMES", "heads that are told apart")
    assert (found.value, found.outcome, found.severity) == (1.0, "not_met", "soft")
    assert value(analysis, "cor_offset_px", detector=1) == pytest.approx(0.3, abs=2e-3)
    assert not any(m.metric.startswith("head_") for m in analysis.measurements)


def test_a_head_that_counts_nothing_leaves_the_other_its_offsets():
    made = turn()
    counts = made.counts.copy()
    counts[60:] = 0
    analysis = analyze(dataclasses.replace(made, counts=counts))

    assert analysis.valid
    assert value(analysis, "cor_offset_px", detector=1) == pytest.approx(0.3, abs=2e-3)
    assert precondition(analysis, "PC_FRAMES", "heads that are told apart").outcome == "not_met"
    assert [note.code for note in analysis.notes] == ["HEAD_LEFT_OUT"]


def test_a_head_with_an_empty_view_is_void_and_the_other_is_measured():
    made = turn()
    counts = made.counts.copy()
    counts[75] = 0
    analysis = analyze(dataclasses.replace(made, counts=counts))

    assert {p.scope.get("detector") for p in analysis.failed} == {2}
    assert value(analysis, "cor_offset_px", detector=1) == pytest.approx(0.3, abs=2e-3)


def test_heads_that_cannot_be_told_apart_void():
    made = turn()
    frames = tuple(dataclasses.replace(f, detector=None) for f in made.frames)
    analysis = analyze(dataclasses.replace(made, frames=frames, detectors=()))

    assert precondition(analysis, "PC_DETECTOR").outcome == "unknown"
    assert not analysis.valid


def test_heads_that_see_other_sources_are_refused():
    made, other = turn(), turn(FIVE)
    counts = np.concatenate([made.counts[:60], other.counts[60:]])

    with pytest.raises(UnsuitableAcquisitionError, match=r"3 sources .* 5 by detector 2"):
        analyze(dataclasses.replace(made, counts=counts))


def test_sources_at_other_places_are_refused():
    moved = (*THREE[:2], dataclasses.replace(THREE[2], azimuth_deg=180.0))
    made, other = turn(), turn(moved)
    counts = np.concatenate([made.counts[:60], other.counts[60:]])

    with pytest.raises(UnsuitableAcquisitionError, match="they do not see the same sources"):
        analyze(dataclasses.replace(made, counts=counts))


def test_sources_too_near_to_each_other_are_refused():
    near = (*THREE, dataclasses.replace(THREE[1], axial_mm=-45.0))

    with pytest.raises(UnsuitableAcquisitionError, match="sees 4 sources and 3 of them"):
        analyze(turn(near))


def test_views_without_angles_are_refused():
    made = turn()
    frames = tuple(dataclasses.replace(f, angle_deg=None) for f in made.frames)

    with pytest.raises(UnsuitableAcquisitionError, match="angle of view 1 is not known"):
        analyze(dataclasses.replace(made, frames=frames))


def test_empty_and_noisy_views_are_refused():
    made = turn()
    rng = np.random.default_rng(1)
    noise = rng.poisson(5.0, made.counts.shape).astype(np.uint16)

    for counts in (np.zeros(made.counts.shape), noise):
        with pytest.raises(UnsuitableAcquisitionError):
            analyze(dataclasses.replace(made, counts=counts))


def test_a_bar_image_in_all_views_is_refused():
    bars = np.where(np.arange(128) // 3 % 2, 50.0, 5.0)
    made = turn()

    with pytest.raises(
        UnsuitableAcquisitionError, match=r"spots, needs at most 12|moves on a sine"
    ):
        analyze(dataclasses.replace(made, counts=np.broadcast_to(bars, made.counts.shape).copy()))


@pytest.mark.parametrize(
    ("counts", "outcome", "severity"),
    [(5_100.0, "met", "soft"), (4_900.0, "not_met", "soft"), (400.0, "not_met", "hard")],
)
def test_few_counts_warn_and_very_few_void(counts, outcome, severity):
    dim = tuple(dataclasses.replace(s, counts_per_view=counts) for s in THREE)
    found = of_the_first_head(analyze(turn(dim)), "counts of a source")

    assert (found.outcome, found.severity) == (outcome, severity)


def test_a_quarter_of_a_turn_voids():
    analysis = analyze(with_frames(turn(), [*range(16), *range(60, 76)]))

    assert of_the_first_head(analysis, "arc").outcome == "not_met"
    assert not analysis.valid


def test_pixels_that_are_not_square_void():
    analysis = analyze(dataclasses.replace(turn(), pixel_spacing_mm=(4.0, 4.1)))

    assert not analysis.valid


@pytest.mark.parametrize(("asked", "valid"), [(None, True), ("Tc-99m", True), ("I-131", False)])
def test_another_nuclide_voids(asked, valid):
    assert analyze(turn(), nuclide=asked).valid is valid


def test_a_pinhole_is_not_what_the_test_is_for():
    from photopeak_analyzers.acquisition import CollimatorType

    analysis = analyze(with_detector(turn(), collimator_type=CollimatorType.PINHOLE))

    assert not analysis.valid


def test_bounds_of_counts_that_contradict_each_other_are_refused():
    with pytest.raises(ParameterError, match="invalid_below_counts"):
        ANALYZER.parameters(invalid_below_counts=2e4)


# Contract --------------------------------------------------------------------------------------


def test_the_contract_is_kept():
    examples = [
        Inputs(roles={"views": (turn(seed=1, views=32, rows=96, columns=96),)}, variant="local")
    ]

    assert check(ANALYZER, examples) == []
