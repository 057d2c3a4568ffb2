"""System planar sensitivity of the three texts.

NEMA NU 1-2007 2.11 (GB/T 18989-2013 E.11), WS 523-2019, IEC 60789 / GB/T 18989-2013 3.1.
"""

import dataclasses
import math
from datetime import timedelta

import numpy as np
import pytest

from photopeak_analyzers.contract import Outcome, ReadingValue, Severity
from photopeak_analyzers.errors import (
    ParameterError,
    UnsuitableAcquisitionError,
)
from photopeak_analyzers.numerics.decay import decay_factor
from photopeak_analyzers.simulation.planar import still
from support.dishes import (
    AT,
    DISH,
    MATRIX,
    PENETRATING,
    START,
    TEN,
    acquire,
    analyze,
    named,
    readings,
    ten,
)
from support.floods import notes, precondition, value


def measurement(analysis, metric, **scope):
    (found,) = [
        m
        for m in analysis.measurements
        if m.metric == metric and set(scope.items()) <= set(m.scope.items)
    ]
    return found


# --- closed form ------------------------------------------------------------------------------------


def test_ws_523_of_720_000_counts_in_300_s_from_40_mbq_20_minutes_before_is_62_6472():
    """WS 523-2019, and NEMA (E.12), (E.13): decay to the start and during the acquisition."""
    counts = np.zeros((1, 256, 256))
    inside = DISH.expected(MATRIX, START, 300.0) > 0.0
    counts[0][inside] = 720_000.0 / inside.sum()
    image = dataclasses.replace(acquire(), counts=counts)

    ws523 = analyze(image, variant="ws523")
    nema = analyze(image)

    assert value(ws523, "system_planar_sensitivity") == pytest.approx(62.6472, abs=5e-5)
    assert value(nema, "s_tot") == pytest.approx(62.6472, abs=5e-5)
    assert value(nema, "rate_at_calibration_cps") == pytest.approx(40.0 * 62.6472, abs=2e-3)
    assert value(ws523, "sensitivity_cpm_per_uci") == pytest.approx(62.6472 * 2.22, abs=1e-3)


def test_iec_takes_the_activity_at_the_middle_of_the_time_and_the_background_off():
    """IEC 60789 / GB/T 18989-2013 3.1.1.3, (3) and (4)."""
    image = acquire(dataclasses.replace(DISH, background_cps=20.0), distance_mm=0.0)
    empty = still({(1, 1): np.full((256, 256), 6000.0 / 65536.0)}, 2.4, exact=True)

    analysis = analyze(image, variant="iec", background=[empty])

    net = float(image.counts.sum()) / 300.0 - 20.0
    activity = 40.0 * decay_factor(1350.0, 21_672.0)
    assert value(analysis, "system_planar_sensitivity") == pytest.approx(net / activity, rel=1e-9)
    assert value(analysis, "sensitivity_per_bq") == pytest.approx(net / activity * 1e-6)
    assert value(analysis, "system_planar_sensitivity") == pytest.approx(80.0, rel=1e-5)
    assert not notes(analysis, "BACKGROUND_TAKEN_OFF")
    assert analysis.valid


@pytest.mark.parametrize("late_s", [-1800.0, 0.0, 600.0, 7200.0])
@pytest.mark.parametrize("duration_s", [60.0, 300.0, 3600.0])
def test_the_sensitivity_does_not_depend_on_when_and_how_long(late_s, duration_s):
    image = acquire(start=AT + timedelta(seconds=late_s), duration_s=duration_s)

    assert value(analyze(image), "s_tot") == pytest.approx(80.0, rel=1e-9)


def test_the_residue_is_taken_off_at_its_own_time():
    later = AT + timedelta(minutes=30)
    left = 4.0 * decay_factor(1800.0, 21_672.0)
    given = readings(full=(44.0, AT, 0.5), residue=(left, later, 0.05))

    assert value(analyze(acquire(), given=given), "s_tot") == pytest.approx(80.0, rel=1e-9)


