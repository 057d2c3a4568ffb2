"""Signatures, remarks and history of results; signing itself needs a person at a page."""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from photopeak.api.context import ApiContext
from photopeak.api.headers import FIGURE_POLICY
from photopeak.api.operations.parameters import (
    DeviceFilter,
    Id,
    Limit,
    Name,
    TestFilter,
    principal_of,
)
from photopeak.api.operations.results import FigureLanguage
from photopeak.api.problems import Problem
from photopeak.api.surface import Body, Surface
from photopeak.api.wire.base import PageOut
from photopeak.api.wire.reviews import CommentIn, CommentOut, MomentOut, ReviewOut, WaitingOut
from photopeak.model.page import Access
from photopeak.model.reviews import in_force
from photopeak.reports.phrases import translated_svg
from photopeak.reviews import acts
from photopeak.reviews.comparison import NotComparableError
from photopeak.reviews.history import history
from photopeak.reviews.signing import ReviewError, Signer
from photopeak.storage import remarks, results, reviews

_SVG = "image/svg+xml"


def add(surface: Surface, context: ApiContext) -> None:
    """Add the operations."""

    @surface.operation("GET", "/api/v1/reviews/waiting", Access.READ, tags=["reviews"])
    def list_waiting(
        limit: Limit = 50, device: DeviceFilter = None, test: TestFilter = None
    ) -> PageOut[WaitingOut]:
        """Return results that nobody has signed, the worst first."""
        with context.database.snapshot() as tx:
            found = reviews.waiting(tx, device_id=device, test=test, limit=limit)
        return PageOut(items=[WaitingOut.of(one) for one in found])

    @surface.operation("GET", "/api/v1/results/{result_id}/reviews", Access.READ, tags=["reviews"])
    def list_reviews(result_id: Id) -> PageOut[ReviewOut]:
        """Return the signatures under a result, the first first, those corrected among them."""
        with context.database.snapshot() as tx:
            results.get(tx, result_id)
            found = reviews.of_result(tx, result_id)
        standing = {review.id for review in in_force(found)}
        return PageOut(
            items=[
                ReviewOut.of(review).model_copy(update={"in_force": review.id in standing})
                for review in found
            ]
        )

    @surface.operation("GET", "/api/v1/results/{result_id}/comments", Access.READ, tags=["reviews"])
    def list_comments(result_id: Id) -> PageOut[CommentOut]:
        """Return what was said about a result and its other versions, the first first."""
        with context.database.snapshot() as tx:
            record = results.get(tx, result_id)
            versions = [version.id for version in results.versions(tx, record.test_set_id)]
            found = remarks.of_results(tx, versions)
        return PageOut(items=[CommentOut.of(remark) for remark in found])

    @surface.operation(
        "POST",
        "/api/v1/results/{result_id}/comments",
        Access.OPERATE,
        tags=["reviews"],
        status_code=201,
        body=Body.JSON,
    )
    def add_comment(request: Request, result_id: Id, wanted: CommentIn) -> CommentOut:
        """Say something about a result."""
        principal = principal_of(request)
        who = Signer(name=principal.name, printed_name=principal.shown_name or principal.name)
        try:
            with context.database.transaction() as tx:
                kept = acts.remark(tx, result_id, wanted.text, who=who, now=context.clock())
        except ReviewError as error:
            raise Problem(422, "not-acceptable", f"{error}.") from None
        return CommentOut.of(kept)

    @surface.operation("GET", "/api/v1/results/{result_id}/history", Access.READ, tags=["reviews"])
    def one_history(result_id: Id) -> PageOut[MomentOut]:
        """Return what happened to a result and its other versions, the first first."""
        with context.database.snapshot() as tx:
            record = results.get(tx, result_id)
            found = history(tx, record.test_set_id)
        return PageOut(items=[MomentOut.of_moment(moment) for moment in found])

    @surface.operation(
        "GET",
        "/api/v1/results/{result_id}/differences/{name}.svg",
        Access.READ,
        tags=["reviews"],
        response_class=Response,
        responses={200: {"content": {_SVG: {}}}},
    )
    def one_difference(
        result_id: Id,
        name: Name,
        language: Annotated[
            FigureLanguage, Query(description="of the words of the drawing")
        ] = FigureLanguage.ENGLISH,
    ) -> Response:
        """Return the difference of a flood from its reference image, in percent of the mean."""
        try:
            content = context.difference(result_id, name)
        except NotComparableError as error:
            raise Problem(409, "not-comparable", str(error)) from None
        content = translated_svg(content, language.value)
        tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        headers = {
            "ETag": tag,
            "Cache-Control": "private, no-cache",
            "Content-Security-Policy": FIGURE_POLICY,
        }
        return Response(content, headers=headers, media_type=_SVG)
