"""Pictures of the pixel size: the sources where they were found, and a table of the images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from photopeak_analyzers.acquisition import Counts
from photopeak_analyzers.contract import Scope
from photopeak_analyzers.figures import Figure, ImageFigure, Overlay, OverlayKind, TableFigure
from photopeak_analyzers.gamma_camera.line_figures import image_figure
from photopeak_analyzers.gamma_camera.source_pairs import PixelEstimate
from photopeak_analyzers.shorthand import as_suffix, in_words

Image = tuple[Scope, Counts, tuple[float, float], PixelEstimate]
"""Scope, counts, (row, column) spacing in the header, and what was found."""


def pixel_figures(images: Sequence[Image]) -> tuple[Figure, ...]:
    """Return the pictures of all images."""
    figures: list[Figure] = []
    shown: set[str] = set()
    for scope, counts, header_mm, found in images:
        whole = Scope.of(**dict(scope.items), direction=found.direction)
        name = "sources" + as_suffix(whole).replace(".", "_")
        # Of several images of one head and axis the first is shown.
        if name not in shown:
            shown.add(name)
            figures.append(_picture(name, in_words(whole), counts, header_mm, found))
    return (*figures, _table(images))


def _picture(
    name: str, words: str, counts: Counts, header_mm: tuple[float, float], found: PixelEstimate
) -> ImageFigure:
    title = f"Sources, {words}"
    if found.lines is not None:
        return image_figure(name, title, counts, found.lines, header_mm)
    return ImageFigure(
        name=name,
        title=title,
        image=np.asarray(counts, dtype=np.float32),
        pixel_spacing_mm=header_mm,
        low=0.0,
        high=max(float(counts.max()), 1.0),
        unit="{counts}",
        overlays=(
            Overlay(
                kind=OverlayKind.LINE,
                label=f"{found.distance_mm:g} mm",
                points=found.places,
                closed=False,
            ),
        ),
    )


def _table(images: Sequence[Image]) -> TableFigure:
    return TableFigure(
        name="table",
        title="Pixel size",
        columns=(
            "image", "axis", "sources", "known distance, mm", "distance found, pixels",
            "pixel, mm", "header, mm",
        ),
        rows=tuple(
            (
                in_words(scope),
                found.direction,
                found.sources,
                found.distance_mm,
                round(found.separation_px, 2),
                round(found.pixel_mm.value, 4),
                header_mm[1] if found.direction == "x" else header_mm[0],
            )
            for scope, _, header_mm, found in images
        ),
    )  # fmt: skip
