"""What the texts of the count-rate performance ask for: IEC, and NEMA in air or with scatter."""

from __future__ import annotations

from photopeak_analyzers.acquisition import CollimatorType
from photopeak_analyzers.contract import Inputs, Reading, ReadingKind, Variant
from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.gamma_camera.count_rate_conditions import RateClause
from photopeak_analyzers.gamma_camera.count_rate_curve import Text
from photopeak_analyzers.gamma_camera.rate_series import RateSeries
from photopeak_analyzers.source_conditions import Photopeaks

NEMA = Variant(
    name="nema",
    title="NEMA NU 1-2007, decaying source in air or with scatter",
    clause="NEMA NU 1-2007 (GB/T 18989-2013 E.6, E.13)",
)
IEC = Variant(name="iec", title="IEC 60789:1992, system", clause="IEC 60789 / GB/T 18989-2013 3.7")

IEC_NUCLIDES = ("Tc-99m", "In-113m")
"""The second for high-energy collimators. 3.7.1 a."""

IEC_WINDOW_PERCENT = 20.0
"""Full width. IEC 60789 / GB/T 18989-2013 table 1."""

IEC_INTERVAL_S = 1.2 * 5_400.0
"""Largest time between two points: about 1.5 h. 3.7.2 d."""

WITHOUT, WITH = "without", "with"

SCATTER = Reading(
    name="scatter",
    label="Scattering material",
    unit="1",
    kind=ReadingKind.CHOICE,
    choices=(WITHOUT, WITH),
    required=False,
    hint="NEMA only, where the header does not tell whether a collimator was mounted: in air without"
    " one (E.6), or with scatter on one (E.13).",
)


def scatter_of(series: RateSeries, inputs: Inputs) -> str | None:
    """Return whether there is scatter: as stated or named, else with a collimator; else None."""
    reading = inputs.readings.get(SCATTER.name)
    if reading is not None:
        if reading.value not in SCATTER.choices:
            raise ParameterError(
                f"scatter is {reading.value}, needs without or with",
                quantity="scatter",
                value=str(reading.value),
                bound="without, with",
            )
        return str(reading.value)
    named = series.first.origin.text.get("scatter", "")
    if named in SCATTER.choices:
        return named
    detector = series.first.detector(series.detector)
    collimator = None if detector is None else detector.collimator_type
    if collimator in (None, CollimatorType.UNKNOWN):
        return None
    return WITHOUT if collimator is CollimatorType.NONE else WITH


def asked_by(
    text: Text,
    nuclides: Photopeaks,
    scatter: str | None,
    *,
    minimum_counts: float,
    invalid_below_counts: float,
    last_invalid_above_cps: float,
) -> RateClause:
    """Return what a text asks for, in air or with scatter."""
    if text is Text.IEC:
        return RateClause(
            clause=IEC.clause,
            nuclides=nuclides,
            window_width_percent=IEC_WINDOW_PERCENT,
            collimator=CollimatorType.PARALLEL,
            point_counts=invalid_below_counts,
            point_counts_void=invalid_below_counts,
            shortest_s=19.5,
            longest_s=20.5,
            last_cps=3_000.0,
            last_cps_void=last_invalid_above_cps,
            interval_s=IEC_INTERVAL_S,
            first_over_observed=2.0,
            background_s=300.0,
        )
    clauses = {WITHOUT: "GB/T 18989-2013 E.6", WITH: "GB/T 18989-2013 E.13"}
    collimators = {WITHOUT: CollimatorType.NONE, WITH: CollimatorType.PARALLEL}
    return RateClause(
        clause=NEMA.clause if scatter is None else f"NEMA NU 1-2007 ({clauses[scatter]})",
        nuclides=nuclides,
        collimator=None if scatter is None else collimators[scatter],
        point_counts=minimum_counts,
        point_counts_void=invalid_below_counts,
        shortest_s=10.0,
        last_cps=4_000.0,
        last_cps_void=last_invalid_above_cps,
        step_cps=10_000.0,
        background_counts=100_000.0,
        background_s=600.0,
        backgrounds=2,
    )
