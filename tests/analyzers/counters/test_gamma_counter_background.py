"""Background of a gamma counter: rates by window, and counts that stand out."""

import math

import numpy as np
import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Outcome
from photopeak_analyzers.counters.gamma_counter_background import ANALYZER
from photopeak_analyzers.errors import ParameterError
from support.calibrators import analyze, later, readings, uncertainty
from support.floods import notes, precondition, value

UNKNOWN_WINDOW = (
    "window in row 1 of counts is Xx-1, needs one of open, Co-57, Cr-51, Cs-137, F-18, I-125,"
    " I-131, Tc-99m, other"
)


def row(counts, live_s=600.0, window=None, start=None, usual_cpm=None):
    return (counts, live_s, window, start, usual_cpm)


def test_three_counts_worked_out_by_hand():
    analysis = analyze(ANALYZER, counts=[row(290.0), row(310.0), row(300.0, usual_cpm=27.0)])

    # 900 counts in 30 min: 30 a minute, known to 1; one count of 10 min scatters by
    # sqrt(300) / 10 = 1.732 a minute; chi^2 = (100 + 100 + 0) / 300, chance exp(-1/3).
    assert value(analysis, "background_cpm") == pytest.approx(30.0)
    assert uncertainty(analysis, "background_cpm") == pytest.approx(1.0)
    assert value(analysis, "background_cps") == pytest.approx(0.5)
    assert value(analysis, "background_counts") == 900.0
    assert value(analysis, "upper_cpm") == pytest.approx(30.0 + 3.0 * 1.7320508)
    assert value(analysis, "chi_square_probability") == pytest.approx(math.exp(-1.0 / 3.0))
    # 10 counts from a mean of which it is a third: the spread is sqrt(300 * 2/3).
    assert abs(value(analysis, "max_deviation_sigma")) == pytest.approx(10.0 / math.sqrt(200.0))
    assert value(analysis, "background_change_sigma") == pytest.approx(3.0)
    assert analysis.valid
    assert analysis.notes == ()


def test_counts_of_one_background_add_up():
    whole = analyze(ANALYZER, counts=[row(900.0, 1800.0)])
    parts = analyze(ANALYZER, counts=[row(200.0, 400.0), row(700.0, 1400.0)])

    for metric in ("background_cpm", "background_cps", "background_counts"):
        assert value(parts, metric) == pytest.approx(value(whole, metric))
        assert uncertainty(parts, metric) == pytest.approx(uncertainty(whole, metric))


def test_windows_stand_apart():
    analysis = analyze(
        ANALYZER,
        counts=[
            row(300.0, window="I-125"),
            row(600.0, window="Cs-137"),
            row(300.0, window="I-125"),
        ],
    )

    assert value(analysis, "background_cpm", window="I-125") == pytest.approx(30.0)
    assert value(analysis, "background_cpm", window="Cs-137") == pytest.approx(60.0)
    assert [each.name for each in analysis.figures] == [
        "counts_window_i125",
        "counts_window_cs137",
    ]


def test_a_count_that_saw_something_else_is_named():
    quiet = analyze(ANALYZER, counts=[row(900.0)] * 10)
    loud = analyze(ANALYZER, counts=[row(900.0)] * 9 + [row(1100.0)])

    assert notes(quiet, "BACKGROUND_UNSTEADY") == []
    (note,) = notes(loud, "BACKGROUND_UNSTEADY")
    # The mean is 920; the last lies 180 above it, its spread is sqrt(920 * 0.9).
    assert note.values["row"] == 10
    assert note.values["sigma"] == pytest.approx(180.0 / math.sqrt(828.0))
    assert value(loud, "max_deviation_sigma") == pytest.approx(180.0 / math.sqrt(828.0))


def test_a_steady_background_stays_within_its_statistics():
    rng = np.random.default_rng(7)
    found = [
        analyze(ANALYZER, counts=[row(float(n)) for n in rng.poisson(300.0, 10)])
        for _ in range(300)
    ]
    rates = [value(each, "background_cpm") for each in found]
    chances = [value(each, "chi_square_probability") for each in found]

    # The mean of 300 to 3 000 / sqrt(300) counts; the chances are even between 0 and 1.
    assert np.mean(rates) == pytest.approx(30.0, abs=4.0 * 0.548 / math.sqrt(300.0))
    assert np.std(rates) == pytest.approx(uncertainty(found[0], "background_cpm"), rel=0.15)
    assert np.mean(chances) == pytest.approx(0.5, abs=4.0 * 0.289 / math.sqrt(300.0))


def test_nothing_counted_is_no_error_and_warns():
    analysis = analyze(ANALYZER, counts=[row(0.0), row(0.0)])

    assert value(analysis, "background_cpm") == 0.0
    assert uncertainty(analysis, "background_cpm") == pytest.approx(0.05)
    assert precondition(analysis, "PC_COUNTS").outcome is Outcome.NOT_MET


@pytest.mark.parametrize(("counts", "met"), [(99.0, False), (100.0, True)])
def test_fewer_than_a_hundred_counts_warn(counts, met):
    analysis = analyze(ANALYZER, counts=[row(counts)])

    assert precondition(analysis, "PC_COUNTS").outcome is (Outcome.MET if met else Outcome.NOT_MET)
    assert analysis.valid


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([row(-1.0)], "counts in row 1 of counts is -1 {counts}, needs at least 0 {counts}"),
        ([row(1.0, 0.0)], "live_s in row 1 of counts is 0 s, needs at least 0.001 s"),
        (
            [row(1.0, usual_cpm=20.0), row(1.0, usual_cpm=30.0)],
            "2 usual backgrounds are given of the window without a name, needs at most 1",
        ),
        (
            [row(1.0, window="Xx-1")],
            UNKNOWN_WINDOW,
        ),
        ([], "counts has 0 rows, needs 1 to 1000"),
    ],
)
def test_what_cannot_be_is_refused(counts, message):
    with pytest.raises(ParameterError) as refusal:
        analyze(ANALYZER, counts=counts)

    assert str(refusal.value) == message


def test_the_analyzer_keeps_the_contract():
    example = readings(
        counts=[row(300.0, window="I-125", start=later(0.0)), row(280.0, usual_cpm=20.0)]
    )

    assert check(ANALYZER, [example]) == []
