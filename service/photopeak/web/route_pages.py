"""Routes: the rules in force and how often they hit, a trial, and the versions of what was taught."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from photopeak.model.page import Access, Page, PageReply, PageRequest
from photopeak.model.routing import RoutingDecision
from photopeak.model.series import SeriesState
from photopeak.model.taught import TAUGHT_PRIORITY, LessonState
from photopeak.reports.rule_history import on_history
from photopeak.reports.teaching import (
    MOST_AT_ONCE,
    TeachingError,
    activate,
    preview,
    route_again,
    to_route_again,
    withdraw,
)
from photopeak.routing.rules import Rule
from photopeak.storage import lessons, series, taught
from photopeak.storage.errors import NotFoundError
from photopeak.storage.lessons import Hits
from photopeak.web.context import WebContext
from photopeak.web.lesson_views import LessonViews
from photopeak.web.names import series_name, test_titles
from photopeak.web.rendering import Renderer

_RECENT = timedelta(days=90)
_OFFERED = 100
_LISTED = 50
_MOST_REASON = 200
_TRIED = tuple(s for s in SeriesState if s not in (SeriesState.RECEIVING, SeriesState.QUARANTINED))


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule in force as a line; `link` leads to what it finds in the past."""

    name: str
    source: str
    priority: int
    conditions: tuple[str, ...]
    target: str
    hits: Hits | None
    link: str


