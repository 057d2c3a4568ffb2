"""Matching of the sensitivity of the heads: (largest - smallest) / largest net rate."""

import dataclasses
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from photopeak_analyzers.acquisition import CollimatorType, Detector, EnergyWindow, WholeBody
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, Outcome, Severity
from photopeak_analyzers.errors import (
    MissingReadingError,
    ParameterError,
    UnsuitableAcquisitionError,
)
from photopeak_analyzers.gamma_camera.head_sensitivity_matching import ANALYZER
from photopeak_analyzers.simulation.dish import Dish
from photopeak_analyzers.simulation.planar import Matrix, still
from photopeak_analyzers.simulation.tomography import Head, PointSource, RotatingCamera
from support.floods import notes, precondition, value, with_header

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
MATRIX = Matrix(rows=128, columns=128, pixel_mm=4.8)
DISH = Dish(activity_mbq=40.0, at=AT, profile="icrp107")
SEEN = DISH.expected(MATRIX, AT, 300.0)
"""About 1.07 million counts."""


def acquire(shares=(1.0, 0.96), *, seed=None, started_at=AT, detectors=None, **how):
    """Return one frame per head that counts this share of the source."""
    numbers = detectors or range(1, len(shares) + 1)
    rng = None if seed is None else np.random.default_rng(seed)
    images = {
        (number, 1): share * SEEN if rng is None else rng.poisson(share * SEEN)
        for number, share in zip(numbers, shares, strict=True)
    }
    how.setdefault("text", {"distance_mm": "100"})
    frames = still(images, MATRIX.pixel_mm, started_at=started_at, exact=rng is None, **how)
    return dataclasses.replace(frames, saturation_level=65535)


def empty_room(counts_per_pixel=1.0):
    image = np.full(MATRIX.shape, counts_per_pixel)
    return still({(1, 1): image, (2, 1): image}, MATRIX.pixel_mm, exact=True)


def analyze(*series, background=(), **parameters):
    roles = {"images": series, "background": tuple(background)}
    return ANALYZER.analyze(Inputs(roles=roles, variant="local"), ANALYZER.parameters(**parameters))


def measurement(analysis, metric):
    (found,) = [m for m in analysis.measurements if m.metric == metric]
    return found


def unmet(analysis):
    return [p for p in analysis.preconditions if p.outcome is not Outcome.MET]


# --- closed form ------------------------------------------------------------------------------------


def test_the_difference_is_that_of_the_largest_and_the_smallest_over_the_largest():
    analysis = analyze(acquire(), background=[empty_room(0.0)])

    assert value(analysis, "head_difference_pct") == pytest.approx(4.0, abs=1e-9)
    assert value(analysis, "head_relative_pct", detector=1) == pytest.approx(100.0 * 0.02 / 0.98)
    assert not unmet(analysis)
    assert notes(analysis, "HEADS_AT_ONCE")


def test_three_heads_are_compared_together():
    analysis = analyze(acquire((0.97, 1.0, 0.9)))

    assert value(analysis, "head_difference_pct") == pytest.approx(10.0)


def test_the_background_is_taken_off_first():
    """Of counts that are alike, what one head has more of is its background."""
    room = empty_room(20.0)
    added = dataclasses.replace(acquire(), counts=acquire().counts + 20.0)

    assert value(analyze(added), "head_difference_pct") < 3.2
    assert notes(analyze(added), "BACKGROUND_LEFT_IN")
    assert not notes(analyze(added, background=[room]), "BACKGROUND_LEFT_IN")
    assert value(analyze(added, background=[room]), "head_difference_pct") == pytest.approx(4.0)


def test_a_background_of_one_head_alone_voids():
    """Taken off that head alone, 30 counts/s would make a difference that is none."""
    room = empty_room()
    first = dataclasses.replace(room, counts=room.counts[:1], frames=room.frames[:1])
    analysis = analyze(acquire((1.0, 1.0)), background=[first])
    condition = precondition(analysis, "PC_BACKGROUND")

    assert (condition.value, condition.lower) == (1, 2)
    assert (condition.outcome, condition.severity) == (Outcome.NOT_MET, Severity.HARD)
    assert not notes(analysis, "BACKGROUND_LEFT_IN")


def test_heads_in_turn_are_corrected_for_the_decay():
    """Half an hour later 5.6 % less is left: two heads that are alike differ by nothing."""
    later = AT + timedelta(minutes=30)
    second = DISH.acquire(MATRIX, started_at=later, duration_s=300.0, detectors=(2,))
    first = DISH.acquire(MATRIX, started_at=AT, duration_s=300.0)
    analysis = analyze(first, second)

    assert value(analysis, "head_counts", detector=2) < 0.95 * value(
        analysis, "head_counts", detector=1
    )
    assert value(analysis, "head_difference_pct") == pytest.approx(0.0, abs=1e-6)
    assert notes(analysis, "HEADS_IN_TURN")[0].values["half_life_s"] == pytest.approx(21654.0)


