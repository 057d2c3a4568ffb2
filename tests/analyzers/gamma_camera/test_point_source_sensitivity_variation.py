"""Intrinsic point-source sensitivity deviation: GB/T 18989-2013 3.3.1.2 (12) (IEC 60789)."""

import dataclasses

import numpy as np
import pytest

from photopeak_analyzers.acquisition import CollimatorType, Detector, EnergyWindow
from photopeak_analyzers.common_parameters import CorrectionState
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, Outcome, ReadingValue, Severity
from photopeak_analyzers.errors import (
    MissingReadingError,
    ParameterError,
    UnsuitableAcquisitionError,
)
from photopeak_analyzers.gamma_camera.point_deviation import largest_deviation
from photopeak_analyzers.gamma_camera.point_source_sensitivity_variation import ANALYZER
from photopeak_analyzers.numerics.field_of_view import Shape
from support.floods import notes, precondition, value
from support.point_grids import (
    FIELD,
    HALF_LIFE_S,
    dynamic,
    expected,
    grid,
    statics,
    table,
)


def analyze(*images, readings=None, **parameters):
    roles = {"points": images[:-1], "last": images[-1:]}
    inputs = Inputs(roles=roles, readings=readings or {}, variant="iec")
    return ANALYZER.analyze(inputs, ANALYZER.parameters(**FIELD | parameters))


def weak_at(places, factor=0.97):
    """Return a detector that counts less at some places."""
    return lambda x, y: factor if (x, y) in places else 1.0


@pytest.fixture(scope="module")
def perfect():
    return dynamic()


# --- closed form ------------------------------------------------------------------------------------


def test_eta_is_the_largest_deviation_from_the_mean_over_the_mean():
    # Mean 95; 80 lies 15 below it.
    assert float(largest_deviation(np.array([100.0, 110.0, 90.0, 80.0]))) == pytest.approx(
        100.0 * 15.0 / 95.0
    )


def test_a_perfect_detector_has_none_whatever_decays_while_it_is_measured(perfect):
    analysis = analyze(perfect)

    # 221 places take 55 minutes, in which a tenth of the source decays.
    assert value(analysis, "eta_ufov") == pytest.approx(0.0, abs=1e-6)
    assert value(analysis, "eta_cfov") == pytest.approx(0.0, abs=1e-6)
    assert analysis.valid
    assert value(analysis, "n_points_ufov") == 221.0
    assert value(analysis, "n_points_cfov") == 117.0
    (note,) = notes(analysis, "HALF_LIFE")
    assert note.values["seconds"] == pytest.approx(HALF_LIFE_S)


def test_a_weak_place_at_the_border_counts_in_the_ufov_alone():
    analysis = analyze(dynamic(response=weak_at({(240.0, 180.0)})))

    mean = (220.0 + 0.97) / 221.0
    assert value(analysis, "eta_ufov") == pytest.approx(100.0 * (1.0 - 0.97 / mean), abs=1e-4)
    assert value(analysis, "eta_cfov") == pytest.approx(0.0, abs=1e-6)
    assert value(analysis, "worst_x_ufov") == pytest.approx(240.0, abs=1.0)
    assert value(analysis, "worst_y_ufov") == pytest.approx(180.0, abs=1.0)


def test_the_cfov_has_a_mean_of_its_own():
    # All of the border is weak: the mean of the UFOV is lower, that of the CFOV is not.
    def response(x, y):
        inside = abs(x) <= 191.0 and abs(y) <= 146.0
        return (0.98 if (x, y) == (0.0, 0.0) else 1.0) if inside else 0.9

    analysis = analyze(dynamic(response=response))
    mean_c = (116.0 + 0.98) / 117.0
    mean_u = (116.0 + 0.98 + 104.0 * 0.9) / 221.0
    assert value(analysis, "eta_cfov") == pytest.approx(100 * (1 - 0.98 / mean_c), abs=1e-4)
    assert value(analysis, "eta_ufov") == pytest.approx(
        100 * max(1 - 0.9 / mean_u, 1 / mean_u - 1), abs=1e-4
    )


def test_without_decay_correction_the_table_would_show_a_gradient():
    places = grid()
    counts = expected(places)
    slow = analyze(readings={"points": table(places, counts)})
    # The same counts, said to have been counted at one moment.
    at_once = analyze(readings={"points": table(places, counts, every_s=0.0)})

    assert value(slow, "eta_ufov") == pytest.approx(0.0, abs=1e-6)
    # 55 minutes: 10.0 % from the first to the last, half of it to either side.
    assert value(at_once, "eta_ufov") == pytest.approx(5.2, abs=0.2)


