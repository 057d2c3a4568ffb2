"""The chain from a Ge-68 reference source to the concentration of a sample."""

import math
from datetime import timedelta

import numpy as np
import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Outcome, ReadingValue
from photopeak_analyzers.counters.gamma_counter_concentration import ANALYZER
from photopeak_analyzers.errors import (
    MissingReadingError,
    ParameterError,
    UnsuitableAcquisitionError,
)
from photopeak_analyzers.nuclides import half_life
from photopeak_analyzers.numerics.decay import decay_factor
from support.calibrators import AT, analyze, later, readings, uncertainty
from support.floods import notes, precondition, value
from support.gamma_counters import count

EMPTY = [(3000.0, 6000.0)]
WINDOW = {"window_lower_kev": 400.0, "window_upper_kev": 600.0}
EXACT = {
    "clock_s": 0.0,
    "efficiency_ratio_percent": 0.0,
    "volume_percent": 0.0,
}
POSITRONS = {"F-18": 0.967, "Ga-68": 0.889}
HOUR = 3600.0


def reference(kbq=3.0, efficiency=0.335, *, u=1.0, live_s=300.0, elapsed_s=0.0, rng=None):
    """A row of Ge-68, its activity stated at time 0; the daughter emits 0.889 positrons."""
    counts = count(efficiency * 1000.0 * kbq * 0.889, live_s, "Ge-68", elapsed_s, rng=rng)
    return (kbq, later(0.0), u, *counts, None)


def sample(
    kbq_per_ml=4.0, volume_ml=0.5, *, nuclide="F-18", efficiency=0.335, elapsed_s=0.0, u=None,
    name=None, live_s=120.0, rng=None,
):  # fmt: skip
    """A row of a sample that has its concentration at time 0."""
    rate = efficiency * 1000.0 * kbq_per_ml * volume_ml * POSITRONS[nuclide]
    return (*count(rate, live_s, nuclide, elapsed_s, rng=rng), volume_ml, u, name)


def chain(samples, references=None, parameters=None, **given):
    usual = {"nuclide": "F-18", "background": EMPTY, **WINDOW}
    rows = [reference()] if references is None else references
    return analyze(ANALYZER, parameters, references=rows, samples=samples, **{**usual, **given})


def test_the_chain_worked_out_by_hand():
    # Reference: 10 000 Bq of Ge-68 emit 8 890 positrons a second, 2978.15 are counted: 33.5 %.
    # Sample: 3239.45 a second over 0.335 * 0.967 are 10 000 Bq of F-18, in 0.5 mL 20 000 Bq/mL. In
    # 1 s of counting it loses 0.5 * ln 2 / 6586.2 s = 0.0053 %, in 1000 s the reference 0.0015 %.
    references = [(10.0, later(0.0), 0.8, 2_978_650.0, 1000.0, later(0.0), None)]
    analysis = chain([(3239.95, 1.0, later(0.0), 0.5, 1.0, "a")], references, EXACT)

    assert value(analysis, "efficiency_pct") == pytest.approx(33.5, rel=2e-5)
    assert value(analysis, "sample_bq") == pytest.approx(10_000.0, rel=7e-5)
    assert value(analysis, "mean_concentration_bq_ml") == pytest.approx(20_000.0, rel=7e-5)
    # Counts of the sample 1.757 %, volume 1 %, certificate 0.8 %, counts of the reference 0.058 %.
    # And positrons per decay, of Ga-68 0.103 % and of F-18 0.052 %.
    counting = math.hypot(math.sqrt(3239.95) / 3239.45, math.sqrt(2_978_650.0) / 2_978_150.0)
    u = math.hypot(counting, 0.01, 0.008, 0.00103, 0.00052)
    assert uncertainty(analysis, "mean_concentration_bq_ml") == pytest.approx(
        20_000.0 * u, rel=1e-3
    )
    assert uncertainty(analysis, "concentration_bq_ml", sample=1) == pytest.approx(
        20_000.0 * u, rel=1e-3
    )
    assert value(analysis, "expanded_uncertainty_pct") == pytest.approx(200.0 * u, rel=1e-3)
    assert analysis.valid


