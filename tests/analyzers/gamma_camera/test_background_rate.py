"""The background of each head, and whether it is the same all over."""

import dataclasses
import math

import numpy as np
import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, Outcome, Severity
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.gamma_camera.background_rate import ANALYZER, find_cluster
from photopeak_analyzers.numerics.field_of_view import FieldOfView, Shape
from photopeak_analyzers.simulation.point_sources import Room, Spot
from support.floods import notes, precondition, value
from support.rotations import rotation

CRYSTAL = FieldOfView(width_mm=533.0, height_mm=387.0)
MINUTE = Room(crystal=CRYSTAL, duration_s=60.0)


def analyze(acquisition, **parameters):
    inputs = Inputs(roles={"background": (acquisition,)}, variant="ws523")
    return ANALYZER.analyze(inputs, ANALYZER.parameters(**parameters))


def acquire(room=MINUTE, heads=None, seed=1, **how):
    return room.acquire(heads or {1: ()}, rng=np.random.default_rng(seed), **how)


def test_the_rate_is_counts_over_time():
    room = acquire()
    counts = float(room.counts.sum())

    analysis = analyze(room)
    by_metric = {m.metric: m for m in analysis.measurements}

    assert by_metric["background_cps"].value == pytest.approx(counts / 60.0)
    assert by_metric["background_cps"].uncertainty == pytest.approx(math.sqrt(counts) / 60.0)
    assert by_metric["background_cpm"].value == pytest.approx(counts)
    assert by_metric["background_counts"].value == counts
    assert analysis.valid


def test_two_thousand_counts_per_minute_are_33_counts_per_second():
    room = acquire()
    counts = np.zeros_like(room.counts)
    counts[0, 24:104, 8:88] = 1
    counts[0, 24, 8] = 0
    exact = dataclasses.replace(room, counts=counts)

    analysis = analyze(exact)

    assert value(analysis, "background_cpm") == 6399.0
    assert value(analysis, "background_cps") == pytest.approx(106.65)


def test_frames_of_a_sequence_are_one_background():
    once, parts = acquire(seed=3), acquire(seed=3, slices=6)
    whole = dataclasses.replace(once, counts=parts.counts.sum(axis=0, keepdims=True))

    first, second = analyze(whole), analyze(parts)

    assert [m.value for m in second.measurements] == pytest.approx(
        [m.value for m in first.measurements]
    )


def test_heads_and_windows_are_measured_each_and_compared():
    analysis = analyze(acquire(heads={1: (), 2: (Spot(counts=900.0, fwhm_mm=300.0),)}))

    low = value(analysis, "background_cps", detector=1)
    high = value(analysis, "background_cps", detector=2)
    assert high > low
    assert value(analysis, "background_head_difference_pct") == pytest.approx(
        100.0 * (high - low) / high
    )
    assert [figure.name for figure in analysis.figures] == [
        "background_detector_1_energy_window_1",
        "background_detector_2_energy_window_1",
    ]


def test_the_difference_of_equal_heads_is_within_its_uncertainty():
    differences = []
    for seed in range(40):
        analysis = analyze(acquire(heads={1: (), 2: ()}, seed=seed))
        (found,) = [m for m in analysis.measurements if "difference" in m.metric]
        differences.append(found.value / found.uncertainty)

    # The difference of two equal rates, in standard deviations, is a half normal: mean 0.8.
    assert np.mean(differences) == pytest.approx(math.sqrt(2.0 / math.pi), abs=0.35)
    assert max(differences) < 4.5


@pytest.mark.parametrize(
    "room",
    [
        dataclasses.replace(MINUTE, duration_s=10.0),
        MINUTE,
        dataclasses.replace(MINUTE, duration_s=3600.0),
        dataclasses.replace(MINUTE, rows=256, columns=256, pixel_mm=2.4),
        Room(crystal=FieldOfView(shape=Shape.CIRCLE, width_mm=400.0, height_mm=400.0)),
        Room(rows=64, columns=64, pixel_mm=9.6),
    ],
    ids=["few", "minute", "hour", "fine", "round", "coarse"],
)
def test_noise_alone_makes_no_cluster(room):
    highest = [
        value(analyze(acquire(room, seed=seed)), "background_max_cluster_sigma")
        for seed in range(30)
    ]

    # Some 5000 overlapping places: the highest of them is 3 to 4 on the average. Five standard
    # deviations would come once in a thousand images.
    assert 2.0 < np.mean(highest) < 4.2
    assert max(highest) < 5.0


@pytest.mark.parametrize("pixel", [2.4, 4.8])
def test_a_drop_of_contamination_is_found_where_it_lies(pixel):
    size = round(614.4 / pixel)
    room = dataclasses.replace(MINUTE, rows=size, columns=size, pixel_mm=pixel)
    drop = Spot(counts=150.0, x_mm=120.0, y_mm=-60.0)

    analysis = analyze(acquire(room, {1: (drop,), 2: ()}))

    (note,) = notes(analysis, "BACKGROUND_CLUSTER")
    assert value(analysis, "background_max_cluster_sigma", detector=1) > 10.0
    assert (note.values["column"] - (size - 1) / 2.0) * pixel == pytest.approx(120.0, abs=16.0)
    assert (note.values["row"] - (size - 1) / 2.0) * pixel == pytest.approx(-60.0, abs=16.0)
    assert note.scope.get("detector") == 1


