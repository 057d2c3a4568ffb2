"""Decision thresholds and detection limits line by line (WS/T 584-2017 Annex D)."""

import dataclasses
import math

import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.counters.wbc_detection_limit import ANALYZER
from photopeak_analyzers.errors import AnalysisError
from support.wbc import GE, analyze, inputs, lines, value


def row(**cells):
    columns = ("energy_kev", "nuclide", "efficiency", "emission_pct", "background_counts",
               "baseline_counts", "p_over_2m", "interference_counts", "interference_variance")  # fmt: skip
    return tuple(
        ({"energy_kev": 661.7, "nuclide": "Cs-137", "efficiency": 0.02} | cells).get(c)
        for c in columns
    )


def by_hand(*rows, basis="per_decay", subject_s=600.0, background_s=1800.0, **readings):
    return inputs(
        efficiency_basis=basis,
        subject_s=subject_s,
        background_s=background_s,
        lines=rows,
        **readings,
    )


def test_d1_d4_d6_by_hand():
    # n_B = 0.05 per s: 90 counts in 1800 s.
    analysis = analyze(ANALYZER, by_hand(row(background_counts=90.0)))

    assert value(analysis, "n_dt", method="counts") == pytest.approx(10.404, abs=5e-4)
    assert value(analysis, "n_dl", method="counts") == pytest.approx(23.514, abs=5e-4)
    assert value(analysis, "a_dt") == pytest.approx(10.404 / 12.0, abs=5e-5)
    assert value(analysis, "a_dl") == pytest.approx(1.9595, abs=5e-5)
    assert value(analysis, "n_dl_large_background") == pytest.approx(2.0 * 10.404, abs=1e-3)


def test_d8_and_d9_by_hand():
    peak = {
        "energy_kev": 661.7,
        "efficiency": 0.01,
        "emission_pct": 85.0,
        "baseline_counts": 597.0,
        "p_over_2m": 11 / 6,
    }
    alone = analyze(ANALYZER, by_hand(row(**peak), basis="per_photon", background_s=600.0))
    beside = analyze(
        ANALYZER,
        by_hand(
            row(**peak, interference_counts=50.0, interference_variance=80.0),
            basis="per_photon",
            background_s=600.0,
        ),
    )

    assert value(alone, "a_dt", method="peak") == pytest.approx(17.962, abs=5e-4)
    assert value(beside, "a_dl", method="peak") == pytest.approx(37.200, abs=5e-4)
    assert [note.code for note in beside.notes] == ["INTERFERING_PEAK"]


def test_per_photon_takes_the_emission_probability_of_the_table():
    per_photon = analyze(ANALYZER, by_hand(row(background_counts=90.0), basis="per_photon"))
    per_decay = analyze(ANALYZER, by_hand(row(background_counts=90.0)))

    # WS/T 584-2017 table A.1: 84.99 photons per 100 decays.
    assert value(per_photon, "a_dl") == pytest.approx(value(per_decay, "a_dl") / 0.8499)


def test_a_spectrum_of_the_background_gives_both():
    spectrum = dataclasses.replace(GE.acquire(()), live_s=1800.0, real_s=1800.0)
    analysis = analyze(
        ANALYZER,
        inputs(
            {"background": spectrum},
            detector_type="HPGe",
            efficiency_basis="per_decay",
            subject_s=600.0,
            lines=(row(),),
        ),
    )
    # FWHM 1.414 keV, 5.66 channels of 0.25 keV: the window reaches from 2638 to 2652, 15 channels with 3
    # of baseline on each side, 20 counts in each.
    rate = 15 * 20.0 / 1800.0
    expected = 1.645 * math.sqrt(rate * 600.0 * (1.0 + 600.0 / 1800.0))
    ratio = 15.0 / 6.0
    peak = 1.645 * math.sqrt(ratio * (ratio + 1.0) * 120.0 / 3.0)

    assert value(analysis, "n_dt", method="counts") == pytest.approx(expected)
    assert value(analysis, "n_dt", method="peak") == pytest.approx(peak)
    assert value(analysis, "background_cps") == pytest.approx(rate)


def test_a_peak_of_the_background_raises_the_limit():
    clean = GE.acquire(())
    with_peak = GE.acquire(lines({661.7: 400.0}))
    limits = [
        value(
            analyze(
                ANALYZER,
                inputs({"background": s}, detector_type="HPGe", efficiency_basis="per_decay",
                       subject_s=100.0, lines=(row(),)),
            ),
            "n_dt", method="peak",
        )
        for s in (clean, with_peak)
    ]  # fmt: skip

    # P is 400 and its variance 400 and the baseline of 16 channels twice over: at least 1.645 sqrt(800).
    assert limits[1] > math.hypot(limits[0], 1.645 * math.sqrt(800.0)) * 0.99


def test_four_times_the_time_halves_the_smallest_activity():
    one = by_hand(row(background_counts=9_000.0), subject_s=600.0, background_s=600.0)
    four = by_hand(row(background_counts=36_000.0), subject_s=2400.0, background_s=2400.0)

    assert value(analyze(ANALYZER, one), "a_dt") == pytest.approx(
        2.0 * value(analyze(ANALYZER, four), "a_dt")
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (by_hand(row()), "row 1 of lines has neither background_counts nor baseline_counts"),
        (by_hand(row(background_counts=9.0, nuclide="Tc-99m"), basis="per_photon"),
         "emission_pct is missing in row 1 of lines"),
        (by_hand(row(background_counts=-1.0)), "background_counts in row 1 of lines is -1"),
        (by_hand(row(background_counts=9.0, nuclide="nothing")), "nuclide in row 1 of lines names none"),
        (inputs(subject_s=600.0, background_s=1.0, lines=(row(),)), "efficiency_basis is missing"),
        (inputs(subject_s=600.0, efficiency_basis="per_decay", lines=(row(),)), "background_s is missing"),
    ],
)  # fmt: skip
def test_what_is_missing_or_cannot_be_is_refused(given, said):
    with pytest.raises(AnalysisError, match=said):
        analyze(ANALYZER, given)


def test_the_analyzer_keeps_the_contract():
    spectrum = inputs({"background": GE.acquire(())}, detector_type="HPGe", efficiency_basis="per_photon",
                      subject_s=600.0, lines=(row(),))  # fmt: skip

    assert check(ANALYZER, [spectrum]) == []
    assert check(ANALYZER, [by_hand(row(background_counts=90.0))]) == []


@pytest.mark.parametrize(
    ("cells", "missing"),
    [
        ({"baseline_counts": 597.0}, "p_over_2m"),
        ({"p_over_2m": 2.0}, "baseline_counts"),
        ({"interference_counts": 50.0, "interference_variance": 80.0}, "baseline_counts"),
        ({"baseline_counts": 9.0, "p_over_2m": 2.0, "interference_counts": 5.0}, "interference_variance"),
    ],
)  # fmt: skip
def test_half_of_what_a_peak_needs_is_refused_and_not_left_out(cells, missing):
    with pytest.raises(AnalysisError, match=f"{missing} is missing in row"):
        analyze(ANALYZER, by_hand(row(background_counts=90.0, **cells)))
