r"""Linearity of a gamma counter: net rates over activities, and its dead time.

Practice: a strong source of a short-lived nuclide counted again and again while it decays, or a series of
dilutions. Paralysable :math:`m = n e^{-n \tau}`, non-paralysable :math:`m = n / (1 + n \tau)` and both in line
are fitted; see :mod:`~photopeak_analyzers.counters.linearity_fit`. The deviation of a rate is that from
the straight line through 0 on which it would lie without losses. A counter that counts live time
has none; then what deviates is something else, and the dead time is 0 within its uncertainty.

Deviations above the largest rate in use are shown and do not count. The half-life is fitted to the
points with small losses, corrected for them: another one than that of the nuclide tells of an impurity, or of a wrong time.
The uncertainty of the largest deviation is drawn, that of the dead time holds the choice of the model; both
hold what the uncertainty of the half-life adds.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Note,
    Parameters,
    Scope,
    Variant,
    parameter,
)
from photopeak_analyzers.counters.calibrator_readings import (
    nuclide_of,
    nuclide_reading,
    used_half_life,
)
from photopeak_analyzers.counters.linearity_conditions import RESIDUAL_VOIDS, linearity_conditions
from photopeak_analyzers.counters.linearity_figures import FIGURES, linearity_figures
from photopeak_analyzers.counters.linearity_fit import (
    LinearityFit,
    fit_linearity,
    moved_by,
    rate_at_loss,
    scatter_of_largest,
)
from photopeak_analyzers.counters.linearity_points import POINTS, activities_of, elapsed_s
from photopeak_analyzers.counters.sample_readings import (
    BACKGROUND,
    background_of,
    counted,
    decayed,
    rows_of,
)
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.nuclide_table import HalfLife
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.decay import LN2, mean_decay
from photopeak_analyzers.numerics.regression import fit_line
from photopeak_analyzers.shorthand import NumberRow, measurements, metrics

CLAUSE = "practice: gamma counter, linearity and dead time"

SMALL_LOSS_PERCENT = 2.0
"""Loss up to which a point tells the half-life."""

LOSS = 0.05
"""Loss whose rate is given."""

SIGNIFICANT = 2.0
"""Standard uncertainties above which a dead time is one."""

MICRO = 1e6
HOUR_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearityParameters(Parameters):
    """What is asked of the points, and what is known of the dilutions."""

    minimum_counts: float = parameter(
        1000.0, doc="Counts of each point; fewer is a warning.", unit="{counts}",
        minimum=0.0, maximum=1e10,
    )  # fmt: skip
    dilution_percent: float = parameter(
        0.5,
        doc="Relative standard uncertainty of a dilution for which the table has none.",
        unit="%",
        minimum=0.0,
        maximum=20.0,
    )
    used_up_to_cps: float | None = parameter(
        None,
        doc="Largest net rate of measurements; deviations of faster points do not count.",
        unit="{counts}/s",
        minimum=1.0,
        maximum=1e9,
    )
    draws: int = parameter(
        100,
        doc="How often rates are drawn for the uncertainty of the largest deviation.",
        minimum=20,
        maximum=2000,
    )
    seed: int = parameter(68, doc="Seed of the draws.", minimum=0, maximum=2**31 - 1)


def measure(inputs: Inputs, parameters: LinearityParameters) -> Analysis:
    """Measure deviations and dead time."""
    nuclide = nuclide_of(inputs)
    life, note = used_half_life(nuclide, inputs.variant)
    rows = rows_of(inputs, POINTS)
    background = background_of(inputs)
    counts = counted(rows)
    net = [each.net(background) for each in counts]
    elapsed = elapsed_s(counts)
    activities, relative = activities_of(rows, parameters.dilution_percent)
    observed = np.array([each.value for each in net])
    if not (observed > 0.0).all():
        worst = int(observed.argmin())
        raise UnsuitableAcquisitionError(
            f"row {worst + 1} of {POINTS.name} has {observed[worst]:.4g} counts a second above the"
            " background, needs more than 0",
            quantity=f"net rate in row {worst + 1} of {POINTS.name}",
            value=float(observed[worst]),
            bound=0.0,
        )
    during = np.array([mean_decay(each.live_s, life.seconds) for each in counts])
    left = np.array([decayed(each, life) for each in elapsed])
    sigma = np.hypot([each.uncertainty for each in net], observed * relative)
    found = fit_linearity(activities * left * during, observed, sigma)
    used = np.ones(observed.size, dtype=bool)
    if parameters.used_up_to_cps is not None:
        used = observed <= parameters.used_up_to_cps
    if not used.any():
        raise UnsuitableAcquisitionError(
            f"the slowest point has {observed.min():.4g} counts a second, needs at most"
            f" {parameters.used_up_to_cps:g}",
            quantity="net rate",
            value=float(observed.min()),
            bound=parameters.used_up_to_cps,
        )
    longer = dataclasses.replace(life, seconds=life.seconds + (life.uncertainty_s or 0.0))
    later = np.array([decayed(each, longer) for each in elapsed])
    decaying = bool(np.ptp(activities) == 0.0)
    half_life = _half_life(found, elapsed, during) if decaying else None
    return Analysis(
        measurements=tuple(
            measurements(
                Scope(),
                _numbers(
                    found,
                    used,
                    half_life,
                    life,
                    moved_by(found, activities * later * during, used),
                    parameters,
                ),
            )
        ),
        preconditions=linearity_conditions(
            counts,
            net,
            background,
            found,
            half_life,
            decaying,
            life,
            parameters.minimum_counts,
            CLAUSE,
        ),
        figures=linearity_figures(found, counts, used),
        notes=(note, _model_note(found)),
    )


def _half_life(
    found: LinearityFit, elapsed: Sequence[float], during: NDArray[np.float64]
) -> Estimate | None:
    """Return the half-life that the points with small losses tell, in s; None where they do not."""
    kept = found.best.dead_time.observed(found.true_cps) / found.true_cps
    slow = 100.0 * (1.0 - kept) <= SMALL_LOSS_PERCENT
    at = np.array(elapsed)[slow]
    if np.unique(at).size < 3:
        return None
    rates = found.observed_cps[slow]
    line = fit_line(at, np.log(rates / (kept * during)[slow]), found.uncertainties[slow] / rates)
    slope = line.slope
    # A slope that is not known to a fifth tells no half-life: the points span too little of it.
    if not slope.value < -5.0 * slope.uncertainty:
        return None
    value = -LN2 / slope.value
    return Estimate(value=value, uncertainty=value * slope.relative)


def _numbers(
    found: LinearityFit,
    used: NDArray[np.bool_],
    half_life: Estimate | None,
    life: HalfLife,
    of_life: tuple[float, float],
    parameters: LinearityParameters,
) -> list[NumberRow]:
    deviations = np.where(used, np.abs(found.deviations_percent), -1.0)
    worst = int(deviations.argmax())
    tau = found.dead_time_s
    tau = dataclasses.replace(tau, uncertainty=math.hypot(tau.uncertainty, of_life[0]))
    farthest = float(np.abs(found.residuals_percent).max())
    # About a model that describes nothing there is nothing to draw.
    scatter = None
    if farthest <= RESIDUAL_VOIDS:
        drawn = scatter_of_largest(found, used, parameters.draws, parameters.seed)
        scatter = math.hypot(drawn, of_life[1])
    rows: list[NumberRow] = [
        ("linearity_max_dev_pct", float(deviations[worst]), scatter),
        ("max_dev_rate_cps", float(found.observed_cps[worst]), float(found.uncertainties[worst])),
        ("tau_us", MICRO * tau.value, MICRO * tau.uncertainty),
        ("largest_residual_pct", farthest, None),
        ("chi2_reduced", found.best.chi_square / found.best.degrees_of_freedom, None),
        ("largest_rate_cps", float(found.observed_cps.max()), None),
        ("points", found.shares.size, None),
    ]
    if tau.value > SIGNIFICANT * tau.uncertainty:
        rate = rate_at_loss(found.best.dead_time, LOSS)
        # To first order the rate of a small loss is the loss over the dead time.
        rows.append(("rate_at_5pct_loss_cps", rate, rate * tau.relative))
    if half_life is not None:
        rows += [
            ("half_life_fit_h", half_life.value / HOUR_S, half_life.uncertainty / HOUR_S),
            (
                "half_life_deviation_pct",
                100.0 * (half_life.value / life.seconds - 1.0),
                100.0 * half_life.uncertainty / life.seconds,
            ),
        ]
    return rows


def _model_note(found: LinearityFit) -> Note:
    model = str(found.best.model)
    words = model.replace("_", "-")
    return Note(
        code="DEAD_TIME_MODEL",
        message=f"dead time: {words} by the criterion of Akaike, of {len(found.fits)} models",
        values={"model": model, "models": len(found.fits)},
    )


ANALYZER = Analyzer(
    id="gamma_counter_linearity",
    title="Linearity and dead time of the gamma counter",
    title_zh="γ计数器线性与死时间",
    version="1",
    variants=(Variant(name="local", title="Decaying source or dilutions", clause=CLAUSE),),
    roles=(),
    readings=(nuclide_reading(), POINTS, BACKGROUND),
    metrics=metrics(
        CLAUSE,
        ("linearity_max_dev_pct", "%", "d_max", "Largest deviation from a straight line", "最大非线性偏差", 1),
        ("max_dev_rate_cps", "{counts}/s", "R(d_max)", "Net rate at that deviation", "最大偏差处净计数率", 0),
        ("tau_us", "us", "tau", "Dead time", "死时间", 2),
        ("rate_at_5pct_loss_cps", "{counts}/s", "R_5", "Observed rate at 5 % loss by the model", "模型计算损失5%时的计数率", 0),
        ("largest_residual_pct", "%", "r_max", "Farthest point from the model", "与模型的最大偏差", 2),
        ("chi2_reduced", "1", "chi^2/nu", "Chi-square per degree of freedom", "约化卡方", 2),
        ("half_life_fit_h", "h", "T_fit", "Fitted half-life", "拟合半衰期", 3),
        ("half_life_deviation_pct", "%", "dT", "Fitted half-life against that of the nuclide", "拟合半衰期偏差", 2),
        ("largest_rate_cps", "{counts}/s", "R_max", "Largest net rate", "最大净计数率", 0),
        ("points", "1", "n", "Points", "测量点数", 0),
    ),
    parameters=LinearityParameters,
    measure=measure,
    figures=FIGURES,
)  # fmt: skip
"""The test, as registered."""
