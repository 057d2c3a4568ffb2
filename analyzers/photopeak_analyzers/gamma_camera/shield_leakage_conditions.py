"""What the texts ask of a measurement of shield leakage.

What voids (HARD): another nuclide or window, no collimator, an unknown head, no background, too few
places, a duration that is not known, too few counts of a place (NEMA), a reference outside of 1 000 to
30 000 counts/s (NEMA), an overflow, and a place that counts more than the reference: two labels are
exchanged; and places of another nuclide, window or collimator than the reference. What warns (SOFT): short times (IEC), a reference at another distance, times that are not
known, a series so long that the decay matters.
"""

from __future__ import annotations

from dataclasses import dataclass

from photopeak_analyzers.acquisition import CollimatorType
from photopeak_analyzers.conditions import bounded, known
from photopeak_analyzers.contract import Outcome, Precondition, PreconditionCode, Scope, Severity
from photopeak_analyzers.frame_conditions import detector_is_known, no_overflow, rate_within
from photopeak_analyzers.gamma_camera.shield_leakage_counts import HeadLeaks, LeakCount
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.source_conditions import Photopeaks, nuclide_is_one_of, window_on_photopeak
from photopeak_analyzers.source_distance import named_distance_mm

DISTANCE_MM = 5.0
"""By which the distance of the reference may differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one text asks for.

    Attributes
    ----------
    nuclides
        None for whatever the camera is made for.
    places
        How many there have to be of each kind.
    reference_mm
        Distance of the reference from the collimator; None where the text takes the head instead.
    place_s, background_s
        Least times; the background in all.
    place_counts
        Least counts of a place.
    reference_cps
        Least and largest rate of the reference.
    longest_s
        Of the whole series.
    """

    clause: str
    nuclides: tuple[str, ...]
    places: tuple[tuple[str, int], ...]
    reference_mm: float | None
    place_s: float | None
    background_s: float
    place_counts: float | None
    reference_cps: tuple[float | None, float]
    longest_s: float | None


def conditions(
    leaks: HeadLeaks, shares: dict[int, Estimate], asked: Asked, nuclides: Photopeaks
) -> list[Precondition]:
    """Check everything that concerns one head."""
    scope, clause = leaks.head.scope, asked.clause
    reference = leaks.references[0]
    lower, upper = asked.reference_cps
    found = [
        detector_is_known(leaks.head.detector, scope=scope, clause=clause),
        _collimator(reference, scope, clause),
        rate_within(
            leaks.head.rate_cps,
            lower=lower,
            upper=upper,
            severity=Severity.HARD,
            unknown=Severity.HARD,
            scope=scope,
            clause=clause,
        ),
        bounded(
            PreconditionCode.BACKGROUND,
            "time of the background",
            leaks.background_s,
            lower=asked.background_s,
            unit="s",
            severity=Severity.HARD if leaks.background is None else Severity.SOFT,
            scope=scope,
            clause=clause,
        ),
        known(
            PreconditionCode.TIME,
            "times of all places",
            leaks.span_s,
            severity=Severity.SOFT,
            scope=scope,
            clause=clause,
            unit="s",
            expected="without a time nothing is corrected for the decay",
        ),
        bounded(
            PreconditionCode.GEOMETRY,
            "largest leakage",
            max((100.0 * share.value for share in shares.values()), default=None),
            upper=100.0,
            unit="%",
            severity=Severity.HARD,
            scope=scope,
            clause=clause,
            expected="less than the reference",
        ),
    ]
    if asked.longest_s is not None:
        found.append(
            bounded(
                PreconditionCode.TIME,
                "time of the whole series",
                leaks.span_s,
                upper=asked.longest_s,
                unit="s",
                severity=Severity.SOFT,
                scope=scope,
                clause=clause,
                expected="the decay is corrected for nevertheless",
            )
        )
    if asked.reference_mm is not None:
        distance = (
            None
            if reference.acquisition is None
            else named_distance_mm(reference.acquisition, leaks.head.detector)
        )
        found.append(
            bounded(
                PreconditionCode.GEOMETRY,
                "distance of the reference",
                distance,
                lower=asked.reference_mm - DISTANCE_MM,
                upper=asked.reference_mm + DISTANCE_MM,
                unit="mm",
                severity=Severity.SOFT,
                scope=scope,
                clause=clause,
            )
        )
    found += _alike(leaks, clause)
    for place, least in asked.places:
        found += _place(leaks, place, least, asked)
    for each in leaks.every:
        found += _image(each, asked, nuclides, scope)
    return found


