"""What an analyzer takes out of its inputs: the acquisitions of a role, the size of a pixel."""

from __future__ import annotations

from typing import TypeVar

from photopeak_analyzers.acquisition import Acquisition, FrameStack
from photopeak_analyzers.contract import Inputs, Role
from photopeak_analyzers.errors import UnsuitableAcquisitionError

SMALLEST_PIXEL_MM, LARGEST_PIXEL_MM = 0.05, 50.0
"""Spacings that are believed: a fortieth and ten times what gamma cameras have."""

A = TypeVar("A", bound=Acquisition)


def one(inputs: Inputs, role: Role, kind: type[A]) -> A:
    """Return the only acquisition of a role.

    Parameters
    ----------
    kind
        Class that holds every kind of acquisition which the role takes, such as ``FrameStack``.

    Raises
    ------
    UnsuitableAcquisitionError
        If there is none or another one, or it is of a kind that the role does not take.
    """
    given = inputs.all(role.name)
    if len(given) != 1:
        raise UnsuitableAcquisitionError(
            f"{len(given)} acquisitions are given as {role.name}, needs 1",
            quantity=f"acquisitions given as {role.name}",
            value=len(given),
            bound=1,
        )
    return _of_kind(given[0], role, kind)


def every(inputs: Inputs, role: Role, kind: type[A]) -> tuple[A, ...]:
    """Return the acquisitions of a role, as many as the role takes.

    For a partial analysis fewer will do, and none as well where another role has something: a test
    that cannot do without refuses by itself.

    Raises
    ------
    UnsuitableAcquisitionError
        If there are too few or too many, or one is of a kind that the role does not take.
    """
    given = inputs.all(role.name)
    minimum = role.minimum
    if inputs.partial:
        minimum = 0 if any(inputs.roles.values()) else min(minimum, 1)
    if len(given) < minimum or (role.maximum is not None and len(given) > role.maximum):
        bound = minimum if len(given) < minimum else role.maximum
        word = "at least" if len(given) < minimum else "at most"
        raise UnsuitableAcquisitionError(
            f"{len(given)} acquisitions are given as {role.name}, needs {word} {bound}",
            quantity=f"acquisitions given as {role.name}",
            value=len(given),
            bound=bound,
        )
    return tuple(_of_kind(each, role, kind) for each in given)


def pixel_spacing_mm(
    acquisition: FrameStack, stated_mm: float | None = None
) -> tuple[float, float]:
    """Return the (row, column) spacing of the pixels: as stated, else as in the header.

    Parameters
    ----------
    stated_mm
        The parameter ``pixel_spacing_mm`` of the analyzer
        (:func:`photopeak_analyzers.common_parameters.pixel_spacing`).

    Raises
    ------
    UnsuitableAcquisitionError
        If neither says it, or what the header says is no pixel.
    """
    if stated_mm is not None:
        return (stated_mm, stated_mm)
    spacing = acquisition.pixel_spacing_mm
    if spacing is None:
        raise UnsuitableAcquisitionError(
            "the header has no pixel spacing, and the parameter pixel_spacing_mm is not given",
            quantity="pixel spacing",
        )
    if not all(SMALLEST_PIXEL_MM <= each <= LARGEST_PIXEL_MM for each in spacing):
        raise UnsuitableAcquisitionError(
            f"pixel spacing is {spacing[0]:g} x {spacing[1]:g} mm,"
            f" needs {SMALLEST_PIXEL_MM:g} to {LARGEST_PIXEL_MM:g} mm",
            quantity="pixel spacing",
            value=spacing[0],
            bound=f"{SMALLEST_PIXEL_MM:g} to {LARGEST_PIXEL_MM:g} mm",
        )
    return spacing


def _of_kind(acquisition: Acquisition, role: Role, kind: type[A]) -> A:
    if not isinstance(acquisition, kind) or acquisition.kind not in role.kinds:
        kinds = " or ".join(sorted(str(each) for each in role.kinds))
        raise UnsuitableAcquisitionError(
            f"what is given as {role.name} is a {acquisition.kind} acquisition, needs {kinds}",
            quantity="kind of acquisition",
            value=str(acquisition.kind),
            bound=kinds,
        )
    return acquisition
