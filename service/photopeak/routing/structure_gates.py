"""Gates on how an image was made: its kind, the collimator, pixels, rotation, masks and lines."""

from __future__ import annotations

from dataclasses import replace

from photopeak.model.content import ContentKind
from photopeak.model.routing import Assignment
from photopeak.routing import facts
from photopeak.routing.gate_cases import (
    LEAST_CONTENT_CONFIDENCE,
    Case,
    GateResult,
    change,
    confirm,
    reject,
)

LARGEST_UNIFORMITY_PIXEL_MM = 8.32
"""6.4 mm + 30 % (NEMA NU 1-2007 2.4, GB/T 18989-2013 E.4.3)."""
FINE_PIXEL_MM = 0.2 * facts.EXPECTED_FWHM_MM
"""Pixel across the slits at most 0.2 FWHM (NEMA NU 1-2007 2.1, GB/T 18989-2013 E.1.2)."""
SLIT_MATRIX = 512
COR_VIEWS = 16
UNIFORMITY = frozenset(
    {"intrinsic_uniformity", "intrinsic_uniformity_high_rate", "system_uniformity"}
)
ROTATION = frozenset({"center_of_rotation", "multi_head_registration"})
SLITS = frozenset({"intrinsic_spatial_resolution", "intrinsic_spatial_linearity"})
HIGH_RATE_SLITS = "intrinsic_spatial_resolution_high_rate"
LINE_SOURCES = frozenset({"system_spatial_resolution", "whole_body_resolution"})
HIGH_RATE = frozenset({"intrinsic_uniformity_high_rate", HIGH_RATE_SLITS})
OF_PROJECTIONS = frozenset(
    {"spect_calibration_factor", "spect_uniformity", "spect_volume_sensitivity"}
)
"""Tests of a phantom that take its projections as well as its reconstruction."""
PLANAR = (
    UNIFORMITY
    | SLITS
    | {
        HIGH_RATE_SLITS,
        "background_rate",
        "bar_phantom_linearity",
        "bar_phantom_resolution",
        "count_rate_performance",
        "crystal_hydration",
        "dead_time",
        "detector_shield_leakage",
        "imaging_detection_limit",
        "intrinsic_max_count_rate",
        "multiple_window_spatial_registration",
        "pixel_size",
        "point_source_sensitivity_variation",
        "septal_penetration",
        "system_planar_sensitivity",
        "system_spatial_resolution",
    }
)
RECONSTRUCTED = frozenset(
    {
        "attenuation_scatter_check",
        "spect_ct_registration",
        "spect_image_quality",
        "spect_recovery_coefficients",
        "spect_spatial_resolution",
    }
)
OF_ANY_STRUCTURE = frozenset({"data_integrity_check", "energy_peak_check", "energy_window_check"})
"""Tests that do not care how an image was acquired."""


def image_structure(candidate: Assignment, case: Case) -> GateResult | None:
    """ImageType says static, whole body, rotating or reconstructed, whatever the name says."""
    if case.modality != "NM":
        return None
    structure = facts.structure(case.header)
    test = candidate.test
    if not structure:
        return confirm("ImageType does not tell how the image was acquired")
    if "GATED" in structure and test not in OF_ANY_STRUCTURE:
        return reject(f"the image is {structure}: {test} uses no gated images")
    if test in PLANAR:
        if structure in {"STATIC", "DYNAMIC"}:
            return None
        return _not_planar(candidate, structure)
    if test in RECONSTRUCTED and "RECON" not in structure:
        return reject(f"{test} needs a reconstruction, the image is {structure}")
    if test == "rotational_stability" and structure != "TOMO":
        return reject(f"{test} needs the projections of a rotation, the image is {structure}")
    if test in OF_PROJECTIONS and structure == "TOMO":
        return change(
            "the image is TOMO: projections, not the reconstruction",
            replace(candidate, role=candidate.role or "projections"),
        )
    if test in OF_PROJECTIONS and "TOMO" not in structure:
        return reject(f"{test} needs a tomographic image, this is {structure}")
    if test in OF_PROJECTIONS and not candidate.role:
        return change(
            "the image is RECON TOMO: the reconstruction, not its projections",
            replace(candidate, role="reconstruction"),
        )
    if test.startswith("whole_body") and structure != "WHOLE BODY":
        if test == "whole_body_resolution" and structure in {"STATIC", "DYNAMIC"}:
            return change(
                f"the image is {structure}, no whole-body scan",
                replace(candidate, test="system_spatial_resolution"),
            )
        return reject(f"{test} needs a whole-body scan, the image is {structure}")
    return None


