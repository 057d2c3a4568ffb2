"""Limit sets: what is in force, where it comes from, its versions, and what changed between them."""

from __future__ import annotations

from itertools import groupby

from photopeak.model.page import Access, Page, PageReply, PageRequest
from photopeak.storage import limits
from photopeak.storage.errors import NotFoundError
from photopeak.storage.limits import StoredLimitSet
from photopeak.web.context import WebContext
from photopeak.web.limit_diff import LimitWords
from photopeak.web.names import test_titles
from photopeak.web.rendering import Renderer


class LimitPages:
    """Pages on limit sets."""

    def __init__(self, context: WebContext, renderer: Renderer) -> None:
        self._context = context
        self._renderer = renderer

    def pages(self) -> tuple[Page, ...]:
        """Return the pages."""
        return (
            Page(method="GET", path="/limits", access=Access.READ, answer=self.listing),
            Page(
                method="GET",
                path="/limits/{name}",
                access=Access.READ,
                answer=self.one,
                query=("version", "before"),
            ),
        )

    def listing(self, request: PageRequest) -> PageReply:
        """Answer with every limit set, those in force first."""
        with self._context.database.snapshot() as tx:
            versions = limits.every_version(tx)
        named = [list(group) for _, group in groupby(versions, key=lambda v: v.limit_set.name)]
        lines = [(_current(group), len(group)) for group in named]
        lines.sort(key=lambda line: not line[0].active)
        return self._renderer.page(
            "limits.html", request, self._context.clock(), here="baselines", lines=lines
        )

    def one(self, request: PageRequest) -> PageReply:
        """Answer with a version of a limit set, and with what changed from another."""
        name = request.path["name"]
        with self._context.database.snapshot() as tx:
            versions = limits.history(tx, name)
        if not versions:
            raise NotFoundError(f"there is no limit set {name}")
        shown = _asked(versions, request.query.get("version", "")) or _current(versions)
        place = versions.index(shown)
        before = _asked(versions, request.query.get("before", ""))
        if before is None and place:
            before = versions[place - 1]
        words = self._renderer.words
        labels = {
            (test.id, metric.key): words.pick(metric.label, metric.label_zh)
            for test in self._context.tests()
            for metric in test.metrics
        }
        said = LimitWords(words, test_titles(self._context.tests(), words), labels)
        return self._renderer.page(
            "limit_set.html",
            request,
            self._context.clock(),
            here="baselines",
            shown=shown,
            before=before,
            versions=list(reversed(versions)),
            lines=[said.line(limit) for limit in shown.limit_set.limits],
            changes=[] if before is None else said.difference(before.limit_set, shown.limit_set),
        )


def _asked(versions: tuple[StoredLimitSet, ...], version: str) -> StoredLimitSet | None:
    if not version:
        return None
    return next((v for v in versions if v.limit_set.version.startswith(version)), None)


def _current(versions: tuple[StoredLimitSet, ...] | list[StoredLimitSet]) -> StoredLimitSet:
    return next((v for v in versions if v.active), versions[-1])
