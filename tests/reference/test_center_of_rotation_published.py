"""Centre of rotation against an independent program and against printed numbers.

pylinac 3.49 (``nuclear.CenterOfRotation``) was run on these rotations, written to a file with
counts rounded to whole numbers and no noise: 60 views of 128 x 128 pixels of 4 mm over 360 degrees,
90 mm off the axis, 50 000 counts each, 10 mm FWHM. It takes the centroid of the whole frame, fits
constant, amplitude, frequency and phase, and reports the largest residual as the deviation.
"""

import dataclasses

import numpy as np
import pytest

from photopeak_analyzers.numerics.sinusoid import fit_sinusoid
from photopeak_analyzers.simulation.tomography import Head, PointSource
from support.floods import value
from support.rotations import analyze, rotation

SOURCE = PointSource(radius_mm=90.0, counts_per_view=50_000.0)


def rounded(head):
    turn = rotation(heads=(head,), source=SOURCE)
    return dataclasses.replace(turn, counts=np.rint(turn.counts).astype(np.uint16))


def test_the_deviation_of_another_program_is_our_residual_and_not_the_offset():
    # pylinac: deviation 0.0015 mm for an axis that is off by two pixels of 4 mm; its constant,
    # which it does not report, is 264.000 mm from the edge of an image of 512 mm.
    analysis = analyze(rounded(Head(cor_offset_px=2.0)))

    assert value(analysis, "cor_max_residual_mm") == pytest.approx(0.0015, abs=2e-4)
    assert value(analysis, "cor_offset_mm") == pytest.approx(264.000 - 256.0, abs=5e-4)
    assert value(analysis, "source_radius_mm") == pytest.approx(90.000, abs=5e-4)


def test_the_axial_deviation_of_another_program_is_half_of_our_range():
    # pylinac: largest distance from the mean row, 1.5699 mm, for a head tilted by 1 degree.
    analysis = analyze(rounded(Head(axial_tilt_deg=1.0)))

    assert value(analysis, "axial_range_mm") / 2.0 == pytest.approx(1.5699, abs=1e-3)


def test_a_fitted_frequency_would_distort_what_it_should_show():
    # A sag of 1.5 mm at twice the rotation. pylinac, with the frequency free: frequency 0.9926,
    # constant 256.565 mm (an offset of 0.57 mm that is none), deviation 1.829 mm.
    analysis = analyze(rounded(Head(wobble_mm=1.5)))

    assert value(analysis, "cor_offset_mm") == pytest.approx(0.0, abs=1e-3)
    assert value(analysis, "cor_max_residual_mm") == pytest.approx(1.5, abs=5e-3)


def test_half_a_pixel_of_the_clinical_matrix_in_millimetres():
    # The regulator's criterion: half a pixel, 2.4 mm at 4.8 mm (2.2 mm belongs to 4.4 mm).
    for pixel_mm, offset_mm in ((4.8, 2.4), (4.4, 2.2)):
        analysis = analyze(rotation(heads=(Head(cor_offset_px=0.5),), pixel_mm=pixel_mm))

        assert value(analysis, "cor_offset_px") == pytest.approx(0.5, abs=1e-7)
        assert value(analysis, "cor_offset_mm") == pytest.approx(offset_mm, abs=1e-6)


@pytest.mark.parametrize("arc", [180.0, 360.0])
def test_the_reference_sine_is_found_to_nine_digits(arc):
    # x = 63.5 + offset + A cos(t + phase), 128 columns.
    angles = np.arange(0.0, arc, 3.0)
    columns = 63.5 + 0.37 + 24.0 * np.cos(np.radians(angles + 20.0))

    fit = fit_sinusoid(angles, columns)

    assert fit.constant - (128 - 1) / 2.0 == pytest.approx(0.37, abs=1e-9)
    assert fit.largest_residual < 1e-9
