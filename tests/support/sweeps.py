"""A source moved before a bare head: rates that rise, turn and fall."""

from __future__ import annotations

from typing import Any

import numpy as np

from photopeak_analyzers.acquisition import CollimatorType, Detector, Dynamic, Frame
from photopeak_analyzers.simulation.count_rates import DecayingSource
from photopeak_analyzers.simulation.planar import TC99M_WINDOW

CAMERA = DecayingSource(dead_time_s=5e-6)
"""Largest observed rate 1 / (e 5 us) = 73 576 /s."""

APPROACH = np.geomspace(20_000.0, 1_000_000.0, 60)
"""True rates of a source that comes nearer; at the 39th frame 200 000 /s are passed."""


def sweep(
    rates_cps: Any, *, duration_s: Any = 1.0, seed: int | None = None, **header: Any
) -> Dynamic:
    """Return a dynamic series of these observed rates, 16 x 16 pixels, one head unless more are given.

    `rates_cps` of shape ``(frames,)``, or ``(heads, frames)``; without a seed there is no noise.
    """
    every = np.atleast_2d(np.asarray(rates_cps, dtype=np.float64))
    lasting = np.broadcast_to(duration_s, every.shape[1:])
    images, frames = [], []
    for head, rates in enumerate(every, 1):
        expected = rates * lasting
        counts = (
            np.rint(expected) if seed is None else np.random.default_rng(seed).poisson(expected)
        )
        for index, total in enumerate(counts.astype(np.int64)):
            image = np.full(256, total // 256)
            image[: total % 256] += 1
            images.append(image.reshape(16, 16).astype(np.uint16))
            frames.append(
                Frame(
                    detector=head,
                    energy_window=1,
                    phase=1,
                    time_slice=index + 1,
                    duration_s=float(lasting[index]),
                )
            )
    facts: dict[str, Any] = {
        "nuclide": "Tc-99m",
        "energy_windows": (TC99M_WINDOW,),
        "detectors": tuple(
            Detector(number=head, collimator_type=CollimatorType.NONE)
            for head in range(1, len(every) + 1)
        ),
        "counts": np.stack(images),
        "frames": tuple(frames),
        "pixel_spacing_mm": (30.0, 30.0),
        "saturation_level": 65_535,
    }
    return Dynamic(**(facts | header))


def approach(camera: DecayingSource = CAMERA, true_cps: Any = APPROACH, **how: Any) -> Dynamic:
    """Return a source that comes nearer to a camera with dead time."""
    return sweep(camera.observed_cps(true_cps), **how)