def _not_planar(candidate: Assignment, structure: str) -> GateResult:
    test = candidate.test
    moved = ""
    if structure == "RECON TOMO":
        if test in {"system_spatial_resolution", "intrinsic_spatial_resolution"}:
            moved = "spect_spatial_resolution"
        elif test in UNIFORMITY:
            moved = "spect_uniformity"
    elif structure == "TOMO" and test in UNIFORMITY:
        return change(
            "the image is TOMO: projections of the uniformity phantom",
            replace(candidate, test="spect_uniformity", role="projections"),
        )
    elif structure == "WHOLE BODY":
        if test in {"system_spatial_resolution", "intrinsic_spatial_resolution"}:
            moved = "whole_body_resolution"
        elif test in UNIFORMITY:
            moved = "whole_body_scan_uniformity"
    if not moved:
        return reject(f"{test} needs a static image, this is {structure}")
    role = "reconstruction" if moved in OF_PROJECTIONS else candidate.role
    return change(f"the image is {structure}", replace(candidate, test=moved, role=role))


def collimator(candidate: Assignment, case: Case) -> GateResult | None:
    """Intrinsic means without collimator, system with one; the header knows which it was."""
    test = candidate.test
    mounted = facts.collimated(case.header)
    if test in HIGH_RATE and mounted:
        return reject(f"{test} is measured without collimator, but one is mounted")
    if test not in {"intrinsic_uniformity", "system_uniformity", "intrinsic_spatial_resolution"}:
        return None
    nuclide = facts.nuclide(case.header)
    if mounted is None:
        if nuclide == "Co-57" and test == "intrinsic_uniformity":
            return change(
                "the header names no collimator, but Co-57 speaks for a sheet source on one",
                replace(candidate, test="system_uniformity"),
            )
        return confirm("the header names no collimator: the name stands unchecked")
    intrinsic = test.startswith("intrinsic")
    if mounted != intrinsic:
        return confirm("with a collimator" if mounted else "without a collimator")
    told = "a collimator is mounted" if mounted else "no collimator is mounted"
    if test == "intrinsic_spatial_resolution":
        moved = "system_spatial_resolution"
    else:
        moved = "system_uniformity" if mounted else "intrinsic_uniformity"
    return change(
        f"conflict: the name says {test}, but {told}; the header decides",
        replace(candidate, test=moved),
    )


def uniformity_pixel(candidate: Assignment, case: Case) -> GateResult | None:
    """Pixels can be summed to 6.4 mm, never divided."""
    if candidate.test not in UNIFORMITY:
        return None
    pixel = facts.pixel_mm(case.header)
    if pixel is None or pixel <= LARGEST_UNIFORMITY_PIXEL_MM:
        return None
    return GateResult(
        "rejected",
        f"PC_PIXEL: the pixel is {pixel:.2f} mm, uniformity needs"
        f" at most {LARGEST_UNIFORMITY_PIXEL_MM:.2f} mm",
        final=True,
    )


