"""What a person has to supply for the recovery: fillings of spheres and background, calibration."""

from __future__ import annotations

from photopeak_analyzers.activity import activity_readings
from photopeak_analyzers.contract import Reading, ReadingKind
from photopeak_analyzers.known_activity import VOLUME, volume_reading
from photopeak_analyzers.spect.quantity import SCAN_TIME_READING

BACKGROUND = "background_activity"
BACKGROUND_RESIDUE = "background_residual_activity"
BACKGROUND_VOLUME = "background_volume"
FACTOR = "calibration_factor"
"""Names of the readings."""

READINGS = (
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
    Reading(
        name=FACTOR,
        label="Image calibration factor",
        unit="{counts}/s/MBq",
        minimum=1e-3,
        maximum=1e6,
        required=False,
        hint="For slices in counts: the result of spect_calibration_factor.",
    ),
    SCAN_TIME_READING,
)
"""Of a phantom with spheres; those of the background are left out for cold water."""
