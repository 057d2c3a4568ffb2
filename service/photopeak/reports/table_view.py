"""Tables of figures as people read them, from the stored data alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from photopeak.reports.text import capitalised, column_texts, unit_text

_MOST_TABLE_ROWS = 60


@dataclass(frozen=True, slots=True)
class TableView:
    """The table of a figure as shown."""

    columns: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    left_out: int


def table_view(content: bytes, told: Callable[[str], str] = str) -> TableView | None:
    """Return a table from the data of its figure, or None if it cannot be read.

    `told` says in the language of a reader what the analyzer said in English.
    """
    try:
        data = json.loads(content)
        columns = tuple(str(column) for column in data["columns"])
        rows = [[*row] for row in data["rows"]]
    except (ValueError, KeyError, TypeError):
        return None
    if any(len(row) != len(columns) for row in rows):
        return None
    numeric = tuple(
        all(row[c] is None or isinstance(row[c], int | float | dict) for row in rows)
        for c in range(len(columns))
    )
    mixed = "unit" in columns
    by_column = (
        [
            [unit_text(str(cell)) for cell in cells]
            if name == "unit"
            else column_texts([_cell(cell, told) for cell in cells], alike=not mixed)
            for name, cells in zip(columns, zip(*rows[:_MOST_TABLE_ROWS], strict=True), strict=True)
        ]
        if rows
        else []
    )
    shown = tuple(zip(*by_column, strict=True))
    heads = tuple(capitalised(told(column)) for column in columns)
    return TableView(heads, numeric, shown, max(0, len(rows) - _MOST_TABLE_ROWS))


def _cell(value: Any, told: Callable[[str], str]) -> Any:
    """Return a cell; a number that JSON cannot write stands in an object of its own."""
    if isinstance(value, str):
        return told(value)
    return str(value.get("number", "–")) if isinstance(value, dict) else value
