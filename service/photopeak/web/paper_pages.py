"""Papers to print, sign and keep, as HTML and PDF/A: of a result, of a device over a period, after WS 523."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from photopeak.model.devices import Device
from photopeak.model.moments import plausible
from photopeak.model.page import Access, Page, PageReply, PageRequest, ReplyFile
from photopeak.reports.jjf.report import LANGUAGES
from photopeak.reports.paper.document import Document
from photopeak.reports.paper.html import policy, to_html
from photopeak.reports.paper.pdf import PdfBusyError, PdfError, available, to_pdf
from photopeak.storage import limits, results, reviews
from photopeak.storage.database import Transaction
from photopeak.storage.errors import NotFoundError
from photopeak.web.context import WebContext
from photopeak.web.papers import ws523_paper
from photopeak.web.papers.parts import Desk
from photopeak.web.papers.period_paper import MOST_RESULTS, Period, period_paper
from photopeak.web.papers.result_paper import result_paper
from photopeak.web.rendering import Renderer, one_of
from photopeak.web.report_pages import report_on
from photopeak.web.times import Clockwork
from photopeak.web.words import Words

logger = logging.getLogger(__name__)

DEFAULT_DAYS = 30
LONGEST_DAYS = 366
LONGEST_TEXT = 100
"""Characters of what a person supplies."""

_SANDBOX = "; sandbox; frame-ancestors 'none'"
_FORMS = ("html", "pdf")
_PARTICULARS = tuple(name for name, _ in ws523_paper.PARTICULARS)
_TONGUES = {"en": "English", "zh": "Chinese"}
_CAMERAS = frozenset({"gamma_camera", "spect", "spect_ct"})
"""Kinds of devices that WS 523 is about."""


class _AskedError(Exception):
    """What was asked for cannot be; the message says why."""


@dataclass(frozen=True, slots=True)
class Days:
    """The days of a paper, both included."""

    since: date
    until: date

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return the first moment, and the first one after."""
        begin = datetime.combine(self.since, time.min, zone)
        return begin, datetime.combine(self.until + timedelta(days=1), time.min, zone)


def papers_of(device_id: str) -> str:
    """Return the address of the page on which papers of a device are ordered."""
    return f"/devices/{quote(device_id, safe='')}/reports"


