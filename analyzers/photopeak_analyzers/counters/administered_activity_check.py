"""Administered against prescribed activity, administration by administration.

``100 (A / A_presc - 1)``, A what was in the syringe or capsule less what was left in it, each corrected
for decay to the moment of the administration. Medical Exposure Decree (Belgium, 2020) article 60: a
deviation above 10 % of the intended activity is reported. That rule judges what was measured; the
uncertainty (calibrator, last digit, clock, half-life) is given beside it.

Rows have a number or a pseudonym, never the name of a person.
"""

from __future__ import annotations

import numpy as np

from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Note,
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
    Variant,
)
from photopeak_analyzers.counters.administrations import (
    ADMINISTRATIONS,
    AdministeredParameters,
    Administration,
    administration,
    refuse_doubles,
)
from photopeak_analyzers.counters.calibrator_readings import (
    used_half_life,
)
from photopeak_analyzers.errors import MissingReadingError
from photopeak_analyzers.figures import Curve, CurveFigure, CurveStyle, ReferenceLine, TableFigure
from photopeak_analyzers.shorthand import measurements, metrics

CLAUSE = "Medical Exposure Decree (Belgium, 2020), article 60"

RULE_PERCENT = 10.0
"""Deviation from the intended activity above which it is reported. Article 60."""

LONGEST_S = 86_400.0
"""An activity is measured within a day of its administration, or a date is wrong. Practice."""

CLOCKS_S = 60.0
"""What comes later may seem so much earlier, by another clock; more, and times were swapped. Practice."""


def measure(inputs: Inputs, parameters: AdministeredParameters) -> Analysis:
    """Compare what was administered with what was prescribed."""
    rows = inputs.rows(ADMINISTRATIONS)
    if not rows:
        raise MissingReadingError("no administration is given", quantity=ADMINISTRATIONS.name)
    refuse_doubles(rows)
    found: list[Measurement] = []
    checked: list[Precondition] = []
    notes: dict[str, Note] = {}
    given = []
    for row in rows:
        life, note = used_half_life(row.text("nuclide"), inputs.variant)
        notes[row.text("nuclide")] = note
        one = administration(row, life, parameters)
        given.append(one)
        scope = Scope.of(administration=one.number, nuclide=one.nuclide)
        found += measurements(
            scope,
            [
                (
                    "administered_deviation_pct",
                    one.deviation_percent,
                    None
                    if parameters.activity_meter_percent is None
                    else 100.0 * one.administered.uncertainty / one.prescribed_mbq,
                ),
                ("administered_mbq", one.administered.value, None),
                ("prescribed_mbq", one.prescribed_mbq, None),
                ("residual_mbq", one.residual_mbq, None),
            ],
        )
        checked.append(_waited("time from measurement to administration", one.waited_s, scope))
        if one.left_s is not None:
            checked.append(_waited("time from administration to what was left", one.left_s, scope))
    off = [each.deviation_percent for each in given]
    beyond = sum(abs(each) > RULE_PERCENT for each in off)
    found += measurements(
        Scope(),
        [
            ("administrations", len(given), None),
            ("beyond_rule", beyond, None),
            ("mean_deviation_pct", float(np.mean(off)), None),
        ],
    )
    return Analysis(
        measurements=tuple(found),
        preconditions=tuple(checked),
        figures=(_chart(off), _table(given)),
        notes=(*notes.values(), *_remarks(parameters)),
    )


def _waited(quantity: str, seconds: float, scope: Scope) -> Precondition:
    return bounded(
        PreconditionCode.TIME,
        quantity,
        seconds,
        lower=-CLOCKS_S,
        upper=LONGEST_S,
        unit="s",
        severity=Severity.HARD,
        scope=scope,
        clause=CLAUSE,
    )


def _remarks(parameters: AdministeredParameters) -> list[Note]:
    if parameters.activity_meter_percent is not None:
        return []
    return [
        Note(
            code="METER_UNCERTAINTY_UNKNOWN",
            message="no uncertainty of the activity meter is given: the deviations have none",
        )
    ]


def _chart(off: list[float]) -> CurveFigure:
    return CurveFigure(
        name="deviations",
        title="Administered against prescribed",
        x_label="Administration",
        x_unit="1",
        y_label="Deviation",
        y_unit="%",
        curves=(
            Curve(
                label="administrations",
                x=np.arange(1.0, len(off) + 1.0),
                y=np.array(off),
                style=CurveStyle.POINTS,
            ),
        ),
        lines=(
            ReferenceLine(label=f"+{RULE_PERCENT:g} %", value=RULE_PERCENT),
            ReferenceLine(label="prescribed", value=0.0),
            ReferenceLine(label=f"-{RULE_PERCENT:g} %", value=-RULE_PERCENT),
        ),
    )


def _table(given: list[Administration]) -> TableFigure:
    return TableFigure(
        name="administrations",
        title="Administrations",
        columns=(
            "number", "nuclide", "prescribed (MBq)", "administered (MBq)", "left behind (MBq)",
            "deviation (%)", "to be reported"
        ),
        rows=tuple(
            (
                each.number,
                each.nuclide,
                each.prescribed_mbq,
                each.administered.value,
                each.residual_mbq,
                each.deviation_percent,
                "yes" if abs(each.deviation_percent) > RULE_PERCENT else "no",
            )
            for each in given
        ),
    )  # fmt: skip


ANALYZER = Analyzer(
    id="administered_activity_check",
    title="Administered activity",
    title_zh="给药活度核查",
    version="1",
    variants=(Variant(name="local", title="Intended and administered activity", clause=CLAUSE),),
    roles=(),
    readings=(ADMINISTRATIONS,),
    metrics=metrics(
        CLAUSE,
        ("administered_deviation_pct", "%", "d", "Deviation from the prescribed activity", "与处方活度的偏差", 1),
        ("administered_mbq", "MBq", "A", "Administered activity", "实际给药活度", 1),
        ("prescribed_mbq", "MBq", "A_presc", "Prescribed activity", "处方活度", 1),
        ("residual_mbq", "MBq", "A_res", "Activity left behind", "残留活度", 2),
        ("administrations", "1", "n", "Administrations", "给药次数", 0),
        ("beyond_rule", "1", "n_10", "Deviations above 10 %", "偏差超过10%的次数", 0),
        ("mean_deviation_pct", "%", "d_mean", "Mean deviation", "平均偏差", 2),
    ),
    parameters=AdministeredParameters,
    measure=measure,
    figures=("deviations", "administrations"),
)  # fmt: skip
"""The test, as registered."""
