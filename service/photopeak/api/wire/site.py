"""Devices, routes, limits, baselines, alerts, uploads."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from photopeak.api.wire.base import Identifier, In, Out, Scope
from photopeak.inbox.upload import FileOutcome
from photopeak.model.alerts import AlertRecord
from photopeak.model.reception import StoreStatus
from photopeak.reports.teaching import Matched, Preview


class DeviceOut(Out):
    """A configured device."""

    id: str
    name: str
    kind: str
    ae_titles: list[str]
    station: str
    serial_number: str
    family: str
    detectors: int | None


class SightingOut(Out):
    """Equipment as its objects describe it; `device` is null when none is known for it."""

    calling_ae_title: str
    manufacturer: str
    model: str
    serial_number: str
    station: str
    device: str | None = Field(validation_alias="device_id")
    first_seen_at: datetime
    last_seen_at: datetime


class UploadOut(Out):
    """What became of one file, or of one member of an archive."""

    index: int = Field(description="which file of the upload, from 0; members share that of theirs")
    name: str = Field(description="last part of its name in printable ASCII, to recognise it")
    status: str = Field(description="status of C-STORE, four hexadecimal digits")
    stored: bool
    ignored: bool = Field(description="nothing to store, and no failure (DICOMDIR)")
    duplicate: bool = Field(description="an identical copy was there already")
    conflict: bool = Field(description="the same SOP Instance UID with other content; both kept")
    sop_instance_uid: str = Field(description="empty when it cannot be read")
    series_instance_uid: str = Field(description="empty when it cannot be read")
    reason: str = Field(description="why it was not stored, or a remark")

    @classmethod
    def of_outcome(cls, index: int, value: FileOutcome) -> UploadOut:
        """Build from the value of the inbox."""
        outcome = value.outcome
        return cls(
            index=index,
            name=value.name,
            status=f"{int(outcome.status):04X}",
            stored=outcome.status is StoreStatus.SUCCESS and not value.ignored,
            ignored=value.ignored,
            duplicate=outcome.duplicate,
            conflict=outcome.conflict,
            sop_instance_uid=value.sop_instance_uid,
            series_instance_uid=value.series_instance_uid,
            reason=outcome.comment,
        )


class UploadsOut(Out):
    """What became of each file of an upload, members of archives one by one."""

    files: list[UploadOut]


class RouteOut(Out):
    """A rule of a file."""

    name: str
    source: str
    priority: int
    test: str
    variant: str
    role: str
    conditions: list[str]


class TaughtNumberIO(In):
    """A number in a text that may be another one; `name` is what it gives, if anything."""

    keyword: Identifier
    place: Annotated[int, Field(ge=0, le=200, description="which number of the text, from 0")]
    name: Annotated[str, Field(max_length=64)] = ""


class TaughtOut(Out):
    """A version of a route that a person taught."""

    id: str
    version: int
    state: str = Field(description="draft, active, superseded or withdrawn")
    device: str | None = Field(validation_alias="device_id")
    conditions: dict[str, str]
    numbers: list[TaughtNumberIO]
    test: str
    variant: str
    role: str
    ignore: bool
    taught_at: datetime | None
    taught_by: str
    reason: str
    activated_at: datetime | None
    activated_by: str
    activation_reason: str
    withdrawn_at: datetime | None
    withdrawn_by: str
    withdrawal_reason: str


class TaughtVersionsOut(Out):
    """Every version of a taught route, the first one first."""

    items: list[TaughtOut]


class RoutesOut(Out):
    """The rules in force: of the files, and taught."""

    version: str
    routes: list[RouteOut]
    taught: list[TaughtOut]


class LessonIn(In):
    """A series, and what series of its device with the same texts are."""

    series_instance_uid: Identifier
    test: Annotated[str, Field(max_length=64)] = ""
    variant: Annotated[str, Field(max_length=32)] = ""
    role: Annotated[str, Field(max_length=64)] = ""
    ignore: bool = False
    match: Annotated[
        list[Identifier],
        Field(min_length=1, max_length=10, description="keywords of the texts that must be equal"),
    ]
    numbers: Annotated[
        list[TaughtNumberIO],
        Field(
            max_length=20,
            default_factory=list,
            description="numbers in these texts that may be others",
        ),
    ]


class TeachIn(LessonIn):
    """A lesson to be kept; it is in force once it is activated."""

    reason: Annotated[str, Field(min_length=1, max_length=200)]


class ReasonIn(In):
    """Why something is done."""

    reason: Annotated[str, Field(min_length=1, max_length=200)]


class ActivateIn(ReasonIn):
    """Which version is put in force, and why."""

    version: Annotated[int, Field(ge=1)]
    take_over: Annotated[
        bool, Field(description="past series that another rule knows are meant, too")
    ] = False


class MatchedOut(Out):
    """Past series that are alike and were routed the same way."""

    texts: dict[str, str]
    count: int
    last_at: datetime
    outcome: str
    test: str
    role: str
    claimed_by: str = Field(description="rule, taught route or `content`; empty: nobody knows them")
    stays_with: str = Field(description="taught route that goes before this one and keeps them")

    @classmethod
    def of_line(cls, value: Matched) -> MatchedOut:
        """Build from the value of the use case."""
        return cls(
            texts=dict(value.alike.texts),
            count=value.share.count,
            last_at=value.share.last_at,
            outcome=value.share.outcome,
            test=value.share.test,
            role=value.share.role,
            claimed_by=value.claimed_by,
            stays_with=value.stays_with,
        )


class PreviewOut(Out):
    """What a lesson would match in the past."""

    count: int
    claimed: int = Field(description="of these, known by another rule or taught route")
    taken_over: int = Field(description="of these, those that this one would take over")
    matched: list[MatchedOut]
    series: list[str] = Field(description="some of them, the last received first")

    @classmethod
    def of_preview(cls, value: Preview) -> PreviewOut:
        """Build from the value of the use case."""
        return cls(
            count=value.count,
            claimed=value.claimed,
            taken_over=value.taken_over,
            matched=[MatchedOut.of_line(line) for line in value.lines],
            series=list(value.series),
        )


class RoutedAgainOut(Out):
    """How many past series routing decides about again."""

    series: int


class LimitOut(Out):
    """Bounds of one metric."""

    test: str
    variant: str
    metric: str
    scope: Scope
    lower: float | None
    upper: float | None
    warn_lower: float | None
    warn_upper: float | None
    form: str | None
    source: str


class LimitSetOut(Out):
    """A set of limits in force."""

    name: str
    title: str
    kind: str
    source: str
    version: str
    devices: list[str]
    purpose: list[str]
    limits: list[LimitOut]


class BaselineOut(Out):
    """A device's own reference value."""

    id: str
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
    version: int


