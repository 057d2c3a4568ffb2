"""Septal penetration by NEMA NU 1-2007 2.11 (GB/T 18989-2013 E.11)."""

import dataclasses
import functools
import math
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import numpy as np
import pytest

from photopeak_analyzers.acquisition import CollimatorType, EnergyWindow, Origin, WholeBody
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, Outcome, ReadingValue, Scope, Severity
from photopeak_analyzers.errors import (
    MissingReadingError,
    ParameterError,
    UnsuitableAcquisitionError,
)
from photopeak_analyzers.gamma_camera.septal_penetration import ANALYZER
from photopeak_analyzers.gamma_camera.septal_penetration_curve import counts_in_circle
from photopeak_analyzers.simulation.blur import Resolution
from photopeak_analyzers.simulation.dish import Dish
from photopeak_analyzers.simulation.planar import Matrix
from support.floods import flat, notes, precondition, value

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
MATRIX = Matrix(rows=128, columns=128, pixel_mm=4.8)
TEN = (10.0, 20.0, 50.0, 100.0, 150.0, 200.0, 250.0, 300.0, 350.0, 400.0)
SHARP = Resolution(intrinsic_mm=4.0, at_face_mm=4.0)
DISH = Dish(activity_mbq=40.0, at=AT, c0=80.0, c1=12.0, c2_per_mm=0.004, resolution=SHARP)
"""PF at 100 mm is 12 e^-0.4 / (80 + 12 e^-0.4) = 9.1362 %."""


def acquire(dish=DISH, distance_mm=100.0, *, place=0, duration_s=1200.0, rng=None, **how):
    start = AT + timedelta(minutes=25 * place)
    return dish.acquire(
        MATRIX, started_at=start, duration_s=duration_s, distance_mm=distance_mm, rng=rng, **how
    )


@functools.cache
def ten(dish=DISH, *, distances=TEN, seed=None, **how):
    rng = None if seed is None else np.random.default_rng(seed)
    return [
        acquire(dish, distance, place=place, rng=rng, **how)
        for place, distance in enumerate(distances)
    ]


def analyze(series, given=None, **parameters):
    activity = {"activity": ReadingValue(value=40.0, at=AT, uncertainty=0.5)}
    readings = activity | (given or {})
    inputs = Inputs(roles={"dish": tuple(series)}, readings=readings, variant="nema")
    return ANALYZER.analyze(inputs, ANALYZER.parameters(**parameters))


def measurement(analysis, metric, **scope):
    (found,) = [
        m
        for m in analysis.measurements
        if m.metric == metric and set(scope.items()) <= set(m.scope.items)
    ]
    return found


def keys(analysis):
    return {m.metric for m in analysis.measurements}


def with_one(series, place, change):
    """Return the series with one of them changed."""
    return [change(each) if index == place else each for index, each in enumerate(series)]


# --- closed form ------------------------------------------------------------------------------------


def test_the_reference_case_has_a_penetration_of_9_1362_percent():
    """E.11.4, (E.11): c1 / c0 = 0.15, c2 = 0.004 per mm."""
    analysis = analyze(ten())

    assert value(analysis, "pf_100mm") == pytest.approx(9.1362, abs=5e-4)
    assert value(analysis, "c1") / value(analysis, "c0") == pytest.approx(0.15, rel=1e-4)
    assert value(analysis, "c2") == pytest.approx(0.004, rel=1e-4)
    assert value(analysis, "r_squared") == pytest.approx(1.0, abs=1e-9)
    assert analysis.valid


def test_s_tot_is_that_of_the_whole_image_at_100_mm():
    """(E.12), (E.13)."""
    found = measurement(analyze(ten()), "s_tot")

    assert found.value == pytest.approx(80.0 + 12.0 * math.exp(-0.4), rel=1e-9)
    # Readings of the activity 1.25 %, clock 60 s / sqrt(3); counting is next to nothing.
    assert found.uncertainty == pytest.approx(found.value * 0.0125, rel=0.05)


def test_the_rates_are_those_of_the_circle_at_the_moment_of_the_activity():
    """(E.9): c0 is the share of the disc that the circle of 60 % holds, 36 %, of 40 MBq."""
    analysis = analyze(ten())

    # 277 pixels of 4.8 mm hold 6382 mm2, the circle of 90 mm has 6362 mm2.
    held = 277 * 4.8**2 / (math.pi * 75.0**2)
    assert value(analysis, "c0") == pytest.approx(80.0 * 40.0 * held, rel=2e-3)


