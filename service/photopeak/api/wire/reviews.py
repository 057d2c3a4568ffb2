"""Signatures under results, remarks on them, and what happened to them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from photopeak.api.wire.base import In, Out
from photopeak.reviews.history import Moment
from photopeak.reviews.signing import LONGEST_TEXT


class ReviewOut(Out):
    """A signature; `in_force` is false when it was corrected or withdrawn.

    `printed_name` is the name of the person at that moment; `by_rule` tells that a rule of the site
    marked the result and nobody looked.
    """

    id: str
    result: str = Field(validation_alias="result_id")
    meaning: str
    by: str
    printed_name: str
    comment: str
    at: datetime
    by_rule: bool = Field(validation_alias="rule")
    corrects: str | None
    reason: str
    in_force: bool = False


class WaitingOut(Out):
    """A result that nobody has signed."""

    result: str = Field(validation_alias="result_id")
    device: str | None = Field(validation_alias="device_id")
    test: str
    variant: str
    title: str
    status: str
    version: int
    acquired_at: datetime | None
    finished_at: datetime


class CommentIn(In):
    """What somebody says about a result."""

    text: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]


class CommentOut(Out):
    """What somebody said about a version of a result; `kind` is ``comment`` or ``reanalysis``."""

    id: str
    result: str = Field(validation_alias="result_id")
    by: str
    printed_name: str
    kind: str
    text: str
    at: datetime


class MomentOut(Out):
    """One thing that happened to a version of a result."""

    at: datetime
    what: str
    result: str
    version: int
    by: str
    text: str
    meaning: str | None
    alert: str | None

    @classmethod
    def of_moment(cls, value: Moment) -> MomentOut:
        """Build from the value of the model."""
        return cls(
            at=value.at,
            what=value.what,
            result=value.result_id,
            version=value.version,
            by=value.by,
            text=value.text,
            meaning=None if value.review is None else value.review.meaning,
            alert=value.alert_id,
        )
