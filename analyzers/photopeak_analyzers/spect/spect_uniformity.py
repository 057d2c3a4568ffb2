"""Uniformity of a reconstructed cylinder: extremes, variation, cupping and rings.

The cylinder is found by its contour; the slices between 20 and 80 % of its length, without those
whose mean stands out, are one slab. In it, inside 90 % of the radius (or, as the IAEA toolkit has it,
up to 20 mm from the wall: parameter `wall_mm`):

* integral and differential uniformity after one nine-point smoothing with weight 0 outside, as the
  IAEA toolkit and pylinac do; also those of the worst slice by itself;
* the coefficient of variation, with the noise and without it;
* rings of one pixel about the axis: cupping, (r < 0.3 R) over (0.7 R < r < 0.9 R), and the ring that
  stands out most of the median of five.

Where the projections are given, their summed columns tell which head a ring comes from.

The uncertainty of extremes and of the worst ring is found by drawing the noise anew; that of means
from the noise of a pixel (:mod:`~photopeak_analyzers.spect.slab_noise`).
"""

from __future__ import annotations

import math

import numpy as np

from photopeak_analyzers.acquisition import AcquisitionKind, Tomographic, Volume
from photopeak_analyzers.contract import Analysis, Analyzer, Inputs, Note, Role, Scope, Variant
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.given import every, one, pixel_spacing_mm
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.cylinder import Cylinder, distance_mm
from photopeak_analyzers.numerics.smoothing import smooth
from photopeak_analyzers.shorthand import NumberRow, measurements, metrics
from photopeak_analyzers.source_conditions import photopeaks
from photopeak_analyzers.spect.cylinder import find_cylinder
from photopeak_analyzers.spect.projection_columns import Columns, columns_of
from photopeak_analyzers.spect.reconstruction import Floats, reconstruction_of
from photopeak_analyzers.spect.rings import Rings, rings_of, worst_ring
from photopeak_analyzers.spect.slab_noise import (
    PixelMask,
    Slab,
    slab_of,
    spread_by_noise,
    uniformity_of,
    variation,
)
from photopeak_analyzers.spect.spect_uniformity_conditions import (
    CLAUSE,
    LEAST_SLICES,
    SpectUniformityParameters,
    conditions_of,
)
from photopeak_analyzers.spect.spect_uniformity_figures import figures_of

DEEPEST_HOLE = 0.5
"""Lowest smoothed pixel over the mean: lower is a sphere, a rod or a bubble, no artefact."""

HOLE_MM = 15.0
"""Slices within this length are looked at together: a sphere is lost in the mean of a long slab."""

CENTRE_SHARE = 0.3
EDGE_SHARES = (0.7, 0.9)
"""Shares of the radius whose means make the cupping ratio."""

MIDDLE_PIXELS = 2.0
"""Radius of the middle, in pixels: an error of the centre of rotation shows there."""

RECONSTRUCTION = Role(
    name="reconstruction",
    kinds=frozenset({AcquisitionKind.VOLUME}),
    label="Slices of a uniform cylinder",
    hint="Tc-99m mixed well in a cylinder of 200 to 216 mm, 128 x 128 and 120 views,"
    " 10 to 30 million counts, attenuation corrected.",
)
PROJECTIONS = Role(
    name="projections",
    kinds=frozenset({AcquisitionKind.TOMOGRAPHIC}),
    minimum=0,
    label="Its projections",
    hint="The views that the slices were made of: they tell the counts, and where a ring comes from.",
)


def measure(inputs: Inputs, parameters: SpectUniformityParameters) -> Analysis:
    """Measure the slab of a cylinder, and the columns of its projections."""
    volume = one(inputs, RECONSTRUCTION, Volume)
    reconstruction = reconstruction_of(volume)
    cylinder = find_cylinder(reconstruction)
    values, pixel_mm = reconstruction.values, reconstruction.pixel_mm
    distance = distance_mm(values.shape[1:], cylinder.centre, pixel_mm)
    analysed_mm = parameters.analysed_mm(cylinder)
    mask = distance <= analysed_mm
    kept, left_out, notes = _slices(values, mask, cylinder, parameters)
    slab = slab_of(values[kept], mask)
    _refuse_holes(values[kept], mask, cylinder.slice_mm)
    side = math.sqrt(pixel_mm[0] * pixel_mm[1])
    rings = rings_of(slab.mean, distance, analysed_mm, side, slab.noise)
    columns: tuple[Columns, ...] = ()
    nuclide = parameters.nuclide or volume.nuclide
    peaks = photopeaks((nuclide,)) if nuclide is not None else {}
    for each in every(inputs, PROJECTIONS, Tomographic):
        spacing = pixel_spacing_mm(each, parameters.pixel_spacing_mm)
        seen, remarks = columns_of(each, spacing[1], peaks)
        columns += seen
        notes += remarks
    total = sum(c.head.total for c in columns) if columns else volume.counts_accumulated
    found = measurements(
        Scope(),
        [
            *_of_the_slab(slab, rings, values[kept], parameters),
            *_by_radius(slab, distance, cylinder, side),
            ("total_counts", None if total is None else float(total), None),
            ("cylinder_diameter_mm", 2.0 * cylinder.radius_mm, None),
            ("slices", float(slab.slices), None),
        ],
    )
    for each_head in columns:
        found.extend(measurements(each_head.scope, _of_the_columns(each_head)))
    return Analysis(
        measurements=tuple(found),
        preconditions=conditions_of(
            volume,
            reconstruction,
            cylinder,
            slab,
            left_out,
            None if total is None else float(total),
            parameters,
        ),
        figures=figures_of(slab, rings, cylinder, pixel_mm, columns, analysed_mm),
        notes=tuple(notes),
    )


