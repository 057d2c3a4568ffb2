"""Series: what came in, where it stands, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from photopeak.api.context import ApiContext
from photopeak.api.operations.parameters import (
    Cursor,
    DeviceFilter,
    Limit,
    Since,
    Uid,
    aware,
    principal_of,
)
from photopeak.api.operations.test_sets import detail_of
from photopeak.api.problems import Problem
from photopeak.api.surface import Body, Surface
from photopeak.api.wire.base import PageOut
from photopeak.api.wire.series import DecisionOut, InstanceOut, SeriesDetailOut, SeriesOut
from photopeak.api.wire.site import ReasonIn
from photopeak.api.wire.tests import AssignIn, TestSetDetailOut
from photopeak.model.documents import INTERFILE, PDF, SPE, SPECTRUM_TABLE, XML, StoredDocument
from photopeak.model.page import Access
from photopeak.model.series import SeriesState
from photopeak.reports.by_hand import ByHandError, assign_once, set_aside
from photopeak.reports.targets import Target
from photopeak.storage import decisions, instances, series, test_sets

_AS_A_FILE = "application/octet-stream"
_SUFFIXES = {PDF: ".pdf", XML: ".xml", INTERFILE: ".ifh", SPE: ".spe", SPECTRUM_TABLE: ".csv"}
_PIECE = 1 << 18


def add(surface: Surface, context: ApiContext) -> None:
    """Add the operations."""

    @surface.operation("GET", "/api/v1/series", Access.READ, tags=["series"])
    def list_series(
        limit: Limit = 50,
        after: Cursor = None,
        state: Annotated[SeriesState | None, Query()] = None,
        device: DeviceFilter = None,
        since: Since = None,
    ) -> PageOut[SeriesOut]:
        """Return series, the last received first."""
        with context.database.snapshot() as tx:
            page = series.page(
                tx,
                limit=limit,
                cursor=after,
                states=() if state is None else (state,),
                device_id=device,
                since=aware(since),
            )
        return PageOut(items=[SeriesOut.of(s) for s in page.items], next=page.next_cursor)

    @surface.operation("GET", "/api/v1/series/{uid}", Access.READ, tags=["series"])
    def one_series(uid: Uid) -> SeriesDetailOut:
        """Return a series with its instances, the decision on it with its explanation, and more."""
        with context.database.snapshot() as tx:
            record = series.get(tx, uid)
            stored = instances.by_series(tx, uid, conflicts=True)
            history = [DecisionOut.of(d.decision) for d in reversed(decisions.history(tx, uid))]
            sets = test_sets.by_series(tx, uid)
        return SeriesDetailOut(
            series=SeriesOut.of(record),
            instances=[InstanceOut.of(i) for i in stored],
            decision=history[0] if history else None,
            history=history[1:],
            test_sets=[s.id for s in sets],
        )

    @surface.operation(
        "GET",
        "/api/v1/series/{uid}/document",
        Access.READ,
        tags=["series"],
        response_class=Response,
        responses={
            200: {"content": {"application/octet-stream": {}}},
            404: {"description": "The series carries no document, or is in quarantine."},
        },
    )
    def document_of_series(request: Request, uid: Uid) -> Response:
        """Return the report or file that a series carries, bit for bit, for saving.

        It is never shown by a browser in place: whatever it is, it is sent as a file.
        """
        document = context.document(uid)
        if document is None:
            raise Problem(404, "no-document", "The series carries no document.")
        tag = f'"{document.sha256[:32]}"'
        headers = {
            "ETag": tag,
            "Cache-Control": "private, no-cache",
            "Content-Disposition": f'attachment; filename="{_file_name(document)}"',
        }
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        if document.content is not None:
            return Response(document.content, headers=headers, media_type=_AS_A_FILE)
        headers["Content-Length"] = str(document.length)
        return StreamingResponse(_pieces(document), headers=headers, media_type=_AS_A_FILE)

    @surface.operation(
        "POST",
        "/api/v1/series/{uid}/assign",
        Access.OPERATE,
        tags=["series"],
        body=Body.JSON,
    )
    def assign_series(request: Request, uid: Uid, body: AssignIn) -> TestSetDetailOut:
        """Say what this one series is; nothing is learned from it."""
        with context.database.snapshot() as tx:
            device_id = series.get(tx, uid).device_id
        device = next((d for d in context.devices() if d.id == device_id), None)
        own = device.time_zone if device else ""
        try:
            record = assign_once(
                context.database,
                uid,
                Target(test=body.test, variant=body.variant, role=body.role),
                tests=context.tests(),
                zone=ZoneInfo(own or context.settings.site.time_zone),
                reason=body.reason,
                who=principal_of(request).name,
                now=context.clock(),
            )
        except ByHandError as error:
            raise Problem(409, "not-assignable", str(error)) from error
        with context.database.snapshot() as tx:
            return detail_of(tx, context, record)

    @surface.operation(
        "POST",
        "/api/v1/series/{uid}/set-aside",
        Access.OPERATE,
        tags=["series"],
        body=Body.JSON,
        status_code=204,
        response_class=Response,
    )
    def set_series_aside(request: Request, uid: Uid, body: ReasonIn) -> Response:
        """Say that this one series is no quality control; nothing is learned from it."""
        with context.database.snapshot() as tx:
            state = series.get(tx, uid).state
        who = principal_of(request).name
        if not set_aside(
            context.database, (uid,), reason=body.reason, who=who, now=context.clock()
        ):
            raise Problem(409, "not-assignable", f"The series is {state}, not UNROUTED.")
        return Response(status_code=204)


def _file_name(document: StoredDocument) -> str:
    """Return a name of our own; that of the sender was never kept."""
    return f"document-{document.sha256[:12]}{_SUFFIXES.get(document.media_type, '.bin')}"


def _pieces(document: StoredDocument) -> Iterator[bytes]:
    left = document.length
    with document.path.open("rb") as file:
        file.seek(document.offset)
        while left and (piece := file.read(min(_PIECE, left))):
            left -= len(piece)
            yield piece
