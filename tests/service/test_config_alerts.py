"""``alerts.toml``: who is told of what and when; everything that cannot work is said at once."""

import json
import re
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from photopeak.alert_policy_settings import (
    DigestSettings,
    EscalationSettings,
    PolicySettings,
    QuietHoursSettings,
    RouteEntry,
)
from photopeak.alert_settings import AlertSettings, load_alert_settings
from photopeak.alerts.policy import is_quiet
from photopeak.setting_files import SettingsError
from photopeak.settings import Section, packaged_config

MAIL = """
[mail]
host = "mail.example.org"
sender = "qc@example.org"
recipients = ["all@example.org"]
"""


SECTIONS: dict[str, type[Section]] = {
    "[policy]": PolicySettings,
    "[[routes]]": RouteEntry,
    "[quiet_hours]": QuietHoursSettings,
    "[escalation]": EscalationSettings,
    "[digest]": DigestSettings,
}


def load(folder: Path, text: str) -> AlertSettings:
    path = folder / "alerts.toml"
    path.write_text(text)
    return load_alert_settings(path)


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(folder, text)
    path = str(folder / "alerts.toml")
    assert all(fault.startswith(path) for fault in caught.value.faults)
    return [fault.removeprefix(f"{path}: ") for fault in caught.value.faults]


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    it = load(
        tmp_path,
        MAIL
        + """
[policy]
group_wait_s = 60
repeat_h = 4

[[routes]]
devices = ["camera-1"]
severities = ["critical"]
channels = ["mail"]
recipients = ["physics@example.org"]

[quiet_hours]
begin = "19:00"
end = 06:30:00
days = ["sat", "sun"]

[escalation]
after_min = 30
channels = ["mail"]
recipients = ["chief@example.org"]

[digest]
at = "07:30"
channels = ["mail"]
""",
    )

    assert (it.policy.group_wait_s, it.policy.settle_min) == (60.0, 30.0)
    assert it.quiet_hours is not None
    assert (it.quiet_hours.begin, it.quiet_hours.end) == (time(19), time(6, 30))
    assert it.effective_routes()[0].recipients == ["physics@example.org"]


def test_without_routes_everything_goes_to_all_that_people_read(tmp_path: Path) -> None:
    (route,) = load(tmp_path, MAIL).effective_routes()

    assert route.channels == ["mail"]
    assert load(tmp_path, "").effective_routes() == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[policy]\ngroup_wait = 1", "policy.group_wait: unknown key"),
        ("[policy]\ngroup_wait_s = -1", "policy.group_wait_s: Input should be greater than"),
        ("[[routes]]\nchannels = ['sms']", "routes.0.channels.0: there is no channel 'sms'"),
        ("[[routes]]\ndevices = ['a']", "routes.0.channels: names no channel"),
        ("[escalation]\nafter_min = 5", "escalation.channels: names no channel"),
        ("[digest]\nat = '25:00'", "digest.at: is no time of the day"),
        (
            "[digest]\nat = '07:45+01:00'",
            "digest.at: is a time of the day of the site",
        ),
        ("[digest]\ndays = ['monday']", "digest.days.0: Input should be 'mon'"),
        ("[digest]\nrecipients = ['a@b.org']", "digest.recipients: no use without 'mail'"),
        ("[quiet_hours]\nbegin = '07:00'", "quiet_hours.end: Field required"),
        ("[quiet_hours]\nbegin = '07:00'\nend = '07:00'", "begin and end are the same"),
        ("[snooze]\nx = 1", "snooze: unknown key"),
        ("[[routes]]\nchannels = ['mail']", "there are: none"),
    ],
)
def test_what_cannot_work_is_refused_with_its_key(tmp_path: Path, text: str, said: str) -> None:
    assert any(said in fault for fault in faults(tmp_path, text))


def test_all_faults_are_said_together(tmp_path: Path) -> None:
    text = "[policy]\nnonsense = 1\n[digest]\nat = 'x'\n[quiet_hours]\nbegin = 'y'\nend = '1'\n"

    assert len(faults(tmp_path, text)) == 4


@pytest.mark.parametrize(
    ("moment", "quiet"),
    [
        ((2026, 3, 6, 21, 59), False),
        ((2026, 3, 6, 22, 0), True),
        ((2026, 3, 7, 5, 59), True),
        ((2026, 3, 7, 6, 0), False),
        ((2026, 3, 7, 22, 30), False),
        ((2026, 3, 6, 3, 0), False),
    ],
)
def test_a_quiet_night_belongs_to_the_day_on_which_it_begins(
    moment: tuple[int, int, int, int, int], quiet: bool
) -> None:
    night = QuietHoursSettings(begin=time(22), end=time(6), days=["fri"])

    assert is_quiet(night, datetime(*moment, tzinfo=ZoneInfo("Europe/Oslo"))) is quiet


@pytest.mark.parametrize("title", SECTIONS)
def test_every_key_is_documented_with_its_default(title: str) -> None:
    text = (packaged_config() / "README.md").read_text("utf-8")
    chapter = text.split(f"### `{title}`\n", 1)[1].split("\n#", 1)[0]
    rows = dict(re.findall(r"^\| `([^`]+)` \| ([^|]*) \|", chapter, re.MULTILINE))
    fields = SECTIONS[title].model_fields

    assert set(rows) == set(fields)
    for name, field in fields.items():
        shown = rows[name].strip()
        if shown not in ("required", "all"):
            default = field.get_default(call_default_factory=True)
            default = f"{default:%H:%M}" if isinstance(default, time) else default
            assert json.loads(shown.strip("`")) == default, name


def test_the_example_is_a_whole_file_when_its_lines_are_set_in_force(tmp_path: Path) -> None:
    example = (packaged_config() / "alerts.toml").read_text("utf-8")
    policy = example[example.index("# Who is told of what -") :]
    lines = [line.removeprefix("# ") for line in policy.splitlines()[1:]]
    kept = [line for line in lines if re.match(r"\[|\w+ = ", line)]

    it = load(tmp_path, MAIL + "\n".join(kept))
    assert it.escalation is not None
    assert (len(it.routes), it.digest.at) == (1, time(7, 45))
