"""Point markers as SPECT and CT show them, in the coordinates of the patient."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from photopeak_analyzers.acquisition import Origin
from photopeak_analyzers.simulation.blur import ball
from photopeak_analyzers.simulation.volumes import volume_of
from support.volumes import with_values

AT = ((0.0, 0.0, -40.0), (30.0, 50.0, 20.0), (-40.0, -30.0, 50.0), (10.0, -60.0, -20.0))
"""(x, y, z) of the markers, mm."""

SPACE = Origin(frame_of_reference_uid="1.2.3")


def points(
    places: Any,
    shape: tuple[int, int, int],
    voxel_mm: tuple[float, float, float],
    shape_of: Any,
    modality: str,
) -> Any:
    made = volume_of(np.zeros(shape), voxel_mm, modality=modality)
    z, y, x = (
        (np.arange(n) - (n - 1) / 2.0) * side for n, side in zip(shape, voxel_mm, strict=True)
    )
    values = np.zeros(shape)
    for place in places:
        r = np.sqrt(
            ((z - place[2]) ** 2)[:, None, None]
            + ((y - place[1]) ** 2)[:, None]
            + (x - place[0]) ** 2
        )
        near = r < 40.0
        values[near] += shape_of(r[near])
    return with_values(made, values, origin=SPACE)


def spect(places: Any = AT, seed: int | None = None, height: float = 2000.0) -> Any:
    made = points(
        places,
        (48, 64, 64),
        (4.0, 4.0, 4.0),
        lambda r: height * np.exp(-0.5 * (r / (10.0 / 2.3548)) ** 2),
        "NM",
    )
    if seed is None:
        return made
    return with_values(
        made, made.values + np.random.default_rng(seed).normal(0.0, 2.0, made.values.shape)
    )


def ct(places: Any = AT, noise: float = 0.0, seed: int = 0, hu: float = 1500.0) -> Any:
    made = points(
        places,
        (80, 128, 128),
        (2.5, 1.6, 1.6),
        lambda r: (hu + 1000.0) * ball(r, 3.0, 0.8),
        "CT",
    )
    values = made.values + np.random.default_rng(seed).normal(0.0, noise, made.values.shape)
    stored = np.round(values).astype(np.int16)
    return dataclasses.replace(made, values=stored, intercept=np.full(80, -1000.0), units="HU")


def moved(by: tuple[float, float, float], places: Any = AT) -> Any:
    return tuple(tuple(np.add(place, by)) for place in places)
