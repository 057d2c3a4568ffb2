"""What happened to an alert, and silences."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from photopeak.api.wire.base import In, Moment, Out
from photopeak.api.wire.site import AlertOut
from photopeak.model.alerts import AlertEvent, AlertRecord, Silence


class AlertEventOut(Out):
    """One thing that happened to an alert; `by` is empty where nobody did it."""

    kind: str = Field(
        description="opened, repeated, worse, acknowledged, silenced, unsilenced, resolved or"
        " withdrawn"
    )
    at: datetime
    severity: str
    by: str
    reason: str
    message: str
    result: str | None = Field(validation_alias="result_id")


class SilenceOut(Out):
    """A time for which messages are kept back; null and empty match everything."""

    id: str
    device: str | None = Field(validation_alias="device_id")
    test: str | None
    rule: str
    reason: str
    created_by: str
    created_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    ended_by: str


class AlertDetailOut(AlertOut):
    """An alert with its history, the latest first, and the silences that hold for it."""

    history: list[AlertEventOut]
    silences: list[SilenceOut]
    endless: str = Field(
        description="why nothing but a person can end it; empty where something else can"
    )

    @classmethod
    def of_all(
        cls,
        value: AlertRecord,
        history: tuple[AlertEvent, ...],
        silences: tuple[Silence, ...],
        *,
        endless: str,
    ) -> AlertDetailOut:
        """Build from the values of the model."""
        return cls(
            **AlertOut.of_record(value).model_dump(),
            history=[AlertEventOut.of(event) for event in history],
            silences=[SilenceOut.of(silence) for silence in silences],
            endless=endless,
        )


class SilencePreviewIn(In):
    """Which alerts a silence would speak of; what is left out matches everything."""

    device: Annotated[str | None, Field(max_length=64)] = None
    test: Annotated[str | None, Field(max_length=64)] = None
    rule: Annotated[str, Field(max_length=32)] = ""
    ends_at: Annotated[Moment, Field(description="RFC 3339, with zone")]


class SilenceIn(SilencePreviewIn):
    """A silence, with the reason for it."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]


class UnsilenceIn(In):
    """Why a silence ends before its time."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]


class WithdrawIn(In):
    """Why an alert that nothing else ends is ended."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]
