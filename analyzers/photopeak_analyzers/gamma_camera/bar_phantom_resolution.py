"""Intrinsic resolution with a bar phantom: the finest bars that are resolved, times 1.75.

WS 523-2019 lets the constancy of the resolution be checked with four quadrants of bars, in eight
images: turned by quarters, and turned over. Every image measures each set of bars along one
direction; the set of images grows as they come, and each new one refines the result.

A set is resolved when its modulation exceeds 0.10 and its stripes stand out of the noise. The
modulation M of Hander is that of :mod:`~photopeak_analyzers.gamma_camera.bar_patterns`. What a
person reads from the images may be supplied, and stands beside it: the text asks for the eye.

Two more estimates need no threshold. For bars of width w and a Gaussian of full width F the
modulation of a sine is ``exp(-(pi F / (2 w))**2 / (4 ln 2))``. With M in its place the published
formula ``F = 1.06 w sqrt(ln(1 / M))`` follows (`fwhm_moment_mm`); the first harmonic of a square
bar is 4 / pi higher than the sine, so ``pi M / 4`` in its place is the one that hits the width of a
Gaussian (`fwhm_mtf_mm`). Both are means of the resolved sets, weighted by their uncertainties. No
pixel is taken out of them.

Uncertainties: of M that of counting; of the estimates what follows from it to first order; of 1.75
times the bars that of a step, ``1.75 (w - w') / sqrt(12)`` with w' the next finer set, which is not
resolved. The factor itself is the text's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from photopeak_analyzers.bounds import refuse_out_of_bounds
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Column,
    Inputs,
    Measurement,
    Note,
    Precondition,
    Reading,
    ReadingKind,
    Scope,
    Variant,
    parameter,
)
from photopeak_analyzers.errors import MissingReadingError
from photopeak_analyzers.figures import Figure
from photopeak_analyzers.gamma_camera.bar_conditions import (
    head_conditions,
    image_conditions,
    noise_condition,
)
from photopeak_analyzers.gamma_camera.bar_figures import image_figure, modulations, profiles, table
from photopeak_analyzers.gamma_camera.bar_images import CLAUSE, ROLE, BarParameters, bar_images
from photopeak_analyzers.gamma_camera.bar_patterns import THINNEST_BAR_MM, WIDEST_BAR_MM
from photopeak_analyzers.gamma_camera.bar_sets import (
    DIRECTIONS,
    SETS,
    SQUARE_BAR,
    Head,
    along,
    head_of,
    mean_width,
    resolved,
    widths_of,
)
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.shorthand import as_suffix, in_words, measurements, metrics

FWHM_PER_BAR = 1.75
"""FWHM over the width of the finest bars that are resolved. WS 523-2019."""

READING = Reading(
    name="read_bars",
    label="Finest bars resolved by eye",
    unit="mm",
    kind=ReadingKind.TABLE,
    required=False,
    columns=(Column("detector", "1"), Column("x_mm", "mm"), Column("y_mm", "mm")),
    hint="One line per detector: width of the finest bars that a reader resolves along X and Y.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BarResolutionParameters(BarParameters):
    """How the bars are judged."""

    threshold: float = parameter(
        0.10,
        doc="Modulation above which a set of bars counts as resolved.",
        clause="published practice",
        minimum=0.02,
        maximum=0.9,
    )


def measure(inputs: Inputs, parameters: BarResolutionParameters) -> Analysis:
    """Measure the resolution of every head along both directions."""
    images, left_out = bar_images(inputs, parameters)
    widths = widths_of(images, parameters.bar_widths_mm)
    heads = [
        head_of(scope, images, widths) for scope in dict.fromkeys(i.head_scope for i in images)
    ]
    found: list[Measurement] = []
    preconditions: list[Precondition] = []
    figures: list[Figure] = []
    for head in heads:
        for image, sets in zip(head.images, head.sets, strict=True):
            preconditions += image_conditions(image, parameters)
            preconditions.append(noise_condition(image, parameters.threshold))
            figures.append(image_figure(image, sets, as_suffix(image.scope)))
        preconditions += head_conditions(head, parameters.threshold)
        for direction in DIRECTIONS:
            found += _numbers(head, direction, parameters.threshold)
        suffix = as_suffix(head.scope) if len(heads) > 1 else ""
        figures.append(profiles(head.images, head.sets, head.widths_mm, suffix))
        figures.append(modulations(head.along, parameters.threshold, suffix))
        figures.append(table(head.images, head.sets, suffix))
    found += _read(inputs, heads)
    return Analysis(
        measurements=tuple(found),
        preconditions=tuple(preconditions),
        figures=tuple(figures),
        notes=(*_notes(heads, parameters), *left_out),
    )


def _numbers(head: Head, direction: str, threshold: float) -> list[Measurement]:
    scope = along(head.scope, direction)
    sets = head.along[direction]
    found = []
    for each in sets:
        found += measurements(
            Scope.of(**dict(scope.items), bar_set=each.number),
            [
                ("bar_width_mm", each.width_mm, None),
                ("bar_modulation", each.modulation.value, each.modulation.uncertainty),
                (
                    "bar_mtf",
                    SQUARE_BAR * each.modulation.value,
                    SQUARE_BAR * each.modulation.uncertainty,
                ),
            ],
        )
    seen = resolved(sets, threshold)
    if not seen:
        return found
    finest = seen[-1].width_mm
    finer = next((each.width_mm for each in sets if each.number == seen[-1].number + 1), None)
    step = None if finer is None else (finest - finer) / math.sqrt(12.0)
    moment, sine = (mean_width(seen, factor) for factor in (1.0, SQUARE_BAR))
    return found + measurements(
        scope,
        [
            ("smallest_resolved_bar_mm", finest, step),
            ("fwhm_bar_mm", FWHM_PER_BAR * finest, None if step is None else FWHM_PER_BAR * step),
            ("fwhm_moment_mm", *_pair(moment)),
            ("fwhm_mtf_mm", *_pair(sine)),
        ],
    )


def _pair(estimate: Estimate | None) -> tuple[float | None, float | None]:
    return (None, None) if estimate is None else (estimate.value, estimate.uncertainty)


def _read(inputs: Inputs, heads: Sequence[Head]) -> list[Measurement]:
    """Return what a person read, for the heads of which there are images."""
    reading = inputs.readings.get(READING.name)
    if reading is None:
        return []
    rows = reading.value if isinstance(reading.value, tuple) else ()
    found = []
    for head in heads:
        mine = [row for row in rows if row[0] == head.scope.get("detector")]
        if len(mine) != 1:
            raise MissingReadingError(
                f"the reading {READING.name} has {len(mine)} lines of two widths for"
                f" {in_words(head.scope)}, needs 1",
                quantity=READING.name,
                value=len(mine),
                bound=1,
            )
        for width in mine[0][1:]:
            refuse_out_of_bounds(
                f"width in the reading {READING.name} for {in_words(head.scope)}",
                width,
                minimum=THINNEST_BAR_MM,
                maximum=WIDEST_BAR_MM,
                unit="mm",
            )
        for direction, width in zip(DIRECTIONS, mine[0][1:], strict=True):
            found += measurements(
                along(head.scope, direction),
                [("read_bar_mm", width, None), ("fwhm_read_mm", FWHM_PER_BAR * width, None)],
            )
    return found


def _notes(heads: Sequence[Head], parameters: BarResolutionParameters) -> tuple[Note, ...]:
    notes = [
        Note(
            code="BARS_FOR_CONSTANCY",
            message="bars stand for the slit mask in tests of constancy alone",
            unfit_for=("acceptance", "status"),
        ),
        Note(
            code="BARS_RESOLVED_BY",
            message=f"bars count as resolved from a modulation of {parameters.threshold:g} on"
            " (Hander); the text asks for the eye of a reader",
            values={"threshold": parameters.threshold},
        ),
    ]
    known = max((len(head.widths_mm) for head in heads), default=0)
    if not parameters.bar_widths_mm:
        notes.append(
            Note(
                code="BAR_WIDTHS_MEASURED",
                message=f"{known} of {SETS} widths of bars are measured from the image,"
                " with the spacing of its pixels; none is stated",
                values={"widths": known},
            )
        )
    return tuple(notes)


ANALYZER = Analyzer(
    id="bar_phantom_resolution",
    title="Intrinsic resolution with a bar phantom",
    title_zh="四象限铅栅固有空间分辨力",
    version="1",
    variants=(Variant(name="ws523", title="WS 523-2019", clause=CLAUSE),),
    roles=(ROLE,),
    readings=(READING,),
    metrics=metrics(
        CLAUSE,
        ("fwhm_bar_mm", "mm", "FWHM", "FWHM, 1.75 times the finest bars", "半高宽（最小可分辨线宽×1.75）", 2),
        ("smallest_resolved_bar_mm", "mm", "w_min", "Finest bars resolved", "可分辨的最小线宽", 2),
        ("fwhm_moment_mm", "mm", "FWHM_M", "FWHM from the modulation, as published", "半高宽（矩法）", 2),
        ("fwhm_mtf_mm", "mm", "FWHM_MTF", "FWHM from the first harmonic", "半高宽（一次谐波）", 2),
        ("bar_modulation", "1", "M", "Modulation of a set of bars", "铅栅调制度", 3),
        ("bar_mtf", "1", "MTF", "MTF at the frequency of a set of bars", "铅栅频率处的调制传递函数", 3),
        ("bar_width_mm", "mm", "w", "Width of a set of bars", "铅栅线宽", 2),
        ("read_bar_mm", "mm", "w_r", "Finest bars resolved by eye", "目测可分辨的最小线宽", 2),
        ("fwhm_read_mm", "mm", "FWHM_r", "FWHM, 1.75 times the finest bars by eye", "半高宽（目测线宽×1.75）", 2),
    ),
    parameters=BarResolutionParameters,
    measure=measure,
    figures=("bars", "profiles", "modulations", "quadrants"),
)  # fmt: skip
"""The test, as registered."""
