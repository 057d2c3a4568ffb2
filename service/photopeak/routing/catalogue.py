"""Names of the tests that a rule may route to, whether or not an analyzer is installed.

A rule for a test without an analyzer is no mistake: the series is recognised, and the service
says that nothing analyses it yet. A name that is neither here nor installed is a misspelling.
"""

from difflib import get_close_matches

GAMMA_CAMERA = frozenset(
    {
        "background_rate",
        "bar_phantom_linearity",
        "bar_phantom_resolution",
        "count_rate_performance",
        "crystal_hydration",
        "dead_time",
        "detector_shield_leakage",
        "energy_peak_check",
        "energy_window_check",
        "head_sensitivity_matching",
        "intrinsic_energy_resolution",
        "intrinsic_max_count_rate",
        "intrinsic_spatial_linearity",
        "intrinsic_spatial_resolution",
        "intrinsic_spatial_resolution_high_rate",
        "intrinsic_uniformity",
        "intrinsic_uniformity_high_rate",
        "modulation_transfer_function",
        "multiple_window_spatial_registration",
        "pixel_size",
        "point_source_sensitivity_variation",
        "septal_penetration",
        "system_planar_sensitivity",
        "system_spatial_resolution",
        "system_uniformity",
        "whole_body_resolution",
        "whole_body_scan_uniformity",
    }
)
"""Planar and detector tests of a gamma camera."""

SPECT = frozenset(
    {
        "attenuation_scatter_check",
        "center_of_rotation",
        "multi_head_registration",
        "rotational_stability",
        "spect_calibration_factor",
        "spect_ct_registration",
        "spect_image_quality",
        "spect_recovery_coefficients",
        "spect_spatial_resolution",
        "spect_uniformity",
        "spect_volume_sensitivity",
    }
)
"""Tests of a rotating gamma camera."""

PET_CT = frozenset(
    {
        "ct_water_phantom",
        "pet_count_rate_noise",
        "pet_cross_calibration",
        "pet_ct_registration",
        "pet_daily_qc",
        "pet_image_quality",
        "pet_recovery_coefficients",
        "pet_rod_phantom_resolution",
        "pet_sensitivity",
        "pet_spatial_resolution",
        "pet_timing_energy_resolution",
        "pet_uniformity",
        "suv_accuracy",
    }
)
"""Tests of PET and of the CT beside it."""

GENERAL = frozenset(
    {"clock_check", "data_integrity_check", "imaging_detection_limit", "nuclear_data_check"}
)
"""Checks of any object."""

WHOLE_BODY_COUNTER = frozenset(
    {
        "wbc_activity",
        "wbc_background",
        "wbc_detection_limit",
        "wbc_efficiency_calibration",
        "wbc_energy_calibration",
        "wbc_energy_check",
        "wbc_peak_area",
        "wbc_thyroid",
    }
)
"""Tests of a whole-body counter that take spectra."""

GAMMA_COUNTER = frozenset({"gamma_counter_energy_resolution"})
"""Tests of a gamma counter that take spectra; the others are of readings alone."""

TESTS = GAMMA_CAMERA | SPECT | PET_CT | GENERAL | WHOLE_BODY_COUNTER | GAMMA_COUNTER
"""Every test that images, reports and spectra can be routed to."""

BOTH_FAMILIES = frozenset(
    {
        "intrinsic_energy_resolution",
        "intrinsic_spatial_linearity",
        "intrinsic_spatial_resolution",
        "intrinsic_uniformity",
        "multiple_window_spatial_registration",
    }
)
"""Tests that IEC 60789 and NEMA NU 1 both define: the family of the device decides the variant."""


def closest(name: str, known: frozenset[str]) -> str | None:
    """Return the known name that `name` was probably meant to be, or None."""
    matches = get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return matches[0] if matches else None
