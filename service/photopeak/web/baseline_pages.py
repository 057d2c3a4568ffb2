"""Baselines: what was accepted of a device, what a new one would change, and accepting it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from photopeak.alerts.channels.announcements import announce_baseline
from photopeak.model.devices import Device
from photopeak.model.page import Access, Page, PageReply, PageRequest
from photopeak.model.trends import (
    AcceptedBaseline,
    BaselineProposal,
    Rules,
    SpreadOf,
    TrendPoint,
)
from photopeak.reports.text import capitalised, number_text, unit_text
from photopeak.storage import limits, results, trends
from photopeak.storage.database import Transaction
from photopeak.storage.errors import NotFoundError
from photopeak.storage.trends import NumberDescription
from photopeak.trends import keeping
from photopeak.trends.foresight import Foresight, foresee
from photopeak.trends.keeping import RefusedError
from photopeak.trends.load import Trend, load
from photopeak.web.context import WebContext
from photopeak.web.names import test_titles
from photopeak.web.rendering import Renderer
from photopeak.web.trend_address import (
    LONGEST,
    number_name,
    number_of,
    test_name,
    trend_address,
)
from photopeak.web.trend_choice import day_of, midnight
from photopeak.web.trend_pages import LONGEST_REASON
from photopeak.web.values import bounds_text, scope_text

MOST_RESULTS = 100
"""Results of the largest baseline."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a baseline."""

    number: int
    value: str
    spread: str
    count: int
    start: datetime
    reason: str
    by: str
    accepted_at: datetime


@dataclass(frozen=True, slots=True)
class NumberLine:
    """A number of the device with its baselines, the one in force first."""

    test: str
    name: str
    place: str
    unit: str
    configuration: str
    versions: tuple[Version, ...]
    trend: str
    propose: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Number:
    trend: Trend
    description: NumberDescription | None


