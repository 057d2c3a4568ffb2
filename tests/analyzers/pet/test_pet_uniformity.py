"""Uniformity of PET: squares in slices, the axial profile, what noise makes of them, what is refused.

Squares of 10 mm within a circle: NEMA NU 2-1994, uniformity.
"""

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Analysis, Inputs
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.pet.pet_uniformity import ANALYZER
from photopeak_analyzers.simulation.volumes import Sphere
from support.floods import precondition, value
from support.pet_cylinders import (
    DIAMETER_MM,
    F18_S,
    analyze,
    changed,
    cylinder,
    later,
    scaled_by_slice,
)
from support.volumes import uncertainty, with_voxel

RADIUS_MM = DIAMETER_MM / 2.0
NOISY = {"value": 100.0, "counts_per_value": 5.0}
"""500 counts in each voxel of 36 uL: some 14000 in the square of a slice."""


def uniformity(volume: Any = None, **parameters: Any) -> Analysis:
    return analyze(ANALYZER, cylinder() if volume is None else volume, **parameters)


def squares_mm(side_mm: float = 10.0, within_mm: float = 80.0) -> list[tuple[float, float]]:
    """Middles of the squares that lie wholly within a circle about a corner of four of them."""
    places = (np.arange(40) - 19.5) * side_mm
    half = side_mm / 2.0
    return [
        (y, x)
        for y in places
        for x in places
        if math.hypot(abs(y) + half, abs(x) + half) <= within_mm
    ]


# Closed-form answers -------------------------------------------------------------------------


def test_an_even_cylinder_deviates_by_nothing():
    analysis = uniformity()

    assert analysis.valid
    assert not [p for p in analysis.preconditions if p.outcome != "met"]
    for part in ("inner", "ends", "slab"):
        for metric in ("nu_plus_pct", "nu_minus_pct", "cov_pct"):
            assert value(analysis, metric, part=part) == pytest.approx(0.0, abs=1e-3)
    assert value(analysis, "axial_range_pct") == pytest.approx(0.0, abs=1e-2)
    assert value(analysis, "slice_mean") == pytest.approx(10_000.0, rel=1e-4)
    assert value(analysis, "cylinder_diameter_mm") == pytest.approx(DIAMETER_MM, rel=0.01)
    assert value(analysis, "cylinder_length_mm") == pytest.approx(160.0, rel=0.01)
    # 160 mm less 10 mm at either end: 17.5 slices on either side of a border between two.
    assert value(analysis, "slices") == 36.0


def test_a_cup_deviates_as_the_mean_of_a_parabola_over_squares():
    analysis = uniformity(cylinder(cupping=0.2))

    # 1 + c (1 - r2 / R2), whose mean over a square about (y, x) of the side s has r2 = y2 + x2 + s2 / 6.
    heights = np.array(
        [1.2 - 0.2 * (y * y + x * x + 100.0 / 6.0) / RADIUS_MM**2 for y, x in squares_mm()]
    )
    relative = heights / heights.mean() - 1.0
    for part in ("inner", "ends", "slab"):
        # Of the radius found, half a pixel is not known: squares at the border are those of 80 mm.
        assert value(analysis, "nu_plus_pct", part=part) == pytest.approx(
            100.0 * relative.max(), abs=0.05
        )
        assert value(analysis, "nu_minus_pct", part=part) == pytest.approx(
            -100.0 * relative.min(), abs=0.05
        )
        assert value(analysis, "cov_pct", part=part) == pytest.approx(
            100.0 * relative.std(ddof=1), abs=0.03
        )


def test_a_slope_along_the_axis_is_the_range_of_the_slices():
    places = np.arange(52) - 25.5
    factors = 1.0 + 0.002 * places
    analysis = uniformity(changed(cylinder(), lambda v: v * factors[:, None, None]))

    # Slices about the middle, or beside it by half a slice, which shifts the mean by 0.1 %.
    span = 0.2 * (value(analysis, "slices") - 1.0)
    assert value(analysis, "axial_range_pct") == pytest.approx(span, rel=2e-3)
    assert value(analysis, "axial_plus_pct") == pytest.approx(span / 2.0, rel=5e-3)
    assert value(analysis, "axial_minus_pct") == pytest.approx(span / 2.0, rel=5e-3)
    assert value(analysis, "nu_plus_pct", part="inner") == pytest.approx(0.0, abs=1e-3)


