"""What a person writes down of a line source in its sleeves, and the acquisitions it tells of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from photopeak_analyzers.contract import Column, Inputs, Reading, ReadingKind, Row
from photopeak_analyzers.errors import MissingReadingError, UnsuitableAcquisitionError
from photopeak_analyzers.numerics.counting import Estimate

NUCLIDES = ("F-18", "C-11", "Cu-64", "Ga-68", "Ge-68", "N-13", "Na-22", "O-15", "Rb-82", "Zr-89")

NUCLIDE_READING = Reading(
    name="nuclide",
    label="Nuclide of the source",
    label_zh="校准源核素",
    unit="1",
    kind=ReadingKind.CHOICE,
    choices=NUCLIDES,
)

AXIAL_FOV = Reading(
    name="axial_fov_mm",
    label="Axial field of view",
    label_zh="轴向视野",
    unit="mm",
    minimum=10.0,
    maximum=3000.0,
    required=False,
)

AXIAL_PROFILE = Reading(
    name="axial_profile",
    label="Counts by slice with the innermost sleeve",
    label_zh="单层套管的各层计数",
    unit="{counts}",
    kind=ReadingKind.TABLE,
    columns=(
        Column("slice", label="Slice", label_zh="层号", minimum=0.0, maximum=5000.0),
        Column("counts", "{counts}", label="True coincidences", label_zh="真符合计数", minimum=0.0,
               maximum=1e12),
    ),
    minimum_rows=2,
    maximum_rows=5000,
    required=False,
    hint="NEMA NU 2: in the middle, after single-slice rebinning.",
)  # fmt: skip


SLEEVES = Reading(
    name="sleeves",
    label="Counts with each sleeve",
    label_zh="各套管的计数",
    unit="{counts}",
    kind=ReadingKind.TABLE,
    columns=(
        Column(
            "sleeves",
            label="Sleeves on the tube",
            label_zh="套管层数",
            minimum=1.0,
            maximum=10.0,
            hint="1 for the innermost alone, 5 for all of them.",
        ),
        Column("start", kind=ReadingKind.TIME, label="Start", label_zh="开始时刻"),
        Column(
            "duration_s", "s", label="Duration", label_zh="采集时间", minimum=0.1, maximum=86_400.0
        ),
        Column(
            "prompts",
            "{counts}",
            label="Coincidences, randoms included",
            label_zh="总符合计数",
            minimum=1.0,
            maximum=1e12,
        ),
        Column(
            "randoms",
            "{counts}",
            label="Random coincidences",
            label_zh="随机符合计数",
            minimum=0.0,
            maximum=1e12,
            required=False,
            hint="Empty when the scanner gave true coincidences only.",
        ),
        Column(
            "offset_mm",
            "mm",
            label="Distance from the axis",
            label_zh="径向偏移",
            minimum=0.0,
            maximum=400.0,
            required=False,
            hint="0 or empty in the middle, 100 beside it.",
        ),
        Column(
            "dead_time_pct",
            "%",
            label="Loss by dead time",
            label_zh="死时间损失",
            minimum=0.0,
            maximum=100.0,
            required=False,
        ),
    ),
    minimum_rows=3,
    maximum_rows=100,
    hint="One row for each acquisition; times by the clock of the activity meter.",
)

BACKGROUND = Reading(
    name="background",
    label="Coincidences without the source",
    label_zh="本底符合计数",
    unit="{counts}",
    kind=ReadingKind.TABLE,
    columns=(
        Column("duration_s", "s", label="Duration", label_zh="采集时间", minimum=0.1, maximum=1e6),
        Column("prompts", "{counts}", label="Coincidences", label_zh="总符合计数", minimum=0.0,
               maximum=1e12),
        Column("randoms", "{counts}", label="Random coincidences", label_zh="随机符合计数",
               minimum=0.0, maximum=1e12, required=False),
    ),
    maximum_rows=20,
    required=False,
    hint="Scanners with lutetium count its decays; left out, nothing is taken off.",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SleeveRun:
    """One acquisition.

    Attributes
    ----------
    sleeves
        How many were on the tube.
    prompts, randoms
        Counts; randoms None where they are not known, then the prompts are the true ones.
    """

    sleeves: int
    start: datetime
    duration_s: float
    prompts: float
    randoms: float | None
    offset_mm: float
    dead_time_percent: float | None

    @property
    def randoms_percent(self) -> float | None:
        """Share of the randoms in all coincidences."""
        return None if self.randoms is None else 100.0 * self.randoms / self.prompts

    @property
    def noise(self) -> float:
        """Standard deviation of prompts minus randoms, both counted."""
        return math.sqrt(self.prompts + (self.randoms or 0.0))

    def net(self, background_cps: float) -> float:
        """Return prompts minus randoms minus background."""
        return self.prompts - (self.randoms or 0.0) - background_cps * self.duration_s


def read_runs(inputs: Inputs) -> list[SleeveRun]:
    """Return the acquisitions with the line source."""
    return [_run(row) for row in inputs.rows(SLEEVES)]


def read_background(inputs: Inputs) -> Estimate | None:
    """Return the rate of true coincidences without the source; None when it was not measured."""
    rows = inputs.rows(BACKGROUND)
    if not rows:
        return None
    prompts = sum(row.number("prompts") for row in rows)
    randoms = sum(row.number("randoms") for row in rows if row.has("randoms"))
    duration_s = sum(row.number("duration_s") for row in rows)
    return Estimate(
        value=(prompts - randoms) / duration_s,
        uncertainty=math.sqrt(max(prompts + randoms, 1.0)) / duration_s,
    )


def read_nuclide(inputs: Inputs) -> str:
    """Return the nuclide that a person named."""
    named = inputs.readings.get(NUCLIDE_READING.name)
    if named is None or not isinstance(named.value, str):
        raise MissingReadingError("the reading nuclide is missing", quantity=NUCLIDE_READING.name)
    return named.value


def _run(row: Row) -> SleeveRun:
    sleeves = row.number("sleeves")
    if sleeves != round(sleeves):
        raise UnsuitableAcquisitionError(
            f"row {row.position} of {row.table} has {sleeves:g} sleeves, needs a whole number",
            quantity="sleeves",
            value=sleeves,
        )
    return SleeveRun(
        sleeves=round(sleeves),
        start=row.moment("start"),
        duration_s=row.number("duration_s"),
        prompts=row.number("prompts"),
        randoms=row.number("randoms") if row.has("randoms") else None,
        offset_mm=row.number("offset_mm") if row.has("offset_mm") else 0.0,
        dead_time_percent=row.number("dead_time_pct") if row.has("dead_time_pct") else None,
    )
