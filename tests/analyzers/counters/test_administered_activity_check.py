"""Administered against prescribed activity: the rule of 10 %."""

import math

import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.counters.administered_activity_check import ANALYZER
from photopeak_analyzers.errors import MissingReadingError, ParameterError
from photopeak_analyzers.nuclides import half_life
from photopeak_analyzers.numerics.decay import decay_factor
from support.calibrators import analyze, later, readings, uncertainty
from support.floods import notes, precondition, value

HOUR = 3600.0


def row(number, prescribed, measured, *, nuclide="F-18", waited=0.0, left=None, left_after=0.0):
    return (
        number,
        nuclide,
        prescribed,
        measured,
        later(0.0),
        later(waited),
        left,
        None if left is None else later(left_after),
    )


def administered(*rows, parameters=None):
    return analyze(ANALYZER, parameters, administrations=list(rows))


@pytest.mark.parametrize(
    ("waited", "left_after", "valid"),
    [
        (0.0, 0.0, True),
        # Two clocks may differ by a minute.
        (-60.0, 0.0, True),
        (-61.0, 0.0, False),
        (600.0, 540.0, True),
        (600.0, 539.0, False),
        (25.0 * HOUR, 25.0 * HOUR, False),
    ],
)
def test_times_that_were_swapped_void(waited, left_after, valid):
    analysis = administered(row("7", 250.0, 255.0, nuclide="Lu-177", waited=waited, left=5.0,
                                left_after=left_after))  # fmt: skip

    assert analysis.valid is valid


def test_a_time_of_what_was_left_without_its_activity_is_refused():
    with pytest.raises(MissingReadingError, match="residual_at and no residual_mbq"):
        administered((*row("7", 250.0, 255.0)[:6], None, later(60.0)))


def test_an_administration_worked_out_by_hand():
    # 280 MBq of F-18 decay for half an hour to 280 * 2 ** (-30/109.77) = 231.679 MBq; 5 MBq left an
    # hour after the first measurement were 5 * 2 ** (30/109.77) = 6.0428 MBq when it was given.
    analysis = administered(row("7", 250.0, 280.0, waited=0.5 * HOUR, left=5.0, left_after=HOUR))

    full = 280.0 * 2.0 ** (-30.0 / 109.77)
    left = 5.0 * 2.0 ** (30.0 / 109.77)
    assert (full, left) == (pytest.approx(231.679, abs=1e-3), pytest.approx(6.0428, abs=1e-4))
    scope = {"administration": "7", "nuclide": "F-18"}
    assert value(analysis, "administered_mbq", **scope) == pytest.approx(full - left)
    assert value(analysis, "residual_mbq", **scope) == pytest.approx(left)
    assert value(analysis, "administered_deviation_pct", **scope) == pytest.approx(
        100.0 * ((full - left) / 250.0 - 1.0)
    )
    assert analysis.valid


@pytest.mark.parametrize(
    ("measured", "beyond"),
    [(110.0, 0), (110.1, 1), (90.0, 0), (89.9, 1), (100.0, 0)],
)
def test_the_rule_counts_what_is_beyond_ten_percent(measured, beyond):
    analysis = administered(row("1", 100.0, measured))

    assert value(analysis, "beyond_rule") == beyond
    assert value(analysis, "administered_deviation_pct") == pytest.approx(measured - 100.0)
    (table,) = [f for f in analysis.figures if f.name == "administrations"]
    assert table.rows[0][-1] == ("yes" if beyond else "no")


def test_a_deviation_on_the_bound_is_exactly_the_bound():
    assert value(administered(row("1", 100.0, 110.0)), "administered_deviation_pct") == 10.0


def test_administrations_are_told_apart_and_summed_up():
    analysis = administered(row("1", 100.0, 105.0), row("2", 200.0, 180.0), row("3", 50.0, 60.0))

    assert value(analysis, "administrations") == 3
    assert value(analysis, "beyond_rule") == 1
    assert value(analysis, "mean_deviation_pct") == pytest.approx(5.0)
    assert value(analysis, "administered_deviation_pct", administration="2") == pytest.approx(-10.0)


def test_waiting_there_and_back_is_nothing():
    life = half_life("F-18").seconds
    late = administered(row("1", 100.0, 100.0 / decay_factor(HOUR, life), waited=HOUR))

    assert value(late, "administered_deviation_pct") == pytest.approx(0.0, abs=1e-9)


def test_the_uncertainty_is_that_of_the_meter_and_absent_without_it():
    exact = {"repeatability_percent": 0.0, "clock_s": 0.0, "display_step_mbq": 0.0}
    told = administered(row("1", 200.0, 210.0), parameters={**exact, "activity_meter_percent": 2.0})
    untold = administered(row("1", 200.0, 210.0))

    # 2 % of 105 % and a digit of 0.1 MBq.
    digit = 0.1 / math.sqrt(12.0) / 2.0
    assert uncertainty(told, "administered_deviation_pct") == pytest.approx(math.hypot(2.1, digit))
    assert uncertainty(untold, "administered_deviation_pct") is None
    assert notes(untold, "METER_UNCERTAINTY_UNKNOWN")


@pytest.mark.parametrize(("days", "valid"), [(1.0, True), (1.01, False), (-1.01, False)])
def test_a_wrong_date_voids_the_row_alone(days, valid):
    analysis = administered(
        row("1", 100.0, 100.0, nuclide="I-131"),
        row("2", 100.0, 100.0, nuclide="I-131", waited=days * 24.0 * HOUR),
    )

    scopes = {dict(m.scope.items).get("administration"): m.scope for m in analysis.measurements}
    assert not analysis.failed_for(scopes["1"])
    assert bool(analysis.failed_for(scopes["2"])) is not valid
    assert precondition(administered(row("1", 1.0, 1.0)), "PC_TIME").unit == "s"


def test_what_cannot_be_is_refused():
    with pytest.raises(MissingReadingError, match="no administration is given"):
        analyze(ANALYZER)
    with pytest.raises(ParameterError) as refusal:
        administered(row("1", 100.0, 5.0, left=6.0))
    assert str(refusal.value) == (
        "row 1 of administrations leaves -1 MBq of 5 MBq less 6 MBq, needs more than 0"
    )
    with pytest.raises(ParameterError, match="number in row 2 of administrations is 1 once more"):
        administered(row("1", 100.0, 100.0), row("1", 100.0, 100.0))
    with pytest.raises(MissingReadingError, match="row 1 of administrations has no residual_at"):
        administered((*row("1", 100.0, 100.0)[:6], 3.0, None))
    with pytest.raises(ParameterError, match="prescribed_mbq in row 1 of administrations is 0 MBq"):
        administered(row("1", 0.0, 100.0))


def test_the_analyzer_keeps_the_contract():
    example = readings(administrations=[row("1", 100.0, 105.0), row("2", 80.0, 79.0, left=1.0)])

    assert check(ANALYZER, [example]) == []
