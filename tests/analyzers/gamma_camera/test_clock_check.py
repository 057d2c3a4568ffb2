"""Clocks against each other: general quality control; GB/T 18989-2013 E.11.3."""

import dataclasses
import math
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType

import numpy as np
import pytest

from photopeak_analyzers.acquisition import Frame, Origin
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, Outcome, ReadingValue, Severity
from photopeak_analyzers.errors import (
    MissingReadingError,
    ParameterError,
    UnsuitableAcquisitionError,
)
from photopeak_analyzers.gamma_camera.acquisition_end import ended_at
from photopeak_analyzers.gamma_camera.clock_check import ANALYZER
from photopeak_analyzers.simulation.planar import still
from photopeak_analyzers.simulation.volumes import volume_of
from support.floods import notes, precondition, value
from support.rotations import rotation

EIGHT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def clocks(**offsets):
    """Return what clocks show that are ahead by these seconds; (seconds, moment) with a moment."""
    readings = {}
    for name, given in offsets.items():
        ahead, at = given if isinstance(given, tuple) else (given, None)
        shown = (at or EIGHT) + timedelta(seconds=ahead)
        readings[f"clock_{name}"] = ReadingValue(value=shown.isoformat(), at=at)
    return readings


def image(received_after_s=None, *, duration_s=60.0, **changes):
    """Return a static image that began at eight, received so long after."""
    found = still(
        {(1, 1): np.full((16, 16), 9.0)}, 4.0, duration_s=duration_s, started_at=EIGHT, exact=True
    )
    text = {}
    if received_after_s is not None:
        text["received_at"] = (EIGHT + timedelta(seconds=received_after_s)).isoformat()
    return dataclasses.replace(found, origin=Origin(text=MappingProxyType(text)), **changes)


def analyze(*images, readings=None, **parameters):
    inputs = Inputs(roles={"image": images}, readings=readings or {}, variant="local")
    return ANALYZER.analyze(inputs, ANALYZER.parameters(**parameters))


# --- clocks that were read --------------------------------------------------------------------------


def test_the_offset_of_each_pair_is_first_minus_second():
    analysis = analyze(readings=clocks(camera=40.0, meter=-25.0, server=0.0))

    assert value(analysis, "clock_offset_s", clocks="camera-meter") == 65.0
    assert value(analysis, "clock_offset_s", clocks="camera-server") == 40.0
    assert value(analysis, "clock_offset_s", clocks="meter-server") == -25.0


def test_an_activity_of_f_18_changes_by_0_63_percent_a_minute_and_tc_99m_by_0_19():
    analysis = analyze(readings=clocks(camera=60.0, meter=0.0))

    effect = {n: value(analysis, "activity_effect_pct", nuclide=n) for n in ("F-18", "Tc-99m")}
    assert effect["F-18"] == pytest.approx(0.631, abs=1e-3)
    assert effect["Tc-99m"] == pytest.approx(0.192, abs=1e-3)
    # E.11.3: one per cent of the half-life of F-18 is 66 s.
    share = value(analysis, "offset_half_life_pct", nuclide="F-18")
    assert share == pytest.approx(100.0 * 60.0 / 6586.2, rel=1e-4)


def test_the_zone_in_which_a_clock_is_written_does_not_matter():
    east = EIGHT.astimezone(timezone(timedelta(hours=8)))
    readings = clocks(camera=0.0) | {"clock_meter": ReadingValue(value=east.isoformat())}

    assert value(analyze(readings=readings), "clock_offset_s") == 0.0


def test_clocks_may_be_read_one_after_another_if_each_has_its_moment():
    later = EIGHT + timedelta(minutes=7)
    timed = clocks(camera=(40.0, EIGHT), meter=(-5.0, later))
    untimed = timed | clocks(meter=-5.0)

    assert value(analyze(readings=timed), "clock_offset_s") == 45.0
    assert value(analyze(readings=untimed), "clock_offset_s") == 45.0


