"""Fields for readings, made from what a test says of them, and what a form holds of them.

A form names ``value:NAME``, ``at:NAME`` and ``u:NAME`` (standard uncertainty), of a table
``cell:NAME:ROW:COLUMN`` and ``paste:NAME`` (rows as a spreadsheet copies them). Rows count from 1;
empty ones are left out. What a person typed comes back as it was, beside what is wrong with it.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from photopeak.model.catalogue import ColumnDescription, ReadingDescription, TestDescription
from photopeak.model.moments import plausible
from photopeak.model.results import Cell, ReadingRecord
from photopeak.reports.entries import Given
from photopeak.reports.readings import Fault
from photopeak.reports.text import number_text, unit_text, visible
from photopeak.web.words import Words

SHOWN_ROWS = 40
"""Rows of a table that stand in the page; more of them are pasted."""

MORE_ROWS = 5
"""Rows that are added at a time."""

_SPACES = str.maketrans("", "", " \u00a0\u2009\u202f'")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """A field, or a cell without a label: its key in the form, what it holds, what is wrong."""

    key: str
    value: str
    fault: str = ""
    label: str = ""
    unit: str = ""
    kind: str = "number"
    hint: str = ""
    allowed: str = ""
    choices: tuple[str, ...] = ()
    required: bool = False
    suggestions: tuple[str, ...] = ()
    last: str = ""
    more: tuple[FieldView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TableView:
    """A table: its columns as fields without values, its rows of cells."""

    name: str
    label: str
    hint: str
    required: bool
    columns: tuple[FieldView, ...]
    rows: tuple[tuple[FieldView, ...], ...]
    row_faults: tuple[str, ...]
    fault: str
    paste: str
    long: int
    """Rows that are stored and not shown, because they are too many for a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """What a reading was the last times: values as text, the newest first, and when."""

    values: tuple[str, ...]
    at: str


