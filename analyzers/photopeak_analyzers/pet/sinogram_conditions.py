"""What sinograms of the daily source have to be like: counts, not full, the reference before."""

from __future__ import annotations

import numpy as np

from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import Precondition, PreconditionCode, Scope, Severity
from photopeak_analyzers.pet.daily_parameters import CLAUSE, DailyParameters
from photopeak_analyzers.pet.sinogram_comparison import Sums
from photopeak_analyzers.sinogram import Sinogram


def enough_counts(sums: Sums, parameters: DailyParameters, scope: Scope) -> Precondition:
    """Check, as a warning, the counts for each block, or for each angle where blocks are not known."""
    parts = parameters.blocks_per_ring or sums.image.shape[0]
    return bounded(
        PreconditionCode.COUNTS,
        "counts for each block of the ring",
        2.0 * sums.total / parts if parameters.blocks_per_ring else sums.total / parts,
        lower=parameters.minimum_block_counts,
        unit="{counts}",
        severity=Severity.SOFT,
        scope=scope,
        clause=CLAUSE,
    )


def counted_as_numbers(
    sinogram: Sinogram, sums: Sums, name: str, scope: Scope
) -> tuple[Precondition, ...]:
    """Check that no bin is full, and, as a warning, that bins hold counts and not parts of them.

    What was corrected or rebinned is no count any more, and its variance another one.
    """
    dtype = sinogram.counts.dtype
    whole = np.issubdtype(dtype, np.integer)
    parts = 0 if whole else sum(int(np.count_nonzero(p != np.rint(p))) for p in sinogram.counts)
    return (
        bounded(
            PreconditionCode.OVERFLOW,
            f"highest bin of the {name}",
            sums.highest,
            upper=float(np.iinfo(dtype).max) - 1.0 if whole else None,
            unit="{counts}",
            severity=Severity.HARD,
            scope=scope,
            clause=CLAUSE,
        ),
        bounded(
            PreconditionCode.CORRECTION,
            f"bins of the {name} that hold fractions of counts",
            float(parts),
            upper=0.0,
            unit="{bins}",
            severity=Severity.SOFT,
            scope=scope,
            clause=CLAUSE,
        ),
    )


def after_the_reference(sinogram: Sinogram, reference: Sinogram, scope: Scope) -> Precondition:
    """Check, as a warning, that the reference is the earlier of the two."""
    days = None
    if sinogram.started_at is not None and reference.started_at is not None:
        days = (sinogram.started_at - reference.started_at).total_seconds() / 86_400.0
    return bounded(
        PreconditionCode.TIME,
        "time from the reference to the sinogram",
        days,
        lower=0.0,
        unit="d",
        severity=Severity.SOFT,
        scope=scope,
        clause=CLAUSE,
    )