def test_a_longer_acquisition_of_one_head_is_no_difference():
    long = DISH.acquire(
        MATRIX, started_at=AT + timedelta(minutes=10), duration_s=900.0, detectors=(2,)
    )
    analysis = analyze(DISH.acquire(MATRIX, started_at=AT, duration_s=300.0), long)

    assert value(analysis, "head_difference_pct") == pytest.approx(0.0, abs=1e-6)


def test_all_views_around_a_cylinder_count():
    """Two heads, the second of which misses 3 % of the counts."""
    camera = RotatingCamera(views=12, heads=(Head(), Head(start_angle_deg=180.0)))
    turning = camera.acquire((PointSource(radius_mm=20.0),))
    mine = [frame.detector == 2 for frame in turning.frames]
    counts = turning.counts * np.where(mine, 0.97, 1.0)[:, None, None]
    analysis = analyze(dataclasses.replace(turning, counts=counts))

    assert value(analysis, "head_difference_pct") == pytest.approx(3.0, abs=0.01)
    assert precondition(analysis, "PC_ORIENT").outcome is Outcome.MET


def test_heads_that_saw_other_angles_warn():
    camera = RotatingCamera(views=12, arc_deg=180.0, heads=(Head(), Head(start_angle_deg=180.0)))
    analysis = analyze(camera.acquire((PointSource(),)))
    condition = precondition(analysis, "PC_ORIENT")

    assert (condition.value, condition.outcome) == (2.0, Outcome.NOT_MET)
    assert condition.severity is Severity.SOFT


# --- invariances ------------------------------------------------------------------------------------


def test_the_order_and_the_mirror_of_the_heads_are_of_no_account():
    turned = acquire((0.96, 1.0))
    turned = dataclasses.replace(turned, counts=turned.counts[:, ::-1, ::-1])

    assert value(analyze(turned), "head_difference_pct") == pytest.approx(4.0)


def test_one_series_per_head_is_the_same_as_both_in_one():
    one, two = acquire((1.0,)), acquire((0.96,), detectors=(2,))

    assert value(analyze(one, two), "head_difference_pct") == pytest.approx(4.0)


# --- noise ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.96, 1.0])
def test_the_uncertainty_is_the_spread_about_the_truth(share):
    """60 repetitions tell a root mean square to 9 %; four of them are allowed."""
    found = [
        measurement(analyze(acquire((1.0, share), seed=seed)), "head_difference_pct")
        for seed in range(60)
    ]
    truth = 100.0 * (1.0 - share)
    error = np.sqrt(np.mean([(m.value - truth) ** 2 for m in found]))
    stated = np.sqrt(np.mean([m.uncertainty**2 for m in found]))

    assert stated == pytest.approx(error, rel=0.4)


def test_the_floor_is_what_matching_heads_show():
    """The mean size of a Gaussian difference: sqrt(2 / pi) sqrt(2 / N), to 3 % by its draws."""
    floor = value(analyze(acquire((1.0, 1.0))), "difference_floor_pct")

    assert floor == pytest.approx(100.0 * np.sqrt(4.0 / np.pi / SEEN.sum()), rel=0.1)


# --- sets that are not complete, wrong pictures -----------------------------------------------------


def test_a_single_head_is_counted_and_voided():
    analysis = analyze(acquire((1.0,)))
    condition = precondition(analysis, "PC_SET")

    assert (condition.value, condition.lower, condition.severity) == (1.0, 2.0, Severity.HARD)
    assert "head_difference_pct" not in {m.metric for m in analysis.measurements}
    assert value(analysis, "head_counts") == pytest.approx(SEEN.sum())


def test_heads_that_cannot_be_told_apart_are_refused():
    both = acquire()
    frames = tuple(dataclasses.replace(frame, detector=None) for frame in both.frames)

    with pytest.raises(UnsuitableAcquisitionError, match="cannot be told apart"):
        analyze(
            dataclasses.replace(both, frames=frames[:1], counts=both.counts[:1], detectors=()),
        )


def test_a_head_twice_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="two images are of detector 1"):
        analyze(acquire(), acquire((1.0,)))


def test_a_head_that_counts_nothing_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match=r"detector 2.* has no counts"):
        analyze(acquire((1.0, 0.0)))


def test_a_background_as_strong_as_the_source_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="above the background"):
        analyze(acquire(), background=[empty_room(100.0)])


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (lambda d: dataclasses.replace(d, collimator_name="LEGP"), "PC_COLLIMATOR"),
        (lambda d: dataclasses.replace(d, collimator_type=CollimatorType.NONE), "PC_COLLIMATOR"),
    ],
)
def test_other_collimators_void(changed, code):
    both = acquire()
    analysis = analyze(
        dataclasses.replace(both, detectors=(both.detectors[0], changed(both.detectors[1])))
    )

    assert {p.code for p in analysis.failed} == {code}


