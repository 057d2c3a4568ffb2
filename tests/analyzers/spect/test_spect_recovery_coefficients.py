"""Recovery of hot spheres: where they are, mean, half, highest voxel and millilitre, the curve."""

import dataclasses
import math
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from photopeak_analyzers.acquisition import EnergyWindow
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, ReadingValue
from photopeak_analyzers.errors import (
    MissingReadingError,
    ParameterError,
    UnsuitableAcquisitionError,
)
from photopeak_analyzers.numerics.sphere_recovery import PEAK_DIAMETER_MM, values_of
from photopeak_analyzers.numerics.voxel_noise import VoxelNoise
from photopeak_analyzers.simulation.blur import ball
from photopeak_analyzers.simulation.volumes import CylinderPhantom, Sphere
from photopeak_analyzers.spect.hot_spheres import HotSpheres, find_hot_spheres
from photopeak_analyzers.spect.reconstruction import reconstruction_of
from photopeak_analyzers.spect.recovery_curve import fit_recovery
from photopeak_analyzers.spect.spect_recovery_coefficients import ANALYZER
from support.filled import AT, activity, cylinder
from support.floods import notes, precondition, value
from support.volumes import uncertainty, with_values, with_voxel

DIAMETERS = (37.0, 28.0, 22.0, 17.0, 13.0, 10.0)
BACKGROUND = 10_000.0
"""Bq/mL in the cylinder; the spheres have ten times as much."""


def spheres(angle: float = 20.0, sense: int = 1, z: float = 3.0, contrast: float = 9.0) -> Any:
    turn = [math.radians(angle + sense * 60.0 * i) for i in range(6)]
    return tuple(
        Sphere(
            centre_mm=(z, 57.2 * math.sin(t) + 2.0, 57.2 * math.cos(t) - 3.0),
            diameter_mm=d,
            contrast=contrast,
        )
        for t, d in zip(turn, DIAMETERS, strict=True)
    )


def phantom(
    seed: int | None = None,
    fwhm: float = 8.0,
    parts: Any = None,
    voxel: float = 3.0,
    **changes: Any,
) -> Any:
    made = CylinderPhantom(
        shape=(44, 76, 76),
        voxel_mm=(voxel,) * 3,
        diameter_mm=210.0,
        length_mm=110.0,
        value=BACKGROUND,
        parts=spheres() if parts is None else parts,
    )
    rng = None if seed is None else np.random.default_rng(seed)
    changes.setdefault("started_at", AT)
    changes.setdefault("units", "BQML")
    return made.acquire(fwhm_mm=fwhm, rng=rng, counts_per_value=0.02, **changes)


def given(**changes: Any) -> Any:
    """100 MBq in 1000 mL of stock, 60 MBq in 6 L of background."""
    found = {
        "activity": activity(100.0),
        "volume": ReadingValue(value=1000.0),
        "background_activity": activity(60.0),
        "background_volume": ReadingValue(value=6000.0),
        **changes,
    }
    return {name: each for name, each in found.items() if each is not None}


def recovery(volume: Any = None, readings: Any = None, **parameters: Any) -> Any:
    inputs = Inputs(
        roles={"reconstruction": (phantom() if volume is None else volume,)},
        readings=given() if readings is None else readings,
        variant="local",
    )
    return ANALYZER.analyze(inputs, ANALYZER.parameters(**parameters))


def mean_recovery(diameter: float, fwhm: float) -> float:
    """Mean of a blurred ball over itself, by integration over its radius."""
    r = np.linspace(0.0, diameter / 2.0, 400)
    return float(
        np.trapezoid(ball(r, diameter / 2.0, fwhm / 2.354820045) * r**2, r) / np.trapezoid(r**2, r)
    )


def half_recovery(diameter: float, fwhm: float) -> float:
    """Mean where a blurred ball of 1 in a background of 0.1 exceeds half of its top plus 0.1."""
    r = np.linspace(0.0, 2.0 * diameter, 4000)
    shown = 0.1 + 0.9 * ball(r, diameter / 2.0, fwhm / 2.354820045)
    inside = shown >= 0.5 * (shown[0] + 0.1)
    return float((shown * r**2)[inside].sum() / (r**2)[inside].sum())


# Closed-form answers -------------------------------------------------------------------------


