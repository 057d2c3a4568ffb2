"""What a person supplies for a record: whose instrument it is, the surroundings, who answers for it.

Nothing of it is kept: a report is made from stored results and from what its request says, so the
same request gives the same report, and no form can change what was measured.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

LONGEST = 120
"""Characters of a field."""

_LINE_ENDS = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the form of Annex C: its name in requests, what it is called, its bounds if any."""

    name: str
    label: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None


FIELDS = (
    Field("instrument_name", "Instrument name"),
    Field("model", "Model/specification"),
    Field("manufacturer", "Manufacturer"),
    Field("serial_number", "Serial number"),
    Field("client", "Client"),
    Field("address", "Address"),
    Field("temperature", "Temperature", "°C", -20.0, 60.0),
    Field("humidity", "Humidity", "%", 0.0, 100.0),
    Field("record_number", "Record number"),
    Field("calibration_date", "Calibration date"),
    Field("calibrator", "Calibrator"),
    Field("verifier", "Verifier"),
)
"""The fields of Annex C, in its order; they stand in pairs."""

NAMES = tuple(field.name for field in FIELDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """The fields of Annex C as supplied; empty or None is not stated."""

    instrument_name: str = ""
    model: str = ""
    manufacturer: str = ""
    serial_number: str = ""
    client: str = ""
    address: str = ""
    temperature: float | None = None
    humidity: float | None = None
    record_number: str = ""
    calibration_date: date | None = None
    calibrator: str = ""
    verifier: str = ""


class ParticularsError(ValueError):
    """Fields that cannot be so: (name, what is wrong) of each."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{name}: {said}" for name, said in faults))
        self.faults = tuple(faults)


def check_particulars(given: Mapping[str, str | None]) -> Particulars:
    """Return what was supplied, checked whole; fields that are empty are not stated.

    Raises
    ------
    ParticularsError
        If a field is too long, more than a line, no number, no date, or out of its bounds.
    """
    texts = {field: (given.get(field.name) or "").strip() for field in FIELDS}
    faults: list[tuple[str, str]] = []
    values: dict[str, object] = {}
    for field, text in texts.items():
        if not text:
            continue
        try:
            values[field.name] = _value(field, text)
        except ValueError as error:
            faults.append((field.name, str(error)))
    if faults:
        raise ParticularsError(faults)
    return Particulars(**values)  # type: ignore[arg-type]  # the fields have these names


def _value(field: Field, text: str) -> object:
    if len(text) > LONGEST:
        raise ValueError(f"is longer than {LONGEST} characters")
    if _LINE_ENDS.search(text):
        raise ValueError("is more than one line of text")
    if field.name == "calibration_date":
        return day(text)
    if field.minimum is None or field.maximum is None:
        return text
    try:
        number = float(text)
    except ValueError:
        raise ValueError("is not a number") from None
    if not (math.isfinite(number) and field.minimum <= number <= field.maximum):
        raise ValueError(f"must be {field.minimum:g} to {field.maximum:g} {field.unit}")
    return number


def day(text: str) -> date:
    """Return a date of the form 2026-03-02."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else _no_date()
    except ValueError:
        return _no_date()


def _no_date() -> date:
    raise ValueError("is not a date (2026-03-02)") from None
