"""A trend as a page says it: where it stands now, what it shows, and every point as a line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from photopeak.model.judgement import LimitKind, Status, Verdict
from photopeak.model.trends import (
    SERVICE,
    ChangePoint,
    EventKind,
    EventStep,
    LeftOut,
    PlacedPoint,
    ServiceEvent,
    Signal,
    SignalLevel,
    Track,
    TrendPoint,
)
from photopeak.reports.text import number_text, unit_text
from photopeak.web.looks import STATUS, WORST_FIRST, Look
from photopeak.web.signal_words import LEVEL, SignalWords
from photopeak.web.times import Clockwork
from photopeak.web.values import bounds_text, expanded_text, limit_text, source_text, value_text
from photopeak.web.words import Words

KIND = {
    EventKind.SERVICE: "Maintenance",
    EventKind.CORRECTIVE_ACTION: "Corrective action",
    EventKind.CALIBRATION: "Calibration",
    EventKind.SOFTWARE: "Software update",
    EventKind.SOURCE: "Source",
    EventKind.ENVIRONMENT: "Environment",
    EventKind.OTHER: "Other",
}
"""Word for a kind of event."""

EXCLUDED = Look("excluded", "none", "Excluded", "A person took it out of the trend.")

_JUDGED = (Status.PASS, Status.WARN, Status.FAIL)
_ORDER = {SignalLevel.ACTION: 0, SignalLevel.WARNING: 1, SignalLevel.NOTE: 2}


@dataclass(frozen=True, slots=True)
class Told:
    """A signal: its name, its look, its sentence, and when."""

    rule: str
    look: Look
    text: str
    at: datetime
    href: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class PointLine:
    """A point as a line; texts are empty where there is nothing to say."""

    result_id: str
    at: datetime
    dated: bool
    look: Look
    value: str
    expanded: str
    limit: str
    difference: str
    z: str
    ewma: str
    ewma_limits: str
    cusum: str
    floor: str
    in_baseline: bool
    signals: tuple[tuple[str, Look, str], ...]
    remark: str
    excluded: bool
    counts: bool


@dataclass(frozen=True, slots=True)
class EventLine:
    """An event, a change or the beginning of a baseline between the points."""

    at: datetime
    icon: str
    title: str
    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a trend stands: what the boxes above the chart say."""

    look: Look | None
    latest: str
    expanded: str
    at: datetime | None
    baseline: str
    spread: str
    of_baseline: str
    difference: str
    z: str
    limit: str
    source: str
    drift: str
    ahead: str


def lead(point: TrendPoint) -> Verdict | None:
    """Return the verdict that counts most for a point: what judges it, the worst of them."""
    judged = [v for v in point.verdicts if v.status in _JUDGED]
    binding = [v for v in judged if v.kind is not LimitKind.INFORMATIVE] or judged
    return min(binding, key=lambda v: WORST_FIRST.index(v.status), default=None)


def look_of(point: TrendPoint) -> Look:
    """Return how a point looks: its own verdict, not that of its result."""
    if point.left_out is LeftOut.EXCLUDED:
        return EXCLUDED
    if point.left_out is LeftOut.INVALID:
        return STATUS[Status.INVALID]
    verdict = lead(point)
    return STATUS[Status.NO_LIMIT if verdict is None else verdict.status]


