"""A series and its one visible state."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType


class SeriesState(StrEnum):
    """Where a series stands; every series has exactly one of these, and a person can see it."""

    RECEIVING = "RECEIVING"
    COMPLETE = "COMPLETE"
    UNROUTED = "UNROUTED"
    NOT_QC = "NOT_QC"
    QUARANTINED = "QUARANTINED"
    WAITING = "WAITING"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    ANALYZED = "ANALYZED"
    REFUSED = "REFUSED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesRecord:
    """A series as stored. `display` holds allow-listed header text only, never a patient's.

    `reason` is one sentence for a person; `generation` grows each time late instances re-open it;
    `conflicts` counts instances that came again with other bytes, kept beside the first ones.
    """

    series_instance_uid: str
    study_instance_uid: str
    state: SeriesState
    reason: str
    device_id: str | None
    modality: str
    instances: int
    expected_instances: int | None
    generation: int
    first_received_at: datetime
    last_received_at: datetime
    acquired_at: datetime | None
    calling_ae_title: str
    display: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    conflicts: int = 0
