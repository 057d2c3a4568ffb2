"""The form on which results are taken out for other programs: whose, which numbers, of what days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from photopeak.model.moments import plausible
from photopeak.model.page import Access, Page, PageReply, PageRequest
from photopeak.web.context import WebContext
from photopeak.web.names import test_titles
from photopeak.web.rendering import Renderer, one_of

FORMS = {"csv": "CSV", "xlsx": "Excel", "ndjson": "JSON"}
"""Forms of an export, by the end of its address."""

_ASKED = ("device", "test", "metric", "from", "to", "form")


class ExportPages:
    """Pages that lead to an export."""

    def __init__(self, context: WebContext, renderer: Renderer) -> None:
        self._context = context
        self._renderer = renderer
        self._zone = ZoneInfo(context.settings.site.time_zone)

    def pages(self) -> tuple[Page, ...]:
        """Return the pages."""
        return (
            Page(
                method="GET", path="/exports", access=Access.READ, answer=self.choose, query=_ASKED
            ),
        )

    def choose(self, request: PageRequest) -> PageReply:
        """Answer with the form, or go on to what it asks for."""
        asked, words = request.query, self._renderer.words
        form = one_of(asked, "form", frozenset(FORMS))
        fault = ""
        if form:
            try:
                return PageReply(location=f"/api/v1/results.{form}{self._selection(asked)}")
            except ValueError:
                fault = words("A day is written as 2026-03-02.")
        tests = self._context.tests()
        title = test_titles(tests, words)
        return self._renderer.page(
            "exports.html",
            request,
            self._context.clock(),
            status=422 if fault else 200,
            here="results",
            forms=FORMS,
            devices=self._context.devices(),
            tests=sorted((title(test.id), test.id) for test in tests),
            metrics=sorted(
                (
                    title(test.id),
                    [(m.key, words.pick(m.label, m.label_zh) or m.key) for m in test.metrics],
                )
                for test in tests
                if test.metrics
            ),
            asked={name: asked.get(name, "") for name in _ASKED},
            fault=fault,
        )

    def _selection(self, asked: Mapping[str, str]) -> str:
        """Return the parameters of the export.

        Raises
        ------
        ValueError
            If a day is none.
        """
        chosen = {name: asked.get(name, "") for name in ("device", "test", "metric")}
        if asked.get("from"):
            chosen["since"] = self._begin(asked["from"])
        if asked.get("to"):
            chosen["until"] = self._begin(asked["to"], days=1)
        given = urlencode({name: value for name, value in chosen.items() if value})
        return f"?{given}" if given else ""

    def _begin(self, text: str, *, days: int = 0) -> str:
        day = date.fromisoformat(text)
        if not plausible(day):
            raise ValueError(f"{text} is no day that can be meant")
        begin = datetime.combine(day + timedelta(days=days), time.min, self._zone)
        return begin.astimezone(UTC).isoformat().replace("+00:00", "Z")
