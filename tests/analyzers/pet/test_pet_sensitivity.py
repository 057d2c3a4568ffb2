"""Sensitivity of PET by sleeves: JJF draft (PET/CT calibration) 7.2, Annex E; NEMA NU 2."""

import dataclasses
import math
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, Outcome, ReadingValue, Severity
from photopeak_analyzers.errors import (
    FitError,
    MissingReadingError,
    ParameterError,
    UnsuitableAcquisitionError,
)
from photopeak_analyzers.nuclides import half_life
from photopeak_analyzers.pet.pet_sensitivity import ANALYZER
from photopeak_analyzers.pet.sleeve_readings import SleeveRun
from photopeak_analyzers.pet.sleeves import extrapolate, intercept_weights, slope_weights
from photopeak_analyzers.simulation.sleeves import SleevedSource
from support.floods import notes, precondition, value

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
STARTS_S = [1800.0, 2400.0, 3000.0, 3600.0, 4200.0]
SOURCE = SleevedSource()


def row(
    source=SOURCE, sleeves=1, start_s=0.0, duration_s=60.0, offset_mm=None, dead_time=0.5, rng=None
):
    prompts, randoms = source.counted(sleeves, start_s, duration_s, rng)
    start = (AT + timedelta(seconds=start_s)).isoformat()
    return (float(sleeves), start, duration_s, prompts, randoms, offset_mm, dead_time)


def rows(source=SOURCE, starts=STARTS_S, **changes):
    return tuple(
        row(source, sleeves, start_s, **changes) for sleeves, start_s in enumerate(starts, 1)
    )


def inputs(
    table=None, *, variant="jjf", uncertainty=0.08, activity=5.0, nuclide="F-18", **readings
):
    """Return what a person writes down; 0.08 of 5 MBq are 1.6 %."""
    given = {
        "activity": ReadingValue(value=activity, at=AT, uncertainty=uncertainty),
        "nuclide": ReadingValue(value=nuclide),
        "sleeves": ReadingValue(value=rows() if table is None else table),
        "axial_fov_mm": ReadingValue(value=200.0),
        **{name: ReadingValue(value=each) for name, each in readings.items()},
    }
    return Inputs(
        roles={}, readings={k: v for k, v in given.items() if v.value is not None}, variant=variant
    )


def analyze(*args, parameters=None, **keywords):
    return ANALYZER.analyze(inputs(*args, **keywords), ANALYZER.parameters(**(parameters or {})))


def measurement(analysis, metric):
    (found,) = [m for m in analysis.measurements if m.metric == metric]
    return found


def table(analysis, name):
    (found,) = [figure for figure in analysis.figures if figure.name == name]
    return found


# --- the answer in closed form ------------------------------------------------------------------------


@pytest.mark.parametrize("variant", ["jjf", "nema"])
def test_the_sensitivity_of_a_known_scanner_is_found(variant):
    source = SleevedSource(half_life_s=half_life("F-18", variant).seconds)
    analysis = analyze(rows(source), variant=variant)

    assert analysis.valid
    assert value(analysis, "pet_sensitivity") == pytest.approx(7000.0, rel=1e-9)
    assert value(analysis, "sensitivity_cps_per_kbq") == pytest.approx(7.0, rel=1e-9)
    assert value(analysis, "rate_unattenuated") == pytest.approx(35_000.0, rel=1e-9)
    assert value(analysis, "mu_fit") == pytest.approx(0.0228, rel=1e-9)
    assert value(analysis, "mu_deviation_pct") == pytest.approx(0.0, abs=1e-7)
    assert value(analysis, "r_squared") == pytest.approx(1.0)
    assert value(analysis, "randoms_pct") == pytest.approx(1.0)


def test_the_worked_example_of_the_regression():
    # R_0 = 40 000/s and mu = 0.0228/mm give these rates at X = 1.25 to 6.25 mm.
    rates = [37_783.76, 35_690.32, 33_712.86, 31_844.97, 30_080.57]
    runs = [
        SleeveRun(sleeves=n, start=AT, duration_s=1.0, prompts=rate, randoms=0.0, offset_mm=0.0,
                  dead_time_percent=None)
        for n, rate in enumerate(rates, 1)
    ]  # fmt: skip
    found = extrapolate(runs, AT, 1e15, wall_mm=1.25)

    assert found.rate.value == pytest.approx(40_000.0, abs=0.02)
    assert found.attenuation_per_mm.value == pytest.approx(0.0228, abs=1e-7)


