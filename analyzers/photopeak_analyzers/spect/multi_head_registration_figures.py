"""What is seen of several sources by several heads: a sinogram with the paths, a table."""

from __future__ import annotations

import numpy as np

from photopeak_analyzers.acquisition import Counts
from photopeak_analyzers.figures import (
    ImageFigure,
    Overlay,
    OverlayKind,
    TableFigure,
)
from photopeak_analyzers.shorthand import in_words
from photopeak_analyzers.spect.head_comparison import HeadPaths


def sinogram(head: HeadPaths, frames: Counts, suffix: str) -> ImageFigure:
    """Sum all rows of each view, with the fitted sine of each source and the axis."""
    image = np.stack([frame.sum(axis=0, dtype=np.float64) for frame in frames])
    middle = (frames.shape[2] - 1) / 2.0
    last = float(len(frames) - 1)
    axis = head.cor_mm.value / head.pixel_mm[1] + middle
    return ImageFigure(
        name="sinogram" + suffix,
        title=f"Sinogram, {in_words(head.views.scope)}",
        image=image.astype(np.float32),
        pixel_spacing_mm=(head.pixel_mm[1], head.pixel_mm[1]),
        low=0.0,
        high=float(image.max()),
        unit="{counts}",
        overlays=(
            *(
                Overlay(
                    kind=OverlayKind.LINE,
                    label=f"source {number}",
                    points=tuple(
                        (float(view), float(column))
                        for view, column in enumerate(
                            path.transaxial.at(head.views.angles_deg) + middle
                        )
                    ),
                    closed=False,
                )
                for number, path in enumerate(head.paths, start=1)
            ),
            Overlay(
                kind=OverlayKind.LINE,
                label="axis of rotation",
                points=((0.0, axis), (last, axis)),
                closed=False,
            ),
        ),
    )


def table(heads: tuple[HeadPaths, ...], suffix: str) -> TableFigure:
    """List every source in every head."""
    return TableFigure(
        name="heads" + suffix,
        title="Sources by head",
        columns=(
            "Head",
            "Source",
            "Offset of the axis in mm",
            "Radius in mm",
            "Azimuth in degrees",
            "Axial place in mm",
            "Rms about the sine in mm",
            "Views",
        ),
        rows=tuple(
            (
                head.views.detector,
                number,
                round(path.transaxial.constant * head.pixel_mm[1], 3),
                round(path.transaxial.amplitude * head.pixel_mm[1], 2),
                round(path.transaxial.phase_deg, 2),
                round(path.axial.constant * head.pixel_mm[0], 3),
                round(path.transaxial.rms * head.pixel_mm[1], 3),
                int(path.kept.size),
            )
            for head in heads
            for number, path in enumerate(head.paths, start=1)
        ),
    )
