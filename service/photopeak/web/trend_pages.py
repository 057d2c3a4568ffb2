"""The page of a trend, and taking one of its points out or back in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from photopeak.model.page import Access, Page, PageReply, PageRequest
from photopeak.model.results import ResultRecord, ScopeValue
from photopeak.model.trends import Comparison, Rules, TrendPoint
from photopeak.reports.text import capitalised, unit_text
from photopeak.storage import exclusions, results
from photopeak.storage.database import Transaction
from photopeak.storage.errors import NotFoundError, StateError
from photopeak.storage.trends import NumberDescription
from photopeak.trends import keeping
from photopeak.trends.comparison import compare
from photopeak.trends.load import Trend, load
from photopeak.web.chart_words import chart_words
from photopeak.web.comparison_views import ComparisonView, comparison_view
from photopeak.web.context import WebContext
from photopeak.web.limit_trial import TRIED, limit_trial
from photopeak.web.names import test_titles
from photopeak.web.rendering import Renderer
from photopeak.web.trend_address import (
    LONGEST,
    api_address,
    number_name,
    number_of,
    on_the_wire,
    span_of,
    test_name,
    trend_address,
)
from photopeak.web.trend_choice import RANGES, Choice, Other, Window, choose, window
from photopeak.web.trend_views import TrendViews, rooms
from photopeak.web.values import scope_text, value_text

_ROWS = 400
"""Points of one table; a button leads to those before."""
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Option:
    """One of a list to choose from."""

    value: str
    text: str
    chosen: bool


class TrendPages:
    """Pages on trends."""

    def __init__(self, context: WebContext, renderer: Renderer) -> None:
        self._context = context
        self._renderer = renderer
        settings = context.settings.trends
        self._rules = Rules(run_length=settings.run_length, horizon_days=settings.horizon_days)
        self._zone = ZoneInfo(context.settings.site.time_zone)

    def pages(self) -> tuple[Page, ...]:
        """Return the pages."""
        chosen = (
            "device",
            "test",
            "number",
            "configuration",
            "other",
            "days",
            "until",
            "log",
            *TRIED,
        )
        return (
            Page(method="GET", path="/trends", access=Access.READ, answer=self.show, query=chosen),
            Page(
                method="GET",
                path="/trends/point",
                access=Access.READ,
                answer=self.point,
                query=("result", "number", "days"),
            ),
            Page(method="POST", path="/trends/exclude", access=Access.REVIEW, answer=self.exclude),
            Page(method="POST", path="/trends/include", access=Access.REVIEW, answer=self.include),
        )

    def show(self, request: PageRequest) -> PageReply:
        """Answer with the trend of a number."""
        now = self._context.clock()
        devices = [device.id for device in self._context.devices()]
        with self._context.database.snapshot() as tx:
            choice = choose(tx, request.query, devices)
            if choice is None:
                return self._empty(request, now)
            trend = self._load(tx, choice, request.query.get("configuration"))
            there = None if choice.other is None else self._load_other(tx, choice, choice.other)
        log = request.query.get("log") == "1"
        chosen = window(request.query, now, self._zone)
        track = trend.track(self._rules, log=log)
        number, words = choice.number, self._renderer.words
        views = TrendViews(
            track,
            words,
            self._renderer.clockwork,
            decimals=number.decimals,
            unit=number.unit,
        )
        lines, cut = views.lines(since=chosen.since, until=chosen.until, most=_ROWS)
        kept = self._kept(choice, trend, chosen, log=log)
        shown = _within([p.point for p in track.points], chosen)
        visitor = request.visitor
        return self._renderer.page(
            "trend.html",
            request,
            now,
            here="trends",
            choice=choice,
            name=self._name(number),
            place=scope_text(number.scope, words),
            unit=unit_text(number.unit),
            device_name=self._context.device_names().get(choice.device_id, choice.device_id),
            test_title=test_titles(self._context.tests(), words)(choice.test),
            options=self._options(choice, trend),
            standing=views.standing(),
            signals=views.signals(since=chosen.since, until=chosen.until),
            events=list(reversed(track.events)),
            steps=views.steps(),
            rooms=rooms(track.events),
            lines=lines,
            earlier=""
            if cut is None
            else self._address(kept, until=cut.astimezone(self._zone).date().isoformat()),
            last=track.points[-1].point.at if track.points else None,
            to_last=self._address(
                kept, until=track.points[-1].point.at.astimezone(self._zone).date().isoformat()
            )
            if track.points
            else "",
            trial=limit_trial([p for p in trend.own if p.counts], request.query, words),
            kept=kept,
            any_shown=bool(shown),
            any_band=any(epoch.band is not None for epoch in track.epochs),
            any_floor=any(p.noise_floor is not None for p in shown),
            counted=track.epochs[-1].counted if track.epochs else 0,
            ranges=[(days, self._address(kept, days=days)) for days in RANGES],
            window=chosen,
            now_address=self._address(kept, until=""),
            log=log,
            log_address=self._address(kept, log="" if log else "1"),
            comparison=self._compared(trend, there, chosen),
            other_name="" if choice.other is None else self._other_name(choice.other),
            chart=self._chart(choice, trend, chosen, log=log),
            chart_words=chart_words(words),
            csv=self._csv(choice, chosen),
            propose=f"/baselines/new?{urlencode(self._key(choice, trend))}",
            new_event=f"/events/new?{urlencode({'device': choice.device_id})}",
            may_review=visitor is not None and visitor.may(Access.REVIEW),
        )

    def point(self, request: PageRequest, fault: str = "") -> PageReply:
        """Answer with one point, to take it out of the trend or to let it count again."""
        given = request.form or request.query
        asked = number_of(given.get("number", "")[:LONGEST])
        if asked is None:
            raise NotFoundError("there is no such number")
        metric, scope = asked
        with self._context.database.snapshot() as tx:
            record = results.get(tx, given.get("result", ""))
            kept = exclusions.of_result(tx, record.id)
        number = next(
            (m for m in record.measurements if m.metric == metric and dict(m.scope) == dict(scope)),
            None,
        )
        if number is None or record.device_id is None:
            raise NotFoundError(f"result {record.id} has no such number in a trend")
        words = self._renderer.words
        concerned = [
            e for e in kept if not e.metric or (e.metric, dict(e.scope)) == (metric, dict(scope))
        ]
        visitor = request.visitor
        return self._renderer.page(
            "trend_point.html",
            request,
            self._context.clock(),
            status=422 if fault else 200,
            here="trends",
            result=record,
            value=value_text(number),
            name=words.pick(number.label, number.label_zh),
            place=scope_text(scope, words),
            unit=unit_text(number.unit),
            asked=given.get("number", ""),
            days=given.get("days", ""),
            out=next((e for e in concerned if e.undone_at is None), None),
            history=list(reversed(concerned)),
            back=self._back(record, metric, scope, given.get("days", "")),
            device_name=self._context.device_names().get(record.device_id, record.device_id),
            may_review=visitor is not None and visitor.may(Access.REVIEW),
            reason=request.form.get("reason", ""),
            fault=fault,
            longest=LONGEST_REASON,
        )

    def exclude(self, request: PageRequest) -> PageReply:
        """Take a number out of its trend, or every number of its result, and show the trend."""
        form = request.form
        asked = number_of(form.get("number", "")[:LONGEST])
        if asked is None:
            raise NotFoundError("there is no such number")
        metric, scope = asked
        fault = self._fault(form.get("reason", ""))
        if fault:
            return self.point(request, fault)
        whole = form.get("whole") == "1"
        try:
            with self._context.database.transaction() as tx:
                record = results.get(tx, form.get("result", ""))
                keeping.exclude(
                    tx,
                    record.id,
                    metric="" if whole else metric,
                    scope={} if whole else scope,
                    reason=form["reason"].strip(),
                    who=request.visitor.name if request.visitor else "",
                    now=self._context.clock(),
                )
        except StateError:
            return self.point(request, self._renderer.words("It is out of the trend already."))
        return PageReply(location=self._back(record, metric, scope, form.get("days", "")))

    def include(self, request: PageRequest) -> PageReply:
        """Let what was taken out count again, and show the trend."""
        form = request.form
        asked = number_of(form.get("number", "")[:LONGEST])
        if asked is None:
            raise NotFoundError("there is no such number")
        fault = self._fault(form.get("reason", ""))
        if fault:
            return self.point(request, fault)
        try:
            with self._context.database.transaction() as tx:
                kept = keeping.include(
                    tx,
                    form.get("exclusion", ""),
                    reason=form["reason"].strip(),
                    who=request.visitor.name if request.visitor else "",
                    now=self._context.clock(),
                )
                record = results.get(tx, kept.result_id)
        except StateError:
            return self.point(request, self._renderer.words("It counts again already."))
        return PageReply(location=self._back(record, *asked, form.get("days", "")))

    def _fault(self, reason: str) -> str:
        words = self._renderer.words
        if not reason.strip():
            return words("A reason is needed.")
        if len(reason) > LONGEST_REASON:
            return words("A reason has {count} characters at most.", count=LONGEST_REASON)
        return ""

    def _empty(self, request: PageRequest, now: datetime) -> PageReply:
        wanted = request.query.get("device", "")
        return self._renderer.page(
            "trend_empty.html",
            request,
            now,
            here="trends",
            devices=self._context.devices(),
            wanted=wanted,
            device_name=self._context.device_names().get(wanted, wanted),
            listener=self._context.settings.listener,
        )

    def _load(self, tx: Transaction, choice: Choice, configuration: str | None) -> Trend:
        where: dict[str, Any] = {
            "device_id": choice.device_id,
            "test": choice.test,
            "variant": choice.variant,
            "metric": choice.number.metric,
            "scope": choice.number.scope,
        }
        found = load(tx, **where)
        if configuration is None or configuration not in found.configurations:
            return found
        return load(tx, **where, configuration=configuration)

    def _load_other(self, tx: Transaction, choice: Choice, other: Other) -> Trend:
        return load(
            tx,
            device_id=other.device_id,
            test=choice.test,
            variant=choice.variant,
            metric=choice.number.metric,
            scope=other.scope,
        )

    def _compared(self, trend: Trend, there: Trend | None, chosen: Window) -> ComparisonView | None:
        if there is None:
            return None
        found: Comparison = compare(
            _within(trend.own, chosen), _within(there.own, chosen), zone=self._zone
        )
        number = trend.own[-1] if trend.own else None
        return comparison_view(
            found,
            self._renderer.words,
            decimals=number.decimals if number else 2,
            unit=unit_text(number.unit) if number else "",
            alike=trend.key.configuration == there.key.configuration,
        )

    def _name(self, number: NumberDescription) -> str:
        words = self._renderer.words
        return words.pick(number.label, number.label_zh) or capitalised(
            number.metric.replace("_", " ")
        )

    def _options(self, choice: Choice, trend: Trend) -> dict[str, list[Option]]:
        words = self._renderer.words
        title = test_titles(self._context.tests(), words)
        several = {t.test for t in choice.tests if sum(o.test == t.test for o in choice.tests) > 1}
        own = (choice.number.metric, dict(choice.number.scope))
        return {
            "device": [
                Option(d.id, d.name, d.id == choice.device_id) for d in self._context.devices()
            ],
            "test": [
                Option(
                    test_name(t.test, t.variant),
                    f"{title(t.test)} · {t.variant}" if t.test in several else title(t.test),
                    (t.test, t.variant) == (choice.test, choice.variant),
                )
                for t in choice.tests
            ],
            "number": [
                Option(
                    number_name(n.metric, n.scope),
                    ", ".join(t for t in (self._name(n), scope_text(n.scope, words)) if t),
                    (n.metric, dict(n.scope)) == own,
                )
                for n in choice.numbers
            ],
            "configuration": [
                Option(name, words.told(name) or words("not told"), name == trend.key.configuration)
                for name in trend.configurations
            ],
            "other": [
                Option(o.name, self._other_name(o), o == choice.other) for o in choice.others
            ],
        }

    def _other_name(self, other: Other) -> str:
        if other.head is not None:
            return self._renderer.words("Detector {number}", number=other.head)
        return self._context.device_names().get(other.device_id, other.device_id)

    def _key(self, choice: Choice, trend: Trend) -> dict[str, str]:
        return {
            "device": choice.device_id,
            "test": test_name(choice.test, choice.variant),
            "number": choice.name,
            "configuration": trend.key.configuration,
        }

    def _kept(self, choice: Choice, trend: Trend, chosen: Window, *, log: bool) -> dict[str, str]:
        """Return everything that stands in the address of this trend."""
        kept = self._key(choice, trend)
        if len(trend.configurations) < 2:
            del kept["configuration"]
        return kept | {
            "other": choice.other.name if choice.other else "",
            "days": chosen.days,
            "until": chosen.last.isoformat() if chosen.last else "",
            "log": "1" if log else "",
        }

    def _address(self, kept: dict[str, str], **changes: str) -> str:
        text = {name: value for name, value in (kept | changes).items() if value}
        return f"/trends?{urlencode(text)}"

    def _chart(self, choice: Choice, trend: Trend, chosen: Window, *, log: bool) -> dict[str, str]:
        """Return where the script finds what it draws."""
        asked = {
            "device": choice.device_id,
            "test": choice.test,
            "variant": choice.variant,
            "metric": choice.number.metric,
            "scope": json.dumps(dict(choice.number.scope)),
        } | span_of(chosen.since, chosen.until)
        found = {
            "trend": api_address("trends", asked, configuration=trend.key.configuration, log=log),
            "other": "",
            "compare": "",
        }
        if choice.other is not None:
            there = {
                "device": choice.other.device_id,
                "scope": json.dumps(dict(choice.other.scope)),
            }
            found["other"] = api_address("trends", asked | there)
            found["compare"] = api_address(
                "trends/compare",
                asked | {"other_device": there["device"], "other_scope": there["scope"]},
            )
        return found

    def _csv(self, choice: Choice, chosen: Window) -> str:
        asked = {
            "device": choice.device_id,
            "test": choice.test,
            "metric": choice.number.metric,
        }
        if chosen.since is not None:
            asked["since"] = on_the_wire(chosen.since)
        if chosen.until is not None:
            asked["until"] = on_the_wire(chosen.until)
        return f"/api/v1/results.csv?{urlencode(asked)}"

    def _back(
        self, record: ResultRecord, metric: str, scope: dict[str, ScopeValue], days: str
    ) -> str:
        return trend_address(
            record.device_id or "",
            record.test,
            record.variant,
            metric,
            scope,
            days=days if days in RANGES else "",
        )


def _within(points: Sequence[TrendPoint], chosen: Window) -> list[TrendPoint]:
    return [
        p
        for p in points
        if (chosen.since is None or p.at >= chosen.since)
        and (chosen.until is None or p.at < chosen.until)
    ]
