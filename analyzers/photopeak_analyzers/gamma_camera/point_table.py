"""Counts of one point source at many places of a field, as somebody wrote them down."""

from __future__ import annotations

import numpy as np

from photopeak_analyzers.common_parameters import CorrectionState
from photopeak_analyzers.contract import Column, Inputs, Reading, ReadingKind, Scope
from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.gamma_camera.point_grid import (
    LEAST_POINTS,
    MOST_POINTS,
    Place,
    PointGroup,
    corrected_counts,
)

TABLE = Reading(
    name="points",
    label="Counts of the point source at each place",
    unit="{counts}",
    kind=ReadingKind.TABLE,
    columns=(
        Column("x", "mm"),
        Column("y", "mm"),
        Column("counts", "{counts}"),
        Column("start", "s"),
        Column("duration", "s"),
    ),
    required=False,
    hint="One row per place: x to the right and y downwards from the centre of the field, counts,"
    " start after any fixed moment, duration. In place of images.",
)


def group_of_table(
    inputs: Inputs, correction: CorrectionState, half_life_s: float
) -> PointGroup | None:
    """Return the places of the table; None when it was not supplied.

    Raises
    ------
    ParameterError
        If a row cannot be true.
    """
    reading = inputs.readings.get(TABLE.name)
    if reading is None:
        return None
    rows = reading.value if isinstance(reading.value, tuple) else ()
    if not LEAST_POINTS <= len(rows) <= MOST_POINTS:
        raise ParameterError(
            f"{TABLE.name} has {len(rows)} rows, needs {LEAST_POINTS} to {MOST_POINTS}",
            quantity=TABLE.name,
            value=len(rows),
            bound=LEAST_POINTS,
        )
    if not (np.isfinite(rows).all() and all(row[2] > 0.0 and row[4] > 0.0 for row in rows)):
        raise ParameterError(
            f"{TABLE.name} holds counts or durations that are not above 0", quantity=TABLE.name
        )
    rows = tuple(sorted(rows, key=lambda row: row[3]))
    places = tuple(
        Place(x_mm=x, y_mm=y, counts=counts, start_s=start - rows[0][3], duration_s=duration)
        for x, y, counts, start, duration in rows
    )
    return PointGroup(
        scope=Scope.of(correction=correction.stated),
        detector=None,
        energy_window=None,
        correction=correction.stated,
        image=None,
        pixel_mm=None,
        places=places,
        corrected=corrected_counts(places, half_life_s),
    )
