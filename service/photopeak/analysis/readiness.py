"""What a test set still waits for, in words a person can act on. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from photopeak.analysis.catalogue import why_not
from photopeak.model.catalogue import ReadingDescription, RoleDescription, TestDescription
from photopeak.model.routing import Assignment
from photopeak.model.test_sets import WAITS_FOR_MORE
from photopeak.reports.text import unit_text

_NO_FAULTS: Mapping[str, str] = MappingProxyType({})


def obstacle(
    test: TestDescription | None, assignment: Assignment, faults: Mapping[str, str] = _NO_FAULTS
) -> str:
    """Say why a series cannot take its part in a test; empty when it can.

    `faults` tell by test why its analyzer cannot be used.
    """
    if test is None:
        return why_not(assignment.test, faults)
    if not test.roles:
        return f"{assignment.test} takes readings alone, no images"
    if not assignment.role and len(test.roles) > 1:
        # A guess would measure one direction and call it the other.
        roles = ", ".join(role.name for role in test.roles)
        return f"{assignment.test} needs to be told which of {roles} this is"
    if assignment.role and test.role(assignment.role) is None:
        return f"{assignment.test} has no role {assignment.role}"
    return ""


def waiting_for(
    test: TestDescription, members: Mapping[str, int], readings: Collection[str]
) -> str:
    """Return what is missing, as one sentence; empty when the set can run.

    Parameters
    ----------
    test
        The test that the set belongs to.
    members
        Number of series by role.
    readings
        Names of the readings that are there.
    """
    return sentence(missing(test, members, readings))


def sentence(lacking: Sequence[str]) -> str:
    """Return in one sentence what is lacking; empty when nothing is."""
    return f"waiting for {', '.join(lacking)}" if lacking else ""


def more(lacking: Sequence[str]) -> str:
    """Return in one sentence what the images themselves tell to be lacking; empty for nothing."""
    return WAITS_FOR_MORE + "; ".join(lacking) if lacking else ""


def missing(
    test: TestDescription, members: Mapping[str, int], readings: Collection[str]
) -> tuple[str, ...]:
    """Return what a set lacks, each thing in a few words; the arguments of :func:`waiting_for`."""
    roles = (
        f"{_counted(role, members.get(role.name, 0))}"
        for role in test.roles
        if members.get(role.name, 0) < role.minimum
    )
    numbers = (
        _named(reading)
        for reading in test.readings
        if reading.required and reading.name not in readings
    )
    return (*roles, *numbers)


def has_room(test: TestDescription, role: str, members: Mapping[str, int]) -> bool:
    """Tell whether another series fits into a role of a set."""
    description = test.role(role)
    if description is None:
        return False
    return description.maximum is None or members.get(role, 0) < description.maximum


def frame_of_reference(display: Mapping[str, str]) -> str:
    """Return the frame of reference that a header names; empty when it names none."""
    return display.get("FrameOfReferenceUID", "")


def _counted(role: RoleDescription, present: int) -> str:
    name = role.label or role.name
    if role.minimum == 1:
        return name
    return f"{name} ({present} of {role.minimum})"


def _named(reading: ReadingDescription) -> str:
    unit = unit_text(reading.unit)
    name = reading.label or reading.name
    return f"{name} ({unit})" if unit else name
