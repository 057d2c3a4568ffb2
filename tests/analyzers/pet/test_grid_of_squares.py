"""Squares about an axis, means along it, and the noise that is drawn anew, in closed form."""

import dataclasses
import math
import tracemalloc

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.pet import axial_means
from photopeak_analyzers.pet.grid_of_squares import (
    evenness_of,
    grid_in_circle,
    refuse_what_lies_inside,
    structure_of,
)
from photopeak_analyzers.pet.scaled_slices import cylinder_in, scaled_slices
from support.pet_cylinders import cylinder, scaled_by_slice


def test_squares_lie_wholly_within_the_circle():
    # Corners of the four about the axis are 10 root 2 = 14.1 mm away, those of the next 22.4 mm.
    grid = grid_in_circle((40, 40), (19.5, 19.5), (2.0, 2.0), radius_mm=22.4, side_mm=10.0)

    assert grid.count == 12
    with pytest.raises(UnsuitableAcquisitionError, match="4 squares of 10 mm lie within 22 mm"):
        grid_in_circle((40, 40), (19.5, 19.5), (2.0, 2.0), radius_mm=22.3, side_mm=10.0)


@pytest.mark.parametrize("pixel_mm", [1.0, 2.0, 2.7, 4.07, 7.0])
@pytest.mark.parametrize("shift", [0.0, 0.3, -0.45])
def test_a_plane_has_its_value_in_the_middle_of_each_square(pixel_mm, shift):
    size = int(260 / pixel_mm)
    centre = (size / 2.0 + shift, size / 2.0 - 1.0 - shift)
    grid = grid_in_circle((size, size), centre, (pixel_mm, pixel_mm), radius_mm=80.0, side_mm=10.0)
    rows, columns = np.mgrid[:size, :size]
    means = grid.means(3.0 * rows + 5.0 * columns + 100.0)

    for index in (0, 17, grid.count - 1):
        corners = np.array(grid.outline(index, centre, (pixel_mm, pixel_mm)))
        row, column = corners.mean(axis=0)
        # Pixels count by their area with one value each: half a pixel at most is not known.
        assert means[index] == pytest.approx(3.0 * row + 5.0 * column + 100.0, abs=8.0 * 0.15)
    assert grid.means(np.full((size, size), 7.0)) == pytest.approx(7.0)


def test_a_pixel_that_squares_share_counts_by_its_area():
    # Pixels of 4 mm: the border between two squares runs through the middle of a pixel.
    grid = grid_in_circle((41, 41), (20.0, 20.0), (4.0, 4.0), radius_mm=40.0, side_mm=10.0)
    image = np.zeros((41, 41))
    image[20, 20] = 1.0
    means = grid.means(image)

    # A quarter of 16 mm2 in each of the four about the axis, over 100 mm2.
    assert sorted(means[means > 0.0]) == pytest.approx([0.04] * 4)


def test_a_circle_that_leaves_the_slice_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="has room for 40 mm: the phantom is cut"):
        grid_in_circle((40, 40), (19.5, 19.5), (2.0, 2.0), radius_mm=41.0, side_mm=10.0)


def test_evenness_is_that_of_each_slice():
    found = evenness_of(np.array([[-0.1, 0.0, 0.1], [-0.3, 0.1, 0.2]]))

    assert found.plus.tolist() == [0.1, 0.2]
    assert found.minus.tolist() == [0.1, 0.3]
    assert found.variation == pytest.approx([0.1, math.sqrt(0.07)])
    assert found.worst(np.array([0, 1])) == pytest.approx(
        (0.2, 0.3, (0.1 + math.sqrt(0.07)) / 2.0, math.sqrt(0.07))
    )


def test_structure_is_what_slices_have_in_common():
    rng = np.random.default_rng(1)
    common = rng.standard_normal(50) * 0.1
    noise = rng.standard_normal((40, 50)) * 0.02
    structure = structure_of(common + noise)

    assert structure.common == pytest.approx(common, abs=5 * 0.02 / math.sqrt(40))
    # Widened by what the mean of 40 took off; 2000 numbers know it to 1.6 %.
    assert structure.left.std() == pytest.approx(0.02, rel=0.08)
    drawn = list(structure.drawn(seed=3))
    assert len(drawn) == 96
    assert np.std(drawn[5] - structure.common) == pytest.approx(0.02, rel=0.08)


def test_the_noisier_end_stays_at_its_end():
    rng = np.random.default_rng(2)
    level = np.where(np.arange(40) < 5, 0.1, 0.01)[:, None]
    structure = structure_of(level * rng.standard_normal((40, 60)))

    for each in list(structure.drawn(seed=1))[:4]:
        assert each[:5].std() > 5.0 * each[5:].std()


def test_what_lies_in_some_slices_is_refused_with_its_value():
    relative = np.zeros((20, 30))
    relative[8:13, 4] = -0.9
    with pytest.raises(UnsuitableAcquisitionError, match=r"is 0\.10 of their mean"):
        refuse_what_lies_inside(relative, slice_mm=3.0)

    # One slice alone is a bad slice, and measured as such.
    relative[:] = 0.0
    relative[8, 4] = -0.9
    refuse_what_lies_inside(relative, slice_mm=3.0)


def test_numbers_of_the_axial_profile():
    means = np.array([9.0, 10.0, 10.0, 10.0, 11.5, 9.5])

    assert axial_means.highest(means) == pytest.approx(0.15)
    assert axial_means.lowest(means) == pytest.approx(0.1)
    assert axial_means.span(means) == pytest.approx(0.25)
    assert axial_means.farthest(means) == pytest.approx(0.15)


def test_a_parabola_along_the_axis_is_no_noise():
    places = np.linspace(-1.0, 1.0, 30)
    assert axial_means.spread(10.0 - places**2, axial_means.span, seed=0) == pytest.approx(
        0.0, abs=1e-12
    )


@pytest.mark.parametrize("smoothed", [0.1, 1.0])
@pytest.mark.parametrize("of", [axial_means.span, axial_means.highest, axial_means.farthest])
def test_the_spread_is_that_of_other_noise_along_the_axis(smoothed, of):
    # Smoothing by a Gaussian makes a mean as unsure as of 2 sqrt(pi) sigma times fewer slices.
    excess = max(2.0 * math.sqrt(math.pi) * smoothed, 1.0)
    rng = np.random.default_rng(5)
    profiles = [
        100.0 + gaussian_filter1d(rng.standard_normal(60), smoothed)[10:-10] for _ in range(300)
    ]
    true = np.std([of(each) for each in profiles])
    told = [axial_means.spread(each, of, seed, excess) for seed, each in enumerate(profiles[::6])]

    # 300 profiles tell their spread to 4 %.
    assert 0.85 < np.mean(told) / true < 1.35


def test_a_large_series_is_never_held_in_physical_values():
    small = scaled_by_slice(cylinder())
    values = np.repeat(np.repeat(np.repeat(small.values, 4, axis=0), 4, axis=1), 4, axis=2)
    affine = small.affine.copy()
    affine[:3, :3] /= 4.0
    large = dataclasses.replace(
        small,
        values=values,
        slope=np.repeat(small.slope, 4),
        intercept=np.zeros(len(values)),
        affine=affine,
    )
    tracemalloc.start()
    try:
        slices = scaled_slices(large)
        found = cylinder_in(slices)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    # 43 million bytes of 16 bits would be four times as many in 64.
    assert values.nbytes > 40e6
    assert peak < 0.2 * values.nbytes
    assert found.radius_mm == pytest.approx(100.0, rel=0.01)
