"""Results, with their numbers, verdicts, figures and provenance."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from photopeak.api.context import ApiContext
from photopeak.api.headers import FIGURE_POLICY
from photopeak.api.operations.parameters import (
    Cursor,
    DeviceFilter,
    Id,
    Limit,
    Name,
    Since,
    TestFilter,
    aware,
)
from photopeak.api.problems import Problem
from photopeak.api.surface import Surface
from photopeak.api.wire.base import PageOut
from photopeak.api.wire.results import ResultOut, ResultSummaryOut
from photopeak.model.judgement import Status
from photopeak.model.page import Access
from photopeak.reports.colours import recoloured
from photopeak.reports.phrases import translated_svg
from photopeak.storage import results
from photopeak.storage.errors import NotFoundError


class FigureForm(StrEnum):
    """Forms in which figures are kept."""

    SVG = "svg"
    PNG = "png"
    JSON = "json"


class FigureLanguage(StrEnum):
    """Languages in which the words of a drawing are said."""

    ENGLISH = "en"
    CHINESE = "zh"


class FigureColours(StrEnum):
    """Maps that an image of counts may be seen in."""

    GREY = "grey"
    CIVIDIS = "cividis"


_NOT_DRAWN = "Only images of counts are drawn as PNG; this figure is there as svg and json."

_MEDIA_TYPES = {
    FigureForm.SVG: "image/svg+xml",
    FigureForm.PNG: "image/png",
    FigureForm.JSON: "application/json",
}


def add(surface: Surface, context: ApiContext) -> None:
    """Add the operations."""

    @surface.operation("GET", "/api/v1/results", Access.READ, tags=["results"])
    def list_results(
        limit: Limit = 50,
        after: Cursor = None,
        device: DeviceFilter = None,
        test: TestFilter = None,
        status: Annotated[Status | None, Query()] = None,
        since: Since = None,
        superseded: Annotated[bool, Query(description="also those with a newer version")] = False,
    ) -> PageOut[ResultSummaryOut]:
        """Return results, the latest first."""
        with context.database.snapshot() as tx:
            page = results.page(
                tx,
                limit=limit,
                cursor=after,
                device_id=device,
                test=test,
                statuses=() if status is None else (status,),
                since=aware(since),
                superseded=superseded,
            )
        return PageOut(items=[ResultSummaryOut.of(r) for r in page.items], next=page.next_cursor)

    @surface.operation("GET", "/api/v1/results/{result_id}", Access.READ, tags=["results"])
    def one_result(result_id: Id) -> ResultOut:
        """Return a result: measurements, preconditions, verdicts, notes, figures, provenance."""
        with context.database.snapshot() as tx:
            return ResultOut.of_result(results.get(tx, result_id))

    @surface.operation(
        "GET",
        "/api/v1/results/{result_id}/figures/{name}.{form}",
        Access.READ,
        tags=["results"],
        response_class=Response,
        responses={200: {"content": {m: {} for m in _MEDIA_TYPES.values()}}},
    )
    def one_figure(
        request: Request,
        result_id: Id,
        name: Name,
        form: FigureForm,
        language: Annotated[
            FigureLanguage, Query(description="of the words of a drawing (svg)")
        ] = FigureLanguage.ENGLISH,
        colours: Annotated[
            FigureColours | None,
            Query(description="of an image of counts (svg, png); default: as it was drawn"),
        ] = None,
    ) -> Response:
        """Return a figure of a result: as SVG, as data, and an image of counts as PNG, too."""
        with context.database.snapshot() as tx:
            try:
                content = results.figure(tx, result_id, name, form.value)
            except NotFoundError:
                # Curves and tables are not drawn as PNG; what is not there at all is not found.
                results.figure(tx, result_id, name, FigureForm.JSON.value)
                raise Problem(404, "form-not-drawn", _NOT_DRAWN) from None
        if form is FigureForm.SVG:
            content = translated_svg(content, language.value)
        if colours is not None and form is not FigureForm.JSON:
            content = recoloured(content, colours.value)
        # Results never change, so neither does a figure: ask again, but do not send it twice.
        tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
        if form is FigureForm.SVG:
            # With a 304 too: a browser takes the headers of the newest answer.
            headers["Content-Security-Policy"] = FIGURE_POLICY
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(content, headers=headers, media_type=_MEDIA_TYPES[form])
