"""Peaks of spectra: search, net area by baseline channels, multiplets, widths by energy."""

import math

import numpy as np
import pytest

from photopeak_analyzers.errors import FitError
from photopeak_analyzers.numerics.peak_area import peak_area, peak_window
from photopeak_analyzers.numerics.peak_fit import fit_peaks
from photopeak_analyzers.numerics.peak_groups import measure_peaks
from photopeak_analyzers.numerics.peak_match import match_lines
from photopeak_analyzers.numerics.peak_search import search_peaks
from photopeak_analyzers.numerics.width_curve import fit_widths
from photopeak_analyzers.simulation.spectra import Analyser, SpectralLine

GE = Analyser(channels=4096, kev_per_channel=0.5, background=40.0)
"""FWHM of about 1.5 keV, 3 channels."""


def ge_lines(*pairs):
    return tuple(
        SpectralLine(energy_kev=e, counts=n, resolution_percent=100.0 * ge_fwhm(e) / e, compton=0.5)
        for e, n in pairs
    )


def ge_fwhm(energy):
    return math.sqrt(0.9 + 0.0018 * energy)


PEAK = [100, 120, 180, 400, 900, 1300, 920, 410, 170, 118, 101]


def test_the_net_area_of_the_printed_formula_by_hand():
    # 4719 counts in 11 channels; 597 in 6 of baseline, times 11 / 6 are 1094.5.
    counts = [98, 102, 101, *PEAK, 99, 100, 97]
    found = peak_area(counts, 3, 13, sides=3)

    assert found.channels == 11
    assert found.gross == 4719.0
    assert found.baseline == 597.0
    assert found.under == pytest.approx(1094.5)
    assert found.net.value == pytest.approx(3624.5)
    # The root of 4719 and (11 / 6)**2 times 597.
    assert found.net.uncertainty == pytest.approx(82.01, abs=5e-3)


def test_areas_of_spectra_add_up_as_their_counts_do():
    rng = np.random.default_rng(5)
    one, two = rng.poisson(50.0, 60), rng.poisson(200.0, 60)
    areas = [peak_area(c, 20, 40, sides=8).net for c in (one, two, one + two)]

    assert areas[2].value == pytest.approx(areas[0].value + areas[1].value)
    assert areas[2].uncertainty == pytest.approx(
        math.hypot(areas[0].uncertainty, areas[1].uncertainty)
    )


def test_a_straight_baseline_has_no_area_whatever_its_slope():
    channels = np.arange(80)

    assert peak_area(500.0 - 3.0 * channels, 30, 50, sides=5).net.value == pytest.approx(0.0)


def test_a_window_that_leaves_the_spectrum_is_refused_with_its_channels():
    with pytest.raises(
        FitError, match="from channel -1 to 13 with its baseline, the spectrum from 0 to 19"
    ):
        peak_area(np.ones(20), 2, 10, sides=3)
    with pytest.raises(FitError, match="from channel 7 to 20"):
        peak_area(np.ones(20), 10, 17, sides=3)
    assert peak_area(np.ones(20), 3, 16, sides=3).net.value == 0.0
    with pytest.raises(FitError, match="0 of baseline"):
        peak_area(np.ones(20), 3, 16, sides=0)


def test_an_empty_window_has_the_uncertainty_of_one_count():
    assert peak_area(np.zeros(20), 5, 10, sides=3).net.uncertainty == 1.0


def test_a_window_is_as_many_fwhm_wide_as_asked():
    assert peak_window(100.0, 8.0) == (90, 110)
    assert peak_window(100.0, 8.0, half_window=0.5) == (96, 104)
    with pytest.raises(FitError, match="needs more than 0"):
        peak_window(100.0, 0.0)


