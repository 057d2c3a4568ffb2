"""What a flood test works on: its parameters, and the UFOV of a flood."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from photopeak_analyzers.acquisition import Counts, Detector
from photopeak_analyzers.common_parameters import (
    CorrectionState,
    largest_rate_cps,
    least_counts,
    pixel_spacing,
    refuse_above,
)
from photopeak_analyzers.contract import Note, Scope, parameter
from photopeak_analyzers.gamma_camera.field_parameters import FieldParameters
from photopeak_analyzers.numerics.field_estimate import estimate_field_of_view
from photopeak_analyzers.numerics.field_of_view import (
    LARGEST_MM,
    SMALLEST_MM,
    FieldOfView,
    Shape,
)

ZOOM_TOLERANCE = 0.005
"""A zoom this close to 1 is 1: consoles write 0.999 and 1.0000001."""

UNFIT_WITHOUT_DECLARED_FIELD = ("acceptance", "status")
"""Purposes that the UFOV has to be declared for. GB/T 18989-2013 2.3.2.1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UniformityParameters(FieldParameters):
    """What intrinsic and system uniformity have in common."""

    pixel_spacing_mm: float | None = pixel_spacing()
    minimum_counts: float = least_counts(
        10_000.0,
        doc="Counts per analysed pixel that the clause asks for (the centre pixel in NEMA, the mean"
        " in IEC); fewer is a warning.",
        clause="NEMA NU 1-2007 2.4, IEC 60789 (GB/T 18989-2013 E.4.3, 3.3.1.1.1 e)",
    )
    invalid_below_counts: float = least_counts(
        5_000.0,
        doc="Counts per analysed pixel below which noise alone makes 2 % and nothing is judged.",
    )
    maximum_rate_cps: float = largest_rate_cps(
        20_000.0, clause="NEMA NU 1-2007 2.4, IEC 60789 (GB/T 18989-2013 E.4.1, 3 c)"
    )
    uniformity_correction: CorrectionState = parameter(  # noqa: RUF009 - as above
        CorrectionState.HEADER,
        doc="State of the uniformity correction, where the header does not tell.",
        clause="NEMA NU 1-2007 2.4, IEC 60789 (GB/T 18989-2013 E.4.1, 3.3.1.1.3 e 2)",
    )
    noise_draws: int = parameter(
        16,
        doc="Simulated floods behind each uncertainty, which is known to about 1 / sqrt(draws).",
        minimum=2,
        maximum=1000,
    )
    noise_seed: int = parameter(
        1903,
        doc="Seed of the simulated floods: the same seed gives the same uncertainty.",
        minimum=0,
        maximum=2**31 - 1,
    )

    def __post_init__(self) -> None:
        FieldParameters.__post_init__(self)
        refuse_above(self, "invalid_below_counts", "minimum_counts")


class FieldSource(StrEnum):
    """Where a UFOV comes from."""

    CONFIGURED = "configured"
    HEADER = "header"
    HEADER_AT_UNKNOWN_ZOOM = "header at unknown zoom"
    ESTIMATED = "estimated from the image"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenField:
    """The UFOV used, where it comes from, and what was passed over on the way."""

    field: FieldOfView
    source: FieldSource
    notes: tuple[Note, ...] = ()


def choose_field(
    configured: FieldOfView | None,
    detector: Detector | None,
    binned: Counts,
    pixel_mm: tuple[float, float],
    matrix_centre: tuple[float, float],
    scope: Scope,
) -> ChosenField:
    """Return the UFOV: as configured, else as the header declares, else as the image shows.

    The header's dimensions hold at zoom 1 only (consoles shrink them with the zoom in ways of
    their own), and 0 means that nobody filled them in. At an unknown zoom they are used when they
    fit into the image, as they cannot at a zoom, and the result says so.
    """
    if configured is not None:
        return ChosenField(field=configured, source=FieldSource.CONFIGURED)
    declared, reason = declared_field(detector, binned.shape, pixel_mm)
    if declared is not None:
        at_one = detector is not None and detector.zoom is not None
        source = FieldSource.HEADER if at_one else FieldSource.HEADER_AT_UNKNOWN_ZOOM
        return ChosenField(field=declared, source=source)
    field = estimate_field_of_view(binned, pixel_mm, matrix_centre)
    notes = [
        Note(
            code="UFOV_ESTIMATED",
            message=f"the UFOV was taken from the image: {field.shape}"
            f" {field.width_mm:.0f} x {field.height_mm:.0f} mm",
            scope=scope,
            values={
                "shape": str(field.shape),
                "width_mm": field.width_mm,
                "height_mm": field.height_mm,
            },
            unfit_for=UNFIT_WITHOUT_DECLARED_FIELD,
        )
    ]
    if reason:
        notes.append(
            Note(
                code="UFOV_HEADER_IGNORED",
                message=f"the field of view in the header was not used: {reason}",
                scope=scope,
            )
        )
    return ChosenField(field=field, source=FieldSource.ESTIMATED, notes=tuple(notes))


def declared_field(
    detector: Detector | None, shape: tuple[int, ...], pixel_mm: tuple[float, float]
) -> tuple[FieldOfView | None, str]:
    """Return the field in the header, or None and why it cannot be used."""
    if detector is None or not detector.field_of_view_mm:
        return None, ""
    # Multiplicity first: a rectangle is given as the dimension of a row, then of a column.
    dimensions = detector.field_of_view_mm
    shown = " x ".join(f"{d:g}" for d in dimensions) + " mm"
    if not all(math.isfinite(d) and SMALLEST_MM <= d <= LARGEST_MM for d in dimensions):
        return None, f"{shown} is no detector"
    if detector.zoom is not None and abs(detector.zoom - 1.0) > ZOOM_TOLERANCE:
        return None, f"{shown} at zoom {detector.zoom:g}"
    kind = detector.field_of_view_shape.strip().upper()
    if kind in {"ROUND", "CIRCLE"}:
        width_mm = height_mm = dimensions[0]
        field = FieldOfView(shape=Shape.CIRCLE, width_mm=width_mm, height_mm=width_mm)
    elif kind in {"", "RECTANGLE"} and len(dimensions) == 2:
        width_mm, height_mm = dimensions
        field = FieldOfView(width_mm=width_mm, height_mm=height_mm)
    else:
        return None, f"{kind or 'no shape'} of {shown}"
    image_mm = (shape[0] * pixel_mm[0], shape[1] * pixel_mm[1])
    if detector.zoom is None and (height_mm > image_mm[0] or width_mm > image_mm[1]):
        return (
            None,
            f"{shown} at unknown zoom in an image of {image_mm[1]:.0f} x {image_mm[0]:.0f} mm",
        )
    return field, ""
