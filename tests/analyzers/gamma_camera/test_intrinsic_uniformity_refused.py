"""Pictures and parameters for which no intrinsic uniformity is measured or judged."""

import dataclasses

import numpy as np
import pytest

from photopeak_analyzers.acquisition import Frame, Tomographic
from photopeak_analyzers.contract import Inputs
from photopeak_analyzers.errors import ParameterError, UnsuitableAcquisitionError
from photopeak_analyzers.gamma_camera.intrinsic_uniformity import ANALYZER
from support.floods import analyze, flat, precondition


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"ufov_width_mm": 400.0}, "ufov_height_mm is missing, a rectangle needs it"),
        ({"ufov_height_mm": 400.0}, "ufov_height_mm is given without ufov_width_mm"),
        (
            {"ufov_width_mm": 4000.0, "ufov_height_mm": 300.0},
            "ufov_width_mm is 4000 mm, needs at most",
        ),
        ({"noise_draws": 1}, "noise_draws is 1, needs at least 2"),
        ({"minimum_counts": float("nan")}, "minimum_counts is nan"),
        ({"invalid_below_counts": 20_000.0}, "invalid_below_counts is 20000, needs at most"),
        ({"intrinsic_fwhm_mm": 0.1}, r"intrinsic_fwhm_mm is 0\.1 mm, needs at least 0\.5 mm"),
    ],
)
def test_impossible_parameters_are_refused(parameters, message):
    with pytest.raises(ParameterError, match=message):
        ANALYZER.parameters(**parameters)


@pytest.mark.parametrize("nuclide", ["Tc-99", "", "water"])
def test_a_nuclide_without_a_photopeak_is_refused(nuclide):
    with pytest.raises(ParameterError, match=f"nuclide is '{nuclide}', needs one with a photopeak"):
        analyze(ANALYZER, flat(), nuclide=nuclide)


def test_the_nuclide_may_be_written_as_people_write_it():
    assert analyze(ANALYZER, flat(), nuclide="99mTc").valid


# Images nothing can be measured in -----------------------------------------------------------
def test_an_empty_image_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match=r"image of detector 1.* has no counts"):
        analyze(ANALYZER, flat(0.0))


def test_a_saturated_image_is_invalid():
    flood = flat()
    flood = dataclasses.replace(flood, counts=np.full_like(flood.counts, 65535))

    analysis = analyze(ANALYZER, flood)

    overflow = precondition(analysis, "PC_OVERFLOW")
    assert (overflow.outcome, overflow.severity, overflow.upper) == ("not_met", "hard", 65534.0)
    assert not analysis.valid


def test_negative_pixels_are_refused():
    flood = flat()
    counts = flood.counts.astype(np.int32)
    counts[0, 30, 40] = -3

    with pytest.raises(UnsuitableAcquisitionError, match="pixel of -3 counts, needs at least 0"):
        analyze(ANALYZER, dataclasses.replace(flood, counts=counts))


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_pixels_that_are_no_numbers_are_refused(broken):
    flood = flat()
    counts = flood.counts.astype(np.float64)
    counts[0, 30, 40] = broken

    with pytest.raises(UnsuitableAcquisitionError, match="pixels that are no numbers"):
        analyze(ANALYZER, dataclasses.replace(flood, counts=counts))


def test_a_point_source_is_no_flood():
    counts = np.zeros((1, 64, 96), dtype=np.uint16)
    counts[0, 30:33, 40:43] = 5000

    with pytest.raises(UnsuitableAcquisitionError, match="no row of the field of view"):
        analyze(ANALYZER, dataclasses.replace(flat(), counts=counts))


def test_a_tiny_matrix_is_refused():
    flood = dataclasses.replace(
        flat(), counts=np.ones((1, 3, 3), dtype=np.uint16), pixel_spacing_mm=(0.6, 0.6)
    )

    with pytest.raises(UnsuitableAcquisitionError, match="3 x 3 pixels is smaller than one block"):
        analyze(ANALYZER, flood)


def test_a_tomographic_acquisition_is_refused():
    tomographic = Tomographic(
        counts=np.ones((1, 64, 64), dtype=np.uint16), frames=(Frame(detector=1, energy_window=1),)
    )

    with pytest.raises(
        UnsuitableAcquisitionError, match="is a tomographic acquisition, needs dynamic or planar"
    ):
        analyze(ANALYZER, tomographic)


def test_no_flood_is_refused():
    with pytest.raises(
        UnsuitableAcquisitionError, match="0 acquisitions are given as flood, needs 1"
    ):
        ANALYZER.analyze(Inputs(roles={}, variant="nema"))