def test_other_windows_and_pixels_void():
    window = EnergyWindow(number=1, lower_kev=130.0, upper_kev=151.0)
    other = with_header(
        acquire((1.0,), detectors=(2,)), energy_windows=(window,), pixel_spacing_mm=(4.7, 4.7)
    )

    assert {p.code for p in analyze(acquire((1.0,)), other).failed} == {"PC_WINDOW", "PC_PIXEL"}


@pytest.mark.parametrize(
    ("factor", "outcome", "severity"),
    [(1, Outcome.MET, Severity.SOFT), (2, Outcome.NOT_MET, Severity.HARD)],
)
def test_a_source_that_looks_larger_to_one_head_voids(factor, outcome, severity):
    wide = dataclasses.replace(DISH, diameter_mm=150.0 * factor).expected(MATRIX, AT, 300.0)
    images = {(1, 1): SEEN, (2, 1): wide}
    analysis = analyze(still(images, MATRIX.pixel_mm, exact=True))
    condition = precondition(analysis, "PC_GEOMETRY", "extents")

    assert (condition.outcome, condition.severity) == (outcome, severity)


@pytest.mark.parametrize(("counts", "valid"), [(10_000.0, True), (9_999.0, False)])
def test_too_few_counts_void(counts, valid):
    share = counts / SEEN.sum()

    assert analyze(acquire((share, share))).valid is valid


def test_a_saturated_pixel_and_oblong_pixels_void():
    full = dataclasses.replace(acquire(seed=1), saturation_level=100)
    oblong = with_header(acquire(), pixel_spacing_mm=(4.8, 4.9))

    assert {p.code for p in analyze(full).failed} == {"PC_OVERFLOW"}
    assert {p.code for p in analyze(oblong).failed} == {"PC_PIXEL"}


def test_a_window_beside_the_photopeak_voids():
    scatter = EnergyWindow(number=1, lower_kev=92.0, upper_kev=125.0)

    assert {p.code for p in analyze(with_header(acquire(), energy_windows=(scatter,))).failed} == {
        "PC_WINDOW"
    }


def test_two_nuclides_are_refused():
    other = acquire((1.0,), detectors=(2,), nuclide="Co-57")

    with pytest.raises(UnsuitableAcquisitionError, match="Co-57 and Tc-99m, need the same"):
        analyze(acquire((1.0,)), other)


def test_heads_in_turn_need_a_nuclide_and_their_times():
    later = acquire((1.0,), detectors=(2,), started_at=AT + timedelta(hours=1), nuclide=None)
    first = acquire((1.0,), nuclide=None)
    with pytest.raises(MissingReadingError, match="no header names the nuclide"):
        analyze(first, later)

    timeless = [acquire((1.0,), detectors=(n,), started_at=None) for n in (1, 2)]
    assert {p.code for p in analyze(*timeless).failed} == {"PC_TIME"}
    assert analyze(first, later, nuclide="Tc-99m").valid


def test_an_unknown_duration_voids_and_gives_no_difference():
    both = acquire()
    frames = tuple(dataclasses.replace(frame, duration_s=None) for frame in both.frames)
    analysis = analyze(dataclasses.replace(both, frames=frames))

    assert {p.code for p in analysis.failed} == {"PC_DURATION"}
    assert not analysis.measurements


def test_a_distance_that_differs_warns():
    two = tuple(
        Detector(number=n, name=f"{10 + n} cm", collimator_type=CollimatorType.PARALLEL)
        for n in (1, 2)
    )
    condition = precondition(
        analyze(dataclasses.replace(acquire(text={}), detectors=two)),
        "PC_GEOMETRY",
        "distances",
    )

    assert (condition.value, condition.outcome) == (10.0, Outcome.NOT_MET)
    assert condition.severity is Severity.SOFT


def test_a_whole_body_image_is_refused():
    first = acquire()
    body = WholeBody(counts=first.counts, frames=first.frames, pixel_spacing_mm=(4.8, 4.8))

    with pytest.raises(UnsuitableAcquisitionError, match="whole_body acquisition"):
        analyze(body)


def test_bounds_of_counts_that_contradict_each_other_are_refused():
    with pytest.raises(ParameterError, match="invalid_below_counts"):
        ANALYZER.parameters(invalid_below_counts=2e5)


def test_it_keeps_the_contract():
    examples = [
        Inputs(
            roles={"images": (acquire(seed=1),), "background": (empty_room(),)}, variant="local"
        ),
        Inputs(roles={"images": (acquire((1.0,)),)}, variant="local"),
    ]

    assert check(ANALYZER, examples) == []
