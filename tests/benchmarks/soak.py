"""Hours of mixed load on a whole service: does anything grow that should not?

Run it from the root of the source tree: ``python tests/benchmarks/soak.py 60``. A console pushes
with storescu: good and bad floods, broken objects, series that nobody knows, the same instance
again. Beside it a peer dies in the middle of its transfers and somebody looks at the pages. Memory
(PSS), descriptors, threads, CPU and what waits to be done are printed as they develop, and at the
end what became of them from the second third of the time to the last.
"""

from __future__ import annotations

import argparse
import itertools
import re
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import httpx
import numpy as np
from pydicom.uid import generate_uid

sys.path.insert(0, str(Path(__file__).parents[1]))

from photopeak.demo.consoles import bone_scan
from photopeak.demo.objects import SIEMENS, write
from support import processes, pushes
from support.dicom_peer import Peer, associate_request, store_message
from support.pusher import push
from support.service import Service, running_service

ROLES = ("supervisor", "web", "listener", "worker", "analysis")
FEWEST_SAMPLES = 9
"""Three for each third of the time; fewer say nothing."""
_STARTED = re.compile(r"(\w+) started as process (\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The service at a moment; memory in MB by role, CPU in processors since the last sample."""

    at_s: float
    memory_mb: dict[str, float]
    descriptors: int
    threads: int
    cpu: float
    waiting: int
    series: int

    @property
    def lasting_mb(self) -> float:
        """Memory of the processes that live as long as the service."""
        return sum(mb for role, mb in self.memory_mb.items() if role != "analysis")


class Watch:
    """Looks at a service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._began = self._seen = time.monotonic()
        self._cpu = self._cpu_s()

    def look(self) -> Sample:
        """Return how the service is now."""
        names = self._roles()
        memory = dict.fromkeys(ROLES, 0.0)
        pids = processes.tree(self._service.processes["serve"].pid)
        for pid in pids:
            memory[self._role(pid, names)] += processes.memory_mb(pid)
        lasting = [pid for pid in pids if self._role(pid, names) != "analysis"]
        now, cpu = time.monotonic(), self._cpu_s()
        used, self._cpu = (cpu - self._cpu) / max(now - self._seen, 1e-9), cpu
        self._seen = now
        counts = self._series()
        under_way = ("receiving", "complete", "queued", "running")
        return Sample(
            at_s=now - self._began,
            memory_mb=memory,
            descriptors=sum(map(processes.descriptors, lasting)),
            threads=sum(map(processes.threads, lasting)),
            cpu=used,
            waiting=sum(counts[state] for state in under_way),
            series=sum(counts.values()),
        )

    def _roles(self) -> dict[int, str]:
        found = {int(pid): name for name, pid in _STARTED.findall(self._service.log())}
        return found | {self._service.processes["serve"].pid: "supervisor"}

    def _role(self, pid: int, names: dict[int, str]) -> str:
        if "child_main" in processes.command(pid):
            return "analysis"
        # What the roles fork is theirs: the receivers are of the listener.
        return names.get(pid, "listener")

    def _cpu_s(self) -> float:
        return sum(map(processes.cpu_s, processes.tree(self._service.processes["serve"].pid)))

    def _series(self) -> Counter[str]:
        reply = httpx.get(
            f"{self._service.url}/metrics",
            headers={"Authorization": f"Bearer {self._service.token}"},
            timeout=30.0,
        )
        found = re.findall(r'photopeak_series\{state="(\w+)"\} ([\d.e+]+)', reply.text)
        return Counter({state: int(float(number)) for state, number in found})


class Load:
    """What is done to the service; `done` counts it."""

    def __init__(self, service: Service, folder: Path, rate: float) -> None:
        self._service = service
        self._folder = folder
        self._pause_s = 1.0 / rate
        self._over = threading.Event()
        self.done: Counter[str] = Counter()
        self._threads = [
            threading.Thread(target=self._repeat, args=(act, pause))
            for act, pause in (
                (self._push_next(), self._pause_s),
                (self._die_in_a_transfer, 7.0),
                (self._look_at_pages, 3.0),
            )
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _repeat(self, act: Callable[[], None], pause_s: float) -> None:
        due = time.monotonic()
        while not self._over.is_set():
            try:
                act()
            except (OSError, AssertionError, httpx.HTTPError) as error:
                self.done[f"error: {type(error).__name__}"] += 1
            due = max(due + pause_s, time.monotonic())
            self._over.wait(due - time.monotonic())

    def _push_next(self) -> Callable[[], None]:
        objects = self._objects()

        def act() -> None:
            kind, path = next(objects)
            sent = push(self._service.dicom_port, path, "")
            status = "no answer" if sent.status is None else f"{sent.status:04X}"
            self.done[f"{kind}: {status}"] += 1
            if kind != "good":
                path.unlink()

        return act

    def _objects(self) -> Iterator[tuple[str, Path]]:
        good, bad, unknown = (
            pushes.flood_object(1),
            pushes.flood_object(2, bad=True),
            pushes.flood_object(3, series="no words for it"),
        )
        short, huge = pushes.flood_object(4), pushes.flood_object(5)
        short.PixelData = short.PixelData[:1001]
        huge.Rows = huge.Columns = 65_535
        patient = bone_scan(SIEMENS, pushes.SEEN_AT, np.random.default_rng(5))
        kinds = (
            ("good", good), ("good", good), ("bad", bad), ("good", good), ("unknown", unknown),
            ("good", good), ("short", short), ("good", good), ("huge", huge), ("patient", patient),
        )  # fmt: skip
        last: Path | None = None
        for kind, dataset in itertools.cycle(kinds):
            dataset.SOPInstanceUID, dataset.SeriesInstanceUID = generate_uid(), generate_uid()
            path = write(dataset, self._folder)
            yield kind, path
            if kind == "good":
                if last is not None:
                    yield "again", last
                last = path

    def _die_in_a_transfer(self) -> None:
        dataset = pushes.flood_object(6)
        content = write(dataset, self._folder / "half").read_bytes()
        message = store_message(content, instance=str(dataset.SOPInstanceUID))
        with Peer(self._service.dicom_port, source="127.0.0.1") as peer:
            peer.associate(associate_request(calling="STORESCU"))
            peer.send(message[: len(message) // 2])
        self.done["peer died in a transfer"] += 1

    def _look_at_pages(self) -> None:
        self._service.api("/series", limit="50")
        for item in self._service.api("/results", limit="3")["items"]:
            self._service.api(f"/results/{item['id']}")
        self.done["looked at pages"] += 1


def show(sample: Sample) -> None:
    """Print one line of the table."""
    memory = "  ".join(f"{sample.memory_mb[role]:10.1f}" for role in ROLES)
    print(
        f"{sample.at_s:7.0f}  {memory}  {sample.lasting_mb:8.1f}  {sample.descriptors:5d}"
        f"  {sample.threads:7d}  {sample.cpu:6.1%}  {sample.waiting:7d}  {sample.series:7d}",
        flush=True,
    )


def verdict(samples: Sequence[Sample]) -> bool:
    """Print what became of each quantity; True when something grows."""
    if len(samples) < FEWEST_SAMPLES:
        print("too short for a verdict")
        return False
    third = len(samples) // 3
    middle, late = samples[third : 2 * third], samples[2 * third :]
    grows = False
    quantities: tuple[tuple[str, Callable[[Sample], float], float], ...] = (
        # What is allowed: a step of the allocator, a connection more, a burst in the queue.
        ("memory without analyses, MB", lambda s: s.lasting_mb, 5.0),
        *((f"memory of {r}, MB", lambda s, r=r: s.memory_mb[r], 3.0) for r in ROLES[:-1]),
        ("memory of analyses, MB", lambda s: s.memory_mb["analysis"], 15.0),
        ("descriptors", lambda s: s.descriptors, 5.0),
        ("threads", lambda s: s.threads, 5.0),
        ("CPU, processors", lambda s: s.cpu, 0.15),
        ("waiting series", lambda s: s.waiting, 5.0),
    )
    hours = np.array([s.at_s for s in samples[third:]]) / 3600.0
    for name, of, allowed in quantities:
        before, after = (statistics.median(map(of, part)) for part in (middle, late))
        slope = float(np.polyfit(hours, [of(s) for s in samples[third:]], 1)[0])
        too_much = after - before > allowed
        grows = grows or too_much
        print(
            f"{name:28s} {before:9.2f} -> {after:9.2f}   {slope:+9.2f} per hour"
            f"   {'GROWS' if too_much else 'steady'}"
        )
    return grows


def main() -> int:
    """Run the load for the minutes of the command line."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("minutes", type=float)
    options.add_argument("--rate", type=float, default=1.5, help="objects per second")
    options.add_argument("--every", type=float, default=15.0, help="seconds between samples")
    chosen = options.parse_args()
    samples: list[Sample] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "files" / "half").mkdir(parents=True)
        with running_service(
            folder / "service", devices=pushes.DEVICES, settings={"inbox": {"quiet_s": 1.0}}
        ) as service:
            watch = Watch(service)
            print(
                "seconds  " + "  ".join(f"{role:>10s}" for role in ROLES)
                + "   lasting  files  threads    CPU  waiting   series"
            )  # fmt: skip
            end = time.monotonic() + 60.0 * chosen.minutes
            with Load(service, folder / "files", chosen.rate) as load:
                while time.monotonic() < end:
                    time.sleep(min(chosen.every, max(0.1, end - time.monotonic())))
                    samples.append(watch.look())
                    show(samples[-1])
            tracebacks = service.log().count("Traceback")
    for what, number in sorted(load.done.items()):
        print(f"  {number:6d}  {what}")
    print(f"tracebacks in the log: {tracebacks}")
    grows = verdict(samples)
    print("something grows" if grows else "nothing grows")
    return 1 if grows else 0


if __name__ == "__main__":
    sys.exit(main())
