"""Sensitivity of a PET scanner at one place of the line source, with its budget of uncertainty.

``S = R_0 / A`` (JJF draft (3), (E.1)). The rate R_0 is uncertain by the regression of the sleeves, or by
counting and wall thickness as Annex E has it, whichever is more: the scatter of the points about the
line holds what the walls differ by among themselves, not what all of them have in common.
Background, clocks, half-life and activity add to it. Simulation repeats the whole evaluation with
all of these at once, the wall beside the scatter, so that its interval is wider by a little.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.activity import Source
from photopeak_analyzers.monte_carlo import Simulated, simulate
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.decay import LN2
from photopeak_analyzers.pet.sensitivity_budget import METER, clock, counting, wall
from photopeak_analyzers.pet.sleeve_readings import SleeveRun
from photopeak_analyzers.pet.sleeves import (
    Extrapolation,
    extrapolate,
    intercept_weights,
    slope_weights,
)
from photopeak_analyzers.propagation import Quantity
from photopeak_analyzers.uncertainty import Budget, Component, Distribution, Evaluation

Floats = NDArray[np.float64]

REGRESSION = "regression of the sleeves"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of source and sleeves.

    Attributes
    ----------
    source
        Net activity; its uncertainty is that of the readings alone.
    meter_percent
        Relative standard uncertainty of the activity meter; None when only the readings tell.
    clock_half_width_s, wall_half_width_mm, wall_mm, attenuation_per_mm
        Of the clocks, the accumulated wall and the metal.
    background
        Rate without the source; None when it was not measured.
    """

    source: Source
    meter_percent: float | None
    clock_half_width_s: float
    wall_half_width_mm: float
    wall_mm: float
    attenuation_per_mm: float
    background: Estimate | None

    @property
    def measured(self) -> bool:
        """Whether the uncertainty of the activity is known."""
        return self.source.measured or self.meter_percent is not None

    @property
    def activity_relative(self) -> float:
        """Relative standard uncertainty of the activity, readings and meter together."""
        return math.hypot(self._readings, (self.meter_percent or 0.0) / 100.0)

    @property
    def _readings(self) -> float:
        return self.source.mbq.relative if self.source.measured else 0.0

    def activity_components(self) -> tuple[Component, ...]:
        """Return what the activity adds, with the exponent -1."""
        named = (
            ("readings of the activity", self._readings),
            (METER, (self.meter_percent or 0.0) / 100.0),
        )
        return tuple(
            Component(
                name=name,
                standard=u,
                sensitivity=-1.0,
                value=self.source.mbq.value if name != METER else None,
                unit="MBq" if name != METER else "1",
            )
            for name, u in named
            if u > 0.0
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceSensitivity:
    """Counts/s/MBq with the source at one distance from the axis.

    Attributes
    ----------
    found
        The fit it rests on.
    budget
        Relative; without the activity where its uncertainty is not known.
    others
        Components that `budget` leaves out because what it has instead is more.
    simulated
        The same by simulation, in counts/s/MBq; None when the activity is not known.
    """

    runs: tuple[SleeveRun, ...]
    value: float
    found: Extrapolation
    budget: Budget
    others: tuple[Component, ...]
    simulated: Simulated | None

    @property
    def uncertainty(self) -> float | None:
        """Standard uncertainty in counts/s/MBq."""
        return None if self.simulated is None else self.value * self.budget.standard


def place_sensitivity(
    runs: Sequence[SleeveRun], known: Known, *, draws: int, seed: int
) -> PlaceSensitivity:
    """Return the sensitivity at one place.

    Raises
    ------
    UnsuitableAcquisitionError
        If nothing is left above the background.
    FitError
        If the sleeves do not determine a line.
    """
    found = _fit(runs, known, known.background.value if known.background else 0.0)
    value = found.rate.value / known.source.mbq.value
    rate, others = _rate_components(runs, found, known)
    middle_s = float(
        np.mean(
            [(run.start - known.source.at).total_seconds() + run.duration_s / 2 for run in runs]
        )
    )
    life = known.source.half_life
    common = [clock(known.clock_half_width_s, life.seconds)]
    if life.uncertainty_s is not None:
        share = life.uncertainty_s / life.seconds
        common.append(
            Component(
                name="half-life",
                standard=LN2 * abs(middle_s) / life.seconds * share,
                value=life.seconds,
                unit="s",
            )
        )
    if known.background is not None:
        common.append(_background_component(runs, known, known.background))
    return PlaceSensitivity(
        runs=tuple(runs),
        value=value,
        found=found,
        budget=Budget(components=(*rate, *common, *known.activity_components())),
        others=others,
        simulated=_simulated(runs, found, known, draws=draws, seed=seed)
        if known.measured
        else None,
    )


def _fit(runs: Sequence[SleeveRun], known: Known, background_cps: float) -> Extrapolation:
    return extrapolate(
        runs,
        known.source.at,
        known.source.half_life.seconds,
        wall_mm=known.wall_mm,
        background_cps=background_cps,
    )


def _rate_components(
    runs: Sequence[SleeveRun], found: Extrapolation, known: Known
) -> tuple[tuple[Component, ...], tuple[Component, ...]]:
    """Return what makes the extrapolated rate uncertain, and what that is more than."""
    fewest = int(np.argmax(found.uncertainties))
    listed = (
        counting(float(found.net[fewest]), runs[fewest].noise),
        wall(known.wall_half_width_mm, known.attenuation_per_mm),
    )
    fitted = (
        Component(
            name=REGRESSION,
            standard=found.rate.relative,
            evaluation=Evaluation.A,
            value=found.rate.value,
            unit="{counts}/s",
        ),
    )
    more = Budget(components=fitted).standard >= Budget(components=listed).standard
    return (fitted, listed) if more else (listed, fitted)


def _background_component(
    runs: Sequence[SleeveRun], known: Known, background: Estimate
) -> Component:
    """Return what the background adds, which all sleeves have in common."""
    step = background.uncertainty
    # Down alone: more background than counts would leave nothing to take a logarithm of.
    below, here = (_fit(runs, known, background.value - share * step) for share in (1.0, 0.0))
    return Component(
        name="background",
        standard=abs(below.line.intercept.value - here.line.intercept.value),
        evaluation=Evaluation.A,
        value=background.value,
        unit="{counts}/s",
    )


def _simulated(
    runs: Sequence[SleeveRun], found: Extrapolation, known: Known, *, draws: int, seed: int
) -> Simulated:
    """Repeat the evaluation with every input drawn from its distribution."""
    source, life = known.source, known.source.half_life
    after_s = np.array([(r.start - source.at).total_seconds() + r.duration_s / 2 for r in runs])
    duration_s = np.array([run.duration_s for run in runs])
    at_intercept, at_slope = intercept_weights(found), slope_weights(found)
    points = len(runs)
    inputs = [
        *(
            Quantity(name=f"net counts {index}", value=float(n), standard=float(n * u))
            for index, (n, u) in enumerate(
                zip(found.net, found.scatter * found.uncertainties, strict=True), 1
            )
        ),
        Quantity(
            name="background",
            value=0.0,
            standard=known.background.uncertainty if known.background else 0.0,
        ),
        _bounded("wall", known.wall_half_width_mm),
        _bounded("clock", known.clock_half_width_s),
        Quantity(
            name="half-life", value=life.seconds, standard=life.uncertainty_s or 0.0, unit="s"
        ),
        Quantity(
            name="activity",
            value=source.mbq.value,
            standard=source.mbq.value * known.activity_relative,
            unit="MBq",
        ),
    ]

    def model(x: Floats) -> Floats:
        background, wall_mm, clock_s, life_s, activity = x[points:]
        ratio = (x[:points] - np.outer(duration_s, background)) / found.net[:, None]
        decays = LN2 * ((after_s[:, None] + clock_s) / life_s - after_s[:, None] / life.seconds)
        # A draw of so few counts that nothing is left has no logarithm, and is reported as such.
        with np.errstate(invalid="ignore", divide="ignore"):
            log_rates = found.log_rates[:, None] + np.log(ratio) + decays
        log_rate = at_intercept @ log_rates - (at_slope @ log_rates) * wall_mm
        return np.asarray(np.exp(log_rate) / activity, dtype=np.float64)

    return simulate(model, inputs, draws=draws, seed=seed)


def _bounded(name: str, half_width: float) -> Quantity:
    distribution = Distribution.RECTANGULAR
    return Quantity(
        name=name,
        value=0.0,
        standard=half_width / distribution.divisor(),
        distribution=distribution,
    )
