"""Intrinsic maximum count rate by WS 523-2019: rises, passes a maximum, falls."""

import dataclasses
import math

import numpy as np
import pytest

from photopeak_analyzers.acquisition import CollimatorType, Detector, EnergyWindow, Planar
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, ReadingValue, Scope
from photopeak_analyzers.errors import (
    MissingReadingError,
    ParameterError,
    UnsuitableAcquisitionError,
)
from photopeak_analyzers.gamma_camera.intrinsic_max_count_rate import ANALYZER
from photopeak_analyzers.gamma_camera.max_count_rate_sweep import moving_median
from photopeak_analyzers.simulation.count_rates import DeadTime, DecayingSource
from support.floods import notes, precondition, value
from support.sweeps import APPROACH, CAMERA, approach, sweep


def analyze(series, readings=None, **parameters):
    inputs = Inputs(roles={"sweep": (series,)}, readings=readings or {}, variant="ws523")
    return ANALYZER.analyze(inputs, ANALYZER.parameters(**parameters))


def peak(before=6, after=9, top=70_000.0, step=0.05):
    """Return rates that rise and fall in even steps about one frame."""
    steps = np.concatenate([np.arange(before, 0, -1), [0], np.arange(1, after + 1)])
    return top * (1.0 - step * steps)


def measurement(analysis, metric, **scope):
    (found,) = [
        m
        for m in analysis.measurements
        if m.metric == metric and set(scope.items()) <= set(m.scope.items)
    ]
    return found


# --- closed form ----------------------------------------------------------------------------------


@pytest.mark.parametrize("dead_time_s", [2e-6, 5e-6, 5.5e-6])
def test_a_paralysable_camera_turns_at_1_over_e_tau(dead_time_s):
    camera = DecayingSource(dead_time_s=dead_time_s)

    analysis = analyze(approach(camera, np.geomspace(0.1, 5.0, 80) / dead_time_s))

    # Frames lie 5 % of the true rate apart; the middle of three is at most 5 % off: 0.13 %.
    found = value(analysis, "max_count_rate_cps")
    assert 0.9985 < found * math.e * dead_time_s <= 1.0 + 1e-4
    assert analysis.valid


def test_the_least_that_the_standard_accepts_is_5_5_microseconds():
    """67e3 /s by table A.1."""
    assert DecayingSource(dead_time_s=5.49e-6).largest_observed_cps == pytest.approx(67e3, rel=1e-3)


def test_the_middle_of_three_frames_decides_and_not_the_highest():
    rates = peak()
    rates[2] = 200_000.0

    analysis = analyze(sweep(rates))

    assert value(analysis, "max_count_rate_plain_cps") == 200_000.0
    # The three about the top are 66 500, 70 000 and 66 500 /s.
    assert value(analysis, "max_count_rate_cps") == pytest.approx(66_500.0)


def test_the_median_is_that_of_three_consecutive_frames():
    assert moving_median(np.array([1.0, 5.0, 2.0, 4.0, 3.0])) == pytest.approx([2.0, 4.0, 3.0])
    assert moving_median(np.ones((4, 9))).shape == (4, 7)


def test_frame_and_time_of_the_maximum_are_named():
    # Plateau of three frames: the 7th to the 9th.
    rates = np.concatenate([peak()[:6], [70_000.0] * 3, peak()[7:]])

    analysis = analyze(sweep(rates, duration_s=0.5))

    assert value(analysis, "max_count_rate_cps") == pytest.approx(70_000.0)
    assert value(analysis, "max_frame") == 8.0
    assert value(analysis, "max_time_s") == pytest.approx(3.75)


def test_durations_of_the_frames_are_used():
    """Frames of half a second and of two hold other counts, and the same rates."""
    lasting = np.where(np.arange(16) % 2 == 0, 0.5, 2.0)

    uneven, even = analyze(sweep(peak(), duration_s=lasting)), analyze(sweep(peak()))

    assert value(uneven, "max_count_rate_cps") == value(even, "max_count_rate_cps")


# --- invariances ----------------------------------------------------------------------------------


def test_the_order_of_the_frames_is_that_of_their_time_slices():
    series = approach()
    mixed = np.random.default_rng(1).permutation(len(series.frames))
    shuffled = dataclasses.replace(
        series, counts=series.counts[mixed], frames=tuple(series.frames[i] for i in mixed)
    )

    assert analyze(shuffled).measurements == analyze(series).measurements


