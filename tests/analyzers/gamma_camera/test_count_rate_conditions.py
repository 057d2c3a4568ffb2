"""What voids and warns of a count-rate characteristic, and what is refused."""

import dataclasses
from types import MappingProxyType

import numpy as np
import pytest

from photopeak_analyzers.acquisition import EnergyWindow, Origin, WholeBody
from photopeak_analyzers.contract import ReadingValue, Scope
from photopeak_analyzers.errors import ParameterError, UnsuitableAcquisitionError
from photopeak_analyzers.simulation.count_rates import DecayingSource
from support.count_rates import HOURLY, ROOMS, analyze, keys, measurement, with_background
from support.decays import (
    collimated,
    decay,
    later,
    room,
    statics,
    two_heads,
    with_detectors,
    with_frame,
)
from support.floods import notes, precondition, value

# --- conditions -----------------------------------------------------------------------------------


def test_a_series_as_the_clause_has_it_meets_everything():
    analysis = analyze(decay(with_background(), every_s=1_800.0))

    assert {p.outcome for p in analysis.preconditions} == {"met"}


@pytest.mark.parametrize(
    ("frames", "severity", "outcome"),
    [(96, "soft", "met"), (90, "soft", "not_met"), (60, "hard", "not_met")],
)
def test_the_last_point_has_no_losses_any_more(frames, severity, outcome):
    """E.6.3: below 4000 /s; above 10 000 /s the input rates are worth nothing."""
    analysis = analyze(decay(with_background(), frames=frames))

    condition = precondition(analysis, "PC_RATE", "last point")
    assert (condition.severity, condition.outcome) == (severity, outcome)
    assert analysis.valid is (severity == "soft")


@pytest.mark.parametrize(
    ("duration_s", "severity", "outcome"),
    [(30.0, "soft", "met"), (20.0, "soft", "not_met"), (2.0, "hard", "not_met")],
)
def test_each_point_has_100_000_counts(duration_s, severity, outcome):
    """E.6.3, E.13.3."""
    analysis = analyze(decay(with_background(), duration_s=duration_s))

    condition = precondition(analysis, "PC_COUNTS")
    assert (condition.severity, condition.outcome) == (severity, outcome)


@pytest.mark.parametrize(("duration_s", "outcome"), [(10.0, "met"), (9.9, "not_met")])
def test_each_point_lasts_10_seconds(duration_s, outcome):
    analysis = analyze(decay(with_background(), duration_s=duration_s))

    assert precondition(analysis, "PC_DURATION").outcome == outcome


@pytest.mark.parametrize(
    ("duration_s", "outcome"), [(19.4, "not_met"), (20.0, "met"), (20.6, "not_met")]
)
def test_iec_measures_20_seconds(duration_s, outcome):
    series = collimated(decay(with_background(), **{**HOURLY, "duration_s": duration_s}))

    assert precondition(analyze(series, "iec"), "PC_DURATION").outcome == outcome


def test_steps_are_at_most_10_000():
    """E.6.3: a point before the observed rate changes by 10 000 /s."""
    fine, coarse = (
        analyze(decay(with_background(), frames=n, every_s=s))
        for n, s in ((96, 1_800.0), (16, 10_800.0))
    )

    assert precondition(fine, "PC_RATE", "step").outcome == "met"
    condition = precondition(coarse, "PC_RATE", "step")
    assert (condition.outcome, condition.severity, condition.upper) == ("not_met", "soft", 10_000.0)


def test_iec_asks_for_a_true_rate_of_twice_the_observed_one():
    """3.7.1 a, and a point about every 1.5 h."""
    weak = DecayingSource(first_cps=150_000.0, dead_time_s=2e-6)
    analysis = analyze(collimated(decay(weak, frames=18, every_s=7_200.0, duration_s=20.0)), "iec")

    first = precondition(analysis, "PC_RATE", "first point")
    assert (first.outcome, first.lower) == ("not_met", 2.0)
    assert precondition(analysis, "PC_TIME").outcome == "not_met"
    assert "ocr_20" in keys(analysis)


@pytest.mark.parametrize(
    ("rooms", "measured", "outcome"),
    [
        ([room()], "measurements of the background", "not_met"),
        (list(ROOMS), "measurements of the background", "met"),
        ([room(duration_s=599.0)], "duration of the shortest background", "not_met"),
        ([room()], "duration of the shortest background", "met"),
    ],
)
def test_the_background_is_measured_twice_for_10_minutes(rooms, measured, outcome):
    """E.6.3."""
    analysis = analyze(decay(with_background()), background=rooms)

    assert precondition(analysis, "PC_BACKGROUND", measured).outcome == outcome


def test_a_background_of_100_000_counts_may_be_short():
    analysis = analyze(decay(with_background(cps=500.0)), background=[room(500.0, 250.0)])

    assert not [p for p in analysis.preconditions if "shortest background" in p.quantity]


