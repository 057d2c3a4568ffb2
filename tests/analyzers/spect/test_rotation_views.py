"""The views of a head: their order, arc, steps and opposed pairs."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photopeak_analyzers.acquisition import Frame, Tomographic
from photopeak_analyzers.spect.rotation_views import views_of


def turn(angles, **frame):
    frames = tuple(
        Frame(detector=1, energy_window=1, view=n, angle_deg=float(a), **frame)
        for n, a in enumerate(angles, start=1)
    )
    counts = np.arange(len(frames), dtype=np.uint16)[:, None, None] * np.ones((1, 2, 2), np.uint16)
    return Tomographic(counts=counts, frames=frames)


def views(angles):
    (only,) = views_of(turn(angles))
    return only


@given(
    st.floats(-720.0, 720.0),
    st.integers(8, 128),
    st.sampled_from([180.0, 204.0, 360.0]),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_arc_and_step_do_not_depend_on_start_sense_or_order(start, count, arc, clockwise, random):
    angles = [start + (-1 if clockwise else 1) * arc / count * n for n in range(count)]
    random.shuffle(angles)

    found = views(angles)

    assert found.arc_deg == pytest.approx(arc, abs=1e-6)
    assert found.step_deg == pytest.approx(arc / count, abs=1e-6)
    assert found.largest_step_error < 1e-6
    assert (np.diff(found.angles_deg) > 0.0).all()


def test_an_arc_over_zero_degrees_stays_in_one_piece():
    found = views([350.0, 355.0, 0.0, 5.0, 10.0, 345.0, 15.0, 20.0])

    assert found.angles_deg == pytest.approx(np.arange(345.0, 381.0, 5.0))
    assert found.positions.tolist() == [5, 0, 1, 2, 3, 4, 6, 7]
    assert found.arc_deg == pytest.approx(40.0)


def test_frames_next_to_each_other_are_not_copied():
    rotation = turn(np.arange(0.0, 360.0, 45.0))
    (forwards,) = views_of(rotation)
    (backwards,) = views_of(turn(np.arange(135.0, -1.0, -45.0)))

    assert np.shares_memory(forwards.frames_of(rotation), rotation.counts)
    assert backwards.frames_of(rotation)[:, 0, 0].tolist() == [3, 2, 1, 0]


def test_frames_in_disorder_come_in_the_order_of_their_angles():
    rotation = turn([90.0, 0.0, 270.0, 180.0])
    (found,) = views_of(rotation)

    angle = np.array([90.0, 0.0, 270.0, 180.0])[found.frames_of(rotation)[:, 0, 0]]
    assert angle % 360.0 == pytest.approx(found.angles_deg % 360.0)


def test_opposed_views_are_paired_once():
    pairs = views(np.arange(0.0, 360.0, 6.0)).opposed_pairs()

    assert len(pairs) == 30
    assert all(b - a == 30 for a, b in pairs)


@pytest.mark.parametrize("angles", [np.arange(0.0, 180.0, 3.0), np.arange(0.0, 360.0, 8.0)])
def test_views_without_an_opposite_are_not_paired(angles):
    assert views(angles).opposed_pairs() == ()


def test_places_that_are_visited_twice_count_once():
    found = views([*np.arange(0.0, 360.0, 10.0)] * 2)

    assert found.places_deg.size == 36
    assert found.positions.size == 72
    assert found.step_deg == pytest.approx(10.0)


def test_a_single_view_has_no_step():
    found = views([30.0])

    assert (found.step_deg, found.largest_step_error, found.arc_deg) == (0.0, 0.0, 0.0)


def test_heads_and_windows_have_views_of_their_own():
    both = turn(np.arange(0.0, 360.0, 45.0))
    frames = [dataclasses.replace(f, detector=1 + n % 2) for n, f in enumerate(both.frames)]

    first, second = views_of(dataclasses.replace(both, frames=tuple(frames)))

    assert (first.detector, second.detector) == (1, 2)
    assert second.angles_deg == pytest.approx([45.0, 135.0, 225.0, 315.0])
