"""The schedule of a site: the example, what it comes to, and what is refused."""

import re
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from photopeak.analysis.catalogue import installed_tests
from photopeak.analysis.site import load_site
from photopeak.device_settings import load_devices
from photopeak.model.devices import Device
from photopeak.model.recurrence import Recurrence
from photopeak.model.schedule import Schedule
from photopeak.schedule_settings import RuleEntry, ScheduleFile, load_schedule
from photopeak.setting_files import SettingsError
from photopeak.settings import Settings, packaged_config
from support.example import example_devices

CONFIG = packaged_config()
CAMERA = Device(id="camera-1", name="Camera 1", kind="spect_ct")
GOOD = """
[[rule]]
id = "weekly"
kinds = ["spect_ct"]
tests = ["intrinsic_uniformity"]
repeat = "FREQ=WEEKLY;BYDAY=MO"
start = "P3D"
due = "12:00"
end = "P2D"
"""


def read(folder: Path, text: str, time_zone: str = "Europe/Oslo") -> Schedule:
    path = folder / "schedule.toml"
    path.write_text(text, "utf-8")
    return load_schedule(
        path, time_zone=time_zone, devices=(CAMERA,), tests={"intrinsic_uniformity", "pixel_size"}
    )


def test_the_example_schedules_every_device_of_the_example(tmp_path: Path) -> None:
    devices = load_devices(example_devices(tmp_path))
    found = load_schedule(
        CONFIG / "schedule.toml",
        time_zone="Europe/Oslo",
        devices=devices,
        tests=installed_tests(),
    )

    for device in devices:
        tasks = found.tasks(device)
        assert any(task.rule.required for task in tasks), device.id
        assert len({(task.test, task.variant) for task in tasks}) == len(tasks)


def test_a_rule_comes_out_as_it_is_written(tmp_path: Path) -> None:
    found = read(tmp_path, 'holidays = [2026-12-25, "FREQ=YEARLY;BYEASTER=1"]' + GOOD)

    (rule,) = found.rules
    assert rule.repeat == Recurrence(text="FREQ=WEEKLY;BYDAY=MO")
    assert (rule.start, rule.due, rule.end) == (timedelta(days=3), time(12), timedelta(days=2))
    assert found.zone == ZoneInfo("Europe/Oslo")
    assert found.is_holiday(date(2026, 12, 25))
    assert found.is_holiday(date(2026, 4, 6))
    assert not found.is_holiday(date(2026, 4, 7))


def test_a_rule_that_names_the_device_goes_before_one_for_its_kind(tmp_path: Path) -> None:
    own = GOOD.replace("weekly", "own").replace('kinds = ["spect_ct"]', 'devices = ["camera-1"]')
    found = read(tmp_path, GOOD + own.replace("BYDAY=MO", "BYDAY=TH"))

    assert [task.rule.id for task in found.tasks(CAMERA)] == ["own"]
    never = own.replace("FREQ=WEEKLY;BYDAY=MO", "never")
    assert read(tmp_path, GOOD + never).tasks(CAMERA) == ()


def test_without_the_file_nothing_is_scheduled(tmp_path: Path) -> None:
    found = load_schedule(
        tmp_path / "schedule.toml", time_zone="Asia/Shanghai", devices=(), tests=()
    )

    assert found == Schedule(zone=ZoneInfo("Asia/Shanghai"))


