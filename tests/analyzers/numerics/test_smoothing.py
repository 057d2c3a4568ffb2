"""Masked nine-point smoothing against values worked out by hand."""

import numpy as np
import pytest
from scipy import ndimage

from photopeak_analyzers.numerics.smoothing import KERNEL, NOISE_FACTOR, convolve, smooth


def test_a_single_pixel_spreads_as_the_kernel():
    image = np.zeros((5, 5))
    image[2, 2] = 1600.0

    smoothed = smooth(image, np.ones((5, 5), dtype=bool))

    assert smoothed[1:4, 1:4].tolist() == [[100, 200, 100], [200, 400, 200], [100, 200, 100]]


def test_the_divisor_is_the_sum_of_the_weights_used():
    image = np.zeros((5, 5))
    image[2, 2] = 1600.0
    mask = np.ones((5, 5), dtype=bool)
    mask[1, 2] = False  # a direct neighbour of weight 2: 16 - 2 = 14

    assert smooth(image, mask)[2, 2] == pytest.approx(4 * 1600 / 14)


def test_a_flat_image_stays_flat_up_to_its_corners():
    mask = np.zeros((9, 9), dtype=bool)
    mask[2:7, 1:8] = True
    mask[4, 4] = False

    smoothed = smooth(np.where(mask, 70.0, 9999.0), mask)

    assert smoothed[mask] == pytest.approx(70.0)
    assert (smoothed[~mask] == 0.0).all()


def test_the_edge_of_a_ramp_moves_by_a_third_of_a_step():
    # Weights 2 and 1 (of the ramp) are left: (2 f0 + (f0 + step)) / 3 = f0 + step / 3.
    # Reflection would give f0 + step / 4, zeros beyond the border 0.75 f0.
    ramp = np.tile(100.0 + 3.0 * np.arange(8), (8, 1))

    smoothed = smooth(ramp, np.ones((8, 8), dtype=bool))

    assert smoothed[3, 0] == pytest.approx(100.0 + 3.0 / 3.0)
    assert smoothed[3, 4] == pytest.approx(ramp[3, 4])


def test_the_two_passes_are_the_nine_points():
    image = np.random.default_rng(5).random((12, 15))

    expected = ndimage.convolve(image, KERNEL.astype(float), mode="constant")

    assert convolve(image) == pytest.approx(expected)


def test_a_step_puts_the_nine_points_apart():
    image = np.zeros((9, 9))
    image[4, 4] = 1.0

    assert convolve(image, 3)[1::3, 1::3].tolist() == KERNEL.tolist()


def test_noise_is_damped_to_three_eighths():
    assert pytest.approx(np.sqrt((KERNEL**2).sum()) / KERNEL.sum()) == NOISE_FACTOR


def test_stacks_are_smoothed_frame_by_frame():
    stack = np.random.default_rng(6).random((3, 7, 8))
    mask = stack[0] > 0.2

    together = smooth(stack, mask)

    assert all(np.array_equal(together[i], smooth(stack[i], mask)) for i in range(3))
