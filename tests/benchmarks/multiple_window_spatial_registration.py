"""Registration of three windows at nine places, 256 x 256 pixels: the goal is 30 ms.

::

    python tests/benchmarks/multiple_window_spatial_registration.py [--runs 15]

Timed is the analysis of images in memory with its uncertainties, preconditions and figures. There
is no peer to compare with: none of the public tools has this test.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np

from photopeak_analyzers.contract import Inputs
from photopeak_analyzers.gamma_camera.multiple_window_spatial_registration import ANALYZER
from photopeak_analyzers.simulation.windows import MisregisteredCamera, nema_places

UFOV_MM = (540.0, 390.0)


def main() -> None:
    """Print the median of the runs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    camera, rng = MisregisteredCamera(shift_mm={3: (0.2, 0.9)}), np.random.default_rng(1)
    series = tuple(camera.acquire(place, rng=rng) for place in nema_places(UFOV_MM))
    inputs = Inputs(roles={"points": series}, variant="nema")
    parameters = ANALYZER.parameters(ufov_width_mm=UFOV_MM[0], ufov_height_mm=UFOV_MM[1])
    ANALYZER.analyze(inputs, parameters)
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        ANALYZER.analyze(inputs, parameters)
        times.append(time.perf_counter() - start)
    print(f"median of {runs}: {1e3 * statistics.median(times):.1f} ms, goal 30 ms")


if __name__ == "__main__":
    main()