def test_the_half_life_is_that_of_the_text_and_stands_in_a_note():
    (note,) = notes(analyze(acquire()), "ACTIVITY_USED")

    assert note.values["half_life_s"] == 21_672.0
    assert note.values["activity_mbq"] == 40.0


def test_a_background_that_the_text_does_not_print_is_taken_off_and_said():
    image = acquire(dataclasses.replace(DISH, background_cps=50.0))
    empty = still(
        {(1, 1): np.full((256, 256), 30_000.0 / 65536.0)}, 2.4, duration_s=600.0, exact=True
    )

    analysis = analyze(image, variant="ws523", background=[empty])

    (note,) = notes(analysis, "BACKGROUND_TAKEN_OFF")
    gross = float(image.counts.sum()) / 300.0
    assert value(analysis, "system_planar_sensitivity") == pytest.approx(80.0, rel=1e-9)
    assert value(analysis, "gross_sensitivity") == pytest.approx(80.0 * gross / (gross - 50.0))
    assert value(analysis, "background_cps") == pytest.approx(50.0)
    assert note.values["background_cps"] == pytest.approx(50.0)


def test_of_ten_distances_s_tot_is_that_at_100_mm_and_each_has_its_own():
    analysis = analyze(*ten())

    assert value(analysis, "s_tot") == pytest.approx(60.0 + 30.0 * math.exp(-0.6), rel=1e-9)
    for distance in TEN:
        expected = PENETRATING.sensitivity(distance)
        found = value(analysis, "sensitivity_at_distance", distance_mm=distance)
        assert found == pytest.approx(expected, rel=1e-9)
    (course,) = [f for f in analysis.figures if f.name == "course"]
    assert list(course.curves[0].x) == list(TEN)


def test_the_order_of_the_series_does_not_matter():
    one, other = analyze(*ten()), analyze(*reversed(ten()))

    assert one.measurements == other.measurements


def test_distances_that_no_name_tells_come_from_a_reading_in_the_order_of_acquisition():
    nameless = [named(each) for each in reversed(ten())]

    analysis = analyze(*nameless, given=readings(distances=TEN))

    assert value(analysis, "s_tot") == pytest.approx(PENETRATING.sensitivity(100.0), rel=1e-9)


def test_the_distance_is_read_from_the_name_of_the_series():
    analysis = analyze(named(acquire(), SeriesDescription="Sens LEHR 10cm"))

    assert precondition(analysis, "PC_GEOMETRY", "distance").value == 100.0
    assert precondition(analysis, "PC_GEOMETRY", "distance").outcome is Outcome.MET


def test_an_untold_distance_warns_and_a_wrong_one_voids():
    untold = precondition(analyze(named(acquire())), "PC_GEOMETRY", "distance")
    wrong = analyze(named(acquire(), SeriesDescription="Sens 150 mm"))

    assert (untold.outcome, untold.severity) == (Outcome.UNKNOWN, Severity.SOFT)
    assert precondition(wrong, "PC_GEOMETRY", "distance").severity is Severity.HARD
    assert not wrong.valid
    assert value(wrong, "s_tot") == pytest.approx(80.0, rel=1e-9)


@pytest.mark.parametrize(("distance", "valid"), [(99.0, True), (101.0, True), (98.9, False)])
def test_the_distance_may_differ_by_one_millimetre(distance, valid):
    assert analyze(acquire(distance_mm=distance)).valid is valid


@pytest.mark.parametrize(
    ("distances", "message"),
    [
        (TEN[:3], "3 distances are given for 10 series"),
        ((*TEN[:9], -1.0), "a distance is -1 mm, needs 0 to 1000 mm"),
    ],
)
def test_a_table_of_distances_that_does_not_fit_is_refused(distances, message):
    with pytest.raises(ParameterError, match=message):
        analyze(*(named(each) for each in ten()), given=readings(distances=distances))


