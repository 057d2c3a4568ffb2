"""Activity of a nuclide in a person, by a spectrum of a whole-body counter.

WS/T 584-2017 6, 7.2, 8 and Annex C, D: see :mod:`~photopeak_analyzers.counters.wbc_line_activity` for the
numbers. The report has what clause 8 asks for; a result at or below the decision threshold is reported as
``<= A_DL``, and has no activity. Whether the efficiency is per decay or per photon has to be said: the
formulas of the standard have it both ways.

The subject is a number. One that looks like a name is neither shown nor repeated in a message.
"""

from __future__ import annotations

from dataclasses import dataclass

from photopeak_analyzers.acquisition import Spectrum
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Parameters,
    Reading,
    ReadingKind,
    Scope,
    Variant,
)
from photopeak_analyzers.counters.wbc_activity_report import (
    ACTIVITY_FIGURES,
    ACTIVITY_METRICS,
    activity_figures,
    activity_notes,
    common_conditions,
    moment_of,
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
    words_of,
)
from photopeak_analyzers.given import one
from photopeak_analyzers.shorthand import measurements, metrics

CLAUSE = "WS/T 584-2017 6, 7.2, 8, Annexes C and D"

SUBJECT = spectrum_role("subject", "Spectrum of the subject")
BACKGROUND = spectrum_role(
    "background",
    "Background of the empty chamber",
    "Or of a person or phantom without it.",
    minimum=0,
)
EXAM = Reading(
    name="exam_type",
    label="Type of measurement",
    label_zh="检查类型",
    unit="1",
    kind=ReadingKind.CHOICE,
    choices=("whole_body", "lung", "organ"),
)
REFERENCE = Reading(
    name="reference_time",
    label="Time that the activity refers to",
    label_zh="活度参考时间",
    unit="1",
    kind=ReadingKind.TIME,
    required=False,
    hint="The start of the count when empty.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WbcActivityParameters(Parameters):
    """Parameters of the limits."""

    k: float = quantile()


def measure(inputs: Inputs, parameters: WbcActivityParameters) -> Analysis:
    """Measure the activity and report it."""
    given = spectrum_of(one(inputs, SUBJECT, Spectrum), inputs)
    background = background_of(inputs, BACKGROUND)
    found = line_activity(
        inputs, given, background, k=parameters.k, reference=moment_of(inputs, REFERENCE)
    )
    line = found.efficiency.line
    scope = Scope.of(nuclide=line.nuclide, energy_kev=line.energy_kev)
    number, notes = subject_of(inputs)
    return Analysis(
        measurements=tuple(measurements(scope, found.rows())),
        preconditions=(
            *spectrum_conditions(given, CLAUSE, what="subject"),
            *common_conditions(inputs, background, CLAUSE),
        ),
        figures=activity_figures(
            given,
            found,
            report_table(
                inputs, given, found, subject=number, exam=words_of(inputs, EXAM) or "not told"
            ),
        ),
        notes=(*notes, found.efficiency.note(), *activity_notes(found)),
    )


ANALYZER = Analyzer(
    id="wbc_activity",
    title="Activity in the body",
    title_zh="体内放射性活度",
    version="1",
    variants=(Variant(name="wst584", title="WS/T 584-2017", clause=CLAUSE),),
    roles=(SUBJECT, BACKGROUND),
    readings=(
        DETECTOR_TYPE, NUCLIDE, ENERGY, EFFICIENCY, basis_reading(), EMISSION, GEOMETRY, EXAM, SUBJECT_ID,
        SEX, AGE, HISTORY, STAFF, PREPARED, REFERENCE, COMPONENTS, BACKGROUND_RATE, OFFSET, GAIN,
    ),
    metrics=metrics(CLAUSE, *ACTIVITY_METRICS),
    parameters=WbcActivityParameters,
    measure=measure,
    figures=ACTIVITY_FIGURES,
    days=2,
)  # fmt: skip
"""The test, as registered. The background is often counted in the night before."""
