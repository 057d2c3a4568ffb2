"""Image calibration factor: what a reconstruction shows of a cylinder of known activity.

The cylinder is found by its contour. Two regions are taken, because the factor depends on it: inside
0.7 of radius and length, where no wall reaches (concentration), and the whole cylinder with 20 mm about
it (total activity). The activity is that of the moment which the values refer to
(:mod:`~photopeak_analyzers.spect.quantity`).

* Counts: ``ICF = N / T / (c V)`` in counts/s/MBq with the counts N in a volume V of the concentration
  c; T is the time of one head. Some sum their heads and divide by the time of all of them: that factor
  stands beside it where the number of heads is known, and a note says which is which.
* Bq/mL: the quotient of the values and the true concentration.

The uncertainty holds activity (readings, meter), clocks, half-life, volume, the choice of the region,
and the scatter of the slices; without an uncertainty of the activity there is none.
"""

from __future__ import annotations

import math

from photopeak_analyzers.acquisition import AcquisitionKind, Tomographic, Volume
from photopeak_analyzers.activity import activity_readings
from photopeak_analyzers.contract import Analysis, Analyzer, Inputs, Note, Role, Scope, Variant
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.given import every, one
from photopeak_analyzers.known_activity import (
    Filling,
    absolute,
    filling_of,
    nuclide_of,
    started,
    volume_reading,
)
from photopeak_analyzers.reference_moment import Moment, moment_note
from photopeak_analyzers.shorthand import NumberRow, measurements, metrics
from photopeak_analyzers.spect.cylinder import find_cylinder
from photopeak_analyzers.spect.cylinder_regions import Regions, regions_of
from photopeak_analyzers.spect.quantity import (
    SCAN_TIME_READING,
    Scan,
    ValueUnit,
    moment_of,
    scan_of,
    unit_of,
)
from photopeak_analyzers.spect.reconstruction import Reconstruction, reconstruction_of
from photopeak_analyzers.spect.scan_conditions import of_one_scan, stated_time_agrees
from photopeak_analyzers.spect.spect_calibration_factor_conditions import (
    CLAUSE,
    CalibrationParameters,
    conditions_of,
)
from photopeak_analyzers.spect.spect_calibration_factor_figures import figures_of
from photopeak_analyzers.uncertainty import Budget, Component, Evaluation

ML_PER_MM3 = 1e-3

RECONSTRUCTION = Role(
    name="reconstruction",
    kinds=frozenset({AcquisitionKind.VOLUME}),
    label="Slices of a cylinder of known activity",
    hint="A large uniform cylinder, well mixed, with the corrections of the clinical protocol.",
)
PROJECTIONS = Role(
    name="projections",
    kinds=frozenset({AcquisitionKind.TOMOGRAPHIC}),
    minimum=0,
    label="Its projections",
    hint="The views that the slices were made of: they tell the time of the scan.",
)


def measure(inputs: Inputs, parameters: CalibrationParameters) -> Analysis:
    """Measure the factor, or the quotient of the concentrations."""
    volume = one(inputs, RECONSTRUCTION, Volume)
    nuclide = nuclide_of(volume.nuclide, parameters.nuclide)
    started_at, unit = started(volume), unit_of(volume, parameters.units)
    reconstruction = reconstruction_of(volume)
    cylinder = find_cylinder(reconstruction)
    filling = filling_of(inputs, nuclide, parameters)
    projections = every(inputs, PROJECTIONS, Tomographic)
    scan = scan_of(projections, inputs, volume, nuclide)
    moment = moment_of(volume, unit, started_at, scan, parameters.decay_reference)
    regions = regions_of(
        reconstruction,
        cylinder,
        radius_share=parameters.radius_share,
        length_share=parameters.length_share,
        margin_mm=parameters.margin_mm,
    )
    cylinder_ml = math.pi * cylinder.radius_mm**2 * cylinder.length_mm * ML_PER_MM3
    scatter = Component(
        name="scatter of the slices", standard=regions.scatter, evaluation=Evaluation.A
    )
    region = Component(name="choice of the region", standard=parameters.voi_percent / 100.0)
    budget = Budget(components=(*filling.components(moment.at, moment.duration_s), scatter, region))
    whole = Budget(
        components=(
            *filling.components(moment.at, moment.duration_s, volume=False),
            scatter,
            region,
        )
    )
    true = 1e3 * filling.mbq_per_ml(moment.at, moment.duration_s)
    rows, notes = _numbers(unit, regions, filling, moment, scan, reconstruction, (budget, whole))
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
                    ("scan_time_s", scan.duration_s, None),
                    ("cylinder_volume_ml", cylinder_ml, None),
                ],
            )
        ),
        preconditions=(
            *conditions_of(
                volume,
                reconstruction,
                cylinder,
                filling,
                scan,
                moment,
                started_at,
                cylinder_ml,
                parameters,
            ),
            *of_one_scan(projections, volume, filling.source.nuclide, CLAUSE),
            *stated_time_agrees(inputs, scan, CLAUSE),
        ),
        figures=figures_of(
            regions.slab,
            cylinder,
            reconstruction,
            regions.inner_mm,
            (regions.first, regions.last),
            budget,
            filling.measured,
        ),
        notes=(filling.source.note(), moment_note(moment), *notes, *_scale_notes(volume, unit)),
    )  # fmt: skip


