"""The images of a pixel size: every head that sees the sources, measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from photopeak_analyzers.acquisition import FrameStack
from photopeak_analyzers.contract import Note
from photopeak_analyzers.frames_by_head import HeadCounts, single_frames
from photopeak_analyzers.gamma_camera.source_pairs import (
    Found,
    PixelEstimate,
    find_sources,
    measure_pair,
)
from photopeak_analyzers.heads_alone import seen_by_heads


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """One image of one head."""

    head: HeadCounts
    header_mm: tuple[float, float]
    found: PixelEstimate

    @property
    def header_along_mm(self) -> float:
        """Side of a pixel along the measured axis, as in the header."""
        return self.header_mm[1] if self.found.direction == "x" else self.header_mm[0]


def measured_heads(
    acquisition: FrameStack,
    header_mm: tuple[float, float],
    distance_mm: Callable[[Found], float],
    tolerance_mm: float,
) -> tuple[list[Measured], list[Note]]:
    """Measure every head that sees the sources; another one looked on, or the image is a wrong one.

    Parameters
    ----------
    header_mm
        (row, column) spacing of the pixels.
    distance_mm, tolerance_mm
        Known distance of the sources that are found, and by how much it may be wrong.

    Raises
    ------
    UnsuitableAcquisitionError
        If no head sees sources that can be measured.
    """

    def measure(head: HeadCounts) -> Measured:
        found = find_sources(head.counts)
        pixel = measure_pair(
            head.counts,
            found,
            header_mm,
            distance_mm=distance_mm(found),
            tolerance_mm=tolerance_mm,
        )
        return Measured(head=head, header_mm=header_mm, found=pixel)

    seen, notes = seen_by_heads(single_frames(acquisition), measure, code="HEAD_WITHOUT_SOURCES")
    return [measured for _, measured in seen], notes
