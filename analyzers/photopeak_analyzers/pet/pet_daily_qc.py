"""Daily check of a PET scanner: the report of the maker, a sinogram against its reference, or both.

The report is read as it stands: its numbers become measurements, its own bounds stand beside them as
the manufacturer's, and its words decide about passed and failed. What is missing, not understood or
in another unit is a condition that is not met, so the whole never passes by what it does not say. A
report whose form is not known is refused with what was seen of it. Scanners whose reports have no form
that is known (GE, United Imaging) are entered by hand. A sinogram is compared with the one
taken after the last normalisation, both corrected for decay.

The numbers of a report come without uncertainty; those of a sinogram have that of counting. That the
daily check passes says nothing of the accuracy of concentrations.
"""

from __future__ import annotations

from collections.abc import Iterator

from photopeak_analyzers.acquisition import AcquisitionKind
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Note,
    Precondition,
    Role,
    Scope,
    Variant,
)
from photopeak_analyzers.document import Document
from photopeak_analyzers.errors import (
    IncompleteSetError,
    MissingReadingError,
    UnsuitableAcquisitionError,
)
from photopeak_analyzers.figures import Figure
from photopeak_analyzers.given import every
from photopeak_analyzers.pet.daily_by_hand import ITEMS, VERDICT, entered
from photopeak_analyzers.pet.daily_conditions import conditions, whole
from photopeak_analyzers.pet.daily_figures import report_figures
from photopeak_analyzers.pet.daily_parameters import CLAUSE, DailyParameters
from photopeak_analyzers.pet.daily_report import DailyItem, DailyReport, layout_of, layouts
from photopeak_analyzers.pet.daily_sinogram import examine
from photopeak_analyzers.pet.daily_source import phantom_numbers
from photopeak_analyzers.pet.report_words import titles_in
from photopeak_analyzers.shorthand import measurements, metrics
from photopeak_analyzers.sinogram import Sinogram
from photopeak_analyzers.stated_bounds import StatedBounds

REPORT = Role(
    name="report",
    kinds=frozenset({AcquisitionKind.DOCUMENT}),
    minimum=0,
    label="Report of the maker",
    hint="The daily report as XML or PDF, uploaded or sent.",
)
SINOGRAM = Role(
    name="sinogram",
    kinds=frozenset({AcquisitionKind.SINOGRAM}),
    minimum=0,
    label="Sinogram",
    hint="Prompts of the daily source, as Interfile.",
)
REFERENCE = Role(
    name="reference",
    kinds=frozenset({AcquisitionKind.SINOGRAM}),
    minimum=0,
    label="Reference sinogram",
    hint="The same source, taken right after the last normalisation.",
)


def measure(inputs: Inputs, parameters: DailyParameters) -> Analysis:
    """Read the report and compare the sinogram, whichever is there."""
    documents = every(inputs, REPORT, Document)
    sinograms = every(inputs, SINOGRAM, Sinogram)
    references = every(inputs, REFERENCE, Sinogram)
    by_hand = entered(inputs)
    if not (documents or sinograms or by_hand):
        if references:
            raise IncompleteSetError(
                "there is a reference and no sinogram to compare with it", quantity="sinogram"
            )
        raise MissingReadingError(
            "there is neither a report nor a sinogram, and nothing was entered by hand",
            quantity="report",
        )
    found: list[Measurement] = []
    checked: list[Precondition] = []
    figures: list[Figure] = []
    notes: list[Note] = []
    document = documents[0] if documents else None
    report = read_report(document) if document is not None else by_hand
    if report is not None:
        received = document.origin.text.get("received_at", "") if document is not None else ""
        found += _numbers(report)
        checked += conditions(report, received, parameters)
        if document is not None:
            checked.append(whole(document))
        figures += report_figures(report)
        notes += _notes(report)
        if document is not None and by_hand is not None:
            notes.append(
                Note(
                    code="READINGS_UNUSED", message="what was entered by hand stands in the report"
                )
            )
    if sinograms:
        part = examine(sinograms[0], references[0] if references else None, parameters)
        found += part.measurements
        checked += part.preconditions
        figures += part.figures
        notes += part.notes
    return Analysis(
        measurements=tuple(found),
        preconditions=tuple(checked),
        figures=tuple(figures),
        notes=tuple(notes),
    )


