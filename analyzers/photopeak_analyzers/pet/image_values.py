"""What the values of a PET series are: Bq/mL, counts, rates, SUV, or proportional to counts.

BQML is what it says. CNTS are counts of a voxel during its frame, CPS their rate, PROPCNTS and PROPCPS
proportional to them by a factor that nobody tells. GML is SUV by body weight. Philips writes CNTS and
keeps beside it a factor to Bq/mL, (7053,xx09), and one to SUV, (7053,xx00), of which either may be 0: with it
the values are as good as Bq/mL; where it is absent or 0 they are refused, because they are no counts
either.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.contract import Note
from photopeak_analyzers.errors import UnsuitableAcquisitionError

PHILIPS_ACTIVITY = "PhilipsActivityConcentrationScaleFactor"
PHILIPS_SUV = "PhilipsSUVScaleFactor"
"""Names of the private factors in the header of a volume."""

BODY_WEIGHT = "BW"
"""SUVType of values that are normalised by weight; absent means the same (PS3.3 C.8.9.1)."""


class ValueKind(StrEnum):
    """What values are, whatever the maker calls them."""

    CONCENTRATION = "Bq/mL"
    COUNTS = "counts"
    RATE = "counts/s"
    PROPORTIONAL = "proportional to counts"
    SUV = "g/mL"


class ValueUnit(StrEnum):
    """What a person states the values to be; HEADER leaves it to the header."""

    HEADER = "header"
    BQML = "bqml"
    COUNTS = "counts"
    RATE = "rate"
    PROPORTIONAL = "proportional"
    SUV = "suv"


STATED = {
    ValueUnit.BQML: ValueKind.CONCENTRATION,
    ValueUnit.COUNTS: ValueKind.COUNTS,
    ValueUnit.RATE: ValueKind.RATE,
    ValueUnit.PROPORTIONAL: ValueKind.PROPORTIONAL,
    ValueUnit.SUV: ValueKind.SUV,
}

WRITTEN = {
    "BQML": ValueKind.CONCENTRATION,
    "CNTS": ValueKind.COUNTS,
    "CPS": ValueKind.RATE,
    "PROPCNTS": ValueKind.PROPORTIONAL,
    "PROPCPS": ValueKind.PROPORTIONAL,
    "GML": ValueKind.SUV,
}
"""Units (0054,1001) that a phantom is measured in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageValues:
    """What the values are, and the factor of the maker by which they become that."""

    kind: ValueKind
    factor: float = 1.0
    notes: tuple[Note, ...] = ()


def values_of(volume: Volume, stated: ValueUnit, *, suv: bool = False) -> ImageValues:
    """Return what the values of a series are.

    Parameters
    ----------
    suv
        Whether counts of Philips are wanted as SUV, and as Bq/mL only where the factor to it is 0.

    Raises
    ------
    UnsuitableAcquisitionError
        If the header does not tell, names a unit in which no phantom is measured, or counts of Philips
        come without their factor.
    """
    if stated is not ValueUnit.HEADER:
        return ImageValues(kind=STATED[stated])
    units = volume.units.upper()
    if units not in WRITTEN:
        told = f"the values are in {units}" if units else "the header does not tell the unit"
        raise UnsuitableAcquisitionError(
            f"{told}, needs one of {', '.join(WRITTEN)}",
            quantity="unit of the values",
            value=units or None,
            bound=", ".join(WRITTEN),
        )
    kind = WRITTEN[units]
    if kind is ValueKind.SUV:
        _refuse_other_suv(volume)
    if kind is not ValueKind.COUNTS or not _philips(volume):
        return ImageValues(kind=kind)
    suv = suv and (bool(volume.header.get(PHILIPS_SUV)) or not volume.header.get(PHILIPS_ACTIVITY))
    name = PHILIPS_SUV if suv else PHILIPS_ACTIVITY
    element = "(7053,xx00)" if suv else "(7053,xx09)"
    kind = ValueKind.SUV if suv else ValueKind.CONCENTRATION
    factor = volume.header.get(name)
    if not isinstance(factor, (int, float)) or not factor > 0.0:
        raise UnsuitableAcquisitionError(
            f"the values are CNTS of Philips, and their factor to {kind}, {element}, is absent or 0:"
            " what they mean is not known",
            quantity=f"factor to {kind}",
            value=None if factor is None else str(factor),
            bound="more than 0",
        )
    note = Note(
        code="PHILIPS_SCALE",
        message=f"the values are CNTS of Philips: multiplied by {factor:g}, {element}, they are taken"
        f" as {kind}",
        values={"factor": float(factor), "unit": str(kind)},
    )
    return ImageValues(kind=kind, factor=float(factor), notes=(note,))


def _philips(volume: Volume) -> bool:
    known = PHILIPS_ACTIVITY in volume.header or PHILIPS_SUV in volume.header
    return known or "philips" in volume.origin.manufacturer.casefold()


def _refuse_other_suv(volume: Volume) -> None:
    kind = str(volume.header.get("SUVType") or BODY_WEIGHT).upper()
    if kind != BODY_WEIGHT:
        raise UnsuitableAcquisitionError(
            f"the values are SUV by {kind}, needs {BODY_WEIGHT}: a phantom has a weight alone",
            quantity="kind of SUV",
            value=kind,
            bound=BODY_WEIGHT,
        )
