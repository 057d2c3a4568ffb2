"""Calibrators of a department against a reference and with each other."""

import math

import numpy as np
import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Outcome
from photopeak_analyzers.counters.calibrator_intercomparison import ANALYZER
from photopeak_analyzers.errors import MissingReadingError, ParameterError
from photopeak_analyzers.nuclides import half_life
from photopeak_analyzers.numerics.decay import decay_factor
from support.calibrators import analyze, later, readings, uncertainty
from support.floods import notes, precondition, value


def row(calibrator, mbq, nuclide="F-18", *, after=0.0, percent=None, k=None, setting=None):
    return (calibrator, nuclide, mbq, later(after), percent, k, setting)


def reference(mbq, nuclide="F-18", *, after=0.0, percent=None, k=None):
    return (nuclide, mbq, later(after), percent, k)


def compared(results, references=None, parameters=None):
    return analyze(ANALYZER, parameters, results=results, references=references)


def test_an_en_score_worked_out_by_hand():
    # 103 against 100 MBq with U = 4 % and 3 %: 3 / sqrt(4.12**2 + 3**2) = 0.5886.
    analysis = compared([row("A", 103.0, percent=4.0)], [reference(100.0, percent=3.0)])

    scope = {"calibrator": "A", "nuclide": "F-18"}
    assert value(analysis, "en_score", **scope) == pytest.approx(3.0 / math.hypot(4.12, 3.0))
    assert value(analysis, "en_score") == pytest.approx(0.5886, abs=1e-4)
    assert value(analysis, "deviation_pct", **scope) == pytest.approx(3.0)
    assert uncertainty(analysis, "deviation_pct") == pytest.approx(math.hypot(4.12, 3.09) / 2.0)
    assert analysis.valid


@pytest.mark.parametrize(
    ("hours", "met"), [(-1.0, True), (0.0, True), (1.0, False), (-10.0, False)]
)
def test_a_reference_of_a_later_time_or_long_gone_warns(hours, met):
    given = reference(100.0, after=3600.0 * hours, percent=3.0)
    analysis = compared([row("A", 103.0, percent=4.0)], [given])

    assert (precondition(analysis, "PC_CAL_EXPIRED").outcome is Outcome.MET) is met


def test_the_coverage_factors_of_both_are_taken_off():
    plain = compared([row("A", 103.0, percent=4.0)], [reference(100.0, percent=3.0)])
    others = compared([row("A", 103.0, percent=6.0, k=3.0)], [reference(100.0, percent=1.5, k=1.0)])

    assert value(others, "en_score") == pytest.approx(value(plain, "en_score"))


def test_three_calibrators_worked_out_by_hand():
    analysis = compared([row("A", 98.0), row("B", 100.0), row("C", 102.0)])

    assert value(analysis, "spread_pct", nuclide="F-18") == pytest.approx(4.0)
    assert value(analysis, "sd_pct", nuclide="F-18") == pytest.approx(2.0)
    assert value(analysis, "calibrators") == 3
    # Without a certificate and without uncertainties nothing is said of En.
    assert not [m for m in analysis.measurements if m.metric in ("en_score", "deviation_pct")]


def test_the_decay_between_the_calibrators_is_no_spread():
    life = half_life("F-18").seconds
    analysis = compared(
        [row(name, 400.0 * decay_factor(600.0 * k, life), after=600.0 * k)
         for k, name in enumerate("ABCD")],
        [reference(400.0 / decay_factor(7200.0, life), after=-7200.0, percent=2.0)],
    )  # fmt: skip

    assert value(analysis, "spread_pct") == pytest.approx(0.0, abs=1e-9)
    assert value(analysis, "deviation_pct", calibrator="D") == pytest.approx(0.0, abs=1e-9)
    assert value(analysis, "activity_mbq", calibrator="D") == pytest.approx(400.0)


def test_every_nuclide_has_a_spread_of_its_own():
    analysis = compared(
        [row("A", 100.0), row("B", 101.0), row("A", 50.0, "Tc-99m"), row("B", 55.0, "Tc-99m")]
    )

    assert value(analysis, "spread_pct", nuclide="F-18") == pytest.approx(100.0 / 100.5)
    assert value(analysis, "spread_pct", nuclide="Tc-99m") == pytest.approx(500.0 / 52.5)


def test_scale_and_order_do_not_matter():
    one = compared([row("A", 98.0), row("B", 100.0), row("C", 103.0)])
    other = compared([row("C", 1030.0), row("A", 980.0), row("B", 1000.0)])

    for metric in ("spread_pct", "sd_pct"):
        assert value(other, metric) == pytest.approx(value(one, metric))


def test_the_uncertainty_of_a_spread_covers_repeated_comparisons():
    rng = np.random.default_rng(9)
    exact = {"display_step_mbq": 0.0, "display_digits": 9}
    found = [
        compared([row("A", 100.0 * a), row("B", 104.0 * b), row("C", 101.0 * c)], None, exact)
        for a, b, c in rng.normal(1.0, 0.003, (200, 3)).tolist()
    ]

    # Highest and lowest differ by 4 %, far beyond 0.3 %: sqrt(2) * 0.3 %, of 200 to 5 %.
    assert np.std([value(each, "spread_pct") for each in found]) == pytest.approx(0.424, rel=0.2)
    assert uncertainty(found[0], "spread_pct") == pytest.approx(0.424, rel=0.1)


@pytest.mark.parametrize(("setting", "valid"), [("F-18", True), ("Ga-68", False)])
def test_a_result_on_the_setting_of_another_nuclide_is_void(setting, valid):
    analysis = compared([row("A", 100.0), row("B", 103.0, setting=setting)])

    scopes = {dict(m.scope.items).get("calibrator"): m.scope for m in analysis.measurements}
    assert bool(analysis.failed_for(scopes["B"])) is not valid
    assert not analysis.failed_for(scopes["A"])


def test_one_calibrator_without_a_reference_compares_nothing():
    alone = compared([row("A", 100.0)])

    assert not alone.valid
    assert precondition(alone, "PC_COUNTS").outcome is Outcome.NOT_MET
    assert compared([row("A", 100.0)], [reference(100.0)]).valid


def test_soft_radiation_is_remarked():
    assert notes(compared([row("A", 9.0, "Y-90"), row("B", 8.0, "Y-90")]), "CONTAINER_DEPENDENT")


def test_what_cannot_be_is_refused():
    with pytest.raises(MissingReadingError, match="no result of a calibrator is given"):
        analyze(ANALYZER)
    with pytest.raises(ParameterError, match="A stands in two rows of results for F-18, needs one"):
        compared([row("A", 1.0), row("A", 2.0)])
    with pytest.raises(ParameterError, match="F-18 stands in two rows of references, needs one"):
        compared([row("A", 1.0)], [reference(1.0), reference(2.0)])
    with pytest.raises(
        ParameterError, match="activity_mbq in row 1 of results is 0 MBq, needs more"
    ):
        compared([row("A", 0.0)])


def test_the_analyzer_keeps_the_contract():
    example = readings(
        results=[row("A", 100.0, percent=3.0), row("B", 103.0, percent=4.0)],
        references=[reference(101.0, percent=2.0)],
    )

    assert check(ANALYZER, [example]) == []
