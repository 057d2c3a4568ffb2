"""Which test belongs to what an image shows."""

from photopeak.model.content import ContentFinding, ContentKind
from photopeak.model.header import InstanceHeader
from photopeak.model.routing import Assignment
from photopeak.routing import facts

_NM = {
    ContentKind.BARS: "bar_phantom_resolution",
    ContentKind.SLITS: "intrinsic_spatial_resolution",
    ContentKind.LINE_SOURCE: "system_spatial_resolution",
    ContentKind.DISH: "system_planar_sensitivity",
    ContentKind.BACKGROUND: "background_rate",
    ContentKind.RATE_SWEEP: "intrinsic_max_count_rate",
    ContentKind.DECAY_SERIES: "count_rate_performance",
    ContentKind.POINT_SINOGRAM: "center_of_rotation",
    ContentKind.CYLINDER: "spect_uniformity",
    ContentKind.HOT_SPHERES: "spect_recovery_coefficients",
    ContentKind.RODS: "spect_image_quality",
}
_ROLES = {ContentKind.DISH: "dish", ContentKind.DECAY_SERIES: "decay"}
"""Inputs of tests that have several."""
_PT = {
    ContentKind.CYLINDER: "pet_uniformity",
    ContentKind.HOT_SPHERES: "pet_image_quality",
    ContentKind.RODS: "pet_rod_phantom_resolution",
}
_DOC = {
    ContentKind.DAILY_REPORT: ("pet_daily_qc", "report"),
    ContentKind.SINOGRAM: ("pet_daily_qc", "sinogram"),
}
"""Test and its input for a document."""
_CT = {ContentKind.CYLINDER: "ct_water_phantom"}


def tests_of_content(
    finding: ContentFinding, header: InstanceHeader, modality: str
) -> tuple[Assignment, ...]:
    """Return what an image that shows this is; empty when no test follows from it."""
    if modality == "DOC":
        part = _DOC.get(finding.kind)
        return (Assignment(test=part[0], variant="", role=part[1]),) if part else ()
    if modality != "NM":
        test = {"PT": _PT, "CT": _CT}.get(modality, {}).get(finding.kind)
        return (Assignment(test=test, variant="", role=""),) if test else ()
    if finding.kind is ContentKind.FLOOD:
        with_collimator = facts.collimated(header) or facts.nuclide(header) == "Co-57"
        test = "system_uniformity" if with_collimator else "intrinsic_uniformity"
        return (Assignment(test=test, variant="", role=""),)
    if finding.kind is ContentKind.POINTS:
        windows = facts.number(header, "NumberOfEnergyWindows") or 1.0
        several = facts.nuclide(header) == "Ga-67" and windows >= 2
        test = "multiple_window_spatial_registration" if several else "pixel_size"
        if not several and finding.sources != 2:
            test = "point_source_sensitivity_variation"
        return (Assignment(test=test, variant="", role=""),)
    test = _NM.get(finding.kind)
    role = _ROLES.get(finding.kind, "")
    if finding.kind is ContentKind.CYLINDER:
        role = "reconstruction" if "RECON" in facts.structure(header) else "projections"
    return (Assignment(test=test, variant="", role=role),) if test else ()
