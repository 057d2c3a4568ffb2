"""Widths of the slits of a mask: what the intrinsic resolution at both count rates has in common.

Each mean of widths in pixels becomes millimetres as ``W D / S`` (3.2.1.3.1, formula 5): pitch of the
mask over the mean distance of the slits. X and Y are given, and their mean, in the UFOV and the CFOV.

The uncertainty holds counting (both crossings and the peak of every slit, by linear propagation), the
calibration (scatter of the distances, tolerance of the mask), and where the pixels lie, because a row
of slits at a whole number of pixels has the same luck with all of them. With pixels of p FWHM:

- The highest channel lies x FWHM beside the top, x even within half a pixel, and misses ``4 ln2 x**2``
  of its height, with a standard deviation of ``4 ln2 p**2 / 4 sqrt(4 / 45)``. FWHM grows by half of
  what is missed over ln 2, FWTM by half of it over ln 10, the equivalent width by all of it.
- A crossing lies anywhere between two pixels, t even from 0 to 1, and the straight line between them
  is off the Gaussian by its bend, ``t (1 - t) / 2``: for the level 1 / q this makes a standard deviation
  of ``4 ln2 p**2 sqrt(1 / 180) (1 - 1 / (2 ln q))`` of the width.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.contract import Analysis, Inputs, Measurement
from photopeak_analyzers.gamma_camera.slit_conditions import SlitClause
from photopeak_analyzers.gamma_camera.slit_images import CFOV, UFOV, SlitField, SlitImage
from photopeak_analyzers.gamma_camera.slit_parameters import SlitParameters
from photopeak_analyzers.gamma_camera.slit_resolution_figures import resolution_figures
from photopeak_analyzers.gamma_camera.slit_sets import IEC, Measured, measure_set, of_the_mask
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.shorthand import MetricRow, measurements

FWHM, FWTM, EW = "fwhm", "fwtm", "ew"

TOP_MISSED = math.log(2.0) * math.sqrt(4.0 / 45.0)
"""Standard deviation of the share of the height that the highest channel misses, over p**2."""

WIDER = {FWHM: 0.5 / math.log(2.0), FWTM: 0.5 / math.log(10.0), EW: 1.0}
"""By which share a width grows per share of the height that is missed."""

CHORD = {
    FWHM: 4.0 * math.log(2.0) / math.sqrt(180.0) * (1.0 - 0.5 / math.log(2.0)),
    FWTM: 4.0 * math.log(2.0) / math.sqrt(180.0) * (1.0 - 0.5 / math.log(10.0)),
    EW: 0.0,
}
"""Standard deviation of the share by which straight lines between pixels change a width, over p**2."""

Floats = NDArray[np.float64]


def measure_resolution(inputs: Inputs, parameters: SlitParameters, asked: SlitClause) -> Analysis:
    """Measure the widths of a set of images of a slit mask."""
    measured = measure_set(inputs, parameters, asked)
    names = (FWHM, FWTM, EW) if inputs.variant == IEC else (FWHM, FWTM)
    numbers: list[Measurement] = []
    for scope, images in measured.found.items():
        by_axis = {direction: _widths(image, names) for direction, image in images.items()}
        for direction, image in images.items():
            found = by_axis[direction]
            numbers += measurements(
                image.scope,
                [
                    (f"{name}_axis_{field}", estimate.value, estimate.uncertainty)
                    for (name, field), estimate in found.items()
                ],
            )
            numbers += of_the_mask(image)
        if len(by_axis) == 2:
            first, second = by_axis.values()
            numbers += measurements(
                scope,
                [
                    (
                        f"{name}_{field}",
                        (estimate.value + second[name, field].value) / 2.0,
                        math.hypot(estimate.uncertainty, second[name, field].uncertainty) / 2.0,
                    )
                    for (name, field), estimate in first.items()
                    if (name, field) in second
                ],
            )
    return Analysis(
        measurements=tuple(numbers),
        preconditions=measured.preconditions,
        figures=resolution_figures(measured.found, tuple(numbers)),
        notes=measured.notes,
    )


def width_metrics(names: tuple[str, ...]) -> tuple[MetricRow, ...]:
    """Return the rows of the metrics of these widths, in both fields, as means and along one axis."""
    words = {FWHM: "FWHM", FWTM: "FWTM", EW: "equivalent width"}
    words_zh = {FWHM: "半高宽 FWHM", FWTM: "十分之一高宽 FWTM", EW: "等效宽度 EW"}
    means = [
        (
            f"{name}_{field}",
            "mm",
            f"{name.upper()}_{field[0]}i",
            f"Intrinsic {words[name]} in the {field.upper()}, mean of X and Y",
            f"固有空间分辨率 {words_zh[name]}（{field.upper()}）",
            1,
        )
        for field in (UFOV, CFOV)
        for name in names
    ]
    by_axis = [
        (
            f"{name}_axis_{field}",
            "mm",
            name.upper(),
            f"Intrinsic {words[name]} along one axis in the {field.upper()}",
            f"单方向固有{words_zh[name]}（{field.upper()}）",
            1,
        )
        for field in (UFOV, CFOV)
        for name in names
    ]
    return (*means, *by_axis)


def _widths(measured: Measured, names: tuple[str, ...]) -> dict[tuple[str, str], Estimate]:
    """Return the mean widths of one image in mm, by name and field."""
    found = {}
    for field_name, field in measured.image.fields.items():
        for name in names:
            widths, noise = _of(field, name)
            if widths.size == 0:
                continue
            mean = float(widths.mean())
            counting = math.sqrt(float((noise**2).sum())) / widths.size
            value = mean * field.mm_per_pixel.value
            relative = math.hypot(
                counting / mean, field.mm_per_pixel.relative, _luck(name, measured.image)
            )
            found[name, field_name] = Estimate(value=value, uncertainty=value * relative)
    return found


def _luck(name: str, image: SlitImage) -> float:
    """Return the standard uncertainty of a width for where the pixels lie, as a share of it."""
    missed = 0.0 if image.parabola else TOP_MISSED * WIDER[name]
    return image.pixel_in_fwhm**2 * math.hypot(missed, CHORD[name])


def _of(field: SlitField, name: str) -> tuple[Floats, Floats]:
    if name == FWTM:
        return field.tenth, field.u_tenth
    if name == EW:
        return field.equivalent, field.u_equivalent
    return field.half, field.u_half
