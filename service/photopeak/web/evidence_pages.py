"""The evidence of a period to take along: one archive, for auditors and administrators."""

from __future__ import annotations

import logging
import tempfile
import threading
from pathlib import Path
from zoneinfo import ZoneInfo

from photopeak.model.page import Access, Page, PageReply, PageRequest, ReplyFile
from photopeak.reports.jjf.report import LANGUAGES
from photopeak.web.context import WebContext
from photopeak.web.papers.days import AskedError, days_of
from photopeak.web.papers.evidence import Evidence, write_pack
from photopeak.web.papers.parts import desk_of
from photopeak.web.rendering import Renderer, one_of

logger = logging.getLogger(__name__)

PATH = "/audit/evidence.zip"


class EvidencePages:
    """The address of the evidence; one pack is made at a time."""

    def __init__(self, context: WebContext, renderer: Renderer) -> None:
        self._context = context
        self._renderer = renderer
        self._zone = ZoneInfo(context.settings.site.time_zone)
        self._turn = threading.BoundedSemaphore(1)

    def pages(self) -> tuple[Page, ...]:
        """Return the address."""
        return (
            Page(
                method="GET",
                path=PATH,
                access=Access.AUDIT,
                answer=self.answer,
                query=("from", "to", "language"),
            ),
        )

    def answer(self, request: PageRequest) -> PageReply:
        """Answer with the evidence of the days that are asked for."""
        words = self._renderer.words
        today = self._context.clock().astimezone(self._zone).date()
        try:
            days = days_of(request.query, words, today)
        except AskedError as error:
            return self._message(request, 422, str(error))
        if not self._turn.acquire(blocking=False):
            busy = "Another evidence pack is being made. Try again in a moment."
            return self._message(request, 503, words(busy))
        with tempfile.NamedTemporaryFile(suffix=".zip", delete=False) as opened:
            file = Path(opened.name)
        context = self._context
        language = one_of(request.query, "language", frozenset(LANGUAGES))
        try:
            evidence = Evidence(
                database=context.database,
                devices=context.devices(),
                settings=context.settings,
                alerts=context.alerts,
                desk=desk_of(context, language),
                who=request.visitor.name if request.visitor else "",
            )
            write_pack(file, evidence, days)
        except OSError as error:
            file.unlink(missing_ok=True)
            logger.warning("an evidence pack could not be written: %s", error.strerror)
            said = "The pack could not be written; is the disk for temporary files full? The command {command} writes it anywhere."
            command = "photopeak report evidence"
            return self._message(request, 507, words(said, command=command))
        except BaseException:
            file.unlink(missing_ok=True)
            raise
        finally:
            self._turn.release()
        name = f"photopeak-evidence-{days.since:%Y%m%d}-{days.until:%Y%m%d}.zip"
        return PageReply(file=ReplyFile(path=file, media_type="application/zip", name=name))

    def _message(self, request: PageRequest, status: int, text: str) -> PageReply:
        title = self._renderer.words("No evidence pack was made")
        now = self._context.clock()
        return self._renderer.message(request, now, title, text, here="audit", status=status)
