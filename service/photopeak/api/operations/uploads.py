"""Uploads: files that come in over HTTP by the same way as over C-STORE."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from fastapi import Header, Query
from starlette.requests import Request
from starlette.responses import Response

from photopeak.api.context import ApiContext, Arrival
from photopeak.api.idempotency import Replays
from photopeak.api.operations.parameters import principal_of
from photopeak.api.problems import Problem
from photopeak.api.reception import Intake, out_of_resources
from photopeak.api.surface import Body, Surface
from photopeak.api.wire.site import UploadOut, UploadsOut
from photopeak.inbox.upload import FileOutcome
from photopeak.model.documents import Statement
from photopeak.model.page import Access
from photopeak.model.reception import StoreOutcome, StoreStatus
from photopeak.routing.catalogue import TESTS

Said = Annotated[str, Query(max_length=128, pattern=r"^[\w .+:/-]*$")]
"""A word about the documents of an upload; empty for nothing."""
_MOST_FILES = 2000
_MOST_OUTCOMES = 10_000
_MOST_REASONS = 100
_STORED = 201
_PARTLY_STORED = 207
_RESPONSES: dict[int | str, dict[str, Any]] = {
    _STORED: {"description": "Every file is stored, or was there already."},
    _PARTLY_STORED: {
        "model": UploadsOut,
        "description": "Some files are stored and others are not: look at each.",
    },
    413: {"description": "The body is too large, or has too many files."},
    422: {
        "description": "Nothing is stored: the problem document gives the reason for each of the"
        f" first {_MOST_REASONS} files by its place in the upload."
    },
    503: {"description": "Nothing is stored because the service has no room; send it again."},
}


def add(surface: Surface, context: ApiContext) -> None:
    """Add the operations."""
    replays = Replays(context.monotonic)

    @surface.operation(
        "POST",
        "/api/v1/uploads",
        Access.OPERATE,
        tags=["uploads"],
        body=Body.STREAM,
        status_code=_STORED,
        response_model=UploadsOut,
        responses=_RESPONSES,
        openapi_extra={"requestBody": Intake.SCHEMA},
    )
    async def upload(
        request: Request,
        response: Response,
        idempotency_key: Annotated[
            str | None, Header(pattern=r"^[!-~]{1,128}$", description="the same key is done once")
        ] = None,
        device: Said = "",
        test: Said = "",
        variant: Said = "",
        role: Said = "",
    ) -> UploadsOut:
        """Store files, and the members of zip archives; the answer tells what became of each.

        Files are DICOM objects, or documents: reports as XML or PDF, and sinograms as Interfile.
        Documents are known by their content, never by their name, and stored bit for bit. `device`,
        `test`, `variant` and `role` say what the documents are, where their content does not; they
        say nothing of DICOM objects, which tell themselves. The same document with the same words
        is a duplicate, with others another series. XML with a document type declaration is refused.

        The outcomes stand in the order of the upload. A file is stored as soon as it has come
        whole, so an upload that is cut off leaves those before the cut. The same file twice is a
        duplicate and does no harm. With an Idempotency-Key the answer of the first time is given
        again.

        An archive may have 10 000 members (of the whole upload), 4 GiB unpacked, and 100 bytes
        unpacked for each byte packed. Members with paths that lead out, links, encrypted and
        damaged ones are refused one by one; an archive inside of an archive is not opened.
        """
        principal = principal_of(request)
        statement = _checked(
            Statement(device=device, test=test, variant=variant, role=role), context
        )
        address = request.client.host if request.client else ""
        outcomes = _Outcomes(context, principal.name, address, statement)
        intake = Intake(context.data, request, most_files=_MOST_FILES)
        if idempotency_key is None:
            await intake.each(outcomes.take)
            return _answered(outcomes.answer(), response)
        with replays.turn(f"{principal.id} {idempotency_key}") as turn:
            if turn.done is not None:
                await intake.each(None)
                if turn.done.digest != intake.digest:
                    raise Problem(
                        422, "key-used-before", "The Idempotency-Key belongs to other files."
                    )
                response.headers["Idempotent-Replayed"] = "true"
                return _answered(turn.done.answer, response)
            await intake.each(outcomes.take)
            answer = outcomes.answer()
            if not outcomes.may_be_repeated:
                turn.keep(intake.digest, answer)
            return _answered(answer, response)


class _Outcomes:
    """What became of the files of one upload."""

    def __init__(
        self, context: ApiContext, sender: str, address: str, statement: Statement
    ) -> None:
        self._context = context
        self._statement = statement
        self._sender = sender
        self._address = address
        self._index = 0
        self._found: list[tuple[int, FileOutcome]] = []

    def take(self, path: Path, name: str) -> None:
        """Receive a file, unless those before it were too many already."""
        left = _MOST_OUTCOMES - len(self._found)
        outcomes: Sequence[FileOutcome]
        if left > 0:
            outcomes = self._context.receive(
                Arrival(
                    path=path,
                    name=name,
                    sender=self._sender,
                    address=self._address,
                    most_members=left,
                    statement=self._statement,
                )
            )
        else:
            full = StoreOutcome(
                status=StoreStatus.OUT_OF_RESOURCES,
                comment="too many files in one upload; send this one in another",
            )
            outcomes = (FileOutcome(name="", outcome=full),)
        self._found += [(self._index, outcome) for outcome in outcomes]
        self._index += 1

    @property
    def may_be_repeated(self) -> bool:
        """Whether a file was refused that would be stored another time."""
        return any(found.outcome.status is StoreStatus.OUT_OF_RESOURCES for _, found in self._found)

    def answer(self) -> UploadsOut:
        """Return all outcomes.

        Raises
        ------
        Problem
            If nothing was stored.
        """
        if not self._found:
            raise Problem(422, "no-file", "The upload has no file in it.")
        answer = UploadsOut(files=[UploadOut.of_outcome(*found) for found in self._found])
        if any(file.stored for file in answer.files):
            return answer
        reasons = [(f"/files/{f.index}", f.reason) for f in answer.files[:_MOST_REASONS]]
        if self.may_be_repeated:
            raise out_of_resources(reasons)
        raise Problem(422, "nothing-stored", "None of the files could be stored.", errors=reasons)


def _checked(statement: Statement, context: ApiContext) -> Statement:
    """Refuse words that name nothing: a document with them would wait for ever."""
    faults = []
    if statement.device and all(d.id != statement.device for d in context.devices()):
        faults.append(("/query/device", "there is no such device"))
    if statement.test:
        known = next((t for t in context.tests() if t.id == statement.test), None)
        if known is None and statement.test not in TESTS:
            faults.append(("/query/test", "there is no such test"))
        if known is not None:
            if statement.variant and not known.has_variant(statement.variant):
                faults.append(("/query/variant", "the test has no such variant"))
            if statement.role and known.role(statement.role) is None:
                faults.append(("/query/role", "the test has no such role"))
    elif statement.variant or statement.role:
        faults.append(("/query/test", "a variant and a role belong to a test"))
    if faults:
        raise Problem(
            422, "not-known", "What is said of the documents names nothing.", errors=faults
        )
    return statement


def _answered(answer: UploadsOut, response: Response) -> UploadsOut:
    """Say with the status whether all files were stored."""
    if not all(file.stored or file.ignored for file in answer.files):
        response.status_code = _PARTLY_STORED
    return answer
