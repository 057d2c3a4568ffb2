"""Straightness of bars on a published image of a real camera."""

import dataclasses

import numpy as np
import pytest

from photopeak.reading.assemble import read_acquisition
from photopeak_analyzers.contract import Inputs
from photopeak_analyzers.gamma_camera.bar_phantom_linearity import ANALYZER
from support.acquisitions import real_data
from support.floods import value


@pytest.fixture(scope="module")
def bars():
    """6.0 million counts of a Mediso NUCLINE, 512 x 512 pixels of 1.0325 mm."""
    return read_acquisition([real_data("nmqc/QuadrantBar.dcm")], ())


def analyze(acquisition):
    return ANALYZER.analyze(Inputs(roles={"bars": (acquisition,)}, variant="ws523"))


def test_the_bars_are_as_straight_as_the_linearity_of_a_good_camera_lets_them_be(bars):
    """WS 523-2019 allows an absolute linearity of 0.84 mm; counting alone makes 0.2 to 0.3 mm."""
    analysis = analyze(bars)

    for direction in "xy":
        largest = value(analysis, "max_deviation_mm", direction=direction)
        assert value(analysis, "deviation_floor_mm", direction=direction) < largest < 0.84
        # Noise of 0.1 mm and a linearity of the same order.
        assert 0.05 < value(analysis, "rms_deviation_mm", direction=direction) < 0.24
    assert value(analysis, "bars_followed") == 60.0
    assert analysis.valid


def test_a_bend_that_is_put_into_the_image_is_found_in_it(bars):
    """Each row shifted by 1 mm times a cosine of 100 mm, one period of which lies in a region.

    A line takes up to a third of it out, and the camera has up to 0.42 mm of its own.
    """
    pixel_mm = bars.pixel_spacing_mm[0]
    counts = np.asarray(bars.counts[0], dtype=float)
    y = (np.arange(512) - 255.5) * pixel_mm
    waves = np.exp(
        -2j * np.pi * np.outer(np.cos(2.0 * np.pi * y / 100.0) / pixel_mm, np.fft.rfftfreq(512))
    )
    shifted = np.fft.irfft(np.fft.rfft(counts, axis=1) * waves, n=512, axis=1)
    crooked = analyze(dataclasses.replace(bars, counts=np.maximum(shifted, 0.0)[None]))

    assert 0.6 < value(crooked, "max_deviation_mm", direction="x") < 1.0 + 0.42
    assert value(crooked, "deviation_sigma", direction="x") > 8.0
