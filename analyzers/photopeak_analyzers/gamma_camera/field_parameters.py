"""Parameters that declare the UFOV of a detector, for tests that measure in the UFOV and the CFOV."""

from __future__ import annotations

from dataclasses import dataclass

from photopeak_analyzers.contract import Parameters, parameter
from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.numerics.field_of_view import (
    LARGEST_MM,
    SMALLEST_MM,
    FieldOfView,
    Shape,
)

UFOV_CLAUSE = "GB/T 18989-2013 2.3.2.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldParameters(Parameters):
    """The UFOV as the maker states it; without a width the header is asked, then the image."""

    ufov_shape: Shape = parameter(  # noqa: RUF009 - a field, as by dataclasses.field
        Shape.RECTANGLE,
        doc="Outline of the UFOV: rectangle, circle, or polygon (a rectangle with cut corners).",
        clause=UFOV_CLAUSE,
    )
    ufov_width_mm: float | None = parameter(
        None,
        doc="Width of the UFOV along X as the maker states it, or its diameter; without it the"
        " header is asked, then the image (which is flagged).",
        unit="mm",
        clause=UFOV_CLAUSE,
        minimum=SMALLEST_MM,
        maximum=LARGEST_MM,
    )
    ufov_height_mm: float | None = parameter(
        None,
        doc="Height of the UFOV along Y; not of a circle.",
        unit="mm",
        clause=UFOV_CLAUSE,
        minimum=SMALLEST_MM,
        maximum=LARGEST_MM,
    )
    ufov_corner_cut_mm: float = parameter(
        0.0,
        doc="Length cut off both sides at each corner of a polygon.",
        unit="mm",
        minimum=0.0,
        maximum=LARGEST_MM,
    )
    ufov_offset_x_mm: float = parameter(
        0.0,
        doc="Offset of the centre of the UFOV to the right of the centre of the matrix.",
        unit="mm",
        minimum=-LARGEST_MM,
        maximum=LARGEST_MM,
    )
    ufov_offset_y_mm: float = parameter(
        0.0,
        doc="Offset of the centre of the UFOV below the centre of the matrix.",
        unit="mm",
        minimum=-LARGEST_MM,
        maximum=LARGEST_MM,
    )
    ufov_must_be_known: bool = parameter(
        False,
        doc="For acceptance and status tests: a UFOV taken from the image makes the result invalid.",
    )

    def __post_init__(self) -> None:
        Parameters.__post_init__(self)
        self.configured_field()

    def configured_field(self) -> FieldOfView | None:
        """Return the UFOV that the parameters declare, or None.

        Raises
        ------
        ParameterError
            If they declare half a field, or an impossible one.
        """
        if self.ufov_width_mm is None:
            if self.ufov_height_mm is not None:
                raise ParameterError(
                    "ufov_height_mm is given without ufov_width_mm", quantity="ufov_width_mm"
                )
            return None
        height_mm = self.ufov_height_mm
        if height_mm is None:
            if self.ufov_shape is not Shape.CIRCLE:
                raise ParameterError(
                    f"ufov_height_mm is missing, a {self.ufov_shape} needs it",
                    quantity="ufov_height_mm",
                )
            height_mm = self.ufov_width_mm
        return FieldOfView(
            shape=self.ufov_shape,
            width_mm=self.ufov_width_mm,
            height_mm=height_mm,
            corner_cut_mm=self.ufov_corner_cut_mm,
            centre_offset_mm=(self.ufov_offset_y_mm, self.ufov_offset_x_mm),
        )
