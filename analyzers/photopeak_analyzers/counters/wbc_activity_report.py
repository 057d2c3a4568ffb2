"""What the tests that end in an activity of a person have in common: conditions, report, figures."""

from __future__ import annotations

from datetime import datetime

from photopeak_analyzers.conditions import known
from photopeak_analyzers.contract import (
    Inputs,
    Note,
    Outcome,
    Precondition,
    PreconditionCode,
    Reading,
    Scope,
    Severity,
)
from photopeak_analyzers.counters.wbc_figures import peak_figure, spectrum_figure
from photopeak_analyzers.counters.wbc_line_activity import LineActivity
from photopeak_analyzers.counters.wbc_readings import GEOMETRY, background_rate_of
from photopeak_analyzers.counters.wbc_spectra import WbcSpectrum
from photopeak_analyzers.counters.wbc_subject import AGE, HISTORY, PREPARED, SEX, STAFF, words_of
from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.figures import Figure, ReferenceLine, TableFigure
from photopeak_analyzers.shorthand import MetricRow

ACTIVITY_METRICS: tuple[MetricRow, ...] = (
    ("activity", "Bq", "A", "Activity", "放射性活度", 1),
    ("a_dt", "Bq", "A_DT", "Decision threshold", "判定阈(活度)", 1),
    ("a_dl", "Bq", "A_DL", "Detection limit", "探测下限(活度)", 1),
    ("n_dt", "{counts}", "N_DT", "Decision threshold in counts", "判定阈(计数)", 1),
    ("n_dl", "{counts}", "N_DL", "Detection limit in counts", "探测下限(计数)", 1),
    ("net_counts", "{counts}", "N", "Net counts less background", "净计数", 1),
    ("net_rate_cps", "{counts}/s", "n", "Net rate less background", "净计数率", 5),
    ("u_a_pct", "%", "u_A", "Uncertainty of type A", "A类相对标准不确定度", 2),
    ("u_a_printed_pct", "%", "u_A (C.2)", "Uncertainty of type A by net areas alone", "A类不确定度(按式C.2)", 2),
    ("u_b_pct", "%", "u_B", "Uncertainty of type B", "B类相对标准不确定度", 2),
    ("expanded_uncertainty_pct", "%", "U_rel", "Expanded uncertainty, k = 2", "扩展不确定度(k=2)", 2),
)  # fmt: skip

ACTIVITY_FIGURES = ("report", "spectrum", "peak", "uncertainty")


def moment_of(inputs: Inputs, reading: Reading) -> datetime | None:
    """Return a moment that was given, or None.

    Raises
    ------
    ParameterError
        If it has no zone.
    """
    words = words_of(inputs, reading)
    if words is None:
        return None
    try:
        moment = datetime.fromisoformat(words)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ParameterError(
            f"{reading.name} is {words[:40]}, needs a date with time and zone",
            quantity=reading.name,
        )
    return moment


def common_conditions(
    inputs: Inputs, background: WbcSpectrum | None, clause: str
) -> list[Precondition]:
    """Ask for a background, and for a subject that was made ready (6.1, 6.2)."""
    prepared = words_of(inputs, PREPARED)
    outcome = {"yes": Outcome.MET, "no": Outcome.NOT_MET}.get(prepared or "", Outcome.UNKNOWN)
    stated = background_rate_of(inputs)
    counted = None if background is None else float(background.counts.sum()) / background.live_s
    return [
        known(
            PreconditionCode.BACKGROUND,
            "background rate, of the line where no spectrum is given",
            counted if stated is None else stated.value,
            unit="{counts}/s",
            severity=Severity.SOFT,
            scope=Scope(),
            clause=clause,
        ),
        Precondition(
            code=PreconditionCode.GEOMETRY,
            severity=Severity.SOFT,
            outcome=outcome,
            quantity="metal objects taken off and no contamination of the surface",
            value=prepared,
            expected="yes",
            clause="WS/T 584-2017 6.1, 6.2",
        ),
    ]


def activity_notes(found: LineActivity) -> list[Note]:
    """Say where nothing was detected, and what the uncertainty is."""
    notes = [] if found.half_life is None else [found.half_life]
    if not found.detected:
        notes.append(
            Note(
                code="BELOW_DETECTION",
                message=f"the net counts do not exceed the decision threshold; reported as"
                f" {found.in_words()}",
                values={"a_dl": found.limit_bq},
            )
        )
    beside, energy = found.counts.beside_kev, found.efficiency.line.energy_kev
    if beside is not None:
        notes.append(
            Note(
                code="PEAK_BESIDE",
                message=f"there is no peak at {energy:g} keV but one at {beside:.2f} keV, too far off to be"
                " this line: another nuclide, or the energy calibration is to be done again",
                values={"energy_kev": energy, "peak_kev": round(beside, 2)},
            )
        )
    if {each.name for each in found.type_b} <= {"decay", "emission"}:
        notes.append(
            Note(
                code="NO_TYPE_B",
                message="no uncertainty of type B is given, neither of the efficiency nor in the table:"
                " the expanded uncertainty holds counting alone",
            )
        )
    return notes


def report_table(
    inputs: Inputs, given: WbcSpectrum, found: LineActivity, *, subject: str | None, exam: str
) -> TableFigure:
    """Return the report that clause 8 asks for."""
    line = found.efficiency.line
    start = given.acquisition.started_at or inputs.performed_at
    age = inputs.readings.get(AGE.name)
    rows: list[tuple[float | int | str | None, ...]] = [
        ("Number of the subject", subject),
        ("Sex", words_of(inputs, SEX)),
        ("Age (years)", None if age is None else inputs.number(AGE.name)),
        ("History of contamination", words_of(inputs, HISTORY)),
        ("Type of measurement", exam),
        ("Measured by", words_of(inputs, STAFF)),
        ("Measured at", None if start is None else start.isoformat()),
        ("Live time (s)", found.live_s),
        ("Geometry", words_of(inputs, GEOMETRY)),
        ("Nuclide", line.nuclide),
        ("Line (keV)", line.energy_kev),
        ("Activity", found.in_words()),
        ("Detection limit A_DL (Bq)", round(found.limit_bq, 3)),
    ]
    return TableFigure(
        name="report",
        title="Report; U is the expanded uncertainty with k = 2, about 95 %",
        columns=("item", "value"),
        rows=tuple(rows),
    )


def activity_figures(
    given: WbcSpectrum, found: LineActivity, report: TableFigure
) -> tuple[Figure, ...]:
    """Show the report, the spectrum, the peak with its baseline, and the budget."""
    energy = found.efficiency.line.energy_kev
    peak = found.counts.peak
    figures: list[Figure] = [
        report,
        spectrum_figure(
            given, marks=(ReferenceLine(label=f"{energy:g} keV", value=energy, axis="x"),)
        ),
        peak_figure(
            given,
            found.counts.window,
            None if peak is None else peak.group.fit,
            name="peak",
            title=f"Line of {energy:g} keV",
        ),
    ]
    budget = found.budget_figure()
    return (*figures, budget) if budget is not None else tuple(figures)
