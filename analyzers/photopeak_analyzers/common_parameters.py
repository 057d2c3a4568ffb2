"""Parameters that many analyzers declare alike, and checks between two parameters.

::

    @dataclass(frozen=True, slots=True, kw_only=True)
    class SlitParameters(Parameters):
        pixel_spacing_mm: float | None = pixel_spacing()
        minimum_counts: float = least_counts(1_000.0, doc="Counts in the peak of each strip.")
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from photopeak_analyzers.activity import CLOCK_S
from photopeak_analyzers.contract import Parameters, parameter
from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.source_conditions import photopeaks


class CorrectionState(StrEnum):
    """Whether the uniformity correction was on; HEADER leaves it to CorrectedImage."""

    HEADER = "header"
    ON = "on"
    OFF = "off"

    @property
    def stated(self) -> str | None:
        """``on`` or ``off`` when a person stated it, None when the header is asked."""
        return None if self is CorrectionState.HEADER else str(self)


def pixel_spacing() -> Any:
    """Declare ``pixel_spacing_mm: float | None``."""
    return parameter(
        None,
        doc="Spacing of the pixels of the image, when the header has none.",
        unit="mm",
        minimum=0.05,
        maximum=20.0,
    )


def clock_uncertainty() -> Any:
    """Declare ``clock_s: float``."""
    return parameter(
        CLOCK_S,
        doc="Standard uncertainty of the difference between the clocks of meter and camera.",
        unit="s",
        minimum=0.0,
        maximum=3600.0,
    )


def meter_uncertainty() -> Any:
    """Declare ``activity_meter_percent: float | None``."""
    return parameter(
        None,
        doc="Relative standard uncertainty (k = 1) of the activity meter by its certificate,"
        " beside what the readings tell.",
        unit="%",
        minimum=0.0,
        maximum=50.0,
    )


def geometry_uncertainty() -> Any:
    """Declare ``geometry_percent: float``."""
    return parameter(
        0.0,
        doc="Relative standard uncertainty (k = 1) for place and form of the source.",
        unit="%",
        minimum=0.0,
        maximum=50.0,
    )


def least_counts(default: float, *, doc: str, clause: str = "") -> Any:
    """Declare a number of counts that the clause asks for, or below which nothing is judged."""
    return parameter(default, doc=doc, unit="{counts}", clause=clause, minimum=0.0, maximum=1e10)


def largest_rate_cps(default: float, *, clause: str) -> Any:
    """Declare ``maximum_rate_cps: float``."""
    return parameter(
        default,
        doc="Count rate up to which the clause allows the acquisition.",
        unit="{counts}/s",
        clause=clause,
        minimum=1.0,
        maximum=1e7,
    )


def largest_pixel(default: float = 5.0) -> Any:
    """Declare ``largest_pixel_mm: float``."""
    return parameter(default, doc="Largest side of a pixel.", unit="mm", minimum=0.5, maximum=20.0)


def fewest_views() -> Any:
    """Declare ``minimum_views: int``."""
    return parameter(
        32,
        doc="Views of one head; fewer is a warning, fewer than half void.",
        minimum=8,
        maximum=512,
    )


def line_distance_tolerance(default: float, *, clause: str = "") -> Any:
    """Declare ``line_distance_tolerance_mm: float``."""
    return parameter(
        default,
        doc="By how much that distance may be wrong.",
        unit="mm",
        clause=clause,
        minimum=0.0,
        maximum=10.0,
    )


def noise_draws() -> Any:
    """Declare ``draws: int`` of a reconstruction."""
    return parameter(
        64, doc="How often the noise is drawn for the uncertainty.", minimum=16, maximum=1000
    )


def refuse_above(parameters: Parameters, name: str, other: str) -> None:
    """Refuse parameters of which `name` is larger than `other`; for ``__post_init__``."""
    value, bound = getattr(parameters, name), getattr(parameters, other)
    if value > bound:
        raise ParameterError(
            f"{name} is {value:g}, needs at most {other}, {bound:g}",
            quantity=name,
            value=value,
            bound=bound,
        )


def refuse_without_photopeak(nuclide: str | None) -> None:
    """Refuse a nuclide on which no window of a gamma camera is set; for ``__post_init__``."""
    if nuclide is not None:
        photopeaks((nuclide,))
