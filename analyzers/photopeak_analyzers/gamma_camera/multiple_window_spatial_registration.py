"""Registration of energy windows: how far apart the same point is seen through different windows.

A collimated source of Ga-67 on the detector without collimator, at nine places of both axes (NEMA NU
1-2007 2.5, GB/T 18989-2013 E.5) or at five (IEC 60789 / GB/T 18989-2013 3.5). In every image the
centroid is that of a square about the highest pixel, nothing taken off. NEMA: the square has 4 FWHM,
and of all places and all pairs of windows the largest difference along X and that along Y count.
IEC: at least five pixels to both sides of the highest one, of which as many are taken as 4 FWHM
have, because five alone would cut the point in its middle; the windows at 184 and 296 keV are compared
with that at 93 keV, and the largest of the 20 differences is MW_i.

Uncertainties are those of counting, by simulated repetitions: the largest of many differences is not
linear in them. `registration_floor` is what perfect windows would show with the same counts, and
`registration_net` the largest difference with the background taken off, which otherwise draws every
centroid towards the middle of its square.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.acquisition import AcquisitionKind
from photopeak_analyzers.common_parameters import largest_rate_cps, pixel_spacing
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Note,
    Parameters,
    Role,
    Variant,
    parameter,
)
from photopeak_analyzers.errors import IncompleteSetError, ParameterError
from photopeak_analyzers.figures import Figure
from photopeak_analyzers.gamma_camera.multiple_window_conditions import head_conditions
from photopeak_analyzers.gamma_camera.multiple_window_figures import (
    arrows_figure,
    displacement_figure,
    table_figure,
)
from photopeak_analyzers.gamma_camera.multiple_window_texts import IEC, NEMA, Asked, Setup
from photopeak_analyzers.gamma_camera.window_displacements import (
    Pair,
    largest,
    largest_net_mm,
    pairs_of_all,
    pairs_with_lowest,
)
from photopeak_analyzers.gamma_camera.window_points import HeadPoints, head_points
from photopeak_analyzers.heads_alone import cannot_be_measured, left_out
from photopeak_analyzers.numerics.field_of_view import LARGEST_MM, SMALLEST_MM
from photopeak_analyzers.shorthand import NumberRow, as_suffix, in_words, measurements, metrics

MOST_SERIES = 54
"""Nine places, three windows and two heads, each a series of its own."""

ROLE = Role(
    name="points",
    kinds=frozenset({AcquisitionKind.PLANAR}),
    minimum=1,
    maximum=MOST_SERIES,
    label="Point source in several windows",
    hint="Collimated Ga-67 without collimator, at the middle and at 0.4 and 0.8 of the way to the edge of"
    " the UFOV on both axes (IEC: 0.75), in windows at 93, 184 and 300 keV; at most 10 000 counts/s per"
    " window.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowRegistrationParameters(Parameters):
    """The field, the pixels, and how the uncertainty is simulated."""

    ufov_width_mm: float | None = parameter(
        None,
        doc="Width of the UFOV along X, or its diameter; the header is asked without it.",
        unit="mm",
        minimum=SMALLEST_MM,
        maximum=LARGEST_MM,
    )
    ufov_height_mm: float | None = parameter(
        None,
        doc="Height of the UFOV along Y; that along X without it.",
        unit="mm",
        minimum=SMALLEST_MM,
        maximum=LARGEST_MM,
    )
    place_tolerance_mm: float = parameter(
        8.0,
        doc="How far the source may stand from a place of the clause and still count for it.",
        unit="mm",
        minimum=1.0,
        maximum=30.0,
    )
    pixel_spacing_mm: float | None = pixel_spacing()
    intrinsic_fwhm_mm: float | None = parameter(
        None,
        doc="Intrinsic resolution for Tc-99m, of which a pixel may have a tenth.",
        unit="mm",
        clause="IEC 60789 / GB/T 18989-2013 3.5.1 e",
        minimum=1.0,
        maximum=30.0,
    )
    maximum_rate_cps: float = largest_rate_cps(
        10_000.0, clause="NEMA NU 1-2007 2.5, IEC 60789 (GB/T 18989-2013 E.5.1, 3.5.1 f)"
    )
    noise_draws: int = parameter(
        1000,
        doc="Simulated repetitions behind each uncertainty.",
        minimum=10,
        maximum=10_000,
    )
    noise_seed: int = parameter(
        1905,
        doc="Seed of the repetitions: the same seed gives the same uncertainty.",
        minimum=0,
        maximum=2**31 - 1,
    )

    def __post_init__(self) -> None:
        Parameters.__post_init__(self)
        if self.ufov_width_mm is None and self.ufov_height_mm is not None:
            raise ParameterError(
                "ufov_height_mm is given without ufov_width_mm", quantity="ufov_width_mm"
            )

    @property
    def setup(self) -> Setup:
        """What is stated, for the conditions."""
        half = None
        if self.ufov_width_mm is not None:
            height = self.ufov_height_mm or self.ufov_width_mm
            half = (height / 2.0, self.ufov_width_mm / 2.0)
        return Setup(
            half_ufov_mm=half,
            intrinsic_fwhm_mm=self.intrinsic_fwhm_mm,
            tolerance_mm=self.place_tolerance_mm,
            maximum_rate_cps=self.maximum_rate_cps,
        )


def measure(inputs: Inputs, parameters: WindowRegistrationParameters) -> Analysis:
    """Measure the registration of the windows of every head."""
    asked = IEC if inputs.variant == "iec" else NEMA
    heads, refused, notes = head_points(
        inputs,
        ROLE,
        lines_kev=asked.lines_kev,
        least_half_px=asked.least_half_px,
        stated_pixel_mm=parameters.pixel_spacing_mm,
    )
    found: list[Measurement] = []
    preconditions = [cannot_be_measured(each.reason, each.scope, asked.clause) for each in refused]
    figures: list[Figure] = []
    notes += [left_out(each.reason, each.scope) for each in refused]
    for head in heads:
        pairs = _pairs(head, asked)
        found += measurements(head.scope, _numbers(head, pairs, asked, parameters))
        preconditions += head_conditions(head, asked, parameters.setup)
        suffix = as_suffix(head.scope) if len(heads) > 1 else ""
        figures += [
            arrows_figure(head, pairs, suffix),
            displacement_figure(head, pairs, suffix),
            table_figure(head, pairs, suffix),
        ]
        notes.append(_squares(head))
    return Analysis(
        measurements=tuple(found),
        preconditions=tuple(dict.fromkeys(preconditions)),
        figures=tuple(figures),
        notes=tuple(notes),
    )


def _pairs(head: HeadPoints, asked: Asked) -> tuple[Pair, ...]:
    """Return the pairs of which some place has both images."""
    all_pairs = pairs_with_lowest if asked is IEC else pairs_of_all
    pairs = tuple(
        (high, low)
        for high, low in all_pairs(head.lines_kev)
        if any(high in place and low in place for place in head.places)
    )
    if not pairs:
        raise IncompleteSetError(
            f"{in_words(head.scope)} shows no place in two windows, needs at least 1",
            quantity="places seen in two windows",
            value=0,
            bound=1,
        )
    return pairs


def _numbers(
    head: HeadPoints,
    pairs: tuple[Pair, ...],
    asked: Asked,
    parameters: WindowRegistrationParameters,
) -> list[NumberRow]:
    size = largest(head, pairs, draws=parameters.noise_draws, seed=parameters.noise_seed)
    rows: list[NumberRow]
    if asked is IEC:
        rows = [("mw_registration", size.either.value, size.either.uncertainty)]
    else:
        rows = [
            ("mwsr_x", size.x.value, size.x.uncertainty),
            ("mwsr_y", size.y.value, size.y.uncertainty),
            ("mwsr_max", size.either.value, size.either.uncertainty),
        ]
    return [
        *rows,
        ("registration_net", largest_net_mm(head, pairs), None),
        ("registration_floor", size.floor, None),
        ("places", float(len(head.places)), None),
        ("peak_counts", min(image.point.highest for image in head.images), None),
        ("mm_per_pixel", float(np.mean(head.images[0].pixel_mm)), None),
    ]


def _squares(head: HeadPoints) -> Note:
    sides = [image.point.side for image in head.images]
    return Note(
        code="CENTROID_SQUARES",
        message=f"centroids are those of squares of {min(sides)} to {max(sides)} pixels about the"
        " highest one, as wide as 4 FWHM, with nothing taken off; millimetres per pixel as"
        " stated or as in the header",
        scope=head.scope,
        values={"smallest": min(sides), "largest": max(sides)},
    )


ANALYZER = Analyzer(
    id="multiple_window_spatial_registration",
    title="Multiple window spatial registration",
    title_zh="多窗空间配位",
    version="1",
    variants=(
        Variant(name="nema", title="NEMA NU 1-2007, nine places", clause=NEMA.clause),
        Variant(name="iec", title="IEC 60789, five places", clause=IEC.clause),
    ),
    roles=(ROLE,),
    metrics=(
        *metrics(
            NEMA.clause,
            ("mwsr_x", "mm", "MWSR_x", "Largest displacement along X", "X方向最大位移", 1),
            ("mwsr_y", "mm", "MWSR_y", "Largest displacement along Y", "Y方向最大位移", 1),
            ("mwsr_max", "mm", "MWSR", "Largest displacement along X or Y", "最大位移", 1),
            ("registration_net", "mm", "MWSR_n", "Largest displacement, background taken off", "扣除本底后的最大位移", 2),
            ("registration_floor", "mm", "MWSR_0", "What counting alone would give", "统计涨落引起的位移", 2),
            ("places", "1", "n", "Places of the source", "源位数", 0),
            ("peak_counts", "{counts}", "N_max", "Least counts of a highest pixel", "峰值像素最低计数", 0),
            ("mm_per_pixel", "mm", "D/S", "Side of a pixel", "像素尺寸", 3),
        ),
        *metrics(
            IEC.clause,
            ("mw_registration", "mm", "MW_i", "Intrinsic multiple window spatial registration", "固有多窗空间配位", 1),
        ),
    ),
    parameters=WindowRegistrationParameters,
    measure=measure,
    figures=("arrows", "displacements", "table"),
)  # fmt: skip
"""The test, as registered."""
