"""Test sets, what they wait for, and readings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from photopeak.api.wire.base import Finite, Identifier, In, Out
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


class ReadingIn(In):
    """A reading as supplied: a number, a word, or the rows of a table."""

    name: Identifier
    value: (
        Finite
        | Text
        | Annotated[
            list[Annotated[list[Finite | Text | None], Field(max_length=32)]],
            Field(max_length=20_000),
        ]
    )
    unit: Annotated[str, Field(max_length=32)] = ""
    uncertainty: Annotated[Finite, Field(ge=0.0)] | None = None
    at: Annotated[AwareDatetime, Field(strict=False)] | None = None


class ReadingsIn(In):
    """Readings for one test set."""

    test_set: Identifier
    readings: Annotated[list[ReadingIn], Field(min_length=1, max_length=100)]


class RunIn(In):
    """A wish to have a waiting test set analysed with what it has."""

    partial: Literal[True]
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class MemberIn(In):
    """A stored series for a role."""

    series_instance_uid: Annotated[str, Field(pattern=r"^[0-9.]{1,64}$")]
    role: Identifier
