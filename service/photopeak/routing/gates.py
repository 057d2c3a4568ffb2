"""Header gates: what the header has to say to what the names say.

A gate is one small function. It leaves a candidate alone, confirms it, changes it to the test
that the header proves, or rejects it. What the header contradicts is never analysed as named.
"""

from __future__ import annotations

from photopeak.model.routing import Assignment
from photopeak.routing import facts
from photopeak.routing.count_gates import (
    asymmetric_window,
    count_rate,
    no_source,
    places_of_a_point,
    sensitivity_variant,
    several_windows,
)
from photopeak.routing.gate_cases import Case, Gate, GateResult, reject
from photopeak.routing.structure_gates import (
    collimator,
    image_structure,
    line_source,
    pixelated,
    rotation,
    slit_mask,
    uniformity_pixel,
)

SEQUENCES = frozenset({"pet_count_rate_noise", "pet_sensitivity", "pet_timing_energy_resolution"})
"""Tests of PET that a dynamic series may belong to."""
UNITS = {
    "pet_cross_calibration": ("BQML", "CNTS", "CPS", "PROPCNTS", "PROPCPS"),
    "pet_recovery_coefficients": ("BQML",),
    "suv_accuracy": ("BQML", "GML", "CNTS"),
}
"""Units that quantities are measured in; Philips writes CNTS and keeps the factors beside it."""
ENHANCED_PET = frozenset({"1.2.840.10008.5.1.4.1.1.130", "1.2.840.10008.5.1.4.1.1.128.1"})
"""Objects whose frames tell the unit, which reading finds and no header shows."""


def pet_image(candidate: Assignment, case: Case) -> GateResult | None:
    """Refuse projections of a PET volume, series of many volumes, and quantities without units."""
    if case.modality != "PT":
        return None
    kinds = facts.words(case.header, "SeriesType") + facts.words(case.header, "ImageType")
    if any("REPROJECTION" in word or word == "MIP" for word in kinds):
        return GateResult("rejected", "a reprojection, not a measured volume", final=True)
    series = next(iter(facts.words(case.header, "SeriesType")), "")
    if series in {"DYNAMIC", "GATED"} and candidate.test not in SEQUENCES:
        return reject(f"SeriesType is {series}: {candidate.test} needs one static volume")
    units = next(iter(facts.words(case.header, "Units")), "")
    needed = UNITS.get(candidate.test)
    in_frames = not units and case.header.sop_class_uid in ENHANCED_PET
    if needed is not None and units not in needed and not in_frames:
        told = " or ".join(needed)
        return reject(f"{candidate.test} needs the units {told}, these are {units or 'absent'}")
    return None


def ct_image(candidate: Assignment, case: Case) -> GateResult | None:
    """Refuse a localizer, which is no CT image."""
    if case.modality == "CT" and "LOCALIZER" in facts.words(case.header, "ImageType"):
        return GateResult("rejected", f"a localizer, not the input of {candidate.test}", final=True)
    return None


GATES: tuple[Gate, ...] = (
    image_structure,
    collimator,
    uniformity_pixel,
    rotation,
    pixelated,
    slit_mask,
    line_source,
    several_windows,
    count_rate,
    sensitivity_variant,
    asymmetric_window,
    places_of_a_point,
    no_source,
    pet_image,
    ct_image,
)
"""Every gate, in the order in which they are asked; a changed candidate goes on to the next."""
