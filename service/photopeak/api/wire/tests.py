"""Test sets, what they wait for, and readings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from photopeak.api.wire.base import Finite, Identifier, In, Moment, Out
from photopeak.api.wire.results import ReadingOut, ResultSummaryOut
from photopeak.model.test_sets import TestSetRecord

Text = Annotated[str, Field(max_length=200)]
"""A word, a text or a moment."""


class MemberOut(Out):
    """A series in a role."""

    role: str
    series_instance_uid: str
    generation: int
    assigned_by: str


class MissingOut(Out):
    """What a test set still needs: a ``role`` or a ``reading``, with how to supply it."""

    kind: str
    name: str
    label: str
    unit: str
    hint: str


class TestSetOut(Out):
    """A test set: what it has, and what it waits for.

    ``partial`` is the reason for which it is analysed with what it has, until it is complete.
    """

    __test__ = False

    id: str
    test: str
    variant: str
    device: str
    day: str
    group: str
    state: str
    waiting_for: str
    missing: list[MissingOut]
    reason: str
    partial: str
    purpose: str
    members: list[MemberOut]
    performed_at: datetime | None
    operator: str
    detector: int | None
    attempt: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of_set(cls, value: TestSetRecord, missing: Sequence[MissingOut]) -> TestSetOut:
        """Build from the value of the model."""
        return cls(
            id=value.id,
            test=value.key.test,
            variant=value.key.variant,
            device=value.key.device_id,
            day=value.key.day.isoformat(),
            group=value.key.group,
            state=value.state,
            waiting_for=value.waiting_for,
            missing=list(missing),
            reason=value.reason,
            partial=value.partial,
            purpose=value.purpose,
            members=[MemberOut.of(m) for m in value.members],
            performed_at=value.performed_at,
            operator=value.operator,
            detector=value.detector,
            attempt=value.attempt,
            created_at=value.created_at,
            updated_at=value.updated_at,
        )


class TestSetDetailOut(Out):
    """A test set with its readings and its results."""

    __test__ = False

    test_set: TestSetOut
    readings: list[ReadingOut]
    results: list[ResultSummaryOut]


Cell = Finite | Text | None
Row = (
    Annotated[list[Cell], Field(max_length=32)]
    | Annotated[dict[Identifier, Cell], Field(max_length=32)]
)
"""A row of a table: its cells in the order of the columns, or by their names."""

Given = Finite | Text | Annotated[list[Row], Field(max_length=20_000)]
"""What a reading holds: a number, a word, a text, a moment (RFC 3339), or the rows of a table."""


class GivenIn(In):
    """A reading with what belongs to it."""

    value: Given
    unit: Annotated[str, Field(max_length=32)] = ""
    uncertainty: Annotated[Finite, Field(ge=0.0)] | None = None
    at: Moment | None = None


class ReadingIn(GivenIn):
    """A reading as supplied, with its name."""

    name: Identifier


class _Readings(In):
    """Readings, as a list with names, or by name."""

    readings: Annotated[list[ReadingIn], Field(default_factory=list, max_length=100)]
    inputs: Annotated[
        dict[Identifier, Given | GivenIn], Field(default_factory=dict, max_length=100)
    ]


class ReadingsIn(_Readings):
    """Readings for a test set that is there; ``reason`` when something is corrected.

    With ``performed_at`` the time of a measurement that a person entered is corrected.
    """

    test_set: Identifier
    reason: Text = ""
    performed_at: Moment | None = None
    operator: Text | None = None


class AttachmentIn(In):
    """A stored series that belongs to a measurement."""

    series_instance_uid: Annotated[str, Field(pattern=r"^[0-9.]{1,64}$")]
    role: Annotated[str, Field(max_length=64)] = ""


class EntryIn(_Readings):
    """A measurement that opens a test set, or completes one that waits for it."""

    test_id: Identifier
    device_id: Identifier
    variant: Annotated[str, Field(max_length=32)] = ""
    detector: Annotated[int, Field(ge=1, le=16)] | None = None
    performed_at: Moment
    operator: Text = ""
    attachments: Annotated[list[AttachmentIn], Field(default_factory=list, max_length=100)]


def _which(body: object) -> str:
    return "<test_set>" if isinstance(body, dict) and "test_set" in body else "<test_id>"


SuppliedIn = Annotated[
    Annotated[ReadingsIn, Tag("<test_set>")] | Annotated[EntryIn, Tag("<test_id>")],
    Discriminator(_which),
]
"""Readings for the test set that ``test_set`` names, or a measurement of ``test_id``."""


class RunIn(In):
    """A wish to have a waiting test set analysed with what it has."""

    partial: Literal[True]
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class MemberIn(In):
    """A stored series for a role."""

    series_instance_uid: Annotated[str, Field(pattern=r"^[0-9.]{1,64}$")]
    role: Identifier


class AssignIn(In):
    """What one stored series is."""

    test: Identifier
    variant: Identifier
    role: Identifier
    reason: Annotated[str, Field(min_length=1, max_length=200)]
