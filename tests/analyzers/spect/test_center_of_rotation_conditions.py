"""What voids a centre of rotation, and what puts a warning on it."""

import dataclasses

import numpy as np
import pytest

from photopeak_analyzers.acquisition import CollimatorType, EnergyWindow
from photopeak_analyzers.contract import Outcome, Severity
from photopeak_analyzers.simulation.tomography import Head, PointSource
from photopeak_analyzers.spect.rotation_conditions import CorrectionState
from support.floods import precondition, value
from support.rotations import analyze, rotation, with_detector, with_frames

MET = (Outcome.MET, Severity.SOFT)
WARNS = (Outcome.NOT_MET, Severity.SOFT)
VOIDS = (Outcome.NOT_MET, Severity.HARD)


def state(analysis, code, quantity=""):
    found = precondition(analysis, code, quantity)
    return (found.outcome, found.severity)


def test_a_good_rotation_meets_everything():
    analysis = analyze(rotation(seed=1, background=0.1))

    assert analysis.valid
    assert {p.outcome for p in analysis.preconditions} == {Outcome.MET}


@pytest.mark.parametrize(
    ("counts", "expected"),
    [(10_100.0, MET), (9_900.0, WARNS), (1_010.0, WARNS), (990.0, VOIDS)],
)
def test_counts_of_the_weakest_view(counts, expected):
    analysis = analyze(rotation(source=PointSource(counts_per_view=counts)))

    assert state(analysis, "PC_COUNTS", "counts of the source") == expected


def test_the_weakest_view_decides():
    turn = rotation(seed=1)
    counts = turn.counts.copy()
    counts[10] //= 3

    analysis = analyze(dataclasses.replace(turn, counts=counts))

    assert state(analysis, "PC_COUNTS", "relative to the median") == VOIDS
    assert state(analysis, "PC_COUNTS", "counts of the source in the weakest") == WARNS
    assert value(analysis, "counts_per_view") == pytest.approx(20_000.0 / 3.0, rel=0.05)


@pytest.mark.parametrize(("views", "expected"), [(32, MET), (31, WARNS), (16, WARNS), (15, VOIDS)])
def test_number_of_views(views, expected):
    analysis = analyze(rotation(views=views))

    found = [p for p in analysis.preconditions if p.quantity == "views"]
    assert [(p.outcome, p.severity) for p in found] == [expected]


@pytest.mark.parametrize(
    ("arc", "outcome"),
    [(360.0, Outcome.MET), (180.0, Outcome.MET), (179.2, Outcome.MET), (178.0, Outcome.NOT_MET)],
)
def test_half_a_turn_is_needed(arc, outcome):
    analysis = analyze(rotation(arc_deg=arc, views=64))

    assert state(analysis, "PC_GEOMETRY", "arc") == (outcome, Severity.HARD)
    assert precondition(analysis, "PC_GEOMETRY", "arc").value == pytest.approx(arc)
    assert value(analysis, "cor_offset_px") == pytest.approx(0.4, abs=1e-6)


def test_a_missing_view_is_noticed_twice():
    turn = with_frames(rotation(arc_deg=180.0), np.arange(60) != 30)

    analysis = analyze(turn)

    assert state(analysis, "PC_GEOMETRY", "step") == VOIDS
    assert state(analysis, "PC_FRAMES", "announce") == WARNS


@pytest.mark.parametrize(("error_deg", "expected"), [(0.2, MET), (0.6, WARNS), (2.0, VOIDS)])
def test_steps_are_even(error_deg, expected):
    # Steps are 3 degrees: one that is 0.6 too long and the next as much too short.
    turn = rotation(arc_deg=180.0)
    frames = list(turn.frames)
    frames[20] = dataclasses.replace(frames[20], angle_deg=frames[20].angle_deg + error_deg)

    analysis = analyze(dataclasses.replace(turn, frames=tuple(frames)))

    assert state(analysis, "PC_GEOMETRY", "step") == expected


@pytest.mark.parametrize(("pixel", "outcome"), [(5.0, Outcome.MET), (5.1, Outcome.NOT_MET)])
def test_pixels_are_no_larger_than_five_millimetres(pixel, outcome):
    analysis = analyze(rotation(pixel_mm=pixel, fwhm_mm=14.0))

    assert state(analysis, "PC_PIXEL") == (outcome, Severity.HARD)


