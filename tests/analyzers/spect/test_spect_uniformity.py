"""Uniformity of a reconstructed cylinder: extremes, noise, cupping, rings, columns."""

import dataclasses
import functools
from types import MappingProxyType

import numpy as np
import pytest

from photopeak_analyzers.acquisition import Detector, EnergyWindow, Frame, Tomographic
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs
from photopeak_analyzers.errors import ParameterError, UnsuitableAcquisitionError
from photopeak_analyzers.simulation.reconstructed_sources import SourcesInAir, three_lines
from photopeak_analyzers.simulation.volumes import (
    CylinderPhantom,
    Ring,
    Rod,
    Sphere,
    rod_sectors,
)
from photopeak_analyzers.spect.cylinder import find_cylinder
from photopeak_analyzers.spect.reconstruction import reconstruction_of
from photopeak_analyzers.spect.spect_uniformity import ANALYZER
from support.floods import notes, precondition, value
from support.volumes import analyze as analyze_volume
from support.volumes import uncertainty, with_values, with_voxel

analyze = functools.partial(analyze_volume, ANALYZER)
SMALL = {"shape": (40, 64, 64), "length_mm": 130.0}


@functools.cache
def expected(fwhm=8.0, **phantom):
    """Return the volume without noise."""
    return CylinderPhantom(**{**SMALL, **phantom}).acquire(
        fwhm_mm=fwhm, units="CNTS", nuclide="Tc-99m"
    )


def volume(seed=None, *, counts=200_000_000, **phantom):
    made = expected(**phantom)
    if seed is not None:
        made = with_values(made, np.random.default_rng(seed).poisson(made.values).astype(float))
    return dataclasses.replace(made, counts_accumulated=counts)


def projections(counts=12_000_000.0, spot_column=None, spot=0.0, detectors=(1,), views=8):
    """Views of a cylinder of 216 mm in 64 columns of 4 mm, a column too hot or too cold."""
    x = (np.arange(64) - 31.5) * 4.0
    chord = np.sqrt(np.maximum(108.0**2 - x**2, 0.0))
    frame = np.zeros((64, 64))
    frame[12:52] = chord
    frame *= counts / frame.sum() / views
    if spot_column is not None:
        frame[:, spot_column] *= 1.0 + spot
    return Tomographic(
        nuclide="Tc-99m",
        energy_windows=(EnergyWindow(number=1, lower_kev=126.0, upper_kev=154.0),),
        detectors=tuple(Detector(number=d) for d in detectors),
        counts=np.stack([frame] * views * len(detectors)),
        frames=tuple(
            Frame(detector=d, energy_window=1, view=v + 1, angle_deg=360.0 / views * v)
            for d in detectors
            for v in range(views)
        ),
        pixel_spacing_mm=(4.0, 4.0),
    )


def with_projections(made, views, **parameters):
    inputs = Inputs(roles={"reconstruction": (made,), "projections": (views,)}, variant="local")
    return ANALYZER.analyze(inputs, ANALYZER.parameters(**parameters))


# Closed-form answers -------------------------------------------------------------------------


def test_a_uniform_cylinder_is_uniform_but_for_its_blurred_wall():
    analysis = analyze(volume(), radius_share=0.8)

    assert analysis.valid
    # 21 mm inside the wall nothing is left of a blur of 8 mm.
    assert value(analysis, "spect_iu_pct") == pytest.approx(0.0, abs=1e-3)
    assert value(analysis, "spect_du_pct") == pytest.approx(0.0, abs=1e-3)
    assert value(analysis, "cov_pct") == pytest.approx(0.0, abs=1e-3)
    assert value(analysis, "cupping_ratio") == pytest.approx(1.0, abs=1e-3)
    assert value(analysis, "ring_max_pct") == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize(
    ("parameters", "radius_mm"),
    [({}, 97.2), ({"wall_mm": 20.0}, 88.0), ({"radius_share": 0.5}, 54.0)],
)
def test_what_is_analysed_is_a_share_of_the_radius_or_ends_before_the_wall(parameters, radius_mm):
    (slab,) = (f for f in analyze(volume(), **parameters).figures if f.name == "slab")
    (field,) = (each for each in slab.overlays if each.label == "analysed")

    # The contour is counted in whole pixels: 1 mm.
    assert np.ptp([column for _, column in field.points]) * 2.0 == pytest.approx(radius_mm, abs=1.0)


