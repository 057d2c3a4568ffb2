"""Floods beside the photopeak, of crystals with and without spots."""

from __future__ import annotations

from typing import Any

import numpy as np

from photopeak_analyzers.acquisition import EnergyWindow
from photopeak_analyzers.simulation.floods import Dip, FloodCamera, acquisition, noisy

CAMERA = FloodCamera(rows=128, columns=176, pixel_mm=3.2)
"""UFOV of 512 x 384 mm."""

LOW = EnergyWindow(number=1, lower_kev=126.0, upper_kev=140.0, name="low")
HIGH = EnergyWindow(number=2, lower_kev=140.0, upper_kev=154.0, name="high")


def pair(
    *spots: Any,
    common: tuple[Any, ...] = (),
    counts: float = 10_000.0,
    seed: int | None = None,
    heads: tuple[int, ...] = (1,),
    windows: tuple[EnergyWindow, ...] = (LOW, HIGH),
    **header: Any,
) -> Any:
    """Return an object with both windows.

    Parameters
    ----------
    spots
        Responses of the lower window, for a light yield that is lower there: ``Dip`` of negative
        depth; the upper window has the opposite.
    common
        Responses that both windows have.
    """
    rng = None if seed is None else np.random.default_rng(seed)
    images = {}
    for head in heads:
        for number, sign in ((1, 1.0), (2, -1.0)):
            turned = [_times(spot, sign) for spot in spots]
            image = CAMERA.expected(counts, *turned, *common)
            images[head, number] = image if rng is None else noisy(image, rng)
    return acquisition(images, CAMERA, **{"windows": windows, "corrections": frozenset()} | header)


def hydrated(contrast: float = 0.06, fwhm_mm: float = 8.0, **place: float) -> Dip:
    """Return a spot that is hot in the lower window."""
    return Dip(depth=-contrast, fwhm_mm=fwhm_mm, **place)


def _times(spot: Any, sign: float) -> Any:
    if sign > 0.0:
        return spot
    return lambda y, x: 2.0 - spot(y, x)
