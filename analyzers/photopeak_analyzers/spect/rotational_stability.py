"""Stability of a head while it turns: sensitivity and uniformity with a sheet source fixed to it.

Whatever changes from view to view is the head: tubes in the field of the earth, gravity, cables. For every
view the counts in the UFOV, corrected for decay and duration, and the integral uniformity after
summing blocks to 6.4 mm and one nine-point smoothing:

* `rot_sensitivity_range_pct`: 100 (largest - smallest) / mean of the counts, with the angles of both;
* `rot_uniformity_range_pp`: largest less smallest integral uniformity, in percentage points;
* `rot_sensitivity_amplitude_pct`: amplitude of the sine of the angle that the counts follow, which rests on
  all views and not on two of them.

A range is never 0: what counting alone would make of it is given beside it, and chi square tells whether
there is more. The uncertainties of ranges come from drawing the noise.
"""

from __future__ import annotations

import numpy as np

from photopeak_analyzers.acquisition import AcquisitionKind, Tomographic
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Precondition,
    Role,
    Variant,
)
from photopeak_analyzers.errors import ParameterError, UnsuitableAcquisitionError
from photopeak_analyzers.figures import Figure
from photopeak_analyzers.frames_by_head import refuse_impossible
from photopeak_analyzers.given import one, pixel_spacing_mm
from photopeak_analyzers.heads_alone import heads_alone
from photopeak_analyzers.nuclides import half_life, imaged_lines_kev
from photopeak_analyzers.shorthand import NumberRow, as_suffix, in_words, measurements, metrics
from photopeak_analyzers.source_conditions import Photopeaks, on_a_photopeak
from photopeak_analyzers.spect.rotation_views import Views, views_of
from photopeak_analyzers.spect.rotational_stability_conditions import (
    CLAUSE,
    RotationalStabilityParameters,
    conditions_of,
)
from photopeak_analyzers.spect.rotational_stability_figures import figures_of
from photopeak_analyzers.spect.view_series import ViewSeries, noise_of_ranges, view_series

LEAST_VIEWS = 4
"""Fewer determine no sine."""

ROLE = Role(
    name="views",
    kinds=frozenset({AcquisitionKind.TOMOGRAPHIC}),
    label="Views of a sheet source that turns with the head",
    hint="A Co-57 sheet fixed to the collimator of each head, 32 views or more over 360 degrees, at least"
    " 1 million counts in each view.",
)


def measure(inputs: Inputs, parameters: RotationalStabilityParameters) -> Analysis:
    """Measure every head in every energy window on a photopeak."""
    acquisition = one(inputs, ROLE, Tomographic)
    refuse_impossible(acquisition.counts)
    pixel_mm = pixel_spacing_mm(acquisition, parameters.pixel_spacing_mm)
    chosen, notes = on_a_photopeak(acquisition, views_of(acquisition), _own(acquisition))
    rng = np.random.default_rng(parameters.seed)
    found: list[Measurement] = []
    preconditions: list[Precondition] = []
    figures: list[Figure] = []
    seen, left_out, voided = heads_alone(
        chosen,
        lambda views: _series(acquisition, views, pixel_mm, parameters),
        looked_on=lambda views: not views.frames_of(acquisition).any(),
        clause=CLAUSE,
    )
    notes += left_out
    preconditions += voided
    for views, series in seen:
        highest = float(views.frames_of(acquisition).max())
        found.extend(measurements(views.scope, _numbers(series, rng, parameters.draws)))
        preconditions.extend(conditions_of(acquisition, series, pixel_mm, highest, parameters))
        suffix = as_suffix(views.scope) if len(chosen) > 1 else ""
        figures.extend(figures_of(series, suffix))
        notes.extend(series.chosen.notes)
    return Analysis(
        measurements=tuple(found),
        preconditions=tuple(preconditions),
        figures=tuple(figures),
        notes=tuple(notes),
    )


def _series(
    acquisition: Tomographic,
    views: Views,
    pixel_mm: tuple[float, float],
    parameters: RotationalStabilityParameters,
) -> ViewSeries:
    if views.places_deg.size < LEAST_VIEWS:
        raise UnsuitableAcquisitionError(
            f"{in_words(views.scope)} has {views.places_deg.size} views, needs {LEAST_VIEWS}",
            quantity="views",
            value=int(views.places_deg.size),
            bound=LEAST_VIEWS,
        )
    series = view_series(
        acquisition,
        views,
        pixel_mm,
        _half_life_s(acquisition.nuclide),
        parameters.view_interval_s,
        parameters,
    )
    if float(series.counts.min()) <= 0.0:
        raise UnsuitableAcquisitionError(
            f"a view of {in_words(views.scope)} holds no counts in the UFOV, needs more than 0",
            quantity="counts of a view in the UFOV",
            value=0.0,
            bound=0.0,
        )
    return series


