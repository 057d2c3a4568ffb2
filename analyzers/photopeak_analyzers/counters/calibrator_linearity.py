"""Linearity of a radionuclide calibrator: one source from the highest activity in use to about 1 MBq.

Practice, by two ways. Decay: the readings of a source over days, ``ln A`` over time with the slope fixed
to ``-ln 2 / T_half`` of the table, weighted; the deviation of each reading from the fit. The half-life
that the readings have by themselves is given beside it: a longer one, with readings that rise at
the end, is an impurity that lives longer. Shields: readings in shields of known attenuation times
their factors, against their mean; without factors those that follow from the readings.

Readings below 20 times the background are shown and not judged. The largest deviation is no linear
function of the readings, its uncertainty is drawn from theirs (last digit, repeatability, clock,
shield, half-life); the noise floor is what a perfect instrument would show on average.
"""

from __future__ import annotations

from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Variant,
)
from photopeak_analyzers.counters.calibrator_linearity_decay import judge_decay
from photopeak_analyzers.counters.calibrator_linearity_figures import (
    FIGURES,
)
from photopeak_analyzers.counters.calibrator_linearity_readings import (
    CLAUSE,
    DECAY,
    HIGHEST,
    SHIELDS,
    LinearityParameters,
)
from photopeak_analyzers.counters.calibrator_linearity_shields import judge_shields
from photopeak_analyzers.counters.calibrator_readings import (
    BACKGROUND,
    nuclide_of,
    nuclide_reading,
    used_half_life,
)
from photopeak_analyzers.errors import MissingReadingError
from photopeak_analyzers.shorthand import metrics


def measure(inputs: Inputs, parameters: LinearityParameters) -> Analysis:
    """Judge the readings of each of the two ways that was gone."""
    if DECAY.name not in inputs.readings and SHIELDS.name not in inputs.readings:
        raise MissingReadingError(
            "neither readings of a decaying source nor readings in shields are given, needs one of"
            " them",
            quantity=f"{DECAY.name}, {SHIELDS.name}",
        )
    life, note = used_half_life(nuclide_of(inputs), inputs.variant)
    parts = []
    if DECAY.name in inputs.readings:
        parts.append(judge_decay(inputs, life, parameters))
    if SHIELDS.name in inputs.readings:
        parts.append(judge_shields(inputs, life, parameters))
    return Analysis(
        measurements=tuple(each for part in parts for each in part.measurements),
        preconditions=tuple(each for part in parts for each in part.preconditions),
        figures=tuple(each for part in parts for each in part.figures),
        notes=(note, *(each for part in parts for each in part.notes)),
    )


ANALYZER = Analyzer(
    id="calibrator_linearity",
    title="Linearity of the radionuclide calibrator",
    title_zh="活度计线性",
    version="1",
    variants=(Variant(name="local", title="Decay or shields", clause=CLAUSE),),
    roles=(),
    readings=(nuclide_reading(), DECAY, SHIELDS, BACKGROUND, HIGHEST),
    metrics=metrics(
        CLAUSE,
        ("linearity_max_dev_pct", "%", "d_max", "Largest deviation from proportionality", "线性最大偏差", 2),
        ("noise_floor_pct", "%", "d_0", "Largest deviation by noise alone", "噪声引起的最大偏差", 2),
        ("half_life_fit_h", "h", "T_fit", "Fitted half-life", "拟合半衰期", 4),
        ("half_life_deviation_pct", "%", "dT", "Fitted half-life against the table", "拟合半衰期与表值之差", 2),
        ("highest_mbq", "MBq", "A_max", "Highest activity", "最高活度", 1),
        ("lowest_mbq", "MBq", "A_min", "Lowest activity", "最低活度", 3),
        ("points", "1", "n", "Readings that are judged", "参与评价的读数", 0),
        ("excluded_points", "1", "n_0", "Readings below 20 times the background", "低于20倍本底的读数", 0),
        ("reduced_chi_square", "1", "chi^2/nu", "Reduced chi-square", "约化卡方", 2),
        ("shield_factor", "1", "f", "Attenuation factor of a shield", "屏蔽套衰减因子", 3),
    ),
    parameters=LinearityParameters,
    measure=measure,
    figures=FIGURES,
)  # fmt: skip
"""The test, as registered."""
