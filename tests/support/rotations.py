"""Rotations of a point source and their analysis, short enough to say in a test what matters."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from photopeak_analyzers.acquisition import Acquisition, Tomographic
from photopeak_analyzers.contract import Analysis, Inputs
from photopeak_analyzers.simulation.tomography import Head, PointSource, RotatingCamera
from photopeak_analyzers.spect.center_of_rotation import ANALYZER


def rotation(
    *,
    source: PointSource | tuple[PointSource, ...] = PointSource(),  # noqa: B008 - frozen
    seed: int | None = None,
    heads: tuple[Head, ...] = (Head(cor_offset_px=0.4),),
    acquired: dict[str, Any] | None = None,
    **camera: Any,
) -> Tomographic:
    """Return a rotation of one head, without noise unless a seed is given."""
    sources = source if isinstance(source, tuple) else (source,)
    rng = None if seed is None else np.random.default_rng(seed)
    return RotatingCamera(heads=heads, **camera).acquire(sources, rng=rng, **(acquired or {}))


def analyze(acquisition: Acquisition, **parameters: Any) -> Analysis:
    """Analyse one rotation with these parameters."""
    inputs = Inputs(roles={"views": (acquisition,)}, variant="local")
    return ANALYZER.analyze(inputs, ANALYZER.parameters(**parameters))


def with_frames(acquisition: Tomographic, keep: Any) -> Tomographic:
    """Return the rotation with these frames only, by index or mask."""
    positions = np.arange(len(acquisition.frames))[keep]
    return dataclasses.replace(
        acquisition,
        counts=acquisition.counts[positions],
        frames=tuple(acquisition.frames[p] for p in positions),
    )


def with_detector(acquisition: Tomographic, **changes: Any) -> Tomographic:
    """Return the rotation with other facts about every detector."""
    return dataclasses.replace(
        acquisition,
        detectors=tuple(dataclasses.replace(d, **changes) for d in acquisition.detectors),
    )
