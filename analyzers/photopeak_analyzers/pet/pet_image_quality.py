"""Image quality of a PET scanner: hot and cold contrast, variability of the background, lung residual.

The IEC body phantom is found by itself: contour, lung insert, six spheres on their circle at any rotation, in
either order, tilted. Circles of the inner diameters lie in the slice through the spheres, sixty
background circles of each size in five slices, a circle of 30 mm in every slice of the lung insert.

``jjf`` divides the lung by the mean of all sixty circles of 37 mm, ``nema`` by that of the twelve in the same
slice; phantom and all else are the same. Contrast of cold spheres is measured for those that the parameter
``cold_mm`` declares, as no measurement clause of the JJF draft asks for it.
"""

from __future__ import annotations

import math

from photopeak_analyzers.acquisition import AcquisitionKind, Volume
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Note,
    Reading,
    ReadingKind,
    Role,
    Scope,
    Variant,
)
from photopeak_analyzers.errors import MissingReadingError, UnsuitableAcquisitionError
from photopeak_analyzers.given import one
from photopeak_analyzers.nuclides import half_life
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.decay import decay_factor
from photopeak_analyzers.pet.background_regions import BackgroundPlaces, place_background
from photopeak_analyzers.pet.body_phantom import BodyPhantom, find_body
from photopeak_analyzers.pet.image_quality_results import lung_percent, results_of
from photopeak_analyzers.pet.image_quality_values import values_of
from photopeak_analyzers.pet.pet_image_quality_conditions import (
    JJF_CLAUSE,
    NEMA_CLAUSE,
    conditions_of,
)
from photopeak_analyzers.pet.pet_image_quality_figures import NAMES, figures_of
from photopeak_analyzers.pet.pet_image_quality_parameters import (
    Concentrations,
    ImageQualityParameters,
)
from photopeak_analyzers.pet.sphere_pattern import Spheres, find_spheres, refuse_opposites
from photopeak_analyzers.shorthand import measurements, metrics

HOT, BACKGROUND, TABLE_STEP = "hot_concentration", "background_concentration", "table_step"
"""Names of the readings."""

LEAST_RATIO = 1.1
"""Below it (4) divides by next to nothing."""

RECONSTRUCTION = Role(
    name="reconstruction",
    kinds=frozenset({AcquisitionKind.VOLUME}),
    label="Slices of the image-quality phantom",
    hint="IEC body phantom, spheres filled with 4 times the concentration of the background, in the"
    " protocol and reconstruction of a whole-body scan.",
)

READINGS = (
    Reading(
        name=HOT,
        label="Concentration of the hot spheres",
        unit="kBq/mL",
        kind=ReadingKind.ACTIVITY,
        minimum=0.0,
        maximum=10_000.0,
        hint="Activity by volume of the solution in the spheres, with the time it refers to.",
    ),
    Reading(
        name=BACKGROUND,
        label="Concentration of the background",
        unit="kBq/mL",
        kind=ReadingKind.ACTIVITY,
        minimum=0.0,
        maximum=1000.0,
        hint="Activity by volume of the water in the body, with the time it refers to; 5.3 kBq/mL at"
        " the start of the acquisition.",
    ),
    Reading(
        name=TABLE_STEP,
        label="Step of the table in a whole-body scan",
        unit="mm",
        minimum=10.0,
        maximum=3000.0,
        required=False,
        hint="From one bed position to the next; the time of the acquisition is checked by it.",
    ),
)


def measure(inputs: Inputs, parameters: ImageQualityParameters) -> Analysis:
    """Measure contrast, variability and residual."""
    volume = one(inputs, RECONSTRUCTION, Volume)
    clause = JJF_CLAUSE if inputs.variant == "jjf" else NEMA_CLAUSE
    filled = _filled(inputs, parameters)
    body = find_body(volume)
    spheres = find_spheres(
        volume, body, parameters.diameters_mm, parameters.circle_mm, parameters.cold_mm
    )
    places = place_background(body, spheres, max(parameters.diameters_mm))
    quality = values_of(
        volume,
        body,
        spheres,
        places,
        position_mm=parameters.position_mm,
        end_mm=parameters.lung_end_mm,
    )
    refuse_opposites(spheres, (sphere.shown for sphere in quality.spheres))
    lung = lung_percent(quality, slice_by_slice=inputs.variant == "nema")
    results = (
        *results_of(quality, None if filled is None else filled.ratio, lung),
        *_found(body, spheres, places, filled),
    )
    step = inputs.number(TABLE_STEP) if TABLE_STEP in inputs.readings else None
    return Analysis(
        measurements=results,
        preconditions=conditions_of(
            volume, body, spheres, quality, filled, step, clause, parameters
        ),
        figures=figures_of(volume, body, spheres, places, quality, lung, results, inputs.variant),
        notes=_notes(body, places, filled, max(parameters.diameters_mm), inputs.variant),
    )


