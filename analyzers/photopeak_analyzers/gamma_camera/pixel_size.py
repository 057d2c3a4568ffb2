"""Pixel size: millimetres per pixel along X and Y, by sources a known distance apart.

The calibration factor of NEMA NU 1-2007 2.1 (GB/T 18989-2013 E.1.4; IEC 60789 / GB/T 18989-2013
3.2.1.3 and 3.5.3.1 have the same D / S): the known distance of two points, of two line sources or of
the slits of a mask (30 mm), over their measured distance in pixels. One image shows one axis; images
of both axes, of each head, matrix and zoom are one set. The header is compared with what is found.

The known distance is read from the name of the series (``300 mm``), else supplied by a person, else
the parameter; a slit mask has its pitch from the standards. The uncertainty holds counting and the
tolerance of that distance (see ``source_pairs``).

A pixel of the header that is off by more than 20 % voids, as then the distance or the image is
another one; so do a head that nobody names, saturation, sources that stand obliquely, and too few
counts. A window beside the photopeak, and an axis that is missing, warn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from photopeak_analyzers.acquisition import AcquisitionKind, FrameStack
from photopeak_analyzers.common_parameters import least_counts, pixel_spacing, refuse_above
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Note,
    Parameters,
    Precondition,
    Reading,
    Role,
    Scope,
    Variant,
    parameter,
)
from photopeak_analyzers.frames_by_head import HeadCounts
from photopeak_analyzers.gamma_camera.pixel_size_conditions import (
    PixelLimits,
    both_axes,
    image_conditions,
)
from photopeak_analyzers.gamma_camera.pixel_size_figures import pixel_figures
from photopeak_analyzers.gamma_camera.pixel_size_images import Measured, measured_heads
from photopeak_analyzers.gamma_camera.source_pairs import Found
from photopeak_analyzers.given import every, pixel_spacing_mm
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.shorthand import measurements, metrics

CLAUSE = "NEMA NU 1-2007 2.1 (GB/T 18989-2013 E.1.4), calibration factor"

SLIT_PITCH_MM = 30.0
"""Of the slit masks of both standards. E.1.2, 3.2.1.2."""

ROLE = Role(
    name="sources",
    kinds=frozenset({AcquisitionKind.PLANAR, AcquisitionKind.DYNAMIC}),
    maximum=16,
    label="Sources a known distance apart",
    hint="Two points, two lines or a slit mask, apart along X in one image and along Y in another.",
)

DISTANCE = Reading(
    name="source_distance",
    label="Distance of the sources from each other",
    unit="mm",
    minimum=10.0,
    maximum=600.0,
    required=False,
    hint="Where the names of the series do not tell it; not of a slit mask.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelSizeParameters(Parameters):
    """What the sources are."""

    source_distance_mm: float | None = parameter(
        None,
        doc="Distance of the sources, where neither name nor person tells it.",
        unit="mm",
        clause="GB/T 18989-2013 E.1.4",
        minimum=10.0,
        maximum=600.0,
    )
    slit_pitch_mm: float = parameter(
        SLIT_PITCH_MM,
        doc="Distance of the slits of a mask.",
        unit="mm",
        clause="GB/T 18989-2013 E.1.2",
        minimum=5.0,
        maximum=100.0,
    )
    distance_tolerance_mm: float = parameter(
        0.1,
        doc="By how much the known distance may be wrong.",
        unit="mm",
        clause="GB/T 18989-2013 3.2.2.3.1",
        minimum=0.0,
        maximum=10.0,
    )
    pixel_spacing_mm: float | None = pixel_spacing()
    minimum_counts: float = least_counts(
        1_000.0, doc="Counts in the peak of a line in a strip, or of a point; fewer is a warning."
    )
    invalid_below_counts: float = least_counts(
        100.0, doc="Counts below which nothing is judged: a place is known to a tenth of a width."
    )

    def __post_init__(self) -> None:
        Parameters.__post_init__(self)
        refuse_above(self, "invalid_below_counts", "minimum_counts")


Set = dict[Scope, dict[str, list[Measured]]]
"""Images by head, window, matrix and zoom, and by axis."""


def measure(inputs: Inputs, parameters: PixelSizeParameters) -> Analysis:
    """Measure the pixel in every image."""
    limits = PixelLimits(
        clause=CLAUSE,
        minimum_counts=parameters.minimum_counts,
        invalid_below_counts=parameters.invalid_below_counts,
    )
    images: Set = {}
    preconditions: list[Precondition] = []
    notes: list[Note] = []
    for acquisition in every(inputs, ROLE, FrameStack):
        seen, left_out = measured_heads(
            acquisition,
            _header_mm(acquisition, parameters),
            partial(_distance_mm, acquisition, inputs, parameters),
            parameters.distance_tolerance_mm,
        )
        notes += left_out
        for measured in seen:
            scope = _scope(acquisition, measured.head)
            axis = measured.found.direction
            images.setdefault(scope, {}).setdefault(axis, []).append(measured)
            preconditions += image_conditions(
                acquisition,
                measured.head,
                measured.found,
                measured.header_along_mm,
                limits,
                Scope.of(**dict(scope.items), direction=axis),
            )
    numbers: list[Measurement] = []
    for scope, by_axis in sorted(images.items(), key=lambda item: str(item[0].items)):
        numbers += _numbers(scope, by_axis)
        preconditions.append(both_axes(len(by_axis), scope=scope, clause=CLAUSE))
    return Analysis(
        measurements=tuple(numbers),
        preconditions=tuple(dict.fromkeys(preconditions)),
        figures=pixel_figures(
            [
                (scope, m.head.counts, m.header_mm, m.found)
                for scope, by_axis in images.items()
                for of_axis in by_axis.values()
                for m in of_axis
            ]
        ),
        notes=tuple(notes),
    )


def _header_mm(acquisition: FrameStack, parameters: PixelSizeParameters) -> tuple[float, float]:
    """Return the spacing that is compared: that of the header, as stated where it has none."""
    stated = parameters.pixel_spacing_mm if acquisition.pixel_spacing_mm is None else None
    return pixel_spacing_mm(acquisition, stated)


def _scope(acquisition: FrameStack, head: HeadCounts) -> Scope:
    """Return head, window, matrix and zoom: pixels of another matrix or zoom are others."""
    detector = acquisition.detector(head.detector)
    return Scope.of(
        detector=head.detector,
        energy_window=head.energy_window,
        matrix=head.counts.shape[1],
        zoom=None if detector is None else detector.zoom,
    )


def _distance_mm(
    acquisition: FrameStack, inputs: Inputs, parameters: PixelSizeParameters, found: Found
) -> float:
    """Return how far apart the sources are: by name, by a person, by parameter, by the standard."""
    named = acquisition.origin.number("apart_mm")
    if named is None:
        in_cm = acquisition.origin.number("apart_cm")
        named = None if in_cm is None else 10.0 * in_cm
    lowest, highest = DISTANCE.minimum or 0.0, DISTANCE.maximum or np.inf
    if named is not None and lowest <= named <= highest:
        return named
    if DISTANCE.name in inputs.readings:
        return inputs.number(DISTANCE.name)
    if parameters.source_distance_mm is not None:
        return parameters.source_distance_mm
    if found.is_mask:
        return parameters.slit_pitch_mm
    return inputs.number(DISTANCE.name)


def _numbers(scope: Scope, by_axis: Mapping[str, list[Measured]]) -> list[Measurement]:
    numbers: list[Measurement] = []
    sides: dict[str, Estimate] = {}
    for axis, images in sorted(by_axis.items()):
        pixel = _mean([m.found.pixel_mm for m in images])
        header = float(np.mean([m.header_along_mm for m in images]))
        sides[axis] = pixel
        numbers += measurements(scope, [(f"pixel_{axis}_mm", pixel.value, pixel.uncertainty)])
        numbers += measurements(
            Scope.of(**dict(scope.items), direction=axis),
            [
                (
                    "header_deviation_pct",
                    100.0 * (header / pixel.value - 1.0),
                    100.0 * header / pixel.value * pixel.relative,
                ),
                ("header_pixel_mm", header, None),
                ("separation_px", float(np.mean([m.found.separation_px for m in images])), None),
                ("tilt_deg", max((m.found.tilt_deg for m in images), key=abs), None),
                ("n_images", float(len(images)), None),
            ],
        )
    if len(sides) == 2:
        ratio = sides["x"].value / sides["y"].value
        u = ratio * float(np.hypot(sides["x"].relative, sides["y"].relative))
        numbers += measurements(scope, [("xy_ratio", ratio, u)])
    return numbers


def _mean(estimates: list[Estimate]) -> Estimate:
    """Return the mean; the uncertainty is that of one, as all rest on the same known distance."""
    return Estimate(
        value=float(np.mean([e.value for e in estimates])),
        uncertainty=float(np.mean([e.uncertainty for e in estimates])),
    )


ANALYZER = Analyzer(
    id="pixel_size",
    title="Pixel size",
    title_zh="像素尺寸",
    version="1",
    variants=(Variant(name="nema", title="NEMA NU 1-2007", clause=CLAUSE),),
    roles=(ROLE,),
    readings=(DISTANCE,),
    metrics=metrics(
        CLAUSE,
        ("pixel_x_mm", "mm", "p_x", "Side of a pixel along X", "X 方向像素尺寸", 3),
        ("pixel_y_mm", "mm", "p_y", "Side of a pixel along Y", "Y 方向像素尺寸", 3),
        ("xy_ratio", "1", "p_x/p_y", "Pixel along X over pixel along Y", "像素 X/Y 比", 4),
        ("header_deviation_pct", "%", "d", "Deviation of the header from the measured pixel", "头文件像素尺寸偏差", 2),
        ("header_pixel_mm", "mm", "p_h", "Side of a pixel in the header", "头文件像素尺寸", 3),
        ("separation_px", "{pixels}", "S", "Distance of the sources", "源间距（像素）", 2),
        ("tilt_deg", "deg", "alpha", "Tilt of the sources", "源倾斜角", 2),
        ("n_images", "1", "n", "Images measured", "图像数目", 0),
    ),
    parameters=PixelSizeParameters,
    measure=measure,
    figures=("sources", "table"),
)  # fmt: skip
"""The test, as registered."""