def test_the_worked_example_of_the_decay_correction():
    # (1): 1000/s during 300 s, 1800 s after the activity, T = 109.8 min: 1227.679/s.
    run = SleeveRun(
        sleeves=0, start=AT + timedelta(seconds=1800), duration_s=300.0, prompts=300_000.0,
        randoms=None, offset_mm=0.0, dead_time_percent=None,
    )  # fmt: skip
    runs = [run, dataclasses.replace(run, sleeves=1), dataclasses.replace(run, sleeves=2)]
    found = extrapolate(runs, AT, 109.8 * 60.0, wall_mm=1.25)

    assert found.rate.value == pytest.approx(1227.679, abs=5e-4)


def test_decay_within_a_long_acquisition_is_corrected_too():
    # Leaving it out costs 0.5 ln 2 T / T_half = 9.5 % for half an hour.
    assert value(analyze(rows(duration_s=1800.0)), "pet_sensitivity") == pytest.approx(7000.0)


def test_a_source_measured_after_the_scan_will_do():
    early = [-4200.0, -3600.0, -3000.0, -2400.0, -1800.0]

    assert value(analyze(rows(starts=early)), "pet_sensitivity") == pytest.approx(7000.0)


def test_another_metal_is_found_and_the_sensitivity_stays():
    copper = SleevedSource(attenuation_per_mm=0.073)
    analysis = analyze(rows(copper))

    assert value(analysis, "pet_sensitivity") == pytest.approx(7000.0)
    assert value(analysis, "mu_fit") == pytest.approx(0.073)


def test_background_is_taken_off():
    lutetium = SleevedSource(background_cps=2000.0)
    counted = ((600.0, 1_212_000.0, 12_000.0),)
    analysis = analyze(rows(lutetium), background=counted)

    assert value(analysis, "pet_sensitivity") == pytest.approx(7000.0)
    assert not notes(analysis, "NO_BACKGROUND")
    # Without it the sensitivity is too high, and a note says that nothing was taken off.
    without = analyze(rows(lutetium))
    assert value(without, "pet_sensitivity") > 7300.0
    assert notes(without, "NO_BACKGROUND")


# --- invariances --------------------------------------------------------------------------------------


def test_the_order_of_the_rows_and_the_zone_of_the_clock_do_not_matter():
    zone = timezone(timedelta(hours=8))
    moved = tuple(
        (n, datetime.fromisoformat(start).astimezone(zone).isoformat(), *rest)
        for n, start, *rest in reversed(rows())
    )

    assert value(analyze(moved), "pet_sensitivity") == pytest.approx(7000.0)


def test_twice_the_activity_with_twice_the_counts_is_the_same():
    double = analyze(rows(SleevedSource(activity_mbq=10.0)), activity=10.0, uncertainty=0.16)

    assert value(double, "pet_sensitivity") == pytest.approx(7000.0)


def test_a_residue_is_taken_off_the_activity():
    given = inputs(activity=5.5, residual_activity=0.5)
    residue = dataclasses.replace(given.readings["residual_activity"], at=AT, uncertainty=0.0)
    given = dataclasses.replace(given, readings={**given.readings, "residual_activity": residue})

    assert value(ANALYZER.analyze(given), "pet_sensitivity") == pytest.approx(7000.0)


# --- noise and uncertainty ----------------------------------------------------------------------------


def runs_of(source, rng, duration_s):
    found = []
    for sleeves, start_s in enumerate(STARTS_S, 1):
        prompts, randoms = source.counted(sleeves, start_s, duration_s, rng)
        found.append(
            SleeveRun(
                sleeves=sleeves, start=AT + timedelta(seconds=start_s), duration_s=duration_s,
                prompts=prompts, randoms=randoms, offset_mm=0.0, dead_time_percent=None,
            )
        )  # fmt: skip
    return found


