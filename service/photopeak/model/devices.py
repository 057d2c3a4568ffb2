"""The devices of the site, as configured."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One scanner, or one instrument without DICOM.

    `ae_titles` and `networks` (CIDR) say who may send for it; `match` holds regular expressions
    on DICOM keywords that recognise its objects; `parameters` are handed to analyzers by test id
    (``"*"`` for all), such as the manufacturer's useful field of view; `readings` stand in for those
    that a test asks for and that are the same each time, such as the type of a counter's crystal.
    `in_use_since` is the day before which nothing can have been measured with it; `dicom` is False
    for an instrument that sends no images.
    """

    id: str
    name: str
    kind: str
    ae_titles: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    serial_number: str = ""
    station: str = ""
    match: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    family: str = "nema"
    detectors: int | None = None
    pixelated: bool = False
    time_zone: str = ""
    in_use_since: date | None = None
    dicom: bool = True
    parameters: Mapping[str, Mapping[str, Any]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    readings: Mapping[str, str | float] = field(default_factory=lambda: MappingProxyType({}))
