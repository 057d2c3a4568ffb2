"""Geometry of a radionuclide calibrator: one activity in several containers, volumes and places.

Practice: the same activity, in 1 mL up to the largest volume in use, in syringes and vials, each reading
less the background and corrected for decay to the first; where activity was moved from one container to
another, what arrived there as a share of the first. The correction factor of a geometry is
``f = A_ref / A``, its deviation ``100 (A / A_ref - 1)``; the reference is the geometry in which the
calibrator was calibrated, or the first row.

The uncertainty holds repeatability, last digit, clock, half-life, and the share that was moved.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from photopeak_analyzers.conditions import graded
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Note,
    PreconditionCode,
    Scope,
    Variant,
)
from photopeak_analyzers.counters.calibrator_conditions import (
    container_notes,
    time_condition,
    well_above_background,
)
from photopeak_analyzers.counters.calibrator_geometries import (
    READINGS,
    REFERENCE,
    Geometry,
    GeometryParameters,
    Key,
    geometries,
    key_of,
    reference_row,
)
from photopeak_analyzers.counters.calibrator_readings import (
    BACKGROUND,
    meter_readings,
    nuclide_of,
    nuclide_reading,
    used_half_life,
)
from photopeak_analyzers.errors import MissingReadingError
from photopeak_analyzers.figures import Curve, CurveFigure, CurveStyle, ReferenceLine, TableFigure
from photopeak_analyzers.shorthand import NumberRow, measurements, metrics

CLAUSE = "practice: radionuclide calibrator, containers, volumes and places in the well"


def measure(inputs: Inputs, parameters: GeometryParameters) -> Analysis:
    """Return the correction factor of every geometry."""
    nuclide = nuclide_of(inputs)
    life, note = used_half_life(nuclide, inputs.variant)
    rows = inputs.rows(READINGS)
    if not rows:
        raise MissingReadingError("no geometry was read", quantity=READINGS.name)
    read = meter_readings(rows, inputs)
    found = geometries(rows, read, life, parameters)
    reference = found[key_of(reference_row(inputs, rows))]
    numbers = []
    for each in found.values():
        ratio = each.mbq / reference.mbq
        u = math.hypot(each.relative, reference.relative) if each is not reference else 0.0
        numbers += measurements(
            each.scope,
            [
                ("geometry_factor", 1.0 / ratio, u / ratio),
                ("geometry_deviation_pct", 100.0 * (ratio - 1.0), 100.0 * u * ratio),
            ],
        )
    numbers += measurements(Scope(), _largest(list(found.values()), reference, parameters))
    return Analysis(
        measurements=tuple(numbers),
        preconditions=(
            graded(
                PreconditionCode.COUNTS,
                "geometries",
                len(found),
                soft=(parameters.wanted_geometries, None),
                hard=(2.0, None),
                unit="1",
                scope=Scope(),
                clause=CLAUSE,
            ),
            time_condition(read, life, CLAUSE),
            well_above_background(read, inputs, CLAUSE),
        ),
        figures=(_curve(found, reference), _table(found, reference)),
        notes=(note, *_remarks(inputs, reference), *container_notes(nuclide)),
    )


def _largest(
    found: Sequence[Geometry], reference: Geometry, parameters: GeometryParameters
) -> list[NumberRow]:
    """Return the largest deviation; of several it is no linear function of them, and drawn."""
    ratios = np.array([each.mbq for each in found]) / reference.mbq
    noise = np.random.default_rng(parameters.seed).normal(
        1.0, [each.relative for each in found], (parameters.draws, len(found))
    )
    of_reference = [each is reference for each in found].index(True)
    drawn = ratios * noise / noise[:, of_reference, None]
    largest = 100.0 * np.abs(drawn - 1.0).max(axis=1)
    return [
        (
            "geometry_max_dev_pct",
            100.0 * float(np.abs(ratios - 1.0).max()),
            float(largest.std(ddof=1)),
        ),
        ("geometries", len(found), None),
    ]


def _remarks(inputs: Inputs, reference: Geometry) -> list[Note]:
    if REFERENCE.name in inputs.readings:
        return []
    return [
        Note(
            code="REFERENCE_ASSUMED",
            message=f"no reference geometry is named, that of the first row is taken:"
            f" {reference.container}, {reference.volume_ml:g} mL",
        )
    ]


def _curve(found: Mapping[Key, Geometry], reference: Geometry) -> CurveFigure:
    lines: dict[str, list[Geometry]] = {}
    for each in found.values():
        name = each.container if each.position is None else f"{each.container}, {each.position}"
        lines.setdefault(name, []).append(each)
    curves = []
    for name, group in lines.items():
        ordered = sorted(group, key=lambda each: each.volume_ml)
        curves.append(
            Curve(
                label=name,
                x=np.array([each.volume_ml for each in ordered]),
                y=np.array([100.0 * (each.mbq / reference.mbq - 1.0) for each in ordered]),
                style=CurveStyle.POINTS if len(ordered) == 1 else CurveStyle.LINE,
            )
        )
    return CurveFigure(
        name="volumes",
        title="Response over volume",
        x_label="Volume",
        x_unit="mL",
        y_label="Deviation from the reference geometry",
        y_unit="%",
        curves=tuple(curves),
        lines=(
            ReferenceLine(label="+5 %", value=5.0),
            ReferenceLine(label="reference", value=0.0),
            ReferenceLine(label="-5 %", value=-5.0),
        ),
    )


def _table(found: Mapping[Key, Geometry], reference: Geometry) -> TableFigure:
    return TableFigure(
        name="factors",
        title="Correction factors",
        columns=("container", "volume (mL)", "place", "activity (MBq)", "factor", "u, k = 1 (%)"),
        rows=tuple(
            (
                each.container,
                each.volume_ml,
                each.position,
                each.mbq,
                reference.mbq / each.mbq,
                100.0 * math.hypot(each.relative, reference.relative)
                if each is not reference
                else 0.0,
            )
            for each in found.values()
        ),
    )


ANALYZER = Analyzer(
    id="calibrator_geometry",
    title="Geometry of the radionuclide calibrator",
    title_zh="活度计几何响应",
    version="1",
    variants=(Variant(name="local", title="Containers and volumes", clause=CLAUSE),),
    roles=(),
    readings=(nuclide_reading(), READINGS, REFERENCE, BACKGROUND),
    metrics=metrics(
        CLAUSE,
        ("geometry_max_dev_pct", "%", "d_max", "Largest deviation of a geometry", "几何响应最大偏差", 2),
        ("geometry_factor", "1", "f", "Correction factor", "几何校正因子", 4),
        ("geometry_deviation_pct", "%", "d", "Deviation from the reference geometry", "与参考几何的偏差", 2),
        ("geometries", "1", "n", "Geometries", "几何条件数", 0),
    ),
    parameters=GeometryParameters,
    measure=measure,
    figures=("volumes", "factors"),
)  # fmt: skip
"""The test, as registered."""