class BaselinePages:
    """Pages on baselines."""

    def __init__(self, context: WebContext, renderer: Renderer) -> None:
        self._context = context
        self._renderer = renderer
        settings = context.settings.trends
        self._rules = Rules(run_length=settings.run_length, horizon_days=settings.horizon_days)
        self._zone = ZoneInfo(context.settings.site.time_zone)

    def pages(self) -> tuple[Page, ...]:
        """Return the pages."""
        asked = ("device", "test", "number", "configuration", "since", "until", "spread_of")
        return (
            Page(
                method="GET",
                path="/baselines",
                access=Access.READ,
                answer=self.listing,
                query=("device",),
            ),
            Page(
                method="GET",
                path="/baselines/new",
                access=Access.READ,
                answer=self.propose,
                query=asked,
            ),
            Page(method="POST", path="/baselines", access=Access.REVIEW, answer=self.accept),
        )

    def listing(self, request: PageRequest) -> PageReply:
        """Answer with the baselines of a device."""
        devices = self._context.devices()
        wanted = request.query.get("device", "")
        with self._context.database.snapshot() as tx:
            device = self._device(tx, wanted, devices)
            lines = [] if device is None else self._lines(tx, device.id)
            bare = [] if device is None else self._without(tx, device.id, lines)
        return self._renderer.page(
            "baselines.html",
            request,
            self._context.clock(),
            here="baselines",
            devices=devices,
            device=device,
            lines=lines,
            bare=bare,
            may_review=request.visitor is not None and request.visitor.may(Access.REVIEW),
        )

    def propose(self, request: PageRequest, fault: str = "") -> PageReply:
        """Answer with the baseline that some results would give, and with what it would change."""
        given = request.form or request.query
        now = self._context.clock()
        with self._context.database.snapshot() as tx:
            number = self._number(tx, given)
        chosen = self._chosen(number.trend, given)
        spread_of = _spread_of(given)
        proposal: BaselineProposal | None = None
        foreseen: Foresight | None = None
        points: list[TrendPoint] = []
        words = self._renderer.words
        if len(chosen) > MOST_RESULTS:
            fault = fault or words(
                "{count} results lie in this time; a baseline is of {most} at most.",
                count=len(chosen),
                most=MOST_RESULTS,
            )
        elif chosen:
            proposal = keeping.proposal(number.trend, chosen)
            foreseen = foresee(
                number.trend, proposal, rules=self._rules, spread_of=spread_of, now=now
            )
            known = set(proposal.sources)
            points = [p for p in reversed(number.trend.own) if p.result_id in known]
        last = number.trend.own[-1] if number.trend.own else None
        decimals = last.decimals if last else 2
        band = foreseen.band if foreseen else None
        before = number.trend.baselines[-1] if number.trend.baselines else None
        key = number.trend.key
        return self._renderer.page(
            "baseline_new.html",
            request,
            now,
            status=422 if fault else 200,
            here="baselines",
            name=self._name(key.metric, number.description),
            place=scope_text(key.scope, words),
            unit=unit_text(last.unit) if last else "",
            test_title=test_titles(self._context.tests(), words)(key.test),
            device_name=self._context.device_names().get(key.device_id, key.device_id),
            configuration=key.configuration,
            given=given,
            since=self._day(points[-1].at) if points else given.get("since", ""),
            until=self._day(points[0].at) if points else given.get("until", ""),
            proposal=proposal,
            foreseen=foreseen,
            value=number_text(proposal.value, decimals + 1) if proposal else "",
            spreads=_spreads(proposal, decimals),
            spread_of=spread_of,
            control=""
            if band is None
            else bounds_text(
                _fine(band.action_lower, decimals), _fine(band.action_upper, decimals), decimals + 1
            ),
            before=None if before is None else self._version(before, decimals),
            points=[(p.result_id, p.at, number_text(p.value, p.decimals)) for p in points],
            sources=",".join(proposal.sources) if proposal else "",
            back=self._trend(key.device_id, key.test, key.variant, key.metric, key.scope),
            reason=request.form.get("reason", ""),
            fault=fault,
            longest=LONGEST_REASON,
            may_review=request.visitor is not None and request.visitor.may(Access.REVIEW),
        )

    def accept(self, request: PageRequest) -> PageReply:
        """Put a baseline in force, of the very results that were looked at."""
        form, words = request.form, self._renderer.words
        reason = form.get("reason", "").strip()
        sources = [text for text in form.get("results", "").split(",") if text]
        if not reason:
            return self.propose(request, words("A reason is needed."))
        if len(reason) > LONGEST_REASON:
            return self.propose(
                request, words("A reason has {count} characters at most.", count=LONGEST_REASON)
            )
        if not 1 <= len(sources) <= MOST_RESULTS:
            return self.propose(request, words("Choose the results to make it of."))
        now = self._context.clock()
        try:
            with self._context.database.transaction() as tx:
                number = self._number(tx, form)
                kept = keeping.accept(
                    tx,
                    keeping.proposal(number.trend, sources),
                    reason=reason,
                    who=request.visitor.name if request.visitor else "",
                    now=now,
                    spread_of=_spread_of(form),
                )
                announce_baseline(tx, self._context.alerts, kept, now=now)
        except RefusedError:
            said = words("Some of these results do not count any more; look at them again.")
            return self.propose(request, said)
        key = number.trend.key
        return PageReply(
            location=self._trend(key.device_id, key.test, key.variant, key.metric, key.scope)
        )

    def _device(self, tx: Transaction, wanted: str, devices: Sequence[Device]) -> Device | None:
        if wanted:
            return next((d for d in devices if d.id == wanted), None)
        with_some = (d for d in devices if limits.accepted_of_device(tx, d.id))
        return next(with_some, devices[0] if devices else None)

    def _number(self, tx: Transaction, given: Mapping[str, str]) -> _Number:
        test, slash, variant = given.get("test", "")[:LONGEST].partition("/")
        asked = number_of(given.get("number", "")[:LONGEST])
        device = given.get("device", "")
        if asked is None or not slash:
            raise NotFoundError("there is no such number")
        metric, scope = asked
        configuration = given.get("configuration")
        trend = load(
            tx,
            device_id=device,
            test=test,
            variant=variant,
            metric=metric,
            scope=scope,
            configuration=configuration,
        )
        if not trend.own:
            raise NotFoundError("there is no such number")
        described = trends.numbers(tx, device, test, variant)
        fits = (n for n in described if (n.metric, dict(n.scope)) == (metric, scope))
        return _Number(trend, next(fits, None))

    def _chosen(self, trend: Trend, given: Mapping[str, str]) -> list[str]:
        """Return the results of the days that are asked for, or what would be proposed."""
        since, until = day_of(given.get("since", "")), day_of(given.get("until", ""))
        if since is None and until is None:
            try:
                return list(keeping.proposal(trend).sources)
            except RefusedError:
                return []
        first = None if since is None else midnight(since, self._zone)
        end = None if until is None else midnight(until + timedelta(days=1), self._zone)
        return [
            p.result_id
            for p in trend.own
            if p.counts and (first is None or p.at >= first) and (end is None or p.at < end)
        ]

    def _lines(self, tx: Transaction, device_id: str) -> list[NumberLine]:
        grouped: dict[tuple[str, ...], list[AcceptedBaseline]] = {}
        for entry in limits.accepted_of_device(tx, device_id):
            b = entry.baseline
            name = number_name(b.metric, b.scope)
            grouped.setdefault((b.test, b.variant, name, b.configuration), []).append(entry)
        known = self._described(tx, device_id)
        return [
            self._line(found, known.get((test, variant, name)))
            for (test, variant, name, _), found in grouped.items()
        ]

    def _described(
        self, tx: Transaction, device_id: str
    ) -> dict[tuple[str, str, str], NumberDescription]:
        return {
            (t.test, t.variant, number_name(n.metric, n.scope)): n
            for t in results.latest_per_test(tx, device_id)
            for n in trends.numbers(tx, device_id, t.test, t.variant)
        }

    def _line(
        self, found: Sequence[AcceptedBaseline], description: NumberDescription | None
    ) -> NumberLine:
        newest = found[-1].baseline
        decimals = description.decimals if description else 2
        return NumberLine(
            test=test_titles(self._context.tests(), self._renderer.words)(newest.test),
            name=self._name(newest.metric, description),
            place=scope_text(newest.scope, self._renderer.words),
            unit=unit_text(description.unit) if description else "",
            configuration=newest.configuration,
            versions=tuple(self._version(entry, decimals) for entry in reversed(found)),
            trend=trend_address(
                newest.device_id,
                newest.test,
                newest.variant,
                newest.metric,
                newest.scope,
                configuration=newest.configuration,
            ),
            propose={
                "device": newest.device_id,
                "test": test_name(newest.test, newest.variant),
                "number": number_name(newest.metric, newest.scope),
                "configuration": newest.configuration,
            },
        )

    def _without(
        self, tx: Transaction, device_id: str, lines: Sequence[NumberLine]
    ) -> list[tuple[str, str, dict[str, str]]]:
        """Return the judged numbers that have no baseline: test, name, and what to propose."""
        have = {(line.propose["test"], line.propose["number"]) for line in lines}
        title = test_titles(self._context.tests(), self._renderer.words)
        found = []
        for (test, variant, name), number in self._described(tx, device_id).items():
            if number.judged and (test_name(test, variant), name) not in have:
                words = self._renderer.words
                told = (self._name(number.metric, number), scope_text(number.scope, words))
                query = {"device": device_id, "test": test_name(test, variant), "number": name}
                found.append((title(test), words(", ").join(t for t in told if t), query))
        return found

    def _version(self, entry: AcceptedBaseline, decimals: int) -> Version:
        b = entry.baseline
        return Version(
            number=b.version,
            value=number_text(b.value, decimals + 1),
            spread="" if b.spread is None else number_text(b.spread, decimals + 1),
            count=b.count,
            start=b.epoch_start,
            reason=b.reason,
            by=b.approved_by,
            accepted_at=entry.accepted_at,
        )

    def _name(self, metric: str, description: NumberDescription | None) -> str:
        if description is None:
            return capitalised(metric.replace("_", " "))
        return self._renderer.words.pick(description.label, description.label_zh)

    def _trend(
        self,
        device_id: str,
        test: str,
        variant: str,
        metric: str,
        scope: Mapping[str, str | int | float],
    ) -> str:
        return trend_address(device_id, test, variant, metric, scope)

    def _day(self, at: datetime) -> str:
        return at.astimezone(self._zone).date().isoformat()


def _spread_of(given: Mapping[str, str]) -> SpreadOf:
    moving = given.get("spread_of") == SpreadOf.MOVING_RANGE.value
    return SpreadOf.MOVING_RANGE if moving else SpreadOf.STANDARD_DEVIATION


def _spreads(proposal: BaselineProposal | None, decimals: int) -> dict[str, str]:
    found = {
        SpreadOf.STANDARD_DEVIATION.value: proposal.spread if proposal else None,
        SpreadOf.MOVING_RANGE.value: proposal.spread_moving if proposal else None,
    }
    return {k: "" if v is None else number_text(v, decimals + 1) for k, v in found.items()}


def _fine(value: float | None, decimals: int) -> float | None:
    return None if value is None else round(value, decimals + 1)