class RoutePages:
    """Pages on routes."""

    def __init__(self, context: WebContext, renderer: Renderer) -> None:
        self._context = context
        self._renderer = renderer
        self._views = LessonViews(context, renderer)

    def pages(self) -> tuple[Page, ...]:
        """Return the pages."""
        one = "/routes/taught/{id}"
        return (
            Page(method="GET", path="/routes", access=Access.READ, answer=self.listing),
            Page(
                method="GET",
                path="/routes/history",
                access=Access.READ,
                answer=self.history,
                query=("rule",),
            ),
            Page(
                method="GET",
                path="/routes/test",
                access=Access.OPERATE,
                answer=self.trial,
                query=("series",),
            ),
            Page(method="GET", path=one, access=Access.READ, answer=self.one, query=("applied",)),
            Page(method="POST", path=f"{one}/activate", access=Access.REVIEW, answer=self.activate),
            Page(method="POST", path=f"{one}/withdraw", access=Access.REVIEW, answer=self.withdraw),
            Page(method="POST", path=f"{one}/apply", access=Access.REVIEW, answer=self.apply),
        )

    def listing(self, request: PageRequest) -> PageReply:
        """Answer with every rule in force, and the lessons that wait for somebody."""
        now = self._context.clock()
        with self._context.database.snapshot() as tx:
            hits = lessons.hits(tx, since=now - _RECENT)
            learned = taught.latest(tx)
        lines = [
            RuleLine(
                name=self._views.conditions_text(route),
                source=self._renderer.words("taught by {who}", who=route.taught_by),
                priority=TAUGHT_PRIORITY,
                conditions=(self._views.device(route.device_id),),
                target=self._views.route(route).title,
                hits=hits.get(route.name),
                link=f"/routes/taught/{route.id}",
            )
            for route in learned
            if route.active
        ]
        title = test_titles(self._context.tests(), self._renderer.words)
        rules = sorted(self._context.routes().rules, key=lambda rule: -rule.priority)
        lines += [self._line(rule, hits.get(rule.id), title) for rule in rules]
        return self._renderer.page(
            "routes.html",
            request,
            now,
            here="routes",
            lines=lines,
            dormant=[self._views.route(r) for r in learned if not r.active],
            version=self._context.routes().version,
        )

    def history(self, request: PageRequest) -> PageReply:
        """Answer with what the words of a rule find in the past, and where that goes today."""
        name = request.query.get("rule", "")
        rule = next((r for r in self._context.routes().rules if r.id == name), None)
        if rule is None:
            raise NotFoundError(f"there is no rule {name}")
        title = test_titles(self._context.tests(), self._renderer.words)
        with self._context.database.snapshot() as tx:
            found = on_history(tx, rule)
            names = self._views.taught_names(tx)
        return self._renderer.page(
            "route_history.html",
            request,
            self._context.clock(),
            here="routes",
            line=self._line(rule, None, title),
            found=found,
            elsewhere=[
                (self._views.rule(names, r) if r else self._renderer.words("nobody"), number)
                for r, number in (found.elsewhere if found else ())
            ],
            lines=[
                (
                    " · ".join(dict.fromkeys(each.alike.texts.values())),
                    each.count,
                    self._views.rule(names, each.rule) if each.rule else "",
                )
                for each in (found.found[:_LISTED] if found else ())
            ],
        )

    def trial(self, request: PageRequest) -> PageReply:
        """Answer with what routing would decide about a past series now."""
        uid = request.query.get("series", "")
        decision: RoutingDecision | None = None
        name = ""
        with self._context.database.snapshot() as tx:
            recent = series.page(tx, states=_TRIED, limit=_OFFERED).items
            chosen = series.find(tx, uid) if uid else None
        words = self._renderer.words
        if chosen is not None and chosen.state in _TRIED:
            decision = self._context.explain_series(uid, None)
            name = series_name(chosen, words)
        elif uid:
            raise NotFoundError(f"series {uid} cannot be tried")
        return self._renderer.page(
            "route_test.html",
            request,
            self._context.clock(),
            here="routes",
            choices=[(s.series_instance_uid, series_name(s, words), s) for s in recent],
            chosen=uid,
            name=name,
            decision=decision,
        )

    def one(self, request: PageRequest, refused: str = "") -> PageReply:
        """Answer with a taught route: what it matches, its versions, and what can be done with it."""
        with self._context.database.snapshot() as tx:
            versions = taught.history(tx, request.path["id"])
            if not versions:
                raise NotFoundError(f"there is no taught route {request.path['id']}")
            current = next((v for v in versions if v.active), versions[-1])
            newest = versions[-1]
            shown = newest if newest.state is LessonState.DRAFT else current
            found = self._views.preview(tx, preview(tx, shown))
            waiting = (
                len(to_route_again(tx, current, limit=MOST_AT_ONCE + 1)) if current.active else 0
            )
            example = series.find(tx, shown.example) if shown.example else None
        words = self._renderer.words
        return self._renderer.page(
            "taught_route.html",
            request,
            self._context.clock(),
            status=409 if refused else 200,
            here="routes",
            view=self._views.route(shown),
            active=current.active,
            draft=shown.state is LessonState.DRAFT,
            versions=[self._views.route(v) for v in reversed(versions)],
            preview=found,
            waiting=min(waiting, MOST_AT_ONCE),
            more_waiting=waiting > MOST_AT_ONCE,
            example=example,
            example_name=series_name(example, words) if example else "",
            applied=request.query.get("applied", ""),
            form=request.form,
            refused=refused,
        )

    def activate(self, request: PageRequest) -> PageReply:
        """Put the version that somebody looked at in force."""
        version = request.form.get("version", "")
        try:
            activate(
                self._context.database,
                request.path["id"],
                int(version) if version.isdecimal() and len(version) < 9 else 0,
                reason=request.form.get("reason", "")[:_MOST_REASON],
                take_over=request.form.get("take_over") == "1",
                who=_name(request),
                now=self._context.clock(),
            )
        except TeachingError as error:
            return self.one(request, refused=str(error))
        return PageReply(location=f"/routes/taught/{request.path['id']}")

    def withdraw(self, request: PageRequest) -> PageReply:
        """Put a route out of force, or drop a draft."""
        try:
            withdraw(
                self._context.database,
                request.path["id"],
                reason=request.form.get("reason", "")[:_MOST_REASON],
                who=_name(request),
                now=self._context.clock(),
            )
        except TeachingError as error:
            return self.one(request, refused=str(error))
        return PageReply(location=f"/routes/taught/{request.path['id']}")

    def apply(self, request: PageRequest) -> PageReply:
        """Let routing decide again about the past series that it fits."""
        try:
            count = route_again(
                self._context.database,
                request.path["id"],
                who=_name(request),
                now=self._context.clock(),
            )
        except TeachingError as error:
            return self.one(request, refused=str(error))
        return PageReply(location=f"/routes/taught/{request.path['id']}?applied={count}")

    def _line(self, rule: Rule, hits: Hits | None, title: Callable[[str], str]) -> RuleLine:
        words = self._renderer.words
        conditions = [", ".join(sorted(rule.modalities))] if rule.modalities else []
        if rule.text is not None:
            conditions += [pattern.source for pattern in rule.text.patterns]
        conditions += [element.keyword for element in rule.elements]
        named = sorted(set(rule.test.values()))
        target = ", ".join(title(test) for test in named)
        if rule.ignore:
            target = words("Not quality control")
        elif rule.classify_by_content:
            target = words("what the pixels show")
        elif rule.always:
            target = words("adds {test}", test=target)
        if rule.purpose:
            target = ", ".join(part for part in (target, words(rule.purpose)) if part)
        return RuleLine(
            name=rule.id,
            source=rule.origin.rsplit("/", 1)[-1],
            priority=rule.priority,
            conditions=tuple(conditions),
            target=target,
            hits=hits,
            link=f"/routes/history?rule={rule.id}",
        )


def _name(request: PageRequest) -> str:
    return request.visitor.name if request.visitor else ""
