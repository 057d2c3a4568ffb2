"""Counts of a gamma counter, made from what its sources and its efficiency are."""

from __future__ import annotations

from typing import Any

import numpy as np

from photopeak_analyzers.nuclides import half_life
from photopeak_analyzers.numerics.decay import decay_factor, mean_decay
from support.calibrators import later

BACKGROUND_CPS = 0.5


def expected_counts(
    rate_cps: float,
    live_s: float,
    nuclide: str,
    elapsed_s: float = 0.0,
    background_cps: float = 0.0,
) -> float:
    """Return what a source of this net rate at time 0 gives in a count that begins later."""
    life = half_life(nuclide, "local").seconds
    decayed = decay_factor(elapsed_s, life) * mean_decay(live_s, life)
    return (rate_cps * decayed + background_cps) * live_s


def drawn(expected: float, rng: np.random.Generator | None) -> float:
    """Return Poisson counts; without a generator the expected ones."""
    return expected if rng is None else float(rng.poisson(expected))


def count(
    rate_cps: float,
    live_s: float,
    nuclide: str,
    elapsed_s: float = 0.0,
    *,
    background_cps: float = BACKGROUND_CPS,
    rng: np.random.Generator | None = None,
) -> tuple[Any, ...]:
    """Return a row (counts, live time, start)."""
    seen = expected_counts(rate_cps, live_s, nuclide, elapsed_s, background_cps)
    return drawn(seen, rng), live_s, later(elapsed_s)