def test_backwards_the_maximum_is_the_same():
    forth, back = analyze(sweep(peak(9, 9))), analyze(sweep(peak(9, 9)[::-1]))

    assert value(forth, "max_count_rate_cps") == value(back, "max_count_rate_cps")


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_the_result_scales_with_the_rates(factor):
    one, other = analyze(sweep(peak())), analyze(sweep(factor * peak()))

    for metric in ("max_count_rate_cps", "max_count_rate_plain_cps"):
        assert value(other, metric) == pytest.approx(factor * value(one, metric), rel=1e-4)


def test_each_head_has_its_own_maximum():
    analysis = analyze(sweep(np.stack([peak(), 0.8 * peak()])))

    first, second = (value(analysis, "max_count_rate_cps", detector=d) for d in (1, 2))
    assert second == pytest.approx(0.8 * first)
    assert {figure.name for figure in analysis.figures} == {
        "rate_detector_1_energy_window_1",
        "rate_detector_2_energy_window_1",
    }


# --- noise ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", ["max_count_rate_cps", "max_count_rate_plain_cps"])
def test_the_uncertainty_is_the_spread_of_repeated_series(metric):
    found, stated = [], []
    for seed in range(120):
        number = measurement(analyze(sweep(0.02 * peak(), seed=seed)), metric)
        found.append(number.value)
        stated.append(number.uncertainty)

    # 120 draws tell a spread to 6.5 %, 200 simulated ones each uncertainty to 5 %. Frames about the
    # maximum are dealt anew around counts that are noisy already, which costs some 10 %.
    assert np.mean(stated) == pytest.approx(np.std(found, ddof=1), rel=0.3)


# --- conditions -----------------------------------------------------------------------------------


def test_a_sweep_as_the_clause_has_it_meets_everything():
    assert {p.outcome for p in analyze(approach()).preconditions} == {"met"}


@pytest.mark.parametrize(("after", "valid"), [(6, True), (5, False)])
def test_five_slower_frames_after_the_maximum_prove_it(after, valid):
    # The median of the top is that of the first frame beside it, 66 500 /s; below 98 % of that lie
    # the frames from the second on.
    analysis = analyze(sweep(peak(after=after)))

    condition = precondition(analysis, "PC_RATE", "after the maximum")
    assert (condition.value, condition.lower) == (float(after - 1), 5.0)
    assert condition.severity == "hard"
    assert analysis.valid is valid


def test_a_rate_that_only_rises_shows_no_maximum():
    analysis = analyze(approach(true_cps=APPROACH[:36]))

    assert not analysis.valid
    assert precondition(analysis, "PC_RATE", "after the maximum").value == 0.0


def test_a_rate_that_only_falls_shows_none_either():
    analysis = analyze(sweep(peak(before=0, after=12)))

    assert {p.quantity for p in analysis.failed} == {"frames before the maximum below 98 % of it"}


def test_a_camera_that_is_not_paralysed_only_rises():
    camera = dataclasses.replace(CAMERA, model=DeadTime.NON_PARALYSABLE)

    assert not analyze(approach(camera)).valid


@pytest.mark.parametrize(
    ("duration_s", "outcome"), [(0.5, "met"), (2.0, "met"), (0.4, "not_met"), (2.1, "not_met")]
)
def test_frames_last_half_a_second_to_two(duration_s, outcome):
    condition = precondition(analyze(sweep(peak(), duration_s=duration_s)), "PC_DURATION")

    assert (condition.outcome, condition.severity) == (outcome, "soft")


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({"nuclide": "Co-57"}, "PC_NUCLIDE"),
        (
            {"energy_windows": (EnergyWindow(number=1, lower_kev=110.0, upper_kev=134.0),)},
            "PC_WINDOW",
        ),
        (
            {"detectors": (Detector(number=1, collimator_type=CollimatorType.PARALLEL),)},
            "PC_COLLIMATOR",
        ),
        ({"saturation_level": 200}, "PC_OVERFLOW"),
    ],
)
def test_another_picture_is_void(header, code):
    analysis = analyze(sweep(peak(), **header))

    assert {p.code for p in analysis.failed} == {code}


def test_a_head_that_is_not_named_has_no_owner():
    series = sweep(peak())
    nameless = tuple(dataclasses.replace(f, detector=None) for f in series.frames)

    analysis = analyze(dataclasses.replace(series, frames=nameless, detectors=()))

    assert "PC_DETECTOR" in {p.code for p in analysis.failed}


def test_scatter_windows_are_left_out():
    series = sweep(np.stack([peak(), peak()]))
    frames = tuple(
        dataclasses.replace(f, detector=1, energy_window=f.detector) for f in series.frames
    )
    scatter = EnergyWindow(number=2, lower_kev=100.0, upper_kev=120.0)

    analysis = analyze(
        dataclasses.replace(series, frames=frames, energy_windows=(*series.energy_windows, scatter))
    )

    assert {m.scope.get("energy_window") for m in analysis.measurements} == {1}
    assert len(notes(analysis, "WINDOW_NOT_ANALYSED")) == 1


