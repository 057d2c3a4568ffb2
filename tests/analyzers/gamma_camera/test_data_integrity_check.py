"""Whether an object agrees with itself."""

import dataclasses
import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from photopeak_analyzers.acquisition import Origin, Volume, WholeBody
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, Outcome, Severity
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.gamma_camera.data_integrity_check import ANALYZER, look_at_pixels
from photopeak_analyzers.simulation.point_sources import Room
from photopeak_analyzers.simulation.tomography import Head
from support.floods import notes, precondition, value
from support.rotations import rotation, with_frames

START = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
ROOM = Room(rows=32, columns=32, pixel_mm=16.0, duration_s=60.0)


def acquire(**how):
    how.setdefault("started_at", START)
    made = ROOM.acquire(how.pop("heads", {1: ()}), rng=np.random.default_rng(1), **how)
    return dataclasses.replace(made, origin=Origin(sop_instance_uids=("1.2",), sha256=("ab",)))


def analyze(acquisition, **parameters):
    inputs = Inputs(roles={"image": (acquisition,)}, variant="local")
    return ANALYZER.analyze(inputs, ANALYZER.parameters(**parameters))


ZERO = (
    "impossible_pixels",
    "saturated_pixels",
    "missing_frames",
    "repeated_frames",
    "frames_out_of_order",
    "objects_without_hash",
)


@pytest.mark.parametrize(
    "sound",
    [acquire(), acquire(heads={1: (), 2: ()}), acquire(slices=5)],
    ids=["static", "two heads", "dynamic"],
)
def test_a_sound_object_has_nothing_against_it(sound):
    announced = dataclasses.replace(sound, counts_accumulated=int(sound.counts.sum()))

    analysis = analyze(announced, crystal_width_mm=550.0)

    assert {metric: value(analysis, metric) for metric in ZERO} == dict.fromkeys(ZERO, 0.0)
    assert value(analysis, "counts_difference_pct") == pytest.approx(0.0, abs=1e-9)
    assert value(analysis, "total_counts") == float(sound.counts.sum())
    assert value(analysis, "matrix_beyond_crystal_pct") == pytest.approx(100 * (512 / 550 - 1))
    assert {p.outcome for p in analysis.preconditions} == {Outcome.MET}


@pytest.mark.parametrize("factor", [0.999, 1.001, 2.0])
def test_counts_that_differ_from_the_header_are_told_in_percent(factor):
    sound = acquire()
    counts = 1_000_000
    pixels = np.zeros((1, 32, 32), dtype=np.uint32)
    pixels[0, 3, 4] = counts
    told = dataclasses.replace(sound, counts=pixels, counts_accumulated=round(counts / factor))

    assert value(analyze(told), "counts_difference_pct") == pytest.approx(
        100.0 * (factor - 1.0), abs=1e-3
    )


@pytest.mark.parametrize("announced", [None, 0])
def test_counts_that_the_header_leaves_out_are_not_compared(announced):
    analysis = analyze(dataclasses.replace(acquire(), counts_accumulated=announced))

    assert "counts_difference_pct" not in {m.metric for m in analysis.measurements}


def test_a_missing_view_of_one_head_is_counted():
    turn = rotation(views=8, seed=1, heads=(Head(), Head(start_angle_deg=180.0)))

    assert value(analyze(turn), "missing_frames") == 0.0
    assert value(analyze(with_frames(turn, np.arange(16) != 3)), "missing_frames") == 1.0
    assert value(analyze(with_frames(turn, np.arange(16) < 8)), "missing_frames") == 8.0


def test_a_frame_that_is_there_twice_is_counted():
    room = acquire(slices=5)
    frames = (*room.frames[:4], room.frames[3])

    analysis = analyze(dataclasses.replace(room, frames=frames))

    assert value(analysis, "repeated_frames") == 1.0


def test_both_views_of_a_whole_body_are_no_repetition():
    room = acquire(heads={1: ()})
    body = WholeBody(
        counts=np.concatenate([room.counts] * 2),
        frames=room.frames * 2,
        pixel_spacing_mm=(60.0, 16.0),
        detectors=room.detectors,
    )

    analysis = analyze(body, crystal_width_mm=512.0)

    assert value(analysis, "repeated_frames") == 0.0
    # Two metres long and one crystal wide.
    assert value(analysis, "matrix_beyond_crystal_pct") == pytest.approx(0.0)


def test_frames_that_run_backwards_are_counted():
    room = acquire(slices=5)
    frames = list(room.frames)
    frames[3] = dataclasses.replace(frames[3], started_at=START - timedelta(seconds=1))

    analysis = analyze(dataclasses.replace(room, frames=tuple(frames)))

    assert value(analysis, "frames_out_of_order") == 1.0


