"""The simulated water phantom holds what it promises."""

import numpy as np
import pytest

from photopeak_analyzers.simulation.water_phantom import WaterPhantom


def mean_over(phantom: WaterPhantom, at_mm: tuple[float, float], radius_mm: float) -> float:
    y, x = ((np.arange(512) - 255.5) * 0.5 for _ in range(2))
    inside = np.hypot((y - at_mm[0])[:, None], x - at_mm[1]) <= radius_mm
    return float(phantom.expected()[0][inside].mean())


@pytest.mark.parametrize("at_mm", [(0.0, 0.0), (40.0, -20.0)])
def test_the_mean_of_a_circle_is_the_closed_form(at_mm):
    phantom = WaterPhantom(
        shape=(1, 512, 512), voxel_mm=(5.0, 0.5, 0.5), hu=3.0, cupping_hu=30.0, tilt_hu=8.0
    )

    # Pixels are whole or not at all: some hundredths.
    assert mean_over(phantom, at_mm, 20.0) == pytest.approx(phantom.mean_hu(at_mm, 20.0), abs=0.05)


def test_the_surface_lies_where_it_is_said_to():
    row = WaterPhantom(shape=(1, 512, 512), voxel_mm=(5.0, 0.5, 0.5), wall_hu=0.0).expected()[
        0, 256
    ]
    x = (np.arange(512) - 255.5) * 0.5
    right = x > 50.0

    assert np.interp(500.0, -row[right], x[right]) == pytest.approx(
        np.sqrt(100.0**2 - 0.25**2), abs=0.02
    )


@pytest.mark.parametrize("grain_mm", [0.0, 2.0])
def test_grain_changes_who_shares_the_noise_and_not_how_much_there_is(grain_mm):
    phantom = WaterPhantom(shape=(1, 256, 256), table_mm=0.0)
    made = phantom.acquire(rng=np.random.default_rng(1), noise_hu=10.0, grain_mm=grain_mm)
    water = made.physical(0)[88:168, 88:168]

    assert water.std() == pytest.approx(10.0, rel=0.1)
    alike = np.corrcoef(water[:, 1:].ravel(), water[:, :-1].ravel())[0, 1]
    # Neighbours of a Gaussian of 2 pixels: exp(-1 / 16).
    assert alike == pytest.approx(np.exp(-1.0 / 16.0) if grain_mm else 0.0, abs=0.05)
