"""What all values on the wire have in common."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Generic, Self, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from photopeak.model.moments import plausible

T = TypeVar("T")

Scope = dict[str, str | int | float]
"""Which part a number belongs to."""

Scalar = str | int | float | bool | None
"""A value without structure."""

Finite = Annotated[float, Field(allow_inf_nan=False)]
"""A number that is a number."""

Identifier = Annotated[str, Field(min_length=1, max_length=64)]
"""An id of ours, or a UID."""


def _meant(moment: datetime) -> datetime:
    if not plausible(moment):
        raise ValueError("is no moment that can be meant")
    return moment


Moment = Annotated[AwareDatetime, Field(strict=False), AfterValidator(_meant)]
"""A moment that comes in: RFC 3339, with its zone."""


class Out(BaseModel):
    """Base of what goes out; built from values of the model by the names of their attributes."""

    model_config = ConfigDict(frozen=True, from_attributes=True, populate_by_name=True)

    @classmethod
    def of(cls, value: object) -> Self:
        """Build from a value of the model."""
        return cls.model_validate(value)


class In(BaseModel):
    """Base of what comes in: strict, nothing beyond what is declared, finite numbers only."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class PageOut(Out, Generic[T]):
    """Some items of a list; `next` is the cursor of those that follow."""

    items: list[T]
    next: str | None = None
