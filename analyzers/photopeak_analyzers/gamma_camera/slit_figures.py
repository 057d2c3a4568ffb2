"""Pictures that all tests with a slit mask share: the image, with its fields and what lies on it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from photopeak_analyzers.acquisition import Counts
from photopeak_analyzers.figures import ImageFigure, Overlay, OverlayKind
from photopeak_analyzers.gamma_camera.slit_sets import Measured
from photopeak_analyzers.numerics.field_of_view import CFOV_SCALE
from photopeak_analyzers.shorthand import as_suffix, in_words


def slit_figure(
    name: str, title: str, measured: Measured, overlays: Iterable[Overlay]
) -> ImageFigure:
    """Return the image of a mask with the outlines of both fields, and overlays on it."""
    counts = np.asarray(measured.head.counts, dtype=np.float32)
    return ImageFigure(
        name=name + as_suffix(measured.scope),
        title=f"{title}, {in_words(measured.scope)}",
        image=counts,
        pixel_spacing_mm=measured.image.slits.pixel_mm,
        low=0.0,
        high=max(float(counts.max()), 1.0),
        unit="{counts}",
        overlays=(*_outlines(measured, counts), *overlays),
    )


def line_overlay(measured: Measured, label: str, places: Counts) -> Overlay:
    """Return a line through places of shape ``(n, 2)``, (along, across) the slits."""
    return _overlay(OverlayKind.LINE, measured, label, places)


def region_overlay(measured: Measured, label: str, places: Counts) -> Overlay:
    """Return a closed outline through such places."""
    return _overlay(OverlayKind.REGION, measured, label, places)


def maximum_overlay(measured: Measured, label: str, place: Counts) -> Overlay:
    """Return the mark of one place, of shape ``(1, 2)``."""
    return _overlay(OverlayKind.MAXIMUM, measured, label, place)


def _overlay(kind: OverlayKind, measured: Measured, label: str, places: Counts) -> Overlay:
    placed = places if measured.image.slits.places.upright else places[:, ::-1]
    return Overlay(
        kind=kind,
        label=label,
        points=tuple((float(row), float(column)) for row, column in placed),
        closed=kind is OverlayKind.REGION,
    )


def _outlines(measured: Measured, counts: Counts) -> tuple[Overlay, ...]:
    pixel_mm = measured.image.slits.pixel_mm
    middle = ((counts.shape[0] - 1) / 2.0, (counts.shape[1] - 1) / 2.0)
    ufov = measured.chosen.field
    return tuple(
        Overlay(
            kind=OverlayKind.FIELD_OF_VIEW,
            label=label,
            points=field.outline(pixel_mm, middle),
        )
        for label, field in (("UFOV", ufov), ("CFOV", ufov.scaled(CFOV_SCALE)))
    )
