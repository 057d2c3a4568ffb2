"""Intrinsic uniformity: the response of the bare detector to the uniform flux of a point source.

NEMA NU 1-2007 2.4 (GB/T 18989-2013 E.4) and IEC 60789 (GB/T 18989-2013 3.3.1.1). The limits of
WS 523 belong to the NEMA text.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from photopeak_analyzers.contract import Analysis, Analyzer, Inputs, Severity, Variant, parameter
from photopeak_analyzers.gamma_camera.intrinsic_flood import (
    IntrinsicFloodParameters,
    nema_procedure,
)
from photopeak_analyzers.gamma_camera.uniformity import Text
from photopeak_analyzers.gamma_camera.uniformity_analysis import (
    FLOOD_ROLE,
    Procedure,
    analyze_floods,
)
from photopeak_analyzers.gamma_camera.uniformity_conditions import (
    IEC_WINDOW_WIDTH_PERCENT,
    Conditions,
    SourceGeometry,
)
from photopeak_analyzers.gamma_camera.uniformity_figures import FIGURES
from photopeak_analyzers.gamma_camera.uniformity_results import metrics
from photopeak_analyzers.numerics.binning import NEMA_LARGEST_MM, largest_factor
from photopeak_analyzers.source_conditions import photopeaks

NEMA = Variant(
    name="nema", title="NEMA NU 1-2007", clause="NEMA NU 1-2007 2.4 (GB/T 18989-2013 E.4)"
)
IEC = Variant(name="iec", title="IEC 60789:1992", clause="IEC 60789 / GB/T 18989-2013 3.3.1.1")


@dataclass(frozen=True, slots=True, kw_only=True)
class IntrinsicUniformityParameters(IntrinsicFloodParameters):
    """Parameters of the intrinsic flood."""

    intrinsic_fwhm_mm: float = parameter(
        3.5,
        doc="Intrinsic resolution FWHM of the CFOV as the manufacturer states it; the pixel of the"
        " IEC text is at most twice as large.",
        unit="mm",
        clause="IEC 60789 / GB/T 18989-2013 3.3.1.1.1 d",
        minimum=0.5,
        maximum=20.0,
    )
    dome_correction: bool = parameter(
        False,
        doc="Take out the dome of a source nearer than five fields of view. For daily constancy;"
        " the result carries a warning and is none of the clause.",
    )


def measure(inputs: Inputs, parameters: IntrinsicUniformityParameters) -> Analysis:
    """Measure intrinsic uniformity; the variant picks the text."""
    geometry = SourceGeometry(
        distance_mm=parameters.source_distance_mm, take_dome_out=parameters.dome_correction
    )
    procedure = (
        _iec(parameters)
        if inputs.variant == IEC.name
        else nema_procedure(parameters, clause=NEMA.clause)
    )
    return analyze_floods(inputs, parameters, procedure, geometry)


def _iec(parameters: IntrinsicUniformityParameters) -> Procedure:
    largest_mm = min(2.0 * parameters.intrinsic_fwhm_mm, NEMA_LARGEST_MM)
    return Procedure(
        text=Text.IEC,
        infix="",
        conditions=Conditions(
            clause=IEC.clause,
            intrinsic=True,
            nuclides=photopeaks((parameters.nuclide,)),
            window_width_percent=IEC_WINDOW_WIDTH_PERCENT,
            strict_window=True,
            counts_in_centre=False,
            rate_severity=Severity.HARD,
            pixel_mm=(None, largest_mm),
        ),
        factor=partial(largest_factor, largest_mm=largest_mm),
    )


ANALYZER = Analyzer(
    id="intrinsic_uniformity",
    title="Intrinsic uniformity",
    title_zh="固有均匀性",
    version="1",
    variants=(NEMA, IEC),
    roles=(FLOOD_ROLE,),
    metrics=metrics(
        infix="",
        index="i",
        clause="NEMA NU 1-2007 2.4, IEC 60789 (GB/T 18989-2013 E.4.4, 3.3.1.1.3)",
    ),
    parameters=IntrinsicUniformityParameters,
    measure=measure,
    figures=FIGURES,
)
"""The test, as registered."""
