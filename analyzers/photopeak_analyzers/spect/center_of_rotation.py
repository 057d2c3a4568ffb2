"""Centre of rotation: where the axis of the gantry falls into the image, per head.

A point source off the axis is seen over 180 or 360 degrees. Its transaxial position is a sine of
the angle whose constant is the projection of the axis; the offset is the distance of that constant
from the middle of the matrix, ``(columns - 1) / 2`` in 0-based pixel centres. The largest residual
about the sine says nothing of it: a constant offset, the very defect, vanishes in the fit.

Conventions
-----------
* A positive offset means that the axis falls to the right of the middle, towards higher columns,
  in the image of that head as it is stored. Heads that face each other look from opposite sides:
  one and the same shift of the axis has opposite signs in their images.
* Angles come with the frames, positive counter-clockwise as the header says. The offset does not
  depend on the sense of rotation, nor on where it starts: both only turn the phase of the sine.
* X is along a row (transaxial), Y along a column (axial).

The uncertainty of the offset is that of counting, or of the scatter about the sine where that is
larger. It does not hold the uncertainty of the pixel size.
"""

from __future__ import annotations

import math

import numpy as np

from photopeak_analyzers.acquisition import AcquisitionKind, Tomographic
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Note,
    Precondition,
    Role,
    Variant,
)
from photopeak_analyzers.figures import Figure
from photopeak_analyzers.frames_by_head import refuse_impossible
from photopeak_analyzers.given import one, pixel_spacing_mm
from photopeak_analyzers.nuclides import imaged_lines_kev
from photopeak_analyzers.shorthand import (
    NumberRow,
    as_suffix,
    in_words,
    measurements,
    metrics,
)
from photopeak_analyzers.source_conditions import Photopeaks, on_a_photopeak
from photopeak_analyzers.spect.center_of_rotation_conditions import (
    CLAUSE,
    CenterOfRotationParameters,
    conditions_of,
)
from photopeak_analyzers.spect.center_of_rotation_figures import figures_of
from photopeak_analyzers.spect.rotation_fit import RotationFit, fit_rotation
from photopeak_analyzers.spect.rotation_views import Views, views_of

LEAST_PAIRS = 8
"""Opposed views below which their mean is no estimate of its own."""

ROLE = Role(
    name="views",
    kinds=frozenset({AcquisitionKind.TOMOGRAPHIC}),
    label="Views of a point source",
    hint="One point source in air, 50 to 150 mm off the axis, at least 32 views over 180 or 360"
    " degrees, reconstruction corrections off.",
)


def measure(inputs: Inputs, parameters: CenterOfRotationParameters) -> Analysis:
    """Measure the centre of rotation of every head in every energy window on a photopeak."""
    acquisition = one(inputs, ROLE, Tomographic)
    refuse_impossible(acquisition.counts)
    pixel_mm = pixel_spacing_mm(acquisition, parameters.pixel_spacing_mm)
    chosen, notes = on_a_photopeak(acquisition, views_of(acquisition), _own(acquisition))
    found: list[Measurement] = []
    preconditions: list[Precondition] = []
    figures: list[Figure] = []
    for views in chosen:
        frames = views.frames_of(acquisition)
        fit = fit_rotation(frames, views, pixel_mm)
        found.extend(_measurements(fit))
        preconditions.extend(conditions_of(acquisition, fit, frames, parameters))
        suffix = as_suffix(views.scope) if len(chosen) > 1 else ""
        figures.extend(figures_of(fit, frames, suffix, in_words(views.scope)))
        notes.extend(_notes(acquisition, views))
    return Analysis(
        measurements=tuple(found),
        preconditions=tuple(preconditions),
        figures=tuple(figures),
        notes=tuple(notes),
    )


def _own(acquisition: Tomographic) -> Photopeaks:
    nuclide = acquisition.nuclide
    lines = () if nuclide is None else imaged_lines_kev(nuclide)
    return {nuclide: lines} if nuclide is not None and lines else {}


