"""The status board of 40 devices with 10 tests each, every day of a year: how soon it answers.

Run it as ``python tests/benchmarks/board.py [--postgresql] [--devices N] [--days N]``. The pages are
asked for through the whole application, gate and all; between two of them something is committed,
so that nothing may be answered from memory, but for the last line.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import anyio
import httpx
from pydantic import SecretStr

sys.path.insert(0, str(Path(__file__).parents[1]))

from photopeak.api.app import create_app
from photopeak.api.buckets import Rate, Rates
from photopeak.model.recurrence import Recurrence
from photopeak.model.schedule import Schedule, ScheduleRule
from photopeak.schedule.occurrences import Calendar
from photopeak.settings import DatabaseSettings, Settings
from photopeak.storage import marks, migrations, schedule, standings
from photopeak.storage.database import Database, open_database
from photopeak.web.pages import all_pages
from support import board_scene, postgres, web_scene

TARGET_MS = 100.0


@contextmanager
def opened(folder: Path, *, postgresql: bool) -> Iterator[Database]:
    """Open an empty database."""
    if not postgresql:
        database = open_database(DatabaseSettings(), folder)
        migrations.upgrade(database)
        yield database
        database.close()
        return
    programs = postgres.binaries()
    if programs is None:
        raise SystemExit("no PostgreSQL server is installed on this machine")
    server = postgres.PostgresServer(programs)
    try:
        server.execute("CREATE DATABASE board")
        database = open_database(DatabaseSettings(url=SecretStr(server.url("board"))), folder)
        migrations.upgrade(database)
        yield database
        database.close()
    finally:
        server.close()


def main() -> int:
    """Fill a database, ask for the board, and print how long it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--devices", type=int, default=40)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with opened(folder, postgresql=options.postgresql) as database:
            return measure(database, folder, options)


def measure(database: Database, folder: Path, options: argparse.Namespace) -> int:
    """Return 0 when the board answers in time."""
    devices = board_scene.devices(options.devices)
    now = datetime.now(UTC)
    count = board_scene.fill(database, devices, board_scene.TESTS, days=options.days, now=now)
    rule = ScheduleRule(
        id="daily", tests=tuple(made.test for made in board_scene.TESTS), kinds=("gamma_camera",),
        repeat=Recurrence(text="FREQ=DAILY"),
    )  # fmt: skip
    calendar = Calendar(Schedule(zone=ZoneInfo("Europe/Dublin"), rules=(rule,)))
    with database.transaction() as tx:
        standings.complete(tx)
        tasks = [task for device in devices for task in calendar.tasks(device)]
        schedule.put_in_force(tx, tasks, now=datetime(2020, 1, 1, tzinfo=UTC))
    plenty = Rate(per_s=1e6, burst=1_000_000)
    context, web, _ = web_scene.contexts(
        database, folder, settings=Settings(data=folder), devices=lambda: devices,
        clock=lambda: datetime.now(UTC), rates=Rates(address=plenty, token=plenty),
    )  # fmt: skip
    pages = all_pages(replace(web, calendar=lambda: calendar))
    app = create_app(replace(context, pages=pages))
    token = web_scene.make_token(database, "operate")
    print(f"{count} results of {len(devices)} devices and {len(board_scene.TESTS)} tests")

    async def ask() -> dict[str, list[float]]:
        transport = httpx.ASGITransport(app=app)
        headers = {"Authorization": f"Bearer {token}"}
        took: dict[str, list[float]] = {}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://board", headers=headers
        ) as client:

            async def one(what: str, path: str, *, status: int = 200, **extra: str) -> str:
                began = time.perf_counter()
                reply = await client.get(path, headers=extra)
                took.setdefault(what, []).append(1000.0 * (time.perf_counter() - began))
                if reply.status_code != status:
                    raise SystemExit(f"{path} answered {reply.status_code}")
                return str(reply.headers.get("etag", ""))

            await one("first after the start", "/")
            for number in range(options.rounds):
                with database.transaction() as tx:
                    marks.put(tx, "benchmark", str(number))
                await one("board, after a commit", "/")
                with database.transaction() as tx:
                    marks.put(tx, "benchmark", f"{number}+")
                tag = await one("renewal, after a commit", "/board-live")
                await one(
                    "renewal, nothing new", "/board-live", status=204, **{"If-None-Match": tag}
                )
                await one("page of a device", f"/devices/{devices[number % len(devices)].id}")
        return took

    took = anyio.run(ask)
    for what, times in took.items():
        print(f"{what:26} median {statistics.median(times):6.1f} ms   p95 {p95(times):6.1f} ms")
    return 0 if p95(took["board, after a commit"]) < TARGET_MS else 1


def p95(times: list[float]) -> float:
    """Return the time that 95 of 100 keep."""
    return sorted(times)[min(len(times) - 1, int(0.95 * len(times)))]


if __name__ == "__main__":
    raise SystemExit(main())
