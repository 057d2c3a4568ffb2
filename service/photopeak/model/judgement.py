"""Limits, what a measurement is judged against, and the verdicts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType


class Status(StrEnum):
    """Status of a verdict or of a result. "No result" never looks like a pass."""

    PASS = "PASS"  # noqa: S105 - a verdict, not a secret
    WARN = "WARN"
    FAIL = "FAIL"
    INFO = "INFO"
    NO_LIMIT = "NO_LIMIT"
    INVALID = "INVALID"
    ERROR = "ERROR"


class LimitKind(StrEnum):
    """Standing of a limit."""

    MANDATORY = "mandatory"
    INFORMATIVE = "informative"
    MANUFACTURER = "manufacturer"
    BASELINE = "baseline"
    RECOMMENDED = "recommended"
    SITE = "site"


class BaselineForm(StrEnum):
    """How a baseline-relative limit is meant."""

    ABSOLUTE = "absolute"
    RELATIVE_PERCENT = "relative_percent"
    STANDARD_DEVIATIONS = "standard_deviations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Bounds of one metric of one test. None means no bound; bounds are inclusive.

    `lower`/`upper` decide PASS or FAIL, `warn_lower`/`warn_upper` PASS or WARN. `scope` narrows
    the limit to matching measurements (``{"distance_mm": 100}``). `form` None means the numbers
    are values of the metric; otherwise they are deviations from the device's own baseline.
    `variant` ``*`` stands for every variant, `unit` empty for whatever the metric has; `purpose`
    narrows the limit within its set. `instead` names a metric that may be given in place of this one
    where the number is mandatory, as another way to the same.
    """

    test: str
    variant: str
    metric: str
    lower: float | None = None
    upper: float | None = None
    warn_lower: float | None = None
    warn_upper: float | None = None
    scope: Mapping[str, str | int | float] = field(default_factory=lambda: MappingProxyType({}))
    form: BaselineForm | None = None
    source: str = ""
    unit: str = ""
    purpose: tuple[str, ...] = ()
    instead: str = ""


PURPOSES = ("constancy", "status", "acceptance", "calibration", "daily_qc", "post_service")
"""What a test may be made for."""

DEFAULT_PURPOSE = PURPOSES[0]
"""What a test is for when nothing says otherwise: the routine of the hospital."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityOverride:
    """Another severity (``hard``, ``soft``) of a precondition than its analyzer gives it."""

    test: str
    code: str
    severity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSet:
    """A file of limits: immutable, named, with kind, source and the version of its content.

    `devices` empty means every device; `purpose` says for which tests it speaks (of `PURPOSES`),
    empty for all. A set that is for
    continuous crystals only informs on pixelated detectors; an optional one applies only where a
    route asks for it by name.
    """

    name: str
    title: str
    kind: LimitKind
    source: str
    version: str
    limits: tuple[Limit, ...]
    devices: tuple[str, ...] = ()
    purpose: tuple[str, ...] = ()
    continuous_crystal_only: bool = False
    optional: bool = False
    severities: tuple[SeverityOverride, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The device's own reference value of one metric under one configuration key."""

    id: str
    device_id: str
    test: str
    variant: str
    metric: str
    scope: Mapping[str, str | int | float]
    configuration: str
    value: float
    spread: float | None
    count: int
    epoch_start: datetime
    reason: str
    approved_by: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedLimit:
    """Bounds that the input itself states for one number: the manufacturer's for this equipment.

    None means no bound; bounds are inclusive. `source` says where they stand.
    """

    metric: str
    scope: Mapping[str, str | int | float]
    lower: float | None
    upper: float | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One measurement against one limit.

    `met` tells whether the value keeps the bounds, also where that decides nothing (an informative
    limit gives the status INFO); None when there was nothing to compare with.
    """

    metric: str
    scope: Mapping[str, str | int | float]
    limit_set: str
    limit_set_version: str
    kind: LimitKind
    lower: float | None
    upper: float | None
    warn_lower: float | None
    warn_upper: float | None
    status: Status
    source: str
    baseline_id: str | None = None
    met: bool | None = None
