"""Image quality of a PET series: 600 x 400 x 400, and a smaller one side by side with pynemaiqpet 0.5.4.

::

    python tests/benchmarks/pet_image_quality.py [--runs 9] [--environment DIRECTORY]

Timed is what follows once the volume is in memory, 16 bits with a scale for each slice: finding the phantom,
all circles, uncertainties and figures. Goal: 600 x 400 x 400 within 60 ms, with little memory
beside the volume. pynemaiqpet lives in a virtual environment of its own, which is built in
`--environment` on the first run (from the package index that pip is set up for); rounds alternate
A B A B in one run. It fits the profile of each sphere and knows no circles, sixty or other, and takes the
volume in floating point: the same phantom, another measurement.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.contract import Inputs, ReadingValue
from photopeak_analyzers.pet.pet_image_quality import ANALYZER
from photopeak_analyzers.simulation.body_phantom import SCANNED, BodyPhantom, stored

OTHER = "pynemaiqpet==0.5.4"

SHAPE, SIDE_MM = (600, 400, 400), 1.65
PHANTOM_AT = (230, 90, 80)
"""First voxel of the phantom in the large volume."""

# Reads one word per round from standard input, answers with a line of JSON.
OTHER_SIDE = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import matplotlib
matplotlib.use("Agg")
import numpy as np
from pynemaiqpet.nema_wb import fit_WB_NEMA_sphere_profiles
volume = np.load(sys.argv[1]).transpose(2, 1, 0).copy()
side = np.full(3, float(sys.argv[2]))
for word in sys.stdin:
    start = time.perf_counter()
    _, found = fit_WB_NEMA_sphere_profiles(
        volume, side, sameSignal=True, Rfix=[18.5, 14.0, 11.0, 8.5, 6.5, 5.0])
    print(json.dumps([time.perf_counter() - start, found["max"].round(0).tolist()]), flush=True)
"""


def phantom() -> Volume:
    """Return a noisy phantom of 140 x 220 x 220 voxels."""
    made = BodyPhantom(shape=(140, 220, 220), voxel_mm=(SIDE_MM,) * 3, fwhm_mm=5.0)
    return stored(made.acquire(rng=np.random.default_rng(1)))


def in_a_large_field(volume: Volume) -> Volume:
    """Return the phantom in 600 slices of 400 x 400."""
    values = np.zeros(SHAPE, dtype=np.int16)
    box = tuple(
        slice(first, first + n) for first, n in zip(PHANTOM_AT, volume.values.shape, strict=True)
    )
    values[box] = volume.values
    slope = np.random.default_rng(2).uniform(0.1, 0.3, SHAPE[0])
    slope[box[0]] = volume.slope
    return dataclasses.replace(volume, values=values, slope=slope, intercept=np.zeros(SHAPE[0]))


def analyse(volume: Volume) -> Any:
    """Analyse the volume as the service does."""
    readings = {
        "hot_concentration": ReadingValue(value=21.2, at=SCANNED),
        "background_concentration": ReadingValue(value=5.3, at=SCANNED),
    }
    analysis = ANALYZER.analyze(
        Inputs(roles={"reconstruction": (volume,)}, readings=readings, variant="nema")
    )
    if not analysis.valid:
        raise SystemExit(f"the simulated volume is not valid: {analysis.failed}")
    return analysis


def other_side(environment: Path, path: Path) -> subprocess.Popen[str]:
    """Start the process that answers for pynemaiqpet."""
    python = environment / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", OTHER], check=True)
    return subprocess.Popen(
        [python, "-c", OTHER_SIDE, path, str(SIDE_MM)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def ask(process: subprocess.Popen[str]) -> Any:
    """Have the other side do one round."""
    if process.stdin is None or process.stdout is None:
        raise SystemExit("the other side cannot be talked to")
    process.stdin.write("analysis\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def timed(volume: Volume) -> tuple[float, float]:
    """Return the seconds of one call, by the clock and of the processor."""
    start, busy = time.perf_counter(), time.process_time()
    analyse(volume)
    return time.perf_counter() - start, time.process_time() - busy


def main() -> None:
    """Run the rounds and print what they took."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument(
        "--environment", type=Path, default=Path(tempfile.gettempdir()) / "photopeak-pynemaiqpet"
    )
    arguments = parser.parse_args()
    small = phantom()
    large = in_a_large_field(small)
    analyse(large)
    tracemalloc.start()
    analyse(large)
    beside = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "volume.npy"
        np.save(path, small.values * small.slope[:, None, None])
        process = other_side(arguments.environment, path)
        highest = ask(process)[1]
        ours, theirs, whole = [], [], []
        for _ in range(arguments.runs):
            whole.append(timed(large))
            ours.append(timed(small)[0])
            theirs.append(ask(process)[0])
        if process.stdin is not None:
            process.stdin.close()
        process.wait(timeout=60)
    clock, busy = (statistics.median(column) for column in zip(*whole, strict=True))
    here, there = statistics.median(ours), statistics.median(theirs)
    print(f"highest voxel of each sphere, theirs: {highest}")
    print(
        f"600 x 400 x 400: {1e3 * clock:.1f} ms, {1e3 * busy:.1f} ms of the processor"
        f" (median of {arguments.runs}); {beside / 1e6:.0f} MB beside {large.values.nbytes / 1e6:.0f}"
    )
    print(
        f"140 x 220 x 220: {1e3 * here:.1f} ms against {1e3 * there:.1f} ms, {there / here:.1f} x"
    )


if __name__ == "__main__":
    main()
