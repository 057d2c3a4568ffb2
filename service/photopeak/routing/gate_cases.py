"""What a header gate sees, and what it may say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from photopeak.model.content import ContentFinding
from photopeak.model.devices import Device
from photopeak.model.header import InstanceHeader
from photopeak.model.routing import Assignment

LEAST_CONTENT_CONFIDENCE = 0.8
"""What the pixels have to be sure of before they decide anything."""
ContentSource = Callable[[], ContentFinding | None]


@dataclass(frozen=True, slots=True)
class Case:
    """What a gate sees: headers, kind of object, the pixels on demand, and the known device."""

    headers: Sequence[InstanceHeader]
    modality: str
    content: ContentSource
    device: Device | None = None

    @property
    def header(self) -> InstanceHeader:
        """The header that stands for the series."""
        return self.headers[0]


@dataclass(frozen=True, slots=True)
class GateResult:
    """What a gate says of a candidate.

    `effect` is ``confirmed``, ``changed`` or ``rejected``. `assignments` replace the candidate
    when it changed; `final` rejections are not given to the pixels for a second opinion.
    """

    effect: str
    message: str
    assignments: tuple[Assignment, ...] = ()
    final: bool = False


Gate = Callable[[Assignment, Case], GateResult | None]


def confirm(message: str) -> GateResult:
    """Say that the header agrees."""
    return GateResult("confirmed", message)


def reject(message: str) -> GateResult:
    """Say that the header contradicts; the pixels may know better."""
    return GateResult("rejected", message)


def change(message: str, *assignments: Assignment) -> GateResult:
    """Say that the header proves something else."""
    return GateResult("changed", message, assignments)
