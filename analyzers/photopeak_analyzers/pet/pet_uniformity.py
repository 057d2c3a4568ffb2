"""Uniformity of a PET scanner: squares in the slices of a uniform cylinder, and the slices along the axis.

The cylinder is found by its contour. In each slice the means of squares of 10 mm that lie wholly
within the radius less 20 mm are compared with their mean: the highest, NU+, the lowest, NU-, and their
variation (standard deviation over mean). Worst are the largest of the slices; end slices, the outer
tenth at either end, stand by themselves, and so does the slab of 100 mm in the middle, whose noise is
small: it shows what all slices have in common. The axial profile is that of the means of the squares.

The uncertainty of extremes is found by drawing the noise anew (:mod:`grid_of_squares`,
:mod:`axial_means`); the noise floor is what slices would show that are even but for their noise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import AcquisitionKind, Volume
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Role,
    Scope,
    Variant,
)
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.given import one
from photopeak_analyzers.numerics.cylinder import Cylinder, distance_mm
from photopeak_analyzers.numerics.slice_scatter import correlated_excess, scatter_of_mean
from photopeak_analyzers.pet import axial_means
from photopeak_analyzers.pet.grid_of_squares import (
    Floats,
    Structure,
    evenness_of,
    grid_in_circle,
    refuse_what_lies_inside,
    structure_of,
)
from photopeak_analyzers.pet.pet_uniformity_conditions import (
    CLAUSE,
    PetUniformityParameters,
    conditions_of,
)
from photopeak_analyzers.pet.pet_uniformity_figures import Slices, figures_of
from photopeak_analyzers.pet.scaled_slices import ScaledSlices, cylinder_in, scaled_slices
from photopeak_analyzers.shorthand import NumberRow, measurements, metrics

LEAST_SLICES = 6
"""Fewer tell nothing of the noise."""

OF_SLICES = ("nu_plus_pct", "nu_minus_pct", "cov_pct", "cov_max_pct")
"""What is measured of the slices of a part, in the order of :meth:`Evenness.worst`."""

Parts = Mapping[str, NDArray[np.intp]]

CYLINDER = Role(
    name="cylinder",
    kinds=frozenset({AcquisitionKind.VOLUME}),
    label="Slices of a uniform cylinder",
    hint="F-18 mixed well in a cylinder of 200 mm, or a sealed one of Ge-68, along the axis of the"
    " scanner, with the corrections of the clinical protocol.",
)


def measure(inputs: Inputs, parameters: PetUniformityParameters) -> Analysis:
    """Measure the squares of every slice, of the slab, and the axial profile."""
    volume = one(inputs, CYLINDER, Volume)
    slices = scaled_slices(volume)
    cylinder = cylinder_in(slices)
    used = _used(slices, cylinder, parameters.lid_mm)
    radius_mm = _analysed_mm(cylinder, parameters.wall_mm)
    grid = grid_in_circle(
        volume.values.shape[1:],
        cylinder.centre,
        slices.pixel_mm,
        radius_mm=radius_mm,
        side_mm=parameters.square_mm,
    )
    mask = distance_mm(volume.values.shape[1:], cylinder.centre, slices.pixel_mm) <= radius_mm
    squares = np.stack([grid.means(volume.physical(k)) for k in range(*used)])
    means = squares.mean(axis=1)
    relative = squares / means[:, None] - 1.0
    refuse_what_lies_inside(relative, slices.voxel_mm[0])
    structure = structure_of(relative)
    samples = slices.samples(*used, mask)
    excess = correlated_excess(samples, np.ones(samples.shape[1], dtype=bool))
    ends = min(math.ceil(parameters.end_share * len(means)), (len(means) - 2) // 2)
    parts = {"inner": np.arange(ends, len(means) - ends)}
    if ends:
        parts["ends"] = np.r_[0:ends, len(means) - ends : len(means)]
    found = _of_slices(relative, structure, parts, used[0], excess, parameters.noise_seed)
    slab, slab_rows = _slab(squares, structure, excess, slices.voxel_mm[0], parameters.slab_mm)
    found += measurements(Scope.of(part="slab"), slab_rows)
    found += measurements(
        Scope(),
        [
            *_axial(means, parameters.noise_seed, excess),
            *_voxels(samples[parts["inner"]], excess),
            ("slice_mean", float(means.mean()), float(means.mean()) * _scatter(means, excess)),
            ("cylinder_diameter_mm", 2.0 * cylinder.radius_mm, None),
            ("cylinder_length_mm", cylinder.length_mm, None),
            ("slices", float(len(means)), None),
        ],
    )
    inner = evenness_of(structure.left[parts["inner"]])
    floor = float(np.median(np.maximum(inner.plus, inner.minus)))
    return Analysis(
        measurements=tuple(found),
        preconditions=conditions_of(volume, slices, cylinder, used, mask, floor),
        figures=figures_of(
            slices,
            cylinder,
            grid,
            Slices(
                first=used[0],
                ends=ends,
                means=means,
                relative=relative,
                evenness=evenness_of(relative),
                slab=(used[0] + slab[0], used[0] + slab[1]),
            ),
        ),
    )


def _used(slices: ScaledSlices, cylinder: Cylinder, lid_mm: float) -> tuple[int, int]:
    """Return the slices that are looked at; an end that the volume cuts off has no lid."""
    aside = lid_mm / slices.voxel_mm[0]
    first, last = 0, slices.count
    if cylinder.first > -0.5:
        first = math.ceil(cylinder.first + aside)
    if cylinder.last < slices.count - 0.5:
        last = math.floor(cylinder.last - aside) + 1
    if last - first < LEAST_SLICES:
        raise UnsuitableAcquisitionError(
            f"{max(last - first, 0)} slices lie in the cylinder, needs {LEAST_SLICES}",
            quantity="slices",
            value=max(last - first, 0),
            bound=LEAST_SLICES,
        )
    return first, last


def _analysed_mm(cylinder: Cylinder, wall_mm: float) -> float:
    radius_mm = cylinder.radius_mm - wall_mm
    if radius_mm <= 0.0:
        raise UnsuitableAcquisitionError(
            f"the cylinder has a radius of {cylinder.radius_mm:.0f} mm, needs more than the"
            f" {wall_mm:g} mm at its wall that are left out",
            quantity="radius of the cylinder",
            value=cylinder.radius_mm,
            bound=wall_mm,
        )
    return radius_mm


def _of_slices(
    relative: Floats, structure: Structure, parts: Parts, first: int, excess: float, seed: int
) -> list[Measurement]:
    """Return the worst slices of each part, and their variation."""
    here, alone = evenness_of(relative), evenness_of(structure.left)
    drawn: dict[str, list[tuple[float, ...]]] = {part: [] for part in parts}
    for slices in structure.drawn(seed):
        each = evenness_of(slices)
        for part, indices in parts.items():
            drawn[part].append(each.worst(indices))
    found = []
    for part, indices in parts.items():
        spread = np.std(drawn[part], axis=0, ddof=1)
        # Noise that only moves leaves the mean of all slices as it is.
        spread[OF_SLICES.index("cov_pct")] = scatter_of_mean(here.variation[indices], excess)
        plus, minus, _, _ = alone.worst(indices)
        worst = int(np.maximum(here.plus, here.minus)[indices].argmax())
        rows: list[NumberRow] = [
            (key, 100.0 * value, 100.0 * float(u))
            for key, value, u in zip(OF_SLICES, here.worst(indices), spread, strict=True)
        ]
        rows += [
            ("noise_floor_nu_plus_pct", 100.0 * plus, None),
            ("noise_floor_nu_minus_pct", 100.0 * minus, None),
            ("worst_slice", float(first + indices[worst] + 1), None),
        ]
        found += measurements(Scope.of(part=part), rows)
    return found


def _slab(
    squares: Floats, structure: Structure, excess: float, slice_mm: float, length_mm: float
) -> tuple[tuple[int, int], list[NumberRow]]:
    """Return the slices of the slab and what it shows.

    Its noise is that of one slice over the root of their number, as far as they are independent.
    """
    number = min(max(round(length_mm / slice_mm), 1), len(squares))
    number += (len(squares) - number) % 2  # as many slices on either side of the middle
    first = (len(squares) - number) // 2
    mean = squares[first : first + number].mean(axis=0)
    relative = mean / mean.mean() - 1.0
    noise = structure.left * math.sqrt(min(excess, number) / number)
    here = evenness_of(relative[None])
    # What the slab shows holds its own noise: only what is beyond it is drawn upon.
    beyond = max(1.0 - float(noise.var()) / max(float(relative.var()), 1e-30), 0.0)
    drawn, alone = evenness_of(math.sqrt(beyond) * relative + noise), evenness_of(noise)
    rows: list[NumberRow] = [
        (f"nu_{name}_pct", 100.0 * float(value[0]), 100.0 * float(others.std(ddof=1)))
        for name, value, others in (
            ("plus", here.plus, drawn.plus),
            ("minus", here.minus, drawn.minus),
        )
    ]
    rows += [
        ("cov_pct", 100.0 * float(here.variation[0]), 100.0 * float(drawn.variation.std(ddof=1))),
        ("noise_floor_nu_plus_pct", 100.0 * float(alone.plus.mean()), None),
        ("noise_floor_nu_minus_pct", 100.0 * float(alone.minus.mean()), None),
        ("slab_length_mm", number * slice_mm, None),
    ]
    return (first, first + number), rows


def _axial(means: Floats, seed: int, excess: float) -> list[NumberRow]:
    return [
        (key, 100.0 * of(means), 100.0 * axial_means.spread(means, of, seed, excess))
        for key, of in (
            ("axial_range_pct", axial_means.span),
            ("axial_plus_pct", axial_means.highest),
            ("axial_minus_pct", axial_means.lowest),
        )
    ]


def _voxels(samples: Floats, excess: float) -> list[NumberRow]:
    """Return the variation of voxels in a slice, the mean of the inner slices."""
    each = 100.0 * samples.std(axis=1, ddof=1) / samples.mean(axis=1)
    uncertainty = scatter_of_mean(each, excess) if each.size > 1 else None
    return [("voxel_cov_pct", float(each.mean()), uncertainty)]


def _scatter(means: Floats, excess: float) -> float:
    return scatter_of_mean(means, excess) / float(means.mean())


ANALYZER = Analyzer(
    id="pet_uniformity",
    title="PET uniformity",
    title_zh="PET均匀性",
    version="1",
    variants=(Variant(name="local", title="Uniform cylinder", clause=CLAUSE),),
    roles=(CYLINDER,),
    metrics=metrics(
        CLAUSE,
        ("nu_plus_pct", "%", "NU+", "Highest square above the mean, worst slice", "最高方格偏差(最差层)", 1),
        ("nu_minus_pct", "%", "NU-", "Lowest square below the mean, worst slice", "最低方格偏差(最差层)", 1),
        ("cov_pct", "%", "COV", "Variation of the squares, mean of the slices", "方格变异系数(各层平均)", 2),
        ("cov_max_pct", "%", "COV_max", "Variation of the squares, worst slice", "方格变异系数(最差层)", 2),
        ("axial_range_pct", "%", "R_z", "Range of the slice means", "各层均值极差", 1),
        ("axial_plus_pct", "%", "Z+", "Highest slice mean above the mean", "最高层均值偏差", 1),
        ("axial_minus_pct", "%", "Z-", "Lowest slice mean below the mean", "最低层均值偏差", 1),
        ("slice_mean", "1", "m", "Mean of the slices, in the unit of the image", "各层均值(图像单位)", 3),
        ("voxel_cov_pct", "%", "COV_v", "Variation of the voxels of a slice", "体素变异系数", 2),
        ("noise_floor_nu_plus_pct", "%", "NU+_0", "NU+ by noise alone", "仅由噪声引起的NU+", 1),
        ("noise_floor_nu_minus_pct", "%", "NU-_0", "NU- by noise alone", "仅由噪声引起的NU-", 1),
        ("worst_slice", "1", "k_w", "Slice of the largest deviation, from the first position", "偏差最大层号", 0),
        ("slab_length_mm", "mm", "L_s", "Length of the slab", "层块长度", 1),
        ("cylinder_diameter_mm", "mm", "D", "Diameter of the cylinder in the image", "图像中圆柱直径", 1),
        ("cylinder_length_mm", "mm", "L", "Length of the cylinder in the image", "图像中圆柱长度", 1),
        ("slices", "1", "n", "Slices looked at", "分析层数", 0),
    ),
    parameters=PetUniformityParameters,
    measure=measure,
    figures=("slab", "worst_slice", "axial_profile", "evenness", "slices"),
)  # fmt: skip
"""The test, as registered."""