# --- forms and invariances --------------------------------------------------------------------------


def test_series_of_one_place_each_are_the_same_as_one_of_all():
    places = grid(5, 5)
    field = {"ufov_width_mm": 150.0, "ufov_height_mm": 150.0}
    response = weak_at({(30.0, -30.0)})
    one = analyze(dynamic(places, response), **field)
    many = analyze(*statics(places, response), **field)
    last_first = tuple(reversed(statics(places, response)))
    assert analyze(*last_first, **field).measurements == many.measurements
    typed = analyze(
        readings={"points": table(places, expected(places, response))},
        uniformity_correction=CorrectionState.ON,
        **field,
    )

    found = [value(each, "eta_ufov") for each in (one, many, typed)]
    assert found == pytest.approx([found[0]] * 3, abs=1e-6)
    assert found[0] == pytest.approx(100.0 * (1.0 - 0.97 * 25.0 / 24.97), abs=1e-4)


def test_a_table_goes_before_the_images_that_name_the_test(perfect):
    places = grid()
    given = table(places, expected(places, weak_at({(0.0, 0.0)})))
    analysis = analyze(perfect, readings={"points": given})

    assert value(analysis, "eta_cfov") == pytest.approx(2.97, abs=0.02)
    assert len(notes(analysis, "IMAGES_NOT_USED")) == 1


def test_frames_without_a_time_of_their_own_follow_each_other():
    analysis = analyze(dynamic(every_s=10.0, timed=False))

    assert value(analysis, "eta_ufov") == pytest.approx(0.0, abs=1e-6)


def test_with_and_without_correction_are_two_results(perfect):
    uneven = dynamic(response=weak_at({(0.0, 0.0)}), corrections=frozenset())
    inputs = Inputs(roles={"last": (perfect, uneven)}, variant="iec")
    analysis = ANALYZER.analyze(inputs, ANALYZER.parameters(**FIELD))

    assert value(analysis, "eta_cfov", correction="on") == pytest.approx(0.0, abs=1e-6)
    assert value(analysis, "eta_cfov", correction="off") == pytest.approx(2.97, abs=0.02)
    assert {f.name for f in analysis.figures} == {
        f"{kind}_correction_{state}_detector_1_energy_window_1"
        for kind in ("map", "course")
        for state in ("on", "off")
    }


def test_a_stronger_source_and_a_turned_detector_change_nothing():
    response = weak_at({(60.0, 30.0)})
    one = analyze(dynamic(response=response))
    flipped = analyze(dynamic(response=weak_at({(-60.0, -30.0)})))
    strong = analyze(dynamic(response=response, counts=150_000.0))

    for key in ("eta_ufov", "eta_cfov"):
        assert value(flipped, key) == pytest.approx(value(one, key), abs=1e-6)
        assert value(strong, key) == pytest.approx(value(one, key), abs=1e-6)
    assert value(flipped, "worst_x_ufov") == pytest.approx(-60.0, abs=1.0)


def test_the_field_may_be_a_circle():
    analysis = analyze(
        dynamic(response=weak_at({(240.0, 180.0)})),
        ufov_shape=Shape.CIRCLE,
        ufov_width_mm=390.0,
        ufov_height_mm=390.0,
    )

    # The weak corner lies 300 mm from the centre.
    assert value(analysis, "eta_ufov") == pytest.approx(0.0, abs=1e-6)
    assert value(analysis, "n_points_ufov") == sum(np.hypot(x, y) <= 195.0 for x, y in grid())


# --- noise ------------------------------------------------------------------------------------------


def test_noise_alone_gives_what_the_result_says_it_gives():
    rng = np.random.default_rng(21)
    places = grid(10, 10)
    field = {"ufov_width_mm": 300.0, "ufov_height_mm": 300.0}
    found, floors, stated = [], [], []
    for _ in range(60):
        counts = rng.poisson(expected(places, counts=100_000.0)).astype(float).tolist()
        analysis = analyze(readings={"points": table(places, counts)}, noise_draws=100, **field)
        (eta,) = [m for m in analysis.measurements if m.metric == "eta_ufov"]
        found.append(eta.value)
        stated.append(eta.uncertainty)
        floors.append(value(analysis, "noise_floor_eta_ufov"))

    # 100 places of 0.32 %: the largest of them is about 2.7 spreads away, 0.8 to 0.9 %.
    assert np.mean(floors) == pytest.approx(0.85, abs=0.05)
    # A largest deviation spreads by 0.13 %: 60 of them tell their mean to 0.017 %, times three.
    assert np.mean(found) == pytest.approx(np.mean(floors), abs=0.06)
    # Its uncertainty is that spread, and not the one about a detector that has the noise already.
    assert np.mean(stated) == pytest.approx(np.std(found), rel=0.25)


