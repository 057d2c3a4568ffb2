"""Figures as plain data: what is to be seen, not how it is drawn.

An analyzer returns them; the service stores them, renders them and hands out the numbers behind
them. Coordinates of overlays are (row, column) pixel centres of the image they lie on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Colormap(StrEnum):
    """How values of an image are meant to be seen; all are safe for colour-blind readers."""

    GREY = "grey"
    CIVIDIS = "cividis"
    DIVERGING = "puor"


class CurveStyle(StrEnum):
    """How a curve is drawn."""

    LINE = "line"
    POINTS = "points"
    STEP = "step"
    DASHED = "dashed"


class Scale(StrEnum):
    """How the values of an axis lie along it."""

    LINEAR = "linear"
    LOG = "log"


class OverlayKind(StrEnum):
    """What an overlay says about a place in the image."""

    FIELD_OF_VIEW = "field_of_view"
    REGION = "region"
    MAXIMUM = "maximum"
    MINIMUM = "minimum"
    POINT = "point"
    LINE = "line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """A closed outline (`closed`), a line, or a single point, in (row, column) of the image."""

    kind: OverlayKind
    label: str
    points: tuple[tuple[float, float], ...]
    closed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImageFigure:
    """A picture: `image` of shape ``(rows, columns)`` shown between `low` and `high`, in `unit`.

    A spacing of 0 says that its pixels have no size, as those of a map by number.
    """

    name: str
    title: str
    image: NDArray[Any]
    pixel_spacing_mm: tuple[float, float]
    low: float
    high: float
    unit: str = "counts"
    colormap: Colormap = Colormap.GREY
    overlays: tuple[Overlay, ...] = ()

    def __post_init__(self) -> None:
        view = np.asarray(self.image).view()
        view.flags.writeable = False
        object.__setattr__(self, "image", view)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """Points of one curve; `x` and `y` have the same length."""

    label: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    style: CurveStyle = CurveStyle.LINE


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceLine:
    """A straight line across the plot at `value` of the axis `axis` (``x`` or ``y``)."""

    label: str
    value: float
    axis: str = "y"


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveFigure:
    """One plot; units are UCUM and stand behind the axis labels.

    What is not positive has no place on a logarithmic axis: it is left out, and the plot says so.
    """

    name: str
    title: str
    x_label: str
    x_unit: str
    y_label: str
    y_unit: str
    curves: tuple[Curve, ...]
    lines: tuple[ReferenceLine, ...] = ()
    x_scale: Scale = Scale.LINEAR
    y_scale: Scale = Scale.LINEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFigure:
    """A table: a heading per column, cells are numbers, text or None."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[float | int | str | None, ...], ...] = field(default=())


Figure = ImageFigure | CurveFigure | TableFigure
