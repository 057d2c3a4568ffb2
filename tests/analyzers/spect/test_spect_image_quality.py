"""Cold spheres and rods in a cylinder: contrast, modulation, what is visible, what is refused."""

import dataclasses
import functools
import math

import numpy as np
import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs
from photopeak_analyzers.errors import ParameterError, UnsuitableAcquisitionError
from photopeak_analyzers.numerics.profiles import FWHM_PER_SIGMA
from photopeak_analyzers.simulation.blur import ball
from photopeak_analyzers.simulation.volumes import CylinderPhantom, cold_spheres, rod_sectors
from photopeak_analyzers.spect.spect_image_quality import ANALYZER
from support.floods import precondition, value
from support.volumes import analyze as analyze_volume
from support.volumes import uncertainty, with_values, with_voxel

analyze = functools.partial(analyze_volume, ANALYZER)

SPHERES = (31.8, 25.4, 19.1, 15.9, 12.7, 9.5)
RODS = (12.7, 11.1, 9.5, 7.9, 6.4, 4.8)


@functools.cache
def parts(turn=0):
    """Spheres above, rods below, the uniform part between."""
    return cold_spheres(SPHERES, at_mm=57.0, z_mm=45.0) + rod_sectors(
        RODS, radius_mm=102.0, from_mm=-200.0, to_mm=-15.0
    )


@functools.cache
def volume(seed=None, *, fwhm=9.0, counts=30_000_000, **phantom):
    rng = None if seed is None else np.random.default_rng(seed)
    made = CylinderPhantom(**{"shape": (54, 64, 64), "parts": parts(), **phantom}).acquire(
        fwhm_mm=fwhm, rng=rng, units="CNTS", nuclide="Tc-99m"
    )
    return dataclasses.replace(made, counts_accumulated=counts)


# Closed-form answers -------------------------------------------------------------------------


@functools.cache
def four_spheres():
    """Spheres whose centres are centres of voxels, on a circle of 56 mm."""
    diameters = (31.8, 25.4, 19.1, 15.9)
    phantom = {"shape": (55, 65, 65), "parts": cold_spheres(diameters, at_mm=56.0, z_mm=40.0)}
    return analyze(volume(**phantom), sphere_diameters_mm=diameters)


@pytest.mark.parametrize("diameter", [31.8, 25.4, 19.1, 15.9])
def test_the_contrast_is_what_is_left_of_the_sphere_at_its_centre(diameter):
    left = float(ball(0.0, diameter / 2.0, 9.0 / FWHM_PER_SIGMA))

    # The uniform part may end with slices in which 4 % lack.
    found = value(four_spheres(), "contrast_pct", sphere_mm=diameter)
    assert found == pytest.approx(100.0 * left, abs=0.3)


@pytest.mark.parametrize("diameter", [31.8, 25.4, 19.1, 15.9])
def test_the_mean_contrast_is_the_mean_over_the_sphere(diameter):
    r = np.linspace(0.0, diameter / 2.0, 500)
    left = np.trapezoid(r * r * ball(r, diameter / 2.0, 9.0 / FWHM_PER_SIGMA), r)
    left *= 3.0 / (diameter / 2.0) ** 3

    # Voxels of 4 mm whose centres lie inside are a rough ball: 15.9 mm are four of them.
    found = value(four_spheres(), "contrast_mean_pct", sphere_mm=diameter)
    assert found == pytest.approx(100.0 * left, rel=0.1)


@pytest.mark.parametrize(("rod", "tolerance"), [(12.7, 0.1), (11.1, 0.1), (9.5, 0.1), (7.9, 0.15)])
def test_the_modulation_is_that_of_the_first_harmonics_of_the_lattice(rod, tolerance):
    from scipy import special

    found = value(analyze(volume()), "rod_modulation", rod_mm=rod)

    # The six shortest vectors of the reciprocal lattice are 2 pi / (sqrt(3) d) long. A disc has
    # 2 J1(g)/g of its share 0.2267 there, the blur takes exp(-(G s)^2 / 2), the mean over a disc
    # once more 2 J1(g)/g. On a rod six of them add up, between three rods minus three.
    g = math.pi / math.sqrt(3.0)
    disc = 2.0 * special.j1(g) / g
    share = math.pi / (8.0 * math.sqrt(3.0))
    blur = math.exp(-0.5 * (2.0 * g / rod * 9.0 / FWHM_PER_SIGMA) ** 2)
    amplitude = share * disc * blur * disc
    wanted = 9.0 * amplitude / (2.0 * (1.0 - share) - 3.0 * amplitude)
    # Rods at the border of the sector lack neighbours, and pixels of 4 mm are read linearly.
    assert found == pytest.approx(wanted, rel=tolerance + 0.05)


