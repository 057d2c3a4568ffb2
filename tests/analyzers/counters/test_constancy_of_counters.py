"""Constancy of gamma counters and probes: a check source against its rate of an earlier day."""

import math
from datetime import timedelta

import numpy as np
import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Outcome, ReadingValue
from photopeak_analyzers.counters import gamma_counter_constancy, probe_constancy
from photopeak_analyzers.errors import MissingReadingError, ParameterError
from photopeak_analyzers.nuclides import half_life, half_life_uncertainty_s
from support.calibrators import AT, analyze, later, readings, uncertainty
from support.floods import notes, precondition, value
from support.gamma_counters import count

BOTH = pytest.mark.parametrize(
    "analyzer", [gamma_counter_constancy.ANALYZER, probe_constancy.ANALYZER]
)
EMPTY = [(3000.0, 6000.0)]
"""0.5 a second."""

EXACT = {"clock_s": 0.0}


def reference(cps, days_ago=0.0, u=0.0):
    return ReadingValue(value=cps, uncertainty=u, at=AT - timedelta(days=days_ago))


@BOTH
def test_one_count_worked_out_by_hand(analyzer):
    life_days = half_life("Cs-137").seconds / 86_400.0
    analysis = analyze(
        analyzer,
        EXACT,
        nuclide="Cs-137",
        counts=[(10_450.0, 100.0, later(0.0))],
        reference_cps=reference(200.0, life_days, u=1.0),
        background=EMPTY,
    )

    # One half-life: 100 a second are left; 104.5 - 0.5 = 104 are found.
    # In 100 s of counting 4e-6 % more decay. u: 10 450 counts 0.983 %, background 0.00913 a second, reference 0.5 %.
    assert value(analysis, "constancy_pct") == pytest.approx(4.0, abs=1e-5)
    assert value(analysis, "net_cps") == pytest.approx(104.0)
    assert value(analysis, "expected_cps") == pytest.approx(100.0, rel=1e-7)
    # The two evaluations of the half-life differ by 0.4 %, of which ln 2 shows after one of them.
    of_life = math.log(2.0) * half_life_uncertainty_s("Cs-137") / half_life("Cs-137").seconds
    u = math.hypot(
        math.sqrt(10_450.0) / 100.0, math.sqrt(3000.0) / 6000.0, 0.005 * 104.0, of_life * 104.0
    )
    assert uncertainty(analysis, "constancy_pct") == pytest.approx(u, rel=1e-6)
    assert value(analysis, "change_sigma") == pytest.approx(4.0 / u, rel=1e-6)
    assert analysis.valid
    assert all(each.outcome is Outcome.MET for each in analysis.preconditions)


@BOTH
def test_the_decay_during_the_count_is_part_of_what_is_expected(analyzer):
    analysis = analyze(
        analyzer,
        nuclide="F-18",
        counts=[count(500.0, 1800.0, "F-18", 3600.0)],
        reference_cps=reference(500.0),
        background=EMPTY,
    )

    # A reference that is not corrected for the decay in 30 min would be 9 % off.
    assert value(analysis, "constancy_pct") == pytest.approx(0.0, abs=1e-9)


@BOTH
def test_counts_add_up_whatever_their_parts(analyzer):
    given = {"nuclide": "Co-57", "reference_cps": reference(300.0), "background": EMPTY}
    whole = analyze(analyzer, EXACT, counts=[count(310.0, 600.0, "Co-57")], **given)
    parts = analyze(
        analyzer,
        EXACT,
        counts=[count(310.0, 200.0, "Co-57", 200.0 * k) for k in range(3)],
        **given,
    )

    metric = "constancy_pct"
    assert value(parts, metric) == pytest.approx(value(whole, metric), abs=1e-6)
    assert uncertainty(parts, metric) == pytest.approx(uncertainty(whole, metric), rel=1e-6)


@BOTH
def test_a_count_ten_days_later_or_earlier_is_the_same_source(analyzer):
    for days in (-10.0, 0.0, 10.0):
        analysis = analyze(
            analyzer,
            nuclide="I-131",
            counts=[count(400.0, 100.0, "I-131", days * 86_400.0)],
            reference_cps=reference(400.0),
            background=EMPTY,
        )
        assert value(analysis, "constancy_pct") == pytest.approx(0.0, abs=1e-9)
        assert precondition(analysis, "PC_CAL_EXPIRED").outcome is (
            Outcome.NOT_MET if days < 0.0 else Outcome.MET
        )


