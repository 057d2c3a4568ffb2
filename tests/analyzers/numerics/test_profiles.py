"""Peaks and widths of profiles, against answers worked out by hand."""

import math

import numpy as np
import pytest
from scipy import special

from photopeak_analyzers.errors import FitError
from photopeak_analyzers.numerics.profiles import (
    EQUIVALENT_WIDTH_PER_SIGMA,
    FWHM_PER_SIGMA,
    FWTM_PER_SIGMA,
    Peak,
    centroid,
    equivalent_width,
    fwhm,
    fwtm,
    highest_channel,
    less_baseline,
    parabola_peak,
    width_at,
)

TRIANGLE = [0.0, 2.0, 4.0, 6.0, 8.0, 6.0, 4.0, 2.0, 0.0]


def gaussian(sigma, centre=40.0, size=81, height=1000.0):
    return height * np.exp(-0.5 * ((np.arange(size) - centre) / sigma) ** 2)


def test_the_constants_are_those_of_a_gaussian():
    assert pytest.approx(2.354820045) == FWHM_PER_SIGMA
    assert pytest.approx(1.8226, abs=5e-5) == FWTM_PER_SIGMA / FWHM_PER_SIGMA
    assert pytest.approx(1.0645, abs=5e-5) == EQUIVALENT_WIDTH_PER_SIGMA / FWHM_PER_SIGMA


def test_a_triangle_is_as_wide_as_linear_interpolation_says():
    top = highest_channel(TRIANGLE)
    half = width_at(TRIANGLE, top, 0.5)

    assert (top.channel, top.height) == (4, 8.0)
    assert (half.left, half.right, half.width, half.middle, half.level) == (2.0, 6.0, 4.0, 4.0, 4.0)
    assert width_at(TRIANGLE, top, 0.1).width == pytest.approx(2 * 4 * 0.9)


def test_three_points_of_a_parabola_give_its_vertex():
    # Height 10 at 3.3, falling by 2 per channel squared.
    profile = 10.0 - 2.0 * (np.arange(7) - 3.3) ** 2

    peak = parabola_peak(profile)

    assert (peak.channel, peak.position) == (3, pytest.approx(3.3))
    assert peak.height == pytest.approx(10.0)


def test_a_highest_channel_without_two_neighbours_below_it_is_the_peak_itself():
    assert parabola_peak([5.0, 3.0, 1.0]) == Peak(channel=0, position=0.0, height=5.0)
    assert parabola_peak([1.0, 5.0, 5.0, 5.0, 1.0], around=(2, 3)).position == 2.0
    assert parabola_peak([1.0, 3.0, 9.0], around=(0, 2)).height == 3.0


@pytest.mark.parametrize("phase", [0.0, 0.2, 0.5])
def test_the_parabola_finds_a_gaussian_whatever_its_phase(phase):
    # At 5 channels per FWHM (0.2 FWHM, the coarsest that NEMA lets pass without it).
    sigma = 5.0 / FWHM_PER_SIGMA
    profile = gaussian(sigma, 40.0 + phase)

    peak = parabola_peak(profile)

    assert peak.position == pytest.approx(40.0 + phase, abs=0.01)
    assert peak.height == pytest.approx(1000.0, rel=5e-3)
    assert fwhm(profile) == pytest.approx(5.0, rel=0.01)
    assert fwtm(profile) == pytest.approx(5.0 * 1.8226, rel=0.03)
    assert width_at(profile, peak, 0.5).middle == pytest.approx(40.0 + phase, abs=0.02)


def test_a_slit_on_the_border_of_two_channels_is_wider_by_its_highest_channel():
    # A coarse pixel: the highest channel is too low, so the width comes out too large.
    sigma = 3.0 / FWHM_PER_SIGMA
    profile = gaussian(sigma, 40.5)

    by_channel = fwhm(profile, highest_channel(profile))
    by_parabola = fwhm(profile)

    assert by_channel > by_parabola > 2.9
    assert by_parabola == pytest.approx(3.0, rel=0.03)


def test_widths_do_not_depend_on_the_height_nor_on_the_direction():
    profile = gaussian(4.0, 38.3)

    assert fwhm(7.0 * profile) == pytest.approx(fwhm(profile))
    assert fwhm(profile[::-1]) == pytest.approx(fwhm(profile))
    assert centroid(profile[::-1]) == pytest.approx(80.0 - centroid(profile))


def test_the_equivalent_width_of_a_gaussian_is_its_area_over_its_height():
    profile = gaussian(4.0)

    assert equivalent_width(profile, highest_channel(profile)) == pytest.approx(
        4.0 * math.sqrt(2.0 * math.pi)
    )


def test_channels_that_integrate_the_line_keep_its_centroid_and_area():
    edges = (np.arange(82) - 0.5 - 40.37) / (3.0 * math.sqrt(2.0))
    profile = np.diff(special.erf(edges)) / 2.0

    assert profile.sum() == pytest.approx(1.0)
    assert centroid(profile) == pytest.approx(40.37)
    assert centroid(profile, first=100) == pytest.approx(140.37)


def test_a_tail_that_never_falls_is_refused():
    with pytest.raises(FitError, match="does not fall to 50 % of its peak on the left"):
        fwhm([6.0, 8.0, 10.0, 2.0, 0.0])
    with pytest.raises(FitError, match="does not fall to 10 % of its peak on the right"):
        fwtm([0.0, 0.0, 10.0, 2.0])


def test_the_search_goes_outwards_from_the_peak_and_stops_at_the_first_crossing():
    two = np.array([0.0, 0.0, 10.0, 0.0, 0.0, 9.0, 0.0])

    assert fwhm(two, highest_channel(two)) == 1.0


def test_a_baseline_through_both_ends_takes_off_a_slope():
    channels = np.arange(41)
    profile = 5.0 + 0.5 * channels + np.where(np.abs(channels - 20) <= 3, 40.0, 0.0)

    net = less_baseline(profile, 5)

    assert net[:10] == pytest.approx(0.0, abs=1e-12)
    assert net[20] == pytest.approx(40.0)
    assert net[-1] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: highest_channel(TRIANGLE, around=(9, 12)), "hold no peak, the profile has 9"),
        (lambda: centroid([0.0, 0.0]), "the profile has 0 counts, needs more than 0"),
        (
            lambda: equivalent_width(TRIANGLE, Peak(channel=0, position=0.0, height=0.0)),
            "the peak is 0 counts high",
        ),
        (lambda: less_baseline(TRIANGLE, 5), "a baseline of 5 channels at each end"),
        (lambda: fwhm([]), "needs \\(channels,\\)"),
    ],
)
def test_what_has_no_answer_is_refused(act, message):
    with pytest.raises(FitError, match=message):
        act()
