"""Readings that belong to a device and not to a measurement, such as the crystal of a counter.

A site says them once in ``devices.toml``; every test that asks for one then has it, and a measurement
that says otherwise goes before it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime

from photopeak.model.catalogue import TestDescription
from photopeak.model.devices import Device
from photopeak.model.results import ReadingRecord
from photopeak.reports.readings import ReadingError, checked

SOURCE = "device"
"""Who supplied such a reading."""


def of_device(
    test: TestDescription, device: Device | None, *, now: datetime, given: Collection[str] = ()
) -> tuple[ReadingRecord, ...]:
    """Return the readings of a test that its device has, without those that were `given`.

    What the test does not accept is left out: it is then asked for as if nobody had said it.
    """
    found = []
    for name, value in (device.readings if device is not None else {}).items():
        if name in given or not any(reading.name == name for reading in test.readings):
            continue
        try:
            reading = _checked(test, name, value, now)
        except ReadingError:
            continue
        found.append(reading)
    return tuple(found)


def misfits(devices: Iterable[Device], tests: Mapping[str, TestDescription]) -> tuple[str, ...]:
    """Return a fault for each reading of a device that no test asks for, or that one refuses."""
    return tuple(fault for device in devices for fault in _misfits(device, tests))


def _misfits(device: Device, tests: Mapping[str, TestDescription]) -> Iterator[str]:
    for name, value in device.readings.items():
        where = f"devices.toml: devices.{device.id}.readings.{name}"
        asking = [t for t in tests.values() if any(r.name == name for r in t.readings)]
        if not asking:
            yield f"{where}: no installed test asks for it"
        for test in asking:
            try:
                _checked(test, name, value, datetime.now(UTC))
            except ReadingError as error:
                yield f"{where}: {test.id} refuses it: {error}"
                break


def _checked(test: TestDescription, name: str, value: str | float, now: datetime) -> ReadingRecord:
    return checked(
        test, name, value, unit="", uncertainty=None, at=None, source=SOURCE, entered_by="", now=now
    )
