"""System planar sensitivity of the three texts.

NEMA NU 1-2007 2.11 (GB/T 18989-2013 E.11), WS 523-2019, IEC 60789 / GB/T 18989-2013 3.1.
"""

import dataclasses
import math
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import numpy as np
import pytest

from photopeak_analyzers.acquisition import CollimatorType, EnergyWindow, Origin, WholeBody
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, Outcome, ReadingValue, Severity
from photopeak_analyzers.errors import (
    MissingReadingError,
    ParameterError,
    UnsuitableAcquisitionError,
)
from photopeak_analyzers.gamma_camera.system_planar_sensitivity import ANALYZER
from photopeak_analyzers.numerics.decay import decay_factor
from photopeak_analyzers.simulation.bars import BarPhantom
from photopeak_analyzers.simulation.dish import Dish
from photopeak_analyzers.simulation.planar import Matrix, still
from support.floods import flat, notes, precondition, value

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
START = AT + timedelta(seconds=1200.0)
MATRIX = Matrix(rows=256, columns=256, pixel_mm=2.4)
DISH = Dish(activity_mbq=40.0, at=AT, c0=80.0, profile="nema")


def acquire(dish=DISH, *, start=START, duration_s=300.0, distance_mm=100.0, seed=None, **how):
    rng = None if seed is None else np.random.default_rng(seed)
    return dish.acquire(
        MATRIX, started_at=start, duration_s=duration_s, distance_mm=distance_mm, rng=rng, **how
    )


def readings(full=(40.0, AT, 0.5), residue=None, distances=None):
    given = {
        name: ReadingValue(value=each[0], at=each[1], uncertainty=each[2])
        for name, each in (("activity", full), ("residual_activity", residue))
        if each is not None
    }
    if distances is not None:
        given["distances"] = ReadingValue(value=tuple((d,) for d in distances))
    return given


def analyze(*dishes, variant="nema", background=(), given=None, **parameters):
    inputs = Inputs(
        roles={"dish": dishes, "background": tuple(background)},
        readings=readings() if given is None else given,
        variant=variant,
    )
    return ANALYZER.analyze(inputs, ANALYZER.parameters(**parameters))


def measurement(analysis, metric, **scope):
    (found,) = [
        m
        for m in analysis.measurements
        if m.metric == metric and set(scope.items()) <= set(m.scope.items)
    ]
    return found


def named(acquisition, **text):
    """Return the acquisition with other words in its header."""
    return dataclasses.replace(acquisition, origin=Origin(text=MappingProxyType(text)))


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


# --- the ten distances of NEMA ----------------------------------------------------------------------

TEN = (10.0, 20.0, 50.0, 100.0, 150.0, 200.0, 250.0, 300.0, 350.0, 400.0)
PENETRATING = dataclasses.replace(DISH, c0=60.0, c1=30.0, c2_per_mm=0.006)


def ten(dish=PENETRATING):
    return [
        acquire(dish, start=AT + timedelta(minutes=15 * i), duration_s=900.0, distance_mm=d)
        for i, d in enumerate(TEN)
    ]


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


# --- what is refused, and what voids or warns -------------------------------------------------------


@pytest.mark.parametrize("variant", ["nema", "ws523", "iec"])
def test_a_flood_and_bars_are_no_dish(variant):
    flood = dataclasses.replace(flat(500.0), started_at=START)
    phantom = BarPhantom().image(Matrix(rows=512, columns=512, pixel_mm=1.2), 3.8)
    bars = still({(1, 1): 4e6 * phantom / phantom.sum()}, 1.2, started_at=START)

    for image in (flood, bars):
        analysis = analyze(named(image), variant=variant)
        broken = {p.quantity for p in analysis.failed}
        assert "diameter of the source in the image" in broken
        assert not analysis.valid


