"""CT number, noise and uniformity of water: the daily check of the CT of a hybrid scanner.

The phantom is found in the slices, whatever it lies on; the middle one of those that show water alone is
measured. Regions are circles that take pixels in part:

* CT number: mean over the middle of the phantom, a tenth of its area;
* noise: standard deviation over two fifths of its area, in percent of the difference from water to air,
  1000 HU; also as it were in slices of 10 mm, ``noise sqrt(T / 10 mm)``;
* uniformity: the largest deviation of four regions at 12, 3, 6 and 9 o'clock, 10 mm from the edge, from
  one of their size at the centre.

Where texts say "10 %" without saying of what, the mean of the small region at the centre (a tenth of the
diameter) is given beside that of a tenth of the area.

Uncertainties are those of the noise of the voxels, which neighbours share; that of the uniformity is
drawn, because which region is the farthest depends on the noise.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from numpy.typing import NDArray

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
from photopeak_analyzers.ct.ct_water_phantom_conditions import (
    CLAUSE,
    WaterParameters,
    conditions_of,
)
from photopeak_analyzers.ct.ct_water_phantom_figures import EDGES, Circle, figures_of
from photopeak_analyzers.ct.water_slices import WaterSlices, water_slices
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.given import LARGEST_PIXEL_MM, SMALLEST_PIXEL_MM, one
from photopeak_analyzers.numerics.regions import Region, circle
from photopeak_analyzers.numerics.voxel_noise import VoxelNoise, noise_of
from photopeak_analyzers.shorthand import measurements, metrics

WATER_LESS_AIR_HU = 1000.0
REFERENCE_SLICE_MM = 10.0
"""Thickness of the slices that limits of noise are stated for."""

ROLE = Role(
    name="water",
    kinds=frozenset({AcquisitionKind.VOLUME}),
    label="CT of the water phantom",
    hint="A phantom of at least 160 mm, its axis along the scanner and in the middle of the field; the"
    " same protocol each time.",
)


def measure(inputs: Inputs, parameters: WaterParameters) -> Analysis:
    """Measure the water phantom."""
    ct = one(inputs, ROLE, Volume)
    pixel_mm = _pixel_mm(ct)
    found = water_slices(ct, pixel_mm)
    places = _places(found, parameters)
    regions = {c.name: circle(found.image.shape, c.centre, c.radius_mm, pixel_mm) for c in places}
    means = {name: region.mean(found.image).value for name, region in regions.items()}
    deviations = {name: region.deviation(found.image) for name, region in regions.items()}
    noise = _noise(found, regions["noise"])
    return Analysis(
        measurements=tuple(_measurements(ct, found, regions, means, deviations, noise, parameters)),
        preconditions=conditions_of(
            ct, pixel_mm, found.outline, means["ct_number"], _unevenness(deviations), parameters
        ),
        figures=figures_of(ct, pixel_mm, found, places, means, deviations),
        notes=tuple(_notes(found)),
    )


def _pixel_mm(ct: Volume) -> tuple[float, float]:
    pixel_mm = ct.voxel_spacing_mm[1:]
    for side in pixel_mm:
        if not SMALLEST_PIXEL_MM <= side <= LARGEST_PIXEL_MM:
            raise UnsuitableAcquisitionError(
                f"a side of a pixel is {side:g} mm, needs {SMALLEST_PIXEL_MM:g} to"
                f" {LARGEST_PIXEL_MM:g} mm",
                quantity="side of a pixel",
                value=side,
                bound=f"{SMALLEST_PIXEL_MM:g} to {LARGEST_PIXEL_MM:g} mm",
            )
    return pixel_mm


def _places(found: WaterSlices, parameters: WaterParameters) -> tuple[Circle, ...]:
    """Return the regions: CT number, noise, centre, and the four at the edge."""
    (row, column), radius = found.outline.centre, found.outline.radius_mm
    small = radius * parameters.edge_diameter_percent / 100.0
    out = radius - parameters.edge_distance_mm - small
    if out <= small:
        raise UnsuitableAcquisitionError(
            f"a phantom of {2.0 * radius:.0f} mm has no room for regions {2.0 * small:.0f} mm wide and"
            f" {parameters.edge_distance_mm:g} mm from its edge beside one at the centre",
            quantity="diameter of the phantom",
            value=2.0 * radius,
        )
    middle = [
        Circle("ct_number", (row, column), radius * math.sqrt(parameters.centre_area_percent / 100.0)),
        Circle("noise", (row, column), radius * math.sqrt(parameters.noise_area_percent / 100.0)),
        Circle("centre", (row, column), small),
    ]  # fmt: skip
    edge = [
        Circle(name, (row + down * out / found.pixel_mm[0], column + right * out / found.pixel_mm[1]), small)
        for name, (down, right) in EDGES.items()
    ]  # fmt: skip
    return (*middle, *edge)


def _noise(found: WaterSlices, region: Region) -> VoxelNoise:
    """Return the noise of the voxels of the large region, with how neighbours share it."""
    part = found.image[region.rows, region.columns]
    return noise_of(part[np.newaxis], (region.weights >= 0.5)[np.newaxis])


def _u_mean(noise: VoxelNoise, deviation: float, region: Region) -> float:
    """Return the standard uncertainty of the mean over a region, by the noise of its voxels."""
    return deviation * math.sqrt(min(noise.excess / region.pixels, 1.0))


def _excess_of_squares(noise: VoxelNoise) -> float:
    """Return by how much the variance of a variance exceeds that of independent voxels.

    A standard deviation of n independent values is known to ``1 / sqrt(2 n)``. Squares of neighbours are
    alike by the square of their correlation, which is that of a Gaussian narrower by the root of two.
    """
    narrower = tuple(sigma / math.sqrt(2.0) for sigma in noise.sigmas)
    return dataclasses.replace(noise, sigmas=(narrower[0], narrower[1], narrower[2])).excess


def _measurements(
    ct: Volume,
    found: WaterSlices,
    regions: dict[str, Region],
    means: dict[str, float],
    deviations: dict[str, float],
    noise: VoxelNoise,
    parameters: WaterParameters,
) -> list[Measurement]:
    u_means = {name: _u_mean(noise, deviations[name], each) for name, each in regions.items()}
    sd = deviations["noise"]
    u_sd = sd * math.sqrt(min(_excess_of_squares(noise) / (2.0 * regions["noise"].pixels), 1.0))
    percent = 100.0 / WATER_LESS_AIR_HU
    thickness = ct.header.get("SliceThickness")
    scale = None
    if isinstance(thickness, float | int) and thickness > 0.0:
        scale = percent * math.sqrt(thickness / REFERENCE_SLICE_MM)
    apart = np.array([means[name] - means["centre"] for name in EDGES])
    several = len(found.looked_at) > 1
    rows = measurements(
        Scope(),
        [
            ("ct_number_water_hu", means["ct_number"], u_means["ct_number"]),
            ("ct_number_centre_hu", means["centre"], u_means["centre"]),
            ("noise_pct", percent * sd, percent * u_sd),
            ("noise_10mm_pct", scale and scale * sd, scale and scale * u_sd),
            ("sd_hu", sd, u_sd),
            (
                "uniformity_hu",
                float(np.abs(apart).max()),
                _u_uniformity(apart, u_means, parameters),
            ),
            ("ct_number_range_hu", float(np.ptp(found.means)) if several else None, None),
            ("diameter_mm", 2.0 * found.outline.radius_mm, None),
            ("slices", float(len(found.looked_at)), None),
        ],
    )
    for name in EDGES:
        rows += measurements(
            Scope.of(position=name), [("ct_number_edge_hu", means[name], u_means[name])]
        )
    return rows


def _u_uniformity(
    apart: NDArray[np.float64],
    u_means: dict[str, float],
    parameters: WaterParameters,
) -> float:
    """Return the standard uncertainty of the largest deviation; the centre is in all of them."""
    rng = np.random.default_rng(parameters.seed)
    edges = np.array([u_means[name] for name in EDGES])
    drawn = apart + edges * rng.standard_normal((parameters.draws, edges.size))
    drawn -= u_means["centre"] * rng.standard_normal((parameters.draws, 1))
    return float(np.abs(drawn).max(axis=1).std(ddof=1))


def _unevenness(deviations: dict[str, float]) -> float | None:
    """Return the largest noise of a region at the edge over that at the centre; None without any."""
    at_centre = deviations["centre"]
    return max(deviations[name] for name in EDGES) / at_centre if at_centre > 0.0 else None


def _notes(found: WaterSlices) -> list[Note]:
    notes = [
        Note(
            code="MEASURED_SLICE",
            message=f"slice {found.index + 1} was measured, the middle one of {len(found.looked_at)}"
            " that were looked at and show water alone; noise is in percent of 1000 HU from water to air",
            values={"slice": found.index + 1, "slices": len(found.looked_at)},
        )
    ]
    if found.others:
        notes.append(
            Note(
                code="OTHER_SLICES",
                message=f"{found.others} slices of the phantom show more than water or other values"
                " and were left out",
                values={"slices": found.others},
            )
        )
    return notes


ANALYZER = Analyzer(
    id="ct_water_phantom",
    title="Water phantom in CT",
    title_zh="CT水模",
    version="1",
    variants=(Variant(name="local", title="CT number, noise, uniformity of water", clause=CLAUSE),),
    roles=(ROLE,),
    metrics=metrics(
        CLAUSE,
        ("ct_number_water_hu", "[hnsf'U]", "CT_w", "CT number of water", "水的CT值", 1),
        ("ct_number_centre_hu", "[hnsf'U]", "CT_c", "CT number of the small region at the centre", "中心小区域CT值", 1),
        ("noise_pct", "%", "n", "Noise", "噪声", 2),
        ("noise_10mm_pct", "%", "n_10", "Noise in slices of 10 mm", "噪声(折算10 mm层厚)", 2),
        ("sd_hu", "[hnsf'U]", "SD", "Standard deviation of water", "水的CT值标准偏差", 1),
        ("uniformity_hu", "[hnsf'U]", "dCT", "Uniformity", "均匀性", 1),
        ("ct_number_edge_hu", "[hnsf'U]", "CT_e", "CT number at the edge", "边缘CT值", 1),
        ("ct_number_range_hu", "[hnsf'U]", "R_z", "Range of the CT number over the slices", "层间CT值极差", 1),
        ("diameter_mm", "mm", "D", "Diameter of the phantom", "模体直径", 0),
        ("slices", "1", "n_s", "Slices of water", "水模层数", 0),
    ),
    parameters=WaterParameters,
    measure=measure,
    figures=("slice", "slices", "regions"),
)  # fmt: skip
"""The test, as registered."""
