"""Measurements as a QuAAC document (version 1.0), the vendor-neutral form for exchanging QA data.

Entries refer to each other by the MD5 of their content, as the format asks; it protects nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from photopeak.model.results import MeasurementRecord, ResultRecord

VERSION = "1.0"
_UNKNOWN = "not known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """What was measured; the format asks for all of it."""

    name: str
    type: str
    serial_number: str = _UNKNOWN
    manufacturer: str = _UNKNOWN
    model: str = _UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Performer:
    """Who answers for the measurements; the format asks for an address of electronic mail."""

    name: str
    email: str


def nobody(_: str) -> Performer | None:
    """Return no reviewer of any result."""
    return None


def document(
    records: Iterable[ResultRecord],
    equipment: Mapping[str, Equipment],
    performer: Performer,
    reviewer: Callable[[str], Performer | None] = nobody,
) -> Iterator[str]:
    """Yield a document in pieces, a JSON text altogether; `reviewer` tells who signed a result.

    Numbers that are not valid are left out: the format has no way to say so. So are those of
    devices that are not in `equipment`, and those without a moment.
    """
    user = _user(performer)
    users = {str(user["hash"]): user}
    things = {
        id_: _hashed(
            {
                "name": e.name,
                "type": e.type,
                "serial_number": e.serial_number,
                "manufacturer": e.manufacturer,
                "model": e.model,
            }
        )
        for id_, e in equipment.items()
    }
    yield f'{{"version": "{VERSION}", "datapoints": ['
    separator = ""
    used: dict[str, dict[str, Any]] = {}
    for record in records:
        thing = things.get(record.device_id or "")
        if thing is None or record.acquired_at is None:
            continue
        used[str(thing["hash"])] = thing
        signed = reviewer(record.id)
        signer = None if signed is None else _user(signed)
        if signer is not None:
            users[str(signer["hash"])] = signer
        for measurement in record.measurements:
            if record.valid(measurement):
                yield separator + _text(_aliased(_point(record, measurement, thing, user, signer)))
                separator = ",\n"
    listed = ", ".join(_text(_aliased(thing)) for thing in used.values())
    people = ", ".join(_text(known) for known in users.values()) if used else ""
    yield f'], "equipment": [{listed}], "users": [{people}], "attachments": []}}'


def _user(person: Performer) -> dict[str, Any]:
    return _hashed({"name": person.name, "email": person.email})


def _point(
    record: ResultRecord,
    measurement: MeasurementRecord,
    thing: Mapping[str, Any],
    user: Mapping[str, Any],
    signer: Mapping[str, Any] | None,
) -> dict[str, Any]:
    if record.acquired_at is None:
        raise ValueError(f"result {record.id} has no moment")
    moment = record.acquired_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    where = ", ".join(f"{name} {value}" for name, value in measurement.scope.items())
    return _hashed(
        {
            "name": " ".join(filter(None, (record.title, measurement.label, where))),
            "perform_datetime": moment,
            "measurement_value": measurement.value,
            "measurement_unit": measurement.unit,
            "reference_value": None,
            "description": measurement.clause,
            "procedure": f"{record.test} ({record.variant})",
            "performer": _reference(user),
            "performer_comment": "",
            "primary_equipment": _reference(thing),
            "reviewer": None if signer is None else _reference(signer),
            "parameters": {
                "metric": measurement.metric,
                "scope": dict(measurement.scope),
                "standard uncertainty": measurement.uncertainty,
                "status of the result": record.status.value,
                "result": record.id,
                "analyzer version": record.provenance.analyzer_version,
                "software version": record.provenance.software_version,
            },
            "ancillary_equipment": [],
            "attachments": [],
        }
    )


def _hashed(entry: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps(entry, sort_keys=True).encode()
    return {**entry, "hash": hashlib.md5(text, usedforsecurity=False).hexdigest()}


def _reference(entry: Mapping[str, Any]) -> str:
    return f"({entry['name']}) {entry['hash']}"


def _aliased(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry with the names of the format, which have spaces."""
    return {name.replace("_", " "): value for name, value in entry.items()}


def _text(entry: Mapping[str, Any]) -> str:
    return json.dumps(entry, ensure_ascii=False)
