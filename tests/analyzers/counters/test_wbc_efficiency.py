"""Efficiency calibration of a whole-body counter (WS/T 584-2017 5.3)."""

import dataclasses
import math
from datetime import timedelta

import numpy as np
import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Outcome
from photopeak_analyzers.counters.wbc_efficiency_calibration import (
    ANALYZER,
    WbcEfficiencyCalibrationParameters,
)
from photopeak_analyzers.counters.wbc_efficiency_curve import (
    ACTIVITY,
    LIFE,
    CalibrationLine,
    branch_below,
    fewest_lines,
    fit_efficiencies,
)
from photopeak_analyzers.counters.wbc_lines import Line
from photopeak_analyzers.errors import AnalysisError, ParameterError, UnsuitableAcquisitionError
from photopeak_analyzers.numerics.counting import Estimate
from support.wbc import AT, GE, analyze, inputs, lines, value

COEFFICIENTS = (-16.0, 4.2, -0.35, 0.0)
"""Of ln eps by powers of ln E: 0.5 to 2 %, largest near 400 keV."""

SOURCES = {
    59.54: ("Am-241", 0.3578, 432.6 * 365.2422 * 86_400.0),
    88.03: ("Cd-109", 0.03626, 461.4 * 86_400.0),
    122.1: ("Co-57", 0.8551, 271.80 * 86_400.0),
    320.1: ("Cr-51", 0.0987, 27.703 * 86_400.0),
    661.7: ("Cs-137", 0.8499, 30.018 * 365.2422 * 86_400.0),
    834.84: ("Mn-54", 0.999746, 312.13 * 86_400.0),
    1173.2: ("Co-60", 0.9985, 5.271 * 365.2422 * 86_400.0),
    1332.5: ("Co-60", 0.999826, 5.271 * 365.2422 * 86_400.0),
}
ACTIVITY_BQ = 50_000.0
LIVE_S = 1000.0
ELAPSED_S = 30.0 * 86_400.0


def efficiency(energy):
    return math.exp(sum(a * math.log(energy) ** k for k, a in enumerate(COEFFICIENTS)))


def area(energy):
    """Return the counts of a line: the activity decayed until and during the count."""
    _, emission, half_life = SOURCES[energy]
    rate = math.log(2.0) / half_life
    decayed = (
        ACTIVITY_BQ * math.exp(-rate * ELAPSED_S) * -math.expm1(-rate * LIVE_S) / (rate * LIVE_S)
    )
    return efficiency(energy) * emission * decayed * LIVE_S


def spectrum(energies=tuple(SOURCES), rng=None):
    made = GE.acquire(lines({energy: area(energy) for energy in energies}), rng=rng)
    return dataclasses.replace(made, live_s=LIVE_S, real_s=LIVE_S * 1.01, started_at=AT)


def rows(energies=tuple(SOURCES), **changes):
    reference = (AT - timedelta(seconds=ELAPSED_S)).isoformat()
    cells = {
        "activity_bq": ACTIVITY_BQ,
        "reference": reference,
        "uncertainty_pct": 3.0,
        "k": 2.0,
        "emission_pct": None,
    }
    return tuple((energy, SOURCES[energy][0], *(cells | changes).values()) for energy in energies)


def calibrated(made=None, table=None, parameters=None, **readings):
    given = inputs(
        {"spectrum": spectrum() if made is None else made},
        detector_type="HPGe",
        sources=rows() if table is None else table,
        **readings,
    )
    return analyze(ANALYZER, given, parameters)


def outcome(analysis, quantity):
    (one,) = [p for p in analysis.preconditions if p.quantity == quantity]
    return one.outcome


def test_the_efficiency_of_each_line_is_what_was_put_in():
    analysis = calibrated()

    for energy in SOURCES:
        # The window holds 99.67 %, whole channels and the background of 20 counts do the rest.
        assert value(analysis, "line_efficiency", energy_kev=energy) == pytest.approx(
            efficiency(energy), rel=1.2e-2
        )
    assert value(analysis, "n_lines") == 8


def test_the_printed_formula_by_hand():
    # N / (A p gamma t): 36 000 counts, 10 000 Bq at the start, 90 photons per 100 decays, 200 s.
    made = dataclasses.replace(spectrum(), live_s=200.0, real_s=200.0)
    analysis = calibrated(made, rows(emission_pct=90.0, activity_bq=1e4, reference=AT.isoformat()))
    counted = value(analysis, "line_efficiency", energy_kev=661.7) * 1e4 * 0.9 * 200.0

    assert counted == pytest.approx(area(661.7), rel=8e-3)


