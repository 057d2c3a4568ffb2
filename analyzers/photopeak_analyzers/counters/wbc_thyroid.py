"""Radioiodine in the thyroid, by a detector before the neck.

WS/T 584-2017 6.7: the detector stands 10 cm from the surface of the neck and counts for 600 s; about 20 % of
the iodine are taken up with a normal function. The activity is that of
:mod:`~photopeak_analyzers.counters.wbc_line_activity`; divided by the uptake it is the iodine that was taken
in, as a check of plausibility that holds for a normal thyroid only.
"""

from __future__ import annotations

from dataclasses import dataclass

from photopeak_analyzers.acquisition import Spectrum
from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Outcome,
    Parameters,
    Precondition,
    PreconditionCode,
    Reading,
    Scope,
    Severity,
    Variant,
    parameter,
)
from photopeak_analyzers.counters.wbc_activity_report import (
    ACTIVITY_FIGURES,
    ACTIVITY_METRICS,
    activity_figures,
    activity_notes,
    common_conditions,
    report_table,
)
from photopeak_analyzers.counters.wbc_counts import background_of
from photopeak_analyzers.counters.wbc_line_activity import line_activity
from photopeak_analyzers.counters.wbc_readings import (
    BACKGROUND_RATE,
    COMPONENTS,
    EFFICIENCY,
    EMISSION,
    ENERGY,
    GEOMETRY,
    NUCLIDE,
    basis_reading,
    quantile,
)
from photopeak_analyzers.counters.wbc_spectra import (
    DETECTOR_TYPE,
    GAIN,
    OFFSET,
    WbcSpectrum,
    spectrum_conditions,
    spectrum_of,
    spectrum_role,
)
from photopeak_analyzers.counters.wbc_subject import (
    AGE,
    HISTORY,
    PREPARED,
    SEX,
    STAFF,
    SUBJECT_ID,
    subject_of,
)
from photopeak_analyzers.given import one
from photopeak_analyzers.shorthand import measurements, metrics

CLAUSE = "WS/T 584-2017 6.7"

DISTANCE_CM = 10.0
"""WS/T 584-2017 6.7."""

LIVE_S = 600.0
"""WS/T 584-2017 6.7."""

DISTANCE_TOLERANCE_CM = 0.5
"""Practice: 5 mm at 10 cm change the efficiency by about 8 %."""

THYROID = spectrum_role("thyroid", "Spectrum before the neck", "10 cm from the neck, 600 s.")
BACKGROUND = spectrum_role(
    "background", "Background", "Before a thigh, or of the empty chamber.", minimum=0
)
DISTANCE = Reading(
    name="distance_cm",
    label="Distance of the detector from the neck",
    label_zh="探测器到颈部表面距离",
    unit="cm",
    minimum=0.0,
    maximum=100.0,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WbcThyroidParameters(Parameters):
    """Parameters of the limits and of the uptake."""

    k: float = quantile()
    uptake: float = parameter(
        0.2,
        doc="share of the iodine that a thyroid of normal function takes up",
        clause=CLAUSE,
        minimum=0.01,
        maximum=1.0,
    )


def measure(inputs: Inputs, parameters: WbcThyroidParameters) -> Analysis:
    """Measure the activity of the thyroid."""
    given = spectrum_of(one(inputs, THYROID, Spectrum), inputs)
    background = background_of(inputs, BACKGROUND)
    found = line_activity(inputs, given, background, k=parameters.k, reference=None)
    line = found.efficiency.line
    scope = Scope.of(nuclide=line.nuclide, energy_kev=line.energy_kev)
    rows = found.rows()
    if found.detected:
        taken_in = found.activity_bq / parameters.uptake
        rows.append(("taken_in", taken_in, taken_in * found.budget.standard))
    number, notes = subject_of(inputs)
    return Analysis(
        measurements=tuple(measurements(scope, rows)),
        preconditions=(
            *spectrum_conditions(given, CLAUSE, what="thyroid"),
            *common_conditions(inputs, background, CLAUSE),
            *_conditions(inputs, given, line.nuclide),
        ),
        figures=activity_figures(
            given, found, report_table(inputs, given, found, subject=number, exam="thyroid")
        ),
        notes=(*notes, found.efficiency.note(), *activity_notes(found)),
    )


def _conditions(inputs: Inputs, given: WbcSpectrum, nuclide: str | None) -> list[Precondition]:
    return [
        bounded(
            PreconditionCode.GEOMETRY,
            "distance of the detector from the neck",
            inputs.number(DISTANCE.name),
            lower=DISTANCE_CM - DISTANCE_TOLERANCE_CM,
            upper=DISTANCE_CM + DISTANCE_TOLERANCE_CM,
            unit="cm",
            severity=Severity.SOFT,
            scope=Scope(),
            clause=CLAUSE,
        ),
        bounded(
            PreconditionCode.DURATION,
            "live time",
            given.live_s,
            lower=LIVE_S,
            unit="s",
            severity=Severity.SOFT,
            scope=Scope(),
            clause=CLAUSE,
        ),
        Precondition(
            code=PreconditionCode.NUCLIDE,
            severity=Severity.HARD,
            outcome=Outcome.MET if (nuclide or "").startswith("I-") else Outcome.NOT_MET,
            quantity="nuclide",
            value=nuclide,
            expected="an isotope of iodine",
            clause=CLAUSE,
        ),
    ]


ANALYZER = Analyzer(
    id="wbc_thyroid",
    title="Radioiodine in the thyroid",
    title_zh="甲状腺放射性碘测量",
    version="1",
    variants=(Variant(name="wst584", title="WS/T 584-2017", clause=CLAUSE),),
    roles=(THYROID, BACKGROUND),
    readings=(
        DETECTOR_TYPE, NUCLIDE, ENERGY, EFFICIENCY, basis_reading(), DISTANCE, SUBJECT_ID, EMISSION, GEOMETRY,
        SEX, AGE, HISTORY, STAFF, PREPARED, COMPONENTS, BACKGROUND_RATE, OFFSET, GAIN,
    ),
    metrics=metrics(
        CLAUSE,
        *ACTIVITY_METRICS,
        ("taken_in", "Bq", "A/0.2", "Iodine taken in, with a normal uptake", "估算摄入活度", 1),
    ),
    parameters=WbcThyroidParameters,
    measure=measure,
    figures=ACTIVITY_FIGURES,
    days=2,
)  # fmt: skip
"""The test, as registered. The background is often counted in the night before."""
