"""The sheet of one calibration item: results, conditions, readings, figures, where it comes from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from photopeak.model.catalogue import ReadingDescription, TestDescription
from photopeak.model.results import ReadingRecord, ResultRecord
from photopeak.reports.jjf.budget import BUDGET, budget_grid
from photopeak.reports.jjf.gather import NO_RESULT, Item, Shown, inputs_sha256
from photopeak.reports.jjf.values import (
    condition_found,
    condition_name,
    condition_need,
    moment_text,
    scope_text,
    state_text,
    values,
)
from photopeak.reports.messages import Messages
from photopeak.reports.paper.document import Block, Facts, Grid, Heading, Paragraph, Sheet
from photopeak.reports.paper.pictures import left_out_row, picture
from photopeak.reports.table_view import table_view
from photopeak.reports.text import number_text, unit_text

MOST_ROWS = 60
"""Rows of a table of readings that are printed; the rest is counted."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)")
_OUTCOMES = {"met": "met", "not_met": "not met", "unknown": "not known"}


class ItemRecorder:
    """Writes sheets in one language and one time zone; `tests` tells what readings are called."""

    def __init__(self, say: Messages, zone: ZoneInfo, tests: Sequence[TestDescription]) -> None:
        self._say = say
        self._zone = zone
        self._tests = {test.id: test for test in tests}

    def sheet(self, item: Item) -> Sheet:
        """Return the sheet of an item that has a result."""
        say, result = self._say, item.result
        if result is None:
            raise ValueError(f"{item.kind.test} has no result")
        state = state_text(result, say)
        bad = result.status in NO_RESULT
        blocks: list[Block] = []
        if bad:
            blocks.append(Paragraph(state, "warn"))
        if result.partial:
            blocks.append(Paragraph(result.partial, "warn"))
        if item.later is not None:
            said = say(
                "A later attempt of {moment} has no valid result and was not used ({identity}).",
                moment=self._moment(item.later.acquired_at or item.later.finished_at),
                identity=item.later.id,
            )
            blocks.append(Paragraph(said, "quiet"))
        blocks += [Heading(say("Results")), self._results(result)] if result.measurements else []
        blocks += self._conditions(result)
        blocks += self._readings(result)
        blocks += self._figures(item)
        blocks += self._remarks(result)
        blocks += [Heading(say("Origin")), Facts(self._origin(result), columns=1)]
        return Sheet(
            title=say("Calibration record: {item}", item=say(item.kind.title)),
            note=f"{item.kind.clause} · {say('variant')} {result.variant}",
            blocks=tuple(blocks),
        )

    def _results(self, result: ResultRecord) -> Grid:
        say = self._say
        return Grid(
            title="",
            columns=(say("Quantity"), say("Value"), "U (k = 2)", say("Unit"), say("Remark")),
            rows=tuple(
                (
                    value.name,
                    value.text,
                    value.expanded or say("not evaluated"),
                    value.unit or "–",
                    "–" if value.valid else say("invalid"),
                )
                for value in values(result, say)
            ),
            numeric=(False, True, True, False, False),
            shares=(3.2, 1.0, 1.1, 0.8, 0.8),
            small=True,
        )

    def _conditions(self, result: ResultRecord) -> list[Block]:
        """Return the conditions; those that came out alike at several places stand together."""
        say = self._say
        alike: dict[tuple[str, ...], list[str]] = {}
        for condition in result.preconditions:
            key = (
                condition_name(condition, say),
                condition_found(condition, say),
                condition_need(condition, say),
                say(_OUTCOMES[condition.outcome]),
                say("required") if condition.severity == "hard" else say("advised"),
            )
            alike.setdefault(key, []).append(scope_text(condition.scope, say))
        if not alike:
            return []
        rows = [(self._at_places(key[0], places), *key[1:]) for key, places in alike.items()]
        columns = ("Condition", "Found", "Needed", "Outcome", "Standing")
        return [
            Heading(say("Conditions")),
            Grid(
                title="",
                columns=tuple(say(column) for column in columns),
                rows=tuple(rows),
                shares=(2.2, 1.2, 1.4, 0.8, 0.8),
                small=True,
            ),
        ]

    def _at_places(self, name: str, places: Sequence[str]) -> str:
        known = [place for place in dict.fromkeys(places) if place]
        if not known:
            return name
        where = known[0] if len(known) == 1 else self._say("{count} places", count=len(known))
        return self._say("{what} ({where})", what=name, where=where)

    def _readings(self, result: ResultRecord) -> list[Block]:
        say = self._say
        known = self._tests.get(result.test)
        rows, tables = [], []
        for reading in result.provenance.readings:
            described = known.reading(reading.name) if known else None
            name = say.pick(described.label, described.label_zh) if described else ""
            name = say(name or reading.name)
            if isinstance(reading.value, tuple):
                tables.append(self._table(reading, described, name))
            else:
                rows.append((name, *self._reading(reading)))
        found: list[Block] = []
        if rows:
            columns = (say("Reading"), say("Value"), "u (k = 1)", say("At"), say("Source"))
            found.append(
                Grid(
                    title="",
                    columns=columns,
                    rows=tuple(rows),
                    shares=(2.0, 1.3, 1.0, 1.5, 1.2),
                    small=True,
                )
            )
        return [Heading(say("Raw data and readings")), *found, *tables] if found or tables else []

    def _reading(self, reading: ReadingRecord) -> tuple[str, str, str, str]:
        unit = unit_text(reading.unit)
        value = reading.value
        text = self._cell(value) if isinstance(value, int | float | str) else ""
        spread = (
            "–" if reading.uncertainty is None else f"{number_text(reading.uncertainty)} {unit}"
        )
        by = " · ".join(part for part in (self._say(reading.source), reading.entered_by) if part)
        return (
            f"{text} {unit}".rstrip() if isinstance(value, int | float) else text,
            spread.rstrip(),
            self._moment(reading.at) if reading.at else "–",
            by or "–",
        )

    def _table(
        self, reading: ReadingRecord, described: ReadingDescription | None, name: str
    ) -> Grid:
        say = self._say
        rows = reading.value if isinstance(reading.value, tuple) else ()
        width = max((len(row) for row in rows), default=0)
        columns = [f"{number + 1}" for number in range(width)]
        for place, column in enumerate(described.columns[:width] if described else ()):
            unit = unit_text(column.unit)
            label = say.pick(column.label, column.label_zh) or column.name
            columns[place] = f"{label} ({unit})" if unit else label
        cells = [[self._cell(cell) for cell in row] + ["–"] * (width - len(row)) for row in rows]
        left = left_out_row(max(0, len(cells) - MOST_ROWS), width, say)
        return Grid(
            title=name,
            columns=tuple(columns),
            rows=(*(tuple(row) for row in cells[:MOST_ROWS]), *left),
            small=True,
        )

    def _figures(self, item: Item) -> list[Block]:
        say = self._say
        found: list[Block] = []
        for shown in item.figures:
            block = self._figure(shown)
            if block is not None:
                found.append(block)
        left_out = item.left_out + len(item.figures) - len(found)
        if left_out:
            said = say("more figures that are stored with the result: {count}", count=left_out)
            found.append(Paragraph(said, "quiet"))
        return [Heading(say("Figures and tables")), *found] if found else []

    def _figure(self, shown: Shown) -> Block | None:
        if not shown.content:
            return None
        if shown.form != "json":
            return picture(shown.figure, shown.form, shown.content, self._say)
        if shown.figure.name.startswith(BUDGET):
            return budget_grid(shown.figure.title, shown.content, self._say)
        table = table_view(shown.content)
        if table is None:
            return None
        rows = tuple(tuple(self._cell(cell) for cell in row) for row in table.rows)
        left = left_out_row(table.left_out, len(table.columns), self._say)
        return Grid(
            title=self._say.told(shown.figure.title),
            columns=tuple(self._say.told(column) for column in table.columns),
            rows=(*rows, *left),
            numeric=table.numeric,
            small=True,
        )

    def _remarks(self, result: ResultRecord) -> list[Block]:
        remarks = dict.fromkeys(self._say.told(note.message) for note in result.notes)
        if not remarks:
            return []
        return [Heading(self._say("Remarks")), *(Paragraph(text, "quiet") for text in remarks)]

    def _origin(self, result: ResultRecord) -> tuple[tuple[str, str], ...]:
        say, origin = self._say, result.provenance
        rows = [
            (say("Result id"), f"{result.id} ({say('version')} {result.version})"),
            (say("Measured"), self._moment(result.acquired_at)),
            (say("Analysed"), self._moment(origin.finished_at)),
            (say("Analysis"), f"{result.test} {origin.analyzer_version} · Photopeak {origin.software_version}"),
            (say("Hash of the inputs (SHA-256)"), inputs_sha256(result)),
        ]  # fmt: skip
        rows += [
            (
                say("Input ({role})", role=entry.role),
                f"{entry.series_instance_uid} · {say('objects: {count}', count=len(entry.instances))}",
            )
            for entry in origin.inputs
        ]
        rows += [
            (say("Limits"), f"{name} · {version}") for name, version in sorted(origin.limit_sets.items())
        ]  # fmt: skip
        return tuple(rows)

    def _cell(self, cell: float | str | None) -> str:
        """Return a cell of a table; a moment in the time zone of the report."""
        if cell is None:
            return "–"
        if not isinstance(cell, str):
            return f"{cell:.10g}"
        if _MOMENT.fullmatch(cell):
            return self._moment(datetime.fromisoformat(cell))
        return self._say.told(cell)

    def _moment(self, moment: datetime | None) -> str:
        return moment_text(moment, self._zone, self._say)