@pytest.mark.parametrize(
    ("lives", "outcome", "severity"),
    [
        (1.9, Outcome.MET, Severity.SOFT),
        (2.1, Outcome.NOT_MET, Severity.SOFT),
        (-9.9, Outcome.NOT_MET, Severity.SOFT),
        (10.1, Outcome.NOT_MET, Severity.HARD),
        (-10.1, Outcome.NOT_MET, Severity.HARD),
    ],
)
def test_an_activity_of_another_day_voids(lives, outcome, severity):
    moment = START - timedelta(seconds=21_672.0 * lives)

    analysis = analyze(acquire(), given=readings(full=(40.0, moment, 0.5)))

    found = precondition(analysis, "PC_TIME", "half-lives")
    assert (found.outcome, found.severity) == (outcome, severity)


def test_a_row_of_two_distances_is_refused():
    given = readings() | {"distances": ReadingValue(value=((100.0, 150.0),))}
    with pytest.raises(ParameterError, match="row 1 of distances has 2 cells, needs distance_mm"):
        analyze(named(acquire()), given=given)


def test_a_distance_that_was_entered_beats_the_size_of_a_dish_in_the_name_and_says_so():
    dish = named(acquire(), SeriesDescription="Sensitivity dish 150mm")

    analysis = analyze(dish, given=readings(distances=(100.0,)))

    other = precondition(analysis, "PC_GEOMETRY", "distance by the name of the series")
    assert (other.outcome, other.severity, other.value) == (Outcome.NOT_MET, Severity.SOFT, 150.0)
    assert analysis.valid
    assert "s_tot" in {m.metric for m in analysis.measurements}


def test_two_images_of_a_head_at_one_distance_are_refused():
    with pytest.raises(UnsuitableAcquisitionError) as refusal:
        analyze(acquire(), acquire())
    assert str(refusal.value) == (
        "two images are of detector 1, energy window 1 at 100 mm, needs 1"
    )
    with pytest.raises(
        UnsuitableAcquisitionError, match="2 images of detector 1, energy window 1 are"
    ):
        analyze(acquire(), acquire(distance_mm=100.5))


# --- heads ------------------------------------------------------------------------------------------


def test_a_head_that_sees_less_than_its_background_does_not_stop_the_other():
    both = acquire(detectors=(1, 2))
    counts = np.stack([both.counts[0], np.full(both.counts.shape[1:], 0.2)])
    empty = still({(d, 1): np.full((256, 256), 0.25) for d in (1, 2)}, 2.4, exact=True)

    analysis = analyze(dataclasses.replace(both, counts=counts), background=[empty])

    assert value(analysis, "gross_sensitivity", detector=1) == pytest.approx(80.0, rel=1e-9)
    assert {m.scope.get("detector") for m in analysis.measurements} == {1}
    (note,) = notes(analysis, "IMAGE_WITHOUT_SOURCE")
    assert note.message.startswith(
        "detector 2, energy window 1 is left out: the count rate is 43.6"
    )
    assert analysis.failed_for(note.scope)


def test_heads_are_measured_each_and_compared():
    low = acquire(dataclasses.replace(DISH, c0=76.0), detectors=(2,))

    analysis = analyze(acquire(), low)

    assert value(analysis, "s_tot", detector=1) == pytest.approx(80.0, rel=1e-9)
    assert value(analysis, "s_tot", detector=2) == pytest.approx(76.0, rel=1e-9)
    difference = measurement(analysis, "head_difference_pct")
    assert difference.value == pytest.approx(5.0)
    # The activity is common to both: only their counts can differ by chance.
    counts = [float(image.counts.sum()) for image in (acquire(), low)]
    expected = 95.0 * math.sqrt(sum(1.0 / n for n in counts))
    assert difference.uncertainty == pytest.approx(expected, rel=1e-6)
    assert {f.name for f in analysis.figures if f.name.startswith("dish")} == {
        "dish_detector_1_energy_window_1",
        "dish_detector_2_energy_window_1",
    }