def test_exchanging_two_clocks_changes_the_sign_alone():
    one = analyze(readings=clocks(camera=90.0, meter=10.0))
    other = analyze(readings=clocks(camera=10.0, meter=90.0))

    assert value(one, "clock_offset_s") == -value(other, "clock_offset_s")
    for name in ("F-18", "Tc-99m"):
        found = [value(each, "offset_half_life_pct", nuclide=name) for each in (one, other)]
        assert found[0] == found[1] > 0.0


def test_the_uncertainty_is_the_spread_of_clocks_read_within_two_seconds():
    rng = np.random.default_rng(3)
    found = []
    for _ in range(400):
        first, second = rng.uniform(-2.0, 2.0, 2)
        analysis = analyze(readings=clocks(camera=30.0 + float(first), meter=float(second)))
        found.append(value(analysis, "clock_offset_s"))
    (stated,) = {m.uncertainty for m in analysis.measurements if m.metric == "clock_offset_s"}

    # 400 draws tell a spread to 3.5 %: three times that.
    assert stated == pytest.approx(2.0 * math.sqrt(2.0 / 3.0))
    assert np.std(found) == pytest.approx(stated, rel=0.11)


@pytest.mark.parametrize(
    ("offset", "hours"), [(28_830.0, 8.0), (-3_600.0, -1.0), (19_740.0, 5.5), (1_700.0, 0.5)]
)
def test_an_offset_near_half_hours_looks_like_a_zone(offset, hours):
    (note,) = notes(analyze(readings=clocks(camera=offset, meter=0.0)), "LOOKS_LIKE_A_ZONE")

    assert note.values["hours"] == hours
    assert "rather than a clock" in note.message


@pytest.mark.parametrize("offset", [0.0, 90.0, 1_679.0, 1_921.0])
def test_other_offsets_do_not(offset):
    assert not notes(analyze(readings=clocks(camera=offset, meter=0.0)), "LOOKS_LIKE_A_ZONE")


# --- what the server received -----------------------------------------------------------------------


def test_the_delay_is_from_the_end_of_the_acquisition_to_its_reception():
    analysis = analyze(image(75.0))

    assert value(analysis, "receive_delay_s") == 15.0
    assert analysis.valid


def test_a_reception_before_the_end_shows_a_camera_that_is_ahead():
    assert value(analyze(image(-30.0)), "receive_delay_s") == -90.0


def test_the_end_is_that_of_the_last_view_of_a_rotation():
    views = dataclasses.replace(rotation(), started_at=EIGHT)
    seconds = sum(f.duration_s for f in views.frames if f.detector == 1)

    assert ended_at(views) == EIGHT + timedelta(seconds=seconds)


def test_heads_and_windows_count_at_the_same_time_and_frames_with_a_start_by_it():
    both = dataclasses.replace(
        still({(d, 1): np.ones((8, 8)) for d in (1, 2)}, 4.0, duration_s=60.0, exact=True),
        started_at=EIGHT,
    )
    late = dataclasses.replace(
        both,
        frames=(
            both.frames[0],
            Frame(
                detector=2,
                energy_window=1,
                duration_s=60.0,
                started_at=EIGHT + timedelta(seconds=200.0),
            ),
        ),
    )

    assert ended_at(both) == EIGHT + timedelta(seconds=60.0)
    assert ended_at(late) == EIGHT + timedelta(seconds=260.0)


@pytest.mark.parametrize("duration_s", [None, 0.0, math.nan])
def test_a_duration_that_the_header_does_not_tell_warns(duration_s):
    frame = Frame(detector=1, energy_window=1, duration_s=duration_s)

    analysis = analyze(image(15.0, frames=(frame,)))

    found = precondition(analysis, "PC_DURATION")
    assert (found.outcome, found.severity) == (Outcome.UNKNOWN, Severity.SOFT)
    assert value(analysis, "receive_delay_s") == 15.0
    assert precondition(analyze(image(75.0)), "PC_DURATION").value == 60.0


def test_an_acquisition_of_more_than_a_week_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="took inf s, needs at most 604800 s"):
        analyze(image(15.0, frames=(Frame(detector=1, energy_window=1, duration_s=math.inf),)))