def test_repeated_noise_shows_the_regression_unbiased_and_its_uncertainty_right():
    # About 10 000 true coincidences each, the least that the clause allows.
    source = SleevedSource(randoms_share=0.04)
    rng = np.random.default_rng(20)
    found = [
        extrapolate(runs_of(source, rng, 0.5), AT, source.half_life_s, wall_mm=1.25)
        for _ in range(1500)
    ]
    rate = np.array([each.rate.value for each in found]) / 35_000.0 - 1.0
    mu = np.array([each.attenuation_per_mm.value for each in found]) / 0.0228 - 1.0
    # What counting alone tells; the covariance is scaled where points scatter more.
    u_rate = np.array([each.rate.relative / each.scatter for each in found])
    u_mu = np.array([each.attenuation_per_mm.uncertainty / each.scatter for each in found]) / 0.0228

    for values, u in ((rate, u_rate), (mu, u_mu)):
        # Mean of 1500 to 4 standard errors, their spread to 5 / sqrt(2 * 1500) = 9 %.
        assert values.mean() == pytest.approx(0.0, abs=4.0 * u.mean() / math.sqrt(1500))
        assert values.std() == pytest.approx(u.mean(), rel=0.09)
        # Two standard uncertainties hold 95.4 %: +- 5 standard errors of 0.54 %.
        assert np.mean(np.abs(values) < 2.0 * u) == pytest.approx(0.954, abs=0.027)


def test_the_weights_of_the_points_give_the_fitted_line():
    found = extrapolate(
        runs_of(SOURCE, np.random.default_rng(3), 1.0), AT, SOURCE.half_life_s, wall_mm=1.25
    )

    assert intercept_weights(found) @ found.log_rates == pytest.approx(found.line.intercept.value)
    assert slope_weights(found) @ found.log_rates == pytest.approx(2.0 * found.line.slope.value)
    assert intercept_weights(found).sum() == pytest.approx(1.0)
    assert slope_weights(found).sum() == pytest.approx(0.0, abs=1e-12)


def test_sleeves_that_scatter_more_than_their_counts_make_the_rate_more_uncertain():
    bad = list(rows())
    n, start, duration, prompts, *rest = bad[2]
    bad[2] = (n, start, duration, 1.03 * prompts, *rest)
    analysis = analyze(tuple(bad))

    assert measurement(analysis, "rate_unattenuated").uncertainty > 0.01 * 35_000.0
    condition = precondition(analysis, "PC_GEOMETRY", "chi-square")
    assert (condition.outcome, condition.severity) == (Outcome.NOT_MET, Severity.SOFT)
    # 0.1 % of chi-square with 3 degrees of freedom are above 16.27.
    assert condition.upper == pytest.approx(16.266 / 3.0, abs=1e-3)
    assert precondition(analyze(), "PC_GEOMETRY", "chi-square").outcome is Outcome.MET


def exactly_ten_thousand():
    """Return rows with 10 000 true coincidences each and nothing else, on the line."""
    found = []
    for sleeves, start_s in enumerate(STARTS_S, 1):
        duration_s = 10_000.0 / SOURCE.trues(sleeves, start_s, 1.0)
        for _ in range(5):
            duration_s *= 10_000.0 / SOURCE.trues(sleeves, start_s, duration_s)
        start = (AT + timedelta(seconds=start_s)).isoformat()
        found.append((float(sleeves), start, duration_s, 10_000.0, 0.0, None, None))
    return tuple(found)


def test_the_budget_is_that_of_annex_e_but_for_the_regression():
    # 10 000 counts in each: 1 % each, and the line at 0 is uncertain by sqrt(1/5 + 9/10) of that,
    # 1.0488 %, which is more than 1 % and 0.263 % together, 1.0341 %.
    analysis = analyze(exactly_ten_thousand())
    found = {line[0]: line for line in table(analysis, "budget").rows}

    assert found["regression of the sleeves"][7] == pytest.approx(1.0488, abs=1e-4)
    assert found["time of decay correction"][7] == pytest.approx(0.18224, abs=5e-6)
    assert found["readings of the activity"][6:8] == (-1.0, pytest.approx(1.6))
    assert found["counting (held by another)"][5] == pytest.approx(1.0)
    assert found["wall thickness of the sleeves (held by another)"][5] == pytest.approx(
        0.26327, abs=5e-6
    )
    total = math.sqrt(1.0488**2 + 0.18224**2 + 1.6**2)
    assert found["combined"][7] == pytest.approx(total, abs=1e-4)
    assert found["expanded, k = 2"][7] == pytest.approx(2.0 * total, abs=2e-4)
    assert value(analysis, "expanded_uncertainty_pct") == pytest.approx(2.0 * total, abs=2e-4)
    assert measurement(analysis, "pet_sensitivity").uncertainty == pytest.approx(
        70.0 * total, abs=0.01
    )