@pytest.mark.parametrize(("diameter", "length"), [(216.0, 130.0), (200.0, 110.0)])
def test_the_contour_finds_the_cylinder(diameter, length):
    found = find_cylinder(reconstruction_of(volume(diameter_mm=diameter, length_mm=length)))

    # The contour is counted in whole pixels: half of one to each side.
    assert 2.0 * found.radius_mm == pytest.approx(diameter, abs=2.0)
    assert found.length_mm == pytest.approx(length, abs=0.5)
    assert found.centre == pytest.approx((31.5, 31.5), abs=1e-9)


@pytest.mark.parametrize("cupping", [-0.2, -0.1, 0.1])
def test_the_cupping_ratio_is_that_of_the_means_over_inner_and_outer_part(cupping):
    analysis = analyze(volume(cupping=cupping))

    # 1 + c (1 - s**2), averaged over the area: s**2 is 0.045 inside 0.3 and 0.65 from 0.7 to 0.9.
    wanted = (1.0 + cupping * 0.955) / (1.0 + cupping * 0.35)
    assert value(analysis, "cupping_ratio") == pytest.approx(wanted, abs=3e-3)
    middle = (1.0 + cupping) / (1.0 + cupping * 0.35)
    assert value(analysis, "centre_to_edge") == pytest.approx(middle, abs=3e-3)


@pytest.mark.parametrize("amplitude", [0.15, -0.15])
def test_a_ring_is_found_at_its_radius_with_its_height(amplitude):
    ring = Ring(radius_mm=58.0, amplitude=amplitude, width_mm=5.0)
    analysis = analyze(volume(rings=(ring,)))

    assert value(analysis, "ring_radius_mm") == pytest.approx(58.0, abs=2.0)
    # A Gaussian of 5 mm has a mean of 0.87 over its own 4 mm and of 0.23 over those beside, which is
    # the median of the five. Centres of pixels are not spread evenly over 4 mm.
    assert value(analysis, "ring_max_pct") == pytest.approx((0.87 - 0.23) * 15.0, rel=0.12)


def test_cupping_makes_no_ring():
    analysis = analyze(volume(cupping=-0.15))

    assert value(analysis, "ring_max_pct") < 0.3


def test_integral_uniformity_is_that_of_the_highest_and_the_lowest_value():
    # A broad hot rod of 10 %: maximum 1.1, minimum 1 of the background.
    rod = Rod(centre_mm=(0.0, 30.0), diameter_mm=60.0, from_mm=-80.0, to_mm=80.0, contrast=0.1)
    analysis = analyze(volume(parts=(rod,)), radius_share=0.8)

    assert value(analysis, "spect_iu_pct") == pytest.approx(100.0 * 0.1 / 2.1, abs=0.02)


def test_a_hot_column_of_the_projections_is_told_by_head_and_place():
    views = projections(spot_column=45, spot=0.05, detectors=(1, 2))
    analysis = with_projections(volume(), views)

    # 45 - 31.5 pixels of 4 mm.
    assert value(analysis, "column_offset_mm", detector=1) == pytest.approx(54.0)
    # Beside it the chord falls by 2.5 % in a column, which cancels, and bends by 0.1 %.
    assert value(analysis, "column_max_pct", detector=2) == pytest.approx(5.0, abs=0.2)
    assert value(analysis, "total_counts") == pytest.approx(24e6, rel=0.01)


# Invariances -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "turned",
    [
        lambda v: 3.0 * v,
        lambda v: v[:, ::-1],
        lambda v: v[:, :, ::-1],
        lambda v: v.transpose(0, 2, 1),
        lambda v: np.roll(v, (3, -4, 5), axis=(0, 1, 2)),
    ],
)
def test_scale_mirrors_turns_and_shifts_change_nothing(turned):
    made = volume(seed=3, rings=(Ring(radius_mm=50.0, amplitude=0.08),))
    plain, changed = analyze(made), analyze(with_values(made, turned(made.values)))

    for key in ("spect_iu_pct", "cov_pct", "cupping_ratio", "ring_max_pct", "spect_du_pct"):
        assert value(changed, key) == pytest.approx(value(plain, key), rel=1e-6), key


# Noise -----------------------------------------------------------------------------------------


def test_the_noise_of_the_voxels_is_that_of_their_counts():
    analysis = analyze(volume(seed=1))

    # 200 counts in each voxel; 600 pixels tell a deviation to 3 %.
    assert value(analysis, "voxel_noise_pct") == pytest.approx(100.0 / 200.0**0.5, rel=0.09)