def test_an_acquisition_has_a_start_with_a_zone():
    with pytest.raises(
        UnsuitableAcquisitionError, match="start 2026-03-02T08:00:00 has no time zone"
    ):
        image(75.0, started_at=EIGHT.replace(tzinfo=None))


def test_pixels_that_are_no_numbers_void_the_delay():
    analysis = analyze(image(75.0, counts=np.full((1, 16, 16), np.nan)))

    assert [p.quantity for p in analysis.failed] == ["highest pixel"]


@pytest.mark.parametrize(("ahead", "outcome"), [(0.0, Outcome.NOT_MET), (88.0, Outcome.MET)])
def test_clocks_as_read_have_to_agree_with_the_reception(ahead, outcome):
    """Received 90 s before its end: the camera is at least 90 s ahead, within the reading."""
    analysis = analyze(image(-30.0), readings=clocks(camera=ahead, server=0.0))

    found = precondition(analysis, "PC_TIME", "against the least")
    assert (found.outcome, found.severity) == (outcome, Severity.SOFT)


def test_the_nuclide_of_the_image_is_one_of_those():
    tracer = image(75.0, nuclide="Lu-177")

    analysis = analyze(tracer, readings=clocks(camera=60.0, server=0.0))

    assert {m.scope.get("nuclide") for m in analysis.measurements} == {
        None,
        "F-18",
        "Tc-99m",
        "Lu-177",
    }


def test_without_a_start_there_is_no_delay_but_the_clocks_stay():
    analysis = analyze(image(75.0, started_at=None), readings=clocks(camera=5.0, server=0.0))

    assert {m.metric for m in analysis.measurements}.isdisjoint({"receive_delay_s"})
    assert precondition(analysis, "PC_TIME", "start").outcome is Outcome.UNKNOWN
    assert value(analysis, "clock_offset_s") == 5.0


def test_an_empty_image_voids_the_delay_alone():
    empty = image(75.0, counts=np.zeros((1, 16, 16)))

    analysis = analyze(empty, readings=clocks(camera=5.0, server=0.0))

    (delay,) = [m for m in analysis.measurements if m.metric == "receive_delay_s"]
    (offset,) = [m for m in analysis.measurements if m.metric == "clock_offset_s"]
    assert analysis.failed_for(delay.scope)
    assert not analysis.failed_for(offset.scope)


# --- what is refused --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("images", "readings"),
    [((), {}), ((), clocks(camera=1.0)), ((image(),), clocks(camera=1.0)), ((image(),), {})],
)
def test_one_clock_alone_tells_nothing(images, readings):
    with pytest.raises(MissingReadingError, match="needs 2 clocks or a reception") as refusal:
        analyze(*images, readings=readings)
    assert str(refusal.value).startswith(f"{len(readings)} clocks were read")


@pytest.mark.parametrize("text", ["08:00", "2026-03-02T08:00:00", "soon", 7.0])
def test_a_clock_without_date_and_zone_is_refused(text):
    readings = clocks(camera=0.0) | {"clock_meter": ReadingValue(value=text)}

    with pytest.raises(ParameterError, match=r"clock_meter is .* needs a date with time and zone"):
        analyze(readings=readings)


def test_a_nuclide_that_nobody_knows_is_refused():
    with pytest.raises(ParameterError, match="not in the table of nuclides"):
        ANALYZER.parameters(nuclides=("Xx-1",))


def test_a_volume_has_no_end_of_its_acquisition():
    with pytest.raises(UnsuitableAcquisitionError, match="given as image is a volume acquisition"):
        analyze(
            volume_of(np.ones((4, 4, 4)), (4.0, 4.0, 4.0)), readings=clocks(camera=0.0, server=0.0)
        )


def test_the_analyzer_keeps_the_contract():
    three = clocks(camera=3.0, meter=-4.0, server=0.0)
    examples = [
        Inputs(roles={"image": (image(75.0),)}, variant="local"),
        Inputs(roles={}, readings=three, variant="local"),
    ]

    assert check(ANALYZER, examples) == []