def test_a_background_that_drifts_is_uncertain_by_its_drift():
    steady = analyze(decay(with_background()))
    drifting = analyze(decay(with_background()), background=[room(15.0), room(35.0)])

    # Half of 20 /s, rectangular.
    assert measurement(drifting, "background_cps").uncertainty == pytest.approx(5.78, abs=0.02)
    for metric in ("ocr_20", "icr_20"):
        assert measurement(drifting, metric).uncertainty > measurement(steady, metric).uncertainty


def test_the_collimator_tells_which_of_the_two_nema_tests_it_is():
    """E.6 in air without, E.13 with scatter and collimator."""
    bare = analyze(decay(with_background()))
    mounted = analyze(collimated(decay(with_background())))

    assert measurement(bare, "ocr_20").scope.get("scatter") == "without"
    assert measurement(mounted, "ocr_20").scope.get("scatter") == "with"
    assert {p.clause for p in bare.preconditions} == {"NEMA NU 1-2007 (GB/T 18989-2013 E.6)"}
    assert {p.clause for p in mounted.preconditions} == {"NEMA NU 1-2007 (GB/T 18989-2013 E.13)"}


def test_where_the_header_does_not_tell_a_person_or_a_name_does():
    series = with_detectors(decay(with_background()), collimator_type=None)
    named = dataclasses.replace(series, origin=Origin(text=MappingProxyType({"scatter": "with"})))

    silent = analyze(series)
    told = analyze(series, readings={"scatter": ReadingValue(value="without")})

    assert measurement(silent, "ocr_20").scope == Scope.of(detector=1, energy_window=1)
    condition = precondition(silent, "PC_COLLIMATOR")
    assert (condition.outcome, condition.severity) == ("unknown", "soft")
    assert measurement(told, "ocr_20").scope.get("scatter") == "without"
    assert measurement(analyze(named), "ocr_20").scope.get("scatter") == "with"


def test_scatter_is_with_or_without():
    with pytest.raises(ParameterError, match="scatter is some, needs one of without, with"):
        analyze(decay(), readings={"scatter": ReadingValue(value="some")})


@pytest.mark.parametrize(
    ("series", "variant", "code"),
    [
        (dataclasses.replace(decay(), nuclide="Co-57"), "nema", "PC_NUCLIDE"),
        (
            dataclasses.replace(
                decay(), energy_windows=(EnergyWindow(number=1, lower_kev=109.9, upper_kev=134.3),)
            ),
            "nema",
            "PC_WINDOW",
        ),
        (
            dataclasses.replace(
                collimated(decay()),
                energy_windows=(EnergyWindow(number=1, lower_kev=130.0, upper_kev=151.0),),
            ),
            "iec",
            "PC_WINDOW",
        ),
        (decay(**HOURLY), "iec", "PC_COLLIMATOR"),
        (dataclasses.replace(decay(), saturation_level=2_000), "nema", "PC_OVERFLOW"),
    ],
)
def test_what_makes_the_rates_wrong_voids(series, variant, code):
    analysis = analyze(series, variant)

    assert code in {p.code for p in analysis.failed}


def test_a_collimator_that_contradicts_what_was_stated_voids():
    analysis = analyze(collimated(decay()), readings={"scatter": ReadingValue(value="without")})

    assert {p.code for p in analysis.failed} == {"PC_COLLIMATOR"}


