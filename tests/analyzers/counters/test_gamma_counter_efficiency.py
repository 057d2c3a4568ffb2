"""Efficiency of a gamma counter: counts per positron or per photon, never one for the other."""

import math

import numpy as np
import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Outcome
from photopeak_analyzers.counters.gamma_counter_efficiency import ANALYZER
from photopeak_analyzers.counters.sample_emissions import Basis, emission
from photopeak_analyzers.errors import (
    MissingReadingError,
    ParameterError,
    UnsuitableAcquisitionError,
)
from photopeak_analyzers.nuclide_table import TABLE_VERSION
from photopeak_analyzers.nuclides import half_life
from support.calibrators import analyze, later, readings, uncertainty
from support.floods import notes, precondition, value
from support.gamma_counters import count

EMPTY = [(3000.0, 6000.0)]
ANNIHILATION = {"window_lower_kev": 400.0, "window_upper_kev": 600.0}
EXACT = {"clock_s": 0.0}
OF_GALLIUM = math.hypot(0.00091, 0.889 - 0.8891) / 0.889
"""Relative uncertainty of its positrons: that of ENSDF, and what ENSDF says beside the value used."""
PER_DECAY = {"F-18": 0.967, "Ge-68": 0.889, "Ga-68": 0.889}


def source(
    nuclide, kbq=3.0, efficiency=0.335, *, u=1.0, age_s=0.0, live_s=300.0, per_decay=None, rng=None
):
    """A source whose activity was stated `age_s` before it was counted."""
    emitted = PER_DECAY[nuclide] if per_decay is None else per_decay
    rate = efficiency * 1000.0 * kbq * emitted
    counts, live, start = count(rate, live_s, nuclide, age_s, rng=rng)
    return (nuclide, kbq, later(0.0), u, counts, live, start, per_decay)


def positrons(sources, parameters=None, **given):
    usual = {"efficiency_basis": "positron", "background": EMPTY, **ANNIHILATION}
    return analyze(ANALYZER, parameters, sources=sources, **{**usual, **given})


def test_a_source_of_germanium_worked_out_by_hand():
    # 10 kBq, 1000 s: after background 2 978 150 counts, 2978.15 a second; 10 000 decays emit
    # 8 890 positrons, 2978.15 / 8890 = 33.5 %. The decay in 1000 s takes 1.5e-5 of it.
    rows = [("Ge-68", 10.0, later(0.0), 0.8, 2_978_650.0, 1000.0, later(0.0), None)]
    analysis = positrons(rows, EXACT)
    where = {"nuclide": "Ge-68", "basis": "positron"}

    assert value(analysis, "efficiency_pct", **where) == pytest.approx(33.5, rel=2e-5)
    counting = math.hypot(math.sqrt(2_978_650.0) / 1000.0, math.sqrt(3000.0) / 6000.0) / 2978.15
    u = 33.5 * math.hypot(counting, 0.008, OF_GALLIUM)
    assert uncertainty(analysis, "efficiency_pct") == pytest.approx(u, rel=1e-4)
    assert value(analysis, "expanded_uncertainty_pct") == pytest.approx(200.0 * u / 33.5, rel=1e-4)
    assert value(analysis, "rate_per_kbq") == pytest.approx(297.815, rel=2e-5)
    assert analysis.valid
    assert all(each.outcome is Outcome.MET for each in analysis.preconditions)


def test_per_photon_and_per_positron_stand_apart():
    rows = [source("F-18")]
    positron = positrons(rows)
    photon = positrons(rows, efficiency_basis="photon")

    assert value(positron, "efficiency_pct", basis="positron") == pytest.approx(33.5)
    # Two photons to each positron.
    assert value(photon, "efficiency_pct", basis="photon") == pytest.approx(33.5 / 2.0)
    (note,) = notes(positron, "EMISSION_USED")
    assert note.message == (
        "counts per positron: F-18 emits 0.967 positrons per decay"
        f" (table of nuclides {TABLE_VERSION})"
    )


def test_the_published_ratio_of_fluorine_to_germanium():
    # Lodge et al. 2015: 34.2 % and 33.2 % of the positrons in one system.
    analysis = positrons([source("Ge-68", efficiency=0.332), source("F-18", efficiency=0.342)])

    assert value(analysis, "efficiency_pct", nuclide="Ge-68") == pytest.approx(33.2)
    assert value(analysis, "efficiency_pct", nuclide="F-18") == pytest.approx(34.2)
    assert value(analysis, "efficiency_ratio", nuclide="F-18") == pytest.approx(342.0 / 332.0)
    ours = [uncertainty(analysis, "efficiency_pct", nuclide=each) for each in ("F-18", "Ge-68")]
    assert uncertainty(analysis, "efficiency_ratio") == pytest.approx(
        342.0 / 332.0 * math.hypot(ours[0] / 34.2, ours[1] / 33.2)
    )