@pytest.mark.parametrize("fwhm", [6.0, 12.0])
def test_the_recovery_is_that_of_blurred_balls(fwhm):
    analysis = recovery(phantom(fwhm=fwhm))

    assert analysis.valid
    for diameter in DIAMETERS:
        net = value(analysis, "rc_mean_net", sphere_mm=diameter)
        # Values at the centres of voxels of 3 mm stand for all of them: as if blurred by a box.
        wider = math.hypot(fwhm, 2.354820045 * 3.0 / math.sqrt(12.0))
        assert net == pytest.approx(mean_recovery(diameter, wider), rel=0.02), diameter
        # With the background: 0.1 and 0.9 of what the net one is.
        mean = value(analysis, "rc_mean", sphere_mm=diameter)
        assert mean == pytest.approx(0.1 + 0.9 * net, rel=3e-3)
    top = Sphere(centre_mm=(0.0, 0.0, 0.0), diameter_mm=37.0).recovery(fwhm)
    assert value(analysis, "rc_max", sphere_mm=37.0) == pytest.approx(0.1 + 0.9 * top, rel=0.01)
    for diameter in DIAMETERS[:3]:
        # Whole voxels are in or out.
        assert value(analysis, "rc_a50", sphere_mm=diameter) == pytest.approx(
            half_recovery(diameter, fwhm), rel=0.03
        )
    assert value(analysis, "background_ratio") == pytest.approx(1.0, rel=0.01)
    assert value(analysis, "true_concentration_kbq_per_ml") == pytest.approx(100.0)


def test_with_little_blurring_nearly_everything_is_recovered():
    analysis = recovery(phantom(fwhm=2.5))

    for diameter in DIAMETERS[:4]:
        assert value(analysis, "rc_max", sphere_mm=diameter) == pytest.approx(1.0, abs=1e-3)
    # A sphere of 10 mm has half a millilitre: the rest of the highest one is background.
    share = (10.0 / PEAK_DIAMETER_MM) ** 3
    assert value(analysis, "rc_peak", sphere_mm=37.0) == pytest.approx(1.0, abs=1e-3)
    # What blurring and the voxels take besides is less than a fifth.
    whole = 0.1 + 0.9 * share
    assert 0.8 * whole < value(analysis, "rc_peak", sphere_mm=10.0) < whole


@pytest.mark.parametrize(("angle", "sense"), [(0.0, 1), (77.0, 1), (200.0, -1), (313.0, -1)])
def test_the_spheres_are_found_at_any_angle_in_either_sense(angle, sense):
    made = phantom(seed=1, parts=spheres(angle, sense), fwhm=10.0)
    found = find_hot_spheres(reconstruction_of(made), DIAMETERS, 57.2)

    middle = (np.array(made.values.shape) - 1) / 2.0 * 3.0
    wanted = np.array([s.centre_mm for s in spheres(angle, sense)]) + middle
    assert np.abs(found.centres_mm - wanted).max() < 1.0
    assert found.residual_mm < 1.0


def test_the_curve_through_exact_recoveries_has_their_parameters():
    volume = np.array([0.5, 1.2, 2.6, 5.6, 11.5, 26.5])
    curve = fit_recovery(volume, 1.0 / (1.0 + (1.7 / volume) ** 0.9))

    assert curve is not None
    assert (curve.v0_ml.value, curve.beta.value) == pytest.approx((1.7, 0.9), rel=1e-6)
    assert curve.at(np.array([1.7]))[0] == pytest.approx(0.5)


def test_recoveries_that_no_curve_passes_have_none():
    volume = np.array([0.5, 1.2, 2.6, 5.6])

    assert fit_recovery(volume, np.ones(4)) is None
    assert fit_recovery(volume[:2], np.array([0.5, 0.6])) is None


def test_counts_are_calibrated_by_factor_and_time():
    # 100 kBq/mL of 50 counts/s/MBq in 800 s and 0.027 mL.
    per_bq = 50.0e-6 * 800.0 * 0.027
    made = phantom()
    counts = with_values(made, made.values * per_bq, units="CNTS")
    readings = given(
        calibration_factor=ReadingValue(value=50.0), scan_time=ReadingValue(value=800.0)
    )
    analysis = recovery(dataclasses.replace(counts, decay_correction="START"), readings)

    assert value(analysis, "rc_mean", sphere_mm=22.0) == pytest.approx(
        value(recovery(), "rc_mean", sphere_mm=22.0)
    )


