"""Containers, volumes and places in which one activity was read, and what was read there."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.contract import (
    Column,
    Inputs,
    Reading,
    ReadingKind,
    Row,
    Scope,
    parameter,
)
from photopeak_analyzers.counters.calibrator_budget import ComparisonParameters
from photopeak_analyzers.counters.calibrator_readings import (
    MeterReading,
    activity_column,
    at_first,
    decay_uncertainty,
    display_uncertainty,
    time_column,
)
from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.nuclide_table import HalfLife

Key = tuple[str, float, str | None]
"""Container, volume in mL, place."""

READINGS = Reading(
    name="readings",
    label="Readings in each geometry",
    label_zh="各几何条件读数",
    unit="MBq",
    kind=ReadingKind.TABLE,
    columns=(
        Column("container", kind=ReadingKind.TEXT, label="Container", label_zh="容器",
               hint="Such as: syringe 5 mL, vial 10 mL."),
        Column("volume_ml", "mL", label="Volume", label_zh="体积", minimum=0.001, maximum=5000.0),
        Column("position", kind=ReadingKind.TEXT, label="Place in the well", label_zh="井内位置",
               required=False, hint="Empty at the usual one."),
        activity_column(),
        time_column(),
        Column("share_pct", "%", label="Share of the first activity in it", label_zh="所含活度份额",
               minimum=0.1, maximum=100.0, required=False,
               hint="Where part of it stayed behind when it was moved; 100 where it is left out."),
    ),
    minimum_rows=2,
    maximum_rows=500,
)  # fmt: skip

REFERENCE = Reading(
    name="reference_row",
    label="Row of the reference geometry",
    label_zh="参考几何所在行",
    unit="1",
    minimum=1.0,
    maximum=500.0,
    required=False,
    hint="That in which the calibrator was calibrated; the first one where it is left out.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GeometryParameters(ComparisonParameters):
    """Parameters of the test."""

    wanted_geometries: int = parameter(
        3, doc="Geometries that the test asks for; fewer warn.", minimum=2, maximum=100
    )
    share_percent: float = parameter(
        0.2,
        doc="Standard uncertainty of a share that was moved, in % of the whole.",
        unit="%",
        minimum=0.0,
        maximum=20.0,
    )
    draws: int = parameter(
        2000,
        doc="How often readings are drawn for the uncertainty of the largest deviation.",
        minimum=100,
        maximum=10_000,
    )
    seed: int = parameter(1, doc="Seed of the draws.", minimum=0, maximum=2**31 - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """One container with one volume at one place.

    Attributes
    ----------
    mbq
        Mean of its readings, as if nothing had decayed or stayed behind.
    relative
        Standard uncertainty.
    """

    container: str
    volume_ml: float
    position: str | None
    mbq: float
    relative: float

    @property
    def scope(self) -> Scope:
        """What its numbers belong to."""
        return Scope.of(container=self.container, volume_ml=self.volume_ml, position=self.position)


def key_of(row: Row) -> Key:
    """Return what tells one geometry from another."""
    place = row.text("position") if row.has("position") else None
    return row.text("container"), row.number("volume_ml"), place


def geometries(
    rows: Sequence[Row],
    read: Sequence[MeterReading],
    life: HalfLife,
    parameters: GeometryParameters,
) -> Mapping[Key, Geometry]:
    """Return the geometries in their order; readings of the same one are averaged."""
    activities = at_first(read, life)
    times = [each.at for each in read if each.at is not None]
    of_key: dict[Key, list[int]] = {}
    for index, row in enumerate(rows):
        of_key.setdefault(key_of(row), []).append(index)
    found = {}
    for key, mine in of_key.items():
        values, variances = [], []
        for index in mine:
            row, one = rows[index], read[index]
            moved = row.has("share_pct") and row.number("share_pct") < 100.0
            share = row.number("share_pct") / 100.0 if moved else 1.0
            after = 0.0 if one.at is None else (one.at - min(times)).total_seconds()
            values.append(activities[index] / share)
            variances.append(
                (parameters.repeatability_percent / 100.0) ** 2
                + display_uncertainty(one, parameters) ** 2
                + (decay_uncertainty(after, life, parameters.clock_s) if after else 0.0) ** 2
                + (parameters.share_percent / 100.0 / share if moved else 0.0) ** 2
            )
        container, volume, position = key
        found[key] = Geometry(
            container=container,
            volume_ml=volume,
            position=position,
            mbq=float(np.mean(values)),
            relative=math.sqrt(float(np.mean(variances)) / len(mine)),
        )
    return found


def reference_row(inputs: Inputs, rows: Sequence[Row]) -> Row:
    """Return the row of the geometry that the others are compared with."""
    if REFERENCE.name not in inputs.readings:
        return rows[0]
    number = inputs.number(REFERENCE.name)
    if number != int(number) or number > len(rows):
        raise ParameterError(
            f"{REFERENCE.name} is {number:g}, needs a row from 1 to {len(rows)}",
            quantity=REFERENCE.name,
            value=number,
            bound=len(rows),
        )
    return rows[int(number) - 1]
