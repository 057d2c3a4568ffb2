"""The record of the calibration: the head of JJF Annex C, then of each item what was measured and how."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from photopeak.model.catalogue import TestDescription
from photopeak.reports.jjf.gather import Gathered
from photopeak.reports.jjf.item_record import ItemRecorder
from photopeak.reports.jjf.particulars import FIELDS, Particulars
from photopeak.reports.jjf.values import moment_text, state_text
from photopeak.reports.messages import Messages
from photopeak.reports.paper.document import (
    Block,
    Facts,
    Grid,
    Heading,
    Paragraph,
    Sheet,
    Signatures,
)

TEMPERATURE_C = (18.0, 28.0)
"""JJF draft 6.1.1."""

HUMIDITY_PERCENT = 85.0
"""JJF draft 6.1.2."""


def known_of_instrument(gathered: Gathered) -> dict[str, str]:
    """Return what the configuration and the images say of the instrument, by the name of the field."""
    header = gathered.headers
    return {
        "instrument_name": gathered.device.name,
        "model": header.get("ManufacturerModelName", ""),
        "manufacturer": header.get("Manufacturer", ""),
        "serial_number": gathered.device.serial_number or header.get("DeviceSerialNumber", ""),
    }


class Recorder:
    """Writes the record in one language and one time zone; `tests` tells what readings are called."""

    def __init__(self, say: Messages, zone: ZoneInfo, tests: Sequence[TestDescription]) -> None:
        self._say = say
        self._zone = zone
        self._items = ItemRecorder(say, zone, tests)

    def sheets(self, gathered: Gathered, particulars: Particulars) -> tuple[Sheet, ...]:
        """Return the head of the record and a sheet for each item that has a result."""
        say = self._say
        head = Sheet(
            title=say("Calibration record"),
            note=say("Recommended form of JJF (PET/CT calibration, draft), Annex C"),
            blocks=(
                Facts(self._head(gathered, particulars)),
                *self._surroundings(particulars),
                Heading(say("Items of this record")),
                self._overview(gathered),
                Signatures(
                    (
                        (say("Calibrator"), particulars.calibrator),
                        (say("Verifier"), particulars.verifier),
                    )
                ),
            ),
        )
        return (
            head,
            *(self._items.sheet(item) for item in gathered.items if item.result is not None),
        )

    def _head(self, gathered: Gathered, particulars: Particulars) -> tuple[tuple[str, str], ...]:
        rows, known = [], known_of_instrument(gathered)
        for field in FIELDS:
            value = getattr(particulars, field.name)
            if field.name == "calibration_date":
                text = value.isoformat() if value else self._days(gathered)
            elif isinstance(value, float):
                text = f"{value:g} {field.unit}"
            else:
                text = value or known.get(field.name, "")
            rows.append((self._say(field.label), text or self._say("not stated")))
        return tuple(rows)

    def _days(self, gathered: Gathered) -> str:
        days = sorted(
            {
                r.acquired_at.astimezone(self._zone).date().isoformat()
                for r in gathered.results
                if r.acquired_at is not None
            }
        )
        return " – ".join(dict.fromkeys((days[0], days[-1]))) if days else ""

    def _surroundings(self, particulars: Particulars) -> list[Block]:
        low, high = TEMPERATURE_C
        told: list[Block] = []
        if particulars.temperature is not None and not low <= particulars.temperature <= high:
            said = "The temperature is outside 18 °C to 28 °C (JJF 6.1.1)."
            told.append(Paragraph(self._say(said), "warn"))
        if particulars.humidity is not None and particulars.humidity > HUMIDITY_PERCENT:
            said = "The relative humidity is above 85 % (JJF 6.1.2)."
            told.append(Paragraph(self._say(said), "warn"))
        return told

    def _overview(self, gathered: Gathered) -> Grid:
        say = self._say
        rows = []
        for item in gathered.items:
            result = item.result
            rows.append(
                (
                    say(item.kind.title),
                    item.kind.clause,
                    state_text(result, say),
                    "–"
                    if result is None
                    else moment_text(result.acquired_at, self._zone, self._say),
                    "–" if result is None else result.id,
                )
            )
        return Grid(
            title="",
            columns=(say("Item"), say("Clause"), say("State"), say("Measured"), say("Result id")),
            rows=tuple(rows),
            shares=(1.7, 0.8, 1.5, 1.3, 2.4),
            small=True,
        )
