"""What a person has to supply for the recovery: fillings of spheres and background, calibration."""

from __future__ import annotations

from photopeak_analyzers.contract import Reading
from photopeak_analyzers.spect.quantity import SCAN_TIME_READING
from photopeak_analyzers.sphere_fillings import FILLING_READINGS

FACTOR = "calibration_factor"
"""Name of the reading."""

READINGS = (
    *FILLING_READINGS,
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
