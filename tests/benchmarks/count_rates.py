"""Count rates: a decay of 50 files, and a moved source against pylinac 3.49 on the same file.

::

    python tests/benchmarks/count_rates.py [--runs 9] [--environment DIRECTORY]

The decay is 50 static series of 256 x 256 pixels, each a file: timed are the analysis of what is in
memory already, uncertainties and figures included, by IEC and by the models of dead time, and the
whole way from the files. The moved source is a dynamic series of 60 x 256 x 256. pylinac pins pydicom
below 3 and so lives in a virtual environment of its own, which is built in `--environment` on the
first run (from the package index that pip is set up for). Rounds alternate A B A B in one run;
printed are the medians. Goal: the decay from its files within 150 ms.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from photopeak.demo.objects import SIEMENS, Labels, planar_object, write
from photopeak.reading.assemble import read_acquisition
from photopeak_analyzers.acquisition import Acquisition
from photopeak_analyzers.contract import Analyzer, Inputs
from photopeak_analyzers.gamma_camera import (
    count_rate_performance,
    dead_time,
    intrinsic_max_count_rate,
)
from photopeak_analyzers.simulation.planar import Matrix

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.decays import SOURCE, collimated, decay, statics
from support.dynamics import dynamic_object

PYLINAC = "pylinac==3.49"
MATRIX = Matrix(rows=256, columns=256, pixel_mm=2.4)
FILES, FRAMES = 50, 60

# Reads one line per round from standard input, answers with the seconds that it took and its number.
OTHER_SIDE = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
from pylinac.nuclear import MaxCountRate
for _ in sys.stdin:
    start = time.perf_counter()
    sweep = MaxCountRate(sys.argv[1])
    sweep.analyze(frame_duration=1.0)
    found = float(sweep.max_countrate)
    print(json.dumps([time.perf_counter() - start, found]), flush=True)
"""


def write_decay(folder: Path) -> list[Path]:
    """Write 50 static series of 20 s, an hour apart."""
    series = decay(SOURCE, frames=FILES, every_s=3_600.0, duration_s=20.0, seed=1, matrix=MATRIX)
    paths = []
    for number, image in enumerate(statics(collimated(series))):
        if image.started_at is None:
            raise SystemExit("the simulated image has no start")
        labels = Labels(series=f"Count rate {number}")
        paths.append(write(planar_object(image, SIEMENS, labels, image.started_at), folder))
    return paths


def write_sweep(folder: Path) -> Path:
    """Write a source that comes nearer in 60 frames of one second."""
    series = decay(SOURCE, frames=FRAMES, every_s=1.0, duration_s=1.0, seed=2, matrix=MATRIX)
    rates = SOURCE.observed_cps(np.geomspace(20_000.0, 2_500_000.0, FRAMES))
    counts = np.random.default_rng(3).poisson(rates[:, None, None] / MATRIX.rows / MATRIX.columns,
                                              series.counts.shape).astype(np.uint16)  # fmt: skip
    dataset = dynamic_object(series, "Max count rate")
    dataset.PixelData = counts.tobytes()
    dataset.CountsAccumulated = int(counts.sum(dtype=np.int64))
    return write(dataset, folder)


def analyze(analyzer: Analyzer, variant: str, role: str, *given: Acquisition) -> dict[str, float]:
    """Return the numbers of one analysis."""
    analysis = analyzer.analyze(Inputs(roles={role: given}, variant=variant))
    return {m.metric: m.value for m in analysis.measurements}


def other_side(environment: Path, path: Path) -> subprocess.Popen[str]:
    """Start the process that answers for pylinac."""
    python = environment / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", PYLINAC], check=True)
    return subprocess.Popen(
        [python, "-c", OTHER_SIDE, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def main() -> None:
    """Run the rounds and print what they took."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument(
        "--environment", type=Path, default=Path(tempfile.gettempdir()) / "photopeak-pylinac"
    )
    arguments = parser.parse_args()
    times: dict[str, list[float]] = {}

    def timed(name: str, started: float) -> None:
        times.setdefault(name, []).append(time.perf_counter() - started)

    with tempfile.TemporaryDirectory() as folder:
        paths, sweep = write_decay(Path(folder)), write_sweep(Path(folder) / "sweep")
        series = [read_acquisition([path]) for path in paths]
        process = other_side(arguments.environment, sweep)
        if process.stdin is None or process.stdout is None:
            raise SystemExit("the other side cannot be talked to")
        theirs = 0.0
        for round_ in range(arguments.runs + 1):
            if round_ == 1:
                # The first round imports what the others find.
                times.clear()
            start = time.perf_counter()
            iec = analyze(count_rate_performance.ANALYZER, "iec", "decay", *series)
            timed("count rate, 50 images in memory", start)
            start = time.perf_counter()
            tau = analyze(dead_time.ANALYZER, "local", "decay", *series)
            timed("dead time, 50 images in memory", start)
            start = time.perf_counter()
            read = [read_acquisition([path]) for path in paths]
            analyze(count_rate_performance.ANALYZER, "iec", "decay", *read)
            timed("count rate, 50 files", start)
            start = time.perf_counter()
            moved = read_acquisition([sweep])
            mine = analyze(intrinsic_max_count_rate.ANALYZER, "ws523", "sweep", moved)
            timed("maximum, from the file", start)
            process.stdin.write("again\n")
            process.stdin.flush()
            seconds, theirs = json.loads(process.stdout.readline())
            times.setdefault("maximum, from the file, pylinac", []).append(seconds)
        process.stdin.close()
        process.wait(timeout=60)
    medians = {name: statistics.median(seconds) for name, seconds in times.items()}
    for name, seconds in medians.items():
        print(f"{name}: {1e3 * seconds:.1f} ms (median of {arguments.runs})")
    ratio = medians["maximum, from the file, pylinac"] / medians["maximum, from the file"]
    print(
        f"maximum: {ratio:.1f} x; ours {mine['max_count_rate_plain_cps']:.0f}, theirs {theirs:.0f}"
    )
    print(f"20 % loss at {iec['ocr_20_loss_free']:.0f} /s, dead time {tau['tau_us']:.4f} us")


if __name__ == "__main__":
    main()
