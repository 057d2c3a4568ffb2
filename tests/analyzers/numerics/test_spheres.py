"""Balls in a volume: shares of voxels, centroids, rigid patterns, with answers by hand."""

import math

import numpy as np
import pytest

from photopeak_analyzers.numerics.spheres import centroid, near, rigidly_moved, shares
from photopeak_analyzers.simulation.blur import ball

VOXEL = (3.0, 2.0, 2.0)


def test_shares_add_up_to_the_volume_of_the_ball() -> None:
    centre = np.array([30.4, 29.3, 31.1])
    box, _ = near((20, 30, 30), VOXEL, centre, 20.0)
    total = float(shares(box, VOXEL, centre, 30.0).sum()) * math.prod(VOXEL)

    assert total == pytest.approx(math.pi / 6.0 * 30.0**3, rel=2e-3)


def test_near_a_corner_the_box_ends_with_the_volume() -> None:
    box, distance = near((20, 30, 30), VOXEL, np.array([0.0, 0.0, 58.0]), 5.0)

    assert box == (slice(0, 2), slice(0, 3), slice(27, 30))
    assert distance.shape == (2, 3, 3)
    assert distance[0, 0, 2] == 0.0
    empty, _ = near((20, 30, 30), VOXEL, np.array([-50.0, 0.0, 0.0]), 5.0)
    assert empty[0] == slice(0, 0)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_centroid_finds_a_blurred_ball_on_a_background(sign: float) -> None:
    true = np.array([31.0, 28.7, 33.3])
    z, y, x = (np.arange(n) * side for n, side in zip((20, 30, 30), VOXEL, strict=True))
    r = np.sqrt(
        ((z - true[0]) ** 2)[:, None, None] + ((y - true[1]) ** 2)[:, None] + (x - true[2]) ** 2
    )
    values = 7.0 + sign * ball(r, 11.0, 2.5)
    found = centroid(sign * values, VOXEL, true + np.array([3.0, -4.0, 4.0]), 22.0)

    assert found == pytest.approx(true, abs=0.1)


def test_where_nothing_stands_out_the_start_comes_back() -> None:
    start = np.array([30.0, 30.0, 30.0])
    flat = np.full((20, 30, 30), 5.0)

    assert centroid(flat, VOXEL, start, 20.0) == pytest.approx(start)
    assert centroid(flat, VOXEL, start - 500.0, 20.0) == pytest.approx(start - 500.0)


def test_a_pattern_moves_rigidly_and_is_never_mirrored() -> None:
    rng = np.random.default_rng(1)
    pattern = rng.normal(size=(6, 3)) * 50.0
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    turn *= np.sign(np.linalg.det(turn))
    moved = pattern @ turn + (5.0, -2.0, 9.0)

    assert rigidly_moved(pattern, pattern[:4], moved[:4]) == pytest.approx(moved)
    mirrored = pattern * (1.0, 1.0, -1.0)
    closest = rigidly_moved(pattern, pattern, mirrored)
    assert np.linalg.norm(closest - mirrored) > 1.0
    lengths = np.linalg.norm(closest - closest[0], axis=1)
    assert lengths == pytest.approx(np.linalg.norm(pattern - pattern[0], axis=1))
