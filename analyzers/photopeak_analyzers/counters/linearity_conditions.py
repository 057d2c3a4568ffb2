"""What has to hold of the points of a linearity, so that they tell one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from photopeak_analyzers.conditions import bounded, graded
from photopeak_analyzers.contract import Precondition, PreconditionCode, Scope, Severity
from photopeak_analyzers.counters.linearity_fit import LinearityFit
from photopeak_analyzers.counters.sample_conditions import signal_conditions
from photopeak_analyzers.counters.sample_readings import Counted
from photopeak_analyzers.nuclide_table import HalfLife
from photopeak_analyzers.numerics.counting import Estimate

LEAST_SPAN = 10.0
"""Largest over smallest activity. Practice."""

RESIDUAL_WARNS, RESIDUAL_VOIDS = 5.0, 25.0
"""Percent by which the farthest point may miss the model before it is no good, and no description."""

LARGEST_LOSS_PERCENT = 60.0
"""Share of the counts that no counter in use loses; a fit that says so was given another nuclide. Practice."""

HALF_LIFE_PERCENT = 3.0
HALF_LIFE_SIGMAS = 3.0
"""By how much the fitted half-life may be another, the larger of both."""


def linearity_conditions(
    counts: Sequence[Counted],
    net: Sequence[Estimate],
    background: Estimate | None,
    found: LinearityFit,
    half_life: Estimate | None,
    decaying: bool,
    life: HalfLife,
    minimum_counts: float,
    clause: str,
) -> tuple[Precondition, ...]:
    """Check counts, span, model and half-life."""
    checked = signal_conditions(counts, net, background, minimum_counts, clause)
    checked.append(
        bounded(
            PreconditionCode.RATE,
            "largest over smallest activity",
            float(found.shares.max() / found.shares.min()),
            lower=LEAST_SPAN,
            unit="1",
            severity=Severity.SOFT,
            scope=Scope(),
            clause=clause,
        )
    )
    checked.append(
        graded(
            PreconditionCode.RATE,
            "farthest point from the model",
            float(np.abs(found.residuals_percent).max()),
            soft=(None, RESIDUAL_WARNS),
            hard=(None, RESIDUAL_VOIDS),
            unit="%",
            scope=Scope(),
            clause=clause,
        )
    )
    lost = 100.0 * (1.0 - found.best.dead_time.observed(found.true_cps) / found.true_cps)
    checked.append(
        bounded(
            PreconditionCode.RATE,
            "largest loss by the model",
            float(lost.max()),
            upper=LARGEST_LOSS_PERCENT,
            unit="%",
            severity=Severity.HARD,
            scope=Scope(),
            clause=clause,
        )
    )
    if decaying:
        off = within = None
        if half_life is not None:
            percent = 100.0 / life.seconds
            off = percent * (half_life.value - life.seconds)
            within = max(HALF_LIFE_PERCENT, HALF_LIFE_SIGMAS * percent * half_life.uncertainty)
        checked.append(
            bounded(
                PreconditionCode.NUCLIDE,
                "fitted half-life against that of the nuclide",
                off,
                lower=None if within is None else -within,
                upper=within,
                unit="%",
                severity=Severity.SOFT,
                scope=Scope(),
                clause=clause,
                expected="" if half_life is not None else "points with small losses that tell it",
            )
        )
    return tuple(checked)
