"""Image quality of a published PET series of a body phantom, against regions drawn independently."""

from datetime import UTC, datetime

import numpy as np
import pytest
from scipy import ndimage

from photopeak.reading.assemble import read_acquisition
from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.contract import Inputs, ReadingValue
from photopeak_analyzers.pet.pet_image_quality import ANALYZER
from support.acquisitions import real_data
from support.floods import value
from support.volumes import uncertainty

AT = datetime(2020, 8, 23, 18, 0, tzinfo=UTC)
RATIO = 10.0
"""Not published with the series; it only scales the contrasts."""


@pytest.fixture(scope="module")
def volume() -> Volume:
    """89 slices of 192 x 192 voxels, six hot spheres, lung insert."""
    folder = real_data("pynemaiqpet/pet_recon_1")
    made = read_acquisition(sorted(p for p in folder.iterdir() if p.is_file()), ())
    assert isinstance(made, Volume)
    return made


def test_contrast_is_that_of_discs_about_the_hottest_places(volume: Volume) -> None:
    readings = {
        "hot_concentration": ReadingValue(value=10.0 * RATIO, at=AT),
        "background_concentration": ReadingValue(value=10.0, at=AT),
    }
    inputs = Inputs(roles={"reconstruction": (volume,)}, readings=readings, variant="nema")
    analysis = ANALYZER.analyze(inputs, ANALYZER.parameters(position_mm=0.0))

    # Whole pixels about the centroid of each spot of one slice, and the mean of the body
    # beyond the spheres, 12 mm from its edge and from the lung insert.
    values = volume.values * volume.slope[:, None, None]
    side, pixel = volume.voxel_spacing_mm[0], volume.voxel_spacing_mm[1]
    smooth = ndimage.gaussian_filter(values, (1.0, 1.5, 1.5))
    labels, count = ndimage.label(smooth[42] > 0.3 * smooth[42].max())
    body = ndimage.binary_erosion(smooth[50:60] > 0.03 * smooth[42].max(), np.ones((1, 3, 3)), 6)
    background = float(values[50:60][body].mean())
    assert count == 6
    sizes = ndimage.sum_labels(np.ones_like(labels), labels, range(1, 7))
    y, x = np.indices(labels.shape)
    for label, diameter in zip(np.argsort(sizes)[::-1] + 1, (37.0, 28.0, 22.0, 17.0), strict=False):
        cy, cx = ndimage.center_of_mass(smooth[42], labels, label)
        disc = np.hypot(y - cy, x - cx) * pixel <= diameter / 2.0
        wanted = 100.0 * (float(values[42][disc].mean()) / background - 1.0) / (RATIO - 1.0)
        found = value(analysis, "contrast_j", sphere_mm=diameter)
        assert found == pytest.approx(wanted, abs=3.5), diameter  # whole pixels
        # Two per cent of the ratio are 2.2 % of the contrast.
        assert uncertainty(analysis, "contrast_j", sphere_mm=diameter) > 0.02 * found
    assert analysis.valid
    assert side == pytest.approx(2.78)


def test_variability_falls_with_the_size_and_the_lung_is_cold(volume: Volume) -> None:
    inputs = Inputs(roles={"reconstruction": (volume,)}, variant="jjf", partial=True)
    analysis = ANALYZER.analyze(inputs)
    noise = [
        value(analysis, "variability_j", sphere_mm=d) for d in (37.0, 28.0, 22.0, 17.0, 13.0, 10.0)
    ]

    assert noise == sorted(noise)
    assert 1.5 < noise[0] < 4.0
    assert value(analysis, "lung_residual_i") < 3.0
    assert value(analysis, "sphere_residual_mm") < 2.0