def test_the_decay_during_the_count_lasts_as_long_as_the_clock_ran():
    # F-18 as the nuclide of one line: 2000 s by the clock, 1000 s of them alive.
    table = tuple(
        (row[0], "F-18", *row[2:-2], 2.0, 90.0) if row[0] == 661.7 else row
        for row in rows(reference=AT.isoformat())
    )
    made = spectrum()
    short, long = (
        value(calibrated(dataclasses.replace(made, real_s=real), table), "line_efficiency", energy_kev=661.7)
        for real in (1000.0, 2000.0)
    )  # fmt: skip
    rate = math.log(2.0) / (109.77 * 60.0)
    mean = [-math.expm1(-rate * t) / (rate * t) for t in (1000.0, 2000.0)]

    assert long / short == pytest.approx(mean[0] / mean[1], rel=1e-3)


def test_a_spectrum_that_has_drifted_gives_no_efficiencies_of_half_a_peak():
    made = spectrum()
    drifted = dataclasses.replace(made, energy_kev=made.energy_kev + 1.6)

    with pytest.raises(AnalysisError, match="lines have an area"):
        calibrated(drifted)


def test_the_curve_goes_through_the_lines():
    analysis = calibrated(parameters=WbcEfficiencyCalibrationParameters(degree=2))

    assert value(analysis, "curve_efficiency", energy_kev=661.7) == pytest.approx(
        efficiency(661.7), rel=1e-2
    )
    assert value(analysis, "largest_residual_pct") < 0.6
    assert value(analysis, "efficiency_coefficient", order=1) == pytest.approx(4.2, rel=0.02)


def test_repeated_counts_scatter_within_the_uncertainty_of_the_curve():
    exact = rows(uncertainty_pct=0.0)
    results = [
        next(
            m
            for m in calibrated(spectrum(rng=np.random.default_rng(seed)), exact).measurements
            if m.metric == "curve_efficiency" and m.scope.get("energy_kev") == 320.1
        )
        for seed in range(25)
    ]
    spread = np.std([m.value for m in results], ddof=1)

    # The spread of 25 is known to 14 %; three of it; chi-square above 1 widens the claims.
    assert 0.55 < spread / np.mean([m.uncertainty for m in results]) < 1.4


def calibration_line(energy, nuclide, *, counting=0.005, activity_percent=0.0, life=0.0, log=0.0):
    """Return a line of an efficiency that is off by a logarithm."""
    value = efficiency(energy) * math.exp(log)
    whole = math.hypot(counting, activity_percent / 100.0, life)
    return CalibrationLine(
        line=Line(energy_kev=energy, nuclide=nuclide, emission=1.0, source=""),
        efficiency=Estimate(value=value, uncertainty=value * whole),
        activity_bq=1e4,
        source=(nuclide,),
        stated_percent=2.0 * activity_percent,
        standard_percent=activity_percent,
        counting=counting,
        emission=0.0,
        life=life,
    )


EU_152 = (121.8, 344.3, 778.9, 964.1, 1112.1, 1408.0)


def test_lines_of_one_source_share_its_activity_as_draws_do():
    # Am-241 and Cs-137 each with a line, Eu-152 with six: 2 % of each activity, 0.5 % of each line.
    rng = np.random.default_rng(4)
    nuclides = {59.54: "Am-241", 661.7: "Cs-137"} | dict.fromkeys(EU_152, "Eu-152")
    found = []
    for _ in range(600):
        common = {name: 0.02 * rng.standard_normal() for name in ("Am-241", "Cs-137", "Eu-152")}
        drawn = [
            calibration_line(
                energy, name, activity_percent=2.0, log=common[name] + 0.005 * rng.standard_normal()
            )
            for energy, name in sorted(nuclides.items())
        ]
        curve = fit_efficiencies(drawn, 2)
        found.append([(curve.at(e).value, curve.at(e).uncertainty) for e in (80.0, 500.0, 1300.0)])
    values, claimed = np.moveaxis(np.array(found), -1, 0)
    spread = values.std(axis=0, ddof=1)

    # The spread of 600 is known to 3 %; a chi-square above 1 widens some of the claims.
    assert (np.abs(spread / claimed.mean(axis=0) - 1.0) < 0.12).all()
    truth = np.array([efficiency(e) for e in (80.0, 500.0, 1300.0)])
    assert (np.abs(values.mean(axis=0) - truth) < 4.0 * spread / math.sqrt(600.0)).all()


