"""Noise with other phases: what stays, what changes, and what it says of extremes."""

import numpy as np
import pytest

from photopeak_analyzers.numerics.surrogates import of_the_same_spectrum, with_other_phases


@pytest.mark.parametrize("count", [8, 9])
def test_mean_variance_and_spectrum_stay(count):
    rng = np.random.default_rng(1)
    noise = rng.standard_normal((count, 3)) + 5.0
    (other,) = with_other_phases(noise, 1, rng)

    assert other.mean(axis=0) == pytest.approx(noise.mean(axis=0))
    assert other.var(axis=0) == pytest.approx(noise.var(axis=0))
    assert np.abs(np.fft.rfft(other, axis=0)) == pytest.approx(np.abs(np.fft.rfft(noise, axis=0)))
    assert not np.allclose(other, noise)


def test_columns_stay_correlated_as_they_are():
    rng = np.random.default_rng(2)
    noise = rng.standard_normal((40, 1)) * np.array([1.0, -2.0])
    (other,) = with_other_phases(noise, 1, rng)

    assert other[:, 1] == pytest.approx(-2.0 * other[:, 0])


def test_one_series_tells_how_far_the_largest_of_white_noise_spreads():
    rng = np.random.default_rng(3)
    noise = rng.standard_normal(64)
    told = np.std([each.max() for each in with_other_phases(noise, 200, rng)])
    true = np.std(rng.standard_normal((2000, 64)).max(axis=1))

    # The amplitudes are those of one series: their share in the spread is not told.
    assert 0.5 < told / true < 1.5


def test_the_same_seed_gives_the_same_noise():
    noise = np.random.default_rng(4).standard_normal(16)
    first, second = (list(with_other_phases(noise, 3, np.random.default_rng(7))) for _ in range(2))

    assert np.array_equal(first, second)


@pytest.mark.parametrize("count", [8, 9])
def test_amplitudes_drawn_anew_have_the_spectrum_on_the_mean(count):
    rng = np.random.default_rng(5)
    noise = rng.standard_normal(count) + 5.0
    drawn = of_the_same_spectrum(noise, 20_000, rng)

    assert drawn.shape == (20_000, count)
    assert drawn.mean(axis=1) == pytest.approx(0.0, abs=1e-12)
    power = np.square(np.abs(np.fft.rfft(drawn, axis=1))).mean(axis=0)
    assert power[1:] == pytest.approx(np.square(np.abs(np.fft.rfft(noise)))[1:], rel=0.05)
