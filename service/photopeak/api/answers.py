"""Problems as who asked can read them: a page for a person at a browser, JSON for a program."""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

from photopeak.api import problems
from photopeak.api.problems import Problem, title_of

Show = Callable[[str, str], str]
"""Returns a page with a title and a sentence."""

_API = "/api/"


class Answers:
    """Answers with problems; without `show` all of them are JSON."""

    def __init__(self, show: Show | None = None) -> None:
        self._show = show

    def response(self, scope: Scope, problem: Problem) -> Response:
        """Return what is sent back for a problem of a request."""
        answer = problems.response(problem, scope["state"]["request_id"])
        if self._show is None or not _asks_for_a_page(scope):
            return answer
        sentences = [problem.detail, *(said for _, said in problem.errors)]
        text = self._show(title_of(problem), " ".join(filter(None, sentences)))
        kept = {
            k: v for k, v in answer.headers.items() if k not in ("content-type", "content-length")
        }
        return Response(text, problem.status, headers=kept, media_type="text/html; charset=utf-8")


def _asks_for_a_page(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return (
        "text/html" in headers.get("accept", "")
        and "hx-request" not in headers
        and not scope["path"].startswith(_API)
    )