def _numbers(
    unit: ValueUnit,
    regions: Regions,
    filling: Filling,
    moment: Moment,
    scan: Scan,
    reconstruction: Reconstruction,
    budgets: tuple[Budget, Budget],
) -> tuple[list[NumberRow], list[Note]]:
    inner, whole = (b.standard if filling.measured else None for b in budgets)
    voxel_ml = math.prod(reconstruction.voxel_mm) * ML_PER_MM3
    concentration = filling.mbq_per_ml(moment.at, moment.duration_s)
    activity = filling.mbq(moment.at, moment.duration_s)
    notes = []
    if regions.total is None:
        notes.append(
            Note(
                code="CYLINDER_CUT",
                message="the cylinder with its margin is not wholly in the volume: no total",
            )
        )
    if unit is ValueUnit.BQML:
        ratio = regions.mean / 1e6 / concentration
        total = None if regions.total is None else regions.total * voxel_ml / 1e6 / activity
        return [
            ("quant_ratio", ratio, absolute(ratio, inner)),
            ("quant_ratio_whole", total, absolute(total, whole)),
            ("image_concentration_kbq_per_ml", regions.mean / 1e3, regions.mean / 1e3 * regions.scatter),
        ], notes  # fmt: skip
    if scan.duration_s is None:
        raise UnsuitableAcquisitionError(
            "the values are counts, and neither projections nor the reading scan_time tell in what"
            " time they were counted",
            quantity="time of the scan",
        )
    factor = regions.mean / scan.duration_s / (concentration * voxel_ml)
    total = None if regions.total is None else regions.total / scan.duration_s / activity
    heads = scan.number_of_heads
    told = "an unknown number of heads counted together"
    if heads is not None:
        told = "one head counted" if heads == 1 else f"{heads} heads counted together"
    notes.append(
        Note(
            code="TIME_DEFINITION",
            message=f"the factor is per second of the scan, {scan.duration_s:g} s, in which"
            f" {told}; that by head divides by the time of all heads",
            values={"scan_time_s": scan.duration_s, "heads": heads or 0},
        )
    )
    per_head = None if heads is None else factor / heads
    return [
        ("icf_cps_per_mbq", factor, absolute(factor, inner)),
        ("icf_per_head_cps_per_mbq", per_head, absolute(per_head, inner)),
        ("icf_whole_cps_per_mbq", total, absolute(total, whole)),
        ("counts_per_voxel", regions.mean, regions.mean * regions.scatter),
    ], notes


def _scale_notes(volume: Volume, unit: ValueUnit) -> list[Note]:
    slopes = sorted({float(slope) for slope in volume.slope})
    if unit is ValueUnit.BQML or slopes == [1.0]:
        return []
    return [
        Note(
            code="SCALED_COUNTS",
            message=f"the header scales the stored values by {slopes[0]:g} to {slopes[-1]:g}: the"
            " factor is that of the scaled values",
            values={"lowest": slopes[0], "highest": slopes[-1]},
        )
    ]


ANALYZER = Analyzer(
    id="spect_calibration_factor",
    title="Image calibration factor",
    title_zh="断层图像校准因子",
    version="1",
    variants=(Variant(name="local", title="Cylinder of known activity", clause=CLAUSE),),
    roles=(RECONSTRUCTION, PROJECTIONS),
    readings=(*activity_readings(), volume_reading(), SCAN_TIME_READING),
    metrics=metrics(
        CLAUSE,
        ("icf_cps_per_mbq", "{counts}/s/MBq", "ICF", "Calibration factor, inner region", "校准因子(内部区域)", 2),
        ("icf_per_head_cps_per_mbq", "{counts}/s/MBq", "ICF_h", "Calibration factor by the time of all heads", "校准因子(按探头平均)", 2),
        ("icf_whole_cps_per_mbq", "{counts}/s/MBq", "ICF_tot", "Calibration factor, whole cylinder", "校准因子(整个模体)", 2),
        ("quant_ratio", "1", "Q", "Image over true concentration", "图像与真实活度浓度之比", 3),
        ("quant_ratio_whole", "1", "Q_tot", "Image over true activity, whole cylinder", "图像与真实总活度之比", 3),
        ("image_concentration_kbq_per_ml", "kBq/mL", "c_i", "Concentration in the image", "图像活度浓度", 3),
        ("true_concentration_kbq_per_ml", "kBq/mL", "c", "True concentration", "真实活度浓度", 3),
        ("counts_per_voxel", "{counts}", "n", "Mean counts of a voxel", "体素平均计数", 2),
        ("scan_time_s", "s", "T", "Time of the scan", "采集时间", 0),
        ("cylinder_volume_ml", "mL", "V_i", "Volume of the cylinder in the image", "图像中圆柱体积", 0),
    ),
    parameters=CalibrationParameters,
    measure=measure,
    figures=("slab", "slices", "budget"),
)  # fmt: skip
"""The test, as registered."""
