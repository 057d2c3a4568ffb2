"""What is read all day costs the same after ten years as after ten weeks."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from photopeak.model.alerts import Alert, AlertSeverity, AlertState
from photopeak.settings import DatabaseSettings
from photopeak.storage import (
    alerts,
    board,
    instances,
    lessons,
    migrations,
    results,
    reviews,
    series,
    standings,
    trends,
)
from photopeak.storage.database import Database, Transaction, open_database
from photopeak.storage.tables.results import results as results_table
from photopeak.storage.tables.service import alerts as alerts_table
from support import board_scene
from support.effort import steps_of
from support.rows import NOON, after, instance

SHORT, LONG = 40, 400

READS: dict[str, Callable[[Transaction], Any]] = {
    "latest results": lambda tx: results.latest_per_test(tx),
    "latest results of a device": lambda tx: results.latest_per_test(tx, "nm01"),
    "tests that nothing was told of": lambda tx: standings.untold(tx),
    "how tests stand": lambda tx: standings.attempts(tx),
    "alerts under a prefix": lambda tx: alerts.open_under(tx, "nm01/"),
    "alerts about files": lambda tx: alerts.about_files(tx, ["1.2"]),
    "open alerts": lambda tx: alerts.page(tx, states=(AlertState.OPEN, AlertState.ACKNOWLEDGED)),
    "numbers of series, as far as they are shown": lambda tx: series.count_by_state(tx, most=10),
    "traffic": board.traffic,
    "results by when they were measured": lambda tx: results.measured(
        tx, device_id="nm01", test="daily_flood", variant="nema", before=NOON, limit=1
    ),
    "points of a trend, as far as a new one is looked at with": lambda tx: trends.points(
        tx, device_id="nm01", test="daily_flood", variant="nema", metrics=("m",), limit=10
    ),
    "what waits for a signature": lambda tx: reviews.waiting(tx, limit=10),
    "what rules have known": lambda tx: lessons.hits(tx, since=NOON + timedelta(days=1)),
}


@pytest.fixture(scope="module")
def histories(tmp_path_factory: pytest.TempPathFactory) -> Any:
    opened = [history(tmp_path_factory.mktemp(f"of {days} days"), days) for days in (SHORT, LONG)]
    yield opened
    for database in opened:
        database.close()


def history(folder: Path, days: int) -> Database:
    database = open_database(DatabaseSettings(), folder)
    migrations.upgrade(database)
    devices = board_scene.devices(2)
    board_scene.fill(database, devices, board_scene.TESTS[:3], days=days, now=NOON)
    with database.transaction() as tx:
        reviews.wait(tx, tx.connection.execute(sa.select(results_table.c.id)).scalars().all())
        for day in range(days):
            instances.add_batch(tx, [instance(1, series=f"1.2.{day}", at=after(day))])
            lessons.note(
                tx,
                lessons.RoutedSeries(
                    series_instance_uid=f"1.2.{day}", device_id="nm01", texts=None, kind="NM",
                    outcome="routed", rule="flood", added=[], test="", role="",
                    received_at=after(day),
                ),
            )  # fmt: skip
            alert = Alert(key=f"nm01/{day}", severity=AlertSeverity.WARNING, title="t", message="m")
            alerts.raise_alert(tx, alert, now=NOON + timedelta(days=day))
        found = tx.connection.execute(sa.select(alerts_table.c.key)).scalars().all()
        for key in found[2:]:
            alerts.close(tx, key, now=NOON + timedelta(days=days))
        standings.complete(tx)
    return database


@pytest.mark.parametrize("name", READS)
def test_a_read_takes_no_more_steps_in_a_longer_history(
    histories: tuple[Database, Database], name: str
) -> None:
    short, long = (steps_of(database, READS[name]) for database in histories)
    assert long <= 1.5 * short + 20
