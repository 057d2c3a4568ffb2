"""Markers of two images: the rigid motion that fits them, and centroids cut by the end of a volume."""

import numpy as np
import pytest

from photopeak_analyzers.marker_positions import Marker
from photopeak_analyzers.marker_registration import motion_of, register, rigid_motion

PLACES = np.array(
    [(0.0, 0.0, -40.0), (30.0, 50.0, 20.0), (-40.0, -30.0, 50.0), (10.0, -60.0, -20.0)]
)


def turn(degrees: float, axis: tuple[float, float, float]) -> np.ndarray:
    """Rodrigues' formula."""
    k = np.array(axis) / np.linalg.norm(axis)
    cross = np.array([[0.0, -k[2], k[1]], [k[2], 0.0, -k[0]], [-k[1], k[0], 0.0]])
    angle = np.radians(degrees)
    return np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * cross @ cross


@pytest.mark.parametrize("degrees", [0.0, 1e-4, 0.3, 5.0, 90.0, 179.0])
@pytest.mark.parametrize("axis", [(1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (1.0, -2.0, 0.5)])
def test_a_turn_and_a_shift_are_found_exactly(degrees, axis):
    moved = PLACES @ turn(degrees, axis).T + (3.0, -200.0, 7.0)
    angle, left = rigid_motion(PLACES, (moved - PLACES)[None])

    assert angle[0] == pytest.approx(degrees, abs=1e-5)
    assert left[0] < 1e-9


def test_places_in_a_plane_are_turned_and_not_mirrored():
    flat = PLACES * (1.0, 1.0, 0.0)
    angle, left = rigid_motion(flat, (flat @ turn(10.0, (0.0, 0.0, 1.0)).T - flat)[None])

    assert angle[0] == pytest.approx(10.0, abs=1e-6)
    assert left[0] < 1e-9


def test_each_set_of_displacements_has_its_own_answer():
    shifts = [PLACES @ turn(d, (1.0, 0.0, 0.0)).T - PLACES for d in (1.0, 2.0, 3.0)]

    assert rigid_motion(PLACES, np.array(shifts))[0] == pytest.approx([1.0, 2.0, 3.0])


def test_one_marker_that_moved_is_left_over():
    shifts = np.zeros((1, 4, 3))
    shifts[0, 2, 0] = 6.0
    _, left = rigid_motion(PLACES, shifts)

    # The motion follows it in part: never by more than the whole, never by all of it.
    assert 1.5 < left[0] < 6.0


def marker(place: np.ndarray, u: float | None) -> Marker:
    return Marker(
        position=place, uncertainty=None if u is None else np.full(3, u), index=np.zeros(3)
    )


@pytest.mark.parametrize(("u", "stated"), [(0.1, True), (None, False)])
def test_noise_that_is_not_known_gives_no_uncertainty(u, stated):
    moved = [marker(np.add(p, (1.0, 0.0, 0.0)), u) for p in PLACES]
    found = register(moved, [marker(p, 0.1) for p in PLACES], np.random.default_rng(1), 64)
    (angle,) = [m for m in motion_of(found) if m.metric == "rotation_deg"]

    assert (found.u_largest_mm is not None) is stated
    assert (angle.uncertainty is not None) is stated
    assert angle.value == pytest.approx(0.0, abs=1e-6)