@pytest.mark.parametrize(
    ("diameter_mm", "pixels"), [(1.0, 1), (2.0, 5), (3.0, 9), (4.0, 13), (3.99, 9)]
)
def test_pixels_count_whose_centre_lies_in_the_circle_or_on_it(diameter_mm, pixels):
    ones = np.ones((9, 11), dtype=np.uint16)

    assert counts_in_circle(ones, (4, 5), diameter_mm, (1.0, 1.0)) == pixels


def test_counts_beyond_16_bits_do_not_wrap():
    assert counts_in_circle(np.full((9, 9), 60_000, np.uint16), (4, 4), 4.0, (1.0, 1.0)) == 780_000


@pytest.mark.parametrize(
    ("c0", "c1", "c2"), [(60.0, 30.0, 0.006), (80.0, 12.0, 0.02), (40.0, 50.0, 0.002)]
)
def test_the_penetration_is_that_of_the_source(c0, c1, c2):
    dish = dataclasses.replace(DISH, c0=c0, c1=c1, c2_per_mm=c2)

    found = value(analyze(ten(dish)), "pf_100mm")

    assert found == pytest.approx(100.0 * dish.penetration_fraction(), abs=2e-3)


def test_a_low_energy_nuclide_has_no_penetration_and_no_c2():
    """c1 is chance and c2 undefined: PF is 0."""
    analysis = analyze(ten(dataclasses.replace(DISH, c1=0.0), seed=4))

    assert value(analysis, "pf_100mm") == 0.0
    assert measurement(analysis, "pf_100mm").uncertainty is None
    assert {"c1", "c2"}.isdisjoint(keys(analysis))
    assert value(analysis, "c0") == pytest.approx(80.0 * 40.0 * 0.36, rel=0.01)
    assert value(analysis, "s_tot") == pytest.approx(80.0, rel=0.01)
    (note,) = notes(analysis, "NO_PENETRATION")
    assert "needs more than 3 of them: PF is given as 0, c2 is not determined" in note.message
    assert precondition(analysis, "PC_GEOMETRY", "chi square").outcome is Outcome.MET


def test_rates_that_fall_without_an_exponential_are_pointed_out():
    """No c2 is determined, but the rates are no constant: 0.8 % over 400 mm is air, 4 % is not."""
    slight, steep = (
        analyze(
            [
                acquire(dataclasses.replace(DISH, c0=80.0 - fall * d, c1=0.0), d, place=i)
                for i, d in enumerate(TEN)
            ]
        )
        for fall in (0.0016, 0.008)
    )

    assert value(slight, "pf_100mm") == 0.0
    assert {"pf_100mm", "c0"}.isdisjoint(keys(steep))
    assert value(steep, "s_tot") == pytest.approx(79.2, rel=1e-6)
    assert "there is no PF" in notes(steep, "PENETRATION_NOT_DETERMINED")[0].message
    for analysis in (slight, steep):
        found = precondition(analysis, "PC_GEOMETRY", "chi square")
        assert (found.outcome, found.severity) == (Outcome.NOT_MET, Severity.SOFT)


def test_rates_that_rise_with_the_distance_have_no_penetration_of_0():
    rising = [
        acquire(dataclasses.replace(DISH, c0=80.0 + 0.008 * d, c1=0.0), d, place=i)
        for i, d in enumerate(TEN)
    ]

    analysis = analyze(rising)

    found = precondition(analysis, "PC_GEOMETRY", "distance of a rate from the curve")
    assert "pf_100mm" not in keys(analysis)
    assert (found.outcome, found.severity) == (Outcome.NOT_MET, Severity.SOFT)


def test_one_image_far_off_the_curve_voids_it():
    """A wrong start: more decay is corrected for than there was."""
    late = AT + timedelta(hours=20)
    analysis = analyze(with_one(ten(), 6, lambda c: dataclasses.replace(c, started_at=late)))

    found = precondition(analysis, "PC_GEOMETRY", "distance of a rate from the curve")
    assert (found.outcome, found.severity, found.upper) == (Outcome.NOT_MET, Severity.HARD, 10.0)
    assert precondition(analyze(ten()), "PC_GEOMETRY", "distance of a rate").value == 0.0


# --- distances --------------------------------------------------------------------------------------


def test_the_order_of_the_series_does_not_matter():
    assert analyze(ten()).measurements == analyze(reversed(ten())).measurements


