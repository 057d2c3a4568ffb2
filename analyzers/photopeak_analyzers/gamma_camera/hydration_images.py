"""Floods in the lower and in the upper half of a photopeak, found by where their windows lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Counts, EnergyWindow, FrameStack
from photopeak_analyzers.contract import Note, Scope
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.frames_by_head import HeadCounts, single_frames
from photopeak_analyzers.gamma_camera.field_parameters import FieldParameters
from photopeak_analyzers.gamma_camera.uniformity_inputs import ChosenField, choose_field
from photopeak_analyzers.given import pixel_spacing_mm
from photopeak_analyzers.numerics.binning import matrix_centre, nearest_factor, sum_blocks
from photopeak_analyzers.numerics.field_of_view import CFOV_SCALE
from photopeak_analyzers.shorthand import in_words
from photopeak_analyzers.source_conditions import (
    ASIDE_PERCENT,
    Photopeaks,
    nearest_line,
    offset_percent,
    photopeaks_of,
)

TARGET_MM, SMALLEST_MM, LARGEST_MM = 3.0, 2.0, 5.0
"""Analysed pixel: spots have 3 to 15 mm, and their counts must not get lost."""

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HalfPeak:
    """What one head counted in a window beside the photopeak."""

    acquisition: FrameStack
    head: HeadCounts
    window: EnergyWindow
    offset_percent: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FloodPair:
    """Both floods of a head.

    Attributes
    ----------
    low, high
        Below and above the photopeak.
    counts
        Of both in the analysed pixels, shape ``(2, rows, columns)``.
    pixel_mm
        Side of an analysed pixel.
    ufov, cfov
        Analysed pixels of either field, without those at the border of what is lit.
    """

    scope: Scope
    low: HalfPeak
    high: HalfPeak
    factor: int
    acquired_mm: tuple[float, float]
    pixel_mm: float
    counts: Counts
    chosen: ChosenField
    centre: tuple[float, float]
    ufov: Mask
    cfov: Mask


def half_peaks(
    acquisitions: Sequence[FrameStack], nuclides: Photopeaks
) -> tuple[dict[int | None, list[HalfPeak]], list[Note]]:
    """Return the floods beside the photopeak by head, and what was left out.

    Raises
    ------
    UnsuitableAcquisitionError
        If a head has two floods on one side: nobody knows which one is meant.
    """
    found: dict[int | None, list[HalfPeak]] = {}
    notes = []
    for acquisition in _distinct(acquisitions):
        for head in single_frames(acquisition):
            window = acquisition.energy_window(head.energy_window)
            if window is None:
                raise UnsuitableAcquisitionError(
                    f"{head.subject} does not say where its energy window lies",
                    quantity="energy window",
                )
            line = nearest_line(window, photopeaks_of(acquisition.nuclide, nuclides))
            offset = offset_percent(window, line)
            if abs(offset) < ASIDE_PERCENT:
                notes.append(
                    Note(
                        code="WINDOW_NOT_ANALYSED",
                        message=f"energy window {window.number} lies {offset:+.1f} % beside"
                        f" {line:g} keV, on the photopeak, and is left out",
                        scope=head.scope,
                    )
                )
                continue
            found.setdefault(head.detector, []).append(
                HalfPeak(acquisition=acquisition, head=head, window=window, offset_percent=offset)
            )
    for halves in found.values():
        _refuse_doubles(halves)
    return found, notes


def pair_of(
    detector: int | None,
    halves: Sequence[HalfPeak],
    parameters: FieldParameters,
    *,
    stated_pixel_mm: float | None,
    margin_mm: float,
) -> FloodPair | None:
    """Return both floods of a head in the analysed pixels; None when one is missing.

    Raises
    ------
    UnsuitableAcquisitionError
        If the two differ in their pixels, are empty, or no pixel from 2 to 5 mm can be made.
    """
    low = next((half for half in halves if half.offset_percent < 0.0), None)
    high = next((half for half in halves if half.offset_percent > 0.0), None)
    if low is None or high is None:
        return None
    scope = Scope.of(detector=detector)
    spacings = [pixel_spacing_mm(half.acquisition, stated_pixel_mm) for half in (low, high)]
    shapes = [half.head.counts.shape for half in (low, high)]
    if shapes[0] != shapes[1] or not np.allclose(spacings[0], spacings[1], rtol=1e-3):
        raise UnsuitableAcquisitionError(
            f"the two floods of {in_words(scope)} have {shapes[0]} and {shapes[1]} pixels of"
            f" {spacings[0][0]:g} and {spacings[1][0]:g} mm, needs equal ones",
            quantity="matrix",
        )
    for half in (low, high):
        if not half.head.total > 0.0:
            raise UnsuitableAcquisitionError(
                f"{half.head.subject} has no counts", quantity="counts", value=0.0, bound=1.0
            )
    acquired_mm = spacings[0]
    factor = nearest_factor(
        max(acquired_mm), target_mm=TARGET_MM, smallest_mm=SMALLEST_MM, largest_mm=LARGEST_MM
    )
    if factor is None:
        raise UnsuitableAcquisitionError(
            f"pixels of {max(acquired_mm):g} mm cannot be put together to {SMALLEST_MM:g} to"
            f" {LARGEST_MM:g} mm",
            quantity="side of a pixel",
            value=max(acquired_mm),
            bound=LARGEST_MM,
        )
    counts = np.stack([sum_blocks(half.head.counts, factor) for half in (low, high)])
    binned_mm = (acquired_mm[0] * factor, acquired_mm[1] * factor)
    centre = (matrix_centre(shapes[0][0], factor), matrix_centre(shapes[0][1], factor))
    both = counts.sum(axis=0)
    chosen = choose_field(
        parameters.configured_field(),
        low.acquisition.detector(detector),
        both,
        binned_mm,
        centre,
        scope,
    )
    field = chosen.field
    inner = field.scaled(max(1.0 - 2.0 * margin_mm / min(field.width_mm, field.height_mm), 0.5))
    shape = (both.shape[0], both.shape[1])
    return FloodPair(
        scope=scope,
        low=low,
        high=high,
        factor=factor,
        acquired_mm=acquired_mm,
        pixel_mm=max(binned_mm),
        counts=counts,
        chosen=chosen,
        centre=centre,
        ufov=inner.mask(shape, binned_mm, centre),
        cfov=field.scaled(CFOV_SCALE).mask(shape, binned_mm, centre),
    )


def _distinct(acquisitions: Sequence[FrameStack]) -> list[FrameStack]:
    """Return each acquisition once: one with both windows fills both roles."""
    kept: dict[object, FrameStack] = {}
    for each in acquisitions:
        kept.setdefault(each.origin.sop_instance_uids or id(each.counts), each)
    return list(kept.values())


def _refuse_doubles(halves: Sequence[HalfPeak]) -> None:
    for word, sign in (("below", -1.0), ("above", 1.0)):
        number = sum(half.offset_percent * sign > 0.0 for half in halves)
        if number > 1:
            raise UnsuitableAcquisitionError(
                f"{number} floods of {in_words(Scope.of(detector=halves[0].head.detector))} lie"
                f" {word} the photopeak, needs 1",
                quantity=f"floods {word} the photopeak",
                value=number,
                bound=1,
            )
