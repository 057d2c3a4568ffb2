"""Images of a source and of the background, in one region and in the same energy windows.

Windows belong together by their limits, because an object with other windows numbers them anew.
Backgrounds of several acquisitions are added. The region is a circle about the source as all its
windows together show it, and the same pixels of the background.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import EnergyWindow, FrameStack
from photopeak_analyzers.contract import Note, Scope
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.frames_by_head import HeadCounts, single_frames
from photopeak_analyzers.gamma_camera.imaging_detection_windows import Channel
from photopeak_analyzers.numerics.extended_source import ExtendedSource, extended_source
from photopeak_analyzers.numerics.regions import Region, circle, ring
from photopeak_analyzers.shorthand import in_words

SAME_LIMIT_KEV = 0.5
"""Limits of one window differ by less between two objects: they are written in whole keV."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Background:
    """The background of one head and window, all its acquisitions together."""

    counts: Floats
    duration_s: float
    highest_pixel: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeadImages:
    """One head: the source in each window that has a background, and the region.

    Attributes
    ----------
    picture
        All windows of the source together.
    outline
        The source in it, the background taken off.
    mask
        Pixels of the region.
    around
        Pixels of a ring about it, three times as large. It is not all of the image: beyond the field of
        the head nothing is counted.
    """

    detector: int | None
    acquisition: FrameStack
    pixel_mm: tuple[float, float]
    windows: tuple[HeadCounts, ...]
    backgrounds: tuple[Background, ...]
    picture: Floats
    outline: ExtendedSource
    region: Region
    mask: NDArray[np.bool_]
    around: NDArray[np.bool_]

    @property
    def scope(self) -> Scope:
        """The detector."""
        return Scope.of(detector=self.detector)

    @property
    def started_at(self) -> datetime:
        """Start of the image of the source.

        Raises
        ------
        UnsuitableAcquisitionError
            If the header does not tell: the activity of then is not known.
        """
        if self.acquisition.started_at is None:
            raise _untold("start", "the image of the source")
        return self.acquisition.started_at

    def channels(self) -> tuple[Channel, ...]:
        """Return what the region counted in each window.

        Raises
        ------
        UnsuitableAcquisitionError
            If the source has no duration.
        """
        found = []
        for head, background in zip(self.windows, self.backgrounds, strict=True):
            if head.duration_s is None:
                raise _untold("duration", head.subject)
            window = self.acquisition.energy_window(head.energy_window)
            found.append(
                Channel(
                    detector=self.detector,
                    windows=(head.energy_window,),
                    bounds_kev=() if window is None else ((window.lower_kev, window.upper_kev),),
                    source_counts=float(head.counts[self.mask].sum(dtype=np.float64)),
                    source_s=head.duration_s,
                    background_counts=float(background.counts[self.mask].sum()),
                    background_s=background.duration_s,
                )
            )
        return tuple(found)


def head_images(
    source: FrameStack,
    backgrounds: Sequence[FrameStack],
    *,
    pixel_mm: tuple[float, float],
    region_mm: float,
) -> tuple[tuple[HeadImages, ...], list[Note]]:
    """Return the heads of the source, and what was left out.

    Raises
    ------
    UnsuitableAcquisitionError
        If no window of a head has a background, the two have other matrices, or no head saw a source.
    """
    notes: list[Note] = []
    pairs: dict[int | None, list[tuple[HeadCounts, Background]]] = {}
    without = [(acquisition, single_frames(acquisition)) for acquisition in backgrounds]
    for head in single_frames(source):
        background = _background_of(source, head, without)
        if background is None:
            notes.append(
                Note(
                    code="NO_BACKGROUND",
                    message=f"{head.subject} has no background with the same limits",
                    scope=head.scope,
                )
            )
        else:
            pairs.setdefault(head.detector, []).append((head, background))
    if not pairs:
        raise UnsuitableAcquisitionError(
            "no energy window of the source has a background of the same head with the same limits",
            quantity="windows with a background",
            value=0,
            bound=1,
        )
    found = [_head(source, d, each, pixel_mm, region_mm) for d, each in pairs.items()]
    heads = tuple(head for head in found if head is not None)
    if not heads:
        raise UnsuitableAcquisitionError(
            "no head has more counts with the source than without",
            quantity="heads that see the source",
            value=0,
            bound=1,
        )
    notes += [
        Note(
            code="HEAD_WITHOUT_SOURCE",
            message=f"{in_words(Scope.of(detector=detector))} has no more counts with the source than"
            " without and is left out",
            scope=Scope.of(detector=detector),
        )
        for detector, head in zip(pairs, found, strict=True)
        if head is None
    ]
    return heads, notes


