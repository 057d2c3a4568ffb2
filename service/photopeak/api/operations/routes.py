"""Routes: the rules in force, a trial of them, and what people teach."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from fastapi import Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from photopeak.api.context import ApiContext
from photopeak.api.operations.parameters import Id, principal_of
from photopeak.api.problems import Problem
from photopeak.api.reception import Intake
from photopeak.api.surface import Body, Surface
from photopeak.api.wire.series import DecisionOut
from photopeak.api.wire.site import RouteOut, RoutesOut, TaughtOut, TeachIn
from photopeak.model.page import Access
from photopeak.reports.teaching import Lesson, TeachingError, teach, withdraw
from photopeak.storage import instances, series, taught

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
            paths = await run_in_threadpool(_paths_of, context, series_uid)
            return DecisionOut.of(await run_in_threadpool(context.explain_route, paths))
        intake = Intake(context.data, request, most_files=_MOST_FILES)
        async with intake.kept() as files:
            if not files:
                raise Problem(422, "no-file", "Send a file, or name a series.")
            return DecisionOut.of(await run_in_threadpool(context.explain_route, files))

    @surface.operation(
        "POST",
        "/api/v1/routes/taught",
        Access.OPERATE,
        tags=["routes"],
        body=Body.JSON,
        status_code=201,
    )
    def teach_route(request: Request, body: TeachIn) -> TaughtOut:
        """Say what a series is; series of its device with the same texts are the same from now on."""
        lesson = Lesson(
            series_instance_uid=body.series_instance_uid,
            keywords=body.match,
            reason=body.reason,
            test=body.test,
            variant=body.variant,
            role=body.role,
            ignore=body.ignore,
        )
        try:
            route = teach(
                context.database,
                lesson,
                tests=context.tests(),
                texts=context.series_texts(body.series_instance_uid),
                who=principal_of(request).name,
                now=context.clock(),
            )
        except TeachingError as error:
            raise Problem(409, "not-teachable", str(error)) from error
        context.taught(body.series_instance_uid)
        return TaughtOut.of(route)

    @surface.operation(
        "DELETE",
        "/api/v1/routes/taught/{route_id}",
        Access.OPERATE,
        tags=["routes"],
        status_code=204,
        response_class=Response,
    )
    def withdraw_route(request: Request, route_id: Id) -> Response:
        """Put a taught route out of force; what it decided stays as it is."""
        withdraw(context.database, route_id, who=principal_of(request).name, now=context.clock())
        return Response(status_code=204)


def _paths_of(context: ApiContext, uid: str) -> Sequence[Path]:
    with context.database.snapshot() as tx:
        series.get(tx, uid)
        stored = instances.by_series(tx, uid)
    return [context.data / instance.path for instance in stored]
