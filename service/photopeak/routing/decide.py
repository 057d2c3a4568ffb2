"""The decision about a series, with its whole explanation.

The order: patient guard, kind of object, device, taught routes, rules on names and elements,
header gates, classification by content, and otherwise the inbox of unrouted series. A decision
depends on its inputs alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from photopeak.model.content import ContentFinding, ContentKind
from photopeak.model.devices import Device
from photopeak.model.header import InstanceHeader
from photopeak.model.routing import (
    Assignment,
    ParameterValue,
    RoutingDecision,
    RoutingOutcome,
    Step,
)
from photopeak.model.taught import TaughtRoute
from photopeak.routing import facts
from photopeak.routing.catalogue import BOTH_FAMILIES
from photopeak.routing.conditions import Match
from photopeak.routing.content_tests import tests_of_content
from photopeak.routing.devices import identify
from photopeak.routing.gate_cases import LEAST_CONTENT_CONFIDENCE, Case
from photopeak.routing.gates import GATES
from photopeak.routing.guard import check_patient
from photopeak.routing.heads import group_of_head, head_named
from photopeak.routing.rules import RouteTable, Rule, rank
from photopeak.routing.taught import followed, read_numbers
from photopeak.settings import GuardSettings

_NOT_ANALYSED: Mapping[str, str] = {
    "SC": "a screen image is kept and shown; it holds no measured counts",
    "SR": "a structured report is kept and shown; it holds no image",
    "RAW": "raw data of the maker are kept; their form is not public",
}
ANALYSED = frozenset({"NM", "PT", "CT", "DOC"})
"""Kinds of objects of which rules and taught routes are asked."""
_OF_NO_TEST = "a document that no test reads is kept and shown"
MAXIMUM_STOPPED = 10
"""Rules that may exceed their time; after that many the series is left to a person."""


@dataclass(slots=True)
class _Run:
    """One decision in the making."""

    headers: Sequence[InstanceHeader]
    table: RouteTable
    modality: str
    content_source: Callable[[], ContentFinding] | None
    device: Device | None = None
    steps: list[Step] = field(default_factory=list)
    runner_up: str = ""
    _finding: ContentFinding | None = None
    _looked: bool = False

    @property
    def header(self) -> InstanceHeader:
        return self.headers[0]

    def say(self, stage: str, subject: str, effect: str, message: str) -> None:
        self.steps.append(Step(stage=stage, subject=subject, effect=effect, message=message))

    def content(self) -> ContentFinding | None:
        """Look at the pixels, once; None when they cannot be had here."""
        if not self._looked:
            self._looked = True
            if self.content_source is not None:
                self._finding = self.content_source()
                effect = "passed" if self._finding.kind is ContentKind.UNKNOWN else "matched"
                self.say("content", self._finding.kind.value, effect, self._finding.message)
            else:
                self.say("content", "pixels", "passed", "the pixels were not looked at")
        return self._finding

    def decision(
        self,
        outcome: RoutingOutcome,
        reason: str,
        *,
        assignments: tuple[Assignment, ...] = (),
        rule: str = "",
        field_name: str = "",
        suggestion: str = "",
        confidence: float = 1.0,
    ) -> RoutingDecision:
        return RoutingDecision(
            outcome=outcome,
            reason=reason,
            assignments=assignments,
            device_id=self.device.id if self.device else None,
            rule=rule,
            field=field_name,
            runner_up=self.runner_up,
            suggestion=suggestion,
            confidence=confidence,
            steps=tuple(self.steps),
            routes_version=self.table.version,
        )


def decide(
    headers: Sequence[InstanceHeader],
    *,
    table: RouteTable,
    devices: Sequence[Device] = (),
    taught: Sequence[TaughtRoute] = (),
    guard: GuardSettings,
    content: Callable[[], ContentFinding] | None = None,
    calling_ae_title: str = "",
    peer_address: str = "",
) -> RoutingDecision:
    """Decide what a series is.

    Parameters
    ----------
    headers
        Headers of the series; the first one stands for it, the others are asked where they may
        differ (patient, times).
    table
        The rules.
    devices, taught
        Configured devices and taught routes.
    guard
        What tells a phantom from a patient.
    content
        Classifies the pixels; called at most once, and only when it matters. None where there
        are no pixels at hand: what only they could tell is then left to a person.
    calling_ae_title, peer_address
        Who sent the series; empty for an upload or a file.
    """
    if not headers:
        raise ValueError("a decision needs at least one header")
    run = _Run(headers, table, facts.modality_of(headers[0]), content)
    verdict = check_patient(headers, guard)
    run.steps.extend(verdict.steps)
    identification = identify(headers[0], calling_ae_title, peer_address, devices)
    run.device = identification.device
    if not verdict.passed:
        return run.decision(RoutingOutcome.QUARANTINED, verdict.reason)
    if run.modality in _NOT_ANALYSED:
        reason = _NOT_ANALYSED[run.modality]
        run.say("object", run.modality, "rejected", reason)
        return run.decision(RoutingOutcome.NOT_QC, reason)
    if run.modality not in ANALYSED:
        reason = "an object of a kind that this service does not know"
        run.say("object", run.modality, "rejected", reason)
        return run.decision(RoutingOutcome.UNROUTED, reason)
    what = "a document" if run.modality == "DOC" else f"{run.modality} image"
    run.say("object", run.modality, "passed", f"{what}, {len(headers)} header(s)")
    run.steps.extend(identification.steps)
    return _as_stated(run, devices) or _taught(run, taught) or _by_rules(run)


def _as_stated(run: _Run, devices: Sequence[Device]) -> RoutingDecision | None:
    """Follow what the sender of an uploaded file said of it, as far as he said something."""
    statement = run.header.statement
    if statement is None:
        return None
    if statement.device:
        named = next((device for device in devices if device.id == statement.device), None)
        if named is None:
            message = f"the sender named the device {statement.device}, which is not configured"
            run.say("device", statement.device, "rejected", message)
        else:
            run.device = named
            run.say("device", named.id, "matched", "named by the sender")
    if not statement.test:
        return None
    run.say("sender", statement.test, "matched", "the sender named the test")
    candidate = Assignment(test=statement.test, variant=statement.variant, role=statement.role)
    if not candidate.role:
        candidate = _role_by_content(run, candidate)
    return _routed(run, (candidate,), "sender", "upload", 1.0)


def _role_by_content(run: _Run, candidate: Assignment) -> Assignment:
    """Let the content say which part of the named test a document takes."""
    finding = run.content()
    found = tests_of_content(finding, run.header, run.modality) if finding is not None else ()
    return next(
        (replace(candidate, role=a.role) for a in found if a.test == candidate.test), candidate
    )


def _taught(run: _Run, taught: Sequence[TaughtRoute]) -> RoutingDecision | None:
    """Follow the taught route that fits exactly; gates are heard, but a person decided."""
    device_id = run.device.id if run.device else None
    route = followed(taught, device_id, run.header.text)
    if route is None:
        return None
    words = ", ".join(sorted(route.conditions))
    numbers = " up to the numbers that may vary" if route.numbers else ""
    run.say(
        "taught", route.id, "matched", f"taught for exactly this {words} on this device{numbers}"
    )
    name = route.name
    if route.ignore:
        return run.decision(RoutingOutcome.NOT_QC, "taught to be no quality control", rule=name)
    candidate = Assignment(
        test=route.test,
        variant=route.variant,
        role=route.role,
        parameters={**route.parameters, **read_numbers(route, run.header.text)},
        limits=route.limits,
    )
    case = Case(run.headers, run.modality, run.content, run.device)
    assignments = (candidate,)
    for gate in GATES:
        result = gate(candidate, case)
        if result is None:
            continue
        directed = [a for a in result.assignments if a.test == candidate.test]
        if result.effect == "changed" and not candidate.role and directed:
            run.say("gate", gate.__name__, "changed", result.message)
            candidate = directed[0]
            assignments = (candidate,)
        elif result.effect == "confirmed":
            run.say("gate", gate.__name__, "confirmed", result.message)
        else:
            message = f"{result.message}; the taught route stands"
            run.say("gate", gate.__name__, "passed", message)
    compared = next((k for k, v in route.conditions.items() if v), "")
    return _routed(run, assignments, name, compared, 1.0)


def _by_rules(run: _Run) -> RoutingDecision:
    matches: list[tuple[Rule, Match]] = []
    stopped = 0
    for rule in run.table.competing:
        if stopped >= MAXIMUM_STOPPED:
            message = "not asked: too many rules had to be stopped"
            run.say("rule", rule.id, "skipped", message)
            continue
        match = rule.check(run.header, run.modality)
        if match.timed_out:
            stopped += 1
            run.say("rule", rule.id, "skipped", f"{rule.origin}: {match.message}")
        elif match.matched:
            matches.append((rule, match))
    if stopped >= MAXIMUM_STOPPED:
        reason = f"{stopped} rules had to be stopped; mend their expressions"
        return run.decision(RoutingOutcome.UNROUTED, reason, confidence=0.0)
    matches.sort(key=lambda pair: rank(*pair))
    if not matches:
        run.say("rule", "", "passed", "no rule matches")
        return _by_content(run, "no rule matches")
    rule, match = matches[0]
    run.say(
        "rule", rule.id, "matched", f"{match.message} ({rule.origin}, priority {rule.priority})"
    )
    for other, its in matches[1:6]:
        run.say("rule", other.id, "passed", f"matches too, ranks lower: {its.message}")
    if len(matches) > 1:
        run.runner_up = matches[1][0].id
    if rule.ignore:
        return run.decision(
            RoutingOutcome.NOT_QC,
            f"{rule.id}: {match.message}",
            rule=rule.id,
            field_name=match.where,
        )
    if rule.classify_by_content:
        return _by_content(run, f"{rule.id} leaves it to the pixels", rule.id, match.where)
    candidate = rule.assignment(run.modality, match.groups)
    passed, reason, final = _ask_gates(run, (candidate,))
    if passed:
        return _routed(run, passed, rule.id, match.where, match.score)
    if final:
        return run.decision(
            RoutingOutcome.UNROUTED,
            reason,
            rule=rule.id,
            field_name=match.where,
            suggestion=candidate.test,
            confidence=0.0,
        )
    return _by_content(run, f"{rule.id} was rejected: {reason}", rule.id, match.where)


def _is_known(run: _Run, finding: ContentFinding | None) -> bool:
    return finding is not None and bool(tests_of_content(finding, run.header, run.modality))


def _ask_gates(
    run: _Run, candidates: tuple[Assignment, ...]
) -> tuple[tuple[Assignment, ...], str, bool]:
    """Let every gate judge every candidate; return those that remain, or why none does."""
    case = Case(run.headers, run.modality, run.content, run.device)
    reason, final = "", False
    for gate in GATES:
        remaining: list[Assignment] = []
        asked: set[str] = set()
        for candidate in candidates:
            if candidate.test in asked:
                continue
            result = gate(candidate, case)
            if result is None:
                remaining.append(candidate)
                continue
            run.say("gate", gate.__name__, result.effect, result.message)
            if result.effect == "confirmed":
                remaining.append(candidate)
            elif result.effect == "changed":
                remaining.extend(result.assignments)
                asked.update(a.test for a in result.assignments)
            else:
                reason, final = result.message, final or result.final
        candidates = tuple(remaining)
        if not candidates:
            return (), reason, final
    return candidates, "", False


def _by_content(
    run: _Run, why: str, rule: str = "content", field_name: str = "pixels"
) -> RoutingDecision:
    """Let the pixels say what it is; when they are not sure, a person has to."""
    finding = run.content()
    if run.modality == "DOC" and run.header.statement is None and not _is_known(run, finding):
        # Consoles send many documents; what somebody uploads is meant to be looked at.
        return run.decision(RoutingOutcome.NOT_QC, _OF_NO_TEST)
    if finding is None:
        return run.decision(
            RoutingOutcome.UNROUTED, why, rule=rule if rule != "content" else "", confidence=0.0
        )
    if finding.kind is ContentKind.BODY and finding.confidence >= LEAST_CONTENT_CONFIDENCE:
        run.say("guard", "content", "rejected", "the image shows a body")
        return run.decision(
            RoutingOutcome.QUARANTINED, "looks like a patient: the image shows a body"
        )
    suggested = tests_of_content(finding, run.header, run.modality)
    if not suggested:
        return run.decision(
            RoutingOutcome.UNROUTED, f"{why}, and the pixels tell nothing", confidence=0.0
        )
    names = " and ".join(a.test for a in suggested)
    if finding.confidence < LEAST_CONTENT_CONFIDENCE:
        run.say("content", names, "suggested", f"only {finding.confidence:.0%} sure")
        return run.decision(
            RoutingOutcome.UNROUTED,
            f"{why}; the pixels look like {names}, but only {finding.confidence:.0%} sure",
            suggestion=suggested[0].test,
            confidence=finding.confidence,
        )
    passed, reason, _ = _ask_gates(run, suggested)
    if not passed:
        return run.decision(
            RoutingOutcome.UNROUTED,
            f"{why}; the pixels look like {names}, but {reason}",
            suggestion=suggested[0].test,
            confidence=0.0,
        )
    return _routed(run, passed, rule, field_name, finding.confidence)


def _routed(
    run: _Run, assignments: tuple[Assignment, ...], rule: str, field_name: str, confidence: float
) -> RoutingDecision:
    """Complete the assignments: variant of the device's family, head, and what goes with all."""
    head = head_named(run.header)
    complete = tuple(_completed(run, assignment, head) for assignment in assignments)
    added: list[Assignment] = []
    for accompanying in run.table.accompanying:
        match = accompanying.check(run.header, run.modality)
        if match.timed_out:
            message = f"{accompanying.origin}: {match.message}"
            run.say("rule", accompanying.id, "skipped", message)
        if not match.matched:
            continue
        extra = accompanying.assignment(run.modality, match.groups)
        if all(extra.test != other.test for other in (*complete, *added)):
            run.say("rule", accompanying.id, "matched", f"adds {extra.test}: {match.message}")
            added.append(_completed(run, extra, head))
    names = " and ".join(dict.fromkeys(a.test for a in complete))
    return run.decision(
        RoutingOutcome.ROUTED,
        f"{names}, told by {rule} ({field_name})",
        assignments=(*_for_their_purpose(run, complete), *added),
        rule=rule,
        field_name=field_name,
        confidence=confidence,
    )


def _for_their_purpose(run: _Run, assignments: tuple[Assignment, ...]) -> tuple[Assignment, ...]:
    """Say what tests are made for, where the rule that named them does not."""
    for rule in run.table.of_purposes:
        match = rule.check(run.header, run.modality)
        if match.timed_out:
            run.say("rule", rule.id, "skipped", f"{rule.origin}: {match.message}")
        if match.matched:
            run.say("rule", rule.id, "matched", f"the purpose is {rule.purpose}: {match.message}")
            return tuple(replace(a, purpose=a.purpose or rule.purpose) for a in assignments)
    return assignments


def _completed(run: _Run, assignment: Assignment, head: int | None) -> Assignment:
    changes: dict[str, ParameterValue] = {}
    if not assignment.variant and run.device is not None and assignment.test in BOTH_FAMILIES:
        changes["variant"] = run.device.family
    if head is not None and not assignment.group:
        changes["group"] = group_of_head(head)
    return replace(assignment, **changes) if changes else assignment  # type: ignore[arg-type]
