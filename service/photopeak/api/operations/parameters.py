"""Parameters that several operations take: bounded, of a known form, never guessed at."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Path, Query
from starlette.requests import Request

from photopeak.api.authentication import Principal
from photopeak.api.problems import Problem
from photopeak.model.moments import plausible

_ID = r"^[0-9A-Za-z-]{1,64}$"
_UID = r"^[0-9.]{1,64}$"
_WORD = r"^[^\x00-\x1f\x7f]{1,64}$"

Uid = Annotated[str, Path(pattern=_UID, description="Series Instance UID")]
Id = Annotated[str, Path(pattern=_ID, description="id")]
Name = Annotated[str, Path(pattern=r"^[0-9A-Za-z_-]{1,64}$", description="name")]
Limit = Annotated[int, Query(ge=1, le=200, description="items of a page")]
Cursor = Annotated[str | None, Query(max_length=300, description="`next` of the page before")]
Since = Annotated[datetime | None, Query(description="RFC 3339, with zone")]
DeviceFilter = Annotated[str | None, Query(pattern=_WORD)]
Word = Annotated[str, Query(pattern=_WORD)]
TestFilter = Annotated[str | None, Query(pattern=r"^[a-z0-9_]{1,64}$")]


def aware(moment: datetime | None, name: str = "since") -> datetime | None:
    """Return a moment that has a zone and can be meant; another one is refused by its name."""
    if moment is None:
        return None
    fault = "needs a zone" if moment.tzinfo is None else ""
    if not plausible(moment):
        fault = "is no moment that can be meant"
    if fault:
        raise Problem(422, "not-acceptable", errors=((f"/query/{name}", fault),))
    return moment


def principal_of(request: Request) -> Principal:
    """Return who asks; the gate has let nobody else through."""
    principal = request.scope["state"].get("principal")
    if not isinstance(principal, Principal):
        raise TypeError("an operation was reached without a principal")
    return principal
