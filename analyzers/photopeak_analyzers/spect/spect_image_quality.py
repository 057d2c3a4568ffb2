"""Image quality of SPECT: cold spheres and cold rods in a cylinder, and its uniform part.

Spheres and rods are found by matching the pattern that the parameters declare with all slices at all
angles (:mod:`~photopeak_analyzers.numerics.polar_match`); the uniform part is the longest run of
slices between them. Background of a sphere is the ring of the uniform part at the radius of the sphere.

Contrast of a sphere is ``(B - m) / B``, with m the lowest voxel in its diameter (`contrast_pct`), or
their mean (`contrast_mean_pct`); its place is where that mean is lowest, near its place in the pattern.
The contrast-to-noise ratio is ``(B - mean) / SD`` of a voxel. A sphere is visible when ``B - mean``
is three times its uncertainty, beyond what the coldest of as many places would show without a sphere, and
all larger ones are visible; a sector of rods when its difference is
three times its uncertainty, its modulation ``(between - rods) / (between + rods)`` at least 0.1 and all
larger ones are visible.

The uncertainty of means is that of the noise in the uniform part, with its correlation within a slice
and without that between slices; that of the lowest voxel comes from drawing the noise. An iterative
reconstruction has less noise where little is: then both are too large. What lies beside
its place is not in it, nor is that the coldest of many places was taken: an invisible sphere shows a
contrast of two or three uncertainties. Where not even the largest is visible there is no smallest one to
be judged, and a condition says so.
"""

from __future__ import annotations

import math

import numpy as np

from photopeak_analyzers.acquisition import AcquisitionKind, Volume
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Note,
    Role,
    Scope,
    Variant,
)
from photopeak_analyzers.given import one
from photopeak_analyzers.numerics.cylinder import Cylinder, distance_mm
from photopeak_analyzers.numerics.polar_match import polar_slices
from photopeak_analyzers.shorthand import NumberRow, measurements, metrics
from photopeak_analyzers.spect.cold_rods import (
    INNER_SHARE,
    OUTER_SHARE,
    RodSection,
    RodSector,
    find_rods,
)
from photopeak_analyzers.spect.cold_spheres import (
    Spheres,
    coldest,
    find_spheres,
    places_searched,
    refuse_unless_cold,
)
from photopeak_analyzers.spect.cylinder import find_cylinder
from photopeak_analyzers.spect.reconstruction import Reconstruction, reconstruction_of
from photopeak_analyzers.spect.slab_noise import slab_of, spread_by_noise, uniformity_of, variation
from photopeak_analyzers.spect.spect_image_quality_conditions import (
    CLAUSE,
    SpectImageQualityParameters,
    conditions_of,
)
from photopeak_analyzers.spect.spect_image_quality_figures import figures_of
from photopeak_analyzers.spect.sphere_contrast import SphereContrast
from photopeak_analyzers.spect.uniform_part import UniformPart, uniform_part

UNIFORM_SHARE = 0.9
"""Share of the radius in which the uniformity of the uniform part is taken."""

RECONSTRUCTION = Role(
    name="reconstruction",
    kinds=frozenset({AcquisitionKind.VOLUME}),
    label="Slices of a phantom with cold spheres and rods",
    hint="Tc-99m mixed well in a cylinder with cold spheres and sectors of cold rods, 128 x 128 and"
    " 120 views, 20 million counts or more, attenuation corrected.",
)


