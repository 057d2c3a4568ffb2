"""How far SPECT and CT lie apart: distances of point markers that both show.

Markers are found in the reconstruction, and each near its place in CT, both in the coordinates of the
patient as the headers give them; nothing is moved. The result is the largest distance; the mean
displacements along x, y and z tell which way the table sags or the gantries are off. Positions are
centroids (:mod:`~photopeak_analyzers.marker_positions`).

The uncertainty is that of the noise of both volumes, where that is known; that of the largest distance
is drawn, because which marker is the farthest depends on the noise.
"""

from __future__ import annotations

import numpy as np

from photopeak_analyzers.acquisition import AcquisitionKind, Volume
from photopeak_analyzers.contract import Analysis, Analyzer, Inputs, Role, Variant
from photopeak_analyzers.figures import Figure, ImageFigure
from photopeak_analyzers.given import one
from photopeak_analyzers.marker_positions import ct_marker
from photopeak_analyzers.marker_registration import (
    DISTANCES,
    Registration,
    centroids,
    displacements,
    distances_of,
    register,
)
from photopeak_analyzers.shorthand import metrics
from photopeak_analyzers.spect.reconstruction import Reconstruction, reconstruction_of
from photopeak_analyzers.spect.spect_ct_registration_conditions import (
    CLAUSE,
    RegistrationParameters,
    conditions_of,
)
from photopeak_analyzers.spect.spect_markers import nuclear_markers

SPECT = Role(
    name="spect",
    kinds=frozenset({AcquisitionKind.VOLUME}),
    label="Slices of the markers",
    hint="Three or more point markers of activity with contrast agent, apart from each other in air.",
    modality="NM",
)
CT = Role(
    name="ct",
    kinds=frozenset({AcquisitionKind.VOLUME}),
    label="CT of the same markers",
    hint="Of the same examination, nothing moved in between.",
    modality="CT",
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
    found = register(markers, dense, rng, parameters.draws)
    return Analysis(
        measurements=tuple(distances_of(found)),
        preconditions=conditions_of(
            spect, ct, reconstruction, dense, found.u_largest_mm, parameters
        ),
        figures=_figures(reconstruction, spect, found),
    )


def _figures(
    reconstruction: Reconstruction, spect: Volume, found: Registration
) -> tuple[Figure, ...]:
    """Show the markers from above with both centroids, and their displacements."""
    image = reconstruction.values.max(axis=0)
    return (
        ImageFigure(
            name="markers",
            title="Highest values along the slices, with the centroids of SPECT and CT",
            image=image,
            pixel_spacing_mm=reconstruction.pixel_mm,
            low=0.0,
            high=float(image.max()),
            unit="1",
            overlays=centroids(found, spect, nuclear="SPECT"),
        ),
        displacements(found, nuclear="SPECT"),
    )


ANALYZER = Analyzer(
    id="spect_ct_registration",
    title="Registration of SPECT and CT",
    title_zh="SPECT/CT配准精度",
    version="1",
    variants=(Variant(name="local", title="Point markers in both", clause=CLAUSE),),
    roles=(SPECT, CT),
    metrics=metrics(
        CLAUSE,
        *DISTANCES,
    ),
    parameters=RegistrationParameters,
    measure=measure,
    figures=("markers", "displacements"),
)
"""The test, as registered."""
