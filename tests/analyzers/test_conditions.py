"""Ready-made conditions: the value on each bound and beside it, and what a header leaves out."""

import dataclasses
from datetime import UTC, datetime

import numpy as np
import pytest

from photopeak_analyzers.acquisition import Detector, EnergyWindow, Frame, Planar
from photopeak_analyzers.common_parameters import (
    CorrectionState,
    least_counts,
    pixel_spacing,
    refuse_above,
    refuse_without_photopeak,
)
from photopeak_analyzers.conditions import bounded, known, said_once
from photopeak_analyzers.contract import (
    Outcome,
    Parameters,
    PreconditionCode,
    Scope,
    Severity,
)
from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.frame_conditions import (
    background_is_known,
    detector_is_known,
    duration_is_known,
    enough_counts,
    heads_are_complete,
    holds_counts,
    matrix_is,
    pixel_is_square,
    pixel_within,
    rate_within,
    start_is_known,
)
from photopeak_analyzers.frames_by_head import head_counts
from photopeak_analyzers.source_conditions import (
    on_a_photopeak,
    photopeaks,
    window_near_photopeak,
)

HERE = {"scope": Scope.of(detector=1), "clause": "clause 1"}
MET, NOT_MET, UNKNOWN = Outcome.MET, Outcome.NOT_MET, Outcome.UNKNOWN
HARD, SOFT = Severity.HARD, Severity.SOFT


def image(**header):
    return Planar(counts=np.ones((1, 64, 96)), frames=(Frame(detector=1),), **header)


def said(condition):
    return condition.outcome, condition.severity


def test_a_fact_is_met_when_it_is_there_and_unknown_when_not():
    ask = {"severity": SOFT, **HERE}

    assert known(PreconditionCode.CORRECTION, "x", "on", **ask).outcome is MET
    assert known(PreconditionCode.CORRECTION, "x", None, **ask).outcome is UNKNOWN
    assert said(detector_is_known(2, **HERE)) == (MET, HARD)
    assert said(detector_is_known(None, **HERE)) == (UNKNOWN, HARD)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (1000.0, (MET, SOFT)),
        (999.9, (NOT_MET, SOFT)),
        (500.0, (NOT_MET, SOFT)),
        (499.9, (NOT_MET, HARD)),
        (None, (UNKNOWN, SOFT)),
    ],
)
def test_few_counts_warn_and_very_few_void(counts, expected):
    condition = enough_counts("counts", counts, asked=1000.0, invalid_below=500.0, **HERE)

    assert said(condition) == expected


def test_an_empty_image_voids():
    assert said(holds_counts(1.0, **HERE)) == (MET, HARD)
    assert said(holds_counts(0.0, **HERE)) == (NOT_MET, HARD)


@pytest.mark.parametrize(("seconds", "outcome"), [(300.0, MET), (299.9, NOT_MET), (None, UNKNOWN)])
def test_a_frame_that_is_too_short_is_told(seconds, outcome):
    condition = duration_is_known(seconds, shortest_s=300.0, severity=HARD, **HERE)

    assert said(condition) == (outcome, HARD)


@pytest.mark.parametrize(
    ("cps", "expected"),
    [
        (20_000.0, (MET, HARD)),
        (20_001.0, (NOT_MET, HARD)),
        (999.0, (NOT_MET, HARD)),
        (None, (UNKNOWN, SOFT)),
    ],
)
def test_a_rate_beyond_its_bounds_is_told_and_an_unknown_one_warns(cps, expected):
    condition = rate_within(cps, lower=1000.0, upper=20_000.0, severity=HARD, **HERE)

    assert said(condition) == expected


@pytest.mark.parametrize(
    ("pixel", "outcome", "shown"),
    [
        ((4.48, 8.32), MET, 8.32),
        ((4.47, 6.4), NOT_MET, 4.47),
        ((6.4, 8.33), NOT_MET, 8.33),
        # Eight times 1.04 mm is not 8.32 in binary, and yet it is on the bound.
        ((8 * 1.04, 8 * 1.04), MET, 8.32),
    ],
)
def test_the_side_of_a_pixel_that_breaks_a_bound_is_shown(pixel, outcome, shown):
    condition = pixel_within("side", pixel, lower=4.48, upper=8.32, **HERE)

    assert (condition.outcome, condition.value) == (outcome, pytest.approx(shown))


def test_a_pixel_is_square_to_one_percent():
    assert pixel_is_square((2.0, 2.02), **HERE).outcome is MET
    assert pixel_is_square((2.0, 2.021), **HERE).outcome is NOT_MET


def test_the_shorter_side_of_the_matrix_counts():
    assert said(matrix_is(image(), smallest=64, **HERE)) == (MET, SOFT)
    assert said(matrix_is(image(), smallest=65, **HERE)) == (NOT_MET, SOFT)


def test_every_listed_head_and_window_is_asked_for():
    windows = (EnergyWindow(number=1, lower_kev=126.0, upper_kev=154.0),)
    two = image(detectors=(Detector(number=1), Detector(number=2)), energy_windows=windows)

    assert heads_are_complete(two, 2, clause="c").outcome is MET
    assert heads_are_complete(two, 1, clause="c").outcome is NOT_MET
    assert heads_are_complete(image(), 1, clause="c").outcome is MET


