"""How far SPECT and CT lie apart: distances of point markers that both show.

Markers are found in the reconstruction, and each near its place in CT, both in the coordinates of the
patient as the headers give them; nothing is moved. The result is the largest distance; the mean
displacements along x, y and z tell which way the table sags or the gantries are off. Positions are
centroids (:mod:`~photopeak_analyzers.spect.marker_positions`).

The uncertainty is that of the noise of both volumes, where that is known; that of the largest distance
is drawn, because which marker is the farthest depends on the noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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
from photopeak_analyzers.figures import (
    Figure,
    ImageFigure,
    Overlay,
    OverlayKind,
    TableFigure,
)
from photopeak_analyzers.given import one
from photopeak_analyzers.shorthand import measurements, metrics
from photopeak_analyzers.spect.marker_positions import Marker, ct_marker, nuclear_markers
from photopeak_analyzers.spect.reconstruction import Floats, Reconstruction, reconstruction_of
from photopeak_analyzers.spect.spect_ct_registration_conditions import (
    CLAUSE,
    RegistrationParameters,
    conditions_of,
)

SPECT = Role(
    name="spect",
    kinds=frozenset({AcquisitionKind.VOLUME}),
    label="Slices of the markers",
    hint="Three or more point markers of activity with contrast agent, apart from each other in air.",
)
CT = Role(
    name="ct",
    kinds=frozenset({AcquisitionKind.VOLUME}),
    label="CT of the same markers",
    hint="Of the same examination, nothing moved in between.",
)


def measure(inputs: Inputs, parameters: RegistrationParameters) -> Analysis:
    """Measure the distance of every marker."""
    spect, ct = one(inputs, SPECT, Volume), one(inputs, CT, Volume)
    reconstruction = reconstruction_of(spect)
    rng = np.random.default_rng(parameters.seed)
    markers = nuclear_markers(spect, reconstruction, rng, parameters.draws)
    dense = [
        ct_marker(
            ct,
            each.position,
            search_mm=parameters.search_mm,
            window_mm=parameters.window_mm,
            rng=rng,
            draws=parameters.draws,
        )
        for each in markers
    ]
    shifts = np.array([m.position - d.position for m, d in zip(markers, dense, strict=True)])
    distances = np.linalg.norm(shifts, axis=1)
    mean = shifts.mean(axis=0)
    spread = _spread(markers, dense, shifts, rng, parameters.draws)
    found: list[Measurement] = measurements(
        Scope(),
        [
            ("registration_max_mm", float(distances.max()), spread.highest),
            ("registration_mean_mm", float(distances.mean()), spread.mean),
            ("dx_mm", float(mean[0]), spread.axes[0]),
            ("dy_mm", float(mean[1]), spread.axes[1]),
            ("dz_mm", float(mean[2]), spread.axes[2]),
            ("markers", float(len(markers)), None),
        ],
    )
    for number, (distance, u) in enumerate(zip(distances, spread.each, strict=True), start=1):
        found += measurements(Scope.of(marker=number), [("marker_distance_mm", float(distance), u)])
    return Analysis(
        measurements=tuple(found),
        preconditions=conditions_of(spect, ct, reconstruction, dense, spread.highest, parameters),
        figures=_figures(reconstruction, spect, markers, dense, shifts),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spread:
    """What noise does to the largest and the mean distance, to each, and to the mean displacement.

    None where the noise of a marker is not known.
    """

    highest: float | None
    mean: float | None
    each: tuple[float | None, ...]
    axes: tuple[float | None, ...]


def _spread(
    markers: tuple[Marker, ...],
    dense: list[Marker],
    shifts: Floats,
    rng: np.random.Generator,
    draws: int,
) -> _Spread:
    """Draw the displacements anew."""
    known = [
        np.hypot(m.uncertainty, d.uncertainty)
        for m, d in zip(markers, dense, strict=True)
        if m.uncertainty is not None and d.uncertainty is not None
    ]
    if len(known) < len(markers):
        return _Spread(highest=None, mean=None, each=(None,) * len(markers), axes=(None,) * 3)
    u_shifts = np.array(known)
    drawn = np.linalg.norm(shifts + u_shifts * rng.standard_normal((draws, *shifts.shape)), axis=2)
    return _Spread(
        highest=float(drawn.max(axis=1).std(ddof=1)),
        mean=float(drawn.mean(axis=1).std(ddof=1)),
        each=tuple(float(u) for u in drawn.std(axis=0, ddof=1)),
        axes=tuple(float(u) for u in np.sqrt((u_shifts**2).sum(axis=0)) / len(markers)),
    )


def _figures(
    reconstruction: Reconstruction,
    spect: Volume,
    markers: tuple[Marker, ...],
    dense: list[Marker],
    shifts: Floats,
) -> tuple[Figure, ...]:
    """Show the markers from above with both centroids, and their displacements."""
    image = reconstruction.values.max(axis=0)
    to_index = np.linalg.inv(spect.affine)
    overlays = []
    for number, (marker, other) in enumerate(zip(markers, dense, strict=True), start=1):
        there = to_index @ np.append(other.position, 1.0)
        for label, index in ((f"{number} SPECT", marker.index), (f"{number} CT", there)):
            overlays.append(
                Overlay(
                    kind=OverlayKind.POINT,
                    label=label,
                    points=((float(index[1]), float(index[2])),),
                )
            )
    rows = tuple(
        (n, *(float(v) for v in m.position), *(float(v) for v in s), float(np.linalg.norm(s)))
        for n, (m, s) in enumerate(zip(markers, shifts, strict=True), start=1)
    )
    return (
        ImageFigure(
            name="markers",
            title="Highest values along the slices, with the centroids of SPECT and CT",
            image=image,
            pixel_spacing_mm=reconstruction.pixel_mm,
            low=0.0,
            high=float(image.max()),
            unit="1",
            overlays=tuple(overlays),
        ),
        TableFigure(
            name="displacements",
            title="Displacement of SPECT from CT",
            columns=("marker", "x (mm)", "y (mm)", "z (mm)", "dx (mm)", "dy (mm)", "dz (mm)",
                     "distance (mm)"),
            rows=rows,
        ),
    )  # fmt: skip


ANALYZER = Analyzer(
    id="spect_ct_registration",
    title="Registration of SPECT and CT",
    title_zh="SPECT/CT配准精度",
    version="1",
    variants=(Variant(name="local", title="Point markers in both", clause=CLAUSE),),
    roles=(SPECT, CT),
    metrics=metrics(
        CLAUSE,
        ("registration_max_mm", "mm", "d_max", "Largest distance of a marker", "标记物最大配准偏差", 1),
        ("registration_mean_mm", "mm", "d_mean", "Mean distance of the markers", "标记物平均配准偏差", 1),
        ("dx_mm", "mm", "dx", "Mean displacement along x", "X方向平均偏移", 1),
        ("dy_mm", "mm", "dy", "Mean displacement along y", "Y方向平均偏移", 1),
        ("dz_mm", "mm", "dz", "Mean displacement along z", "Z方向平均偏移", 1),
        ("marker_distance_mm", "mm", "d", "Distance of a marker", "标记物配准偏差", 1),
        ("markers", "1", "n", "Markers", "标记物数量", 0),
    ),
    parameters=RegistrationParameters,
    measure=measure,
    figures=("markers", "displacements"),
)  # fmt: skip
"""The test, as registered."""
