"""Parameters of the daily check of a PET scanner."""

from __future__ import annotations

from dataclasses import dataclass

from photopeak_analyzers.contract import Parameters, parameter
from photopeak_analyzers.nuclides import find

CLAUSE = "practice: daily check of a PET scanner, detector response; bounds of the manufacturer"


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyParameters(Parameters):
    """What the site knows of its scanner and its source."""

    maximum_age_h: float = parameter(
        24.0,
        doc="Longest time between the measurement that a report is of and its reception.",
        unit="h",
        clause=CLAUSE,
        minimum=0.1,
        maximum=8760.0,
    )
    blocks_per_ring: int | None = parameter(
        None,
        doc="Blocks of detectors around the ring; without it a sinogram gives no map of blocks.",
        clause=CLAUSE,
        minimum=4,
        maximum=4096,
    )
    angular_mashing: int = parameter(
        1,
        doc="Angles of the scanner that are summed to one of the sinogram.",
        clause=CLAUSE,
        minimum=1,
        maximum=64,
    )
    minimum_block_counts: float = parameter(
        2_500.0,
        doc="Counts for each block of the ring, for 2 % of noise beside bounds of 20 %.",
        unit="{counts}",
        clause=CLAUSE,
        minimum=1.0,
        maximum=1e12,
    )
    nuclide: str | None = parameter(
        None, doc="Nuclide of the source of the sinograms, where their headers do not name it."
    )

    def __post_init__(self) -> None:
        Parameters.__post_init__(self)
        if self.nuclide is not None:
            find(self.nuclide)
