"""A point source at the places of a grid, as images or as a table."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from photopeak_analyzers.acquisition import (
    CollimatorType,
    Detector,
    Dynamic,
    EnergyWindow,
    Frame,
    Origin,
    Planar,
)
from photopeak_analyzers.contract import ReadingValue
from photopeak_analyzers.simulation.point_sources import Room, Spot

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HALF_LIFE_S = 21_672.0
"""Of Tc-99m by the texts (6.02 h)."""

CAMERA = Room(rows=64, columns=64, pixel_mm=9.6, background_cps=0.0)
WINDOW = EnergyWindow(number=1, lower_kev=126.9, upper_kev=155.1, name="Tc-99m")
FIELD = {"ufov_width_mm": 510.0, "ufov_height_mm": 390.0}
"""17 x 13 places; the CFOV of 382.5 x 292.5 mm has 13 x 9."""

Response = Callable[[float, float], float]


def even(x_mm: float, y_mm: float) -> float:
    """Return the sensitivity of a perfect detector."""
    return 1.0


def grid(columns: int = 17, rows: int = 13, pitch_mm: float = 30.0) -> list[tuple[float, float]]:
    """Return (x, y) of the places, row by row."""
    return [
        ((c - (columns - 1) / 2.0) * pitch_mm, (r - (rows - 1) / 2.0) * pitch_mm)
        for r in range(rows)
        for c in range(columns)
    ]


def expected(
    places: list[tuple[float, float]],
    response: Response = even,
    *,
    counts: float = 120_000.0,
    every_s: float = 15.0,
    duration_s: float = 10.0,
) -> list[float]:
    """Return the counts at each place of a source that decays while it is moved."""
    decay = np.log(2.0) / HALF_LIFE_S
    during = -np.expm1(-decay * duration_s) / (decay * duration_s)
    return [
        counts * response(x, y) * during * float(np.exp(-decay * n * every_s))
        for n, (x, y) in enumerate(places)
    ]


def dynamic(
    places: list[tuple[float, float]] | None = None,
    response: Response = even,
    *,
    rng: np.random.Generator | None = None,
    every_s: float = 15.0,
    duration_s: float = 10.0,
    counts: float = 120_000.0,
    timed: bool = True,
    **header: Any,
) -> Dynamic:
    """Return one frame for each place."""
    places = grid() if places is None else places
    all_counts = expected(places, response, counts=counts, every_s=every_s, duration_s=duration_s)
    images = np.stack(
        [
            CAMERA.expected((Spot(counts=n, x_mm=x, y_mm=y, fwhm_mm=24.0),))
            for n, (x, y) in zip(all_counts, places, strict=True)
        ]
    )
    stack = images if rng is None else rng.poisson(images)
    frames = tuple(
        Frame(
            detector=1,
            energy_window=1,
            phase=1,
            time_slice=n + 1,
            duration_s=duration_s,
            started_at=AT + timedelta(seconds=n * every_s) if timed else None,
        )
        for n in range(len(places))
    )
    return Dynamic(**_common(header), counts=stack, frames=frames)


def statics(places: list[tuple[float, float]], response: Response = even, **header: Any) -> Any:
    """Return one static acquisition for each place."""
    whole = dynamic(places, response)
    return tuple(
        Planar(
            **_common({"started_at": frame.started_at, **header}),
            counts=whole.counts[n : n + 1],
            frames=(Frame(detector=1, energy_window=1, duration_s=frame.duration_s),),
        )
        for n, frame in enumerate(whole.frames)
    )


def table(places: list[tuple[float, float]], counts: list[float], every_s: float = 15.0) -> Any:
    """Return the same as a reading."""
    return ReadingValue(
        value=tuple(
            (x, y, n, index * every_s, 10.0)
            for index, ((x, y), n) in enumerate(zip(places, counts, strict=True))
        )
    )


def _common(header: dict[str, Any]) -> dict[str, Any]:
    head = Detector(number=1, collimator_type=CollimatorType.NONE, zoom=1.0)
    return {
        "origin": Origin(manufacturer="Simulated"),
        "started_at": AT,
        "nuclide": "Tc-99m",
        "energy_windows": (WINDOW,),
        "detectors": (head,),
        "corrections": frozenset({"UNIF"}),
        "pixel_spacing_mm": (CAMERA.pixel_mm, CAMERA.pixel_mm),
        "saturation_level": 2**31 - 1,
    } | header