def test_the_uncertainty_is_the_spread_of_repeated_measurements():
    rng = np.random.default_rng(22)
    places = grid(6, 6)
    field = {"ufov_width_mm": 180.0, "ufov_height_mm": 180.0}
    response = weak_at({(15.0, 15.0)}, 0.95)
    found, stated = [], []
    for _ in range(80):
        counts = rng.poisson(expected(places, response)).astype(float).tolist()
        analysis = analyze(readings={"points": table(places, counts)}, noise_draws=200, **field)
        (eta,) = [m for m in analysis.measurements if m.metric == "eta_ufov"]
        found.append(eta.value)
        stated.append(eta.uncertainty)

    # One weak place: u is that of its counts, 0.3 %. 80 draws tell a spread to 8 %: three times that.
    assert np.mean(stated) == pytest.approx(0.29, abs=0.03)
    assert np.std(found) == pytest.approx(np.mean(stated), rel=0.25)


# --- conditions -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "outcome", "severity"),
    [
        (100_000.0, Outcome.MET, Severity.SOFT),
        (99_900.0, Outcome.NOT_MET, Severity.SOFT),
        (50_000.0, Outcome.NOT_MET, Severity.SOFT),
        (49_900.0, Outcome.NOT_MET, Severity.HARD),
    ],
)
def test_every_place_needs_100_000_counts(counts, outcome, severity):
    places = grid()
    given = table(places, [200_000.0] * 220 + [counts], every_s=0.0)
    found = precondition(analyze(readings={"points": given}), "PC_COUNTS")

    assert (found.outcome, found.severity) == (outcome, severity)


def test_the_rate_is_bounded(perfect):
    found = precondition(analyze(perfect, maximum_rate_cps=11_000.0), "PC_RATE")

    # 120 000 counts in 10 s.
    assert found.value == pytest.approx(12_000.0, rel=1e-3)
    assert (found.outcome, found.severity) == (Outcome.NOT_MET, Severity.HARD)


def test_gaps_in_the_grid_warn_and_half_a_grid_voids():
    places = grid()
    full, gaps, half = (
        analyze(readings={"points": table(some, expected(some))})
        for some in (places, places[:180], places[:100])
    )

    found = [precondition(each, "PC_FRAMES") for each in (full, gaps, half)]
    assert [each.outcome for each in found] == [Outcome.MET, Outcome.NOT_MET, Outcome.NOT_MET]
    assert [each.severity for each in found[1:]] == [Severity.SOFT, Severity.HARD]
    assert not half.valid


def test_another_pitch_warns():
    places = grid(13, 10, 40.0)
    found = precondition(
        analyze(readings={"points": table(places, expected(places))}), "PC_GEOMETRY", "spacing"
    )

    assert (found.value, found.lower, found.upper) == (pytest.approx(40.0), 28.0, 32.0)
    assert (found.outcome, found.severity) == (Outcome.NOT_MET, Severity.SOFT)


def test_unequal_times_warn_and_rates_are_compared():
    places = grid()
    rows = list(table(places, expected(places, every_s=0.0), every_s=0.0).value)
    x, y, counts, start, duration = rows[7]
    rows[7] = (x, y, 2.0 * counts, start, 2.0 * duration)
    analysis = analyze(readings={"points": ReadingValue(value=tuple(rows))})

    assert precondition(analysis, "PC_DURATION").outcome is Outcome.NOT_MET
    # Twice as long is not quite twice as many: 1.6e-4 of the source decays in 10 s.
    assert value(analysis, "eta_ufov") == pytest.approx(0.016, abs=0.002)


