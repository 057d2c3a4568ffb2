"""Spectra in ANSI N42.42, of 2006 (``N42InstrumentData``) and of 2011 (``RadInstrumentData``).

A file may hold several spectra. The one of an item is read; those of the background, of the intrinsic
activity and of calibrations beside it are left out and said. Where several are measurements of their own,
none is preferred and the file is refused. Counts may be compressed: ``0 n`` are n empty channels.
The polynomial of the energies is taken at the middle of a channel; a program that means its lower edge is
half a channel off. Boundaries leave no doubt, and go before it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo

from photopeak.reading.errors import UnreadableError
from photopeak.reading.spectrum_file import (
    MOST_CHANNELS,
    SpectrumFile,
    checked_counts,
    checked_energies,
    checked_times,
    kev_per,
    number,
    polynomial_energies,
    safe_title,
)
from photopeak.reading.xml_text import Node

ROOTS = frozenset({"N42InstrumentData", "RadInstrumentData"})
"""Names of the outermost element, of 2006 and of 2011."""

_DURATION = re.compile(
    r"P(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,9}(?:\.\d+)?)S)?)?"
)
_BESIDE = ("background", "intrinsicactivity", "calibration", "notspecified")
"""Classes of measurement that stand beside one of an item, in the order in which they are read alone."""


@dataclass(frozen=True, slots=True)
class _Found:
    spectrum: Node
    measurement: Node
    kind: str


def is_n42(root: Node) -> bool:
    """Tell whether a tree is one of N42."""
    return root.name in ROOTS


def read_n42(root: Node, zone: tzinfo) -> SpectrumFile:
    """Read the spectrum of a file.

    Raises
    ------
    UnreadableError
        If it holds none, several that are equal, or a broken one.
    """
    found = [
        _Found(spectrum, measurement, _kind(spectrum, measurement))
        for measurement in _all(root, "Measurement", "RadMeasurement")
        for spectrum in _all(measurement, "Spectrum")
        if _child(spectrum, "ChannelData") is not None
    ]
    if not found:
        raise UnreadableError("the N42 file holds no spectrum with counts")
    chosen, left_out = _choose(found)
    spectrum, measurement = chosen.spectrum, chosen.measurement
    counts = _counts(spectrum)
    energies, of_energies = _energies(root, spectrum, measurement, len(counts))
    live_s, real_s, of_times = checked_times(
        _seconds(spectrum, measurement, "LiveTimeDuration", "LiveTime"),
        _seconds(spectrum, measurement, "RealTimeDuration", "RealTime"),
    )
    at, of_date = _moment(_text(spectrum, measurement, "StartDateTime", "StartTime"), zone)
    beside = f" {chosen.kind}" if chosen.kind in _BESIDE[:3] else ""
    title, of_title = safe_title(
        _text(measurement, spectrum, "MeasurementDescription", "Title", "Remark")
    )
    about = next(iter(_all(root, "RadInstrumentInformation", "InstrumentInformation")), root)
    warned = [*of_energies, *of_times, *of_date, *of_title]
    if left_out:
        warned.append(
            f"{left_out} other spectra of the file (background, calibration) are left out"
        )
    return SpectrumFile(
        counts=counts,
        energies_kev=energies,
        live_s=live_s,
        real_s=real_s,
        started_at=at,
        title=f"{title}{beside}".strip(),
        manufacturer=_text(about, about, "RadInstrumentManufacturerName", "Manufacturer")[:64],
        model=_text(about, about, "RadInstrumentModelName", "InstrumentModel")[:64],
        serial_number=_text(about, about, "RadInstrumentIdentifier", "InstrumentID")[:64],
        warnings=tuple(warned),
    )


def expanded(words: list[str]) -> list[float]:
    """Return counts of which runs of empty channels are a 0 and their number.

    >>> expanded("5 0 3 7".split())
    [5.0, 0.0, 0.0, 0.0, 7.0]

    Raises
    ------
    UnreadableError
        If a run has no number, or there are too many channels.
    """
    counts: list[float] = []
    at = 0
    while at < len(words):
        value = number(words[at], f"channel {len(counts)}")
        at += 1
        if value != 0.0:
            counts.append(value)
        else:
            run = number(words[at], "a number of empty channels") if at < len(words) else -1.0
            at += 1
            if run != int(run) or not 1.0 <= run <= MOST_CHANNELS:
                raise UnreadableError(
                    f"a run of empty channels has the length {run:g}, needs 1 to {MOST_CHANNELS}"
                )
            counts += [0.0] * int(run)
        if len(counts) > MOST_CHANNELS:
            raise UnreadableError(f"the spectrum has more than {MOST_CHANNELS} channels")
    return counts


def _choose(found: list[_Found]) -> tuple[_Found, int]:
    groups = [[each for each in found if each.kind not in _BESIDE]]
    groups += [[each for each in found if each.kind == kind] for kind in reversed(_BESIDE)]
    candidates = next(group for group in groups if group)
    if len(candidates) > 1:
        raise UnreadableError(
            f"the N42 file holds {len(candidates)} spectra that are measurements of their own,"
            " one is read: export each into a file of its own"
        )
    return candidates[0], len(found) - 1


def _kind(spectrum: Node, measurement: Node) -> str:
    """Return the class of a measurement: ``foreground`` for that of an item, or when not told."""
    word = _text(spectrum, measurement, "MeasurementClassCode", "SourceType")
    word = word.replace(" ", "").lower()
    return word if word in _BESIDE else "foreground"


def _counts(spectrum: Node) -> tuple[float, ...]:
    data = _child(spectrum, "ChannelData")
    words = (data.text if data is not None else "").split()
    attributes = data.attributes if data is not None else {}
    code = attributes.get("compressionCode", attributes.get("Compression", "None"))
    if code.lower() == "countedzeroes":
        return checked_counts(expanded(words))
    if code.lower() != "none":
        raise UnreadableError(f"counts in the compression {code[:32]!r} are not read")
    return checked_counts([number(word, f"channel {at}") for at, word in enumerate(words)])


def _energies(
    root: Node, spectrum: Node, measurement: Node, channels: int
) -> tuple[tuple[float, ...] | None, tuple[str, ...]]:
    calibration = _calibration(root, spectrum, measurement)
    if calibration is None:
        return polynomial_energies((), channels)
    per = kev_per(calibration.attributes.get("EnergyUnits", "keV"))
    if per is None:
        return None, (
            "the energies of the file have an unknown unit, the axis is that of channels",
        )
    borders = _numbers(next(iter(_all(calibration, "EnergyBoundaryValues")), None))
    if len(borders) == channels + 1:
        middles = [(a + b) / 2.0 for a, b in itertools.pairwise(borders)]
        return checked_energies(middles, "boundaries")
    coefficients = _numbers(
        next(iter(_all(calibration, "CoefficientValues", "Coefficients")), None)
    )
    return polynomial_energies([per * value for value in coefficients], channels)


def _calibration(root: Node, spectrum: Node, measurement: Node) -> Node | None:
    wanted = spectrum.attributes.get("energyCalibrationReference", "")
    wanted = wanted or spectrum.attributes.get("CalibrationIDs", "")
    everywhere = [*_all(root, "EnergyCalibration"), *_all(root, "Calibration")]
    energy = [each for each in everywhere if each.attributes.get("Type", "Energy") == "Energy"]
    for name in wanted.split():
        for each in energy:
            if name in (each.attributes.get("id"), each.attributes.get("ID")):
                return each
    inside = [*_all(spectrum, "Calibration"), *_all(measurement, "Calibration")]
    return next((each for each in inside if each in energy), None) or (
        energy[0] if len(energy) == 1 else None
    )


def _numbers(node: Node | None) -> list[float]:
    try:
        return [number(word, node.name) for word in node.text.split()] if node is not None else []
    except UnreadableError:
        return []


def _seconds(spectrum: Node, measurement: Node, *names: str) -> float | None:
    match = _DURATION.fullmatch(_text(spectrum, measurement, *names).strip())
    if match is None or not any(match.groups()):
        return None
    days, hours, minutes, seconds = (float(part or 0.0) for part in match.groups())
    return ((days * 24.0 + hours) * 60.0 + minutes) * 60.0 + seconds


def _moment(text: str, zone: tzinfo) -> tuple[datetime | None, tuple[str, ...]]:
    if not text:
        return None, ()
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None, ("the start of the measurement is no date with time",)
    return (at if at.tzinfo is not None else at.replace(tzinfo=zone)), ()


def _text(first: Node, then: Node, *names: str) -> str:
    """Return the text of the first child of any of these names, in one element or else in another."""
    for node in (first, then):
        for name in names:
            child = _child(node, name)
            if child is not None and child.text:
                return child.text
    return ""


def _child(node: Node, name: str) -> Node | None:
    return next((child for child in node.children if child.name == name), None)


def _all(node: Node, *names: str) -> Iterator[Node]:
    """Return all elements of these names below a node, from the top on."""
    waiting = list(reversed(node.children))
    while waiting:
        each = waiting.pop()
        if each.name in names:
            yield each
        waiting += reversed(each.children)
