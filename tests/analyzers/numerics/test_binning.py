"""Binning sums, never overflows, and picks the factor that the clause asks for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.binning import (
    crop_to_blocks,
    largest_factor,
    matrix_centre,
    nearest_factor,
    sum_blocks,
)


@pytest.mark.parametrize(
    ("pixel_mm", "factor"),
    [
        (0.6, 11),  # 8 to 13 are legal; 11 gives 6.6 mm, 10 gives 6.0 mm
        (0.5989, 11),
        (2.064999816, 3),
        (3.9, 2),
        (4.8, 1),
        (6.4, 1),
        (8.32, 1),  # on the upper bound
        (4.48, 1),  # on the lower bound
        (4.16, 2),  # 8.32 mm, on the upper bound
        (3.2, 2),
        (12.8 / 3, None),  # 4.27 mm: 4.27 is below the range and 8.53 above
    ],
)
def test_the_factor_brings_the_pixel_nearest_to_6_4_mm_within_the_range(pixel_mm, factor):
    assert nearest_factor(pixel_mm) == factor


@pytest.mark.parametrize("pixel_mm", [8.3201, 9.6, 4.4, 4.17])
def test_no_factor_is_invented_for_a_pixel_that_steps_over_the_range(pixel_mm):
    assert nearest_factor(pixel_mm) is None


@given(st.floats(0.01, 10.0))
def test_the_nearest_factor_is_legal_and_none_is_nearer(pixel_mm):
    factor = nearest_factor(pixel_mm)
    legal = [n for n in range(1, 900) if 4.48 <= n * pixel_mm <= 8.32]

    if factor is None:
        assert not legal
    else:
        assert 4.4799 < factor * pixel_mm < 8.3201
        assert all(abs(factor * pixel_mm - 6.4) <= abs(n * pixel_mm - 6.4) + 1e-9 for n in legal)


def test_the_iec_factor_is_the_largest_within_twice_the_resolution():
    assert largest_factor(0.6, largest_mm=7.0) == 11
    assert largest_factor(3.5, largest_mm=7.0) == 2  # exactly on the bound
    assert largest_factor(3.51, largest_mm=7.0) == 1
    assert largest_factor(7.01, largest_mm=7.0) is None


def test_blocks_are_summed_not_averaged():
    image = np.arange(16, dtype=np.uint16).reshape(4, 4)

    assert sum_blocks(image, 2).tolist() == [[10, 18], [42, 50]]


def test_full_sixteen_bit_pixels_do_not_overflow():
    image = np.full((2, 32, 32), 65535, dtype=np.uint16)

    binned = sum_blocks(image, 16)

    assert binned.shape == (2, 2, 2)
    assert (binned == 65535 * 256).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.uint32, np.int32, np.int64])
def test_every_integer_type_is_summed_exactly(dtype):
    image = np.full((8, 8), np.iinfo(dtype).max >> 7, dtype=dtype)

    assert int(sum_blocks(image, 4)[0, 0]) == 16 * (int(np.iinfo(dtype).max) >> 7)


def test_floats_are_summed_in_double_precision():
    assert sum_blocks(np.full((4, 4), 0.1, dtype=np.float32), 2).dtype == np.float64


@given(st.integers(1, 9), st.integers(9, 40), st.integers(9, 40))
def test_binning_keeps_the_counts_of_the_whole_blocks(factor, rows, columns):
    image = np.random.default_rng(rows * 41 + columns).integers(0, 99, (rows, columns))

    binned = sum_blocks(image, factor)

    assert binned.shape == (rows // factor, columns // factor)
    assert binned.sum() == crop_to_blocks(image, factor).sum()


def test_what_fills_no_block_is_cropped_half_on_each_side_the_smaller_half_first():
    image = np.zeros((1, 10))
    image[0, 1:9] = 1.0  # 10 mod 4 = 2: one column goes on each side
    image = np.repeat(image, 4, axis=0)

    assert sum_blocks(image, 4).tolist() == [[16.0, 16.0]]
    assert crop_to_blocks(np.arange(11)[None].repeat(4, axis=0), 4)[0].tolist() == list(range(1, 9))


@pytest.mark.parametrize(("size", "factor"), [(64, 4), (10, 4), (11, 4), (256, 3), (1024, 11)])
def test_the_centre_of_the_matrix_stays_where_it_is(size, factor):
    first = (size % factor) // 2
    edge = first - 0.5

    centre_mm = (matrix_centre(size, factor) + 0.5) * factor + edge

    assert centre_mm == pytest.approx((size - 1) / 2)


def test_a_frame_smaller_than_a_block_is_refused_with_its_size():
    with pytest.raises(UnsuitableAcquisitionError, match=r"3 x 9 pixels .* block of 4 x 4"):
        sum_blocks(np.ones((3, 9), dtype=np.uint16), 4)
