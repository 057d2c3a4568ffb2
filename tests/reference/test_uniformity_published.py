"""Uniformity against independent figures on a published flood of a real camera."""

import pydicom
import pytest

from photopeak_analyzers.acquisition import (
    CollimatorType,
    Detector,
    EnergyWindow,
    Frame,
    Planar,
)
from photopeak_analyzers.gamma_camera.intrinsic_uniformity import ANALYZER
from photopeak_analyzers.gamma_camera.uniformity import (
    Text,
    differential_uniformity,
    integral_uniformity,
    prepare,
)
from photopeak_analyzers.numerics.binning import matrix_centre, sum_blocks
from photopeak_analyzers.numerics.field_estimate import estimate_field_of_view
from support.acquisitions import real_data
from support.floods import analyze, notes, precondition, value


@pytest.fixture(scope="module")
def flood():
    """Return 16 million counts of a Mediso NUCLINE, 256 x 256 pixels of 2.065 mm, no lead ring."""
    dataset = pydicom.dcmread(real_data("nmqc/UNIFORMIDAD_1.dcm"))
    row_mm, column_mm = (float(spacing) for spacing in dataset.PixelSpacing)
    return Planar(
        nuclide="Tc-99m",
        energy_windows=(EnergyWindow(number=1, lower_kev=126.0, upper_kev=154.0),),
        detectors=(Detector(number=1, collimator_type=CollimatorType.NONE, zoom=1.142857194),),
        counts=dataset.pixel_array[None],
        frames=(
            Frame(
                detector=1,
                energy_window=1,
                duration_s=float(dataset.ActualFrameDuration) / 1000.0,
            ),
        ),
        pixel_spacing_mm=(row_mm, column_mm),
        saturation_level=65535,
    )


def test_two_independent_programs_agree_when_binned_as_they_bin(flood):
    # pylinac 3.49 and the IAEA-NMQC toolkit: IU UFOV 2.38 %, DU UFOV 1.84 %, DU CFOV 1.73 %. Both
    # take the field of view from the image and shrink it by 5 %, and the former sums 4 x 4 pixels
    # (8.26 mm, the last factor within 6.4 mm + 30 %). They shrink pixel by pixel and smooth before
    # they clear the edge: agreement to 0.3 percentage points is what can be asked.
    (row_mm, column_mm), factor = flood.pixel_spacing_mm, 4
    binned = sum_blocks(flood.counts[0], factor)
    pixel_mm = (row_mm * factor, column_mm * factor)
    centre = (matrix_centre(256, factor), matrix_centre(256, factor))
    field = estimate_field_of_view(binned, pixel_mm, centre)

    prepared = prepare(
        binned,
        field.mask(binned.shape, pixel_mm, centre),
        field.scaled(0.75).mask(binned.shape, pixel_mm, centre),
        Text.NEMA,
    )

    assert integral_uniformity(prepared.smoothed, prepared.ufov).percent == pytest.approx(
        2.38, abs=0.3
    )
    for mask, percent in ((prepared.ufov, 1.84), (prepared.cfov, 1.73)):
        found = differential_uniformity(prepared.smoothed, mask, Text.NEMA).percent
        assert found == pytest.approx(percent, abs=0.3)


def test_the_clause_on_the_same_flood_is_little_above_the_noise(flood):
    # 6.195 mm is nearer to 6.4 mm than 8.26 mm; there the same 16 million counts are 3100 a pixel,
    # whose noise alone makes 2.5 %. With the UFOV 5 % inside of the crystal others find 3.4 %.
    analysis = analyze(ANALYZER, flood)

    assert value(analysis, "binning_factor") == 3
    assert value(analysis, "total_counts") == 16_000_045
    assert value(analysis, "rate_cps") == pytest.approx(19_695.0, abs=0.5)
    assert value(analysis, "iu_ufov") == pytest.approx(3.4, abs=0.3)
    assert value(analysis, "noise_floor_iu_ufov") == pytest.approx(2.5, abs=0.25)


def test_too_few_counts_make_it_invalid_and_the_guessed_field_a_warning(flood):
    analysis = analyze(ANALYZER, flood)

    counts = precondition(analysis, "PC_COUNTS")
    assert (counts.outcome, counts.severity) == ("not_met", "hard")
    assert counts.value == pytest.approx(3100, abs=100)
    assert precondition(analysis, "PC_UFOV").severity == "soft"
    assert notes(analysis, "UFOV_ESTIMATED")[0].values["width_mm"] == pytest.approx(500.0, abs=6.2)
    assert not analysis.valid


def test_the_whole_crystal_shows_its_packing(flood):
    # The illuminated box itself, 526 x 391 mm, instead of 95 % of it.
    whole = analyze(ANALYZER, flood, ufov_width_mm=526.6, ufov_height_mm=390.3)

    assert value(whole, "iu_ufov") > 2.0 * value(analyze(ANALYZER, flood), "iu_ufov")
