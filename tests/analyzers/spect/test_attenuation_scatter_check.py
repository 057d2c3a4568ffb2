"""What corrections leave of a cylinder: cupping, and a cold rod that is filled in."""

import dataclasses
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from photopeak_analyzers.acquisition import EnergyWindow
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.simulation.volumes import Rod
from photopeak_analyzers.spect.attenuation_scatter_check import ANALYZER
from photopeak_analyzers.spect.cylinder import find_cylinder
from photopeak_analyzers.spect.cylinder_profile import coldest_rod, cylinder_slab
from photopeak_analyzers.spect.reconstruction import reconstruction_of
from support.filled import cylinder, later
from support.floods import notes, precondition, value
from support.volumes import uncertainty, with_values, with_voxel

CORRECTED = frozenset({"ATTN", "SCAT"})


def rod(at: tuple[float, float] = (10.0, -35.0), left: float = 0.1) -> Rod:
    return Rod(centre_mm=at, diameter_mm=50.0, from_mm=-200.0, to_mm=200.0, contrast=left - 1.0)


def volume(corrections: Any = CORRECTED, **changes: Any) -> Any:
    return dataclasses.replace(cylinder(**changes), corrections=corrections)


def checked(made: Any = None, raw: Any = None, **parameters: Any) -> Any:
    roles = {"corrected": (volume() if made is None else made,)}
    if raw is not None:
        roles["uncorrected"] = (raw,)
    inputs = Inputs(roles=roles, variant="local")
    return ANALYZER.analyze(inputs, ANALYZER.parameters(**parameters))


# Closed-form answers -------------------------------------------------------------------------


@pytest.mark.parametrize("cupping", [-0.3, 0.0, 0.1])
def test_the_cupping_is_that_of_the_means_over_inner_and_outer_part(cupping):
    analysis = checked(volume(cupping=cupping))

    # 1 + c (1 - s**2), averaged over the area: s**2 is 0.045 inside 0.3 and 0.65 from 0.7 to 0.9.
    wanted = (1.0 + cupping * 0.955) / (1.0 + cupping * 0.35)
    assert analysis.valid
    assert value(analysis, "cupping_ratio") == pytest.approx(wanted, abs=5e-3)
    assert not [m for m in analysis.measurements if m.metric == "residual_pct"]


@pytest.mark.parametrize("left", [0.0, 0.1, 0.4])
def test_the_residual_is_what_is_left_in_the_rod(left):
    analysis = checked(volume(parts=(rod(left=left),)), insert_diameter_mm=50.0)

    # 10 mm from its wall a blur of 8 mm lets in less than half a percent.
    assert value(analysis, "residual_pct") == pytest.approx(100.0 * left, abs=0.5)
    # Its surroundings are left out of the cupping.
    assert value(analysis, "cupping_ratio") == pytest.approx(1.0, abs=5e-3)


def test_without_corrections_the_centre_is_lower_and_the_gain_says_by_how_much():
    analysis = checked(volume(cupping=0.02), volume(frozenset({"UNIF"}), cupping=-0.5))

    corrected = value(analysis, "cupping_ratio", image="corrected")
    raw = value(analysis, "cupping_ratio", image="uncorrected")
    assert raw == pytest.approx((1.0 - 0.5 * 0.955) / (1.0 - 0.5 * 0.35), abs=5e-3)
    assert value(analysis, "centre_gain") == pytest.approx(corrected / raw)
    assert analysis.valid
    assert {f.name for f in analysis.figures} == {"corrected", "uncorrected", "radial_profile"}


@pytest.mark.parametrize("at", [(0.0, 0.0), (40.0, 0.0), (-20.0, 45.0)])
def test_the_rod_is_found_where_it_is(at):
    made = reconstruction_of(volume(parts=(rod(at),), seed=2))
    slab = cylinder_slab(made, find_cylinder(made), 0.5)

    # Noise of 14 % a voxel, 27 slices, some 120 pixels.
    assert coldest_rod(slab, 50.0) == pytest.approx(at, abs=1.0)


def test_a_rod_on_the_axis_leaves_no_cupping_and_says_so():
    analysis = checked(volume(parts=(rod((0.0, 0.0)),)), insert_diameter_mm=50.0)

    assert value(analysis, "residual_pct") == pytest.approx(10.0, abs=0.5)
    assert notes(analysis, "NO_CUPPING")
    assert not [m for m in analysis.measurements if m.metric == "cupping_ratio"]


# Invariances -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "turned",
    [
        lambda v: 3.0 * v,
        lambda v: v[:, ::-1],
        lambda v: v.transpose(0, 2, 1),
        lambda v: np.roll(v, (2, 1, -2), axis=(0, 1, 2)),
    ],
)
def test_scale_mirrors_turns_and_shifts_change_nothing(turned):
    made = volume(seed=3, parts=(rod(),))
    plain = checked(made, insert_diameter_mm=50.0)
    changed = checked(with_values(made, turned(made.values)), insert_diameter_mm=50.0)

    for key in ("cupping_ratio", "residual_pct"):
        assert value(changed, key) == pytest.approx(value(plain, key), rel=1e-6), key


# Noise -----------------------------------------------------------------------------------------


def test_the_uncertainties_are_the_spread():
    expected = volume(value=50.0, parts=(rod(),))
    found = [
        checked(
            with_values(expected, np.random.default_rng(seed).poisson(expected.values)),
            insert_diameter_mm=50.0,
        )
        for seed in range(60)
    ]

    # 60 draws tell a spread to 9 %, and 20 slices one uncertainty to 16 %: their mean is compared.
    for key in ("cupping_ratio", "residual_pct"):
        spread = np.std([value(e, key) for e in found], ddof=1)
        assert spread == pytest.approx(np.mean([uncertainty(e, key) for e in found]), rel=0.25), key


