"""How far SPECT and CT lie apart: distances of point markers that both show.

Markers are found in the reconstruction, and each near its place in CT, both in the coordinates of the
patient as the headers give them; nothing is moved. The result is the largest distance; the mean
displacements along x, y and z tell which way the table sags or the gantries are off. Positions are
centroids (:mod:`~photopeak_analyzers.spect.marker_positions`).

The uncertainty is that of the noise of the reconstruction; that of the largest distance is drawn, because
which marker is the farthest depends on the noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.acquisition import AcquisitionKind, Volume
from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Outcome,
    Parameters,
    Precondition,
    PreconditionCode,
    Role,
    Scope,
    Severity,
    Variant,
    parameter,
)
from photopeak_analyzers.figures import (
    Figure,
    ImageFigure,
    Overlay,
    OverlayKind,
    TableFigure,
)
from photopeak_analyzers.frame_conditions import pixel_is_square, pixel_within
from photopeak_analyzers.given import one
from photopeak_analyzers.shorthand import measurements, metrics
from photopeak_analyzers.spect.marker_positions import (
    Marker,
    ct_marker,
    densest_hu,
    nuclear_markers,
)
from photopeak_analyzers.spect.reconstruction import (
    Floats,
    Reconstruction,
    no_voxel_overflows,
    reconstruction_of,
)

CLAUSE = "practice: alignment of SPECT and CT; markers as JJF draft 7.4"
"""No standard in force prescribes the test for SPECT."""

LEAST_MARKERS = 3

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


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationParameters(Parameters):
    """How markers are looked for. The numbers are practice."""

    search_mm: float = parameter(
        15.0,
        doc="How far from its place in SPECT a marker is looked for in CT.",
        unit="mm",
        minimum=5.0,
        maximum=50.0,
    )
    window_mm: float = parameter(
        12.0,
        doc="Half side of the cube about a marker in CT whose centroid is taken.",
        unit="mm",
        minimum=3.0,
        maximum=30.0,
    )
    least_hu: float = parameter(
        -200.0,
        doc="What the densest voxel of a marker has at least; air has -1000.",
        unit="[hnsf'U]",
        minimum=-900.0,
        maximum=3000.0,
    )
    largest_pixel_mm: float = parameter(
        5.0, doc="Largest side of a pixel of SPECT.", unit="mm", minimum=0.5, maximum=20.0
    )
    draws: int = parameter(
        128, doc="How often the noise is drawn for the uncertainty.", minimum=16, maximum=1000
    )
    seed: int = parameter(20, doc="Of the draws.", minimum=0, maximum=2**31 - 1)


def measure(inputs: Inputs, parameters: RegistrationParameters) -> Analysis:
    """Measure the distance of every marker."""
    spect, ct = one(inputs, SPECT, Volume), one(inputs, CT, Volume)
    reconstruction = reconstruction_of(spect)
    rng = np.random.default_rng(parameters.seed)
    markers = nuclear_markers(spect, reconstruction, rng, parameters.draws)
    dense = [
        ct_marker(ct, each.position, search_mm=parameters.search_mm, window_mm=parameters.window_mm)
        for each in markers
    ]
    shifts = np.array([m.position - d.position for m, d in zip(markers, dense, strict=True)])
    u_shifts = np.array([m.uncertainty for m in markers])
    distances = np.linalg.norm(shifts, axis=1)
    drawn = np.linalg.norm(
        shifts + u_shifts * rng.standard_normal((parameters.draws, *shifts.shape)), axis=2
    )
    u_distances = drawn.std(axis=0, ddof=1)
    mean = shifts.mean(axis=0)
    u_mean = np.sqrt((u_shifts**2).sum(axis=0)) / len(markers)
    found: list[Measurement] = measurements(
        Scope(),
        [
            (
                "registration_max_mm",
                float(distances.max()),
                float(drawn.max(axis=1).std(ddof=1)),
            ),
            (
                "registration_mean_mm",
                float(distances.mean()),
                float(drawn.mean(axis=1).std(ddof=1)),
            ),
            ("dx_mm", float(mean[0]), float(u_mean[0])),
            ("dy_mm", float(mean[1]), float(u_mean[1])),
            ("dz_mm", float(mean[2]), float(u_mean[2])),
            ("markers", float(len(markers)), None),
        ],
    )
    for number, (distance, u) in enumerate(zip(distances, u_distances, strict=True), start=1):
        found += measurements(
            Scope.of(marker=number), [("marker_distance_mm", float(distance), float(u))]
        )
    return Analysis(
        measurements=tuple(found),
        preconditions=_conditions(spect, ct, reconstruction, dense, parameters),
        figures=_figures(reconstruction, spect, markers, dense, shifts),
    )


def _conditions(
    spect: Volume,
    ct: Volume,
    reconstruction: Reconstruction,
    dense: list[Marker],
    parameters: RegistrationParameters,
) -> tuple[Precondition, ...]:
    """Check that both volumes are of one space and what they should be, and their markers."""
    scope = Scope()
    frames = (spect.origin.frame_of_reference_uid, ct.origin.frame_of_reference_uid)
    told = all(frames)
    same = Outcome.MET if frames[0] == frames[1] else Outcome.NOT_MET
    return (
        Precondition(
            code=PreconditionCode.GEOMETRY,
            severity=Severity.HARD if told else Severity.SOFT,
            outcome=same if told else Outcome.UNKNOWN,
            quantity="frame of reference of CT",
            value=frames[1] or None,
            expected=frames[0] or "that of SPECT",
            clause=CLAUSE,
        ),
        _modality(spect, SPECT.name, "NM"),
        _modality(ct, CT.name, "CT"),
        bounded(
            PreconditionCode.FRAMES,
            "markers",
            float(len(dense)),
            lower=float(LEAST_MARKERS),
            unit="1",
            severity=Severity.HARD,
            scope=scope,
            clause=CLAUSE,
        ),
        bounded(
            PreconditionCode.GEOMETRY,
            "density of the faintest marker in CT",
            min(densest_hu(ct, each.index, parameters.window_mm) for each in dense),
            lower=parameters.least_hu,
            unit="[hnsf'U]",
            severity=Severity.HARD,
            scope=scope,
            clause=CLAUSE,
        ),
        no_voxel_overflows(reconstruction, CLAUSE),
        pixel_is_square(reconstruction.pixel_mm, scope=scope, clause=CLAUSE),
        pixel_within(
            "side of a pixel",
            reconstruction.pixel_mm,
            upper=parameters.largest_pixel_mm,
            severity=Severity.SOFT,
            scope=scope,
            clause=CLAUSE,
        ),
    )


def _modality(volume: Volume, name: str, wanted: str) -> Precondition:
    outcome = Outcome.MET if volume.modality == wanted else Outcome.NOT_MET
    return Precondition(
        code=PreconditionCode.FRAMES,
        severity=Severity.HARD,
        outcome=outcome,
        quantity=f"kind of the volume given as {name}",
        value=volume.modality or None,
        expected=wanted,
        clause=CLAUSE,
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