# --- refused --------------------------------------------------------------------------------------


def test_a_static_image_is_no_sweep():
    series = sweep(peak())
    still = Planar(counts=series.counts[:1], frames=series.frames[:1])

    with pytest.raises(UnsuitableAcquisitionError, match="is a planar acquisition, needs dynamic"):
        analyze(still)


def test_too_few_frames_show_nothing():
    with pytest.raises(UnsuitableAcquisitionError, match="has 6 frames, needs at least 7"):
        analyze(sweep(peak(2, 3)))
    analyze(sweep(peak(1, 5)))


def test_a_head_that_did_not_count_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="it did not count at all"):
        analyze(sweep(np.zeros(12)))


@pytest.mark.parametrize("duration_s", [None, 0.0, -1.0, 1e-300, math.nan])
def test_without_a_duration_there_is_no_rate(duration_s):
    series = sweep(peak())
    frames = tuple(dataclasses.replace(f, duration_s=duration_s) for f in series.frames)

    with pytest.raises(
        UnsuitableAcquisitionError, match=r"frame 1 has (no|a) duration.*, needs 0\.001 to"
    ):
        analyze(dataclasses.replace(series, frames=frames))


# --- what a person read ---------------------------------------------------------------------------


def test_a_rate_read_off_the_display_is_enough():
    """The method of the clause: nothing is stored."""
    read = {"read_rates": ReadingValue(value=((1.0, 71_000.0), (2.0, 69_000.0)))}

    analysis = ANALYZER.analyze(Inputs(roles={}, readings=read, variant="ws523"))

    assert [(m.metric, m.scope.get("detector"), m.value) for m in analysis.measurements] == [
        ("max_count_rate_read_cps", 1, 71_000.0),
        ("max_count_rate_read_cps", 2, 69_000.0),
        ("max_count_rate_cps", 1, 71_000.0),
        ("max_count_rate_cps", 2, 69_000.0),
    ]
    with pytest.raises(MissingReadingError, match="neither a series nor a rate that was read off"):
        ANALYZER.analyze(Inputs(roles={}, readings={}, variant="ws523"))


def test_two_rates_of_one_head_are_refused():
    read = {"read_rates": ReadingValue(value=((1.0, 71_000.0), (1.0, 69_000.0)))}

    with pytest.raises(ParameterError, match="two lines of read_rates are of detector 1"):
        analyze(sweep(peak()), read)


def test_a_head_that_did_not_count_does_not_stop_the_other():
    series = sweep(peak())
    both = dataclasses.replace(
        series,
        counts=np.concatenate([series.counts, 0 * series.counts]),
        frames=(*series.frames, *(dataclasses.replace(f, detector=2) for f in series.frames)),
        detectors=(*series.detectors, dataclasses.replace(series.detectors[0], number=2)),
    )

    analysis = analyze(both)

    assert {m.scope.get("detector") for m in analysis.measurements} == {1}
    (note,) = notes(analysis, "HEAD_LEFT_OUT")
    assert note.message.startswith("detector 2, energy window 1 is left out: ")
    assert analysis.valid


def test_a_rate_read_off_the_display_stands_beside():
    read = {"read_rates": ReadingValue(value=((1.0, 71_000.0), (2.0, 69_000.0)))}

    analysis = analyze(sweep(peak()), read)

    assert measurement(analysis, "max_count_rate_cps", detector=1).value != 71_000.0
    assert measurement(analysis, "max_count_rate_cps", detector=2).value == 69_000.0
    assert measurement(analysis, "max_count_rate_read_cps", detector=2).value == 69_000.0
    assert measurement(analysis, "max_count_rate_read_cps", detector=1).scope == Scope.of(
        detector=1
    )


@pytest.mark.parametrize("row", [(0.0, 7e4), (1.5, 7e4), (1.0, 0.0)])
def test_a_line_that_is_no_rate_of_a_head_is_refused(row):
    with pytest.raises(ParameterError, match="a line of read_rates is"):
        analyze(sweep(peak()), {"read_rates": ReadingValue(value=(row,))})


# --- figures and contract -------------------------------------------------------------------------


def test_the_figure_shows_frames_and_median():
    analysis = analyze(sweep(peak()))

    (figure,) = analysis.figures
    frames, median = figure.curves
    assert (frames.x.size, median.x.size) == (16, 14)
    assert figure.lines[0].value == value(analysis, "max_count_rate_cps")


def test_it_keeps_the_contract():
    assert check(ANALYZER, [Inputs(roles={"sweep": (approach(),)}, variant="ws523")]) == []
