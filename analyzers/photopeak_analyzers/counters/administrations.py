"""What is written down of administrations, and what was administered."""

from __future__ import annotations

import math
from dataclasses import dataclass

from photopeak_analyzers.common_parameters import meter_uncertainty
from photopeak_analyzers.contract import (
    Column,
    Reading,
    ReadingKind,
    Row,
)
from photopeak_analyzers.counters.calibrator_budget import ComparisonParameters
from photopeak_analyzers.counters.calibrator_readings import (
    LARGEST_MBQ,
    NAMES,
    decay_uncertainty,
    resolution_mbq,
)
from photopeak_analyzers.errors import MissingReadingError, ParameterError
from photopeak_analyzers.nuclide_table import HalfLife
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.decay import decay_factor

ADMINISTRATIONS = Reading(
    name="administrations",
    label="Administrations",
    label_zh="给药记录",
    unit="MBq",
    kind=ReadingKind.TABLE,
    columns=(
        Column("number", kind=ReadingKind.TEXT, label="Number or pseudonym", label_zh="编号",
               hint="Never a name."),
        Column("nuclide", kind=ReadingKind.CHOICE, choices=NAMES, label="Nuclide", label_zh="核素"),
        Column("prescribed_mbq", "MBq", label="Prescribed", label_zh="处方活度", minimum=0.01,
               maximum=LARGEST_MBQ),
        Column("measured_mbq", "MBq", label="Measured before", label_zh="给药前活度", minimum=0.001,
               maximum=LARGEST_MBQ),
        Column("measured_at", kind=ReadingKind.TIME, label="Time of the measurement",
               label_zh="测量时刻"),
        Column("administered_at", kind=ReadingKind.TIME, label="Time of the administration",
               label_zh="给药时刻", required=False, hint="That of the measurement where left out."),
        Column("residual_mbq", "MBq", label="Left behind", label_zh="残留活度", minimum=0.0,
               maximum=LARGEST_MBQ, required=False),
        Column("residual_at", kind=ReadingKind.TIME, label="Time of that measurement",
               label_zh="残留测量时刻", required=False),
    ),
    maximum_rows=500,
    hint="One row for each administration.",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class AdministeredParameters(ComparisonParameters):
    """Parameters of the test."""

    activity_meter_percent: float | None = meter_uncertainty()


@dataclass(frozen=True, slots=True, kw_only=True)
class Administration:
    """One row with what came of it."""

    number: str
    nuclide: str
    prescribed_mbq: float
    administered: Estimate
    residual_mbq: float | None
    waited_s: float
    left_s: float | None

    @property
    def deviation_percent(self) -> float:
        """Administered against prescribed."""
        return 100.0 * (self.administered.value - self.prescribed_mbq) / self.prescribed_mbq


def refuse_doubles(rows: tuple[Row, ...]) -> None:
    """Refuse rows that cannot be told apart."""
    seen: set[tuple[str, str]] = set()
    for row in rows:
        key = (row.text("number"), row.text("nuclide"))
        if key in seen:
            raise ParameterError(
                f"number in row {row.position} of {ADMINISTRATIONS.name} is {key[0]} once more,"
                " needs a number of its own",
                quantity="number",
                value=key[0],
            )
        seen.add(key)


def administration(row: Row, life: HalfLife, parameters: AdministeredParameters) -> Administration:
    """Return what was administered, at the moment of the administration."""
    measured_at = row.moment("measured_at")
    at = row.moment("administered_at") if row.has("administered_at") else measured_at
    waited = (at - measured_at).total_seconds()
    full = row.number("measured_mbq") * decay_factor(waited, life.seconds)
    parts = [
        full * resolution_mbq(row.number("measured_mbq"), parameters) / row.number("measured_mbq")
    ]
    left = left_s = None
    if row.has("residual_at") and not row.has("residual_mbq"):
        raise MissingReadingError(
            f"row {row.position} of {ADMINISTRATIONS.name} has a residual_at and no residual_mbq",
            quantity="residual_mbq",
        )
    if row.has("residual_mbq"):
        left_s = (row.moment("residual_at") - at).total_seconds()
        back = decay_factor(-left_s, life.seconds)
        left = row.number("residual_mbq") * back
        parts.append(resolution_mbq(row.number("residual_mbq"), parameters) * back)
    net = full - (left or 0.0)
    if not net > 0.0:
        raise ParameterError(
            f"row {row.position} of {ADMINISTRATIONS.name} leaves {net:.4g} MBq of {full:.4g} MBq"
            f" less {left or 0.0:.4g} MBq, needs more than 0",
            quantity=f"administered activity in row {row.position}",
            value=net,
            bound=0.0,
        )
    relative = math.hypot(
        parameters.repeatability_percent / 100.0,
        (parameters.activity_meter_percent or 0.0) / 100.0,
        decay_uncertainty(waited, life, parameters.clock_s),
    )
    return Administration(
        number=row.text("number"),
        nuclide=row.text("nuclide"),
        prescribed_mbq=row.number("prescribed_mbq"),
        administered=Estimate(value=net, uncertainty=math.hypot(*parts, net * relative)),
        residual_mbq=left,
        waited_s=waited,
        left_s=left_s,
    )
