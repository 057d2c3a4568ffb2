"""What the corrections of attenuation and scatter leave of a cylinder: cupping, and a cold rod filled in.

Without a correction of attenuation a uniform cylinder falls towards its axis; corrected too much, it
rises. Scatter fills in what is cold: what is left in a rod without activity, over the background at the
same distance from the axis, shows how well it was taken off (as for the lung insert of PET). The same
data without corrections, where given, show what the corrections did.

Cupping is the mean inside 0.3 radii over that from 0.7 to 0.9, the surroundings of the rod left out; the
residual is that of a circle of 0.6 diameters of the rod. The rod is looked for only where the parameter
`insert_diameter_mm` says that there is one. The uncertainty is that of the scatter of the slices.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.acquisition import AcquisitionKind, Volume
from photopeak_analyzers.common_figures import circle_overlay
from photopeak_analyzers.conditions import bounded, graded
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Note,
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
from photopeak_analyzers.cylinder_conditions import cylinder_conditions
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.figures import (
    Curve,
    CurveFigure,
    CurveStyle,
    Figure,
    ImageFigure,
    ReferenceLine,
)
from photopeak_analyzers.given import every, one
from photopeak_analyzers.known_activity import some_window_on_photopeak
from photopeak_analyzers.shorthand import measurements, metrics
from photopeak_analyzers.spect.cylinder import find_cylinder
from photopeak_analyzers.spect.cylinder_profile import (
    BESIDE_MM,
    RESIDUAL_SHARE,
    CylinderSlab,
    SliceQuotient,
    coldest_rod,
    cupping,
    cylinder_slab,
    residual,
)
from photopeak_analyzers.spect.reconstruction import (
    Reconstruction,
    no_voxel_overflows,
    nuclide_is,
    reconstruction_of,
    seen_by_a_gamma_camera,
)
from photopeak_analyzers.spect.rings import rings_of
from photopeak_analyzers.spect.scan_conditions import SAME_START_S
from photopeak_analyzers.volume_conditions import attenuation_corrected, scatter_corrected

CLAUSE = "practice: influence of the corrections of attenuation and scatter"
"""No standard in force prescribes the test; its results inform."""

DEEPEST_HOLE = 0.5
"""Lowest smoothed pixel over the mean of a corrected cylinder that has nothing in it."""

COLD = 0.7
"""A rod has to be colder than this share of the background, or it is none."""

LARGEST_NOISE = (0.02, 0.1)
"""Standard uncertainty of a cupping ratio by noise that warns, and that voids."""

CORRECTED = Role(
    name="corrected",
    kinds=frozenset({AcquisitionKind.VOLUME}),
    label="Slices with corrections",
    hint="A uniform cylinder, with a cold rod along it or without, attenuation and scatter corrected.",
)
UNCORRECTED = Role(
    name="uncorrected",
    kinds=frozenset({AcquisitionKind.VOLUME}),
    minimum=0,
    label="The same without corrections",
    hint="The same views reconstructed without corrections.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttenuationScatterParameters(Parameters):
    """Nuclide, rod and the part of the cylinder that is taken."""

    nuclide: str | None = parameter("Tc-99m", doc="Nuclide of the cylinder; None for any.")
    insert_diameter_mm: float | None = parameter(
        None,
        doc="Diameter of a cold rod along the cylinder; None for a cylinder without one.",
        unit="mm",
        minimum=20.0,
        maximum=100.0,
    )
    length_share: float = parameter(
        0.5, doc="Share of the length that is taken, about the middle.", minimum=0.1, maximum=0.9
    )


def measure(inputs: Inputs, parameters: AttenuationScatterParameters) -> Analysis:
    """Measure cupping and residual of each volume."""
    volumes = [(CORRECTED.name, one(inputs, CORRECTED, Volume))]
    volumes += [(UNCORRECTED.name, each) for each in every(inputs, UNCORRECTED, Volume)]
    diameter = parameters.insert_diameter_mm
    offset: tuple[float, float] | None = None
    found: list[Measurement] = []
    conditions: list[Precondition] = []
    slabs: list[tuple[str, CylinderSlab]] = []
    cuppings: list[SliceQuotient] = []
    notes: list[Note] = []
    for name, volume in volumes:
        scope = Scope.of(image=name)
        reconstruction = reconstruction_of(volume)
        cylinder = find_cylinder(reconstruction)
        made = cylinder_slab(reconstruction, cylinder, parameters.length_share)
        slabs.append((name, made))
        if name == CORRECTED.name and diameter is None:
            _refuse_holes(made)
        if name == CORRECTED.name and diameter is not None:
            # Uncorrected, a cylinder is coldest at its axis whatever is in it.
            offset = coldest_rod(made, diameter)
        reach = 0.0 if diameter is None else diameter / 2.0 + BESIDE_MM
        ratio = cupping(made, offset, reach)
        left = None if offset is None or diameter is None else residual(made, offset, diameter)
        if left is not None and name == CORRECTED.name and left.value >= COLD:
            raise UnsuitableAcquisitionError(
                f"the coldest place has {left.value:.2f} of the background, needs less than"
                f" {COLD:g}: the cylinder holds no cold rod",
                quantity="residual of the rod",
                value=left.value,
                bound=COLD,
            )
        if ratio is None:
            notes.append(
                Note(
                    code="NO_CUPPING",
                    message="the rod lies on the axis: too little is left to tell a cupping",
                    scope=scope,
                )
            )
        else:
            cuppings.append(ratio)
            conditions.append(
                graded(
                    PreconditionCode.COUNTS,
                    "standard uncertainty of the cupping ratio",
                    ratio.uncertainty,
                    soft=(None, LARGEST_NOISE[0]),
                    hard=(None, LARGEST_NOISE[1]),
                    unit="1",
                    scope=scope,
                    clause=CLAUSE,
                    expected="counts enough to tell a cupping",
                )
            )
            found += measurements(scope, [("cupping_ratio", ratio.value, ratio.uncertainty)])
        if left is not None:
            found += measurements(
                scope, [("residual_pct", 100.0 * left.value, 100.0 * left.uncertainty)]
            )
        conditions += _conditions(name, volume, reconstruction, made, parameters)
    if len(cuppings) == len(volumes) > 1:
        found += measurements(Scope(), [("centre_gain", *cuppings[0].over(cuppings[1]))])
    if len(volumes) > 1:
        conditions.append(_of_one_scan(*(volume for _, volume in volumes)))
    return Analysis(
        measurements=tuple(found),
        preconditions=tuple(conditions),
        figures=_figures(slabs, offset, diameter),
        notes=tuple(notes),
    )


def _refuse_holes(made: CylinderSlab) -> None:
    inside = made.slab.smoothed[made.slab.mask]
    lowest = float(inside.min() / inside.mean())
    if lowest < DEEPEST_HOLE:
        raise UnsuitableAcquisitionError(
            f"the lowest pixel of the slab is {lowest:.2f} of its mean, needs {DEEPEST_HOLE:g}:"
            " something lies in the cylinder; insert_diameter_mm says what",
            quantity="lowest pixel of the slab over its mean",
            value=lowest,
            bound=DEEPEST_HOLE,
        )


def _conditions(
    name: str,
    volume: Volume,
    reconstruction: Reconstruction,
    made: CylinderSlab,
    parameters: AttenuationScatterParameters,
) -> list[Precondition]:
    """Check a volume, and that it is corrected or not, as its role says."""
    found = [
        seen_by_a_gamma_camera(volume, CLAUSE),
        nuclide_is(volume, parameters.nuclide, CLAUSE),
        some_window_on_photopeak(
            volume.energy_windows, parameters.nuclide or volume.nuclide or "", CLAUSE
        ),
        no_voxel_overflows(reconstruction, CLAUSE),
        *cylinder_conditions(made.cylinder, reconstruction.pixel_mm, CLAUSE),
    ]
    attenuation = attenuation_corrected(volume, CLAUSE)
    if name == CORRECTED.name:
        found += [attenuation, scatter_corrected(volume, CLAUSE)]
    else:
        opposite = {Outcome.MET: Outcome.NOT_MET, Outcome.NOT_MET: Outcome.MET}
        met = attenuation.outcome is Outcome.MET
        found.append(
            dataclasses.replace(
                attenuation,
                severity=Severity.HARD if met else Severity.SOFT,
                outcome=opposite.get(attenuation.outcome, Outcome.UNKNOWN),
                expected="not corrected",
            )
        )
    scope = Scope.of(image=name)
    return [dataclasses.replace(condition, scope=scope) for condition in found]


def _of_one_scan(corrected: Volume, uncorrected: Volume) -> Precondition:
    """Check, as a warning, that both volumes were made of the same views."""
    starts = (corrected.started_at, uncorrected.started_at)
    apart_s = None
    if starts[0] is not None and starts[1] is not None:
        apart_s = abs((starts[0] - starts[1]).total_seconds())
    return bounded(
        PreconditionCode.TIME,
        "time between the scans of the two volumes",
        apart_s,
        upper=SAME_START_S,
        unit="s",
        severity=Severity.SOFT,
        scope=Scope(),
        clause=CLAUSE,
        expected="volumes of the same views",
    )


def _figures(
    slabs: list[tuple[str, CylinderSlab]],
    offset: tuple[float, float] | None,
    diameter: float | None,
) -> tuple[Figure, ...]:
    """Show each slab with the rod, and the rings about the axis."""
    images: list[Figure] = []
    curves = []
    for name, made in slabs:
        overlays = [
            circle_overlay(made.cylinder.centre, made.cylinder.radius_mm, made.pixel_mm, "contour")
        ]
        if offset is not None and diameter is not None:
            radius = RESIDUAL_SHARE * diameter / 2.0
            overlays.append(circle_overlay(made.at(offset), radius, made.pixel_mm, "residual"))
        images.append(
            ImageFigure(
                name=name,
                title=f"Mean of {made.slab.slices} slices, {name}",
                image=made.slab.mean,
                pixel_spacing_mm=made.pixel_mm,
                low=0.0,
                high=1.2 * float(made.slab.smoothed.max()),
                unit="1",
                overlays=tuple(overlays),
            )
        )
        rings = rings_of(
            made.slab.mean,
            made.distance,
            made.cylinder.radius_mm,
            float(np.sqrt(made.pixel_mm[0] * made.pixel_mm[1])),
            made.slab.noise,
        )
        mean = float(made.slab.mean[made.slab.mask].mean())
        curves.append(
            Curve(label=name, x=rings.radius_mm, y=100.0 * rings.mean / mean, style=CurveStyle.STEP)
        )
    profile = CurveFigure(
        name="radial_profile",
        title="Means of rings about the axis",
        x_label="Distance from the axis",
        x_unit="mm",
        y_label="Mean of the ring relative to that of the slab",
        y_unit="%",
        curves=tuple(curves),
        lines=(ReferenceLine(label="", value=100.0),),
    )
    return (*images, profile)


ANALYZER = Analyzer(
    id="attenuation_scatter_check",
    title="Attenuation and scatter correction",
    title_zh="衰减与散射校正检查",
    version="1",
    variants=(Variant(name="local", title="Cylinder with corrections", clause=CLAUSE),),
    roles=(CORRECTED, UNCORRECTED),
    metrics=metrics(
        CLAUSE,
        ("cupping_ratio", "1", "C", "Inner part over outer part", "杯状伪影比值(中心/边缘)", 3),
        ("residual_pct", "%", "dC", "Residual in the cold rod", "冷棒残余误差", 1),
        ("centre_gain", "1", "G", "Gain of the centre by the corrections", "校正对中心的增益", 2),
    ),
    parameters=AttenuationScatterParameters,
    measure=measure,
    figures=("corrected", "uncorrected", "radial_profile"),
)  # fmt: skip
"""The test, as registered."""
