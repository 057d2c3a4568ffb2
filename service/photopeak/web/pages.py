"""All pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from photopeak.model.page import Page, PageReply, PageRequest
from photopeak.storage.errors import NotFoundError
from photopeak.web.account_pages import AccountPages
from photopeak.web.alert_pages import AlertPages
from photopeak.web.association_pages import AssociationPages
from photopeak.web.audit_pages import AuditPages
from photopeak.web.baseline_pages import BaselinePages
from photopeak.web.board_data import BoardSource
from photopeak.web.board_pages import BoardPages
from photopeak.web.calendar_feed import CalendarFeed
from photopeak.web.context import WebContext
from photopeak.web.device_pages import DevicePages
from photopeak.web.event_pages import EventPages
from photopeak.web.evidence_pages import EvidencePages
from photopeak.web.export_pages import ExportPages
from photopeak.web.inbox_pages import InboxPages
from photopeak.web.label_pages import LabelPages
from photopeak.web.limit_pages import LimitPages
from photopeak.web.measurement_pages import MeasurementPages
from photopeak.web.notification_pages import NotificationPages
from photopeak.web.paper_pages import PaperPages
from photopeak.web.people_pages import PeoplePages
from photopeak.web.rendering import Renderer, Site
from photopeak.web.report_pages import ReportPages
from photopeak.web.result_pages import ResultPages
from photopeak.web.review_pages import ReviewPages
from photopeak.web.review_views import unreviewed_of
from photopeak.web.route_pages import RoutePages
from photopeak.web.schedule_pages import SchedulePages
from photopeak.web.series_pages import SeriesPages
from photopeak.web.silence_pages import SilencePages
from photopeak.web.system_pages import SystemPages
from photopeak.web.teach_pages import TeachPages
from photopeak.web.test_set_pages import TestSetPages
from photopeak.web.token_pages import TokenPages
from photopeak.web.trend_pages import TrendPages


def all_pages(context: WebContext) -> tuple[Page, ...]:
    """Return every page with its address and who may see it."""
    renderer = _renderer(context).counting(unreviewed_of(context.database))
    board = BoardSource(context)
    result_pages = ResultPages(context, renderer)
    pages = (
        *BoardPages(context, renderer, board).pages(),
        *DevicePages(context, renderer, board).pages(),
        *LabelPages(context, renderer).pages(),
        *AssociationPages(context, renderer).pages(),
        *SystemPages(context, renderer).pages(),
        *AccountPages(context, renderer).pages(),
        *PeoplePages(context, renderer).pages(),
        *TokenPages(context, renderer).pages(),
        *AuditPages(context, renderer).pages(),
        *AlertPages(context, renderer).pages(),
        *SilencePages(context, renderer).pages(),
        *SeriesPages(context, renderer).pages(),
        *InboxPages(context, renderer).pages(),
        *TeachPages(context, renderer).pages(),
        *RoutePages(context, renderer).pages(),
        *SchedulePages(context, renderer).pages(),
        *CalendarFeed(context, renderer).pages(),
        *result_pages.pages(),
        *ExportPages(context, renderer).pages(),
        *ReviewPages(context, renderer, result_pages).pages(),
        *TrendPages(context, renderer).pages(),
        *BaselinePages(context, renderer).pages(),
        *LimitPages(context, renderer).pages(),
        *EventPages(context, renderer).pages(),
        *TestSetPages(context, renderer).pages(),
        *MeasurementPages(context, renderer).pages(),
        *ReportPages(context, renderer).pages(),
        *NotificationPages(context, renderer).pages(),
        *PaperPages(context, renderer).pages(),
        *EvidencePages(context, renderer).pages(),
    )
    return tuple(_finding(page, context, renderer) for page in pages)


def _finding(page: Page, context: WebContext, renderer: Renderer) -> Page:
    """Let a page that finds nothing say so in words."""

    def finding(answer: Callable[[PageRequest], PageReply]) -> Callable[[PageRequest], PageReply]:
        def found(request: PageRequest) -> PageReply:
            try:
                return answer(request)
            except NotFoundError:
                words = renderer.words
                return renderer.message(
                    request,
                    context.clock(),
                    words("There is nothing here"),
                    words("It may have been removed, or the address is not complete."),
                    status=404,
                )

        return found

    unconfirmed = None if page.unconfirmed is None else finding(page.unconfirmed)
    return replace(page, answer=finding(page.answer), unconfirmed=unconfirmed)


def problem_page(context: WebContext) -> Callable[[str, str], str]:
    """Return what makes a page of a problem: its title, and what there is to say besides."""
    renderer = _renderer(context)

    def shown(title: str, text: str) -> str:
        asked = PageRequest(visitor=None)
        words = renderer.words
        return renderer.message(asked, context.clock(), words(title), words(text)).html

    return shown


def _renderer(context: WebContext) -> Renderer:
    site = context.settings.site
    return _renderer_of(
        Site(
            name=site.name,
            time_zone=site.time_zone,
            language=site.language,
            version=context.version,
        )
    )


@lru_cache(maxsize=1)
def _renderer_of(site: Site) -> Renderer:
    """Return the one renderer of a site: each holds templates of its own."""
    return Renderer(site)
