"""Sources appear in each window where its shift and magnification put them."""

import numpy as np
import pytest

from photopeak_analyzers.numerics.point_image import square_centroid
from photopeak_analyzers.simulation.planar import Matrix
from photopeak_analyzers.simulation.windows import (
    MisregisteredCamera,
    iec_places,
    nema_places,
)

CAMERA = MisregisteredCamera(
    matrix=Matrix(rows=200, columns=260, pixel_mm=2.1),
    shift_mm={2: (0.0, 0.4), 3: (-0.3, 0.9)},
    magnification={3: 1.005},
)


def test_the_places_of_the_standards_are_where_they_ask():
    nine, five = nema_places((540.0, 390.0)), iec_places((540.0, 390.0))

    assert len(set(nine)) == 9
    assert len(set(five)) == 5
    assert nine[0] == five[0] == (0.0, 0.0)
    assert {x for y, x in nine if x} == {-216.0, -108.0, 108.0, 216.0}
    assert {y for y, x in five if y} == {-146.25, 146.25}


@pytest.mark.parametrize("place", [(0.0, 0.0), (78.0, 0.0), (0.0, -216.0)])
def test_the_displacement_between_windows_is_known(place):
    frames = CAMERA.acquire(place)
    found = np.array([square_centroid(image, 13).position for image in frames.counts]) * 2.1

    expected = [CAMERA.position_mm(place, window) for window in (1, 2, 3)]
    assert found[1] - found[0] == pytest.approx(np.subtract(expected[1], expected[0]), abs=0.02)
    assert found[2] - found[0] == pytest.approx(
        (-0.3 + 0.005 * place[0], 0.9 + 0.005 * place[1]), abs=0.02
    )


def test_counts_of_each_window_are_its_own():
    frames = CAMERA.acquire((0.0, 0.0))

    assert frames.counts.sum(axis=(1, 2)) == pytest.approx([50_000.0, 40_000.0, 30_000.0])
    assert [frame.energy_window for frame in frames.frames] == [1, 2, 3]
    assert (frames.nuclide, len(frames.energy_windows)) == ("Ga-67", 3)
    noisy = CAMERA.acquire((0.0, 0.0), rng=np.random.default_rng(2))
    assert noisy.counts.dtype == np.uint16
