"""Accuracy of the standardised uptake value: a cylinder whose SUV is known.

The SUV is what a workstation shows: Bq/mL times the weight of the header over its dose, which is
decayed from the administration to the moment that the values refer to; SUV of the maker is taken as
it is. What it should be depends on what is known: of an activity in a volume ``c w / D`` with the
concentration c of the activity meter; of a volume alone ``w / V``, all of the dose being in it; of
nothing 1, the weight then being that of the water. The deviation is relative to it, in percent.

With an activity the weight and the dose of the header stand on both sides, so that the deviation is that of
the image, as EARL has it; what a wrong dose does to every SUV is told by its own deviation from the activity
that was entered. Without one the deviation holds both.

The uncertainty holds activity, clocks, half-life and volume as far as they are given, the choice of the
region, and the scatter of the slices.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from photopeak_analyzers.activity import ACTIVITY, activity_readings
from photopeak_analyzers.contract import Analysis, Analyzer, Inputs, Note, Scope, Variant
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.known_activity import (
    VOLUME,
    Filling,
    absolute,
    filling_of,
    volume_reading,
)
from photopeak_analyzers.numerics.decay import decay_factor, mean_decay
from photopeak_analyzers.pet.cylinder_parameters import CYLINDER, KnownCylinderParameters
from photopeak_analyzers.pet.header_conditions import dose_over_entered, refuse_impossible
from photopeak_analyzers.pet.image_values import ValueKind
from photopeak_analyzers.pet.known_cylinder import (
    KnownCylinder,
    known_cylinder,
    known_cylinder_conditions,
)
from photopeak_analyzers.pet.known_cylinder_figures import figures_of
from photopeak_analyzers.pet.reference_time import administered_before_s
from photopeak_analyzers.reference_moment import administered
from photopeak_analyzers.shorthand import NumberRow, measurements, metrics
from photopeak_analyzers.uncertainty import Budget, Component

CLAUSE = "practice: accuracy of SUV in a uniform cylinder; deviation as EARL"
"""No standard in force prescribes the test."""

G_PER_KG = 1e3

LATEST_S = 3600.0
"""An administration that lies farther after the start of the scan is no matter of clocks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the SUV should be, by what that is known, and how well."""

    suv: float
    words: str
    components: tuple[Component, ...]
    measured: bool


def measure(inputs: Inputs, parameters: KnownCylinderParameters) -> Analysis:
    """Measure the SUV that the header makes of a cylinder."""
    found = known_cylinder(inputs, parameters, suv=True)
    factor = found.values.factor * _to_suv(found)
    suv = found.region.mean * factor
    volume_ml = inputs.number(VOLUME) if VOLUME in inputs.readings else None
    filling = _filling(inputs, found, parameters)
    expected = _expected(inputs, found, parameters, filling, volume_ml)
    quotient = suv / expected.suv
    refuse_impossible(quotient, "SUV over the expected one")
    dose = None if filling is None else dose_over_entered(found.volume, filling)
    if dose is not None:
        refuse_impossible(dose, "dose of the header over the activity that was entered")
    budget = Budget(components=(*expected.components, *found.components(parameters.voi_percent)))
    relative = budget.standard if expected.measured else None
    farthest, spread = found.region.farthest(parameters.noise_seed)
    return Analysis(
        measurements=tuple(
            measurements(
                Scope(),
                [
                    ("suv_mean", suv, suv * found.region.scatter),
                    ("expected_suv", expected.suv, None),
                    (
                        "suv_bias_pct",
                        100.0 * (quotient - 1.0),
                        absolute(100.0 * quotient, relative),
                    ),
                    *_dose_rows(dose, filling),
                    ("max_slice_dev_pct", 100.0 * farthest, 100.0 * spread),
                    ("slices", float(found.region.each.size), None),
                ],
            )
        ),
        preconditions=known_cylinder_conditions(found, filling, volume_ml, CLAUSE),
        figures=figures_of(found, factor, "SUV", "g/mL", expected.suv, budget, expected.measured),
        notes=(
            Note(
                code="EXPECTED_SUV",
                message=f"the SUV is expected to be {expected.suv:.4g}: {expected.words}",
                values={"expected": expected.suv, "by": expected.words},
            ),
            *((filling.source.note(),) if filling is not None else ()),
            *found.notes(),
        ),
    )


def _dose_rows(quotient: float | None, filling: Filling | None) -> list[NumberRow]:
    """Return by how much the dose of the header is off, where an activity was entered."""
    if quotient is None or filling is None:
        return []
    percent = filling.activity_percent
    u = None if percent is None else quotient * percent
    return [("dose_deviation_pct", 100.0 * (quotient - 1.0), u)]


def _to_suv(found: KnownCylinder) -> float:
    """Return by which a value becomes SUV: 1, or g / Bq as the header has them."""
    if found.values.kind is ValueKind.SUV:
        return 1.0
    if found.values.kind is not ValueKind.CONCENTRATION:
        raise UnsuitableAcquisitionError(
            f"the values are {found.values.kind}, needs Bq/mL or SUV",
            quantity="unit of the values",
            value=str(found.values.kind),
            bound="Bq/mL or SUV",
        )
    return _weight_g(found) / _dose_bq(found)


def _weight_g(found: KnownCylinder) -> float:
    return G_PER_KG * _of_header(found, "PatientWeight", "the weight")


def _dose_bq(found: KnownCylinder) -> float:
    """Return the dose of the header at the moment that the values refer to."""
    dose = _of_header(found, "RadionuclideTotalDose", "the dose")
    waited = administered_before_s(found.volume)
    if waited is not None and waited < -LATEST_S:
        raise UnsuitableAcquisitionError(
            f"the administration in the header lies {-waited / LATEST_S:.3g} h after the start of the"
            " scan, needs to lie before it: its date or its time is wrong",
            quantity="start of the first frame after the administration",
            value=waited,
            bound=-LATEST_S,
        )
    life, moment = found.half_life.seconds, found.moment
    elapsed = (moment.at - administered(found.volume)).total_seconds()
    return dose * decay_factor(elapsed, life) * mean_decay(moment.duration_s, life)


def _of_header(found: KnownCylinder, name: str, what: str) -> float:
    value = found.volume.header.get(name)
    if not isinstance(value, (int, float)) or not value > 0.0:
        raise UnsuitableAcquisitionError(
            f"{what} in the header, {name}, is absent or 0, and no SUV can be told without it",
            quantity=what,
            value=None if value is None else str(value),
            bound="more than 0",
        )
    return float(value)


def _filling(
    inputs: Inputs, found: KnownCylinder, parameters: KnownCylinderParameters
) -> Filling | None:
    if ACTIVITY not in inputs.readings:
        return None
    return filling_of(inputs, found.nuclide, parameters)


def _expected(
    inputs: Inputs,
    found: KnownCylinder,
    parameters: KnownCylinderParameters,
    filling: Filling | None,
    volume_ml: float | None,
) -> Expected:
    if filling is not None:
        at, duration = found.moment.at, found.moment.duration_s
        true = 1e6 * filling.mbq_per_ml(at, duration)
        return Expected(
            suv=true * _weight_g(found) / _dose_bq(found),
            words="activity of the meter over the volume, weight over dose of the header",
            components=filling.components(at, duration),
            measured=filling.measured,
        )
    if volume_ml is None:
        return Expected(
            suv=1.0,
            words="the weight is taken for that of the water, and all of the dose to be in it",
            components=(),
            measured=True,
        )
    stated = inputs.readings[VOLUME].uncertainty
    relative = parameters.volume_percent / 100.0 if stated is None else stated / volume_ml
    return Expected(
        suv=_weight_g(found) / volume_ml,
        words="weight of the header over the volume, all of the dose being in it",
        components=(Component(name="volume", standard=relative),),
        measured=True,
    )


ANALYZER = Analyzer(
    id="suv_accuracy",
    title="Accuracy of SUV",
    title_zh="SUV准确性",
    version="1",
    variants=(Variant(name="local", title="Uniform cylinder", clause=CLAUSE),),
    roles=(CYLINDER,),
    readings=(
        *(dataclasses.replace(each, required=False) for each in activity_readings()),
        volume_reading(required=False),
    ),
    metrics=metrics(
        CLAUSE,
        ("suv_mean", "g/mL", "SUV", "Mean SUV", "平均SUV", 3),
        ("expected_suv", "g/mL", "SUV_0", "Expected SUV", "预期SUV", 3),
        ("suv_bias_pct", "%", "B", "Deviation of the SUV from the expected one", "SUV偏差", 1),
        ("dose_deviation_pct", "%", "B_D", "Deviation of the dose in the header from the activity entered", "头文件剂量与输入活度的偏差", 1),
        ("max_slice_dev_pct", "%", "D_max", "Largest deviation of a slice from the mean", "层均值最大偏差", 1),
        ("slices", "1", "n", "Slices looked at", "分析层数", 0),
    ),
    parameters=KnownCylinderParameters,
    measure=measure,
    figures=("slab", "slices", "budget"),
)  # fmt: skip
"""The test, as registered."""