def _alike(leaks: HeadLeaks, clause: str) -> list[Precondition]:
    """Check that nuclide, window and collimator are one for the reference and all places."""
    images = [(e.acquisition, e.head) for e in leaks.every]
    seen = [(a, h) for a, h in images if a is not None and h is not None]
    windows = [a.energy_window(h.energy_window) for a, h in seen]
    detectors = [a.detector(h.detector) for a, h in seen]
    facts = (
        (PreconditionCode.NUCLIDE, "nuclides", [a.nuclide for a, _ in seen]),
        (
            PreconditionCode.WINDOW,
            "energy windows",
            [f"{w.lower_kev:.1f} to {w.upper_kev:.1f} keV" for w in windows if w is not None],
        ),
        (
            PreconditionCode.COLLIMATOR,
            "collimators",
            [
                f"{d.collimator_type} {d.collimator_name}".strip()
                for d in detectors
                if d is not None and d.collimator_type is not None
            ],
        ),
    )
    found = []
    for code, quantity, values in facts:
        there = sorted({value for value in values if value})
        found.append(
            Precondition(
                code=code,
                severity=Severity.HARD,
                outcome=Outcome.MET if len(there) <= 1 else Outcome.NOT_MET,
                scope=leaks.head.scope,
                quantity=f"{quantity} of the reference and the places",
                value=", ".join(there) or None,
                expected="the same for all",
                clause=clause,
            )
        )
    return found


def _place(leaks: HeadLeaks, place: str, least: int, asked: Asked) -> list[Precondition]:
    mine = [each for each in leaks.leaks if each.place == place]
    scope = Scope.of(**dict(leaks.head.scope.items), source=place)
    durations = [each.duration_s for each in mine]
    there = [duration for duration in durations if duration]
    found = [
        bounded(
            PreconditionCode.SET,
            "places of the source",
            float(len(mine)),
            lower=float(least),
            unit="1",
            severity=Severity.HARD,
            scope=scope,
            clause=asked.clause,
        )
    ]
    if mine:
        found.append(
            bounded(
                PreconditionCode.DURATION,
                "shortest time at a place",
                min(there) if len(there) == len(mine) else None,
                lower=asked.place_s,
                unit="s",
                severity=Severity.SOFT if len(there) == len(mine) else Severity.HARD,
                scope=scope,
                clause=asked.clause,
            )
        )
    if mine and asked.place_counts is not None and place == asked.places[0][0]:
        found.append(
            bounded(
                PreconditionCode.COUNTS,
                "least counts of a place",
                min(each.counts for each in mine),
                lower=asked.place_counts,
                unit="{counts}",
                severity=Severity.HARD,
                scope=scope,
                clause=asked.clause,
            )
        )
    return found


def _image(each: LeakCount, asked: Asked, nuclides: Photopeaks, scope: Scope) -> list[Precondition]:
    if each.acquisition is None or each.head is None:
        return []
    return [
        nuclide_is_one_of(each.acquisition, nuclides, asked.clause),
        *window_on_photopeak(
            each.acquisition.energy_window(each.head.energy_window),
            each.acquisition.nuclide,
            nuclides,
            width_percent=None,
            strict=False,
            scope=scope,
            clause=asked.clause,
        ),
        no_overflow(each.acquisition, each.head.highest_pixel, scope=scope, clause=asked.clause),
    ]


def _collimator(reference: LeakCount, scope: Scope, clause: str) -> Precondition:
    """Check that there is a collimator: the leakage is that of the system."""
    head = None if reference.head is None else reference.head.detector
    detector = None if reference.acquisition is None else reference.acquisition.detector(head)
    kind = None if detector is None else detector.collimator_type
    told = kind is not None and kind is not CollimatorType.UNKNOWN
    bare = kind is CollimatorType.NONE
    name = "" if detector is None else detector.collimator_name
    return Precondition(
        code=PreconditionCode.COLLIMATOR,
        severity=Severity.HARD if bare else Severity.SOFT,
        outcome=Outcome.NOT_MET if bare else Outcome.MET if told else Outcome.UNKNOWN,
        scope=scope,
        quantity="collimator",
        value=f"{kind} {name}".strip() if told else None,
        expected="a collimator",
        clause=clause,
    )
