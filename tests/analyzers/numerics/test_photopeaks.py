"""Full-energy peaks of spectra (GB/T 18989-2013 3.4.3, E.3.4)."""

import numpy as np
import pytest

from photopeak_analyzers.errors import FitError
from photopeak_analyzers.numerics.photopeaks import last_photopeak, photopeak
from photopeak_analyzers.simulation.spectra import Analyser, SpectralLine

ANALYSER = Analyser(channels=512, kev_per_channel=0.5)
TC = SpectralLine(energy_kev=140.5, counts=400_000.0, compton=0.8)


def test_a_triangle_is_halved_where_a_straight_line_crosses():
    found = photopeak([0, 0, 100, 200, 100, 0, 0], (0, 7))

    assert (found.left, found.right) == (2.0, 4.0)
    assert found.position.value == 3.0
    assert found.fwhm.value == 2.0
    assert found.counts == 200.0


def test_the_height_of_a_gaussian_is_that_of_its_formula():
    channels = np.arange(120)
    found = photopeak(9_000.0 * np.exp(-0.5 * ((channels - 60.3) / 9.0) ** 2), (0, 120))

    assert found.height == pytest.approx(9_000.0, rel=1e-9)
    # 2.35482 sigma; a chord lies beside the curve by up to f'' / (8 f'), 0.041 / sigma each side.
    assert found.fwhm.value == pytest.approx(2.354820 * 9.0, abs=2 * 0.041 / 9.0)
    assert found.position.value == pytest.approx(60.3, abs=0.041 / 9.0)


def test_a_sloping_continuum_does_not_move_the_peak_it_is_taken_off():
    channels = np.arange(200)
    peak = 5_000.0 * np.exp(-0.5 * ((channels - 100.25) / 10.0) ** 2)
    sloping = peak + 2_000.0 - 8.0 * channels

    assert photopeak(sloping, (40, 161), less_continuum=True).position.value == pytest.approx(
        100.25, abs=2e-3
    )
    assert photopeak(sloping, (40, 161)).position.value < 100.2


def test_counting_twice_as_long_changes_neither_place_nor_width():
    spectrum = ANALYSER.expected((TC,))
    one, two = photopeak(spectrum, (240, 320)), photopeak(2.0 * spectrum, (240, 320))

    assert two.position.value == pytest.approx(one.position.value, abs=1e-9)
    assert two.fwhm.value == pytest.approx(one.fwhm.value, abs=1e-9)
    assert two.fwhm.uncertainty == pytest.approx(one.fwhm.uncertainty / np.sqrt(2.0), rel=1e-6)


@pytest.mark.parametrize("less_continuum", [False, True])
def test_the_uncertainties_are_the_spread_of_repeated_spectra(less_continuum):
    rng = np.random.default_rng(11)
    expected = ANALYSER.expected((TC,))
    around = (238, 325)
    true = photopeak(expected, around, less_continuum=less_continuum)
    places, widths, stated = [], [], []
    for _ in range(400):
        found = photopeak(rng.poisson(expected), around, less_continuum=less_continuum)
        places.append(found.position.value)
        widths.append(found.fwhm.value)
        stated.append((found.position.uncertainty, found.fwhm.uncertainty))
    of_place, of_width = np.mean(stated, axis=0)

    # 400 draws tell a spread to 3.5 %; the line under the peak is left out of the budget.
    assert np.std(places) == pytest.approx(of_place, rel=0.15)
    assert np.std(widths) == pytest.approx(of_width, rel=0.15)
    # The mean of 400 is known to a twentieth of one spread; the bias of the level is below that.
    assert np.mean(widths) == pytest.approx(true.fwhm.value, abs=0.2 * np.std(widths))


def test_the_photopeak_is_found_above_x_rays_and_backscatter_that_hold_more():
    lead = SpectralLine(energy_kev=75.0, counts=900_000.0, resolution_percent=14.0)
    counts = ANALYSER.expected((lead, TC))

    assert abs(last_photopeak(counts) - ANALYSER.channel(140.5)) < 3.0


def test_two_photons_at_once_are_not_taken_for_the_photopeak():
    pile_up = SpectralLine(energy_kev=215.0, counts=9_000.0, resolution_percent=12.0)
    counts = np.random.default_rng(2).poisson(ANALYSER.expected((TC, pile_up)))

    assert abs(last_photopeak(counts) - ANALYSER.channel(140.5)) < 4.0


def test_very_many_channels_are_put_together_first():
    fine = Analyser(channels=16_384, kev_per_channel=0.02)
    counts = np.random.default_rng(2).poisson(fine.expected((TC,)))

    assert abs(last_photopeak(counts) - fine.channel(140.5)) < 150.0


@pytest.mark.parametrize(
    ("counts", "around", "message"),
    [
        (np.arange(50.0), (0, 50), "does not fall to half of its peak on the high side"),
        (np.arange(50.0)[::-1], (0, 50), "does not fall to half of its peak on the low side"),
        (np.zeros(50), (0, 50), "is 0 counts high, needs more than 0"),
        (np.ones(50), (10, 12), "holds 2 channels, needs 3"),
        ([1.0, -1.0, 2.0], (0, 3), "negative or no numbers"),
        ([1.0, np.nan, 2.0], (0, 3), "negative or no numbers"),
        ([1.0, 2.0], (0, 2), "needs 3 channels or more"),
    ],
)
def test_what_is_no_peak_is_refused(counts, around, message):
    with pytest.raises(FitError, match=message):
        photopeak(counts, around)


def test_a_level_spectrum_has_no_photopeak():
    with pytest.raises(FitError, match="there is no photopeak"):
        last_photopeak(np.full(512, 400.0))
    with pytest.raises(FitError, match="there is no photopeak"):
        last_photopeak(np.zeros(512))
