"""Two line sources of a Mediso camera with a low-energy high-resolution collimator.

Published with the IAEA-NMQC toolkit; the lines are 50 mm apart. No figure of theirs was published:
what is compared is an independent fit of a Gaussian to each strip, done here.
"""

import numpy as np
import pytest

from photopeak.reading.assemble import read_acquisition
from photopeak_analyzers.contract import Inputs
from photopeak_analyzers.gamma_camera.line_images import LineTask, measure_lines
from photopeak_analyzers.gamma_camera.modulation_transfer_function import ANALYZER as MODULATION
from photopeak_analyzers.gamma_camera.pixel_size import ANALYZER as PIXEL_SIZE
from photopeak_analyzers.numerics.profiles import FWHM_PER_SIGMA
from support.acquisitions import real_data


def gaussian_widths(profile, places, reach):
    """Return the FWHM of Gaussians fitted to lines, in pixels."""
    from scipy.optimize import curve_fit

    widths = []
    for place in places:
        x = np.arange(round(place) - reach, round(place) + reach + 1)
        start = (profile[x].max(), place, 3.0)
        fitted, _ = curve_fit(
            lambda x, a, m, s: a * np.exp(-0.5 * ((x - m) / s) ** 2), x, profile[x], start
        )
        widths.append(abs(fitted[2]) * FWHM_PER_SIGMA)
    return widths


def test_lines_of_a_real_camera_are_as_wide_as_gaussians_fitted_to_them():
    acquisition = read_acquisition([real_data("nmqc/Spatial_Resol_X.dcm")])
    image = measure_lines(
        acquisition.counts[0], acquisition.pixel_spacing_mm, LineTask(distance_mm=50.0)
    )

    # They run along Y, whatever the name of the file says.
    assert image.direction == "x"
    assert image.lines == 2
    # The header has 1.0325 mm.
    assert image.mm_per_pixel.value == pytest.approx(1.0325, rel=5e-3)
    strips = {}
    for spread in image.spreads:
        strips.setdefault(spread.strip, []).append(spread)
    rows = image.strip_rows
    fitted = []
    for of_strip in strips.values():
        top = round(of_strip[0].along - (rows - 1) / 2.0)
        profile = acquisition.counts[0, top : top + rows].sum(axis=0).astype(float)
        fitted += gaussian_widths(profile, [s.position for s in of_strip], 12)
    expected = float(np.mean(fitted)) * image.mm_per_pixel.value

    # Widths by interpolation between pixels of an eighth of the width, against those of a fit,
    # neither with a background: within 2 %.
    assert image.half.value == pytest.approx(expected, rel=0.02)
    assert image.half.value == pytest.approx(7.45, abs=0.1)
    assert 1.7 < image.tenth.value / image.half.value < 1.9


def test_the_pixel_of_a_real_camera_is_that_of_its_header():
    # E.1.4, by the two lines 50 mm apart; nobody published how exactly they are.
    acquisition = read_acquisition([real_data("nmqc/Spatial_Resol_X.dcm")])
    analysis = PIXEL_SIZE.analyze(
        Inputs(roles={"sources": (acquisition,)}, variant="nema"),
        PIXEL_SIZE.parameters(source_distance_mm=50.0),
    )
    by_metric = {m.metric: m.value for m in analysis.measurements}

    assert by_metric["pixel_x_mm"] == pytest.approx(1.0325, rel=5e-3)
    assert by_metric["header_pixel_mm"] == pytest.approx(1.0325, abs=1e-4)
    assert abs(by_metric["header_deviation_pct"]) < 0.5


def test_the_modulation_of_a_real_camera_is_near_that_of_a_gaussian_of_its_width():
    # 2.8 (2). A camera in air has tails: a few percent below 0.4413 / FWHM, and not above it.
    acquisition = read_acquisition([real_data("nmqc/Spatial_Resol_X.dcm")])
    analysis = MODULATION.analyze(
        Inputs(roles={"response": (acquisition,)}, variant="iec"),
        MODULATION.parameters(line_distance_mm=50.0),
    )
    by_metric = {m.metric: m.value for m in analysis.measurements}

    assert by_metric["fwhm_mm"] == pytest.approx(7.45, abs=0.1)
    assert 0.93 < by_metric["v50_times_fwhm"] / 0.4413 < 1.01
