"""From means to contrast, variability and residual, with their uncertainties.

``Q_H,j = (C_H,j / C_B,j - 1) / (a_H / a_B - 1)`` (4), ``Q_C,j = 1 - C_C,j / C_B,j``,
``N_j = SD_j / C_B,j`` (5), ``dC_lung,i = C_lung,i / C_B`` (6); the last with the mean of all 60 circles
of 37 mm (``jjf``), or of the twelve in the same slice (``nema``).

The uncertainty of a contrast holds the noise of its circle, which grows from that of the background
circles with the root of the mean, that of their mean (``SD / sqrt(60)``), the ratio of the
concentrations, and the place of the sphere. That of a variability is of 60 circles, which overlap
where the phantom is small, as if they were independent; that of the residual follows from the scatter
of the slices.
"""

from __future__ import annotations

import math

import numpy as np

from photopeak_analyzers.contract import Measurement, Scope
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.slice_scatter import scatter_of_mean
from photopeak_analyzers.pet.background_regions import PLANES_MM, REGIONS
from photopeak_analyzers.pet.body_phantom import Floats
from photopeak_analyzers.pet.image_quality_values import ImageQuality, SphereValue
from photopeak_analyzers.shorthand import measurements

COUNT = REGIONS * len(PLANES_MM)
"""Background circles of one size. NEMA NU 2-2018 7.4.1; JJF draft 7.3."""


def hot_contrast(sphere: SphereValue, ratio: Estimate) -> Estimate:
    """Return Q_H,j in percent."""
    below, above = sphere.background, ratio.value - 1.0
    shown = sphere.mean / below
    value = (shown - 1.0) / above
    parts = (
        _noise(sphere) / (below * above),
        shown / above * _of_background(sphere) / below,
        value * ratio.uncertainty / above,
        sphere.displaced / (below * above),
    )
    return Estimate(value=100.0 * value, uncertainty=100.0 * math.hypot(*parts))


def cold_contrast(sphere: SphereValue) -> Estimate:
    """Return Q_C,j in percent."""
    below = sphere.background
    shown = sphere.mean / below
    parts = (
        _noise(sphere) / below,
        shown * _of_background(sphere) / below,
        sphere.displaced / below,
    )
    return Estimate(value=100.0 * (1.0 - shown), uncertainty=100.0 * math.hypot(*parts))


def variability(sphere: SphereValue) -> Estimate:
    """Return N_j in percent."""
    value = sphere.deviation / sphere.background
    relative = math.hypot(1.0 / math.sqrt(2.0 * (COUNT - 1)), value / math.sqrt(COUNT))
    return Estimate(value=100.0 * value, uncertainty=100.0 * value * relative)


def lung_percent(quality: ImageQuality, *, slice_by_slice: bool) -> Floats:
    """Return dC_lung,i in percent, over the background of each slice or over that of all circles."""
    lung = quality.lung
    largest = max(quality.spheres, key=lambda sphere: sphere.diameter_mm)
    below = lung.backgrounds if slice_by_slice else largest.background
    return np.asarray(100.0 * lung.means / below)


def results_of(
    quality: ImageQuality, ratio: Estimate | None, lung: Floats
) -> tuple[Measurement, ...]:
    """Return the measurements; contrasts of hot spheres are left out without a ratio."""
    found: list[Measurement] = []
    for sphere in quality.spheres:
        contrast = None
        if sphere.cold:
            contrast = ("cold_contrast_j", cold_contrast(sphere))
        elif ratio is not None:
            contrast = ("contrast_j", hot_contrast(sphere, ratio))
        noise = variability(sphere)
        rows = [("variability_j", noise.value, noise.uncertainty)]
        if contrast is not None:
            rows.insert(0, (contrast[0], contrast[1].value, contrast[1].uncertainty))
        found += measurements(Scope.of(sphere_mm=sphere.diameter_mm), rows)
    found += measurements(
        Scope(),
        [
            ("lung_residual_i", float(lung.mean()), scatter_of_mean(lung, quality.lung.excess)),
            ("lung_residual_max", float(lung.max()), None),
        ],
    )
    return tuple(found)


def _noise(sphere: SphereValue) -> float:
    """Return the deviation of the mean in the circle of a sphere: that of counts grows with their root."""
    return sphere.deviation * math.sqrt(max(sphere.mean, 0.0) / sphere.background)


def _of_background(sphere: SphereValue) -> float:
    return sphere.deviation / math.sqrt(COUNT)