def rotation(candidate: Assignment, case: Case) -> GateResult | None:
    """Centre of rotation needs a rotation; one source is COR, three register the heads as well."""
    if candidate.test not in ROTATION:
        return None
    structure = facts.structure(case.header)
    if structure and structure != "TOMO":
        return reject(f"the image is {structure}, not the projections of a rotation")
    views = facts.number(case.header, "NumberOfFramesInRotation")
    frames = facts.number(case.header, "NumberOfFrames")
    if views is None:
        heads = facts.number(case.header, "NumberOfDetectors") or 1.0
        views = frames / max(heads, 1.0) if frames else None
    if views is not None and views < COR_VIEWS:
        return reject(f"{views:.0f} views in the rotation, at least {COR_VIEWS} are needed")
    finding = case.content()
    if finding is None or finding.confidence < LEAST_CONTENT_CONFIDENCE or not finding.sources:
        return confirm("a rotation with enough views; the sources were not counted")
    if finding.kind is not ContentKind.POINT_SINOGRAM:
        return reject(f"the pixels show no point source going round: {finding.message}")
    if finding.sources >= 3:
        if candidate.test == "multi_head_registration":
            return confirm(f"{finding.sources} sources in a rotation")
        return change(
            f"{finding.sources} sources: registration of the heads, with a centre for each source",
            replace(candidate, test="multi_head_registration"),
        )
    if candidate.test == "multi_head_registration":
        return change(
            f"{finding.sources} source, registration needs three: centre of rotation",
            replace(candidate, test="center_of_rotation"),
        )
    return confirm(f"{finding.sources} source in a rotation")


def pixelated(candidate: Assignment, case: Case) -> GateResult | None:
    """Refuse slit masks on a detector of single crystals: its pixels are its resolution."""
    if candidate.test not in SLITS and candidate.test != HIGH_RATE_SLITS:
        return None
    configured = case.device is not None and case.device.pixelated
    if not configured and not facts.pixelated(case.header):
        return None
    return change(
        "the detector is pixelated: system resolution stands for the intrinsic one",
        replace(candidate, test="system_spatial_resolution"),
    )


def slit_mask(candidate: Assignment, case: Case) -> GateResult | None:
    """Slit images are fine-grained, serve two tests, and tell their direction by their pixels."""
    if candidate.test not in SLITS and candidate.test != HIGH_RATE_SLITS:
        return None
    matrix = max(facts.number(case.header, k) or 0.0 for k in ("Rows", "Columns"))
    pixel = facts.pixel_mm(case.header)
    if matrix < SLIT_MATRIX and (pixel is None or pixel > FINE_PIXEL_MM):
        return reject(f"a matrix of {matrix:.0f} is too coarse for slits")
    finding = case.content()
    direction = None
    if finding is not None and finding.confidence >= LEAST_CONTENT_CONFIDENCE:
        if finding.kind is ContentKind.LINE_SOURCE:
            return change(
                f"the pixels show line sources, no slit mask: {finding.message}",
                replace(
                    candidate,
                    test="system_spatial_resolution",
                    role=_lines_role(candidate, finding.direction),
                ),
            )
        if finding.kind is not ContentKind.SLITS:
            return reject(f"the pixels show no slit mask: {finding.message}")
        direction = finding.direction
    role = _lines_role(candidate, direction)
    coarse = pixel is not None and pixel > FINE_PIXEL_MM
    remark = f"; the pixel of {pixel:.2f} mm is above {FINE_PIXEL_MM:.1f} mm" if coarse else ""
    told = "from the pixels" if direction else "not known, a person has to say it"
    if candidate.test == HIGH_RATE_SLITS:
        return change(f"slit image; direction {told}{remark}", replace(candidate, role=role))
    return change(
        f"one slit image serves resolution and linearity; direction {told}{remark}",
        *(replace(candidate, test=test, role=role) for test in sorted(SLITS, reverse=True)),
    )


def line_source(candidate: Assignment, case: Case) -> GateResult | None:
    """Line sources are measured along and across, as the pixels tell; what is swept is no patient."""
    if candidate.test not in LINE_SOURCES | {"whole_body_scan_uniformity"} or candidate.role:
        return None
    finding = case.content()
    if finding is None or finding.confidence < LEAST_CONTENT_CONFIDENCE:
        return None
    if finding.kind is ContentKind.BODY:
        return reject(f"the pixels show no source of a test: {finding.message}")
    lines = finding.kind in {ContentKind.LINE_SOURCE, ContentKind.SLITS}
    if candidate.test not in LINE_SOURCES or not lines or not finding.direction:
        return None
    role = _lines_role(candidate, finding.direction)
    return change(f"direction from the pixels: {finding.message}", replace(candidate, role=role))


def _lines_role(candidate: Assignment, direction: str | None) -> str:
    return f"lines_{direction}" if direction else candidate.role
