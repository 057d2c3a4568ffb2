"""Volumes hold the activity, the contrasts and the artefacts that they say."""

import math

import numpy as np
import pytest

from photopeak_analyzers.simulation.volumes import (
    CylinderPhantom,
    Ring,
    Rod,
    Sphere,
    cold_spheres,
    rod_sectors,
)

FWHM = 10.0


def test_a_cylinder_keeps_its_activity_when_blurred():
    phantom = CylinderPhantom(length_mm=150.0)

    volume = math.pi * 108.0**2 * 150.0 / 4.0**3
    assert phantom.expected(FWHM).sum() == pytest.approx(200.0 * volume, rel=2e-3)


def test_spheres_take_off_or_add_their_volume():
    at = (4.0, -8.0, 20.0)
    bare = CylinderPhantom().expected(FWHM).sum()
    for contrast in (-1.0, 3.0):
        part = Sphere(centre_mm=at, diameter_mm=31.8, contrast=contrast)
        found = CylinderPhantom(parts=(part,)).expected(FWHM).sum() - bare
        ball = math.pi / 6.0 * 31.8**3 / 4.0**3
        assert found == pytest.approx(contrast * 200.0 * ball, rel=2e-3)


def test_the_centre_of_a_sphere_has_the_recovery_that_it_says():
    hot = Sphere(centre_mm=(2.0, 2.0, 2.0), diameter_mm=20.0, contrast=3.0)
    values = CylinderPhantom(parts=(hot,)).expected(FWHM)

    # With even sides the voxel (32, 32, 32) is centred at +2 mm on each axis.
    recovery = hot.recovery(FWHM)
    assert values[32, 32, 32] == pytest.approx(200.0 * (1.0 + 3.0 * recovery), rel=1e-6)
    a = 10.0 * 2.354820 / (FWHM * math.sqrt(2.0))
    assert recovery == pytest.approx(
        math.erf(a) - 2.0 * a * math.exp(-a * a) / math.sqrt(math.pi), rel=1e-6
    )


def test_a_rod_takes_off_its_volume_between_its_ends():
    rod = Rod(centre_mm=(10.0, -30.0), diameter_mm=11.1, from_mm=-60.0, to_mm=20.0)
    phantom = CylinderPhantom(parts=(rod,))
    missing = CylinderPhantom().expected(FWHM) - phantom.expected(FWHM)

    assert missing.sum() == pytest.approx(200.0 * math.pi / 4.0 * 11.1**2 * 80.0 / 4.0**3, rel=2e-3)
    assert missing[50].sum() == pytest.approx(0.0, abs=1e-6)


def test_a_ring_and_a_cup_are_factors_of_the_radius():
    plain, spoilt = (
        CylinderPhantom(),
        CylinderPhantom(rings=(Ring(radius_mm=50.0, amplitude=0.1),), cupping=-0.2),
    )
    found, even = (phantom.expected(FWHM)[32, 32] for phantom in (spoilt, plain))

    # Row 32 lies 2 mm below the axis; the column nearest to 50 mm is at sqrt(50**2 - 2**2).
    r = np.hypot(2.0, (np.arange(64) - 31.5) * 4.0)
    sigma = 6.0 / 2.354820
    ring = 0.1 * np.exp(-0.5 * ((r - 50.0) / sigma) ** 2)
    cup = -0.2 * (1.0 - (r / 108.0) ** 2)
    inside = r < 100.0
    expected = even * (1.0 + cup + ring)
    assert found[inside] == pytest.approx(expected[inside], rel=1e-6)


def test_spheres_stand_on_their_circle_and_rods_in_their_sectors():
    spheres = cold_spheres((31.8, 25.4, 19.1, 15.9, 12.7, 9.5), at_mm=60.0, z_mm=20.0)
    diameters = (12.7, 11.1, 9.5, 7.9, 6.4, 4.8)
    rods = rod_sectors(diameters, radius_mm=95.0, from_mm=-90.0, to_mm=-20.0)

    assert [math.hypot(*s.centre_mm[1:]) for s in spheres] == pytest.approx([60.0] * 6)
    assert {s.centre_mm[0] for s in spheres} == {20.0}
    for index, diameter in enumerate(diameters):
        mine = [rod for rod in rods if rod.diameter_mm == diameter]
        assert len(mine) >= 5
        for rod in mine:
            turn = math.degrees(math.atan2(*rod.centre_mm)) - 60.0 * index
            assert abs((turn + 180.0) % 360.0 - 180.0) < 30.0
        nearest = min(math.dist(a.centre_mm, b.centre_mm) for a in mine for b in mine if a is not b)
        assert nearest == pytest.approx(2.0 * diameter)


def test_a_volume_lies_about_the_origin_and_its_noise_about_its_values():
    volume = CylinderPhantom().acquire(
        fwhm_mm=FWHM, rng=np.random.default_rng(4), counts_per_value=2.0
    )
    corner = volume.affine @ [0.0, 0.0, 0.0, 1.0]

    assert corner[:3] == pytest.approx([-126.0, -126.0, -126.0])
    assert volume.voxel_spacing_mm == (4.0, 4.0, 4.0)
    assert volume.affine @ [1, 0, 0, 0] == pytest.approx([0.0, 0.0, 4.0, 0.0])
    # 400 counts behind each value of 200: 5 %.
    middle = volume.physical(32)[24:40, 24:40]
    assert middle.mean() == pytest.approx(200.0, rel=0.02)
    assert middle.std() / middle.mean() == pytest.approx(0.05, rel=0.2)
