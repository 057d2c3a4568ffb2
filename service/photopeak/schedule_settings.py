"""What is due when: ``schedule.toml``, read whole or refused whole."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from photopeak.model.devices import Device
from photopeak.model.recurrence import (
    DEFAULT_START,
    FIRST_DAY,
    LAST_DAY,
    Recurrence,
    parse_duration,
)
from photopeak.model.schedule import Edge, Schedule, ScheduleRule
from photopeak.setting_files import SettingsFile
from photopeak.settings import Section

_SHOWN = timedelta(days=800)
"""Time over which the windows of a rule are compared with each other."""


class RuleEntry(Section):
    """One table ``[[rule]]`` of ``schedule.toml``."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="name, unique in the file")
    kinds: list[str] = Field(
        default_factory=list, description="kinds of devices that it is for, as in devices.toml"
    )
    devices: list[str] = Field(
        default_factory=list,
        description="ids of devices that it is for; goes before a rule for their kind",
    )
    tests: list[str] = Field(min_length=1, description="ids of the tests")
    variant: str = Field(
        "",
        max_length=32,
        description="text that a result has to follow; without it a result by any counts",
    )
    repeat: str = Field(
        description="recurrence by RFC 5545, such as FREQ=WEEKLY;BYDAY=MO, or never"
    )
    start_on: date | None = Field(
        None, description="day from which the rule counts; INTERVAL and COUNT need it"
    )
    start: str = Field(
        "00:00", description="from when a result counts: a time of the due day, or how long before"
    )
    due: str = Field("07:30", description="time of the day until when it should be there")
    end: str = Field(
        "12:00", description="from when it is missing: a time of the due day, or how long after"
    )
    required: bool = Field(
        True, strict=True, description="false: the device may be ready without it"
    )
    on_holidays: bool = Field(False, strict=True, description="true: due on holidays too")

    @field_validator("start_on", mode="before")
    @classmethod
    def _day(cls, value: object) -> object:
        if isinstance(value, datetime) or (value is not None and not isinstance(value, date)):
            raise ValueError("write a day as 2026-03-02, without quotes")
        return value

    @field_validator("due")
    @classmethod
    def _due(cls, value: str) -> str:
        _time(value)
        return value

    @field_validator("start", "end")
    @classmethod
    def _edge(cls, value: str) -> str:
        _edge(value)
        return value

    @model_validator(mode="after")
    def _whole(self) -> RuleEntry:
        if not self.kinds and not self.devices:
            raise ValueError("it is for no device: give kinds or devices")
        self.rule()
        return self

    def rule(self) -> ScheduleRule:
        """Return the rule.

        Raises
        ------
        ValueError
            If it never occurs, or its windows are in the wrong order or reach into each other.
        """
        rule = ScheduleRule(
            id=self.id,
            kinds=tuple(self.kinds),
            devices=tuple(self.devices),
            tests=tuple(self.tests),
            variant=self.variant,
            repeat=Recurrence(text=self.repeat, start_on=self.start_on),
            start=_edge(self.start),
            due=_time(self.due),
            end=_edge(self.end),
            required=self.required,
            on_holidays=self.on_holidays,
        )
        _check_windows(rule)
        return rule


class ScheduleFile(Section):
    """``schedule.toml``."""

    holidays: list[date | str] = Field(
        default_factory=list,
        description="days such as 2026-12-25 (no quotes), or rules such as"
        " 'FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25'",
    )
    rule: list[RuleEntry] = Field(default_factory=list, description="the rules")

    @field_validator("holidays", mode="before")
    @classmethod
    def _days(cls, value: object) -> object:
        if isinstance(value, list):
            for entry in value:
                if isinstance(entry, datetime) or not isinstance(entry, date | str):
                    raise ValueError(f"{entry} is no day such as 2026-12-25")
                if isinstance(entry, str):
                    Recurrence(text=entry)
                elif not FIRST_DAY <= entry <= LAST_DAY:
                    raise ValueError(f"{entry} is not from {FIRST_DAY} to {LAST_DAY}")
        return value


