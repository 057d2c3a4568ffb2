"""A slit mask along X and along Y, 1024 x 1024 pixels: the goal is 40 ms for each test of it.

::

    python tests/benchmarks/slit_masks.py [--runs 15]

Timed are resolution and linearity, alternately, of images in memory with uncertainties, preconditions
and figures: on the clock, and of the processor, which is less on a busy machine. There is no peer to
compare with: none of the public tools has these tests.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np

from photopeak_analyzers.acquisition import CollimatorType
from photopeak_analyzers.contract import Inputs
from photopeak_analyzers.gamma_camera import (
    intrinsic_spatial_linearity,
    intrinsic_spatial_resolution,
)
from photopeak_analyzers.simulation.lines import Direction, SlitMask, line_image
from photopeak_analyzers.simulation.planar import Matrix, noisy, still

MATRIX = Matrix(rows=1024, columns=1024, pixel_mm=0.6)
UFOV_MM = (540.0, 390.0)
TESTS = (intrinsic_spatial_resolution.ANALYZER, intrinsic_spatial_linearity.ANALYZER)


def main() -> None:
    """Print the median of the runs of each test."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    rng = np.random.default_rng(1)
    roles = {}
    for role, direction, size_mm in (
        ("lines_y", Direction.X, UFOV_MM),
        ("lines_x", Direction.Y, UFOV_MM[::-1]),
    ):
        mask = SlitMask(direction=direction, size_mm=size_mm, tilt_deg=0.2)
        counts = noisy(line_image(MATRIX, mask.lines(), fwhm_mm=3.8), rng)
        image = still({(1, 1): counts}, MATRIX.pixel_mm, collimator=CollimatorType.NONE)
        roles[role] = (image,)
    inputs = Inputs(roles=roles, variant="nema")
    times: dict[str, list[tuple[float, float]]] = {test.id: [] for test in TESTS}
    for _ in range(runs + 1):
        for test in TESTS:
            parameters = test.parameters(ufov_width_mm=UFOV_MM[0], ufov_height_mm=UFOV_MM[1])
            start, used = time.perf_counter(), time.process_time()
            test.analyze(inputs, parameters)
            times[test.id].append((time.perf_counter() - start, time.process_time() - used))
    for name, measured in times.items():
        # The first round loads what is imported late.
        clock, used = (
            1e3 * statistics.median(column) for column in zip(*measured[1:], strict=True)
        )
        print(f"{name}: median of {runs}: {clock:.1f} ms, processor {used:.1f} ms, goal 40 ms")


if __name__ == "__main__":
    main()
