"""Linearity by the decay of a source."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Inputs,
    Note,
    PreconditionCode,
    Scope,
    Severity,
)
from photopeak_analyzers.counters.calibrator_conditions import (
    well_above_background,
)
from photopeak_analyzers.counters.calibrator_linearity_figures import (
    decay_figure,
    deviation_figure,
    points_table,
)
from photopeak_analyzers.counters.calibrator_linearity_fit import fitted_half_life, proportionality
from photopeak_analyzers.counters.calibrator_linearity_readings import (
    CLAUSE,
    HIGHEST,
    LinearityParameters,
    Part,
    elapsed_s,
    relative_uncertainties,
    split_decay,
)
from photopeak_analyzers.counters.calibrator_readings import (
    MeterReading,
    nuclide_of,
)
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.nuclide_table import HOUR_S, HalfLife
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.decay import LN2, decay_factor
from photopeak_analyzers.shorthand import measurements

FEWEST_HALF_LIVES = 2.0
"""Over less than a factor of four nothing is said about linearity. Practice."""

SIGNIFICANT = 3.0
"""Standard uncertainties beyond which a half-life is another one."""


def judge_decay(inputs: Inputs, life: HalfLife, parameters: LinearityParameters) -> Part:
    """Return how far the readings of a decaying source are off its decay."""
    found = Part()
    scope = Scope.of(method="decay")
    judged, excluded = split_decay(inputs)
    if not judged:
        raise UnsuitableAcquisitionError(
            "no reading of the decay is 20 times the background, needs at least 3",
            quantity="readings that can be judged",
            value=0,
            bound=3,
        )
    seconds = np.array(elapsed_s(judged, judged[0]))
    for after in elapsed_s([*judged, *excluded], judged[0]):
        # Refuses a wrong date: so many half-lives later nothing is left.
        decay_factor(after, life.seconds)
    logarithms = np.log([each.mbq for each in judged])
    relative = relative_uncertainties(judged, life, parameters)
    middle = float(np.average(seconds, weights=1.0 / relative**2))
    of_life = LN2 * (life.uncertainty_s or 0.0) / life.seconds**2
    fit = proportionality(
        logarithms + LN2 * seconds / life.seconds,
        relative,
        common=of_life * (seconds - middle),
        draws=parameters.draws,
        seed=parameters.seed,
    )
    own = fitted_half_life(seconds, logarithms, relative)
    off_percent = 100.0 * (own.value / life.seconds - 1.0)
    u_percent = 100.0 * own.uncertainty / life.seconds
    highest = max(each.mbq for each in judged)
    lowest = min(each.mbq for each in judged)
    found.measurements += measurements(
        scope,
        [
            (
                "linearity_max_dev_pct",
                fit.largest_percent.value,
                fit.largest_percent.uncertainty,
            ),
            ("noise_floor_pct", fit.floor_percent, None),
            ("half_life_fit_h", own.value / HOUR_S, own.uncertainty / HOUR_S),
            ("half_life_deviation_pct", off_percent, u_percent),
            ("highest_mbq", highest, None),
            ("lowest_mbq", lowest, None),
            ("points", len(judged), None),
            ("excluded_points", len(excluded), None),
            ("reduced_chi_square", fit.reduced_chi_square, None),
        ],
    )
    tolerance = parameters.half_life_tolerance_percent
    wanted = inputs.number(HIGHEST.name) if HIGHEST.name in inputs.readings else None
    found.preconditions += [
        bounded(
            PreconditionCode.NUCLIDE,
            "fitted half-life against that of the nuclide",
            off_percent,
            lower=-tolerance,
            upper=tolerance,
            unit="%",
            severity=Severity.HARD,
            scope=scope,
            clause=CLAUSE,
            expected=nuclide_of(inputs),
        ),
        bounded(
            PreconditionCode.DURATION,
            "half-lives that were followed",
            float(np.ptp(seconds)) / life.seconds,
            lower=FEWEST_HALF_LIVES,
            unit="1",
            severity=Severity.HARD,
            scope=scope,
            clause=CLAUSE,
        ),
        bounded(
            PreconditionCode.COUNTS,
            "lowest activity that was judged",
            lowest,
            upper=parameters.lowest_mbq,
            unit="MBq",
            severity=Severity.SOFT,
            scope=scope,
            clause=CLAUSE,
        ),
        bounded(
            PreconditionCode.RATE,
            "highest activity that was judged",
            None if wanted is None else highest,
            lower=wanted,
            unit="MBq",
            severity=Severity.SOFT,
            scope=scope,
            clause=CLAUSE,
            expected="the highest activity in use",
        ),
        well_above_background(judged, inputs, CLAUSE, scope),
    ]
    beyond = [
        (each, 100.0 * math.expm1(math.log(each.mbq) + LN2 * after / life.seconds - fit.logarithm))
        for each, after in zip(excluded, elapsed_s(excluded, judged[0]), strict=True)
    ]
    hours = seconds / HOUR_S
    deviations = fit.deviations_percent.tolist()
    found.figures += [
        deviation_figure(
            "decay",
            [each.mbq for each in judged],
            deviations,
            [(each.mbq, deviation) for each, deviation in beyond],
        ),
        decay_figure(judged, hours.tolist(), fit.logarithm, life.seconds / HOUR_S),
        points_table(
            "decay",
            [
                (_time(each), each.gross_mbq, each.mbq, deviation, word)
                for word, pairs in (
                    ("yes", zip(judged, deviations, strict=True)),
                    ("no, below 20 times the background", beyond),
                )
                for each, deviation in pairs
            ],
        ),
    ]
    found.notes += _remarks(own, life, deviations, excluded, scope)
    return found


def _remarks(
    own: Estimate,
    life: HalfLife,
    deviations: Sequence[float],
    excluded: Sequence[MeterReading],
    scope: Scope,
) -> list[Note]:
    notes = []
    longer = own.value - life.seconds > SIGNIFICANT * own.uncertainty
    if longer and deviations[-1] == max(deviations):
        notes.append(
            Note(
                code="LONG_LIVED_REST",
                message=f"the fitted half-life, {own.value / HOUR_S:.4g} h, is longer than"
                f" {life.seconds / HOUR_S:.4g} h and the last reading is the highest against the"
                f" fit ({deviations[-1]:+.2g} %): an impurity that lives longer, such as Mo-99 in"
                " Tc-99m, or a background that was not taken off",
                scope=scope,
                values={"half_life_fit_h": own.value / HOUR_S},
            )
        )
    if excluded:
        notes.append(
            Note(
                code="BELOW_BACKGROUND",
                message=f"{len(excluded)} readings below 20 times the background are not judged",
                scope=scope,
                values={"readings": len(excluded)},
            )
        )
    return notes


def _time(reading: MeterReading) -> str:
    return "" if reading.at is None else reading.at.isoformat(timespec="minutes")
