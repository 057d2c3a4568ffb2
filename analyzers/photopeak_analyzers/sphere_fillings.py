"""What spheres and background of a phantom were filled with: readings, true concentrations, uncertainty."""

from __future__ import annotations

import math

from photopeak_analyzers.activity import activity_readings
from photopeak_analyzers.contract import Inputs, Reading, ReadingKind
from photopeak_analyzers.known_activity import (
    VOLUME,
    FilledParameters,
    Filling,
    filling_of,
    volume_reading,
)
from photopeak_analyzers.reference_moment import Moment

BACKGROUND = "background_activity"
BACKGROUND_RESIDUE = "background_residual_activity"
BACKGROUND_VOLUME = "background_volume"
"""Names of the readings of the background."""

FILLING_READINGS = (
    *activity_readings(),
    volume_reading(
        VOLUME, "Volume of the stock solution", "What the activity of the spheres was mixed in."
    ),
    Reading(
        name=BACKGROUND,
        label="Activity of the background before dispensing",
        unit="MBq",
        kind=ReadingKind.ACTIVITY,
        minimum=0.0,
        maximum=10_000.0,
        required=False,
        hint="Left out for spheres in cold water.",
    ),
    Reading(
        name=BACKGROUND_RESIDUE,
        label="Residual activity of the background",
        unit="MBq",
        kind=ReadingKind.ACTIVITY,
        minimum=0.0,
        maximum=10_000.0,
        required=False,
    ),
    volume_reading(
        BACKGROUND_VOLUME,
        "Volume of the background",
        "Water in the phantom without spheres and lung insert.",
        required=False,
    ),
)
"""Of a phantom with spheres; those of the background are left out for cold water."""


def background_filling(
    inputs: Inputs, nuclide: str, parameters: FilledParameters
) -> Filling | None:
    """Return what the background was filled with; None for cold water."""
    if BACKGROUND not in inputs.readings:
        return None
    return filling_of(
        inputs,
        nuclide,
        parameters,
        activity=BACKGROUND,
        residue=BACKGROUND_RESIDUE,
        volume=BACKGROUND_VOLUME,
    )


def true_concentration(filling: Filling, moment: Moment) -> tuple[float, float | None]:
    """Return the concentration in MBq/mL that values refer to, and its relative uncertainty if known."""
    return (
        filling.mbq_per_ml(moment.at, moment.duration_s),
        filling.relative(moment.at, moment.duration_s),
    )


def hypot_of_known(*parts: float | None) -> float | None:
    """Return the root of the sum of squares; None where a part is not known."""
    known = [part for part in parts if part is not None]
    return math.hypot(*known) if len(known) == len(parts) else None
