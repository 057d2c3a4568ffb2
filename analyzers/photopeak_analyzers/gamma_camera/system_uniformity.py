"""System (extrinsic) uniformity: the response with the collimator to a filled flood or a sheet.

IEC 60789 (GB/T 18989-2013 3.3.2). NEMA NU 1-2007 has no such clause; the variant ``local`` applies
the mathematics of its intrinsic clause to sheet floods, as most hospitals do every day.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from photopeak_analyzers.contract import Analysis, Analyzer, Inputs, Severity, Variant, parameter
from photopeak_analyzers.gamma_camera.uniformity import Text
from photopeak_analyzers.gamma_camera.uniformity_analysis import (
    FLOOD_ROLE,
    Procedure,
    analyze_floods,
)
from photopeak_analyzers.gamma_camera.uniformity_conditions import (
    IEC_WINDOW_WIDTH_PERCENT,
    Conditions,
)
from photopeak_analyzers.gamma_camera.uniformity_figures import FIGURES
from photopeak_analyzers.gamma_camera.uniformity_inputs import UniformityParameters
from photopeak_analyzers.gamma_camera.uniformity_results import metrics
from photopeak_analyzers.numerics.binning import (
    NEMA_LARGEST_MM,
    NEMA_SMALLEST_MM,
    largest_factor,
    nearest_factor,
)
from photopeak_analyzers.source_conditions import photopeaks

IEC = Variant(name="iec", title="IEC 60789:1992", clause="IEC 60789 / GB/T 18989-2013 3.3.2")
LOCAL = Variant(
    name="local",
    title="Mathematics of NEMA NU 1-2007 2.4 on a sheet or filled flood",
    clause="local; after NEMA NU 1-2007 2.4 (GB/T 18989-2013 E.4.4)",
)

SOURCES = ("Tc-99m", "Co-57", "In-113m", "I-131")
"""Filled flood of Tc-99m, sheet of Co-57, and for collimators from 360 keV In-113m or I-131.
IEC 60789 / GB/T 18989-2013 3.3.2.1.1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemUniformityParameters(UniformityParameters):
    """Parameters of the flood with collimator."""

    nuclide: str = parameter(
        "",
        doc="Nuclide of the flood or sheet; empty for any that the clause names.",
        clause="IEC 60789 / GB/T 18989-2013 3.3.2.1.1",
    )
    system_fwhm_mm: float = parameter(
        6.4,
        doc="System resolution FWHM at 50 mm with scatter as the manufacturer states it: the"
        " largest pixel of the IEC text.",
        unit="mm",
        clause="IEC 60789 / GB/T 18989-2013 3.3.2.1.4",
        minimum=1.0,
        maximum=40.0,
    )


def measure(inputs: Inputs, parameters: SystemUniformityParameters) -> Analysis:
    """Measure system uniformity; the variant picks the text."""
    procedure = _local(parameters) if inputs.variant == LOCAL.name else _iec(parameters)
    return analyze_floods(inputs, parameters, procedure)


def _iec(parameters: SystemUniformityParameters) -> Procedure:
    largest_mm = min(parameters.system_fwhm_mm, NEMA_LARGEST_MM)
    return Procedure(
        text=Text.IEC,
        infix="sys_",
        conditions=Conditions(
            clause=IEC.clause,
            intrinsic=False,
            nuclides=photopeaks((parameters.nuclide,) if parameters.nuclide else SOURCES),
            window_width_percent=IEC_WINDOW_WIDTH_PERCENT,
            strict_window=True,
            counts_in_centre=False,
            rate_severity=Severity.HARD,
            pixel_mm=(None, largest_mm),
        ),
        factor=partial(largest_factor, largest_mm=largest_mm),
    )


def _local(parameters: SystemUniformityParameters) -> Procedure:
    return Procedure(
        text=Text.NEMA,
        infix="sys_",
        conditions=Conditions(
            clause=LOCAL.clause,
            intrinsic=False,
            nuclides=photopeaks((parameters.nuclide,) if parameters.nuclide else SOURCES),
            window_width_percent=None,
            strict_window=False,
            counts_in_centre=True,
            # No clause is broken by a strong sheet; dead time only makes it worth a warning.
            rate_severity=Severity.SOFT,
            pixel_mm=(NEMA_SMALLEST_MM, NEMA_LARGEST_MM),
        ),
        factor=nearest_factor,
    )


ANALYZER = Analyzer(
    id="system_uniformity",
    title="System uniformity",
    title_zh="系统均匀性",
    version="1",
    variants=(IEC, LOCAL),
    roles=(FLOOD_ROLE,),
    metrics=metrics(
        infix="sys_",
        index="s",
        clause="IEC 60789 / GB/T 18989-2013 3.3.2.3",
    ),
    parameters=SystemUniformityParameters,
    measure=measure,
    figures=FIGURES,
)
"""The test, as registered."""
