"""Errors on the wire: RFC 9457 problem details that never repeat what the caller sent."""

from __future__ import annotations

import http
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:photopeak:problem:"

DECLARED_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""Names of ours: what looks otherwise came from the caller and is not repeated."""

TITLES = {
    400: "The request cannot be understood",
    401: "A valid token is needed",
    403: "Not allowed",
    404: "Not found",
    405: "This address does not take that method",
    408: "The request took too long",
    409: "This contradicts the present state",
    413: "The body is too large",
    415: "This kind of body is not taken here",
    422: "A value is not acceptable",
    429: "Too many requests",
    431: "The header is too large",
    500: "The request failed inside the service",
    501: "This is not installed",
    503: "The service cannot answer at the moment",
}
"""What each status is in a few words."""

# Messages of these kinds quote a piece of the input.
_QUIET_KINDS = {
    "uuid": "not a UUID",
    "datetime": "not a date with time and zone (RFC 3339)",
    "date": "not a date (RFC 3339)",
    "time": "not a time",
    "json": "not JSON",
    "url": "not an address",
    "string_pattern": "not of the form that is expected",
    "literal": "not one of the words that are expected",
    "enum": "not one of the words that are expected",
}


@dataclass(eq=False)
class Problem(Exception):  # noqa: N818 - the name of RFC 9457
    """A request that is answered with an error.

    `code` is the stable last part of the problem's type, `detail` a sentence of our own words;
    `errors` holds (JSON pointer or parameter name, sentence) of each value at fault; `members` what
    else is said of each of them, in the same order, such as its unit and its bounds.
    """

    status: int
    code: str
    detail: str = ""
    errors: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] | None = None
    members: Sequence[Mapping[str, Any]] = ()

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.detail}"


def unauthenticated() -> Problem:
    """Return the one answer to every missing, unknown, wrong, expired or revoked credential."""
    return Problem(
        401,
        "unauthenticated",
        "Send a valid token as Authorization: Bearer.",
        headers={"WWW-Authenticate": 'Bearer realm="photopeak"'},
    )


def not_found() -> Problem:
    """Return the answer for what is not there."""
    return Problem(404, "not-found")


def too_many(wait_s: float) -> Problem:
    """Return the answer for a caller who asks too often."""
    return Problem(
        429, "too-many-requests", headers={"Retry-After": str(max(1, round(wait_s + 0.5)))}
    )


def title_of(problem: Problem) -> str:
    """Return what a problem is in a few words."""
    return TITLES.get(problem.status, http.HTTPStatus(problem.status).phrase)


def content(problem: Problem, request_id: str) -> dict[str, Any]:
    """Return the members of a problem document."""
    document: dict[str, Any] = {
        "type": TYPE_PREFIX + problem.code,
        "title": title_of(problem),
        "status": problem.status,
        "instance": f"urn:uuid:{request_id}",
    }
    if problem.detail:
        document["detail"] = problem.detail
    if problem.errors:
        more = problem.members or [{}] * len(problem.errors)
        document["errors"] = [
            {"pointer": p, "detail": d, **members}
            for (p, d), members in zip(problem.errors, more, strict=True)
        ]
    return document


def response(problem: Problem, request_id: str) -> Response:
    """Return the HTTP response for a problem."""
    return Response(
        json.dumps(content(problem, request_id)),
        problem.status,
        headers={**(problem.headers or {}), "Cache-Control": "no-store"},
        media_type=MEDIA_TYPE,
    )


def from_validation(faults: Sequence[Mapping[str, Any]]) -> Problem:
    """Return the problem for values that do not fit, naming places but never values."""
    errors = []
    for fault in faults[:20]:
        kind = str(fault.get("type", ""))
        place = [str(part) for part in fault.get("loc", ())]
        if kind == "extra_forbidden":
            place, message = place[:-1], "has a key that is not known"
        else:
            quiet = next((m for k, m in _QUIET_KINDS.items() if kind.startswith(k)), None)
            message = quiet or str(fault.get("msg", "not acceptable"))
        known = [p for p in place if p.isdecimal() or DECLARED_NAME.fullmatch(p)]
        errors.append(("/" + "/".join(known), message))
    return Problem(422, "not-acceptable", errors=errors)


def from_status(status: int, headers: Mapping[str, str] | None = None) -> Problem:
    """Return the plain problem for a status that a library raised."""
    words = http.HTTPStatus(status).phrase.lower().replace(" ", "-").replace("'", "")
    return Problem(status, words, headers=headers)