def _filled(inputs: Inputs, parameters: ImageQualityParameters) -> Concentrations | None:
    """Return the concentrations at one moment; None where hot spheres are to be left out.

    Raises
    ------
    MissingReadingError
        If one is missing, and the test is not wanted with what is there.
    UnsuitableAcquisitionError
        If the spheres hold no more than the background.
    """
    if inputs.partial and not {HOT, BACKGROUND} <= inputs.readings.keys():
        return None
    hot, below = inputs.activity(HOT), inputs.activity(BACKGROUND)
    for name, each in ((HOT, hot), (BACKGROUND, below)):
        if each.at.tzinfo is None:
            raise MissingReadingError(f"the time of the reading {name} has no zone", quantity=name)
    life = half_life(parameters.nuclide, inputs.variant).seconds
    later = below.value * decay_factor((hot.at - below.at).total_seconds(), life)
    ratio = hot.value / later if later > 0.0 else math.inf
    if not LEAST_RATIO <= ratio < math.inf:
        raise UnsuitableAcquisitionError(
            f"{hot.value:g} kBq/mL in the spheres are {ratio:.3g} times the {later:.4g} kBq/mL of the"
            f" background at the same time, needs at least {LEAST_RATIO:g} times and no empty"
            " background",
            quantity="ratio of the concentrations",
            value=ratio if math.isfinite(ratio) else None,
            bound=LEAST_RATIO,
        )
    relative = parameters.ratio_percent / 100.0
    if hot.uncertainty is not None and below.uncertainty is not None:
        relative = math.hypot(hot.uncertainty / hot.value, below.uncertainty / below.value)
    return Concentrations(
        ratio=Estimate(value=ratio, uncertainty=ratio * relative),
        background_kbq_per_ml=below.value,
        background_at=below.at,
        half_life_s=life,
    )


def _found(
    body: BodyPhantom, spheres: Spheres, places: BackgroundPlaces, filled: Concentrations | None
) -> list[Measurement]:
    ratio = None if filled is None else filled.ratio
    return measurements(
        Scope(),
        [
            ("concentration_ratio", None if ratio is None else ratio.value,
             None if ratio is None else ratio.uncertainty),
            ("rotation_deg", spheres.angle_deg, None),
            ("tilt_deg", body.tilt_deg, None),
            ("sphere_residual_mm", spheres.residual_mm, None),
            ("background_spacing_mm", places.spacing_mm, None),
        ],
    )  # fmt: skip


def _notes(
    body: BodyPhantom,
    places: BackgroundPlaces,
    filled: Concentrations | None,
    largest_mm: float,
    variant: str,
) -> tuple[Note, ...]:
    divisor = "in the same slice" if variant == "nema" else "of all five slices"
    found = [
        Note(
            code="LUNG_DIVISOR",
            message=f"the lung insert is divided by the background circles {divisor}",
        )
    ]
    if filled is None:
        found.append(
            Note(
                code="NO_CONCENTRATIONS",
                message="no contrast of hot spheres: the concentrations were not given",
            )
        )
    if places.spacing_mm < largest_mm:
        found.append(
            Note(
                code="CIRCLES_OVERLAP",
                message=f"the largest background circles overlap: {places.spacing_mm:.0f} mm from one"
                " to the next is what distances of 15 mm leave",
                values={"spacing_mm": places.spacing_mm},
            )
        )
    if None in body.ends_mm:
        found.append(
            Note(code="PHANTOM_CUT", message="the phantom reaches beyond the first or last slice")
        )
    return tuple(found)


ANALYZER = Analyzer(
    id="pet_image_quality",
    title="PET image quality",
    title_zh="PET图像质量",
    version="1",
    variants=(
        Variant(name="jjf", title="JJF calibration specification (draft)", clause=JJF_CLAUSE),
        Variant(name="nema", title="NEMA NU 2-2018", clause=NEMA_CLAUSE),
    ),
    roles=(RECONSTRUCTION,),
    readings=READINGS,
    metrics=metrics(
        "NEMA NU 2-2018 7.4; JJF draft 7.3",
        ("contrast_j", "%", "Q_H,j", "Contrast of a hot sphere", "热球百分对比度", 1),
        ("variability_j", "%", "N_j", "Variability of the background", "百分本底变化率", 1),
        ("cold_contrast_j", "%", "Q_C,j", "Contrast of a cold sphere", "冷球百分对比度", 1),
        ("lung_residual_i", "%", "dC_lung", "Residual in the lung insert, mean of the slices", "肺部插件残留误差(各层均值)", 1),
        ("lung_residual_max", "%", "dC_lung,max", "Residual in the lung insert, worst slice", "肺部插件残留误差(最大层)", 1),
        ("concentration_ratio", "1", "a_H/a_B", "Concentration of the spheres over the background", "热球与本底活度浓度比", 2),
        ("rotation_deg", "deg", "phi", "Direction of the largest sphere", "最大球方位角", 1),
        ("tilt_deg", "deg", "theta", "Tilt of the phantom", "模体倾斜角", 1),
        ("sphere_residual_mm", "mm", "r", "Distance of the spheres from their pattern", "球心与标称位置偏差", 1),
        ("background_spacing_mm", "mm", "s_B", "Smallest distance of background circles", "本底感兴趣区最小间距", 1),
    ),
    parameters=ImageQualityParameters,
    measure=measure,
    figures=NAMES,
)  # fmt: skip
"""The test, as registered."""
