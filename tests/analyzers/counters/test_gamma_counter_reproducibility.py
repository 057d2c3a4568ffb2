"""Reproducibility of a gamma counter: chi-square of repeated counts."""

import math

import numpy as np
import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Outcome
from photopeak_analyzers.counters.gamma_counter_reproducibility import ANALYZER
from photopeak_analyzers.errors import (
    MissingReadingError,
    ParameterError,
    UnsuitableAcquisitionError,
)
from support.calibrators import analyze, later, readings, uncertainty
from support.floods import precondition, value
from support.gamma_counters import count

TEN = [10_000.0, 10_100.0, 9_900.0, 10_050.0, 9_950.0, 10_200.0, 9_800.0, 10_000.0, 10_000.0,
       10_000.0]  # fmt: skip
"""Mean 10 000; squares of the differences in 1e4: 0 1 1 0.25 0.25 4 4 0 0 0, sum 10.5e4."""

EMPTY = [(3000.0, 6000.0)]

PRINTED = {
    10: {"chi_square_1": 2.09, "chi_square_5": 3.33, "chi_square_95": 16.92, "chi_square_99": 21.67},
    20: {"chi_square_1": 7.63, "chi_square_5": 10.12, "chi_square_95": 30.14, "chi_square_99": 36.19},
}  # fmt: skip
"""Critical values for ten and twenty counts, as tables print them."""


def rows(counts, live_s=60.0):
    return [(each, live_s, later(live_s * k)) for k, each in enumerate(counts)]


def repeated(counts, nuclide="Cs-137", background=EMPTY, **given):
    table = rows(counts) if not isinstance(counts[0], tuple) else list(counts)
    return analyze(ANALYZER, nuclide=nuclide, counts=table, background=background, **given)


def test_ten_counts_worked_out_by_hand():
    analysis = repeated(TEN)

    assert value(analysis, "mean_counts") == pytest.approx(10_000.0)
    assert uncertainty(analysis, "mean_counts") == pytest.approx(math.sqrt(1e5) / 10.0)
    assert value(analysis, "chi_square") == pytest.approx(10.5, rel=1e-4)
    # s = sqrt(10.5e4 / 9) = 108.0 counts; Poisson has 100.
    assert value(analysis, "rsd_pct") == pytest.approx(1.080123, rel=1e-4)
    assert value(analysis, "poisson_rsd_pct") == pytest.approx(1.0)
    assert value(analysis, "max_deviation_pct") == pytest.approx(2.0, rel=1e-4)
    # Of nine degrees of freedom, from a table: 10.5 lies between 8.343 (0.5) and 10.656 (0.3).
    assert 0.30 < value(analysis, "chi_square_probability") < 0.32
    assert analysis.valid
    assert all(each.outcome is Outcome.MET for each in analysis.preconditions)


@pytest.mark.parametrize("number", sorted(PRINTED))
def test_the_critical_values_are_those_of_the_tables(number):
    analysis = repeated([10_000.0] * number)

    for metric, printed in PRINTED[number].items():
        assert value(analysis, metric) == pytest.approx(printed, abs=0.005)


@pytest.mark.parametrize(
    ("critical", "chance"), [(3.325, 0.95), (16.919, 0.05), (2.088, 0.99), (21.666, 0.01)]
)
def test_a_chi_square_on_a_critical_value_has_its_chance(critical, chance):
    # Two counts off by d, each way: chi-square = 2 d^2 / 10 000.
    off = math.sqrt(critical * 10_000.0 / 2.0)
    analysis = repeated([10_000.0 + off, 10_000.0 - off, *[10_000.0] * 8])

    assert value(analysis, "chi_square_probability") == pytest.approx(chance, rel=2e-3)


def test_poisson_counts_lie_beyond_the_critical_values_as_often_as_they_should():
    rng = np.random.default_rng(3)
    chances = [
        value(repeated([float(n) for n in rng.poisson(10_000.0, 10)]), "chi_square_probability")
        for _ in range(400)
    ]

    # Even between 0 and 1: 10 % beyond 5 and 95 %, known to 1.5 % by 400 draws.
    assert np.mean(chances) == pytest.approx(0.5, abs=4.0 * 0.289 / 20.0)
    beyond = np.mean([chance < 0.05 or chance > 0.95 for chance in chances])
    assert beyond == pytest.approx(0.1, abs=0.06)


def test_the_decay_of_the_source_is_no_scatter():
    table = [count(200.0, 60.0, "F-18", 300.0 * k) for k in range(10)]
    analysis = repeated(table, "F-18")

    assert value(analysis, "chi_square") == pytest.approx(0.0, abs=1e-9)
    assert precondition(analysis, "PC_TIME").outcome is Outcome.MET


def test_the_background_does_not_decay_with_the_source():
    table = [count(200.0, 60.0, "F-18", 3600.0 * k, background_cps=50.0) for k in range(4)]
    right = repeated(table, "F-18", background=[(300_000.0, 6000.0)])
    wrong = repeated(table, "F-18", background=None)

    assert value(right, "chi_square") == pytest.approx(0.0, abs=1e-9)
    assert value(wrong, "chi_square") > 100.0


def test_unequal_times_are_expected_by_their_length():
    analysis = repeated([(6_000.0, 60.0, None), (12_000.0, 120.0, None), (3_000.0, 30.0, None)])

    assert value(analysis, "chi_square") == pytest.approx(0.0, abs=1e-6)


def test_order_does_not_matter_and_counts_copied_show():
    one, other = repeated(TEN), repeated(TEN[::-1])
    copied = repeated([10_000.0] * 10)

    assert value(one, "chi_square") == pytest.approx(value(other, "chi_square"), rel=1e-3)
    assert value(copied, "chi_square_probability") == pytest.approx(1.0)


@pytest.mark.parametrize(("number", "met"), [(9, False), (10, True)])
def test_fewer_than_ten_counts_warn(number, met):
    analysis = repeated([10_000.0] * number)

    outcome = precondition(analysis, "PC_COUNTS", "repeated counts").outcome
    assert outcome is (Outcome.MET if met else Outcome.NOT_MET)


def test_times_that_matter_and_are_not_there_are_no_silent_pass():
    table = [(10_000.0, 60.0, None)] * 10

    assert precondition(repeated(table, "F-18"), "PC_TIME").outcome is Outcome.UNKNOWN
    assert precondition(repeated(table, "Cs-137"), "PC_TIME").outcome is Outcome.MET


def test_a_source_that_is_gone_many_times_over_meanwhile_needs_its_times():
    # 200 counts of 100 s: 260 half-lives of Rb-82.
    analysis = repeated([(100.0, 100.0, None)] * 200, "Rb-82", background=None)

    assert precondition(analysis, "PC_TIME").outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"counts": None}, MissingReadingError, "the reading counts is missing"),
        ({"nuclide": None}, MissingReadingError, "the reading nuclide is missing"),
        ({"counts": rows(TEN[:2])}, ParameterError, "counts has 2 rows, needs 3 to 1000"),
        (
            {"counts": rows([0.0] * 10)},
            UnsuitableAcquisitionError,
            "the counts come to 0, needs more than 0",
        ),
    ],
)
def test_what_cannot_be_is_refused(given, error, message):
    with pytest.raises(error) as refusal:
        analyze(ANALYZER, **{"nuclide": "Cs-137", "counts": rows(TEN), **given})

    assert str(refusal.value) == message


def test_the_analyzer_keeps_the_contract():
    example = readings(nuclide="Cs-137", counts=rows(TEN), background=EMPTY)

    assert check(ANALYZER, [example]) == []
