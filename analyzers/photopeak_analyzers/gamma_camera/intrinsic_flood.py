"""What the floods of a bare detector share, at the usual count rate and at a high one.

Parameters of the point source, and the procedure of NEMA NU 1-2007 2.4 (GB/T 18989-2013 E.4), to
which the clause of the high rate refers.
"""

from __future__ import annotations

from dataclasses import dataclass

from photopeak_analyzers.contract import Severity, parameter
from photopeak_analyzers.gamma_camera.uniformity import Text
from photopeak_analyzers.gamma_camera.uniformity_analysis import Procedure
from photopeak_analyzers.gamma_camera.uniformity_conditions import Conditions
from photopeak_analyzers.gamma_camera.uniformity_inputs import UniformityParameters
from photopeak_analyzers.numerics.binning import (
    NEMA_LARGEST_MM,
    NEMA_SMALLEST_MM,
    nearest_factor,
)
from photopeak_analyzers.source_conditions import photopeaks


@dataclass(frozen=True, slots=True, kw_only=True)
class IntrinsicFloodParameters(UniformityParameters):
    """Parameters of a flood by a point source."""

    nuclide: str = parameter(
        "Tc-99m",
        doc="Nuclide of the point source; NEMA asks for the test with each one in clinical use.",
        clause="NEMA NU 1-2007 2.4, IEC 60789 (GB/T 18989-2013 E.4.1, 3.3.1.1.1 a)",
    )
    window_width_percent: float | None = parameter(
        None,
        doc="Width of the window the manufacturer recommends, for the NEMA text; without it the"
        " width is not checked. IEC prescribes 20 %.",
        unit="%",
        clause="NEMA NU 1-2007 2.4 (GB/T 18989-2013 E.4.1)",
        minimum=1.0,
        maximum=100.0,
    )
    source_distance_mm: float | None = parameter(
        None,
        doc="Distance of the point source from the detector; checked when given.",
        unit="mm",
        clause="NEMA NU 1-2007 2.4, IEC 60789 (GB/T 18989-2013 E.4.3, 3.3.1.1.1 c)",
        minimum=1.0,
        maximum=20_000.0,
    )


def nema_procedure(
    parameters: IntrinsicFloodParameters, *, clause: str, minimum_rate_cps: float | None = None
) -> Procedure:
    """Return the procedure of the NEMA text.

    Parameters
    ----------
    clause
        Where the test is described.
    minimum_rate_cps
        Count rate from which on the clause allows the acquisition, when it asks for a high one.
    """
    return Procedure(
        text=Text.NEMA,
        infix="",
        conditions=Conditions(
            clause=clause,
            intrinsic=True,
            nuclides=photopeaks((parameters.nuclide,)),
            window_width_percent=parameters.window_width_percent,
            strict_window=False,
            counts_in_centre=True,
            rate_severity=Severity.HARD,
            pixel_mm=(NEMA_SMALLEST_MM, NEMA_LARGEST_MM),
            minimum_rate_cps=minimum_rate_cps,
        ),
        factor=nearest_factor,
    )
