"""Whole-body resolution: widths of line sources in a swept image, along and across the motion.

NEMA NU 1-2007 section 5 (the method of WS 523-2019, whole-body spatial resolution): two
capillaries 100 mm apart, once across the motion (they show the resolution parallel to it) and once
along it, swept at clinical speed, by the heads above and below the table. FWHM and FWTM lie between
linear interpolations in strips of at most 30 mm, with the vertex of the parabola as the top where
pixels are coarse; no background and no width of the capillary is taken off. Millimetres per pixel
come from the distance of the capillaries. The number of each direction is the mean of the heads
above and below, which stand beside it one by one.

Images of both directions are one set. The motion runs along Y. The uncertainty holds counting and
the calibration (see ``line_images``). What voids and what warns stands in ``line_conditions``,
``sweep_conditions`` and ``whole_body_resolution_conditions``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from photopeak_analyzers.acquisition import AcquisitionKind, WholeBody
from photopeak_analyzers.common_parameters import (
    largest_rate_cps,
    least_counts,
    line_distance_tolerance,
    pixel_spacing,
    refuse_above,
    refuse_without_photopeak,
)
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Parameters,
    Reading,
    Role,
    Variant,
    parameter,
)
from photopeak_analyzers.gamma_camera.line_conditions import LineClause, LineLimits
from photopeak_analyzers.gamma_camera.line_images import LineTask
from photopeak_analyzers.gamma_camera.line_sets import (
    Found,
    Measured,
    Place,
    SetRules,
    combined,
    measure_set,
    row,
    set_conditions,
)
from photopeak_analyzers.gamma_camera.sweep_conditions import sweep_conditions
from photopeak_analyzers.gamma_camera.whole_body_resolution_conditions import (
    both_heads,
    lines_alone,
    rates_of,
)
from photopeak_analyzers.gamma_camera.whole_body_resolution_figures import sweep_figures
from photopeak_analyzers.given import every
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.field_of_view import LARGEST_MM, SMALLEST_MM
from photopeak_analyzers.shorthand import measurements, metrics
from photopeak_analyzers.source_conditions import photopeaks

CLAUSE = "NEMA NU 1-2007 section 5; WS 523-2019, whole-body spatial resolution"

LINE_DISTANCE_MM = 100.0
"""Of the two capillaries from each other."""

SOURCE_DISTANCE_MM = 100.0
"""Of the capillaries from the face of the collimator."""

PIXEL, COARSEST_PIXEL = 0.25, 0.5
"""Largest pixel across the lines in FWHM; a coarser one warns, and voids where two make a FWHM."""

NUCLIDES = ("Tc-99m",)

PARALLEL, PERPENDICULAR = "y", "x"
"""Direction of the profile, relative to a motion along Y."""

_KINDS = frozenset({AcquisitionKind.WHOLE_BODY})

LINES_X = Role(
    name="lines_x",
    kinds=_KINDS,
    maximum=None,
    label="Lines across the motion",
    hint="Sweep over two capillaries that lie across the table: resolution parallel to the motion.",
)
LINES_Y = Role(
    name="lines_y",
    kinds=_KINDS,
    maximum=None,
    label="Lines along the motion",
    hint="Sweep over two capillaries that lie along the table: resolution across the motion.",
)

DISTANCE = Reading(
    name="distance_mm",
    label="Distance of the source from the collimator",
    unit="mm",
    minimum=0.0,
    maximum=1000.0,
    required=False,
    hint="Of images whose names do not tell it; 100 mm is asked for.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeBodyResolutionParameters(Parameters):
    """What the sources are, and what the sweep has to be like."""

    line_distance_mm: float = parameter(
        LINE_DISTANCE_MM,
        doc="Distance of the two capillaries.",
        unit="mm",
        clause="NEMA NU 1-2007 section 5",
        minimum=10.0,
        maximum=500.0,
    )
    line_distance_tolerance_mm: float = line_distance_tolerance(0.5)
    nuclide: str | None = parameter(None, doc="Nuclide of the source; without it Tc-99m.")
    field_length_mm: float | None = parameter(
        None,
        doc="Length of the field of a head along the motion, for the count rate while the source is"
        " in it; without it the header is asked.",
        unit="mm",
        minimum=SMALLEST_MM,
        maximum=LARGEST_MM,
    )
    pixel_spacing_mm: float | None = pixel_spacing()
    minimum_counts: float = least_counts(
        10_000.0, doc="Counts in the peak of each line in each strip; fewer is a warning."
    )
    invalid_below_counts: float = least_counts(
        1_000.0, doc="Counts in the peak below which nothing is judged: FWHM is known to 3 %."
    )
    minimum_rate_cps: float = parameter(
        10_000.0,
        doc="Count rate with the source in the field, below which a warning is given.",
        unit="{counts}/s",
        clause="NEMA NU 1-2007 section 5",
        minimum=0.0,
        maximum=1e7,
    )
    maximum_rate_cps: float = largest_rate_cps(20_000.0, clause="NEMA NU 1-2007 section 5")
    distance_tolerance_mm: float = parameter(
        5.0,
        doc="By how much the distance from the collimator may differ from 100 mm.",
        unit="mm",
        minimum=0.0,
        maximum=50.0,
    )

    def __post_init__(self) -> None:
        Parameters.__post_init__(self)
        refuse_above(self, "invalid_below_counts", "minimum_counts")
        refuse_above(self, "minimum_rate_cps", "maximum_rate_cps")
        refuse_without_photopeak(self.nuclide)


def measure(inputs: Inputs, parameters: WholeBodyResolutionParameters) -> Analysis:
    """Measure the lines of every sweep and head."""
    rules = _rules(parameters)
    found, preconditions, notes = measure_set(
        inputs, ((LINES_X, PARALLEL), (LINES_Y, PERPENDICULAR)), rules
    )
    preconditions += set_conditions(found, rules)
    for role in (LINES_X, LINES_Y):
        for acquisition in every(inputs, role, WholeBody):
            preconditions += sweep_conditions(acquisition, clause=CLAUSE)
            preconditions += rates_of(
                acquisition,
                found,
                field_length_mm=parameters.field_length_mm,
                lower=parameters.minimum_rate_cps,
                upper=parameters.maximum_rate_cps,
                clause=CLAUSE,
            )
    preconditions += lines_alone(found, clause=CLAUSE)
    numbers: list[Measurement] = []
    for place, images in found.items():
        for direction, measured in images.items():
            numbers += _of_head(place, direction, measured)
    for place, heads in _heads(found).items():
        numbers += _of_system(place, heads)
        preconditions += both_heads(place, heads, clause=CLAUSE)
    return Analysis(
        measurements=tuple(numbers),
        preconditions=tuple(dict.fromkeys(preconditions)),
        figures=sweep_figures(found),
        notes=tuple(notes),
    )


def _rules(parameters: WholeBodyResolutionParameters) -> SetRules:
    names = NUCLIDES if parameters.nuclide is None else (parameters.nuclide,)
    return SetRules(
        task=LineTask(
            distance_mm=parameters.line_distance_mm,
            tolerance_mm=parameters.line_distance_tolerance_mm,
        ),
        asked=LineClause(
            clause=CLAUSE,
            nuclides=photopeaks(names),
            pixel_warns=PIXEL,
            pixel_voids=COARSEST_PIXEL,
        ),
        limits=LineLimits(
            minimum_counts=parameters.minimum_counts,
            invalid_below_counts=parameters.invalid_below_counts,
            maximum_rate_cps=parameters.maximum_rate_cps,
        ),
        pixel_spacing_mm=parameters.pixel_spacing_mm,
        ufov_mm=None,
        distances_mm=(SOURCE_DISTANCE_MM,),
        distance_tolerance_mm=parameters.distance_tolerance_mm,
        scatter_is_asked=False,
        both_lines=False,
        taper=False,
        in_cfov=False,
    )


def _of_head(place: Place, direction: str, measured: tuple[Measured, ...]) -> list[Measurement]:
    """Return what one head shows in one direction."""
    return measurements(
        place.scope(direction),
        [
            row("wb_fwhm_head", combined(m.image.half for m in measured)),
            row("wb_fwtm_head", combined(m.image.tenth for m in measured)),
            row("mm_per_pixel", combined(m.image.mm_per_pixel for m in measured)),
            ("tilt_deg", max((m.image.tilt_deg for m in measured), key=abs), None),
            ("peak_counts", min(m.image.peak_counts for m in measured), None),
            ("n_lsf", float(sum(len(m.image.spreads) for m in measured)), None),
        ],
    )


Heads = dict[str, dict[int, tuple[Estimate | None, Estimate | None]]]
"""FWHM and FWTM of each head, by direction."""


def _heads(found: Found) -> dict[Place, Heads]:
    """Return the widths of all heads, by window and distance."""
    gathered: dict[Place, Heads] = {}
    for place, images in found.items():
        common = Place(
            detector=-1,
            energy_window=place.energy_window,
            distance_mm=place.distance_mm,
            scatter="",
        )
        for direction, measured in images.items():
            gathered.setdefault(common, {}).setdefault(direction, {})[place.detector] = (
                combined(m.image.half for m in measured),
                combined(m.image.tenth for m in measured),
            )
    return gathered


def _of_system(place: Place, heads: Heads) -> list[Measurement]:
    """Return the means of the heads above and below."""
    numbers = []
    for direction, word in ((PARALLEL, "parallel"), (PERPENDICULAR, "perpendicular")):
        widths: Mapping[int, tuple[Estimate | None, Estimate | None]] = heads.get(direction, {})
        numbers += measurements(
            place.scope(direction),
            [
                row(f"wb_fwhm_{word}", combined(half for half, _ in widths.values())),
                row(f"wb_fwtm_{word}", combined(tenth for _, tenth in widths.values())),
            ],
        )
    return numbers


ANALYZER = Analyzer(
    id="whole_body_resolution",
    title="Whole-body spatial resolution",
    title_zh="全身成像系统空间分辨力",
    version="1",
    variants=(Variant(name="nema", title="NEMA NU 1-2007", clause=CLAUSE),),
    roles=(LINES_X, LINES_Y),
    readings=(DISTANCE,),
    metrics=metrics(
        CLAUSE,
        ("wb_fwhm_parallel", "mm", "FWHM_par", "FWHM parallel to the motion, mean of the heads", "平行于运动方向 FWHM（上下探头平均）", 1),
        ("wb_fwhm_perpendicular", "mm", "FWHM_perp", "FWHM perpendicular to the motion, mean of the heads", "垂直于运动方向 FWHM（上下探头平均）", 1),
        ("wb_fwtm_parallel", "mm", "FWTM_par", "FWTM parallel to the motion, mean of the heads", "平行于运动方向 FWTM（上下探头平均）", 1),
        ("wb_fwtm_perpendicular", "mm", "FWTM_perp", "FWTM perpendicular to the motion, mean of the heads", "垂直于运动方向 FWTM（上下探头平均）", 1),
        ("wb_fwhm_head", "mm", "FWHM", "FWHM of one head in one direction", "单探头单方向 FWHM", 1),
        ("wb_fwtm_head", "mm", "FWTM", "FWTM of one head in one direction", "单探头单方向 FWTM", 1),
        ("mm_per_pixel", "mm", "D/S", "Millimetres per pixel", "每像素毫米数", 4),
        ("tilt_deg", "deg", "alpha", "Tilt of the lines", "线源倾斜角", 2),
        ("peak_counts", "{counts}", "C_m", "Lowest peak of a line in a strip", "最低峰值计数", 0),
        ("n_lsf", "1", "n", "Line-spread functions", "线扩展函数数目", 0),
    ),
    parameters=WholeBodyResolutionParameters,
    measure=measure,
    figures=("lines", "line_spread", "table"),
)  # fmt: skip
"""The test, as registered."""