def test_every_link_of_the_chain_stands_in_the_budget():
    analysis = chain([sample()])
    (budget,) = [figure for figure in analysis.figures if figure.name == "budget"]
    parts = {row[0]: row[7] for row in budget.rows}

    # Contributions in percent; F-18 at its own start: nothing of its half-life.
    assert parts["reference: activity of Ge-68"] == pytest.approx(1.0)
    # ENSDF: 0.8891 +- 0.0009 and 0.9673 +- 0.0004, where 0.889 and 0.967 are used.
    gallium, fluorine = math.hypot(0.00091, 0.0001) / 0.889, math.hypot(0.0004, 0.0003) / 0.967
    assert parts["reference: emission of Ge-68"] == pytest.approx(100.0 * gallium)
    assert parts["emission of F-18"] == pytest.approx(100.0 * fluorine)
    assert parts["ratio of the efficiencies"] == pytest.approx(1.7)
    assert parts["volume"] == pytest.approx(0.5)
    assert parts["half-life of F-18"] == 0.0
    assert parts["clock of F-18"] == pytest.approx(100.0 * math.log(2.0) * 17.3 / 6586.2)
    gross = 335.0 * 2.0 * 0.967 * 120.0
    assert parts["counts of F-18"] == pytest.approx(100.0 / math.sqrt(gross), rel=0.02)
    total = math.hypot(*(row[7] for row in budget.rows if row[1] is not None))
    assert value(analysis, "expanded_uncertainty_pct") == pytest.approx(2.0 * total)


def test_the_efficiency_itself_does_not_matter():
    poor = chain([sample(efficiency=0.1)], [reference(efficiency=0.1)])
    good = chain([sample(efficiency=0.4)], [reference(efficiency=0.4)])

    for analysis in (poor, good):
        assert value(analysis, "mean_concentration_bq_ml") == pytest.approx(4000.0)


def test_the_concentration_refers_to_one_moment_whenever_samples_are_counted():
    early_and_late = [sample(elapsed_s=HOUR * each) for each in (1.0, 2.0, 3.0)]
    at_zero = chain(early_and_late, concentration_at=later(0.0))
    at_first = chain(early_and_late)

    assert value(at_zero, "mean_concentration_bq_ml") == pytest.approx(4000.0)
    assert value(at_zero, "spread_pct") == pytest.approx(0.0, abs=1e-9)
    left = decay_factor(HOUR, half_life("F-18").seconds)
    assert value(at_first, "mean_concentration_bq_ml") == pytest.approx(4000.0 * left)
    (note,) = notes(at_first, "CONCENTRATION_AT")
    assert note.values["at"] == later(HOUR)


def test_the_published_ratio_corrects_the_efficiency():
    # Lodge et al. 2015: 34.2 % for F-18 where Ge-68 has 33.2 %.
    given = ([sample(efficiency=0.342)], [reference(efficiency=0.332)])
    naive = chain(*given)
    right = chain(*given, {"efficiency_ratio": 0.342 / 0.332, "efficiency_ratio_percent": 0.3})

    assert value(naive, "mean_concentration_bq_ml") == pytest.approx(4000.0 * 0.342 / 0.332)
    assert value(right, "mean_concentration_bq_ml") == pytest.approx(4000.0)
    # 3 % off, which the ratio of 1 +- 1.7 % admits at k = 2.
    assert value(naive, "expanded_uncertainty_pct") > 3.0
    assert value(right, "expanded_uncertainty_pct") < value(naive, "expanded_uncertainty_pct")


def test_gallium_68_is_counted_like_its_parent():
    analysis = chain([sample(nuclide="Ga-68")], nuclide="Ga-68")

    assert value(analysis, "mean_concentration_bq_ml") == pytest.approx(4000.0)


def test_positrons_may_be_entered():
    analysis = chain([sample()], positrons_per_decay=0.9686)

    assert value(analysis, "mean_concentration_bq_ml") == pytest.approx(4000.0 * 0.967 / 0.9686)


def test_the_calibrator_is_compared():
    expected = ReadingValue(value=4.0, uncertainty=0.08, at=AT - timedelta(hours=1))
    left = decay_factor(HOUR, half_life("F-18").seconds)
    analysis = chain([sample()], expected_kbq_ml=expected)

    assert value(analysis, "concentration_ratio") == pytest.approx(1.0 / left)
    ours = value(analysis, "expanded_uncertainty_pct") / 200.0
    assert uncertainty(analysis, "concentration_ratio") == pytest.approx(
        math.hypot(ours, 0.02) / left
    )


def test_the_uncertainty_is_that_of_the_noise():
    rng = np.random.default_rng(23)
    found = []
    for _ in range(300):
        rows = [sample(0.2, live_s=60.0, rng=rng) for _ in range(2)]
        found.append(
            chain(
                rows, [reference(0.2, u=0.0, live_s=60.0, rng=rng)], EXACT,
                background=[(float(rng.poisson(3000.0)), 6000.0)],
            )
        )  # fmt: skip
    values = [value(each, "mean_concentration_bq_ml") for each in found]
    u = float(np.mean([uncertainty(each, "mean_concentration_bq_ml") for each in found]))

    # Where the scatter of the two samples exceeds their counting, it is taken: 10 % more on the mean.
    assert np.std(values, ddof=1) == pytest.approx(u / 1.1, rel=0.2)
    assert np.mean(values) == pytest.approx(200.0, abs=4.0 * u / math.sqrt(300.0))