def test_counts_from_elsewhere_warn_and_a_flood_is_refused(perfect):
    scattered = dataclasses.replace(perfect, counts=perfect.counts + 4.0)
    flood = dataclasses.replace(perfect, counts=np.full_like(perfect.counts, 40.0))

    found = precondition(analyze(scattered), "PC_GEOMETRY", "share")
    assert (found.outcome, found.severity) == (Outcome.NOT_MET, Severity.SOFT)
    assert precondition(analyze(perfect), "PC_GEOMETRY", "share").outcome is Outcome.MET
    with pytest.raises(UnsuitableAcquisitionError, match="0 % of the counts of an image lie in"):
        analyze(flood)


@pytest.mark.parametrize(
    ("changes", "code", "outcome"),
    [
        ({"nuclide": "Co-57"}, "PC_NUCLIDE", Outcome.NOT_MET),
        (
            {"detectors": (Detector(number=1, collimator_type=CollimatorType.PARALLEL),)},
            "PC_COLLIMATOR",
            Outcome.NOT_MET,
        ),
        ({"saturation_level": 15_000}, "PC_OVERFLOW", Outcome.NOT_MET),
        ({"detectors": (), "frames": None}, "PC_DETECTOR", Outcome.UNKNOWN),
    ],
)
def test_a_wrong_image_voids(perfect, changes, code, outcome):
    if "frames" in changes:
        frames = tuple(dataclasses.replace(f, detector=None) for f in perfect.frames)
        changes = changes | {"frames": frames}
    analysis = analyze(dataclasses.replace(perfect, **changes))

    assert precondition(analysis, code).outcome is outcome
    assert not analysis.valid


def test_an_oblong_pixel_voids(perfect):
    analysis = analyze(dataclasses.replace(perfect, pixel_spacing_mm=(9.6, 9.0)))

    assert precondition(analysis, "PC_PIXEL").outcome is Outcome.NOT_MET
    assert not analysis.valid


def test_a_window_off_the_peak_is_refused_and_a_narrow_one_voids(perfect):
    low = (EnergyWindow(number=1, lower_kev=100.0, upper_kev=120.0),)
    narrow = (EnergyWindow(number=1, lower_kev=130.0, upper_kev=151.0),)

    with pytest.raises(UnsuitableAcquisitionError, match="none of 1 images lies on the photopeak"):
        analyze(dataclasses.replace(perfect, energy_windows=low))
    assert not analyze(dataclasses.replace(perfect, energy_windows=narrow)).valid


WRONG_IMAGES = [
    ({"energy_windows": (EnergyWindow(number=1, lower_kev=130.0, upper_kev=151.0),)}, "PC_WINDOW"),
    (
        {"detectors": (Detector(number=1, collimator_type=CollimatorType.PARALLEL),)},
        "PC_COLLIMATOR",
    ),
    ({"saturation_level": 100}, "PC_OVERFLOW"),
    ({"pixel_spacing_mm": (9.6, 9.0)}, "PC_PIXEL"),
    ({"nuclide": "Co-57"}, "PC_NUCLIDE"),
]


@pytest.mark.parametrize(("changes", "code"), WRONG_IMAGES)
@pytest.mark.parametrize("which", [0, 12, 24])
def test_one_wrong_image_among_many_voids_wherever_it_stands(changes, code, which):
    images = list(statics(grid(5, 5)))
    images[which] = dataclasses.replace(images[which], **changes)

    analysis = analyze(*images, ufov_width_mm=150.0, ufov_height_mm=150.0)

    assert {p.code for p in analysis.failed} == {code}


def test_an_image_off_the_photopeak_is_told_to_be_left_out():
    images = list(statics(grid(5, 5)))
    low = (EnergyWindow(number=1, lower_kev=100.0, upper_kev=120.0),)
    images[3] = dataclasses.replace(images[3], energy_windows=low)

    analysis = analyze(*images, ufov_width_mm=150.0, ufov_height_mm=150.0)

    assert value(analysis, "n_points_ufov") == 24.0
    (note,) = notes(analysis, "WINDOW_NOT_ANALYSED")
    assert note.message.startswith("1 frames in the window from 100 to 120 keV")


def test_one_place_again_and_again_is_no_grid():
    places = [(0.0, 0.0)] * 221
    analysis = analyze(readings={"points": table(places, expected(places))})

    assert {p.quantity for p in analysis.failed} == {
        "spacing of the places",
        "places in the UFOV, over those that it has room for",
    }


def test_places_that_come_twice_fill_the_field_once():
    half = grid(17, 6)
    places = [*half, *half[:50]]
    analysis = analyze(readings={"points": table(places, expected(places))})

    found = precondition(analysis, "PC_FRAMES")
    assert (found.severity, found.value) == (Severity.HARD, pytest.approx(102.0 / 221.0))