class TrendViews:
    """Says one trend in the language of the pages."""

    def __init__(
        self, track: Track, words: Words, clockwork: Clockwork, *, decimals: int, unit: str
    ) -> None:
        self._track = track
        self._words = words
        self._clockwork = clockwork
        self._decimals = decimals
        self._unit = unit_text(unit)
        self.sayings = SignalWords(words, clockwork, decimals=decimals, unit=self._unit)
        self._by_result: dict[str, list[Signal]] = {}
        for signal in track.signals:
            self._by_result.setdefault(signal.result_id, []).append(signal)

    def standing(self) -> Standing:
        """Return where the trend stands."""
        words = self._words
        latest = next((p for p in reversed(self._track.points) if p.point.counts), None)
        epoch = self._track.epochs[-1] if self._track.epochs else None
        baseline = epoch.baseline if epoch is not None else None
        band = epoch.band if epoch is not None else None
        verdict = lead(latest.point) if latest is not None else None
        said, ahead = self.sayings.drift(self._track.drift)
        return Standing(
            look=None if latest is None else look_of(latest.point),
            latest="" if latest is None else value_text(latest.point, latest.point.verdicts),
            expanded="" if latest is None else expanded_text(latest.point),
            at=None if latest is None else latest.point.at,
            baseline="" if baseline is None else self._fine(baseline.value),
            spread="" if band is None else self._fine(band.spread),
            of_baseline=""
            if baseline is None
            else words(
                "version {version}, {count} results from {day}, {name}",
                version=baseline.version,
                count=baseline.count,
                day=self._clockwork.long_day(baseline.epoch_start),
                name=baseline.approved_by,
            ),
            difference="" if latest is None else self._difference(latest),
            z="" if latest is None or latest.z is None else signed_text(latest.z, 1),
            limit="" if verdict is None else limit_text(verdict, self._decimals, words),
            source="" if verdict is None else source_text(verdict, words),
            drift=said,
            ahead=ahead,
        )

    def signals(self, *, since: datetime | None, until: datetime | None) -> list[Told]:
        """Return what the rules found within a time: each rule once with its latest, worst first."""
        latest: dict[str, list[Signal]] = {}
        for signal in self._track.signals:
            if (since is None or signal.at >= since) and (until is None or signal.at < until):
                latest.setdefault(signal.rule, []).append(signal)
        chosen = sorted(latest.values(), key=lambda found: found[-1].at, reverse=True)
        chosen.sort(key=lambda found: _ORDER[found[-1].level])
        return [
            Told(
                rule=found[-1].rule,
                look=LEVEL[found[-1].level],
                text=self.sayings.signal(found[-1]),
                at=found[-1].at,
                href=f"/results/{found[-1].result_id}",
                count=len(found),
            )
            for found in chosen
        ]

    def lines(
        self, *, since: datetime | None, until: datetime | None, most: int
    ) -> tuple[list[PointLine | EventLine], datetime | None]:
        """Return points and events within a time, the latest first, and where the rest begins."""
        inside = [
            p
            for p in self._track.points
            if (since is None or p.point.at >= since) and (until is None or p.point.at < until)
        ]
        shown = inside[-most:]
        cut = shown[0].point.at if len(shown) < len(inside) else None
        found: list[PointLine | EventLine] = [self._point(p) for p in shown]
        first = cut or since
        found += [
            line
            for line in self._happened()
            if (first is None or line.at >= first) and (until is None or line.at < until)
        ]
        found.sort(key=lambda line: line.at, reverse=True)
        return found, cut

    def steps(self) -> list[tuple[ServiceEvent, EventStep, str]]:
        """Return what events did to the number, each as a sentence."""
        known = {event.id: event for event in self._track.events}
        return [
            (
                known[step.event_id],
                step,
                self._words(
                    "{before} before, {after} after (p {p})",
                    before=self._of(step.before),
                    after=self._of(step.after),
                    p="< 0.001" if step.p_value < 0.001 else f"= {step.p_value:.3f}",
                ),
            )
            for step in self._track.steps
            if step.event_id in known
        ]

    def _point(self, placed: PlacedPoint) -> PointLine:
        point, words = placed.point, self._words
        verdict = lead(point)
        ewma, cusum = placed.ewma, placed.cusum
        return PointLine(
            result_id=point.result_id,
            at=point.at,
            dated=point.dated,
            look=look_of(point),
            value=value_text(point, point.verdicts),
            expanded=expanded_text(point),
            limit="" if verdict is None else limit_text(verdict, self._decimals, words),
            difference=self._difference(placed),
            z="" if placed.z is None else signed_text(placed.z, 1),
            ewma="" if ewma is None else self._fine(ewma.value),
            ewma_limits=""
            if ewma is None
            else bounds_text(
                _rounded(ewma.lower, self._decimals),
                _rounded(ewma.upper, self._decimals),
                self._decimals + 1,
            ),
            cusum=""
            if cusum is None
            else " / ".join(f"{v:.1f}" for v in (cusum.high, cusum.low) if v is not None),
            floor="" if point.noise_floor is None else self._fine(point.noise_floor),
            in_baseline=placed.in_baseline,
            signals=tuple(
                (signal.rule, LEVEL[signal.level], self.sayings.signal(signal))
                for signal in sorted(
                    self._by_result.get(point.result_id, ()), key=lambda s: _ORDER[s.level]
                )
            ),
            remark=self._remark(point),
            excluded=point.left_out is LeftOut.EXCLUDED,
            counts=point.counts,
        )

    def _remark(self, point: TrendPoint) -> str:
        words = self._words
        if point.exclusion is not None and point.left_out is LeftOut.EXCLUDED:
            return words(
                "{reason} ({name})",
                reason=point.exclusion.reason,
                name=point.exclusion.excluded_by,
            )
        if point.left_out is LeftOut.INVALID:
            return words("Not valid; it is shown and never counts.")
        return ""

    def _difference(self, placed: PlacedPoint) -> str:
        band = self._track.epochs[placed.epoch].band if placed.point.counts else None
        if band is None:
            return ""
        return signed_text(placed.point.value - band.centre, self._decimals)

    def _happened(self) -> Iterable[EventLine]:
        for event in self._track.events:
            yield event_line(event, self._words)
        for change in self._track.changes:
            yield self._change(change)
        for version in self._track.analyzers:
            yield EventLine(
                at=version.at,
                icon="flag",
                title=self._words("Analyzer changed"),
                text=f"{version.before or '–'} → {version.after or '–'}",
                href=f"/results/{version.result_id}",
            )
        for epoch in self._track.epochs:
            if epoch.baseline is not None:
                yield EventLine(
                    at=epoch.start,
                    icon="trend",
                    title=self._words("Baseline {version} begins", version=epoch.baseline.version),
                    text=epoch.baseline.reason,
                    href="",
                )

    def _change(self, change: ChangePoint) -> EventLine:
        return EventLine(
            at=change.at,
            icon="turn",
            title=self._words("The mean changed"),
            text=self._words(
                "from {before} to {after}",
                before=self._of(change.before),
                after=self._of(change.after),
            ),
            href="",
        )

    def _of(self, value: float) -> str:
        return f"{self._fine(value)} {self._unit}".rstrip()

    def _fine(self, value: float) -> str:
        """Return a mean, or a spread, with a digit more than single numbers have."""
        return number_text(value, self._decimals + 1)