def test_spheres_in_cold_water_have_no_background():
    made = phantom()
    cold = with_values(made, np.maximum(made.values - phantom(parts=()).values, 0.0))
    analysis = recovery(cold, given(background_activity=None))

    assert value(analysis, "rc_mean", sphere_mm=28.0) == pytest.approx(
        0.9 * value(recovery(), "rc_mean_net", sphere_mm=28.0), rel=0.01
    )
    assert not [m for m in analysis.measurements if m.metric in {"rc_mean_net", "background_ratio"}]


# Invariances -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "turned",
    [
        lambda v: v[:, :, ::-1],
        lambda v: v.transpose(0, 2, 1),
        lambda v: np.roll(v, (2, 1, -2), (0, 1, 2)),
    ],
)
def test_mirrors_turns_and_shifts_change_little(turned):
    made = phantom(seed=3)
    plain, changed = recovery(made), recovery(with_values(made, turned(made.values)))

    for diameter in DIAMETERS:
        for key in ("rc_mean", "rc_max"):
            # The pattern is turned in steps before it is placed by centroids, which forget them.
            assert value(changed, key, sphere_mm=diameter) == pytest.approx(
                value(plain, key, sphere_mm=diameter), rel=1e-3
            ), (key, diameter)


# Noise -----------------------------------------------------------------------------------------


def test_the_uncertainties_are_the_spread():
    readings = given(activity=activity(100.0, 1e-9), background_activity=activity(60.0, 1e-9))
    exact = {"clock_s": 0.0, "volume_percent": 0.0, "draws": 24}
    found = [recovery(phantom(seed=seed), readings, **exact) for seed in range(24)]

    # Both are told to 14 %; places vary a little with the noise: two and a half times both.
    for key in ("rc_mean", "rc_max", "rc_peak"):
        for diameter in (37.0, 17.0):
            spread = np.std([value(e, key, sphere_mm=diameter) for e in found], ddof=1)
            stated = np.mean([uncertainty(e, key, sphere_mm=diameter) for e in found])
            assert spread == pytest.approx(stated, rel=0.5), (key, diameter)


def test_the_uncertainty_of_the_activity_is_carried():
    readings = given(activity=activity(100.0, 3.0), background_activity=activity(60.0, 1.8))
    analysis = recovery(readings=readings, clock_s=0.0)

    # Without noise nothing but activity and volume: 3 and 0.5 %.
    rc = value(analysis, "rc_mean", sphere_mm=37.0)
    assert uncertainty(analysis, "rc_mean", sphere_mm=37.0) / rc == pytest.approx(
        math.hypot(0.03, 0.005), rel=0.02
    )


def test_without_an_uncertainty_of_the_activity_there_is_none():
    (found,) = [
        m
        for m in recovery().measurements
        if m.metric == "rc_mean" and m.scope.get("sphere_mm") == 37.0
    ]

    assert found.uncertainty is None


def test_noise_that_a_filter_spread_is_stated_as_large_as_it_is():
    readings = given(activity=activity(100.0, 1e-9), background_activity=activity(60.0, 1e-9))
    exact = {"clock_s": 0.0, "volume_percent": 0.0, "draws": 16}
    made = phantom()
    found = []
    for seed in range(24):
        white = np.random.default_rng(seed).standard_normal(made.values.shape)
        smoothed = ndimage.gaussian_filter(white, 1.1)
        noise = 0.1 * np.sqrt(BACKGROUND * np.maximum(made.values, 0.0)) * smoothed / smoothed.std()
        found.append(recovery(with_values(made, made.values + noise), readings, **exact))

    # Taken for independent, voxels would tell a quarter of it. 24 draws tell a spread to 14 %.
    for key in ("rc_mean", "rc_mean_net", "rc_max"):
        spread = np.std([value(e, key, sphere_mm=22.0) for e in found], ddof=1)
        stated = np.mean([uncertainty(e, key, sphere_mm=22.0) for e in found])
        assert spread == pytest.approx(stated, rel=0.4), key