def test_distances_come_from_names_and_from_the_reading():
    nameless = [dataclasses.replace(each, origin=Origin()) for each in ten()]
    named = [
        dataclasses.replace(
            each,
            origin=Origin(
                text=MappingProxyType({"SeriesDescription": f"Septal pen {d / 10:g} cm"})
            ),
        )
        for each, d in zip(nameless, TEN, strict=True)
    ]
    table = {"distances": ReadingValue(value=tuple((d,) for d in TEN))}

    for analysis in (analyze(named), analyze(nameless, table)):
        assert value(analysis, "pf_100mm") == pytest.approx(9.1362, abs=5e-4)


def test_without_distances_there_is_no_curve():
    nameless = [dataclasses.replace(each, origin=Origin()) for each in ten()[:1]]

    with pytest.raises(
        UnsuitableAcquisitionError,
        match="an image of detector 1, energy window 1 has no distance, and the curve needs that",
    ):
        analyze([*ten()[1:], *nameless])


def test_missing_distances_are_counted():
    complete = precondition(analyze(ten()), "PC_SET")
    partial = precondition(analyze(ten(distances=TEN[:6])), "PC_SET")
    off = precondition(analyze(ten(distances=(*TEN[:9], 402.0))), "PC_SET")

    assert (complete.outcome, complete.value) == (Outcome.MET, 10.0)
    assert (partial.outcome, partial.value) == (Outcome.NOT_MET, 6.0)
    assert (off.outcome, off.value) == (Outcome.NOT_MET, 9.0)
    assert complete.expected.startswith("10, 20, 50, 100")
    assert complete.severity is Severity.SOFT


def test_a_part_of_the_distances_gives_the_same_penetration_and_three_give_none():
    assert value(analyze(ten(distances=TEN[:5])), "pf_100mm") == pytest.approx(9.1362, abs=2e-3)
    with pytest.raises(UnsuitableAcquisitionError, match="needs at least 4"):
        analyze(ten(distances=TEN[:3]))


def test_without_an_image_at_100_mm_there_is_no_s_tot():
    distances = tuple(d for d in TEN if d != 100.0)
    on = ten(distances=(*distances, 101.0))
    beside = ten(distances=(*distances, 101.1))

    assert "s_tot" in keys(analyze(on))
    assert "s_tot" not in keys(analyze(beside))
    assert value(analyze(beside), "pf_100mm") == pytest.approx(9.1362, abs=5e-4)


def test_two_images_of_one_distance_are_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="two images are of detector 1"):
        analyze(ten(distances=(*TEN[:9], 350.0)))


# --- heads and invariances --------------------------------------------------------------------------


def test_each_head_has_its_own_curve():
    other = dataclasses.replace(DISH, c1=30.0)
    both = [
        dataclasses.replace(one, counts=np.concatenate([one.counts[:1], two.counts[:1]]))
        for one, two in zip(ten(detectors=(1, 2)), ten(other), strict=True)
    ]

    analysis = analyze(both)

    assert value(analysis, "pf_100mm", detector=1) == pytest.approx(9.1362, abs=5e-4)
    expected = 100.0 * other.penetration_fraction()
    assert value(analysis, "pf_100mm", detector=2) == pytest.approx(expected, abs=5e-4)
    assert {f.name for f in analysis.figures if f.name.startswith("course")} == {
        "course_detector_1_energy_window_1",
        "course_detector_2_energy_window_1",
    }


def test_a_head_that_saw_nothing_or_too_little_does_not_stop_the_other():
    both = ten(detectors=(1, 2))

    def only_one(image):
        return dataclasses.replace(image, counts=image.counts * np.array([1, 0])[:, None, None])

    blind = analyze([only_one(each) for each in both])
    short = analyze([*both[:3], *ten()[3:]])

    for analysis, reason in ((blind, "has no source"), (short, "3 different x are given, needs")):
        assert value(analysis, "pf_100mm") == pytest.approx(9.1362, abs=5e-4)
        (note,) = notes(analysis, "HEAD_LEFT_OUT")
        assert note.message.startswith("detector 2, energy window 1 is left out: ")
        assert reason in note.message
    # The blind head looked on; the other one saw the source, and is no pass.
    assert not blind.failed_for(Scope.of(detector=2, energy_window=1))
    (fault,) = short.failed_for(Scope.of(detector=2, energy_window=1))
    assert (fault.quantity, fault.value) == ("points of the fit", 3)
    assert not short.failed_for(measurement(short, "pf_100mm", detector=1).scope)


