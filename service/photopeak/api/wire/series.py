"""Series, their instances, and the decisions on them."""

from __future__ import annotations

from datetime import datetime

from pydantic import AliasPath, Field

from photopeak.api.wire.base import Out, Scalar


class AssignmentOut(Out):
    """A role of a test that a series fills."""

    test: str
    variant: str
    role: str
    parameters: dict[str, Scalar]
    group: str
    purpose: str


class StepOut(Out):
    """One step of an explanation."""

    stage: str
    subject: str
    effect: str
    message: str


class DecisionOut(Out):
    """What routing decided, and why."""

    outcome: str
    reason: str
    device: str | None = Field(validation_alias="device_id")
    rule: str
    field: str
    runner_up: str
    suggestion: str
    confidence: float
    routes_version: str
    assignments: list[AssignmentOut]
    steps: list[StepOut]


class SeriesOut(Out):
    """A series; `reason` is one sentence on its state."""

    series_instance_uid: str
    study_instance_uid: str
    state: str
    reason: str
    device: str | None = Field(validation_alias="device_id")
    modality: str
    instances: int
    expected_instances: int | None
    generation: int
    first_received_at: datetime
    last_received_at: datetime
    acquired_at: datetime | None
    calling_ae_title: str
    display: dict[str, str]


class InstanceOut(Out):
    """An instance of a series; `conflict` tells a copy with other bytes under the same UID."""

    id: str
    sop_class_uid: str = Field(validation_alias=AliasPath("reception", "sop_class_uid"))
    sop_instance_uid: str = Field(validation_alias=AliasPath("reception", "sop_instance_uid"))
    transfer_syntax_uid: str = Field(validation_alias=AliasPath("reception", "transfer_syntax_uid"))
    entrance: str = Field(validation_alias=AliasPath("reception", "entrance"))
    received_at: datetime = Field(validation_alias=AliasPath("reception", "received_at"))
    sha256: str
    size: int
    conflict: bool


class SeriesDetailOut(Out):
    """A series with its instances, the decision on it, the earlier ones, and its test sets."""

    series: SeriesOut
    instances: list[InstanceOut]
    decision: DecisionOut | None
    history: list[DecisionOut]
    test_sets: list[str]
