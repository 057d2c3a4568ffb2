"""The inner page of the certificate: the rows of JJF Annex D, each filled or said not to be measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from photopeak.model.judgement import Status
from photopeak.reports.jjf.gather import Gathered, Item
from photopeak.reports.jjf.particulars import Particulars
from photopeak.reports.jjf.values import COVERAGE_FACTOR, Value, values, why_void
from photopeak.reports.messages import Messages
from photopeak.reports.paper.document import Block, Grid, Heading, Paragraph, Sheet, Signatures
from photopeak_analyzers import rounding

MOST_LINES = 14
"""Numbers of one row; of more only the largest of each kind is stated, the rest is in the record."""

_PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class Row:
    """One row of Annex D: the numbers that fill it, by test."""

    title: str
    sources: tuple[tuple[str, tuple[str, ...]], ...]


ROWS = (
    Row("Sensitivity", (("pet_sensitivity", ("pet_sensitivity",)),)),
    Row(
        "Spatial resolution",
        (
            ("pet_spatial_resolution", ("fwhm_radial", "fwhm_tangential")),
            (
                "pet_rod_phantom_resolution",
                (
                    "smallest_read_hot_mm",
                    "smallest_read_cold_mm",
                    "smallest_resolved_hot_mm",
                    "smallest_resolved_cold_mm",
                ),
            ),
        ),
    ),
    Row("Hot-region percent contrast", (("pet_image_quality", ("contrast_j",)),)),
    Row("Cold-region percent contrast", (("pet_image_quality", ("cold_contrast_j",)),)),
    Row("Registration accuracy", (("pet_ct_registration", ("registration_max_mm",)),)),
)
"""The rows of Annex D, in its order; the expanded uncertainties follow them."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A row with its numbers, and what is said instead of those that are missing or not valid."""

    title: str
    numbers: tuple[Value, ...]
    remarks: tuple[str, ...]


def fill(gathered: Gathered, say: Messages) -> tuple[Filled, ...]:
    """Return the rows of Annex D; none of them is without a number and without a word."""
    items = {item.kind.test: item for item in gathered.items}
    filled = []
    for row in ROWS:
        numbers: list[Value] = []
        remarks: list[str] = []
        for test, metrics in row.sources:
            found, said = _of_test(items[test], metrics, say)
            several = len(row.sources) > 1
            title = say(items[test].kind.title)
            remarks += [f"{title}{say(': ')}{each}" if several else each for each in said]
            numbers += found
        filled.append(Filled(say(row.title), tuple(numbers), tuple(remarks)))
    return tuple(filled)