def test_two_sources_are_no_dish():
    image = acquire()
    both = np.roll(image.counts, 60, axis=2) + np.roll(image.counts, -60, axis=2)

    found = precondition(analyze(dataclasses.replace(image, counts=both)), "PC_GEOMETRY", "spread")

    assert (found.outcome, found.severity) == (Outcome.NOT_MET, Severity.HARD)
    assert found.expected == "one disc"


def test_a_whole_body_scan_is_refused():
    image = acquire()
    sweep = WholeBody(
        counts=image.counts, frames=image.frames, pixel_spacing_mm=(2.4, 2.4), started_at=START
    )

    with pytest.raises(UnsuitableAcquisitionError, match="given as dish is a whole_body acq"):
        analyze(sweep)


@pytest.mark.parametrize(
    ("changes", "code", "quantity"),
    [
        ({"nuclide": "I-131"}, "PC_NUCLIDE", "nuclide"),
        (
            {"energy_windows": (EnergyWindow(number=1, lower_kev=108.0, upper_kev=132.0),)},
            "PC_WINDOW",
            "offset",
        ),
        ({"pixel_spacing_mm": (2.4, 2.5)}, "PC_PIXEL", "difference"),
        ({"started_at": None}, "PC_TIME", "start"),
        ({"saturation_level": 100}, "PC_OVERFLOW", "highest"),
    ],
)
def test_what_makes_another_measurement_of_it_voids(changes, code, quantity):
    image = dataclasses.replace(acquire(seed=1), **changes)

    analysis = analyze(image, variant="ws523", given=readings())

    found = precondition(analysis, code, quantity)
    assert found.severity is Severity.HARD
    assert found.outcome is not Outcome.MET
    assert not analysis.valid


def test_no_collimator_voids_and_an_unknown_one_warns():
    for kind, severity in (
        (CollimatorType.NONE, Severity.HARD),
        (CollimatorType.PINHOLE, Severity.HARD),
        (None, Severity.SOFT),
    ):
        image = acquire()
        heads = tuple(dataclasses.replace(d, collimator_type=kind) for d in image.detectors)
        found = [
            p
            for p in analyze(dataclasses.replace(image, detectors=heads)).preconditions
            if p.quantity == "collimator"
        ]
        assert [p.severity for p in found] == [severity]
        assert found[0].outcome is not Outcome.MET


def test_a_head_that_nothing_names_voids():
    image = acquire()
    frames = tuple(dataclasses.replace(f, detector=None) for f in image.frames)

    analysis = analyze(dataclasses.replace(image, frames=frames, detectors=()))

    assert precondition(analysis, "PC_DETECTOR").outcome is Outcome.UNKNOWN
    assert not analysis.valid


@pytest.mark.parametrize(
    ("variant", "rate", "valid"),
    [("nema", 29_990.0, True), ("nema", 30_010.0, False), ("ws523", 20_010.0, False)],
)
def test_beyond_the_allowed_rate_counts_are_lost(variant, rate, valid):
    image = acquire()
    counts = image.counts * (rate * 300.0 / image.counts.sum())

    assert analyze(dataclasses.replace(image, counts=counts), variant=variant).valid is valid


def test_nema_asks_for_four_million_counts_and_too_few_void():
    image = acquire()

    def counts_of(total):
        counts = image.counts * (total / image.counts.sum())
        analysis = analyze(dataclasses.replace(image, counts=counts))
        return precondition(analysis, "PC_COUNTS", "counts of the image"), analysis.valid

    enough, _ = counts_of(4e6)
    few, still_valid = counts_of(3.9e6)
    none, valid = counts_of(9_990.0)
    assert (enough.outcome, few.outcome, none.outcome) == (
        Outcome.MET,
        Outcome.NOT_MET,
        Outcome.NOT_MET,
    )
    assert (few.severity, none.severity) == (Severity.SOFT, Severity.HARD)
    assert still_valid
    assert not valid


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [(frozenset({"UNIF"}), Outcome.NOT_MET), (frozenset(), Outcome.MET), (None, Outcome.UNKNOWN)],
)
def test_the_uniformity_correction_should_be_off(changes, outcome):
    image = dataclasses.replace(acquire(), corrections=changes)

    found = precondition(analyze(image, variant="ws523"), "PC_CORRECTION")

    assert (found.outcome, found.severity) == (outcome, Severity.SOFT)
    assert not [p for p in analyze(image, variant="iec").preconditions if p.code == "PC_CORRECTION"]


