"""System spatial resolution: widths of line sources seen through the collimator, in the CFOV.

Three texts, never mixed. IEC 60789 / GB/T 18989-2013 3.2.2: two tubes 30.0 mm apart in 200 mm of
tissue-equivalent material, 50, 100 and 150 mm from the collimator; FWHM, FWTM and equivalent width
by the highest channel, and the modulation transfer function. NEMA NU 1-2007 (GB/T 18989-2013 E.9,
E.10): capillaries at 100 mm, in air, or behind 100 mm and in front of 50 mm of PMMA; FWHM and FWTM,
by the parabola where pixels are coarse. No background and no width of the tube is taken off.

Images of both directions, several distances and, in NEMA, with and without scatter are one set.
Several images of one head in the same place are averaged, as NEMA asks for pixelated detectors. Each
width is ``W D / S``: mean width times known distance of the lines over their measured distance. A
single capillary takes its millimetres per pixel from a slit mask (stated) or, with a warning, from
the header. The uncertainty holds counting and that calibration (see ``line_images``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from photopeak_analyzers.acquisition import AcquisitionKind
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
    Note,
    Parameters,
    Reading,
    ReadingKind,
    Role,
    Variant,
    parameter,
)
from photopeak_analyzers.gamma_camera.line_conditions import LineClause, LineLimits
from photopeak_analyzers.gamma_camera.line_images import LineTask
from photopeak_analyzers.gamma_camera.line_set_figures import set_figures
from photopeak_analyzers.gamma_camera.line_sets import (
    Measured,
    Place,
    SetRules,
    combined,
    measure_set,
    row,
    set_conditions,
)
from photopeak_analyzers.numerics.field_of_view import LARGEST_MM, SMALLEST_MM
from photopeak_analyzers.shorthand import measurements, metrics
from photopeak_analyzers.source_conditions import photopeaks

IEC, NEMA = "iec", "nema"

IEC_CLAUSE = "IEC 60789 / GB/T 18989-2013 3.2.2"
NEMA_CLAUSE = "NEMA NU 1-2007 (GB/T 18989-2013 E.9, E.10)"

IEC_DISTANCES_MM = (50.0, 100.0, 150.0)
"""Of the tubes from the face of the collimator. 3.2.2.1 c."""

NEMA_DISTANCES_MM = (100.0,)
"""Of the capillary from the face of the collimator. E.9.3, E.10.3."""

LINE_DISTANCE_MM = {IEC: 30.0, NEMA: 100.0}
"""Of the two tubes (3.2.2.3.1 D); of the second capillary, by practice: E.9.3 leaves it open."""

IEC_WINDOW_PERCENT = 20.0
"""Full width. IEC 60789 / GB/T 18989-2013 table 1."""

IEC_PIXEL, NEMA_PIXEL, COARSEST_PIXEL = 0.1, 0.2, 0.5
"""Largest pixel across the lines in FWHM: 3.2.2.2 c, E.9.3. A coarser one warns; it voids where the
highest channel may miss the top by 1.4 % (0.2, IEC), and where two pixels make a FWHM (0.5)."""

NEMA_NUCLIDES = ("Tc-99m", "Co-57", "Tl-201", "I-123", "In-111", "Ga-67", "Lu-177", "I-131")
"""E.9.1 asks for one that suits the collimator: those that collimators are made for."""

IEC_NUCLIDES = ("Tc-99m", "In-113m")
"""The second for high-energy collimators. 3.2.2.1 a."""

_KINDS = frozenset({AcquisitionKind.PLANAR, AcquisitionKind.DYNAMIC})

LINES_X = Role(
    name="lines_x",
    kinds=_KINDS,
    maximum=None,
    label="Lines along X",
    hint="Line sources that run along X (across the table): they show the resolution along Y.",
)
LINES_Y = Role(
    name="lines_y",
    kinds=_KINDS,
    maximum=None,
    label="Lines along Y",
    hint="Line sources that run along Y: they show the resolution along X.",
)

DISTANCE = Reading(
    name="distance_mm",
    label="Distance of the source from the collimator",
    unit="mm",
    minimum=0.0,
    maximum=1000.0,
    required=False,
    hint="Of images whose names do not tell it.",
)
SCATTER = Reading(
    name="scatter",
    label="Scattering material",
    unit="1",
    kind=ReadingKind.CHOICE,
    choices=("without", "with"),
    required=False,
    hint="NEMA only: with 100 mm and 50 mm of PMMA, or without; of images whose names do not tell.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemResolutionParameters(Parameters):
    """What the sources are, and what the acquisition has to be like."""

    line_distance_mm: float | None = parameter(
        None,
        doc="Distance of the two lines; without it 30 mm (IEC) or 100 mm (NEMA).",
        unit="mm",
        clause="GB/T 18989-2013 3.2.2.3.1, E.9.3",
        minimum=10.0,
        maximum=500.0,
    )
    line_distance_tolerance_mm: float = line_distance_tolerance(
        0.1, clause="GB/T 18989-2013 3.2.2.3.1"
    )
    mm_per_pixel: float | None = parameter(
        None,
        doc="Millimetres per pixel measured with a slit mask at the same zoom and matrix; beats the"
        " distance of the lines.",
        unit="mm",
        clause="GB/T 18989-2013 E.1.4",
        minimum=0.05,
        maximum=20.0,
    )
    nuclide: str | None = parameter(
        None, doc="Nuclide of the source; without it any that the text has collimators for."
    )
    ufov_width_mm: float | None = parameter(
        None,
        doc="Width of the UFOV along X, of which the CFOV is 75 %; without it the header is asked.",
        unit="mm",
        clause="GB/T 18989-2013 2.3.2",
        minimum=SMALLEST_MM,
        maximum=LARGEST_MM,
    )
    ufov_height_mm: float | None = parameter(
        None,
        doc="Height of the UFOV along Y; without it as wide as high.",
        unit="mm",
        clause="GB/T 18989-2013 2.3.2",
        minimum=SMALLEST_MM,
        maximum=LARGEST_MM,
    )
    pixel_spacing_mm: float | None = pixel_spacing()
    minimum_counts: float = least_counts(
        10_000.0,
        doc="Counts in the peak of each line in each strip; fewer is a warning.",
        clause="GB/T 18989-2013 3.2.2.1 d, E.9.3",
    )
    invalid_below_counts: float = least_counts(
        1_000.0, doc="Counts in the peak below which nothing is judged: FWHM is known to 3 %."
    )
    maximum_rate_cps: float = largest_rate_cps(20_000.0, clause="GB/T 18989-2013 3 c, E.9.1")
    distance_tolerance_mm: float = parameter(
        5.0,
        doc="By how much a distance may differ from that of the text.",
        unit="mm",
        minimum=0.0,
        maximum=50.0,
    )
    taper: bool = parameter(
        False, doc="Let the ends of a line-spread function fall to 0 before it is transformed."
    )

    def __post_init__(self) -> None:
        Parameters.__post_init__(self)
        refuse_above(self, "invalid_below_counts", "minimum_counts")
        refuse_without_photopeak(self.nuclide)


def measure(inputs: Inputs, parameters: SystemResolutionParameters) -> Analysis:
    """Measure every head, distance and direction of a set."""
    iec = inputs.variant == IEC
    rules = SetRules(
        task=LineTask(
            distance_mm=parameters.line_distance_mm or LINE_DISTANCE_MM[inputs.variant],
            tolerance_mm=parameters.line_distance_tolerance_mm,
            mm_per_pixel=parameters.mm_per_pixel,
            parabola=not iec,
        ),
        asked=_asked(iec, parameters),
        limits=LineLimits(
            minimum_counts=parameters.minimum_counts,
            invalid_below_counts=parameters.invalid_below_counts,
            maximum_rate_cps=parameters.maximum_rate_cps,
        ),
        pixel_spacing_mm=parameters.pixel_spacing_mm,
        ufov_mm=_ufov(parameters),
        distances_mm=IEC_DISTANCES_MM if iec else NEMA_DISTANCES_MM,
        distance_tolerance_mm=parameters.distance_tolerance_mm,
        scatter_is_asked=not iec,
        both_lines=iec,
        taper=parameters.taper,
    )
    found, preconditions, notes = measure_set(inputs, ((LINES_X, "y"), (LINES_Y, "x")), rules)
    numbers: list[Measurement] = []
    for place, images in found.items():
        numbers += _numbers(place, images, iec)
    preconditions += set_conditions(found, rules)
    return Analysis(
        measurements=tuple(numbers),
        preconditions=tuple(preconditions),
        figures=set_figures(found),
        notes=(*notes, *_notes(found)),
    )


def _asked(iec: bool, parameters: SystemResolutionParameters) -> LineClause:
    names = IEC_NUCLIDES if iec else NEMA_NUCLIDES
    return LineClause(
        clause=IEC_CLAUSE if iec else NEMA_CLAUSE,
        nuclides=photopeaks(names if parameters.nuclide is None else (parameters.nuclide,)),
        window_width_percent=IEC_WINDOW_PERCENT if iec else None,
        strict_window=iec,
        pixel_warns=IEC_PIXEL if iec else NEMA_PIXEL,
        pixel_voids=NEMA_PIXEL if iec else COARSEST_PIXEL,
    )


def _ufov(parameters: SystemResolutionParameters) -> tuple[float, float] | None:
    """Return (height, width) as declared by the parameters."""
    if parameters.ufov_width_mm is None:
        return None
    return (parameters.ufov_height_mm or parameters.ufov_width_mm, parameters.ufov_width_mm)


def _numbers(
    place: Place, images: Mapping[str, tuple[Measured, ...]], iec: bool
) -> list[Measurement]:
    found: list[Measurement] = []
    for direction, measured in images.items():
        numbers = [
            row("fwhm_sys_axis", combined(m.image.half for m in measured)),
            row("fwtm_sys_axis", combined(m.image.tenth for m in measured)),
            row("mm_per_pixel", combined(m.image.mm_per_pixel for m in measured)),
            ("n_lsf", float(sum(len(m.image.spreads) for m in measured)), None),
            ("peak_counts", min(m.image.peak_counts for m in measured), None),
            ("tilt_deg", max((m.image.tilt_deg for m in measured), key=abs), None),
        ]
        if iec:
            numbers += [
                row("ew_sys_axis", combined(m.image.equivalent for m in measured)),
                row("mtf50_per_cm", combined(m.frequency_per_cm(0.5) for m in measured)),
                row("mtf10_per_cm", combined(m.frequency_per_cm(0.1) for m in measured)),
            ]
        found += measurements(place.scope(direction), numbers)
    return found + _means(place, found)


def _means(place: Place, by_axis: list[Measurement]) -> list[Measurement]:
    """Return the means of X and Y, where both were measured."""
    found = []
    for axis_key, key in (
        ("fwhm_sys_axis", "fwhm_sys_cfov"),
        ("fwtm_sys_axis", "fwtm_sys_cfov"),
        ("ew_sys_axis", "ew_sys_cfov"),
    ):
        both = [m for m in by_axis if m.metric == axis_key]
        if len(both) == 2:
            u = math.hypot(*(m.uncertainty or 0.0 for m in both)) / 2.0
            value = (both[0].value + both[1].value) / 2.0
            found += measurements(place.scope(), [(key, value, u)])
    return found


def _notes(found: Iterable[Place]) -> tuple[Note, ...]:
    if not any(place.scatter == "with" for place in found):
        return ()
    return (
        Note(
            code="E10_READ_AS_E9",
            message="with scatter the widths are taken as without (E.10.3 refers to E.4, the"
            " uniformity, where E.9 is meant)",
        ),
    )


ANALYZER = Analyzer(
    id="system_spatial_resolution",
    title="System spatial resolution",
    title_zh="系统空间分辨率",
    version="1",
    variants=(
        Variant(name=NEMA, title="NEMA NU 1-2007", clause=NEMA_CLAUSE),
        Variant(name=IEC, title="IEC 60789", clause=IEC_CLAUSE),
    ),
    roles=(LINES_X, LINES_Y),
    readings=(DISTANCE, SCATTER),
    metrics=metrics(
        f"{IEC_CLAUSE}; {NEMA_CLAUSE}",
        ("fwhm_sys_cfov", "mm", "FWHM_cs", "System FWHM in the CFOV, mean of X and Y", "系统空间分辨率 FWHM（CFOV）", 1),
        ("fwtm_sys_cfov", "mm", "FWTM_cs", "System FWTM in the CFOV, mean of X and Y", "系统空间分辨率 FWTM（CFOV）", 1),
        ("ew_sys_cfov", "mm", "EW_cs", "System equivalent width in the CFOV, mean of X and Y", "系统等效宽度 EW（CFOV）", 1),
        ("fwhm_sys_axis", "mm", "FWHM", "System FWHM along one axis", "单方向系统 FWHM", 1),
        ("fwtm_sys_axis", "mm", "FWTM", "System FWTM along one axis", "单方向系统 FWTM", 1),
        ("ew_sys_axis", "mm", "EW", "System equivalent width along one axis", "单方向系统等效宽度", 1),
        ("mtf50_per_cm", "/cm", "v_50", "Frequency of 50 % modulation", "MTF 50% 空间频率", 2),
        ("mtf10_per_cm", "/cm", "v_10", "Frequency of 10 % modulation", "MTF 10% 空间频率", 2),
        ("mm_per_pixel", "mm", "D/S", "Millimetres per pixel", "每像素毫米数", 4),
        ("tilt_deg", "deg", "alpha", "Tilt of the lines", "线源倾斜角", 2),
        ("peak_counts", "{counts}", "C_m", "Lowest peak of a line in a strip", "最低峰值计数", 0),
        ("n_lsf", "1", "n", "Line-spread functions", "线扩展函数数目", 0),
    ),
    parameters=SystemResolutionParameters,
    measure=measure,
    figures=("lines", "line_spread", "mtf", "distance", "table"),
)  # fmt: skip
"""The test, as registered."""
