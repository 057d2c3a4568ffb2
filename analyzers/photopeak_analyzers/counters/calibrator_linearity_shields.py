"""Linearity by shields of known attenuation."""

from __future__ import annotations

import math

import numpy as np

from photopeak_analyzers.contract import (
    Inputs,
    Note,
    Scope,
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
    relative_uncertainties,
)
from photopeak_analyzers.counters.calibrator_readings import (
    at_first,
    meter_readings,
)
from photopeak_analyzers.nuclide_table import HalfLife
from photopeak_analyzers.shorthand import measurements


def judge_shields(inputs: Inputs, life: HalfLife, parameters: LinearityParameters) -> Part:
    """Return how far readings in shields, times their factors, are off their mean."""
    found = Part()
    scope = Scope.of(method="shields")
    rows = inputs.rows(SHIELDS)
    read = meter_readings(rows, inputs)
    activities = at_first(read, life)
    relative = relative_uncertainties(read, life, parameters)
    open_well = activities[0]
    names = [row.text("shield") for row in rows]
    for name in dict.fromkeys(names):
        mine = [index for index, each in enumerate(names) if each == name]
        factor = open_well / float(np.mean([activities[index] for index in mine]))
        u = factor * math.hypot(relative[0], relative[mine[0]] / math.sqrt(len(mine)))
        found.measurements += measurements(
            Scope.of(method="shields", shield=name),
            [("shield_factor", factor, u if mine[0] else 0.0)],
        )
    found.preconditions += [
        time_condition(read, life, CLAUSE, scope),
        well_above_background(read, inputs, CLAUSE, scope),
    ]
    known = [index for index, row in enumerate(rows) if row.has("factor")]
    if not known:
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
            ("reduced_chi_square", fit.reduced_chi_square, None),
        ],
    )
    found.figures += [
        deviation_figure("shields", net, deviations),
        points_table(
            "shields",
            [
                (names[index], read[index].gross_mbq, read[index].mbq, deviation, "yes")
                for index, deviation in zip(known, deviations, strict=True)
            ],
        ),
    ]
    return found
