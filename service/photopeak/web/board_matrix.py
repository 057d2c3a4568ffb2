"""Devices against tests: a value, its age and the strip of the last results in every cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from photopeak.model.recurrence import Pace
from photopeak.model.schedule import Attempt, CellState, Overlay
from photopeak.schedule.status import Cell
from photopeak.web.board_data import BoardData, DeviceData
from photopeak.web.board_facts import Facts
from photopeak.web.board_looks import CELL
from photopeak.web.board_tiles import place_of
from photopeak.web.looks import Look
from photopeak.web.names import kind_name
from photopeak.web.strips import LENGTH, Strip, strip
from photopeak.web.times import Clockwork
from photopeak.web.words import Words

_PACE_WORDS = {
    Pace.DAILY: "Daily", Pace.WEEKLY: "Weekly", Pace.MONTHLY: "Monthly",
    Pace.QUARTERLY: "Quarterly", Pace.HALF_YEARLY: "Half-yearly", Pace.YEARLY: "Yearly",
    None: "Not scheduled",
}  # fmt: skip
_PACES = tuple(_PACE_WORDS)
_FINE = frozenset({CellState.PASS, CellState.NOT_SCHEDULED})
_WITHOUT_VALUE = frozenset({CellState.NO_RESULT, CellState.OVERDUE, CellState.DUE})
_STRIPS_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class CellView:
    """One cell as shown; `hint` is what is read out and shown on hover."""

    state: CellState
    look: Look
    solid: bool
    text: str
    unit: str
    head: str
    age: str
    hint: str
    strip: Strip | None
    href: str


@dataclass(frozen=True, slots=True)
class Column:
    """A test as a column, with the unit that all its values share; `first` of its frequency."""

    test: str
    title: str
    unit: str
    first: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A device as a row; `fine` when nothing in it needs a look."""

    id: str
    name: str
    place: str
    cells: tuple[CellView | None, ...]
    fine: bool


