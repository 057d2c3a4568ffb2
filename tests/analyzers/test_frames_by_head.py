"""Frames put together by the head and the window they belong to."""

import numpy as np
import pytest

from photopeak_analyzers.acquisition import Detector, EnergyWindow, Frame, Planar
from photopeak_analyzers.contract import Outcome, Scope, Severity
from photopeak_analyzers.errors import FitError, MissingReadingError, UnsuitableAcquisitionError
from photopeak_analyzers.frames_by_head import (
    frame_duration_s,
    frames_by_head,
    head_counts,
)
from photopeak_analyzers.heads_alone import seen_by_heads, shown_by_heads


def stack(*frames, counts=None, **header):
    pixels = np.arange(4 * len(frames), dtype=np.uint16).reshape(-1, 2, 2)
    return Planar(counts=pixels if counts is None else counts, frames=frames, **header)


def test_frames_are_found_by_what_they_are():
    image = stack(
        Frame(detector=2, energy_window=1),
        Frame(detector=1, energy_window=2),
        Frame(detector=1, energy_window=1),
        Frame(detector=2, energy_window=1),
    )

    assert frames_by_head(image) == {(1, 1): [2], (1, 2): [1], (2, 1): [0, 3]}


def test_a_frame_without_a_number_is_of_the_only_head_and_window():
    image = stack(
        Frame(),
        detectors=(Detector(number=2),),
        energy_windows=(EnergyWindow(number=1, lower_kev=126.0, upper_kev=154.0),),
    )

    assert frames_by_head(image) == {(2, 1): [0]}


def test_a_frame_without_a_number_stays_so_where_there_is_a_choice():
    image = stack(Frame(), detectors=(Detector(number=1), Detector(number=2)))

    assert frames_by_head(image) == {(None, None): [0]}


def test_frames_of_a_head_are_summed_with_their_durations():
    image = stack(
        Frame(detector=1, duration_s=10.0),
        Frame(detector=2, duration_s=None),
        Frame(detector=1, duration_s=15.0),
    )

    first, second = head_counts(image)

    assert first.counts.tolist() == [[8, 10], [12, 14]]
    assert (first.total, first.highest_pixel, first.duration_s) == (44.0, 11.0, 25.0)
    assert (second.total, second.duration_s) == (22.0, None)
    assert (first.subject, first.rate_cps, first.frames) == ("detector 1", 44.0 / 25.0, 2)


def test_one_unknown_duration_makes_the_sum_unknown():
    image = stack(Frame(detector=1, duration_s=10.0), Frame(detector=1, duration_s=0.0))

    assert head_counts(image)[0].duration_s is None


def test_sums_of_16_bits_do_not_overflow():
    counts = np.full((3, 2, 2), 60_000, dtype=np.uint16)

    (head,) = head_counts(stack(*[Frame(detector=1)] * 3, counts=counts))

    assert head.counts.max() == 180_000
    assert head.highest_pixel == 60_000.0


@pytest.mark.parametrize(
    ("pixel", "message"),
    [(-1.0, "needs at least 0"), (np.nan, "are no numbers"), (np.inf, "are no numbers")],
)
def test_what_is_no_count_is_refused(pixel, message):
    counts = np.zeros((1, 2, 2))
    counts[0, 0, 0] = pixel

    with pytest.raises(UnsuitableAcquisitionError, match=message):
        head_counts(stack(Frame(detector=1), counts=counts))


def test_nobody_s_name_is_a_name():
    (head,) = head_counts(stack(Frame()))

    assert (head.subject, head.rate_cps) == ("the only frame", None)


@pytest.mark.parametrize("duration_s", [0.001, 20.0, 1e7])
def test_a_duration_that_can_be_is_believed(duration_s):
    assert frame_duration_s(stack(Frame(duration_s=duration_s)), 0) == duration_s


@pytest.mark.parametrize("duration_s", [None, 0.0, 9e-4, 1.1e7, float("nan"), float("inf")])
def test_a_rate_needs_a_duration(duration_s):
    image = stack(Frame(duration_s=5.0), Frame(duration_s=duration_s))

    with pytest.raises(
        UnsuitableAcquisitionError, match=r"frame 2 has (no|a) duration.*, needs 0\.001 to 1e\+07 s"
    ):
        frame_duration_s(image, 1)


def two_heads():
    return head_counts(stack(*(Frame(detector=n, energy_window=1) for n in (1, 2))))


def test_a_head_that_cannot_be_measured_is_left_out_with_a_note():
    def total(head):
        if head.detector == 1:
            raise FitError("nothing converged")
        return head.total

    seen, (note,) = seen_by_heads(two_heads(), total, code="LEFT_OUT")

    assert [(head.detector, found) for head, found in seen] == [(2, 22.0)]
    assert (note.code, note.scope) == ("LEFT_OUT", two_heads()[0].scope)
    assert note.message == "detector 1, energy window 1 is left out: nothing converged"


def test_heads_that_all_cannot_be_measured_are_refused_for_the_reason_of_the_first():
    def refuse(head):
        raise FitError(f"head {head.detector} is dark", quantity="counts", value=0.0, bound=1.0)

    with pytest.raises(UnsuitableAcquisitionError) as refusal:
        seen_by_heads(two_heads(), refuse, code="LEFT_OUT")

    assert str(refusal.value) == "detector 1, energy window 1: head 1 is dark"
    assert (refusal.value.quantity, refusal.value.value, refusal.value.bound) == (
        "counts",
        0.0,
        1.0,
    )


def test_what_a_person_can_supply_is_asked_for_and_no_head_is_left_out():
    def ask(head):
        raise MissingReadingError("the reading distance is missing", quantity="distance")

    with pytest.raises(MissingReadingError):
        seen_by_heads(two_heads(), ask, code="LEFT_OUT")


def test_a_head_that_shows_a_source_and_cannot_be_measured_is_voided_and_an_onlooker_is_not():
    def find(head):
        if head.detector == 1:
            raise UnsuitableAcquisitionError("nothing is seen")
        return head.total

    def measure(head, total):
        if head.detector == 3:
            raise FitError("too short", quantity="length", value=2.0, bound=3.0)
        return (head.detector, total)

    heads = head_counts(stack(*(Frame(detector=n, energy_window=1) for n in (1, 2, 3))))

    measured, notes, voided = shown_by_heads(
        heads, find, measure, code="OUT", clause="E.1", direction="x"
    )

    assert measured == [(2, 22.0)]
    assert [note.scope.get("detector") for note in notes] == [1, 3]
    (fault,) = voided
    assert (fault.scope, fault.severity, fault.outcome) == (
        Scope.of(detector=3, energy_window=1, direction="x"),
        Severity.HARD,
        Outcome.NOT_MET,
    )
    assert (fault.quantity, fault.value, fault.expected) == ("length", 2.0, "3.0")


def test_a_fault_goes_before_an_onlooker_where_nothing_is_measured():
    def find(head):
        if head.detector == 1:
            raise UnsuitableAcquisitionError("nothing is seen")
        return head

    def measure(head, _):
        raise FitError("too short")

    with pytest.raises(UnsuitableAcquisitionError, match="detector 2, energy window 1: too short"):
        shown_by_heads(two_heads(), find, measure, code="OUT", clause="E.1", direction="x")
