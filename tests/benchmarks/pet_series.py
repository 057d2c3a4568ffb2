"""A PET series of 600 x 400 x 400: reading, analysis in the child, and from the last slice to the result.

Run it from the root of the source tree: ``python tests/benchmarks/pet_series.py [--runs 5]``. The
series is the body phantom in 600 files with 16 bits and a scale for each slice, in no order; it is
pushed into a service of its own in a temporary folder. Goals: image quality with reading in 1 s of the
processor, at most twice the pixels in memory beside the child at rest, 60 ms without reading (that is
``pet_image_quality.py``).
"""

from __future__ import annotations

import argparse
import os
import re
import sqlite3
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from pet_image_quality import PHANTOM_AT, SHAPE, SIDE_MM, phantom

from photopeak.analysis.child import AnalysisProcess
from photopeak.reading.assemble import read_acquisition
from photopeak.settings import WorkSettings
from support import processes, pushes
from support.dicom_objects import save_all, slices
from support.ports import eventually
from support.programs import dcmtk
from support.service import Service, running_service

TEST = "pet_image_quality"
AT = "2026-03-02T07:30:00+00:00"
READINGS = {
    "hot_concentration": {"value": 21.2, "at": AT},
    "background_concentration": {"value": 5.3, "at": AT},
}
PIXEL_BYTES = 2 * int(np.prod(SHAPE))
GOAL_S, GOAL_MEMORY = 1.0, 2.0
_STARTED = re.compile(r"(\w+) started as process (\d+)")
DEVICES = '[devices.pet]\nname = "PET"\nserial_number = "1234"\n'


def write_series(folder: Path) -> list[Path]:
    """Write the phantom as a series whose files lie in no order."""
    made = phantom()
    values = np.zeros(SHAPE, np.int16)
    box = tuple(slice(at, at + n) for at, n in zip(PHANTOM_AT, made.values.shape, strict=True))
    values[box] = made.values
    rng = np.random.default_rng(2)
    slope = rng.uniform(0.1, 0.3, SHAPE[0])
    slope[box[0]] = made.slope
    datasets = slices(
        values,
        slopes=[float(f"{each:.10g}") for each in slope],
        spacing_mm=(SIDE_MM,) * 3,
        SeriesDescription="NEMA IQ",
        DeviceSerialNumber="1234",
        PatientWeight=70,
        FrameReferenceTime=0,
        DecayFactor=1.05,
        AttenuationCorrectionMethod="measured,CT",
        ScatterCorrectionMethod="Model-based",
        RandomsCorrectionMethod="DLYD",
        ReconstructionMethod="PSF+TOF 4i5s",
        SoftwareVersions="1",
    )
    return save_all([datasets[k] for k in rng.permutation(SHAPE[0])], folder)


def reading(paths: Sequence[Path], runs: int) -> None:
    """Read the series and print what that takes."""
    read_acquisition(paths)
    busy, clock = [], []
    for _ in range(runs):
        start, used = time.perf_counter(), time.process_time()
        read_acquisition(paths)
        busy.append(time.process_time() - used)
        clock.append(time.perf_counter() - start)
    tracemalloc.start()
    read_acquisition(paths)
    highest = tracemalloc.get_traced_memory()[1] / PIXEL_BYTES
    tracemalloc.stop()
    print(
        f"reading alone: {statistics.median(busy):.2f} s of the processor,"
        f" {statistics.median(clock):.2f} s, {highest:.2f} x the pixels in memory"
    )


def child(paths: Sequence[Path], runs: int) -> None:
    """Have the series analysed by a child as the service does, and print what that takes."""
    files = [str(path) for path in paths]
    job = {
        "kind": "analyze",
        "test": TEST,
        "variant": "jjf",
        "parameters": {},
        "readings": READINGS,
        "roles": {"reconstruction": [{"paths": files, "sha256": [], "facts": {}}]},
        "zone": "UTC",
        "partial": False,
    }
    busy, memory = [], []
    for number in range(runs + 1):
        if number in (0, 1):  # one job in a fresh child, the others in another that lives on
            process = AnalysisProcess(WorkSettings())
            process.run({"kind": "catalogue"})
        (pid,) = processes.analysis_processes(os.getpid())
        Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")  # the peak begins anew
        rest, used = _status_bytes(pid, "VmRSS"), processes.cpu_s(pid)
        answer = process.run(job)
        if not answer["analysis"]["measurements"]:
            raise SystemExit("the simulated series gives no result")
        busy.append(processes.cpu_s(pid) - used)
        memory.append((_status_bytes(pid, "VmHWM") - rest) / PIXEL_BYTES)
        if number in (0, runs):
            process.close()
    print(
        f"from job to answer, first job of a child: {busy[0]:.2f} s of the processor,"
        f" {memory[0]:.2f} x the pixels beside what it holds at rest\n"
        f"from job to answer, later ones: {statistics.median(busy[1:]):.2f} s of the processor"
        f" (goal {GOAL_S:g} s), at most {max(memory[1:]):.2f} x (goal {GOAL_MEMORY:g})"
    )