@dataclass(frozen=True, slots=True)
class Matrix:
    """Devices of one kind with the tests that any of them has."""

    kind: str
    bands: tuple[tuple[str, int], ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


class Matrices:
    """Makes matrices, and remembers the strips it drew."""

    def __init__(self, words: Words, clockwork: Clockwork) -> None:
        self._words = words
        self._clockwork = clockwork
        self._strips: dict[tuple[str, ...], Strip] = {}

    def matrices(self, data: BoardData, title: Callable[[str], str]) -> tuple[Matrix, ...]:
        """Return a matrix for each kind of device that has anything to show."""
        kinds: dict[str, list[DeviceData]] = {}
        for each in data.devices:
            kinds.setdefault(each.device.kind, []).append(each)
        return tuple(self._matrix(kind, devices, data, title) for kind, devices in kinds.items())

    def cells(
        self, one: DeviceData, data: BoardData, title: Callable[[str], str]
    ) -> tuple[tuple[str, CellView], ...]:
        """Return the tests of one device with their titles, in the order of its status."""
        return tuple((title(cell.test), self._cell(cell, one, data)) for cell in one.status.cells)

    def _matrix(
        self,
        kind: str,
        devices: Sequence[DeviceData],
        data: BoardData,
        title: Callable[[str], str],
    ) -> Matrix:
        frequency: dict[str, int] = {}
        for one in devices:
            often = {t.test: t.rule.repeat.pace for t in one.tasks}
            for cell in one.status.cells:
                place = _PACES.index(often.get(cell.test))
                frequency[cell.test] = min(place, frequency.get(cell.test, place))
        tests = sorted(frequency, key=lambda test: (frequency[test], title(test)))
        places = [frequency[test] for test in tests]
        bands = tuple(
            (self._words(word), places.count(number))
            for number, word in enumerate(_PACE_WORDS.values())
            if number in places
        )
        rows = tuple(self._row(one, tests, data) for one in devices)
        units = _shared_units(rows, len(tests))
        columns = tuple(
            Column(
                test,
                title(test),
                units[number],
                number == 0 or places[number - 1] != places[number],
            )
            for number, test in enumerate(tests)
        )
        return Matrix(kind_name(kind, self._words), bands, columns, rows)

    def _row(self, one: DeviceData, tests: Sequence[str], data: BoardData) -> Row:
        worst: dict[str, Cell] = {}
        order = tuple(CellState)
        for cell in one.status.cells:
            known = worst.get(cell.test)
            if known is None or order.index(cell.state) < order.index(known.state):
                worst[cell.test] = cell
        cells = tuple(
            self._cell(worst[test], one, data) if test in worst else None for test in tests
        )
        fine = all(cell is None or cell.state in _FINE for cell in cells)
        return Row(one.device.id, one.device.name, place_of(one.device), cells, fine)

    def _cell(self, cell: Cell, one: DeviceData, data: BoardData) -> CellView:
        words = self._words
        look = CELL[cell.state]
        attempt = cell.attempt
        facts = data.facts.get(attempt.result_id) if attempt is not None else None
        lead = facts.lead if facts is not None else None
        # What is missing, or could not be had, is not to be read as a value of today.
        text = lead.value if lead is not None and cell.state not in _WITHOUT_VALUE else ""
        unit = lead.unit if text and lead is not None else ""
        several = facts is not None and len(facts.heads) > 1
        head = lead.detector if text and several and lead and cell.state not in _FINE else ""
        history = tuple(
            attempt
            for attempt in one.history.get(cell.test, ())
            if cell.variant in ("", attempt.variant)
        )[:LENGTH]
        return CellView(
            state=cell.state,
            look=look,
            solid=cell.state is CellState.ACTION,
            text=text or words(look.word),
            unit=unit,
            head=words("head {number}", number=head) if head else "",
            age=self._clockwork.days(attempt.at, data.now) if attempt is not None else "",
            hint=self._hint(cell, facts, data.now),
            strip=self._strip(history, data.facts) if history else None,
            href=(
                f"/results/{attempt.result_id}"
                if attempt is not None
                else f"/devices/{one.device.id}"
            ),
        )

    def _hint(self, cell: Cell, facts: Facts | None, now: datetime) -> str:
        words = self._words
        parts = [words(CELL[cell.state].word)]
        parts += [
            words(word)
            for overlay, word in (
                (Overlay.ACKNOWLEDGED, "acknowledged"),
                (Overlay.UNDER_SERVICE, "under service"),
                (Overlay.EXCUSED, "not in use"),
            )
            if overlay in cell.overlays
        ]
        lead = facts.lead if facts is not None else None
        if lead is not None:
            number = f"{words.pick(lead.label, lead.label_zh)} {lead.value} {lead.unit}".rstrip()
            if lead.detector:
                number += f" ({words('detector {number}', number=lead.detector)})"
            parts.append(
                f"{number}, {words('limit {limit}', limit=lead.limit)}" if lead.limit else number
            )
        if cell.attempt is not None:
            moment = self._clockwork.moment(cell.attempt.at, now)
            parts.append(moment.text if moment is not None else "")
        if cell.occurrence is not None and not cell.complete:
            due = cell.occurrence.due
            when = f"{self._clockwork.day(due)} {self._clockwork.hour(due)}"
            parts.append(words("due {when}", when=when))
        return " · ".join(part for part in parts if part)

    def _strip(self, history: Sequence[Attempt], facts: Mapping[str, Facts]) -> Strip:
        key = tuple(attempt.result_id for attempt in history)
        known = self._strips.get(key)
        if known is None:
            if len(self._strips) >= _STRIPS_KEPT:
                self._strips.clear()
            known = self._strips[key] = strip(
                [(a.status, _share(facts.get(a.result_id))) for a in reversed(history)]
            )
        return known


def _shared_units(rows: Sequence[Row], count: int) -> list[str]:
    """Return the unit that all values of a column share, for its heading; empty for several."""
    found = []
    for place in range(count):
        units = {cell.unit for row in rows if (cell := row.cells[place]) and cell.unit}
        found.append(units.pop() if len(units) == 1 else "")
    return found


def _share(facts: Facts | None) -> float | None:
    return None if facts is None or facts.lead is None else facts.lead.share
