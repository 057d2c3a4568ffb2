"""What is told of a measurement with a whole-body counter: line, efficiency, uncertainties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from photopeak_analyzers.contract import (
    Column,
    Inputs,
    Note,
    Reading,
    ReadingKind,
    parameter,
)
from photopeak_analyzers.counters.wbc_lines import SAME_LINE_KEV, Line, emission_of
from photopeak_analyzers.errors import MissingReadingError, ParameterError
from photopeak_analyzers.nuclide_table import NUCLIDES, TABLE_VERSION
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.detection import K_5_PERCENT
from photopeak_analyzers.uncertainty import Component

PER_DECAY, PER_PHOTON = "per_decay", "per_photon"
"""What an efficiency counts: counts of the peak per decay of the nuclide, or per emitted photon."""

PERCENT = 100.0

STATED = "stated"
"""Source of an emission probability that a person gave."""

NAMES = tuple(sorted(nuclide.name for nuclide in NUCLIDES))


def quantile() -> Any:
    """Declare ``k: float`` of tests that state a detection limit."""
    return parameter(
        K_5_PERCENT,
        doc="quantile of the decision threshold and the detection limit, alpha = beta = 5 %",
        clause="WS/T 584-2017 D.2",
        minimum=1.0,
        maximum=4.0,
    )


def basis_reading() -> Reading:
    """Return the reading ``efficiency_basis``, which nothing stands in for."""
    return Reading(
        name="efficiency_basis",
        label="What the efficiency counts",
        label_zh="效率定义(每次衰变或每个光子)",
        unit="1",
        kind=ReadingKind.CHOICE,
        choices=(PER_DECAY, PER_PHOTON),
        hint="Per decay holds the emission probability; per photon does not. WS/T 584-2017 (2), (D.3),"
        " (D.6), (D.7) are per decay, (D.8) and (D.9) per photon.",
    )


def basis_of(inputs: Inputs) -> str:
    """Return what the efficiency counts.

    Raises
    ------
    MissingReadingError
        If it was not told.
    """
    given = inputs.readings.get("efficiency_basis")
    if given is None or given.value not in (PER_DECAY, PER_PHOTON):
        raise MissingReadingError(
            f"the reading efficiency_basis is missing, needs {PER_DECAY} or {PER_PHOTON}",
            quantity="efficiency_basis",
        )
    return str(given.value)


NUCLIDE = Reading(
    name="nuclide",
    label="Nuclide",
    label_zh="核素",
    unit="1",
    kind=ReadingKind.CHOICE,
    choices=NAMES,
)
ENERGY = Reading(
    name="energy_kev",
    label="Energy of the line",
    label_zh="γ射线能量",
    unit="keV",
    minimum=10.0,
    maximum=10_000.0,
)
EFFICIENCY = Reading(
    name="efficiency",
    label="Efficiency of the geometry",
    label_zh="该几何条件的探测效率",
    unit="1",
    minimum=1e-9,
    maximum=1.0,
    hint="Counts of the peak per decay or per photon, with its standard uncertainty.",
)
EMISSION = Reading(
    name="emission_pct",
    label="Photons per 100 decays",
    label_zh="发射概率",
    unit="%",
    minimum=1e-6,
    maximum=200.0,
    required=False,
    hint="Where the table of nuclides does not have the line, or another value is prescribed.",
)
GEOMETRY = Reading(
    name="geometry",
    label="Geometry and phantom of the calibration",
    label_zh="测量几何与刻度模体",
    unit="1",
    kind=ReadingKind.TEXT,
    required=False,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineEfficiency:
    """An efficiency of one line, and what it takes to make counts of it an activity.

    `per_decay` is the efficiency times the emission probability where it was stated per photon;
    `per_photon` the other way round, None where the probability is not known.
    """

    line: Line
    basis: str
    stated: Estimate
    per_decay: float
    per_photon: float | None

    def note(self) -> Note:
        """Say which emission probability was used, and where it is from."""
        emission = self.line.emission
        values: dict[str, str | int | float] = {
            "efficiency": self.stated.value,
            "efficiency_basis": self.basis,
        }
        said = "; the emission probability is not known and not needed"
        if emission is not None:
            values["emission_pct"] = PERCENT * emission
            off = PERCENT * self.line.emission_relative
            known = f", u = {off:.2g} %" if off else ""
            source = self.line.source
            if source != STATED:
                values["table"] = TABLE_VERSION
                source += f"; table of nuclides {TABLE_VERSION}"
            said = f"; {PERCENT * emission:g} photons per 100 decays{known} ({source})"
        return Note(
            code="EFFICIENCY_BASIS",
            message=f"the efficiency is {self.basis.replace('_', ' ')}{said}",
            values=values,
        )


def efficiency_of(inputs: Inputs) -> LineEfficiency:
    """Return the efficiency of the line that is told.

    Raises
    ------
    MissingReadingError
        If it is per photon and nothing tells the emission probability.
    """
    basis = basis_of(inputs)
    given = inputs.readings.get(NUCLIDE.name)
    nuclide = str(given.value) if given is not None else None
    energy = inputs.number(ENERGY.name)
    stated = Estimate(
        value=inputs.number(EFFICIENCY.name),
        uncertainty=inputs.readings[EFFICIENCY.name].uncertainty or 0.0,
    )
    emission, relative, source = emission_of(nuclide, energy)
    if EMISSION.name in inputs.readings:
        emission, source = inputs.number(EMISSION.name) / PERCENT, STATED
        relative = (inputs.readings[EMISSION.name].uncertainty or 0.0) / PERCENT / emission
    if emission is None and basis == PER_PHOTON:
        raise MissingReadingError(
            f"the reading {EMISSION.name} is missing: the table has no line of {nuclide} within"
            f" {SAME_LINE_KEV:g} keV of {energy:g} keV, and the efficiency is per photon",
            quantity=EMISSION.name,
        )
    share = 1.0 if emission is None else emission
    return LineEfficiency(
        line=Line(
            energy_kev=energy,
            nuclide=nuclide,
            emission=emission,
            emission_relative=relative,
            source=source,
        ),
        basis=basis,
        stated=stated,
        per_decay=stated.value * (share if basis == PER_PHOTON else 1.0),
        per_photon=stated.value
        if basis == PER_PHOTON
        else (None if emission is None else stated.value / emission),
    )


INSTRUMENT = (
    "source", "efficiency", "self_absorption", "volume", "emission", "decay", "coincidence_summing",
    "dead_time",
)  # fmt: skip
"""Components of the instrument, u_B1. WS/T 584-2017 C.3."""

SUBJECT = ("body_and_phantom", "chest_wall", "distance", "other_organs")
"""Components of the subject, u_B2. WS/T 584-2017 C.3."""

COMPONENTS = Reading(
    name="components",
    label="Relative uncertainties of type B",
    label_zh="B类相对标准不确定度分量",
    unit="%",
    kind=ReadingKind.TABLE,
    columns=(
        Column(
            "component",
            kind=ReadingKind.CHOICE,
            choices=(*INSTRUMENT, *SUBJECT),
            label="Component",
            label_zh="分量",
        ),
        Column(
            "relative_pct",
            "%",
            minimum=0.0,
            maximum=200.0,
            label="Relative standard uncertainty",
            label_zh="相对标准不确定度",
        ),
    ),
    required=False,
    maximum_rows=24,
)


def components_of(
    inputs: Inputs, efficiency: LineEfficiency, decay: float = 0.0
) -> tuple[Component, ...]:
    """Return the components of type B, those of the table first.

    What the table leaves out is known otherwise: the efficiency by its reading, the emission probability
    where it was used, by its source, and the decay by the half-life (`decay`, relative).

    Raises
    ------
    ParameterError
        If one is named twice.
    """
    named: dict[str, float] = {}
    for row in inputs.rows(COMPONENTS):
        name = row.text("component")
        if name in named:
            raise ParameterError(
                f"the component {name} stands twice in {COMPONENTS.name}, needs each once",
                quantity=f"component in row {row.position} of {COMPONENTS.name}",
                value=name,
            )
        named[name] = row.number("relative_pct") / 100.0
    known = {
        "efficiency": efficiency.stated.relative,
        "emission": efficiency.line.emission_relative if efficiency.basis == PER_PHOTON else 0.0,
        "decay": decay,
    }
    named |= {name: value for name, value in known.items() if value > 0.0 and name not in named}
    return tuple(Component(name=name, standard=value) for name, value in named.items())


BACKGROUND_RATE = Reading(
    name="background_peak_cps",
    label="Net rate of the line in the empty chamber",
    label_zh="空室该谱线净计数率",
    unit="{counts}/s",
    minimum=0.0,
    maximum=1e6,
    required=False,
    hint="In place of a spectrum of the background, with its standard uncertainty: one background may"
    " serve several subjects.",
)


def background_rate_of(inputs: Inputs) -> Estimate | None:
    """Return the rate that stands in for a spectrum of the background, or None."""
    given = inputs.readings.get(BACKGROUND_RATE.name)
    if given is None:
        return None
    return Estimate(value=inputs.number(BACKGROUND_RATE.name), uncertainty=given.uncertainty or 0.0)