def test_the_uniform_part_is_uniform_and_all_parts_are_found():
    analysis = analyze(volume())

    assert analysis.valid
    (note,) = analysis.notes
    # z is 45 mm from the middle, 26.5: slice 38.75 from 1.
    assert note.values["sphere_slice"] == pytest.approx(38.75, abs=0.2)
    assert value(analysis, "iu_pct") < 3.0
    assert value(analysis, "smallest_visible_sphere_mm") == 9.5


# What is visible ---------------------------------------------------------------------------------


def test_a_worse_resolution_hides_the_finer_rods():
    smallest = [
        value(analyze(volume(seed=1, fwhm=fwhm)), "smallest_visible_rod_mm")
        for fwhm in (7.0, 10.0, 13.0)
    ]

    assert smallest == sorted(smallest)
    assert smallest[0] < smallest[-1]


def test_noise_hides_the_small_spheres_and_the_fine_rods():
    poor = CylinderPhantom(shape=(54, 64, 64), parts=parts(), value=10.0).acquire(
        fwhm_mm=12.0, rng=np.random.default_rng(2), nuclide="Tc-99m"
    )
    analysis = analyze(poor)

    assert value(analysis, "smallest_visible_sphere_mm") > 9.5
    assert value(analysis, "smallest_visible_rod_mm") > 7.9


# Invariances -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "turned",
    [
        lambda v: 3.0 * v,
        lambda v: v[::-1],
        lambda v: v[:, ::-1],
        lambda v: v[:, :, ::-1],
        lambda v: v.transpose(0, 2, 1),
        lambda v: np.roll(v, (3, -4), axis=(1, 2)),
    ],
)
def test_scale_mirrors_turns_and_shifts_change_nothing(turned):
    made = volume(seed=3)
    plain, changed = analyze(made), analyze(with_values(made, turned(made.values)))

    for diameter in SPHERES[:5]:
        found, wanted = (
            value(a, "contrast_mean_pct", sphere_mm=diameter) for a in (changed, plain)
        )
        assert found == pytest.approx(wanted, rel=0.02), diameter
    for rod in RODS[:3]:
        found, wanted = (value(a, "rod_modulation", rod_mm=rod) for a in (changed, plain))
        assert found == pytest.approx(wanted, rel=0.05), rod


@pytest.mark.parametrize("degrees", [17.0, 200.0])
def test_the_pattern_is_found_at_any_angle(degrees):
    angle = math.radians(degrees)
    spheres = tuple(
        dataclasses.replace(
            each,
            centre_mm=(
                each.centre_mm[0],
                each.centre_mm[1] * math.cos(angle) + each.centre_mm[2] * math.sin(angle),
                each.centre_mm[2] * math.cos(angle) - each.centre_mm[1] * math.sin(angle),
            ),
        )
        for each in cold_spheres(SPHERES, at_mm=57.0, z_mm=45.0)
    )
    analysis = analyze(volume(parts=spheres))
    plain = analyze(volume(parts=cold_spheres(SPHERES, at_mm=57.0, z_mm=45.0)))

    for diameter in SPHERES[:4]:
        # Whole voxels are another ball about another place: some percent.
        assert value(analysis, "contrast_mean_pct", sphere_mm=diameter) == pytest.approx(
            value(plain, "contrast_mean_pct", sphere_mm=diameter), rel=0.06
        )


def test_the_order_of_the_diameters_is_that_of_the_phantom():
    analysis = analyze(volume())
    backwards = analyze(volume(), sphere_diameters_mm=SPHERES[::-1], rod_diameters_mm=RODS[::-1])

    for diameter in SPHERES:
        assert value(backwards, "contrast_mean_pct", sphere_mm=diameter) == pytest.approx(
            value(analysis, "contrast_mean_pct", sphere_mm=diameter), rel=1e-9
        )


# Noise -----------------------------------------------------------------------------------------


def test_the_uncertainties_are_the_spread():
    # Noise alike everywhere, as of filtered back projection; 14 of 200.
    made, rng = volume(), np.random.default_rng(11)
    found = [
        analyze(with_values(made, made.values + rng.normal(0.0, 14.0, made.values.shape)), draws=16)
        for _ in range(16)
    ]

    for metric, scope in (
        ("contrast_mean_pct", {"sphere_mm": 25.4}),
        ("contrast_mean_pct", {"sphere_mm": 15.9}),
        ("contrast_pct", {"sphere_mm": 25.4}),
    ):
        spread = np.std([value(each, metric, **scope) for each in found], ddof=1)
        stated = np.mean([uncertainty(each, metric, **scope) for each in found])
        # 16 draws tell a spread to 18 %; the place moves by half voxels besides.
        assert 0.5 < stated / spread < 2.0, (metric, scope)


def test_the_contrast_to_noise_ratio_is_that_of_the_counts():
    analysis = analyze(volume(seed=5))

    # 200 counts in each voxel.
    wanted = value(analysis, "contrast_mean_pct", sphere_mm=31.8) / 100.0 * math.sqrt(200.0)
    assert value(analysis, "cnr", sphere_mm=31.8) == pytest.approx(wanted, rel=0.12)


