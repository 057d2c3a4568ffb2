"""Recovery coefficients of PET: how much of the true concentration hot spheres show, against EARL.

Over the true concentration at the moment that the values refer to:

* ``rc_a50``: mean of the voxels above half of highest voxel plus background;
* ``rc_max``: highest voxel; ``rc_peak``: highest mean of a sphere of 1 mL anywhere in the sphere;
* ``rc_mean``: mean over the physical diameter, voxels at the rim by their share.

The phantom is that of image quality, with spheres of about ten times the background. Its variant is the
standard of the accreditation, whose bands stand in :mod:`~photopeak_analyzers.pet.earl_bands`: images of
the two are made differently and must not be pooled.

The uncertainty holds activity, clock, half-life, volume, and the noise of the voxels; without an
uncertainty of the activity there is none.
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
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.given import one
from photopeak_analyzers.known_activity import absolute, filling_of, nuclide_of
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.sphere_recovery import values_of as sphere_values
from photopeak_analyzers.numerics.spheres import Floats
from photopeak_analyzers.numerics.voxel_noise import VoxelNoise, noise_of
from photopeak_analyzers.pet.background_regions import CLEAR_MM, LUNG_RADIUS_MM
from photopeak_analyzers.pet.body_phantom import BodyPhantom, find_body
from photopeak_analyzers.pet.earl_bands import BANDS, DIAMETERS_MM
from photopeak_analyzers.pet.image_values import ValueKind, values_of
from photopeak_analyzers.pet.pet_recovery_coefficients_conditions import (
    PetRecoveryParameters,
    conditions_of,
)
from photopeak_analyzers.pet.pet_recovery_coefficients_figures import figures_of
from photopeak_analyzers.pet.reference_time import moment_of
from photopeak_analyzers.pet.sphere_pattern import (
    Spheres,
    find_spheres,
    part_around,
    refuse_opposites,
)
from photopeak_analyzers.reference_moment import moment_note
from photopeak_analyzers.shorthand import measurements, metrics
from photopeak_analyzers.sphere_fillings import (
    FILLING_READINGS,
    background_filling,
    hypot_of_known,
    true_concentration,
)

CLAUSE = "EARL accreditation for F-18, image quality"

BQ_PER_MBQ = 1e6

LEAST_BACKGROUND = 200
"""Voxels between the spheres: fewer tell no noise."""

RECONSTRUCTION = Role(
    name="reconstruction",
    kinds=frozenset({AcquisitionKind.VOLUME}),
    label="Slices of the image-quality phantom",
    hint="IEC body phantom, spheres of about ten times the background, in the protocol and"
    " reconstruction of patients.",
)


def measure(inputs: Inputs, parameters: PetRecoveryParameters) -> Analysis:
    """Measure the recovery of every sphere."""
    volume = one(inputs, RECONSTRUCTION, Volume)
    values = values_of(volume, parameters.units)
    _refuse_unless_concentration(values.kind)
    nuclide = nuclide_of(volume.nuclide, parameters.nuclide)
    filling = filling_of(inputs, nuclide, parameters)
    below = background_filling(inputs, nuclide, parameters)
    moment = moment_of(volume, filling.source.half_life.seconds, parameters.decay_reference)
    body = find_body(volume)
    spheres = find_spheres(volume, body, DIAMETERS_MM, parameters.circle_mm)
    part, origin = part_around(volume, spheres.centres_mm, spheres.diameters_mm)
    noise = _background(part, origin, volume.voxel_spacing_mm, body, spheres)
    seen = sphere_values(
        part,
        volume.voxel_spacing_mm,
        zip(spheres.centres_mm - origin, spheres.diameters_mm, strict=True),
        noise,
        np.random.default_rng(parameters.seed),
        parameters.draws,
    )
    refuse_opposites(
        spheres,
        (
            Estimate(value=e.mean.value / body.level, uncertainty=e.mean.uncertainty / body.level)
            for e in seen
        ),
    )
    factor = values.factor / BQ_PER_MBQ
    true, relative = true_concentration(filling, moment)
    shown, filled_ratio, image_ratio, image_relative = noise.level * factor, None, None, None
    if below is not None:
        true_below, below_relative = true_concentration(below, moment)
        filled_ratio, image_ratio = true / true_below, shown / true_below
        image_relative = hypot_of_known(noise.of_mean_relative, below_relative)
    found: list[Measurement] = []
    recoveries: dict[float, dict[str, float]] = {}
    for sphere in seen:
        by_key = {
            "rc_a50": sphere.a50,
            "rc_max": sphere.highest,
            "rc_peak": sphere.peak,
            "rc_mean": sphere.mean,
        }
        recoveries[sphere.diameter_mm] = {k: e.value * factor / true for k, e in by_key.items()}
        found += measurements(
            Scope.of(sphere_mm=sphere.diameter_mm),
            [
                (key, e.value * factor / true, _uncertainty(e, factor, true, relative))
                for key, e in by_key.items()
            ],
        )
    found += measurements(
        Scope(),
        [
            ("background_ratio", image_ratio, absolute(image_ratio, image_relative)),
            ("concentration_ratio", filled_ratio, None),
            ("background_kbq_per_ml", 1e3 * shown, 1e3 * factor * noise.of_mean),
            (
                "background_noise_pct",
                100.0 * noise.deviation / noise.level if noise.level > 0.0 else None,
                None,
            ),
            ("true_concentration_kbq_per_ml", 1e3 * true, absolute(1e3 * true, relative)),
        ],
    )
    bands = BANDS[inputs.variant]
    return Analysis(
        measurements=tuple(found),
        preconditions=conditions_of(
            volume,
            spheres,
            noise,
            seen[0].mean,
            filling,
            below,
            (filled_ratio, image_ratio),
            moment,
            CLAUSE,
            parameters,
        ),
        figures=figures_of(volume, body, spheres, recoveries, bands, values.factor),
        notes=(
            filling.source.note(),
            moment_note(moment),
            *values.notes,
            Note(
                code="BANDS",
                message=f"bands: {bands.version}",
                values={"version": bands.version, "verified": "yes" if bands.verified else "no"},
            ),
        ),
    )


def _refuse_unless_concentration(kind: ValueKind) -> None:
    if kind is not ValueKind.CONCENTRATION:
        raise UnsuitableAcquisitionError(
            f"the values are {kind}, needs Bq/mL: a recovery is one of concentrations",
            quantity="unit of the values",
            value=str(kind),
            bound="Bq/mL",
        )


def _background(
    part: Floats,
    origin: Floats,
    voxel: tuple[float, float, float],
    body: BodyPhantom,
    spheres: Spheres,
) -> VoxelNoise:
    """Return level and noise of what lies 15 mm clear of edge, lung insert and spheres."""
    z, y, x = (
        o + np.arange(n) * side for o, n, side in zip(origin, part.shape, voxel, strict=True)
    )
    places = np.stack(np.meshgrid(y, x, indexing="ij"), axis=-1)
    keep = np.empty(part.shape, dtype=bool)
    for k, position in enumerate(z):
        away = np.linalg.norm(places - body.lung_at(float(position)), axis=-1)
        inside = body.depth_mm(places, float(position)) >= CLEAR_MM
        keep[k] = inside & (away >= LUNG_RADIUS_MM + CLEAR_MM)
    for centre, diameter in zip(spheres.centres_mm, spheres.diameters_mm, strict=True):
        squares = np.square(places - centre[1:]).sum(axis=-1)
        keep &= squares + ((z - centre[0]) ** 2)[:, None, None] >= (diameter / 2.0 + CLEAR_MM) ** 2
    if np.count_nonzero(keep) < LEAST_BACKGROUND:
        raise UnsuitableAcquisitionError(
            f"{np.count_nonzero(keep)} voxels lie between the spheres, needs {LEAST_BACKGROUND}",
            quantity="voxels of the background",
            value=int(np.count_nonzero(keep)),
            bound=LEAST_BACKGROUND,
        )
    return noise_of(part, keep)


def _uncertainty(
    shown: Estimate, factor: float, true: float, relative: float | None
) -> float | None:
    if relative is None:
        return None
    return math.hypot(shown.uncertainty, shown.value * relative) * factor / true


ANALYZER = Analyzer(
    id="pet_recovery_coefficients",
    title="PET recovery coefficients",
    title_zh="PET恢复系数",
    version="1",
    variants=(
        Variant(name="earl1", title="EARL F-18 standard 1", clause=CLAUSE + ", standard 1"),
        Variant(name="earl2", title="EARL F-18 standard 2", clause=CLAUSE + ", standard 2"),
    ),
    roles=(RECONSTRUCTION,),
    readings=FILLING_READINGS,
    metrics=metrics(
        CLAUSE,
        ("rc_a50", "1", "RC_A50", "Recovery, mean above half", "恢复系数(50%等高线均值)", 3),
        ("rc_max", "1", "RC_max", "Recovery, highest voxel", "恢复系数(最大体素)", 3),
        ("rc_peak", "1", "RC_peak", "Recovery, highest millilitre", "恢复系数(1 mL 峰值)", 3),
        ("rc_mean", "1", "RC_mean", "Recovery, mean over the sphere", "恢复系数(球体均值)", 3),
        ("background_ratio", "1", "Q_B", "Background in the image over that filled in", "本底图像与真实浓度之比", 3),
        ("concentration_ratio", "1", "a_H/a_B", "Concentration of the spheres over the background", "热球与本底活度浓度比", 2),
        ("background_kbq_per_ml", "kBq/mL", "c_B", "Background in the image", "图像本底浓度", 3),
        ("background_noise_pct", "%", "COV_B", "Variation of the background", "本底变异系数", 1),
        ("true_concentration_kbq_per_ml", "kBq/mL", "c", "True concentration of the spheres", "球体真实活度浓度", 2),
    ),
    parameters=PetRecoveryParameters,
    measure=measure,
    figures=("spheres", "recovery_a50", "recovery_max", "recovery_peak", "table"),
)  # fmt: skip
"""The test, as registered."""
