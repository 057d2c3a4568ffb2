"""The scanners of a site: ``devices.toml``, read whole or refused whole."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from pydantic import Field, field_validator

from photopeak.model.devices import Device
from photopeak.setting_files import SettingsFile
from photopeak.setting_values import AeTitle, Network, OptionalTimeZone, refuse_useless_expression
from photopeak.settings import Section


class DeviceEntry(Section):
    """One table ``[devices.ID]`` of ``devices.toml``."""

    name: str = Field(min_length=1, max_length=100)
    kind: str = Field("gamma_camera", max_length=40)
    ae_titles: list[AeTitle] = Field(default_factory=list)
    networks: list[Network] = Field(default_factory=list)
    serial_number: str = ""
    station: str = ""
    match: dict[str, str] = Field(default_factory=dict)
    family: Literal["nema", "iec"] = "nema"
    detectors: int | None = Field(None, ge=1, le=16)
    pixelated: bool = False
    time_zone: OptionalTimeZone = ""
    in_use_since: date | None = None
    dicom: bool = True
    parameters: dict[str, dict[str, Any]] = Field(default_factory=dict)
    readings: dict[str, str | float] = Field(default_factory=dict)

    @field_validator("match")
    @classmethod
    def _match(cls, value: dict[str, str]) -> dict[str, str]:
        for keyword, expression in value.items():
            if not re.fullmatch(r"[A-Z][A-Za-z0-9]{0,63}", keyword):
                raise ValueError(f"{keyword!r} is not a DICOM keyword such as StationName")
            refuse_useless_expression(expression)
        return value


class DevicesFile(Section):
    """``devices.toml``."""

    devices: dict[str, DeviceEntry] = Field(default_factory=dict)


def load_devices(path: Path) -> tuple[Device, ...]:
    """Read ``devices.toml``; a file that does not exist describes no device.

    Raises
    ------
    SettingsError
        If the file cannot be read, a key is unknown, a value is wrong, or two devices could not
        be told apart; all faults together.
    """
    if not path.exists():
        return ()
    source = SettingsFile(path)
    entries = source.as_model(DevicesFile).devices
    faults = [
        f"devices.{device_id}: an id has lower-case letters, digits, - and _, at most 64"
        for device_id in entries
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", device_id)
    ]
    faults.extend(_indistinguishable(entries))
    source.refuse(faults)
    return tuple(
        Device(
            id=device_id,
            name=entry.name,
            kind=entry.kind,
            ae_titles=tuple(entry.ae_titles),
            networks=tuple(entry.networks),
            serial_number=entry.serial_number,
            station=entry.station,
            match=MappingProxyType(dict(entry.match)),
            family=entry.family,
            detectors=entry.detectors,
            pixelated=entry.pixelated,
            time_zone=entry.time_zone,
            in_use_since=entry.in_use_since,
            dicom=entry.dicom,
            parameters=MappingProxyType(
                {test: MappingProxyType(dict(table)) for test, table in entry.parameters.items()}
            ),
            readings=MappingProxyType(dict(entry.readings)),
        )
        for device_id, entry in entries.items()
    )


def _indistinguishable(entries: Mapping[str, DeviceEntry]) -> list[str]:
    """Return a fault for each device that nothing tells apart from an earlier one."""
    faults = []
    seen: dict[tuple[object, ...], str] = {}
    for device_id, entry in entries.items():
        identity = (
            tuple(sorted(entry.ae_titles)),
            tuple(sorted(entry.networks)),
            entry.serial_number,
            entry.station,
            tuple(sorted(entry.match.items())),
        )
        if not any(identity) and not entry.dicom:
            continue
        if not any(identity):
            faults.append(
                f"devices.{device_id}: nothing recognises it; give ae_titles, networks,"
                " serial_number, station or match, or dicom = false for what sends no images"
            )
        elif identity in seen:
            faults.append(
                f"devices.{device_id}: the same identity as devices.{seen[identity]};"
                " give serial_number, station or match to tell them apart"
            )
        seen.setdefault(identity, device_id)
    return faults
