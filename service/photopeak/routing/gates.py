"""Header gates: what the header has to say to what the names say.

A gate is one small function. It leaves a candidate alone, confirms it, changes it to the test
that the header proves, or rejects it. What the header contradicts is never analysed as named.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from photopeak.model.content import ContentFinding, ContentKind
from photopeak.model.devices import Device
from photopeak.model.header import InstanceHeader
from photopeak.model.routing import Assignment
from photopeak.routing import facts

LARGEST_UNIFORMITY_PIXEL_MM = 8.32
"""6.4 mm + 30 % (NEMA NU 1-2007 2.4, GB/T 18989-2013 E.4.3)."""
BACKGROUND_RATE_CPS = 200.0
LEAST_CONTENT_CONFIDENCE = 0.8
"""What the pixels have to be sure of before they decide anything."""
FINE_PIXEL_MM = 0.2 * facts.EXPECTED_FWHM_MM
"""Pixel across the slits at most 0.2 FWHM (NEMA NU 1-2007 2.1, GB/T 18989-2013 E.1.2)."""
SLIT_MATRIX = 512
COR_VIEWS = 16
DECAY_SPAN_S = 3600.0
HYDRATION_OFFSET = 0.04
"""An asymmetric window lies at least 4 % beside the line."""

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
OF_A_DECAY = ("count_rate_performance", "dead_time")
"""Tests of a source that decays before the camera."""
NEMA_LAST_CPS, IEC_LAST_CPS = 4_000.0, 3_000.0
"""Below it the last image of a decay is taken (GB/T 18989-2013 E.6.3, 3.7.2 d)."""
OF_ANY_STRUCTURE = frozenset({"data_integrity_check", "energy_peak_check", "energy_window_check"})
"""Tests that do not care how an image was acquired."""
SEQUENCES = frozenset({"pet_count_rate_noise", "pet_sensitivity", "pet_timing_energy_resolution"})
"""Tests of PET that a dynamic series may belong to."""
QUANTITATIVE = frozenset({"pet_cross_calibration", "pet_recovery_coefficients", "suv_accuracy"})
NOMINAL_KEV = {"Tc-99m": 140.5, "Co-57": 122.1, "I-131": 364.5, "I-123": 159.0, "In-111": 171.3}
"""Photopeaks that an asymmetric window is compared with, in keV."""

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


def image_structure(candidate: Assignment, case: Case) -> GateResult | None:
    """ImageType says static, whole body, rotating or reconstructed, whatever the name says."""
    if case.modality != "NM":
        return None
    structure = facts.structure(case.header)
    test = candidate.test
    if not structure:
        return _confirm("ImageType does not tell how the image was acquired")
    if "GATED" in structure and test not in OF_ANY_STRUCTURE:
        return _reject(f"the image is {structure}: {test} uses no gated images")
    if test in PLANAR:
        if structure in {"STATIC", "DYNAMIC"}:
            return None
        return _not_planar(candidate, structure)
    if test in RECONSTRUCTED and "RECON" not in structure:
        return _reject(f"{test} needs a reconstruction, the image is {structure}")
    if test == "rotational_stability" and structure != "TOMO":
        return _reject(f"{test} needs the projections of a rotation, the image is {structure}")
    if test in OF_PROJECTIONS and structure == "TOMO":
        return _change(
            "the image is TOMO: projections, not the reconstruction",
            replace(candidate, role=candidate.role or "projections"),
        )
    if test in OF_PROJECTIONS and "TOMO" not in structure:
        return _reject(f"{test} needs a tomographic image, this is {structure}")
    if test in OF_PROJECTIONS and not candidate.role:
        return _change(
            "the image is RECON TOMO: the reconstruction, not its projections",
            replace(candidate, role="reconstruction"),
        )
    if test.startswith("whole_body") and structure != "WHOLE BODY":
        if test == "whole_body_resolution" and structure in {"STATIC", "DYNAMIC"}:
            return _change(
                f"the image is {structure}, no whole-body scan",
                replace(candidate, test="system_spatial_resolution"),
            )
        return _reject(f"{test} needs a whole-body scan, the image is {structure}")
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
        return _change(
            "the image is TOMO: projections of the uniformity phantom",
            replace(candidate, test="spect_uniformity", role="projections"),
        )
    elif structure == "WHOLE BODY":
        if test in {"system_spatial_resolution", "intrinsic_spatial_resolution"}:
            moved = "whole_body_resolution"
        elif test in UNIFORMITY:
            moved = "whole_body_scan_uniformity"
    if not moved:
        return _reject(f"{test} needs a static image, this is {structure}")
    role = "reconstruction" if moved in OF_PROJECTIONS else candidate.role
    return _change(f"the image is {structure}", replace(candidate, test=moved, role=role))


def collimator(candidate: Assignment, case: Case) -> GateResult | None:
    """Intrinsic means without collimator, system with one; the header knows which it was."""
    test = candidate.test
    mounted = facts.collimated(case.header)
    if test in HIGH_RATE and mounted:
        return _reject(f"{test} is measured without collimator, but one is mounted")
    if test not in {"intrinsic_uniformity", "system_uniformity", "intrinsic_spatial_resolution"}:
        return None
    nuclide = facts.nuclide(case.header)
    if mounted is None:
        if nuclide == "Co-57" and test == "intrinsic_uniformity":
            return _change(
                "the header names no collimator, but Co-57 speaks for a sheet source on one",
                replace(candidate, test="system_uniformity"),
            )
        return _confirm("the header names no collimator: the name stands unchecked")
    intrinsic = test.startswith("intrinsic")
    if mounted != intrinsic:
        return _confirm("with a collimator" if mounted else "without a collimator")
    told = "a collimator is mounted" if mounted else "no collimator is mounted"
    if test == "intrinsic_spatial_resolution":
        moved = "system_spatial_resolution"
    else:
        moved = "system_uniformity" if mounted else "intrinsic_uniformity"
    return _change(
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
        return _reject(f"the image is {structure}, not the projections of a rotation")
    views = facts.number(case.header, "NumberOfFramesInRotation")
    frames = facts.number(case.header, "NumberOfFrames")
    if views is None:
        heads = facts.number(case.header, "NumberOfDetectors") or 1.0
        views = frames / max(heads, 1.0) if frames else None
    if views is not None and views < COR_VIEWS:
        return _reject(f"{views:.0f} views in the rotation, at least {COR_VIEWS} are needed")
    finding = case.content()
    if finding is None or finding.confidence < LEAST_CONTENT_CONFIDENCE or not finding.sources:
        return _confirm("a rotation with enough views; the sources were not counted")
    if finding.kind is not ContentKind.POINT_SINOGRAM:
        return _reject(f"the pixels show no point source going round: {finding.message}")
    if finding.sources >= 3:
        if candidate.test == "multi_head_registration":
            return _confirm(f"{finding.sources} sources in a rotation")
        return _change(
            f"{finding.sources} sources: registration of the heads, with a centre for each source",
            replace(candidate, test="multi_head_registration"),
        )
    if candidate.test == "multi_head_registration":
        return _change(
            f"{finding.sources} source, registration needs three: centre of rotation",
            replace(candidate, test="center_of_rotation"),
        )
    return _confirm(f"{finding.sources} source in a rotation")


def pixelated(candidate: Assignment, case: Case) -> GateResult | None:
    """Refuse slit masks on a detector of single crystals: its pixels are its resolution."""
    if candidate.test not in SLITS and candidate.test != HIGH_RATE_SLITS:
        return None
    configured = case.device is not None and case.device.pixelated
    if not configured and not facts.pixelated(case.header):
        return None
    return _change(
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
        return _reject(f"a matrix of {matrix:.0f} is too coarse for slits")
    finding = case.content()
    direction = None
    if finding is not None and finding.confidence >= LEAST_CONTENT_CONFIDENCE:
        if finding.kind is ContentKind.LINE_SOURCE:
            return _change(
                f"the pixels show line sources, no slit mask: {finding.message}",
                replace(
                    candidate,
                    test="system_spatial_resolution",
                    role=_lines_role(candidate, finding.direction),
                ),
            )
        if finding.kind is not ContentKind.SLITS:
            return _reject(f"the pixels show no slit mask: {finding.message}")
        direction = finding.direction
    role = _lines_role(candidate, direction)
    coarse = pixel is not None and pixel > FINE_PIXEL_MM
    remark = f"; the pixel of {pixel:.2f} mm is above {FINE_PIXEL_MM:.1f} mm" if coarse else ""
    told = "from the pixels" if direction else "not known, a person has to say it"
    if candidate.test == HIGH_RATE_SLITS:
        return _change(f"slit image; direction {told}{remark}", replace(candidate, role=role))
    return _change(
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
        return _reject(f"the pixels show no source of a test: {finding.message}")
    lines = finding.kind in {ContentKind.LINE_SOURCE, ContentKind.SLITS}
    if candidate.test not in LINE_SOURCES or not lines or not finding.direction:
        return None
    role = _lines_role(candidate, finding.direction)
    return _change(f"direction from the pixels: {finding.message}", replace(candidate, role=role))


def _lines_role(candidate: Assignment, direction: str | None) -> str:
    return f"lines_{direction}" if direction else candidate.role


def several_windows(candidate: Assignment, case: Case) -> GateResult | None:
    """Registration of windows needs Ga-67 and two of them, or one in each object of a set."""
    if candidate.test != "multiple_window_spatial_registration":
        return None
    nuclide = facts.nuclide(case.header)
    if nuclide and nuclide != "Ga-67":
        return _reject(f"the nuclide is {nuclide}, the test needs Ga-67")
    windows = facts.number(case.header, "NumberOfEnergyWindows") or float(
        len(facts.window_centres_kev(case.header))
    )
    if windows < 2 and nuclide != "Ga-67":
        return _reject(f"{windows:.0f} energy window, the test needs at least two")
    if windows < 2:
        return _confirm("one energy window of Ga-67, the others may have objects of their own")
    return _confirm(f"{windows:.0f} energy windows")


def count_rate(candidate: Assignment, case: Case) -> GateResult | None:
    """Tell a moved source from a decay: a dynamic image follows a decay for more than an hour.

    A decay tells the performance and the dead time alike; a background belongs to both.
    """
    if candidate.test not in {*OF_A_DECAY, "intrinsic_max_count_rate"}:
        return None
    role = candidate.role or "decay"
    structure = facts.structure(case.header)
    if structure != "DYNAMIC" or role == "background":
        if candidate.test not in OF_A_DECAY:
            return None
        told = "one series serves count-rate performance and dead time"
        if structure == "STATIC" and role == "decay":
            rate = _slowest_cps(case)
            iec = case.device is not None and case.device.family == "iec"
            end = IEC_LAST_CPS if iec else NEMA_LAST_CPS
            if rate is not None and rate >= end:
                role, told = "points", f"{told}; {rate:.0f} cps, the last image has below {end:.0f}"
        return _change(told, *_of_a_decay(candidate, role))
    frames = facts.number(case.header, "NumberOfFrames") or 1.0
    duration = facts.duration_s(case.header)
    span = max(facts.span_s(case.headers) or 0.0, frames * duration if duration else 0.0)
    told = f"a dynamic image of {span:.0f} s"
    if span <= DECAY_SPAN_S:
        # Pauses between short frames are told by the frames alone.
        finding = case.content()
        decays = finding is not None and finding.kind is ContentKind.DECAY_SERIES
        if finding is None or not decays or finding.confidence < LEAST_CONTENT_CONFIDENCE:
            if candidate.test == "intrinsic_max_count_rate":
                return _confirm(told)
            return _change(
                f"{told}; one hour parts a moved source from a decay",
                replace(candidate, test="intrinsic_max_count_rate", role=""),
            )
        told = finding.message
    return _change(
        f"{told}: a decay, for count-rate performance and dead time",
        *_of_a_decay(candidate, role),
    )


def _of_a_decay(candidate: Assignment, role: str) -> tuple[Assignment, ...]:
    return tuple(replace(candidate, test=test, role=role) for test in OF_A_DECAY)


def _slowest_cps(case: Case) -> float | None:
    """Return the rate of the slowest image of a static series; None when nothing tells it."""
    rates = [rate for header in case.headers if (rate := facts.rate_cps(header)) is not None]
    if rates:
        return min(rates)
    finding = case.content()
    return None if finding is None else finding.features.get("rate_cps")


def sensitivity_variant(candidate: Assignment, case: Case) -> GateResult | None:
    """300 s in a matrix of 256 is how WS 523 wants the sensitivity measured."""
    if candidate.test != "system_planar_sensitivity":
        return None
    duration = facts.duration_s(case.header)
    columns = facts.number(case.header, "Columns")
    told = "the activity has to be entered"
    if candidate.variant or duration is None or not 250.0 <= duration <= 350.0 or columns != 256:
        return _confirm(told)
    return _change(
        f"{duration:.0f} s in a matrix of 256: as WS 523-2019 has it; {told}",
        replace(candidate, variant="ws523"),
    )


def asymmetric_window(candidate: Assignment, case: Case) -> GateResult | None:
    """Hydration shows in a window beside the photopeak, or in two of them."""
    if candidate.test != "crystal_hydration":
        return None
    centres = facts.window_centres_kev(case.header)
    line = NOMINAL_KEV.get(facts.nuclide(case.header))
    if len(centres) >= 2:
        # One object with both windows is both floods.
        return _change(
            f"{len(centres)} energy windows",
            *(replace(candidate, role=role) for role in ("low", "high")),
        )
    if not centres or line is None:
        return _confirm("the header does not tell where the window lies")
    offset = centres[0] / line - 1.0
    if abs(offset) >= HYDRATION_OFFSET:
        return _change(
            f"the window lies {offset:+.1%} beside the photopeak",
            replace(candidate, role="low" if offset < 0.0 else "high"),
        )
    return _reject(f"one window, {offset:+.1%} beside the photopeak: not asymmetric")


def places_of_a_point(candidate: Assignment, case: Case) -> GateResult | None:
    """Complete a set of places with a dynamic image, which holds them all."""
    if candidate.test != "point_source_sensitivity_variation":
        return None
    if candidate.role == "last" or facts.structure(case.header) != "DYNAMIC":
        return None
    return _change("a dynamic image holds every place", replace(candidate, role="last"))


def no_source(candidate: Assignment, case: Case) -> GateResult | None:
    """Background has a low rate and no spot."""
    if candidate.test != "background_rate":
        return None
    rate = facts.rate_cps(case.header)
    finding = case.content()
    if rate is None and finding is not None:
        rate = finding.features.get("rate_cps")
    if rate is not None and rate >= BACKGROUND_RATE_CPS:
        return _reject(f"{rate:.0f} cps, background stays below {BACKGROUND_RATE_CPS:.0f} cps")
    if finding is not None and finding.kind not in {ContentKind.BACKGROUND, ContentKind.UNKNOWN}:
        return _reject(f"the pixels show a source: {finding.message}")
    if finding is not None and finding.features.get("excess_sigma", 0.0) > 10.0:
        return _reject(finding.message)
    if rate is None:
        return _confirm("the header does not tell the count rate")
    return _confirm(f"{rate:.1f} cps")


def pet_image(candidate: Assignment, case: Case) -> GateResult | None:
    """Refuse projections of a PET volume, series of many volumes, and quantities without units."""
    if case.modality != "PT":
        return None
    kinds = facts.words(case.header, "SeriesType") + facts.words(case.header, "ImageType")
    if any("REPROJECTION" in word or word == "MIP" for word in kinds):
        return GateResult("rejected", "a reprojection, not a measured volume", final=True)
    series = next(iter(facts.words(case.header, "SeriesType")), "")
    if series in {"DYNAMIC", "GATED"} and candidate.test not in SEQUENCES:
        return _reject(f"SeriesType is {series}: {candidate.test} needs one static volume")
    units = next(iter(facts.words(case.header, "Units")), "")
    if candidate.test in QUANTITATIVE and units != "BQML":
        return _reject(f"{candidate.test} needs the units BQML, these are {units or 'absent'}")
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


def _confirm(message: str) -> GateResult:
    return GateResult("confirmed", message)


def _reject(message: str) -> GateResult:
    return GateResult("rejected", message)


def _change(message: str, *assignments: Assignment) -> GateResult:
    return GateResult("changed", message, assignments)
