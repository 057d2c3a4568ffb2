"""Trends, baselines, events and exclusions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from photopeak.api.wire.base import Identifier, In, Moment, Out, Scope
from photopeak.model.judgement import Status
from photopeak.model.trends import (
    EpochEffect,
    EventKind,
    LeftOut,
    PlacedPoint,
    Side,
    Sides,
    SignalLevel,
    SpreadOf,
    Track,
)
from photopeak.trends.load import Trend

_Text = Annotated[str, Field(min_length=1, max_length=500)]
_Reason = Annotated[str, Field(min_length=1, max_length=200)]


class NumberOut(Out):
    """A number of a test that has a trend."""

    metric: str
    scope: Scope
    label: str
    label_zh: str
    unit: str
    decimals: int
    judged: bool = Field(description="a limit judges it")


class ExclusionOut(Out):
    """A number that a person took out of its trend."""

    id: str
    result: str = Field(validation_alias="result_id")
    metric: str = Field(description="empty: every number of the result")
    scope: Scope
    reason: str
    excluded_by: str
    excluded_at: datetime
    undone_at: datetime | None
    undone_by: str
    undo_reason: str


class BoundsOut(Out):
    """The bounds that held for a point, and what they said."""

    limit_set: str
    kind: str
    status: Status
    lower: float | None
    upper: float | None
    warn_lower: float | None
    warn_upper: float | None


class EwmaOut(Out):
    """The exponentially weighted mean with its limits, in the unit of the metric."""

    value: float
    lower: float | None
    upper: float | None


class CusumOut(Out):
    """The cumulative sums, in standard deviations."""

    high: float
    low: float | None
    threshold: float


class PointOut(Out):
    """A point of a trend."""

    result: str
    at: datetime
    dated: bool = Field(description="false: when it was measured is not known")
    value: float
    uncertainty: float | None = Field(description="standard, k = 1")
    status: Status
    counts: bool
    left_out: LeftOut | None
    exclusion: ExclusionOut | None
    noise_floor: float | None
    limits: list[BoundsOut]
    epoch: int
    in_baseline: bool
    z: float | None
    ewma: EwmaOut | None
    cusum: CusumOut | None

    @classmethod
    def of_placed(cls, placed: PlacedPoint) -> PointOut:
        """Build from the value of the model."""
        point = placed.point
        return cls(
            result=point.result_id,
            at=point.at,
            dated=point.dated,
            value=point.value,
            uncertainty=point.uncertainty,
            status=point.status,
            counts=point.counts,
            left_out=point.left_out,
            exclusion=ExclusionOut.of(point.exclusion) if point.exclusion else None,
            noise_floor=point.noise_floor,
            limits=[BoundsOut.of(v) for v in point.verdicts],
            epoch=placed.epoch,
            in_baseline=placed.in_baseline,
            z=placed.z,
            ewma=EwmaOut.of(placed.ewma) if placed.ewma else None,
            cusum=CusumOut.of(placed.cusum) if placed.cusum else None,
        )


class BandOut(Out):
    """Control limits; null on a side that is not watched."""

    centre: float
    spread: float
    floored: bool = Field(description="the spread is the resolution of the metric")
    inflation: float = Field(description="limits are so much wider, for few results")
    warn_lower: float | None
    warn_upper: float | None
    action_lower: float | None
    action_upper: float | None


class AcceptedOut(Out):
    """A version of a baseline."""

    id: str
    version: int
    device: str = Field(validation_alias="device_id")
    test: str
    variant: str
    metric: str
    scope: Scope
    configuration: str
    value: float
    spread: float | None
    count: int
    epoch_start: datetime
    reason: str
    approved_by: str


class EpochOut(Out):
    """A time between two resets; `end` null for the present one."""

    start: datetime
    end: datetime | None
    event: str | None = Field(validation_alias="event_id")
    baseline: AcceptedOut | None
    band: BandOut | None
    counted: int


class SignalOut(Out):
    """What a rule said at a point."""

    rule: str
    level: SignalLevel
    side: Side | None
    result: str = Field(validation_alias="result_id")
    at: datetime
    value: float
    since_result: str = Field(validation_alias="since_result_id")
    since: datetime
    noise: bool = Field(description="within two combined uncertainties")
    limit: float | None
    days: float | None


class NumberSignalOut(Out):
    """A signal with the number that it is about."""

    metric: str
    scope: Scope
    signal: SignalOut


class DriftOut(Out):
    """The line through the latest points, and where it leads."""

    slope_per_day: float
    slope_lower: float = Field(description="95 % confidence")
    slope_upper: float = Field(description="95 % confidence")
    level: float
    p_value: float
    count: int
    since: datetime
    until: datetime
    significant: bool
    noise: bool
    limit: float | None
    days: float | None


class ChangeOut(Out):
    """Where the mean changed."""

    at: datetime
    result: str = Field(validation_alias="result_id")
    before: float
    after: float
    event: str | None = Field(validation_alias="event_id")


class StepOut(Out):
    """The means before and after an event."""

    event: str = Field(validation_alias="event_id")
    before: float
    after: float
    count_before: int
    count_after: int
    p_value: float


class EventOut(Out):
    """A service event or corrective action, in a version."""

    id: str
    version: int
    device: str = Field(validation_alias="device_id")
    detector: int | None
    kind: EventKind
    at: datetime
    text: str
    epoch: EpochEffect
    owner: str
    answers_alert: str | None
    answers_result: str | None
    returned_by: str | None
    temperature_c: float | None
    humidity_percent: float | None
    withdrawn: bool
    reason: str
    recorded_by: str
    recorded_at: datetime


class ConfigurationOut(Out):
    """A configuration in which the number was measured, and how often."""

    configuration: str
    count: int


class AnalyzerChangeOut(Out):
    """Where another version of the analysis made the numbers than before."""

    at: datetime
    result: str = Field(validation_alias="result_id")
    before: str
    after: str


class TrendOut(Out):
    """A whole trend."""

    device: str
    test: str
    variant: str
    metric: str
    scope: Scope
    unit: str
    decimals: int
    configuration: str
    configurations: list[ConfigurationOut]
    sides: Sides
    points: list[PointOut]
    epochs: list[EpochOut]
    signals: list[SignalOut]
    drift: DriftOut | None
    changes: list[ChangeOut]
    steps: list[StepOut]
    events: list[EventOut]
    analyzers: list[AnalyzerChangeOut]

    @classmethod
    def of_trend(
        cls, trend: Trend, track: Track, *, since: datetime | None, until: datetime | None
    ) -> TrendOut:
        """Build what of a trend lies within a time; all of it is known to what is told of."""

        def inside(at: datetime) -> bool:
            return (since is None or at >= since) and (until is None or at < until)

        key = trend.key
        last = trend.points[-1] if trend.points else None
        return cls(
            device=key.device_id,
            test=key.test,
            variant=key.variant,
            metric=key.metric,
            scope=dict(key.scope),
            unit=last.unit if last else "",
            decimals=last.decimals if last else 0,
            configuration=key.configuration,
            configurations=[
                ConfigurationOut(configuration=name, count=count)
                for name, count in trend.configurations.items()
            ],
            sides=track.sides,
            points=[PointOut.of_placed(p) for p in track.points if inside(p.point.at)],
            epochs=[EpochOut.of(epoch) for epoch in track.epochs],
            signals=[SignalOut.of(s) for s in track.signals if inside(s.at)],
            drift=DriftOut.of(track.drift) if track.drift else None,
            changes=[ChangeOut.of(c) for c in track.changes if inside(c.at)],
            steps=[StepOut.of(step) for step in track.steps],
            events=[EventOut.of(e) for e in track.events if inside(e.at)],
            analyzers=[AnalyzerChangeOut.of(c) for c in track.analyzers if inside(c.at)],
        )


class PairedDayOut(Out):
    """Both numbers of one day."""

    day: date
    first: float
    second: float
    difference: float
    flagged: bool = Field(description="the third day in a row, or later, that they differ")


class ComparisonOut(Out):
    """Two series compared: first less second, the first over the second."""

    same_configuration: bool
    days: list[PairedDayOut]
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


class ProposalIn(In):
    """The number that a baseline is for, and the results to make it of."""

    device: Identifier
    test: Identifier
    variant: Annotated[str, Field(max_length=32)]
    metric: Identifier
    scope: Scope = Field(default_factory=dict, max_length=8)
    configuration: Annotated[str | None, Field(max_length=500)] = None
    results: Annotated[
        list[Identifier],
        Field(max_length=100, description="empty: the latest of the present epoch"),
    ] = Field(default_factory=list)


class ProposalOut(Out):
    """A baseline as it would be; `warnings` say what speaks against it."""

    configuration: str
    value: float
    spread: float | None
    spread_moving: float | None = Field(description="mean moving range / 1.128")
    count: int
    epoch_start: datetime
    sources: list[str]
    warnings: list[str]


class AcceptIn(ProposalIn):
    """A baseline to put in force: of the results that were looked at, and why."""

    spread_of: Annotated[SpreadOf, Field(strict=False)] = SpreadOf.STANDARD_DEVIATION
    results: Annotated[list[Identifier], Field(min_length=1, max_length=100)]
    reason: _Reason


class ExcludeIn(In):
    """A number to take out of its trend; without a metric every number of the result."""

    result: Identifier
    metric: Annotated[str, Field(max_length=64)] = ""
    scope: Scope = Field(default_factory=dict, max_length=8)
    reason: _Reason


class EventIn(In):
    """Something that was done to a device, or happened to it."""

    device: Identifier
    detector: Annotated[int | None, Field(ge=1, le=8)] = None
    kind: Annotated[EventKind, Field(strict=False)]
    at: Moment
    text: _Text
    epoch: Annotated[EpochEffect, Field(strict=False)] = EpochEffect.NONE
    owner: Annotated[str, Field(max_length=100)] = ""
    answers_alert: Identifier | None = None
    answers_result: Identifier | None = None
    returned_by: Identifier | None = None
    temperature_c: Annotated[float | None, Field(ge=-50, le=70)] = None
    humidity_percent: Annotated[float | None, Field(ge=0, le=100)] = None


class ReviseIn(EventIn):
    """An event as it is to be from now on; `version` is the one that was looked at."""

    version: Annotated[int, Field(ge=1)]
    withdrawn: bool = False
    reason: _Reason
