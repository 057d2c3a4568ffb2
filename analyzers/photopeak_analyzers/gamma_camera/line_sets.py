"""Images of line sources as a set: both directions, several distances, with and without scatter."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from photopeak_analyzers.acquisition import FrameStack
from photopeak_analyzers.conditions import bounded, known
from photopeak_analyzers.contract import (
    Inputs,
    Note,
    Precondition,
    PreconditionCode,
    Role,
    Scope,
    Severity,
)
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.frames_by_head import HeadCounts, single_frames
from photopeak_analyzers.gamma_camera.line_conditions import (
    LineClause,
    LineLimits,
    frame_conditions,
    line_conditions,
)
from photopeak_analyzers.gamma_camera.line_images import LineImage, LineTask, measure_lines
from photopeak_analyzers.gamma_camera.line_modulation import frequency_per_cm, modulation_of
from photopeak_analyzers.gamma_camera.uniformity_inputs import declared_field
from photopeak_analyzers.given import every, pixel_spacing_mm
from photopeak_analyzers.heads_alone import shown_by_heads
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.field_of_view import CFOV_SCALE
from photopeak_analyzers.numerics.line_places import LinePlaces, find_lines
from photopeak_analyzers.numerics.modulation import Modulation
from photopeak_analyzers.shorthand import NumberRow
from photopeak_analyzers.source_conditions import on_a_photopeak

LARGEST_FACT = 1000.0
"""Largest distance in mm that is believed when it was read from a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRules:
    """What one text makes of a set of images.

    Attributes
    ----------
    ufov_mm
        (height, width) as declared; None to ask the header.
    distances_mm, distance_tolerance_mm
        Distances of the source that the text asks for.
    scatter_is_asked
        True when images with and without scatter are told apart.
    both_lines
        True when an image with one line does not do.
    in_cfov
        False when lines are measured wherever they are: a swept image has no central field.
    """

    task: LineTask
    asked: LineClause
    limits: LineLimits
    pixel_spacing_mm: float | None
    ufov_mm: tuple[float, float] | None
    distances_mm: tuple[float, ...]
    distance_tolerance_mm: float
    scatter_is_asked: bool
    both_lines: bool
    taper: bool
    in_cfov: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """Where a source was: head, window, distance and scatter; -1 and empty where not known."""

    detector: int
    energy_window: int
    distance_mm: float
    scatter: str

    def scope(self, direction: str | None = None) -> Scope:
        """Return the scope of its numbers, of one direction or of both together."""
        return Scope.of(
            detector=self.detector if self.detector >= 0 else None,
            energy_window=self.energy_window if self.energy_window >= 0 else None,
            distance_mm=self.distance_mm if self.distance_mm >= 0.0 else None,
            scatter=self.scatter or None,
            direction=direction,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """One image with its lines and their modulation."""

    acquisition: FrameStack
    head: HeadCounts
    pixel_mm: tuple[float, float]
    image: LineImage
    modulation: Modulation

    def frequency_per_cm(self, share: float) -> Estimate | None:
        """Return where the modulation falls to a share, in cycles per cm."""
        return frequency_per_cm(self.image, self.modulation, share)


Found = dict[Place, dict[str, tuple[Measured, ...]]]
"""What was measured, by place and direction."""


def measure_set(
    inputs: Inputs, roles: tuple[tuple[Role, str], ...], rules: SetRules
) -> tuple[Found, list[Precondition], list[Note]]:
    """Measure the images of every role, each with the direction that its profile must run along.

    Raises
    ------
    UnsuitableAcquisitionError
        If an acquisition shows no lines at all, or lines that run the other way.
    """
    found: Found = {}
    preconditions: list[Precondition] = []
    notes: list[Note] = []
    for role, direction in roles:
        for acquisition in every(inputs, role, FrameStack):
            distance_mm = _distance_mm(acquisition, inputs)
            scatter = _scatter(acquisition, inputs) if rules.scatter_is_asked else ""
            heads, left_out = on_a_photopeak(
                acquisition, single_frames(acquisition), rules.asked.nuclides
            )
            notes += left_out
            seen, onlookers, voided = _heads(acquisition, heads, role, direction, rules)
            notes += onlookers
            preconditions += voided
            for measured in seen:
                place = Place(
                    detector=-1 if measured.head.detector is None else measured.head.detector,
                    energy_window=-1
                    if measured.head.energy_window is None
                    else measured.head.energy_window,
                    distance_mm=-1.0 if distance_mm is None else distance_mm,
                    scatter=scatter,
                )
                images = found.setdefault(place, {})
                images[direction] = (*images.get(direction, ()), measured)
                scope = place.scope(direction)
                preconditions += frame_conditions(
                    acquisition, measured.head, measured.pixel_mm, rules.limits, rules.asked, scope
                )
                preconditions += line_conditions(measured.image, rules.limits, rules.asked, scope)
                if rules.in_cfov:
                    preconditions.append(_field_condition(acquisition, measured, rules, scope))
    return dict(sorted(found.items())), list(dict.fromkeys(preconditions)), notes


def set_conditions(found: Found, rules: SetRules) -> list[Precondition]:
    """Check what concerns the places of a set: distance, scatter, both directions."""
    preconditions = []
    clause = rules.asked.clause
    for place, images in found.items():
        scope = place.scope()
        preconditions.append(_distance_condition(place, rules, scope))
        if rules.scatter_is_asked:
            preconditions.append(
                known(
                    PreconditionCode.GEOMETRY,
                    "scattering material",
                    place.scatter or None,
                    severity=Severity.SOFT,
                    scope=scope,
                    clause=clause,
                    expected="with or without scatter",
                )
            )
        preconditions.append(
            bounded(
                PreconditionCode.SET,
                "directions measured",
                float(len(images)),
                lower=2.0,
                unit="1",
                severity=Severity.SOFT,
                scope=scope,
                clause=clause,
            )
        )
    near = {
        asked
        for asked in rules.distances_mm
        for place in found
        if abs(place.distance_mm - asked) <= rules.distance_tolerance_mm
    }
    if any(place.distance_mm >= 0.0 for place in found):
        preconditions.append(
            bounded(
                PreconditionCode.SET,
                "distances measured",
                float(len(near)),
                lower=float(len(rules.distances_mm)),
                unit="1",
                severity=Severity.SOFT,
                scope=Scope(),
                clause=clause,
                expected=", ".join(f"{d:g}" for d in rules.distances_mm) + " mm",
            )
        )
    return preconditions


def combined(estimates: Iterable[Estimate | None]) -> Estimate | None:
    """Return the mean of independent estimates; None without any."""
    known_ones = [e for e in estimates if e is not None]
    if not known_ones:
        return None
    count = len(known_ones)
    return Estimate(
        value=sum(e.value for e in known_ones) / count,
        uncertainty=math.hypot(*(e.uncertainty for e in known_ones)) / count,
    )


def row(key: str, estimate: Estimate | None) -> NumberRow:
    """Return an estimate as a row of measurements; one that is not there is left out of them."""
    if estimate is None:
        return (key, None, None)
    return (key, estimate.value, estimate.uncertainty)


def _heads(
    acquisition: FrameStack,
    heads: tuple[HeadCounts, ...],
    role: Role,
    direction: str,
    rules: SetRules,
) -> tuple[list[Measured], list[Note], list[Precondition]]:
    """Measure every head that shows lines; the other head looked on, or the image is a wrong one."""
    pixel_mm = pixel_spacing_mm(acquisition, rules.pixel_spacing_mm)

    def measure(head: HeadCounts, _: LinePlaces) -> Measured:
        task = _with_field(rules.task, _cfov(acquisition, head, pixel_mm, rules))
        image = measure_lines(head.counts, pixel_mm, task)
        _refuse_other_lines(image, role, direction, task, both=rules.both_lines)
        return Measured(
            acquisition=acquisition,
            head=head,
            pixel_mm=pixel_mm,
            image=image,
            modulation=modulation_of(image, taper=rules.taper),
        )

    return shown_by_heads(
        heads,
        lambda head: find_lines(head.counts),
        measure,
        code="HEAD_WITHOUT_LINES",
        clause=rules.asked.clause,
        direction=direction,
    )


def _refuse_other_lines(
    image: LineImage, role: Role, direction: str, task: LineTask, *, both: bool
) -> None:
    """Refuse lines that run the other way, and a single one where there have to be two."""
    if image.direction != direction:
        along = {"x": "Y", "y": "X"}[image.direction]
        raise UnsuitableAcquisitionError(
            f"the lines run along {along}, but are given as {role.name}",
            quantity="direction of the lines",
            value=along,
            bound=role.name,
        )
    if both and image.lines < 2:
        raise UnsuitableAcquisitionError(
            f"the image shows 1 line, needs 2 at {task.distance_mm:g} mm from each other",
            quantity="lines",
            value=1.0,
            bound=2.0,
        )


def _with_field(task: LineTask, field_mm: tuple[float, float] | None) -> LineTask:
    return LineTask(
        distance_mm=task.distance_mm,
        tolerance_mm=task.tolerance_mm,
        mm_per_pixel=task.mm_per_pixel,
        field_mm=field_mm,
        parabola=task.parabola,
        most_lines=task.most_lines,
    )


def _cfov(
    acquisition: FrameStack, head: HeadCounts, pixel_mm: tuple[float, float], rules: SetRules
) -> tuple[float, float] | None:
    """Return (height, width) of the CFOV: of the UFOV as declared, else as in the header."""
    if not rules.in_cfov:
        return None
    ufov_mm = rules.ufov_mm
    if ufov_mm is None:
        field, _ = declared_field(acquisition.detector(head.detector), head.counts.shape, pixel_mm)
        ufov_mm = None if field is None else (field.height_mm, field.width_mm)
    return None if ufov_mm is None else (CFOV_SCALE * ufov_mm[0], CFOV_SCALE * ufov_mm[1])


def _field_condition(
    acquisition: FrameStack, measured: Measured, rules: SetRules, scope: Scope
) -> Precondition:
    field_mm = _cfov(acquisition, measured.head, measured.pixel_mm, rules)
    return known(
        PreconditionCode.UFOV,
        "central field of view",
        None if field_mm is None else f"{field_mm[1]:.0f} x {field_mm[0]:.0f} mm",
        severity=Severity.SOFT,
        scope=scope,
        clause=rules.asked.clause,
        expected="a declared field of view; without one the whole length of the lines is measured",
    )


def _distance_condition(place: Place, rules: SetRules, scope: Scope) -> Precondition:
    """Check the distance; one that is not known voids where the text has several."""
    asked = rules.distances_mm
    if place.distance_mm < 0.0:
        return known(
            PreconditionCode.GEOMETRY,
            "distance of the source from the collimator",
            None,
            severity=Severity.HARD if len(asked) > 1 else Severity.SOFT,
            scope=scope,
            clause=rules.asked.clause,
            unit="mm",
            expected=" or ".join(f"{d:g}" for d in asked) + " mm",
        )
    nearest = min(asked, key=lambda d: abs(d - place.distance_mm))
    return bounded(
        PreconditionCode.GEOMETRY,
        "distance of the source from the collimator",
        place.distance_mm,
        lower=nearest - rules.distance_tolerance_mm,
        upper=nearest + rules.distance_tolerance_mm,
        unit="mm",
        severity=Severity.HARD,
        scope=scope,
        clause=rules.asked.clause,
    )


def _distance_mm(acquisition: FrameStack, inputs: Inputs) -> float | None:
    """Return the distance of the source: from the name of the series, else as read by a person."""
    distance = acquisition.origin.number("distance_mm")
    if distance is None:
        in_cm = acquisition.origin.number("distance_cm")
        distance = None if in_cm is None else 10.0 * in_cm
    if distance is None and "distance_mm" in inputs.readings:
        distance = inputs.number("distance_mm")
    if distance is None or not 0.0 <= distance <= LARGEST_FACT:
        return None
    return distance


def _scatter(acquisition: FrameStack, inputs: Inputs) -> str:
    """Return ``with``, ``without``, or nothing when neither name nor person tells."""
    given: Mapping[str, object] = {name: reading.value for name, reading in inputs.readings.items()}
    told = acquisition.origin.text.get("scatter") or str(given.get("scatter", ""))
    return told if told in {"with", "without"} else ""
