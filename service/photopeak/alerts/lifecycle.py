"""The life of an alert about a test: what a result opens, what it ends, and what it leaves. Pure.

An alert stands for an identity: device, detector, test with its variant, and the kind of judgement.
It ends when every number it is about was good again in a repeat of the same test on the same
detector, in the same energy window, that was measured no earlier. Nothing else ends it: not the absence of a number, not a
result that is invalid, partial or of another head, and not an analysis of the same with less in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from photopeak.model.alerts import Alert, AlertRecord, AlertSeverity, Breach, key_of, keys_of
from photopeak.model.configuration import configuration_of
from photopeak.model.judgement import LimitKind, Status, Verdict
from photopeak.model.results import PreconditionRecord, ResultRecord
from photopeak.model.units import written

T = TypeVar("T")

ERROR = "ERROR"
"""Rule of an analysis that could not be done."""
INVALID = "INVALID"
"""Rule of numbers that may not be judged, for a condition is not met."""
NO_RESULT = "NO_RESULT"
"""Rule of numbers that a limit asks for and the analysis does not give."""
CONDITIONS = "CONDITIONS"
"""Rule of conditions that are not met and leave the numbers valid."""

LIMIT_RULES = frozenset(kind.value for kind in LimitKind)
"""Rules of numbers beyond a limit: the kinds of limit sets."""
WITHOUT_NUMBER = frozenset({ERROR, INVALID, NO_RESULT})
"""Rules that say that there is no number to judge."""

_BEYOND = {Status.FAIL: AlertSeverity.CRITICAL, Status.WARN: AlertSeverity.WARNING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A result with what it does not know of itself.

    `detector` is the head that the test set is of, `group` what else keeps it apart from others of
    its test, `heads` how many heads the device has; `reason` says why there are no judged numbers.
    """

    result: ResultRecord
    detector: int | None = None
    group: str = ""
    heads: int | None = None
    reason: str = ""

    @property
    def prefix(self) -> str:
        """What the keys of its alerts begin with; a result of no known device has its own."""
        return keys_of(self.device, self.result.test, self.result.variant)

    @property
    def device(self) -> str:
        """The device, or the test set in its place."""
        return self.result.device_id or f"set {self.result.test_set_id}"

    @property
    def moment(self) -> datetime:
        """When it was measured."""
        return self.result.acquired_at or self.result.provenance.finished_at

    @property
    def detectors(self) -> frozenset[int]:
        """The heads that its numbers speak of; empty when they speak of none in particular."""
        if self.detector is not None:
            return frozenset({self.detector})
        found = {_number(m.scope) for m in self.result.measurements}
        return frozenset(each for each in found if each is not None)

    def head(self, scope: Mapping[str, str | int | float]) -> int | None:
        """Return the head that a scope speaks of.

        What the series is called goes before what its objects say: on some makers' systems every
        head is number 1 in the objects of one head.
        """
        return _number(scope) if self.detector is None else self.detector

    def window(self, scope: Mapping[str, str | int | float]) -> str:
        """Return the energy windows that the numbers of a scope were measured in, if known."""
        known = self.result.provenance.configurations
        return configuration_of(known, scope).parts.get("energy window", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequences:
    """What a result does to alerts: those it raises, ends, and leaves with fewer numbers."""

    raised: tuple[Alert, ...]
    ended: tuple[AlertRecord, ...]
    narrowed: tuple[tuple[AlertRecord, tuple[Breach, ...]], ...]


def consequences(
    subject: Subject, known: Sequence[AlertRecord], newer: Sequence[Subject] = ()
) -> Consequences:
    """Return what a result does to the alerts of its test.

    Parameters
    ----------
    known
        The alerts of this device, test and variant that are not closed.
    newer
        Results of the same test that were measured later: what was good again in one of them opens
        nothing, for instance when the past is analysed anew.
    """
    by_key = {record.alert.key: record for record in known}
    found = _found(subject)
    raised, ended, narrowed = [], [], []
    for alert in found:
        needed = tuple(b for b in alert.breaches if not _good_in_any(alert, b, newer))
        if not needed:
            continue
        before = by_key.pop(alert.key, None)
        if before is None:
            raised.append(replace(alert, breaches=needed))
            continue
        latest = max(filter(None, (alert.acquired_at, before.alert.acquired_at)))
        together = tuple(_unique((*_left(before, subject), *needed)))
        if latest != alert.acquired_at:  # measured before what is told already
            narrowed.append((before, together))
        else:
            raised.append(replace(alert, breaches=together, acquired_at=latest))
    for record in by_key.values():
        left = _left(record, subject)
        if not left:
            ended.append(record)
        elif len(left) < len(record.alert.breaches):
            narrowed.append((record, left))
    return Consequences(raised=tuple(raised), ended=tuple(ended), narrowed=tuple(narrowed))


def opened_again(ended: Iterable[AlertRecord], since: Sequence[Subject]) -> tuple[Alert, ...]:
    """Return the alerts that have to stand again, for what ended them counts no more.

    Parameters
    ----------
    ended
        Alerts that a result ended which was superseded meanwhile.
    since
        The results of the test that count, of the time since these alerts.
    """
    found = []
    for record in ended:
        alert = record.alert
        if alert.rule not in (*LIMIT_RULES, *WITHOUT_NUMBER, CONDITIONS):
            continue
        later = [s for s in since if alert.acquired_at is None or s.moment >= alert.acquired_at]
        needed = tuple(b for b in alert.breaches if not _good_in_any(alert, b, later))
        if needed:
            found.append(replace(alert, breaches=needed))
    return tuple(found)


def failed(
    test_set_id: str,
    message: str,
    *,
    device_id: str | None,
    test: str,
    variant: str,
    detector: int | None = None,
) -> Alert:
    """Return the alert about a test set that never came to a result."""
    device = device_id or f"set {test_set_id}"
    key = key_of(device, test, ERROR, variant=variant, detector=detector)
    return Alert(
        key=key,
        severity=AlertSeverity.CRITICAL,
        title=f"{test}: {Status.ERROR.value}",
        message=message,
        device_id=device_id,
        test=test,
        variant=variant,
        detector=detector,
        rule=ERROR,
        breaches=(Breach(metric=ERROR),),
    )


def _found(subject: Subject) -> list[Alert]:
    """Return an alert for each detector and kind of judgement that a person has to look at."""
    result = subject.result
    numbers: dict[tuple[str, int | None], list[Verdict]] = {}
    for verdict in result.verdicts:
        head = subject.head(verdict.scope)
        if verdict.status in _BEYOND:
            numbers.setdefault((verdict.kind.value, head), []).append(verdict)
        elif verdict.status is Status.ERROR:
            numbers.setdefault((NO_RESULT, head), []).append(verdict)
    found = [
        _alert(
            subject,
            rule=rule,
            detector=head,
            status=Status.FAIL if any(v.status is Status.FAIL for v in verdicts) else Status.WARN,
            message="; ".join(_unique(_sentence(subject, v) for v in verdicts)),
            breaches=[_breach(subject, v.metric, v.scope) for v in verdicts],
        )
        for (rule, head), verdicts in numbers.items()
    ]
    conditions: dict[tuple[str, int | None], list[PreconditionRecord]] = {}
    only = next(iter(subject.detectors)) if len(subject.detectors) == 1 else None
    for condition in result.preconditions:
        if not condition.met:
            rule = INVALID if condition.voids else CONDITIONS
            head = subject.head(condition.scope)
            conditions.setdefault((rule, only if head is None else head), []).append(condition)
    for (rule, head), unmet in conditions.items():
        if rule == CONDITIONS and (INVALID, head) in conditions:
            continue  # beside what voids the numbers it says nothing more
        names = ", ".join(_unique(c.quantity or c.code for c in unmet))
        said = f"{names}: not met or not known"
        found.append(
            _alert(
                subject,
                rule=rule,
                detector=head,
                status=Status.INVALID if rule == INVALID else Status.WARN,
                message=subject.reason or said if rule == INVALID else said,
                breaches=[b for c in unmet for b in _of_heads(subject, c.code, c.scope, head)],
            )
        )
    if result.failure is not None:
        found.append(
            _alert(
                subject,
                rule=ERROR,
                detector=subject.detector,
                status=Status.ERROR,
                message=result.failure.message,
                breaches=_of_heads(subject, ERROR, {}, subject.detector),
            )
        )
    return found


def _alert(
    subject: Subject,
    *,
    rule: str,
    detector: int | None,
    status: Status,
    message: str,
    breaches: Sequence[Breach],
) -> Alert:
    result = subject.result
    name = result.title or result.test
    place = f" (detector {detector})" if detector is not None else ""
    return Alert(
        key=key_of(subject.device, result.test, rule, variant=result.variant, detector=detector),
        severity=AlertSeverity.WARNING if status is Status.WARN else AlertSeverity.CRITICAL,
        title=f"{name}{place}: {status.value}",
        message=message,
        device_id=result.device_id,
        test=result.test,
        variant=result.variant,
        detector=detector,
        rule=rule,
        result_id=result.id,
        breaches=tuple(_unique(breaches)),
        acquired_at=subject.moment,
    )


def _of_heads(
    subject: Subject, code: str, scope: Mapping[str, str | int | float], head: int | None
) -> list[Breach]:
    """Return what has to be good again: of each head where nobody knows which one it was."""
    if head is not None or (subject.heads or 1) == 1:
        return [_breach(subject, code, scope)]
    heads = sorted(subject.detectors) or range(1, (subject.heads or 1) + 1)
    return [_breach(subject, code, {**scope, "detector": each}) for each in heads]


def _left(record: AlertRecord, subject: Subject) -> tuple[Breach, ...]:
    """Return the numbers of an alert that are not good again after a result."""
    measured = record.alert.acquired_at
    if measured is not None and subject.moment < measured:
        return record.alert.breaches or (Breach(metric=record.alert.rule),)
    breaches = record.alert.breaches or (Breach(metric=record.alert.rule),)
    return tuple(each for each in breaches if not _good(record.alert, each, subject))


def _good_in_any(alert: Alert, breach: Breach, results: Iterable[Subject]) -> bool:
    return any(_good(alert, breach, each) for each in results)


def _good(alert: Alert, breach: Breach, subject: Subject) -> bool:
    """Tell whether a result shows that a number is good again: same test, same head, and it passes."""
    result = subject.result
    if result.status in (Status.INVALID, Status.ERROR) or result.partial:
        return False
    if breach.group != subject.group or not breach.seen_through(subject.window(breach.scope)):
        return False
    if alert.rule in LIMIT_RULES:
        said = [
            verdict.status
            for verdict in result.verdicts
            if verdict.kind == alert.rule
            and verdict.metric == breach.metric
            and dict(verdict.scope) == dict(breach.scope)
            and subject.head(verdict.scope) == alert.detector
        ]
        return bool(said) and all(status is Status.PASS for status in said)
    if alert.rule not in (*WITHOUT_NUMBER, CONDITIONS):
        return False  # the judgement of somebody else, who will end it
    head = alert.detector if alert.detector is not None else _number(breach.scope)
    return _valid(subject, head) and not _again(alert, breach, subject)


def _valid(subject: Subject, head: int | None) -> bool:
    """Tell whether there are valid numbers of a head, none of them beyond its limits."""
    if head is not None and subject.detectors and head not in subject.detectors:
        return False
    result = subject.result

    def concerns(scope: Mapping[str, str | int | float]) -> bool:
        return head is None or subject.head(scope) in (head, None)

    return any(concerns(m.scope) and result.valid(m) for m in result.measurements) and not any(
        concerns(v.scope) and v.status is Status.FAIL for v in result.verdicts
    )


def _again(alert: Alert, breach: Breach, subject: Subject) -> bool:
    """Tell whether a result has the same trouble as before."""
    return any(
        other.rule == alert.rule
        and (alert.detector is None or other.detector in (alert.detector, None))
        and any(each.metric == breach.metric for each in other.breaches)
        for other in _found(subject)
    )


def _breach(subject: Subject, metric: str, scope: Mapping[str, str | int | float]) -> Breach:
    return Breach(
        metric=metric, scope=dict(scope), group=subject.group, window=subject.window(scope)
    )


def _sentence(subject: Subject, verdict: Verdict) -> str:
    found = [
        m
        for m in subject.result.measurements
        if m.metric == verdict.metric and dict(m.scope) == dict(verdict.scope)
    ]
    if not found:
        return f"{verdict.metric} is asked for by {verdict.limit_set} and was not measured"
    number = found[0]
    if verdict.status is Status.ERROR:
        return f"{number.label} has another unit than its limit in {verdict.limit_set}"
    unit = f" {written(number.unit)}".rstrip()
    warns = verdict.status is Status.WARN and (verdict.warn_lower, verdict.warn_upper) != (
        None,
        None,
    )
    lower = verdict.warn_lower if warns else verdict.lower
    upper = verdict.warn_upper if warns else verdict.upper
    above = upper is not None and number.value > upper
    bound = upper if above else lower
    said = f"{number.label} is {number.value:.{number.decimals}f}{unit}"
    if bound is None:
        return f"{said}, beyond {verdict.limit_set}"
    source = verdict.source or verdict.limit_set
    return f"{said}, {'above' if above else 'below'} {bound:g}{unit} ({source})"


def _number(scope: Mapping[str, str | int | float]) -> int | None:
    value = scope.get("detector")
    return value if isinstance(value, int) else None


def _unique(values: Iterable[T]) -> list[T]:
    found: list[T] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found
