"""A test set: the series of one device, test, variant and day, on their way to a result."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from photopeak.model.routing import ParameterValue

WAITS_FOR_MORE = "waiting for more series: "
"""How `TestSetRecord.waiting_for` begins when the images themselves tell that others are missing."""

_OF_HEAD = "head "
"""How the group of a test set that is of one head alone begins."""


def group_of_head(head: int) -> str:
    """Return the group of a test set that is of one head alone."""
    return f"{_OF_HEAD}{head}"


def head_of_group(group: str) -> int | None:
    """Return the head that the test sets of a group are of, or None."""
    number = group.removeprefix(_OF_HEAD)
    return int(number) if group.startswith(_OF_HEAD) and number.isdecimal() else None


class TestSetState(StrEnum):
    """Where a test set stands."""

    __test__ = False

    WAITING = "WAITING"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    REFUSED = "REFUSED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class TestSetKey:
    """What the series of a test set have in common.

    `group` separates what a rule keeps apart (a correction state, a position); `day` is the day of
    acquisition in the time zone of the device.
    """

    __test__ = False

    device_id: str
    test: str
    variant: str
    day: date
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestSetMember:
    """A series in a role, in the generation that the set knows of it.

    `assigned_by` names the person who put it there; empty when routing did.
    """

    __test__ = False

    role: str
    series_instance_uid: str
    generation: int
    parameters: Mapping[str, ParameterValue] = field(default_factory=lambda: MappingProxyType({}))
    acquired_at: datetime | None = None
    assigned_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestSetRecord:
    """A test set as stored.

    `ordinal` tells apart the sets of one key (a test that was repeated on a day); `attempt` counts
    the claims; `waiting_for` says for a person what is missing; `parameters` and `limits` are what
    the rules of its members ask for. `partial` is why a person wants it analysed with what it has,
    until it is complete: a set with such a wish takes more series in whatever state it is. So does
    one that was analysed and says in `waiting_for` what would complete it.

    Of a measurement that a person entered, `performed_at` is when it was made, `operator` who made
    it, and `detector` the head it is of; without, images tell.
    """

    __test__ = False

    id: str
    key: TestSetKey
    ordinal: int
    state: TestSetState
    waiting_for: str
    reason: str
    purpose: str
    members: tuple[TestSetMember, ...]
    parameters: Mapping[str, ParameterValue]
    limits: tuple[str, ...]
    attempt: int
    worker_id: str | None
    job_id: str | None
    created_at: datetime
    updated_at: datetime
    partial: str = ""
    performed_at: datetime | None = None
    operator: str = ""
    detector: int | None = None

    @property
    def open(self) -> bool:
        """True while a person may add to it: it waits, or was analysed without something it lacks."""
        return self.state is TestSetState.WAITING or bool(self.partial) or self.wants_more

    @property
    def joinable(self) -> bool:
        """True while series that come may join: it is open, or has no result yet.

        Series of one test come in a burst. What joins a set that is under way takes it from its
        worker, and it is analysed with all.
        """
        return self.open or self.state in (TestSetState.QUEUED, TestSetState.RUNNING)

    @property
    def wants_more(self) -> bool:
        """True when it has been looked at, and others of its series are still to come."""
        return self.waiting_for.startswith(WAITS_FOR_MORE)

    def in_role(self, role: str) -> tuple[TestSetMember, ...]:
        """Return the members of a role."""
        return tuple(member for member in self.members if member.role == role)