def test_every_line_of_a_germanium_spectrum_is_found_and_nothing_else():
    energies = (59.5, 88.0, 122.1, 320.1, 661.7, 834.8, 1173.2, 1332.5, 1836.1)
    expected = GE.expected(ge_lines(*((e, 20_000.0) for e in energies)))
    widths = np.array([ge_fwhm(e) for e in np.maximum(GE.energy_kev(), 1.0)]) / 0.5
    for seed in range(5):
        found = search_peaks(np.random.default_rng(seed).poisson(expected), widths)

        # A tenth of a channel: sigma / sqrt(20 000 counts) is 0.01 channel, with the continuum 0.03.
        assert [0.5 * p.position for p in found] == pytest.approx(energies, abs=0.05)


def test_noise_without_lines_has_no_peaks():
    # 4000 channels at 3 per FWHM and 5 standard deviations: 3e-7 each, 5e-3 in five spectra.
    for seed in range(5):
        counts = np.random.default_rng(seed).poisson(np.linspace(400.0, 20.0, 4096))
        assert search_peaks(counts, 3.0) == ()


def test_a_compton_edge_is_no_peak():
    counts = Analyser(channels=2048, kev_per_channel=0.5).expected(
        (SpectralLine(energy_kev=661.7, counts=1e6, resolution_percent=7.0, compton=2.0),)
    )
    found = search_peaks(counts + 20.0, 0.07 * np.maximum(np.arange(2048), 60.0))

    # A fiftieth of the FWHM, which is 46 keV.
    assert [0.5 * p.position for p in found] == pytest.approx([661.7], abs=1.0)


def test_a_stronger_source_shows_more_significance_and_the_same_places():
    one = search_peaks(GE.expected(ge_lines((661.7, 5e3), (1332.5, 5e3))), 4.0)
    four = search_peaks(4.0 * GE.expected(ge_lines((661.7, 5e3), (1332.5, 5e3))), 4.0)

    assert [p.position for p in four] == pytest.approx([p.position for p in one], abs=1e-6)
    assert four[0].significance == pytest.approx(2.0 * one[0].significance)


def test_widths_that_cannot_be_are_refused():
    with pytest.raises(FitError, match="an FWHM of 0 to 0 channels, needs 1 to 1024"):
        search_peaks(np.ones(4096), 0.0)
    with pytest.raises(FitError, match="negative"):
        search_peaks(-np.ones(64), 3.0)
    with pytest.raises(FitError, match="2 channels, needs 16"):
        search_peaks(np.ones(2), 1.0)


def test_a_fit_returns_the_area_that_was_put_in():
    counts = GE.expected(ge_lines((661.7, 80_000.0)))
    fit = fit_peaks(counts, 1323.0, 2.0 * ge_fwhm(661.7))

    assert fit.area().value == pytest.approx(80_000.0, rel=2e-4)
    assert 0.5 * fit.position().value == pytest.approx(661.7, abs=2e-3)
    assert 0.5 * fit.fwhm().value == pytest.approx(ge_fwhm(661.7), rel=1e-3)


def test_two_lines_one_fwhm_apart_are_told_apart():
    fwhm = ge_fwhm(600.0)
    lines = ge_lines((600.0, 60_000.0), (600.0 + fwhm, 20_000.0))
    counts = Analyser(channels=4096, kev_per_channel=0.25, background=40.0).expected(
        tuple(
            SpectralLine(
                energy_kev=line.energy_kev,
                counts=line.counts,
                resolution_percent=100 * fwhm / line.energy_kev,
            )
            for line in lines
        )
    )
    fit = fit_peaks(counts, [2400.0 + 1.0, 2400.0 + 4.0 * fwhm - 1.0], 4.0 * fwhm)

    assert fit.area(0).value == pytest.approx(60_000.0, rel=1e-4)
    assert fit.area(1).value == pytest.approx(20_000.0, rel=1e-4)


