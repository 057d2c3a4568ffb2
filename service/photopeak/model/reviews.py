"""Signatures of people under results, what they remark on them, and their reference images."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from photopeak.model.judgement import Status


class Meaning(StrEnum):
    """What a signature says.

    Reviewed: somebody has looked at the result and what it says holds. Approved: somebody answers
    for its use. Withdrawn: an earlier signature was a mistake and is taken back.
    """

    REVIEWED = "reviewed"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


WORST_FIRST: tuple[Status, ...] = (
    Status.FAIL,
    Status.ERROR,
    Status.INVALID,
    Status.WARN,
    Status.NO_LIMIT,
    Status.INFO,
    Status.PASS,
)
"""The order in which results wait for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One signature under one version of a result; it never changes.

    `by` is the name that somebody signs in with, `printed_name` the one for people to read, both as
    they were at that moment. `rule` is true where a rule of the site marked the result and nobody
    looked. `corrects` names an earlier signature that this one takes the place of, `reason` says why.
    """

    id: str
    result_id: str
    meaning: Meaning
    by: str
    printed_name: str
    comment: str
    at: datetime
    rule: bool = False
    corrects: str | None = None
    reason: str = ""


class RemarkKind(StrEnum):
    """What a remark is: a comment, or why somebody had the result made anew."""

    COMMENT = "comment"
    REANALYSIS = "reanalysis"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What somebody said about a result; it never changes."""

    id: str
    result_id: str
    by: str
    printed_name: str
    kind: RemarkKind
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceKey:
    """What a reference image is compared with: the same figure, measured alike."""

    device_id: str
    test: str
    variant: str
    figure: str
    configuration: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A version of a reference image: a figure of a result that a physicist chose."""

    id: str
    key: ReferenceKey
    version: int
    result_id: str
    detector: int | None
    by: str
    printed_name: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A result that waits for a review, in short."""

    result_id: str
    device_id: str | None
    test: str
    variant: str
    title: str
    title_zh: str
    status: Status
    version: int
    acquired_at: datetime | None
    finished_at: datetime


def in_force(reviews: Iterable[Review]) -> tuple[Review, ...]:
    """Return the signatures that stand: none that was corrected, none that only takes one back."""
    found = tuple(reviews)
    replaced = {review.corrects for review in found}
    return tuple(r for r in found if r.id not in replaced and r.meaning is not Meaning.WITHDRAWN)


def signed_by_people(reviews: Iterable[Review]) -> tuple[Review, ...]:
    """Return the signatures of people that stand."""
    return tuple(review for review in in_force(reviews) if not review.rule)