def test_frames_stored_in_any_order_are_in_order_if_their_numbers_are():
    room = acquire(slices=5)

    analysis = analyze(
        dataclasses.replace(room, counts=room.counts[::-1], frames=room.frames[::-1])
    )

    assert value(analysis, "frames_out_of_order") == 0.0


def test_saturated_pixels_are_counted():
    room = acquire()
    counts = room.counts.copy()
    counts[0, 2, 2:5] = 4095

    analysis = analyze(dataclasses.replace(room, counts=counts, saturation_level=4095))

    assert value(analysis, "saturated_pixels") == 3.0


def test_pixels_that_are_no_counts_are_counted_and_left_out_of_the_sum():
    room = acquire()
    counts = room.counts.astype(np.float64)
    counts[0, 2, 2:5] = (math.nan, math.inf, -3.0)

    pixels = look_at_pixels(dataclasses.replace(room, counts=counts, saturation_level=None))

    assert pixels.impossible == 3
    assert pixels.saturated is None
    rest = counts[0].copy()
    rest[2, 2:4] = 0.0
    assert pixels.total == rest.sum()


def test_a_large_sum_does_not_overflow():
    counts = np.full((3, 32, 32), 65_534, dtype=np.uint16)
    room = dataclasses.replace(acquire(slices=3), counts=counts)

    assert value(analyze(room), "total_counts") == 3.0 * 32 * 32 * 65_534


def test_the_crystal_comes_from_the_header_when_nobody_states_it():
    room = acquire()
    detectors = tuple(
        dataclasses.replace(d, field_of_view_mm=(540.0, 400.0)) for d in room.detectors
    )

    told = analyze(dataclasses.replace(room, detectors=detectors))

    assert value(told, "matrix_beyond_crystal_pct") == pytest.approx(100.0 * (512 / 540 - 1))
    assert "matrix_beyond_crystal_pct" not in {m.metric for m in analyze(room).measurements}


@pytest.mark.parametrize(
    ("uids", "hashes", "missing"),
    [(("1", "2"), ("ab", "cd"), 0), (("1", "2"), ("ab", ""), 1), (("1", "2"), (), 2), ((), (), 1)],
)
def test_objects_without_a_hash_are_counted(uids, hashes, missing):
    room = dataclasses.replace(acquire(), origin=Origin(sop_instance_uids=uids, sha256=hashes))

    assert value(analyze(room), "objects_without_hash") == missing


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"started_at": None}, "PC_TIME"),
        ({"pixel_spacing_mm": None}, "PC_PIXEL"),
    ],
)
def test_what_the_header_leaves_out_warns(changes, code):
    found = precondition(analyze(dataclasses.replace(acquire(), **changes)), code)

    assert (found.outcome, found.severity) == (Outcome.UNKNOWN, Severity.SOFT)


@pytest.mark.parametrize(
    ("change", "code"), [({"duration_s": None}, "PC_DURATION"), ({"detector": None}, "PC_DETECTOR")]
)
def test_frames_that_leave_something_out_warn(change, code):
    room = acquire()
    frames = tuple(dataclasses.replace(f, **change) for f in room.frames)

    found = precondition(analyze(dataclasses.replace(room, frames=frames)), code)

    assert (found.outcome, found.severity, found.value) == (Outcome.NOT_MET, Severity.SOFT, 1.0)


def test_remarks_of_the_reader_are_passed_on():
    room = dataclasses.replace(acquire(), warnings=("the frames have no vectors",))

    (note,) = notes(analyze(room), "OBJECT_REMARK")

    assert note.message == "the frames have no vectors"


def test_a_volume_is_looked_at_too():
    values = np.ones((2, 4, 4))
    values[0, 0, 0] = math.nan
    volume = Volume(values=values, slope=np.ones(2), intercept=np.zeros(2), affine=np.eye(4))

    assert value(analyze(volume), "impossible_pixels") == 1.0


def test_nothing_is_refused():
    with pytest.raises(
        UnsuitableAcquisitionError, match="0 acquisitions are given as image, needs 1"
    ):
        ANALYZER.analyze(Inputs(roles={}, variant="local"))


def test_the_table_says_all_numbers_in_words():
    analysis = analyze(acquire())
    (table,) = analysis.figures

    assert len(table.rows) == len(analysis.measurements)
    assert table.rows[0][0] == "Stored objects without a hash"


def test_the_analyzer_keeps_the_contract():
    examples = [acquire(heads={1: (), 2: ()}), acquire(slices=5), rotation(views=4, seed=1)]

    assert check(ANALYZER, [Inputs(roles={"image": (e,)}, variant="local") for e in examples]) == []