# Refused pictures ------------------------------------------------------------------------------


def test_a_sphere_that_is_not_there_is_seen_in_few_of_many_pictures():
    """The coldest of many places is not yet a sphere: by chance in at most some of 30."""
    four = cold_spheres((*SPHERES[:4], 0.1, 0.1), at_mm=57.0, z_mm=45.0)
    exact = volume(parts=four + parts()[6:])
    seen = 0
    for seed in range(30):
        noisy = exact.values + np.random.default_rng(seed).normal(
            0.0, 0.07 * exact.values.max(), exact.values.shape
        )
        found = analyze(with_values(exact, noisy), draws=16)
        seen += value(found, "smallest_visible_sphere_mm") < 15.0

    assert seen <= 2


def test_where_nothing_is_visible_a_person_is_warned():
    """Without a smallest visible sphere its limit has nothing to judge, which is no pass."""
    exact = volume()
    noisy = exact.values + np.random.default_rng(1).normal(
        0.0, 0.3 * exact.values.max(), exact.values.shape
    )
    analysis = analyze(with_values(exact, noisy), visible_significance=10.0, visible_modulation=0.5)

    assert "smallest_visible_rod_mm" not in {m.metric for m in analysis.measurements}
    assert precondition(analysis, "PC_FRAMES", "visible sectors").outcome == "not_met"
    assert precondition(analysis, "PC_FRAMES", "visible spheres").outcome in {"met", "not_met"}


def test_a_cylinder_smaller_than_the_circle_of_the_spheres_is_refused():
    """Pixels of a tenth of the size: a slip of a decimal point."""
    small = with_voxel(volume(), (0.4, 0.4, 0.4))

    with pytest.raises(UnsuitableAcquisitionError, match=r"radius of .* mm, needs more than 57 mm"):
        analyze(small)


def test_slices_of_another_scanner_void():
    analysis = analyze(dataclasses.replace(volume(), modality="CT"))

    assert precondition(analysis, "PC_FRAMES", "modality").outcome == "not_met"
    assert not analysis.valid


def test_a_uniform_cylinder_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="there are none"):
        analyze(volume(seed=1, parts=()))


def test_hot_spheres_are_refused():
    hot = cold_spheres(SPHERES, at_mm=57.0, z_mm=45.0, contrast=3.0)

    with pytest.raises(UnsuitableAcquisitionError, match="there are no cold spheres"):
        analyze(volume(seed=1, parts=hot))


def test_a_phantom_without_rods_warns_and_has_no_modulation():
    analysis = analyze(volume(seed=1, parts=cold_spheres(SPHERES, at_mm=57.0, z_mm=45.0)))

    assert precondition(analysis, "PC_FRAMES", "show rods").outcome == "not_met"
    assert not any(m.metric.startswith("rod_") for m in analysis.measurements)
    assert analysis.valid


def test_a_phantom_without_a_uniform_part_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="outside of spheres and rods"):
        analyze(
            volume(
                length_mm=60.0,
                parts=cold_spheres(SPHERES, at_mm=57.0, z_mm=0.0),
            ),
            section_margin_mm=40.0,
        )


def test_an_empty_volume_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="the volume is empty"):
        analyze(with_values(volume(), np.zeros((54, 64, 64))))


@pytest.mark.parametrize(
    ("counts", "outcome", "severity"),
    [
        (10_000_000, "met", "soft"),
        (9_999_999, "not_met", "soft"),
        (999_999, "not_met", "hard"),
        (None, "unknown", "soft"),
    ],
)
def test_few_counts_warn_and_very_few_void(counts, outcome, severity):
    found = precondition(analyze(volume(counts=counts)), "PC_COUNTS")

    assert (found.outcome, found.severity) == (outcome, severity)


def test_pixels_that_are_not_square_void():
    assert not analyze(with_voxel(volume(), (4.0, 4.05, 4.0))).valid


@pytest.mark.parametrize(("nuclide", "valid"), [("Tc-99m", True), ("I-131", False), (None, True)])
def test_another_nuclide_voids(nuclide, valid):
    assert analyze(dataclasses.replace(volume(), nuclide=nuclide)).valid is valid


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"sphere_diameters_mm": (20.0,)}, "sphere_diameters_mm has 1 values, needs 2 to 12"),
        ({"rod_diameters_mm": (5.0, 0.0)}, "rod_diameters_mm holds 0 mm, needs 1 to 50 mm"),
        ({"rod_diameters_mm": (5.0, 5.0)}, "rod_diameters_mm holds a diameter twice"),
    ],
)
def test_diameters_that_no_phantom_has_are_refused(parameters, message):
    with pytest.raises(ParameterError, match=message):
        ANALYZER.parameters(**parameters)


# Contract --------------------------------------------------------------------------------------


def test_the_contract_is_kept():
    examples = [Inputs(roles={"reconstruction": (volume(seed=1),)}, variant="local")]

    assert check(ANALYZER, examples) == []