@pytest.mark.parametrize(
    ("radius", "expected"), [(40.5, MET), (39.5, WARNS), (10.5, WARNS), (9.5, VOIDS), (0.0, VOIDS)]
)
def test_the_source_stands_off_the_axis(radius, expected):
    analysis = analyze(rotation(source=PointSource(radius_mm=radius)))

    assert state(analysis, "PC_GEOMETRY", "from the axis") == expected
    assert value(analysis, "cor_offset_px") == pytest.approx(0.4, abs=1e-6)


def test_a_source_at_the_border_voids():
    # 128 columns of 4 mm end at 256 mm: 15 mm are 1.5 FWHM.
    analysis = analyze(rotation(heads=(Head(),), source=PointSource(radius_mm=241.0)))

    assert state(analysis, "PC_GEOMETRY", "border") == VOIDS
    inside = analyze(rotation(heads=(Head(),), source=PointSource(radius_mm=225.0)))
    assert state(inside, "PC_GEOMETRY", "border") == (Outcome.MET, Severity.HARD)


def test_a_source_that_moves_on_no_sine_voids():
    analysis = analyze(rotation(heads=(Head(wobble_mm=40.0),)))

    assert state(analysis, "PC_GEOMETRY", "residuals") == VOIDS


def test_a_hot_pixel_is_no_rotating_source():
    turn = rotation(seed=1)
    counts = turn.counts.copy()
    counts[:, 20, 20] = 60_000

    analysis = analyze(dataclasses.replace(turn, counts=counts))

    assert state(analysis, "PC_GEOMETRY", "from the axis") == VOIDS


def test_a_saturated_pixel_voids():
    turn = rotation(seed=1)
    counts = turn.counts.copy()
    counts[7].flat[counts[7].argmax()] = 65_535

    analysis = analyze(dataclasses.replace(turn, counts=counts))

    assert state(analysis, "PC_OVERFLOW") == VOIDS


def test_an_unknown_head_voids():
    turn = rotation(seed=1)
    frames = tuple(dataclasses.replace(f, detector=None) for f in turn.frames)
    nameless = dataclasses.replace(turn, frames=frames, detectors=())

    analysis = analyze(nameless)

    assert state(analysis, "PC_DETECTOR") == (Outcome.UNKNOWN, Severity.HARD)
    assert not analysis.valid
    # The header lists one head: it can be no other.
    assert analyze(dataclasses.replace(turn, frames=frames)).valid


@pytest.mark.parametrize(
    ("corrections", "stated", "outcome"),
    [
        (frozenset({"UNIF"}), "header", Outcome.MET),
        (frozenset({"UNIF", "COR"}), "header", Outcome.NOT_MET),
        (frozenset({"NCO"}), "header", Outcome.NOT_MET),
        (None, "header", Outcome.UNKNOWN),
        (None, "not_applied", Outcome.MET),
        (frozenset(), "applied", Outcome.NOT_MET),
    ],
)
def test_views_that_may_be_corrected_already_warn(corrections, stated, outcome):
    turn = rotation(acquired={"corrections": corrections})

    found = analyze(turn, cor_correction=CorrectionState(stated))

    assert state(found, "PC_CORRECTION") == (outcome, Severity.SOFT)
    assert found.valid


@pytest.mark.parametrize(
    ("nuclide", "wanted", "outcome"),
    [
        ("Tc-99m", None, Outcome.MET),
        ("Co-57", "Tc-99m", Outcome.NOT_MET),
        (None, None, Outcome.UNKNOWN),
    ],
)
def test_the_nuclide_warns_at_most(nuclide, wanted, outcome):
    found = analyze(rotation(acquired={"nuclide": nuclide}), nuclide=wanted)

    assert state(found, "PC_NUCLIDE") == (outcome, Severity.SOFT)
    assert found.valid


def test_a_window_beside_the_photopeak_warns():
    beside = EnergyWindow(number=1, lower_kev=108.0, upper_kev=126.0)

    found = analyze(rotation(acquired={"windows": (beside,)}))

    assert state(found, "PC_WINDOW") == WARNS


@pytest.mark.parametrize(
    ("collimator", "expected"),
    [
        (CollimatorType.FAN_BEAM, VOIDS),
        (CollimatorType.UNKNOWN, (Outcome.UNKNOWN, Severity.SOFT)),
        (None, (Outcome.UNKNOWN, Severity.SOFT)),
    ],
)
def test_the_collimator_is_parallel(collimator, expected):
    found = analyze(with_detector(rotation(), collimator_type=collimator))

    assert state(found, "PC_COLLIMATOR") == expected