def measure(inputs: Inputs, parameters: SpectImageQualityParameters) -> Analysis:
    """Measure spheres, rods and the uniform part of a phantom."""
    volume = one(inputs, RECONSTRUCTION, Volume)
    reconstruction = reconstruction_of(volume)
    cylinder = find_cylinder(reconstruction)
    polar = polar_slices(
        reconstruction.values,
        _inside(cylinder),
        cylinder.centre,
        reconstruction.pixel_mm,
        OUTER_SHARE * cylinder.radius_mm,
    )
    spheres = find_spheres(
        polar,
        cylinder,
        reconstruction.pixel_mm,
        parameters.sphere_diameters_mm,
        parameters.sphere_circle_mm,
    )
    refuse_unless_cold(
        reconstruction,
        spheres,
        float(np.median(cylinder.axial[slice(*_inside(cylinder))])),
        parameters.sphere_diameters_mm,
        parameters.search_mm,
    )
    around = _around(spheres, cylinder, parameters)
    rods = find_rods(reconstruction, polar.without(*around), cylinder, parameters.rod_diameters_mm)
    uniform = _uniform(reconstruction, cylinder, around, rods, parameters)
    rng = np.random.default_rng(parameters.seed)
    results = _spheres(reconstruction, spheres, uniform, parameters, rng)
    sectors = () if rods is None else rods.sectors
    found = (
        *_of_spheres(results, parameters),
        *_of_rods(sectors, parameters),
        *_of_the_uniform_part(uniform, parameters, rng),
    )
    keys = {each.metric for each in found}
    return Analysis(
        measurements=found,
        preconditions=conditions_of(
            volume,
            reconstruction,
            cylinder,
            uniform.values.shape[0],
            0 if rods is None else rods.slices[1] - rods.slices[0],
            parameters,
            sphere_visible="smallest_visible_sphere_mm" in keys,
            rods_visible="smallest_visible_rod_mm" in keys,
        ),
        figures=figures_of(
            reconstruction,
            cylinder,
            uniform,
            rods,
            tuple(each.sphere for each in results),
            tuple(each.mean_contrast for each in results),
        ),
        notes=_notes(spheres, rods, uniform),
    )


def _inside(cylinder: Cylinder) -> tuple[int, int]:
    first, beyond = math.ceil(cylinder.first), math.floor(cylinder.last) + 1
    return max(first, 0), min(beyond, cylinder.axial.size)


def _around(
    spheres: Spheres, cylinder: Cylinder, parameters: SpectImageQualityParameters
) -> tuple[float, float]:
    """Return from where to where, in slices, the spheres and their blur lie."""
    half = max(parameters.sphere_diameters_mm) / 2.0 + parameters.section_margin_mm
    return (
        spheres.middle - half / cylinder.slice_mm,
        spheres.middle + half / cylinder.slice_mm,
    )


def _uniform(
    reconstruction: Reconstruction,
    cylinder: Cylinder,
    around: tuple[float, float],
    rods: RodSection | None,
    parameters: SpectImageQualityParameters,
) -> UniformPart:
    others = [around]
    if rods is not None:
        margin = 2.0 * parameters.section_margin_mm / cylinder.slice_mm
        # The rods begin or end at an end of the cylinder: all from them to there is no uniform part.
        first, beyond = rods.slices[0] - margin, rods.slices[1] - 1 + margin
        others.append((0, beyond) if first < around[0] else (first, cylinder.axial.size))
    return uniform_part(reconstruction, cylinder, tuple(others))


def _spheres(
    reconstruction: Reconstruction,
    spheres: Spheres,
    uniform: UniformPart,
    parameters: SpectImageQualityParameters,
    rng: np.random.Generator,
) -> tuple[SphereContrast, ...]:
    found = []
    for place, diameter in zip(spheres.places, parameters.sphere_diameters_mm, strict=True):
        sphere = coldest(reconstruction, place, diameter, parameters.search_mm)
        background = uniform.ring(spheres.circle_mm, diameter)
        drawn = rng.normal(
            sphere.voxels, background.voxel_noise, (parameters.draws, sphere.voxels.size)
        )
        found.append(
            SphereContrast(
                sphere=sphere,
                background=background,
                minimum_uncertainty=float(drawn.min(axis=1).std(ddof=1)),
                places=places_searched(diameter, parameters.search_mm),
            )
        )
    found.sort(key=lambda each: -each.sphere.diameter_mm)
    return tuple(found)


def _of_spheres(
    results: tuple[SphereContrast, ...], parameters: SpectImageQualityParameters
) -> list[Measurement]:
    found: list[Measurement] = []
    visible = True
    smallest: float | None = None
    for each in results:
        found += measurements(
            each.scope,
            [
                ("contrast_pct", *each.contrast),
                ("contrast_mean_pct", *each.mean_contrast),
                ("cnr", each.cnr, None),
            ],
        )
        visible = visible and each.significance >= parameters.visible_significance
        smallest = each.sphere.diameter_mm if visible else smallest
    return found + measurements(Scope(), [("smallest_visible_sphere_mm", smallest, None)])


