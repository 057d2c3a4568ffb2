"""Papers to print, sign and keep, as HTML and PDF/A: of a result, of a device over a period, after WS 523."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date
from urllib.parse import quote
from zoneinfo import ZoneInfo

from photopeak.model.devices import Device
from photopeak.model.page import Access, Page, PageReply, PageRequest, ReplyFile
from photopeak.reports.jjf.report import LANGUAGES
from photopeak.reports.paper.document import Document
from photopeak.reports.paper.html import policy, to_html
from photopeak.reports.paper.pdf import PdfBusyError, PdfError, available, to_pdf
from photopeak.storage import limits, results
from photopeak.storage.database import Transaction
from photopeak.storage.errors import NotFoundError
from photopeak.web.context import WebContext
from photopeak.web.papers import ws523_paper
from photopeak.web.papers.days import AskedError, Days, days_of, last_days
from photopeak.web.papers.parts import Desk, desk_of
from photopeak.web.papers.period_paper import gather, period_paper
from photopeak.web.papers.result_paper import result_paper
from photopeak.web.rendering import Renderer, one_of
from photopeak.web.report_pages import report_on

logger = logging.getLogger(__name__)

LONGEST_TEXT = 100
"""Characters of what a person supplies."""

_SANDBOX = "; sandbox; frame-ancestors 'none'"
_FORMS = ("html", "pdf")
_PARTICULARS = tuple(name for name, _ in ws523_paper.PARTICULARS)
_TONGUES = {"en": "English", "zh": "Chinese"}
_CAMERAS = frozenset({"gamma_camera", "spect", "spect_ct"})
"""Kinds of devices that WS 523 is about."""


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
        except AskedError as error:
            days, said = last_days(self._today()), str(error)
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
            except AskedError as error:
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
        title = self._renderer.words("No report was made")
        now = self._context.clock()
        return self._renderer.message(request, now, title, text, here="results", status=status)

    def _of_result(self, tx: Transaction, request: PageRequest, desk: Desk) -> Document:
        record = results.get(tx, request.path["id"])
        names = self._context.device_names()
        name = names.get(record.device_id or "", record.device_id or desk.words("Unknown device"))
        return result_paper(tx, record, desk, device_name=name)

    def _of_period(self, tx: Transaction, request: PageRequest, desk: Desk) -> Document:
        period = gather(tx, self._device(request), self._days(request), self._zone)
        return period_paper(period, desk)

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
        return desk_of(self._context, one_of(request.query, "language", frozenset(LANGUAGES)))

    def _today(self) -> date:
        return self._context.clock().astimezone(self._zone).date()

    def _days(self, request: PageRequest) -> Days:
        return days_of(request.query, self._renderer.words, self._today())


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
