"""Hot spheres against an independent segmentation of a published volume of a real scanner.

A PET scanner made it; where spheres are, and that small ones recover less, does not depend on that.
"""

import numpy as np
import pytest
from scipy import ndimage

from photopeak.reading.assemble import read_acquisition
from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.numerics.sphere_recovery import values_of
from photopeak_analyzers.spect.hot_spheres import HotSpheres, find_hot_spheres
from photopeak_analyzers.spect.reconstruction import Reconstruction, reconstruction_of
from photopeak_analyzers.spect.recovery_curve import fit_recovery
from support.acquisitions import real_data

DIAMETERS = (37.0, 28.0, 22.0, 17.0, 13.0, 10.0)


@pytest.fixture(scope="module")
def phantom() -> tuple[Reconstruction, HotSpheres]:
    """NEMA body phantom, 89 slices of 192 x 192 voxels, six hot spheres."""
    folder = real_data("pynemaiqpet/pet_recon_1")
    volume = read_acquisition(sorted(p for p in folder.iterdir() if p.is_file()), ())
    assert isinstance(volume, Volume)
    made = reconstruction_of(volume)
    return made, find_hot_spheres(made, DIAMETERS, 57.2)


def test_the_spheres_are_where_a_threshold_finds_them(
    phantom: tuple[Reconstruction, HotSpheres],
) -> None:
    made, spheres = phantom
    voxel = np.array(made.voxel_mm)
    smoothed = ndimage.gaussian_filter(made.values, 2.5 / voxel)
    labels, count = ndimage.label(smoothed > 3.5 * spheres.background)
    sizes = ndimage.sum_labels(np.ones_like(labels), labels, range(1, count + 1))
    largest = np.argsort(sizes)[::-1][:6] + 1
    places = np.array(ndimage.center_of_mass(smoothed, labels, largest)) * voxel

    # Six separate places; ours are at the same to the noise of the smallest of them.
    distances = np.linalg.norm(spheres.centres_mm[:, None] - places, axis=2)
    assert sorted(distances.argmin(axis=1)) == [0, 1, 2, 3, 4, 5]
    assert distances.min(axis=1).max() < 3.0
    assert spheres.residual_mm < 2.0


def test_the_recovery_falls_with_the_size_of_the_sphere(
    phantom: tuple[Reconstruction, HotSpheres],
) -> None:
    made, spheres = phantom
    values = values_of(
        made.values, made.voxel_mm, spheres.each(), spheres.noise, np.random.default_rng(1), 32
    )
    mean = np.array([each.mean.value for each in values]) - spheres.background

    assert (np.diff(mean) < 0.0).all()
    assert all(each.mean.value < each.a50.value < each.highest.value for each in values)
    # What was filled in is not published; the shape of the curve fits whatever the largest recovers.
    volume = np.pi / 6.0 * np.array(DIAMETERS) ** 3 / 1000.0
    assert fit_recovery(volume, 0.9 * mean / mean[0]) is not None
