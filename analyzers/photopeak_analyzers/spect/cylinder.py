"""Where a cylindrical phantom lies in a reconstruction."""

from __future__ import annotations

from photopeak_analyzers.numerics.cylinder import Cylinder, outlined
from photopeak_analyzers.spect.reconstruction import Reconstruction


def find_cylinder(reconstruction: Reconstruction) -> Cylinder:
    """Return the cylinder in a volume.

    Raises
    ------
    UnsuitableAcquisitionError
        If what stands out is no disc.
    """
    values = reconstruction.values
    return outlined(
        values.mean(axis=0),
        lambda core: values[:, core].mean(axis=1),
        reconstruction.voxel_mm,
    )
