"""Taught routes: what a person said once about the series of one device."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from photopeak.model.routing import ParameterValue

TAUGHT_PRIORITY = 1000
"""Priority of a taught route: above every rule of a file."""


class LessonState(StrEnum):
    """Where a version of a taught route stands."""

    DRAFT = "draft"
    ACTIVE = "active"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaughtNumber:
    """A number in a text that may be another one.

    Attributes
    ----------
    keyword
        The text that it stands in.
    place
        Which number of the text, from 0.
    name
        The parameter of the test that it gives, such as ``distance_mm``; empty for one that says
        nothing, such as a date.
    """

    keyword: str
    place: int
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaughtRoute:
    """An exact route: these words on this device mean this role of this test.

    Attributes
    ----------
    device_id
        The device it was taught on; None matches series whose device is not known, and only
        those.
    conditions
        Normalised text by DICOM keyword (``SeriesDescription``, ``ImageID``, ...); all of them
        have to be equal. An empty text matches an element that is absent or empty. At least one
        condition has a text.
    numbers
        Numbers in these texts that may be others; everything around them has to be equal.
    test, variant, role, parameters, limits
        The assignment, as in :class:`~photopeak.model.routing.Assignment`; `test` is empty when
        `ignore` is set.
    ignore
        True: series of this kind are not quality control.
    version
        Grows with every change; a change is a new row, and at most one version is active.
    example
        The series that it was taught from.
    """

    id: str
    device_id: str | None
    conditions: Mapping[str, str]
    numbers: tuple[TaughtNumber, ...] = ()
    test: str = ""
    variant: str = ""
    role: str = ""
    parameters: Mapping[str, ParameterValue] = field(default_factory=lambda: MappingProxyType({}))
    limits: tuple[str, ...] = ()
    ignore: bool = False
    active: bool = True
    version: int = 1
    example: str = ""
    taught_at: datetime | None = None
    taught_by: str = ""
    reason: str = ""
    activated_at: datetime | None = None
    activated_by: str = ""
    activation_reason: str = ""
    withdrawn_at: datetime | None = None
    withdrawn_by: str = ""
    withdrawal_reason: str = ""

    def __post_init__(self) -> None:
        if not any(self.conditions.values()):
            raise ValueError(f"taught route {self.id} has no condition with a text")
        if self.ignore == bool(self.test):
            raise ValueError(f"taught route {self.id} needs either a test or ignore")

    @property
    def name(self) -> str:
        """Return what decisions call it."""
        return f"taught:{self.id}"

    @property
    def state(self) -> LessonState:
        """Return where this version stands."""
        if self.active:
            return LessonState.ACTIVE
        if self.withdrawn_at is not None:
            return LessonState.WITHDRAWN
        return LessonState.DRAFT if self.activated_at is None else LessonState.SUPERSEDED