class AcknowledgeIn(In):
    """Why an alert is acknowledged."""

    comment: Annotated[str, Field(min_length=1, max_length=500)]


class BreachOut(Out):
    """A number that an alert is about, or the code of a condition in its place."""

    metric: str
    scope: Scope
    group: str


class AlertOut(Out):
    """An alert; `count` tells how often its cause was seen."""

    id: str
    state: str
    severity: str
    title: str
    message: str
    device: str | None
    test: str | None
    variant: str
    detector: int | None
    rule: str = Field(description="kind of judgement; empty where it is not about a test")
    result: str | None
    series_instance_uid: str | None
    breaches: list[BreachOut] = Field(description="what has to be good again before it ends")
    count: int
    opened_at: datetime
    last_seen_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str
    comment: str
    closed_at: datetime | None

    @classmethod
    def of_record(cls, value: AlertRecord) -> AlertOut:
        """Build from the value of the model."""
        return cls(
            id=value.id,
            state=value.state,
            severity=value.alert.severity,
            title=value.alert.title,
            message=value.alert.message,
            device=value.alert.device_id,
            test=value.alert.test,
            variant=value.alert.variant,
            detector=value.alert.detector,
            rule=value.alert.rule,
            breaches=[BreachOut.of(each) for each in value.alert.breaches],
            result=value.alert.result_id,
            series_instance_uid=value.alert.series_instance_uid,
            count=value.count,
            opened_at=value.opened_at,
            last_seen_at=value.last_seen_at,
            acknowledged_at=value.acknowledged_at,
            acknowledged_by=value.acknowledged_by,
            comment=value.comment,
            closed_at=value.closed_at,
        )
