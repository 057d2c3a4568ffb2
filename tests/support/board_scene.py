"""A department of many devices with the results of a long time, written straight into the tables."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from photopeak.model.devices import Device
from photopeak.model.identity import new_id
from photopeak.model.judgement import Status
from photopeak.storage.database import Database
from photopeak.storage.tables.results import measurements, results, test_sets, verdicts

_AT_ONCE = 2000
_LIMIT = 5.0
_WARNING = 4.0


@dataclass(frozen=True)
class Made:
    """A test of the department: its name, title, unit, and every how many days it is done."""

    test: str
    title: str
    title_zh: str
    metric: str
    unit: str
    every: int = 1


TESTS = (
    Made("daily_flood", "Daily flood", "每日泛源", "IU, UFOV", "%"),
    Made("peak_position", "Peak position", "光电峰位置", "Peak shift", "keV"),
    Made("background", "Background", "本底", "Rate", "{counts}/s"),
    Made("center_of_rotation", "Centre of rotation", "旋转中心", "Offset", "mm", 7),
    Made("spatial_resolution", "Spatial resolution", "空间分辨力", "FWHM", "mm", 7),
    Made("linearity", "Linearity", "空间线性", "Absolute", "mm", 7),
    Made("sensitivity", "Planar sensitivity", "平面灵敏度", "Deviation", "%", 30),
    Made("energy_resolution", "Energy resolution", "能量分辨力", "FWHM", "%", 30),
    Made("window_registration", "Window registration", "多窗配准", "Displacement", "mm", 30),
    Made("tomographic", "SPECT phantom", "SPECT性能体模", "Contrast", "%", 90),
)


def devices(count: int) -> tuple[Device, ...]:
    """Return gamma cameras."""
    return tuple(
        Device(
            id=f"nm{n:02}", name=f"NM{n} Symbia Intevo", kind="gamma_camera", detectors=2,
            ae_titles=(f"NM{n}",), serial_number=f"88{n:02}", station=f"NM{n}",
        )
        for n in range(1, count + 1)
    )  # fmt: skip


def value_of(device: int, made: int, day: int, detector: int) -> float:
    """Return a number that wanders a little below its limit, and for some devices drifts up to it."""
    drift = 1.9 * max(0.0, 1.0 - day / 30.0) if (device + made) % 11 == 2 and detector == 2 else 0.0
    return 2.6 + 0.5 * math.sin(day * 1.7 + device + 3 * made + detector) + drift


def fill(
    database: Database,
    of: Sequence[Device],
    tests: Sequence[Made],
    *,
    days: int,
    now: datetime,
    daily: bool = True,
    skip: Sequence[tuple[str, str]] = (),
) -> int:
    """Write results of all tests on all devices; returns how many.

    `daily` makes every test one of each day; `skip` names devices and tests that did not come today.
    """
    count = 0
    rows: dict[sa.Table, list[dict[str, Any]]] = {
        test_sets: [], results: [], measurements: [], verdicts: [],
    }  # fmt: skip
    with database.transaction() as tx:
        for d, device in enumerate(of):
            for m, made in enumerate(tests):
                for day in range(0, days, 1 if daily else made.every):
                    if day == 0 and (device.id, made.test) in skip:
                        continue
                    for table, row in _rows(device, d, made, m, day, now):
                        rows[table].append(row)
                    count += 1
                    if len(rows[results]) >= _AT_ONCE:
                        _write(tx.connection, rows)
        _write(tx.connection, rows)
    return count


def _write(connection: sa.Connection, rows: dict[sa.Table, list[dict[str, Any]]]) -> None:
    for table, some in rows.items():
        if some:
            connection.execute(sa.insert(table), some)
            some.clear()


def _rows(
    device: Device, d: int, made: Made, m: int, day: int, now: datetime
) -> Iterator[tuple[sa.Table, dict[str, Any]]]:
    at = now - timedelta(days=day, minutes=20 + 7 * m + d)
    set_id, result_id = new_id(), new_id()
    values = {n: value_of(d, m, day, n) for n in (1, 2)}
    worst = max(values.values())
    status = _status(worst)
    yield test_sets, {
        "id": set_id, "device_id": device.id, "test": made.test, "variant": "nema", "group_key": "",
        "day": at.date().isoformat(), "ordinal": 0, "state": "DONE", "waiting_for": "", "reason": "",
        "purpose": "constancy", "parameters": {}, "limits": [], "attempt": 1, "losses": 0,
        "created_at": at, "updated_at": at,
    }  # fmt: skip
    yield results, {
        "id": result_id, "test_set_id": set_id, "version": 1, "current": True,
        "fingerprint": result_id, "test": made.test, "variant": "nema", "device_id": device.id,
        "status": status, "purpose": "constancy", "title": made.title, "title_zh": made.title_zh,
        "acquired_at": at, "started_at": at, "finished_at": at + timedelta(seconds=4),
        "software_version": "0.1.0", "analyzer_version": "1", "routes_version": "r", "host": "w",
        "parameters": {}, "readings": [], "limit_sets": {}, "baselines": [], "message": "",
    }  # fmt: skip
    for position, (detector, value) in enumerate(values.items()):
        of = {"result_id": result_id, "position": position, "metric": "m", "scope": {"detector": detector}}  # fmt: skip
        yield measurements, {
            **of, "label": made.metric, "label_zh": made.metric, "value": value, "unit": made.unit,
            "symbol": "", "decimals": 2, "clause": "",
        }  # fmt: skip
        yield verdicts, {
            **of, "limit_set": "site", "limit_set_version": "v", "kind": "site", "upper": _LIMIT,
            "warn_upper": _WARNING, "status": _status(value), "met": True, "source": "",
        }  # fmt: skip


def _status(value: float) -> Status:
    if value > _LIMIT:
        return Status.FAIL
    return Status.WARN if value > _WARNING else Status.PASS