@pytest.mark.parametrize("moment", ["2026-03-02T08:00:00", "at eight", 8.0])
def test_a_moment_without_its_zone_is_refused(moment):
    with pytest.raises(ParameterError, match="needs a date with time and zone"):
        chain([sample()], concentration_at=moment)


def test_samples_share_their_background():
    seen = 12_000.0 + 120.0 * 324.0
    rows = [(seen, 120.0, later(0.0), 0.5, 0.0, None)] * 4
    analysis = chain(rows, [reference(u=0.0)], EXACT, background=[(2000.0, 20.0)])

    # 324 a second: of four counts 0.94 in their mean; of 20 s of background 2.24 in each, and in the mean.
    (budget,) = [figure for figure in analysis.figures if figure.name == "budget"]
    shares = {row[0]: row[7] for row in budget.rows}
    assert shares["counts of F-18"] == pytest.approx(
        100.0 * math.sqrt(seen) / 240.0 / 324.0, rel=1e-6
    )
    # Of the reference, 794 a second above it, 0.28 % the other way: it is taken off both.
    assert shares["background of references and samples"] == pytest.approx(
        100.0 * math.sqrt(2000.0) / 20.0 * (1.0 / 324.0 - 1.0 / (0.335 * 3000.0 * 0.889 - 99.5)),
        rel=1e-4,
    )


def test_the_scatter_of_the_samples_counts_where_pipetting_is_worse():
    analysis = chain([sample(each) for each in (3.8, 4.0, 4.2)], None, EXACT)
    (budget,) = [figure for figure in analysis.figures if figure.name == "budget"]

    # s = 0.2 kBq/mL of 4, three samples: 2.89 %.
    assert value(analysis, "spread_pct") == pytest.approx(5.0, rel=1e-3)
    parts = {row[0]: row[7] for row in budget.rows}
    assert parts["scatter of the samples"] == pytest.approx(5.0 / math.sqrt(3.0), rel=1e-3)


def test_without_the_uncertainty_of_the_reference_there_is_none():
    analysis = chain([sample()], [reference(u=None)])

    assert uncertainty(analysis, "mean_concentration_bq_ml") is None
    assert len(notes(analysis, "ACTIVITY_UNCERTAINTY_UNKNOWN")) == 1


def test_a_window_without_511_kev_voids_every_sample():
    analysis = chain([sample()], window_lower_kev=100.0, window_upper_kev=200.0)

    assert precondition(analysis, "PC_WINDOW").outcome is Outcome.NOT_MET
    for each in analysis.measurements:
        assert analysis.failed_for(each.scope)


def test_a_sample_without_activity_voids_and_a_large_one_warns():
    nothing = chain([(60.0, 120.0, later(0.0), 0.5, None, None)])
    large = chain([sample(volume_ml=3.1)])
    small = chain([sample(volume_ml=3.0)])

    assert not nothing.valid
    assert precondition(large, "PC_GEOMETRY").outcome is Outcome.NOT_MET
    assert precondition(small, "PC_GEOMETRY").outcome is Outcome.MET


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"samples": None}, MissingReadingError, "the reading samples is missing"),
        ({"references": None}, MissingReadingError, "the reading references is missing"),
        ({"nuclide": None}, MissingReadingError, "the reading nuclide is missing"),
        (
            {"nuclide": "Cs-137"},
            ParameterError,
            "the table of nuclides has no positrons of Cs-137, needs positrons_per_decay",
        ),
        (
            {"samples": [(1e4, 60.0, later(0.0), 0.0, None, None)]},
            ParameterError,
            "volume_ml in row 1 of samples is 0 mL, needs at least 0.001 mL",
        ),
        (
            {"references": [(3.0, later(0.0), 1.0, 0.0, 300.0, later(0.0), None)]},
            UnsuitableAcquisitionError,
            "row 1 of references has -0.5 counts a second above the background, needs more than 0",
        ),
    ],
)
def test_what_cannot_be_is_refused(given, error, message):
    usual = {"nuclide": "F-18", "references": [reference()], "samples": [sample()], **WINDOW}
    with pytest.raises(error) as refusal:
        analyze(ANALYZER, **{**usual, "background": EMPTY, **given})

    assert str(refusal.value) == message


def test_the_analyzer_keeps_the_contract():
    example = readings(
        nuclide="F-18",
        references=[reference(), reference(live_s=600.0)],
        samples=[sample(name="vial 1"), sample(u=1.0)],
        background=EMPTY,
        concentration_at=later(0.0),
        expected_kbq_ml=ReadingValue(value=4.0, uncertainty=0.1, at=AT),
        **WINDOW,
    )

    assert check(ANALYZER, [example]) == []
