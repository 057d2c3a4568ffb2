"""Trends: one metric of one part of a device over time, what people noted on it, what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from photopeak.model.judgement import Baseline, Status, Verdict

ScopeValue = str | int | float


def _nothing() -> Mapping[str, ScopeValue]:
    return MappingProxyType({})


class LeftOut(StrEnum):
    """Why a point is shown and does not count."""

    INVALID = "invalid"
    """Its result is INVALID, or a hard precondition voids this number."""

    EXCLUDED = "excluded"
    """A person took it out, with a reason."""


class EventKind(StrEnum):
    """What was done to a device, or happened to it."""

    SERVICE = "service"
    CORRECTIVE_ACTION = "corrective_action"
    CALIBRATION = "calibration"
    SOFTWARE = "software"
    SOURCE = "source"
    ENVIRONMENT = "environment"
    OTHER = "other"


class EpochEffect(StrEnum):
    """What an event does to trends: nothing, begin anew, or ask a person whether they do."""

    NONE = "none"
    PROPOSED = "proposed"
    STARTS = "starts"


class Sides(StrEnum):
    """On which sides of its baseline a metric is watched."""

    BOTH = "both"
    HIGH = "high"


class Side(StrEnum):
    """On which side of its baseline a metric is."""

    HIGH = "high"
    LOW = "low"


class SignalLevel(StrEnum):
    """What a signal asks for: somebody to act, somebody to look soon, or nothing but notice."""

    ACTION = "action"
    WARNING = "warning"
    NOTE = "note"


SERVICE = "photopeak"
"""Who noted what no person did."""

TREND_TO_LIMIT = "TREND_TO_LIMIT"
"""Name of the rule that foresees a limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesKey:
    """What the points of one trend have in common; only these may be compared."""

    device_id: str
    test: str
    variant: str
    metric: str
    scope: Mapping[str, ScopeValue] = field(default_factory=_nothing)
    configuration: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """A number that a person took out of its trend; taken back when `undone_at` is set.

    An empty `metric` stands for every number of the result.
    """

    id: str
    result_id: str
    metric: str
    scope: Mapping[str, ScopeValue]
    reason: str
    excluded_by: str
    excluded_at: datetime
    undone_at: datetime | None = None
    undone_by: str = ""
    undo_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceEvent:
    """Something that was done to a device, in one of its versions; the newest is in force.

    `detector` None means the whole device. `answers_alert` and `answers_result` are what it was
    done for, `returned_by` is the passing repeat that returned the device to service. Temperature
    and relative humidity are those of the room, where somebody read them. A withdrawn event is kept
    and has no effect.
    """

    id: str
    version: int
    device_id: str
    detector: int | None = None
    kind: EventKind
    at: datetime
    text: str
    epoch: EpochEffect = EpochEffect.NONE
    owner: str = ""
    answers_alert: str | None = None
    answers_result: str | None = None
    returned_by: str | None = None
    temperature_c: float | None = None
    humidity_percent: float | None = None
    withdrawn: bool = False
    reason: str = ""
    recorded_by: str
    recorded_at: datetime

    def concerns(self, scope: Mapping[str, ScopeValue]) -> bool:
        """Tell whether it was done to what a number stands for."""
        return self.detector is None or scope.get("detector", self.detector) == self.detector


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedBaseline:
    """A version of a baseline with the results that it was made of, and when it was accepted."""

    baseline: Baseline
    sources: frozenset[str]
    accepted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """One number of one result.

    `at` is when it was measured; where that is not known, or lies in the future, when the analysis
    was finished, and `dated` is False. `uncertainty` is standard (k = 1). `verdicts` are those of
    this number, with the bounds that held for it. `noise_floor` is what the metric would be of a
    perfect device at these counts, where the analysis tells. `analyzer` is the version of the
    analysis that made it.
    """

    result_id: str
    at: datetime
    value: float
    uncertainty: float | None
    status: Status
    configuration: str
    decimals: int = 2
    unit: str = ""
    verdicts: tuple[Verdict, ...] = ()
    noise_floor: float | None = None
    dated: bool = True
    left_out: LeftOut | None = None
    exclusion: Exclusion | None = None
    analyzer: str = ""

    @property
    def counts(self) -> bool:
        """Tell whether it is part of the statistics."""
        return self.left_out is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What makes a signal.

    Attributes
    ----------
    run_length
        Points in a row on one side of the baseline (10_x; 8 and 12 are usual too).
    horizon_days
        A limit that is reached within so many days at the present slope is foreseen.
    """

    run_length: int = 10
    horizon_days: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlBand:
    """Control limits of an epoch, in the unit of the metric; None on a side that is not watched.

    `spread` is the one that limits are made of: of the baseline, but at least the resolution of
    the metric (`floored`). The limits of action are wider by `inflation` than they would be for a
    baseline of many results.
    """

    centre: float
    spread: float
    floored: bool
    inflation: float
    warn_lower: float | None
    warn_upper: float | None
    action_lower: float | None
    action_upper: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """A time between two resets; `end` None for the present one.

    `band` is None when no baseline was accepted in it, or one of less than five results: then
    `counted` tells how many results there are to make one of.
    """

    start: datetime
    end: datetime | None
    event_id: str | None
    baseline: Baseline | None
    band: ControlBand | None
    counted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ewma:
    """The weighted mean at one point with its limits, in the unit of the metric."""

    value: float
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cusum:
    """The two sums at one point, in standard deviations; each signals above `threshold`."""

    high: float
    low: float | None
    threshold: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedPoint:
    """A point of a track: in which epoch, how many standard deviations off, what the charts say.

    All of it is None for a point that does not count, or without a band; `in_baseline` tells that
    the baseline of its epoch was made of it, among others: such points are never signals.
    """

    point: TrendPoint
    epoch: int
    in_baseline: bool = False
    z: float | None = None
    ewma: Ewma | None = None
    cusum: Cusum | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """What a rule said at a point. `since` is the first point of the run or of the shift.

    `noise` tells that the change is within two combined uncertainties, and so is no change that
    the measurement can show; such a signal asks for nothing.
    """

    rule: str
    level: SignalLevel
    side: Side | None
    result_id: str
    at: datetime
    value: float
    since_result_id: str
    since: datetime
    noise: bool = False
    limit: float | None = None
    days: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSignal:
    """A signal with the number that it is about, as kept with its result."""

    metric: str
    scope: Mapping[str, ScopeValue]
    signal: Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A line through the latest points of the present epoch (Theil-Sen), and where it leads.

    `slope_lower` and `slope_upper` hold the slope with a confidence of 95 %.
    `p_value` is that of Mann-Kendall, two-sided; `level` the line at the latest point. `limit` is
    the bound that the line approaches, `days` until it is there from the latest point. A drift is
    `significant` with p below 0.01 and a change beyond two combined uncertainties.
    """

    slope_per_day: float
    slope_lower: float
    slope_upper: float
    level: float
    p_value: float
    count: int
    since: datetime
    until: datetime
    significant: bool
    noise: bool
    limit: float | None
    days: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePoint:
    """Where the mean changed; `event_id` is an event between the two points on either side."""

    at: datetime
    result_id: str
    before: float
    after: float
    event_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventStep:
    """The mean of some points before and after an event; p of Welch's t test, two-sided."""

    event_id: str
    before: float
    after: float
    count_before: int
    count_after: int
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyzerChange:
    """The first number that another version of the analysis made; no epoch begins with it."""

    at: datetime
    result_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """A whole trend, for a page: every point in order of time, and what it shows."""

    points: tuple[PlacedPoint, ...]
    epochs: tuple[Epoch, ...]
    signals: tuple[Signal, ...]
    drift: Drift | None
    changes: tuple[ChangePoint, ...]
    steps: tuple[EventStep, ...]
    events: tuple[ServiceEvent, ...]
    analyzers: tuple[AnalyzerChange, ...]
    sides: Sides


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedDay:
    """The numbers of two series on one day; `flagged` from the third day in a row on that they differ."""

    day: date
    first: float
    second: float
    difference: float
    flagged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two series compared; differences are first less second.

    `agreement_lower` and `agreement_upper` are the limits of agreement of Bland and Altman, mean
    and 1.96 standard deviations. None where there are too few days, or nothing differs.
    """

    days: tuple[PairedDay, ...]
    mean: float | None
    spread: float | None
    t: float | None
    t_p_value: float | None
    wilcoxon: float | None
    wilcoxon_p_value: float | None
    agreement_lower: float | None
    agreement_upper: float | None
    median_ratio: float | None
    f: float | None
    f_p_value: float | None
    count_first: int
    count_second: int


class SpreadOf(StrEnum):
    """What the spread of a baseline is told by."""

    STANDARD_DEVIATION = "standard_deviation"
    MOVING_RANGE = "moving_range"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """What speaks against a baseline: a message with named places, and what fills them."""

    message: str
    places: Mapping[str, str | int]

    @property
    def text(self) -> str:
        """The message in English."""
        return self.message.format(**self.places)


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineProposal:
    """A baseline as it would be, from chosen points; `doubts` say what speaks against it.

    `spread` is the standard deviation, `spread_moving` the mean moving range over 1.128; a spread
    that is much larger than that of the moving range tells of a drift within the set.
    """

    key: SeriesKey
    value: float
    spread: float | None
    spread_moving: float | None
    count: int
    epoch_start: datetime
    sources: tuple[str, ...]
    doubts: tuple[Doubt, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """The doubts in English."""
        return tuple(doubt.text for doubt in self.doubts)
