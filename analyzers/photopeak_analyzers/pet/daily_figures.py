"""Figures of a daily report: its items, its blocks, its planes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from photopeak_analyzers.figures import Curve, CurveFigure, Figure, TableFigure
from photopeak_analyzers.pet.daily_report import DailyReport
from photopeak_analyzers.pet.daily_sinogram import block_figure

_MOST_ROWS = 100


def report_figures(report: DailyReport) -> Iterator[Figure]:
    """Return the table of the items, and the maps that the report has."""
    yield _items(report)
    blocks = report.block_efficiency
    if blocks is not None:
        values = np.array(blocks.rows, dtype=np.float64)
        if values.mean() > 0.0:
            title = f"Efficiency of the blocks in % of their mean, rows {blocks.title}"
            yield block_figure("block_map", title, 100.0 * values / values.mean())
    if report.plane_profile:
        profile = np.array(report.plane_profile)
        yield CurveFigure(
            name="plane_profile",
            title="Efficiency of the image planes",
            x_label="Plane",
            x_unit="1",
            y_label="Deviation",
            y_unit="%",
            curves=(Curve(label="report", x=np.arange(1.0, profile.size + 1.0), y=profile),),
        )


def _items(report: DailyReport) -> TableFigure:
    words = {True: "passed", False: "failed", None: "not said"}
    rows: list[tuple[float | int | str | None, ...]] = [
        (i.name, i.value, i.unit, i.lower, i.upper, i.bound_unit, words[i.passed], i.fault)
        for i in report.items[:_MOST_ROWS]
    ]
    rows += [(name, None, "", None, None, "", "missing", "") for name in report.missing]
    rows += [(name, None, "", None, None, "", said, "") for name, said in report.remarks]
    return TableFigure(
        name="items",
        title=report.title,
        columns=("Item", "Value", "Unit", "Lower", "Upper", "Of", "Verdict", "Remark"),
        rows=tuple(rows),
    )