def _status_bytes(pid: int, key: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{key}:"))


class Stage:
    """Prints the time and the processor time of a service between two moments.

    Pages and API are left out: it is they who are asked whether it is over.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self.total = 0.0
        self._begin, self._used = time.perf_counter(), self._cpu_s()

    def _cpu_s(self) -> dict[str, float]:
        found: dict[str, float] = defaultdict(float)
        for role, number in _STARTED.findall(self._service.log()):
            analysing = processes.analysis_processes(int(number))
            for pid in processes.tree(int(number)) if role != "web" else ():
                found["analysis" if pid in analysing else role] += processes.cpu_s(pid)
        return found

    def ends(self, what: str) -> None:
        """Print one stage; the next begins."""
        clock, now = time.perf_counter() - self._begin, self._cpu_s()
        busy = {role: value - self._used.get(role, 0.0) for role, value in now.items()}
        self.total += sum(busy.values())
        told = ", ".join(f"{role} {value:.2f}" for role, value in busy.items())
        print(f"{what}: {clock:.2f} s, {sum(busy.values()):.2f} s of the processor ({told})")
        self._begin, self._used = time.perf_counter(), now


def whole(paths: Sequence[Path], folder: Path) -> None:
    """Push the series into a service and print what follows the last slice."""
    uid = pushes.series_of(paths[0])
    with running_service(folder, devices=DEVICES, settings={"inbox": {"quiet_s": 60.0}}) as service:
        eventually(
            lambda: any(t["id"] == TEST for t in service.api("/analyzers")["items"]),
            seconds=60.0,
            what="the catalogue is there",
        )
        stage = Stage(service)
        last = paths[-1].rename(folder / paths[-1].name)
        push(service, paths[0].parent)
        _wait(lambda: _indexed(service) == len(paths) - 1, service)
        stage.ends("all slices but the last")
        most, stage.total = stage.total, 0.0
        push(service, last)
        _wait(lambda: pushes.state_of(service, uid) == "WAITING", service)
        stage.ends("the last slice, until its test set waits for readings")
        (identity,) = service.api(f"/series/{uid}")["test_sets"]
        httpx.post(
            f"{service.url}/api/v1/readings",
            headers={"Authorization": f"Bearer {service.token}"},
            json={"test_set": identity, "inputs": READINGS},
            timeout=30.0,
        ).raise_for_status()
        _wait(lambda: bool(pushes.results_of(service, uid)), service)
        stage.ends("from the readings to the stored result")
        print(
            f"from the last slice: {stage.total:.2f} s of the processor (goal {GOAL_S:g} s);"
            f" with all that came before: {most + stage.total:.2f} s"
        )
        result: dict[str, Any] = pushes.results_of(service, uid)[TEST]
        if not result["measurements"]:
            raise SystemExit(f"the pushed series gives no result: {result['failure']}")


def push(service: Service, what: Path) -> None:
    """Push a file, or all of a folder, as fast as it goes."""
    dcmtk(
        "storescu", "-aet", "ELSEWHERE", "-aec", "PHOTOPEAK", "+sd",
        "127.0.0.1", service.dicom_port, what, nodelay=True,
    )  # fmt: skip


def _indexed(service: Service) -> int:
    """Return how many instances have a row with their header, without asking the service."""
    with closing(sqlite3.connect(service.data / "photopeak.sqlite3")) as connection:
        query = "select count(*) from instances where indexed_at is not null"
        return int(connection.execute(query).fetchone()[0])


def _wait(done: Callable[[], bool], service: Service) -> None:
    eventually(done, seconds=60.0, what=lambda: service.log()[-2000:])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as scratch:
        series = Path(scratch) / "series"
        series.mkdir()
        paths = write_series(series)
        print(f"{len(paths)} files, {PIXEL_BYTES / 1e6:.0f} MB of pixels")
        reading(paths, runs)
        child(paths, runs)
        whole(paths, Path(scratch) / "service")


if __name__ == "__main__":
    main()