def _of_test(item: Item, metrics: tuple[str, ...], say: Messages) -> tuple[list[Value], list[str]]:
    result = item.result
    if result is None:
        return [], [say("not measured")]
    if result.failure is not None:
        return [], [say("no result: {reason}", reason=why_void(result, say))]
    own = [v for v in values(result, say) if v.measurement.metric in metrics]
    good = [v for v in own if v.valid]
    stated = _largest(good) if len(good) > MOST_LINES else good
    remarks = []
    if len(stated) < len(good):
        said = "the largest of {count} numbers each; all are in the record"
        remarks.append(say(said, count=len(good) // len(stated)))
    if len(good) < len(own) or (result.status is Status.INVALID and not result.measurements):
        remarks.append(say("invalid: {reason}", reason=why_void(result, say)))
    elif not own:
        remarks.append(say("not measured"))
    return stated, remarks


def _largest(numbers: list[Value]) -> list[Value]:
    """Return the largest number of each metric."""
    largest: dict[str, Value] = {}
    for value in numbers:
        known = largest.get(value.measurement.metric)
        if known is None or value.measurement.value > known.measurement.value:
            largest[value.measurement.metric] = value
    return list(largest.values())


def certificate(gathered: Gathered, particulars: Particulars, say: Messages) -> Sheet:
    """Return the inner page of the certificate."""
    rows = fill(gathered, say)
    cells = [(row.title, "\n".join([*_lines(row, say), *row.remarks])) for row in rows]
    cells.append((say("Expanded uncertainty (k = 2)"), "\n".join(_uncertainties(rows, say))))
    blocks: list[Block] = [
        Grid(
            title="",
            columns=(say("Calibration item"), say("Calibration result")),
            rows=tuple(cells),
            shares=(1.0, 2.4),
        ),
        Signatures(
            (
                (say("Calibrator"), particulars.calibrator),
                (say("Verifier"), particulars.verifier),
            )
        ),
    ]
    blocks += _references(gathered, say)
    return Sheet(
        title=say("Calibration certificate (inner page)"),
        note=say("Recommended form of JJF (PET/CT calibration, draft), Annex D"),
        blocks=tuple(blocks),
    )


def _lines(row: Filled, say: Messages) -> list[str]:
    alone = len({value.name for value in row.numbers}) == 1
    return [
        value.with_unit if alone else f"{value.name}{say(': ')}{value.with_unit}"
        for value in row.numbers
    ]


def _uncertainties(rows: Sequence[Filled], say: Messages) -> list[str]:
    lines = []
    for row in rows:
        if not row.numbers:
            absent = all(remark.endswith(say("not measured")) for remark in row.remarks)
            said = say("not measured") if absent else say("no valid result")
            lines.append(f"{row.title}{say(': ')}{said}")
        elif len(row.numbers) == 1:
            lines.append(f"{row.title}{say(': ')}{_uncertainty(row.numbers[0], say)}")
        else:
            alike = len({value.label for value in row.numbers}) == 1
            lines.append(f"{row.title}{say(':')}")
            lines += [
                f"– {value.scope if alike else value.name}{say(': ')}{_uncertainty(value, say)}"
                for value in row.numbers
            ]
    return lines


def _uncertainty(value: Value, say: Messages) -> str:
    if not value.expanded:
        return say("not evaluated")
    text = f"U = {value.expanded} {value.unit}".rstrip()
    relative = relative_percent(value)
    if value.measurement.metric == "pet_sensitivity" and relative:
        text = f"U_rel = {relative} % ({text})"
    return text


def relative_percent(value: Value) -> str:
    """Return the relative expanded uncertainty in %, of two digits; empty without one."""
    measurement = value.measurement
    if not measurement.uncertainty or not measurement.value:
        return ""
    percent = _PERCENT * COVERAGE_FACTOR * measurement.uncertainty / abs(measurement.value)
    return rounding.stated(percent, percent)[1]


def _references(gathered: Gathered, say: Messages) -> list[Block]:
    """Return how the numbers compare with JJF table 1: for information, never a verdict."""
    rows = []
    for item in gathered.items:
        if item.result is None or item.result.failure is not None:
            continue
        for value in values(item.result, say):
            if value.reference is None:
                continue
            rows.append(
                (
                    value.name,
                    value.with_unit if value.valid else say("invalid"),
                    value.reference.bounds or say("none entered"),
                    _standing(value, say),
                )
            )
    return [
        Heading(say("Against the reference values of JJF table 1")),
        Paragraph(
            say(
                "The reference values of JJF table 1 are for information. This report makes no"
                " statement of conformity."
            ),
            "quiet",
        ),
        Grid(
            title="",
            columns=(say("Quantity"), say("Result"), say("Reference"), say("For information")),
            rows=tuple(rows)
            or ((say("Nothing that has a reference value was measured"), "–", "–", "–"),),
            shares=(2.4, 1.0, 1.0, 1.6),
            small=True,
        ),
    ]


def _standing(value: Value, say: Messages) -> str:
    if not value.valid:
        return say("not compared")
    if value.reference is None or value.reference.met is None:
        return say("no reference value to compare with")
    return say("meets the reference") if value.reference.met else say("does not meet the reference")