def test_with_many_counts_the_wall_is_more_than_the_regression():
    # About a million counts in a minute: the regression tells 0.08 %, the wall 0.26 %.
    found = {line[0]: line for line in table(analyze(), "budget").rows}

    assert found["wall thickness of the sleeves"][7] == pytest.approx(0.26327, abs=5e-6)
    assert found["counting"][7] == pytest.approx(0.1, abs=0.01)
    assert "regression of the sleeves (held by another)" in found


def test_simulation_tells_the_same_as_the_budget():
    found = {line[0]: line for line in table(analyze(), "budget").rows}
    ends = [line[7] for name, line in found.items() if name.startswith("Monte Carlo")]

    # 1.96 u of what is nearly normal; 20 000 draws and the shortest interval tell it to 3 %.
    expected = 1.96 * found["combined"][7]
    assert -ends[0] == pytest.approx(expected, rel=0.06)
    assert ends[1] == pytest.approx(expected, rel=0.06)


def test_the_meter_adds_to_the_readings_and_alone_makes_an_uncertainty_too():
    both = analyze(parameters={"activity_meter_percent": 3.0})
    alone = analyze(uncertainty=None, parameters={"activity_meter_percent": 3.0})
    found = {line[0]: line[7] for line in table(both, "budget").rows}

    assert found["activity meter"] == pytest.approx(3.0)
    assert found["readings of the activity"] == pytest.approx(1.6)
    u = measurement(alone, "pet_sensitivity").uncertainty
    assert u / 7000.0 == pytest.approx(0.0302, abs=2e-4)


def test_all_errors_together_scatter_the_sensitivity_as_the_budget_says():
    rng = np.random.default_rng(2026)
    found = []
    for _ in range(400):
        # One wall too thick or thin for all, one clock wrong, an activity read 1.6 % off.
        common = math.exp(-2.0 * 0.0228 * rng.uniform(-0.1, 0.1))
        source = SleevedSource(sensitivity=7000.0 * common)
        clock_s = rng.uniform(-30.0, 30.0)
        written = []
        for sleeves, start_s in enumerate(STARTS_S, 1):
            counted = source.counted(sleeves, start_s, 0.5, rng)
            start = (AT + timedelta(seconds=start_s + clock_s)).isoformat()
            written.append((float(sleeves), start, 0.5, *counted, None, None))
        activity = 5.0 * (1.0 + 0.016 * rng.standard_normal())
        analysis = analyze(
            tuple(written),
            activity=activity,
            uncertainty=0.016 * activity,
            parameters={"draws": 1000},
        )
        found.append(measurement(analysis, "pet_sensitivity"))

    values = np.array([each.value for each in found])
    # 400 repetitions tell the mean to 0.1 % and the spread to 3.5 %; the wall that the budget leaves
    # out beside the larger regression would add 1 %, scatter by chance beyond the counts adds some.
    assert values.mean() == pytest.approx(7000.0, rel=0.005)
    assert values.std() == pytest.approx(np.mean([each.uncertainty for each in found]), rel=0.15)


def test_without_an_uncertainty_of_the_activity_there_is_none():
    analysis = analyze(uncertainty=None)

    assert measurement(analysis, "pet_sensitivity").uncertainty is None
    assert not [m for m in analysis.measurements if m.metric == "expanded_uncertainty_pct"]
    assert notes(analysis, "ACTIVITY_UNCERTAINTY_UNKNOWN")
    assert "without that of the activity" in table(analysis, "budget").title
    assert not any(str(line[0]).startswith("Monte") for line in table(analysis, "budget").rows)


def test_the_background_adds_its_uncertainty_once_for_all_sleeves():
    lutetium = SleevedSource(background_cps=2000.0)
    # 100 counts/s +- 10 counts/s by a short measurement: 20 of 2000 +- 20.
    analysis = analyze(rows(lutetium), background=((5.0, 10_000.0, 0.0),))
    found = {line[0]: line for line in table(analysis, "budget").rows}

    # 20/s of the rates, weighted: about 20 / 35 000 and more for those that were counted later.
    assert 0.05 < found["background"][7] < 0.2
    assert found["background"][4] == "2000 {counts}/s"


# --- places and slices (NEMA) -------------------------------------------------------------------------


def nema(**changes):
    source = SleevedSource(half_life_s=half_life("F-18", "nema").seconds)
    beside = dataclasses.replace(source, sensitivity=7100.0)
    later = [start + 4000.0 for start in STARTS_S]
    return analyze(
        rows(source) + rows(beside, starts=later, offset_mm=100.0), variant="nema", **changes
    )