def test_without_the_noise_no_variation_is_left_of_a_uniform_cylinder():
    found = [value(analyze(volume(seed=seed)), "cov_structure_pct") for seed in range(5)]

    # Of a noise of 1.5 % at most a fifth remains where two estimates of 3 % are subtracted.
    assert np.mean(found) < 0.3 * value(analyze(volume(seed=1)), "cov_pct")


def test_the_uncertainties_are_the_spread():
    ring = Ring(radius_mm=58.0, amplitude=0.1, width_mm=5.0)
    found = [analyze(volume(seed=seed, rings=(ring,)), draws=20) for seed in range(40)]

    # 40 and 20 draws tell a spread to 11 and 16 %: two and a half times both, for four of them.
    for metric in ("spect_iu_pct", "cupping_ratio", "cov_pct", "ring_max_pct"):
        spread = np.std([value(each, metric) for each in found], ddof=1)
        stated = np.mean([uncertainty(each, metric) for each in found])
        assert spread == pytest.approx(stated, rel=0.5), metric


def test_noise_alone_explains_the_extremes_of_a_uniform_cylinder():
    found = [analyze(volume(seed=seed), draws=32) for seed in range(6)]
    extremes = np.mean([value(each, "spect_iu_pct") for each in found])

    assert np.mean([value(e, "noise_floor_iu_pct") for e in found]) == pytest.approx(
        extremes, rel=0.1
    )


# Refused pictures ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "parts",
    [
        (Sphere(centre_mm=(0.0, 0.0, 50.0), diameter_mm=100.0),),
        rod_sectors((12.7, 12.7, 12.7), radius_mm=100.0, from_mm=-80.0, to_mm=80.0),
    ],
)
def test_a_phantom_with_something_in_it_is_refused(parts):
    with pytest.raises(UnsuitableAcquisitionError, match="something lies in the cylinder"):
        analyze(volume(parts=parts), largest_slice_deviation_pct=50.0)


def test_a_body_is_no_cylinder():
    made = volume()
    rows, columns = np.ogrid[:64, :64]
    oval = ((rows - 31.5) / 23.0) ** 2 + ((columns - 31.5) / 27.0) ** 2 < 1.0
    body = np.zeros((40, 64, 64))
    body[5:35] = 200.0 * oval
    analysis = analyze(with_values(made, body))

    found = precondition(analysis, "PC_GEOMETRY", "short over long")
    assert (found.outcome, analysis.valid) == ("not_met", False)


def test_line_sources_are_no_cylinder():
    with pytest.raises(UnsuitableAcquisitionError, match="it is no cylinder"):
        analyze(SourcesInAir(sources=three_lines()[:1]).acquire())


def test_an_empty_volume_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="the volume is empty"):
        analyze(with_values(volume(), np.zeros((40, 64, 64))))


def test_a_cylinder_of_few_slices_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="slices lie in the middle"):
        analyze(with_voxel(volume(), (4.0, 4.0, 4.0)), length_from=0.48, length_to=0.52)


@pytest.mark.parametrize(("row_mm", "outcome"), [(4.04, "met"), (4.05, "not_met")])
def test_pixels_have_to_be_square(row_mm, outcome):
    analysis = analyze(with_voxel(volume(), (4.0, row_mm, 4.0)))

    assert precondition(analysis, "PC_PIXEL", "difference").outcome == outcome


@pytest.mark.parametrize(
    ("counts", "outcome", "severity"),
    [
        (10_000_000, "met", "soft"),
        (9_999_999, "not_met", "soft"),
        (1_000_000, "not_met", "soft"),
        (999_999, "not_met", "hard"),
        (None, "unknown", "soft"),
    ],
)
def test_few_counts_warn_and_very_few_void(counts, outcome, severity):
    found = precondition(analyze(volume(counts=counts)), "PC_COUNTS")

    assert (found.outcome, found.severity) == (outcome, severity)


def test_the_projections_tell_the_counts():
    analysis = with_projections(volume(counts=None), projections(12e6))

    assert precondition(analysis, "PC_COUNTS").value == pytest.approx(12e6)
    assert analysis.valid


