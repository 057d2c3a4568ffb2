"""Rotations and rooms of known truth."""

import numpy as np
import pytest

from photopeak_analyzers.numerics.field_of_view import FieldOfView
from photopeak_analyzers.simulation.point_sources import Room, Spot
from photopeak_analyzers.simulation.tomography import (
    Head,
    PointSource,
    RotatingCamera,
    add_point,
    stored,
)


def centroid(image):
    rows, columns = np.indices(image.shape)
    return (image * rows).sum() / image.sum(), (image * columns).sum() / image.sum()


def test_a_point_has_its_counts_and_its_place():
    image = np.zeros((40, 50))

    add_point(image, 20.25, 24.6, 1.5, 1000.0)

    assert image.sum() == pytest.approx(1000.0)
    assert centroid(image) == pytest.approx((20.25, 24.6))


def test_a_point_beyond_the_border_leaves_what_falls_inside():
    image = np.zeros((40, 40))

    add_point(image, 20.0, -0.5, 2.0, 1000.0)
    add_point(image, -100.0, -100.0, 2.0, 1000.0)

    assert image.sum() == pytest.approx(500.0, rel=1e-6)


@pytest.mark.parametrize("clockwise", [False, True])
def test_sources_lie_where_their_truth_says(clockwise):
    camera = RotatingCamera(
        views=8,
        clockwise=clockwise,
        heads=(Head(start_angle_deg=45.0, cor_offset_px=0.3, axial_tilt_deg=1.0, wobble_mm=2.0),),
    )
    source = PointSource(radius_mm=80.0, azimuth_deg=20.0, axial_mm=30.0)

    frames = camera.acquire((source,)).counts

    # A Gaussian sampled at 1.06 pixels per sigma: exp(-2 pi**2 1.06**2) is lost.
    assert np.array([centroid(frame) for frame in frames]) == pytest.approx(
        camera.position(camera.heads[0], source), abs=1e-8
    )


def test_the_sense_of_rotation_turns_the_angles():
    counter = RotatingCamera(views=4).angles_deg(Head(start_angle_deg=10.0))
    clockwise = RotatingCamera(views=4, clockwise=True).angles_deg(Head(start_angle_deg=10.0))

    assert counter == pytest.approx([10.0, 100.0, 190.0, 280.0])
    assert clockwise == pytest.approx([10.0, -80.0, -170.0, -260.0])


def test_a_source_faces_the_head_at_its_azimuth():
    # At the angle of its azimuth it is farthest to the right, a quarter turn later in the middle.
    camera = RotatingCamera(views=4)
    source = PointSource(azimuth_deg=0.0, radius_mm=100.0)

    columns = camera.position(Head(), source)[:, 1]

    assert columns == pytest.approx([63.5 + 25.0, 63.5, 63.5 - 25.0, 63.5])


def test_a_head_may_be_shifted_stretched_and_turned():
    source = PointSource(radius_mm=100.0, azimuth_deg=30.0, axial_mm=40.0)
    camera = RotatingCamera(views=4, pixel_mm=4.0)
    plain = camera.position(Head(), source) - 63.5

    shifted = camera.position(Head(axial_shift_mm=6.0), source) - 63.5
    stretched = camera.position(Head(gain=1.1), source) - 63.5
    turned = camera.position(Head(angle_error_deg=30.0), source) - 63.5

    assert shifted[:, 0] == pytest.approx(plain[:, 0] + 1.5)
    assert stretched == pytest.approx(1.1 * plain)
    # It stands at the azimuth of the source when it says 0.
    assert turned[0, 1] == pytest.approx(25.0)


def test_an_acquisition_says_what_it_is():
    camera = RotatingCamera(views=6, heads=(Head(), Head(start_angle_deg=180.0)), clockwise=True)

    turn = camera.acquire(rng=np.random.default_rng(1))

    assert turn.counts.shape == (12, 128, 128)
    assert turn.counts.dtype == np.uint16
    assert [f.detector for f in turn.frames] == [1] * 6 + [2] * 6
    assert [f.view for f in turn.frames] == [*range(1, 7)] * 2
    assert turn.frames[7].angle_deg == pytest.approx(120.0)
    assert turn.clockwise
    assert turn.angular_step_deg == 60.0


def test_the_same_seed_gives_the_same_counts():
    first, second = (
        RotatingCamera(views=4).acquire(rng=np.random.default_rng(5)).counts for _ in range(2)
    )

    assert np.array_equal(first, second)


def test_counts_are_stored_in_as_many_bits_as_they_need():
    assert stored(np.array([65_535])).dtype == np.uint16
    assert stored(np.array([65_536])).dtype == np.uint32


def test_a_room_spreads_its_counts_over_the_crystal():
    room = Room(crystal=FieldOfView(width_mm=480.0, height_mm=384.0), background_cps=10.0)

    image = room.expected()

    assert image.sum() == pytest.approx(6000.0)
    assert np.count_nonzero(image) == 100 * 80
    assert image.max() == pytest.approx(6000.0 / 8000.0)


def test_a_spot_lies_right_of_and_below_the_middle():
    spot = Spot(counts=1e6, x_mm=48.0, y_mm=24.0)

    image = Room(background_cps=0.0).expected((spot,))

    assert centroid(image) == pytest.approx((63.5 + 5.0, 63.5 + 10.0))


def test_slices_share_the_time():
    room = Room(rows=32, columns=32).acquire({1: ()}, rng=np.random.default_rng(1), slices=4)

    assert [f.time_slice for f in room.frames] == [1, 2, 3, 4]
    assert sum(f.duration_s for f in room.frames) == pytest.approx(600.0)
