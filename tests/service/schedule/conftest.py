"""A camera with two heads and a site in Oslo."""

from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest

from photopeak.model.devices import Device
from photopeak.model.recurrence import Recurrence
from photopeak.model.schedule import Schedule, ScheduleRule

OSLO = ZoneInfo("Europe/Oslo")


@pytest.fixture
def camera() -> Device:
    return Device(id="camera-1", name="Camera 1", kind="spect_ct")


@pytest.fixture
def daily() -> ScheduleRule:
    return ScheduleRule(
        id="daily",
        tests=("intrinsic_uniformity",),
        kinds=("spect_ct",),
        repeat=Recurrence(text="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"),
        start=time(5, 0),
        due=time(7, 30),
        end=time(10, 0),
    )


@pytest.fixture
def weekly() -> ScheduleRule:
    return ScheduleRule(
        id="weekly",
        tests=("center_of_rotation",),
        kinds=("spect_ct",),
        repeat=Recurrence(text="FREQ=WEEKLY;BYDAY=WE"),
        start=timedelta(days=2),
        due=time(12, 0),
        end=timedelta(days=1),
        required=False,
    )


@pytest.fixture
def site(daily: ScheduleRule, weekly: ScheduleRule) -> Schedule:
    return Schedule(zone=OSLO, rules=(daily, weekly))
