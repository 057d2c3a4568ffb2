"""Peaks of a spectrum of a whole-body counter (WS/T 584-2017 7.2 (3))."""

import dataclasses

import numpy as np
import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Outcome
from photopeak_analyzers.counters.wbc_peak_area import ANALYZER
from photopeak_analyzers.counters.wbc_spectra import expected_fwhm_kev
from photopeak_analyzers.errors import AnalysisError
from support.wbc import GE, NAI, analyze, found, inputs, lines, value


def measured(spectrum, background=None, detector="HPGe", **readings):
    roles = {"spectrum": spectrum, "background": background}
    return analyze(ANALYZER, inputs(roles, detector_type=detector, **readings))


def agreements(analysis):
    return [p.outcome for p in analysis.preconditions if p.quantity.startswith("area by window")]


def test_areas_are_those_that_were_put_in():
    areas = {122.1: 8_000.0, 661.7: 30_000.0, 1460.8: 500.0}
    analysis = measured(GE.acquire(lines(areas, compton=0.3)))

    assert value(analysis, "n_peaks") == 3
    for energy, area in areas.items():
        # The window of 1.25 FWHM on either side holds 99.67 % of a Gaussian, and channels are whole.
        assert value(analysis, "net_area", energy_kev=energy) == pytest.approx(area, rel=1.2e-2)
        assert value(analysis, "fit_area", energy_kev=energy) == pytest.approx(area, rel=2e-3)
    assert set(agreements(analysis)) == {Outcome.MET}


def test_areas_scatter_as_their_uncertainty_tells():
    expected = GE.acquire(lines({661.7: 2_000.0}))
    pairs = []
    for seed in range(60):
        noisy = dataclasses.replace(
            expected, counts=np.random.default_rng(seed).poisson(expected.counts)
        )
        pairs.append(found(measured(noisy), "net_area"))
    spread = np.std([m.value for m in pairs], ddof=1)

    # The spread of 60 is known to 9 %; three of it.
    assert spread == pytest.approx(np.mean([m.uncertainty for m in pairs]), rel=0.28)


def test_a_multiplet_is_told_apart():
    fwhm = float(expected_fwhm_kev("HPGe", 600.0))
    second = round(600.0 + 2.0 * fwhm, 1)
    analysis = measured(GE.acquire(lines({600.0: 40_000.0, second: 10_000.0})))

    assert value(analysis, "net_area", energy_kev=600.0) == pytest.approx(40_000.0, rel=5e-3)
    assert value(analysis, "net_area", energy_kev=second) == pytest.approx(10_000.0, rel=2e-2)
    assert value(analysis, "peaks_together", energy_kev=second) == 2
    assert set(agreements(analysis)) == {Outcome.MET}


def test_a_shoulder_is_fitted_where_its_line_is_named():
    fwhm = float(expected_fwhm_kev("HPGe", 600.0))
    second = 600.0 + 0.9 * fwhm
    spectrum = GE.acquire(lines({600.0: 40_000.0, second: 8_000.0}))

    assert value(measured(spectrum), "n_peaks") == 1
    named = measured(spectrum, lines=((second, None, None),))
    assert value(named, "n_peaks") == 2
    assert value(named, "net_area", energy_kev=round(second, 1)) == pytest.approx(8_000.0, rel=0.05)


def test_fit_and_window_that_disagree_warn():
    spectrum = GE.acquire(())
    counts = spectrum.counts.copy()
    # A flat top of 9 channels, as pile-up of a drifting gain leaves it, is no Gaussian.
    counts[2640:2649] += 5_000_000.0 * np.linspace(1.0, 1.01, 9)
    analysis = measured(dataclasses.replace(spectrum, counts=counts))

    assert Outcome.NOT_MET in agreements(analysis)
    assert analysis.valid


def test_the_peak_of_the_empty_chamber_is_taken_off_by_the_live_times():
    subject = dataclasses.replace(
        GE.acquire(lines({661.7: 9_000.0, 1460.8: 6_000.0})), live_s=100.0
    )
    chamber = dataclasses.replace(
        GE.acquire(lines({1460.8: 40_000.0})), live_s=1000.0, real_s=1000.0
    )
    analysis = measured(subject, chamber)

    assert value(analysis, "background_area", energy_kev=1460.8) == pytest.approx(4_000.0, rel=0.01)
    assert value(analysis, "area_less_background", energy_kev=1460.8) == pytest.approx(
        2_000.0, rel=0.02
    )
    assert value(analysis, "background_area", energy_kev=661.7) == pytest.approx(0.0, abs=1.0)
    assert value(analysis, "net_rate_cps", energy_kev=661.7) == pytest.approx(90.0, rel=0.01)


def test_counts_of_two_spectra_add_up():
    one = GE.acquire(lines({661.7: 9_000.0}))
    two = GE.acquire(lines({661.7: 21_000.0}))
    both = dataclasses.replace(one, counts=one.counts + two.counts)
    areas = [value(measured(s), "net_area", energy_kev=661.7) for s in (one, two, both)]

    assert areas[0] + areas[1] == pytest.approx(areas[2], rel=1e-3)


def test_a_spectrum_without_energies_has_its_peaks_by_channel():
    analysis = measured(dataclasses.replace(GE.acquire(lines({661.7: 9_000.0})), energy_kev=None))

    assert value(analysis, "net_area", channel=2644.8) == pytest.approx(9_000.0, rel=8e-3)
    assert not any(m.metric == "fwhm_kev" for m in analysis.measurements)


def test_overlapping_lines_of_sodium_iodide():
    analysis = measured(
        NAI.acquire(lines({1173.2: 60_000.0, 1332.5: 55_000.0}, "NaI")), detector="NaI"
    )

    assert [round(m.value, -3) for m in analysis.measurements if m.metric == "net_area"] == [
        60_000,
        55_000,
    ]


def test_a_spectrum_without_peaks_is_refused():
    flat = dataclasses.replace(GE.acquire(()), counts=np.random.default_rng(3).poisson(30.0, 8192))

    with pytest.raises(AnalysisError, match="no peak that rises above its surroundings by 5"):
        measured(flat)


def test_a_background_of_other_channels_without_energies_is_refused():
    spectrum = dataclasses.replace(GE.acquire(lines({661.7: 9_000.0})), energy_kev=None)
    other = dataclasses.replace(NAI.acquire(lines((661.7,), "NaI")), energy_kev=None)

    with pytest.raises(
        AnalysisError, match="background has 1024 channels and no energies, needs 8192"
    ):
        measured(spectrum, other)


def test_a_live_time_is_needed():
    spectrum = dataclasses.replace(GE.acquire(lines((661.7,))), live_s=None)

    assert [p.quantity for p in measured(spectrum).failed] == ["live time"]


def test_the_analyzer_keeps_the_contract():
    spectrum = GE.acquire(lines((122.1, 661.7)))
    example = inputs(
        {"spectrum": spectrum, "background": GE.acquire(lines((1460.8,)))}, detector_type="HPGe"
    )

    assert check(ANALYZER, [example]) == []