def test_a_head_without_counts_voids_its_own_number_alone():
    both = acquire(detectors=(1, 2))
    counts = both.counts.copy()
    counts[1] = 0.0

    analysis = analyze(dataclasses.replace(both, counts=counts))

    assert value(analysis, "s_tot", detector=1) == pytest.approx(80.0, rel=1e-9)
    assert not analysis.failed_for(measurement(analysis, "s_tot").scope)
    assert not analysis.valid


# --- invariances ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c[:, ::-1],
        lambda c: c.swapaxes(1, 2),
        lambda c: np.rot90(c, axes=(1, 2)),
        lambda c: np.roll(c, (7, -9), axis=(1, 2)),
    ],
    ids=["flip", "transpose", "rotation", "shift"],
)
def test_the_sensitivity_does_not_depend_on_the_orientation_or_the_place(change):
    image = acquire(seed=2)
    turned = dataclasses.replace(image, counts=np.ascontiguousarray(change(image.counts)))

    assert value(analyze(turned), "s_tot") == value(analyze(image), "s_tot")


def test_twice_the_activity_counts_twice_and_has_the_same_sensitivity():
    double = acquire(dataclasses.replace(DISH, activity_mbq=80.0))

    analysis = analyze(double, given=readings(full=(80.0, AT, 1.0)))

    assert value(analysis, "s_tot") == pytest.approx(80.0, rel=1e-9)


# --- uncertainty ------------------------------------------------------------------------------------


def test_the_uncertainty_is_the_spread_of_repeated_measurements():
    rng = np.random.default_rng(11)
    weak = dataclasses.replace(DISH, activity_mbq=1.0)
    expected = weak.expected(MATRIX, START, 60.0)
    still_image = acquire(weak, duration_s=60.0)
    found = []
    for _ in range(200):
        counts = np.zeros((1, 256, 256))
        counts[0] = expected * rng.poisson(expected.sum()) / expected.sum()
        shift = timedelta(seconds=float(rng.normal(0.0, 60.0)))
        given = readings(full=(float(rng.normal(1.0, 0.012)), AT + shift, 0.012))
        analysis = analyze(
            dataclasses.replace(still_image, counts=counts), given=given, clock_s=60.0
        )
        found.append(measurement(analysis, "s_tot"))

    # 200 draws tell a spread to 5 %: three times that.
    spread = np.std([m.value for m in found]) / 80.0
    stated = np.mean([m.uncertainty / m.value for m in found])
    assert stated == pytest.approx(spread, rel=0.15)
    assert np.mean([m.value for m in found]) == pytest.approx(80.0, rel=3.0 * spread / 14.0)


def test_the_budget_adds_counting_readings_meter_clock_and_geometry_in_quadrature():
    image = acquire()
    analysis = analyze(image, clock_s=60.0, activity_meter_percent=2.5, geometry_percent=0.5)

    parts = (
        1.0 / math.sqrt(image.counts.sum()),
        0.5 / 40.0,
        0.025,
        math.log(2.0) * 60.0 / 21_672.0,
        0.005,
    )
    total = math.hypot(*parts)
    found = measurement(analysis, "s_tot")
    assert found.uncertainty == pytest.approx(80.0 * total, rel=1e-6)
    (table,) = [f for f in analysis.figures if f.name == "budget"]
    by_name = {row[0]: row[2] for row in table.rows}
    assert by_name["combined"] == pytest.approx(100.0 * total, rel=1e-6)
    assert by_name["expanded, k = 2"] == pytest.approx(200.0 * total, rel=1e-6)
    assert by_name["activity meter"] == pytest.approx(2.5)


def test_without_an_uncertainty_of_the_activity_there_is_none_of_the_sensitivity():
    given = readings(full=(40.0, AT, None))

    assert measurement(analyze(acquire(), given=given), "s_tot").uncertainty is None
    by_meter = analyze(acquire(), given=given, activity_meter_percent=2.5)
    assert measurement(by_meter, "s_tot").uncertainty == pytest.approx(2.0, rel=0.01)
    unknown = precondition(analyze(acquire(), given=given), "PC_CAL_EXPIRED")
    assert (unknown.outcome, unknown.severity) == (Outcome.UNKNOWN, Severity.SOFT)
