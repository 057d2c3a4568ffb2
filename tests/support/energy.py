"""Spectra in the forms in which they reach a test."""

from __future__ import annotations

from typing import Any

import numpy as np

from photopeak_analyzers.acquisition import CollimatorType, Detector, EnergyWindow, Planar
from photopeak_analyzers.contract import ReadingValue
from photopeak_analyzers.simulation.planar import still
from photopeak_analyzers.simulation.spectra import Analyser, SpectralLine

ANALYSER = Analyser(channels=512, kev_per_channel=0.5)


def tc99m(energy_kev: float = 140.5, **changes: Any) -> SpectralLine:
    """Return a photopeak of Tc-99m that the camera sees at this energy."""
    return SpectralLine(energy_kev=energy_kev, **{"counts": 800_000.0, "compton": 0.6} | changes)


def co57(energy_kev: float = 122.1, **changes: Any) -> SpectralLine:
    """Return a photopeak of Co-57 that the camera sees at this energy."""
    return SpectralLine(energy_kev=energy_kev, **{"counts": 800_000.0, "compton": 0.6} | changes)


def table(*lines: SpectralLine, analyser: Analyser = ANALYSER, channels: bool = False) -> Any:
    """Return the expected spectrum as the reading of a table, over energies or channels."""
    axis = np.arange(analyser.channels) if channels else analyser.energy_kev()
    counts = analyser.expected(lines)
    return ReadingValue(value=tuple(zip(axis.tolist(), counts.tolist(), strict=True)))


def swept(
    *lines: SpectralLine,
    lower_kev: float = 60.0,
    upper_kev: float = 180.0,
    step_kev: float = 1.0,
    heads: tuple[int, ...] = (1,),
    pixels: int = 16,
    **header: Any,
) -> Planar:
    """Return an image whose windows sweep a spectrum, each an even flood of its counts."""
    steps = round((upper_kev - lower_kev) / step_kev)
    analyser = Analyser(
        channels=steps, kev_per_channel=step_kev, offset_kev=lower_kev + step_kev / 2.0
    )
    counts = analyser.expected(lines)
    windows = tuple(
        EnergyWindow(
            number=n + 1,
            lower_kev=round(lower_kev + n * step_kev, 3),
            upper_kev=round(lower_kev + (n + 1) * step_kev, 3),
            name=f"step {n + 1}",
        )
        for n in range(steps)
    )
    images = {
        (head, n + 1): np.full((pixels, pixels), counts[n] / pixels**2)
        for head in heads
        for n in range(steps)
    }
    detectors = tuple(
        Detector(number=h, collimator_type=CollimatorType.NONE, zoom=1.0) for h in heads
    )
    return still(images, 4.0, windows=windows, detectors=detectors, **{"exact": True} | header)
