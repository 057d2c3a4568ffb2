"""A uniform cylinder of a GE Discovery IQ: 79 slices in PROPCNTS, each with another RescaleSlope.

What is compared is found without the analyzer: slices by pydicom alone, squares by whole pixels, and the
decay factor that the scanner itself wrote for a frame of 1200 s.
"""

import dataclasses
import math
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pydicom
import pytest

from photopeak.reading.assemble import read_acquisition
from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.contract import Inputs, ReadingValue
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.pet.pet_cross_calibration import ANALYZER as CALIBRATION
from photopeak_analyzers.pet.pet_uniformity import ANALYZER as UNIFORMITY
from support.acquisitions import real_data
from support.floods import precondition, value
from support.pet_cylinders import analyze

AT = datetime(2025, 2, 4, 13, 40, tzinfo=UTC)
"""A start that the anonymised header lacks."""


def folder() -> Path:
    return real_data("linaqa/tomo_uniformity")


@cache
def _read(path: Path) -> Volume:
    volume = read_acquisition(sorted(path.iterdir()))
    assert isinstance(volume, Volume)
    return volume


def cylinder() -> Volume:
    return _read(folder())


def by_hand() -> np.ndarray:
    """Return the slices by position, scaled by pydicom's elements alone."""
    objects = sorted(
        (pydicom.dcmread(path) for path in folder().iterdir()),
        key=lambda each: float(each.ImagePositionPatient[2]),
    )
    return np.stack([each.pixel_array * float(each.RescaleSlope) for each in objects])


def test_slices_are_found_by_position_and_scaled_by_their_own_slope():
    volume, slices = cylinder(), by_hand()

    assert (volume.units, volume.values.shape) == ("PROPCNTS", (79, 128, 128))
    assert len(set(volume.slope.tolist())) > 70
    for k in (0, 20, 40, 78):
        assert volume.physical(k) == pytest.approx(slices[k])


def test_uniformity_agrees_with_squares_of_whole_pixels():
    analysis = analyze(UNIFORMITY, cylinder())
    figures = {figure.name: figure for figure in analysis.figures}
    rows = np.array(figures["slices"].rows, dtype=float)

    # The axis as the centre of mass of the middle slices; squares of 5 x 5 pixels, 9.77 mm.
    slices = by_hand()
    middle = slices[30:50].mean(axis=0)
    inside = middle > 0.5 * np.percentile(middle, 90)
    row, column = (round(c.mean()) for c in np.nonzero(inside))
    first, last = int(rows[0, 0]) - 1, int(rows[-1, 0])
    half = 5
    places = [
        (row + 5 * i, column + 5 * j)
        for i in range(-7, 8)
        for j in range(-7, 8)
        if math.hypot(abs(5 * i) + 2.5, abs(5 * j) + 2.5) * 1.953125 <= 77.0
    ]
    squares = np.array(
        [
            [each[y - 2 : y - 2 + half, x - 2 : x - 2 + half].mean() for y, x in places]
            for each in slices[first:last]
        ]
    )
    means = squares.mean(axis=1)
    variation = squares.std(axis=1, ddof=1) / means

    assert last - first == value(analysis, "slices") == 50.0
    # Other squares of the same slices: means agree, their variation to the noise of 150 squares.
    assert rows[:, 2] == pytest.approx(means, rel=0.01)
    assert rows[:, 5].mean() == pytest.approx(100.0 * variation.mean(), rel=0.08)
    assert value(analysis, "axial_range_pct") == pytest.approx(
        100.0 * np.ptp(means) / means.mean(), abs=0.7
    )


def test_its_noise_is_said_and_its_structure_stands_out_of_it():
    analysis = analyze(UNIFORMITY, cylinder())

    assert analysis.valid
    noise = precondition(analysis, "PC_COUNTS", "noise alone")
    assert (noise.severity, noise.outcome) == ("soft", "not_met")
    floor = value(analysis, "noise_floor_nu_plus_pct", part="slab")
    assert value(analysis, "nu_plus_pct", part="slab") > 2.0 * floor


def test_an_anonymised_header_has_no_start_and_gives_no_factor():
    given = {"activity": ReadingValue(value=21.0, at=AT), "volume": ReadingValue(value=5500.0)}

    with pytest.raises(UnsuitableAcquisitionError, match="when the acquisition started"):
        analyze(CALIBRATION, cylinder(), given)


def test_the_scanner_decays_as_the_reference_to_the_start_says():
    volume = cylinder()
    header = MappingProxyType({**volume.header, "SeriesDateTime": AT.isoformat()})
    volume = dataclasses.replace(volume, started_at=AT, header=header)
    inputs = Inputs(
        roles={"cylinder": (volume,)},
        readings={
            "activity": ReadingValue(value=21.0, at=AT),
            "volume": ReadingValue(value=5500.0),
        },
        variant="local",
    )
    analysis = CALIBRATION.analyze(inputs)

    found = precondition(analysis, "PC_TIME", "decay factor")
    # 1.06447 in the header for 1200 s of F-18: six digits of it.
    assert found.outcome == "met"
    assert abs(float(found.value or 1.0)) < 1e-3
    # The slices at 80 % of the length, 21 MBq in 5500 mL: kBq/mL for each unit of the values.
    mean = by_hand()[20:58, 54:74, 54:74].mean()
    assert value(analysis, "kbq_per_ml_per_value") == pytest.approx(21e3 / 5500.0 / mean, rel=0.05)
