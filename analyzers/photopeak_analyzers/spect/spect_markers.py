"""Point markers in a reconstruction: where they are, each in its own surroundings."""

from __future__ import annotations

import math

import numpy as np

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.marker_positions import LARGEST_REACH_MM, Marker, nuclear_marker
from photopeak_analyzers.spect.reconstruction import Reconstruction
from photopeak_analyzers.spect.volume_sources import find_sources, noise_beside, noise_growth


def nuclear_markers(
    volume: Volume, reconstruction: Reconstruction, rng: np.random.Generator, draws: int
) -> tuple[Marker, ...]:
    """Return the markers of a reconstruction, each looked for up to half of the way to the next one.

    The noise is that of the voxels beside the markers, which a reconstruction may leave empty; neighbours in
    a slice share it.

    Raises
    ------
    UnsuitableAcquisitionError
        If it shows no separate points.
    """
    places = find_sources(reconstruction)
    if any(place.is_line for place in places):
        raise UnsuitableAcquisitionError(
            "the volume shows lines, needs point markers", quantity="kind of sources", value="lines"
        )
    tops = np.array([place.voxel for place in places]) * np.array(reconstruction.voxel_mm)
    noise = noise_beside(reconstruction, places)
    plane = min(noise_growth(reconstruction, places, noise, 2) ** 2 - 1.0, 1.0)
    found = []
    for number, top in enumerate(tops):
        others = np.delete(tops, number, axis=0)
        nearest = float(np.linalg.norm(others - top, axis=1).min()) if len(others) else math.inf
        reach = min(nearest / 2.0, LARGEST_REACH_MM)
        found.append(
            nuclear_marker(
                volume,
                top,
                reach_mm=reach,
                noise=noise,
                shared=(0.0, plane, plane),
                rng=rng,
                draws=draws,
            )
        )
    return tuple(found)
