"""What the service costs: start, memory and CPU at rest, and from push to result.

Run it from the root of the source tree: ``python tests/benchmarks/service.py``. It starts services
of its own in a temporary folder and prints the figures beside their goals.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))

from photopeak.listener.client import send
from support import pushes
from support.service import UNDER_WAY, Service, running_service

START_GOAL_S = 3.0
MEMORY_GOAL_MB = 250.0
_TICKS = os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> list[int]:
    """Return a process and all that descend from it."""
    found, fresh = [pid], [pid]
    while fresh:
        for file in Path(f"/proc/{fresh.pop()}/task").glob("*/children"):
            children = [int(child) for child in file.read_text().split()]
            found += children
            fresh += children
    return found


def memory_mb(pid: int) -> float:
    """Return the proportional set size of a process, in MB."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1000.0 * 1.024
    raise RuntimeError("no Pss in smaps_rollup")


def cpu_s(pids: list[int]) -> float:
    """Return the CPU time that processes have used, with that of their ended children."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += sum(map(int, fields[11:15]))
    return total / _TICKS


def name_of(pid: int) -> str:
    """Return what a process is, for the table."""
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()[-60:].strip()


@contextmanager
def service(**settings: object) -> Iterator[Service]:
    """Run a service in a temporary folder; single objects are complete at once."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_service(
            Path(folder) / "service",
            devices=pushes.DEVICES,
            settings={"inbox": {"quiet_s": 0.0}, **settings},  # type: ignore[dict-item]
        ) as running,
    ):
        yield running


def starts(rounds: int) -> list[float]:
    """Return the seconds from the command to the first /healthz, on data that exists."""
    seconds = []
    with service() as running:
        for _ in range(rounds):
            running.stop()
            begin = time.perf_counter()
            running.start()
            while True:
                try:
                    if httpx.get(f"{running.url}/healthz", timeout=1.0).status_code == 200:
                        break
                except httpx.HTTPError:
                    time.sleep(0.01)
            seconds.append(time.perf_counter() - begin)
            running.wait_until_up()
    return seconds


def latency_s(running: Service, path: Path, *, pause_s: float = 0.0) -> float:
    """Push one flood and return the seconds until its judged result is there.

    It is asked for every `pause_s` seconds, each answer waited for as long as a busy service takes.
    """
    uid = pushes.series_of(path)
    begin = time.perf_counter()
    (outcome,) = send([path], "127.0.0.1", running.dicom_port, calling="STORESCU")
    assert outcome.ok, outcome.comment
    with httpx.Client(
        base_url=running.url, headers={"Authorization": f"Bearer {running.token}"}, timeout=60.0
    ) as api:
        while True:
            reply = api.get(f"/api/v1/series/{uid}")
            if reply.status_code == 200 and reply.json()["series"]["state"] not in UNDER_WAY:
                return time.perf_counter() - begin
            time.sleep(pause_s)
            time.sleep(0.01)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--idle", type=float, default=20.0, help="seconds of idleness")
    options = parser.parse_args()
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the beginning")
    found = starts(options.rounds)
    print(
        f"start to first /healthz: median {statistics.median(found):.2f} s,"
        f" {min(found):.2f} to {max(found):.2f} s (goal {START_GOAL_S:g} s)"
    )
    with service(work={"child_idle_s": 2.0}) as running, tempfile.TemporaryDirectory() as scratch:
        time.sleep(6.0)  # until the child that told the catalogue has ended
        pids = tree(running.processes["serve"].pid)
        before, begin = cpu_s(pids), time.monotonic()
        time.sleep(options.idle)
        used = (cpu_s(pids) - before) / (time.monotonic() - begin)
        sizes = {pid: memory_mb(pid) for pid in tree(running.processes["serve"].pid)}
        for pid, size in sizes.items():
            print(f"  {size:6.1f} MB  {name_of(pid)}")
        print(f"memory at rest: {sum(sizes.values()):.0f} MB PSS (goal {MEMORY_GOAL_MB:g} MB)")
        print(f"CPU at rest: {used:.2%} of a processor")
        files = [pushes.flood_file(Path(scratch), seed) for seed in range(3 * options.rounds)]
        cold = []
        for path in files[: options.rounds]:
            time.sleep(3.0)  # until the child has ended
            cold.append(latency_s(running, path))
        warm = [latency_s(running, path) for path in files[options.rounds :]]
        print(f"push to result, child to be started: median {statistics.median(cold):.2f} s")
        print(f"push to result, child running: median {statistics.median(warm):.2f} s")


if __name__ == "__main__":
    main()
