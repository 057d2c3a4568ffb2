"""Cross-calibration of a PET scanner and an activity meter: a cylinder of known concentration.

The mean concentration of a cylinder, 20 mm off its wall and without a tenth of its length at either
end, is compared with the activity of the meter over the volume, at the moment that the values refer to
(:mod:`reference_time`): ``X = c_image / c_true``, the factor is 1 / X, the deviation 100 (X - 1), which
EARL calls SUV bias. Values that are counts or their rate give kBq/mL for each count per minute of a
voxel; values proportional to counts, kBq/mL for each unit of theirs.

The uncertainty holds activity (readings, meter), clocks, half-life, volume, the choice of the region,
and the scatter of the slices; without an uncertainty of the activity there is none.
"""

from __future__ import annotations

from photopeak_analyzers.activity import activity_readings
from photopeak_analyzers.contract import Analysis, Analyzer, Inputs, Scope, Variant
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.known_activity import absolute, filling_of, volume_reading
from photopeak_analyzers.pet.cylinder_parameters import CYLINDER, KnownCylinderParameters
from photopeak_analyzers.pet.header_conditions import refuse_impossible
from photopeak_analyzers.pet.image_values import ValueKind
from photopeak_analyzers.pet.known_cylinder import (
    KnownCylinder,
    known_cylinder,
    known_cylinder_conditions,
)
from photopeak_analyzers.pet.known_cylinder_figures import figures_of
from photopeak_analyzers.pet.reference_time import duration_s, refuse_unequal_durations
from photopeak_analyzers.shorthand import NumberRow, measurements, metrics
from photopeak_analyzers.uncertainty import Budget

CLAUSE = "practice: cross-calibration of PET scanner and activity meter; deviation as EARL"
"""No standard in force prescribes the test."""

SECONDS_PER_MINUTE = 60.0


def measure(inputs: Inputs, parameters: KnownCylinderParameters) -> Analysis:
    """Measure the quotient of the concentrations, or the concentration for each count."""
    found = known_cylinder(inputs, parameters)
    _refuse_suv(found.values.kind)
    filling = filling_of(inputs, found.nuclide, parameters)
    moment = found.moment
    true = 1e3 * filling.mbq_per_ml(moment.at, moment.duration_s)
    budget = Budget(
        components=(
            *filling.components(moment.at, moment.duration_s),
            *found.components(parameters.voi_percent),
        )
    )
    relative = budget.standard if filling.measured else None
    farthest, spread = found.region.farthest(parameters.noise_seed)
    concentration = found.values.kind is ValueKind.CONCENTRATION
    rows = _of_bq(found, true, relative) if concentration else _of_counts(found, true, relative)
    return Analysis(
        measurements=tuple(
            measurements(
                Scope(),
                [
                    *rows,
                    (
                        "true_concentration_kbq_per_ml",
                        true,
                        absolute(true, filling.relative(moment.at, moment.duration_s)),
                    ),
                    ("max_slice_dev_pct", 100.0 * farthest, 100.0 * spread),
                    ("cylinder_volume_ml", found.contour_ml if found.whole else None, None),
                    ("slices", float(found.region.each.size), None),
                ],
            )
        ),
        preconditions=known_cylinder_conditions(found, filling, filling.volume_ml, CLAUSE),
        figures=figures_of(
            found,
            found.values.factor / 1e3 if concentration else 1.0,
            "Concentration" if concentration else "Mean value",
            "kBq/mL" if concentration else "1",
            true if concentration else None,
            budget,
            filling.measured,
        ),
        notes=(filling.source.note(), *found.notes()),
    )


def _refuse_suv(kind: ValueKind) -> None:
    if kind is ValueKind.SUV:
        raise UnsuitableAcquisitionError(
            "the values are SUV, needs Bq/mL or counts: suv_accuracy is the test for them",
            quantity="unit of the values",
            value=str(kind),
            bound="Bq/mL or counts",
        )


def _of_bq(found: KnownCylinder, true: float, relative: float | None) -> list[NumberRow]:
    image = found.mean / 1e3
    quotient = image / true
    refuse_impossible(quotient, "image over true concentration")
    factor = 1.0 / quotient
    return [
        ("cross_cal_factor", factor, absolute(factor, relative)),
        ("suv_bias_pct", 100.0 * (quotient - 1.0), absolute(100.0 * quotient, relative)),
        ("image_over_true", quotient, absolute(quotient, relative)),
        ("image_concentration_kbq_per_ml", image, image * found.region.scatter),
    ]


def _of_counts(found: KnownCylinder, true: float, relative: float | None) -> list[NumberRow]:
    per_value = true / found.mean
    if found.values.kind is ValueKind.PROPORTIONAL:
        return [("kbq_per_ml_per_value", per_value, absolute(per_value, relative))]
    per_cpm = per_value / SECONDS_PER_MINUTE
    if found.values.kind is ValueKind.COUNTS:
        duration = duration_s(found.volume)
        if duration is None:
            raise UnsuitableAcquisitionError(
                "the values are counts, and the header does not tell how long a frame took",
                quantity="duration of a frame",
            )
        refuse_unequal_durations(found.volume)
        per_cpm *= duration
    return [("kbq_per_ml_per_cpm", per_cpm, absolute(per_cpm, relative))]


ANALYZER = Analyzer(
    id="pet_cross_calibration",
    title="Cross-calibration of PET and activity meter",
    title_zh="PET与活度计交叉校准",
    version="1",
    variants=(Variant(name="local", title="Cylinder of known activity", clause=CLAUSE),),
    roles=(CYLINDER,),
    readings=(*activity_readings(), volume_reading()),
    metrics=metrics(
        CLAUSE,
        ("cross_cal_factor", "1", "CCF", "Cross-calibration factor, true over image concentration", "交叉校准因子", 3),
        ("suv_bias_pct", "%", "B", "Deviation of the image from the activity meter", "图像与活度计的偏差", 1),
        ("image_over_true", "1", "X", "Image over true concentration", "图像与真实活度浓度之比", 3),
        ("image_concentration_kbq_per_ml", "kBq/mL", "c_i", "Concentration in the image", "图像活度浓度", 3),
        ("true_concentration_kbq_per_ml", "kBq/mL", "c", "True concentration", "真实活度浓度", 3),
        ("kbq_per_ml_per_cpm", "kBq.min/mL/{counts}", "K", "Concentration for each count per minute of a voxel", "每体素每分计数的活度浓度", 5),
        ("kbq_per_ml_per_value", "kBq/mL", "K_v", "Concentration for each unit of the values", "每图像单位的活度浓度", 5),
        ("max_slice_dev_pct", "%", "D_max", "Largest deviation of a slice from the mean", "层均值最大偏差", 1),
        ("cylinder_volume_ml", "mL", "V_i", "Volume of the cylinder in the image", "图像中圆柱体积", 0),
        ("slices", "1", "n", "Slices looked at", "分析层数", 0),
    ),
    parameters=KnownCylinderParameters,
    measure=measure,
    figures=("slab", "slices", "budget"),
)  # fmt: skip
"""The test, as registered."""