def read_report(document: Document) -> DailyReport:
    """Read a document as the report that it is.

    Raises
    ------
    UnsuitableAcquisitionError
        If its form is not known, or it has no items; the message says what was seen.
    """
    layout = layout_of(document)
    if layout is None:
        known = "; ".join(layout.title for layout in layouts())
        raise UnsuitableAcquisitionError(
            f"the document is no report that is known: seen {_seen(document)}; known are {known}",
            quantity="form of the report",
            value=_seen(document),
            bound=known,
        )
    report = layout.read(document)
    if not any(item.metric for item in report.items):
        raise UnsuitableAcquisitionError(
            f"the {layout.title} has no item that is known: seen {_seen(document)}",
            quantity="items",
            value=0.0,
            bound=1.0,
        )
    return report


def _seen(document: Document) -> str:
    """Describe a document without quoting it: there may be names of people in it."""
    if document.root is not None:
        names = ", ".join(dict.fromkeys(child.name[:32] for child in document.root.children[:8]))
        return f"XML with the root {document.root.name[:64]}" + (f" of {names}" if names else "")
    words = titles_in(document.text)
    said = f", with {', '.join(words)}" if words else ", none of the words of a daily report"
    return f"{document.pages or 0} pages, {len(document.text)} characters{said}"


def _numbers(report: DailyReport) -> Iterator[Measurement]:
    """Return the numbers of the items, each with the bounds that the report states for it."""
    maker = "philips" if report.maker == "philips" else None
    done = set()
    for item in report.items:
        if not item.metric or item.value is None or item.fault:
            continue
        scope = Scope.of(maker=maker, item=item.name if item.metric == "item_value" else None)
        if (item.metric, scope) in done:
            continue
        done.add((item.metric, scope))
        yield Measurement(
            metric=item.metric, scope=scope, value=item.value, bounds=_bounds(report, item)
        )
    failed = sum(item.passed is False for item in report.items)
    own = StatedBounds(upper=0.0, source=f"{report.title}: verdict of each item")
    yield Measurement(metric="items_failed", scope=Scope(), value=float(failed), bounds=own)
    passed = sum(item.passed is True for item in report.items)
    yield from measurements(Scope(), [("items_passed", float(passed), None)])
    if report.passed is not None:
        yield Measurement(
            metric="report_passed",
            scope=Scope(),
            value=float(report.passed),
            bounds=StatedBounds(lower=1.0, source=f"{report.title}: verdict of the whole"),
        )
    yield from phantom_numbers(report)
    if report.block_efficiency is not None:
        values = [value for row in report.block_efficiency.rows for value in row]
        mean = sum(values) / len(values)
        if mean > 0.0:
            yield from measurements(
                Scope.of(source="report"),
                [
                    ("block_efficiency_min_pct", 100.0 * min(values) / mean, None),
                    ("block_efficiency_max_pct", 100.0 * max(values) / mean, None),
                ],
            )


def _bounds(report: DailyReport, item: DailyItem) -> StatedBounds | None:
    if not item.bounds_apply:
        return None
    software = f", {report.software}" if report.software else ""
    return StatedBounds(
        lower=item.lower,
        upper=item.upper,
        source=f"{report.title}{software}: bounds of {item.name}",
    )


def _notes(report: DailyReport) -> Iterator[Note]:
    words = {True: "passed", False: "failed", None: "nothing that is understood"}[report.passed]
    yield Note(
        code="VERDICT",
        message=f"the {report.title} says {words} of the whole"
        + (f" («{report.said}»)" if report.said else ""),
        values={"maker": report.maker, "software": report.software, "said": report.said},
    )
    for item in report.items:
        if item.passed is False:
            yield Note(code="ITEM_FAILED", message=f"{item.name} failed («{item.said}»)")
        counted = item.metric.endswith("_n_out") and (item.value or 0.0) > 0.0
        if counted and item.passed:
            yield Note(
                code="OUT_OF_RANGE_AND_PASSED",
                message=f"{item.name} passed with {item.value:g} out of range",
            )


