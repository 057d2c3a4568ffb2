"""What the values of a reconstruction mean: counts or Bq/mL, of which moment, in what time.

Counts that were not corrected for decay belong to the mean activity of the scan; values that were, to
its start or to the administration. Where nobody tells, counts are taken for uncorrected and Bq/mL for
corrected to the start, with a note and a warning. The time of a scan is that of one head: the
durations of its views, from the projections or as a person states it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from photopeak_analyzers.acquisition import Tomographic, Volume
from photopeak_analyzers.contract import (
    Inputs,
    Reading,
)
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.frames_by_head import HeadCounts, head_counts
from photopeak_analyzers.reference_moment import (
    DecayReference,
    Moment,
    administered,
    stated_reference,
)
from photopeak_analyzers.source_conditions import on_a_photopeak, photopeaks

SCAN_TIME = "scan_time"
"""Name of the reading of the time of a scan."""

SCAN_TIME_READING = Reading(
    name=SCAN_TIME,
    label="Time of the scan",
    unit="s",
    minimum=1.0,
    maximum=86_400.0,
    required=False,
    hint="Duration of a view times the views of one head, where the projections are not given.",
)


class ValueUnit(StrEnum):
    """What the values are; HEADER leaves it to the header, where counts are what is not stated."""

    HEADER = "header"
    COUNTS = "counts"
    BQML = "bqml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """How long one head counted, and how many heads; None where nobody tells.

    `heads` are what the photopeak windows of each head counted.
    """

    duration_s: float | None
    number_of_heads: int | None
    heads: tuple[HeadCounts, ...] = ()

    @property
    def total_counts(self) -> float | None:
        """Counts of all heads."""
        return sum(head.total for head in self.heads) if self.heads else None


def scan_of(
    projections: tuple[Tomographic, ...], inputs: Inputs, volume: Volume | None, nuclide: str
) -> Scan:
    """Return the time of a scan: from its projections, else from the reading."""
    stated = inputs.number(SCAN_TIME) if SCAN_TIME in inputs.readings else None
    if not projections:
        listed = len(volume.detectors) if volume is not None else 0
        return Scan(duration_s=stated, number_of_heads=listed or None)
    heads: list[HeadCounts] = []
    for each in projections:
        kept, _ = on_a_photopeak(each, head_counts(each), photopeaks((nuclide,)))
        heads.extend(kept)
    durations = [head.duration_s for head in heads if head.duration_s is not None]
    return Scan(
        duration_s=max(durations) if durations else stated,
        number_of_heads=len({head.detector for head in heads}),
        heads=tuple(heads),
    )


def unit_of(volume: Volume, stated: ValueUnit) -> ValueUnit:
    """Return what the values are.

    Raises
    ------
    UnsuitableAcquisitionError
        If the header names another unit than counts or Bq/mL.
    """
    if stated is not ValueUnit.HEADER:
        return stated
    if volume.units == "BQML":
        return ValueUnit.BQML
    if volume.units in {"", "CNTS", "PROPCNTS", "NONE", "1"}:
        return ValueUnit.COUNTS
    raise UnsuitableAcquisitionError(
        f"the values are in {volume.units}, needs counts or Bq/mL",
        quantity="unit of the values",
        value=volume.units,
    )


def moment_of(
    volume: Volume, unit: ValueUnit, started_at: datetime, scan: Scan, stated: DecayReference
) -> Moment:
    """Return what the values refer to.

    Raises
    ------
    UnsuitableAcquisitionError
        If they refer to an administration whose time the header does not tell.
    """
    reference = stated if stated is not DecayReference.HEADER else stated_reference(volume)
    told = reference is not None
    if reference is None:
        reference = DecayReference.START if unit is ValueUnit.BQML else DecayReference.NONE
    if reference is DecayReference.ADMINISTRATION:
        return Moment(
            at=administered(volume), duration_s=0.0, words="the administration", told=told
        )
    if reference is DecayReference.START:
        return Moment(at=started_at, duration_s=0.0, words="the start of the scan", told=told)
    return Moment(
        at=started_at,
        duration_s=scan.duration_s or 0.0,
        words="the mean over the scan",
        told=told and scan.duration_s is not None,
    )
