"""Results of several calibrators: each beside a reference, all beside each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.contract import Scope
from photopeak_analyzers.figures import Curve, CurveFigure, CurveStyle, ReferenceLine, TableFigure
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.uncertainty import COVERAGE_FACTOR

FIGURES = ("deviations", "results")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One result.

    Attributes
    ----------
    mbq, reference_mbq
        At the moment of the first result of the nuclide; no reference is None.
    relative, reference_relative
        Standard uncertainties.
    random
        The part of `relative` that is not the calibration: what two results of one calibrator differ by.
    stated
        Whether the result came with its uncertainty.
    """

    calibrator: str
    nuclide: str
    mbq: float
    relative: float
    random: float
    stated: bool
    reference_mbq: float | None
    reference_relative: float | None

    @property
    def scope(self) -> Scope:
        """What its numbers belong to."""
        return Scope.of(calibrator=self.calibrator, nuclide=self.nuclide)

    @property
    def deviation_percent(self) -> float | None:
        """Against the reference."""
        if self.reference_mbq is None:
            return None
        return 100.0 * (self.mbq - self.reference_mbq) / self.reference_mbq

    @property
    def deviation_uncertainty(self) -> float | None:
        """Standard uncertainty of the deviation, in %; None where one of the two has none."""
        if self.reference_mbq is None or self.reference_relative is None or not self.stated:
            return None
        ratio = self.mbq / self.reference_mbq
        return 100.0 * ratio * math.hypot(self.relative, self.reference_relative)

    @property
    def en(self) -> float | None:
        """``(x - x_ref) / sqrt(U**2 + U_ref**2)`` with k = 2."""
        if self.reference_mbq is None or self.reference_relative is None or not self.stated:
            return None
        both = math.hypot(
            COVERAGE_FACTOR * self.mbq * self.relative,
            COVERAGE_FACTOR * self.reference_mbq * self.reference_relative,
        )
        return (self.mbq - self.reference_mbq) / both if both > 0.0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How far calibrators are apart, in % of their mean."""

    range_percent: Estimate
    deviation_percent: float


def spread_of(group: Sequence[Compared], *, draws: int, seed: int) -> Spread | None:
    """Return the spread of the calibrators for one nuclide; None of a single one.

    The uncertainty of the range is that by which it would differ from one day to the next: the
    calibration of each calibrator is what the range shows, and not drawn.
    """
    if len(group) < 2:
        return None
    values = np.array([each.mbq for each in group])
    mean = float(values.mean())
    noise = np.array([each.random for each in group]) * values
    drawn = values + np.random.default_rng(seed).normal(0.0, 1.0, (draws, values.size)) * noise
    ranges = 100.0 * np.ptp(drawn, axis=1) / drawn.mean(axis=1)
    return Spread(
        range_percent=Estimate(
            value=100.0 * float(np.ptp(values)) / mean, uncertainty=float(ranges.std(ddof=1))
        ),
        deviation_percent=100.0 * float(values.std(ddof=1)) / mean,
    )


def en_figure(compared: Sequence[Compared]) -> CurveFigure:
    """Draw the deviation of each result from its reference, else from the mean of its nuclide."""
    curves = []
    for nuclide in dict.fromkeys(each.nuclide for each in compared):
        group = [(n, each) for n, each in enumerate(compared, 1) if each.nuclide == nuclide]
        mean = float(np.mean([each.mbq for _, each in group]))
        against = [each.reference_mbq or mean for _, each in group]
        curves.append(
            Curve(
                label=nuclide,
                x=np.array([float(n) for n, _ in group]),
                y=np.array(
                    [
                        100.0 * (each.mbq / due - 1.0)
                        for (_, each), due in zip(group, against, strict=True)
                    ]
                ),
                style=CurveStyle.POINTS,
            )
        )
    return CurveFigure(
        name="deviations",
        title="Calibrators against the reference, or their mean where there is none",
        x_label="Result",
        x_unit="1",
        y_label="Deviation",
        y_unit="%",
        curves=tuple(curves),
        lines=(
            ReferenceLine(label="+5 %", value=5.0),
            ReferenceLine(label="reference or mean", value=0.0),
            ReferenceLine(label="-5 %", value=-5.0),
        ),
    )


def results_table(compared: Sequence[Compared]) -> TableFigure:
    """Show every result."""
    return TableFigure(
        name="results",
        title="Results",
        columns=(
            "result", "calibrator", "nuclide", "activity (MBq)", "U, k = 2 (%)", "reference (MBq)",
            "deviation (%)", "En"
        ),
        rows=tuple(
            (
                number,
                each.calibrator,
                each.nuclide,
                each.mbq,
                100.0 * COVERAGE_FACTOR * each.relative if each.stated else None,
                each.reference_mbq,
                each.deviation_percent,
                each.en,
            )
            for number, each in enumerate(compared, 1)
        ),
    )  # fmt: skip
