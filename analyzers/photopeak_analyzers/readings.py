"""Readings: what a person or another instrument supplies, declared, as supplied, and row by row.

A table declares its columns, and an analyzer reads its rows by the names of the columns::

    COUNTS = Reading(
        name="counts", label="Counts", label_zh="计数", unit="{counts}", kind=ReadingKind.TABLE,
        columns=(
            Column("n", "{counts}", minimum=0.0),
            Column("live_s", "s", minimum=0.001),
            Column("start", kind=ReadingKind.TIME),
            Column("remark", kind=ReadingKind.TEXT, required=False),
        ),
        minimum_rows=3,
    )
    for row in inputs.rows(COUNTS):
        rate = row.number("n") / row.number("live_s")
        elapsed_s = (row.moment("start") - reference).total_seconds()
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from photopeak_analyzers.errors import MissingReadingError

MOST_ROWS = 20_000
"""Rows that a table may have at most: a spectrum of 16 384 channels has room."""

MOST_CHARACTERS = 200
"""Characters that a text may have at most."""

Rows = tuple[tuple[Any, ...], ...]
"""Rows of a table; what a cell holds depends on its column, see :class:`Column`."""


class ReadingKind(StrEnum):
    """What a reading consists of."""

    NUMBER = "number"
    ACTIVITY = "activity"
    CHOICE = "choice"
    TIME = "time"
    TEXT = "text"
    TABLE = "table"


CELL_KINDS = (ReadingKind.NUMBER, ReadingKind.CHOICE, ReadingKind.TIME, ReadingKind.TEXT)
"""What a column may hold. An activity is two columns, a number and its time."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    unit
        UCUM unit of its numbers.
    kind
        One of `CELL_KINDS`: its cells are numbers, words of `choices`, moments (RFC 3339 with a
        zone, as text) or text.
    label, label_zh
        Name for people; the name with spaces when empty.
    minimum, maximum
        Bounds of what can be true, inclusive; None for no bound.
    required
        A cell of a column that is not required may be None.
    """

    name: str
    unit: str = "1"
    _: KW_ONLY
    kind: ReadingKind = ReadingKind.NUMBER
    label: str = ""
    label_zh: str = ""
    minimum: float | None = None
    maximum: float | None = None
    required: bool = True
    choices: tuple[str, ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Something that a person or another instrument must supply, unless the header has it.

    Attributes
    ----------
    label, label_zh
        Name for people; without a Chinese one the English one stands in its place.
    unit
        UCUM unit in which it is stored.
    minimum, maximum
        Bounds of what can be true, inclusive; None for no bound. A table bounds its columns.
    required
        An optional reading does not keep the test set waiting.
    choices
        The words of a CHOICE.
    columns, minimum_rows, maximum_rows
        The columns of a TABLE, and how many rows it may have.
    """

    name: str
    label: str
    unit: str
    label_zh: str = ""
    kind: ReadingKind = ReadingKind.NUMBER
    minimum: float | None = None
    maximum: float | None = None
    required: bool = True
    choices: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    minimum_rows: int = 1
    maximum_rows: int = MOST_ROWS
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingValue:
    """One reading as supplied.

    `uncertainty` is a standard uncertainty in the unit of the reading; `at` the moment an
    activity refers to; `source` says who or what supplied it (``header``, ``form``, ``csv``).
    """

    value: float | str | Rows
    uncertainty: float | None = None
    at: datetime | None = None
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """An activity at a moment, in the unit of its reading; `uncertainty` is standard, or None."""

    value: float
    at: datetime
    uncertainty: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a table; `position` counts from 1, `cells` holds what is there by column."""

    table: str
    position: int
    cells: Mapping[str, float | str]

    def has(self, column: str) -> bool:
        """Tell whether a cell was filled in."""
        return column in self.cells

    def number(self, column: str) -> float:
        """Return a number.

        Raises
        ------
        MissingReadingError
            If the cell is empty, or holds no number.
        """
        value = self.cells.get(column)
        if value is None or isinstance(value, str):
            raise self._lacks(column)
        return float(value)

    def text(self, column: str) -> str:
        """Return a word or a text.

        Raises
        ------
        MissingReadingError
            If the cell is empty, or holds a number.
        """
        value = self.cells.get(column)
        if not isinstance(value, str):
            raise self._lacks(column)
        return value

    def moment(self, column: str) -> datetime:
        """Return a moment, with its zone.

        Raises
        ------
        MissingReadingError
            If the cell is empty, or holds no moment.
        """
        try:
            moment = datetime.fromisoformat(self.text(column))
        except ValueError:
            raise self._lacks(column) from None
        if moment.tzinfo is None:
            raise self._lacks(column)
        return moment

    def _lacks(self, column: str) -> MissingReadingError:
        return MissingReadingError(
            f"row {self.position} of {self.table} has no {column}", quantity=column
        )


def rows_of(reading: Reading, given: ReadingValue | None) -> tuple[Row, ...]:
    """Return the rows of a table, its cells by the names of its columns; none when not supplied."""
    if given is None or not isinstance(given.value, tuple):
        return ()
    names = tuple(column.name for column in reading.columns)
    return tuple(
        Row(
            table=reading.name,
            position=position,
            cells={name: cell for name, cell in zip(names, cells, strict=True) if cell is not None},
        )
        for position, cells in enumerate(given.value, 1)
    )
