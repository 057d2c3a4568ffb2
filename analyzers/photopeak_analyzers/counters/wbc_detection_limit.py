"""Decision thresholds and detection limits of a whole-body counter, line by line.

WS/T 584-2017 Annex D. By the counts of a region, ``counts``: (D.1) and (D.2) the threshold, (D.4) and (D.5)
the limit, (D.3), (D.6) and (D.7) both as activities. By the baseline of a peak in a spectrum of high
resolution, ``peak``: (D.8), and (D.9) where the background has a peak of its own at that place, with ``P`` and
``s_P**2`` under the root of the threshold as well. (D.7) prints 4.64 for 2 x 1.645 x the root of 2, which is 4.65;
nothing is rounded here.

(D.3), (D.6) and (D.7) have the efficiency per decay, (D.8) and (D.9) per photon: which one is meant has to be
said, and all activities are computed with the one per decay. A background that lasted another time than a
subject will is scaled to it.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

from photopeak_analyzers.acquisition import Spectrum
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Note,
    Parameters,
    Reading,
    Row,
    Scope,
    Variant,
)
from photopeak_analyzers.counters.wbc_figures import spectrum_figure
from photopeak_analyzers.counters.wbc_limit_counts import (
    LINES,
    LimitCounts,
    counts_of_rows,
    counts_of_spectrum,
    per_decay_of,
)
from photopeak_analyzers.counters.wbc_lines import line_of
from photopeak_analyzers.counters.wbc_readings import basis_of, basis_reading, quantile
from photopeak_analyzers.counters.wbc_spectra import (
    DETECTOR_TYPE,
    GAIN,
    OFFSET,
    WbcSpectrum,
    spectrum_conditions,
    spectrum_of,
    spectrum_role,
)
from photopeak_analyzers.errors import MissingReadingError
from photopeak_analyzers.figures import Figure, ReferenceLine
from photopeak_analyzers.given import every
from photopeak_analyzers.numerics.detection import (
    limit_counts,
    peak_threshold_counts,
    threshold_counts,
)
from photopeak_analyzers.shorthand import measurements, metrics

CLAUSE = "WS/T 584-2017 Annex D (D.1) to (D.9)"

BACKGROUND = spectrum_role(
    "background",
    "Background spectrum",
    "Of the empty chamber or of an inactive phantom.",
    minimum=0,
)
OF_A_SPECTRUM = dataclasses.replace(
    DETECTOR_TYPE, required=False, hint="Needed with a spectrum of the background."
)
SUBJECT_S = Reading(
    name="subject_s",
    label="Live time of a subject",
    label_zh="人体测量活时间",
    unit="s",
    minimum=1.0,
    maximum=1e6,
)
BACKGROUND_S = Reading(
    name="background_s",
    label="Live time of the background",
    label_zh="本底测量活时间",
    unit="s",
    minimum=1.0,
    maximum=1e8,
    required=False,
    hint="Where no spectrum is given but counts by line.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WbcDetectionLimitParameters(Parameters):
    """Parameters of the limits."""

    k: float = quantile()


def measure(inputs: Inputs, parameters: WbcDetectionLimitParameters) -> Analysis:
    """Compute thresholds and limits of every line."""
    basis = basis_of(inputs)
    subject_s = inputs.number(SUBJECT_S.name)
    given = every(inputs, BACKGROUND, Spectrum)
    spectrum = spectrum_of(given[0], inputs) if given else None
    background_s = spectrum.live_s if spectrum is not None else inputs.number(BACKGROUND_S.name)
    rows = inputs.rows(LINES)
    if not rows:
        raise MissingReadingError("the reading lines is missing", quantity=LINES.name)
    counted = (
        counts_of_spectrum(spectrum, rows, inputs, parameters.k)
        if spectrum
        else counts_of_rows(rows)
    )
    found: list[Measurement] = []
    notes: list[Note] = []
    for row, counts in zip(rows, counted, strict=True):
        per_decay = per_decay_of(row, basis)
        found += _by_region(row, counts, per_decay, subject_s, background_s, parameters.k)
        found += _by_peak(row, counts, per_decay, subject_s, background_s, parameters.k)
        if counts.interference > 0.0:
            notes.append(
                Note(
                    code="INTERFERING_PEAK",
                    message=f"the background has a peak of {counts.interference:.4g} counts at"
                    f" {row.number('energy_kev'):g} keV, taken into account by (D.9)",
                    values={"energy_kev": row.number("energy_kev")},
                )
            )
    return Analysis(
        measurements=tuple(found),
        preconditions=tuple(spectrum_conditions(spectrum, CLAUSE)) if spectrum else (),
        figures=_figures(spectrum, rows),
        notes=tuple(notes),
    )


def _scope(row: Row, method: str) -> Scope:
    return Scope.of(
        nuclide=line_of(row).nuclide, energy_kev=row.number("energy_kev"), method=method
    )


def _by_region(
    row: Row, counts: LimitCounts, per_decay: float, subject_s: float, background_s: float, k: float
) -> list[Measurement]:
    """Apply (D.1) to (D.7)."""
    if counts.region is None:
        return []
    rate = counts.region / background_s
    threshold = threshold_counts(rate, subject_s, background_s, k=k)
    return _numbers(row, "counts", threshold, per_decay * subject_s, k) + measurements(
        _scope(row, "counts"),
        [
            ("background_cps", rate, math.sqrt(max(counts.region, 1.0)) / background_s),
            ("n_dl_large_background", 2.0 * threshold, None),
        ],
    )


def _by_peak(
    row: Row, counts: LimitCounts, per_decay: float, subject_s: float, background_s: float, k: float
) -> list[Measurement]:
    """Apply (D.8) and (D.9), the counts of the background scaled to the time of a subject."""
    if counts.baseline is None or counts.ratio is None:
        return []
    scale = subject_s / background_s
    threshold = peak_threshold_counts(
        counts.ratio,
        counts.baseline * scale,
        interference=counts.interference * scale,
        interference_variance=counts.variance * scale**2,
        k=k,
    )
    return _numbers(row, "peak", threshold, per_decay * subject_s, k)


def _numbers(
    row: Row, method: str, threshold: float, counts_per_bq: float, k: float
) -> list[Measurement]:
    limit = limit_counts(threshold, k=k)
    return measurements(
        _scope(row, method),
        [
            ("n_dt", threshold, None),
            ("a_dt", threshold / counts_per_bq, None),
            ("n_dl", limit, None),
            ("a_dl", limit / counts_per_bq, None),
        ],
    )


def _figures(spectrum: WbcSpectrum | None, rows: tuple[Row, ...]) -> tuple[Figure, ...]:
    if spectrum is None:
        return ()
    marks = tuple(
        ReferenceLine(
            label=f"{row.number('energy_kev'):g} keV", value=row.number("energy_kev"), axis="x"
        )
        for row in rows
    )
    return (spectrum_figure(spectrum, title="Background", marks=marks),)


ANALYZER = Analyzer(
    id="wbc_detection_limit",
    title="Detection limits of the whole-body counter",
    title_zh="全身计数器判定阈和探测下限",
    version="1",
    variants=(Variant(name="wst584", title="WS/T 584-2017", clause=CLAUSE),),
    roles=(BACKGROUND,),
    readings=(OF_A_SPECTRUM, basis_reading(), SUBJECT_S, LINES, BACKGROUND_S, OFFSET, GAIN),
    metrics=metrics(
        CLAUSE,
        ("n_dt", "{counts}", "N_DT", "Decision threshold in counts", "判定阈(计数)", 1),
        ("a_dt", "Bq", "A_DT", "Decision threshold", "判定阈(活度)", 1),
        ("n_dl", "{counts}", "N_DL", "Detection limit in counts", "探测下限(计数)", 1),
        ("n_dl_large_background", "{counts}", "2 N_DT", "Detection limit in counts for a large background", "探测下限(计数,高本底近似)", 1),
        ("a_dl", "Bq", "A_DL", "Detection limit", "探测下限(活度)", 1),
        ("background_cps", "{counts}/s", "n_B", "Background rate of the region", "本底计数率", 4),
    ),
    parameters=WbcDetectionLimitParameters,
    measure=measure,
    figures=("spectrum",),
)  # fmt: skip
"""The test, as registered."""
