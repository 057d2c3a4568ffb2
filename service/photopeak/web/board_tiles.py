"""One word per device: the word, what decides it, what to do next, and since when."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from photopeak.model.devices import Device
from photopeak.model.schedule import CellState, Overlay, Readiness
from photopeak.schedule.status import Cell, Why
from photopeak.web.board_data import DeviceData
from photopeak.web.board_looks import CELL, READINESS, WAITING
from photopeak.web.looks import Look
from photopeak.web.times import Clockwork
from photopeak.web.words import Words

_NAMED = 2
"""Tests that a tile names one by one."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A device as a tile."""

    id: str
    name: str
    place: str
    look: Look
    word: str
    say: str
    then: str
    state: str
    when: str
    href: str


class Tiles:
    """Makes tiles.

    Parameters
    ----------
    title
        Returns the title of a test by its id.
    remark
        Returns what a result says in a line, by its id.
    verdicts
        The word for each way a device may stand.
    """

    def __init__(
        self,
        words: Words,
        clockwork: Clockwork,
        *,
        title: Callable[[str], str],
        remark: Callable[[str], str],
        verdicts: Mapping[Readiness, str],
    ) -> None:
        self._verdicts = verdicts
        self._words = words
        self._clockwork = clockwork
        self._title = title
        self._remark = remark

    def tile(self, data: DeviceData, now: datetime) -> Tile:
        """Return the tile of a device."""
        status = data.status
        deciding = _deciding(data)
        look = READINESS[status.readiness]
        if status.readiness is Readiness.NOT_RECEIVED and not any(c.overdue for c in status.cells):
            look = WAITING
        say, then, href = self._say(data, deciding)
        attempt = deciding.attempt if deciding is not None else None
        when = ""
        if deciding is not None and deciding.state is CellState.OVERDUE and deciding.occurrence:
            late = (now - deciding.occurrence.due).total_seconds()
            when = self._words("{time} late", time=self._clockwork.lasting(late))
        elif attempt is not None:
            when = self._clockwork.short(attempt.at, now)
        return Tile(
            id=data.device.id,
            name=data.device.name,
            place=data.device.station,
            look=look,
            word=self._verdicts[status.readiness],
            say=say,
            then=then,
            state=self._state(data, deciding),
            when=when,
            href=href or f"/devices/{data.device.id}",
        )

    def _state(self, data: DeviceData, deciding: Cell | None) -> str:
        if Overlay.UNDER_SERVICE in data.status.overlays:
            return self._words("Under service")
        if data.status.not_in_use is not None:
            return self._words("Not in use today")
        if deciding is None or data.status.readiness is Readiness.NOT_SCHEDULED:
            return ""
        word = self._words(CELL[deciding.state].word)
        if Overlay.ACKNOWLEDGED in deciding.overlays:
            return f"{word} · {self._words('acknowledged')}"
        return word

    def _say(self, data: DeviceData, deciding: Cell | None) -> tuple[str, str, str]:
        """Return what decides, what to do next, and where a click leads."""
        words, status = self._words, data.status
        if Overlay.UNDER_SERVICE in status.overlays:
            return words("It is under service."), words("Wait for its release by physics."), ""
        match status.readiness:
            case Readiness.HOLD:
                return (*self._by_result(deciding, words("Contact physics before use.")),)
            case Readiness.CHECK:
                return self._check(deciding)
            case Readiness.NOT_RECEIVED:
                return self._missing(data), words("Measure and send it."), ""
            case Readiness.NOT_SCHEDULED:
                return self._idle(data), "", ""
            case Readiness.READY:
                return self._ready(data), "", ""

    def _by_result(self, cell: Cell | None, then: str) -> tuple[str, str, str]:
        if cell is None or cell.attempt is None:
            return "", then, ""
        identity = cell.attempt.result_id
        say = self._words(
            "{name}: {found}", name=self._title(cell.test), found=self._remark(identity)
        )
        return say, then, f"/results/{identity}"

    def _check(self, cell: Cell | None) -> tuple[str, str, str]:
        words = self._words
        if cell is not None and cell.why is Why.NOT_JUDGED:
            say = words("{test} was received, but no limit judges it.", test=self._title(cell.test))
            return say, words("Give it a limit, or accept the result."), ""
        if cell is not None and cell.why is Why.TIME_UNKNOWN:
            test = self._title(cell.test)
            say = words("{test} does not tell when it was measured.", test=test)
            return say, words("Have a look, and accept it or repeat it."), ""
        if cell is not None and cell.overdue:
            return self._late(cell), words("Measure and send it."), ""
        if cell is not None and cell.state is CellState.NO_RESULT:
            return self._by_result(cell, words("See what was not met, then repeat the test."))
        return self._by_result(cell, words("Have a look, and accept it or repeat it."))

    def _missing(self, data: DeviceData) -> str:
        missing = [c for c in data.status.cells if c.required and not c.complete]
        heads = [c for c in missing if c.missing_detectors]
        if heads and len(heads) == len(missing):
            one = heads[0]
            return self._words(
                "{test}: detector {heads} is missing",
                test=self._title(one.test),
                heads=", ".join(one.missing_detectors),
            )
        names = self._names(missing)
        due = min((c.occurrence.due for c in missing if c.occurrence), default=None)
        if due is None:
            return self._words("Expected: {tests}.", tests=names)
        return self._words(
            "{tests}, expected by {time}. Nothing received.",
            tests=names,
            time=self._clockwork.hour(due),
        )

    def _late(self, cell: Cell) -> str:
        if cell.occurrence is None:
            return self._title(cell.test)
        return self._words(
            "{test} was due on {day}.",
            test=self._title(cell.test),
            day=self._clockwork.day(cell.occurrence.due),
        )

    def _idle(self, data: DeviceData) -> str:
        words, status = self._words, data.status
        if status.not_in_use is not None:
            return words("Not in use: {reason}", reason=status.not_in_use.reason)
        if not data.tasks:
            if any(c.attempt for c in status.cells):
                return words(
                    "It has results and no schedule, so nothing tells whether it is ready."
                )
            return words("It has no schedule and no results yet.")
        return words("Nothing that is required counts yet.")

    def _ready(self, data: DeviceData) -> str:
        words = self._words
        required = [
            c for c in data.status.cells if c.required and c.standing is not CellState.NOT_SCHEDULED
        ]
        accepted = sum(1 for c in required if c.standing is CellState.WARNING)
        if accepted:
            return words.plural(
                "Passed, with {count} warning that was accepted.",
                "Passed, with {count} warnings that were accepted.",
                accepted,
            )
        if len(required) == 1:
            return words("{test} passed.", test=self._title(required[0].test))
        return words("All {count} required tests passed.", count=len(required))

    def _names(self, cells: list[Cell]) -> str:
        titles = [self._title(cell.test) for cell in cells]
        if len(titles) <= _NAMED:
            return self._words(", ").join(titles)
        named = self._words(", ").join(titles[:_NAMED])
        more = self._words("{count} more", count=len(titles) - _NAMED)
        return f"{named}{self._words(', ')}{more}"


def place_of(device: Device) -> str:
    """Return what tells a device from others on paper: its station and serial number."""
    number = f"s/n {device.serial_number}" if device.serial_number else ""
    return " · ".join(part for part in (device.station, number) if part)


def _deciding(data: DeviceData) -> Cell | None:
    """Return the test that decides the word of a device."""
    cells = data.status.cells
    match data.status.readiness:
        case Readiness.HOLD:
            wanted = [c for c in cells if c.scheduled and c.standing is CellState.ACTION]
        case Readiness.CHECK:
            wanted = [c for c in cells if c.scheduled and c.standing is CellState.NO_RESULT]
            wanted = wanted or [
                c
                for c in cells
                if Overlay.ACKNOWLEDGED not in c.overlays
                and (c.overdue or c.standing in (CellState.WARNING, CellState.ACTION))
            ]
        case Readiness.NOT_RECEIVED:
            wanted = [c for c in cells if c.required and not c.complete]
        case _:
            measured = [(c.attempt.at, c) for c in cells if c.required and c.attempt is not None]
            return max(measured, key=lambda pair: pair[0], default=(None, None))[1]
    return min(wanted, key=lambda c: tuple(CellState).index(c.state), default=data.status.worst)