def test_one_square_of_one_slice_is_found_with_its_slice():
    # 12 x 12 mm at (-15, 25) mm from the axis: four squares share it, one wholly, 20 % higher.
    def spot(values: Any) -> Any:
        values[30, 33:37, 46:50] *= 1.2
        return values

    analysis = uniformity(changed(cylinder(), spot))

    assert value(analysis, "worst_slice", part="inner") == 31.0
    # Columns 46 to 50 of 3 mm begin at 18 mm: of the square from 20 to 30 mm all columns, and rows
    # from -21 to -9 mm all of -20 to -10 mm.
    assert value(analysis, "nu_plus_pct", part="inner") == pytest.approx(20.0, rel=0.02)
    assert value(analysis, "nu_plus_pct", part="ends") == pytest.approx(0.0, abs=1e-3)


def test_end_slices_stand_by_themselves():
    def weak_end(values: Any) -> Any:
        values[:12, :, 40:] *= 0.8
        return values

    analysis = uniformity(changed(cylinder(), weak_end))

    assert value(analysis, "nu_minus_pct", part="ends") > 10.0
    assert value(analysis, "nu_minus_pct", part="inner") == pytest.approx(0.0, abs=1e-3)


def test_few_slices_are_not_all_end_slices():
    analysis = uniformity(cylinder(length_mm=40.4), end_share=0.4)

    assert value(analysis, "slices") == 6.0
    assert value(analysis, "nu_plus_pct", part="inner") == pytest.approx(0.0, abs=1e-3)


# Invariances ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v * 1e-4,
        lambda v: v[::-1],
        lambda v: v[:, ::-1],
        lambda v: np.transpose(v, (0, 2, 1)),
        lambda v: np.rot90(v, axes=(1, 2)),
        lambda v: np.roll(v, (3, 2, -3), axis=(0, 1, 2)),
    ],
    ids=["scale", "order", "mirror", "transposed", "turned", "moved"],
)
def test_numbers_do_not_depend_on_scale_or_place(change):
    volume = cylinder(**NOISY, seed=3, cupping=0.05)
    analysis = uniformity(changed(volume, lambda v: np.ascontiguousarray(change(v))))
    still = uniformity(volume)

    for part in ("inner", "ends", "slab"):
        for metric in ("nu_plus_pct", "nu_minus_pct", "cov_pct"):
            wanted = value(still, metric, part=part)
            assert value(analysis, metric, part=part) == pytest.approx(wanted, rel=1e-6)
    assert value(analysis, "axial_range_pct") == pytest.approx(
        value(still, "axial_range_pct"), rel=1e-6
    )


def test_each_slice_is_scaled_by_its_own_slope():
    volume = cylinder(**NOISY, seed=3)
    volume = changed(volume, lambda v: v * np.linspace(0.9, 1.1, 52)[:, None, None])
    stored, still = uniformity(scaled_by_slice(volume)), uniformity(volume)

    assert stored.valid
    for metric in ("nu_plus_pct", "cov_pct"):
        assert value(stored, metric, part="inner") == pytest.approx(
            value(still, metric, part="inner"), rel=1e-2
        )
    assert value(stored, "axial_range_pct") == pytest.approx(
        value(still, "axial_range_pct"), rel=1e-3
    )


# Noise ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("cupping", [0.0, 0.1])
def test_the_uncertainty_is_what_other_noise_makes_of_the_numbers(cupping):
    analyses = [uniformity(cylinder(**NOISY, seed=seed, cupping=cupping)) for seed in range(24)]

    for metric, part in (
        ("nu_plus_pct", "inner"),
        ("nu_minus_pct", "inner"),
        ("cov_pct", "inner"),
        ("nu_plus_pct", "slab"),
        ("cov_pct", "slab"),
        ("axial_range_pct", None),
    ):
        scope = {"part": part} if part else {}
        spread = np.std([value(a, metric, **scope) for a in analyses], ddof=1)
        told = np.mean([uncertainty(a, metric, **scope) for a in analyses])
        # A deviation of 24 numbers is known to 15 %, and that of extremes, drawn from one scan, to
        # some 30 %.
        assert 0.5 < told / spread < 1.8, (metric, part, told, spread)


def test_the_noise_floor_is_what_an_even_cylinder_shows():
    analysis = uniformity(cylinder(**NOISY, seed=5))

    for metric, floor in (
        ("nu_plus_pct", "noise_floor_nu_plus_pct"),
        ("nu_minus_pct", "noise_floor_nu_minus_pct"),
    ):
        wanted = value(analysis, metric, part="inner")
        assert value(analysis, floor, part="inner") == pytest.approx(wanted, rel=0.1)


def test_the_variation_of_voxels_is_that_of_their_counts():
    analysis = uniformity(cylinder(**NOISY, seed=5))

    # 500 counts in a voxel: 4.47 %, from some 40000 voxels.
    assert value(analysis, "voxel_cov_pct") == pytest.approx(100.0 / math.sqrt(500.0), rel=0.02)


