"""A job as plain data: which files fill which role of which test, with which parameters. Pure.

The service and ``photopeak analyze`` build their jobs here, so both ask for the same work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from photopeak.model.catalogue import TestDescription
from photopeak.model.devices import Device
from photopeak.model.results import ReadingRecord

ALL_TESTS = "*"
"""Key of the parameters of a device that every test gets which knows them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One acquisition of a job: its role, its files with their hashes, and what routing read.

    `values` are the named groups of the rule: parameters of the analyzer by name, else facts about
    this acquisition (a distance, a position).
    """

    role: str
    paths: tuple[Path, ...]
    sha256: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


def build_job(
    test: TestDescription,
    *,
    variant: str,
    parts: Sequence[Part],
    device: Device | None,
    overrides: Mapping[str, Any],
    readings: Sequence[ReadingRecord] = (),
    zone: str = "UTC",
    partial: bool = False,
    performed_at: datetime | None = None,
) -> dict[str, Any]:
    """Return the job for :func:`photopeak.analysis.perform.perform`.

    Parameters come from the device for all tests, from the device for this test, from the rules,
    and from `overrides`, each beating the one before. What a device says for all tests is left out
    where the test does not know it; anything else unknown is refused by the analyzer. `zone` is the
    time zone of the site, for times without an offset; that of the device beats it. A `partial` job
    is done with what it has, where the test needs more. `performed_at` is when a person says that it
    was measured.
    """
    known = {parameter.name for parameter in test.parameters}
    parameters: dict[str, Any] = {}
    if device is not None:
        general = device.parameters.get(ALL_TESTS, {})
        parameters |= {name: value for name, value in general.items() if name in known}
        parameters |= device.parameters.get(test.id, {})
    roles: dict[str, list[dict[str, Any]]] = {}
    for part in parts:
        parameters |= {name: value for name, value in part.values.items() if name in known}
        roles.setdefault(part.role, []).append(
            {
                "paths": [str(path) for path in part.paths],
                "sha256": list(part.sha256),
                "facts": {n: v for n, v in part.values.items() if n not in known},
            }
        )
    return {
        "kind": "analyze",
        "test": test.id,
        "variant": variant,
        "parameters": parameters | dict(overrides),
        "readings": {reading.name: _reading(reading) for reading in readings},
        "roles": roles,
        "zone": (device.time_zone if device is not None else "") or zone,
        "partial": partial,
        "performed_at": None if performed_at is None else performed_at.isoformat(),
    }


def choose_variant(test: TestDescription, wanted: str, device: Device | None) -> str:
    """Return the variant to use: the rule's, else the family of the device, else the first.

    A wanted variant that the test does not have is returned as it is, for the analyzer to refuse:
    standards are never mixed silently.
    """
    if wanted:
        return wanted
    return test.variant_for("" if device is None else device.family)


def _reading(reading: ReadingRecord) -> dict[str, Any]:
    value: Any = reading.value
    if isinstance(value, tuple):
        value = [list(row) for row in value]
    return {
        "value": value,
        "uncertainty": reading.uncertainty,
        "at": None if reading.at is None else reading.at.isoformat(),
        "source": reading.source,
    }
