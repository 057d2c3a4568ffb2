"""The list of results and the page of one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from photopeak.model.judgement import Status
from photopeak.model.page import Access, Page, PageReply, PageRequest
from photopeak.model.results import FigureRecord, ResultRecord
from photopeak.reports.text import number_text
from photopeak.storage import results
from photopeak.storage.database import Transaction
from photopeak.storage.errors import CursorError
from photopeak.web.context import WebContext
from photopeak.web.rendering import Renderer, one_of
from photopeak.web.result_view import check_rows, measurement_rows, sentence

_PER_PAGE = 50
_MOST_TABLE_ROWS = 60
_STATUSES = frozenset(status.value for status in Status)


@dataclass(frozen=True, slots=True)
class TableView:
    """The table of a figure as shown."""

    columns: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class FigureView:
    """A figure as shown: addresses of its forms, or its table."""

    name: str
    title: str
    kind: str
    svg: str
    png: str
    json: str
    table: TableView | None


class ResultPages:
    """Pages on results."""

    def __init__(self, context: WebContext, renderer: Renderer) -> None:
        self._context = context
        self._renderer = renderer

    def pages(self) -> tuple[Page, ...]:
        """Return the pages."""
        filters = ("status", "device", "after")
        return (
            Page(
                method="GET",
                path="/results",
                access=Access.READ,
                answer=self.listing,
                query=filters,
            ),
            Page(
                method="GET",
                path="/result-rows",
                access=Access.READ,
                answer=self.rows,
                query=filters,
            ),
            Page(method="GET", path="/results/{id}", access=Access.READ, answer=self.one),
        )

    def listing(self, request: PageRequest) -> PageReply:
        """Answer with the whole list."""
        return self._renderer.page(
            "results_list.html",
            request,
            self._context.clock(),
            here="results",
            statuses=tuple(Status),
            devices=self._context.devices(),
            chosen_status=one_of(request.query, "status", _STATUSES),
            chosen_device=request.query.get("device", ""),
            etag="",
            **self._list(request),
        )

    def rows(self, request: PageRequest) -> PageReply:
        """Answer with the lines alone, for the page to renew itself."""
        return self._renderer.fragment(
            "result_rows.html", request, self._context.clock(), **self._list(request)
        )

    def _list(self, request: PageRequest) -> dict[str, Any]:
        status = one_of(request.query, "status", _STATUSES)
        device = request.query.get("device", "")
        after = request.query.get("after", "")
        with self._context.database.snapshot() as tx:
            try:
                page = results.page(
                    tx,
                    limit=_PER_PAGE,
                    cursor=after or None,
                    device_id=device or None,
                    statuses=(Status(status),) if status else (),
                )
            except CursorError:
                page = results.page(tx, limit=_PER_PAGE)
        chosen = {k: v for k, v in (("status", status), ("device", device)) if v}
        following = {**chosen, "after": page.next_cursor} if page.next_cursor else None
        return {
            "rows": page.items,
            "names": self._context.device_names(),
            "filtered": bool(chosen or after),
            "live": not after,
            "poll": "/result-rows" + (f"?{urlencode(chosen)}" if chosen else ""),
            "next_page": f"/results?{urlencode(following)}" if following else "",
        }

    def one(self, request: PageRequest) -> PageReply:
        """Answer with the page of one result."""
        with self._context.database.snapshot() as tx:
            record = results.get(tx, request.path["id"])
            figures = tuple(_view(tx, record, figure) for figure in record.figures)
        words = self._renderer.words
        checks = check_rows(record, words)
        lead = tuple(f for f in figures if f.kind == "image")[:1] or figures[:1]
        device = record.device_id or ""
        provenance = record.provenance
        took_s = (provenance.finished_at - provenance.started_at).total_seconds()
        return self._renderer.page(
            "result.html",
            request,
            self._context.clock(),
            here="results",
            result=record,
            provenance=provenance,
            duration=f"{number_text(took_s)} s",
            device_name=self._context.device_names().get(device, device or words("Unknown device")),
            sentence=sentence(record, words),
            rows=measurement_rows(record, words),
            checks=checks,
            checks_met=sum(1 for p in record.preconditions if p.met),
            lead_figures=lead,
            other_figures=tuple(f for f in figures if f not in lead),
        )


def _view(tx: Transaction, record: ResultRecord, figure: FigureRecord) -> FigureView:
    def address(form: str) -> str:
        if form not in figure.forms:
            return ""
        return f"/api/v1/results/{record.id}/figures/{figure.name}.{form}"

    table = None
    if figure.kind == "table" and "json" in figure.forms:
        table = _table(results.figure(tx, record.id, figure.name, "json"))
    return FigureView(
        name=figure.name,
        title=figure.title,
        kind=figure.kind,
        svg=address("svg"),
        png=address("png"),
        json=address("json"),
        table=table,
    )


def _table(content: bytes) -> TableView | None:
    """Return a table from the data of its figure, or None if it cannot be read."""
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
    shown = tuple(tuple(_cell(cell) for cell in row) for row in rows[:_MOST_TABLE_ROWS])
    return TableView(columns, numeric, shown, max(0, len(rows) - _MOST_TABLE_ROWS))


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, dict):
        return str(value.get("number", "–"))
    return number_text(value) if isinstance(value, float) else str(value)