def test_an_old_certificate_is_decayed_to_the_count():
    fresh = positrons([source("Ge-68", kbq=50.0)])
    year = positrons([source("Ge-68", kbq=50.0, age_s=365.25 * 86_400.0)])

    assert value(year, "efficiency_pct") == pytest.approx(value(fresh, "efficiency_pct"))
    # 1.35 half-lives; each is known to 0.16 of 270.95 days.
    of_life = math.log(2.0) * 365.25 * 86_400.0 / half_life("Ge-68").seconds * 0.16 / 270.95
    assert uncertainty(year, "efficiency_pct") ** 2 == pytest.approx(
        uncertainty(fresh, "efficiency_pct") ** 2 + (33.5 * of_life) ** 2, rel=0.02
    )


@pytest.mark.parametrize(
    ("days", "met"), [(-300.0, True), (0.0, True), (300.0, False), (-1400.0, False)]
)
def test_a_certificate_of_a_later_day_or_of_years_ago_warns(days, met):
    row = ("Ge-68", 1.0, later(86_400.0 * days), 1.0, 500.0, 60.0, later(0.0), None)
    found = precondition(positrons([row]), "PC_CAL_EXPIRED")

    assert (found.outcome is Outcome.MET) is met


def test_a_background_common_to_two_nuclides_cancels_in_their_ratio():
    rows = [
        (name, kbq, later(0.0), 0.0, 120_000.0, 60.0, later(0.0), None)
        for name, kbq in (("Ge-68", 3.0), ("F-18", 3.0))
    ]
    analysis = positrons(rows, {**EXACT, "emission_percent": 0.0}, background=[(1000.0, 1.0)])

    # Of 1000 a second above 1000 +- 32 the background leaves 3.2 % open in each, in the ratio nothing.
    assert uncertainty(analysis, "efficiency_pct", nuclide="Ge-68") > 1.0
    ratio = value(analysis, "efficiency_ratio")
    counting = math.sqrt(2.0 * 120_000.0) / 60_000.0
    evaluated = math.hypot(0.00091 / 0.889, 0.0005 / 0.967)
    assert uncertainty(analysis, "efficiency_ratio") == pytest.approx(
        ratio * math.hypot(counting, evaluated), rel=0.02
    )


def test_several_sources_are_averaged_and_their_certificate_is_not():
    one = positrons([source("Ge-68")], EXACT)
    four = positrons([source("Ge-68")] * 4, EXACT)

    assert value(four, "efficiency_pct") == pytest.approx(value(one, "efficiency_pct"))
    assert value(four, "efficiency_sd_pct") == pytest.approx(0.0, abs=1e-9)
    # The 1 % of the certificate stays, counting gets half; that of the background is common.
    assert 0.335 < uncertainty(four, "efficiency_pct") < uncertainty(one, "efficiency_pct")


def test_the_scatter_of_sources_counts_where_it_is_more_than_that_of_counts():
    rows = [source("Ge-68", efficiency=e) for e in (0.331, 0.335, 0.339)]
    analysis = positrons([(*row[:3], 0.0, *row[4:]) for row in rows], EXACT)

    # s = 0.4 %, of three: 0.231.
    assert value(analysis, "efficiency_sd_pct") == pytest.approx(0.4)
    assert uncertainty(analysis, "efficiency_pct") == pytest.approx(0.4 / math.sqrt(3.0), rel=0.03)


def test_the_uncertainty_is_that_of_the_noise():
    rng = np.random.default_rng(17)
    found = []
    for _ in range(300):
        background = [(float(rng.poisson(300.0)), 600.0)]
        rows = [source("Ge-68", kbq=0.2, live_s=60.0, u=0.0, rng=rng)]
        found.append(positrons(rows, EXACT, background=background))
    values = [value(each, "efficiency_pct") for each in found]
    u = float(np.mean([uncertainty(each, "efficiency_pct") for each in found]))

    assert np.std(values, ddof=1) == pytest.approx(u, rel=0.16)
    assert np.mean(values) == pytest.approx(33.5, abs=4.0 * u / math.sqrt(300.0))


def test_activity_and_rate_scale_together():
    small = positrons([source("F-18", kbq=1.0)])
    large = positrons([source("F-18", kbq=10.0)])

    assert value(large, "efficiency_pct") == pytest.approx(value(small, "efficiency_pct"))


def test_a_line_listed_for_calculation_gives_photons():
    # 84.99 photons of 661.7 keV in 100 decays.
    counts, live, start = count(0.25 * 3000.0 * 0.8499, 300.0, "Cs-137")
    rows = [("Cs-137", 3.0, later(0.0), 1.0, counts, live, start, None)]

    analysis = positrons(
        rows, efficiency_basis="photon", window_lower_kev=600.0, window_upper_kev=720.0
    )

    assert value(analysis, "efficiency_pct", nuclide="Cs-137") == pytest.approx(25.0)


