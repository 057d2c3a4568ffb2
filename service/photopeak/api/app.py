"""The application: every operation behind the gate."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from photopeak.api import problems
from photopeak.api.answers import Answers
from photopeak.api.authentication import Authenticator
from photopeak.api.browser import add_files, add_pages, add_sign_in, cookie_name
from photopeak.api.buckets import Buckets
from photopeak.api.context import ApiContext
from photopeak.api.gate import Gate
from photopeak.api.operations import (
    alerts,
    audit,
    exports,
    health,
    notifications,
    readings,
    reports,
    results,
    reviews,
    routes,
    schedule,
    series,
    site,
    test_sets,
    trends,
    uploads,
)
from photopeak.api.problems import Problem
from photopeak.api.provider_sign_in import add_provider
from photopeak.api.reception import sweep
from photopeak.api.surface import Surface, Table
from photopeak.model.page import Access
from photopeak.storage.errors import CursorError, NotFoundError, StateError

SCHEMA_PATH = "/api/v1/openapi.json"


def create_app(context: ApiContext) -> FastAPI:
    """Return the application.

    Files that an earlier process left under way in the data folder are removed.
    """
    sweep(context.data)
    authenticator = Authenticator(
        context.database,
        context.rates,
        cookie=cookie_name(context.settings.web),
        clock=context.clock,
        monotonic=context.monotonic,
    )
    surface = Surface()
    subjects = (
        health, site, series, exports, results, reports, test_sets, readings, routes, uploads, alerts,
        notifications,
        audit, trends, schedule, reviews,
    )  # fmt: skip
    for subject in subjects:
        subject.add(surface, context)
    if context.pages:
        add_sign_in(surface, context, authenticator)
        if context.settings.oidc.enabled:
            add_provider(surface, context, authenticator, context.settings.oidc)
        add_files(surface, tuple(context.files))
        add_pages(
            surface,
            tuple(context.pages),
            context.clock,
            secure=context.settings.web.over_tls,
        )
    app = FastAPI(
        title="Photopeak",
        version=context.version,
        description="Quality control in nuclear medicine. Not a medical device; not for diagnosis.",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    _add_schema(surface, app)
    app.include_router(surface.router)
    answers = Answers(context.problem_page)
    _add_error_handlers(app, answers)
    app.state.operations = tuple(surface.operations)
    app.add_middleware(
        Gate,
        answers=answers,
        table=Table(surface.operations),
        settings=context.settings.web,
        authenticator=authenticator,
        addresses=Buckets(context.rates.address, context.monotonic),
        tokens=Buckets(context.rates.token, context.monotonic),
    )
    return app


def _add_schema(surface: Surface, app: FastAPI) -> None:
    async def schema() -> Response:
        document = app.openapi()
        document.setdefault("components", {})["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer"}
        }
        document["security"] = [{"token": []}]
        return Response(json.dumps(document), media_type="application/json")

    surface.add("GET", SCHEMA_PATH, Access.READ, schema, schema=False)


def _add_error_handlers(app: FastAPI, answers: Answers) -> None:
    def answer(request: Request, problem: Problem) -> Response:
        return answers.response(request.scope, problem)

    async def own(request: Request, error: Exception) -> Response:
        return answer(request, error if isinstance(error, Problem) else Problem(500, "internal"))

    async def validation(request: Request, error: Exception) -> Response:
        faults: list[Mapping[str, Any]] = []
        if isinstance(error, RequestValidationError):
            faults = list(error.errors())
        return answer(request, problems.from_validation(faults))

    async def http(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException):
            return answer(request, problems.from_status(error.status_code, error.headers))
        return answer(request, Problem(500, "internal"))

    async def absent(request: Request, _: Exception) -> Response:
        return answer(request, problems.not_found())

    async def cursor(request: Request, _: Exception) -> Response:
        detail = "The cursor is not one of this list; begin without it."
        return answer(request, Problem(422, "cursor-unknown", detail))

    async def state(request: Request, _: Exception) -> Response:
        return answer(request, Problem(409, "state", "Its state does not allow this now."))

    app.add_exception_handler(Problem, own)
    app.add_exception_handler(RequestValidationError, validation)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(NotFoundError, absent)
    app.add_exception_handler(CursorError, cursor)
    app.add_exception_handler(StateError, state)