def load_schedule(
    path: Path | None,
    *,
    time_zone: str,
    devices: Sequence[Device],
    tests: Collection[str],
) -> Schedule:
    """Read ``schedule.toml``; without the file nothing is scheduled.

    Parameters
    ----------
    time_zone
        Zone of the site, in which all times are meant.
    devices, tests
        What a rule may name.

    Raises
    ------
    SettingsError
        With every fault of the file, each with its key.
    """
    zone = ZoneInfo(time_zone)
    if path is None or not path.exists():
        return Schedule(zone=zone)
    source = SettingsFile(path)
    file = source.as_model(ScheduleFile)
    faults = [*_unknown(file, devices, tests), *_contradictions(file.rule)]
    source.refuse(faults)
    return Schedule(
        zone=zone,
        rules=tuple(entry.rule() for entry in file.rule),
        holidays=tuple(
            Recurrence(text=entry) if isinstance(entry, str) else entry for entry in file.holidays
        ),
    )


def _unknown(file: ScheduleFile, devices: Sequence[Device], tests: Collection[str]) -> list[str]:
    """Return a fault for each name that nothing has, and each id that is there twice."""
    ids = {device.id for device in devices}
    seen: set[str] = set()
    faults = []
    for number, entry in enumerate(file.rule):
        where = f"rule.{number}"
        if entry.id in seen:
            faults.append(f"{where}.id: {entry.id!r} is there twice")
        seen.add(entry.id)
        faults += [
            f"{where}.devices: no device {name!r} in devices.toml"
            for name in entry.devices
            if name not in ids
        ]
        faults += [
            f"{where}.tests: no installed test {name!r}; photopeak analyzers lists them"
            for name in entry.tests
            if name not in tests
        ]
    return faults


def _contradictions(entries: Sequence[RuleEntry]) -> list[str]:
    """Return a fault for each test that two rules schedule for one device with the same right."""
    faults = []
    seen: dict[tuple[str, str, str, str], str] = {}
    for number, entry in enumerate(entries):
        # Kinds are compared even where no device has them yet: one may be added any day.
        keys = [("device", name) for name in entry.devices] + [("kind", k) for k in entry.kinds]
        for what, name in keys:
            for test in entry.tests:
                key = (what, name, test, entry.variant)
                if key in seen:
                    faults.append(
                        f"rule.{number}.tests: {test} is scheduled for {what} {name!r} by rule"
                        f" {seen[key]!r} already; name the device, or a variant, in one of them"
                    )
                seen.setdefault(key, entry.id)
    return faults


def _check_windows(rule: ScheduleRule) -> None:
    """Refuse a rule of which nothing can be missing before the next occurrence counts."""
    utc = ZoneInfo("UTC")
    first = rule.repeat.start_on or DEFAULT_START
    days = rule.repeat.days(first, first + _SHOWN)
    for occurrence, following in pairwise(rule.occurrence(day, utc) for day in days):
        if occurrence.end > following.counts_at:
            raise ValueError(
                f"end lies after the next one begins to count: due on {occurrence.day}, missing"
                f" from {occurrence.end:%Y-%m-%d %H:%M} on, and {following.day} counts from"
                f" {following.counts_at:%Y-%m-%d %H:%M} on"
            )
        if occurrence.due > following.start:
            raise ValueError(
                f"start lies before the one before is due: {following.day} begins on"
                f" {following.start:%Y-%m-%d %H:%M}, and {occurrence.day} is due then"
            )


def _time(text: str) -> time:
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", text)
    if found is None:
        raise ValueError(f"{text!r} is no time of the day such as 07:30")
    return time(int(found[1]), int(found[2]))


def _edge(text: str) -> Edge:
    if not text.startswith("P"):
        try:
            return _time(text)
        except ValueError:
            raise ValueError(f"{text!r} is no time such as 07:30 and no duration such as P3D") \
                from None  # fmt: skip
    return parse_duration(text)
