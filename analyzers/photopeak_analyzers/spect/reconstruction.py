"""A reconstructed volume as an array of physical values, and the conditions that all such tests share."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import Outcome, Precondition, PreconditionCode, Scope, Severity
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.given import LARGEST_PIXEL_MM, SMALLEST_PIXEL_MM
from photopeak_analyzers.nuclides import canonical_name

LARGEST_VOLUME = 2 * 256**3
"""Voxels of the largest volume that is looked at: twice the finest matrix of a gamma camera."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reconstruction:
    """Values in physical units with the size of a voxel.

    Attributes
    ----------
    values
        Shape ``(slices, rows, columns)``; filtered back projection may make some negative.
    voxel_mm
        (slice, row, column) spacing.
    highest_stored, storable
        Largest value as it was stored, and the largest of its type; None for floating point.
    """

    values: Floats
    voxel_mm: tuple[float, float, float]
    highest_stored: float
    storable: float | None

    @property
    def pixel_mm(self) -> tuple[float, float]:
        """(row, column) spacing."""
        return self.voxel_mm[1:]

    @property
    def middle(self) -> tuple[float, float, float]:
        """Middle of the volume in voxels, 0-based centres."""
        slices, rows, columns = self.values.shape
        return ((slices - 1) / 2.0, (rows - 1) / 2.0, (columns - 1) / 2.0)


def reconstruction_of(volume: Volume) -> Reconstruction:
    """Return the values of a volume, refusing those that nothing can be measured in.

    Raises
    ------
    UnsuitableAcquisitionError
        If it is too large, empty, or a value or the size of a voxel is impossible.
    """
    if volume.values.size > LARGEST_VOLUME:
        raise UnsuitableAcquisitionError(
            f"the volume has {volume.values.size} voxels, needs at most {LARGEST_VOLUME}",
            quantity="voxels",
            value=volume.values.size,
            bound=LARGEST_VOLUME,
        )
    for side in volume.voxel_spacing_mm:
        if not SMALLEST_PIXEL_MM <= side <= LARGEST_PIXEL_MM:
            raise UnsuitableAcquisitionError(
                f"a side of the voxel is {side:g} mm,"
                f" needs {SMALLEST_PIXEL_MM:g} to {LARGEST_PIXEL_MM:g} mm",
                quantity="side of a voxel",
                value=side,
                bound=f"{SMALLEST_PIXEL_MM:g} to {LARGEST_PIXEL_MM:g} mm",
            )
    values = volume.values.astype(np.float64)
    values *= volume.slope[:, None, None]
    values += volume.intercept[:, None, None]
    highest = float(values.max())
    if not (math.isfinite(highest) and math.isfinite(float(values.min()))):
        raise UnsuitableAcquisitionError(
            "the volume holds values that are no numbers", quantity="value of a voxel"
        )
    if highest <= 0.0:
        raise UnsuitableAcquisitionError(
            f"the highest voxel is {highest:g}, needs more than 0: the volume is empty",
            quantity="value of a voxel",
            value=highest,
            bound=0.0,
        )
    dtype = volume.values.dtype
    storable = float(np.iinfo(dtype).max) if np.issubdtype(dtype, np.integer) else None
    return Reconstruction(
        values=values,
        voxel_mm=volume.voxel_spacing_mm,
        highest_stored=float(volume.values.max()),
        storable=storable,
    )


def seen_by_a_gamma_camera(volume: Volume, clause: str) -> Precondition:
    """Check the modality: slices of a CT or PET scanner void, a volume that does not tell warns."""
    modality = volume.modality or None
    outcome = Outcome.UNKNOWN
    if modality is not None:
        outcome = Outcome.MET if modality == "NM" else Outcome.NOT_MET
    return Precondition(
        code=PreconditionCode.FRAMES,
        severity=Severity.SOFT if modality is None else Severity.HARD,
        outcome=outcome,
        quantity="modality of the volume",
        value=modality,
        expected="NM",
        clause=clause,
    )


def nuclide_is(volume: Volume, wanted: str | None, clause: str) -> Precondition:
    """Check the nuclide: another one voids, one that the header does not name warns."""
    nuclide = volume.nuclide
    outcome = Outcome.UNKNOWN
    if nuclide is not None:
        alike = wanted is None or (canonical_name(wanted) or wanted) == nuclide
        outcome = Outcome.MET if alike else Outcome.NOT_MET
    return Precondition(
        code=PreconditionCode.NUCLIDE,
        severity=Severity.SOFT if nuclide is None else Severity.HARD,
        outcome=outcome,
        quantity="nuclide",
        value=nuclide,
        expected=wanted or "a known nuclide",
        clause=clause,
    )


def no_voxel_overflows(reconstruction: Reconstruction, clause: str) -> Precondition:
    """Check that no voxel stands at the largest value that can be stored."""
    storable = reconstruction.storable
    return bounded(
        PreconditionCode.OVERFLOW,
        "highest voxel as stored",
        reconstruction.highest_stored,
        upper=None if storable is None else storable - 1.0,
        unit="1",
        severity=Severity.HARD,
        scope=Scope(),
        clause=clause,
    )
