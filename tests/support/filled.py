"""Phantoms of known activity: readings, cylinders and their projections."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from photopeak_analyzers.acquisition import Detector, EnergyWindow, Frame, Tomographic, Volume
from photopeak_analyzers.contract import Analysis, Analyzer, Inputs, ReadingValue
from photopeak_analyzers.simulation.volumes import CylinderPhantom

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
"""Start of the acquisitions, and the moment of an activity."""

TC99M_S = 6.015 * 3600.0
"""Half-life of ICRP 107."""

WINDOW = EnergyWindow(number=1, lower_kev=126.0, upper_kev=154.0)
CYLINDER = {"shape": (56, 64, 64), "diameter_mm": 200.0, "length_mm": 150.0}
VOLUME_ML = math.pi * 100.0**2 * 150.0 / 1000.0
VOXEL_ML = 0.064
ACTIVITY_MBQ = 400.0


def activity(mbq: float, uncertainty: float | None = None, at: datetime = AT) -> ReadingValue:
    return ReadingValue(value=mbq, uncertainty=uncertainty, at=at)


def readings(**changes: Any) -> dict[str, ReadingValue]:
    """400 MBq in the cylinder, of which nothing is left in the syringe; None takes one away."""
    found = {
        "activity": activity(ACTIVITY_MBQ),
        "volume": ReadingValue(value=VOLUME_ML),
        **changes,
    }
    return {name: reading for name, reading in found.items() if reading is not None}


def cylinder(value: float = 200.0, seed: int | None = None, **changes: Any) -> Volume:
    """A cylinder of 200 x 150 mm in voxels of 4 mm, with `value` in each."""
    phantom = {**CYLINDER, **{k: changes.pop(k) for k in list(changes) if k in _PHANTOM}}
    changes.setdefault("started_at", AT)
    changes.setdefault("fwhm_mm", 8.0)
    rng = None if seed is None else np.random.default_rng(seed)
    return CylinderPhantom(value=value, **phantom).acquire(rng=rng, **changes)


_PHANTOM = set(CylinderPhantom.__dataclass_fields__) - {"value"}


def views(
    counts: float = 12e6,
    *,
    heads: int = 2,
    views_per_head: int = 8,
    duration_s: float = 100.0,
    diameter_mm: float = 200.0,
    length_mm: float = 200.0,
    windows: tuple[EnergyWindow, ...] = (WINDOW,),
    started_at: datetime | None = AT,
    nuclide: str | None = "Tc-99m",
) -> Tomographic:
    """Projections of a cylinder without attenuation: `counts` in all views of all heads."""
    x = (np.arange(64) - 31.5) * 4.4
    chord = np.sqrt(np.maximum((diameter_mm / 2.0) ** 2 - x**2, 0.0))
    frame = np.outer(np.abs(x) < length_mm / 2.0, chord)
    frame *= counts / frame.sum() / views_per_head / heads
    return Tomographic(
        nuclide=nuclide,
        started_at=started_at,
        energy_windows=windows,
        detectors=tuple(Detector(number=d + 1) for d in range(heads)),
        counts=np.stack([frame] * views_per_head * heads * len(windows)),
        frames=tuple(
            Frame(
                detector=d + 1,
                energy_window=window.number,
                view=v + 1,
                angle_deg=360.0 / views_per_head * v,
                duration_s=duration_s,
            )
            for window in windows
            for d in range(heads)
            for v in range(views_per_head)
        ),
        pixel_spacing_mm=(4.4, 4.4),
        scan_arc_deg=360.0,
        angular_step_deg=360.0 / views_per_head,
    )


def analyze(
    analyzer: Analyzer,
    roles: dict[str, Any],
    given: dict[str, ReadingValue] | None = None,
    **parameters: Any,
) -> Analysis:
    """Analyse one acquisition for each role."""
    inputs = Inputs(
        roles={name: (each,) for name, each in roles.items() if each is not None},
        readings=readings() if given is None else given,
        variant="local",
    )
    return analyzer.analyze(inputs, analyzer.parameters(**parameters))


def later(hours: float) -> datetime:
    return AT + timedelta(hours=hours)
