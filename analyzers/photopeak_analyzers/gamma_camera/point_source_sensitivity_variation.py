"""Intrinsic point-source sensitivity deviation: how much a detector counts of one source, by place.

A small shielded source is put on a grid of 30 mm across the UFOV and counted equally long at every
place. Counts are corrected for decay; ``eta = 100 |N_mean - N_m| / N_mean`` with N_m the one that lies
farthest from their mean, of the places in the CFOV and of those in the UFOV. IEC 60789 / GB/T
18989-2013 3.3.1.2 (12). With and without uniformity correction are two results.

The largest of many deviations is above zero for a perfect detector as well: what noise alone makes of
as many places stands beside it. The uncertainty is the spread of eta in simulated repetitions of the
same counts, because that of a largest deviation does not follow from linear propagation.

An image that is no point is refused; one of another nuclide, off its peak, or with a collimator
voids, and so do places that leave most of the field out. The counts of a place are those of its whole image.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.acquisition import AcquisitionKind, FrameStack
from photopeak_analyzers.common_parameters import (
    CorrectionState,
    largest_rate_cps,
    least_counts,
    pixel_spacing,
    refuse_above,
)
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Note,
    Precondition,
    Role,
    Variant,
    parameter,
)
from photopeak_analyzers.errors import MissingReadingError, UnsuitableAcquisitionError
from photopeak_analyzers.figures import Figure
from photopeak_analyzers.gamma_camera.field_parameters import FieldParameters
from photopeak_analyzers.gamma_camera.point_deviation import Deviation, deviation
from photopeak_analyzers.gamma_camera.point_grid import PointGroup, groups_of_images
from photopeak_analyzers.gamma_camera.point_grid_conditions import (
    conditions_of,
    field_notes,
    field_of,
    series_conditions,
)
from photopeak_analyzers.gamma_camera.point_grid_figures import course_figure, map_figure
from photopeak_analyzers.gamma_camera.point_table import TABLE, group_of_table
from photopeak_analyzers.given import every
from photopeak_analyzers.nuclides import half_life
from photopeak_analyzers.numerics.field_of_view import CFOV_SCALE
from photopeak_analyzers.shorthand import as_suffix, measurements, metrics
from photopeak_analyzers.source_conditions import photopeaks

IEC = Variant(
    name="iec",
    title="IEC 60789:1992, point source on a grid of 30 mm",
    clause="IEC 60789 / GB/T 18989-2013 3.3.1.2",
)
NUCLIDE = "Tc-99m"

POINTS = Role(
    name="points",
    kinds=frozenset({AcquisitionKind.PLANAR}),
    minimum=0,
    maximum=None,
    label="Point source at the places of the grid",
    hint="One static series per place, every one equally long.",
)
LAST = Role(
    name="last",
    kinds=frozenset({AcquisitionKind.PLANAR, AcquisitionKind.DYNAMIC}),
    maximum=None,
    label="Point source at the last place, or at all of them in one dynamic series",
    hint="A static series whose name counts to the end (221/221, or last); or a dynamic one with a"
    " frame per place.",
)
"""With it a set is complete: nothing else tells how many places there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PointSensitivityParameters(FieldParameters):
    """The field, and what the clause asks of every place."""

    pixel_spacing_mm: float | None = pixel_spacing()
    uniformity_correction: CorrectionState = parameter(  # noqa: RUF009 - a field
        CorrectionState.HEADER,
        doc="State of the uniformity correction, where the header does not tell.",
        clause="GB/T 18989-2013 3.3.1.2.2 c",
    )
    minimum_counts: float = least_counts(
        100_000.0,
        doc="Counts at each place that the clause asks for.",
        clause="GB/T 18989-2013 3.3.1.2.1 d",
    )
    invalid_below_counts: float = least_counts(
        50_000.0, doc="Counts at a place below which nothing is judged."
    )
    maximum_rate_cps: float = largest_rate_cps(20_000.0, clause="GB/T 18989-2013 3 c")
    noise_draws: int = parameter(
        400,
        doc="Simulated repetitions behind each uncertainty.",
        minimum=50,
        maximum=5_000,
    )
    noise_seed: int = parameter(
        3312,
        doc="Seed of the simulated repetitions.",
        minimum=0,
        maximum=2**31 - 1,
    )

    def __post_init__(self) -> None:
        FieldParameters.__post_init__(self)
        refuse_above(self, "invalid_below_counts", "minimum_counts")