def test_more_observed_than_could_be_voids():
    """A last frame that counts as little as a quarter: all input rates come out too low."""
    series = decay(frames=96)
    quarter = dataclasses.replace(
        series, counts=np.concatenate([series.counts[:-1], series.counts[-1:] // 4])
    )

    analysis = analyze(quarter, background=())

    condition = precondition(analysis, "PC_RATE", "excess")
    assert (condition.outcome, condition.severity, condition.upper) == ("not_met", "hard", 5.0)
    assert condition.value > 100.0


def test_another_nuclide_is_allowed_when_it_is_named():
    source = DecayingSource(first_cps=800_000.0, dead_time_s=2e-6, nuclide="In-113m", profile="iec")
    window = (EnergyWindow(number=1, lower_kev=352.5, upper_kev=430.9),)
    series = decay(source, frames=34, every_s=1_500.0, duration_s=20.0)
    series = collimated(dataclasses.replace(series, energy_windows=window))

    analysis = analyze(series, "iec", ())

    (note,) = notes(analysis, "HALF_LIFE_USED")
    assert "In-113m" in note.message
    assert value(analysis, "ocr_20_loss_free") == pytest.approx(89_257.0, rel=5e-3)
    assert not analyze(series, "nema", ()).valid
    assert "PC_NUCLIDE" not in {
        p.code for p in analyze(series, "nema", (), nuclide="In-113m").failed
    }


def test_scatter_windows_are_left_out():
    series = decay(with_background())
    scatter = EnergyWindow(number=2, lower_kev=100.0, upper_kev=120.0)
    frames = tuple(dataclasses.replace(f, energy_window=2) for f in series.frames)
    both = dataclasses.replace(
        series,
        counts=np.concatenate([series.counts, series.counts // 2]),
        frames=series.frames + frames,
        energy_windows=(*series.energy_windows, scatter),
    )

    analysis = analyze(both)

    assert {m.scope.get("energy_window") for m in analysis.measurements} == {1}
    assert len(notes(analysis, "WINDOW_NOT_ANALYSED")) == 1


# --- refused --------------------------------------------------------------------------------------


def test_a_weak_source_shows_no_20_percent():
    weak = DecayingSource(first_cps=20_000.0, dead_time_s=2e-6)

    with pytest.raises(
        UnsuitableAcquisitionError, match=r"loses at most 1\.9 % and shows no maximum, needs 20 %"
    ):
        analyze(decay(weak, frames=48))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda s: with_frame(s, 2, started_at=None),
            "frame 3 does not say when it began",
        ),
        (lambda s: with_frame(s, 2, duration_s=None), r"frame 3 has no duration, needs 0\.001 to"),
        (
            lambda s: with_frame(s, 2, duration_s=0.0),
            r"frame 3 has a duration of 0 s, needs 0\.001",
        ),
        (lambda s: with_frame(s, 2, duration_s=1e-300), "frame 3 has a duration of 1e-300 s"),
        (
            lambda s: with_frame(s, 19, started_at=later(3e7)),
            "was followed for 1384 half-lives, needs at most 100",
        ),
        (
            lambda s: with_frame(s, 2, started_at=s.frames[1].started_at),
            "two frames of detector 1, energy window 1 began 1800 s after the first one",
        ),
        (
            lambda s: with_frame(s, 2, duration_s=60_000.0),
            "began 58200 s before the one of 60000 s before it ended: starts or durations are wrong",
        ),
        (
            lambda s: dataclasses.replace(s, counts=s.counts[:3], frames=s.frames[:3]),
            "detector 1, energy window 1 has 3 points, needs at least 4",
        ),
        (
            lambda s: dataclasses.replace(s, counts=np.zeros_like(s.counts)),
            r"point \d+ of detector 1, energy window 1 has 0 counts, needs more than",
        ),
    ],
)
def test_a_series_that_cannot_be_measured_is_refused(change, message):
    with pytest.raises(UnsuitableAcquisitionError, match=message):
        analyze(change(decay(frames=20)))


def test_frames_may_seem_to_overlap_by_the_seconds_of_their_headers():
    """The next frame begins after 1800 s: 2 s and 1 % more, which is 1802 s / 0.99."""
    fits, over = (
        with_frame(decay(with_background()), 2, duration_s=duration)
        for duration in (1820.1, 1820.3)
    )

    assert "points" in keys(analyze(fits))
    with pytest.raises(UnsuitableAcquisitionError, match="starts or durations are wrong"):
        analyze(over)


@pytest.mark.parametrize("onlooker", [0.0, 25.0])
def test_a_head_that_did_not_see_the_source_does_not_stop_the_other(onlooker):
    nothing = DecayingSource(first_cps=0.0, dead_time_s=0.0, background_cps=onlooker)
    both = two_heads(decay(with_background()), decay(nothing))
    rooms = [two_heads(each, each) for each in ROOMS]

    analysis = analyze(both, background=rooms)

    assert {m.scope.get("detector") for m in analysis.measurements} == {1}
    assert value(analysis, "ocr_20") == pytest.approx(
        value(analyze(decay(with_background())), "ocr_20")
    )
    (note,) = notes(analysis, "HEAD_LEFT_OUT")
    assert note.message.startswith("detector 2, energy window 1 is left out: point")
    assert analysis.valid


def test_a_head_that_saw_the_source_and_cannot_be_measured_is_no_pass():
    short = decay(with_background(), frames=3)
    both = two_heads(decay(with_background()), short)

    analysis = analyze(both, background=[two_heads(each, each) for each in ROOMS])

    (fault,) = analysis.failed
    assert (fault.quantity, fault.value) == ("points of the decay", 3)
    assert fault.scope == Scope.of(detector=2, energy_window=1)
    assert not analysis.failed_for(measurement(analysis, "ocr_20").scope)


def test_a_single_static_image_is_no_decay():
    with pytest.raises(UnsuitableAcquisitionError, match="has 1 points, needs at least 4"):
        analyze(statics(decay())[:1])


def test_a_whole_body_scan_is_none_either():
    series = decay(frames=5)
    scan = WholeBody(counts=series.counts, frames=series.frames, nuclide="Tc-99m")

    with pytest.raises(UnsuitableAcquisitionError, match="is a whole_body acquisition"):
        analyze(scan)


def test_a_head_that_is_not_named_has_no_owner():
    series = decay(with_background())
    nameless = dataclasses.replace(
        series,
        detectors=(),
        frames=tuple(dataclasses.replace(f, detector=None) for f in series.frames),
    )

    assert "PC_DETECTOR" in {p.code for p in analyze(nameless, background=()).failed}
