"""Uniform cylinders as a PET scanner shows them, short enough to say in a test what matters to it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import numpy as np

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.contract import Analysis, Analyzer, Inputs, ReadingValue
from photopeak_analyzers.simulation.volumes import CylinderPhantom

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
"""Start of the scans, and the moment of an activity."""

F18_S = 109.77 * 60.0
"""Half-life of ICRP 107."""

DIAMETER_MM, LENGTH_MM = 200.0, 160.0
VOLUME_ML = math.pi * (DIAMETER_MM / 2.0) ** 2 * LENGTH_MM / 1000.0
ALL_CORRECTIONS = frozenset({"DECY", "ATTN", "SCAT", "DTIM", "RAN", "NORM"})

_PHANTOM = set(CylinderPhantom.__dataclass_fields__) - {"value"}


def cylinder(
    value: float = 10_000.0,
    seed: int | None = None,
    *,
    counts_per_value: float = 1.0,
    corrections: frozenset[str] | None = ALL_CORRECTIONS,
    decay_correction: str = "START",
    header: Mapping[str, Any] | None = None,
    nuclide: str | None = "F-18",
    **changes: Any,
) -> Volume:
    """A cylinder of 200 x 160 mm in 52 slices of 4 mm, with `value` in each voxel."""
    phantom: dict[str, Any] = {
        "shape": (52, 80, 80),
        "voxel_mm": (4.0, 3.0, 3.0),
        "diameter_mm": DIAMETER_MM,
        "length_mm": LENGTH_MM,
        **{k: changes.pop(k) for k in list(changes) if k in _PHANTOM},
    }
    changes.setdefault("units", "BQML")
    changes.setdefault("modality", "PT")
    changes.setdefault("started_at", AT)
    volume = CylinderPhantom(value=value, **phantom).acquire(
        fwhm_mm=changes.pop("fwhm_mm", 6.0),
        rng=None if seed is None else np.random.default_rng(seed),
        counts_per_value=counts_per_value,
        nuclide=nuclide,
        **changes,
    )
    return dataclasses.replace(
        volume,
        corrections=corrections,
        decay_correction=decay_correction,
        header=MappingProxyType({"SeriesDateTime": AT.isoformat(), **(header or {})}),
    )


def changed(volume: Volume, change: Callable[[Any], Any]) -> Volume:
    """The volume with other values."""
    values = change(volume.values.copy())
    return dataclasses.replace(
        volume, values=values, slope=np.ones(len(values)), intercept=np.zeros(len(values))
    )


def scaled_by_slice(volume: Volume) -> Volume:
    """The volume as scanners store it: 16 bits, each slice by the slope that fills them."""
    highest = volume.values.max(axis=(1, 2))
    slope = np.where(highest > 0.0, highest, 1.0) / 32_767.0
    stored = np.round(volume.values / slope[:, None, None]).astype(np.int16)
    return dataclasses.replace(volume, values=stored, slope=slope)


def analyze(
    analyzer: Analyzer,
    volume: Any,
    readings: Mapping[str, ReadingValue] | None = None,
    **parameters: Any,
) -> Analysis:
    """Analyse one cylinder."""
    inputs = Inputs(roles={"cylinder": (volume,)}, readings=readings or {}, variant="local")
    return analyzer.analyze(inputs, analyzer.parameters(**parameters))


def later(minutes: float) -> datetime:
    return AT + timedelta(minutes=minutes)