def _head(
    source: FrameStack,
    detector: int | None,
    pairs: Sequence[tuple[HeadCounts, Background]],
    pixel_mm: tuple[float, float],
    region_mm: float,
) -> HeadImages | None:
    """Return what a head saw; None when nowhere more than of the background."""
    picture = np.sum([head.counts.astype(np.float64) for head, _ in pairs], axis=0)
    below = np.sum(
        [each.counts * (head.duration_s or 0.0) / each.duration_s for head, each in pairs], axis=0
    )
    above = np.clip(picture - below, 0.0, None)
    if not above.any():
        return None
    outline = extended_source(above, pixel_mm)
    region = circle(picture.shape, outline.centre, region_mm / 2.0, pixel_mm)
    around = ring(picture.shape, outline.centre, region_mm / 2.0, region_mm, pixel_mm)
    return HeadImages(
        detector=detector,
        acquisition=source,
        pixel_mm=pixel_mm,
        windows=tuple(head for head, _ in pairs),
        backgrounds=tuple(background for _, background in pairs),
        picture=picture,
        outline=outline,
        region=region,
        mask=region.mask(picture.shape),
        around=around.mask(picture.shape),
    )


def _background_of(
    source: FrameStack,
    head: HeadCounts,
    backgrounds: Sequence[tuple[FrameStack, tuple[HeadCounts, ...]]],
) -> Background | None:
    wanted = source.energy_window(head.energy_window)
    found: list[HeadCounts] = []
    for acquisition, heads in backgrounds:
        for other in heads:
            if other.detector == head.detector and _same(
                wanted, acquisition.energy_window(other.energy_window), head, other
            ):
                _refuse_other_matrix(source, head, acquisition, other)
                if other.duration_s is None:
                    raise _untold("duration", f"the background of {other.subject}")
                found.append(other)
    if not found:
        return None
    return Background(
        counts=np.sum([each.counts.astype(np.float64) for each in found], axis=0),
        duration_s=sum(each.duration_s or 0.0 for each in found),
        highest_pixel=max(each.highest_pixel for each in found),
    )


def _same(
    one: EnergyWindow | None, other: EnergyWindow | None, head: HeadCounts, found: HeadCounts
) -> bool:
    if one is None or other is None:
        return one is other and head.energy_window == found.energy_window
    return (
        abs(one.lower_kev - other.lower_kev) <= SAME_LIMIT_KEV
        and abs(one.upper_kev - other.upper_kev) <= SAME_LIMIT_KEV
    )


def _refuse_other_matrix(
    source: FrameStack, head: HeadCounts, acquisition: FrameStack, other: HeadCounts
) -> None:
    """Refuse a background whose pixels are not those of the source."""
    spacings = (source.pixel_spacing_mm, acquisition.pixel_spacing_mm)
    same = all(
        math.isclose(one, two, rel_tol=0.01)
        for one, two in zip(spacings[0] or (), spacings[1] or (), strict=False)
    )
    if head.counts.shape != other.counts.shape or not same:
        sizes = [
            f"{counts.shape[1]} x {counts.shape[0]} pixels"
            + ("" if spacing is None else f" of {spacing[1]:g} mm")
            for counts, spacing in zip((head.counts, other.counts), spacings, strict=True)
        ]
        raise UnsuitableAcquisitionError(
            f"the source has {sizes[0]}, the background {sizes[1]}, needs the same",
            quantity="matrix of the background",
            value=sizes[1],
            bound=sizes[0],
        )


def _untold(what: str, subject: str) -> UnsuitableAcquisitionError:
    return UnsuitableAcquisitionError(f"{subject} has no {what}", quantity=what)
