"""System planar sensitivity: count rate of a collimated head per activity of a flat source.

``nema``: dish of 150 mm in air, whole image, decay to the start and during the acquisition, S_TOT at
100 mm; images at other distances of the same set give the sensitivity there, and their course.
``ws523``: the same formula, a dish of about 40 MBq at 100 mm for 300 s. ``iec``: source box at the
face of the collimator, in the scatter phantom or without it, activity at the middle of the time,
background taken off. The three are not comparable, and no result mixes them.

NEMA and WS 523 print no background. Where one was acquired it is taken off, a note says so, and the
number with the background left in stands beside it. The uncertainty holds counting, activity (its
readings and the meter), clocks, half-life and geometry; without an uncertainty of the activity there
is none.
"""

from __future__ import annotations

from dataclasses import dataclass

from photopeak_analyzers.acquisition import AcquisitionKind, Planar
from photopeak_analyzers.activity import activity_readings
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Note,
    Role,
    parameter,
)
from photopeak_analyzers.errors import AnalysisError, UnsuitableAcquisitionError
from photopeak_analyzers.figures import Figure
from photopeak_analyzers.gamma_camera.dish_images import DISTANCES, DishImage, dish_images
from photopeak_analyzers.gamma_camera.dish_parameters import DishParameters, known_source
from photopeak_analyzers.gamma_camera.sensitivity_budget import (
    KnownSource,
    Sensitivity,
    sensitivity,
)
from photopeak_analyzers.gamma_camera.system_planar_sensitivity_conditions import (
    activity_conditions,
    distance_condition,
    image_conditions,
    series_conditions,
)
from photopeak_analyzers.gamma_camera.system_planar_sensitivity_figures import (
    budget_figure,
    course_figure,
    dish_figure,
)
from photopeak_analyzers.gamma_camera.system_planar_sensitivity_results import (
    at_a_distance,
    at_the_distance,
    background_notes,
    head_differences,
    numbers_of,
)
from photopeak_analyzers.gamma_camera.system_planar_sensitivity_texts import (
    IEC,
    NEMA,
    WS523,
    asked_by,
    nuclide_of,
    photopeaks_allowed,
)
from photopeak_analyzers.given import every
from photopeak_analyzers.shorthand import as_suffix, metrics

