"""Modulation transfer function of any line or point: planar or reconstructed, intrinsic or system.

IEC 60789 / GB/T 18989-2013 2.8, 3.2.2.3.6 (and 4.3.4.2 for reconstructions): the modulus of the
Fourier transform of the line-spread function over its integral. The formula (2) of the text lacks the
frequency in its cosine and has a distance too many in its denominator; what is computed is

    M(v) = | sum C exp(-2 pi i v x) | / sum C

over the channels about the middle of the line. What a pixel, a slit or the bore of a source does to
the spread is left in; who wants it without the pixel asks for `pixel_correction`, which the result
names. The numbers are the frequencies at which M is 50 % and 10 %, and the width of
the Gaussian that has the same 50 %.

Lines, a slit mask and a point are told apart by the pixels (see ``responses``). Millimetres per
pixel come from the pitch of a slit mask, or from the distance of lines where a person states it,
else, with a warning, from the header. Several images of one kind are averaged.

Another nuclide, a window elsewhere, too high a rate, saturation, pixels that are not square or coarser
than half of FWHM, steeply tilted lines and too few counts void; the rest warns. There is no limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from photopeak_analyzers.acquisition import Acquisition, AcquisitionKind, FrameStack, Volume
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
    Precondition,
    Role,
    Scope,
    Variant,
    parameter,
)
from photopeak_analyzers.frames_by_head import HeadCounts, single_frames
from photopeak_analyzers.gamma_camera.line_modulation import frequency_at_share
from photopeak_analyzers.gamma_camera.line_sets import combined, row
from photopeak_analyzers.gamma_camera.modulation_conditions import (
    ResponseLimits,
    frame_conditions,
    response_conditions,
    volume_conditions,
)
from photopeak_analyzers.gamma_camera.modulation_figures import modulation_figures
from photopeak_analyzers.gamma_camera.responses import (
    Response,
    ResponseRules,
    responses_of_image,
    responses_of_volume,
)
from photopeak_analyzers.given import every, pixel_spacing_mm
from photopeak_analyzers.heads_alone import seen_by_heads
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.modulation import V50_TIMES_FWHM
from photopeak_analyzers.shorthand import NumberRow, measurements, metrics
from photopeak_analyzers.source_conditions import on_a_photopeak, photopeaks
from photopeak_analyzers.source_distance import named_distance_mm

CLAUSE = "IEC 60789 / GB/T 18989-2013 2.8, 3.2.2.3.6"

NUCLIDES = ("Tc-99m", "In-113m", "Co-57", "Tl-201", "I-123", "In-111", "Ga-67", "Lu-177", "I-131")
"""Those that collimators are made for."""

SLIT_PITCH_MM = 30.0
"""Of the slit masks of both standards. 3.2.1.2."""

ROLE = Role(
    name="response",
    kinds=frozenset({AcquisitionKind.PLANAR, AcquisitionKind.DYNAMIC, AcquisitionKind.VOLUME}),
    maximum=16,
    label="Lines, slits or a point",
    hint="Line sources, a slit mask or one point source; planar, or reconstructed.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModulationParameters(Parameters):
    """What the sources are, and what the acquisition has to be like."""

    line_distance_mm: float | None = parameter(
        None,
        doc="Distance of parallel lines, to tell millimetres per pixel; of slits 30 mm without it.",
        unit="mm",
        clause="GB/T 18989-2013 3.2.2.3.1",
        minimum=5.0,
        maximum=500.0,
    )
    line_distance_tolerance_mm: float = line_distance_tolerance(
        0.1, clause="GB/T 18989-2013 3.2.2.3.1"
    )
    taper: bool = parameter(
        False, doc="Let the ends of a spread function fall to 0 before it is transformed."
    )
    pixel_correction: bool = parameter(
        False,
        doc="Divide the modulation by that of a pixel, sinc(v p); the text leaves it in.",
        clause="GB/T 18989-2013 2.8",
    )
    nuclide: str | None = parameter(
        None, doc="Nuclide of the source; without it any that collimators are made for."
    )
    pixel_spacing_mm: float | None = pixel_spacing()
    minimum_counts: float = least_counts(
        1_000.0,
        doc="Counts in the peak of each line in each strip, or in the highest pixel of a point;"
        " fewer is a warning.",
        clause="GB/T 18989-2013 3.2.1",
    )
    invalid_below_counts: float = least_counts(
        100.0, doc="Counts there below which nothing is judged: a tenth of the height is noise."
    )
    maximum_rate_cps: float = largest_rate_cps(20_000.0, clause="GB/T 18989-2013 3 c")

    def __post_init__(self) -> None:
        Parameters.__post_init__(self)
        refuse_above(self, "invalid_below_counts", "minimum_counts")
        refuse_without_photopeak(self.nuclide)


Responses = dict[Scope, list[Response]]
"""Spread functions of one kind: head, window, direction, distance, source."""


def measure(inputs: Inputs, parameters: ModulationParameters) -> Analysis:
    """Return the modulation of every line, slit mask, point and reconstructed source."""
    names = NUCLIDES if parameters.nuclide is None else (parameters.nuclide,)
    limits = ResponseLimits(
        clause=CLAUSE,
        nuclides=photopeaks(names),
        minimum_counts=parameters.minimum_counts,
        invalid_below_counts=parameters.invalid_below_counts,
        maximum_rate_cps=parameters.maximum_rate_cps,
    )
    rules = ResponseRules(
        line_distance_mm=parameters.line_distance_mm,
        slit_pitch_mm=SLIT_PITCH_MM,
        tolerance_mm=parameters.line_distance_tolerance_mm,
        taper=parameters.taper,
        pixel_correction=parameters.pixel_correction,
    )
    found: Responses = {}
    preconditions: list[Precondition] = []
    notes: list[Note] = []
    pictures: list[tuple[Scope, HeadCounts, tuple[float, float], Response]] = []
    for acquisition in every(inputs, ROLE, Acquisition):
        if isinstance(acquisition, Volume):
            preconditions += volume_conditions(acquisition, limits)
            for response in responses_of_volume(acquisition, rules):
                scope = Scope.of(source=response.source, direction=response.direction)
                found.setdefault(scope, []).append(response)
                preconditions += response_conditions(response, limits, scope)
        if not isinstance(acquisition, FrameStack):
            continue
        spacing_mm = pixel_spacing_mm(acquisition, parameters.pixel_spacing_mm)
        heads, left_out = on_a_photopeak(acquisition, single_frames(acquisition), limits.nuclides)
        notes += left_out
        seen, onlookers = seen_by_heads(
            heads,
            partial(_of_head, spacing_mm=spacing_mm, rules=rules),
            code="HEAD_WITHOUT_SOURCES",
        )
        notes += onlookers
        for head, response in ((head, each) for head, found_by in seen for each in found_by):
            scope = Scope.of(
                detector=head.detector,
                energy_window=head.energy_window,
                direction=response.direction,
                distance_mm=named_distance_mm(acquisition, head.detector),
            )
            found.setdefault(scope, []).append(response)
            preconditions += frame_conditions(acquisition, head, spacing_mm, limits, scope)
            preconditions += response_conditions(response, limits, scope)
            pictures.append((scope, head, spacing_mm, response))
    numbers: list[Measurement] = []
    for scope, responses in found.items():
        numbers += measurements(scope, _numbers(responses, corrected=parameters.pixel_correction))
    if parameters.pixel_correction:
        notes.append(
            Note(
                code="PIXEL_CORRECTED",
                message="the modulation is divided by that of the pixel, sinc(v p), which the text"
                " does not ask for; FWHM of the spread function is as counted",
            )
        )
    return Analysis(
        measurements=tuple(numbers),
        preconditions=tuple(dict.fromkeys(preconditions)),
        figures=modulation_figures(found, pictures, corrected=parameters.pixel_correction),
        notes=(
            *notes,
            Note(
                code="FORMULA_2_CORRECTED",
                message="the formula (2) of the text lacks the frequency in its cosine; the Fourier"
                " transform that 2.8 defines is what is computed",
            ),
        ),
    )


def _of_head(
    head: HeadCounts, *, spacing_mm: tuple[float, float], rules: ResponseRules
) -> tuple[Response, ...]:
    return responses_of_image(head.counts, spacing_mm, rules)


def _numbers(responses: list[Response], *, corrected: bool) -> list[NumberRow]:
    v50, v10 = (
        combined(frequency_at_share(r.modulation, r.channel_mm, share) for r in responses)
        for share in (0.5, 0.1)
    )
    half = combined(r.half for r in responses)
    gaussian = product = None
    if v50 is not None and half is not None:
        width = 10.0 * V50_TIMES_FWHM / v50.value
        gaussian = Estimate(value=width, uncertainty=width * v50.relative)
        # A frequency without the pixel and a width with it are not of one line.
        product = None if corrected else half.value * v50.value / 10.0
    return [
        row("mtf50_per_cm", v50),
        row("mtf10_per_cm", v10),
        row("gaussian_fwhm_mm", gaussian),
        row("fwhm_mm", half),
        ("v50_times_fwhm", product, None),
        ("mm_per_channel", float(np.mean([r.channel_mm.value for r in responses])), None),
        ("n_images", float(len(responses)), None),
    ]


ANALYZER = Analyzer(
    id="modulation_transfer_function",
    title="Modulation transfer function",
    title_zh="调制传递函数",
    version="1",
    variants=(Variant(name="iec", title="IEC 60789", clause=CLAUSE),),
    roles=(ROLE,),
    metrics=metrics(
        CLAUSE,
        ("mtf50_per_cm", "/cm", "v_50", "Frequency of 50 % modulation", "MTF 50% 空间频率", 2),
        ("mtf10_per_cm", "/cm", "v_10", "Frequency of 10 % modulation", "MTF 10% 空间频率", 2),
        ("gaussian_fwhm_mm", "mm", "FWHM_G", "FWHM of the Gaussian with the same 50 %", "同 MTF 50% 的高斯 FWHM", 1),
        ("fwhm_mm", "mm", "FWHM", "FWHM of the spread function", "扩展函数 FWHM", 1),
        ("v50_times_fwhm", "1", "v_50 FWHM", "50 % frequency times FWHM; 0.441 for a Gaussian", "MTF 50% 频率与 FWHM 之积", 3),
        ("mm_per_channel", "mm", "p", "Millimetres per channel", "每道毫米数", 4),
        ("n_images", "1", "n", "Spread functions", "扩展函数数目", 0),
    ),
    parameters=ModulationParameters,
    measure=measure,
    figures=("response", "spread", "mtf", "table"),
)  # fmt: skip
"""The test, as registered."""
