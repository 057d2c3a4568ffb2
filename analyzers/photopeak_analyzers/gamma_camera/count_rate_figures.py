"""What is seen of a count-rate characteristic: the curve, its losses, its points, three images."""

from __future__ import annotations

import math

import numpy as np

from photopeak_analyzers.contract import Scope
from photopeak_analyzers.figures import (
    Curve,
    CurveFigure,
    CurveStyle,
    Figure,
    ImageFigure,
    ReferenceLine,
    Scale,
    TableFigure,
)
from photopeak_analyzers.gamma_camera.count_rate_curve import KEPT, RateCurve
from photopeak_analyzers.gamma_camera.rate_series import RateSeries
from photopeak_analyzers.numerics.binning import crop_to_blocks, sum_blocks
from photopeak_analyzers.shorthand import in_words

LOW_CPS, MIDDLE_CPS = 5e3, 2e4
"""Observed rates at which images are shown beside the maximum. 3.7.2 e."""

LARGEST_PIXELS = 256
"""An image is shown with at most this many pixels per side."""

FIGURES = ("curve", "loss", "points", "image_low", "image_middle", "image_max")


def rate_figures(
    series: RateSeries, curve: RateCurve, scope: Scope, suffix: str, scale: Scale
) -> tuple[Figure, ...]:
    """Return all figures of one head; the characteristic is drawn with axes of this scale."""
    largest = int(curve.observed_cps.argmax())
    # The maximum parts the rates that the camera showed twice; images belong to the slower side.
    slow = curve.observed_cps[largest:]
    places = {
        "image_low": largest + int(np.abs(slow - LOW_CPS).argmin()),
        "image_middle": largest + int(np.abs(slow - MIDDLE_CPS).argmin()),
        "image_max": largest,
    }
    return (
        _curve(curve, scope, suffix, scale),
        _loss(curve, scope, suffix),
        _points(series, curve, scope, suffix),
        *(_image(series, curve, name, point, suffix) for name, point in places.items()),
    )


def _curve(curve: RateCurve, scope: Scope, suffix: str, scale: Scale) -> CurveFigure:
    slowest = float(curve.observed_cps.min()) if scale is Scale.LOG else 0.0
    straight = np.array([slowest, float(curve.observed_cps.max()) / KEPT])
    curves = [
        Curve(label="no loss", x=straight, y=straight, style=CurveStyle.DASHED),
        Curve(label="20 % loss", x=straight, y=KEPT * straight, style=CurveStyle.DASHED),
        Curve(label="curve", x=curve.input_cps, y=curve.observed_cps),
        Curve(label="measured", x=curve.input_cps, y=curve.observed_cps, style=CurveStyle.POINTS),
    ]
    marks = (("F: 20 % loss", curve.input_20, curve.observed_20),
             ("G: maximum", curve.input_max, curve.observed_max))  # fmt: skip
    for label, x, y in marks:
        if x is not None and y is not None:
            curves.append(
                Curve(
                    label=label,
                    x=np.array([x.value]),
                    y=np.array([y.value]),
                    style=CurveStyle.POINTS,
                )
            )
    return CurveFigure(
        name="curve" + suffix,
        title=f"Count-rate characteristic, {in_words(scope)}",
        x_label="input rate",
        x_unit="{counts}/s",
        y_label="observed rate",
        y_unit="{counts}/s",
        curves=tuple(curves),
        x_scale=scale,
        y_scale=scale,
    )


def _loss(curve: RateCurve, scope: Scope, suffix: str) -> CurveFigure:
    loss = 100.0 * (1.0 - curve.observed_cps / curve.input_cps)
    return CurveFigure(
        name="loss" + suffix,
        title=f"Loss by input rate, {in_words(scope)}",
        x_label="input rate",
        x_unit="{counts}/s",
        y_label="loss",
        y_unit="%",
        curves=(
            Curve(label="curve", x=curve.input_cps, y=loss),
            Curve(label="measured", x=curve.input_cps, y=loss, style=CurveStyle.POINTS),
        ),
        lines=(ReferenceLine(label="20 %", value=100.0 * (1.0 - KEPT)),),
    )


def _points(series: RateSeries, curve: RateCurve, scope: Scope, suffix: str) -> TableFigure:
    return TableFigure(
        name="points" + suffix,
        title=f"Points of the decay, {in_words(scope)}",
        columns=("after (s)", "duration (s)", "counts", "observed (1/s)", "u (1/s)", "input (1/s)"),
        rows=tuple(
            tuple(float(number) for number in row)
            for row in zip(
                series.starts_s,
                series.durations_s,
                series.counts,
                curve.observed_cps,
                curve.u_observed_cps,
                curve.input_cps,
                strict=True,
            )
        ),
    )


def _image(series: RateSeries, curve: RateCurve, name: str, point: int, suffix: str) -> ImageFigure:
    image = series.image(point)
    block = math.ceil(max(image.shape) / LARGEST_PIXELS)
    shown = sum_blocks(crop_to_blocks(image, block), block).astype(np.float32)
    spacing = series.acquisitions[series.places[point][0]].pixel_spacing_mm or (1.0, 1.0)
    return ImageFigure(
        name=name + suffix,
        title=f"Image at {curve.observed_cps[point]:.0f} counts/s, {series.subject}",
        image=shown,
        pixel_spacing_mm=(spacing[0] * block, spacing[1] * block),
        low=0.0,
        high=max(float(shown.max()), 1.0),
        unit="{counts}",
    )