def test_more_lines_of_one_source_do_not_make_its_activity_better_known():
    one_source = [calibration_line(e, "Eu-152", activity_percent=2.0) for e in (59.54, *EU_152)]
    seven = [dataclasses.replace(each, source=(at,)) for at, each in enumerate(one_source)]
    shared, alone = (fit_efficiencies(each, 2).at(700.0) for each in (one_source, seven))

    assert shared.relative == pytest.approx(0.02, rel=0.02)
    assert shared.relative > 0.02
    assert alone.relative < 0.015


def test_the_budget_names_what_the_curve_is_uncertain_by():
    made = [
        calibration_line(e, "Eu-152", activity_percent=2.0, life=0.01) for e in (59.54, *EU_152)
    ]
    curve = fit_efficiencies(made, 2)
    shares = curve.shares(700.0)

    assert shares[ACTIVITY] == pytest.approx(0.02)
    assert shares[LIFE] == pytest.approx(0.01)
    assert math.hypot(*shares.values()) == pytest.approx(curve.at(700.0).relative)

    analysis = calibrated(wanted=((364.5,),))
    (table,) = [f for f in analysis.figures if f.name == "uncertainty"]
    assert [row[0] for row in table.rows] == sorted(SOURCES)
    assert any("shared by the lines of a source" in column for column in table.columns)
    for row in table.rows:
        assert math.hypot(*row[3:7]) == pytest.approx(row[7])
        assert row[8] == pytest.approx(2.0 * row[7])


def test_both_lines_of_co_60_are_of_one_source_and_its_half_life_is_shown():
    analysis = calibrated()
    lives = {n.values["nuclide"]: n for n in analysis.notes if n.code == "HALF_LIFE_USED"}

    assert set(lives) == {nuclide for nuclide, _, _ in SOURCES.values()}
    assert lives["Co-60"].values["source"] == "WS/T 584-2017 table A.1"
    assert lives["Co-60"].values["uncertainty_s"] > 0.0
    assert {"table", "half_life_s"} <= lives["Co-60"].values.keys()


def turned_over(energy):
    """Return an efficiency that a dead layer takes off below 100 keV."""
    return efficiency(energy) * math.exp(-0.8 * min(math.log(energy / 100.0), 0.0) ** 2)


LOW = (46.5, 59.54, 88.03, 122.1, 320.1, 661.7, 834.84, 1173.2, 1332.5)


def test_germanium_has_a_branch_of_its_own_below_100_kev():
    made = [calibration_line(e, str(e), log=math.log(turned_over(e) / efficiency(e))) for e in LOW]
    crossover = branch_below("HPGe", LOW, 2, 100.0)
    curve = fit_efficiencies(made, 2, crossover)

    assert crossover == 100.0
    for energy in (50.0, 70.0, 99.0, 101.0, 500.0):
        assert curve.at(energy).value == pytest.approx(turned_over(energy), rel=1e-6)
    # One polynomial through all lines is off where nothing tells it.
    assert fit_efficiencies(made, 2).at(70.0).value != pytest.approx(turned_over(70.0), rel=0.01)
    assert float(curve.fit.values[-1]) == pytest.approx(-0.8)


@pytest.mark.parametrize(
    ("detector", "energies", "degree", "crossover"),
    [
        ("NaI", LOW, 2, None),
        ("HPGe", LOW[1:], 2, 100.0),
        ("HPGe", LOW[2:], 2, None),
        ("HPGe", LOW[1:], 3, 100.0),
        ("HPGe", LOW[1:-1], 3, None),
        ("HPGe", LOW[1:-1], 2, 100.0),
    ],
)
def test_a_branch_takes_lines_that_carry_it(detector, energies, degree, crossover):
    assert branch_below(detector, energies, degree, 100.0) == crossover


def test_the_branch_is_said_and_can_be_left_out():
    codes = {n.code for n in calibrated().notes}
    without = calibrated(parameters=WbcEfficiencyCalibrationParameters(crossover_kev=0.0))

    assert "LOW_BRANCH" in codes
    assert value(calibrated(), "branch_coefficient") == pytest.approx(0.0, abs=0.3)
    assert not {"LOW_BRANCH", "NO_LOW_BRANCH"} & {n.code for n in without.notes}


@pytest.mark.parametrize(("degree", "needed"), [(1, 3), (2, 4), (3, 5), (4, 8), (5, 9), (6, 10)])
def test_seven_lines_carry_the_third_degree_and_no_higher_one(degree, needed):
    assert fewest_lines(degree) == needed
    seven = [calibration_line(e, str(e)) for e in LOW[2:]]
    if degree <= 3:
        assert fit_efficiencies(seven, degree).at(500.0).value == pytest.approx(
            efficiency(500.0), rel=0.5 if degree == 1 else 1e-6
        )
    else:
        with pytest.raises(UnsuitableAcquisitionError, match=rf"7 lines .* needs {needed} for"):
            fit_efficiencies(seven, degree)