def test_too_few_counts_warn_and_then_void():
    soft = uniformity(cylinder(100.0, counts_per_value=1.2, seed=1))
    hard = uniformity(cylinder(100.0, counts_per_value=0.2, seed=1))

    found = precondition(soft, "PC_COUNTS", "noise alone")
    assert (found.severity, found.outcome, found.upper) == ("soft", "not_met", 5.0)
    assert soft.valid
    found = precondition(hard, "PC_COUNTS", "noise alone")
    assert (found.severity, found.outcome, found.upper) == ("hard", "not_met", 10.0)
    assert not hard.valid


# What is refused -----------------------------------------------------------------------------


def test_a_sphere_in_the_cylinder_is_refused_with_its_contrast():
    for contrast in (-1.0, 3.0):
        sphere = Sphere(centre_mm=(0.0, 30.0, 30.0), diameter_mm=37.0, contrast=contrast)
        with pytest.raises(UnsuitableAcquisitionError, match="something lies in the cylinder"):
            uniformity(cylinder(parts=(sphere,)))


def test_a_body_phantom_or_a_patient_is_void():
    # An ellipse of 300 x 230 mm.
    volume = cylinder(shape=(52, 120, 120))
    y, x = np.mgrid[:120, :120] - 59.5
    body = np.where(np.hypot(y * 3.0 / 115.0, x * 3.0 / 150.0) <= 1.0, 1e4, 0.0)
    analysis = uniformity(changed(volume, lambda v: np.broadcast_to(body, v.shape).copy()))

    assert not analysis.valid
    assert precondition(analysis, "PC_GEOMETRY", "axis").outcome == "not_met"


def test_an_empty_volume_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="the volume is empty"):
        uniformity(changed(cylinder(), np.zeros_like))


def test_a_slope_of_zero_inside_is_refused_and_outside_does_not_matter():
    volume = cylinder()
    slope = volume.slope.copy()
    slope[20] = 0.0
    with pytest.raises(UnsuitableAcquisitionError, match="slice 21 lies inside the cylinder"):
        uniformity(dataclasses.replace(volume, slope=slope))

    slope = volume.slope.copy()
    slope[[0, -1]] = 0.0
    assert uniformity(dataclasses.replace(volume, slope=slope)).valid


@pytest.mark.parametrize("wrong", [-1.0, math.nan, math.inf])
def test_an_impossible_slope_is_refused(wrong):
    slope = cylinder().slope.copy()
    slope[7] = wrong

    with pytest.raises(UnsuitableAcquisitionError, match="slice 8 is scaled by"):
        uniformity(dataclasses.replace(cylinder(), slope=slope))


@pytest.mark.parametrize("scale", [1e300, 1e-300])
def test_a_scale_that_no_scanner_has_is_refused(scale):
    slope = np.full(len(cylinder().values), scale)
    with pytest.raises(UnsuitableAcquisitionError, match="a scale is wrong"):
        uniformity(dataclasses.replace(cylinder(), slope=slope))


def test_values_that_are_no_numbers_are_refused():
    def broken(values: Any) -> Any:
        values[3, 4, 5] = math.nan
        return values

    with pytest.raises(UnsuitableAcquisitionError, match="no numbers"):
        uniformity(changed(cylinder(), broken))


def test_a_voxel_without_a_size_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="a side of the voxel is 0 mm"):
        uniformity(with_voxel(cylinder(), (0.0, 3.0, 3.0)))


def test_pixels_that_are_no_squares_are_void():
    analysis = uniformity(with_voxel(cylinder(), (4.0, 3.0, 3.1)))

    assert precondition(analysis, "PC_PIXEL").outcome == "not_met"
    assert not analysis.valid


@pytest.mark.parametrize(
    ("minutes", "severity", "outcome"), [(1.0, "soft", "met"), (4.0, "soft", "not_met"), (16.0, "hard", "not_met")]
)  # fmt: skip
def test_bed_positions_whose_decay_was_not_corrected_differ(minutes, severity, outcome):
    beds = dataclasses.replace(
        cylinder(header={"LastAcquisitionDateTime": later(minutes).isoformat()}),
        decay_correction="NONE",
    )
    found = precondition(uniformity(beds), "PC_TIME", "not corrected")

    assert found.value == pytest.approx(100.0 * (1.0 - 0.5 ** (60.0 * minutes / F18_S)))
    assert (found.severity, found.outcome) == (severity, outcome)


def test_counts_of_frames_that_took_different_times_warn():
    unequal = {"ShortestFrameDuration": 120_000.0, "LongestFrameDuration": 180_000.0}
    found = precondition(uniformity(cylinder(units="CNTS", header=unequal)), "PC_DURATION")

    assert (found.severity, found.outcome, found.value) == ("soft", "not_met", 1.5)
    assert not [
        p for p in uniformity(cylinder(header=unequal)).preconditions if p.code == "PC_DURATION"
    ]


