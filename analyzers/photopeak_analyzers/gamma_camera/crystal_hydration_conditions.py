"""What a pair of floods beside the photopeak needs, and what voids its spots.

HARD: another nuclide, a collimator (its septa make a pattern), an overflow, an oblong pixel, a head that is
not known, lacks one of its floods or cannot be measured, an image that is no flood, two floods that are one or
were smoothed, a window far from the photopeak, counts in which no spot would stand out. SOFT: fewer counts, windows that overlap (they share counts), a uniformity correction that was
on or is not known, a UFOV that nobody declared.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from photopeak_analyzers.acquisition import CollimatorType, FrameStack
from photopeak_analyzers.common_parameters import CorrectionState
from photopeak_analyzers.conditions import bounded, graded
from photopeak_analyzers.contract import (
    Outcome,
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
)
from photopeak_analyzers.errors import AnalysisError
from photopeak_analyzers.frame_conditions import (
    collimator_is,
    detector_is_known,
    enough_counts,
    field_is_declared,
    no_overflow,
    pixel_is_square,
)
from photopeak_analyzers.gamma_camera.hydration_images import FloodPair, HalfPeak
from photopeak_analyzers.gamma_camera.hydration_spots import Asymmetry
from photopeak_analyzers.gamma_camera.uniformity_inputs import FieldSource
from photopeak_analyzers.numerics.smoothing import smooth
from photopeak_analyzers.source_conditions import ASIDE_PERCENT, Photopeaks, nuclide_is_one_of

FLAT_PERCENT, FLAT_SHARE = 25.0, 0.9
"""Both floods together are flat: this share of their pixels lies within so much of the median."""

BESIDE_PERCENT, FAR_PERCENT = 12.0, 15.0
"""Percent of the photopeak by which the centre of a window in one half of it may lie aside: farther away a
window collects scatter, or nothing of the photopeak, and its sign says nothing of the light."""

LITTLE_NOISE, NO_NOISE = 0.8, 0.5
"""Variance of the asymmetry over that of counting: less warns, and less voids."""

OVERLAP_KEV = 1.0
"""By which the windows may overlap: limits are written in whole keV."""


class Asked(Protocol):
    """Parameters that say what is asked of a pair."""

    @property
    def minimum_counts(self) -> float:
        """Per analysed pixel."""

    @property
    def invalid_below_counts(self) -> float:
        """Per analysed pixel."""

    @property
    def uniformity_correction(self) -> CorrectionState:
        """As stated by a person."""

    @property
    def ufov_must_be_known(self) -> bool:
        """Whether a UFOV taken from the image voids."""


def series_conditions(
    acquisitions: Sequence[FrameStack], nuclides: Photopeaks, clause: str
) -> list[Precondition]:
    """Check the nuclide of every acquisition."""
    return [nuclide_is_one_of(each, nuclides, clause) for each in acquisitions]


def unpaired(detector: int | None, halves: Sequence[HalfPeak], clause: str) -> Precondition:
    """Say that a head lacks one of its floods."""
    there = "below" if halves[0].offset_percent < 0.0 else "above"
    return bounded(
        PreconditionCode.FRAMES,
        f"floods beside the photopeak, all of them {there} it",
        float(len(halves)),
        lower=2.0,
        unit="1",
        severity=Severity.HARD,
        scope=Scope.of(detector=detector),
        clause=clause,
        expected="one below and one above the photopeak",
    )


def head_refused(reason: AnalysisError, detector: int | None, clause: str) -> Precondition:
    """Say of a head that it cannot be measured; the others are."""
    return Precondition(
        code=PreconditionCode.FRAMES,
        severity=Severity.HARD,
        outcome=Outcome.NOT_MET,
        scope=Scope.of(detector=detector),
        quantity=reason.quantity,
        value=reason.value,
        expected=str(reason),
        clause=clause,
    )


def pair_conditions(
    pair: FloodPair, found_in: Asymmetry, asked: Asked, clause: str
) -> list[Precondition]:
    """Check both floods of a head."""
    scope = pair.scope
    means = [float(each[pair.cfov].mean()) for each in pair.counts]
    found = [
        detector_is_known(pair.low.head.detector, scope=scope, clause=clause),
        pixel_is_square(pair.acquired_mm, scope=scope, clause=clause),
        enough_counts(
            f"mean counts per pixel of {pair.pixel_mm:.1f} mm in the weaker flood",
            min(means),
            asked=asked.minimum_counts,
            invalid_below=asked.invalid_below_counts,
            scope=scope,
            clause=clause,
        ),
        bounded(
            PreconditionCode.WINDOW,
            "overlap of the two windows",
            pair.low.window.upper_kev - pair.high.window.lower_kev,
            upper=OVERLAP_KEV,
            unit="keV",
            severity=Severity.SOFT,
            scope=scope,
            clause=clause,
        ),
        bounded(
            PreconditionCode.GEOMETRY,
            f"share of the pixels within {FLAT_PERCENT:g} % of the median of both floods",
            _flat_share(pair),
            lower=FLAT_SHARE,
            unit="1",
            severity=Severity.HARD,
            scope=scope,
            clause=clause,
            expected="a flood",
        ),
        graded(
            PreconditionCode.COUNTS,
            "variance of the asymmetry between neighbouring pixels, over that of counting",
            found_in.noise_ratio,
            soft=(LITTLE_NOISE, None),
            hard=(NO_NOISE, None),
            unit="1",
            scope=scope,
            clause=clause,
            expected="two floods as they were counted: not one twice, and not smoothed",
        ),
        _field(pair, asked, clause),
    ]
    for half in (pair.low, pair.high):
        acquisition = half.acquisition
        found += [
            graded(
                PreconditionCode.WINDOW,
                f"distance of energy window {half.window.number} from the photopeak",
                abs(half.offset_percent),
                soft=(ASIDE_PERCENT, BESIDE_PERCENT),
                hard=(ASIDE_PERCENT, FAR_PERCENT),
                unit="%",
                scope=scope,
                clause=clause,
                expected="a window in one half of the photopeak",
            ),
            collimator_is(
                CollimatorType.NONE,
                acquisition.detector(half.head.detector),
                scope=scope,
                clause=clause,
            ),
            no_overflow(acquisition, half.head.highest_pixel, scope=scope, clause=clause),
            _correction(acquisition, asked, scope, clause),
        ]
    return found


def _flat_share(pair: FloodPair) -> float:
    both = smooth(pair.counts.sum(axis=0).astype(np.float64), pair.ufov)[pair.ufov]
    median = float(np.median(both))
    return float(np.mean(np.abs(both - median) <= FLAT_PERCENT / 100.0 * median))


def _correction(acquisition: FrameStack, asked: Asked, scope: Scope, clause: str) -> Precondition:
    state = asked.uniformity_correction.stated
    if state is None and acquisition.corrections is not None:
        state = "on" if "UNIF" in acquisition.corrections else "off"
    outcome = Outcome.UNKNOWN
    if state is not None:
        outcome = Outcome.MET if state == "off" else Outcome.NOT_MET
    return Precondition(
        code=PreconditionCode.CORRECTION,
        severity=Severity.SOFT,
        outcome=outcome,
        scope=scope,
        quantity="uniformity correction",
        value=state,
        expected="off: its map belongs to the symmetric window",
        clause=clause,
    )


def _field(pair: FloodPair, asked: Asked, clause: str) -> Precondition:
    estimated = pair.chosen.source is FieldSource.ESTIMATED
    return field_is_declared(
        not estimated,
        str(pair.chosen.source),
        must=asked.ufov_must_be_known,
        scope=pair.scope,
        clause=clause,
    )