def test_what_all_images_of_a_head_have_in_common_stands_once_and_the_bad_ones_by_distance():
    def turned(image):
        one, two = image.detectors
        fan = dataclasses.replace(two, collimator_type=CollimatorType.FAN_BEAM)
        return dataclasses.replace(image, detectors=(one, fan))

    analysis = analyze(with_one(with_one(ten(detectors=(1, 2)), 4, turned), 7, turned))

    (broken,) = analysis.failed
    assert (broken.quantity, broken.value) == ("collimator at 150 mm, at 300 mm", "FANB")
    assert dict(broken.scope.items) == {"detector": 2, "energy_window": 1}
    assert {p.quantity for p in analysis.preconditions if "count rate" in p.quantity} == {
        "count rate, 10 images; nearest to its bound at 10 mm"
    }
    assert len(analysis.preconditions) < 45


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c[:, ::-1],
        lambda c: c.swapaxes(1, 2),
        lambda c: np.rot90(c, axes=(1, 2)),
        lambda c: np.roll(c, (3, -5), axis=(1, 2)),
    ],
    ids=["flip", "transpose", "rotation", "shift"],
)
def test_the_penetration_does_not_depend_on_the_orientation_or_the_place(change):
    turned = [
        dataclasses.replace(each, counts=np.ascontiguousarray(change(each.counts)))
        for each in ten()
    ]

    assert value(analyze(turned), "pf_100mm") == pytest.approx(9.1362, abs=2e-3)


def test_the_penetration_depends_neither_on_the_activity_nor_on_the_clock():
    given = {
        "activity": ReadingValue(value=44.0, at=AT + timedelta(minutes=3), uncertainty=0.5),
    }

    analysis = analyze(ten(), given)

    assert value(analysis, "pf_100mm") == pytest.approx(9.1362, abs=5e-4)
    assert value(analysis, "s_tot") < 80.0


# --- uncertainty ------------------------------------------------------------------------------------


def test_the_uncertainty_is_the_spread_of_repeated_measurements():
    """Counting, and the place of the dish within 1 mm (E.11.3)."""
    rng = np.random.default_rng(8)
    steep = dataclasses.replace(DISH, c0=40.0, c1=50.0, c2_per_mm=0.008)
    small = Matrix(rows=48, columns=48, pixel_mm=4.8)
    images = {d: steep.expected(small, AT, 300.0, d) / steep.sensitivity(d) for d in TEN}
    frames = [steep.acquire(small, started_at=AT, duration_s=300.0, distance_mm=d) for d in TEN]
    found = []
    for _ in range(120):
        series = []
        for distance, frame in zip(TEN, frames, strict=True):
            true_mm = distance + rng.uniform(-1.0, 1.0)
            counts = rng.poisson(images[distance] * steep.sensitivity(true_mm))
            series.append(dataclasses.replace(frame, counts=counts[None]))
        found.append(measurement(analyze(series), "pf_100mm"))

    # 120 draws tell a spread to 6.5 %: three times that.
    spread = np.std([m.value for m in found])
    assert np.mean([m.uncertainty for m in found]) == pytest.approx(spread, rel=0.2)
    truth = 100.0 * steep.penetration_fraction()
    assert np.mean([m.value for m in found]) == pytest.approx(truth, abs=4.0 * spread / 120**0.5)


# --- what is refused, and what voids or warns -------------------------------------------------------


def test_a_flood_among_the_dishes_voids_the_curve_of_its_head():
    flood = dataclasses.replace(flat(500.0), started_at=AT)
    named = dataclasses.replace(flood, origin=ten()[3].origin)

    analysis = analyze(with_one(ten(), 3, lambda _: named))

    found = precondition(analysis, "PC_GEOMETRY", "diameter of the source in the image at 100 mm")
    assert (found.outcome, found.severity) == (Outcome.NOT_MET, Severity.HARD)
    assert analysis.failed_for(measurement(analysis, "s_tot").scope)


