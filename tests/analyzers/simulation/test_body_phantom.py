"""The simulated body phantom: contrast by integration, geometry, slices as scanners store them."""

import math

import numpy as np
import pytest

from photopeak_analyzers.simulation.body_phantom import DIAMETERS_MM, BodyPhantom, stored

SMALL = {"shape": (40, 80, 84), "voxel_mm": (5.0, 4.0, 4.0)}


def test_the_contrast_of_10_mm_at_5_mm_with_a_wall_of_1_mm() -> None:
    phantom = BodyPhantom(fwhm_mm=5.0, wall_mm=1.0)

    assert phantom.contrast_percent(10.0) == pytest.approx(51.9, abs=0.05)
    # One millimetre beside the plane costs more than two points.
    assert phantom.contrast_percent(10.0, 1.0) == pytest.approx(49.65, abs=0.05)
    assert BodyPhantom(fwhm_mm=0.2).contrast_percent(37.0) == pytest.approx(100.0, abs=1.0)


def test_values_in_the_middle_of_parts_are_those_that_were_put_in() -> None:
    phantom = BodyPhantom(**SMALL, fwhm_mm=4.0, cold_mm=(28.0,), turn_deg=10.0)
    values = phantom.expected()
    middle = np.array([(n - 1) / 2.0 for n in values.shape])

    def at(place: np.ndarray) -> float:
        return float(
            values[tuple(np.rint(place / np.array(phantom.voxel_mm) + middle).astype(int))]
        )

    places = phantom.places_mm()
    assert at(places[0]) == pytest.approx(4.0 * phantom.value, rel=0.02)
    assert at(places[1]) == pytest.approx(0.0, abs=0.05 * phantom.value)
    assert at(np.array(phantom.shift_mm)) == pytest.approx(0.1 * phantom.value, rel=0.02)
    assert at(np.array([40.0, 70.0, 0.0])) == pytest.approx(phantom.value, rel=1e-3)
    # 147 mm above and 77 mm below the middle of the body, times 294 mm and rounded corners.
    area = float((values[30] > 0.5 * phantom.value).sum()) * 16.0 + math.pi * 25.0**2
    wanted = math.pi / 2.0 * 147.0**2 + 140.0 * 77.0 + math.pi / 2.0 * 77.0**2
    assert area == pytest.approx(wanted, rel=0.02)


def test_spheres_keep_their_distances_however_the_phantom_lies() -> None:
    phantom = BodyPhantom(**SMALL, turn_deg=40.0, tilt_deg=3.0, angle_deg=70.0, mirrored=True)
    places = phantom.places_mm()

    apart = np.linalg.norm(places - np.roll(places, 1, axis=0), axis=1)
    assert apart == pytest.approx(np.full(len(DIAMETERS_MM), 57.2))
    assert places.mean(axis=0) == pytest.approx(phantom.shift_mm)


def test_stored_slices_have_scales_of_their_own_and_the_same_values() -> None:
    made = BodyPhantom(**SMALL).acquire(rng=np.random.default_rng(2), counts_per_value=0.01)
    kept = stored(made)

    assert kept.values.dtype == np.int16
    scaled = kept.values * kept.slope[:, None, None]
    assert np.abs(scaled - made.values).max() <= 0.5 * kept.slope.max() + 1e-9
    assert len(set(kept.slope.tolist())) > 10