def test_nema_has_a_second_place_ten_centimetres_from_the_axis():
    analysis = nema()
    found = {
        m.scope.get("radial_offset_mm"): m.value
        for m in analysis.measurements
        if m.metric == "pet_sensitivity"
    }

    assert found == {0.0: pytest.approx(7000.0), 100.0: pytest.approx(7100.0)}
    assert "budget_radial_offset_mm_100" in [figure.name for figure in analysis.figures]
    assert "100 mm off the axis" in table(analysis, "fit_radial_offset_mm_100").title


def test_what_is_wrong_beside_the_axis_says_nothing_against_the_middle():
    source = SleevedSource(half_life_s=half_life("F-18", "nema").seconds)
    weak = rows(source, offset_mm=100.0, duration_s=0.1)
    analysis = analyze(rows(source) + weak, variant="nema")

    middle, beside = [m.scope for m in analysis.measurements if m.metric == "pet_sensitivity"]
    assert not analysis.failed_for(middle)
    assert analysis.failed_for(beside)


def test_jjf_leaves_out_what_is_beside_the_axis_and_says_so():
    analysis = analyze(rows() + rows(offset_mm=100.0))

    assert len([m for m in analysis.measurements if m.metric == "pet_sensitivity"]) == 1
    (note,) = notes(analysis, "BESIDE_THE_AXIS")
    assert note.message.startswith("5 acquisitions beside the axis are left out")


def test_the_sensitivity_by_slice_is_the_share_of_its_counts():
    # S_i = S R_1,i / R_1: a triangle of 1, 2, 3, 2, 1 parts of 9.
    profile = tuple((float(n), 10_000.0 * n_parts) for n, n_parts in enumerate([1, 2, 3, 2, 1], 1))
    analysis = nema(axial_profile=profile)
    curve = table(analysis, "axial_profile").curves[0]

    assert curve.y == pytest.approx([7000.0 * part / 9.0 for part in (1, 2, 3, 2, 1)])
    assert curve.y.sum() == pytest.approx(7000.0)
    best = measurement(analysis, "axial_peak_sensitivity")
    assert best.value == pytest.approx(7000.0 / 3.0)
    # p = 1/3 of N = 90 000: sqrt(p (1 - p) / N); a third of what S is uncertain by comes to it.
    u = next(m for m in analysis.measurements if m.metric == "pet_sensitivity").uncertainty
    by_counts = 7000.0 * math.sqrt(2.0 / 9.0 / 90_000.0)
    assert best.uncertainty == pytest.approx(math.hypot(by_counts, u / 3.0))
    unknown = nema(axial_profile=profile, uncertainty=None)
    assert measurement(unknown, "axial_peak_sensitivity").uncertainty is None
    assert value(analysis, "slices") == 5


# --- conditions, both sides of each bound -------------------------------------------------------------


def test_the_nuclide_has_to_be_fluorine():
    assert precondition(analyze(), "PC_NUCLIDE").outcome is Outcome.MET
    analysis = analyze(nuclide="Ge-68")

    assert precondition(analysis, "PC_NUCLIDE").outcome is Outcome.NOT_MET
    assert not analysis.valid


def with_cells(**changes):
    """Return the rows with other cells: name of a column, value."""
    names = ("sleeves", "start", "duration_s", "prompts", "randoms", "offset_mm", "dead_time_pct")
    return tuple(
        tuple(changes.get(name, cell) for name, cell in zip(names, each, strict=True))
        for each in rows()
    )


def ten_thousand_but(counts):
    found = list(exactly_ten_thousand())
    found[4] = (*found[4][:3], counts, *found[4][4:])
    return tuple(found)


