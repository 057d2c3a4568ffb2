"""A table figure as SVG, for reports and downloads; pages show the same numbers as HTML."""

from __future__ import annotations

from photopeak.reports import svg
from photopeak.reports.text import capitalised, column_texts
from photopeak_analyzers.figures import TableFigure

MOST_ROWS = 200
"""Longer tables are cut, and say so; the numbers are all in the JSON form."""

_WIDTH = 640.0
"""A table with little in it is as wide as other figures; what is in it makes it wider."""

_WIDEST_COLUMN = 420.0
_ROW = 24.0
_SIZE = 13.0


def render(figure: TableFigure) -> str:
    """Return the figure as an SVG document."""
    shown = figure.rows[:MOST_ROWS]
    alike = "unit" not in figure.columns
    columns = [
        column_texts([row[c] for row in shown], alike=alike) for c in range(len(figure.columns))
    ]
    cells = list(zip(*columns, strict=True))
    heads = [capitalised(column) for column in figure.columns]
    numeric = [
        all(isinstance(row[c], (int, float)) or row[c] is None for row in shown)
        for c in range(len(figure.columns))
    ]
    needed = [
        min(
            max(svg.text_width(t, _SIZE) for t in (head, *(row[c] for row in cells))) + 20.0,
            _WIDEST_COLUMN,
        )
        for c, head in enumerate(heads)
    ]
    stretch = max(0.0, _WIDTH - sum(needed)) / max(len(needed), 1)
    widths = [n + stretch for n in needed]
    whole = max(sum(widths), _WIDTH)
    parts = []
    y = _ROW
    for line, row in enumerate((heads, *cells)):
        x = 0.0
        for column, content in enumerate(row):
            width = widths[column]
            fitting = _fitted(content, width - 16.0)
            right = numeric[column]
            parts.append(
                svg.text(
                    x + width - 10.0 if right else x + 8.0,
                    y - 7.0,
                    fitting,
                    anchor="end" if right else "start",
                    fill=svg.INK_3 if line == 0 else svg.INK,
                    css="ink-3" if line == 0 else "ink",
                    weight=600 if line == 0 else None,
                )
            )
            x += width
        parts.append(
            svg.element(
                "path",
                {"d": svg.path([(0.0, y), (whole, y)]), "stroke": svg.GRID, "class": "grid"},
            )
        )
        y += _ROW
    left_out = len(figure.rows) - len(shown)
    if left_out:
        parts.append(svg.text(8.0, y - 7.0, f"{left_out} more rows", fill=svg.INK_3, css="ink-3"))
        y += _ROW
    description = f"Table of {len(figure.rows)} rows: {', '.join(figure.columns)}."
    return svg.document(whole, y - _ROW + 6.0, figure.title, description, parts)


def _fitted(content: str, width: float) -> str:
    if svg.text_width(content, _SIZE) <= width:
        return content
    while content and svg.text_width(content + "…", _SIZE) > width:
        content = content[:-1]
    return content + "…"
