"""Noise of the views of a sheet source that turns with the head."""

import dataclasses

import numpy as np
import pytest

from photopeak_analyzers.acquisition import EnergyWindow, Frame, Tomographic
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.spect.rotation_views import views_of
from photopeak_analyzers.spect.rotational_stability_conditions import RotationalStabilityParameters
from photopeak_analyzers.spect.view_series import noise_of_ranges, view_series

ANGLES = np.arange(24) * 15.0
FIELD = RotationalStabilityParameters(ufov_width_mm=128.0, ufov_height_mm=128.0)


def sheet(amplitude, rng, *, counts=100.0, pixels=20):
    """Return views of a small even field whose counts follow a sine of the angle."""
    course = counts * (1.0 + amplitude * np.cos(np.radians(ANGLES)))
    return Tomographic(
        nuclide="Co-57",
        energy_windows=(EnergyWindow(number=1, lower_kev=109.8, upper_kev=134.2),),
        pixel_spacing_mm=(6.4, 6.4),
        counts=rng.poisson(course[:, None, None] * np.ones((pixels, pixels))),
        frames=tuple(
            Frame(detector=1, energy_window=1, view=n + 1, angle_deg=float(angle), duration_s=10.0)
            for n, angle in enumerate(ANGLES)
        ),
    )


def series_of(acquisition):
    (views,) = views_of(acquisition)
    return view_series(acquisition, views, (6.4, 6.4), None, None, FIELD)


@pytest.mark.parametrize("amplitude", [0.0, 0.005, 0.03])
def test_the_uncertainty_of_a_range_does_not_count_the_noise_twice(amplitude):
    rng = np.random.default_rng(11)
    found, stated = [], []
    for _ in range(150):
        series = series_of(sheet(amplitude, rng))
        found.append(series.range_percent)
        stated.append(noise_of_ranges(series, rng, 2).sensitivity_spread)

    # 150 draws tell a spread to 6 %.
    assert np.mean(stated) == pytest.approx(np.std(found), rel=0.2)


def test_a_field_of_a_few_pixels_shows_no_uniformity():
    rotation = sheet(0.0, np.random.default_rng(1))
    few = dataclasses.replace(rotation, counts=rotation.counts[:, :9, :9])

    with pytest.raises(
        UnsuitableAcquisitionError, match=r"pixels of 6\.4 mm in the UFOV, needs 100"
    ):
        series_of(few)