@pytest.mark.parametrize(("energy", "outcome"), [(364.5, Outcome.MET), (1836.1, Outcome.NOT_MET)])
def test_the_efficiency_at_an_energy_is_told_and_an_extrapolation_warns(energy, outcome):
    analysis = calibrated(wanted=((energy,),), table=rows(uncertainty_pct=0.0))
    (checked,) = [p for p in analysis.preconditions if f"efficiency at {energy:g}" in p.quantity]

    assert checked.outcome is outcome
    assert analysis.valid
    of_curve = value(analysis, "curve_efficiency", energy_kev=energy)
    assert of_curve == pytest.approx(efficiency(energy), rel=0.02)


def test_a_later_count_finds_less_and_says_the_same():
    later = dataclasses.replace(spectrum(), started_at=AT)
    twice = rows(activity_bq=2.0 * ACTIVITY_BQ)
    halved = value(calibrated(later, twice), "line_efficiency", energy_kev=661.7)

    assert halved == pytest.approx(0.5 * value(calibrated(), "line_efficiency", energy_kev=661.7))


@pytest.mark.parametrize(("number", "met"), [(6, False), (7, True)])
def test_seven_lines_are_needed(number, met):
    chosen = (59.54, 122.1, 320.1, 661.7, 834.84, 1173.2, 1332.5)[:number]
    analysis = calibrated(spectrum(chosen), rows(chosen))

    assert outcome(analysis, "lines with an area") is (Outcome.MET if met else Outcome.NOT_MET)
    assert analysis.valid is met


def test_two_lines_below_200_kev_are_needed():
    chosen = tuple(e for e in SOURCES if e > 89.0)
    analysis = calibrated(
        spectrum(chosen), rows(chosen), WbcEfficiencyCalibrationParameters(degree=2)
    )

    assert outcome(analysis, "lines between 40 and 200 keV") is Outcome.NOT_MET


def test_the_certificate_keeps_its_coverage_factor():
    # 4 % with k = 2 are 6 % at 99.7 %: within 5.1.2, beyond B.3.5.
    analysis = calibrated(table=rows(uncertainty_pct=4.0))
    assert outcome(analysis, "largest uncertainty of a certificate, as stated") is Outcome.MET
    assert outcome(analysis, "largest uncertainty of a certificate, at 99.7 %") is Outcome.NOT_MET
    assert analysis.valid

    assert calibrated(table=rows(uncertainty_pct=4.0, k=3.0)).valid
    assert not calibrated(table=rows(uncertainty_pct=5.1)).valid


def test_a_source_above_1000_kbq_warns():
    assert (
        outcome(calibrated(table=rows(activity_bq=2e6)), "largest activity of a source")
        is Outcome.NOT_MET
    )


def test_a_line_without_an_area_is_left_out_and_said():
    chosen = tuple(e for e in SOURCES if e != 88.03)
    analysis = calibrated(spectrum(chosen))

    assert [n.values["energy_kev"] for n in analysis.notes if n.code == "LINE_NOT_SEEN"] == [88.03]


@pytest.mark.parametrize(
    ("made", "table", "said"),
    [
        (
            dataclasses.replace(spectrum(), started_at=None),
            None,
            "does not tell when it was counted",
        ),
        (None, rows((661.7,)), "1 lines have an area in the spectrum, needs 5"),
        (None, (*rows(), *rows((661.7,))), "661.7 keV is named twice in sources"),
        (
            None,
            ((700.0, "Cs-137", 1e4, AT.isoformat(), 3.0, None, None),),
            "emission_pct is missing in row 1",
        ),
        (None, rows(activity_bq=-1.0), "activity_bq in row 1 of sources is -1 Bq"),
        (
            None,
            rows(reference="yesterday"),
            "reference in row 1 of sources is yesterday, needs a date",
        ),
    ],
)
def test_what_is_missing_or_cannot_be_is_refused(made, table, said):
    with pytest.raises((AnalysisError, ParameterError), match=said.replace(".", r"\.")):
        calibrated(made, table)


def test_the_analyzer_keeps_the_contract():
    example = inputs(
        {"spectrum": spectrum()}, detector_type="HPGe", sources=rows(), geometry="BOMAB"
    )

    assert check(ANALYZER, [example]) == []
