import numpy as np
import pytest

from photopeak_analyzers.simulation.reconstructed_sources import (
    ReconstructedSource,
    SourcesInAir,
    three_lines,
    three_points,
)


def test_a_source_is_half_as_high_at_half_its_width():
    source = ReconstructedSource(radial_fwhm_mm=8.0, tangential_fwhm_mm=12.0, axial_fwhm_mm=16.0)
    values = SourcesInAir(sources=(source,), shape=(41, 41, 41), voxel_mm=(2.0,) * 3).expected()

    assert values[20, 20, 20] == pytest.approx(1000.0)
    assert values[20, 20, 22] == pytest.approx(500.0)
    assert values[20, 23, 20] == pytest.approx(500.0)
    assert values[24, 20, 20] == pytest.approx(500.0)


def test_the_radial_width_lies_along_the_radius():
    source = ReconstructedSource(
        centre_mm=(0.0, 20.0, 0.0), radial_fwhm_mm=8.0, tangential_fwhm_mm=12.0
    )
    values = SourcesInAir(sources=(source,), shape=(41, 41, 41), voxel_mm=(2.0,) * 3).expected()

    assert values[20, 32, 20] == pytest.approx(500.0)
    assert values[20, 30, 23] == pytest.approx(500.0)


def test_a_line_is_as_high_everywhere_but_near_its_ends():
    values = SourcesInAir(sources=three_lines(length_mm=80.0)[:1]).expected()

    along = values[:, 49, 49]
    assert np.ptp(along[30:50]) < 1e-3 * along[40]
    assert along[60] == pytest.approx(along[40] / 2.0, rel=0.25)


def test_noise_has_the_deviation_that_is_asked_for():
    noisy = SourcesInAir(sources=three_points()).acquire(rng=np.random.default_rng(1), noise=3.0)

    # 800 000 draws tell a deviation to 0.08 %.
    assert np.std(noisy.values - SourcesInAir(sources=three_points()).expected()) == pytest.approx(
        3.0, rel=4e-3
    )
