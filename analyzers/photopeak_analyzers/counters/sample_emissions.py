"""What a decay emits: positrons, or photons into an energy window. An efficiency names which.

Of one well counter the same counts are 33 % of the positrons and 30 % of the decays of a nuclide, so that a
percentage without its basis means nothing. Germanium-68 emits nothing that is counted: its
daughter gallium-68, in equilibrium with it after half a day, does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from photopeak_analyzers.contract import Inputs, Note, Reading, ReadingKind, Scope
from photopeak_analyzers.errors import MissingReadingError, ParameterError
from photopeak_analyzers.nuclide_evaluations import EVALUATED
from photopeak_analyzers.nuclide_table import (
    NOMINAL,
    SAME_LINE_KEV,
    TABLE_VERSION,
    GammaLine,
)
from photopeak_analyzers.nuclides import find

DAUGHTERS = {"Ge-68": "Ga-68"}
"""Nuclides in whose place a daughter in equilibrium emits; 0.02 % more of it is left out."""

ANNIHILATION_KEV = 511.0
PER_POSITRON = 2.0
"""Photons of 511 keV."""


class Basis(StrEnum):
    """What an efficiency counts."""

    POSITRON = "positron"
    PHOTON = "photon"


BASIS = Reading(
    name="efficiency_basis",
    label="Basis of the efficiency",
    label_zh="效率基准",
    unit="1",
    kind=ReadingKind.CHOICE,
    choices=tuple(str(each) for each in Basis),
    hint="positron: counts per positron, in a window of 511 keV; photon: counts per photon emitted"
    " into the window.",
)


def window_reading(side: str, label: str, label_zh: str) -> Reading:
    """Return an edge of the energy window."""
    return Reading(
        name=f"window_{side}_kev",
        label=label,
        label_zh=label_zh,
        unit="keV",
        minimum=1.0,
        maximum=5000.0,
        required=False,
    )


LOWER = window_reading("lower", "Lower edge of the energy window", "能窗下限")
UPPER = window_reading("upper", "Upper edge of the energy window", "能窗上限")


@dataclass(frozen=True, slots=True, kw_only=True)
class Emission:
    """Positrons or photons per decay, and where the number comes from.

    `relative` is the relative standard uncertainty; None where the source gives none.
    """

    per_decay: float
    source: str
    relative: float | None = None

    def relative_or(self, percent: float) -> float:
        """Return the relative standard uncertainty, a number of percent where there is none."""
        return percent / 100.0 if self.relative is None else self.relative


def basis_of(inputs: Inputs) -> Basis:
    """Return the basis that was named.

    Raises
    ------
    MissingReadingError
        If none was: there is no usual one.
    """
    given = inputs.readings.get(BASIS.name)
    if given is None or not isinstance(given.value, str):
        raise MissingReadingError(f"the reading {BASIS.name} is missing", quantity=BASIS.name)
    if given.value not in BASIS.choices:
        raise ParameterError(
            f"{BASIS.name} is {given.value}, needs one of {', '.join(BASIS.choices)}",
            quantity=BASIS.name,
            value=given.value,
            bound=", ".join(BASIS.choices),
        )
    return Basis(given.value)


def window_of(inputs: Inputs) -> tuple[float, float] | None:
    """Return the energy window in keV; None when it is not given.

    Raises
    ------
    ParameterError
        If it is given by half, or its lower edge is not below the upper one.
    """
    given = [name in inputs.readings for name in (LOWER.name, UPPER.name)]
    if not any(given):
        return None
    lower, upper = inputs.number(LOWER.name), inputs.number(UPPER.name)
    if not lower < upper:
        raise ParameterError(
            f"{LOWER.name} is {lower:g} keV, needs less than {UPPER.name} of {upper:g} keV",
            quantity=LOWER.name,
            value=lower,
            bound=upper,
        )
    return lower, upper


def emission(
    nuclide: str,
    basis: Basis,
    window: tuple[float, float] | None,
    stated: float | None = None,
    reading: str = "emissions_per_decay",
) -> Emission:
    """Return what a decay emits, as stated, else by the table.

    Parameters
    ----------
    stated, reading
        What a person entered, and where; None for the table.

    Raises
    ------
    MissingReadingError
        If photons are counted, and neither the window nor their number is given.
    ParameterError
        If the table does not tell.
    """
    if stated is not None:
        return Emission(per_decay=stated, source="as entered")
    emitter = DAUGHTERS.get(nuclide, nuclide)
    table = f"table of nuclides {TABLE_VERSION}"
    if emitter != nuclide:
        table += f", {emitter} in equilibrium"
    positrons = find(emitter).positron_fraction
    if basis is Basis.POSITRON:
        if positrons is None:
            raise _unlisted(f"the table of nuclides has no positrons of {emitter}", reading)
        return Emission(
            per_decay=positrons, source=table, relative=_of_positrons(emitter, positrons)
        )
    if window is None:
        raise MissingReadingError(
            f"the photons of {nuclide} need {LOWER.name} and {UPPER.name}, or {reading}",
            quantity=LOWER.name,
        )
    lines = [line for line in find(emitter).lines if window[0] <= line.energy_kev <= window[1]]
    if not lines:
        raise _unlisted(
            f"{emitter} has no line from {window[0]:g} to {window[1]:g} keV in the table of nuclides",
            reading,
        )
    total, variance = 0.0, 0.0
    known = True
    for line in lines:
        if line.energy_kev == ANNIHILATION_KEV and positrons is not None:
            photons = PER_POSITRON * positrons
            relative = _of_positrons(emitter, positrons)
        elif line.intensity_percent is None or line.source == NOMINAL:
            raise _unlisted(
                f"the table of nuclides has no intensity of the line of {emitter} at"
                f" {line.energy_kev:g} keV to calculate with",
                reading,
            )
        else:
            photons = line.intensity_percent / 100.0
            relative = _of_line(emitter, line)
        total += photons
        known = known and relative is not None
        variance += (photons * (relative or 0.0)) ** 2
    return Emission(
        per_decay=total, source=table, relative=math.sqrt(variance) / total if known else None
    )


def emission_note(nuclide: str, basis: Basis, found: Emission) -> Note:
    """Say what the efficiency counts."""
    return Note(
        code="EMISSION_USED",
        message=f"counts per {basis}: {nuclide} emits {found.per_decay:.4g} {basis}s per decay"
        f" ({found.source})",
        scope=Scope.of(nuclide=nuclide, basis=str(basis)),
        values={"basis": str(basis), "per_decay": found.per_decay, "source": found.source},
    )


def _of_positrons(nuclide: str, used: float) -> float | None:
    """Return the relative uncertainty of positrons: that of the evaluation, and how far it is off."""
    evaluated = EVALUATED[nuclide].positrons
    if evaluated is None:
        return None
    return math.hypot(evaluated.uncertainty, used - evaluated.ensdf) / used


def _of_line(nuclide: str, line: GammaLine) -> float | None:
    """Return the relative uncertainty of photons, in the same way where a standard lists them."""
    used = line.intensity_percent or 0.0
    if line.uncertainty_percent is not None:
        return line.uncertainty_percent / used
    for each in EVALUATED[nuclide].lines:
        if abs(each.energy_kev - line.energy_kev) <= SAME_LINE_KEV:
            return math.hypot(each.uncertainty_percent, used - each.percent) / used
    return None


def _unlisted(message: str, reading: str) -> ParameterError:
    return ParameterError(f"{message}, needs {reading}", quantity=reading)
