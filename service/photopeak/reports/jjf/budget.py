"""The budget of uncertainty as JJF Annex E shows it: few digits, the expanded one rounded up."""

from __future__ import annotations

import json
from typing import Any

from photopeak.reports.messages import Messages
from photopeak.reports.paper.document import Grid
from photopeak.reports.text import capitalised, number_text
from photopeak_analyzers.rounding import stated

BUDGET = "budget"
"""How the names of such figures begin."""

_EXPANDED = "expanded"
_HEADS = {"sensitivity": "Sensitivity coefficient"}


def budget_grid(title: str, content: bytes, say: Messages) -> Grid | None:
    """Return a budget from the data of its figure, or None if it cannot be read."""
    try:
        data = json.loads(content)
        columns = [str(column) for column in data["columns"]]
        rows = [list(row) for row in data["rows"]]
    except (ValueError, KeyError, TypeError):
        return None
    if any(len(row) != len(columns) for row in rows):
        return None
    return Grid(
        title=say(title),
        columns=tuple(say(_HEADS.get(column, capitalised(column))) for column in columns),
        rows=tuple(_row(row, say) for row in rows),
        numeric=tuple(
            all(row[place] is None or isinstance(row[place], int | float) for row in rows)
            for place in range(len(columns))
        ),
        shares=(2.6, *(1.0 for _ in columns[1:])),
        small=True,
    )


def _row(row: list[Any], say: Messages) -> tuple[str, ...]:
    name = str(row[0])
    expanded = name.startswith(_EXPANDED)
    return (say(name), *(_cell(cell, say, expanded=expanded) for cell in row[1:]))


def _cell(cell: Any, say: Messages, *, expanded: bool) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return say(str(cell).replace("{", "").replace("}", ""))
    if expanded:
        return stated(float(cell), float(cell))[1]
    return number_text(float(cell)) if abs(cell) >= 999.5 else f"{cell:.3g}"