@pytest.mark.parametrize(
    ("given", "parameters", "code", "quantity"),
    [
        (readings(full=(29.0, AT, 0.5)), {}, "PC_NUCLIDE", "activity"),
        (readings(full=(40.0, AT, 1.2)), {}, "PC_CAL_EXPIRED", "uncertainty"),
        (readings(full=(40.0, AT - timedelta(hours=13), 0.5)), {}, "PC_TIME", "half-lives"),
    ],
)
def test_an_activity_unlike_that_of_the_text_warns(given, parameters, code, quantity):
    analysis = analyze(acquire(), variant="ws523", given=given, **parameters)

    found = precondition(analysis, code, quantity)
    assert (found.outcome, found.severity) == (Outcome.NOT_MET, Severity.SOFT)


def test_iec_without_a_background_says_so():
    analysis = analyze(acquire(distance_mm=0.0), variant="iec")

    found = precondition(analysis, "PC_BACKGROUND")
    assert (found.outcome, found.severity) == (Outcome.UNKNOWN, Severity.SOFT)


@pytest.mark.parametrize("scatter", [True, False])
def test_iec_says_whether_there_was_scatter(scatter):
    (note,) = notes(
        analyze(acquire(distance_mm=0.0), variant="iec", scatter=scatter), "ARRANGEMENT"
    )

    assert ("3.1.1" in note.message) is scatter


def test_a_background_as_strong_as_the_source_is_refused():
    empty = still({(1, 1): np.full((256, 256), 20.0)}, 2.4, exact=True)

    with pytest.raises(UnsuitableAcquisitionError, match="needs more than the background of 4369"):
        analyze(acquire(), background=[empty])


def test_an_image_without_pixel_spacing_needs_a_parameter():
    image = dataclasses.replace(acquire(), pixel_spacing_mm=None)

    with pytest.raises(UnsuitableAcquisitionError, match="the header has no pixel spacing"):
        analyze(image)
    assert value(analyze(image, pixel_spacing_mm=2.4), "s_tot") == pytest.approx(80.0)


def test_without_a_nuclide_there_is_no_decay():
    image = dataclasses.replace(acquire(), nuclide=None)

    with pytest.raises(ParameterError, match="no header names the nuclide"):
        analyze(image)
    assert value(analyze(image, nuclide="Tc-99m"), "s_tot") == pytest.approx(80.0)
    # WS 523 knows one nuclide only; the window vouches for it.
    assert value(analyze(image, variant="ws523"), "system_planar_sensitivity") == pytest.approx(
        80.0
    )


def test_without_the_activity_there_is_no_sensitivity():
    with pytest.raises(MissingReadingError, match="the reading activity is missing"):
        analyze(acquire(), given={})


def test_the_analyzer_keeps_the_contract():
    empty = still({(1, 1): np.full((256, 256), 0.5)}, 2.4)
    examples = [
        Inputs(roles={"dish": (acquire(seed=1),)}, readings=readings(), variant="nema"),
        Inputs(roles={"dish": tuple(ten())}, readings=readings(), variant="nema"),
        Inputs(
            roles={"dish": (acquire(seed=1, detectors=(1, 2)),), "background": (empty,)},
            readings=readings(),
            variant="ws523",
        ),
        Inputs(
            roles={"dish": (acquire(seed=1, distance_mm=0.0),), "background": (empty,)},
            readings=readings(),
            variant="iec",
        ),
    ]

    assert check(ANALYZER, examples) == []
