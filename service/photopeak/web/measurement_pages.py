"""Entering a measurement: choose device and test, then fill the fields that the test asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from photopeak.model.catalogue import TestDescription
from photopeak.model.devices import Device
from photopeak.model.page import Access, Page, PageReply, PageRequest
from photopeak.reports.device_readings import of_device
from photopeak.reports.entries import Entry, check_entry, enter
from photopeak.reports.readings import Fault, ReadingError
from photopeak.storage import readings
from photopeak.storage.database import Transaction
from photopeak.web.context import WebContext
from photopeak.web.reading_fields import Last, ReadingForm, local_text, moment_in
from photopeak.web.rendering import Renderer

PATH = "/measurements"


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose."""

    value: str
    label: str


class MeasurementPages:
    """Pages for measurements that people enter."""

    def __init__(self, context: WebContext, renderer: Renderer) -> None:
        self._context = context
        self._renderer = renderer

    def pages(self) -> tuple[Page, ...]:
        """Return the pages."""
        return (
            Page(
                method="GET",
                path=PATH,
                access=Access.OPERATE,
                answer=self.show,
                query=("device", "test"),
            ),
            Page(method="POST", path=PATH, access=Access.OPERATE, answer=self.take),
        )

    def show(self, request: PageRequest) -> PageReply:
        """Answer with the form of a test, or with the choice of device and test."""
        return self._form(request, request.query, {}, ())

    def take(self, request: PageRequest) -> PageReply:
        """Keep the measurement of the form, and go on to its test set."""
        form = request.form
        device, test = self._chosen(form)
        if device is None or test is None:
            return self._form(request, form, form, ())
        fields = self._fields(test, device)
        if fields.more_rows(form):
            return self._form(request, form, form, ())
        now = self._context.clock()
        who = request.visitor.name if request.visitor else ""
        detector = form.get("detector", "")
        entry = Entry(
            test=test.id,
            device=device.id,
            variant=form.get("variant", ""),
            detector=int(detector) if detector.isdecimal() and len(detector) < 4 else None,
            performed_at=moment_in(form.get("performed_at", ""), self._zone(device)),
            operator=form.get("operator", "").strip(),
            readings=fields.read(form),
        )
        try:
            good = check_entry(
                entry,
                tests=self._context.tests(),
                devices=self._context.devices(),
                site_zone=self._context.settings.site.time_zone,
                source="form",
                who=who,
                now=now,
                complete=True,
            )
            with self._context.database.transaction() as tx:
                record, _ = enter(tx, good)
        except ReadingError as error:
            return self._form(request, form, form, error.faults)
        return PageReply(location=f"/test-sets/{record.id}")

    def _form(
        self,
        request: PageRequest,
        chosen: Mapping[str, str],
        form: Mapping[str, str],
        faults: Sequence[Fault],
    ) -> PageReply:
        words = self._renderer.words
        device, test = self._chosen(chosen)
        if device is None or test is None:
            return self._choice(request, chosen)
        now = self._context.clock()
        fields = self._fields(test, device)
        with self._context.database.snapshot() as tx:
            last = self._last(tx, device, test, fields)
        told = {fault.field: fields.said(fault) for fault in faults}
        own = {reading.name for reading in test.readings}
        return self._renderer.page(
            "measurement.html",
            request,
            now,
            status=422 if faults else 200,
            here="measurements",
            device=device,
            test=test,
            title=words.pick(test.title, test.title_zh),
            clauses="; ".join(
                dict.fromkeys(self._renderer.words.told(v.clause) for v in test.variants)
            ),
            variants=[Option(v.name, f"{v.name}: {v.title}") for v in test.variants],
            variant=form.get("variant", test.variant_for(device.family)),
            detectors=()
            if test.needs_images or (device.detectors or 1) < 2
            else tuple(str(n) for n in range(1, (device.detectors or 1) + 1)),
            detector=form.get("detector", ""),
            zone=self._zone(device).key,
            performed_at=form.get("performed_at", local_text(now, self._zone(device))),
            operator=form.get("operator", request.visitor.known_as if request.visitor else ""),
            fields=fields.fields(
                form, {one.name: one for one in of_device(test, device, now=now)}, last, faults
            ),
            told={field[0]: said for field, said in told.items() if field[0] not in own},
            number=len(faults),
        )

    def _choice(self, request: PageRequest, chosen: Mapping[str, str]) -> PageReply:
        pick = self._renderer.words.pick
        tests = [
            t
            for t in self._context.tests()
            if t.readings and not (t.needs_images and t.stands_alone)
        ]
        options = sorted(
            ((t.needs_images, Option(t.id, pick(t.title, t.title_zh))) for t in tests),
            key=lambda each: (each[0], each[1].label),
        )
        return self._renderer.page(
            "measurement_choice.html",
            request,
            self._context.clock(),
            here="measurements",
            devices=[Option(d.id, d.name) for d in self._context.devices()],
            alone=[option for images, option in options if not images],
            beside=[option for images, option in options if images],
            device=chosen.get("device", ""),
            test=chosen.get("test", ""),
        )

    def _chosen(self, values: Mapping[str, str]) -> tuple[Device | None, TestDescription | None]:
        device = next((d for d in self._context.devices() if d.id == values.get("device")), None)
        test = self._context.test(values.get("test", ""))
        return device, test if test is not None and test.readings else None

    def _zone(self, device: Device) -> ZoneInfo:
        return ZoneInfo(device.time_zone or self._context.settings.site.time_zone or "UTC")

    def _fields(self, test: TestDescription, device: Device) -> ReadingForm:
        return ReadingForm(test, self._zone(device), self._renderer.words)

    def _last(
        self, tx: Transaction, device: Device, test: TestDescription, fields: ReadingForm
    ) -> dict[str, Last]:
        """Return what the readings were the last times, each value once."""
        found: dict[str, list[tuple[str, datetime]]] = {}
        for at, known in readings.last_times(tx, device.id, test.id):
            for reading in known:
                described = test.reading(reading.name)
                if described is not None and described.kind != "table":
                    shown = fields.shown(reading.value, described.kind)
                    found.setdefault(reading.name, []).append((shown, at))
        zone = self._zone(device)
        return {
            name: Last(
                values=tuple(dict.fromkeys(value for value, _ in values)),
                at=values[0][1].astimezone(zone).date().isoformat(),
            )
            for name, values in found.items()
        }