@pytest.mark.parametrize(
    ("table", "keywords", "code", "quantity", "outcome", "severity"),
    [
        (ten_thousand_but(10_000.0), {}, "PC_COUNTS", "true", Outcome.MET, Severity.HARD),
        (ten_thousand_but(9_999.0), {}, "PC_COUNTS", "true", Outcome.NOT_MET, Severity.HARD),
        (rows(SleevedSource(randoms_share=0.0499)), {}, "PC_RATE", "random", Outcome.MET,
         Severity.HARD),
        (rows(SleevedSource(randoms_share=0.0501)), {}, "PC_RATE", "random", Outcome.NOT_MET,
         Severity.HARD),
        (with_cells(randoms=None), {}, "PC_RATE", "random", Outcome.UNKNOWN, Severity.SOFT),
        (rows()[:4] + with_cells(randoms=None)[4:], {}, "PC_RATE", "random", Outcome.UNKNOWN,
         Severity.SOFT),
        (rows(SleevedSource(randoms_share=0.06))[:4] + with_cells(randoms=None)[4:], {}, "PC_RATE",
         "random", Outcome.NOT_MET, Severity.HARD),
        (with_cells(dead_time_pct=1.0), {}, "PC_RATE", "dead time", Outcome.MET, Severity.HARD),
        (with_cells(dead_time_pct=1.1), {}, "PC_RATE", "dead time", Outcome.NOT_MET,
         Severity.HARD),
        (with_cells(dead_time_pct=None), {}, "PC_RATE", "dead time", Outcome.UNKNOWN,
         Severity.SOFT),
        (rows()[:4], {}, "PC_FRAMES", "sleeves", Outcome.NOT_MET, Severity.HARD),
        (rows(), {}, "PC_FRAMES", "sleeves", Outcome.MET, Severity.HARD),
        (rows(), {"axial_fov_mm": 700.0}, "PC_GEOMETRY", "axial", Outcome.MET, Severity.HARD),
        (rows(), {"axial_fov_mm": 701.0}, "PC_GEOMETRY", "axial", Outcome.NOT_MET, Severity.HARD),
        (rows(), {"axial_fov_mm": None}, "PC_GEOMETRY", "axial", Outcome.UNKNOWN, Severity.SOFT),
        (rows(SleevedSource(attenuation_per_mm=0.0250)), {}, "PC_GEOMETRY", "attenuation",
         Outcome.MET, Severity.SOFT),
        (rows(SleevedSource(attenuation_per_mm=0.0252)), {}, "PC_GEOMETRY", "attenuation",
         Outcome.NOT_MET, Severity.SOFT),
        (rows(SleevedSource(attenuation_per_mm=0.0204)), {}, "PC_GEOMETRY", "attenuation",
         Outcome.NOT_MET, Severity.SOFT),
        (rows(starts=[t + 27_000.0 for t in STARTS_S]), {}, "PC_TIME", "half-lives", Outcome.MET,
         Severity.HARD),
        (rows(starts=[t + 86_400.0 for t in STARTS_S], duration_s=3000.0), {}, "PC_TIME",
         "half-lives", Outcome.NOT_MET, Severity.HARD),
    ],
)  # fmt: skip
def test_each_condition_has_its_bound(table, keywords, code, quantity, outcome, severity):
    found = precondition(analyze(table, **keywords), code, quantity)

    assert (found.outcome, found.severity) == (outcome, severity)


# --- what is refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "keywords", "kind", "message"),
    [
        (rows()[:2], {}, ParameterError, "sleeves has 2 rows, needs 3 to 100"),
        (
            rows()[:2] + rows(offset_mm=100.0)[:1],
            {},
            UnsuitableAcquisitionError,
            "2 acquisitions have the source 0 mm from the axis, needs at least 3",
        ),
        (
            rows(offset_mm=100.0),
            {},
            MissingReadingError,
            "no acquisition has the source in the middle, needs 5",
        ),
        (
            with_cells(prompts=1000.0, randoms=1000.0),
            {},
            UnsuitableAcquisitionError,
            "with 1 sleeves 0 counts are left without randoms and background, needs more than 0",
        ),
        (
            with_cells(sleeves=1.5),
            {},
            UnsuitableAcquisitionError,
            "row 1 of sleeves has 1.5 sleeves, needs a whole number",
        ),
        (None, {"nuclide": None}, MissingReadingError, "the reading nuclide is missing"),
    ],
)
def test_what_cannot_be_measured_is_refused(table, keywords, kind, message):
    with pytest.raises(kind) as refusal:
        analyze(table, **keywords)

    assert str(refusal.value) == message


def test_one_sleeve_measured_again_and_again_is_no_line():
    with pytest.raises(FitError):
        analyze(with_cells(sleeves=1.0))


def test_the_analyzer_keeps_the_contract():
    profile = ((1.0, 10_000.0), (2.0, 20_000.0))
    examples = [
        inputs(background=((600.0, 1000.0, None),)),
        inputs(rows() + rows(offset_mm=100.0), variant="nema", axial_profile=profile),
        inputs(uncertainty=None),
    ]

    assert check(ANALYZER, examples) == []
