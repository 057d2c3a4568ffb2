"""Figures as documents: SVG for all, PNG for images. Called where the numbers are, never by pages.

Text in figures comes from analyzers and through them from DICOM headers; it is escaped, stripped
of invisible characters, and there is no script and no outside reference in what is drawn.
"""

from __future__ import annotations

from photopeak.reports import curve_svg, image_svg, table_svg
from photopeak.reports.png import render_png
from photopeak_analyzers.figures import CurveFigure, Figure, ImageFigure

__all__ = ["render_png", "render_svg"]


def render_svg(figure: Figure) -> str:
    """Return a figure as a self-contained SVG document, light or dark as its reader prefers."""
    if isinstance(figure, ImageFigure):
        return image_svg.render(figure)
    if isinstance(figure, CurveFigure):
        return curve_svg.render(figure)
    return table_svg.render(figure)
