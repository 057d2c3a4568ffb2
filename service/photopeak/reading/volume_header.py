"""Header values of a volume that quantification needs, by keyword: numbers as numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from photopeak.reading import vendors
from photopeak.reading.dataset import DataSet
from photopeak.reading.origin import Source
from photopeak.reading.text import displayable
from photopeak.reading.times import combine, parse_date_time, parse_time

_NUMBERS = (
    "ActualFrameDuration", "DeadTimeFactor", "DecayFactor", "DoseCalibrationFactor", "Exposure",
    "FrameReferenceTime", "KVP", "PatientSize", "PatientWeight", "PrimaryPromptsCountsAccumulated",
    "ReconstructionDiameter", "ScatterFractionFactor", "SecondaryCountsAccumulated", "SliceThickness",
    "SpacingBetweenSlices", "XRayTubeCurrent",
)  # fmt: skip
_WORDS = (
    "AttenuationCorrectionMethod", "ConvolutionKernel", "CountsSource", "DecayCorrection",
    "RandomsCorrectionMethod", "ReconstructionMethod", "ScatterCorrectionMethod",
    "SUVType", "SecondaryCountsType", "SeriesType", "Units",
)  # fmt: skip
_INJECTION = (
    "RadionuclideHalfLife", "RadionuclidePositronFraction", "RadionuclideTotalDose",
)  # fmt: skip
_NEVER_ZERO = frozenset(
    {
        "ActualFrameDuration", "DecayFactor", "DoseCalibrationFactor", "KVP", "PatientSize",
        "PatientWeight", "PrimaryPromptsCountsAccumulated", "RadionuclideHalfLife",
        "RadionuclideTotalDose", "ReconstructionDiameter", "SliceThickness",
    }
)  # fmt: skip

CLOCKS_APART = timedelta(minutes=5)
"""An administration so shortly after the start of a scan was entered by another clock."""

ALIKE_DURATIONS = 1.01
"""Durations that differ by a smaller factor are alike."""


def volume_header(source: Source) -> Mapping[str, str | float | None]:
    """Return the values of one object that concern its whole series; absent ones are left out.

    Times are ISO 8601 with zone. RadiopharmaceuticalStartDateTime is put together from the old
    RadiopharmaceuticalStartTime where it is absent: on the day of the acquisition, or the day
    before when it would lie after it by more than clocks differ; RadiopharmaceuticalStartInferred says on which.
    """
    data_set = source.data_set
    found: dict[str, str | float | None] = {}
    for keyword in _NUMBERS:
        found[keyword] = _number(data_set, keyword)
    for keyword in _WORDS:
        found[keyword] = displayable(data_set.text(keyword)) or None
    dose = data_set.item("RadiopharmaceuticalInformationSequence")
    for keyword in _INJECTION:
        found[keyword] = _number(dose, keyword)
    found["Radiopharmaceutical"] = displayable(dose.text("Radiopharmaceutical")) or None
    start, inferred = _injection(source)
    found["RadiopharmaceuticalStartDateTime"] = start.isoformat() if start else None
    found["RadiopharmaceuticalStartInferred"] = inferred
    series = _series_start(source)
    found["SeriesDateTime"] = series.isoformat() if series else None
    for keyword, written in (
        ("DecayCorrectionDateTime", data_set.text("DecayCorrectionDateTime")),
        ("GEScanDateTime", vendors.ge_scan_time(data_set)),
    ):
        moment = parse_date_time(written, source.zone) if written else None
        found[keyword] = moment.isoformat() if moment else None
    found.update(vendors.philips_pet_scales(data_set))
    found.update(vendors.ge_pet_injection(data_set))
    return MappingProxyType({k: v for k, v in found.items() if v is not None})


def unequal_durations(milliseconds: Iterable[float | None]) -> Mapping[str, float]:
    """Return the shortest and the longest duration of frames; nothing where they are alike.

    Bed positions may take different times: no single ActualFrameDuration holds for all slices then.
    """
    told = [each for each in milliseconds if each is not None and each > 0.0]
    if not told or max(told) <= ALIKE_DURATIONS * min(told):
        return {}
    return {"ShortestFrameDuration": min(told), "LongestFrameDuration": max(told)}


def _number(data_set: DataSet, keyword: str) -> float | None:
    """Return a number; 0 stands for an absent one where nothing can be 0."""
    value = data_set.number(keyword)
    return None if value is not None and value <= 0.0 and keyword in _NEVER_ZERO else value


def _injection(source: Source) -> tuple[datetime | None, str | None]:
    """Return the time of the administration, and on which day it was taken to be if it is."""
    data_set, acquired = source.data_set, source.acquired_at
    dose = data_set.item("RadiopharmaceuticalInformationSequence")
    written = dose.text("RadiopharmaceuticalStartDateTime")
    if written:
        return parse_date_time(written, source.zone), None
    clock = parse_time(dose.text("RadiopharmaceuticalStartTime"))
    if clock is None or acquired is None:
        return None, None
    start = acquired.replace(
        hour=clock.hour, minute=clock.minute, second=clock.second, microsecond=clock.microsecond
    )
    if start <= acquired + CLOCKS_APART:
        return start, "the day of the acquisition"
    return start - timedelta(days=1), "the day before the acquisition"


def _series_start(source: Source) -> datetime | None:
    day, clock = source.data_set.text("SeriesDate"), source.data_set.text("SeriesTime")
    return combine(day, clock, source.zone) if day and clock else None
