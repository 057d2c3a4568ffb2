"""Which way sectors of rods point, hot or cold, either way round."""

import numpy as np
import pytest

from photopeak_analyzers.numerics.polar_match import polar_of_each, polar_slices
from photopeak_analyzers.numerics.rod_lattice import lattice, neighbours, turned
from photopeak_analyzers.numerics.rod_sectors import match_sectors, sector_patterns
from photopeak_analyzers.simulation.volumes import CylinderPhantom, rod_sectors

DIAMETERS = (12.0, 10.0, 8.0, 6.0, 5.0, 4.0)
CENTRE, PIXEL = (63.5, 63.5), (1.6, 1.6)


def values(contrast=-1.0):
    rods = rod_sectors(DIAMETERS, radius_mm=90.0, from_mm=-20.0, to_mm=50.0, contrast=contrast)
    return CylinderPhantom(
        shape=(20, 128, 128),
        voxel_mm=(5.0, 1.6, 1.6),
        diameter_mm=200.0,
        length_mm=90.0,
        parts=rods,
    ).expected(5.0)


def match(image, **options):
    polar = polar_slices(image, (2, 18), CENTRE, PIXEL, 93.0)
    return match_sectors(polar, sector_patterns(polar, DIAMETERS, 25.0, 93.0), **options)


@pytest.mark.parametrize("hot", [False, True])
def test_the_sectors_are_found_in_their_slices(hot):
    found = match(values(3.0 if hot else -1.0), hot=hot)

    assert found.angles_deg == (0.0, 60.0, 120.0, 180.0, 240.0, 300.0)
    # From -20 to 50 mm: slices of 5 mm from number 5.5 on, up to number 19.5, seen up to 17.
    assert found.run == pytest.approx((6, 18), abs=1)


def test_a_mirror_turns_the_order_of_the_sectors_round():
    assert match(values()[:, ::-1]).angles_deg == (0.0, -60.0, -120.0, -180.0, -240.0, -300.0)


def test_hot_rods_are_matched_better_as_hot_than_as_cold():
    """What lies between hot rods is a lattice of cold spots, of half the amplitude."""
    image = values(3.0)
    as_cold = match(image, hot=False)

    assert as_cold is None or as_cold.strength < 0.5 * match(image, hot=True).strength


def test_noise_has_no_sectors():
    noise = np.random.default_rng(1).poisson(100.0, (20, 128, 128)).astype(float)

    assert match(noise) is None


def test_slices_asked_for_one_by_one_are_those_of_the_volume():
    image = values()
    whole = polar_slices(image, (3, 9), CENTRE, PIXEL, 93.0)
    each = polar_of_each(lambda number: image[number], (3, 9), CENTRE, PIXEL, 93.0)

    assert np.abs(whole.spectrum - each.spectrum).max() < 1e-12


def test_neighbours_are_one_pitch_apart():
    rods, _ = lattice(5.0, 30.0, half=np.pi / 6.0, inner=20.0, outer=60.0)
    pairs = neighbours(rods, 10.0)
    distance = np.hypot(*(rods[pairs[:, 0]] - rods[pairs[:, 1]]).T)

    assert distance == pytest.approx(np.full(len(pairs), 10.0))
    # A rod in the middle of a triangular lattice has six neighbours.
    assert np.bincount(pairs.ravel()).max() == 6


def test_a_wider_pitch_has_fewer_rods_between_the_same_bounds():
    bounds = {"half": np.pi / 6.0, "inner": 20.0, "outer": 90.0}
    narrow, wide = (lattice(4.0, 25.0, **bounds, pitch_diameters=pitch)[0] for pitch in (2.0, 4.0))

    assert len(wide) == pytest.approx(len(narrow) / 4.0, rel=0.2)


def test_a_quarter_turn_brings_x_to_y():
    assert turned(np.array([[0.0, 2.0]]), np.pi / 2.0) == pytest.approx(np.array([[2.0, 0.0]]))
