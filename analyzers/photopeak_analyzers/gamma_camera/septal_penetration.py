"""Septal penetration: the share of the count rate that falls with the distance of a flat source.

A dish of 150 mm in air at ten distances from 10 to 400 mm. The counts of a circle of 60 % of its
diameter, of the pixels whose centre lies in it, become the rate at the moment the activity was
measured (E.9); ``c0 + c1 exp(-c2 D)`` is fitted to them (E.10), and PF is the share of the exponential
at 100 mm (E.11). S_TOT is that of the whole image at 100 mm (E.12, E.13). NEMA NU 1-2007 2.11
(GB/T 18989-2013 E.11); it prints no background, and none is taken off.

The uncertainty of a rate holds counting, and the tolerance of the distance through the slope of the
curve; the activity is common and cancels in PF. With a low-energy nuclide there is next to no
penetration: PF is then 0 and c2 is left out; if the rates vary all the same, a condition says so, and
by more than `LARGEST_MISFIT` there is no PF. What voids one image voids the numbers of its head,
because the curve goes through all of them; so does a rate far off the curve.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

from photopeak_analyzers.acquisition import AcquisitionKind, Planar
from photopeak_analyzers.activity import activity_readings
from photopeak_analyzers.conditions import bounded, graded, said_once
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Note,
    Precondition,
    PreconditionCode,
    Role,
    Scope,
    Severity,
)
from photopeak_analyzers.errors import AnalysisError, FitError, UnsuitableAcquisitionError
from photopeak_analyzers.figures import Figure
from photopeak_analyzers.gamma_camera.dish_images import DISTANCES, DishImage, dish_images
from photopeak_analyzers.gamma_camera.dish_parameters import DishParameters, known_source
from photopeak_analyzers.gamma_camera.sensitivity_budget import KnownSource, sensitivity
from photopeak_analyzers.gamma_camera.septal_penetration_curve import (
    NOMINAL_MM,
    REGION,
    SIGNIFICANT,
    Penetration,
    RatePoint,
    penetration,
    rate_point,
)
from photopeak_analyzers.gamma_camera.septal_penetration_figures import (
    course_figure,
    rates_figure,
    region_figure,
)
from photopeak_analyzers.gamma_camera.system_planar_sensitivity_conditions import (
    activity_conditions,
    image_conditions,
    series_conditions,
)
from photopeak_analyzers.gamma_camera.system_planar_sensitivity_texts import (
    NEMA,
    Asked,
    asked_by,
    nuclide_of,
    photopeaks_allowed,
)
from photopeak_analyzers.given import every
from photopeak_analyzers.heads_alone import cannot_be_measured, left_out
from photopeak_analyzers.numerics.exponential import LEAST_POINTS
from photopeak_analyzers.shorthand import as_suffix, measurements, metrics
from photopeak_analyzers.source_conditions import Photopeaks
from photopeak_analyzers.uncertainty import rectangular

DISTANCES_MM = (10.0, 20.0, 50.0, 100.0, 150.0, 200.0, 250.0, 300.0, 350.0, 400.0)
"""From the collimator to the bottom of the dish. NEMA NU 1-2007 2.11 (GB/T 18989-2013 E.11.3)."""

CHI_SQUARE_GAIN = 13.8
"""By which the exponential fits better than a constant by chance once in a thousand (2 numbers)."""

LARGEST_MISFIT, IMPOSSIBLE_MISFIT = 1.0, 10.0
"""Percent by which a rate may miss the curve (air takes 0.7 % of 140 keV in 400 mm), and beyond which
its image is not of this curve: a wrong distance or time."""

DISH = Role(
    name="dish",
    kinds=frozenset({AcquisitionKind.PLANAR}),
    # Four determine a curve; a camera that does not go to 400 mm is measured with what it reaches.
    minimum=LEAST_POINTS,
    maximum=len(DISTANCES_MM),
    label="Flat source at ten distances",
    hint="The dish in air at 10, 20, 50, 100, 150, 200, 250, 300, 350 and 400 mm, each a series that"
    " names its distance.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeptalPenetrationParameters(DishParameters):
    """The same as for the planar sensitivity."""


def measure(inputs: Inputs, parameters: SeptalPenetrationParameters) -> Analysis:
    """Measure the penetration and S_TOT of every head."""
    asked = asked_by(
        NEMA.name,
        distance_tolerance_mm=parameters.distance_tolerance_mm,
        counts_invalid_below=parameters.counts_invalid_below,
    )
    nuclide = nuclide_of(every(inputs, DISH, Planar), parameters.nuclide, asked)
    nuclides = photopeaks_allowed(nuclide, parameters.nuclide, asked)
    images, notes = dish_images(
        inputs, DISH, nuclides=nuclides, stated_pixel_mm=parameters.pixel_spacing_mm
    )
    known = known_source(inputs, nuclide, parameters)
    by_head: dict[Scope, list[DishImage]] = {}
    for image in images:
        by_head.setdefault(image.scope, []).append(image)
    conditions = [*activity_conditions(known.source, images, asked, known.activity_percent)]
    checked: list[tuple[str, list[Precondition]]] = []
    found: list[Measurement] = []
    figures: list[Figure] = []
    refusals: list[AnalysisError] = []
    for scope, head in by_head.items():
        try:
            points = [rate_point(image, known, parameters.dish_diameter_mm) for image in head]
            points.sort(key=lambda point: point.distance_mm)
            curve = penetration(points, rectangular(parameters.distance_tolerance_mm))
        except (UnsuitableAcquisitionError, FitError) as refusal:
            refusals.append(refusal)
            notes.append(left_out(refusal, scope))
            if any(image.outline for image in head):
                conditions.append(cannot_be_measured(refusal, scope, NEMA.clause))
            continue
        checked += [_image_conditions(point, asked, nuclides, parameters) for point in points]
        conditions += _curve_conditions(points, curve, parameters, scope)
        found += _numbers(points, curve, known, asked, scope)
        notes += _notes(curve, scope)
        suffix = as_suffix(scope) if len(by_head) > 1 else ""
        figures += [
            course_figure(points, curve, scope, suffix),
            rates_figure(points, curve, scope, suffix),
            region_figure(points, REGION * parameters.dish_diameter_mm, suffix),
        ]
    if not found:
        raise refusals[0]
    return Analysis(
        measurements=tuple(found),
        preconditions=tuple(dict.fromkeys((*conditions, *said_once(checked)))),
        figures=tuple(figures),
        notes=(known.source.note(), *notes),
    )


def _image_conditions(
    point: RatePoint, asked: Asked, nuclides: Photopeaks, parameters: DishParameters
) -> tuple[str, list[Precondition]]:
    """Check one image, named by its distance: the scope of its conditions is that of the curve."""
    image = point.image
    return f"at {point.distance_mm:g} mm", [
        *series_conditions(image, asked, nuclides),
        *image_conditions(image, asked, nuclides, parameters, image.scope),
    ]


def _curve_conditions(
    points: Sequence[RatePoint], curve: Penetration, parameters: DishParameters, scope: Scope
) -> list[Precondition]:
    tolerance = parameters.distance_tolerance_mm
    distances = [point.distance_mm for point in points]
    there = sum(any(abs(d - w) <= tolerance + 1e-9 for d in distances) for w in DISTANCES_MM)
    found = [
        bounded(
            PreconditionCode.SET,
            "distances of the clause that have an image",
            float(there),
            lower=float(len(DISTANCES_MM)),
            unit="1",
            severity=Severity.SOFT,
            scope=scope,
            clause=NEMA.clause,
            expected=", ".join(f"{distance:g}" for distance in DISTANCES_MM) + " mm",
        )
    ]
    found.append(
        graded(
            PreconditionCode.GEOMETRY,
            "distance of a rate from the curve, beyond three standard uncertainties",
            curve.misfit_percent,
            soft=(None, LARGEST_MISFIT),
            hard=(None, IMPOSSIBLE_MISFIT),
            unit="%",
            scope=scope,
            clause=NEMA.clause,
        )
    )
    if curve.share is None:
        found.append(
            bounded(
                PreconditionCode.GEOMETRY,
                "chi square by which a curve fits better than a constant, without an exponential",
                curve.fit.chi_square_constant - curve.fit.chi_square,
                upper=CHI_SQUARE_GAIN,
                unit="1",
                severity=Severity.SOFT,
                scope=scope,
                clause=NEMA.clause,
            )
        )
    return found


def _numbers(
    points: Sequence[RatePoint],
    curve: Penetration,
    known: KnownSource,
    asked: Asked,
    scope: Scope,
) -> list[Measurement]:
    fit, share = curve.fit, curve.share
    rows: list[tuple[str, float | None, float | None]] = []
    if share is None:
        flat = curve.misfit_percent <= LARGEST_MISFIT
        rows += [
            ("pf_100mm", 0.0 if flat else None, None),
            ("c0", curve.mean.value if flat else None, curve.mean.uncertainty),
        ]
    else:
        rows.append(("pf_100mm", 100.0 * share.value, 100.0 * share.uncertainty))
        for index, key in enumerate(("c0", "c1", "c2")):
            rows.append((key, fit.estimate(index).value, fit.estimate(index).uncertainty))
    rows += [
        ("r_squared", fit.r_squared, None),
        ("reduced_chi_square", fit.chi_square / fit.degrees_of_freedom, None),
    ]
    nominal = min(points, key=lambda point: abs(point.distance_mm - NOMINAL_MM))
    if abs(nominal.distance_mm - NOMINAL_MM) <= asked.distance_tolerance_mm + 1e-9:
        total = sensitivity(
            nominal.image.head.total,
            nominal.started_at,
            nominal.duration_s,
            known,
            background=None,
            by_mid_time=False,
        )
        rows.append(("s_tot", total.value, total.uncertainty))
    return measurements(scope, rows)


def _notes(curve: Penetration, scope: Scope) -> list[Note]:
    if curve.share is not None:
        return []
    if curve.misfit_percent > LARGEST_MISFIT:
        return [
            Note(
                code="PENETRATION_NOT_DETERMINED",
                message="the rates vary, and determine no exponential: there is no PF",
                scope=scope,
            )
        ]
    c1 = curve.fit.estimate(1)
    u = f"{c1.uncertainty:.3g}" if math.isfinite(c1.uncertainty) else "no bound"
    return [
        Note(
            code="NO_PENETRATION",
            message=f"c1 is {c1.value:.3g} counts/s with a standard uncertainty of {u}, needs more"
            f" than {SIGNIFICANT:g} of them: PF is given as 0, c2 is not determined",
            scope=scope,
        )
    ]


ANALYZER = Analyzer(
    id="septal_penetration",
    title="Septal penetration",
    title_zh="间壁穿透",
    version="1",
    variants=(dataclasses.replace(NEMA, title="NEMA NU 1-2007, dish in air at ten distances"),),
    roles=(DISH,),
    readings=(*activity_readings(), DISTANCES),
    metrics=metrics(
        NEMA.clause,
        ("pf_100mm", "%", "PF", "Penetration fraction at 100 mm", "100 mm 处穿透分数", 1),
        ("s_tot", "{counts}/s/MBq", "S_TOT", "Total system sensitivity at 100 mm", "100 mm 处系统总灵敏度", 1),
        ("c0", "{counts}/s", "c_0", "Rate that does not depend on the distance", "与距离无关的计数率", 1),
        ("c1", "{counts}/s", "c_1", "Rate that falls with the distance, at the collimator", "随距离下降的计数率", 1),
        ("c2", "/mm", "c_2", "Fall with the distance", "距离衰减系数", 5),
        ("r_squared", "1", "R^2", "Share of the variance that the curve explains", "拟合优度", 4),
        ("reduced_chi_square", "1", "chi^2/nu", "Chi square per degree of freedom", "约化卡方", 2),
    ),
    parameters=SeptalPenetrationParameters,
    measure=measure,
    figures=("course", "rates", "region"),
)  # fmt: skip
"""The test, as registered."""
