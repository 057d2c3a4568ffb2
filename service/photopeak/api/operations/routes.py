"""Routes: the rules in force, a trial of them, and what people teach."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

from fastapi import Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from photopeak.api.context import ApiContext
from photopeak.api.operations.parameters import Id, principal_of
from photopeak.api.problems import Problem
from photopeak.api.reception import Intake
from photopeak.api.surface import Body, Surface
from photopeak.api.wire.series import DecisionOut
from photopeak.api.wire.site import (
    ActivateIn,
    LessonIn,
    PreviewOut,
    ReasonIn,
    RoutedAgainOut,
    RouteOut,
    RoutesOut,
    TaughtOut,
    TaughtVersionsOut,
    TeachIn,
)
from photopeak.model.page import Access
from photopeak.model.taught import TaughtNumber, TaughtRoute
from photopeak.reports.teaching import (
    Lesson,
    TeachingError,
    activate,
    keep_draft,
    known_by_id,
    preview,
    route_again,
    route_of,
    teachable,
    texts_of,
    withdraw,
)
from photopeak.storage import taught
from photopeak.storage.errors import NotFoundError

_MOST_FILES = 100


def add(surface: Surface, context: ApiContext) -> None:
    """Add the operations."""

    @surface.operation("GET", "/api/v1/routes", Access.READ, tags=["routes"])
    def list_routes() -> RoutesOut:
        """Return the rules in force, those of files and those that were taught."""
        overview = context.routes()
        with context.database.snapshot() as tx:
            learned = taught.active(tx)
        return RoutesOut(
            version=overview.version,
            routes=[RouteOut.of(route) for route in overview.routes],
            taught=[TaughtOut.of(route) for route in learned],
        )

    @surface.operation(
        "POST",
        "/api/v1/routes/test",
        Access.OPERATE,
        tags=["routes"],
        body=Body.STREAM,
        response_model=DecisionOut,
        openapi_extra={"requestBody": Intake.SCHEMA},
    )
    async def test_routes(
        request: Request,
        series_uid: Annotated[str | None, Query(alias="series", pattern=r"^[0-9.]{1,64}$")] = None,
    ) -> DecisionOut:
        """Tell what routing would decide about files, or a stored series, and why; keeps nothing."""
        if series_uid is not None:
            decision = await run_in_threadpool(context.explain_series, series_uid, None)
            return DecisionOut.of(decision)
        intake = Intake(context.data, request, most_files=_MOST_FILES)
        async with intake.kept() as files:
            if not files:
                raise Problem(422, "no-file", "Send a file, or name a series.")
            return DecisionOut.of(await run_in_threadpool(context.explain_route, files))

    _add_taught(surface, context)


def _add_taught(surface: Surface, context: ApiContext) -> None:
    """Add the operations on what people teach."""

    @surface.operation("GET", "/api/v1/routes/taught", Access.READ, tags=["routes"])
    def list_taught_routes() -> TaughtVersionsOut:
        """Return the newest version of every taught route, in force or not."""
        with context.database.snapshot() as tx:
            return _versions(taught.latest(tx))

    @surface.operation("GET", "/api/v1/routes/taught/{route_id}", Access.READ, tags=["routes"])
    def read_taught_route(route_id: Id) -> TaughtVersionsOut:
        """Return every version of a taught route."""
        with context.database.snapshot() as tx:
            found = taught.history(tx, route_id)
        if not found:
            raise NotFoundError(f"there is no taught route {route_id}")
        return _versions(found)

    @surface.operation(
        "POST", "/api/v1/routes/preview", Access.OPERATE, tags=["routes"], body=Body.JSON
    )
    def preview_route(body: LessonIn) -> PreviewOut:
        """Tell what a lesson would match in the past, and who knows these series; keeps nothing."""
        lesson = _lesson(body)
        texts = texts_of(context.database, lesson.series_instance_uid, context.series_texts)
        with _refusals(), context.database.snapshot() as tx:
            record = teachable(tx, lesson.series_instance_uid)
            route = route_of(lesson, device_id=record.device_id, texts=texts, tests=context.tests())
            return PreviewOut.of_preview(preview(tx, known_by_id(tx, route)))

    @surface.operation(
        "POST",
        "/api/v1/routes/taught",
        Access.OPERATE,
        tags=["routes"],
        body=Body.JSON,
        status_code=201,
    )
    def teach_route(request: Request, body: TeachIn) -> TaughtOut:
        """Keep what a series is; series like it are the same once somebody puts that in force."""
        with _refusals():
            route = keep_draft(
                context.database,
                _lesson(body, body.reason),
                tests=context.tests(),
                texts=texts_of(context.database, body.series_instance_uid, context.series_texts),
                who=principal_of(request).name,
                now=context.clock(),
            )
        return TaughtOut.of(route)

    @surface.operation(
        "POST",
        "/api/v1/routes/taught/{route_id}/activate",
        Access.REVIEW,
        tags=["routes"],
        body=Body.JSON,
    )
    def activate_route(request: Request, route_id: Id, body: ActivateIn) -> TaughtOut:
        """Put a version of a taught route in force, in place of the one that was."""
        with _refusals():
            route = activate(
                context.database,
                route_id,
                body.version,
                reason=body.reason,
                take_over=body.take_over,
                who=principal_of(request).name,
                now=context.clock(),
            )
        return TaughtOut.of(route)

    @surface.operation(
        "POST",
        "/api/v1/routes/taught/{route_id}/withdraw",
        Access.REVIEW,
        tags=["routes"],
        body=Body.JSON,
    )
    def withdraw_route(request: Request, route_id: Id, body: ReasonIn) -> TaughtOut:
        """Put a taught route out of force, or drop its draft; what it decided stays as it is."""
        with _refusals():
            route = withdraw(
                context.database,
                route_id,
                reason=body.reason,
                who=principal_of(request).name,
                now=context.clock(),
            )
        return TaughtOut.of(route)

    @surface.operation(
        "POST", "/api/v1/routes/taught/{route_id}/apply", Access.REVIEW, tags=["routes"]
    )
    def apply_route(request: Request, route_id: Id) -> RoutedAgainOut:
        """Let routing decide again about past series that nobody knew, or that were set aside."""
        with _refusals():
            count = route_again(
                context.database,
                route_id,
                who=principal_of(request).name,
                now=context.clock(),
            )
        return RoutedAgainOut(series=count)


def _lesson(body: LessonIn, reason: str = "") -> Lesson:
    return Lesson(
        series_instance_uid=body.series_instance_uid,
        keywords=body.match,
        numbers=[
            TaughtNumber(keyword=each.keyword, place=each.place, name=each.name)
            for each in body.numbers
        ],
        reason=reason,
        test=body.test,
        variant=body.variant,
        role=body.role,
        ignore=body.ignore,
    )


def _versions(routes: Sequence[TaughtRoute]) -> TaughtVersionsOut:
    return TaughtVersionsOut(items=[TaughtOut.of(route) for route in routes])


@contextmanager
def _refusals() -> Iterator[None]:
    """Tell in the words of problems why something cannot be taught."""
    try:
        yield
    except TeachingError as error:
        raise Problem(409, "not-teachable", str(error)) from error