def test_bars_among_the_dishes_void_the_curve():
    def bars(image):
        return dataclasses.replace(image, counts=image.counts * (np.arange(128) // 6 % 2))

    analysis = analyze(with_one(ten(), 6, bars))

    found = precondition(analysis, "PC_GEOMETRY", "spread of the picture relative to a disc at 250")
    assert found.outcome is Outcome.NOT_MET
    assert analysis.failed_for(measurement(analysis, "s_tot").scope)


def test_an_empty_image_and_a_whole_body_scan_are_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="has no source, and the curve needs"):
        analyze(with_one(ten(), 2, lambda c: dataclasses.replace(c, counts=0 * c.counts)))

    def sweep(image):
        return WholeBody(
            counts=image.counts,
            frames=image.frames,
            pixel_spacing_mm=(4.8, 4.8),
            started_at=AT,
        )

    with pytest.raises(UnsuitableAcquisitionError, match="given as dish is a whole_body acq"):
        analyze(with_one(ten(), 2, sweep))


@pytest.mark.parametrize(
    ("changes", "code", "quantity"),
    [
        ({"nuclide": "I-131"}, "PC_NUCLIDE", "nuclide"),
        (
            {"energy_windows": (EnergyWindow(number=1, lower_kev=108.0, upper_kev=132.0),)},
            "PC_WINDOW",
            "offset",
        ),
        ({"pixel_spacing_mm": (4.8, 5.0)}, "PC_PIXEL", "at 50 mm"),
        ({"saturation_level": 100}, "PC_OVERFLOW", "at 50 mm"),
    ],
)
def test_what_makes_another_measurement_of_one_image_voids_the_curve(changes, code, quantity):
    analysis = analyze(with_one(ten(), 2, lambda c: dataclasses.replace(c, **changes)))

    broken = [
        p
        for p in analysis.failed_for(measurement(analysis, "pf_100mm").scope)
        if p.code == code and quantity in p.quantity
    ]
    assert broken


def test_an_image_without_a_collimator_or_with_a_rate_beyond_30_000_voids():
    def without(image):
        heads = tuple(
            dataclasses.replace(d, collimator_type=CollimatorType.NONE) for d in image.detectors
        )
        return dataclasses.replace(image, detectors=heads)

    def fast(rate):
        scale = rate * 1200.0 / ten()[0].counts.sum()
        return [dataclasses.replace(c, counts=c.counts * scale) for c in ten()]

    assert not analyze(with_one(ten(), 0, without)).valid
    assert analyze(fast(29_990.0)).valid
    assert not analyze(fast(30_010.0)).valid


def test_an_image_of_few_counts_warns_and_one_of_next_to_none_voids():
    def counts(total):
        """A shorter image: the rate, by the decay in so short a time, is the same."""
        last = ten()[9]
        share = total / last.counts.sum()
        frames = (dataclasses.replace(last.frames[0], duration_s=1200.0 * share),)
        return lambda c: dataclasses.replace(c, counts=c.counts * share, frames=frames)

    few = analyze(with_one(ten(), 9, counts(2e6)))
    none = analyze(with_one(ten(), 9, counts(9_990.0)))

    assert precondition(few, "PC_COUNTS", "worst at 400 mm").outcome is Outcome.NOT_MET
    assert few.valid
    assert precondition(none, "PC_COUNTS", "image at 400 mm").severity is Severity.HARD
    assert not none.valid


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"started_at": None}, "has no start, and the curve needs that of each"),
        ({"pixel_spacing_mm": None}, "the header has no pixel spacing"),
        ({"pixel_spacing_mm": (0.0, 0.0)}, "pixel spacing"),
    ],
)
def test_an_image_that_does_not_tell_what_the_curve_needs_is_refused(changes, message):
    with pytest.raises(UnsuitableAcquisitionError, match=message):
        analyze(with_one(ten(), 5, lambda c: dataclasses.replace(c, **changes)))


def test_without_activity_or_nuclide_there_is_no_result():
    inputs = Inputs(roles={"dish": tuple(ten())}, readings={}, variant="nema")
    with pytest.raises(MissingReadingError, match="the reading activity is missing"):
        ANALYZER.analyze(inputs)
    with pytest.raises(ParameterError, match="no header names the nuclide"):
        analyze([dataclasses.replace(each, nuclide=None) for each in ten()])


def test_the_analyzer_keeps_the_contract():
    activity = {"activity": ReadingValue(value=40.0, at=AT, uncertainty=0.5)}
    examples = [
        Inputs(roles={"dish": tuple(series)}, readings=activity, variant="nema")
        for series in (
            ten(seed=1),
            ten(seed=1, detectors=(1, 2)),
            ten(dataclasses.replace(DISH, c1=0.0), seed=2),
        )
    ]

    assert check(ANALYZER, examples) == []


def test_a_scatter_window_beside_the_photopeak_is_left_out_with_a_remark():
    """Ten series of two windows: the remark stands once."""
    scatter = EnergyWindow(number=2, lower_kev=92.0, upper_kev=125.0)

    def with_scatter(each):
        return dataclasses.replace(
            each,
            counts=np.concatenate([each.counts, each.counts // 2]),
            frames=(each.frames[0], dataclasses.replace(each.frames[0], energy_window=2)),
            energy_windows=(*each.energy_windows, scatter),
        )

    analysis = analyze([with_scatter(each) for each in ten()])

    assert len(notes(analysis, "WINDOW_NOT_ANALYSED")) == 1
    assert value(analysis, "pf_100mm") == pytest.approx(9.1362, abs=5e-4)
