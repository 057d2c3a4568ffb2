"""Spatial resolution of reconstructed slices, from points in air or three lines in water.

Points are measured in all three directions. Lines along the axis are measured in slabs, whose mean
is given. The central source gives the transaxial (mean of x and y) and the axial width, the others
radial, tangential and axial widths, averaged over them: one value for the whole system.

Both variants find widths by interpolation at half and tenth maximum in profiles that are summed over
one FWHM to both sides; nothing is fitted, no background is taken off. `nema` asks for a central and
two peripheral sources (NEMA NU 1-2007 4.2 without, 4.3 with scatter), `ws523` is content with a
central one. The Gaussian that pylinac and the IAEA toolkit fit is given beside.

A peripheral source that does not lie on an axis of the image is measured on a turned grid. The
uncertainty is that of noise (:mod:`~photopeak_analyzers.numerics.source_widths`), by as much larger in sums
as neighbouring voxels beside the sources vary together, and between the slabs of a line the scatter of
their widths.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

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
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.source_widths import (
    LineWidth,
    centred,
    width_across,
    width_along,
)
from photopeak_analyzers.shorthand import NumberRow, measurements, metrics
from photopeak_analyzers.spect.reconstruction import Reconstruction, reconstruction_of
from photopeak_analyzers.spect.spect_spatial_resolution_conditions import (
    NEMA_CLAUSE,
    WS523_CLAUSE,
    SpectResolutionParameters,
    conditions_of,
    words_of_reconstruction,
)
from photopeak_analyzers.spect.spect_spatial_resolution_figures import figures_of
from photopeak_analyzers.spect.volume_sources import (
    Place,
    find_sources,
    noise_beside,
    noise_growth,
)

ALIGNED_DEG = 7.5
"""A radius this close to an axis of the image is taken as that axis: 0.5 % of a width at most."""

MOST_SLABS = 60

ROLE = Role(
    name="reconstruction",
    kinds=frozenset({AcquisitionKind.VOLUME}),
    label="Slices of points or lines",
    hint="Three points in air, or three lines in a cylinder of water, one on the axis and two at"
    " 75 mm; filtered back projection with a ramp filter.",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SourceWidths:
    """The widths of one source by direction (x, y, z, radial, tangential), each in every slab."""

    place: Place
    found: dict[str, tuple[LineWidth, ...]]

    def mean(self, direction: str, of: str) -> Estimate | None:
        """Return the mean over the slabs of ``fwhm``, ``fwtm`` or ``gaussian_mm``; None if unknown."""
        each = [getattr(width, of) for width in self.found.get(direction, ())]
        known = [estimate for estimate in each if estimate is not None]
        if not known or len(known) < len(each):
            return None
        values = np.array([estimate.value for estimate in known])
        noise = math.sqrt(sum(e.uncertainty**2 for e in known)) / len(known)
        scatter = float(values.std(ddof=1)) / math.sqrt(values.size) if values.size > 2 else 0.0
        return Estimate(value=float(values.mean()), uncertainty=max(noise, scatter))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Noise:
    """Of a voxel beside the sources; growth of that of a sum, correlation of neighbours in a slice."""

    voxel: float
    growth: float
    shared: float


def measure(inputs: Inputs, parameters: SpectResolutionParameters) -> Analysis:
    """Measure the widths of every source, and those of the system."""
    volume = one(inputs, ROLE, Volume)
    clause = NEMA_CLAUSE if inputs.variant == "nema" else WS523_CLAUSE
    reconstruction = reconstruction_of(volume)
    places = find_sources(reconstruction)
    noise = noise_beside(reconstruction, places)
    beside = _Noise(
        voxel=noise,
        growth=noise_growth(reconstruction, places, noise, _summed(reconstruction, places[0])),
        shared=min(noise_growth(reconstruction, places, noise, 2) ** 2 - 1.0, 1.0),
    )
    sources = [_widths(reconstruction, place, beside, parameters) for place in places]
    central = [s for s in sources if s.place.radius_mm <= parameters.central_radius_mm]
    peripheral = [s for s in sources if s.place.radius_mm > parameters.central_radius_mm]
    found: list[Measurement] = measurements(Scope(), _of_the_system(central, peripheral))
    for source in sources:
        found.extend(measurements(Scope.of(source=source.place.number), _of_a_source(source)))
    lowest = min(float(reconstruction.values[s.place.voxel]) for s in sources)
    preconditions = conditions_of(
        volume,
        reconstruction,
        parameters,
        clause=clause,
        central=len(central),
        peripheral=len(peripheral),
        needs_peripheral=inputs.variant == "nema",
        points=not places[0].is_line,
        fwhm_pixels=min(w.pixels for s in sources for d in "xy" for w in s.found[d]),
        over_noise=lowest / noise if noise > 1e-9 * lowest else None,
    )
    return Analysis(
        measurements=tuple(found),
        preconditions=preconditions,
        figures=figures_of(reconstruction, sources),
        notes=_notes(volume, places),
    )


def _widths(
    reconstruction: Reconstruction,
    place: Place,
    noise: _Noise,
    parameters: SpectResolutionParameters,
) -> SourceWidths:
    values, voxel_mm = reconstruction.values, reconstruction.voxel_mm
    found: dict[str, list[LineWidth]] = {}
    slabs = _slabs(place, voxel_mm[0], parameters) if place.is_line else [_around(values, place)]
    for first, last in slabs:
        slab = values[first:last].sum(axis=0)
        near = _highest_near(slab, place)
        centre = centred(slab, near)
        spread = noise.voxel * noise.growth * math.sqrt(last - first)
        plane = {
            name: width_along(slab, axis, centre, reconstruction.pixel_mm, spread, noise.shared)
            for name, axis in (("x", 1), ("y", 0))
        }
        if place.radius_mm > parameters.central_radius_mm:
            plane.update(_radial(slab, centre, reconstruction, spread, noise.shared, plane))
        for name, width in plane.items():
            found.setdefault(name, []).append(width)
    if not place.is_line:
        at = (float(place.voxel[0]), *centre)
        found["z"] = [width_along(values, 0, at, voxel_mm, noise.voxel * noise.growth**2)]
    return SourceWidths(place=place, found={name: tuple(each) for name, each in found.items()})


def _radial(
    slab: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    centre: tuple[float, float],
    reconstruction: Reconstruction,
    noise: float,
    shared: float,
    plane: dict[str, LineWidth],
) -> dict[str, LineWidth]:
    """Return the widths along and across the radius through a source."""
    pixel_mm, middle = reconstruction.pixel_mm, reconstruction.middle[1:]
    down = (centre[0] - middle[0]) * pixel_mm[0]
    right = (centre[1] - middle[1]) * pixel_mm[1]
    azimuth = math.degrees(math.atan2(down, right))
    if abs((azimuth + 45.0) % 90.0 - 45.0) <= ALIGNED_DEG:
        lies_on_x = abs(right) > abs(down)
        radial, tangential = ("x", "y") if lies_on_x else ("y", "x")
        return {"radial": plane[radial], "tangential": plane[tangential]}
    return {
        "radial": width_across(slab, azimuth, centre, pixel_mm, noise, shared),
        "tangential": width_across(slab, azimuth + 90.0, centre, pixel_mm, noise, shared),
    }


def _summed(reconstruction: Reconstruction, place: Place) -> int:
    """Return over about how many pixels of a slice a profile is summed: two FWHM of a source."""
    through = reconstruction.values[place.voxel[0], place.voxel[1]]
    lit = through > through[place.voxel[2]] / 2.0
    right = int(np.argmin(lit[place.voxel[2] :])) or 1
    left = int(np.argmin(lit[place.voxel[2] :: -1])) or 1
    return 2 * (right + left) + 1


def _around(
    values: np.ndarray[tuple[int, ...], np.dtype[np.float64]], place: Place
) -> tuple[int, int]:
    """Return the slices within one FWHM of a point."""
    profile = values[:, place.voxel[1], place.voxel[2]]
    half = float(profile[place.voxel[0]]) / 2.0
    seen = np.flatnonzero(profile[slice(*place.slices)] >= half)
    fwhm = float(seen[-1] - seen[0] + 1) if seen.size else 1.0
    return (
        max(round(place.voxel[0] - fwhm), 0),
        min(round(place.voxel[0] + fwhm) + 1, values.shape[0]),
    )


def _slabs(
    place: Place, slice_mm: float, parameters: SpectResolutionParameters
) -> list[tuple[int, int]]:
    """Return the slabs of a line, symmetric to its middle, without its ends."""
    thick = max(round(parameters.slab_mm / slice_mm), 1)
    ends = math.ceil(parameters.line_end_mm / slice_mm)
    first, last = place.slices[0] + ends, place.slices[1] - ends
    count = min(max((last - first) // thick, 1), MOST_SLABS)
    start = (place.slices[0] + place.slices[1] - count * thick) // 2
    start = max(start, place.slices[0])
    return [(start + i * thick, start + (i + 1) * thick) for i in range(count)]


def _highest_near(
    slab: np.ndarray[tuple[int, ...], np.dtype[np.float64]], place: Place
) -> tuple[int, int]:
    """Return the highest pixel of a slab within three pixels of the source."""
    window = tuple(
        slice(max(c - 3, 0), min(c + 4, n))
        for c, n in zip(place.voxel[1:], slab.shape, strict=True)
    )
    row, column = np.unravel_index(int(slab[window].argmax()), slab[window].shape)
    return (int(row) + window[0].start, int(column) + window[1].start)


def _of_the_system(
    central: Sequence[SourceWidths], peripheral: Sequence[SourceWidths]
) -> list[NumberRow]:
    rows: list[NumberRow] = []
    for of in ("fwhm", "fwtm"):
        wanted = (
            (f"{of}_central_transaxial", central[:1], ("x", "y")),
            (f"{of}_central_axial", central[:1], ("z",)),
            (f"{of}_peripheral_radial", peripheral, ("radial",)),
            (f"{of}_peripheral_tangential", peripheral, ("tangential",)),
            (f"{of}_peripheral_axial", peripheral, ("z",)),
        )
        for key, sources, directions in wanted:
            each = [s.mean(direction, of) for s in sources for direction in directions]
            known = [estimate for estimate in each if estimate is not None]
            if known and len(known) == len(each):
                mean = sum(e.value for e in known) / len(known)
                spread = math.sqrt(sum(e.uncertainty**2 for e in known)) / len(known)
                rows.append((key, mean, spread))
    return rows


def _of_a_source(source: SourceWidths) -> list[NumberRow]:
    rows: list[NumberRow] = [("source_radius_mm", source.place.radius_mm, None)]
    for direction in "xyz":
        for key, of in (("fwhm", "fwhm"), ("fwtm", "fwtm"), ("gauss_fwhm", "gaussian_mm")):
            estimate = source.mean(direction, of)
            if estimate is not None:
                rows.append((f"{key}_{direction}", estimate.value, estimate.uncertainty))
    return rows


def _notes(volume: Volume, places: Sequence[Place]) -> tuple[Note, ...]:
    kind = "lines along the axis, in slabs" if places[0].is_line else "points"
    words = words_of_reconstruction(volume) or "the header does not tell"
    return (
        Note(
            code="METHOD",
            message=f"{len(places)} {kind}; widths by interpolation in profiles summed over one"
            f" FWHM to both sides, no background taken off; reconstruction: {words}",
            values={"sources": len(places), "reconstruction": words},
        ),
    )


ANALYZER = Analyzer(
    id="spect_spatial_resolution",
    title="Tomographic spatial resolution",
    title_zh="断层空间分辨力",
    version="1",
    variants=(
        Variant(name="ws523", title="Tomographic spatial resolution", clause=WS523_CLAUSE),
        Variant(name="nema", title="Central and peripheral sources", clause=NEMA_CLAUSE),
    ),
    roles=(ROLE,),
    metrics=metrics(
        NEMA_CLAUSE,
        ("fwhm_central_transaxial", "mm", "FWHM", "FWHM at the centre, transaxial", "中心横断面FWHM", 1),
        ("fwhm_central_axial", "mm", "FWHM_z", "FWHM at the centre, axial", "中心轴向FWHM", 1),
        ("fwhm_peripheral_radial", "mm", "FWHM_r", "FWHM off centre, radial", "周边径向FWHM", 1),
        ("fwhm_peripheral_tangential", "mm", "FWHM_t", "FWHM off centre, tangential", "周边切向FWHM", 1),
        ("fwhm_peripheral_axial", "mm", "FWHM_z", "FWHM off centre, axial", "周边轴向FWHM", 1),
        ("fwtm_central_transaxial", "mm", "FWTM", "FWTM at the centre, transaxial", "中心横断面FWTM", 1),
        ("fwtm_central_axial", "mm", "FWTM_z", "FWTM at the centre, axial", "中心轴向FWTM", 1),
        ("fwtm_peripheral_radial", "mm", "FWTM_r", "FWTM off centre, radial", "周边径向FWTM", 1),
        ("fwtm_peripheral_tangential", "mm", "FWTM_t", "FWTM off centre, tangential", "周边切向FWTM", 1),
        ("fwtm_peripheral_axial", "mm", "FWTM_z", "FWTM off centre, axial", "周边轴向FWTM", 1),
        ("fwhm_x", "mm", "FWHM_x", "FWHM along x", "X方向FWHM", 1),
        ("fwhm_y", "mm", "FWHM_y", "FWHM along y", "Y方向FWHM", 1),
        ("fwhm_z", "mm", "FWHM_z", "FWHM along z", "Z方向FWHM", 1),
        ("fwtm_x", "mm", "FWTM_x", "FWTM along x", "X方向FWTM", 1),
        ("fwtm_y", "mm", "FWTM_y", "FWTM along y", "Y方向FWTM", 1),
        ("fwtm_z", "mm", "FWTM_z", "FWTM along z", "Z方向FWTM", 1),
        ("gauss_fwhm_x", "mm", "FWHM_g,x", "FWHM of a fitted Gaussian along x", "X方向高斯拟合FWHM", 1),
        ("gauss_fwhm_y", "mm", "FWHM_g,y", "FWHM of a fitted Gaussian along y", "Y方向高斯拟合FWHM", 1),
        ("gauss_fwhm_z", "mm", "FWHM_g,z", "FWHM of a fitted Gaussian along z", "Z方向高斯拟合FWHM", 1),
        ("source_radius_mm", "mm", "r", "Distance of the source from the middle of the slices", "源到断层中心的距离", 1),
    ),
    parameters=SpectResolutionParameters,
    measure=measure,
    figures=("slices", "profiles"),
)  # fmt: skip
"""The test, as registered."""
