"""Modulation transfer functions of lines whose transform is known."""

import math

import numpy as np
import pytest

from photopeak_analyzers.errors import FitError
from photopeak_analyzers.numerics.modulation import (
    V10_TIMES_FWHM,
    V50_TIMES_FWHM,
    modulation,
)
from photopeak_analyzers.numerics.profiles import FWHM_PER_SIGMA
from photopeak_analyzers.simulation.blur import slit

FREQUENCIES = np.arange(0.0, 0.25, 0.0005)


def gaussian(fwhm_px=10.0, centres=(0.3,), counts=1e5, rng=None, half=40):
    channels = np.arange(-half, half + 1)
    sigma = fwhm_px / FWHM_PER_SIGMA
    windows = np.stack(
        [counts * slit(np.arange(-half, half + 2) - 0.5 - c, 0.0, sigma) for c in centres]
    )
    if rng is not None:
        windows = rng.poisson(windows).astype(float)
    return windows, channels - np.asarray(centres)[:, None]


def truth(fwhm_px, v=FREQUENCIES):
    """A Gaussian counted in pixels: its transform times that of the pixel."""
    sigma = fwhm_px / FWHM_PER_SIGMA
    return np.exp(-2.0 * (math.pi * sigma * v) ** 2) * np.sinc(v)


def test_the_constants_are_those_of_a_gaussian():
    assert pytest.approx(0.44127, abs=5e-6) == V50_TIMES_FWHM
    assert pytest.approx(0.80427, abs=5e-6) == V10_TIMES_FWHM


@pytest.mark.parametrize("fwhm_px", [5.0, 10.0])
@pytest.mark.parametrize("centres", [(0.0,), (0.3,), (-0.4, 0.1, 0.45)])
def test_a_gaussian_has_the_modulation_of_a_gaussian(fwhm_px, centres):
    found = modulation(*gaussian(fwhm_px, centres), FREQUENCIES)

    assert found.value[0] == pytest.approx(1.0)
    # Aliases of the pixels lie at 1 - v, where nothing is left of a line of 5 pixels.
    assert found.value == pytest.approx(truth(fwhm_px), abs=1e-6)


def test_half_and_tenth_of_the_modulation_are_read_off():
    found = modulation(*gaussian(10.0), FREQUENCIES)

    # The pixel lowers both by a part in 300 and in 90.
    assert found.frequency_at(0.5)[0] * 10.0 == pytest.approx(V50_TIMES_FWHM, rel=4e-3)
    assert found.frequency_at(0.1)[0] * 10.0 == pytest.approx(V10_TIMES_FWHM, rel=4e-3)


def test_a_line_beside_its_middle_has_the_same_modulation():
    windows, distances = gaussian(8.0)

    assert modulation(windows, distances + 3.7, FREQUENCIES).value == pytest.approx(
        modulation(windows, distances, FREQUENCIES).value
    )


def test_a_lopsided_line_has_the_modulus_of_its_transform():
    # Two lines d apart, 3 : 1: |M| = sqrt(1 - 3/4 sin(pi v d)**2).
    windows, distances = gaussian(6.0, (0.0,))
    right, _ = gaussian(6.0, (12.0,))

    found = modulation(0.75 * windows + 0.25 * right, distances, FREQUENCIES)

    both = np.sqrt(1.0 - 0.75 * np.sin(math.pi * FREQUENCIES * 12.0) ** 2)
    assert found.value == pytest.approx(truth(6.0) * both, abs=1e-6)


def test_the_uncertainty_is_the_scatter_of_repeated_measurements():
    rng = np.random.default_rng(5)
    values, halves, stated = [], [], []
    for _ in range(200):
        found = modulation(*gaussian(10.0, (0.0, 0.3), 5e3, rng), FREQUENCIES)
        values.append(found.value[80])
        place, u = found.frequency_at(0.5)
        halves.append(place)
        stated.append((found.uncertainty[80], u))

    # 200 draws know a standard deviation to 5 %.
    u_value, u_half = np.mean(stated, axis=0)
    assert np.std(values) == pytest.approx(u_value, rel=0.16)
    assert np.std(halves) == pytest.approx(u_half, rel=0.16)


def test_the_uncertainty_scales_with_the_variances_that_are_given():
    windows, distances = gaussian(10.0)
    counted = modulation(windows, distances, FREQUENCIES)
    fourfold = modulation(windows, distances, FREQUENCIES, variances=4.0 * windows)
    even = modulation(windows, distances, FREQUENCIES, variances=np.full(windows.shape, 9.0))

    assert fourfold.value == pytest.approx(counted.value)
    assert fourfold.uncertainty == pytest.approx(2.0 * counted.uncertainty)
    # Far out M is 0, and the squares of the cosines are a half on average.
    expected = 3.0 * math.sqrt(windows.size / 2.0) / windows.sum()
    assert even.uncertainty[-1] == pytest.approx(expected, rel=0.1)


def test_many_channels_are_taken_a_few_frequencies_at_a_time(monkeypatch):
    windows, distances = gaussian(10.0, (0.0, 0.3))
    at_once = modulation(windows, distances, FREQUENCIES)
    for most in (1, 3 * windows.size):
        monkeypatch.setattr("photopeak_analyzers.numerics.modulation.MOST_WAVES", most)
        slowly = modulation(windows, distances, FREQUENCIES)

        assert slowly.value == pytest.approx(at_once.value, rel=1e-12, abs=1e-12)
        assert slowly.uncertainty == pytest.approx(at_once.uncertainty, rel=1e-12, abs=1e-12)


def test_a_taper_takes_away_what_a_cut_tail_adds():
    windows, distances = gaussian(10.0)
    on_scatter = windows + 200.0
    net = modulation(windows, distances, FREQUENCIES).value
    weight = windows.sum() / on_scatter.sum()

    ripple = [
        np.abs(modulation(on_scatter, distances, FREQUENCIES, taper=t).value - weight * net)[300:]
        for t in (False, True)
    ]

    assert ripple[1].max() < 0.5 * ripple[0].max()


def test_a_modulation_that_does_not_fall_has_no_such_frequency():
    found = modulation(*gaussian(10.0), FREQUENCIES[:20])

    with pytest.raises(FitError, match=r"falls to 0\.\d+ at the last frequency, needs 0.1"):
        found.frequency_at(0.1)


def test_nothing_has_no_modulation():
    with pytest.raises(FitError, match="hold 0 counts, needs more than 0"):
        modulation(np.zeros((1, 5)), np.zeros((1, 5)), FREQUENCIES)
