"""Results for other programs: CSV, Excel, a JSON text a line, QuAAC. Whole selections, streamed."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Query
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from photopeak.api.context import ApiContext
from photopeak.api.operations.parameters import DeviceFilter, Since, TestFilter, aware
from photopeak.api.problems import Problem
from photopeak.api.surface import Surface
from photopeak.api.wire.results import ResultOut
from photopeak.model.judgement import Status
from photopeak.model.page import Access
from photopeak.model.results import ResultRecord
from photopeak.reports.exports.quaac import Performer, document
from photopeak.reports.exports.selection import (
    Selection,
    each,
    equipment,
    reviewer_of,
    tests_with,
)
from photopeak.reports.exports.table import Place, csv_lines
from photopeak.reports.exports.workbook import TooManyRowsError, write_workbook

_AT_A_TIME = 2
_RETRY_AFTER_S = 20
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MAIL = r"^[^@\s\x00-\x1f\x7f]{1,64}@[A-Za-z0-9.-]{1,190}$"
_NAME = r"^[^\x00-\x1f\x7f]{1,100}$"

StatusFilter = Annotated[Status | None, Query()]
Until = Annotated[datetime | None, Query(description="RFC 3339, with zone; the first not to count")]
MetricFilter = Annotated[
    str | None,
    Query(pattern=r"^[A-Za-z0-9_]{1,64}$", description="only this number of each result"),
]
Superseded = Annotated[bool, Query(description="also results with a newer version")]


def _selection(
    device: DeviceFilter = None,
    test: TestFilter = None,
    status: StatusFilter = None,
    since: Since = None,
    until: Until = None,
    superseded: Superseded = False,
    metric: MetricFilter = None,
) -> Selection:
    return Selection(
        device_id=device,
        test=test,
        statuses=() if status is None else (status,),
        since=aware(since),
        until=aware(until, "until"),
        superseded=superseded,
        metric=metric,
    )


Chosen = Annotated[Selection, Depends(_selection)]
"""The results that a request asks for."""


def add(surface: Surface, context: ApiContext) -> None:
    """Add the operations."""
    turns = threading.BoundedSemaphore(_AT_A_TIME)

    def place() -> Place:
        return Place(
            device_names={device.id: device.name for device in context.devices()},
            zone=ZoneInfo(context.settings.site.time_zone),
        )

    def chosen_of(selection: Selection) -> Iterator[ResultRecord]:
        told = tests_with(selection.metric, context.tests() if selection.metric else ())
        return each(context.database, replace(selection, metric_tests=told))

    def streamed(pieces: Iterator[str], media_type: str, name: str) -> Response:
        return _Streamed(turns, pieces, media_type, name)

    @surface.operation(
        "GET", "/api/v1/results.csv", Access.READ, tags=["exports"], response_class=Response
    )
    def as_csv(chosen: Chosen) -> Response:
        """Return measurements as CSV, one a line; a result without numbers has a line as well."""
        lines = csv_lines(chosen_of(chosen), place())
        return streamed(lines, "text/csv; charset=utf-8; header=present", "results.csv")

    @surface.operation(
        "GET", "/api/v1/results.ndjson", Access.READ, tags=["exports"], response_class=Response
    )
    def as_json_lines(chosen: Chosen) -> Response:
        """Return whole results, each as a JSON text on a line of its own."""
        lines = (
            ResultOut.of_result(record).model_dump_json() + "\n" for record in chosen_of(chosen)
        )
        return streamed(lines, "application/x-ndjson", "results.ndjson")

    @surface.operation(
        "GET", "/api/v1/results.quaac.json", Access.READ, tags=["exports"], response_class=Response
    )
    def as_quaac(
        performer: Annotated[str, Query(pattern=_NAME, description="who answers for them")],
        email: Annotated[str, Query(pattern=_MAIL)],
        chosen: Chosen,
    ) -> Response:
        """Return valid measurements of configured devices as a QuAAC document (version 1.0)."""
        pieces = document(
            chosen_of(chosen),
            equipment(context.database, context.devices()),
            Performer(name=performer, email=email),
            reviewer_of(context.database),
        )
        return streamed(pieces, "application/json", "results.quaac.json")

    @surface.operation(
        "GET",
        "/api/v1/results.xlsx",
        Access.READ,
        tags=["exports"],
        response_class=Response,
        responses={200: {"content": {_XLSX: {}}}},
    )
    def as_workbook(chosen: Chosen) -> Response:
        """Return measurements as an Excel workbook, one a row."""
        _take_turn(turns)
        with tempfile.NamedTemporaryFile(suffix=".xlsx", delete=False) as opened:
            file = Path(opened.name)
        try:
            write_workbook(chosen_of(chosen), place(), file)
        except TooManyRowsError as error:
            file.unlink()
            raise Problem(422, "too-many-rows", f"{error}; narrow the selection.") from None
        except BaseException:
            file.unlink()
            raise
        finally:
            turns.release()
        return FileResponse(
            file,
            media_type=_XLSX,
            headers=_attachment("results.xlsx"),
            background=BackgroundTask(file.unlink),
        )


def _take_turn(turns: threading.BoundedSemaphore) -> None:
    """Become one of the few exports under way.

    Raises
    ------
    Problem
        503 if there are enough of them.
    """
    if not turns.acquire(blocking=False):
        raise Problem(503, "exports-busy", headers={"Retry-After": str(_RETRY_AFTER_S)})


class _Streamed(StreamingResponse):
    """An answer that is one of the few under way until it was sent, or its reader has gone."""

    def __init__(
        self, turns: threading.BoundedSemaphore, pieces: Iterator[str], media_type: str, name: str
    ) -> None:
        super().__init__(pieces, media_type=media_type, headers=_attachment(name))
        _take_turn(turns)
        self._turns = turns

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._turns.release()


def _attachment(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
