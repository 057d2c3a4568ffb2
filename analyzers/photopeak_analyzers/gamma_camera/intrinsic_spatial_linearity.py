"""Intrinsic spatial linearity: where the slits of a mask on the bare detector are seen.

Two texts, never mixed. IEC 60789 / GB/T 18989-2013 3.6: differential linearity is the standard deviation
of the distances of neighbouring slits. NEMA NU 1-2007 (GB/T 18989-2013 E.2): it is that of the places
of each slit about its own straight line (heading of E.2), averaged over the slits; E.2.4 by its words
takes the places themselves, which grows with the tilt of the mask. These are three quantities: independent
errors of 0.1 mm give 0.14, 0.10 and 0.10 mm. All three are given by name, ``dl_spacing``, ``dl_line``,
``dl_place``; ``dl`` is the one of the text. The standard deviation of all places about the grid is given
too. Each is the mean of X and Y. Absolute linearity is the same in both texts: the largest distance of a
place from a grid of equally spaced parallel lines with a free slope, fitted to UFOV and CFOV and to both
directions apart, the larger of X and Y.

What is asked of the images is told in ``slit_conditions``; NEMA wants the mask aligned to 1 mm at the edge
of the UFOV (E.2.3). A detector of single crystals has no slit test (E.2, note).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Note,
    Scope,
    Variant,
    parameter,
)
from photopeak_analyzers.gamma_camera.slit_images import CFOV, UFOV
from photopeak_analyzers.gamma_camera.slit_linearity import (
    GRID,
    LARGEST,
    LINE,
    PLACE,
    SPACING,
    Spread,
    of_both,
    spreads_of,
)
from photopeak_analyzers.gamma_camera.slit_linearity_figures import FIGURES, linearity_figures
from photopeak_analyzers.gamma_camera.slit_parameters import ROLES, SlitParameters
from photopeak_analyzers.gamma_camera.slit_sets import (
    IEC,
    MASK_METRICS,
    NEMA,
    asked_by,
    measure_set,
    of_the_mask,
)
from photopeak_analyzers.shorthand import MetricRow, measurements, metrics

IEC_CLAUSE = "IEC 60789 / GB/T 18989-2013 3.6"
NEMA_CLAUSE = "NEMA NU 1-2007 (GB/T 18989-2013 E.2)"

EDGE_MM = 1.0
"""By how much a slit may be displaced at the edge of the UFOV. E.2.3."""

DEFINITION = {IEC: SPACING, NEMA: LINE}
"""Which of the three is the differential linearity of a text."""

_NAMES = (LINE, PLACE, SPACING, GRID, LARGEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearityParameters(SlitParameters):
    """Parameters of the slit mask, and of the repetitions behind the uncertainties."""

    noise_draws: int = parameter(
        100,
        doc="Repetitions behind each uncertainty, which is known to about 1 / sqrt(2 draws).",
        minimum=2,
        maximum=10_000,
    )
    noise_seed: int = parameter(
        1964,
        doc="Seed of the repetitions: the same seed gives the same uncertainty.",
        minimum=0,
        maximum=2**31 - 1,
    )


def measure(inputs: Inputs, parameters: LinearityParameters) -> Analysis:
    """Measure intrinsic linearity."""
    iec = inputs.variant == IEC
    clause = IEC_CLAUSE if iec else NEMA_CLAUSE
    asked = asked_by(inputs.variant, parameters, clause, edge_mm=None if iec else EDGE_MM)
    measured = measure_set(inputs, parameters, asked)
    definition = DEFINITION[inputs.variant]
    rng = np.random.default_rng(parameters.noise_seed)
    numbers: list[Measurement] = []
    for scope, images in measured.found.items():
        by_field: dict[str, list[dict[str, Spread]]] = {UFOV: [], CFOV: []}
        for image in images.values():
            for name, field in image.image.fields.items():
                spreads = spreads_of(
                    field,
                    tolerance_mm=parameters.pitch_tolerance_mm,
                    draws=parameters.noise_draws,
                    rng=rng,
                )
                by_field[name].append(spreads)
                numbers += _along_one_axis(name, spreads, definition, image.scope)
            numbers += of_the_mask(image)
        if len(images) == len(ROLES):
            for name, of_field in by_field.items():
                numbers += _of_both_axes(name, of_field, definition, scope)
    return Analysis(
        measurements=tuple(numbers),
        preconditions=measured.preconditions,
        figures=linearity_figures(measured.found),
        notes=(*measured.notes, _named(definition)),
    )


def _along_one_axis(
    field: str, spreads: dict[str, Spread], definition: str, scope: Scope
) -> list[Measurement]:
    return measurements(
        scope,
        [
            (f"{key}_axis_{field}", spreads[name].value, spreads[name].uncertainty)
            for key, name in (("dl", definition), ("al", LARGEST))
        ],
    )


def _of_both_axes(
    field: str, by_axis: list[dict[str, Spread]], definition: str, scope: Scope
) -> list[Measurement]:
    both = {name: of_both(name, [spreads[name] for spreads in by_axis]) for name in _NAMES}
    return measurements(
        scope,
        [
            (f"dl_{field}", both[definition].value, both[definition].uncertainty),
            *((f"{name}_{field}", both[name].value, both[name].uncertainty) for name in _NAMES),
            (f"noise_floor_dl_{field}", both[definition].floor, None),
            (f"noise_floor_al_{field}", both[LARGEST].floor, None),
        ],
    )


def _named(definition: str) -> Note:
    words = {
        SPACING: "the standard deviation of the distances of neighbouring slits (3.6.3.1)",
        LINE: "the standard deviation of the places of each slit about its straight line, averaged"
        " (heading of E.2; E.2.4 by its words is dl_place)",
    }
    return Note(
        code="DL_DEFINITION",
        message=f"differential linearity is {words[definition]}: {definition}",
        values={"definition": definition},
    )


def _metric_rows() -> tuple[MetricRow, ...]:
    rows: list[MetricRow] = []
    for field in (UFOV, CFOV):
        place, letter = field.upper(), field[0]
        rows += [
            (f"dl_{field}", "mm", f"DL_{letter}i", f"Differential linearity in the {place}, as the text defines it", f"固有空间微分线性 DL（{place}）", 2),
            (f"al_{field}", "mm", f"AL_{letter}i", f"Absolute linearity in the {place}", f"固有空间绝对线性 AL（{place}）", 2),
            (f"dl_line_{field}", "mm", f"DL_{letter}i,line", f"SD of the places about the line of each slit in the {place}", f"各狭缝峰位对拟合直线的标准偏差（{place}）", 2),
            (f"dl_place_{field}", "mm", f"DL_{letter}i,place", f"SD of the places of each slit in the {place}", f"各狭缝峰位的标准偏差（{place}）", 2),
            (f"dl_spacing_{field}", "mm", f"DL_{letter}i,spacing", f"SD of the distances of neighbouring slits in the {place}", f"相邻峰间距的标准偏差（{place}）", 2),
            (f"residual_sd_{field}", "mm", f"s_{letter}i", f"SD of all places about the grid in the {place}", f"峰位对拟合栅格的标准偏差（{place}）", 2),
            (f"dl_axis_{field}", "mm", "DL", f"Differential linearity along one axis in the {place}", f"单方向微分线性（{place}）", 2),
            (f"al_axis_{field}", "mm", "AL", f"Absolute linearity along one axis in the {place}", f"单方向绝对线性（{place}）", 2),
            (f"noise_floor_dl_{field}", "mm", f"DL_0,{letter}", f"DL of a perfect detector with this noise in the {place}", f"噪声引起的微分线性本底（{place}）", 2),
            (f"noise_floor_al_{field}", "mm", f"AL_0,{letter}", f"AL of a perfect detector with this noise in the {place}", f"噪声引起的绝对线性本底（{place}）", 2),
        ]  # fmt: skip
    return tuple(rows)


ANALYZER = Analyzer(
    id="intrinsic_spatial_linearity",
    title="Intrinsic spatial linearity",
    title_zh="固有空间线性",
    version="1",
    variants=(
        Variant(name=NEMA, title="NEMA NU 1-2007", clause=NEMA_CLAUSE),
        Variant(name=IEC, title="IEC 60789", clause=IEC_CLAUSE),
    ),
    roles=ROLES,
    metrics=metrics(f"{IEC_CLAUSE}; {NEMA_CLAUSE}", *_metric_rows(), *MASK_METRICS),
    parameters=LinearityParameters,
    measure=measure,
    figures=FIGURES,
)
"""The test, as registered."""
