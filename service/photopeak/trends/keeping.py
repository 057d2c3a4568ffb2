"""What people decide about trends, written down with who, why, and what was before.

Baselines are accepted, numbers taken out and put back, events recorded and revised. Each of it is
in the audit trail by the transaction that does it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from photopeak.model.judgement import Baseline, Status
from photopeak.model.results import ResultRecord
from photopeak.model.trends import BaselineProposal, Exclusion, ServiceEvent, SpreadOf
from photopeak.storage import alerts, audit, events, exclusions, limits, results
from photopeak.storage.database import Transaction
from photopeak.trends.baseline import propose
from photopeak.trends.load import Trend

ScopeValue = str | int | float


class RefusedError(Exception):
    """What somebody wants of a trend is not possible; the message says why."""


REPEATED = "the test was repeated and passes"
"""Reason of the version of an event that names the repeat that returned its device to service."""

MOST_SOURCES = 30
"""Results that a baseline is proposed of when nobody chooses them: the latest of the epoch."""


def proposal(trend: Trend, results_chosen: Collection[str] = ()) -> BaselineProposal:
    """Return the baseline that chosen results give, or the latest of the present epoch.

    Raises
    ------
    RefusedError
        If one of the results is none of this trend or does not count, or if there is none at all.
    """
    own = {p.result_id: p for p in trend.own}
    if results_chosen:
        if not own.keys() >= set(results_chosen):
            raise RefusedError("a result is none of this trend and configuration")
        chosen = [own[result_id] for result_id in results_chosen]
        for point in chosen:
            if point.left_out is not None:
                raise RefusedError(
                    f"result {point.result_id} does not count: {point.left_out.value}"
                )
    else:
        epochs = trend.track().epochs
        chosen = [p for p in own.values() if p.counts and p.at >= epochs[-1].start]
        chosen = chosen[-MOST_SOURCES:]
    found = propose(trend.key, chosen)
    if found is None:
        raise RefusedError("there are no results to make a baseline of")
    return found


def accept(
    tx: Transaction,
    proposed: BaselineProposal,
    *,
    reason: str,
    who: str,
    now: datetime,
    spread_of: SpreadOf = SpreadOf.STANDARD_DEVIATION,
) -> Baseline:
    """Put a baseline in force; the one before stays readable, and so does what it was used for."""
    key = proposed.key
    before = limits.accepted(tx, key)
    kept = limits.add_baseline(
        tx,
        Baseline(
            id="",
            device_id=key.device_id,
            test=key.test,
            variant=key.variant,
            metric=key.metric,
            scope=key.scope,
            configuration=key.configuration,
            value=proposed.value,
            spread=proposed.spread_moving
            if spread_of is SpreadOf.MOVING_RANGE
            else proposed.spread,
            count=proposed.count,
            epoch_start=proposed.epoch_start,
            reason=reason,
            approved_by=who,
            version=0,
        ),
        now=now,
        source_results=proposed.sources,
    )
    audit.append(
        tx,
        at=now,
        actor=who,
        action="baseline.accepted",
        subject=kept.id,
        detail={
            "before": _plain(before[-1].baseline) if before else None,
            "after": _plain(kept),
            "sources": list(proposed.sources),
            "spread of": spread_of,
        },
        reason=reason,
    )
    return kept


def exclude(
    tx: Transaction,
    result_id: str,
    *,
    metric: str,
    scope: Mapping[str, ScopeValue],
    reason: str,
    who: str,
    now: datetime,
) -> Exclusion:
    """Take a number out of its trend, or with an empty metric every number of a result.

    Raises
    ------
    NotFoundError
        If there is no such number.
    StateError
        If it is out already.
    """
    kept = exclusions.add(tx, result_id, metric=metric, scope=scope, reason=reason, by=who, now=now)
    audit.append(
        tx,
        at=now,
        actor=who,
        action="trend.excluded",
        subject=result_id,
        detail={"before": None, "after": {"metric": metric, "scope": dict(scope)}},
        reason=reason,
    )
    return kept


def include(
    tx: Transaction, exclusion_id: str, *, reason: str, who: str, now: datetime
) -> Exclusion:
    """Let a number count again.

    Raises
    ------
    NotFoundError
        If there is no such exclusion.
    StateError
        If it was taken back before.
    """
    kept = exclusions.undo(tx, exclusion_id, reason=reason, by=who, now=now)
    audit.append(
        tx,
        at=now,
        actor=who,
        action="trend.included",
        subject=kept.result_id,
        detail={"before": {"metric": kept.metric, "scope": dict(kept.scope)}, "after": None},
        reason=reason,
    )
    return kept


def record(tx: Transaction, event: ServiceEvent) -> ServiceEvent:
    """Keep a new event; who recorded it, and when, it says itself.

    Raises
    ------
    NotFoundError
        If the alert or a result that it names does not exist.
    RefusedError
        If the repeat that it names does not return the device to service.
    """
    check_links(tx, event)
    kept = events.add(tx, event)
    _audit_event(tx, "event.recorded", None, kept)
    return kept


def revise(tx: Transaction, event: ServiceEvent) -> ServiceEvent:
    """Keep an event as the next version of what it is, with the reason of the change in it.

    Raises
    ------
    NotFoundError
        If it, or what it names, does not exist.
    StateError
        If it has changed meanwhile.
    RefusedError
        If the repeat that it names does not return the device to service.
    """
    before = events.get(tx, event.id)
    check_links(tx, event)
    kept = events.revise(tx, event)
    _audit_event(tx, "event.revised", before, kept)
    return kept


def check_links(tx: Transaction, event: ServiceEvent) -> None:
    """See that what an event names is there and fits.

    Raises
    ------
    NotFoundError, RefusedError
        As :func:`record`.
    """
    answered = answered_test(tx, event)
    if event.returned_by is None:
        return
    repeat = results.get(tx, event.returned_by)
    why = why_not_returned(event, repeat, answered)
    if why:
        raise RefusedError(f"result {repeat.id} does not return the device to service: {why}")


def answered_test(tx: Transaction, event: ServiceEvent) -> tuple[str, int | None] | None:
    """Return the test and the head that an event answers for; None when it answers nothing.

    Raises
    ------
    NotFoundError
        If the alert or the result does not exist.
    """
    found = None
    if event.answers_result is not None:
        found = (results.get(tx, event.answers_result).test, event.detector)
    if event.answers_alert is not None:
        alert = alerts.get(tx, event.answers_alert).alert
        if alert.test is not None:
            found = (alert.test, alert.detector if event.detector is None else event.detector)
    return found


def why_not_returned(
    event: ServiceEvent, repeat: ResultRecord, answered: tuple[str, int | None] | None
) -> str:
    """Return why a result is not the passing repeat that an event waits for; empty when it is."""
    if repeat.device_id != event.device_id:
        return "it is of another device"
    if repeat.status is not Status.PASS or not repeat.current:
        return f"it is {repeat.status.value}" if repeat.current else "a newer one superseded it"
    if (repeat.acquired_at or repeat.provenance.finished_at) < event.at:
        return "it was measured before"
    if answered is None:
        return ""
    test, detector = answered
    if repeat.test != test:
        return f"it is of {repeat.test}, not of {test}"
    heads = {m.scope["detector"] for m in repeat.measurements if "detector" in m.scope}
    if detector is not None and heads and detector not in heads:
        return f"it is not of detector {detector}"
    return ""


def returned(
    tx: Transaction, event: ServiceEvent, repeat: ResultRecord, *, who: str, now: datetime
) -> bool:
    """Note a passing repeat that returns to service what an event was done to; True when it does."""
    if event.returned_by is not None or (event.answers_alert or event.answers_result) is None:
        return False
    if why_not_returned(event, repeat, answered_test(tx, event)):
        return False
    revise(
        tx,
        replace(
            event,
            returned_by=repeat.id,
            reason=REPEATED,
            recorded_by=who,
            recorded_at=now,
        ),
    )
    return True


def _audit_event(
    tx: Transaction, action: str, before: ServiceEvent | None, after: ServiceEvent
) -> None:
    audit.append(
        tx,
        at=after.recorded_at,
        actor=after.recorded_by,
        action=action,
        subject=after.id,
        detail={"before": _plain(before) if before else None, "after": _plain(after)},
        reason=after.reason,
    )


def _plain(value: Baseline | ServiceEvent) -> dict[str, Any]:
    return asdict(replace(value, scope=dict(value.scope)) if isinstance(value, Baseline) else value)
