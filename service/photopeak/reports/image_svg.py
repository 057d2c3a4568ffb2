"""An image figure as SVG: pixels, outlines with their labels, scale bar, colour bar, window."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from photopeak.reports import svg
from photopeak.reports.colours import BAR_STOPS, hex_colours
from photopeak.reports.png import render_png
from photopeak.reports.text import number_text, unit_text
from photopeak_analyzers.figures import Colormap, ImageFigure, Overlay, OverlayKind

_WIDTH = 560.0
_TALLEST = 560.0
_MARGIN = 1.0
_BAR_HEIGHT = 44.0
_LABEL = 14.0
_SCALE_BARS_MM = (500.0, 200.0, 100.0, 50.0, 20.0, 10.0, 5.0, 2.0, 1.0)


@dataclass(frozen=True, slots=True)
class _Look:
    colour: str
    dashes: str | None = None


_ON_DARK = {
    OverlayKind.REGION: _Look("#d9a8ff"),
    OverlayKind.MAXIMUM: _Look("#ffffff"),
    OverlayKind.MINIMUM: _Look("#ffb38a"),
    OverlayKind.POINT: _Look("#9ff0c8"),
    OverlayKind.LINE: _Look("#9ff0c8"),
}
_ON_LIGHT = {
    OverlayKind.REGION: _Look("#6a1fa8"),
    OverlayKind.MAXIMUM: _Look("#101820"),
    OverlayKind.MINIMUM: _Look("#8f2a00"),
    OverlayKind.POINT: _Look("#0b5a44"),
    OverlayKind.LINE: _Look("#0b5a44"),
}
_FIELDS_ON_DARK = (_Look("#7fd1ff"), _Look("#ffd479", "7 5"), _Look("#9ff0c8", "2 4"))
_FIELDS_ON_LIGHT = (_Look("#0b4f86"), _Look("#6b4c00", "7 5"), _Look("#0b5a44", "2 4"))


_ALWAYS_NAMED = frozenset({OverlayKind.FIELD_OF_VIEW, OverlayKind.MAXIMUM, OverlayKind.MINIMUM})


_WIDE = 0.4
"""Width of a region, over that of its label, from which on the label stands above or below it."""


class _Labels:
    """Places of labels already given away, so that the next one finds a free one."""

    def __init__(self, width: float, height: float) -> None:
        self._width = width
        self._height = height
        self._taken: list[tuple[float, float, float, float]] = []

    def place(
        self, content: str, spots: list[tuple[float, float, str]], *, needed: bool
    ) -> tuple[float, float, str] | None:
        """Return the first of `spots` (x, baseline, anchor) that is inside and free.

        Where none is, a label that is `needed` gets one that is inside, however full; another is
        left out, because two labels on each other tell nothing.
        """
        width = svg.text_width(content, _LABEL)
        inside = [spot for spot in spots if self._inside(self._box(spot, width))]
        free = [spot for spot in inside if self._free(self._box(spot, width))]
        chosen = next(iter(free or ((inside or spots) if needed else ())), None)
        if chosen is not None:
            self._taken.append(self._box(chosen, width))
        return chosen

    def reserve(self, left: float, top: float, right: float, bottom: float) -> None:
        """Keep labels out of a box."""
        self._taken.append((left, top, right, bottom))

    @staticmethod
    def _box(spot: tuple[float, float, str], width: float) -> tuple[float, float, float, float]:
        x, y, anchor = spot
        left = x - {"start": 0.0, "middle": width / 2.0, "end": width}[anchor]
        return (left - 3.0, y - _LABEL, left + width + 3.0, y + 3.0)

    def _inside(self, box: tuple[float, float, float, float]) -> bool:
        left, top, right, bottom = box
        return left >= 0.0 and top >= 2.0 and right <= self._width and bottom <= self._height - 2.0

    def _free(self, box: tuple[float, float, float, float]) -> bool:
        left, top, right, bottom = box
        return all(right < t[0] or left > t[2] or bottom < t[1] or top > t[3] for t in self._taken)


def render(figure: ImageFigure) -> str:
    """Return the figure as an SVG document."""
    rows, columns = figure.image.shape
    row_mm, column_mm = figure.pixel_spacing_mm
    physical = row_mm > 0.0 and column_mm > 0.0
    ratio = (rows * row_mm) / (columns * column_mm) if physical else rows / columns
    width = min(_WIDTH, _TALLEST / ratio)
    height = width * ratio
    left = (_WIDTH - width) / 2.0
    scale_x, scale_y = width / columns, height / rows

    def position(row: float, column: float) -> tuple[float, float]:
        return ((column + 0.5) * scale_x, (row + 0.5) * scale_y)

    light = figure.colormap is Colormap.DIVERGING
    labels = _Labels(width, height)
    bar = _scale_bar(column_mm, scale_x, width, height, light=light) if physical else ""
    if bar:
        labels.reserve(0.0, height - 34.0, width * 0.45, height)
    encoded = base64.b64encode(render_png(figure)).decode("ascii")
    picture = svg.element(
        "image",
        {
            "width": width,
            "height": height,
            "preserveAspectRatio": "none",
            "href": f"data:image/png;base64,{encoded}",
        },
    )
    outlines, names = [], []
    fields = 0
    for overlay in figure.overlays:
        if not overlay.points:
            continue
        if overlay.kind is OverlayKind.FIELD_OF_VIEW:
            looks = _FIELDS_ON_LIGHT if light else _FIELDS_ON_DARK
            look = looks[min(fields, len(looks) - 1)]
            fields += 1
        else:
            look = (_ON_LIGHT if light else _ON_DARK)[overlay.kind]
        points = [position(*point) for point in overlay.points]
        outlines.append(_outline(overlay, points, look, light=light))
        if overlay.label:
            names.append(_name(overlay, points, look, labels, light=light))
    body = [
        svg.element(
            "svg",
            {
                "x": left + _MARGIN,
                "y": _MARGIN,
                "width": width,
                "height": height,
                "overflow": "hidden",
            },
            svg.element("rect", {"width": width, "height": height, "fill": "#05080a"}),
            picture,
            *outlines,
            *names,
            bar,
        ),
        _colour_bar(figure, height + 12.0),
    ]
    return svg.document(
        _WIDTH + 2.0 * _MARGIN,
        height + _BAR_HEIGHT,
        figure.title,
        _description(figure),
        body,
    )


def _outline(
    overlay: Overlay, points: list[tuple[float, float]], look: _Look, *, light: bool
) -> str:
    if overlay.kind in {OverlayKind.MAXIMUM, OverlayKind.MINIMUM} and len(points) == 1:
        x, y = points[0]
        up = overlay.kind is OverlayKind.MAXIMUM
        sign = 1.0 if up else -1.0
        shape = svg.path(
            [(x, y - 9.0 * sign), (x + 8.5, y + 6.0 * sign), (x - 8.5, y + 6.0 * sign)], closed=True
        )
    elif len(points) == 1:
        x, y = points[0]
        shape = f"{svg.path([(x - 6.0, y), (x + 6.0, y)])}{svg.path([(x, y - 6.0), (x, y + 6.0)])}"
    else:
        shape = svg.path(points, closed=overlay.closed and overlay.kind is not OverlayKind.LINE)
    common: dict[str, object] = {"d": shape, "fill": "none", "stroke_linejoin": "round"}
    under = "#ffffff" if light else "#000000"
    return svg.element(
        "path", common | {"stroke": under, "stroke_width": 3.4, "stroke_opacity": 0.35}
    ) + svg.element(
        "path",
        common | {"stroke": look.colour, "stroke_width": 1.8, "stroke_dasharray": look.dashes},
    )


def _name(
    overlay: Overlay,
    points: list[tuple[float, float]],
    look: _Look,
    labels: _Labels,
    *,
    light: bool,
) -> str:
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    x0, x1, y0, y1 = min(xs), max(xs), min(ys), max(ys)
    middle = (y0 + y1) / 2.0 + 4.0
    if overlay.kind is OverlayKind.FIELD_OF_VIEW:
        spots = [
            (x0 + 7.0, y0 + 17.0, "start"),
            (x1 - 7.0, y0 + 17.0, "end"),
            (x0 + 7.0, y1 - 8.0, "start"),
            (x1 - 7.0, y1 - 8.0, "end"),
        ]
    else:
        gap = 14.0 if len(points) == 1 else 7.0
        spots = [
            (x1 + gap, middle, "start"),
            (x0 - gap, middle, "end"),
            ((x0 + x1) / 2.0, y0 - gap, "middle"),
            ((x0 + x1) / 2.0, y1 + gap + _LABEL, "middle"),
            (x1 + gap, y1 + _LABEL, "start"),
            (x0 - gap, y1 + _LABEL, "end"),
        ]
    if overlay.kind is OverlayKind.REGION and x1 - x0 > _WIDE * svg.text_width(
        overlay.label, _LABEL
    ):
        # Beside one of several boxes it would lie in the next one, and seem to be of that.
        spots = [*spots[2:4], *spots[:2], *spots[4:]]
    if overlay.kind is OverlayKind.LINE and len(points) > 2:
        # The middle of the box of a curve may lie far from it; its ends to the sides do not.
        right, leftmost = max(points), min(points)
        spots = [
            (right[0] + 7.0, right[1] + 4.0, "start"),
            (leftmost[0] - 7.0, leftmost[1] + 4.0, "end"),
            *spots,
        ]
    needed = overlay.kind in _ALWAYS_NAMED
    place = labels.place(overlay.label, spots, needed=needed)
    if place is None:
        return ""
    x, y, anchor = place
    halo = "#ffffff" if light else "#10161b"
    return svg.text(
        x,
        y,
        overlay.label,
        size=_LABEL,
        anchor=anchor,
        fill=look.colour,
        css="",
        weight=600,
        halo=halo,
    )


def _scale_bar(
    column_mm: float, scale_x: float, width: float, height: float, *, light: bool
) -> str:
    length_mm = next(
        (mm for mm in _SCALE_BARS_MM if mm / column_mm * scale_x <= width / 3.0), _SCALE_BARS_MM[-1]
    )
    length = length_mm / column_mm * scale_x
    if length > width * 0.6:
        return ""
    ink, halo = ("#101820", "#ffffff") if light else ("#ffffff", "#10161b")
    y = height - 16.0
    label = f"{number_text(length_mm)} mm"
    # Beside the bar, or on it where a narrow image has no room.
    beside = 22.0 + length + svg.text_width(label, _LABEL) <= width - 4.0
    place = (22.0 + length, y + 4.5) if beside else (14.0, y - 9.0)
    shape = f"M14 {svg.number(y)}h{svg.number(length)}M14 {svg.number(y - 5.0)}v10M{svg.number(14.0 + length)} {svg.number(y - 5.0)}v10"
    return "".join(
        (
            svg.element("path", {"d": shape, "fill": "none", "stroke": halo, "stroke_width": 4.5, "stroke_opacity": 0.6}),
            svg.element("path", {"d": shape, "fill": "none", "stroke": ink, "stroke_width": 2.0}),
            svg.text(*place, label, size=_LABEL, fill=ink, css="", weight=600, halo=halo),
        )
    )  # fmt: skip


def _colour_bar(figure: ImageFigure, y: float) -> str:
    unit = unit_text(figure.unit)
    low = number_text(figure.low)
    high = f"{number_text(figure.high)} {unit}".rstrip()
    left = svg.text_width(low, 13.0) + 10.0
    right = _WIDTH - svg.text_width(high, 13.0) - 12.0
    stops = [
        svg.element("stop", {"offset": f"{100 * i / (BAR_STOPS - 1):.0f}%", "stop_color": colour})
        for i, colour in enumerate(hex_colours(figure.colormap, BAR_STOPS))
    ]
    return "".join(
        (
            svg.element("linearGradient", {"id": "bar"}, *stops),
            svg.text(1.0, y + 10.0, low, size=13.0),
            svg.element(
                "rect",
                {
                    "x": left,
                    "y": y + 1.0,
                    "width": max(right - left, 1.0),
                    "height": 10.0,
                    "rx": 2.0,
                    "fill": "url(#bar)",
                    "stroke": svg.AXIS,
                    "stroke_width": 0.8,
                    "class": "axis",
                },
            ),
            svg.text(_WIDTH, y + 10.0, high, size=13.0, anchor="end"),
        )
    )


def _description(figure: ImageFigure) -> str:
    rows, columns = figure.image.shape
    row_mm, column_mm = figure.pixel_spacing_mm
    unit = unit_text(figure.unit)
    names = ", ".join(overlay.label for overlay in figure.overlays if overlay.label)
    size = f"Image of {rows} rows and {columns} columns"
    pixels = (
        f", pixels of {row_mm:.4g} by {column_mm:.4g} mm" if row_mm > 0 and column_mm > 0 else ""
    )
    shown = f", shown from {number_text(figure.low)} to {number_text(figure.high)} {unit}".rstrip()
    marks = f". Marked: {names}" if names else ""
    return f"{size}{pixels}{shown}{marks}."
