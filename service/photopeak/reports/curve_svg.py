"""A curve figure as SVG: axes with units, grid, curves, reference lines, legend."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from photopeak.reports import svg
from photopeak.reports.axes import Axis, shown, span
from photopeak.reports.text import capitalised, number_text, unit_text
from photopeak_analyzers.figures import Curve, CurveFigure, CurveStyle, Scale

_WIDTH = 520.0
_HEIGHT = 300.0
_RIGHT = 14.0
_BOTTOM = 46.0
_TEXT = 13.0
_SMALL = 12.0
_LONGEST = 300.0
"""Estimated width of the longest label that an upright axis has room for."""
_MOST_POINTS = 2000
_MARKS = frozenset({CurveStyle.POINTS})
_DASHES = (None, "8 4", "2 3", "10 3 2 3", "5 2", "1 4")


def render(figure: CurveFigure) -> str:
    """Return the figure as an SVG document."""
    left_out = _left_out(figure)
    figure = _drawable(figure)
    entries = [c for c in figure.curves if c.label]
    legend_rows = _legend_rows([c.label for c in entries])
    top = 12.0 + 18.0 * len(legend_rows)
    y_span = span(
        [c.y for c in figure.curves],
        [r.value for r in figure.lines if r.axis == "y"],
        [c.y for c in figure.curves if c.style in _MARKS],
        scale=figure.y_scale,
        wanted=5,
    )
    x_span = span(
        [c.x for c in figure.curves],
        [r.value for r in figure.lines if r.axis == "x"],
        [c.x for c in figure.curves if c.style in _MARKS],
        scale=figure.x_scale,
        wanted=6,
        whole=not unit_text(figure.x_unit) and all(_whole(curve.x) for curve in figure.curves),
    )
    widths = [svg.text_width(y_span.tick_text(tick), _TEXT) for tick in y_span.ticks]
    left = 34.0 + max(widths, default=20.0)
    x_axis = Axis(x_span, left, _WIDTH - _RIGHT)
    y_axis = Axis(y_span, _HEIGHT - _BOTTOM, top)
    references, names = _references(figure, x_axis, y_axis)
    body = [_frame(figure, x_axis, y_axis), references]
    for index, curve in enumerate(figure.curves):
        body.append(_curve(curve, index, x_axis, y_axis))
    body += [names, _legend(figure, legend_rows, left)]
    if left_out:
        body.append(_remark(left_out, x_axis, y_axis))
    return svg.document(
        _WIDTH,
        _HEIGHT,
        figure.title,
        " ".join(filter(None, (_description(figure), left_out))),
        body,
    )


def _left_out(figure: CurveFigure) -> str:
    """Say how many points have no place on a logarithmic axis; empty when all have one."""
    count = sum(int(np.sum(_without_place(curve, figure))) for curve in figure.curves)
    if not count:
        return ""
    return f"{count} {'point' if count == 1 else 'points'} at or below zero not shown"


def _without_place(curve: Curve, figure: CurveFigure) -> NDArray[np.bool_]:
    x, y = np.asarray(curve.x, float), np.asarray(curve.y, float)
    placed = np.isfinite(shown(x, figure.x_scale)) & np.isfinite(shown(y, figure.y_scale))
    return np.asarray(np.isfinite(x) & np.isfinite(y) & ~placed, dtype=np.bool_)


def _drawable(figure: CurveFigure) -> CurveFigure:
    """Return a figure without what has no place on its axes."""
    scales = {"x": figure.x_scale, "y": figure.y_scale}
    curves = []
    for curve in figure.curves:
        gone = _without_place(curve, figure)
        x, y = (np.where(gone, np.nan, np.asarray(v, float)) for v in (curve.x, curve.y))
        curves.append(replace(curve, x=x, y=y))
    lines = (r for r in figure.lines if scales[r.axis] is Scale.LINEAR or r.value > 0.0)
    return replace(figure, curves=tuple(curves), lines=tuple(lines))


def _remark(said: str, x_axis: Axis, y_axis: Axis) -> str:
    return svg.text(
        x_axis.end - 4.0,
        y_axis.start - 6.0,
        said,
        size=_SMALL,
        anchor="end",
        fill=svg.INK_3,
        css="ink-3 halo",
        halo=svg.PAPER,
    )


def _whole(values: NDArray[np.float64]) -> bool:
    finite = np.asarray(values, float)
    finite = finite[np.isfinite(finite)]
    return bool(np.all(np.abs(finite - np.round(finite)) < 1e-9))


def _frame(figure: CurveFigure, x_axis: Axis, y_axis: Axis) -> str:
    bottom, top = y_axis.start, y_axis.end
    upright = _axis_label(figure.y_label, figure.y_unit)
    parts = []
    for tick in y_axis.ticks:
        y = y_axis.at(tick)
        parts.append(_line(x_axis.start, y, x_axis.end, y, svg.GRID, "grid"))
        parts.append(
            svg.text(x_axis.start - 8.0, y + 4.0, y_axis.span.tick_text(tick), anchor="end")
        )
    for tick in x_axis.ticks:
        x = x_axis.at(tick)
        parts.append(_line(x, bottom, x, top, svg.GRID, "grid"))
        parts.append(svg.text(x, bottom + 17.0, x_axis.span.tick_text(tick), anchor="middle"))
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
    behind = unit_text(unit)
    return f"{capitalised(label)} ({behind})" if behind else capitalised(label)


def _curve(curve: Curve, index: int, x_axis: Axis, y_axis: Axis) -> str:
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


def _references(figure: CurveFigure, x_axis: Axis, y_axis: Axis) -> tuple[str, str]:
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
