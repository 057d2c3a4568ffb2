"""Remarks on a flood: where its extremes lie, and what was done to it."""

from __future__ import annotations

from photopeak_analyzers.contract import Note, Scope, ScopeValue
from photopeak_analyzers.frames_by_head import HeadCounts
from photopeak_analyzers.gamma_camera.uniformity import PreparedFlood
from photopeak_analyzers.gamma_camera.uniformity_inputs import (
    UNFIT_WITHOUT_DECLARED_FIELD,
    ChosenField,
    FieldSource,
)
from photopeak_analyzers.gamma_camera.uniformity_results import FieldNumbers


def places_note(
    fov: str,
    field: FieldNumbers,
    *,
    scope: Scope,
    pixel_mm: tuple[float, float],
    centre: tuple[float, float],
) -> Note:
    """Say where the extremes and the worst groups lie, in mm from the centre of the field.

    x grows to the right, y downwards; a group is given by its middle pixel.
    """
    places = {
        "maximum": field.integral.at_maximum,
        "minimum": field.integral.at_minimum,
        "du_x": _middle(field.differential.x.first, field.differential.x.last),
        "du_y": _middle(field.differential.y.first, field.differential.y.last),
    }
    values: dict[str, ScopeValue] = {"field_of_view": fov.upper()}
    for name, (row, column) in places.items():
        values[f"{name}_x_mm"] = (column - centre[1]) * pixel_mm[1]
        values[f"{name}_y_mm"] = (row - centre[0]) * pixel_mm[0]
    values["maximum_counts"] = field.integral.maximum
    values["minimum_counts"] = field.integral.minimum
    values["du_direction"] = str(field.differential.worst.direction)
    message = (
        f"{fov.upper()}: maximum {values['maximum_counts']:.0f} at"
        f" ({values['maximum_x_mm']:.0f}, {values['maximum_y_mm']:.0f}) mm, minimum"
        f" {values['minimum_counts']:.0f} at"
        f" ({values['minimum_x_mm']:.0f}, {values['minimum_y_mm']:.0f}) mm"
    )
    return Note(code="EXTREMES", message=message, scope=scope, values=values)


def _middle(first: tuple[int, int], last: tuple[int, int]) -> tuple[int, int]:
    return ((first[0] + last[0]) // 2, (first[1] + last[1]) // 2)


def remarks(
    flood: HeadCounts, prepared: PreparedFlood, chosen: ChosenField, pixels_beyond: int
) -> list[Note]:
    """Say what was done to a flood that a reader of its numbers should know."""
    scope = flood.scope
    notes = []
    if chosen.source is FieldSource.HEADER_AT_UNKNOWN_ZOOM:
        notes.append(
            Note(
                code="UFOV_ZOOM_UNKNOWN",
                message="the UFOV is the header's, which does not tell the zoom",
                scope=scope,
                unfit_for=UNFIT_WITHOUT_DECLARED_FIELD,
            )
        )
    if flood.frames > 1:
        notes.append(
            Note(
                code="FRAMES_SUMMED",
                message=f"{flood.frames} frames were summed",
                scope=scope,
                values={"frames": flood.frames},
            )
        )
    if prepared.removed_pixels:
        notes.append(
            Note(
                code="EDGE_CLEARED",
                message=f"{prepared.cleared_low} pixels at the edge of the UFOV hold less than 75 %"
                f" of {prepared.reference_counts:.0f} counts, {prepared.cleared_neighbours} adjoin"
                " a pixel of zero",
                scope=scope,
                values={
                    "low_pixels": prepared.cleared_low,
                    "neighbours": prepared.cleared_neighbours,
                    "depth_pixels": prepared.cleared_depth,
                    "beyond_image": pixels_beyond,
                },
            )
        )
    if prepared.dead:
        row, column = prepared.dead[0]
        notes.append(
            Note(
                code="DEAD_PIXELS",
                message=f"{len(prepared.dead)} pixels inside the UFOV have no count, the first in"
                f" row {row}, column {column} of the analysed image; they and their neighbours"
                " are not in the numbers",
                scope=scope,
                values={"pixels": len(prepared.dead), "row": row, "column": column},
            )
        )
    return notes