def test_a_scatter_window_and_a_head_that_did_not_count_are_left_out():
    views = projections(12e6, detectors=(1, 2))
    dark = views.counts.copy()
    dark[8:] = 0.0
    scatter = dataclasses.replace(
        views,
        counts=np.concatenate([dark, views.counts[:8]]),
        frames=(
            *views.frames,
            *(dataclasses.replace(f, energy_window=2) for f in views.frames[:8]),
        ),
        energy_windows=(
            *views.energy_windows,
            EnergyWindow(number=2, lower_kev=110.0, upper_kev=126.0),
        ),
    )
    analysis = with_projections(volume(counts=None), scatter)

    assert value(analysis, "total_counts") == pytest.approx(12e6)
    assert len(notes(analysis, "WINDOW_NOT_ANALYSED")) == 1
    (note,) = notes(analysis, "HEAD_WITHOUT_COLUMNS")
    assert "detector 2" in note.message


def test_a_box_is_no_cylinder():
    """A square fills 91 % of the circle of its area."""
    values = np.zeros((40, 64, 64))
    values[4:36, 10:54, 10:54] = 100.0
    condition = precondition(analyze(with_values(volume(), values)), "PC_GEOMETRY", "circle")

    assert condition.value == pytest.approx(0.91, abs=0.01)
    assert (condition.outcome, condition.severity) == ("not_met", "hard")


@pytest.mark.parametrize("modality", ["CT", "PT"])
def test_slices_of_another_scanner_void(modality):
    analysis = analyze(dataclasses.replace(volume(), modality=modality))

    assert precondition(analysis, "PC_FRAMES", "modality").value == modality
    assert not analysis.valid


def test_empty_projections_are_refused():
    empty = dataclasses.replace(projections(), counts=np.zeros((8, 64, 64)))

    with pytest.raises(UnsuitableAcquisitionError, match="0 columns of the projections"):
        with_projections(volume(), empty)


@pytest.mark.parametrize(
    ("corrections", "method", "outcome"),
    [
        (frozenset({"ATTN"}), "", "met"),
        (frozenset({"UNIF"}), "", "not_met"),
        (None, "CHANG 0.12", "met"),
        (frozenset({"UNIF"}), "NONE", "not_met"),
        (None, "", "unknown"),
    ],
)
def test_attenuation_has_to_be_corrected(corrections, method, outcome):
    made = dataclasses.replace(
        volume(),
        corrections=corrections,
        header=MappingProxyType({"AttenuationCorrectionMethod": method}),
    )

    assert precondition(analyze(made), "PC_CORRECTION").outcome == outcome


@pytest.mark.parametrize(("nuclide", "valid"), [("Tc-99m", True), ("I-131", False), (None, True)])
def test_another_nuclide_voids(nuclide, valid):
    assert analyze(dataclasses.replace(volume(), nuclide=nuclide)).valid is valid


def test_a_slice_that_stands_out_is_left_out_and_said_so():
    made = volume(seed=1)
    values = made.values.copy()
    values[18] *= 0.8

    analysis = analyze(with_values(made, values))

    (note,) = notes(analysis, "SLICES_LEFT_OUT")
    assert note.message.startswith("1 of 20 slices are left out")
    assert value(analysis, "slices") == 19.0


@pytest.mark.parametrize(("slices", "outcome"), [(5, "met"), (6, "not_met")])
def test_more_than_a_bubble_voids(slices, outcome):
    made = volume()
    values = made.values.copy()
    values[18 : 18 + slices] *= 0.8

    found = precondition(analyze(with_values(made, values)), "PC_GEOMETRY", "means stand out")
    # Of 20 slices.
    assert (found.value, found.outcome) == (slices / 20, outcome)


def test_a_sphere_in_a_long_slab_is_seen():
    sphere = Sphere(centre_mm=(0.0, 0.0, 57.0), diameter_mm=31.8)

    with pytest.raises(UnsuitableAcquisitionError, match="something lies in the cylinder"):
        analyze(volume(seed=1, parts=(sphere,), shape=(60, 64, 64), length_mm=210.0))


def test_bounds_of_counts_that_contradict_each_other_are_refused():
    with pytest.raises(ParameterError, match="invalid_below_counts is 2e"):
        ANALYZER.parameters(invalid_below_counts=2e7)


# Contract --------------------------------------------------------------------------------------


def test_the_contract_is_kept():
    examples = [
        Inputs(roles={"reconstruction": (volume(seed=1),)}, variant="local"),
        Inputs(
            roles={"reconstruction": (volume(seed=1),), "projections": (projections(),)},
            variant="local",
        ),
    ]

    assert check(ANALYZER, examples) == []