@pytest.mark.parametrize("seed", [1, 2])
def test_noise_about_nothing_in_cold_water_is_not_blown_up(seed):
    made = phantom()
    cold = np.maximum(made.values - phantom(parts=()).values, 0.0)
    noise = np.random.default_rng(seed).normal(-5.0, 50.0, cold.shape)
    readings = given(activity=activity(100.0, 1e-9), background_activity=None)
    analysis = recovery(with_values(made, cold + noise), readings, clock_s=0.0)

    # Counts of which the background has one, say 50 Bq/mL of noise, have 2 % at 90 kBq/mL.
    assert uncertainty(analysis, "rc_max", sphere_mm=37.0) < 0.03


def test_a_meter_in_common_leaves_the_net_recovery_as_sure_as_the_activity():
    analysis = recovery(clock_s=0.0, volume_percent=0.0, activity_meter_percent=3.0)

    net = value(analysis, "rc_mean_net", sphere_mm=37.0)
    # 3 % of both: 3 % of their difference, and not 3.3 %.
    assert uncertainty(analysis, "rc_mean_net", sphere_mm=37.0) / net == pytest.approx(
        0.03, rel=0.02
    )


def test_the_background_ratio_has_the_uncertainty_of_activity_and_volume():
    readings = given(activity=activity(100.0, 3.0), background_activity=activity(60.0, 1.2))
    analysis = recovery(readings=readings, clock_s=0.0)

    assert uncertainty(analysis, "background_ratio") == pytest.approx(
        math.hypot(0.02, 0.005) * value(analysis, "background_ratio"), rel=0.05
    )


def test_a_factor_without_uncertainty_leaves_counts_without_one():
    made = phantom()
    counts = with_values(made, made.values * 1e-3, units="CNTS", decay_correction="START")
    readings = given(
        activity=activity(100.0, 3.0),
        background_activity=activity(60.0, 1.8),
        calibration_factor=ReadingValue(value=50.0),
        scan_time=ReadingValue(value=800.0),
    )
    sure = {**readings, "calibration_factor": ReadingValue(value=50.0, uncertainty=2.0)}

    (plain,) = [
        m
        for m in recovery(counts, readings).measurements
        if m.metric == "rc_mean" and m.scope.get("sphere_mm") == 37.0
    ]
    assert plain.uncertainty is None
    analysis = recovery(counts, sure, clock_s=0.0)
    rc = value(analysis, "rc_mean", sphere_mm=37.0)
    assert uncertainty(analysis, "rc_mean", sphere_mm=37.0) / rc == pytest.approx(
        math.hypot(0.03, 0.005, 0.04), rel=0.02
    )


@pytest.mark.parametrize(
    ("noise", "outcome", "severity"),
    [(0.05, "met", "soft"), (1.0, "not_met", "soft")],
)
def test_too_few_counts_to_tell_a_recovery_warn(noise, outcome, severity):
    made = phantom()
    white = np.random.default_rng(5).standard_normal(made.values.shape)
    smoothed = ndimage.gaussian_filter(white, 1.5)
    deviation = noise * np.sqrt(BACKGROUND * np.maximum(made.values, 0.0))
    noisy = with_values(made, made.values + deviation * smoothed / smoothed.std())
    found = precondition(recovery(noisy), "PC_COUNTS")

    assert (found.outcome, found.severity, found.upper) == (outcome, severity, 5.0)


# Refused pictures ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "volume",
    [
        cylinder(10_000.0, seed=1, units="BQML"),
        phantom(parts=spheres(contrast=-1.0)),
        phantom(parts=spheres()[:1]),
    ],
)
def test_a_volume_without_hot_spheres_is_refused(volume):
    with pytest.raises(
        UnsuitableAcquisitionError, match=r"no hot spheres|the pattern is not found"
    ):
        recovery(volume)


@pytest.mark.parametrize("part", [slice(22, 23), slice(20, 44), slice(0, 28)])
def test_a_volume_that_cuts_the_spheres_is_refused(part):
    made = phantom()
    with pytest.raises(UnsuitableAcquisitionError, match="would not lie wholly in the volume"):
        recovery(with_values(made, made.values[part]))


def test_spheres_across_the_slices_are_refused():
    made = phantom()
    with pytest.raises(UnsuitableAcquisitionError, match="the pattern is not found"):
        recovery(with_values(made, np.moveaxis(made.values, 0, 1)))


