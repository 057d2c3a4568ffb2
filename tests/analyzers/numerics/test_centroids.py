"""Finding a point source in every frame."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.centroids import centroids_near, point_centroids
from photopeak_analyzers.numerics.coarse_image import coarse_image
from photopeak_analyzers.numerics.profiles import FWHM_PER_SIGMA
from photopeak_analyzers.simulation.tomography import add_point


def frames_with(*points, shape=(64, 64), fwhm=3.0, counts=20_000.0, background=0.0):
    """Return one frame per (row, column), with a Gaussian there."""
    frames = np.full((len(points), *shape), background)
    for frame, (row, column) in zip(frames, points, strict=True):
        add_point(frame, row, column, fwhm / FWHM_PER_SIGMA, counts)
    return frames


@settings(max_examples=50)
@given(
    st.floats(16.0, 47.0),
    st.floats(16.0, 47.0),
    st.floats(2.5, 4.0),
    st.sampled_from([0.0, 0.3, 5.0]),
)
def test_a_gaussian_is_found_to_a_millionth_of_a_pixel(row, column, fwhm, background):
    found = point_centroids(frames_with((row, column), fwhm=fwhm, background=background))

    assert found.positions[0] == pytest.approx([row, column], abs=1e-6)
    assert found.counts[0] == pytest.approx(20_000.0, rel=1e-6)
    assert found.background[0] == pytest.approx(background)
    assert found.converged.all()
    assert found.sources == 1


def test_frames_are_found_each_for_itself():
    places = [(20.3, 40.7), (31.5, 31.5), (44.1, 18.0)]

    found = point_centroids(frames_with(*places))

    assert found.positions == pytest.approx(np.array(places), abs=1e-6)


def test_a_larger_matrix_gives_the_same_as_a_smaller_one():
    small = point_centroids(frames_with((30.2, 33.9), (25.0, 40.0)))
    large = point_centroids(
        frames_with((30.2 + 96, 33.9 + 96), (25.0 + 96, 40.0 + 96), shape=(256, 256))
    )

    assert large.positions - 96.0 == pytest.approx(small.positions, abs=1e-6)


def test_flips_and_turns_flip_and_turn_the_result():
    frames = frames_with((20.3, 40.7), (33.0, 18.2))
    found = point_centroids(frames)

    flipped = point_centroids(frames[:, :, ::-1])
    turned = point_centroids(frames.transpose(0, 2, 1))

    assert flipped.positions[:, 1] == pytest.approx(63.0 - found.positions[:, 1], abs=1e-9)
    assert turned.positions == pytest.approx(found.positions[:, ::-1], abs=1e-9)
    assert turned.fwhm == pytest.approx(found.fwhm[::-1])


def test_the_strength_of_the_source_does_not_move_it():
    frames = frames_with((20.3, 40.7), background=0.5)

    assert point_centroids(frames * 100.0).positions == pytest.approx(
        point_centroids(frames).positions, abs=1e-9
    )


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32, np.int16, np.int64, np.float32])
def test_the_type_of_the_counts_does_not_matter(dtype):
    frames = np.rint(frames_with((20.3, 40.7), (33.0, 18.2), counts=1500.0))

    assert point_centroids(frames.astype(dtype)).positions == pytest.approx(
        point_centroids(frames).positions, abs=1e-9
    )


def test_the_frames_are_left_as_they_were():
    frames = frames_with((20.3, 40.7)).astype(np.uint16)
    before = frames.copy()
    frames.flags.writeable = False

    point_centroids(frames)

    assert np.array_equal(frames, before)


@pytest.mark.parametrize("background", [0.0, 0.4, 4.0])
def test_the_stated_uncertainty_is_the_spread_under_noise(background):
    rng = np.random.default_rng(21)
    expected = frames_with((30.3, 33.8), counts=10_000.0, background=background)[0]

    found = point_centroids(rng.poisson(expected, size=(400, 64, 64)))
    spread = found.positions.std(axis=0)

    # 400 draws tell a spread to 3.5 %: four times.
    assert spread == pytest.approx(found.uncertainties.mean(axis=0), rel=0.14)
    # The mean of 400 is known to a twentieth of one: four times.
    assert found.positions.mean(axis=0) == pytest.approx([30.3, 33.8], abs=4 * spread.max() / 20)


def test_ten_thousand_counts_place_a_source_to_fwhm_over_235():
    found = point_centroids(frames_with((30.3, 33.8), fwhm=4.0, counts=10_000.0))

    assert found.uncertainties[0] == pytest.approx(4.0 / FWHM_PER_SIGMA / 100.0, rel=1e-3)


def test_a_slope_of_the_background_pulls_less_than_a_hundredth_of_a_pixel():
    frames = frames_with((30.3, 33.8)) + np.linspace(0.0, 1.0, 64)

    assert point_centroids(frames).positions[0] == pytest.approx([30.3, 33.8], abs=0.02)


@pytest.mark.parametrize("fwhm", [2.0, 3.0, 6.0, 10.0])
def test_the_width_is_that_of_the_source_to_the_rounding_of_a_pixel(fwhm):
    rng = np.random.default_rng(4)
    places = 64.0 + rng.uniform(-8.0, 8.0, size=(40, 2))

    found = point_centroids(frames_with(*places, shape=(128, 128), fwhm=fwhm))

    # Profiles are put together to the nearest pixel: 1 / 12 of variance, and the peak is sampled.
    blurred = math.hypot(fwhm, FWHM_PER_SIGMA * math.sqrt(1.0 / 12.0))
    assert found.fwhm[0] == pytest.approx(blurred, rel=0.07)
    assert found.fwhm[1] == pytest.approx(blurred, rel=0.07)


def test_the_distance_from_the_border_counts_from_its_outer_edge():
    found = point_centroids(frames_with((31.5, 55.0), (10.0, 31.5)))

    assert found.edge_distance == pytest.approx([8.5, 10.5], abs=1e-6)


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_separate_sources_are_counted(count):
    frames = sum(
        frames_with(*[(12.0 + 10.0 * k, 20.0 + 5.0 * k + i) for i in range(12)])
        for k in range(count)
    )

    assert point_centroids(frames).sources == count


def test_two_sources_are_seen_although_they_cross_in_some_frames():
    columns = 31.5 + 20.0 * np.cos(np.radians(np.arange(0.0, 180.0, 6.0)))
    frames = frames_with(*[(31.5, c) for c in columns])
    frames += frames_with(*[(31.5, 63.0 - c) for c in columns], counts=15_000.0)

    assert point_centroids(frames).sources == 2


def test_a_source_of_a_fifth_is_no_second_source():
    frames = frames_with((20.5, 20.5)) + frames_with((45.5, 45.5), counts=3_000.0)

    assert point_centroids(frames).sources == 1


def test_noise_without_a_source_is_refused():
    noise = np.random.default_rng(6).poisson(4.0, size=(3, 64, 64))
    frames = noise + np.rint(frames_with((20.0, 20.0), (20.0, 20.0), (20.0, 20.0)))
    frames[1] = noise[1]

    with pytest.raises(UnsuitableAcquisitionError) as refusal:
        point_centroids(frames)

    assert str(refusal.value) == "1 of 3 frames show no source, needs one in every frame"


def test_an_empty_stack_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="2 of 2 frames show no source"):
        point_centroids(np.zeros((2, 64, 64), dtype=np.uint16))


def test_what_is_wider_than_any_source_is_refused():
    y, x = np.mgrid[:128, :128] - 63.5
    dish = np.where(np.hypot(y, x) < 28.0, 100.0, 0.0)

    with pytest.raises(UnsuitableAcquisitionError) as refusal:
        point_centroids(np.stack([dish, dish]))

    assert str(refusal.value) == "no point source: what is brightest is wider than 64 pixels"


def test_a_matrix_without_width_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="the matrix is 2 x 4096, too narrow"):
        coarse_image(np.ones((1, 2, 4096)))


@given(st.integers(1, 300), st.integers(1, 300))
def test_the_coarse_image_loses_less_than_a_block_on_each_side(rows, columns):
    frames = np.ones((1, rows, columns), dtype=np.uint16)
    block = max(1, math.ceil(max(rows, columns) / 64))
    if min(rows, columns) < block:
        return

    coarse = coarse_image(frames)

    assert coarse.block == block
    assert max(coarse.sums.shape) <= 64
    assert coarse.sums.sum() == (rows // block) * (columns // block) * block * block


def test_a_source_is_found_beside_a_brighter_one():
    frames = frames_with((20.3, 20.7), (24.1, 30.2), background=0.5)
    frames += frames_with((45.0, 45.0), (46.0, 44.0), counts=90_000.0)

    found = centroids_near(frames, np.array([[21.0, 20.0], [24.0, 31.0]]), radius_fwhm=2.0)

    # Of the brighter one, 30 pixels and 25 sigma away, nothing is in the circle.
    assert found.positions == pytest.approx(np.array([[20.3, 20.7], [24.1, 30.2]]), abs=1e-5)
    assert found.counts == pytest.approx([20_000.0] * 2, rel=1e-4)
    assert found.sources == 1


def test_a_place_without_a_source_is_refused():
    frames = frames_with((20.0, 20.0), background=1.0)

    with pytest.raises(UnsuitableAcquisitionError, match=r"no point source|counts above the"):
        centroids_near(frames, np.array([[50.0, 50.0]]))
