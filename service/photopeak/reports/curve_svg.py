"""A curve figure as SVG: axes with units, grid, curves, reference lines, legend."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak.reports import svg
from photopeak.reports.text import THIN_SPACE, capitalised, number_text, unit_text
from photopeak_analyzers.figures import Curve, CurveFigure, CurveStyle

_WIDTH = 520.0
_HEIGHT = 300.0
_RIGHT = 14.0
_BOTTOM = 46.0
_TEXT = 13.0
_SMALL = 12.0
_LONGEST = 300.0
"""Estimated width of the longest label that an upright axis has room for."""
_MOST_POINTS = 2000
_ROOM = 0.03
_MARKS = frozenset({CurveStyle.POINTS})
_DASHES = (None, "8 4", "2 3", "10 3 2 3", "5 2", "1 4")


@dataclass(frozen=True, slots=True)
class _Axis:
    """Maps values between `low` and `high` to coordinates between `start` and `end`."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]

    def at(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def render(figure: CurveFigure) -> str:
    """Return the figure as an SVG document."""
    entries = [c for c in figure.curves if c.label]
    legend_rows = _legend_rows([c.label for c in entries])
    top = 12.0 + 18.0 * len(legend_rows)
    ys = _extent([c.y for c in figure.curves], [r.value for r in figure.lines if r.axis == "y"])
    xs = _extent([c.x for c in figure.curves], [r.value for r in figure.lines if r.axis == "x"])
    y_ticks = _ticks(*ys, 5)
    left = 34.0 + max(
        (svg.text_width(_tick_text(t, y_ticks), _TEXT) for t in y_ticks), default=20.0
    )
    y_low, y_high = _roomy(ys, y_ticks, [c.y for c in figure.curves if c.style in _MARKS])
    x_low, x_high = _roomy(xs, xs, [c.x for c in figure.curves if c.style in _MARKS])
    x_ticks = _ticks(*xs, 6)
    if not unit_text(figure.x_unit) and all(_whole(curve.x) for curve in figure.curves):
        # Heads and places are numbered: there is none between the first and the second.
        x_ticks = tuple(tick for tick in x_ticks if _whole(np.array([tick]))) or x_ticks
    x_axis = _Axis(x_low, x_high, left, _WIDTH - _RIGHT, x_ticks)
    y_axis = _Axis(y_low, y_high, _HEIGHT - _BOTTOM, top, y_ticks)
    references, names = _references(figure, x_axis, y_axis)
    body = [_frame(figure, x_axis, y_axis), references]
    for index, curve in enumerate(figure.curves):
        body.append(_curve(curve, index, x_axis, y_axis))
    body += [names, _legend(figure, legend_rows, left)]
    return svg.document(_WIDTH, _HEIGHT, figure.title, _description(figure), body)


def _whole(values: NDArray[np.float64]) -> bool:
    finite = np.asarray(values, float)
    finite = finite[np.isfinite(finite)]
    return bool(np.all(np.abs(finite - np.round(finite)) < 1e-9))


def _roomy(
    extent: tuple[float, float], ticks: tuple[float, ...], marks: list[NDArray[np.float64]]
) -> tuple[float, float]:
    """Return the ends of an axis: all ticks inside, and no mark on the frame but at zero."""
    low, high = min(extent[0], ticks[0]), max(extent[1], ticks[-1])
    room = _ROOM * (high - low)
    lowest, highest = _extent(marks, []) if marks else (math.inf, -math.inf)
    if lowest < low + room and lowest != 0.0:
        # What is never negative gets no room below zero.
        low = max(low - room, 0.0) if low >= 0.0 else low - room
    if highest > high - room and highest != 0.0:
        high += room
    return low, high


def _extent(arrays: list[NDArray[np.float64]], more: list[float]) -> tuple[float, float]:
    values = [float(v) for v in more if math.isfinite(v)]
    for array in arrays:
        finite = np.asarray(array, float)
        finite = finite[np.isfinite(finite)]
        if finite.size:
            values += [float(finite.min()), float(finite.max())]
    if not values:
        return (0.0, 1.0)
    low, high = min(values), max(values)
    if high - low <= 1e-12 * max(abs(low), abs(high), 1e-300):
        pad = abs(low) * 0.05 or 1.0
        return (low - pad, high + pad)
    return (low, high)


def _ticks(low: float, high: float, wanted: int) -> tuple[float, ...]:
    """Return round values that cover `low` to `high` inside, about `wanted` of them."""
    raw = (high - low) / max(wanted, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(f * power for f in (1.0, 2.0, 2.5, 5.0, 10.0) if f * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return tuple(i * step for i in range(first, last + 1)) or (low, high)


def _tick_text(value: float, ticks: tuple[float, ...]) -> str:
    step = abs(ticks[1] - ticks[0]) if len(ticks) > 1 else abs(value) or 1.0
    largest = max(abs(t) for t in ticks)
    if largest >= 1e6 or (largest and largest < 1e-3):
        return number_text(0.0 if abs(value) < step * 1e-6 else value)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    if abs(step * 10**decimals - round(step * 10**decimals)) > 1e-6:
        decimals += 1
    text = number_text(value, decimals)
    if abs(value) >= 10_000.0 and decimals == 0:
        return f"{round(value):,}".replace(",", THIN_SPACE)
    return text


def _frame(figure: CurveFigure, x_axis: _Axis, y_axis: _Axis) -> str:
    bottom, top = y_axis.start, y_axis.end
    upright = _axis_label(figure.y_label, figure.y_unit)
    parts = []
    for tick in y_axis.ticks:
        y = y_axis.at(tick)
        parts.append(_line(x_axis.start, y, x_axis.end, y, svg.GRID, "grid"))
        parts.append(
            svg.text(x_axis.start - 8.0, y + 4.0, _tick_text(tick, y_axis.ticks), anchor="end")
        )
    for tick in x_axis.ticks:
        x = x_axis.at(tick)
        parts.append(_line(x, bottom, x, top, svg.GRID, "grid"))
        parts.append(svg.text(x, bottom + 17.0, _tick_text(tick, x_axis.ticks), anchor="middle"))
    parts.append(_line(x_axis.start, bottom, x_axis.end, bottom, svg.AXIS, "axis"))
    parts.append(_line(x_axis.start, bottom, x_axis.start, top, svg.AXIS, "axis"))
    parts.append(
        svg.text(
            (x_axis.start + x_axis.end) / 2.0,
            _HEIGHT - 8.0,
            _axis_label(figure.x_label, figure.x_unit),
            anchor="middle",
            fill=svg.INK,
            css="ink",
        )
    )
    parts.append(
        svg.text(
            15.0,
            (bottom + top) / 2.0,
            upright,
            size=min(_TEXT, _TEXT * _LONGEST / svg.text_width(upright, _TEXT))
            if upright
            else _TEXT,
            anchor="middle",
            fill=svg.INK,
            css="ink",
            turn=-90.0,
        )
    )
    return "".join(parts)


def _line(x0: float, y0: float, x1: float, y1: float, stroke: str, css: str, dashes: str | None = None) -> str:  # fmt: skip
    return svg.element(
        "path",
        {
            "d": svg.path([(x0, y0), (x1, y1)]),
            "stroke": stroke,
            "stroke_width": 1.0,
            "stroke_dasharray": dashes,
            "class": css,
        },
    )


def _axis_label(label: str, unit: str) -> str:
    shown = unit_text(unit)
    return f"{capitalised(label)} ({shown})" if shown else capitalised(label)


def _curve(curve: Curve, index: int, x_axis: _Axis, y_axis: _Axis) -> str:
    x, y = np.asarray(curve.x, float), np.asarray(curve.y, float)
    slot = index % len(svg.SERIES)
    colour = svg.SERIES[slot]
    if curve.style is CurveStyle.POINTS:
        keep = np.isfinite(x) & np.isfinite(y)
        x, y = x[keep], y[keep]
        thin = max(1, -(-x.size // _MOST_POINTS))
        marks = "".join(
            svg.element(
                "circle",
                {
                    "cx": x_axis.at(float(a)),
                    "cy": y_axis.at(float(b)),
                    "r": 2.6 if x.size < 200 else 1.6,
                },
            )
            for a, b in zip(x[::thin], y[::thin], strict=True)
        )
        return svg.element("g", {"fill": colour, "class": f"f{slot}"}, marks) if marks else ""
    if curve.style is CurveStyle.STEP and x.size > 1:
        edges = np.concatenate(([x[0]], (x[1:] + x[:-1]) / 2.0, [x[-1]]))
        x, y = np.repeat(edges, 2)[1:-1], np.repeat(y, 2)
    x, y = _thinned(x, y)
    pieces: list[list[tuple[float, float]]] = [[]]
    for a, b in zip(x.tolist(), y.tolist(), strict=True):
        if math.isfinite(a) and math.isfinite(b):
            pieces[-1].append((x_axis.at(a), y_axis.at(b)))
        elif pieces[-1]:
            pieces.append([])
    shape = "".join(svg.path(piece) for piece in pieces if len(piece) > 1)
    if not shape:
        return ""
    dashes = "6 4" if curve.style is CurveStyle.DASHED else None
    return svg.element(
        "path",
        {
            "d": shape,
            "fill": "none",
            "stroke": colour,
            "stroke_width": 1.6,
            "stroke_linejoin": "round",
            "stroke_dasharray": dashes,
            "class": f"c{slot}",
        },
    )


def _thinned(
    x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Keep the lowest and the highest point of each stretch, so that no peak is lost."""
    if x.size <= _MOST_POINTS:
        return x, y
    stretch = -(-x.size // (_MOST_POINTS // 2))
    count = x.size // stretch
    blocks = y[: count * stretch].reshape(count, stretch)
    filled = np.where(np.isfinite(blocks), blocks, 0.0)
    starts = np.arange(count)[:, None] * stretch
    picks = np.sort(
        np.concatenate([starts + filled.argmin(1)[:, None], starts + filled.argmax(1)[:, None]], 1),
        1,
    ).ravel()
    picks = np.unique(np.concatenate([picks, [0, x.size - 1]]))
    return x[picks], y[picks]


def _references(figure: CurveFigure, x_axis: _Axis, y_axis: _Axis) -> tuple[str, str]:
    """Return the lines, which lie below the curves, and their names, which lie above."""
    parts, names = [], []
    for index, line in enumerate(figure.lines):
        if not math.isfinite(line.value):
            continue
        if line.axis == "x":
            x = x_axis.at(line.value)
            parts.append(_line(x, y_axis.start, x, y_axis.end, svg.INK_3, "axis", "4 3"))
            near_end = x > x_axis.end - svg.text_width(line.label, _SMALL) - 6.0
            names.append(
                svg.text(
                    x - 4.0 if near_end else x + 4.0,
                    y_axis.end + 11.0 + 13.0 * (index % 3),
                    line.label,
                    size=_SMALL,
                    anchor="end" if near_end else "start",
                    fill=svg.INK_3,
                    css="ink-3 halo",
                    halo=svg.PAPER,
                )
            )
        else:
            y = y_axis.at(line.value)
            parts.append(_line(x_axis.start, y, x_axis.end, y, svg.INK_3, "axis", "4 3"))
            names.append(
                svg.text(
                    x_axis.end - 3.0,
                    y - 4.0,
                    line.label,
                    size=_SMALL,
                    anchor="end",
                    fill=svg.INK_3,
                    css="ink-3 halo",
                    halo=svg.PAPER,
                )
            )
    return "".join(parts), "".join(names)


def _legend_rows(labels: list[str]) -> list[list[tuple[str, float]]]:
    """Return the labels in lines, each with its offset from the left."""
    rows: list[list[tuple[str, float]]] = []
    offset = math.inf
    for label in labels:
        width = svg.text_width(label, _TEXT) + 44.0
        if offset + width > _WIDTH - 60.0:
            rows.append([])
            offset = 0.0
        rows[-1].append((label, offset))
        offset += width
    return rows


def _legend(figure: CurveFigure, rows: list[list[tuple[str, float]]], left: float) -> str:
    places = [(offset, 14.0 + 18.0 * r) for r, row in enumerate(rows) for _, offset in row]
    named = [(i, c) for i, c in enumerate(figure.curves) if c.label]
    parts = []
    for (index, curve), (offset, y) in zip(named, places, strict=True):
        slot = index % len(svg.SERIES)
        x = left + offset
        if curve.style is CurveStyle.POINTS:
            parts.append(
                svg.element(
                    "circle",
                    {
                        "cx": x + 9.0,
                        "cy": y - 4.0,
                        "r": 3.0,
                        "fill": svg.SERIES[slot],
                        "class": f"f{slot}",
                    },
                )
            )
        else:
            parts.append(
                svg.element(
                    "path",
                    {
                        "d": svg.path([(x, y - 4.0), (x + 18.0, y - 4.0)]),
                        "stroke": svg.SERIES[slot],
                        "stroke_width": 2.0,
                        "stroke_dasharray": "5 3" if curve.style is CurveStyle.DASHED else None,
                        "class": f"c{slot}",
                    },
                )
            )
        parts.append(svg.text(x + 24.0, y, curve.label))
    return "".join(parts)


def _description(figure: CurveFigure) -> str:
    names = ", ".join(c.label for c in figure.curves if c.label)
    lines = ", ".join(f"{line.label} at {number_text(line.value)}" for line in figure.lines)
    axes = f"{_axis_label(figure.y_label, figure.y_unit)} over {_axis_label(figure.x_label, figure.x_unit)}"
    return (
        ". ".join(
            part
            for part in (axes, names and f"Curves: {names}", lines and f"Lines: {lines}")
            if part
        )
        + "."
    )