DISH = Role(
    name="dish",
    kinds=frozenset({AcquisitionKind.PLANAR}),
    maximum=10,
    label="Flat source",
    hint="The dish or source box, centred, at the distance of the clause; NEMA takes up to ten"
    " distances, each a series that names its distance.",
)
BACKGROUND = Role(
    name="background",
    kinds=frozenset({AcquisitionKind.PLANAR}),
    minimum=0,
    maximum=2,
    label="Background",
    hint="The same heads and windows without the source, as long as the source.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanarSensitivityParameters(DishParameters):
    """What only this test asks."""

    scatter: bool = parameter(
        True,
        doc="For IEC: whether the source lay in the scatter phantom (3.1.1) or bare (3.1.2).",
        clause="IEC 60789 / GB/T 18989-2013 3.1.1, 3.1.2",
    )


def measure(inputs: Inputs, parameters: PlanarSensitivityParameters) -> Analysis:
    """Measure the sensitivity of every head."""
    asked = asked_by(
        inputs.variant,
        distance_tolerance_mm=parameters.distance_tolerance_mm,
        counts_invalid_below=parameters.counts_invalid_below,
    )
    nuclide = nuclide_of(every(inputs, DISH, Planar), parameters.nuclide, asked)
    nuclides = photopeaks_allowed(nuclide, parameters.nuclide, asked)
    images, notes = dish_images(
        inputs,
        DISH,
        nuclides=nuclides,
        stated_pixel_mm=parameters.pixel_spacing_mm,
        background=BACKGROUND,
    )
    known = known_source(inputs, nuclide, parameters)
    chosen = at_the_distance(images, asked)
    several = len(images) > len(chosen)
    found: list[Measurement] = []
    figures: list[Figure] = []
    conditions = [*activity_conditions(known.source, images, asked, known.activity_percent)]
    refusals: list[AnalysisError] = []
    course: list[tuple[DishImage, Sensitivity]] = []
    clear: list[tuple[DishImage, Sensitivity]] = []
    for image in images:
        nominal = image in chosen
        scope = image.scope if nominal else image.scope_at_distance
        conditions += series_conditions(image, asked, nuclides)
        conditions += image_conditions(image, asked, nuclides, parameters, scope)
        suffix = as_suffix(image.scope) if len(chosen) > 1 else ""
        if nominal:
            conditions.append(distance_condition(image, asked, scope))
            figures.append(dish_figure(image, suffix, diameter_mm=parameters.dish_diameter_mm))
        try:
            number = _sensitivity(image, known, by_mid_time=inputs.variant == IEC.name)
        except UnsuitableAcquisitionError as refusal:
            # The source may have been in front of the other head alone.
            refusals.append(refusal)
            notes.append(_left_out(image, refusal))
            continue
        if number is None:
            continue
        course.append((image, number))
        found += at_a_distance(image, number) if several else []
        if nominal:
            clear.append((image, number))
            found += numbers_of(image, number, inputs.variant)
            figures.append(budget_figure(image, number, suffix))
            notes += background_notes(image, number, asked)
    if refusals and not found:
        raise refusals[0]
    return Analysis(
        measurements=(*found, *head_differences(clear)),
        preconditions=tuple(dict.fromkeys(conditions)),
        figures=(*figures, *(course_figure(course) if several else ())),
        notes=(known.source.note(), *_arrangement(inputs.variant, parameters), *notes),
    )


def _sensitivity(image: DishImage, known: KnownSource, *, by_mid_time: bool) -> Sensitivity | None:
    """Return the sensitivity of an image; None when it is empty or does not tell when or how long."""
    if image.outline is None or image.started_at is None or image.head.duration_s is None:
        return None
    return sensitivity(
        image.head.total,
        image.started_at,
        image.head.duration_s,
        known,
        background=image.background,
        by_mid_time=by_mid_time,
    )


def _left_out(image: DishImage, refusal: AnalysisError) -> Note:
    return Note(
        code="IMAGE_WITHOUT_SOURCE",
        message=f"{image.head.subject} is left out: {refusal}",
        scope=image.scope_at_distance,
    )


def _arrangement(variant: str, parameters: PlanarSensitivityParameters) -> list[Note]:
    if variant != IEC.name:
        return []
    words = "in the scatter phantom (3.1.1)" if parameters.scatter else "without scatter (3.1.2)"
    return [
        Note(
            code="ARRANGEMENT",
            message=f"the source lay {words}, as the parameter scatter states",
            values={"scatter": "yes" if parameters.scatter else "no"},
        )
    ]


ANALYZER = Analyzer(
    id="system_planar_sensitivity",
    title="System planar sensitivity",
    title_zh="系统平面灵敏度",
    version="1",
    variants=(NEMA, WS523, IEC),
    roles=(DISH, BACKGROUND),
    readings=(*activity_readings(), DISTANCES),
    metrics=metrics(
        "GB/T 18989-2013 3.1, E.11 (IEC 60789, NEMA NU 1-2007); WS 523-2019",
        ("system_planar_sensitivity", "{counts}/s/MBq", "S_s", "System planar sensitivity", "系统平面灵敏度", 1),
        ("s_tot", "{counts}/s/MBq", "S_TOT", "Total system sensitivity at 100 mm", "100 mm 处系统总灵敏度", 1),
        ("sensitivity_per_bq", "{counts}/s/Bq", "S_s", "System planar sensitivity per becquerel", "每贝可系统平面灵敏度", 6),
        ("sensitivity_cpm_per_uci", "{counts}/min/uCi", "S", "Sensitivity in counts per minute and microcurie", "灵敏度（每分钟每微居里计数）", 1),
        ("sensitivity_at_distance", "{counts}/s/MBq", "S(D)", "Sensitivity at a distance", "各距离处灵敏度", 1),
        ("gross_sensitivity", "{counts}/s/MBq", "S_gross", "Sensitivity with the background left in", "未扣本底灵敏度", 1),
        ("head_difference_pct", "%", "dS", "Difference of the heads", "探头间灵敏度差异", 1),
        ("net_rate_cps", "{counts}/s", "R", "Net count rate", "净计数率", 1),
        ("rate_at_calibration_cps", "{counts}/s", "R_t100", "Count rate when the activity was measured", "衰变校正后计数率", 1),
        ("background_cps", "{counts}/s", "R_b", "Background rate", "本底计数率", 1),
        ("image_counts", "{counts}", "N", "Counts of the image", "图像总计数", 0),
        ("activity_in_image_mbq", "MBq", "A", "Activity during the image", "采集时活度", 2),
    ),
    parameters=PlanarSensitivityParameters,
    measure=measure,
    figures=("dish", "budget", "course"),
)  # fmt: skip
"""The test, as registered."""
