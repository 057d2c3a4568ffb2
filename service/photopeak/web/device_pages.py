"""The devices, and the page of one: its word, its tests, its heads side by side, what identifies it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from photopeak.model.judgement import LimitKind, Status, Verdict
from photopeak.model.page import Access, Page, PageReply, PageRequest
from photopeak.model.results import MeasurementRecord
from photopeak.model.trends import ServiceEvent
from photopeak.schedule.status import Cell
from photopeak.storage import board, devices, events, series
from photopeak.storage.board import JudgedNumber
from photopeak.storage.database import Transaction
from photopeak.storage.errors import NotFoundError
from photopeak.web.alert_views import AlertViews
from photopeak.web.board_data import BoardData, BoardSource, DeviceData
from photopeak.web.board_facts import Facts, leading
from photopeak.web.board_lists import Lists
from photopeak.web.board_looks import verdict_words
from photopeak.web.board_matrix import CellView, Matrices
from photopeak.web.board_tiles import Tile, Tiles, place_of
from photopeak.web.context import WebContext
from photopeak.web.looks import STATE, STATUS, Look
from photopeak.web.names import kind_name, series_title, test_titles
from photopeak.web.rendering import Renderer
from photopeak.web.telling import Remarks
from photopeak.web.values import Bullet, bullet
from photopeak.web.words import Words

_SERIES = 8
_EVENTS = 6
_HEAD_RESULTS = 6
"""Results of a test among which the last of each head is looked for."""


@dataclass(frozen=True, slots=True)
class TestView:
    """A test of the device as a line."""

    test: str
    title: str
    cell: CellView
    name: str
    limit: str
    bullet: Bullet | None
    measured: datetime | None
    due: str
    last: tuple[tuple[str, str, Look], ...]


@dataclass(frozen=True, slots=True)
class HeadsView:
    """One test with the last number of each head."""

    title: str
    values: tuple[tuple[str, Look] | None, ...]


@dataclass(frozen=True, slots=True)
class SeriesLine:
    """A series of the device."""

    uid: str
    title: str
    look: Look
    received: datetime


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """A device in the list."""

    tile: Tile
    kind: str
    titles: str
    tests: int


class DevicePages:
    """Pages on devices."""

    def __init__(self, context: WebContext, renderer: Renderer, source: BoardSource) -> None:
        self._context = context
        self._renderer = renderer
        self._source = source
        self._remarks = Remarks(renderer.words, context.test)
        self._matrices = Matrices(renderer.words, renderer.clockwork)

    def pages(self) -> tuple[Page, ...]:
        """Return the pages."""
        read = Access.READ
        return (
            Page(method="GET", path="/devices", access=read, answer=self.listing),
            Page(method="GET", path="/devices/{id}", access=read, answer=self.one),
        )

    def listing(self, request: PageRequest) -> PageReply:
        """Answer with the list of devices."""
        now = self._context.clock()
        data, title = self._source.read(now), self._title()
        with self._context.database.snapshot() as tx:
            strangers = [each for each in devices.seen(tx) if each.device_id is None]
        lines = [
            DeviceLine(
                tile=self._tile(one, now, title),
                kind=kind_name(one.device.kind, self._renderer.words),
                titles=", ".join(one.device.ae_titles),
                tests=len(one.status.cells),
            )
            for one in data.devices
        ]
        return self._renderer.page(
            "devices.html",
            request,
            now,
            here="devices",
            lines=lines,
            strangers=strangers[:20],
            listener=self._context.settings.listener,
        )

    def one(self, request: PageRequest) -> PageReply:
        """Answer with the page of one device."""
        device = self._context.device(request.path["id"])
        if device is None:
            raise NotFoundError(f"there is no device {request.path['id']}")
        now = self._context.clock()
        words, clockwork = self._renderer.words, self._renderer.clockwork
        data, title = self._source.read(now, only=device), self._title()
        one = data.devices[0]
        with self._context.database.snapshot() as tx:
            tests = self._tests(tx, one, data, title)
            came = series.page(tx, limit=_SERIES, device_id=device.id).items
            versions = _versions(board.first_headers(tx, [s.series_instance_uid for s in came]))
            happened: Sequence[ServiceEvent] = events.of_device(tx, device.id)
            seen = [each for each in devices.seen(tx) if each.device_id == device.id]
        lists = Lists(words, clockwork, title=title)
        views = AlertViews(words, devices=self._context.device_names(), tests=self._context.tests())
        alerts, more = lists.attention(data, views)
        heads, lines = self._heads(one, data, title)
        return self._renderer.page(
            "device.html",
            request,
            now,
            here="devices",
            device=device,
            kind=kind_name(device.kind, words),
            place=place_of(device),
            tile=self._tile(one, now, title),
            tests=tests,
            heads=heads,
            head_lines=lines,
            alerts=alerts,
            more_alerts=more,
            coming=lists.coming(data),
            arrivals=[
                SeriesLine(
                    s.series_instance_uid,
                    series_title(s) or words("Series without a description"),
                    STATE[s.state],
                    s.last_received_at,
                )
                for s in came
            ],
            events=tuple(reversed(happened))[:_EVENTS],
            sightings=seen[:_EVENTS],
            versions=versions,
            may_acknowledge=request.visitor is not None and request.visitor.may(Access.OPERATE),
            listener=self._context.settings.listener,
        )

    def _tests(
        self,
        tx: Transaction,
        one: DeviceData,
        data: BoardData,
        title: Callable[[str], str],
    ) -> list[TestView]:
        wanted = [c.attempt.result_id for c in one.status.cells if c.attempt is not None]
        numbers: dict[str, list[JudgedNumber]] = {}
        for number in board.numbers(tx, wanted):
            numbers.setdefault(number.result_id, []).append(number)
        cells = self._matrices.cells(one, data, title)
        return [
            self._test(cell, view, name, one, numbers)
            for cell, (name, view) in zip(one.status.cells, cells, strict=True)
        ]

    def _test(
        self,
        cell: Cell,
        view: CellView,
        name: str,
        one: DeviceData,
        numbers: dict[str, list[JudgedNumber]],
    ) -> TestView:
        words, clockwork = self._renderer.words, self._renderer.clockwork
        attempt = cell.attempt
        lead = leading(numbers.get(attempt.result_id, ())) if attempt is not None else None
        limit, drawn, label = "", None, ""
        if lead is not None:
            number, reading = lead
            limit = reading.limit
            drawn = _bullet(number, words)
            label = words.pick(reading.label, reading.label_zh)
            if reading.detector:
                label += f", {words('detector {number}', number=reading.detector)}"
        due = ""
        following = cell.following if cell.complete else cell.occurrence
        if following is not None:
            due = f"{clockwork.day(following.due)} {clockwork.hour(following.due)}"
        last = tuple(
            (a.result_id, clockwork.day(a.at), STATUS[a.status])
            for a in one.history.get(cell.test, ())[:5]
            if cell.variant in ("", a.variant)
        )
        return TestView(
            test=cell.test,
            title=name,
            cell=view,
            name=label,
            limit=limit,
            bullet=drawn,
            measured=attempt.at if attempt is not None else None,
            due=due,
            last=last,
        )

    def _heads(
        self, one: DeviceData, data: BoardData, title: Callable[[str], str]
    ) -> tuple[tuple[str, ...], list[HeadsView]]:
        """Return the heads, and for each test that tells them apart the last number of each."""
        lines: list[tuple[str, dict[str, tuple[str, Look]]]] = []
        for test, attempts in one.history.items():
            found: dict[str, tuple[str, Look]] = {}
            for attempt in attempts[:_HEAD_RESULTS]:
                for head, shown in _of_heads(data.facts.get(attempt.result_id)):
                    found.setdefault(head, shown)
            if found:
                lines.append((title(test), found))
        heads = tuple(sorted({head for _, found in lines for head in found}))
        if len(heads) < 2:
            return (), []
        return heads, [
            HeadsView(name, tuple(found.get(head) for head in heads))
            for name, found in sorted(lines, key=lambda line: line[0])
        ]

    def _tile(self, one: DeviceData, now: datetime, title: Callable[[str], str]) -> Tile:
        words, clockwork = self._renderer.words, self._renderer.clockwork
        verdicts = verdict_words(words, self._context.settings.site.verdict_words)
        tiles = Tiles(words, clockwork, title=title, remark=self._remark, verdicts=verdicts)
        return tiles.tile(one, now)

    def _remark(self, result_id: str) -> str:
        with self._context.database.snapshot() as tx:
            return self._remarks.of(tx, result_id)

    def _title(self) -> Callable[[str], str]:
        return test_titles(self._context.tests(), self._renderer.words)


def _of_heads(facts: Facts | None) -> list[tuple[str, tuple[str, Look]]]:
    if facts is None:
        return []
    return [
        (head, (f"{r.value} {r.unit}".rstrip(), STATUS[r.status or Status.NO_LIMIT]))
        for head, r in facts.heads.items()
        if head
    ]


def _bullet(number: JudgedNumber, words: Words) -> Bullet | None:
    if number.status is None:
        return None
    measured = MeasurementRecord(
        metric=number.metric,
        label=number.label,
        label_zh=number.label_zh,
        scope=number.scope,
        value=number.value,
        unit=number.unit,
        decimals=number.decimals,
    )
    verdict = Verdict(
        metric=number.metric,
        scope=number.scope,
        limit_set="",
        limit_set_version="",
        kind=LimitKind.SITE,
        lower=number.lower,
        upper=number.upper,
        warn_lower=number.warn_lower,
        warn_upper=number.warn_upper,
        status=number.status,
        source="",
    )
    return bullet(measured, verdict, words)


def _versions(headers: Sequence[object]) -> tuple[str, ...]:
    """Return the software versions that the last series name, the newest first."""
    found = (h.get("software_versions") for h in headers if isinstance(h, dict))
    return tuple(dict.fromkeys(str(version) for version in found if version))
