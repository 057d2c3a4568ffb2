"""Intrinsic spatial resolution: widths of the slits of a mask on the bare detector.

Two texts, never mixed. IEC 60789 / GB/T 18989-2013 3.2.1: a pixel of at most 0.1 FWHM, the highest
channel for the peak, millimetres by the slits of the field itself, FWHM, FWTM and equivalent width.
NEMA NU 1-2007 (GB/T 18989-2013 E.1): 0.2 FWHM, the parabola where pixels are coarser, millimetres by
the slits of the UFOV, FWHM and FWTM. Both: slits along X and along Y, each in the UFOV and the CFOV,
the mean of both directions; no background and no width of the slits (1 mm) is taken off.

What is measured and how uncertain it is: ``slit_images``, ``slit_resolution``; what is asked of the
images: ``slit_conditions``. A detector of single crystals has no slit test (E.1, note).
"""

from __future__ import annotations

from photopeak_analyzers.contract import Analysis, Analyzer, Inputs, Variant
from photopeak_analyzers.gamma_camera.slit_parameters import ROLES, SlitParameters
from photopeak_analyzers.gamma_camera.slit_resolution import (
    EW,
    FWHM,
    FWTM,
    measure_resolution,
    width_metrics,
)
from photopeak_analyzers.gamma_camera.slit_resolution_figures import FIGURES
from photopeak_analyzers.gamma_camera.slit_sets import IEC, MASK_METRICS, NEMA, asked_by
from photopeak_analyzers.shorthand import metrics

IEC_CLAUSE = "IEC 60789 / GB/T 18989-2013 3.2.1"
NEMA_CLAUSE = "NEMA NU 1-2007 (GB/T 18989-2013 E.1)"


def measure(inputs: Inputs, parameters: SlitParameters) -> Analysis:
    """Measure intrinsic resolution."""
    clause = IEC_CLAUSE if inputs.variant == IEC else NEMA_CLAUSE
    return measure_resolution(inputs, parameters, asked_by(inputs.variant, parameters, clause))


ANALYZER = Analyzer(
    id="intrinsic_spatial_resolution",
    title="Intrinsic spatial resolution",
    title_zh="固有空间分辨率",
    version="1",
    variants=(
        Variant(name=NEMA, title="NEMA NU 1-2007", clause=NEMA_CLAUSE),
        Variant(name=IEC, title="IEC 60789", clause=IEC_CLAUSE),
    ),
    roles=ROLES,
    metrics=metrics(
        f"{IEC_CLAUSE}; {NEMA_CLAUSE}", *width_metrics((FWHM, FWTM, EW)), *MASK_METRICS
    ),
    parameters=SlitParameters,
    measure=measure,
    figures=FIGURES,
)
"""The test, as registered."""
