"""All pages."""

from __future__ import annotations

from photopeak.model.page import Access, Page, PageReply, PageRequest
from photopeak.storage.errors import NotFoundError
from photopeak.web.context import WebContext
from photopeak.web.measurement_pages import MeasurementPages
from photopeak.web.rendering import Renderer, Site
from photopeak.web.report_pages import ReportPages
from photopeak.web.result_pages import ResultPages
from photopeak.web.series_pages import SeriesPages
from photopeak.web.test_set_pages import TestSetPages


def all_pages(context: WebContext) -> tuple[Page, ...]:
    """Return every page with its address and who may see it."""
    site = context.settings.site
    renderer = Renderer(
        Site(
            name=site.name,
            time_zone=site.time_zone,
            language=site.language,
            version=context.version,
        )
    )

    def login(request: PageRequest) -> PageReply:
        return renderer.page(
            "login.html",
            request,
            context.clock(),
            here="",
            failed="failed" in request.query,
            next=request.query.get("next", "/series"),
        )

    pages = (
        Page(
            method="GET",
            path="/login",
            access=Access.OPEN,
            answer=login,
            query=("next", "failed"),
        ),
        *SeriesPages(context, renderer).pages(),
        *ResultPages(context, renderer).pages(),
        *TestSetPages(context, renderer).pages(),
        *MeasurementPages(context, renderer).pages(),
        *ReportPages(context, renderer).pages(),
    )
    return tuple(_finding(page, context, renderer) for page in pages)


def _finding(page: Page, context: WebContext, renderer: Renderer) -> Page:
    """Let a page that finds nothing say so in words."""

    def answer(request: PageRequest) -> PageReply:
        try:
            return page.answer(request)
        except NotFoundError:
            words = renderer.words
            return renderer.page(
                "message.html",
                request,
                context.clock(),
                status=404,
                here="",
                title=words("There is nothing here"),
                text=words("It may have been removed, or the address is not complete."),
            )

    return Page(
        method=page.method,
        path=page.path,
        access=page.access,
        answer=answer,
        query=page.query,
    )
