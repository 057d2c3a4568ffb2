"""What several heads counted of one source: total, time, extent and circumstances of each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from photopeak_analyzers.acquisition import Detector, FrameStack
from photopeak_analyzers.contract import Inputs, Note, Role, Scope
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.frames_by_head import HeadCounts, head_counts, single_frames
from photopeak_analyzers.given import every, pixel_spacing_mm
from photopeak_analyzers.numerics.counting import Estimate, rate, uncertainty_of_counts
from photopeak_analyzers.numerics.decay import decay_factor, mean_decay
from photopeak_analyzers.shorthand import distinct
from photopeak_analyzers.source_conditions import on_a_photopeak, photopeaks
from photopeak_analyzers.source_distance import named_distance_mm


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeadImage:
    """What one head counted in one window.

    Attributes
    ----------
    started_at
        Start of its first frame; None when the header does not tell.
    angles_deg
        Of its views, sorted; empty when it did not turn.
    extent_mm
        Root mean square distance of the counts from their middle.
    background
        Its rate without the source.
    """

    acquisition: FrameStack
    head: HeadCounts
    pixel_mm: tuple[float, float]
    started_at: datetime | None
    angles_deg: tuple[float, ...]
    extent_mm: float
    background: Estimate | None

    @property
    def scope(self) -> Scope:
        """Detector and energy window."""
        return self.head.scope

    @property
    def detector(self) -> Detector | None:
        """What the header says of the head."""
        return self.acquisition.detector(self.head.detector)

    @property
    def distance_mm(self) -> float | None:
        """Distance of the source, or radius of the orbit; None when nothing tells."""
        named = named_distance_mm(self.acquisition, self.head.detector)
        if named is not None:
            return named
        radii = [
            frame.radial_position_mm
            for frame in self.acquisition.frames
            if frame.detector in (None, self.head.detector) and frame.radial_position_mm
        ]
        return sum(radii) / len(radii) if radii else None

    def net_rate(self, reference: datetime | None, half_life_s: float | None) -> Estimate | None:
        """Return the rate of the source at a moment; None without a duration.

        The background is taken off first. Without a half-life, or a start, nothing decays.
        """
        duration_s = self.head.duration_s
        if duration_s is None:
            return None
        gross = rate(self.head.total, duration_s)
        below = self.background or Estimate(value=0.0, uncertainty=0.0)
        factor = 1.0
        if half_life_s is not None and reference is not None and self.started_at is not None:
            elapsed_s = (self.started_at - reference).total_seconds()
            factor = decay_factor(elapsed_s, half_life_s) * mean_decay(duration_s, half_life_s)
        return Estimate(
            value=(gross.value - below.value) / factor,
            uncertainty=math.hypot(
                uncertainty_of_counts(self.head.total) / duration_s, below.uncertainty
            )
            / factor,
        )


def head_images(
    inputs: Inputs,
    role: Role,
    background: Role,
    *,
    nuclide: str | None,
    stated_pixel_mm: float | None,
) -> tuple[tuple[HeadImage, ...], list[Note]]:
    """Return the image of every head and window, and what was left out.

    Raises
    ------
    UnsuitableAcquisitionError
        If heads cannot be told apart, one has two images, or one counted nothing.
    """
    rates = {
        (head.detector, head.energy_window): rate(head.total, head.duration_s)
        for acquisition in every(inputs, background, FrameStack)
        for head in single_frames(acquisition)
        if head.duration_s is not None
    }
    images: dict[Scope, HeadImage] = {}
    notes: list[Note] = []
    for acquisition in every(inputs, role, FrameStack):
        pixel_mm = pixel_spacing_mm(acquisition, stated_pixel_mm)
        known = acquisition.nuclide or nuclide
        peaks = photopeaks((known,)) if known is not None else {}
        turns = any(frame.view is not None for frame in acquisition.frames)
        counted = head_counts(acquisition) if turns else single_frames(acquisition)
        heads, left_out = on_a_photopeak(acquisition, counted, peaks)
        notes += left_out
        for head in heads:
            _refuse(head, images)
            images[head.scope] = HeadImage(
                acquisition=acquisition,
                head=head,
                pixel_mm=pixel_mm,
                started_at=_start(acquisition, head),
                angles_deg=_angles(acquisition, head),
                extent_mm=_extent_mm(head, pixel_mm),
                background=rates.get((head.detector, head.energy_window)),
            )
    return tuple(images.values()), distinct(notes)


def _refuse(head: HeadCounts, images: dict[Scope, HeadImage]) -> None:
    if head.detector is None:
        raise UnsuitableAcquisitionError(
            "a frame does not say which head it is of: the heads cannot be told apart",
            quantity="detector",
        )
    if head.scope in images:
        raise UnsuitableAcquisitionError(
            f"two images are of {head.subject}, needs 1",
            quantity="images of one detector and energy window",
            value=2,
            bound=1,
        )
    if head.total <= 0.0:
        raise UnsuitableAcquisitionError(
            f"{head.subject} has no counts: it did not count at all",
            quantity="counts",
            value=head.total,
            bound=1.0,
        )


def _start(acquisition: FrameStack, head: HeadCounts) -> datetime | None:
    own = [
        frame.started_at
        for frame in acquisition.frames
        if frame.detector in (None, head.detector) and frame.started_at is not None
    ]
    return min(own) if own else acquisition.started_at


def _angles(acquisition: FrameStack, head: HeadCounts) -> tuple[float, ...]:
    return tuple(
        sorted(
            round(frame.angle_deg % 360.0, 3) % 360.0
            for frame in acquisition.frames
            if frame.detector in (None, head.detector)
            and frame.energy_window in (None, head.energy_window)
            and frame.angle_deg is not None
        )
    )


def _extent_mm(head: HeadCounts, pixel_mm: tuple[float, float]) -> float:
    variance = 0.0
    for axis, side in enumerate(pixel_mm):
        profile = head.counts.sum(axis=1 - axis, dtype=np.float64)
        places = np.arange(profile.size) * side
        middle = float(profile @ places) / head.total
        variance += float(profile @ (places - middle) ** 2) / head.total
    return math.sqrt(variance)