@BOTH
def test_the_uncertainty_is_that_of_the_noise(analyzer):
    rng = np.random.default_rng(11)
    found = []
    for _ in range(300):
        background = [(float(rng.poisson(300.0)), 600.0)]
        rows = [count(50.0, 60.0, "Cs-137", 60.0 * k, rng=rng) for k in range(3)]
        found.append(
            analyze(
                analyzer, EXACT, nuclide="Cs-137", counts=rows,
                reference_cps=reference(50.0), background=background,
            )
        )  # fmt: skip
    changes = [value(each, "constancy_pct") for each in found]
    u = float(np.mean([uncertainty(each, "constancy_pct") for each in found]))

    # 9 090 counts: 1.06 %; the spread of 300 draws is known to 4 %.
    assert np.std(changes, ddof=1) == pytest.approx(u, rel=0.16)
    assert np.mean(changes) == pytest.approx(0.0, abs=4.0 * u / math.sqrt(300.0))


@BOTH
def test_a_mean_rate_knows_the_background_no_better_than_one_count(analyzer):
    # 50 a second in 100 s: 0.707; nine counts of 7000 in 100 s: 0.279.
    analysis = analyze(
        analyzer,
        EXACT,
        nuclide="Cs-137",
        counts=[(7000.0, 100.0, later(0.0))] * 9,
        reference_cps=reference(20.0),
        background=[(5000.0, 100.0)],
    )

    assert uncertainty(analysis, "net_cps") == pytest.approx(
        math.hypot(math.sqrt(7000.0) / 100.0 / 3.0, math.sqrt(5000.0) / 100.0)
    )


@BOTH
def test_a_start_may_be_that_of_the_measurement(analyzer):
    given = {"nuclide": "Co-57", "reference_cps": reference(300.0), "background": EMPTY}
    counts, live_s, _ = count(300.0, 60.0, "Co-57")

    analysis = analyze(analyzer, counts=[(counts, live_s, None)], **given)

    assert value(analysis, "constancy_pct") == pytest.approx(0.0, abs=1e-9)


@BOTH
def test_what_is_missing_or_weak_is_no_silent_pass(analyzer):
    analysis = analyze(
        analyzer,
        nuclide="Cs-137",
        counts=[(9_999.0, 0.4, later(0.0))],
        reference_cps=ReadingValue(value=25_000.0, at=AT),
    )

    assert precondition(analysis, "PC_COUNTS", "fewest counts").outcome is Outcome.NOT_MET
    assert precondition(analysis, "PC_RATE").outcome is Outcome.NOT_MET
    assert precondition(analysis, "PC_BACKGROUND").outcome is Outcome.UNKNOWN
    assert [note.code for note in notes(analysis, "REFERENCE_TAKEN_AS_EXACT")]


@BOTH
@pytest.mark.parametrize(("counts", "valid"), [(100.0, False), (560.0, True)])
def test_nothing_above_the_background_voids(analyzer, counts, valid):
    analysis = analyze(
        analyzer,
        nuclide="Cs-137",
        counts=[(counts, 200.0, later(0.0))],
        reference_cps=reference(50.0),
        background=EMPTY,
    )

    # 100 counts of background are expected; 560 are 460 / 23.7 above.
    assert analysis.valid is valid


@BOTH
@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"counts": None}, MissingReadingError, "the reading counts is missing"),
        ({"nuclide": None}, MissingReadingError, "the reading nuclide is missing"),
        ({"reference_cps": None}, MissingReadingError, "the reading reference_cps is missing"),
        (
            {"reference_cps": 50.0},
            MissingReadingError,
            "the time of the reading reference_cps is missing",
        ),
        (
            {"reference_cps": reference(0.0)},
            ParameterError,
            "reference_cps is 0 {counts}/s, needs at least 0.001 {counts}/s",
        ),
        (
            {"counts": [(-5.0, 60.0, None)]},
            ParameterError,
            "counts in row 1 of counts is -5 {counts}, needs at least 0 {counts}",
        ),
    ],
)
def test_what_cannot_be_is_refused(analyzer, given, error, message):
    usual = {
        "nuclide": "Cs-137",
        "counts": [(5000.0, 60.0, None)],
        "reference_cps": reference(50.0),
    }
    with pytest.raises(error) as refusal:
        analyze(analyzer, **{**usual, **given})

    assert str(refusal.value) == message


@BOTH
def test_the_analyzer_keeps_the_contract(analyzer):
    example = readings(
        nuclide="Cs-137",
        counts=[count(100.0, 100.0, "Cs-137"), count(100.0, 100.0, "Cs-137", 100.0)],
        reference_cps=reference(100.0, 365.0, u=1.0),
        background=EMPTY,
    )

    assert check(analyzer, [example]) == []
