"""Pictures of the shield leakage."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from photopeak_analyzers.figures import (
    Curve,
    CurveFigure,
    CurveStyle,
    Figure,
    ReferenceLine,
    TableFigure,
)
from photopeak_analyzers.gamma_camera.shield_leakage_counts import PLACES, HeadLeaks
from photopeak_analyzers.numerics.counting import Estimate


def leakage_figures(leaks: HeadLeaks, shares: dict[int, Estimate], suffix: str) -> Sequence[Figure]:
    """Return the leakage by place, and every number."""
    curves, rows = [], []
    for place in PLACES:
        mine = [(n, s) for n, s in shares.items() if leaks.leaks[n].place == place]
        if mine:
            curves.append(
                Curve(
                    label=place,
                    x=np.arange(1.0, len(mine) + 1.0),
                    y=np.array([100.0 * share.value for _, share in mine]),
                    style=CurveStyle.POINTS,
                )
            )
        for count, (number, share) in enumerate(mine, 1):
            leak = leaks.leaks[number]
            rows.append(
                (
                    place,
                    count,
                    leak.label,
                    leak.counts,
                    leak.duration_s,
                    round(100.0 * share.value, 4),
                    round(100.0 * share.uncertainty, 4),
                )
            )
    table = TableFigure(
        name="table" + suffix,
        title="Leakage at every place of the source",
        columns=("Source", "Place", "Series", "Counts", "Time (s)", "Leakage (%)", "u (%)"),
        rows=tuple(rows),
    )
    if not curves:
        return (table,)
    return (
        CurveFigure(
            name="leakage" + suffix,
            title="Shield leakage by place",
            x_label="Place of the source",
            x_unit="1",
            y_label="Leakage",
            y_unit="%",
            curves=tuple(curves),
            lines=(ReferenceLine(label="no leakage", value=0.0),),
        ),
        table,
    )
