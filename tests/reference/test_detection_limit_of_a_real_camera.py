"""A published dish of I-131 with its background: the limit worked out from the raw pixels."""

import math
from datetime import UTC, datetime

import numpy as np
import pytest
from pydicom import dcmread

from photopeak.reading.assemble import read_acquisition
from photopeak_analyzers.contract import Inputs, ReadingValue
from photopeak_analyzers.gamma_camera.imaging_detection_limit import ANALYZER
from support.acquisitions import real_data
from support.floods import notes, value

SOURCE, BACKGROUND = "linaqa/sensitivity/PetriDish", "linaqa/sensitivity/Background"
START = datetime(2012, 10, 2, 16, 33, 17, tzinfo=UTC)
ACTIVITY_MBQ = 20.0
"""Not published; the limit is proportional to it."""


def test_head_2_has_the_limit_that_its_pixels_give():
    given = {"activity": ReadingValue(value=ACTIVITY_MBQ, at=START, uncertainty=0.2)}
    inputs = Inputs(
        roles={
            "source": (read_acquisition([real_data(SOURCE)]),),
            "background": (read_acquisition([real_data(BACKGROUND)]),),
        },
        readings=given,
        variant="local",
    )

    analysis = ANALYZER.analyze(
        inputs, ANALYZER.parameters(region_diameter_mm=200.0, imaging_s=300.0)
    )

    # The same from the files: a circle of 200 mm about the centre of mass of what is above half.
    dish = dcmread(real_data(SOURCE)).pixel_array.astype(float).reshape(128, 128)
    night = dcmread(real_data(BACKGROUND))
    empty = night.pixel_array.astype(float)[list(night.DetectorVector).index(2)]
    pixel = float(night.PixelSpacing[0])
    rows, columns = np.nonzero(dish > dish.max() / 2.0)
    y, x = np.mgrid[:128, :128]
    inside = np.hypot(y - rows.mean(), x - columns.mean()) * pixel < 100.0
    seconds = float(night.ActualFrameDuration) / 1000.0
    net = (dish[inside].sum() - empty[inside].sum()) / seconds
    hidden = empty[inside].sum() / seconds
    limit = 2.71 + 3.29 * math.sqrt(hidden * 300.0 * (1.0 + 300.0 / seconds))

    assert value(analysis, "background_in_region_cps") == pytest.approx(hidden, rel=0.02)
    assert value(analysis, "sensitivity_in_region") == pytest.approx(net / ACTIVITY_MBQ, rel=0.01)
    assert value(analysis, "detection_limit_counts") == pytest.approx(limit, rel=0.01)
    expected = 1e3 * limit / (net / ACTIVITY_MBQ * 300.0)
    assert value(analysis, "detection_limit_kbq") == pytest.approx(expected, rel=0.02)
    assert notes(analysis, "BEST_WINDOWS")


def test_the_dish_does_not_fit_into_the_usual_region():
    inputs = Inputs(
        roles={
            "source": (read_acquisition([real_data(SOURCE)]),),
            "background": (read_acquisition([real_data(BACKGROUND)]),),
        },
        readings={"activity": ReadingValue(value=ACTIVITY_MBQ, at=START)},
        variant="local",
    )

    broken = {p.quantity: p.value for p in ANALYZER.analyze(inputs).failed}

    assert broken["diameter of the source in the image"] == pytest.approx(144.0, abs=5.0)
