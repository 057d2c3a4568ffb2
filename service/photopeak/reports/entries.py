"""Measurements that people enter: readings that open a test set of their own, or complete one.

Everything is checked before anything is kept, and everything that is wrong is told at once. The
same measurement twice is one test set.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from photopeak.model.catalogue import TestDescription
from photopeak.model.devices import Device
from photopeak.model.results import ReadingRecord
from photopeak.model.test_sets import TestSetKey, TestSetRecord
from photopeak.reports.by_hand import ByHandError, assign_within
from photopeak.reports.device_readings import of_device
from photopeak.reports.readings import (
    CLOCK_TOLERANCE,
    MOST_CHARACTERS,
    Fault,
    ReadingError,
    Value,
    checked,
)
from photopeak.storage import audit, entries, readings, test_sets
from photopeak.storage.database import Transaction
from photopeak.storage.errors import NotFoundError

EARLIEST = datetime(1950, 1, 1, tzinfo=UTC)
"""Nothing that is entered was measured before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A reading as given, not checked."""

    name: str
    value: Value
    unit: str = ""
    uncertainty: float | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A stored series that belongs to a measurement; without `role` the only one of the test."""

    series_instance_uid: str
    role: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A measurement as given, not checked; `variant` empty for the one that fits the device."""

    test: str
    device: str
    performed_at: datetime | None
    variant: str = ""
    detector: int | None = None
    operator: str = ""
    readings: tuple[Given, ...] = ()
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedEntry:
    """A measurement that can be true, ready to be kept."""

    test: TestDescription
    key: TestSetKey
    performed_at: datetime
    detector: int | None
    operator: str
    readings: tuple[ReadingRecord, ...]
    attachments: tuple[Attachment, ...]
    source: str
    entered_by: str
    entered_at: datetime

    @property
    def content(self) -> str:
        """Digest of what was measured: the same measurement has the same, whoever enters it."""
        parts = [
            self.key.test,
            self.key.variant,
            self.key.device_id,
            self.detector,
            self.performed_at.astimezone(UTC).isoformat(),
            sorted(
                [r.name, r.value, r.uncertainty, r.at.astimezone(UTC).isoformat() if r.at else ""]
                for r in self.readings
            ),
            sorted([a.role, a.series_instance_uid] for a in self.attachments),
        ]
        return hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).hexdigest()


def check_entry(
    entry: Entry,
    *,
    tests: Sequence[TestDescription],
    devices: Sequence[Device],
    site_zone: str,
    source: str,
    who: str,
    now: datetime,
    complete: bool = False,
) -> CheckedEntry:
    """Return a measurement that fits the description of its test.

    Parameters
    ----------
    site_zone
        Time zone of devices that have none of their own.
    complete
        Refuse a measurement that lacks a reading which the test needs; otherwise it waits for it.

    Raises
    ------
    ReadingError
        With everything that is wrong.
    """
    faults: list[Fault] = []
    test = next((t for t in tests if t.id == entry.test), None)
    device = next((d for d in devices if d.id == entry.device), None)
    if test is None:
        message = "no such test is installed; GET /api/v1/analyzers lists them"
        faults.append(Fault(field=("test_id",), message=message, code="choice"))
    if device is None:
        known = tuple(d.id for d in devices)
        message = f"there is no such device; there are: {', '.join(known) or 'none'}"
        faults.append(Fault(field=("device_id",), message=message, choices=known, code="choice"))
    faults += of_performance(entry.performed_at, entry.operator, device, now)
    if test is None or device is None:
        raise ReadingError(*faults)
    faults += _of_test(entry, test, device)
    found: tuple[ReadingRecord, ...] = ()
    try:
        found = all_checked(test, entry.readings, source=source, entered_by=who, now=now)
    except ReadingError as error:
        faults += error.faults
    own = of_device(test, device, now=now, given=[each.name for each in entry.readings])
    if complete:
        faults += _lacking(entry, test, {reading.name for reading in own})
    if faults or entry.performed_at is None:
        raise ReadingError(*faults)
    zone = ZoneInfo(device.time_zone or site_zone or "UTC")
    return CheckedEntry(
        test=test,
        key=TestSetKey(
            device_id=device.id,
            test=test.id,
            variant=entry.variant or test.variant_for(device.family),
            day=entry.performed_at.astimezone(zone).date(),
            group=_group(entry, test),
        ),
        performed_at=entry.performed_at,
        detector=entry.detector,
        operator=entry.operator,
        readings=(*found, *own),
        attachments=entry.attachments,
        source=source,
        entered_by=who,
        entered_at=now,
    )


def all_checked(
    test: TestDescription,
    given: Sequence[Given],
    *,
    source: str,
    entered_by: str,
    now: datetime,
) -> tuple[ReadingRecord, ...]:
    """Return readings that fit the description of their test.

    Raises
    ------
    ReadingError
        With everything that is wrong with any of them.
    """
    faults: list[Fault] = []
    found: list[ReadingRecord] = []
    for each in given:
        try:
            reading = checked(
                test,
                each.name,
                each.value,
                unit=each.unit,
                uncertainty=each.uncertainty,
                at=each.at,
                source=source,
                entered_by=entered_by,
                now=now,
            )
        except ReadingError as error:
            faults += error.faults
        else:
            found.append(reading)
    names = [each.name for each in given]
    faults += [
        Fault(field=(name,), message=f"{name} is given {names.count(name)} times")
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    if faults:
        raise ReadingError(*faults)
    return tuple(found)


def enter(
    tx: Transaction, entry: CheckedEntry, *, request_key: str | None = None
) -> tuple[TestSetRecord, bool]:
    """Keep a measurement, and return its test set and whether this is the first time it came.

    The workers see the set and analyse it as soon as it lacks nothing.

    Parameters
    ----------
    request_key
        Digest of the key that the sender gave, if any.

    Raises
    ------
    ReadingError
        If a series cannot be attached; nothing is to be kept then.
    StateError
        If the key belongs to a measurement of other content.
    """
    content, now = entry.content, entry.entered_at
    before = entries.known(tx, content, request_key)
    if before is not None:
        return test_sets.get(tx, before), False
    record, new = _set_of(tx, entry)
    for attachment in entry.attachments:
        _attach(tx, record, entry, attachment)
    entries.describe(
        tx,
        test_sets.get(tx, record.id),
        performed_at=entry.performed_at,
        day=record.key.day if record.members else entry.key.day,
        operator=entry.operator,
        detector=entry.detector,
        now=now,
    )
    for reading in entry.readings:
        readings.put(tx, record.id, reading, now=now)
    entries.keep(tx, record.id, content, request_key, entered_by=entry.entered_by, now=now)
    audit.append(
        tx,
        at=now,
        actor=entry.entered_by,
        action="measurement.entered",
        subject=record.id,
        detail={
            "test": entry.key.test,
            "device": entry.key.device_id,
            "performed_at": entry.performed_at.isoformat(),
            "operator": entry.operator,
            "readings": [reading.name for reading in entry.readings],
            "series": [each.series_instance_uid for each in entry.attachments],
            "source": entry.source,
            "opened": new,
        },
    )
    return test_sets.get(tx, record.id), True


def of_performance(
    at: datetime | None, operator: str, device: Device | None, now: datetime
) -> list[Fault]:
    """Return what is wrong with when and by whom something was measured; nothing for nothing."""
    faults = []
    since = None if device is None else device.in_use_since
    if at is None or at.tzinfo is None:
        message = "performed_at is a date with time and zone (RFC 3339)"
        faults.append(Fault(field=("performed_at",), message=message, code="moment"))
    elif at > now + CLOCK_TOLERANCE:
        message = f"performed_at is {at.isoformat()}, which is in the future"
        faults.append(Fault(field=("performed_at",), message=message, code="future"))
    elif at < EARLIEST or (since is not None and at.date() < since):
        bound = EARLIEST.date() if since is None else since
        message = f"performed_at is {at.isoformat()}, before the device was there ({bound})"
        faults.append(Fault(field=("performed_at",), message=message, code="past"))
    if len(operator) > MOST_CHARACTERS or not (operator + "x").isprintable():
        message = f"operator is a name of at most {MOST_CHARACTERS} characters on one line"
        faults.append(Fault(field=("operator",), message=message, code="text"))
    return faults


def _of_test(entry: Entry, test: TestDescription, device: Device) -> list[Fault]:
    faults = []
    if entry.variant and not test.has_variant(entry.variant):
        names = tuple(variant.name for variant in test.variants)
        message = f"variant is one of: {', '.join(names)}"
        faults.append(Fault(field=("variant",), message=message, choices=names, code="choice"))
    most = device.detectors
    if entry.detector is not None and (test.needs_images or entry.attachments):
        message = "detector is told by the images of this test"
        faults.append(Fault(field=("detector",), message=message, value=entry.detector))
    elif entry.detector is not None and not 1 <= entry.detector <= (most or 16):
        message = f"detector is {entry.detector}, must be at least 1 and at most {most or 16}"
        faults.append(
            Fault(
                field=("detector",),
                message=message,
                value=entry.detector,
                minimum=1,
                maximum=most or 16,
                code="range",
            )
        )
    if not entry.readings and not entry.attachments:
        names = tuple(reading.name for reading in test.readings)
        message = f"nothing was measured; the test takes: {', '.join(names) or 'no readings'}"
        faults.append(Fault(field=("readings",), message=message, code="missing"))
    if test.needs_images and test.stands_alone and not entry.attachments:
        message = f"{test.id} is about a series; name it among the attachments"
        faults.append(Fault(field=("attachments",), message=message, code="missing"))
    return faults


def _lacking(entry: Entry, test: TestDescription, of_device: Collection[str]) -> list[Fault]:
    given = {*(each.name for each in entry.readings), *of_device}
    return [
        Fault(
            field=(reading.name,),
            message=f"{reading.name} is missing",
            unit=reading.unit,
            minimum=reading.minimum,
            maximum=reading.maximum,
            choices=reading.choices,
            code="missing",
        )
        for reading in test.readings
        if reading.required and reading.name not in given
    ]


def _group(entry: Entry, test: TestDescription) -> str:
    if entry.detector is not None:
        return f"detector {entry.detector}"
    if test.stands_alone and entry.attachments:
        return entry.attachments[0].series_instance_uid
    return ""


def _set_of(tx: Transaction, entry: CheckedEntry) -> tuple[TestSetRecord, bool]:
    """Return the open set that has a series of the entry, or one of its key, or a new one."""
    for attachment in entry.attachments:
        for record in test_sets.by_series(tx, attachment.series_instance_uid):
            mine = (record.key.device_id, record.key.test, record.key.variant)
            if mine == (entry.key.device_id, entry.key.test, entry.key.variant) and record.open:
                return record, False
    names = [reading.name for reading in entry.readings]
    return entries.find_or_create(tx, entry.key, names, days=entry.test.days, now=entry.entered_at)


def _attach(
    tx: Transaction, record: TestSetRecord, entry: CheckedEntry, attachment: Attachment
) -> None:
    roles = entry.test.roles
    role = attachment.role or (roles[0].name if len(roles) == 1 else "")
    try:
        assign_within(
            tx,
            test_sets.get(tx, record.id),
            attachment.series_instance_uid,
            role,
            test=entry.test,
            who=entry.entered_by,
            now=entry.entered_at,
        )
    except (ByHandError, NotFoundError) as error:
        field = ("attachments", entry.attachments.index(attachment))
        raise ReadingError(Fault(field=field, message=str(error))) from error