@pytest.mark.parametrize(
    ("nuclide", "window", "stated", "percent"),
    [
        # WS/T 584 lists 84.99, ENSDF has 85.1 +- 0.2.
        ("Cs-137", (600.0, 720.0), None, 100.0 * math.hypot(0.2, 0.11) / 84.99),
        # ENSDF: 85.6 +- 0.17 and 10.68 +- 0.08.
        ("Co-57", (100.0, 150.0), None, 100.0 * math.hypot(0.17, 0.08) / 96.28),
        ("F-18", (400.0, 600.0), None, 100.0 * math.hypot(0.0004, 0.0003) / 0.967),
        ("F-18", None, 1.934, 0.5),
    ],
)
def test_photons_are_as_uncertain_as_their_evaluations(nuclide, window, stated, percent):
    found = emission(nuclide, Basis.PHOTON, window, stated)

    assert 100.0 * found.relative_or(0.5) == pytest.approx(percent, rel=1e-3)


def test_without_the_uncertainty_of_an_activity_there_is_none():
    analysis = positrons([source("Ge-68", u=None)])

    assert uncertainty(analysis, "efficiency_pct") is None
    assert [m for m in analysis.measurements if m.metric == "expanded_uncertainty_pct"] == []
    assert len(notes(analysis, "ACTIVITY_UNCERTAINTY_UNKNOWN")) == 1


@pytest.mark.parametrize(
    ("window", "outcome", "valid"),
    [
        (ANNIHILATION, Outcome.MET, True),
        ({"window_lower_kev": 511.0, "window_upper_kev": 512.0}, Outcome.MET, True),
        ({"window_lower_kev": 512.0, "window_upper_kev": 700.0}, Outcome.NOT_MET, False),
        ({"window_lower_kev": None, "window_upper_kev": None}, Outcome.UNKNOWN, True),
    ],
)
def test_positrons_are_counted_at_511_kev(window, outcome, valid):
    analysis = positrons([source("F-18")], **window)

    assert precondition(analysis, "PC_WINDOW").outcome is outcome
    assert analysis.valid is valid


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (
            {"efficiency_basis": None},
            MissingReadingError,
            "the reading efficiency_basis is missing",
        ),
        (
            {"efficiency_basis": "decay"},
            ParameterError,
            "efficiency_basis is decay, needs one of positron, photon",
        ),
        ({"sources": None}, MissingReadingError, "the reading sources is missing"),
        (
            {"sources": [source("F-18", efficiency=3.35)]},
            UnsuitableAcquisitionError,
            (
                "row 1 of sources gives an efficiency of 335 %, needs at most 105 %: activity or counts"
                " are wrong"
            ),
        ),
        (
            {"sources": [("Cs-137", 3.0, later(0.0), 1.0, 1e4, 10.0, later(0.0), None)]},
            ParameterError,
            "the table of nuclides has no positrons of Cs-137, needs emissions_per_decay",
        ),
        (
            {
                "sources": [("Tl-201", 3.0, later(0.0), 1.0, 1e4, 10.0, later(0.0), None)],
                "efficiency_basis": "photon",
                "window_lower_kev": 60.0,
                "window_upper_kev": 85.0,
            },
            ParameterError,
            (
                "the table of nuclides has no intensity of the line of Tl-201 at 72 keV to calculate"
                " with, needs emissions_per_decay"
            ),
        ),
        (
            {"efficiency_basis": "photon", "window_lower_kev": 550.0},
            ParameterError,
            (
                "F-18 has no line from 550 to 600 keV in the table of nuclides, needs"
                " emissions_per_decay"
            ),
        ),
        (
            {"window_lower_kev": 600.0},
            ParameterError,
            "window_lower_kev is 600 keV, needs less than window_upper_kev of 600 keV",
        ),
        (
            {
                "efficiency_basis": "photon",
                "window_lower_kev": None,
                "window_upper_kev": None,
            },
            MissingReadingError,
            "the photons of F-18 need window_lower_kev and window_upper_kev, or emissions_per_decay",
        ),
    ],
)
def test_what_cannot_be_is_refused(given, error, message):
    with pytest.raises(error) as refusal:
        positrons(**{"sources": [source("F-18")], **given})

    assert str(refusal.value) == message


def test_photons_as_entered_are_taken():
    analysis = positrons(
        [source("F-18", efficiency=0.1, per_decay=1.5)],
        efficiency_basis="photon",
        window_lower_kev=None,
        window_upper_kev=None,
    )

    assert value(analysis, "efficiency_pct") == pytest.approx(10.0)
    (note,) = notes(analysis, "EMISSION_USED")
    assert note.values["source"] == "as entered"


def test_the_analyzer_keeps_the_contract():
    example = readings(
        efficiency_basis="positron",
        sources=[source("Ge-68"), source("Ge-68"), source("F-18", age_s=3600.0)],
        background=EMPTY,
        **ANNIHILATION,
    )

    assert check(ANALYZER, [example]) == []