def test_too_few_slices_are_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="4 slices lie in the cylinder, needs 6"):
        uniformity(cylinder(length_mm=36.0))
    # 20 mm on either side of the middle less 10: 2.5 slices.
    assert value(uniformity(cylinder(length_mm=40.4)), "slices") == 6.0


def test_a_cylinder_that_the_matrix_cuts_is_refused():
    volume = cylinder()
    with pytest.raises(UnsuitableAcquisitionError, match="the phantom is cut"):
        uniformity(changed(volume, lambda v: np.roll(v, 30, axis=1)[:, 20:60]))


def test_a_cylinder_longer_than_the_scanner_has_no_lid():
    volume = cylinder(length_mm=400.0)
    analysis = uniformity(volume)

    assert analysis.valid
    assert value(analysis, "slices") == 52.0


def test_a_small_cylinder_is_refused_with_its_wall():
    with pytest.raises(UnsuitableAcquisitionError, match="needs more than the 20 mm"):
        uniformity(cylinder(diameter_mm=36.0))
    with pytest.raises(UnsuitableAcquisitionError, match=r"squares of 10 mm .*, needs 12"):
        uniformity(cylinder(diameter_mm=70.0))


def test_voxels_at_the_largest_number_are_void_where_they_are_many():
    volume = scaled_by_slice(cylinder(**NOISY, seed=2))
    # The highest voxel of each slice takes the largest number: that is how slices are scaled.
    assert uniformity(volume).valid

    cut = np.minimum(np.round(volume.values * 1.2), 32_767).astype(np.int16)
    analysis = uniformity(dataclasses.replace(volume, values=cut))
    assert precondition(analysis, "PC_OVERFLOW").outcome == "not_met"
    assert not analysis.valid


@pytest.mark.parametrize(
    ("change", "code", "quantity"),
    [
        ({"modality": "CT"}, "PC_FRAMES", "modality"),
        ({"nuclide": "Tc-99m"}, "PC_NUCLIDE", "nuclide"),
        ({"corrections": frozenset({"DECY", "SCAT"})}, "PC_CORRECTION", "attenuation"),
    ],
)
def test_what_is_not_a_corrected_scan_of_positrons_is_void(change, code, quantity):
    analysis = uniformity(dataclasses.replace(cylinder(), **change))

    found = precondition(analysis, code, quantity)
    assert (found.severity, found.outcome) == ("hard", "not_met")
    assert not analysis.valid


def test_what_the_header_does_not_tell_warns():
    bare = cylinder(corrections=None, decay_correction="", nuclide=None, modality="")
    analysis = uniformity(bare)

    assert analysis.valid
    for code, quantity in (
        ("PC_FRAMES", "modality"),
        ("PC_NUCLIDE", "nuclide"),
        ("PC_CORRECTION", "attenuation"),
        ("PC_CORRECTION", "scatter"),
        ("PC_CORRECTION", "normalisation"),
        ("PC_TIME", "decay"),
    ):
        assert precondition(analysis, code, quantity).outcome == "unknown"


@pytest.mark.parametrize("nuclide", ["Ge-68", "Ga-68", "F-18"])
def test_sources_of_positrons_will_do(nuclide):
    assert uniformity(cylinder(nuclide=nuclide)).valid


# Figures and contract --------------------------------------------------------------------------


def test_the_figures_show_the_cylinder_and_its_worst_slice():
    volume = cylinder(**NOISY, seed=4)
    analysis = uniformity(volume)
    figures = {figure.name: figure for figure in analysis.figures}

    assert tuple(figures) == ANALYZER.figures
    slab, worst = figures["slab"], figures["worst_slice"]
    contour = np.array(slab.overlays[0].points)
    # The axis is between pixels 39 and 40, the wall 100 mm or 33.3 pixels away.
    assert contour.mean(axis=0) == pytest.approx([39.5, 39.5], abs=0.1)
    assert np.hypot(*(contour - 39.5).T) == pytest.approx(RADIUS_MM / 3.0, rel=0.01)
    assert f"Worst slice, {value(analysis, 'worst_slice', part='inner'):.0f}" in worst.title or (
        f"Worst slice, {value(analysis, 'worst_slice', part='ends'):.0f}" in worst.title
    )
    highest = next(o for o in worst.overlays if o.kind == "maximum")
    corners = np.array(highest.points)
    assert np.ptp(corners, axis=0) == pytest.approx([10.0 / 3.0, 10.0 / 3.0])
    assert len(figures["slices"].rows) == len(figures["axial_profile"].curves[0].x) == 36


def test_the_analyzer_keeps_the_contract():
    inputs = [
        Inputs(roles={"cylinder": (volume,)}, variant="local")
        for volume in (cylinder(), scaled_by_slice(cylinder(**NOISY, seed=1)))
    ]

    assert list(check(ANALYZER, inputs)) == []
