"""Pictures of the recovery: where the spheres are, recovery by volume within its bands, the table."""

from __future__ import annotations

import math

import numpy as np

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.common_figures import circle_overlay
from photopeak_analyzers.figures import (
    Curve,
    CurveFigure,
    CurveStyle,
    Figure,
    ImageFigure,
    ReferenceLine,
    TableFigure,
)
from photopeak_analyzers.pet.body_phantom import BodyPhantom, physical_part
from photopeak_analyzers.pet.earl_bands import EarlBands
from photopeak_analyzers.pet.sphere_pattern import Spheres

KINDS = (
    ("rc_a50", "mean above half"),
    ("rc_max", "highest voxel"),
    ("rc_peak", "highest millilitre"),
    ("rc_mean", "mean"),
)


def figures_of(
    volume: Volume,
    body: BodyPhantom,
    spheres: Spheres,
    recoveries: dict[float, dict[str, float]],
    bands: EarlBands,
    factor: float,
) -> tuple[Figure, ...]:
    """Show slice, curves and table.

    Parameters
    ----------
    recoveries
        By diameter and metric.
    factor
        That of the maker by which the values of the volume become Bq/mL.
    """
    millilitres = {d: math.pi / 6.0 * d**3 / 1000.0 for d in recoveries}
    rows = []
    for diameter, by_key in recoveries.items():
        band = [_words(bands, key, diameter) for key in ("rc_a50", "rc_max")]
        rows.append(
            (diameter, millilitres[diameter], by_key["rc_a50"], band[0], by_key["rc_max"], band[1],
             by_key["rc_peak"], by_key["rc_mean"])
        )  # fmt: skip
    return (
        _slice(volume, body, spheres, factor),
        *(
            _curve(f"recovery_{key[3:]}", key, label, recoveries, millilitres, bands)
            for key, label in KINDS[:3]
        ),
        TableFigure(
            name="table",
            title="Recovery coefficients",
            columns=("diameter (mm)", "volume (mL)", "mean above half", "band", "highest voxel",
                     "band ", "highest mL", "mean"),
            rows=tuple(rows),
        ),
    )  # fmt: skip


def _curve(
    name: str,
    key: str,
    label: str,
    recoveries: dict[float, dict[str, float]],
    millilitres: dict[float, float],
    bands: EarlBands,
) -> CurveFigure:
    x = np.array(list(millilitres.values()))
    measured = np.array([by_key[key] for by_key in recoveries.values()])
    curves = [Curve(label="measured", x=x, y=measured, style=CurveStyle.POINTS)]
    by_size = bands.by_metric.get(key, {})
    sizes = sorted(by_size)
    for side, word in enumerate(("least", "largest")):
        if sizes:
            curves.append(
                Curve(
                    label=f"{word}, {bands.version}",
                    x=np.array([math.pi / 6.0 * d**3 / 1000.0 for d in sizes]),
                    y=np.array([by_size[d][side] for d in sizes]),
                    style=CurveStyle.DASHED,
                )
            )
    return CurveFigure(
        name=name,
        title=f"Recovery by volume, {label}",
        x_label="Volume of the sphere",
        x_unit="mL",
        y_label="Recovery",
        y_unit="1",
        curves=tuple(curves),
        lines=(ReferenceLine(label="", value=1.0),),
    )


def _slice(volume: Volume, body: BodyPhantom, spheres: Spheres, factor: float) -> ImageFigure:
    side, *pixel = volume.voxel_spacing_mm
    plane = round(spheres.position_mm / side)
    image = factor * physical_part(volume, slice(plane, plane + 1), body.rows, body.columns)[0]
    return ImageFigure(
        name="spheres",
        title="Slice through the spheres",
        image=image,
        pixel_spacing_mm=(pixel[0], pixel[1]),
        low=0.0,
        high=max(float(image.max()), 1e-12),
        unit="Bq/mL",
        overlays=tuple(
            circle_overlay(
                (
                    float(centre[1] / pixel[0]) - body.rows.start,
                    float(centre[2] / pixel[1]) - body.columns.start,
                ),
                diameter / 2.0,
                (pixel[0], pixel[1]),
                f"{diameter:g} mm",
            )
            for centre, diameter in zip(spheres.centres_mm, spheres.diameters_mm, strict=True)
        ),
    )


def _words(bands: EarlBands, key: str, diameter: float) -> str | None:
    band = bands.by_metric.get(key, {}).get(diameter)
    return None if band is None else f"{band[0]:.2f} to {band[1]:.2f}"
