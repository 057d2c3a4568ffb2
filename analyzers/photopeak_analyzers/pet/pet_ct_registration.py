"""How far PET and CT lie apart: distances of markers that both show.

Markers hold F-18 and contrast agent. They are found in PET, each with a box of its own, and in CT near
the same place, in the coordinates of the patient as the headers give them; nothing is moved. The centroid
of PET is that of the voxels above a twentieth of the maximum of the marker; that of CT is taken after
1000 HU were added, of what is above 0 (:mod:`~photopeak_analyzers.marker_positions` says what is done about
noise of air). The result is the largest distance.

A marker fainter than a fifth of the brightest one is not seen, unless it lies in the box of another; the
number of markers is a result.

The rigid motion that fits the markers tells whether PET lies turned; the clause does not ask for it.
Uncertainties are those of the noise of both images, drawn; None where PET shows no noise beside the
markers and its values are no counts.
"""

from __future__ import annotations

import math

import numpy as np

from photopeak_analyzers.acquisition import AcquisitionKind, Volume
from photopeak_analyzers.contract import Analysis, Analyzer, Inputs, Role, Variant
from photopeak_analyzers.given import one
from photopeak_analyzers.marker_positions import (
    LARGEST_REACH_MM,
    Marker,
    ct_marker,
    nuclear_marker,
)
from photopeak_analyzers.marker_registration import (
    DISTANCES,
    MOTION,
    distances_of,
    motion_of,
    register,
)
from photopeak_analyzers.numerics.noise_beside import shared_by_neighbours, usual_deviation
from photopeak_analyzers.pet.pet_ct_registration_conditions import (
    CLAUSE,
    COUNTS,
    RANDOMS,
    PetRegistrationParameters,
    conditions_of,
    refuse_other_frame,
)
from photopeak_analyzers.pet.pet_ct_registration_figures import figures_of
from photopeak_analyzers.pet.point_places import block_around, find_points
from photopeak_analyzers.shorthand import metrics

PET = Role(
    name="pet",
    kinds=frozenset({AcquisitionKind.VOLUME}),
    label="PET of the markers",
    hint="Three or more markers of F-18 with contrast agent, apart from each other in air; 500 000"
    " counts each, clinical reconstruction.",
    modality="PT",
)
CT = Role(
    name="ct",
    kinds=frozenset({AcquisitionKind.VOLUME}),
    label="CT of the same markers",
    hint="Of the same examination, nothing moved in between.",
    modality="CT",
)


def measure(inputs: Inputs, parameters: PetRegistrationParameters) -> Analysis:
    """Measure the distance of every marker."""
    pet, ct = one(inputs, PET, Volume), one(inputs, CT, Volume)
    refuse_other_frame(pet, ct)
    rng = np.random.default_rng(parameters.seed)
    markers = _markers(pet, rng, parameters.draws)
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
    motion = motion_of(found)
    return Analysis(
        measurements=(*distances_of(found), *motion),
        preconditions=conditions_of(inputs, pet, ct, found, motion, parameters),
        figures=figures_of(pet, ct, found),
    )


def _markers(pet: Volume, rng: np.random.Generator, draws: int) -> list[Marker]:
    """Return the markers in the order of z, y and x of the patient."""
    places = find_points(pet)
    # The noise between the markers is one of the whole image: streaks beside one count little.
    beside = [
        (block.values, block.beside, usual_deviation(block.values[:, block.beside]))
        for block in (block_around(pet, place, places) for place in places)
    ]
    noise = float(np.median([deviation for _, _, deviation in beside]))
    slices, rows, columns = np.median([shared_by_neighbours(*each) for each in beside], axis=0)
    tops = np.array([place.voxel for place in places]) * np.array(pet.voxel_spacing_mm)
    found = []
    for number, top in enumerate(tops):
        others = np.delete(tops, number, axis=0)
        nearest = float(np.linalg.norm(others - top, axis=1).min()) if len(others) else math.inf
        found.append(
            nuclear_marker(
                pet,
                top,
                reach_mm=min(nearest / 2.0, LARGEST_REACH_MM),
                noise=noise,
                shared=(float(slices), float(rows), float(columns)),
                rng=rng,
                draws=draws,
            )
        )
    return sorted(found, key=lambda marker: tuple(np.round(marker.position[::-1]).tolist()))


ANALYZER = Analyzer(
    id="pet_ct_registration",
    title="Registration of PET and CT",
    title_zh="PET/CT配准精度",
    version="1",
    variants=(Variant(name="jjf", title="Reference markers in both", clause=CLAUSE),),
    roles=(PET, CT),
    metrics=metrics(CLAUSE, *DISTANCES, *MOTION),
    parameters=PetRegistrationParameters,
    measure=measure,
    readings=(COUNTS, RANDOMS),
    figures=("markers", "fused", "displacements"),
)
"""The test, as registered."""
