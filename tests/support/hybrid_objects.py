"""Markers of a hybrid scanner as DICOM: PET in single slices, CT in slices or as one enhanced object."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from photopeak_analyzers.acquisition import Volume
from support.dicom_objects import enhanced, item, slices
from support.markers import AT, ct
from support.pet_markers import pet

NAME = "PET/CT registration"
SERIAL_NUMBER = "1234"


def pet_objects(frame: str, places: Any = AT, **elements: Any) -> list[Dataset]:
    """PET slices of 4 mm, each with another slope, in a frame of reference."""
    made = pet(places, shape=(36, 48, 48), voxel_mm=(4.0, 4.0, 4.0))
    return slices(
        made.values,
        kind="PT",
        slopes=[float(f"{slope:.8g}") for slope in made.slope],
        spacing_mm=made.voxel_spacing_mm,
        first_mm=_first(made),
        **_elements(frame, elements),
    )


def ct_objects(frame: str, places: Any = AT, **elements: Any) -> list[Dataset]:
    """CT of the same as one enhanced object whose frames lie in no order."""
    made = ct(places)
    order = [int(n) for n in np.random.default_rng(4).permutation(len(made.values))]
    dataset = enhanced(
        (made.values + 24).astype(np.uint16),
        kind="CT",
        spacing_mm=made.voxel_spacing_mm,
        order=order,
        **_elements(frame, elements),
    )
    x, y, z = _first(made)
    for group, number in zip(dataset.PerFrameFunctionalGroupsSequence, order, strict=True):
        group.PlanePositionSequence[0].ImagePositionPatient = [
            x, y, round(z + number * made.voxel_spacing_mm[0], 6),
        ]  # fmt: skip
        group.PixelValueTransformationSequence[0] = item(
            RescaleSlope=1, RescaleIntercept=-1024, RescaleType="HU"
        )
    return [dataset]


def ct_slices(frame: str, places: Any = AT, **elements: Any) -> list[Dataset]:
    """CT of the same in single slices."""
    made = ct(places)
    return slices(
        (made.values + 24).astype(np.uint16),
        kind="CT",
        intercept=-1024.0,
        spacing_mm=made.voxel_spacing_mm,
        first_mm=_first(made),
        **_elements(frame, elements),
    )


def _first(volume: Volume) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in volume.affine[:3, 3])
    return x, y, z


def _elements(frame: str, elements: dict[str, Any]) -> dict[str, Any]:
    return {
        "SeriesDescription": NAME,
        "DeviceSerialNumber": SERIAL_NUMBER,
        "FrameOfReferenceUID": frame or None,
        **elements,
    }
