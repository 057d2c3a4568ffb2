"""The duties of a worker, done by the clerk with a clock that is turned by hand."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from photopeak.alerts.clerk import Clerk
from photopeak.analysis.site import load_site
from photopeak.duties import duties_of
from photopeak.model.alerts import AlertState
from photopeak.model.messages import LineStatus
from photopeak.settings import Settings, SiteSettings
from photopeak.storage import alerts, outbox
from photopeak.storage.database import Database
from support.schedule_scene import add_result

DEVICES = """
[devices.camera-1]
name = "Camera 1"
ae_titles = ["CAMERA"]
"""
SCHEDULE = """
[[rule]]
id = "daily"
kinds = ["gamma_camera"]
tests = ["intrinsic_uniformity"]
repeat = "FREQ=DAILY"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "devices.toml").write_text(DEVICES, "utf-8")
    (folder / "schedule.toml").write_text(SCHEDULE, "utf-8")
    return folder


def test_of_two_workers_one_tells_what_is_missing_and_both_see_it_end(
    sqlite_database: Database, tmp_path: Path, config: Path
) -> None:
    """Due at 07:30, missing from 12:00 on, in Oslo (UTC+1 in winter)."""
    moment = [datetime(2026, 3, 1, 12, 0, tzinfo=UTC)]
    site = load_site(
        Settings(data=tmp_path, config=config, site=SiteSettings(time_zone="Europe/Oslo"))
    )
    clerks = [
        Clerk(
            sqlite_database,
            duties_of(site, sqlite_database, clock=lambda: moment[0]),
            holder=name,
            clock=lambda: moment[0],
        )
        for name in ("one", "two")
    ]

    def overdue() -> list[tuple[AlertState, int]]:
        for clerk in clerks:
            clerk.step()
        with sqlite_database.snapshot() as tx:
            found = [a for a in alerts.page(tx).items if a.alert.rule == "OVERDUE"]
        return [(alert.state, alert.count) for alert in found]

    assert overdue() == []
    moment[0] = datetime(2026, 3, 2, 10, 59, tzinfo=UTC)
    assert overdue() == []
    for minute in range(61, 90):
        moment[0] = datetime(2026, 3, 2, 10, 0, tzinfo=UTC) + timedelta(minutes=minute)
        assert overdue() == [(AlertState.OPEN, 1)]
    with sqlite_database.transaction() as tx:
        add_result(tx, "camera-1", moment[0])
    moment[0] += timedelta(minutes=6)
    assert overdue() == [(AlertState.CLOSED, 1)]
    for clerk in clerks:
        clerk.close()


def test_the_message_of_the_morning_counts_the_results_that_nobody_has_signed(
    sqlite_database: Database, tmp_path: Path, config: Path
) -> None:
    mail = '[mail]\nhost = "mail.example.org"\nsender = "qc@example.org"\nrecipients = ["a@example.org"]\n'
    (config / "alerts.toml").write_text(mail, "utf-8")
    moment = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    site = load_site(Settings(data=tmp_path, config=config))
    with sqlite_database.transaction() as tx:
        add_result(tx, "camera-1", moment - timedelta(hours=1))
    clerk = Clerk(
        sqlite_database,
        [d for d in duties_of(site, sqlite_database, clock=lambda: moment) if d.name == "digest"],
        holder="one",
        clock=lambda: moment,
    )
    clerk.step()
    clerk.close()

    with sqlite_database.snapshot() as tx:
        (told,) = outbox.page(tx).items
    waiting = [line for line in told.message.lines if line.status is LineStatus.UNREVIEWED]
    assert [(line.value, line.link) for line in waiting] == [(1.0, "/review")]
