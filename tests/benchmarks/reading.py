"""How long reading takes: headers, a flood of 4 MB, compressed frames, a PET series of 600 slices.

::

    python tests/benchmarks/reading.py [--runs 9]

Prints medians, beside pydicom's on the same files, and the most memory held while the
series is read, against the bytes of its pixels. Goals: a header in less than 1 ms, the series in
about 1 s and with at most twice its size in memory.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
from pydicom import dcmread

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from photopeak.reading.assemble import read_acquisition
from photopeak.reading.headers import read_header
from support.dicom_objects import compressed, flood, save, save_all, slices

COMPRESSIONS = {
    "RLE": "1.2.840.10008.1.2.5",
    "JPEG lossless": "1.2.840.10008.1.2.4.70",
    "JPEG-LS": "1.2.840.10008.1.2.4.80",
    "JPEG 2000": "1.2.840.10008.1.2.4.90",
}


def median_ms(work: Callable[[], object], runs: int) -> float:
    """Return the median time of a call in ms."""
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return 1000.0 * statistics.median(times)


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runs", type=int, default=9)
    runs = arguments.parse_args().runs
    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "pet").mkdir()
        series = save_all(
            slices(rng.integers(0, 3000, (600, 400, 400)).astype(np.int16)), folder / "pet"
        )
        ours = median_ms(lambda: read_acquisition(series), runs)
        tracemalloc.start()
        read_acquisition(series)
        peak = tracemalloc.get_traced_memory()[1] / (600 * 400 * 400 * 2)
        tracemalloc.stop()
        print(f"PET 600 x 400 x 400        {ours:8.1f} ms, memory {peak:.2f} x the pixels")
        counts = rng.poisson(100, (2, 1024, 1024)).astype(np.uint16)
        path = save(flood(counts), folder)
        ours = median_ms(lambda: read_header(path), 10 * runs)
        theirs = median_ms(lambda: dcmread(path, stop_before_pixels=True), 10 * runs)
        print(
            f"header                     {ours:8.2f} ms (pydicom, structure alone {theirs:.2f} ms)"
        )
        ours = median_ms(lambda: read_acquisition([path]), runs)
        theirs = median_ms(lambda: dcmread(path).pixel_array, runs)
        print(f"flood 1024 x 1024 x 2      {ours:8.2f} ms (pydicom, pixels alone {theirs:.2f} ms)")
        for name, syntax in COMPRESSIONS.items():
            packed = save(compressed(flood(counts), syntax), folder)
            print(f"  {name:24s} {median_ms(lambda p=packed: read_acquisition([p]), runs):8.1f} ms")


if __name__ == "__main__":
    main()
