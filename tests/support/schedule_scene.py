"""A department with a schedule, a week of results and something missing; for pages, API and feed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from photopeak.api.context import ApiContext
from photopeak.model.devices import Device
from photopeak.model.judgement import Status
from photopeak.model.recurrence import Recurrence
from photopeak.model.schedule import Schedule, ScheduleRule
from photopeak.schedule.occurrences import Calendar
from photopeak.schedule.overdue import OverdueWatch
from photopeak.settings import Settings, SiteSettings, WebSettings
from photopeak.storage import results
from photopeak.storage.database import Database
from photopeak.web.context import WebContext
from support import web_scene
from support.rows import result_of, waiting_set

OSLO = ZoneInfo("Europe/Oslo")
NOW = datetime(2026, 3, 11, 9, 30, tzinfo=OSLO).astimezone(UTC)
"""A Wednesday; the daily test is missing from 10 o'clock on."""

CAMERAS = (
    Device(id="camera-1", name="NM1 Symbia Evo", kind="gamma_camera", detectors=1, station="A"),
    Device(id="camera-2", name="NM2 <b>Discovery</b>; 670, \\room 2", kind="gamma_camera",
           detectors=1, station="B"),
)  # fmt: skip
CALIBRATOR = Device(id="calibrator-1", name="Dose calibrator", kind="dose_calibrator", dicom=False)

WEEKDAYS = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"
PLAN = Schedule(
    zone=OSLO,
    holidays=(date(2026, 3, 6),),
    rules=(
        ScheduleRule(
            id="daily",
            kinds=("gamma_camera",),
            tests=("intrinsic_uniformity",),
            repeat=Recurrence(text=WEEKDAYS),
            end=timedelta(hours=2, minutes=30),
        ),
        ScheduleRule(
            id="half-yearly",
            kinds=("gamma_camera",),
            tests=("system_planar_sensitivity",),
            repeat=Recurrence(text="FREQ=YEARLY;BYMONTH=3,9;BYMONTHDAY=20"),
            start=timedelta(days=14),
            end=timedelta(days=14),
            required=False,
        ),
    ),
)


def filled(
    database: Database,
    data: Path,
    *,
    now: datetime = NOW,
    language: str = "en",
    plan: Schedule = PLAN,
    public_url: str = "https://qc.hospital.test",
) -> tuple[ApiContext, WebContext]:
    """Return contexts of API and pages on a department of two cameras and a calibrator."""
    settings = Settings(
        data=data,
        site=SiteSettings(time_zone="Europe/Oslo", language=language),
        web=WebSettings(public_url=public_url),
    )
    devices = (*CAMERAS, CALIBRATOR)
    watch = OverdueWatch(plan, devices)
    with database.transaction() as tx:
        watch.tell(tx, datetime(2026, 2, 20, tzinfo=UTC))
        for camera, days in (("camera-1", (2, 3, 4, 5, 9, 10, 11)), ("camera-2", (2, 4, 5, 9, 10))):
            for day in days:
                add_result(tx, camera, datetime(2026, 3, day, 6, tzinfo=UTC))
        add_result(tx, "camera-2", datetime(2026, 3, 3, 6, tzinfo=UTC), Status.FAIL)
    calendar = Calendar(plan)
    api, web, _ = web_scene.contexts(
        database,
        data,
        settings=settings,
        devices=lambda: devices,
        calendar=lambda: calendar,
        clock=lambda: now,
    )
    return api, web


def add_result(
    tx: Any, device_id: str, at: datetime, status: Status = Status.PASS, **changes: Any
) -> str:
    """Store a result of the daily test."""
    uid = f"1.2.9.{device_id[-1]}.{at:%Y%m%d%H%M}"
    test_set = waiting_set(tx, uid, device_id=device_id, group=uid)
    record = result_of(test_set, status=status, acquired_at=at, **changes)
    done = at + timedelta(minutes=5)
    provenance = replace(record.provenance, started_at=done, finished_at=done)
    return results.add(tx, replace(record, provenance=provenance)).id