def test_a_place_that_is_colder_than_the_background_has_its_highest_voxel_above_half():
    noise = VoxelNoise(level=BACKGROUND, deviation=1.0, voxels=99, sigmas=(0.0, 0.0, 0.0))
    spheres_of_none = HotSpheres(
        diameters_mm=(10.0,),
        centres_mm=np.array([[60.0, 60.0, 60.0]]),
        residual_mm=0.0,
        noise=noise,
    )
    cold = reconstruction_of(with_values(phantom(parts=()), np.full((44, 76, 76), 7.0)))
    (found,) = values_of(
        cold.values,
        cold.voxel_mm,
        spheres_of_none.each(),
        spheres_of_none.noise,
        np.random.default_rng(1),
        16,
    )

    assert found.a50.value == 7.0


def test_slices_of_a_pet_scanner_void_and_thick_ones_warn():
    assert [p.code for p in recovery(dataclasses.replace(phantom(), modality="PT")).failed] == [
        "PC_FRAMES"
    ]
    found = precondition(recovery(largest_pixel_mm=2.5), "PC_PIXEL", "thickness")
    assert (found.outcome, found.severity, found.value) == ("not_met", "soft", 3.0)


def test_spheres_in_another_pattern_void():
    shifted = [
        dataclasses.replace(s, centre_mm=tuple(c + d for c, d in zip(s.centre_mm, by, strict=True)))
        for s, by in zip(
            spheres(),
            [(0, 0, 0), (14, 0, 0), (-14, 0, 0), (14, 0, 0), (0, 0, 0), (0, 0, 0)],
            strict=True,
        )
    ]
    analysis = recovery(phantom(parts=tuple(shifted)))

    assert precondition(analysis, "PC_GEOMETRY").outcome == "not_met"


def test_an_empty_volume_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="the volume is empty"):
        recovery(with_values(phantom(), np.zeros((44, 76, 76))))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"activity": None}, "activity"),
        ({"volume": None}, "volume"),
        ({"background_volume": None}, "background_volume"),
    ],
)
def test_a_missing_reading_is_named(changes, message):
    with pytest.raises(MissingReadingError, match=f"the reading {message} is missing"):
        recovery(readings=given(**changes))


def test_counts_without_a_factor_are_refused():
    with pytest.raises(MissingReadingError, match="the reading calibration_factor is missing"):
        recovery(dataclasses.replace(phantom(), units="CNTS"))


def test_another_nuclide_a_window_beside_the_peak_and_oblong_pixels_void():
    off = (EnergyWindow(number=1, lower_kev=140.0, upper_kev=168.0),)

    assert not recovery(nuclide="I-131").valid
    assert not recovery(dataclasses.replace(phantom(), energy_windows=off)).valid
    assert not recovery(with_voxel(phantom(), (3.0, 3.06, 3.0))).valid


def test_a_background_that_is_not_what_was_filled_in_warns():
    analysis = recovery(readings=given(background_activity=activity(90.0)))

    assert precondition(analysis, "PC_BACKGROUND").value == pytest.approx(2.0 / 3.0, rel=0.01)
    assert precondition(analysis, "PC_BACKGROUND").outcome == "not_met"
    assert analysis.valid


def test_values_of_another_unit_than_the_background_void():
    analysis = recovery(readings=given(background_activity=activity(0.6)))

    found = precondition(analysis, "PC_BACKGROUND")
    assert (found.outcome, found.severity, found.upper) == ("not_met", "hard", 2.0)


@pytest.mark.parametrize(
    ("diameters", "message"),
    [
        ((37.0, 28.0, 22.0), "has 3 spheres, needs 4"),
        ((37.0, 28.0, 22.0, 2.0), "has 2 mm, needs 3 to 80 mm"),
        ((10.0, 28.0, 22.0, 17.0), "needs to fall"),
    ],
)
def test_impossible_spheres_are_refused(diameters, message):
    with pytest.raises(ParameterError, match=message):
        ANALYZER.parameters(diameters_mm=diameters)


def test_what_the_values_refer_to_is_said():
    assert "the start of the scan" in notes(recovery(), "REFERENCE_TIME")[0].message


# Contract --------------------------------------------------------------------------------------


def test_the_contract_is_kept():
    examples = [
        Inputs(
            roles={"reconstruction": (phantom(seed=1),)},
            readings=MappingProxyType(given(activity=activity(100.0, 2.0))),
            variant="local",
        )
    ]

    assert check(ANALYZER, examples) == []