def signed_text(value: float, decimals: int) -> str:
    """Return a difference with its sign; one that rounds to nothing has none."""
    text = f"{value:+.{decimals}f}"
    return text[1:] if float(text) == 0.0 else text


def noted(event: ServiceEvent, words: Words) -> str:
    """Return what was done: as a person wrote it, in the language what the service noted itself."""
    return words.told(event.text) if event.recorded_by == SERVICE else event.text


def event_line(event: ServiceEvent, words: Words) -> EventLine:
    """Return an event as a line, with what the room was like where somebody noted it."""
    return EventLine(
        at=event.at,
        icon="flag",
        title=words(KIND[event.kind]),
        text=words(", ").join([noted(event, words), *room(event, words)]),
        href=f"/events/{event.id}",
    )


def room(event: ServiceEvent, words: Words) -> list[str]:
    """Return temperature and humidity as somebody read them."""
    said = []
    if event.temperature_c is not None:
        said.append(f"{event.temperature_c:g} °C")
    if event.humidity_percent is not None:
        said.append(words("{value} % relative humidity", value=f"{event.humidity_percent:g}"))
    return said


def rooms(events: Sequence[ServiceEvent]) -> dict[str, bool]:
    """Tell which of temperature and humidity were noted so often that they can be drawn."""
    temperatures = sum(event.temperature_c is not None for event in events)
    humidities = sum(event.humidity_percent is not None for event in events)
    return {"temperature_c": temperatures > 1, "humidity_percent": humidities > 1}


def scopes_beside(
    numbers: Sequence[Mapping[str, str | int | float]], scope: Mapping[str, str | int | float]
) -> list[str | int | float]:
    """Return the other heads that have the same number."""
    rest = {name: value for name, value in scope.items() if name != "detector"}
    found = {
        each["detector"]
        for each in numbers
        if "detector" in each
        and each["detector"] != scope.get("detector")
        and {name: value for name, value in each.items() if name != "detector"} == rest
    }
    return sorted(found, key=str) if "detector" in scope else []


def _rounded(value: float | None, decimals: int) -> float | None:
    return None if value is None else round(value, decimals + 1)