def changed(**values: str) -> str:
    """Return the good rule with some keys set to other TOML."""
    text = GOOD
    for key, value in values.items():
        text, count = re.subn(rf"^{key} = .*$", f"{key} = {value}", text, flags=re.MULTILINE)
        text += "" if count else f"{key} = {value}\n"
    return text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[rule]\n", r"schedule\.toml: .*line 1"),
        ("rules = []", r"rules: unknown key"),
        (changed(colour='"red"'), r"rule\.0\.colour: unknown key"),
        (changed(id='"Weekly QC"'), r"rule\.0\.id: String should match"),
        (changed(tests="[]"), r"rule\.0\.tests: "),
        (changed(tests='["uniformity"]'), r"rule\.0\.tests: no installed test 'uniformity'"),
        (changed(kinds="[]"), r"rule\.0: .*give kinds or devices"),
        (changed(devices='["camera-9"]'), r"rule\.0\.devices: no device 'camera-9'"),
        (changed(due='"7:30"'), r"rule\.0\.due: .*no time of the day such as 07:30"),
        (changed(due='"24:00"'), r"rule\.0\.due: "),
        (changed(due="07:30:00"), r"rule\.0\.due: .*string"),
        (changed(start='"three days"'), r"rule\.0\.start: .*no time .* no duration"),
        (changed(start='"P1M"'), r"rule\.0\.start: .*'P1M' is no duration"),
        (changed(start='"13:00"'), r"rule\.0: .*start has to lie before due"),
        (changed(start='"P999D"'), r"rule\.0: .*at most 400 days"),
        (changed(end='"11:00"'), r"rule\.0: .*end has to lie after due"),
        (changed(end='"P7D"'), r"rule\.0: .*end lies after the next one begins to count"),
        (changed(start='"P8D"'), r"rule\.0: .*start lies before the one before is due"),
        (changed(repeat='"every Monday"'), r"rule\.0: .*write a rule as FREQ="),
        (changed(repeat='"FREQ=SECONDLY"'), r"rule\.0: .*FREQ is SECONDLY"),
        (changed(repeat='"FREQ=HOURLY;BYHOUR=7"'), r"rule\.0: .*BYHOUR is not for rules of whole"),
        (changed(repeat='"FREQ=DAILY;FREQ=DAILY"'), r"rule\.0: .*is there twice"),
        (changed(repeat='"BYDAY=MO"'), r"rule\.0: .*FREQ is missing"),
        (changed(repeat='"FREQ=WEEKLY;COUNT=5"'), r"rule\.0: .*COUNT counts from a day"),
        (changed(repeat='"FREQ=WEEKLY;INTERVAL=2"'), r"rule\.0: .*INTERVAL counts from a day"),
        (
            changed(repeat='"FREQ=DAILY;COUNT=99999999"', start_on="2026-01-01"),
            r"rule\.0: .*COUNT is 99999999, needs 1 to 10000",
        ),
        (changed(repeat='"FREQ=WEEKLY;INTERVAL=0"', start_on="2026-01-01"), r"INTERVAL is 0"),
        (changed(repeat='"FREQ=WEEKLY;UNTIL=99991231"'), r"rule\.0: .*UNTIL is 9999-12-31"),
        (changed(repeat='"FREQ=WEEKLY;UNTIL=20200101"'), r"rule\.0: .*has no occurrence"),
        (
            changed(repeat='"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"'),
            r"rule\.0: .*has no occurrence within 12 years",
        ),
        (changed(start_on="9999-01-01"), r"rule\.0: .*start_on is 9999-01-01"),
        (changed(start_on="2026-01-01T07:30:00Z"), r"rule\.0\.start_on: .*write a day"),
        (changed(start_on='"2026-01-01"'), r"rule\.0\.start_on: .*without quotes"),
        (changed(required='"no"'), r"rule\.0\.required: "),
        (GOOD + GOOD, r"rule\.1\.id: 'weekly' is there twice"),
        (
            GOOD + GOOD.replace('"weekly"', '"other"'),
            r"rule\.1\.tests: intrinsic_uniformity is scheduled for kind 'spect_ct' by rule 'weekly'",
        ),
        ('holidays = ["Christmas"]', r"holidays: .*write a rule"),
        ("holidays = [2026-12-25T00:00:00Z]", r"holidays: .*is no day"),
        ("holidays = [9999-12-25]", r"holidays: .*is not from 1990-01-01"),
        ("holidays = [25]", r"holidays: .*is no day"),
    ],
)
def test_a_bad_file_is_refused_with_file_and_key(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read(tmp_path, text)

    assert re.search(message, str(refused.value)), refused.value
    assert all(str(tmp_path / "schedule.toml") in fault for fault in refused.value.faults)


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        read(tmp_path, changed(due='"7:30"', start='"soon"', colour="1"))

    assert len(refused.value.faults) == 3


def test_the_site_carries_its_schedule_and_names_its_faults(tmp_path: Path) -> None:
    (tmp_path / "schedule.toml").write_text(GOOD, "utf-8")
    assert [r.id for r in load_site(Settings(config=tmp_path)).schedule.rules] == ["weekly"]
    (tmp_path / "schedule.toml").write_text("rules = 1", "utf-8")
    with pytest.raises(SettingsError, match=r"schedule\.toml:1: rules"):
        load_site(Settings(config=tmp_path))


def test_every_key_is_documented() -> None:
    text = (CONFIG / "README.md").read_text("utf-8")
    chapter = text[text.index("## schedule.toml\n") :]
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| ([^|]*) \|$", chapter, re.MULTILINE))

    fields = {**ScheduleFile.model_fields, **RuleEntry.model_fields}
    assert rows == {name: field.description for name, field in fields.items()}


@pytest.mark.parametrize(
    ("day", "wall"),
    [
        (date(2026, 1, 15), datetime(2026, 1, 15, 6, 30, tzinfo=UTC)),
        (date(2026, 7, 15), datetime(2026, 7, 15, 5, 30, tzinfo=UTC)),
    ],
)
def test_a_test_is_due_at_the_same_wall_time_all_year(
    tmp_path: Path, day: date, wall: datetime
) -> None:
    (rule,) = read(tmp_path, changed(due='"07:30"')).rules

    assert rule.occurrence(day, ZoneInfo("Europe/Oslo")).due == wall


def test_a_time_that_does_not_exist_counts_an_hour_later_and_one_twice_the_first(
    tmp_path: Path,
) -> None:
    """Oslo goes to summer time on 29 March 2026 at 02:00, and back on 25 October at 03:00."""
    found = read(tmp_path, changed(repeat='"FREQ=DAILY"', start='"01:30"', due='"02:30"',
                                   end='"03:30"'))  # fmt: skip
    (rule,) = found.rules
    spring = rule.occurrence(date(2026, 3, 29), found.zone)
    autumn = rule.occurrence(date(2026, 10, 25), found.zone)

    assert spring.start == datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert spring.due == spring.end == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert autumn.due == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert autumn.end == datetime(2026, 10, 25, 2, 30, tzinfo=UTC)


def test_a_duration_counts_in_wall_time_over_the_change_of_the_clocks(tmp_path: Path) -> None:
    (rule,) = read(tmp_path, GOOD).rules
    monday = rule.occurrence(date(2026, 3, 30), ZoneInfo("Europe/Oslo"))

    assert monday.due == datetime(2026, 3, 30, 10, tzinfo=UTC)
    assert monday.start == datetime(2026, 3, 27, 11, tzinfo=UTC)
