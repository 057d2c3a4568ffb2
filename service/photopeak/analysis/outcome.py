"""From the child's answer to a result: numbers with their meaning, verdicts, provenance. Pure.

The service and ``photopeak analyze`` judge here, so a result does not depend on the way it came.
"""

from __future__ import annotations

import base64
import json
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version
from typing import Any

from photopeak.evaluation.judge import judge
from photopeak.model.catalogue import TestDescription
from photopeak.model.configuration import Configuration
from photopeak.model.devices import Device
from photopeak.model.judgement import Baseline, LimitSet, StatedLimit, Status
from photopeak.model.results import (
    PARTIAL,
    FailureRecord,
    FigureRecord,
    InputRecord,
    MeasurementRecord,
    NoteRecord,
    PreconditionRecord,
    Provenance,
    ReadingRecord,
    ResultRecord,
)
from photopeak.model.trends import ServiceEvent
from photopeak.reports.text import unit_text

SET = "PC_SET"
"""Code of a precondition that other series of the set would meet (see the analyzers' contract)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a result is about and what it is judged by, beside the child's answer.

    `requested_limits` names limit sets that a rule asks for besides those that apply anyway.
    `missing` is what a partial analysis does without, each thing in a few words, `wish` why a
    person wants it all the same; both empty for a full one. `detector` is the head that a person
    measured: numbers that do not say of which head they are are of this one.
    `baselines` are all versions that were accepted, `events` what was done to the device.
    """

    test_set_id: str
    test: TestDescription
    variant: str
    device_id: str | None
    device: Device | None
    purpose: str
    inputs: tuple[InputRecord, ...]
    readings: tuple[ReadingRecord, ...]
    limit_sets: Sequence[LimitSet]
    baselines: Sequence[Baseline]
    requested_limits: tuple[str, ...]
    routes_version: str
    started_at: datetime
    acquired_at: datetime | None
    missing: tuple[str, ...] = ()
    wish: str = ""
    detector: int | None = None
    events: Sequence[ServiceEvent] = ()

    def scope(self, scope: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a scope of the answer with the head that was measured."""
        return scope if self.detector is None else {"detector": self.detector, **scope}


def result_of(answer: Mapping[str, Any], context: Context, *, now: datetime) -> ResultRecord:
    """Return the judged result of an analysis that was done."""
    analysis = answer["analysis"]
    measurements = tuple(_measurement(m, context) for m in analysis["measurements"])
    preconditions = (
        *(_precondition(p) for p in analysis["preconditions"]),
        *_fitness(analysis["notes"], context.purpose),
    )
    if context.wish:
        context, preconditions = _wished(context, preconditions)
    configurations = _configurations(answer["configurations"], context)
    told = answer.get("acquired_at")
    acquired_at = datetime.fromisoformat(told) if told else context.acquired_at
    judgement = judge(
        measurements,
        preconditions,
        test=context.test.id,
        variant=context.variant,
        device=context.device,
        purpose=context.purpose,
        limit_sets=context.limit_sets,
        baselines=context.baselines,
        requested=context.requested_limits,
        configurations=configurations,
        partial=bool(context.missing),
        stated=tuple(_stated(analysis["measurements"])),
        events=context.events,
        measured_at=acquired_at or now,
    )
    return ResultRecord(
        test_set_id=context.test_set_id,
        test=context.test.id,
        variant=context.variant,
        device_id=context.device_id,
        status=judgement.status,
        purpose=context.purpose,
        title=context.test.title,
        title_zh=context.test.title_zh,
        acquired_at=acquired_at,
        provenance=replace(
            _provenance(context, str(answer["version"]), now),
            parameters=answer["parameters"],
            configurations=configurations,
            limit_sets={v.limit_set: v.limit_set_version for v in judgement.verdicts},
            baselines=tuple(
                sorted({v.baseline_id for v in judgement.verdicts if v.baseline_id is not None})
            ),
        ),
        measurements=measurements,
        preconditions=judgement.preconditions,
        verdicts=judgement.verdicts,
        notes=(*_of_partial(context), *(_note(n) for n in analysis["notes"]), *judgement.notes),
        figures=tuple(_figure(f) for f in answer["figures"]),
    )


def lacking_series(result: ResultRecord, *, hard: bool) -> tuple[str, ...]:
    """Return what other series of the set would give, each in a few words.

    Parameters
    ----------
    hard
        Tell what no number is valid without, if nothing else is wrong; else what would be better.
    """
    unmet = [p for p in result.preconditions if not p.met]
    others = [p for p in unmet if p.voids and p.code != SET]
    lacking = [p for p in unmet if p.code == SET and (p.voids or not hard)]
    if hard and (others or not any(p.voids for p in lacking)):
        return ()
    return tuple(dict.fromkeys(describe_precondition(p) for p in lacking))


def failure_of(
    failure: FailureRecord,
    context: Context,
    *,
    now: datetime,
    configurations: Sequence[Mapping[str, Any]] = (),
) -> ResultRecord:
    """Return the result of an analysis that could not be done: a result with a reason.

    The `configurations` of what could be read tell of which head and nuclide there is no number.
    """
    return ResultRecord(
        test_set_id=context.test_set_id,
        test=context.test.id,
        variant=context.variant,
        device_id=context.device_id,
        status=Status.ERROR,
        purpose=context.purpose,
        title=context.test.title,
        title_zh=context.test.title_zh,
        acquired_at=context.acquired_at,
        provenance=replace(
            _provenance(context, context.test.version, now),
            configurations=_configurations(configurations, context),
        ),
        failure=failure,
    )


def reason_of(result: ResultRecord) -> str:
    """Return in one sentence why there are no judged numbers; empty when all of them are judged.

    Where only some are not judged, it says of which detector or window they are; of a partial
    result, what it was made without.
    """
    if result.failure is not None:
        return result.failure.message
    partly = any(result.valid(measurement) for measurement in result.measurements)
    broken = {
        (f"{_place(p)}: " if partly and p.scope else "") + describe_precondition(p)
        for p in result.preconditions
        if p.voids
    }
    return "; ".join([*sorted(broken), *filter(None, [result.partial])])


def _place(precondition: PreconditionRecord) -> str:
    return ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in sorted(precondition.scope.items()))


def describe_precondition(precondition: PreconditionRecord) -> str:
    """Return a precondition that is not met as a clause with quantity, value and bound."""
    quantity = precondition.quantity or precondition.code
    name = unit_text(precondition.unit)
    unit = f" {name}" if name else ""
    bound = precondition.expected
    if not bound:
        bound = " and ".join(
            f"{word} {number:g}{unit}"
            for word, number in (("at least", precondition.lower), ("at most", precondition.upper))
            if number is not None
        )
    if precondition.outcome == "unknown":
        found = "is not known"
    elif isinstance(precondition.value, float | int):
        found = f"is {precondition.value:g}{unit}"
    else:
        found = f"is {precondition.value}"
    return f"{quantity} {found}, needs {bound}" if bound else f"{quantity} {found}"


def _provenance(context: Context, analyzer_version: str, now: datetime) -> Provenance:
    return Provenance(
        software_version=version("photopeak"),
        analyzer_version=analyzer_version,
        inputs=context.inputs,
        readings=context.readings,
        routes_version=context.routes_version,
        started_at=context.started_at,
        finished_at=now,
        host=platform.node(),
    )


def _configurations(
    plain: Iterable[Mapping[str, Any]], context: Context
) -> tuple[Configuration, ...]:
    return tuple(
        Configuration(scope=context.scope(entry["scope"]), parts=entry["parts"]) for entry in plain
    )


def _measurement(plain: Mapping[str, Any], context: Context) -> MeasurementRecord:
    metric = context.test.metric(plain["metric"])
    if metric is None:
        raise KeyError(plain["metric"])
    return MeasurementRecord(
        metric=metric.key,
        label=metric.label,
        label_zh=metric.label_zh,
        scope=context.scope(plain["scope"]),
        value=plain["value"],
        unit=metric.unit,
        uncertainty=plain["uncertainty"],
        symbol=metric.symbol,
        decimals=metric.decimals,
        clause=metric.clause,
    )


def _stated(measurements: Sequence[Mapping[str, Any]]) -> Iterator[StatedLimit]:
    """Return the bounds that stand beside the numbers in the input itself."""
    for plain in measurements:
        bounds = plain.get("bounds")
        if bounds is not None:
            yield StatedLimit(
                metric=plain["metric"],
                scope=plain["scope"],
                lower=bounds["lower"],
                upper=bounds["upper"],
                source=bounds["source"],
            )


def _precondition(plain: Mapping[str, Any]) -> PreconditionRecord:
    return PreconditionRecord(
        code=plain["code"],
        severity=plain["severity"],
        outcome=plain["outcome"],
        scope=plain["scope"],
        quantity=plain["quantity"],
        value=plain["value"],
        lower=plain["lower"],
        upper=plain["upper"],
        unit=plain["unit"],
        expected=plain["expected"],
        clause=plain["clause"],
    )


def _fitness(notes: Sequence[Mapping[str, Any]], purpose: str) -> tuple[PreconditionRecord, ...]:
    """Return as failed conditions the remarks that keep numbers from serving this purpose."""
    return tuple(
        PreconditionRecord(
            code="PC_PURPOSE",
            severity="hard",
            outcome="not_met",
            scope=note["scope"],
            quantity=f"fitness for the purpose {purpose}",
            value=f"not given: {note['message']}",
        )
        for note in notes
        if purpose in note["unfit_for"]
    )


def _wished(
    context: Context, preconditions: tuple[PreconditionRecord, ...]
) -> tuple[Context, tuple[PreconditionRecord, ...]]:
    """Let what a person wants without some of its series be without them."""
    lacking = [describe_precondition(p) for p in preconditions if p.code == SET and not p.met]
    softened = (
        replace(p, severity="soft") if p.code == SET and not p.met else p for p in preconditions
    )
    return replace(context, missing=(*context.missing, *dict.fromkeys(lacking))), tuple(softened)


def _of_partial(context: Context) -> tuple[NoteRecord, ...]:
    if not context.missing:
        return ()
    without = f"a partial result, without {', '.join(context.missing)}"
    return (NoteRecord(code=PARTIAL, message=f"{without}; asked for by hand: {context.wish}"),)


def _note(plain: Mapping[str, Any]) -> NoteRecord:
    return NoteRecord(
        code=plain["code"],
        message=plain["message"],
        scope=plain["scope"],
        values=plain["values"],
    )


def _figure(plain: Mapping[str, Any]) -> FigureRecord:
    forms = {
        "json": json.dumps(plain["data"], separators=(",", ":")).encode(),
        "svg": plain["svg"].encode(),
    }
    if plain["png"]:
        forms["png"] = base64.b64decode(plain["png"])
    return FigureRecord(
        name=plain["name"], title=plain["title"], kind=plain["data"]["kind"], forms=forms
    )
