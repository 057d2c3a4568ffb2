"""Trying the routes on a series: the decision, and what every single rule made of it.

Behind ``photopeak routes test`` and the ``routes/test`` of the API. Nothing is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from photopeak.model.content import ContentFinding
from photopeak.model.devices import Device
from photopeak.model.header import InstanceHeader
from photopeak.model.routing import RoutingDecision, RoutingOutcome
from photopeak.model.taught import TaughtRoute
from photopeak.routing import facts
from photopeak.routing.decide import MAXIMUM_STOPPED, decide
from photopeak.routing.rules import RouteTable
from photopeak.settings import GuardSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTrial:
    """How one rule did: `outcome` is ``matched``, ``no match``, ``stopped`` or ``not tried``."""

    rule: str
    origin: str
    priority: int
    outcome: str
    message: str
    field: str = ""
    score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The decision that the routes would make, and how each rule did."""

    decision: RoutingDecision
    rules: tuple[RuleTrial, ...]


def try_routes(
    headers: Sequence[InstanceHeader],
    *,
    table: RouteTable,
    devices: Sequence[Device] = (),
    taught: Sequence[TaughtRoute] = (),
    guard: GuardSettings,
    content: Callable[[], ContentFinding] | None = None,
    calling_ae_title: str = "",
    peer_address: str = "",
) -> Trial:
    """Decide as :func:`~photopeak.routing.decide.decide` does, and ask every rule besides.

    Of an object that looks like a patient no rule is asked, so that nothing of it is told.
    """
    decision = decide(
        headers,
        table=table,
        devices=devices,
        taught=taught,
        guard=guard,
        content=content,
        calling_ae_title=calling_ae_title,
        peer_address=peer_address,
    )
    if decision.outcome is RoutingOutcome.QUARANTINED:
        return Trial(decision=decision, rules=())
    modality = facts.modality_of(headers[0])
    trials = []
    stopped = 0
    for rule in sorted(table.rules, key=lambda rule: -rule.priority):
        outcome, message, where, score = "not tried", "too many rules were stopped before", "", None
        if stopped < MAXIMUM_STOPPED:
            match = rule.check(headers[0], modality)
            message = match.message
            if match.timed_out:
                stopped += 1
                outcome = "stopped"
            elif match.matched:
                outcome, where, score = "matched", match.where, match.score
            else:
                outcome = "no match"
        trials.append(
            RuleTrial(
                rule=rule.id,
                origin=rule.origin,
                priority=rule.priority,
                outcome=outcome,
                message=message,
                field=where,
                score=score,
            )
        )
    return Trial(decision=decision, rules=tuple(trials))