class ReadingForm:
    """The fields of one test in one time zone and language.

    Parameters
    ----------
    zone
        In which moments without a zone are meant.
    """

    def __init__(self, test: TestDescription, zone: ZoneInfo, words: Words) -> None:
        self._test = test
        self._zone = zone
        self._words = words

    def read(self, form: Mapping[str, str]) -> tuple[Given, ...]:
        """Return what a form holds, not checked: a number that is none stays text."""
        found = []
        for reading in self._test.readings:
            if reading.kind == "table":
                rows = self._rows(reading, form)
                if rows:
                    found.append(Given(name=reading.name, value=rows))
                continue
            text = form.get(f"value:{reading.name}", "").strip()
            if not text:
                continue
            at = moment_in(form.get(f"at:{reading.name}", ""), self._zone)
            found.append(
                Given(
                    name=reading.name,
                    value=self._cell(reading.kind, text),
                    uncertainty=_uncertainty(form.get(f"u:{reading.name}", "")),
                    at=at,
                )
            )
        return tuple(found)

    def more_rows(self, form: Mapping[str, str]) -> str:
        """Return the table that a person wants more rows of; empty for none."""
        wanted = form.get("more", "")
        return wanted if any(r.name == wanted for r in self._test.readings) else ""

    def fields(
        self,
        form: Mapping[str, str],
        given: Mapping[str, ReadingRecord],
        last: Mapping[str, Last],
        faults: Sequence[Fault],
    ) -> tuple[FieldView | TableView, ...]:
        """Return the fields, with what the form holds, else with what is stored already."""
        told = {fault.field: self.said(fault) for fault in faults}
        return tuple(
            self._table(reading, form, given.get(reading.name), told)
            if reading.kind == "table"
            else self._field(reading, form, given.get(reading.name), last.get(reading.name), told)
            for reading in self._test.readings
        )

    def said(self, fault: Fault) -> str:
        """Return what is wrong with a field in the language of the pages."""
        words = self._words
        sentences = {
            "missing": words("This is needed."),
            "number": words("This is a number."),
            "moment": words("A date with time is needed here."),
            "future": words("This is in the future."),
            "past": words("The device was not there yet."),
            "choice": words("Choose one of these."),
            "text": words("One line of at most 200 characters is needed here."),
        }
        if fault.code == "rows":
            bounds = self._bounds(fault.minimum, fault.maximum, "1")
            return words("The number of rows is {bounds}.", bounds=bounds)
        if fault.code == "range":
            bounds = self._bounds(fault.minimum, fault.maximum, fault.unit)
            given = "" if fault.value is None else number_text(fault.value)
            return words("{value} cannot be: allowed is {bounds}.", value=given, bounds=bounds)
        return sentences.get(fault.code) or fault.message

    def shown(self, value: object, kind: str) -> str:
        """Return a stored value as it stands in a field."""
        if value is None:
            return ""
        if kind == "time" and isinstance(value, str):
            return local_text(datetime.fromisoformat(value), self._zone)
        return f"{value:.12g}" if isinstance(value, float) else str(value)

    def _field(
        self,
        reading: ReadingDescription,
        form: Mapping[str, str],
        known: ReadingRecord | None,
        last: Last | None,
        told: Mapping[tuple[str | int, ...], str],
    ) -> FieldView:
        name = reading.name
        stored = "" if known is None else self.shown(known.value, reading.kind)
        said = ""
        if last is not None:
            shown = (last.values[0], unit_text(reading.unit))
            said = self._words(
                "Last time: {value} ({day})", value=" ".join(filter(None, shown)), day=last.at
            )
        return FieldView(
            key=f"value:{name}",
            value=form.get(f"value:{name}", stored),
            fault=told.get((name,), ""),
            label=self._label(reading),
            unit=unit_text(reading.unit),
            kind=reading.kind,
            hint=reading.hint,
            allowed=self._bounds(reading.minimum, reading.maximum, reading.unit),
            choices=reading.choices,
            required=reading.required,
            suggestions=last.values if last is not None and not reading.choices else (),
            last=said,
            more=tuple(self._beside(reading, form, known, told)),
        )

    def _beside(
        self,
        reading: ReadingDescription,
        form: Mapping[str, str],
        known: ReadingRecord | None,
        told: Mapping[tuple[str | int, ...], str],
    ) -> list[FieldView]:
        """Return what belongs to a number: its uncertainty, and of an activity its moment."""
        name, found = reading.name, []
        if reading.kind == "activity":
            at = "" if known is None or known.at is None else local_text(known.at, self._zone)
            found.append(
                FieldView(
                    key=f"at:{name}",
                    value=form.get(f"at:{name}", at),
                    fault=told.get((name, "at"), ""),
                    label=self._words("Measured at ({zone})", zone=self._zone.key),
                    kind="time",
                    required=reading.required,
                )
            )
        if reading.kind in ("activity", "number"):
            u = "" if known is None or known.uncertainty is None else f"{known.uncertainty:.12g}"
            found.append(
                FieldView(
                    key=f"u:{name}",
                    value=form.get(f"u:{name}", u),
                    fault=told.get((name, "uncertainty"), ""),
                    label=self._words("Standard uncertainty, if known"),
                    unit=unit_text(reading.unit),
                )
            )
        return found

    def _table(
        self,
        reading: ReadingDescription,
        form: Mapping[str, str],
        known: ReadingRecord | None,
        told: Mapping[tuple[str | int, ...], str],
    ) -> TableView:
        name = reading.name
        pasted = form.get(f"paste:{name}", "")
        typed = _typed(reading, form)
        stored = 0
        if not typed and not form and known is not None and isinstance(known.value, tuple):
            stored = len(known.value)
            if stored <= SHOWN_ROWS:
                typed = [
                    [self.shown(c, k.kind) for c, k in zip(row, reading.columns, strict=True)]
                    for row in known.value
                ]
        count = max(reading.minimum_rows, len(typed), 3)
        if form.get("more") == name:
            count = len(typed) + MORE_ROWS
        count = min(count, reading.maximum_rows, SHOWN_ROWS)
        rows = [*typed, *[[""] * len(reading.columns)] * (count - len(typed))][:SHOWN_ROWS]
        # What was pasted has no cells beside which a fault could stand.
        beside = {} if pasted else told
        apart = [
            self._words("Row {place}: {said}", place=", ".join(map(str, place[1:])), said=said)
            for place, said in told.items()
            if place[0] == name and len(place) > 1 and (pasted or int(place[1]) > len(rows))
        ]
        return TableView(
            name=name,
            label=self._label(reading),
            hint=reading.hint,
            required=reading.required,
            columns=tuple(self._column(column) for column in reading.columns),
            rows=tuple(
                tuple(
                    FieldView(
                        key=f"cell:{name}:{position}:{column.name}",
                        value=text,
                        fault=beside.get((name, position, column.name), ""),
                        label=f"{self._label(column)}, {position}",
                        kind=column.kind,
                        choices=column.choices,
                    )
                    for text, column in zip(row, reading.columns, strict=True)
                )
                for position, row in enumerate(rows, 1)
            ),
            row_faults=tuple(beside.get((name, at), "") for at in range(1, len(rows) + 1)),
            fault=" ".join(filter(None, (told.get((name,), ""), *apart))),
            paste=_as_pasted(pasted),
            long=stored if stored > SHOWN_ROWS else 0,
        )

    def _column(self, column: ColumnDescription) -> FieldView:
        return FieldView(
            key=column.name,
            value="",
            label=self._label(column),
            unit=unit_text(column.unit),
            kind=column.kind,
            hint=column.hint,
            allowed=self._bounds(column.minimum, column.maximum, column.unit),
            choices=column.choices,
            required=column.required,
        )

    def _label(self, field: ReadingDescription | ColumnDescription) -> str:
        english = field.label or field.name.replace("_", " ").capitalize()
        return self._words.pick(english, field.label_zh)

    def _bounds(self, minimum: float | None, maximum: float | None, unit: str) -> str:
        words = self._words
        least, most = (None if b is None else number_text(b) for b in (minimum, maximum))
        if least is not None and most is not None:
            said = words("{least} to {most}", least=least, most=most)
        elif least is not None:
            said = words("at least {least}", least=least)
        elif most is not None:
            said = words("at most {most}", most=most)
        else:
            return ""
        return " ".join(filter(None, (said, unit_text(unit))))

    def _rows(
        self, reading: ReadingDescription, form: Mapping[str, str]
    ) -> list[Sequence[Cell] | Mapping[str, Cell]]:
        pasted = form.get(f"paste:{reading.name}", "").strip()
        lines = _pasted(pasted) if pasted else _typed(reading, form)
        kinds = [column.kind for column in reading.columns]
        rows: list[Sequence[Cell] | Mapping[str, Cell]] = []
        for line in lines:
            # A row that is too short lacks its last cells; one that is too long is told of.
            cells = [text.strip() for text in (*line, *[""] * (len(kinds) - len(line)))]
            padded = (*kinds, *["text"] * (len(cells) - len(kinds)))
            rows.append(
                [self._cell(k, c) if c else None for k, c in zip(padded, cells, strict=True)]
            )
        return rows

    def _cell(self, kind: str, text: str) -> float | str:
        if kind in ("number", "activity"):
            number = _number(text)
            return text if number is None else number
        if kind == "time":
            moment = moment_in(text, self._zone)
            return text if moment is None else moment.isoformat()
        return text


