"""Pictures of modulation transfer functions: the sources, their spread, the curves, the table."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from photopeak_analyzers.contract import Scope
from photopeak_analyzers.figures import Figure, ImageFigure, TableFigure
from photopeak_analyzers.frames_by_head import HeadCounts
from photopeak_analyzers.gamma_camera.line_figures import (
    image_figure,
    modulation_curve,
    modulation_figure,
    spread_figure,
)
from photopeak_analyzers.gamma_camera.responses import Response
from photopeak_analyzers.shorthand import as_suffix, in_words

TABLE_STEP = 10
"""Frequencies per row of the table: 0.1 cycles per cm."""

Picture = tuple[Scope, HeadCounts, tuple[float, float], Response]
"""Scope, counts, (row, column) spacing and what was found in one image."""


def modulation_figures(
    found: Mapping[Scope, Sequence[Response]], pictures: Sequence[Picture], *, corrected: bool
) -> tuple[Figure, ...]:
    """Return the pictures of all spread functions; of several of one kind the first is shown.

    Titles of what is `corrected` for the width of the pixels say so.
    """
    how = ", corrected for the pixel" if corrected else ""
    figures: dict[str, Figure] = {}
    for scope, head, pixel_mm, response in pictures:
        name = "response" + as_suffix(scope).replace(".", "_")
        if name not in figures:
            figures[name] = _picture(name, in_words(scope), head, pixel_mm, response)
    first = [(in_words(scope), responses[0]) for scope, responses in found.items()]
    return (
        *figures.values(),
        spread_figure(
            "spread",
            "Spread functions",
            tuple(dataclasses.replace(r.spread, label=label) for label, r in first),
        ),
        modulation_figure(
            "mtf",
            f"Modulation transfer functions{how}",
            tuple(modulation_curve(label, r.modulation, r.channel_mm.value) for label, r in first),
        ),
        _table(first, how),
    )


def _picture(
    name: str, words: str, head: HeadCounts, pixel_mm: tuple[float, float], response: Response
) -> ImageFigure:
    title = f"Source, {words}"
    if response.lines is not None:
        return image_figure(name, title, head.counts, response.lines, pixel_mm)
    return ImageFigure(
        name=name,
        title=title,
        image=np.asarray(head.counts, dtype=np.float32),
        pixel_spacing_mm=pixel_mm,
        low=0.0,
        high=max(float(head.counts.max()), 1.0),
        unit="{counts}",
    )


def _table(first: Sequence[tuple[str, Response]], how: str) -> TableFigure:
    """Return M(v) in steps of 0.1 cycles per cm, one column per spread function."""
    columns = [r.modulation.value[::TABLE_STEP] for _, r in first]
    return TableFigure(
        name="table",
        title=f"Modulation transfer function{how}",
        columns=("frequency, cycles/cm", *(label for label, _ in first)),
        rows=tuple(
            (
                round(0.1 * index, 1),
                *(round(float(c[index]), 4) if index < len(c) else None for c in columns),
            )
            for index in range(max(len(c) for c in columns))
        ),
    )