def measure(inputs: Inputs, parameters: PointSensitivityParameters) -> Analysis:
    """Measure the deviation of every head, for each state of the correction."""
    lived = half_life(NUCLIDE, inputs.variant)
    nuclides = photopeaks((NUCLIDE,))
    table = group_of_table(inputs, parameters.uniformity_correction, lived.seconds)
    images: tuple[FrameStack, ...] = ()
    left_out: list[Note] = []
    groups: tuple[PointGroup, ...]
    if table is not None:
        groups = (table,)
    else:
        if not (inputs.all(POINTS.name) or inputs.all(LAST.name)):
            raise MissingReadingError(
                "there are neither images of the source nor a table of its counts, needs one",
                quantity=TABLE.name,
                value=0,
                bound=1,
            )
        last = dataclasses.replace(LAST, minimum=0)
        images = (*every(inputs, POINTS, FrameStack), *every(inputs, last, FrameStack))
        groups, left_out = groups_of_images(
            images,
            nuclides=nuclides,
            stated_pixel_mm=parameters.pixel_spacing_mm,
            correction=parameters.uniformity_correction,
            half_life_s=lived.seconds,
        )
    if not groups:
        raise UnsuitableAcquisitionError(
            f"none of {len(images)} images lies on the photopeak of Tc-99m, needs all",
            quantity="images on the photopeak",
            value=0,
            bound=len(images),
        )
    rng = np.random.default_rng(parameters.noise_seed)
    conditions: list[Precondition] = series_conditions(images, nuclides, IEC.clause)
    numbers: list[Measurement] = []
    figures: list[Figure] = []
    notes = [
        Note(
            code="HALF_LIFE",
            message=f"half-life of {NUCLIDE}: {lived.seconds:g} s ({lived.source})",
            values={"seconds": lived.seconds, "source": lived.source},
        ),
        *left_out,
    ]
    if table is not None and (inputs.all(POINTS.name) or inputs.all(LAST.name)):
        notes.append(
            Note(
                code="IMAGES_NOT_USED",
                message="the counts are those of the table; nothing of the images is used",
            )
        )
    for group in groups:
        field = field_of(group, parameters)
        found = {
            name: deviation(group, group.inside(part), draws=parameters.noise_draws, rng=rng)
            for name, part in (
                ("ufov", field.field),
                ("cfov", field.field.scaled(CFOV_SCALE)),
            )
        }
        conditions += conditions_of(group, field, nuclides, parameters, IEC.clause)
        notes += field_notes(group, field)
        numbers += _numbers(group, found)
        suffix = as_suffix(group.scope) if len(groups) > 1 else ""
        figures += [
            map_figure(group, field.field, suffix),
            course_figure(group, field.field, suffix),
        ]
    return Analysis(
        measurements=tuple(numbers),
        preconditions=tuple(dict.fromkeys(conditions)),
        figures=tuple(figures),
        notes=tuple(notes),
    )


def _numbers(group: PointGroup, found: dict[str, Deviation]) -> list[Measurement]:
    rows: list[tuple[str, float | None, float | None]] = []
    for name, each in found.items():
        worst = group.places[each.worst]
        rows += [
            (f"eta_{name}", each.percent, each.uncertainty),
            (f"noise_floor_eta_{name}", each.noise_floor, None),
            (f"n_points_{name}", float(each.places), None),
            (f"mean_counts_{name}", each.mean, (each.mean / each.places) ** 0.5),
            (f"worst_x_{name}", worst.x_mm, None),
            (f"worst_y_{name}", worst.y_mm, None),
        ]
    return measurements(group.scope, rows)


ANALYZER = Analyzer(
    id="point_source_sensitivity_variation",
    title="Point-source sensitivity deviation",
    title_zh="固有点源灵敏度偏差",
    version="1",
    variants=(IEC,),
    roles=(POINTS, LAST),
    readings=(TABLE,),
    metrics=metrics(
        IEC.clause,
        ("eta_ufov", "%", "eta_ui", "Point-source sensitivity deviation, UFOV", "UFOV 点源灵敏度偏差", 1),
        ("eta_cfov", "%", "eta_ci", "Point-source sensitivity deviation, CFOV", "CFOV 点源灵敏度偏差", 1),
        ("noise_floor_eta_ufov", "%", "eta_0,u", "Deviation by noise alone, UFOV", "UFOV 噪声本底偏差", 1),
        ("noise_floor_eta_cfov", "%", "eta_0,c", "Deviation by noise alone, CFOV", "CFOV 噪声本底偏差", 1),
        ("n_points_ufov", "1", "n_u", "Places in the UFOV", "UFOV 测量点数", 0),
        ("n_points_cfov", "1", "n_c", "Places in the CFOV", "CFOV 测量点数", 0),
        ("mean_counts_ufov", "{counts}", "N_u", "Mean of the corrected counts, UFOV", "UFOV 校正计数平均值", 0),
        ("mean_counts_cfov", "{counts}", "N_c", "Mean of the corrected counts, CFOV", "CFOV 校正计数平均值", 0),
        ("worst_x_ufov", "mm", "x_m,u", "Place of the largest deviation along X, UFOV", "UFOV 最大偏差点 X 坐标", 0),
        ("worst_y_ufov", "mm", "y_m,u", "Place of the largest deviation along Y, UFOV", "UFOV 最大偏差点 Y 坐标", 0),
        ("worst_x_cfov", "mm", "x_m,c", "Place of the largest deviation along X, CFOV", "CFOV 最大偏差点 X 坐标", 0),
        ("worst_y_cfov", "mm", "y_m,c", "Place of the largest deviation along Y, CFOV", "CFOV 最大偏差点 Y 坐标", 0),
    ),
    parameters=PointSensitivityParameters,
    measure=measure,
    figures=("map", "course"),
)  # fmt: skip
"""The test, as registered."""
