"""What figures of several rooms have in common: circles in slices, units of volumes, budgets as tables."""

from __future__ import annotations

import math
from types import MappingProxyType

import numpy as np

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.figures import Overlay, OverlayKind, TableFigure
from photopeak_analyzers.uncertainty import COVERAGE_FACTOR, Budget

CIRCLE_POINTS = 72

_UCUM = MappingProxyType({"BQML": "Bq/mL", "CNTS": "{counts}", "GML": "g/mL", "HU": "[hnsf'U]"})
"""UCUM for those units of DICOM that have any."""


def unit_of_values(volume: Volume) -> str:
    """Return the unit of the physical values of a volume; ``1`` where there is none that is known."""
    return _UCUM.get(volume.units, "1")


def circle_overlay(
    centre: tuple[float, float],
    radius_mm: float,
    pixel_mm: tuple[float, float],
    label: str,
    kind: OverlayKind = OverlayKind.REGION,
    points: int = CIRCLE_POINTS,
) -> Overlay:
    """Return a circle as an outline in pixels."""
    angles = np.linspace(0.0, 2.0 * math.pi, points, endpoint=False)
    return Overlay(
        kind=kind,
        label=label,
        points=tuple(
            (
                centre[0] + radius_mm / pixel_mm[0] * math.sin(angle),
                centre[1] + radius_mm / pixel_mm[1] * math.cos(angle),
            )
            for angle in angles.tolist()
        ),
    )


def budget_table(budget: Budget, measured: bool, title: str, name: str = "budget") -> TableFigure:
    """Show what an uncertainty consists of."""
    rows: list[tuple[float | int | str | None, ...]] = [
        (c.name, str(c.evaluation), 100.0 * c.contribution, 100.0 * budget.share(c.name))
        for c in budget.components
    ]
    total = 100.0 * budget.standard if measured else None
    expanded = None if total is None else COVERAGE_FACTOR * total
    rows += [("combined", None, total, None), ("expanded, k = 2", None, expanded, None)]
    return TableFigure(
        name=name,
        title=title,
        columns=("component", "type", "relative (%)", "share of the variance (%)"),
        rows=tuple(rows),
    )
