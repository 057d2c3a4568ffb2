"""What is seen of the sensitivity of a PET scanner: the fit, the sleeves, the budget, the axial course."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from photopeak_analyzers.budget_table import budget_table
from photopeak_analyzers.contract import Scope
from photopeak_analyzers.figures import (
    Curve,
    CurveFigure,
    CurveStyle,
    Figure,
    ReferenceLine,
    TableFigure,
)
from photopeak_analyzers.pet.sleeve_sensitivity import Known, PlaceSensitivity
from photopeak_analyzers.pet.sleeves import PASSES
from photopeak_analyzers.shorthand import as_suffix

DRAWN_POINTS = 50

FIGURES = ("fit", "sleeves", "budget", "axial_profile")
"""Names of the figures, the place behind them where it is not the middle."""


def place_figures(place: PlaceSensitivity, known: Known, scope: Scope) -> list[Figure]:
    """Show one place of the source."""
    suffix = as_suffix(scope)
    where = "".join(f", {value:g} mm off the axis" for _, value in scope.items)
    return [
        _fit_figure(place, "fit" + suffix, where),
        _sleeves_table(place, "sleeves" + suffix, where),
        budget_table(
            place.budget,
            name="budget" + suffix,
            title=f"Uncertainty of the sensitivity{where}"
            + ("" if known.measured else ", without that of the activity, which is not known"),
            simulated=place.simulated,
            others=place.others,
        ),
    ]


def axial_figure(profile: Sequence[tuple[float, float]], mean: float) -> CurveFigure:
    """Show the sensitivity by slice."""
    x, y = np.array(profile, dtype=np.float64).T
    return CurveFigure(
        name="axial_profile",
        title="Sensitivity by slice",
        x_label="slice",
        x_unit="1",
        y_label="sensitivity",
        y_unit="{counts}/s/MBq",
        curves=(Curve(label="slices", x=x, y=y, style=CurveStyle.STEP),),
        lines=(ReferenceLine(label="mean", value=mean),),
    )


def _fit_figure(place: PlaceSensitivity, name: str, where: str) -> CurveFigure:
    found, line = place.found, place.found.line
    wall = np.linspace(0.0, 1.05 * float(found.wall_mm.max()), DRAWN_POINTS)
    return CurveFigure(
        name=name,
        title=f"Rate by accumulated wall{where}",
        x_label="accumulated wall X",
        x_unit="mm",
        y_label="logarithm of the rate, ln R",
        y_unit="1",
        curves=(
            Curve(label="sleeves", x=found.wall_mm, y=found.log_rates, style=CurveStyle.POINTS),
            Curve(
                label="fit",
                x=wall,
                y=line.intercept.value + line.slope.value * PASSES * wall,
            ),
        ),
        lines=(
            ReferenceLine(
                label=f"without metal: {found.rate.value:.5g}/s", value=line.intercept.value
            ),
        ),
    )


def _sleeves_table(place: PlaceSensitivity, name: str, where: str) -> TableFigure:
    found = place.found
    points = zip(
        place.runs,
        found.wall_mm,
        found.net,
        found.log_rates,
        found.uncertainties,
        found.line.fit.residuals,
        strict=True,
    )
    return TableFigure(
        name=name,
        title=f"Acquisitions with the sleeves{where}",
        columns=(
            "sleeves",
            "wall (mm)",
            "start",
            "duration (s)",
            "true coincidences",
            "randoms (%)",
            "rate at the time of the activity (/s)",
            "uncertainty (%)",
            "off the line (%)",
        ),
        rows=tuple(
            (
                run.sleeves,
                float(wall),
                run.start.isoformat(timespec="seconds"),
                run.duration_s,
                float(net),
                run.randoms_percent,
                math.exp(log_rate),
                100.0 * float(u),
                100.0 * math.expm1(residual),
            )
            for run, wall, net, log_rate, u, residual in points
        ),
    )