class PaperPages:
    """Pages that order papers, and the papers."""

    def __init__(self, context: WebContext, renderer: Renderer) -> None:
        self._context = context
        self._renderer = renderer
        self._zone = ZoneInfo(context.settings.site.time_zone)

    def pages(self) -> tuple[Page, ...]:
        """Return the pages."""
        days = ("from", "to", "language")
        found = [
            Page(
                method="GET",
                path="/devices/{id}/reports",
                access=Access.READ,
                answer=self.order,
                query=days,
            )
        ]
        for form in _FORMS:
            found += [
                self._paper("/results/{id}/report", form, self._of_result, ("language",)),
                self._paper("/devices/{id}/reports/period", form, self._of_period, days),
                self._paper(
                    "/devices/{id}/reports/ws523",
                    form,
                    self._of_ws523,
                    (*days, "purpose", *_PARTICULARS),
                ),
            ]
        return tuple(found)

    def order(self, request: PageRequest) -> PageReply:
        """Answer with the form on which papers of a device are ordered."""
        device = self._device(request)
        said = ""
        try:
            days = self._days(request)
        except _AskedError as error:
            days, said = self._default_days(), str(error)
        words = self._renderer.words
        return self._renderer.page(
            "papers.html",
            request,
            self._context.clock(),
            status=422 if said else 200,
            here="results",
            device=device,
            address=papers_of(device.id),
            since=days.since.isoformat(),
            until=days.until.isoformat(),
            said=said,
            ws523=device.kind in _CAMERAS,
            purposes=ws523_paper.PURPOSES,
            fields=[(name, words(label)) for name, label in ws523_paper.PARTICULARS],
            jjf=report_on(device),
            languages=[(code, words(_TONGUES[code])) for code in LANGUAGES],
            language=words.language,
            longest=LONGEST_TEXT,
            pdf=available(),
        )

    def _paper(
        self,
        path: str,
        form: str,
        write: Callable[[Transaction, PageRequest, Desk], Document],
        query: tuple[str, ...],
    ) -> Page:
        def answer(request: PageRequest) -> PageReply:
            try:
                with self._context.database.snapshot() as tx:
                    document = write(tx, request, self._desk(request))
                return _pdf(document) if form == "pdf" else _html(document)
            except _AskedError as error:
                return self._message(request, 422, str(error))
            except PdfBusyError:
                busy = "Other reports are being made. Try again in a moment."
                return self._message(request, 503, self._renderer.words(busy))
            except PdfError as error:
                logger.warning("a report could not be made as PDF: %s", error)
                said = "The PDF could not be made: {reason}. The same report can be printed from the browser."
                return self._message(request, 501, self._renderer.words(said, reason=str(error)))

        return Page(
            method="GET", path=f"{path}.{form}", access=Access.READ, answer=answer, query=query
        )

    def _message(self, request: PageRequest, status: int, text: str) -> PageReply:
        return self._renderer.page(
            "message.html",
            request,
            self._context.clock(),
            status=status,
            here="results",
            title=self._renderer.words("No report was made"),
            text=text,
        )

    def _of_result(self, tx: Transaction, request: PageRequest, desk: Desk) -> Document:
        record = results.get(tx, request.path["id"])
        names = self._context.device_names()
        name = names.get(record.device_id or "", record.device_id or desk.words("Unknown device"))
        return result_paper(tx, record, desk, device_name=name)

    def _of_period(self, tx: Transaction, request: PageRequest, desk: Desk) -> Document:
        device = self._device(request)
        days = self._days(request)
        since, before = days.bounds(self._zone)
        found = results.of_period(tx, device.id, since=since, before=before)
        shown = results.whole(tx, [summary.id for summary in found[:MOST_RESULTS]])
        return period_paper(
            Period(
                device_name=device.name,
                since=days.since,
                until=days.until,
                results=shown,
                more=len(found) - len(shown),
                reviews=reviews.of_results(tx, [record.id for record in shown]),
            ),
            desk,
        )

    def _of_ws523(self, tx: Transaction, request: PageRequest, desk: Desk) -> Document:
        device = self._device(request)
        since, before = self._days(request).bounds(self._zone)
        asked = one_of(request.query, "purpose", frozenset(ws523_paper.PURPOSES))
        form = ws523_paper.gather(
            tx,
            device,
            limits.in_force(tx),
            asked or ws523_paper.PURPOSES[0],
            {name: request.query.get(name, "").strip()[:LONGEST_TEXT] for name in _PARTICULARS},
            since=since,
            before=before,
        )
        return ws523_paper.ws523_paper(form, desk)

    def _device(self, request: PageRequest) -> Device:
        device = self._context.device(request.path["id"])
        if device is None:
            raise NotFoundError("there is no such device")
        return device

    def _desk(self, request: PageRequest) -> Desk:
        site = self._context.settings.site
        words = Words(one_of(request.query, "language", frozenset(LANGUAGES)) or site.language)
        return Desk(
            words=words,
            clockwork=Clockwork(site.time_zone, words),
            site=site.name,
            version=self._context.version,
            now=self._context.clock(),
            describe=self._context.test,
        )

    def _default_days(self) -> Days:
        today = self._context.clock().astimezone(self._zone).date()
        return Days(today - timedelta(days=DEFAULT_DAYS - 1), today)

    def _days(self, request: PageRequest) -> Days:
        """Return the days that a request names; without any, the last ones."""
        words, usual = self._renderer.words, self._default_days()
        try:
            since, until = (
                date.fromisoformat(request.query[name]) if request.query.get(name) else default
                for name, default in (("from", usual.since), ("to", usual.until))
            )
        except ValueError:
            raise _AskedError(words("A day is written as 2026-03-02.")) from None
        if not plausible(since) or not plausible(until):
            raise _AskedError(words("A day is written as 2026-03-02."))
        if until < since:
            raise _AskedError(words("The last day is before the first."))
        if (until - since).days >= LONGEST_DAYS:
            raise _AskedError(words("A report has at most {count} days.", count=LONGEST_DAYS))
        return Days(since, until)


def _html(document: Document) -> PageReply:
    return PageReply(
        file=ReplyFile(
            content=to_html(document).encode(),
            media_type="text/html; charset=utf-8",
            policy=policy() + _SANDBOX,
        )
    )


def _pdf(document: Document) -> PageReply:
    return PageReply(
        file=ReplyFile(content=to_pdf(document), media_type="application/pdf", name="report.pdf")
    )