def test_the_start_and_the_background_are_asked_for():
    at = datetime(2024, 5, 2, 8, 0, tzinfo=UTC)

    assert start_is_known(image(started_at=at), severity=HARD, clause="c").value == at.isoformat()
    assert start_is_known(image(), severity=HARD, clause="c").outcome is UNKNOWN
    assert background_is_known(33.0, upper=33.3, **HERE).outcome is MET
    assert background_is_known(33.4, upper=33.3, **HERE).outcome is NOT_MET
    assert said(background_is_known(None, upper=None, **HERE)) == (UNKNOWN, SOFT)


def test_a_window_near_a_photopeak_is_met_and_one_on_scatter_warns():
    near, far = (
        EnergyWindow(number=1, lower_kev=a, upper_kev=b) for a, b in ((126, 154), (90, 120))
    )

    assert window_near_photopeak(near, "Tc-99m", **HERE).outcome is MET
    assert said(window_near_photopeak(far, "Tc-99m", **HERE)) == (NOT_MET, SOFT)
    assert window_near_photopeak(near, None, **HERE).outcome is UNKNOWN
    assert window_near_photopeak(None, "Tc-99m", **HERE).outcome is UNKNOWN


def test_windows_that_collect_scatter_are_left_out_with_a_note():
    windows = (
        EnergyWindow(number=1, lower_kev=126.0, upper_kev=154.0),
        EnergyWindow(number=2, lower_kev=90.0, upper_kev=120.0),
    )
    frames = (Frame(detector=1, energy_window=1), Frame(detector=1, energy_window=2))
    both = Planar(
        counts=np.ones((2, 4, 4)), frames=frames, energy_windows=windows, nuclide="Tc-99m"
    )

    kept, notes = on_a_photopeak(both, head_counts(both), photopeaks(("Tc-99m",)))

    assert [head.energy_window for head in kept] == [1]
    assert [(n.code, n.scope.get("energy_window")) for n in notes] == [("WINDOW_NOT_ANALYSED", 2)]
    assert on_a_photopeak(both, head_counts(both), {})[1] == []


def test_with_no_window_on_a_photopeak_all_are_kept():
    window = EnergyWindow(number=1, lower_kev=90.0, upper_kev=120.0)
    scatter = Planar(
        counts=np.ones((1, 4, 4)),
        frames=(Frame(detector=1, energy_window=1),),
        energy_windows=(window,),
        nuclide="Tc-99m",
    )

    kept, notes = on_a_photopeak(scatter, head_counts(scatter), photopeaks(("Tc-99m",)))

    assert (len(kept), notes) == (1, [])


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Asked(Parameters):
    nuclide: str | None = None
    asked: float = least_counts(1000.0, doc="Counts.")
    invalid_below: float = least_counts(500.0, doc="Counts.")
    pixel_spacing_mm: float | None = pixel_spacing()

    def __post_init__(self):
        Parameters.__post_init__(self)
        refuse_above(self, "invalid_below", "asked")
        refuse_without_photopeak(self.nuclide)


def test_parameters_that_contradict_each_other_are_refused():
    assert Asked(invalid_below=1000.0).invalid_below == 1000.0
    with pytest.raises(ParameterError, match="invalid_below is 1001, needs at most asked, 1000"):
        Asked(invalid_below=1001.0)
    with pytest.raises(ParameterError, match="needs one with a photopeak"):
        Asked(nuclide="Sr-90")
    with pytest.raises(ParameterError, match="pixel_spacing_mm is 21 mm"):
        Asked(pixel_spacing_mm=21.0)


def test_a_correction_is_stated_unless_the_header_is_asked():
    assert [state.stated for state in CorrectionState] == [None, "on", "off"]


def test_what_is_no_number_keeps_no_bound():
    found = bounded(
        PreconditionCode.RATE, "rate", float("nan"), lower=1.0, unit="1", severity=HARD, **HERE
    )

    assert (found.outcome, found.value) == (UNKNOWN, None)


def test_what_many_images_have_in_common_is_said_once_and_names_those_that_are_wrong():
    ask = {"unit": "1", "severity": HARD, **HERE}

    def checked(*values, **bounds):
        return [
            (f"at {place} mm", [bounded(PreconditionCode.RATE, "rate", value, **bounds, **ask)])
            for place, value in enumerate(values)
        ]

    several = said_once(checked(5.0, 9.0, 11.0, None, 7.0, 0.5, lower=1.0, upper=10.0))
    alike = said_once(checked(5.0, 5.0, upper=10.0))
    free = said_once(checked(5.0, 4.0))

    assert [(p.quantity, p.value, p.outcome) for p in several] == [
        ("rate at 2 mm, at 5 mm; worst at 2 mm", 11.0, NOT_MET),
        ("rate at 3 mm", None, UNKNOWN),
        ("rate, 3 images; nearest to its bound at 1 mm", 9.0, MET),
    ]
    assert [(p.quantity, p.value) for p in alike] == [("rate, 2 images", 5.0)]
    assert [(p.quantity, p.value) for p in free] == [("rate, 2 images; first at 0 mm", 5.0)]
    assert [p.quantity for p in said_once(checked(5.0))] == ["rate at 0 mm"]
    assert [p.quantity for p in said_once(checked(None, None))] == ["rate, all images"]
    words = [
        (name, [dataclasses.replace(free[0], quantity="nuclide", outcome=NOT_MET, value=value)])
        for name, value in (("at 0 mm", "I-131"), ("at 1 mm", "Co-57"))
    ]
    assert [(p.quantity, p.value) for p in said_once(words)] == [
        ("nuclide at 0 mm", "I-131"),
        ("nuclide at 1 mm", "Co-57"),
    ]
    everywhere = said_once(checked(12.0, 11.0, upper=10.0))
    assert [p.quantity for p in everywhere] == ["rate, all images; worst at 0 mm"]
