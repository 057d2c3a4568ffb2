"""The counts of a line source in one aluminium sleeve after another, and what is left without any.

``ln R_j = ln R_0 - 2 mu X_j``: the photons of an annihilation cross the accumulated wall X twice in all,
so the logarithm of the rates, each corrected for decay to the time of the activity, falls along a
straight line whose value at X = 0 is that of a source without metal. JJF draft (PET/CT calibration)
7.2, (1) and (2); NEMA NU 2, sensitivity. The points are weighted by their counts, and mu is fitted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.decay import rate_at_reference
from photopeak_analyzers.numerics.regression import Line, fit_line
from photopeak_analyzers.pet.sleeve_readings import SleeveRun

PASSES = 2.0
"""Walls on the way of the two photons, in units of the accumulated thickness."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Extrapolation:
    """The straight line through the logarithms of the rates.

    Attributes
    ----------
    wall_mm
        Accumulated wall of each acquisition.
    log_rates, uncertainties
        Logarithm of the corrected rate of each, and its standard uncertainty by counting.
    net
        Net counts of each.
    line
        Over the wall that both photons cross: its slope is minus mu.
    """

    wall_mm: NDArray[np.float64]
    log_rates: NDArray[np.float64]
    uncertainties: NDArray[np.float64]
    net: NDArray[np.float64]
    line: Line

    @property
    def rate(self) -> Estimate:
        """Rate without attenuation at the time of the activity, in counts/s."""
        value = math.exp(self.line.intercept.value)
        return Estimate(value=value, uncertainty=value * self.line.intercept.uncertainty)

    @property
    def attenuation_per_mm(self) -> Estimate:
        """Fitted attenuation coefficient of the metal."""
        slope = self.line.slope
        return Estimate(value=-slope.value, uncertainty=slope.uncertainty)

    @property
    def scatter(self) -> float:
        """By how much the points scatter more than their counts tell; 1 when they do not."""
        return math.sqrt(max(self.line.fit.reduced_chi_square, 1.0))


def extrapolate(
    runs: Sequence[SleeveRun],
    at: datetime,
    half_life_s: float,
    *,
    wall_mm: float,
    background_cps: float = 0.0,
) -> Extrapolation:
    """Fit the rates over the accumulated wall.

    Parameters
    ----------
    at
        The moment that all rates are corrected to: that of the activity.
    wall_mm
        Wall of one sleeve.

    Raises
    ------
    UnsuitableAcquisitionError
        If nothing is left above the background.
    FitError
        If fewer than two numbers of sleeves are there.
    """
    net = np.array([run.net(background_cps) for run in runs])
    for run, counts in zip(runs, net, strict=True):
        if not counts > 0.0:
            raise UnsuitableAcquisitionError(
                f"with {run.sleeves} sleeves {counts:g} counts are left without randoms and"
                " background, needs more than 0",
                quantity="net counts",
                value=float(counts),
                bound=0.0,
            )
    rates = [
        rate_at_reference(
            float(counts), (run.start - at).total_seconds(), run.duration_s, half_life_s
        )
        for run, counts in zip(runs, net, strict=True)
    ]
    wall = wall_mm * np.array([run.sleeves for run in runs], dtype=np.float64)
    log_rates = np.log(np.array(rates))
    uncertainties = np.array([run.noise for run in runs]) / net
    return Extrapolation(
        wall_mm=wall,
        log_rates=log_rates,
        uncertainties=uncertainties,
        net=net,
        line=fit_line(PASSES * wall, log_rates, uncertainties),
    )


def intercept_weights(found: Extrapolation) -> NDArray[np.float64]:
    """Return by how much each logarithm goes into that of the extrapolated rate."""
    weight = 1.0 / found.uncertainties**2
    mean = np.average(found.wall_mm, weights=weight)
    away = found.wall_mm - mean
    return np.asarray(
        weight / weight.sum() - mean * weight * away / np.sum(weight * away**2), dtype=np.float64
    )


def slope_weights(found: Extrapolation) -> NDArray[np.float64]:
    """Return by how much each logarithm goes into the change per mm of wall."""
    weight = 1.0 / found.uncertainties**2
    away = found.wall_mm - np.average(found.wall_mm, weights=weight)
    return np.asarray(weight * away / np.sum(weight * away**2), dtype=np.float64)
