"""How taught routes and what they match are shown, on the page that teaches and on that of a route."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from photopeak.model.routing import RoutingOutcome
from photopeak.model.series import SeriesRecord
from photopeak.model.taught import LessonState, TaughtRoute
from photopeak.reports.teaching import Preview
from photopeak.routing.taught import numbers_in
from photopeak.storage import series, taught
from photopeak.storage.database import Transaction
from photopeak.web.context import WebContext
from photopeak.web.looks import Look
from photopeak.web.names import series_name, test_titles
from photopeak.web.rendering import Renderer

STATES = {
    LessonState.DRAFT: Look("ring", "due", "Not in force", "Somebody has to put it in force."),
    LessonState.ACTIVE: Look("pass", "pass", "In force", "New series are known by it."),
    LessonState.SUPERSEDED: Look("dash", "none", "Superseded", "A later version took its place."),
    LessonState.WITHDRAWN: Look("dash", "none", "Withdrawn", "It is not in force any more."),
}
"""Look of a version of a taught route."""

_GAP = "…"


@dataclass(frozen=True, slots=True)
class MatchLine:
    """Past series that are alike, as a lesson meets them."""

    texts: str
    count: int
    last_at: datetime
    goes_to: str
    claimed_by: str
    stays: bool


@dataclass(frozen=True, slots=True)
class PreviewView:
    """What a lesson would match, as shown."""

    count: int
    claimed: int
    taken_over: int
    lines: tuple[MatchLine, ...]
    series: tuple[tuple[SeriesRecord, str], ...]


@dataclass(frozen=True, slots=True)
class RouteView:
    """A version of a taught route as shown."""

    route: TaughtRoute
    look: Look
    device: str
    title: str
    part: str
    conditions: tuple[tuple[str, str], ...]


class LessonViews:
    """Turns lessons and what they match into what templates show."""

    def __init__(self, context: WebContext, renderer: Renderer) -> None:
        self._context = context
        self._renderer = renderer

    def device(self, device_id: str | None) -> str:
        """Return what a device is called."""
        if device_id is None:
            return self._renderer.words("Unknown device")
        return self._context.device_names().get(device_id, device_id)

    def rule(self, taught_names: dict[str, str], rule: str) -> str:
        """Return what a rule of a decision is called; a taught one by what it leads to."""
        words = self._renderer.words
        if rule == "content":
            return words("what the pixels show")
        if rule == "sender":
            return words("what the sender said")
        return taught_names.get(rule, rule)

    def preview(self, tx: Transaction, found: Preview) -> PreviewView:
        """Return what a lesson would match, as shown."""
        words = self._renderer.words
        title = test_titles(self._context.tests(), words)
        taught_names = self.taught_names(tx)
        lines = []
        for line in found.lines:
            share = line.share
            goes_to = title(share.test) if share.test else words("Nobody knows them")
            if share.outcome == RoutingOutcome.NOT_QC:
                goes_to = words("Not quality control")
            owner = line.stays_with or line.claimed_by
            lines.append(
                MatchLine(
                    texts=" · ".join(dict.fromkeys(line.alike.texts.values())),
                    count=share.count,
                    last_at=share.last_at,
                    goes_to=goes_to,
                    claimed_by=self.rule(taught_names, owner) if owner else "",
                    stays=bool(line.stays_with),
                )
            )
        records = (series.find(tx, uid) for uid in found.series)
        return PreviewView(
            count=found.count,
            claimed=found.claimed,
            taken_over=found.taken_over,
            lines=tuple(lines),
            series=tuple((r, series_name(r, words)) for r in records if r is not None),
        )

    def taught_names(self, tx: Transaction) -> dict[str, str]:
        """Return what people call each taught route, by its name in decisions."""
        words = self._renderer.words
        return {
            route.name: words("taught: {texts}", texts=self.conditions_text(route))
            for route in taught.latest(tx)
        }

    def conditions_text(self, route: TaughtRoute) -> str:
        """Return what a taught route looks for in one line."""
        return " · ".join(text for _, text in self.conditions(route) if text)

    def conditions(self, route: TaughtRoute) -> tuple[tuple[str, str], ...]:
        """Return the texts that have to be equal, with what may stand for numbers that vary."""
        return tuple(
            (keyword, _with_numbers(route, keyword, text))
            for keyword, text in route.conditions.items()
        )

    def route(self, route: TaughtRoute) -> RouteView:
        """Return a version of a taught route as shown."""
        words = self._renderer.words
        test = self._context.test(route.test)
        role = None if test is None else test.role(route.role)
        title = test_titles(self._context.tests(), words)(route.test)
        part = " / ".join(
            each for each in (route.variant, (role.label if role else "") or route.role) if each
        )
        return RouteView(
            route=route,
            look=STATES[route.state],
            device=self.device(route.device_id),
            title=words("Not quality control") if route.ignore else title,
            part=part,
            conditions=self.conditions(route),
        )


def _with_numbers(route: TaughtRoute, keyword: str, text: str) -> str:
    """Return a text with ``<name>`` or an ellipsis where a number may be another one."""
    names = {
        n.place: f"<{n.name}>" if n.name else _GAP for n in route.numbers if n.keyword == keyword
    }
    if not names:
        return text
    shown, rest = "", text
    for place, number in enumerate(numbers_in(text)):
        before, _, rest = rest.partition(number)
        shown += before + names.get(place, number)
    return shown + rest