def local_text(moment: datetime, zone: ZoneInfo) -> str:
    """Return a moment as a field for date and time takes it, in a zone."""
    return moment.astimezone(zone).replace(tzinfo=None).isoformat(timespec="seconds")


def moment_in(text: str, zone: ZoneInfo) -> datetime | None:
    """Return the moment that a field for date and time holds, in a zone where it has none.

    None for no moment, and for an hour that the clocks leave out.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if not plausible(moment):
        return None
    if moment.tzinfo is not None:
        return moment
    local = moment.replace(tzinfo=zone)
    there = local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == moment
    return local if there else None


def _typed(reading: ReadingDescription, form: Mapping[str, str]) -> list[list[str]]:
    """Return the cells of the rows in which something was typed."""
    names = [column.name for column in reading.columns]
    rows = []
    for position in range(1, SHOWN_ROWS + 1):
        row = [form.get(f"cell:{reading.name}:{position}:{name}", "") for name in names]
        if any(text.strip() for text in row):
            rows.append(row)
    return rows


def _pasted(text: str) -> list[list[str]]:
    """Return the cells of rows that came from a spreadsheet or a file: tabs, semicolons, commas."""
    separator = next((each for each in ("\t", ";", ",") if each in text), "\t")
    return [row for row in csv.reader(text.splitlines(), delimiter=separator) if any(row)]


def _as_pasted(text: str) -> Markup:
    """Return pasted rows to stand in the field again, with the tabs and line ends that make them rows."""
    lines = (map(visible, line.split("\t")) for line in text.splitlines())
    return escape("\n".join("\t".join(cells) for cells in lines))


def _number(text: str) -> float | None:
    plain = text.translate(_SPACES)
    if plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    try:
        return float(plain)
    except ValueError:
        return None


def _uncertainty(text: str) -> float | None:
    """Return an uncertainty; what is no number is told of as one that cannot be."""
    if not text.strip():
        return None
    number = _number(text)
    return -1.0 if number is None else number
