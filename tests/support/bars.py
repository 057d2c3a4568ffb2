"""Images of a bar phantom, short enough to say in a test what matters to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from photopeak_analyzers.acquisition import CollimatorType, Planar
from photopeak_analyzers.simulation.bars import BarPhantom
from photopeak_analyzers.simulation.planar import Matrix, still

MATRIX = Matrix(rows=512, columns=512, pixel_mm=1.0)
PHANTOM = BarPhantom(open_counts=80.0, side_mm=390.0)
"""6.1 million counts."""

WIDTHS = (3.5, 3.0, 2.5, 2.0)
START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


def bars(
    fwhm: float = 3.8,
    *,
    phantom: BarPhantom = PHANTOM,
    turned_over: bool = False,
    seed: int | None = None,
    heads: tuple[int, ...] = (1,),
    minute: int = 0,
    matrix: Matrix = MATRIX,
    **header: Any,
) -> Planar:
    """Return one image per head; without a seed the expected counts."""
    image = phantom.image(matrix, fwhm)
    if turned_over:
        image = image[:, ::-1]
    rng = None if seed is None else np.random.default_rng(seed)
    header.setdefault("collimator", CollimatorType.NONE)
    header.setdefault("duration_s", 600.0)
    return still(
        {(head, 1): image if rng is None else rng.poisson(image) for head in heads},
        matrix.pixel_mm,
        started_at=START + timedelta(minutes=minute),
        exact=rng is None,
        **header,
    )


def eight(
    fwhm: float = 3.8, *, phantom: BarPhantom = PHANTOM, seed: int = 1, **how: Any
) -> tuple[Planar, ...]:
    """Return the eight images of the standard: quarter turns, and the same turned over."""
    found = []
    for over in (False, True):
        for turns in range(4):
            index = 4 * over + turns
            turned = BarPhantom(
                widths_mm=phantom.widths_mm,
                side_mm=phantom.side_mm,
                open_counts=phantom.open_counts,
                quarter_turns=turns,
            )
            found.append(
                bars(
                    fwhm,
                    phantom=turned,
                    turned_over=over,
                    seed=seed + index,
                    minute=15 * index,
                    **how,
                )
            )
    return tuple(found)
