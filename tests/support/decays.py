"""A decaying source before a camera with dead time, and the room without it."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from photopeak_analyzers.acquisition import CollimatorType, Dynamic, Frame, Planar
from photopeak_analyzers.simulation.count_rates import DecayingSource

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

SOURCE = DecayingSource(first_cps=800_000.0, dead_time_s=2e-6)
"""Largest observed rate 183 940 /s; 20 % lost at 89 257 /s."""


class Exact:
    """In place of a generator: a frame holds its expectation to a whole count."""

    def poisson(self, expected: Any, shape: tuple[int, int, int]) -> Any:
        """Return counts of which each pixel makes up for the rounding of those before it."""
        running = np.cumsum(np.broadcast_to(expected, shape).reshape(shape[0], -1), axis=1)
        return np.diff(np.rint(running), axis=1, prepend=0.0).astype(np.int64).reshape(shape)


def decay(
    source: DecayingSource = SOURCE,
    *,
    frames: int = 96,
    every_s: float = 1_800.0,
    duration_s: float = 60.0,
    seed: int | None = None,
    **how: Any,
) -> Dynamic:
    """Return a dynamic series, by default of two days; without a seed without noise."""
    rng: Any = Exact() if seed is None else np.random.default_rng(seed)
    how.setdefault("started_at", AT)
    return source.acquire(frames=frames, every_s=every_s, duration_s=duration_s, rng=rng, **how)


def room(cps: float = 25.0, duration_s: float = 600.0, **how: Any) -> Dynamic:
    """Return the background."""
    nothing = DecayingSource(first_cps=0.0, dead_time_s=0.0, background_cps=cps)
    return decay(nothing, frames=1, every_s=1.0, duration_s=duration_s, **how)


def statics(series: Dynamic) -> list[Planar]:
    """Return every frame of a series as a static acquisition of its own, in reversed order."""
    found = []
    for image, frame in zip(series.counts, series.frames, strict=True):
        described = Frame(
            detector=frame.detector,
            energy_window=frame.energy_window,
            duration_s=frame.duration_s,
        )
        found.append(
            Planar(
                origin=series.origin,
                started_at=frame.started_at,
                nuclide=series.nuclide,
                energy_windows=series.energy_windows,
                detectors=series.detectors,
                counts=image[None],
                frames=(described,),
                pixel_spacing_mm=series.pixel_spacing_mm,
                saturation_level=series.saturation_level,
            )
        )
    return found[::-1]


def one_static(series: Dynamic) -> Planar:
    """Return the frames of a series as a static one of many objects, each with its own start."""
    (first, *_) = statics(series)
    frames = tuple(dataclasses.replace(f, phase=None) for f in series.frames)
    return dataclasses.replace(
        first, counts=series.counts, frames=frames, started_at=series.started_at
    )


def collimated(series: Any) -> Any:
    """Return the same with a parallel-hole collimator."""
    return with_detectors(series, collimator_type=CollimatorType.PARALLEL)


def with_detectors(series: Any, **changes: Any) -> Any:
    """Return the same with other facts of its detectors."""
    return dataclasses.replace(
        series, detectors=tuple(dataclasses.replace(d, **changes) for d in series.detectors)
    )


def with_frame(series: Any, place: int, **changes: Any) -> Any:
    """Return the same with one frame described otherwise."""
    frames = list(series.frames)
    frames[place] = dataclasses.replace(frames[place], **changes)
    return dataclasses.replace(series, frames=tuple(frames))


def two_heads(first: Dynamic, second: Dynamic) -> Dynamic:
    """Return both as one series; the second becomes detector 2."""
    frames = tuple(dataclasses.replace(f, detector=2) for f in second.frames)
    detectors = tuple(dataclasses.replace(d, number=2) for d in second.detectors)
    return dataclasses.replace(
        first,
        counts=np.concatenate([first.counts, second.counts]),
        frames=first.frames + frames,
        detectors=first.detectors + detectors,
    )


def later(seconds: float) -> datetime:
    """Return a moment after the start of the series."""
    return AT + timedelta(seconds=seconds)
