"""The list of results and the page of one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from photopeak.model.judgement import Status
from photopeak.model.page import Access, Page, PageReply, PageRequest
from photopeak.reports.colours import OF_COUNTS
from photopeak.reports.paper.pdf import available
from photopeak.reports.text import capitalised, number_text
from photopeak.reviews.signing import LONGEST_TEXT
from photopeak.storage import alerts, results
from photopeak.storage.errors import CursorError
from photopeak.web.checks import checks
from photopeak.web.context import WebContext
from photopeak.web.figure_views import by_subject, figure_views, key_of, leading
from photopeak.web.headline import headline
from photopeak.web.numbers import groups, silent_scopes
from photopeak.web.paper_pages import papers_of
from photopeak.web.rendering import Renderer, one_of
from photopeak.web.report_pages import report_of, report_on
from photopeak.web.result_signals import signal_lines
from photopeak.web.review_views import MEANING, review_view
from photopeak.web.telling import Remarks
from photopeak.web.values import scope_text

_PER_PAGE = 50
_COLOURS = "colours"
_MAP_WORDS = {"grey": "Grey", "cividis": "Cividis"}
_MAPS = frozenset(OF_COUNTS)
_STATUSES = frozenset(status.value for status in Status)


class ResultPages:
    """Pages on results."""

    def __init__(self, context: WebContext, renderer: Renderer) -> None:
        self._context = context
        self._renderer = renderer
        self._remarks = Remarks(renderer.words, context.test)

    def pages(self) -> tuple[Page, ...]:
        """Return the pages."""
        filters = ("status", "device", "after")
        return (
            Page(
                method="GET",
                path="/results",
                access=Access.READ,
                answer=self.listing,
                query=filters,
            ),
            Page(
                method="GET",
                path="/result-rows",
                access=Access.READ,
                answer=self.rows,
                query=filters,
            ),
            Page(
                method="GET",
                path="/results/{id}",
                access=Access.READ,
                answer=self.one,
                query=(_COLOURS,),
            ),
        )

    def listing(self, request: PageRequest) -> PageReply:
        """Answer with the whole list."""
        return self._renderer.page(
            "results_list.html",
            request,
            self._context.clock(),
            here="results",
            statuses=tuple(Status),
            devices=self._context.devices(),
            chosen_status=one_of(request.query, "status", _STATUSES),
            chosen_device=request.query.get("device", ""),
            report=report_on(self._context.device(request.query.get("device", ""))),
            papers=self._papers(request.query.get("device", "")),
            etag="",
            **self._list(request),
        )

    def _papers(self, device_id: str) -> str:
        return papers_of(device_id) if self._context.device(device_id) is not None else ""

    def rows(self, request: PageRequest) -> PageReply:
        """Answer with the lines alone, for the page to renew itself."""
        return self._renderer.fragment(
            "result_rows.html", request, self._context.clock(), **self._list(request)
        )

    def _list(self, request: PageRequest) -> dict[str, Any]:
        status = one_of(request.query, "status", _STATUSES)
        device = request.query.get("device", "")
        after = request.query.get("after", "")
        with self._context.database.snapshot() as tx:
            try:
                page = results.page(
                    tx,
                    limit=_PER_PAGE,
                    cursor=after or None,
                    device_id=device or None,
                    statuses=(Status(status),) if status else (),
                )
            except CursorError:
                page = results.page(tx, limit=_PER_PAGE)
            remarks = {row.id: self._remarks.of(tx, row.id) for row in page.items}
        chosen = {k: v for k, v in (("status", status), ("device", device)) if v}
        following = {**chosen, "after": page.next_cursor} if page.next_cursor else None
        return {
            "rows": page.items,
            "remarks": remarks,
            "names": self._context.device_names(),
            "filtered": bool(chosen or after),
            "live": not after,
            "poll": "/result-rows" + (f"?{urlencode(chosen)}" if chosen else ""),
            "next_page": f"/results?{urlencode(following)}" if following else "",
            "chosen": urlencode(chosen),
        }

    def one(self, request: PageRequest, **faults: str) -> PageReply:
        """Answer with the page of one result; `faults` say by form what was not done, and why."""
        asked = one_of(request.query, _COLOURS, _MAPS)
        colours = asked or one_of(request.kept, _COLOURS, _MAPS)
        with self._context.database.snapshot() as tx:
            record = results.get(tx, request.path["id"])
            views = figure_views(tx, record, self._renderer.words, colours)
            review = review_view(tx, record, request.visitor, self._renderer.words, colours)
            lost = alerts.about_files(
                tx, {entry.series_instance_uid for entry in record.provenance.inputs}
            )
            signals = signal_lines(tx, record, self._renderer.words, self._renderer.clockwork)
        words = self._renderer.words
        lead = leading(views)
        keys = tuple(group.key for group in groups(record, words))
        beside = {view.name: key_of(view, keys) for view in lead}
        not_met, met = checks(record, words)
        device = record.device_id or ""
        provenance = record.provenance
        took_s = (provenance.finished_at - provenance.started_at).total_seconds()
        silent = silent_scopes(record)
        notes = dict.fromkeys(
            (capitalised(words.told(note.message)), scope_text(note.scope, words, without=silent))
            for note in record.notes
        )
        reply = self._renderer.page(
            "result.html",
            request,
            self._context.clock(),
            status=422 if faults else 200,
            here="results",
            result=record,
            review=review,
            meaning_words=MEANING,
            correcting=tuple(MEANING),
            faults=defaultdict(str, faults),
            form=defaultdict(str, request.form),
            longest_text=LONGEST_TEXT,
            provenance=provenance,
            duration=f"{number_text(took_s)} s",
            report=report_of(record),
            pdf=available(),
            device_name=self._context.device_names().get(device, device or words("Unknown device")),
            headline=headline(record, words, self._context.test),
            groups=tuple(
                (group, tuple(view for view in lead if beside[view.name] == group.key))
                for group in groups(record, words, beside.values(), self._context.test)
            ),
            signals=signals,
            lost=lost,
            not_met=not_met,
            met=met,
            met_count=sum(len(check.found) for check in met),
            notes=tuple(notes),
            subjects=by_subject([view for view in views if view not in lead], words),
            colours=next((view.colours for view in views if view.colours), ""),
            colour_maps=_MAP_WORDS,
        )
        return replace(reply, keep={_COLOURS: asked}) if asked else reply
