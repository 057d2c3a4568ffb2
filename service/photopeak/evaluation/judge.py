"""From measurements and limits to verdicts, and from verdicts to the status of a result.

Every limit set that applies is compared and every verdict kept. Values are compared as measured,
never rounded; bounds belong to what passes. The status of the result is the worst of the verdicts
that judge; what only informs decides nothing, and the absence of a judgement is never a pass.

A hard precondition that is not known to be met voids the numbers that it concerns and no others:
those of the head that failed are kept and not judged, those of the other head are judged. The
result is INVALID then, however well the rest did, and FAIL where the rest fails: a head out of its
limits needs a repair, whatever became of the other one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from photopeak.evaluation.bounds import Bounds, resolve
from photopeak.evaluation.epochs import Apart, of_epoch
from photopeak.model.configuration import Configuration, configuration_of, differences
from photopeak.model.devices import Device
from photopeak.model.judgement import (
    Baseline,
    Limit,
    LimitKind,
    LimitSet,
    StatedLimit,
    Status,
    Verdict,
)
from photopeak.model.results import (
    MeasurementRecord,
    NoteRecord,
    PreconditionRecord,
    voiding,
)
from photopeak.model.trends import ServiceEvent

_JUDGING = (Status.FAIL, Status.WARN, Status.PASS)
"""What a judging verdict may say, the worst first."""

STATED_SET = "report"
"""Stands in place of the name of a limit set for bounds that the input itself states."""

ACCEPTANCE = "acceptance"
"""Compared with what the manufacturer states: other limits may fail it, none lets it pass."""

_OVERRIDE_ORDER = (LimitKind.SITE, LimitKind.MANUFACTURER)
"""Whose override of a severity counts first; other kinds follow in the order of their names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The status of a result, its verdicts, and its preconditions as severe as they counted.

    `notes` say what could not be compared, and why.
    """

    status: Status
    verdicts: tuple[Verdict, ...]
    preconditions: tuple[PreconditionRecord, ...]
    notes: tuple[NoteRecord, ...]


def judge(
    measurements: Sequence[MeasurementRecord],
    preconditions: Sequence[PreconditionRecord],
    *,
    test: str,
    variant: str,
    device: Device | None,
    purpose: str,
    limit_sets: Sequence[LimitSet],
    baselines: Sequence[Baseline] = (),
    requested: Collection[str] = (),
    configurations: Sequence[Configuration] = (),
    partial: bool = False,
    stated: Sequence[StatedLimit] = (),
    events: Sequence[ServiceEvent] = (),
    measured_at: datetime | None = None,
) -> Judgement:
    """Judge the measurements of one analysis.

    Parameters
    ----------
    device
        The device it is about; None when it is not known, which no limit set of a device fits.
    purpose
        What the test was made for, such as ``constancy``.
    limit_sets
        All sets in force; which of them apply is decided here.
    baselines
        The accepted baselines for this device, test and variant. The newest of the epoch of the
        measurement holds; where there is none, what counts from it judges nothing, and a note says
        why.
    requested
        Names of optional limit sets that the route asked for.
    configurations
        Under which circumstances the numbers were measured. A number is compared with a baseline
        of the same configuration alone; a note says so where there is only one of another.
    partial
        The analysis had less than the test needs. Its numbers are judged as any, those that it
        cannot have are not asked for, and it informs at best: it never passes as a whole.
    stated
        Bounds that the input itself states, judged as the manufacturer's beside all limit sets.
    events, measured_at
        What was done to the device, and when this was measured.
    """
    baselines, apart = of_epoch(baselines, events, measured_at)
    sets = [s for s in limit_sets if applies(s, device, purpose, requested)]
    checked = tuple(_as_severe_as_set(p, test, sets) for p in preconditions)
    sound = [m for m in measurements if not voiding(checked, m.scope)]
    verdicts: list[Verdict] = []
    for limit_set in sets:
        limits = [limit for limit in limit_set.limits if _speaks(limit, test, variant, purpose)]
        informs = limit_set.kind is LimitKind.INFORMATIVE or (
            limit_set.continuous_crystal_only and device is not None and device.pixelated
        )
        for measurement in sound:
            for limit in _closest(limits, measurement):
                found = baseline_for(limit, measurement, baselines, configurations)
                verdicts.append(_verdict(measurement, limit, limit_set, found, informs=informs))
        if limit_set.kind is LimitKind.MANDATORY and not informs and not partial:
            absent = _missing(limits, measurements, limit_set)
            verdicts.extend(v for v in absent if not voiding(checked, v.scope))
    verdicts.extend(_by_stated(sound, stated))
    status = _overall(verdicts, checked, anything=bool(measurements))
    if partial and status in (Status.PASS, Status.NO_LIMIT):
        status = Status.INFO
    elif status is Status.PASS and purpose == ACCEPTANCE and not _as_specified(verdicts):
        status = Status.NO_LIMIT
    return Judgement(
        status=status,
        verdicts=tuple(verdicts),
        preconditions=checked,
        notes=(
            *_of_another_configuration(sound, baselines, configurations),
            *_of_another_epoch(sound, apart, configurations),
        ),
    )


def applies(
    limit_set: LimitSet, device: Device | None, purpose: str, requested: Collection[str] = ()
) -> bool:
    """Tell whether a limit set has anything to say about a test of this device and purpose."""
    if limit_set.optional and limit_set.name not in requested:
        return False
    if limit_set.devices and (device is None or device.id not in limit_set.devices):
        return False
    return not limit_set.purpose or purpose in limit_set.purpose


def baseline_for(
    limit: Limit,
    measurement: MeasurementRecord,
    baselines: Sequence[Baseline],
    configurations: Sequence[Configuration],
) -> Baseline | None:
    """Return the baseline that a limit counts from; None without one of this configuration."""
    if limit.form is None:
        return None
    key = configuration_of(configurations, measurement.scope).key
    own = _of_number(measurement, baselines)
    return next((baseline for baseline in own if baseline.configuration == key), None)


def _of_number(measurement: MeasurementRecord, baselines: Sequence[Baseline]) -> list[Baseline]:
    return [
        baseline
        for baseline in baselines
        if baseline.metric == measurement.metric and dict(baseline.scope) == dict(measurement.scope)
    ]


def _of_another_configuration(
    measurements: Sequence[MeasurementRecord],
    baselines: Sequence[Baseline],
    configurations: Sequence[Configuration],
) -> Iterator[NoteRecord]:
    """Say once of each configuration that its baselines are of another: of the nearest one."""
    told = set()
    for measurement in measurements:
        here = configuration_of(configurations, measurement.scope)
        others = {b.configuration for b in _of_number(measurement, baselines)}
        if not others or here.key in others:
            continue
        apart = min((differences(other, here.key) for other in sorted(others)), key=len)
        where = tuple(sorted(here.scope.items()))
        if (where, apart) in told:
            continue
        told.add((where, apart))
        listed = ", ".join(
            f"{name} {old or 'not known'} / {new or 'not known'}" for name, old, new in apart
        )
        values: dict[str, str | int | float] = {}
        for name, old, new in apart:
            values[f"{name} of the baseline"], values[name] = old, new
        yield NoteRecord(
            code="BASELINE_OF_ANOTHER_CONFIGURATION",
            message=f"the baseline is of another configuration: {listed}",
            scope=dict(here.scope),
            values=values,
        )


def _of_another_epoch(
    measurements: Sequence[MeasurementRecord],
    apart: Sequence[Apart],
    configurations: Sequence[Configuration],
) -> Iterator[NoteRecord]:
    """Say once of each service that the baselines are from the other side of it."""
    told = set()
    for measurement in measurements:
        here = configuration_of(configurations, measurement.scope)
        for entry in apart:
            if entry.baseline.configuration != here.key or not _of_number(
                measurement, [entry.baseline]
            ):
                continue
            where = (tuple(sorted(here.scope.items())), entry.sentence)
            if where not in told:
                told.add(where)
                yield NoteRecord(
                    code="BASELINE_OF_ANOTHER_EPOCH",
                    message=entry.sentence,
                    scope=dict(here.scope),
                    values={"event": entry.event.id},
                )


def _speaks(limit: Limit, test: str, variant: str, purpose: str) -> bool:
    return (
        limit.test == test
        and limit.variant in (variant, "*")
        and (not limit.purpose or purpose in limit.purpose)
    )


def _closest(limits: Sequence[Limit], measurement: MeasurementRecord) -> list[Limit]:
    """Return the limits of a measurement; the narrowest scope speaks in place of wider ones."""
    fitting = [
        limit
        for limit in limits
        if limit.metric == measurement.metric and _within(limit.scope, measurement.scope)
    ]
    if not fitting:
        return []
    narrowest = max(len(limit.scope) for limit in fitting)
    return [limit for limit in fitting if len(limit.scope) == narrowest]


def _within(
    wanted: Mapping[str, str | int | float], scope: Mapping[str, str | int | float]
) -> bool:
    return all(part in scope and scope[part] == value for part, value in wanted.items())


def _verdict(
    measurement: MeasurementRecord,
    limit: Limit,
    limit_set: LimitSet,
    baseline: Baseline | None,
    *,
    informs: bool,
) -> Verdict:
    bounds = resolve(limit, baseline)
    comparable = not limit.unit or limit.unit == measurement.unit
    met: bool | None = None
    if not comparable:
        status = Status.ERROR
    elif bounds is None:
        status = Status.NO_LIMIT
    else:
        status = bounds.status(measurement.value)
        met = bounds.met(measurement.value)
        if informs:
            status = Status.INFO
    bounds = bounds or Bounds()
    return Verdict(
        metric=measurement.metric,
        scope=dict(measurement.scope),
        limit_set=limit_set.name,
        limit_set_version=limit_set.version,
        kind=limit_set.kind,
        lower=bounds.lower,
        upper=bounds.upper,
        warn_lower=bounds.warn_lower,
        warn_upper=bounds.warn_upper,
        status=status,
        source=limit.source,
        baseline_id=baseline.id if baseline else None,
        met=met,
    )


def _by_stated(
    measurements: Sequence[MeasurementRecord], stated: Sequence[StatedLimit]
) -> Iterator[Verdict]:
    """Compare numbers with the bounds that stand beside them in the input.

    The version is that of all these bounds together, so that a change of them is seen.
    """
    rows = sorted(repr((s.metric, sorted(s.scope.items()), s.lower, s.upper)) for s in stated)
    version = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    for measurement in measurements:
        for limit in stated:
            if limit.metric != measurement.metric or dict(limit.scope) != dict(measurement.scope):
                continue
            bounds = Bounds(lower=limit.lower, upper=limit.upper)
            yield Verdict(
                metric=measurement.metric,
                scope=dict(measurement.scope),
                limit_set=STATED_SET,
                limit_set_version=version,
                kind=LimitKind.MANUFACTURER,
                lower=limit.lower,
                upper=limit.upper,
                warn_lower=None,
                warn_upper=None,
                status=bounds.status(measurement.value),
                source=limit.source,
                met=bounds.met(measurement.value),
            )


def _missing(
    limits: Sequence[Limit], measurements: Sequence[MeasurementRecord], limit_set: LimitSet
) -> list[Verdict]:
    """Return a verdict for each mandatory number that the analysis does not give.

    What is given per detector is wanted of every detector that anything was measured of. Where a limit
    names another metric that suffices instead, either will do.
    """
    detectors = {m.scope["detector"] for m in measurements if "detector" in m.scope}
    found = []
    for limit in (limit for limit in limits if not limit.scope):
        ways = (limit.metric, limit.instead)
        given = [m.scope.get("detector") for m in measurements if m.metric in ways]
        absent: list[dict[str, str | int | float]] = []
        if not given:
            absent = [{}]
        elif None not in given:
            absent = [{"detector": d} for d in sorted(detectors.difference(given), key=str)]
        found += [
            Verdict(
                metric=limit.metric,
                scope=scope,
                limit_set=limit_set.name,
                limit_set_version=limit_set.version,
                kind=limit_set.kind,
                lower=limit.lower,
                upper=limit.upper,
                warn_lower=limit.warn_lower,
                warn_upper=limit.warn_upper,
                status=Status.ERROR,
                source=limit.source,
            )
            for scope in absent
        ]
    return found


def _as_severe_as_set(
    precondition: PreconditionRecord, test: str, sets: Sequence[LimitSet]
) -> PreconditionRecord:
    def place(limit_set: LimitSet) -> tuple[int, str]:
        known = limit_set.kind in _OVERRIDE_ORDER
        order = _OVERRIDE_ORDER.index(limit_set.kind) if known else len(_OVERRIDE_ORDER)
        return order, limit_set.name

    for limit_set in sorted(sets, key=place):
        for override in limit_set.severities:
            if override.test in (test, "*") and override.code == precondition.code:
                return replace(precondition, severity=override.severity)
    return precondition


def _as_specified(verdicts: Sequence[Verdict]) -> bool:
    """Tell whether a figure of the manufacturer is kept."""
    return any(v.kind is LimitKind.MANUFACTURER and v.status is Status.PASS for v in verdicts)


def _overall(
    verdicts: Sequence[Verdict], preconditions: Sequence[PreconditionRecord], *, anything: bool
) -> Status:
    said = {verdict.status for verdict in verdicts}
    if Status.FAIL in said:
        return Status.FAIL
    if any(p.voids for p in preconditions):
        return Status.INVALID
    # A number that could not be judged, and a condition that is not known to be met, take the
    # ground from under a pass; a person has to look.
    if Status.ERROR in said or Status.WARN in said or any(not p.met for p in preconditions):
        return Status.WARN
    for status in _JUDGING:
        if status in said:
            return status
    if Status.INFO in said or not anything:
        return Status.INFO
    return Status.NO_LIMIT
