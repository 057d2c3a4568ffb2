"""What routing decides about a series, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

ParameterValue = str | int | float | bool | None


class RoutingOutcome(StrEnum):
    """What becomes of a series."""

    ROUTED = "routed"
    UNROUTED = "unrouted"
    NOT_QC = "not_qc"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the explanation: who spoke (`rule`, `gate`, `content`, `guard`, `device`, ...).

    `subject` names the rule, gate or field; `effect` is ``matched``, ``rejected``, ``changed``,
    ``confirmed``, ``suggested`` or ``passed``, or ``skipped`` for a rule whose expression had to be
    stopped, which somebody should mend; `message` says it as a sentence.
    """

    stage: str
    subject: str
    effect: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One role of one test that a series fills; a slit series can fill roles of two tests.

    `ordinal` orders several series in one role (distance, position, ...); `limits` names limit
    sets that the rule adds; `purpose` is what the test is made for, empty for constancy.
    """

    test: str
    variant: str
    role: str
    parameters: Mapping[str, ParameterValue] = field(default_factory=lambda: MappingProxyType({}))
    readings: Mapping[str, ParameterValue] = field(default_factory=lambda: MappingProxyType({}))
    limits: tuple[str, ...] = ()
    group: str = ""
    purpose: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingDecision:
    """The outcome with its whole explanation.

    `suggestion` is a test that content alone suggests: shown to a person, never analysed.
    `confidence` is 0 to 1; `runner_up` names the rule that would have won otherwise.
    """

    outcome: RoutingOutcome
    reason: str
    assignments: tuple[Assignment, ...] = ()
    device_id: str | None = None
    rule: str = ""
    field: str = ""
    runner_up: str = ""
    suggestion: str = ""
    confidence: float = 1.0
    steps: tuple[Step, ...] = ()
    routes_version: str = ""
