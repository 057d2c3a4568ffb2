"""Spatial resolution of PET from point sources, in air, reconstructed by filtered back projection.

`jjf` (JJF draft 7.1.1): a line of voxels through the highest one, along the radius and across it; the
highest voxel is the peak. `nema` (NEMA NU 2-2018 3): profiles in three directions, summed over two
FWHM to both sides in the other two; the vertex of the parabola through three points is the peak.
Both find the crossings of a half and a tenth by linear interpolation; no background is taken off. A
Gaussian fitted to the same profile is given beside.

Several sources may lie in one series, or each position be a series of its own. The radial direction is that
from the axis of the scanner (the middle of the slices, unless stated) to the source, whichever way it
lies. Positions are named by radius and plane, and what lies at one radius is averaged; `nema` gives
a mean where both planes were measured.

The uncertainty is that of noise (:mod:`~photopeak_analyzers.numerics.profile_noise`): as voxels beside the
source vary, alone and in sums of neighbours, and more where the source itself scatters. It holds nothing
of where a source lies between voxels, which is part of the methods of the texts.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from photopeak_analyzers.acquisition import AcquisitionKind, Volume
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Note,
    Precondition,
    Role,
    Scope,
    Variant,
)
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.given import every
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.pet.pet_spatial_resolution_conditions import (
    CENTRE_SHARE,
    COUNTS,
    JJF,
    JJF_CLAUSE,
    NEMA,
    NEMA_CLAUSE,
    RANDOMS,
    PetResolutionParameters,
    Scanned,
    Text,
    conditions_of_a_source,
    conditions_of_a_volume,
    enough_places,
    nominal_radius,
)
from photopeak_analyzers.pet.pet_spatial_resolution_figures import Placed, figures_of
from photopeak_analyzers.pet.point_places import PointPlace, block_around, find_points
from photopeak_analyzers.pet.point_widths import JJF_METHOD, NEMA_METHOD, PointWidths, widths_of
from photopeak_analyzers.pet.random_coincidences import randoms_percent
from photopeak_analyzers.pet.volume_conditions import words_of_reconstruction
from photopeak_analyzers.shorthand import NumberRow, measurements, metrics

DIRECTIONS = ("radial", "tangential", "axial")

ROLE = Role(
    name="points",
    kinds=frozenset({AcquisitionKind.VOLUME}),
    minimum=1,
    maximum=24,
    label="Slices of point sources",
    hint="Capillaries below 1 mm in air, 1, 10 and 20 cm from the axis, in the middle of the axial field and"
    " 3/8 of it from there; filtered back projection without filter. One series, or one per position.",
)


def measure(inputs: Inputs, parameters: PetResolutionParameters) -> Analysis:
    """Measure the widths of every source, and their means by radius."""
    text = NEMA if inputs.variant == "nema" else JJF
    method = NEMA_METHOD if inputs.variant == "nema" else JJF_METHOD
    volumes = every(inputs, ROLE, Volume)
    axis = (parameters.axis_x_mm, parameters.axis_y_mm)
    sources: list[tuple[int, PointWidths]] = []
    for series, volume in enumerate(volumes, start=1):
        places = find_points(volume, axis)
        for place in places:
            block = block_around(volume, place, places)
            sources.append((series, widths_of(block, place, method, axial=text.axial)))
    placed = _placed(sources)
    found: list[Measurement] = []
    for each in placed:
        found.extend(measurements(each.scope, _of_a_source(each.source)))
    for radius, scope in sorted({(_radius(p), Scope.of(radius_mm=_radius(p))) for p in placed}):
        found.extend(measurements(scope, _means([p for p in placed if _radius(p) == radius], text)))
    return Analysis(
        measurements=tuple(found),
        preconditions=_conditions(inputs, parameters, text, volumes, placed),
        figures=figures_of(volumes, placed),
        notes=_notes(volumes, placed, parameters, text),
    )


def _placed(sources: Sequence[tuple[int, PointWidths]]) -> list[Placed]:
    """Name every source by radius and plane, and by its side where several share both."""
    named = [(_radius_of(s.place), _plane_of(s.place)) for _, s in sources]
    crowded = Counter(named)
    placed = []
    for (series, source), (radius, plane) in zip(sources, named, strict=True):
        side = _side_of(source.place) if crowded[radius, plane] > 1 else None
        scope = Scope.of(radius_mm=radius, plane=plane, side=side)
        placed.append(Placed(scope=scope, series=series, source=source))
    placed.sort(key=lambda p: (str(p.scope.get("plane")), _radius(p), str(p.scope.get("side"))))
    twice = [label for label, count in Counter(p.label for p in placed).items() if count > 1]
    if twice:
        series_there = [p.series for p in placed if p.label == twice[0]]
        raise UnsuitableAcquisitionError(
            f"{len(series_there)} sources are given at {twice[0]} (series"
            f" {', '.join(str(n) for n in series_there)}), needs one for each position",
            quantity="sources at one position",
            value=len(series_there),
            bound=1,
        )
    return placed


def _radius_of(place: PointPlace) -> int:
    nominal = nominal_radius(place.radius_mm)
    return round(place.radius_mm / 10.0) * 10 if nominal is None else nominal


def _plane_of(place: PointPlace) -> str:
    return "centre" if place.axial_share <= CENTRE_SHARE else "off_centre"


def _side_of(place: PointPlace) -> str:
    if abs(place.right_mm) >= abs(place.down_mm):
        return "right" if place.right_mm > 0.0 else "left"
    return "below" if place.down_mm > 0.0 else "above"


def _radius(placed: Placed) -> int:
    return int(placed.scope.get("radius_mm") or 0)


def _of_a_source(source: PointWidths) -> list[NumberRow]:
    rows: list[NumberRow] = []
    for direction, width in source.found.items():
        for key, estimate in (
            ("fwhm", width.fwhm),
            ("fwtm", width.fwtm),
            ("gauss_fwhm", width.gaussian_mm),
        ):
            if estimate is not None:
                rows.append((f"{key}_{direction}", estimate.value, estimate.uncertainty))
    # What comes first is what a page shows large where nothing is judged.
    rows.append(("source_radius_mm", source.place.radius_mm, None))
    rows.append(("source_axial_mm", source.place.axial_mm, None))
    return rows


def _means(placed: Sequence[Placed], text: Text) -> list[NumberRow]:
    if text.axial and len({p.scope.get("plane") for p in placed}) < 2:
        return []
    rows: list[NumberRow] = []
    for of in ("fwhm", "fwtm"):
        for direction in DIRECTIONS:
            each: list[Estimate | None] = [
                getattr(p.source.found[direction], of)
                for p in placed
                if direction in p.source.found
            ]
            known = [estimate for estimate in each if estimate is not None]
            if known and len(known) == len(each):
                mean = sum(e.value for e in known) / len(known)
                spread = math.sqrt(sum(e.uncertainty**2 for e in known)) / len(known)
                rows.append((f"mean_{of}_{direction}", mean, spread))
    return rows


def _conditions(
    inputs: Inputs,
    parameters: PetResolutionParameters,
    text: Text,
    volumes: Sequence[Volume],
    placed: Sequence[Placed],
) -> tuple[Precondition, ...]:
    found = [enough_places(len(placed), text)]
    for series, volume in enumerate(volumes, start=1):
        scanned = _scanned(inputs, volume)
        own = [p for p in placed if p.series == series]
        # One series concerns every number; one of several, those of its sources and their means.
        scopes = [Scope()] if len(volumes) == 1 else [p.scope for p in own]
        for scope in scopes:
            found.extend(conditions_of_a_volume(volume, parameters, text, scanned, scope))
        for each in own:
            nominal = nominal_radius(each.source.place.radius_mm)
            found.extend(conditions_of_a_source(each.source, nominal, text, each.scope))
    return tuple(found)


def _scanned(inputs: Inputs, volume: Volume) -> Scanned:
    stated = inputs.number(COUNTS.name) if COUNTS.name in inputs.readings else None
    prompts = volume.header.get("PrimaryPromptsCountsAccumulated")
    written = prompts if isinstance(prompts, float) else None
    given = RANDOMS.name in inputs.readings
    return Scanned(
        counts=written if stated is None else stated,
        counts_stated=stated is not None,
        randoms_pct=inputs.number(RANDOMS.name) if given else randoms_percent(volume),
    )


def _notes(
    volumes: Sequence[Volume],
    placed: Sequence[Placed],
    parameters: PetResolutionParameters,
    text: Text,
) -> tuple[Note, ...]:
    words = sorted({words_of_reconstruction(v) or "the header does not tell" for v in volumes})
    axis = "as stated"
    if parameters.axis_x_mm is None and parameters.axis_y_mm is None:
        axis = "the middle of the slices"
    how = (
        "summed over 2 FWHM to both sides, peak by a parabola"
        if text.axial
        else "lines of single voxels, peak is the highest voxel"
    )
    return (
        Note(
            code="METHOD",
            message=f"{len(placed)} sources in {len(volumes)} series; profiles {how}, no background"
            f" taken off; axis of the scanner: {axis}; reconstruction: {'; '.join(words)}",
            values={"sources": len(placed), "series": len(volumes)},
        ),
    )


ANALYZER = Analyzer(
    id="pet_spatial_resolution",
    title="PET spatial resolution",
    title_zh="PET空间分辨率",
    version="1",
    variants=(
        Variant(name="jjf", title="Point sources, highest voxel", clause=JJF_CLAUSE),
        Variant(name="nema", title="Point sources, summed profiles", clause=NEMA_CLAUSE),
    ),
    roles=(ROLE,),
    readings=(COUNTS, RANDOMS),
    metrics=metrics(
        f"{JJF_CLAUSE}; {NEMA_CLAUSE}",
        ("fwhm_radial", "mm", "FWHM_r", "FWHM, radial", "径向FWHM", 2),
        ("fwhm_tangential", "mm", "FWHM_t", "FWHM, tangential", "切向FWHM", 2),
        ("fwtm_radial", "mm", "FWTM_r", "FWTM, radial", "径向FWTM", 2),
        ("fwtm_tangential", "mm", "FWTM_t", "FWTM, tangential", "切向FWTM", 2),
    )
    + metrics(
        NEMA_CLAUSE,
        ("fwhm_axial", "mm", "FWHM_a", "FWHM, axial", "轴向FWHM", 2),
        ("fwtm_axial", "mm", "FWTM_a", "FWTM, axial", "轴向FWTM", 2),
        ("mean_fwhm_radial", "mm", "FWHM_r", "FWHM, radial, mean at a radius", "同半径径向FWHM平均", 2),
        ("mean_fwhm_tangential", "mm", "FWHM_t", "FWHM, tangential, mean at a radius", "同半径切向FWHM平均", 2),
        ("mean_fwhm_axial", "mm", "FWHM_a", "FWHM, axial, mean at a radius", "同半径轴向FWHM平均", 2),
        ("mean_fwtm_radial", "mm", "FWTM_r", "FWTM, radial, mean at a radius", "同半径径向FWTM平均", 2),
        ("mean_fwtm_tangential", "mm", "FWTM_t", "FWTM, tangential, mean at a radius", "同半径切向FWTM平均", 2),
        ("mean_fwtm_axial", "mm", "FWTM_a", "FWTM, axial, mean at a radius", "同半径轴向FWTM平均", 2),
    )
    + metrics(
        "practice: second opinion, place of the source",
        ("gauss_fwhm_radial", "mm", "FWHM_g,r", "FWHM of a fitted Gaussian, radial", "径向高斯拟合FWHM", 2),
        ("gauss_fwhm_tangential", "mm", "FWHM_g,t", "FWHM of a fitted Gaussian, tangential", "切向高斯拟合FWHM", 2),
        ("gauss_fwhm_axial", "mm", "FWHM_g,a", "FWHM of a fitted Gaussian, axial", "轴向高斯拟合FWHM", 2),
        ("source_radius_mm", "mm", "r", "Distance of the source from the axis", "源到轴线的距离", 1),
        ("source_axial_mm", "mm", "z", "Distance of the source from the middle slice", "源到中心层的距离", 1),
    ),
    parameters=PetResolutionParameters,
    measure=measure,
    figures=("map", "profiles", "widths"),
)  # fmt: skip
"""The test, as registered."""
