"""A source that rides along counts inversely to the speed."""

import numpy as np
import pytest

from photopeak_analyzers.acquisition import AcquisitionKind
from photopeak_analyzers.simulation.planar import Matrix
from photopeak_analyzers.simulation.sweeps import Ride, swept

MATRIX = Matrix(rows=1024, columns=256, pixel_mm=2.4)


def test_a_steady_ride_is_flat_where_it_is_lit_and_dark_elsewhere():
    image = Ride(width_mm=400.0, length_mm=1800.0).expected(MATRIX, 50.0)
    y, x = MATRIX.coordinates()

    assert image[np.abs(y[:, 0]) < 860.0][:, np.abs(x) < 160.0] == pytest.approx(50.0)
    assert image[np.abs(y[:, 0]) > 940.0] == pytest.approx(0.0, abs=1e-9)
    # The blur moves counts and takes none away.
    assert image.sum() == pytest.approx(50.0 * 400.0 * 1800.0 / 2.4**2, rel=1e-9)


def test_half_the_speed_counts_twice():
    image = Ride(speed=lambda y: np.where(y < 0.0, 1.0, 0.5)).expected(MATRIX, 50.0)

    assert image[300, 128] == pytest.approx(50.0)
    assert image[700, 128] == pytest.approx(100.0)


def test_a_sweep_lasts_as_long_as_its_speed_says():
    sweep = swept({(1, 1): np.ones(MATRIX.shape), (2, 1): np.ones(MATRIX.shape)}, 2.4)

    assert sweep.kind is AcquisitionKind.WHOLE_BODY
    assert sweep.frames[1].detector == 2
    assert sweep.frames[0].duration_s == pytest.approx(1024 * 2.4 / 2.0)
    assert sweep.scan_length_mm == pytest.approx(1024 * 2.4)
    assert swept({(1, 1): np.ones((8, 8))}, 2.4, velocity_mm_per_s=None).frames[0].duration_s == 1e3
