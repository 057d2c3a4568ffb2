"""The form of WS 523-2019 Table A.1 on paper: for each head, what is asked and what was found.

Nothing is blank: an item without a valid number says so. The requirement of an acceptance test is the
manufacturer's, those of status and constancy tests are the standard's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from photopeak.model.catalogue import MetricDescription
from photopeak.model.devices import Device
from photopeak.model.judgement import Limit, LimitKind, LimitSet, Status, Verdict
from photopeak.model.results import MeasurementRecord, ResultRecord
from photopeak.reports.paper.document import (
    Block,
    Document,
    Facts,
    Grid,
    Heading,
    Paragraph,
    Sheet,
    Signatures,
)
from photopeak.reports.text import unit_text
from photopeak.storage import devices, results
from photopeak.storage.database import Transaction
from photopeak.storage.devices import Sighting
from photopeak.web.looks import STATUS
from photopeak.web.names import metric_name
from photopeak.web.numbers import verdicts_of
from photopeak.web.papers.parts import Desk, test_name
from photopeak.web.values import bounds_text, expanded_text, scope_text, value_text

LIMIT_SET = "ws523"
PURPOSES = ("status", "constancy", "acceptance")
"""Occasions of a test, WS 523-2019 chapter 3."""

PARTICULARS = (
    ("institution", "Institution"),
    ("model", "Model"),
    ("serial_number", "Serial number"),
    ("crystal_thickness", "Crystal thickness"),
    ("collimator", "Collimator"),
    ("inspector", "Tested by"),
    ("report_number", "Number of the report"),
)
"""What a person supplies with the request; it is not kept."""

_OF_THE_WHOLE = frozenset({"background_rate", "spect_spatial_resolution", "whole_body_resolution"})
"""Tests of Table A.1 that give one value for the system, not one for each head."""
_METHODS = {
    "nema": "NEMA NU 1",
    "iec": "IEC 60789 / GB/T 18989",
    "ws523": "WS 523",
    "*": "–",
}
"""What a text that tests follow is called on paper; a limit for any text names none."""
_NO_RESULT = frozenset({Status.INVALID, Status.ERROR})
_LOOKED_THROUGH = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What the form is made from: `results` holds the newest valid result of each test and variant.

    `sighting` is what the images say of the equipment.
    """

    device: Device
    purpose: str
    limits: Sequence[Limit]
    manufacturer: Sequence[LimitSet]
    results: Sequence[ResultRecord]
    particulars: Mapping[str, str] = field(default_factory=dict)
    sighting: Sighting | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One number that is asked for, of a head or of the whole, with where it was found, if it was."""

    limit: Limit
    head: int | None = None
    record: ResultRecord | None = None
    measurement: MeasurementRecord | None = None


def gather(
    tx: Transaction,
    device: Device,
    sets: Sequence[LimitSet],
    purpose: str,
    particulars: Mapping[str, str],
    *,
    since: datetime | None = None,
    before: datetime | None = None,
) -> Form:
    """Return what the form of a device is made from.

    Of each test the newest result with valid numbers counts; without one, the newest attempt.
    """
    asked = tuple(
        limit
        for entry in sets
        if entry.name == LIMIT_SET
        for limit in entry.limits
        if purpose == "acceptance" or not limit.purpose or purpose in limit.purpose
    )
    tests = {limit.test for limit in asked}
    performed = {
        (r.test, r.variant) for r in results.latest_per_test(tx, device.id) if r.test in tests
    }
    found = []
    for test, variant in sorted(performed):
        attempts = results.measured(
            tx, device_id=device.id, test=test, variant=variant, since=since, before=before,
            limit=_LOOKED_THROUGH,
        )  # fmt: skip
        best = next((r for r in attempts if r.status not in _NO_RESULT), next(iter(attempts), None))
        if best is not None:
            found.append(results.get(tx, best.id))
    sighting = next((s for s in devices.seen(tx) if s.device_id == device.id), None)
    own = tuple(
        entry
        for entry in sets
        if entry.kind is LimitKind.MANUFACTURER
        and (not entry.devices or device.id in entry.devices)
    )
    return Form(
        device=device, purpose=purpose, limits=asked, manufacturer=own, results=found,
        particulars=particulars, sighting=sighting,
    )  # fmt: skip


def ws523_paper(form: Form, desk: Desk) -> Document:
    """Return the form as a report."""
    words = desk.words
    title = words("Test of {device} after WS 523-2019", device=form.device.name)
    items = tuple(_items(form))
    heads = sorted({item.head for item in items}, key=lambda head: (head is None, head or 0))
    blocks: list[Block] = [Facts(_facts(form, desk))]
    if form.device.pixelated:
        out_of_scope = "WS 523 is for gamma cameras with a NaI crystal; for this detector its limits inform only."
        blocks.append(Paragraph(words(out_of_scope), "warn"))
    blocks.append(_conclusion(items, form, desk))
    for head in heads:
        shown = (
            words("The whole system")
            if head is None
            else words("Detector {detector}", detector=head)
        )
        own = [item for item in items if item.head == head]
        blocks += [Heading(shown), _grid(own, form, desk)]
    blocks.append(
        Signatures(
            ((words("Tested by"), form.particulars.get("inspector", "")), (words("Date"), ""))
        )
    )
    note = words("WS 523-2019 Table A.1; occasion: {purpose}", purpose=words(form.purpose))
    sheet = Sheet(title=title, note=note, blocks=tuple(blocks))
    return desk.document(title, (sheet,), form.results)


def _items(form: Form) -> Iterator[Item]:
    """Yield every number that is asked for, of each head or of the whole, measured or not."""
    expected = _heads(form)
    for limit in form.limits:
        found = [
            Item(limit, _head(measurement), record, measurement)
            for record in form.results
            if record.test == limit.test and limit.variant in ("*", record.variant)
            for measurement in record.measurements
            if measurement.metric == limit.metric and _fits(measurement, limit)
        ]
        if not found and limit.instead and _measured(form, limit.test, limit.instead):
            continue  # one of two ways to the same number suffices
        heads = {item.head for item in found} - {None}
        # What one head has, every head must have; of the whole there is one number.
        missing = [head for head in expected if head not in heads]
        each = bool(heads) or (not found and limit.test not in _OF_THE_WHOLE)
        yield from found
        if each and expected:
            yield from (Item(limit, head) for head in missing)
        elif not found:
            yield Item(limit)


def _heads(form: Form) -> tuple[int, ...]:
    """Return the heads of the device: those that are configured, and those that were measured."""
    seen = {_head(m) for record in form.results for m in record.measurements} - {None}
    return tuple(sorted({*range(1, (form.device.detectors or 0) + 1), *(h for h in seen if h)}))


def _measured(form: Form, test: str, metric: str) -> bool:
    return any(
        m.metric == metric
        for record in form.results
        if record.test == test
        for m in record.measurements
    )


def _fits(measurement: MeasurementRecord, limit: Limit) -> bool:
    scope = dict(measurement.scope)
    return all(scope.get(name) == value for name, value in limit.scope.items())


def _head(measurement: MeasurementRecord) -> int | None:
    value = measurement.scope.get("detector")
    return None if value is None else int(value)


def _facts(form: Form, desk: Desk) -> tuple[tuple[str, str], ...]:
    words, device = desk.words, form.device
    known = {"serial_number": device.serial_number}
    if form.sighting is not None:  # what the images say of the equipment
        said = (form.sighting.manufacturer, form.sighting.model)
        known["model"] = " ".join(part for part in said if part)
        known["serial_number"] = device.serial_number or form.sighting.serial_number
    known["collimator"] = ", ".join(
        dict.fromkeys(
            words.told(c.parts["collimator"])
            for record in form.results
            for c in record.provenance.configurations
            if c.parts.get("collimator")
        )
    )
    told = [
        (words(label), form.particulars.get(name) or known.get(name) or words("not stated"))
        for name, label in PARTICULARS
    ]
    return ((words("Device"), device.name), *told)


def _grid(items: Sequence[Item], form: Form, desk: Desk) -> Grid:
    words = desk.words
    return Grid(
        title="",
        columns=(
            words("Item"), words("Method"), words("Acceptance"), words("Status or constancy"),
            words("Result"), words("U (k = 2)"), words("Judgement"), words("Measured"),
        ),
        rows=tuple(_row(item, form, desk) for item in items),
        numeric=(False, False, False, False, True, True, False, False),
        shares=(2.2, 1.9, 1.2, 1.3, 1.1, 0.9, 1.1, 1.5),
        small=True,
    )  # fmt: skip


def _row(item: Item, form: Form, desk: Desk) -> tuple[str, ...]:
    words, limit = desk.words, item.limit
    test = desk.describe(limit.test)
    title = test_name(test, desk, limit.test)
    own = _manufacturer(limit, form)
    metric = None if test is None else test.metric(limit.metric)
    number = item.measurement or metric
    acceptance = words("as the manufacturer states") if own is None else _bounds(own, number)
    if item.record is None or item.measurement is None:
        name = words.pick(metric.label, metric.label_zh) if metric else limit.metric
        missing = words("not measured")
        return (
            f"{title}: {name}",
            _METHODS.get(limit.variant, limit.variant),
            acceptance,
            _bounds(limit, metric),
            missing,
            "",
            "–",
            "–",
        )
    record, measurement = item.record, item.measurement
    name = metric_name(record, limit.metric, words, desk.describe)
    place = scope_text(measurement.scope, words, without=("detector", "energy_window"))
    verdict = _verdict(item, form)
    unit = unit_text(measurement.unit)
    return (
        f"{title}: {name}" + (f", {place}" if place else ""),
        f"{_METHODS.get(record.variant, record.variant)}\n{words.told(measurement.clause)}",
        acceptance,
        _bounds(limit, measurement),
        f"{value_text(measurement, verdicts_of(record, measurement))} {unit}".rstrip(),
        expanded_text(measurement),
        _judged(record, measurement, verdict, desk),
        desk.moment(record.acquired_at or record.provenance.finished_at),
    )


def _bounds(limit: Limit, number: MeasurementRecord | MetricDescription | None) -> str:
    """Return bounds as the number is written; those of a limit without a unit are in its unit."""
    decimals, unit = (2, "") if number is None else (number.decimals, number.unit)
    bounds = bounds_text(limit.lower, limit.upper, decimals)
    return f"{bounds} {unit_text(limit.unit or unit)}".rstrip()


def _manufacturer(limit: Limit, form: Form) -> Limit | None:
    return next(
        (
            own
            for entry in form.manufacturer
            for own in entry.limits
            if (own.test, own.metric) == (limit.test, limit.metric) and own.form is None
        ),
        None,
    )


def _verdict(item: Item, form: Form) -> Verdict | None:
    if item.record is None or item.measurement is None:
        return None
    names = {LIMIT_SET}
    if form.purpose == "acceptance":
        names = {entry.name for entry in form.manufacturer}
    found = verdicts_of(item.record, item.measurement)
    return next((v for v in found if v.limit_set in names), None)


def _judged(
    record: ResultRecord, measurement: MeasurementRecord, verdict: Verdict | None, desk: Desk
) -> str:
    words = desk.words
    if not record.valid(measurement):
        return words(STATUS[Status.INVALID].word)
    return words("not judged") if verdict is None else words(STATUS[verdict.status].word)


def _conclusion(items: Sequence[Item], form: Form, desk: Desk) -> Paragraph:
    """Say what did not keep its limit and what was not measured, or that neither is the case."""
    words = desk.words
    verdicts = [_verdict(item, form) for item in items]
    missing = sum(item.measurement is None for item in items)
    outside = sum(v is not None and v.status in (Status.FAIL, Status.WARN) for v in verdicts)
    judged = sum(
        v is not None and v.status in (Status.PASS, Status.FAIL, Status.WARN) for v in verdicts
    )
    open_ = len(items) - missing - judged
    if not (missing or outside or open_):
        return Paragraph(
            words("All {count} numbers were judged and keep their limits.", count=judged)
        )
    said = "Of {count} numbers {outside} are outside a limit, {open} are not judged, {missing} were not measured."
    return Paragraph(
        words(said, count=len(items), outside=outside, open=open_, missing=missing), "warn"
    )
