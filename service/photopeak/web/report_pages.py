"""The page on which a calibration report is put together: which results, and what a person supplies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from photopeak.model.devices import Device
from photopeak.model.page import Access, Page, PageReply, PageRequest
from photopeak.model.results import ResultRecord
from photopeak.reports.jjf.certificate import certificate
from photopeak.reports.jjf.gather import TESTS, VARIANT, Item, SelectionError
from photopeak.reports.jjf.particulars import FIELDS, LONGEST, Field, ParticularsError
from photopeak.reports.jjf.record import known_of_instrument
from photopeak.reports.jjf.report import LANGUAGES, messages
from photopeak.reports.jjf.request import QUERY, check_request, collect, zone_of
from photopeak.reports.jjf.values import state_text
from photopeak.reports.messages import Messages
from photopeak.reports.paper.document import Grid
from photopeak.reports.paper.pdf import available
from photopeak.storage.errors import NotFoundError
from photopeak.web.context import WebContext
from photopeak.web.looks import STATUS, Look
from photopeak.web.rendering import Renderer

SCANNERS = frozenset({"pet", "pet_ct", "pet_mr"})
"""Kinds of devices that a report may be about."""

_PATH = "/devices/{id}/reports/jjf"
_DATES = frozenset({"from", "to", "calibration_date"})


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of the form with what was typed and what is wrong with it."""

    name: str
    label: str
    kind: str
    value: str
    unit: str
    minimum: float | None
    maximum: float | None
    said: str
    known: str


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A calibration item with the result that was taken; `look` None when there is none."""

    title: str
    clause: str
    result: ResultRecord | None
    look: Look | None
    said: str


def report_address(device_id: str) -> str:
    """Return the address of the report page of a device."""
    return _PATH.replace("{id}", quote(device_id, safe=""))


def report_on(device: Device | None) -> str:
    """Return the address of the report page of a PET scanner; empty for any other device."""
    return report_address(device.id) if device is not None and device.kind in SCANNERS else ""


def report_of(result: ResultRecord) -> str:
    """Return the address of the report that a result belongs into; empty for any other."""
    belongs = result.device_id and result.variant == VARIANT and result.test in TESTS
    return report_address(result.device_id or "") if belongs else ""


class ReportPages:
    """Pages on reports."""

    def __init__(self, context: WebContext, renderer: Renderer) -> None:
        self._context = context
        self._renderer = renderer

    def pages(self) -> tuple[Page, ...]:
        """Return the pages."""
        return (Page(method="GET", path=_PATH, access=Access.READ, answer=self.show, query=QUERY),)

    def show(self, request: PageRequest) -> PageReply:
        """Answer with the form, the results that were found, and the rows of the certificate."""
        device = self._context.device(request.path["id"])
        if device is None:
            raise NotFoundError("there is no such device")
        site = self._context.settings.site
        faults: dict[str, str] = {}
        asked = check_request({}, language=site.language)
        say = messages(asked.language)
        items: tuple[Item, ...] = ()
        known: dict[str, str] = {}
        rows: tuple[tuple[str, ...], ...] = ()
        try:
            asked = check_request(request.query, language=site.language)
            say = messages(asked.language)
            zone = zone_of(device, site.time_zone)
            gathered = collect(self._context.database, device, asked, zone=zone)
            items, known = gathered.items, known_of_instrument(gathered)
            sheet = certificate(gathered, asked.particulars, say)
            rows = next(block.rows for block in sheet.blocks if isinstance(block, Grid))
        except ParticularsError as error:
            faults = dict(error.faults)
        except SelectionError:
            faults = {"results": "is not of this device, or not of a test of JJF"}
        words = self._renderer.words
        return self._renderer.page(
            "jjf_report.html",
            request,
            self._context.clock(),
            status=422 if faults else 200,
            here="results",
            device=device,
            address=report_address(device.id),
            period=self._fields(_period(), request, faults, {}),
            fields=self._fields(FIELDS, request, faults, known),
            others=[said for name, said in faults.items() if name in ("results", "language")],
            results=request.query.get("results", ""),
            language=asked.language,
            languages=[(code, words(_TONGUES[code])) for code in LANGUAGES],
            items=[_item_row(item, messages(words.language)) for item in items],
            rows=rows,
            pdf=available(),
            longest=LONGEST,
        )

    def _fields(
        self,
        fields: Sequence[Field],
        request: PageRequest,
        faults: Mapping[str, str],
        known: Mapping[str, str],
    ) -> list[FormField]:
        words, say = self._renderer.words, messages(self._renderer.words.language)
        return [
            FormField(
                name=field.name,
                label=say(field.label),
                kind="date"
                if field.name in _DATES
                else "text"
                if field.minimum is None
                else "number",
                value=request.query.get(field.name, ""),
                unit=field.unit,
                minimum=field.minimum,
                maximum=field.maximum,
                said=words(faults[field.name]) if field.name in faults else "",
                known=known.get(field.name, ""),
            )
            for field in fields
        ]


_TONGUES = {"en": "English", "zh": "Chinese"}


def _period() -> tuple[Field, ...]:
    return (Field("from", "Measured from"), Field("to", "Measured to"))


def _item_row(item: Item, say: Messages) -> ItemRow:
    result = item.result
    return ItemRow(
        title=say(item.kind.title),
        clause=item.kind.clause,
        result=result,
        look=None if result is None else STATUS[result.status],
        said=state_text(result, say),
    )