def _slices(
    values: Floats, mask: PixelMask, cylinder: Cylinder, parameters: SpectUniformityParameters
) -> tuple[list[int], float, list[Note]]:
    """Return the slices of the slab without those whose mean stands out, and the share of these."""
    first, last = cylinder.part(parameters.length_from, parameters.length_to)
    if last - first < LEAST_SLICES:
        raise UnsuitableAcquisitionError(
            f"{last - first} slices lie in the middle of the cylinder, needs {LEAST_SLICES}",
            quantity="slices",
            value=last - first,
            bound=LEAST_SLICES,
        )
    means = np.array([values[i][mask].mean() for i in range(first, last)])
    off = 100.0 * np.abs(means / np.median(means) - 1.0) > parameters.largest_slice_deviation_pct
    kept = [first + int(i) for i in np.flatnonzero(~off)]
    if len(kept) < LEAST_SLICES:
        raise UnsuitableAcquisitionError(
            f"{len(kept)} slices of the cylinder agree with each other, needs {LEAST_SLICES}",
            quantity="slices",
            value=len(kept),
            bound=LEAST_SLICES,
        )
    if not off.any():
        return kept, 0.0, []
    left_out = int(off.sum())
    share = left_out / (last - first)
    return (
        kept,
        share,
        [
            Note(
                code="SLICES_LEFT_OUT",
                message=f"{left_out} of {last - first} slices are left out: their means deviate by more"
                f" than {parameters.largest_slice_deviation_pct:g} % from the median",
                values={"slices": left_out},
            )
        ],
    )


def _refuse_holes(slices: Floats, mask: PixelMask, slice_mm: float) -> None:
    count = min(max(round(HOLE_MM / slice_mm), 1), slices.shape[0])
    summed = np.cumsum(slices, axis=0)
    together = summed[count - 1 :].copy()
    together[1:] -= summed[:-count]
    inside = smooth(together, mask)[:, mask]
    lowest = float((inside.min(axis=1) / inside.mean(axis=1)).min())
    if lowest < DEEPEST_HOLE:
        raise UnsuitableAcquisitionError(
            f"the lowest pixel of {count} slices is {lowest:.2f} of their mean,"
            f" needs {DEEPEST_HOLE:g}: something lies in the cylinder",
            quantity="lowest pixel of some slices over their mean",
            value=lowest,
            bound=DEEPEST_HOLE,
        )


def _of_the_slab(
    slab: Slab, rings: Rings, slices: Floats, parameters: SpectUniformityParameters
) -> list[NumberRow]:
    rng = np.random.default_rng(parameters.seed)
    spread = spread_by_noise(slab, rng, parameters.draws)
    iu, du = uniformity_of(slab.smoothed, slab.mask)
    each = [uniformity_of(one_slice, slab.mask)[0] for one_slice in smooth(slices, slab.mask)]
    mean = float(slab.mean[slab.mask].mean())
    cov = variation(slab.mean, slab.mask)
    noise = 100.0 * slab.noise / mean
    rows: list[NumberRow] = [
        ("spect_iu_pct", iu, spread.iu),
        ("spect_du_pct", du, spread.du),
        ("spect_iu_slice_pct", max(each), None),
        ("noise_floor_iu_pct", spread.iu_floor, None),
        ("noise_floor_du_pct", spread.du_floor, None),
        ("cov_pct", cov, spread.cov),
        ("cov_structure_pct", math.sqrt(max(cov * cov - noise * noise, 0.0)), None),
        ("slab_noise_pct", noise, noise / math.sqrt(2.0 * float(slab.mask.sum()))),
        ("voxel_noise_pct", noise * math.sqrt(slab.slices), None),
    ]
    ring = worst_ring(rings, mean, rng, parameters.draws)
    if ring is not None:
        rows += [
            ("ring_max_pct", ring.percent, ring.uncertainty_percent),
            ("ring_max_sigma", ring.sigma, None),
            ("ring_radius_mm", ring.radius_mm, None),
        ]
    return rows


