"""Counts of the background at the lines of a detection limit: of a spectrum, or as a person supplies them."""

from __future__ import annotations

from dataclasses import dataclass

from photopeak_analyzers.contract import Column, Inputs, Reading, ReadingKind, Row
from photopeak_analyzers.counters.wbc_counts import counts_of_lines
from photopeak_analyzers.counters.wbc_lines import LINE_COLUMNS, line_of
from photopeak_analyzers.counters.wbc_readings import PER_PHOTON
from photopeak_analyzers.counters.wbc_spectra import WbcSpectrum, detector_of
from photopeak_analyzers.errors import MissingReadingError
from photopeak_analyzers.numerics.detection import peak_threshold_counts

LINES = Reading(
    name="lines",
    label="Lines with their efficiency",
    label_zh="谱线与探测效率",
    unit="1",
    kind=ReadingKind.TABLE,
    columns=(
        LINE_COLUMNS[0],
        Column("nuclide", kind=ReadingKind.TEXT, label="Nuclide", label_zh="核素"),
        Column("efficiency", "1", minimum=1e-9, maximum=1.0, label="Efficiency", label_zh="探测效率"),
        Column("emission_pct", "%", required=False, minimum=1e-6, maximum=200.0,
               label="Photons per 100 decays", label_zh="发射概率"),
        Column("background_counts", "{counts}", required=False, minimum=0.0, maximum=1e12,
               label="Counts of the background in the region", label_zh="本底计数"),
        Column("baseline_counts", "{counts}", required=False, minimum=0.0, maximum=1e12,
               label="Counts of the baseline, both sides", label_zh="基线计数和"),
        Column("p_over_2m", "1", required=False, minimum=0.01, maximum=1000.0,
               label="p / 2m", label_zh="p/2m"),
        Column("interference_counts", "{counts}", required=False, minimum=0.0, maximum=1e12,
               label="Net area of the interfering peak", label_zh="干扰峰净面积"),
        Column("interference_variance", "1", required=False, minimum=0.0, maximum=1e12,
               label="Its variance", label_zh="干扰峰面积方差"),
    ),
    maximum_rows=60,
    hint="With a spectrum of the background the counts may stay empty.",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitCounts:
    """Counts of the background at one line; of what was not counted None."""

    region: float | None
    baseline: float | None
    ratio: float | None
    interference: float
    variance: float


def per_decay_of(row: Row, basis: str) -> float:
    """Return the efficiency of a row per decay.

    Raises
    ------
    MissingReadingError
        If it is per photon and nothing tells the emission probability.
    """
    efficiency = row.number("efficiency")
    if basis != PER_PHOTON:
        return efficiency
    line = line_of(row)
    emission = row.number("emission_pct") / 100.0 if row.has("emission_pct") else line.emission
    if emission is None:
        raise MissingReadingError(
            f"emission_pct is missing in row {row.position} of {LINES.name}: the efficiency is per photon"
            f" and the table has no line of {line.nuclide} near {line.energy_kev:g} keV",
            quantity=f"emission_pct in row {row.position} of {LINES.name}",
        )
    return efficiency * emission


def counts_of_rows(rows: tuple[Row, ...]) -> list[LimitCounts]:
    """Return the counts that a person supplied.

    Raises
    ------
    MissingReadingError
        If a row has none.
    """
    found = []
    for row in rows:
        peak = row.has("baseline_counts") and row.has("p_over_2m")
        if not peak and not row.has("background_counts"):
            raise MissingReadingError(
                f"row {row.position} of {LINES.name} has neither background_counts nor baseline_counts"
                " with p_over_2m, and no spectrum of the background is given",
                quantity=f"background_counts in row {row.position} of {LINES.name}",
            )
        _refuse_halves(row, peak)
        found.append(
            LimitCounts(
                region=row.number("background_counts") if row.has("background_counts") else None,
                baseline=row.number("baseline_counts") if peak else None,
                ratio=row.number("p_over_2m") if peak else None,
                interference=_or_zero(row, "interference_counts"),
                variance=_or_zero(row, "interference_variance"),
            )
        )
    return found


def _refuse_halves(row: Row, peak: bool) -> None:
    """Ask for what (D.8) and (D.9) take together, instead of leaving out what stands alone."""
    together = (("baseline_counts", "p_over_2m"), ("interference_counts", "interference_variance"))
    missing = [
        b for pair in together for a, b in (pair, pair[::-1]) if row.has(a) and not row.has(b)
    ]
    if row.has("interference_counts") and not peak:
        missing += ["baseline_counts"]
    if missing:
        raise MissingReadingError(
            f"{missing[0]} is missing in row {row.position} of {LINES.name}, needs it beside the other"
            " numbers of the peak (WS/T 584-2017 (D.8), (D.9))",
            quantity=f"{missing[0]} in row {row.position} of {LINES.name}",
        )


def _or_zero(row: Row, column: str) -> float:
    return row.number(column) if row.has(column) else 0.0


def counts_of_spectrum(
    spectrum: WbcSpectrum, rows: tuple[Row, ...], inputs: Inputs, k: float
) -> list[LimitCounts]:
    """Count the windows of the lines in the background; a peak there interferes."""
    lines = tuple(line_of(row) for row in rows)
    found = []
    for counts in counts_of_lines(spectrum, lines, detector_of(inputs), None):
        window = counts.window
        there = counts.net.value > peak_threshold_counts(window.ratio, window.baseline, k=k)
        found.append(
            LimitCounts(
                region=window.gross,
                baseline=window.baseline,
                ratio=window.ratio,
                interference=counts.net.value if there else 0.0,
                variance=counts.net.uncertainty**2 if there else 0.0,
            )
        )
    return found
