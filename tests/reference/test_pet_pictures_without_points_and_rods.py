"""Real series of PET that show neither point sources nor rods: both tests refuse them."""

from pathlib import Path

import pytest

from photopeak.reading.assemble import read_acquisition
from photopeak_analyzers.contract import Inputs
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.pet import pet_rod_phantom_resolution, pet_spatial_resolution
from support.acquisitions import real_data

SERIES = ("linaqa/tomo_uniformity", "pynemaiqpet/pet_recon_1")
"""A uniform cylinder, and the body phantom with six spheres."""


def paths(name: str) -> list[Path]:
    return sorted(path for path in real_data(name).iterdir() if path.is_file())


@pytest.mark.parametrize("name", SERIES)
def test_neither_a_cylinder_nor_spheres_are_rods(name: str) -> None:
    inputs = Inputs(roles={"phantom": (read_acquisition(paths(name)),)}, variant="jjf")

    with pytest.raises(UnsuitableAcquisitionError, match="shows no sectors of hot or cold rods"):
        pet_rod_phantom_resolution.ANALYZER.analyze(inputs)


@pytest.mark.parametrize("variant", ["jjf", "nema"])
@pytest.mark.parametrize("name", SERIES)
def test_neither_a_cylinder_nor_spheres_are_points(name: str, variant: str) -> None:
    inputs = Inputs(roles={"points": (read_acquisition(paths(name)),)}, variant=variant)

    with pytest.raises(UnsuitableAcquisitionError, match="point source"):
        pet_spatial_resolution.ANALYZER.analyze(inputs)
