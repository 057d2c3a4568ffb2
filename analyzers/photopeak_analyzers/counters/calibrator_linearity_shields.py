"""Linearity by shields of known attenuation."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Inputs,
    Note,
    Precondition,
    PreconditionCode,
    Row,
    Scope,
    Severity,
)
from photopeak_analyzers.counters.calibrator_conditions import (
    time_condition,
    well_above_background,
)
from photopeak_analyzers.counters.calibrator_linearity_figures import (
    deviation_figure,
    points_table,
)
from photopeak_analyzers.counters.calibrator_linearity_fit import proportionality
from photopeak_analyzers.counters.calibrator_linearity_readings import (
    CLAUSE,
    SHIELDS,
    LinearityParameters,
    Part,
    above_background,
    relative_uncertainties,
)
from photopeak_analyzers.counters.calibrator_readings import (
    at_first,
    meter_readings,
)
from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.nuclide_table import HalfLife
from photopeak_analyzers.shorthand import measurements

SIGMAS = 3.0


def judge_shields(inputs: Inputs, life: HalfLife, parameters: LinearityParameters) -> Part:
    """Return how far readings in shields, times their factors, are off their mean."""
    found = Part()
    scope = Scope.of(method="shields")
    rows = inputs.rows(SHIELDS)
    read = meter_readings(rows, inputs)
    activities = at_first(read, life)
    relative = relative_uncertainties(read, life, parameters)
    names = [row.text("shield") for row in rows]
    without = [index for index, each in enumerate(names) if each == names[0]]
    _refuse_closed(rows, without)
    open_well = float(np.mean([activities[index] for index in without]))
    of_open = relative[0] / math.sqrt(len(without))
    weakest = math.inf
    for name in dict.fromkeys(names):
        mine = [index for index, each in enumerate(names) if each == name]
        factor = open_well / float(np.mean([activities[index] for index in mine]))
        u = factor * math.hypot(of_open, relative[mine[0]] / math.sqrt(len(mine)))
        if mine != without:
            weakest = min(weakest, factor + SIGMAS * u)
        found.measurements += measurements(
            Scope.of(method="shields", shield=name),
            [("shield_factor", factor, u if mine != without else 0.0)],
        )
    found.preconditions += [
        _attenuation(weakest, scope),
        time_condition(read, life, CLAUSE, scope),
    ]
    stated = [index for index, row in enumerate(rows) if row.has("factor")]
    known = [index for index in stated if above_background(read[index])]
    # Without factors nothing is judged, so that a reading too near to the background spoils one.
    near = [read[index] for index in known] if known else read
    found.preconditions.append(well_above_background(near, inputs, CLAUSE, scope))
    if not stated:
        found.notes.append(
            Note(
                code="FACTORS_FOUND",
                message="no shield has a factor: those that the readings give are factors for later"
                " tests and say nothing of the linearity",
                scope=scope,
            )
        )
        return found
    factors = np.array([rows[index].number("factor") for index in known])
    spread = np.where(factors > 1.0, parameters.shield_percent / 100.0, 0.0)
    fit = proportionality(
        np.log(factors * np.array(activities)[known]),
        np.hypot(relative[known], spread),
        draws=parameters.draws,
        seed=parameters.seed,
    )
    beyond = [
        (
            index,
            100.0
            * math.expm1(
                math.log(rows[index].number("factor") * activities[index]) - fit.logarithm
            ),
        )
        for index in stated
        if index not in known
    ]
    net = [read[index].mbq for index in known]
    deviations = fit.deviations_percent.tolist()
    found.measurements += measurements(
        scope,
        [
            ("linearity_max_dev_pct", fit.largest_percent.value, fit.largest_percent.uncertainty),
            ("noise_floor_pct", fit.floor_percent, None),
            ("highest_mbq", max(net), None),
            ("lowest_mbq", min(net), None),
            ("points", len(net), None),
            ("excluded_points", len(beyond), None),
            ("reduced_chi_square", fit.reduced_chi_square, None),
        ],
    )
    found.figures += [
        deviation_figure(
            "shields",
            net,
            deviations,
            [(read[index].mbq, deviation) for index, deviation in beyond],
        ),
        points_table(
            "shields",
            [
                (names[index], read[index].gross_mbq, read[index].mbq, deviation, word)
                for word, pairs in (
                    ("yes", zip(known, deviations, strict=True)),
                    ("no, below 20 times the background", beyond),
                )
                for index, deviation in pairs
            ],
        ),
    ]
    return found


def _refuse_closed(rows: Sequence[Row], without: Sequence[int]) -> None:
    """Refuse a first row that is no open well: all factors are against it."""
    for index in without:
        row = rows[index]
        if row.has("factor") and row.number("factor") != 1.0:
            raise ParameterError(
                f"factor in row {row.position} of {SHIELDS.name} is {row.number('factor'):g}, needs 1:"
                " the first row is the open well, and so are those of its name",
                quantity=f"factor in row {row.position} of {SHIELDS.name}",
                value=row.number("factor"),
                bound=1.0,
            )


def _attenuation(weakest: float, scope: Scope) -> Precondition:
    """Ask that no shield lets more through than the open well."""
    return bounded(
        PreconditionCode.SET,
        "smallest factor of a shield and three standard uncertainties",
        weakest if math.isfinite(weakest) else None,
        lower=1.0 if math.isfinite(weakest) else None,
        unit="1",
        severity=Severity.HARD,
        scope=scope,
        clause=CLAUSE,
        expected="the first reading without a shield",
    )