def _own(acquisition: Tomographic) -> Photopeaks:
    nuclide = acquisition.nuclide
    lines = () if nuclide is None else imaged_lines_kev(nuclide)
    return {nuclide: lines} if nuclide is not None and lines else {}


def _half_life_s(nuclide: str | None) -> float | None:
    if nuclide is None:
        return None
    try:
        return half_life(nuclide, "local").seconds
    except ParameterError:
        # A nuclide without a half-life in the table: the decay stays unknown, and a condition says so.
        return None


def _numbers(series: ViewSeries, rng: np.random.Generator, draws: int) -> list[NumberRow]:
    noise = noise_of_ranges(series, rng, draws)
    angles = series.views.angles_deg % 360.0
    course = series.course
    uniformity = series.iu_percent
    return [
        ("rot_sensitivity_range_pct", series.range_percent, noise.sensitivity_spread),
        ("rot_uniformity_range_pp", float(np.ptp(uniformity)), noise.uniformity_spread),
        ("noise_floor_sensitivity_range_pct", noise.sensitivity_floor, None),
        ("noise_floor_uniformity_range_pp", noise.uniformity_floor, None),
        (
            "rot_sensitivity_amplitude_pct",
            100.0 * course.amplitude,
            100.0 * course.amplitude_uncertainty,
        ),
        ("rot_sensitivity_chi_square", series.chi_square, series.chi_square_uncertainty),
        ("angle_of_maximum_deg", float(angles[int(series.relative.argmax())]), None),
        ("angle_of_minimum_deg", float(angles[int(series.relative.argmin())]), None),
        ("angle_of_worst_uniformity_deg", float(angles[int(uniformity.argmax())]), None),
        ("iu_mean_pct", float(uniformity.mean()), None),
        ("iu_sum_pct", series.summed_iu_percent, None),
        ("counts_per_view", float(series.counts.min()), None),
    ]


ANALYZER = Analyzer(
    id="rotational_stability",
    title="Rotational stability",
    title_zh="旋转稳定性",
    version="1",
    variants=(Variant(name="local", title="Sheet source fixed to the head", clause=CLAUSE),),
    roles=(ROLE,),
    metrics=metrics(
        CLAUSE,
        ("rot_sensitivity_range_pct", "%", "dS", "Range of the sensitivity over the rotation", "旋转灵敏度变化范围", 2),
        ("rot_uniformity_range_pp", "%", "dIU", "Range of the integral uniformity, percentage points", "旋转积分均匀性变化范围(百分点)", 2),
        ("noise_floor_sensitivity_range_pct", "%", "dS_0", "Range of the sensitivity by noise alone", "噪声所致灵敏度变化范围", 2),
        ("noise_floor_uniformity_range_pp", "%", "dIU_0", "Range of the integral uniformity by noise alone", "噪声所致均匀性变化范围", 2),
        ("rot_sensitivity_amplitude_pct", "%", "A", "Amplitude of the sensitivity over the angle", "灵敏度随角度变化幅度", 3),
        ("rot_sensitivity_chi_square", "1", "chi2/n", "Reduced chi square of the counts", "计数约化卡方", 2),
        ("angle_of_maximum_deg", "deg", "t_max", "Angle of the most counts", "计数最大角度", 1),
        ("angle_of_minimum_deg", "deg", "t_min", "Angle of the fewest counts", "计数最小角度", 1),
        ("angle_of_worst_uniformity_deg", "deg", "t_IU", "Angle of the worst uniformity", "均匀性最差角度", 1),
        ("iu_mean_pct", "%", "IU_m", "Integral uniformity of a view, mean", "单帧积分均匀性均值", 1),
        ("iu_sum_pct", "%", "IU_s", "Integral uniformity of all views together", "总和积分均匀性", 1),
        ("counts_per_view", "{counts}", "N_min", "Counts of the weakest view in the UFOV", "单帧最低计数", 0),
    ),
    parameters=RotationalStabilityParameters,
    measure=measure,
    figures=("sensitivity", "uniformity", "sum"),
)  # fmt: skip
"""The test, as registered."""