def test_noise_that_is_smoothed_along_and_across_the_axis_is_stated_as_large_as_it_is():
    expected = volume(value=50.0)
    found = []
    for seed in range(60):
        noise = np.random.default_rng(seed).standard_normal(expected.values.shape)
        smoothed = ndimage.gaussian_filter(noise, 1.0)
        found.append(checked(with_values(expected, expected.values + 20.0 * smoothed)))
    spread = np.std([value(e, "cupping_ratio") for e in found], ddof=1)

    # Taken for independent, voxels would tell a sixth of it. 60 draws tell a spread to 9 %.
    stated = np.mean([uncertainty(e, "cupping_ratio") for e in found])
    assert spread == pytest.approx(stated, rel=0.25)


def test_noise_that_both_volumes_share_is_none_of_the_gain():
    made, raw = volume(), volume(frozenset({"UNIF"}), cupping=-0.4)
    noise = 1.0 + 0.1 * np.random.default_rng(4).standard_normal(made.values.shape)
    analysis = checked(with_values(made, made.values * noise), with_values(raw, raw.values * noise))
    gain = value(analysis, "centre_gain")

    each = uncertainty(analysis, "cupping_ratio", image="corrected")
    assert uncertainty(analysis, "centre_gain") < 0.5 * gain * each


@pytest.mark.parametrize(("counts", "outcome"), [(50.0, "met"), (0.4, "not_met")])
def test_too_few_counts_to_tell_a_cupping_warn(counts, outcome):
    expected = volume(value=counts)
    noisy = np.random.default_rng(1).poisson(np.maximum(expected.values, 0.0))
    found = precondition(checked(with_values(expected, noisy)), "PC_COUNTS")

    assert (found.outcome, found.severity, found.upper) == (outcome, "soft", 0.02)


# Refused pictures ------------------------------------------------------------------------------


def test_a_hole_that_nobody_stated_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="insert_diameter_mm says what"):
        checked(volume(parts=(rod(),)))


def test_a_stated_rod_that_is_not_there_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="the cylinder holds no cold rod"):
        checked(volume(seed=1), insert_diameter_mm=50.0)


def test_the_wall_is_no_rod():
    rows, columns = np.ogrid[:64, :64]
    sharp = np.zeros((56, 64, 64))
    sharp[8:48] = 200.0 * (np.hypot(rows - 31.5, columns - 31.5) < 25.0)
    with pytest.raises(UnsuitableAcquisitionError, match="holds no cold rod"):
        checked(with_values(volume(), sharp), insert_diameter_mm=50.0)


def test_a_short_cylinder_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="slices lie in the middle"):
        checked(volume(length_mm=20.0))


def test_an_empty_volume_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="the volume is empty"):
        checked(with_values(volume(), np.zeros((56, 64, 64))))


def test_a_body_another_nuclide_and_oblong_pixels_void():
    rows, columns = np.ogrid[:64, :64]
    oval = ((rows - 31.5) / 20.0) ** 2 + ((columns - 31.5) / 27.0) ** 2 < 1.0
    body = np.zeros((56, 64, 64))
    body[8:48] = 200.0 * oval

    assert not checked(with_values(volume(), body)).valid
    assert not checked(volume(nuclide="I-131")).valid
    assert not checked(with_voxel(volume(), (4.0, 4.1, 4.0))).valid


def test_corrections_have_to_be_what_the_role_says():
    raw = frozenset({"UNIF"})

    assert precondition(checked(volume(raw)), "PC_CORRECTION", "attenuation").outcome == "not_met"
    assert precondition(checked(volume(raw)), "PC_CORRECTION", "scatter").outcome == "not_met"
    assert precondition(checked(volume(None)), "PC_CORRECTION", "scatter").outcome == "unknown"
    both = checked(volume(), volume(CORRECTED))
    assert [p.scope.get("image") for p in both.failed] == ["uncorrected"]
    unknown = dataclasses.replace(volume(None), header=MappingProxyType({}))
    assert checked(volume(), unknown).valid


def test_what_is_wrong_with_one_volume_is_said_of_that_one():
    raw = volume(frozenset({"UNIF"}), nuclide="I-131", cupping=-0.4)
    off = dataclasses.replace(
        volume(), energy_windows=(EnergyWindow(number=1, lower_kev=100.0, upper_kev=116.0),)
    )

    assert {p.scope.get("image") for p in checked(volume(), raw).failed} == {"uncorrected"}
    assert [p.code for p in checked(off).failed] == ["PC_WINDOW"]
    assert not checked(dataclasses.replace(volume(), modality="PT")).valid


def test_volumes_of_two_scans_warn():
    raw = volume(frozenset({"UNIF"}), cupping=-0.4)
    other = dataclasses.replace(raw, started_at=later(1.0))

    assert precondition(checked(volume(), raw), "PC_TIME").outcome == "met"
    found = precondition(checked(volume(), other), "PC_TIME")
    assert (found.outcome, found.value, found.upper) == ("not_met", 3600.0, 60.0)


# Contract --------------------------------------------------------------------------------------


def test_the_contract_is_kept():
    examples = [
        Inputs(roles={"corrected": (volume(seed=1),)}, variant="local"),
        Inputs(
            roles={
                "corrected": (volume(seed=1),),
                "uncorrected": (volume(frozenset({"UNIF"}), seed=2, cupping=-0.4),),
            },
            variant="local",
        ),
    ]

    assert check(ANALYZER, examples) == []
