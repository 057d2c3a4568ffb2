"""What is seen of reconstructed sources: the volume from three sides, and every profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from photopeak_analyzers.figures import (
    Curve,
    CurveFigure,
    CurveStyle,
    Figure,
    ImageFigure,
    Overlay,
    OverlayKind,
)
from photopeak_analyzers.numerics.source_widths import LineWidth
from photopeak_analyzers.spect.reconstruction import Reconstruction
from photopeak_analyzers.spect.volume_sources import Place


class Measured(Protocol):
    """A source with its profiles by direction."""

    @property
    def place(self) -> Place:
        """Where it lies."""

    @property
    def found(self) -> Mapping[str, tuple[LineWidth, ...]]:
        """Widths by direction, in every slab."""


def figures_of(reconstruction: Reconstruction, sources: Sequence[Measured]) -> tuple[Figure, ...]:
    """Show the sources, and one profile in each direction: that of the middle slab of a line."""
    return (*_slices(reconstruction, sources), *(_profiles(source) for source in sources))


def _slices(reconstruction: Reconstruction, sources: Sequence[Measured]) -> list[ImageFigure]:
    values, (z_mm, y_mm, x_mm) = reconstruction.values, reconstruction.voxel_mm
    views = (
        ("transverse", 0, (y_mm, x_mm), (1, 2)),
        ("coronal", 1, (z_mm, x_mm), (0, 2)),
        ("sagittal", 2, (z_mm, y_mm), (0, 1)),
    )
    figures = []
    for name, axis, pixel_mm, (down, across) in views:
        image = values.max(axis=axis)
        figures.append(
            ImageFigure(
                name=f"slices_{name}",
                title=f"Highest voxel, {name}",
                image=image,
                pixel_spacing_mm=pixel_mm,
                low=min(float(image.min()), 0.0),
                high=float(image.max()),
                unit="1",
                overlays=tuple(
                    Overlay(
                        kind=OverlayKind.POINT,
                        label=f"source {s.place.number}",
                        points=((float(s.place.voxel[down]), float(s.place.voxel[across])),),
                        closed=False,
                    )
                    for s in sources
                ),
            )
        )
    return figures


def _profiles(source: Measured) -> CurveFigure:
    curves = []
    for direction, slabs in source.found.items():
        width = slabs[len(slabs) // 2]
        middle = (width.left_mm + width.right_mm) / 2.0
        top = float(width.profile.max())
        curves.append(
            Curve(
                label=f"{direction}, FWHM {width.fwhm.value:.1f} mm",
                x=width.offset_mm - middle,
                y=width.profile / top,
            )
        )
    first = source.found["x"][len(source.found["x"]) // 2]
    half = first.half / float(first.profile.max())
    reach = (first.right_mm - first.left_mm) / 2.0
    curves.append(_half_height(half, reach))
    return CurveFigure(
        name=f"profiles_source_{source.place.number}",
        title=f"Profiles through source {source.place.number},"
        f" {source.place.radius_mm:.0f} mm from the middle",
        x_label="Distance from the middle of the half heights",
        x_unit="mm",
        y_label="Value relative to the highest",
        y_unit="1",
        curves=tuple(curves),
    )


def _half_height(half: float, reach: float) -> Curve:
    return Curve(
        label="half height along x",
        x=np.array([-reach, reach]),
        y=np.array([half, half]),
        style=CurveStyle.DASHED,
    )
