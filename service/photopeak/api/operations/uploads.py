"""Uploads: files that come in over HTTP by the same way as over C-STORE."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Header
from starlette.requests import Request
from starlette.responses import Response

from photopeak.api.context import ApiContext
from photopeak.api.idempotency import Replays
from photopeak.api.operations.parameters import principal_of
from photopeak.api.problems import Problem
from photopeak.api.reception import Intake
from photopeak.api.surface import Body, Surface
from photopeak.api.wire.site import UploadOut, UploadsOut
from photopeak.model.page import Access
from photopeak.model.reception import StoreOutcome

_MOST_FILES = 2000


def add(surface: Surface, context: ApiContext) -> None:
    """Add the operations."""
    replays = Replays(context.monotonic)

    @surface.operation(
        "POST",
        "/api/v1/uploads",
        Access.OPERATE,
        tags=["uploads"],
        body=Body.STREAM,
        response_model=UploadsOut,
        openapi_extra={"requestBody": Intake.SCHEMA},
    )
    async def upload(
        request: Request,
        response: Response,
        idempotency_key: Annotated[
            str | None, Header(pattern=r"^[!-~]{1,128}$", description="the same key is done once")
        ] = None,
    ) -> UploadsOut:
        """Store files; the answer tells for each what became of it, in the order of the upload.

        The same file twice is a duplicate and does no harm. With an Idempotency-Key the answer of
        the first time is given again.
        """
        principal = principal_of(request)
        address = request.client.host if request.client else ""
        intake = Intake(context.data, request, most_files=_MOST_FILES)
        if idempotency_key is None:
            outcomes = await intake.each(
                lambda path: context.receive(path, principal.name, address)
            )
            return _answer_of(outcomes)
        key = f"{principal.token_id} {idempotency_key}"
        with replays.turn(key) as turn:
            if turn.done is not None:
                await intake.each(None)
                if turn.done.digest != intake.digest:
                    raise Problem(
                        422, "key-used-before", "The Idempotency-Key belongs to other files."
                    )
                response.headers["Idempotent-Replayed"] = "true"
                return turn.done.answer
            outcomes = await intake.each(
                lambda path: context.receive(path, principal.name, address)
            )
            answer = _answer_of(outcomes)
            turn.keep(intake.digest, answer)
            return answer


def _answer_of(outcomes: Sequence[StoreOutcome]) -> UploadsOut:
    if not outcomes:
        raise Problem(422, "no-file", "The upload has no file in it.")
    return UploadsOut(
        files=[UploadOut.of_outcome(index, outcome) for index, outcome in enumerate(outcomes)]
    )
