"""A million results and 200 readers: how soon pages answer, and whether ingest feels it.

Run it as ``python tests/benchmarks/many_results.py --folder /var/tmp/many [--postgresql]``. A real
service analyses a few floods; their rows are cloned (see ``support/many_rows.py``) into ten years of
20 cameras with 14 tests a day, and the service is started on them. It takes ten minutes and 7.3 GB
to fill the folder, which is removed afterwards unless ``--keep`` is given; an SQLite file that was kept
is used again.

Every reader has a token and a socket of its own and asks for one kind of page:

========  =======================================================  ============
readers   ask for                                                  every
========  =======================================================  ============
50        the board's renewal, with the tag that they have         30 s (page)
25        the same of the wall screen                              30 s (page)
30        the page of a device                                     10 s
25        the trend of a number, page and points in turn           10 s
25        the results, page after page                             10 s
15        the series                                               10 s
25        ``/api/v1/results``, page after page                     5 s
5         ``/readyz``                                              5 s
========  =======================================================  ============

that is 18 requests a second; ``--hurry 2`` lets everybody ask twice as often. ``--saturation`` asks
what the same readers get when they ask again as soon as they have an answer. Where others use the
processors as well, the figures of two runs are compared, not judged.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from urllib.parse import urlencode

import httpx
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from photopeak.listener.client import send
from photopeak.settings import Settings, load
from photopeak.storage import marks, standings, tokens
from photopeak.storage.database import open_database
from service import latency_s, memory_mb, name_of, tree
from support import dicom_objects, postgres, pushes
from support.many_rows import Cloner
from support.service import Service, running_service

GOAL_MS = 300.0
DEVICES = 20
TESTS = 14
SLICES = 200
READERS = {
    "board": 50, "kiosk": 25, "device": 30, "trend": 25, "results": 25, "series": 15, "api": 25, "readyz": 5,
}  # fmt: skip
EVERY_S = {"board": 30.0, "kiosk": 30.0, "api": 5.0, "readyz": 5.0}
ELSE_S = 10.0
PUSHED = ("intrinsic_uniformity", "energy_window_check", "data_integrity_check")
_NAMES = (
    "center_of_rotation", "spatial_resolution", "linearity", "sensitivity", "energy_resolution",
    "window_registration", "peak_position", "background", "tomographic", "bar_phantom", "collimator",
)  # fmt: skip


# The readers, a process of their own ----------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """One request: what for, how long it took, and what came."""

    kind: str
    ms: float
    status: int
    size: int


def read(url: str, secrets: Sequence[str], seconds: float, hurry: float) -> list[Asked]:
    """Ask as all readers do for some time; without any pause when `hurry` is 0."""
    return asyncio.run(_read(url, secrets, seconds, hurry))


async def _read(url: str, secrets: Sequence[str], seconds: float, hurry: float) -> list[Asked]:
    asked: list[Asked] = []
    end = time.monotonic() + seconds
    kinds = [kind for kind, count in READERS.items() for _ in range(count)]

    async def reader(number: int, kind: str, secret: str) -> None:
        every = 0.0 if hurry == 0.0 else EVERY_S.get(kind, ELSE_S) / hurry
        transport = httpx.AsyncHTTPTransport(
            local_address=f"127.0.1.{number + 1}", verify=False, retries=0
        )
        headers = {"Authorization": f"Bearer {secret}", "X-Poll": "1"}
        async with httpx.AsyncClient(
            transport=transport, base_url=url, headers=headers, timeout=60.0
        ) as client:
            tag = following = ""
            await asyncio.sleep((number * 0.618) % 1.0 * every)
            for turn in range(1_000_000):
                begin = time.perf_counter()
                if time.monotonic() >= end:
                    return
                path = _path(kind, number, turn, following)
                more = {"If-None-Match": tag} if tag and kind in ("board", "kiosk") else {}
                try:
                    reply = await client.get(path, headers=more)
                except (httpx.ReadError, httpx.RemoteProtocolError):
                    # The server closed the idle connection in this moment; browsers ask again, too.
                    reply = await client.get(path, headers=more)
                took = time.perf_counter() - begin
                asked.append(Asked(kind, 1000.0 * took, reply.status_code, len(reply.content)))
                tag = reply.headers.get("etag", tag)
                following = _following(kind, reply)
                await asyncio.sleep(max(0.0, min(every - took, end - time.monotonic())))

    await asyncio.gather(
        *(reader(n, kind, secret) for n, (kind, secret) in enumerate(zip(kinds, secrets, strict=True)))
    )  # fmt: skip
    return asked


def _path(kind: str, number: int, turn: int, following: str) -> str:
    device = f"nm{1 + (number + turn) % DEVICES:02}"
    number_of = {"metric": "iu_ufov", "scope": '{"detector":1,"energy_window":1}'}
    at = {"device": device, "test": "intrinsic_uniformity"}
    if kind == "trend" and turn % 2:
        return "/api/v1/trends?" + urlencode({**at, "variant": "nema", **number_of})
    if kind == "trend":
        number_name = number_of["metric"] + number_of["scope"]
        return "/trends?" + urlencode(
            {"device": device, "test": f"{at['test']}/nema", "number": number_name}
        )
    more = "" if not following else "?" + urlencode({"after": following})
    return {
        "board": "/board-live", "kiosk": "/kiosk-live", "device": f"/devices/{device}",
        "results": f"/results{more}", "series": f"/series{more}", "api": f"/api/v1/results{more}",
        "readyz": "/readyz",
    }[kind]  # fmt: skip


def _following(kind: str, reply: httpx.Response) -> str:
    if reply.status_code != 200:
        return ""
    if kind == "api":
        return str(reply.json()["next"] or "")
    mark = "?after=" if kind in ("results", "series") else ""
    if not mark or mark not in reply.text:
        return ""
    return reply.text.split(mark, 1)[1].split('"', 1)[0].split("&", 1)[0]


# The service ----------------------------------------------------------------------------------


def devices_toml() -> str:
    """Return the cameras; what is pushed is of the first."""
    first = pushes.DEVICES.replace("[devices.camera", "[devices.nm01")
    return first + "".join(
        f'\n[devices.nm{n:02}]\nname = "Camera {n}"\nae_titles = ["NM{n}"]\n'
        f'serial_number = "88{n:02}"\ndetectors = 2\n'
        for n in range(2, DEVICES + 1)
    )


SCHEDULE = """\
[[rule]]
id = "daily"
tests = ["intrinsic_uniformity", "energy_window_check", "data_integrity_check"]
kinds = ["gamma_camera"]
repeat = "FREQ=DAILY"
"""


def fill(folder: Path, url: str, count: int) -> None:
    """Let a service analyse some floods, and clone what it wrote until there are so many results."""
    with (
        running_service(
            folder,
            database_url=url,
            devices=devices_toml(),
            schedule=SCHEDULE,
            settings={"inbox": {"quiet_s": 0.0}},
        ) as running,
        tempfile.TemporaryDirectory() as scratch,
    ):
        files = [pushes.flood_file(Path(scratch), seed) for seed in range(1, 5)]
        for path in files:
            (outcome,) = send([path], "127.0.0.1", running.dicom_port, calling="STORESCU")
            assert outcome.ok, outcome.comment
        pushes.settled(running, *map(pushes.series_of, files))
        time.sleep(1.0)  # until the dispatcher has noted the end of the last
    settings = settings_of(folder)
    database = open_database(settings.database, settings.data)
    now = datetime.now(UTC)
    cloner = Cloner(database, now=now)
    each = cloner.results_of_a_push
    days = -(-count // (DEVICES * TESTS))
    stored = next((settings.data / "store").rglob("*.dcm"))
    names = (None,) * each + _NAMES
    for day in range(days, -1, -1):
        for device in range(1, DEVICES + 1):
            for first in range(0, TESTS, each):
                at = now - timedelta(days=day, minutes=700 - 30 * first - device)
                if at > now - timedelta(minutes=5):
                    continue
                path = cloner.push(f"nm{device:02}", at, names[first : min(first + each, TESTS)])
                if day < 4:  # the service looks for the files of the last days when it starts
                    place = settings.data / path
                    place.parent.mkdir(parents=True, exist_ok=True)
                    os.link(stored, place)
    cloner.close()
    with database.transaction() as tx:
        for device in range(1, DEVICES + 1):
            for test in (*names[each:TESTS], *PUSHED):
                if test:
                    standings.renew(tx, f"nm{device:02}", test)
        marks.put(tx, "last housekeeping", now.date().isoformat())
    print(f"{cloner.written} results, {days} days")
    database.close()


def settings_of(folder: Path) -> Settings:
    """Return the settings of a service."""
    return load(folder / "config" / "photopeak.toml", environment={}).settings


@contextmanager
def server(folder: Path, *, postgresql: bool) -> Iterator[str]:
    """Run PostgreSQL, or nothing; yields the address of an empty database."""
    if not postgresql:
        yield ""
        return
    programs = postgres.binaries()
    if programs is None:
        raise SystemExit("no PostgreSQL server is installed on this machine")
    running = postgres.PostgresServer(programs)
    try:
        running.execute("CREATE DATABASE many")
        yield running.url("many")
    finally:
        running.close()


def again(folder: Path) -> Service:
    """Return the service of a folder that was filled, to be started, with a token of its own."""
    settings = settings_of(folder)
    database = open_database(settings.database, settings.data)
    with database.transaction() as tx:
        _, secret = tokens.create(
            tx, name="benchmark", scopes=["read"], now=datetime.now(UTC), created_by="benchmark"
        )
    database.close()
    web = f"http://127.0.0.1:{settings.web.port}"
    return Service(folder, settings.listener.port, web, secret)


def make_secrets(folder: Path) -> list[str]:
    """Return a token for every reader."""
    settings = settings_of(folder)
    database = open_database(settings.database, settings.data)
    with database.transaction() as tx:
        made = [
            tokens.create(
                tx, name=f"reader {n}", scopes=["read"], now=datetime.now(UTC), created_by="b"
            )[1]
            for n in range(sum(READERS.values()))
        ]
    database.close()
    return made


# What is measured -----------------------------------------------------------------------------


def ingest(running: Service, scratch: Path, rounds: int) -> tuple[list[float], list[float]]:
    """Push floods one after the other, then slices; return seconds to results, images a second."""
    floods = [
        pushes.flood_file(scratch, int(time.time() * 1000) % 1_000_000 + n) for n in range(rounds)
    ]
    seconds = [latency_s(running, path, pause_s=0.05) for path in floods]
    rates = []
    planes = np.random.default_rng(51).integers(0, 2000, (SLICES, 128, 128), dtype=np.uint16)
    for _ in range(3):
        folder = Path(tempfile.mkdtemp(dir=scratch))
        paths = dicom_objects.save_all(dicom_objects.slices(planes), folder)
        begin = time.perf_counter()
        outcomes = send(paths, "127.0.0.1", running.dicom_port, calling="STORESCU")
        rates.append(SLICES / (time.perf_counter() - begin))
        assert all(outcome.ok for outcome in outcomes)
    return seconds, rates


def told(seconds: Sequence[float], rates: Sequence[float]) -> str:
    """Return what ingest did in a line."""
    return (
        f"push to result median {statistics.median(seconds):.2f} s (worst {max(seconds):.2f} s), "
        f"{statistics.median(rates):.0f} images a second"
    )


def table(asked: Sequence[Asked], seconds: float) -> bool:
    """Print how long each kind took; returns whether all kept the goal."""
    for kind in [*READERS, "all"]:
        mine = [a for a in asked if kind in (a.kind, "all")]
        if not mine:
            continue
        times = sorted(a.ms for a in mine)
        failed = sum(a.status not in (200, 204) for a in mine)
        print(
            f"  {kind:8} {len(mine):6} asked  {len(mine) / seconds:6.1f}/s"
            f"  p50 {times[len(times) // 2]:7.1f} ms  p95 {times[int(0.95 * len(times))]:7.1f} ms"
            f"  worst {times[-1]:7.0f} ms  {statistics.mean(a.size for a in mine) / 1000:6.0f} kB"
            + (f"  {failed} FAILED" if failed else "")
        )
    times = sorted(a.ms for a in asked)
    return times[int(0.95 * len(times))] < GOAL_MS


def memory(running: Service) -> str:
    """Return the proportional memory of the processes, in MB."""
    pids = tree(running.processes["serve"].pid)
    return ", ".join(f"{name_of(pid)[-12:]} {memory_mb(pid):.0f}" for pid in pids)


def measure(running: Service, secrets: Sequence[str], options: argparse.Namespace) -> bool:
    """Measure and print."""
    with (
        tempfile.TemporaryDirectory() as name,
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
    ):
        scratch = Path(name)
        ingest(running, scratch, 2)  # until everything is read in
        print(f"memory in MB: {memory(running)}")
        print(f"without readers: {told(*ingest(running, scratch, options.rounds))}")
        readers = pool.submit(read, running.url, secrets, options.seconds, options.hurry)
        time.sleep(5.0)
        print(f"with readers:    {told(*ingest(running, scratch, options.rounds))}")
        good = table(readers.result(), options.seconds)
        print(f"memory in MB: {memory(running)}")
        if options.saturation:
            print("saturation:")
            table(pool.submit(read, running.url, secrets, 20.0, 0.0).result(), 20.0)
            print(f"memory in MB: {memory(running)}")
    return good


def main() -> int:
    """Fill, start and measure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--results", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=60.0, help="of reading")
    parser.add_argument("--hurry", type=float, default=1.0, help="how much faster all ask")
    parser.add_argument("--rounds", type=int, default=10, help="floods that are pushed")
    parser.add_argument("--saturation", action="store_true")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    folder = options.folder / "service"
    try:
        with server(options.folder, postgresql=options.postgresql) as url:
            if not folder.exists():
                begin = time.monotonic()
                fill(folder, url, options.results)
                size = sum(f.stat().st_size for f in (folder / "data").glob("photopeak.sqlite3*"))
                print(f"filled in {time.monotonic() - begin:.0f} s, {size / 1e9:.2f} GB")
            running, secrets = again(folder), make_secrets(folder)
            begin = time.monotonic()
            running.start()
            try:
                running.wait_until_up()
                print(f"up after {time.monotonic() - begin:.1f} s")
                return 0 if measure(running, secrets, options) else 1
            finally:
                running.stop()
    finally:
        if not options.keep:
            shutil.rmtree(options.folder, ignore_errors=True)


if __name__ == "__main__":
    raise SystemExit(main())
