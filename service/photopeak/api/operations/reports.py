"""Reports on the results of a device: data, a page to print, PDF."""

from __future__ import annotations

import logging
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Path
from starlette.requests import Request
from starlette.responses import Response

from photopeak.api.context import ApiContext
from photopeak.api.problems import Problem, not_found
from photopeak.api.surface import Surface
from photopeak.api.wire.reports import JjfReportOut
from photopeak.model.page import Access
from photopeak.reports.jjf.gather import VARIANT, Gathered, SelectionError
from photopeak.reports.jjf.particulars import FIELDS, LONGEST, ParticularsError
from photopeak.reports.jjf.report import LANGUAGES, messages
from photopeak.reports.jjf.request import QUERY, Asked, check_request, collect, compose, zone_of
from photopeak.reports.paper.document import Document
from photopeak.reports.paper.html import policy, to_html
from photopeak.reports.paper.pdf import PdfBusyError, PdfError, PdfNotInstalledError, to_pdf

logger = logging.getLogger(__name__)

_PATH = "/api/v1/devices/{device_id}/reports/jjf"
_SANDBOX = "; sandbox; frame-ancestors 'none'"
DeviceId = Annotated[str, Path(pattern=r"^[^\x00-\x1f\x7f/]{1,64}$", description="device")]


class ReportForm(StrEnum):
    """Forms in which a report is made."""

    HTML = "html"
    PDF = "pdf"


_MEDIA_TYPES = {ReportForm.HTML: "text/html", ReportForm.PDF: "application/pdf"}
_DAY = "first day on which results were measured, as 2026-03-02"
_SAID = {
    "from": _DAY,
    "to": _DAY.replace("first", "last"),
    "results": "ids of results with commas, in place of the newest valid ones of the period",
    "language": f"{' or '.join(LANGUAGES)}; the language of the site without",
}


def _parameters() -> list[dict[str, Any]]:
    """Return the description of the query; the values are checked together by `check_request`."""
    bounds = {field.name: field for field in FIELDS}
    described = []
    for name in QUERY:
        field = bounds.get(name)
        said = _SAID.get(name, "")
        if field is not None:
            said = f"{field.label}, Annex C"
            if field.minimum is not None:
                said += f"; {field.minimum:g} to {field.maximum:g} {field.unit}"
        schema: dict[str, Any] = {"type": "string"}
        if name in ("from", "to", "calibration_date"):
            schema["format"] = "date"
        elif name == "language":
            schema["enum"] = list(LANGUAGES)
        elif field is not None:
            schema["maxLength"] = LONGEST
        described.append(
            {"name": name, "in": "query", "required": False, "description": said, "schema": schema}
        )
    return described


def add(surface: Surface, context: ApiContext) -> None:
    """Add the operations."""

    def gathered(request: Request, device_id: str) -> tuple[Gathered, Asked, str]:
        device = next((d for d in context.devices() if d.id == device_id), None)
        if device is None:
            raise not_found()
        site = context.settings.site
        zone = zone_of(device, site.time_zone)
        try:
            asked = check_request(dict(request.query_params), language=site.language)
            return collect(context.database, device, asked, zone=zone), asked, zone
        except ParticularsError as error:
            faults = [(f"/query/{name}", said) for name, said in error.faults]
            raise Problem(422, "not-acceptable", errors=faults) from None
        except SelectionError:
            said = "A result is not of this device, not of JJF, or there are two of a test."
            raise Problem(422, "results-not-of-one-report", said) from None

    @surface.operation(
        "GET",
        _PATH,
        Access.READ,
        tags=["reports"],
        query=QUERY,
        openapi_extra={"parameters": _parameters()},
    )
    def jjf_report(request: Request, device_id: DeviceId) -> JjfReportOut:
        """Return the record and certificate of a PET/CT calibration (JJF Annex C and D) as data.

        The newest valid result of each calibration item counts unless `results` names others. What a
        person has to supply (client, surroundings, persons) is said in the query and not kept.
        """
        found, asked, _ = gathered(request, device_id)
        say = messages(asked.language)
        return JjfReportOut.of_report(found, asked, say, variant=VARIANT, version=context.version)

    @surface.operation(
        "GET",
        _PATH + ".{form}",
        Access.READ,
        tags=["reports"],
        query=QUERY,
        response_class=Response,
        responses={200: {"content": {m: {} for m in _MEDIA_TYPES.values()}}},
        openapi_extra={"parameters": _parameters()},
    )
    def jjf_document(request: Request, device_id: DeviceId, form: ReportForm) -> Response:
        """Return the same report as HTML to be printed, or as PDF/A."""
        found, asked, zone = gathered(request, device_id)
        document = compose(found, asked, zone=zone, tests=context.tests(), version=context.version)
        if form is ReportForm.HTML:
            headers = {"Content-Security-Policy": policy() + _SANDBOX}
            return Response(
                to_html(document), headers=headers, media_type="text/html; charset=utf-8"
            )
        return Response(
            _pdf(document),
            headers={"Content-Disposition": 'inline; filename="jjf-report.pdf"'},
            media_type=_MEDIA_TYPES[form],
        )


def _pdf(document: Document) -> bytes:
    try:
        return to_pdf(document)
    except PdfNotInstalledError as error:
        raise Problem(501, "pdf-not-installed", f"{error}.") from None
    except PdfBusyError:
        raise Problem(503, "pdf-busy", headers={"Retry-After": "20"}) from None
    except PdfError as error:
        logger.warning("a report could not be made as PDF: %s", error)
        raise Problem(500, "pdf-failed", "The PDF could not be made; HTML can.") from None
