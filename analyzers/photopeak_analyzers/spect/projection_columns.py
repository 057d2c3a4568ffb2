"""Columns of the summed projections that stand out: where a ring of the reconstruction comes from.

A spot of a head that is too hot or too cold stays at its column in all views, and becomes a ring whose
radius is its distance from the axis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.acquisition import Tomographic
from photopeak_analyzers.contract import Note, Scope
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.frames_by_head import HeadCounts, head_counts
from photopeak_analyzers.source_conditions import Photopeaks, on_a_photopeak
from photopeak_analyzers.spect.reconstruction import Floats

LIT = 0.5
"""Share of the highest row or column from which on it is lit."""

INNER = 0.8
"""Share of the lit columns that are judged: the wall of the cylinder is no spot."""

LEAST_COLUMNS = 9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Columns:
    """Summed columns of one head, each relative to its four neighbours.

    Attributes
    ----------
    offset_mm, deviation_pct
        Distance from the middle of the matrix and deviation of each judged column.
    uncertainty_pct
        Of the largest deviation, from counting.
    """

    head: HeadCounts
    offset_mm: Floats
    deviation_pct: Floats
    uncertainty_pct: float

    @property
    def scope(self) -> Scope:
        """Detector and energy window."""
        return self.head.scope

    @property
    def worst(self) -> int:
        """Index of the column with the largest deviation."""
        return int(np.abs(self.deviation_pct).argmax())


def columns_of(
    projections: Tomographic, pixel_mm: float, nuclides: Photopeaks
) -> tuple[tuple[Columns, ...], list[Note]]:
    """Return the columns of each head and energy window, and what was left out.

    Parameters
    ----------
    nuclides
        What the source may be: a window on none of its photopeaks collects scatter and is left out.

    Raises
    ------
    UnsuitableAcquisitionError
        If too few columns of every head show the cylinder.
    """
    heads, notes = on_a_photopeak(projections, head_counts(projections), nuclides)
    found = []
    refusals: list[UnsuitableAcquisitionError] = []
    for head in heads:
        try:
            found.append(_columns(head, pixel_mm))
        except UnsuitableAcquisitionError as refusal:
            refusals.append(refusal)
            notes.append(
                Note(
                    code="HEAD_WITHOUT_COLUMNS",
                    message=f"the projections of {head.subject} are left out: {refusal}",
                    scope=head.scope,
                )
            )
    if not found:
        raise refusals[0]
    return tuple(found), notes


def _columns(head: HeadCounts, pixel_mm: float) -> Columns:
    counts = np.asarray(head.counts, dtype=np.float64)
    rows = counts.sum(axis=1)
    lit_rows = np.flatnonzero(rows > LIT * rows.max())
    columns = counts[lit_rows].sum(axis=0)
    lit = np.flatnonzero(columns > LIT * columns.max())
    span = (1.0 - INNER) / 2.0 * (lit[-1] - lit[0] + 1) if lit.size else 0.0
    judged = lit[(lit >= lit[0] + span) & (lit <= lit[-1] - span)] if lit.size else lit
    if judged.size < LEAST_COLUMNS:
        raise UnsuitableAcquisitionError(
            f"{judged.size} columns of the projections show the cylinder, needs {LEAST_COLUMNS}",
            quantity="columns of the projections",
            value=int(judged.size),
            bound=LEAST_COLUMNS,
        )
    profile = columns[judged[0] : judged[-1] + 1]
    deviation = 100.0 * (profile / _expected(profile) - 1.0)
    worst = int(np.abs(deviation).argmax())
    return Columns(
        head=head,
        offset_mm=(np.arange(judged[0], judged[-1] + 1) - (counts.shape[1] - 1) / 2.0) * pixel_mm,
        deviation_pct=deviation,
        uncertainty_pct=100.0 / float(np.sqrt(profile[worst])),
    )


def _expected(profile: Floats) -> Floats:
    """Return what a column should hold: the median of itself and of two means of neighbours.

    The means are those of the two next columns and of the two after them, one to each side, so that
    the slope of a cylinder cancels. The outermost columns have no neighbours and are as expected.
    """
    expected = profile.copy()
    next_ones = (profile[1:-3] + profile[3:-1]) / 2.0
    after_them = (profile[:-4] + profile[4:]) / 2.0
    expected[2:-2] = np.median([profile[2:-2], next_ones, after_them], axis=0)
    return expected
