"""Recovery of a published PET series of a body phantom, against an independent program on the same series.

pynemaiqpet 0.5.4 (MIT) on its own example, ``fit_WB_NEMA_sphere_profiles`` with fixed radii and the same
signal in all spheres: mean above half of highest voxel plus background, and highest voxel, in the values
of the series.
"""

import dataclasses

import pytest

from photopeak.reading.assemble import read_acquisition
from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.contract import Inputs, ReadingValue
from photopeak_analyzers.pet.pet_recovery_coefficients import ANALYZER
from support.acquisitions import real_data
from support.floods import value

THEIRS = {
    37.0: (16461.6, 24178.87),
    28.0: (17062.0, 26465.91),
    22.0: (15991.0, 23469.66),
    17.0: (14658.5, 20543.80),
    13.0: (14108.3, 21029.02),
    10.0: (12820.9, 16888.96),
}
"""Mean above half and highest voxel by diameter in mm."""


def test_mean_above_half_and_highest_voxel_are_those_of_another_program() -> None:
    folder = real_data("pynemaiqpet/pet_recon_1")
    volume = read_acquisition(sorted(p for p in folder.iterdir() if p.is_file()), ())
    assert isinstance(volume, Volume)
    # The series tells neither unit nor nuclide; 10 MBq/mL make a recovery of 1 of 1e7.
    at = volume.started_at
    readings = {
        "activity": ReadingValue(value=1000.0, at=at),
        "volume": ReadingValue(value=100.0),
    }
    inputs = Inputs(
        roles={"reconstruction": (dataclasses.replace(volume, units="BQML", nuclide="F-18"),)},
        readings=readings,
        variant="earl1",
    )
    analysis = ANALYZER.analyze(inputs, ANALYZER.parameters(draws=16))

    for diameter, (half, highest) in THEIRS.items():
        # Their background is 0.7 % lower, which moves a voxel or two across half.
        assert 1e7 * value(analysis, "rc_a50", sphere_mm=diameter) == pytest.approx(half, rel=1e-3)
        assert 1e7 * value(analysis, "rc_max", sphere_mm=diameter) == pytest.approx(
            highest, rel=1e-6
        )