ANALYZER = Analyzer(
    id="pet_daily_qc",
    title="Daily check of a PET scanner",
    title_zh="PET每日质控",
    version="1",
    variants=(Variant(name="local", title="Daily check by the maker's report", clause=CLAUSE),),
    roles=(REPORT, SINOGRAM, REFERENCE),
    readings=(VERDICT, ITEMS),
    metrics=metrics(
        CLAUSE,
        ("report_passed", "1", "P", "Verdict of the report (1 passed, 0 failed)", "报告结论（1合格，0不合格）", 0),
        ("items_failed", "1", "n_f", "Items that failed", "不合格项目数", 0),
        ("items_passed", "1", "n_p", "Items that passed", "合格项目数", 0),
        ("block_noise_n_out", "{blocks}", "n", "Blocks out of range, noise", "噪声超限模块数", 0),
        ("block_efficiency_n_out", "{blocks}", "n", "Blocks out of range, efficiency", "效率超限模块数", 0),
        ("plane_efficiency_n_out", "{planes}", "n", "Planes out of range, efficiency", "效率超限层面数", 0),
        ("timing_offset_n_out", "{blocks}", "n", "Blocks out of range, timing offset", "时间偏移超限模块数", 0),
        ("timing_width_n_out", "{blocks}", "n", "Blocks out of range, timing width", "时间宽度超限模块数", 0),
        ("randoms_pct", "%", "R", "Measured randoms", "随机符合测量值", 1),
        ("scanner_efficiency", "{counts}.mL/s/Bq", "E", "Scanner efficiency", "系统效率", 2),
        ("scatter_ratio_pct", "%", "SR", "Scatter ratio", "散射比", 1),
        ("ecf", "Bq.s/{counts}", "ECF", "Calibration factor of the scanner (ECF)", "ECAT校准因子", 0),
        ("ta_fit_x_mm", "mm", "x", "Fit of the time alignment, x", "时间对准拟合 x", 2),
        ("ta_fit_y_mm", "mm", "y", "Fit of the time alignment, y", "时间对准拟合 y", 2),
        ("ta_residual_mm", "mm", "r", "Residual of the time alignment", "时间对准残差", 2),
        ("timing_resolution_ps", "ps", "dt", "Timing resolution", "时间分辨率", 0),
        ("energy_resolution_pct", "%", "dE/E", "Energy resolution", "能量分辨率", 1),
        ("energy_peak_kev", "keV", "E_p", "Energy peak", "能峰", 1),
        ("energy_centroid", "1", "c", "Energy centroid", "能量质心", 1),
        ("tilt_linearity", "1", "t", "Tilt, linearity", "倾斜（线性）", 2),
        ("item_value", "1", "v", "Item entered by hand", "手工录入项目", 3),
        ("calibration_factor", "1", "f", "Calibration factor of the phantom", "模体校准因子", 3),
        ("phantom_activity_mbq", "MBq", "A", "Activity of the phantom", "模体活度", 2),
        ("phantom_age_d", "d", "t", "Age of the phantom since its assay", "模体标定后时间", 0),
        ("block_efficiency_min_pct", "%", "e_min", "Lowest block efficiency, of the mean", "最低模块效率（相对均值）", 1),
        ("block_efficiency_max_pct", "%", "e_max", "Highest block efficiency, of the mean", "最高模块效率（相对均值）", 1),
        ("sinogram_variance", "1", "V", "Average variance against the reference", "正弦图平均方差", 2),
        ("sinogram_variance_scaled", "1", "V_s", "The same, totals made equal", "正弦图平均方差（总计数归一）", 2),
        ("sensitivity_change_pct", "%", "dS", "Change of the sensitivity since the reference", "灵敏度相对参考的变化", 2),
        ("planes_out", "{planes}", "n", "Planes out of range against the reference", "相对参考超限层面数", 0),
        ("angles_missing", "1", "n", "Angles that are missing", "缺失角度数", 0),
    ),
    parameters=DailyParameters,
    measure=measure,
    figures=("items", "block_map", "plane_profile", "sinogram_difference", "planes_sinogram", "block_map_sinogram"),
)  # fmt: skip
"""The test, as registered."""
