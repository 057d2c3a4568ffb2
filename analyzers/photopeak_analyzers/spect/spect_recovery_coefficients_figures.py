"""What is seen of the recovery: the slice through the spheres, the curve by volume, the table."""

from __future__ import annotations

import numpy as np

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
from photopeak_analyzers.spect.hot_spheres import HotSpheres
from photopeak_analyzers.spect.reconstruction import Reconstruction
from photopeak_analyzers.spect.recovery_curve import Recovery, RecoveryCurve

POINTS = 60


def figures_of(
    reconstruction: Reconstruction,
    spheres: HotSpheres,
    recoveries: tuple[Recovery, ...],
    curve: RecoveryCurve | None,
) -> tuple[Figure, ...]:
    """Show where the spheres are, and their recovery by volume."""
    middle = float(spheres.centres_mm[:, 0].mean()) / reconstruction.voxel_mm[0]
    index = min(max(round(middle), 0), len(reconstruction.values) - 1)
    image = reconstruction.values[index]
    pixel_mm = reconstruction.pixel_mm
    volume = np.array([each.volume_ml for each in recoveries])
    kinds = {
        "mean": [each.rc_mean for each in recoveries],
        "above half": [each.rc_a50 for each in recoveries],
        "highest voxel": [each.rc_max for each in recoveries],
        "highest millilitre": [each.rc_peak for each in recoveries],
    }
    if all(each.rc_mean_net is not None for each in recoveries):
        kinds["mean without background"] = [each.fitted for each in recoveries]
    curves = [
        Curve(label=label, x=volume, y=np.array(values), style=CurveStyle.POINTS)
        for label, values in kinds.items()
    ]
    if curve is not None:
        x = np.geomspace(volume.min() / 2.0, volume.max() * 1.5, POINTS)
        curves.append(Curve(label="fit", x=x, y=curve.at(x)))
    return (
        ImageFigure(
            name="spheres",
            title="Slice through the spheres",
            image=image,
            pixel_spacing_mm=pixel_mm,
            low=0.0,
            high=max(float(image.max()), 1e-12),
            unit="1",
            overlays=tuple(
                circle_overlay(
                    (float(c[1] / pixel_mm[0]), float(c[2] / pixel_mm[1])),
                    diameter / 2.0,
                    pixel_mm,
                    f"{diameter:g} mm",
                )
                for c, diameter in zip(spheres.centres_mm, spheres.diameters_mm, strict=True)
            ),
        ),
        CurveFigure(
            name="recovery",
            title="Recovery by volume",
            x_label="Volume of the sphere",
            x_unit="mL",
            y_label="Recovery",
            y_unit="1",
            curves=tuple(curves),
            lines=(ReferenceLine(label="", value=1.0),),
        ),
        TableFigure(
            name="table",
            title="Recovery coefficients",
            columns=("diameter (mm)", "volume (mL)", "mean", "above half", "highest voxel",
                     "highest mL", "mean without background"),
            rows=tuple(
                (r.diameter_mm, r.volume_ml, r.rc_mean, r.rc_a50, r.rc_max, r.rc_peak, r.rc_mean_net)
                for r in recoveries
            ),
        ),
    )  # fmt: skip
