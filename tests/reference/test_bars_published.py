"""Bars against independent figures on a published image of a real camera."""

import pytest

from photopeak.reading.assemble import read_acquisition
from photopeak_analyzers.contract import Inputs
from photopeak_analyzers.gamma_camera.bar_phantom_resolution import ANALYZER
from support.acquisitions import real_data
from support.floods import precondition, value


@pytest.fixture(scope="module")
def analysis():
    """6.0 million counts of a Mediso NUCLINE, 512 x 512 pixels of 1.0325 mm."""
    acquisition = read_acquisition([real_data("nmqc/QuadrantBar.dcm")], ())
    return ANALYZER.analyze(Inputs(roles={"bars": (acquisition,)}, variant="ws523"))


def by_set(analysis, metric):
    return [
        next(m.value for m in analysis.measurements if m.metric == metric
             and m.scope.get("bar_set") == number)
        for number in (1, 2, 3, 4)
    ]  # fmt: skip


def test_the_bars_are_as_wide_as_fractions_of_an_inch(analysis):
    # The phantom is a common one of 1/6, 1/8, 1/10 and 1/12 inch: it also checks the pixel size.
    inch = [25.4 / n for n in (6, 8, 10, 12)]

    assert by_set(analysis, "bar_width_mm") == pytest.approx(inch, rel=0.005)


def test_the_modulations_agree_with_two_other_programs(analysis):
    # pylinac 3.49 and the IAEA-NMQC toolkit give .647 .468 .304 .202 in circles of their own.
    # Other pixels of the same quadrants: the modulation varies by some percent over the field.
    assert by_set(analysis, "bar_modulation") == pytest.approx(
        [0.647, 0.468, 0.304, 0.202], rel=0.05
    )


def test_both_directions_and_all_sets_tell_the_same_width_of_the_camera(analysis):
    x, y = (value(analysis, "fwhm_mtf_mm", direction=direction) for direction in ("x", "y"))

    assert x == pytest.approx(y, rel=0.06)
    assert 3.0 < x < 3.8


def test_the_finest_bars_are_resolved_and_say_so(analysis):
    assert value(analysis, "fwhm_bar_mm", direction="y") == pytest.approx(
        1.75 * 25.4 / 12, rel=0.005
    )
    assert precondition(analysis, "PC_GEOMETRY", "not resolved").value == 0.0
    # A single image of eight: valid along Y, where the finest bars are seen, and not along X.
    (lacking,) = analysis.failed
    assert (lacking.code, lacking.scope.get("direction")) == ("PC_SET", "x")
    assert precondition(analysis, "PC_SET", "orientations").value == 1.0