def _of_rods(
    sectors: tuple[RodSector, ...], parameters: SpectImageQualityParameters
) -> list[Measurement]:
    found: list[Measurement] = []
    visible = True
    smallest: float | None = None
    for each in sorted(sectors, key=lambda sector: -sector.diameter_mm):
        found += measurements(
            Scope.of(rod_mm=each.diameter_mm),
            [
                ("rod_modulation", each.modulation, each.modulation_uncertainty),
                ("rod_significance", each.significance, None),
            ],
        )
        enough = each.significance is None or each.significance >= parameters.visible_significance
        visible = visible and enough and each.modulation >= parameters.visible_modulation
        smallest = each.diameter_mm if visible else smallest
    return found + measurements(Scope(), [("smallest_visible_rod_mm", smallest, None)])


def _of_the_uniform_part(
    uniform: UniformPart, parameters: SpectImageQualityParameters, rng: np.random.Generator
) -> list[Measurement]:
    cylinder = uniform.cylinder
    distance = distance_mm(uniform.values.shape[1:], cylinder.centre, uniform.pixel_mm)
    slab = slab_of(uniform.values, distance <= UNIFORM_SHARE * cylinder.radius_mm)
    spread = spread_by_noise(slab, rng, parameters.draws)
    iu, du = uniformity_of(slab.smoothed, slab.mask)
    rows: list[NumberRow] = [
        ("iu_pct", iu, spread.iu),
        ("du_pct", du, spread.du),
        ("cov_pct", variation(slab.mean, slab.mask), spread.cov),
        ("noise_floor_iu_pct", spread.iu_floor, None),
        ("cylinder_diameter_mm", 2.0 * cylinder.radius_mm, None),
        ("uniform_slices", float(slab.slices), None),
    ]
    return measurements(Scope(), rows)


def _notes(spheres: Spheres, rods: RodSection | None, uniform: UniformPart) -> tuple[Note, ...]:
    sense = "from x towards y" if spheres.clockwise else "from y towards x"
    where = (
        f"spheres in slice {spheres.middle + 1.0:.1f}, on a circle of {spheres.circle_mm:.0f} mm from"
        f" {spheres.angle_deg:.0f} degrees {sense};"
        f" uniform part in slices {uniform.slices[0] + 1} to {uniform.slices[1]}"
    )
    if rods is not None:
        where += (
            f"; rods in slices {rods.slices[0] + 1} to {rods.slices[1]}, judged from"
            f" {INNER_SHARE:g} to {OUTER_SHARE:g} of the radius"
        )
    return (Note(code="PARTS_FOUND", message=where, values={"sphere_slice": spheres.middle + 1.0}),)


ANALYZER = Analyzer(
    id="spect_image_quality",
    title="SPECT image quality",
    title_zh="断层图像质量",
    version="1",
    variants=(Variant(name="local", title="Cold spheres and rods", clause=CLAUSE),),
    roles=(RECONSTRUCTION,),
    metrics=metrics(
        CLAUSE,
        ("contrast_pct", "%", "C", "Contrast of a cold sphere, lowest voxel", "冷球对比度(最小值)", 1),
        ("contrast_mean_pct", "%", "C_m", "Contrast of a cold sphere, mean", "冷球对比度(平均值)", 1),
        ("cnr", "1", "CNR", "Contrast-to-noise ratio of a sphere", "冷球对比噪声比", 1),
        ("smallest_visible_sphere_mm", "mm", "d_s", "Smallest visible sphere", "可见最小冷球直径", 1),
        ("rod_modulation", "1", "M", "Modulation of a sector of rods", "冷棒调制度", 3),
        ("rod_significance", "1", "M/u", "Modulation of a sector over its uncertainty", "冷棒调制度显著性", 1),
        ("smallest_visible_rod_mm", "mm", "d_r", "Smallest visible rods", "可见最小冷棒直径", 1),
        ("iu_pct", "%", "IU", "Integral uniformity of the uniform part", "均匀段积分均匀性", 1),
        ("du_pct", "%", "DU", "Differential uniformity of the uniform part", "均匀段微分均匀性", 1),
        ("cov_pct", "%", "COV", "Coefficient of variation of the uniform part", "均匀段变异系数", 2),
        ("noise_floor_iu_pct", "%", "IU_0", "Integral uniformity of noise alone", "噪声所致积分均匀性", 1),
        ("cylinder_diameter_mm", "mm", "D", "Diameter of the cylinder", "圆柱模体直径", 0),
        ("uniform_slices", "1", "n", "Slices of the uniform part", "均匀段层数", 0),
    ),
    parameters=SpectImageQualityParameters,
    measure=measure,
    figures=("uniform_part", "spheres", "rods", "contrast", "modulation"),
)  # fmt: skip
"""The test, as registered."""