def test_the_uncertainty_of_a_fitted_area_is_its_scatter():
    expected = GE.expected(ge_lines((661.7, 3_000.0)))
    fits = [
        fit_peaks(np.random.default_rng(seed).poisson(expected), 1323.4, 2.0 * ge_fwhm(661.7))
        for seed in range(300)
    ]
    areas = np.array([fit.area().value for fit in fits])
    told = np.mean([fit.area().uncertainty for fit in fits])

    # The scatter of 300 is known to 1 / sqrt(600), 4 %; three of it, and chi-square above 1 adds some.
    assert areas.std() == pytest.approx(told, rel=0.16)
    # The mean to 80 / sqrt(300), 5 counts; three of it.
    assert areas.mean() == pytest.approx(3_000.0, abs=16.0)


def test_a_fit_that_runs_away_is_refused():
    counts = np.random.default_rng(1).poisson(GE.expected(ge_lines((661.7, 80_000.0))))
    with pytest.raises(FitError):
        fit_peaks(counts, 1315.0, 3.0, around=(1295, 1345))
    with pytest.raises(FitError, match="0 peaks are to be fitted"):
        fit_peaks(counts, [], 3.0)
    with pytest.raises(FitError, match="channels are there for 1 peaks, needs 6"):
        fit_peaks(counts, 1323.0, 3.0, around=(1320, 1323))


def test_widths_by_energy_return_the_curve_they_were_made_of():
    energies = np.array([60.0, 122.0, 662.0, 1173.0, 1332.0, 1836.0])
    curve = fit_widths(
        energies, np.sqrt(0.9 + 0.0018 * energies + 1e-7 * energies**2), np.full(6, 0.01)
    )

    assert curve.fit.values == pytest.approx([0.9, 0.0018, 1e-7], rel=1e-6)
    assert curve.estimate(500.0).value == pytest.approx(math.sqrt(0.9 + 0.9 + 0.025))
    assert float(curve.at(500.0)[0]) == pytest.approx(curve.estimate(500.0).value)


def test_one_line_has_its_width_grow_as_the_root_of_the_energy():
    curve = fit_widths([662.0], [50.0])

    assert float(curve.at(4 * 662.0)[0]) == pytest.approx(100.0)
    assert fit_widths([662.0, 122.0], [50.0, 20.0]).powers == (0, 1)


def test_peaks_are_measured_in_groups_and_both_ways_agree():
    counts = GE.expected(ge_lines((600.0, 40_000.0), (603.0, 10_000.0), (900.0, 5_000.0)))
    widths = np.sqrt(0.9 + 0.0018 * np.maximum(GE.energy_kev(), 1.0)) / 0.5
    peaks, failed = measure_peaks(counts, widths)

    assert failed == ()
    assert [p.group.fit.peaks for p in peaks] == [2, 2, 1]
    assert [p.area.value for p in peaks] == pytest.approx([40_000.0, 10_000.0, 5_000.0], rel=2e-3)
    assert all(abs(p.group.deviation) < 0.2 for p in peaks)
    # 99.7 % of a Gaussian within 1.25 FWHM.
    assert peaks[2].group.window.net.value == pytest.approx(0.9967 * 5_000.0, rel=5e-3)


def test_a_line_that_was_named_is_fitted_beside_the_peak_that_hides_it():
    fwhm = ge_fwhm(600.0)
    counts = GE.expected(ge_lines((600.0, 40_000.0), (600.0 + 0.9 * fwhm, 8_000.0)))
    hidden = 1200.0 + 1.8 * fwhm
    found, _ = measure_peaks(counts, 2.0 * fwhm)
    named, _ = measure_peaks(counts, 2.0 * fwhm, known=[hidden, 3000.0])

    assert len(found) == 1
    assert [p.area.value for p in named] == pytest.approx([40_000.0, 8_000.0], rel=0.02)


def test_lines_are_put_to_peaks_by_one_straight_line():
    places = [10.0, 100.0, 150.0, 400.0, 700.0]
    energies = [0.0 + 2.0 * places[1], 2.0 * places[3], 2.0 * places[4]]

    assert match_lines(places, [5.0] * 5, [9.0] * 5, energies, channels=1000) == (1, 3, 4)
    with pytest.raises(FitError, match="2 lines are to be found"):
        match_lines(places, [5.0] * 5, [9.0] * 5, energies[:2], channels=1000)