def test_the_significance_of_a_cluster_is_the_root_of_its_deviance():
    # 100 windows of 25 pixels with 4 counts each: 100 in a window, and one of them has 180.
    image = np.full((50, 50), 4)
    image[20, 30] += 80

    cluster = find_cluster(image, 1)

    quiet = 100.0
    expected = math.sqrt(2.0 * (180.0 * math.log(180.0 / quiet) - 80.0))
    assert cluster.sigma == pytest.approx(expected, rel=1e-9)
    assert abs(cluster.pixel[0] - 20.0) <= 2.0
    assert abs(cluster.pixel[1] - 30.0) <= 2.0


def test_an_uneven_room_is_no_contamination():
    # A wall on one side: 20 % more there, seen with a million counts.
    slope = np.linspace(0.9, 1.1, 128)
    image = np.random.default_rng(2).poisson(60.0 * np.ones((128, 128)) * slope)

    assert find_cluster(image, 1).sigma < 5.0


def test_a_field_smaller_than_a_cluster_has_none():
    assert find_cluster(np.full((4, 64), 10.0), 1) is None
    assert find_cluster(np.full((5, 64), 10.0), 1) is not None


def test_a_spot_in_an_empty_image_is_a_cluster():
    image = np.zeros((64, 64))
    image[30:34, 30:34] = 10.0

    assert find_cluster(image, 1).sigma > 20.0


def test_without_pixel_spacing_the_rate_is_measured_all_the_same():
    room = dataclasses.replace(acquire(), pixel_spacing_mm=None)

    assert value(analyze(room), "background_cps") == pytest.approx(room.counts.sum() / 60.0)


def test_an_unknown_duration_voids():
    room = acquire()
    frames = tuple(dataclasses.replace(f, duration_s=None) for f in room.frames)

    analysis = analyze(dataclasses.replace(room, frames=frames))

    found = precondition(analysis, "PC_DURATION")
    assert (found.outcome, found.severity) == (Outcome.UNKNOWN, Severity.HARD)
    assert not analysis.valid
    assert "background_cps" not in {m.metric for m in analysis.measurements}


@pytest.mark.parametrize(("minimum", "outcome"), [(1.0, Outcome.MET), (1e6, Outcome.NOT_MET)])
def test_few_counts_warn(minimum, outcome):
    found = precondition(analyze(acquire(), minimum_counts=minimum), "PC_COUNTS")

    assert (found.outcome, found.severity) == (outcome, Severity.SOFT)


def test_an_unknown_head_voids_and_an_unknown_window_warns():
    room = acquire()
    frames = tuple(dataclasses.replace(f, detector=None) for f in room.frames)

    analysis = analyze(dataclasses.replace(room, frames=frames, detectors=(), energy_windows=()))

    assert precondition(analysis, "PC_DETECTOR").outcome is Outcome.UNKNOWN
    assert precondition(analysis, "PC_WINDOW").outcome is Outcome.UNKNOWN
    assert precondition(analysis, "PC_WINDOW").severity is Severity.SOFT
    assert not analysis.valid


def test_a_head_that_does_not_count_is_refused():
    room = acquire(heads={1: (), 2: ()})
    counts = room.counts.copy()
    counts[1] = 0

    with pytest.raises(UnsuitableAcquisitionError) as refusal:
        analyze(dataclasses.replace(room, counts=counts))

    assert str(refusal.value) == (
        "detector 2, energy window 1 has no counts: it did not count at all"
    )


@pytest.mark.parametrize(
    ("pixel", "message"), [(-1.0, "needs at least 0"), (math.nan, "pixels that are no numbers")]
)
def test_impossible_pixels_are_refused(pixel, message):
    room = acquire()
    counts = room.counts.astype(np.float64)
    counts[0, 5, 5] = pixel

    with pytest.raises(UnsuitableAcquisitionError, match=message):
        analyze(dataclasses.replace(room, counts=counts))


def test_another_input_is_refused():
    with pytest.raises(
        UnsuitableAcquisitionError, match="given as background is a tomographic acq"
    ):
        analyze(rotation(views=4))
    with pytest.raises(
        UnsuitableAcquisitionError, match="0 acquisitions are given as background, needs 1"
    ):
        ANALYZER.analyze(Inputs(roles={}, variant="ws523"))


def test_the_analyzer_keeps_the_contract():
    examples = [acquire(heads={1: (), 2: ()}), acquire(slices=5)]

    assert (
        check(ANALYZER, [Inputs(roles={"background": (e,)}, variant="ws523") for e in examples])
        == []
    )
