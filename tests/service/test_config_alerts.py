"""``alerts.toml``: who is told of what and when; everything that cannot work is said at once."""

from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from photopeak.alert_policy_settings import QuietHoursSettings
from photopeak.alert_settings import AlertSettings, load_alert_settings
from photopeak.alerts.policy import is_quiet
from photopeak.settings import SettingsError

MAIL = """
[mail]
host = "mail.example.org"
sender = "qc@example.org"
recipients = ["all@example.org"]
"""


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
        ("[policy]\ngroup_wait = 1", "policy.group_wait: Extra inputs are not permitted"),
        ("[policy]\ngroup_wait_s = -1", "policy.group_wait_s: Input should be greater than"),
        ("[[routes]]\nchannels = ['sms']", "routes.0.channels.0: there is no channel 'sms'"),
        ("[[routes]]\ndevices = ['a']", "routes.0.channels: names no channel"),
        ("[escalation]\nafter_min = 5", "escalation.channels: names no channel"),
        ("[digest]\nat = '25:00'", "digest.at: Value error, is no time of the day"),
        (
            "[digest]\nat = '07:45+01:00'",
            "digest.at: Value error, is a time of the day of the site",
        ),
        ("[digest]\ndays = ['monday']", "digest.days.0: Input should be 'mon'"),
        ("[digest]\nrecipients = ['a@b.org']", "digest.recipients: no use without 'mail'"),
        ("[quiet_hours]\nbegin = '07:00'", "quiet_hours.end: Field required"),
        ("[quiet_hours]\nbegin = '07:00'\nend = '07:00'", "begin and end are the same"),
        ("[snooze]\nx = 1", "snooze: Extra inputs are not permitted"),
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