def test_places_in_metres_void():
    metres = [(x / 1000.0, y / 1000.0) for x, y in grid()]
    readings = {"points": table(metres, expected(metres))}

    analysis = analyze(readings=readings, ufov_width_mm=None, ufov_height_mm=None)

    assert [p.quantity for p in analysis.failed] == ["spacing of the places"]


@pytest.mark.parametrize("every_s", [0.0, 0.25])
def test_places_that_are_said_to_be_counted_at_once_void(every_s):
    places = grid()
    analysis = analyze(readings={"points": table(places, expected(places), every_s=every_s)})

    (found,) = analysis.failed
    assert found.code == "PC_TIME"
    assert found.value == pytest.approx((220.0 * every_s + 10.0) / 2210.0)


def test_more_counts_than_any_camera_counts_are_refused():
    places = grid()
    readings = {"points": table(places, [1e19] * len(places))}

    with pytest.raises(UnsuitableAcquisitionError, match="1e\\+19 counts, needs at most 1e\\+12"):
        analyze(readings=readings)


def test_without_a_declared_field_the_places_tell_it(perfect):
    analysis = analyze(perfect, ufov_width_mm=None, ufov_height_mm=None)
    strict = analyze(perfect, ufov_width_mm=None, ufov_height_mm=None, ufov_must_be_known=True)

    (note,) = notes(analysis, "UFOV_ESTIMATED")
    assert note.values["width_mm"] == pytest.approx(510.0, abs=0.2)
    assert note.unfit_for == ("acceptance", "status")
    assert precondition(analysis, "PC_UFOV").outcome is Outcome.UNKNOWN
    assert not strict.valid


# --- refused ----------------------------------------------------------------------------------------


def test_what_cannot_be_measured_is_refused(perfect):
    silent = dataclasses.replace(
        perfect,
        started_at=None,
        frames=tuple(dataclasses.replace(f, started_at=None) for f in perfect.frames),
    )
    endless = dataclasses.replace(
        perfect, frames=tuple(dataclasses.replace(f, duration_s=None) for f in perfect.frames)
    )
    for image, message in (
        (silent, "does not say when it began"),
        (endless, "does not say how long it took"),
        (dataclasses.replace(perfect, counts=perfect.counts * 0), "needs more than 0"),
        (dataclasses.replace(perfect, pixel_spacing_mm=(49.0, 49.0)), "mm from the centre"),
        (dataclasses.replace(perfect, pixel_spacing_mm=None), "pixel spacing"),
        (dataclasses.replace(perfect, counts=perfect.counts - 1.0), "a pixel of -1 counts"),
    ):
        with pytest.raises(UnsuitableAcquisitionError, match=message):
            analyze(image)
    with pytest.raises(UnsuitableAcquisitionError, match="2 places lie in the field, needs 3"):
        analyze(*statics(grid(2, 1)))
    with pytest.raises(MissingReadingError, match="neither images of the source nor a table"):
        analyze()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (((0.0, 0.0, 1.0, 0.0, 1.0),), "has 1 rows, needs 3 to 5000"),
        (
            ((0.0, 0.0, 1.0),) * 4,
            "row 1 of points has 3 cells, needs x, y, counts, start, duration",
        ),
        (((0.0, 0.0, 0.0, 0.0, 1.0),) * 4, "not above 0"),
        (5.0, "points is 5.0, no table, needs rows"),
    ],
)
def test_a_table_that_cannot_be_true_is_refused(rows, message):
    with pytest.raises(ParameterError, match=message):
        analyze(readings={"points": ReadingValue(value=rows)})


def test_a_place_a_kilometre_away_is_refused():
    rows = ((0.0, 0.0, 1e5, 0.0, 9.0), (30.0, 0.0, 1e5, 0.0, 9.0), (1e6, 0.0, 1e5, 0.0, 9.0))

    with pytest.raises(UnsuitableAcquisitionError, match="1000000 mm from the centre"):
        analyze(readings={"points": ReadingValue(value=rows)})


def test_parameters_that_contradict_each_other_are_refused(perfect):
    with pytest.raises(ParameterError, match="needs at most minimum_counts"):
        analyze(perfect, invalid_below_counts=200_000.0)


def test_the_contract_is_kept(perfect):
    inputs = Inputs(roles={"last": (perfect,)}, variant="iec")

    assert check(ANALYZER, [inputs]) == []
