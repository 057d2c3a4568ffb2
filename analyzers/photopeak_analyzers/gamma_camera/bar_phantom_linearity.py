"""Linearity with a bar phantom: whether the bars are straight.

WS 523-2019 lets a person look, every six months, whether the bars of the phantom are bent. That
verdict, where it is supplied, is what is judged (`bars_straight`, 1 or 0). Beside it every bar of the
quadrants that are resolved is followed in strips (:mod:`~photopeak_analyzers.gamma_camera.bar_traces`), and
the largest deviation from the straight line through a bar is given: it informs, no text has a limit
for it.

The largest of many deviations is never 0: `deviation_floor_mm` is what straight bars would show with
the same counts, and `deviation_sigma` the largest one in units of its own uncertainty. The
uncertainty of the largest is the spread of simulated repetitions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.conditions import bounded, graded
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Note,
    Precondition,
    PreconditionCode,
    Reading,
    ReadingKind,
    Scope,
    Severity,
    Variant,
    parameter,
)
from photopeak_analyzers.errors import ParameterError, UnsuitableAcquisitionError
from photopeak_analyzers.figures import Figure
from photopeak_analyzers.gamma_camera.bar_conditions import image_conditions
from photopeak_analyzers.gamma_camera.bar_images import (
    CLAUSE,
    ROLE,
    BarImage,
    BarParameters,
    bar_images,
)
from photopeak_analyzers.gamma_camera.bar_linearity_figures import (
    bars_figure,
    table_figure,
    worst_figure,
)
from photopeak_analyzers.gamma_camera.bar_traces import Traces, off_lines, trace
from photopeak_analyzers.shorthand import as_suffix, measurements, metrics

FLOOR_WARNS_MM, FLOOR_VOIDS_MM = 0.5, 1.0
"""Largest deviation that counting alone may give: an eye sees a bar bent by about half its width."""

STRAIGHT, BENT = "straight", "bent"

VERDICT = Reading(
    name="bars_by_eye",
    label="Bars as a person sees them",
    unit="1",
    kind=ReadingKind.CHOICE,
    choices=(STRAIGHT, BENT),
    required=False,
    hint="Bent if a bar of any head is.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BarLinearityParameters(BarParameters):
    """How the bars are followed."""

    strip_mm: float = parameter(
        10.0,
        doc="Length of the strips across the bars in which each of them is found.",
        unit="mm",
        minimum=2.0,
        maximum=30.0,
    )
    threshold: float = parameter(
        0.10,
        doc="Modulation above which the bars of a quadrant are followed.",
        minimum=0.02,
        maximum=0.9,
    )
    noise_draws: int = parameter(
        200, doc="Simulated repetitions behind the uncertainty.", minimum=10, maximum=2000
    )
    noise_seed: int = parameter(
        1910,
        doc="Seed of the repetitions: the same seed gives the same uncertainty.",
        minimum=0,
        maximum=2**31 - 1,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Deviations:
    """Of all bars across one direction: the largest, its uncertainty, floor and root mean square."""

    largest_mm: float
    uncertainty_mm: float
    floor_mm: float
    rms_mm: float
    sigma: float


def measure(inputs: Inputs, parameters: BarLinearityParameters) -> Analysis:
    """Follow the bars of every image of every head."""
    images, left_out = bar_images(inputs, parameters)
    heads: dict[Scope, list[tuple[BarImage, tuple[Traces, ...]]]] = {}
    for image in images:
        heads.setdefault(image.head_scope, []).append((image, _followed(image, parameters)))
    found: list[Measurement] = []
    preconditions: list[Precondition] = []
    figures: list[Figure] = []
    notes = [
        Note(
            code="BARS_FOR_CONSTANCY",
            message="bars stand for the slit mask in tests of constancy alone",
            unfit_for=("acceptance", "status"),
        ),
        *left_out,
    ]
    for scope, head in heads.items():
        suffix = as_suffix(scope) if len(heads) > 1 else ""
        for image, traces in head:
            preconditions += image_conditions(image, parameters)
            figures.append(bars_figure(image, traces, as_suffix(image.scope)))
        bars_of_head = [each for _, mine in head for each in mine]
        directions = sorted({each.pattern.across for each in bars_of_head})
        preconditions.append(_directions(directions, scope))
        for direction in directions:
            along = Scope.of(**dict(scope.items), direction=direction)
            bars = _deviations(
                [each for each in bars_of_head if each.pattern.across == direction], parameters
            )
            preconditions.append(_floor(bars.floor_mm, along))
            found += measurements(
                along,
                [
                    ("max_deviation_mm", bars.largest_mm, bars.uncertainty_mm),
                    ("rms_deviation_mm", bars.rms_mm, None),
                    ("deviation_floor_mm", bars.floor_mm, None),
                    ("deviation_sigma", bars.sigma, None),
                ],
            )
        followed = sum(len(each.across) for each in bars_of_head)
        found += measurements(scope, [("bars_followed", float(followed), None)])
        figures += [worst_figure(head, suffix), table_figure(head, suffix)]
    return Analysis(
        measurements=(*found, *_by_eye(inputs)),
        preconditions=tuple(preconditions),
        figures=tuple(figures),
        notes=tuple(notes),
    )


def _followed(image: BarImage, parameters: BarLinearityParameters) -> tuple[Traces, ...]:
    resolved = [
        pattern
        for pattern in image.patterns
        if pattern.seen and pattern.modulation.value > parameters.threshold
    ]
    if not resolved:
        best = max(pattern.modulation.value for pattern in image.patterns)
        raise UnsuitableAcquisitionError(
            f"{image.subject} has a modulation of {best:.3f} at best, needs more than"
            f" {parameters.threshold:g} to follow its bars",
            quantity="modulation of the bars",
            value=best,
            bound=parameters.threshold,
        )
    return tuple(
        trace(image.head.counts, pattern, image.pixel_mm, parameters.strip_mm)
        for pattern in resolved
    )


def _deviations(traces: Sequence[Traces], parameters: BarLinearityParameters) -> _Deviations:
    rng = np.random.default_rng(parameters.noise_seed)
    kept = _not_by_counting(traces)
    repeated = np.zeros(parameters.noise_draws)
    chance = np.zeros(parameters.noise_draws)
    for each in traces:
        shape = (parameters.noise_draws, *each.residuals_mm.shape)
        noise = each.uncertainty_mm * rng.standard_normal(shape)
        # What a bar has of a straight line is taken out of its noise as well.
        noise = off_lines(noise.reshape(-1, shape[2])).reshape(shape)
        repeated = np.maximum(repeated, np.abs(kept * each.residuals_mm + noise).max(axis=(1, 2)))
        chance = np.maximum(chance, np.abs(noise).max(axis=(1, 2)))
    largest = [float(np.abs(each.residuals_mm).max()) for each in traces]
    squares = sum(float((each.residuals_mm**2).sum()) for each in traces)
    places = sum(each.residuals_mm.size for each in traces)
    return _Deviations(
        largest_mm=max(largest),
        uncertainty_mm=float(repeated.std(ddof=1)),
        floor_mm=float(chance.mean()),
        rms_mm=math.sqrt(squares / places),
        sigma=max(top / each.uncertainty_mm for top, each in zip(largest, traces, strict=True)),
    )


def _not_by_counting(traces: Sequence[Traces]) -> float:
    """Return the share of the deviations that is left when that of counting is taken out.

    Repetitions about the deviations as measured would have the noise of these twice.
    """
    measured = sum(float((each.residuals_mm**2).sum()) for each in traces)
    by_counting = sum(
        each.residuals_mm.shape[0] * (each.residuals_mm.shape[1] - 2) * each.uncertainty_mm**2
        for each in traces
    )
    return math.sqrt(max(0.0, 1.0 - by_counting / measured)) if measured > 0.0 else 0.0


def _directions(directions: Sequence[str], scope: Scope) -> Precondition:
    return bounded(
        PreconditionCode.FRAMES,
        "directions across which bars were followed",
        float(len(directions)),
        lower=2.0,
        unit="1",
        severity=Severity.SOFT,
        scope=scope,
        clause=CLAUSE,
        expected="a further image, turned by 90 degrees",
    )


def _floor(floor_mm: float, scope: Scope) -> Precondition:
    return graded(
        PreconditionCode.COUNTS,
        "deviation that counting alone gives",
        floor_mm,
        soft=(None, FLOOR_WARNS_MM),
        hard=(None, FLOOR_VOIDS_MM),
        unit="mm",
        scope=scope,
        clause=CLAUSE,
    )


def _by_eye(inputs: Inputs) -> list[Measurement]:
    reading = inputs.readings.get(VERDICT.name)
    if reading is None:
        return []
    if reading.value not in VERDICT.choices:
        raise ParameterError(
            f"{VERDICT.name} is {reading.value!r}, needs {' or '.join(VERDICT.choices)}",
            quantity=VERDICT.name,
            value=str(reading.value),
            bound=" or ".join(VERDICT.choices),
        )
    return measurements(Scope(), [("bars_straight", float(reading.value == STRAIGHT), None)])


ANALYZER = Analyzer(
    id="bar_phantom_linearity",
    title="Linearity with a bar phantom",
    title_zh="四象限铅栅线性",
    version="1",
    variants=(Variant(name="ws523", title="WS 523-2019, bars by eye", clause=CLAUSE),),
    roles=(ROLE,),
    readings=(VERDICT,),
    metrics=metrics(
        CLAUSE,
        ("bars_straight", "1", "S", "Bars straight to the eye (1) or bent (0)", "目测铅栅平直（1）或弯曲（0）", 0),
        ("max_deviation_mm", "mm", "d_max", "Largest deviation of a bar from its line", "铅栅偏离直线最大值", 2),
        ("rms_deviation_mm", "mm", "d_rms", "Root mean square deviation", "偏离均方根值", 3),
        ("deviation_floor_mm", "mm", "d_0", "What counting alone would give", "统计涨落引起的偏离", 2),
        ("deviation_sigma", "1", "z_max", "Largest deviation over its uncertainty", "最大偏离与其不确定度之比", 1),
        ("bars_followed", "1", "n", "Bars that were followed", "跟踪的铅栅条数", 0),
    ),
    parameters=BarLinearityParameters,
    measure=measure,
    figures=("bars", "worst", "quadrants"),
)  # fmt: skip
"""The test, as registered."""
