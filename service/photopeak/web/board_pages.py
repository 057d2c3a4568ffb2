"""The status board, the wall screen, and the badge of a device."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from markupsafe import Markup

from photopeak.model.page import Access, Page, PageReply, PageRequest
from photopeak.model.schedule import Readiness
from photopeak.storage.errors import NotFoundError
from photopeak.web.alert_views import AlertViews
from photopeak.web.badges import badge_svg
from photopeak.web.board_data import BoardData, BoardSource, Unchanged
from photopeak.web.board_lists import Lists
from photopeak.web.board_looks import CELL, LEGEND, READINESS, verdict_words
from photopeak.web.board_matrix import CellView, Matrices
from photopeak.web.board_tiles import Tiles
from photopeak.web.context import WebContext
from photopeak.web.names import test_titles
from photopeak.web.rendering import Renderer
from photopeak.web.telling import Remarks

_FEW = 12
"""Tiles that all have their full size, in the order of the configuration."""
_CELLS_KEPT = 5000
_NO_TAG = 'data-etag=""'


class BoardPages:
    """Pages on how everything stands."""

    def __init__(self, context: WebContext, renderer: Renderer, source: BoardSource) -> None:
        self._context = context
        self._renderer = renderer
        self._source = source
        self._unchanged = Unchanged(context.database)
        self._verdicts = verdict_words(renderer.words, context.settings.site.verdict_words)
        self._remarks = Remarks(renderer.words, context.test)
        self._matrices = Matrices(renderer.words, renderer.clockwork)
        self._drawn: dict[tuple[CellView, str], Markup] = {}

    def pages(self) -> tuple[Page, ...]:
        """Return the pages."""
        read = Access.READ
        return (
            Page(method="GET", path="/", access=read, answer=self.board),
            Page(method="GET", path="/board", access=read, answer=self.board),
            Page(method="GET", path="/board-live", access=read, answer=self.board_live),
            Page(method="GET", path="/kiosk", access=read, answer=self.kiosk, kiosk=True),
            Page(method="GET", path="/kiosk-live", access=read, answer=self.kiosk_live, kiosk=True),
            Page(method="GET", path="/badge/{id}.svg", access=read, answer=self.badge, kiosk=True),
        )

    def board(self, request: PageRequest) -> PageReply:
        """Answer with the whole page."""
        now = self._context.clock()
        clockwork = self._renderer.clockwork
        return self._renderer.page(
            "board.html",
            request,
            now,
            here="board",
            day=f"{clockwork.long_day(now)} {clockwork.hour(now)}",
            live=Markup(_tagged(self._board(request, now))),  # noqa: S704 - made by a template
        )

    def board_live(self, request: PageRequest) -> PageReply:
        """Answer with the part that renews itself; with nothing when it is shown already."""
        return _reply(self._board(request, self._context.clock()), request)

    def kiosk(self, request: PageRequest) -> PageReply:
        """Answer with the wall screen."""
        now = self._context.clock()
        live = Markup(_tagged(self._kiosk(request, now)))  # noqa: S704 - made by a template
        return self._renderer.page("kiosk.html", request, now, live=live)

    def kiosk_live(self, request: PageRequest) -> PageReply:
        """Answer with the part of the wall screen that renews itself."""
        return _reply(self._kiosk(request, self._context.clock()), request)

    def badge(self, request: PageRequest) -> PageReply:
        """Answer with one word for one device as a picture."""
        device = self._context.device(request.path["id"])
        if device is None:
            raise NotFoundError(f"there is no device {request.path['id']}")
        data = self._source.read(self._context.clock(), only=device)
        readiness: Readiness = data.devices[0].status.readiness
        look = READINESS[readiness]
        svg = badge_svg(device.name, self._verdicts[readiness], look.colour)
        return PageReply(html=svg, media_type="image/svg+xml")

    def _board(self, request: PageRequest, now: datetime) -> str:
        visitor = request.visitor
        may = visitor is not None and visitor.may(Access.OPERATE)
        signs = visitor is not None and visitor.may(Access.REVIEW)

        def make() -> str:
            data, title = self._source.read(now), self._title()
            words, clockwork = self._renderer.words, self._renderer.clockwork
            lists = Lists(words, clockwork, title=title)
            views = AlertViews(
                words, devices=self._context.device_names(), tests=self._context.tests()
            )
            alerts, more = lists.attention(data, views)
            return self._renderer.page(
                "board_live.html",
                request,
                now,
                etag="",
                **self._tiles(data, title),
                matrices=self._matrices.matrices(data, title),
                draw=self._draw,
                legend=tuple(CELL[state] for state in LEGEND),
                alerts=alerts,
                more_alerts=more,
                may_acknowledge=may,
                coming=lists.coming(data),
                unmatched=data.traffic.unmatched,
                waiting=lists.unreviewed(data),
                may_sign=signs,
                health=lists.health(data, self._context.settings.listener),
                listener=self._context.settings.listener,
            ).html

        return self._unchanged.get(f"board {may} {signs}", now, make)

    def _kiosk(self, request: PageRequest, now: datetime) -> str:
        def make() -> str:
            data, title = self._source.read(now), self._title()
            lists = Lists(self._renderer.words, self._renderer.clockwork, title=title)
            return self._renderer.page(
                "kiosk_live.html",
                request,
                now,
                etag="",
                **self._tiles(data, title),
                health=lists.health(data, self._context.settings.listener),
            ).html

        return self._unchanged.get("kiosk", now, make)

    def _tiles(self, data: BoardData, title: Callable[[str], str]) -> dict[str, Any]:
        """Return the tiles to see, and in a large department apart those that need no look."""
        tiles = Tiles(
            self._renderer.words,
            self._renderer.clockwork,
            title=title,
            remark=self._remark,
            verdicts=self._verdicts,
        )
        made = [tiles.tile(one, data.now) for one in data.devices]
        fine = [tile for tile in made if tile.look.colour in ("pass", "none")]
        if len(made) <= _FEW:
            fine = []
        return {"tiles": [tile for tile in made if tile not in fine], "fine": fine}

    def _remark(self, result_id: str) -> str:
        with self._context.database.snapshot() as tx:
            return self._remarks.of(tx, result_id)

    def _draw(self, cell: CellView, shared_unit: str) -> Markup:
        """Return a cell as drawn, without a unit that its column has; most stay for hours."""
        unit = "" if shared_unit else cell.unit
        drawn = self._drawn.get((cell, unit))
        if drawn is None:
            if len(self._drawn) >= _CELLS_KEPT:
                self._drawn.clear()
            html = self._renderer.part("board_cell.html", one=cell, unit=unit)
            drawn = self._drawn[cell, unit] = Markup(html)  # noqa: S704 - made by a template
        return drawn

    def _title(self) -> Callable[[str], str]:
        return test_titles(self._context.tests(), self._renderer.words)


def _tag(html: str) -> str:
    return hashlib.sha256(html.encode()).hexdigest()[:32]


def _tagged(html: str) -> str:
    return html.replace(_NO_TAG, f'data-etag="{_tag(html)}"', 1)


def _reply(html: str, request: PageRequest) -> PageReply:
    tag = _tag(html)
    if request.if_none_match == tag:
        return PageReply(status=204, etag=tag)
    return PageReply(html=_tagged(html), etag=tag)