def _measurements(fit: RotationFit) -> list[Measurement]:
    x, y = fit.transaxial, fit.axial
    row_mm, column_mm = fit.pixel_mm
    radius, radius_u = fit.radius_mm, x.amplitude_uncertainty * column_mm
    # rms**2 is a chi square: its root is known to 1 / sqrt(2 * degrees of freedom).
    rms_u = x.rms * column_mm / math.sqrt(2.0 * (fit.x_px.size - 3))
    tilt_u = math.degrees(y.amplitude_uncertainty * row_mm / radius) if radius > 0.0 else None
    numbers: list[NumberRow] = [
        ("cor_offset_px", x.constant, x.constant_uncertainty),
        ("cor_offset_mm", x.constant * column_mm, x.constant_uncertainty * column_mm),
        ("cor_rms_mm", x.rms * column_mm, rms_u),
        ("cor_max_residual_mm", x.largest_residual * column_mm, None),
        ("axial_mean_mm", y.constant * row_mm, y.constant_uncertainty * row_mm),
        ("axial_range_mm", float(np.ptp(fit.y_px)) * row_mm, None),
        ("axial_tilt_deg", fit.axial_tilt_deg, tilt_u),
        ("source_radius_mm", radius, radius_u),
        ("counts_per_view", float(fit.centroids.counts.min()), None),
    ]
    opposed = fit.opposed_px
    if opposed.size >= LEAST_PAIRS:
        sd = float(opposed.std(ddof=1))
        numbers.append(("cor_opposed_px", float(opposed.mean()), sd / math.sqrt(opposed.size)))
        numbers.append(("cor_opposed_sd_px", sd, sd / math.sqrt(2.0 * (opposed.size - 1))))
    return measurements(fit.views.scope, numbers)


def _notes(acquisition: Tomographic, views: Views) -> list[Note]:
    detector = acquisition.detector(views.detector)
    offset_mm = None if detector is None else detector.centre_of_rotation_offset_mm
    if not offset_mm:
        return []
    return [
        Note(
            code="COR_OFFSET_IN_HEADER",
            message=f"the header carries an offset of {offset_mm:g} mm for {in_words(views.scope)};"
            " if the views are shifted by it already, what is found here is the rest",
            scope=views.scope,
            values={"header_offset_mm": offset_mm},
        )
    ]


ANALYZER = Analyzer(
    id="center_of_rotation",
    title="Centre of rotation",
    title_zh="旋转中心",
    version="1",
    variants=(
        Variant(
            name="local",
            title="Point source, sine of known frequency",
            clause=CLAUSE,
        ),
    ),
    roles=(ROLE,),
    metrics=metrics(
        CLAUSE,
        ("cor_offset_px", "{pixels}", "COR", "Offset of the axis of rotation", "旋转中心偏移", 2),
        ("cor_offset_mm", "mm", "COR", "Offset of the axis of rotation", "旋转中心偏移", 2),
        ("cor_rms_mm", "mm", "RMS", "Residuals about the sine, rms", "正弦拟合残差均方根", 2),
        ("cor_max_residual_mm", "mm", "r_max", "Largest residual about the sine", "正弦拟合最大残差", 2),
        ("cor_opposed_px", "{pixels}", "COR_180", "Offset from opposed views, mean", "对向投影旋转中心偏移均值", 2),
        ("cor_opposed_sd_px", "{pixels}", "SD_180", "Offset from opposed views, standard deviation", "对向投影旋转中心偏移标准差", 2),
        ("axial_mean_mm", "mm", "y_0", "Axial position of the source", "点源轴向位置", 2),
        ("axial_range_mm", "mm", "y_max-y_min", "Axial range of the source", "点源轴向位移范围", 2),
        ("axial_tilt_deg", "deg", "tilt", "Tilt of the head against the plane of rotation", "探头轴向倾斜角", 2),
        ("source_radius_mm", "mm", "r", "Distance of the source from the axis", "点源旋转半径", 1),
        ("counts_per_view", "{counts}", "N_min", "Counts of the source in the weakest view", "单帧最低点源计数", 0),
    ),
    parameters=CenterOfRotationParameters,
    measure=measure,
    figures=("position", "residuals", "sinogram"),
)  # fmt: skip
"""The test, as registered."""