def _by_radius(slab: Slab, distance: Floats, cylinder: Cylinder, side_mm: float) -> list[NumberRow]:
    radius = cylinder.radius_mm
    edge = _mean_of(
        slab, (distance > EDGE_SHARES[0] * radius) & (distance < EDGE_SHARES[1] * radius)
    )
    inner = _mean_of(slab, distance < CENTRE_SHARE * radius)
    middle = _mean_of(slab, distance <= MIDDLE_PIXELS * side_mm)
    return [("cupping_ratio", *_ratio(inner, edge)), ("centre_to_edge", *_ratio(middle, edge))]


def _mean_of(slab: Slab, where: PixelMask) -> Estimate:
    inside = slab.mean[where]
    return Estimate(value=float(inside.mean()), uncertainty=slab.noise / math.sqrt(inside.size))


def _ratio(above: Estimate, below: Estimate) -> tuple[float, float]:
    ratio = above.value / below.value
    spread = math.hypot(above.uncertainty / above.value, below.uncertainty / below.value)
    return ratio, abs(ratio) * spread


def _of_the_columns(columns: Columns) -> list[NumberRow]:
    worst = columns.worst
    return [
        ("column_max_pct", float(columns.deviation_pct[worst]), columns.uncertainty_pct),
        ("column_offset_mm", float(columns.offset_mm[worst]), None),
    ]


ANALYZER = Analyzer(
    id="spect_uniformity",
    title="Tomographic uniformity",
    title_zh="断层均匀性",
    version="1",
    variants=(Variant(name="local", title="Uniform cylinder", clause=CLAUSE),),
    roles=(RECONSTRUCTION, PROJECTIONS),
    metrics=metrics(
        CLAUSE,
        ("spect_iu_pct", "%", "IU", "Integral uniformity of the slab", "断层积分均匀性", 1),
        ("spect_du_pct", "%", "DU", "Differential uniformity of the slab", "断层微分均匀性", 1),
        ("spect_iu_slice_pct", "%", "IU_max", "Integral uniformity of the worst slice", "最差断层积分均匀性", 1),
        ("noise_floor_iu_pct", "%", "IU_0", "Integral uniformity of noise alone", "噪声所致积分均匀性", 1),
        ("noise_floor_du_pct", "%", "DU_0", "Differential uniformity of noise alone", "噪声所致微分均匀性", 1),
        ("cov_pct", "%", "COV", "Coefficient of variation of the slab", "变异系数", 2),
        ("cov_structure_pct", "%", "COV_s", "Coefficient of variation without the noise", "扣除噪声的变异系数", 2),
        ("slab_noise_pct", "%", "COV_n", "Noise of the slab", "合并层噪声", 2),
        ("voxel_noise_pct", "%", "COV_v", "Noise of a voxel", "体素噪声", 1),
        ("cupping_ratio", "1", "C", "Inner part over outer part", "杯状伪影比值(中心/边缘)", 3),
        ("centre_to_edge", "1", "C_0", "Middle over outer part", "轴心与边缘之比", 3),
        ("ring_max_pct", "%", "R_max", "Largest deviation of a ring", "最大环形伪影偏差", 1),
        ("ring_max_sigma", "1", "R_max/u", "Largest deviation of a ring over its uncertainty", "最大环形伪影显著性", 1),
        ("ring_radius_mm", "mm", "r", "Radius of that ring", "最大环形伪影半径", 0),
        ("column_max_pct", "%", "P_max", "Largest deviation of a column of the projections", "投影列最大偏差", 2),
        ("column_offset_mm", "mm", "x", "Distance of that column from the middle", "该投影列到中心的距离", 0),
        ("total_counts", "{counts}", "N", "Counts of all views", "总计数", 0),
        ("cylinder_diameter_mm", "mm", "D", "Diameter of the cylinder", "圆柱模体直径", 0),
        ("slices", "1", "n", "Slices of the slab", "合并层数", 0),
    ),
    parameters=SpectUniformityParameters,
    measure=measure,
    figures=("slab", "radial_profile", "columns"),
)  # fmt: skip
"""The test, as registered."""
