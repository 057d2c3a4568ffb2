"""Reconstructed volumes and their analysis, short enough to say in a test what matters to it."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from photopeak_analyzers.acquisition import Acquisition, Volume
from photopeak_analyzers.contract import Analysis, Analyzer, Inputs


def analyze(
    analyzer: Analyzer, volume: Acquisition, variant: str = "", **parameters: Any
) -> Analysis:
    """Analyse one reconstruction with these parameters."""
    inputs = Inputs(
        roles={"reconstruction": (volume,)}, variant=variant or analyzer.variants[0].name
    )
    return analyzer.analyze(inputs, analyzer.parameters(**parameters))


def uncertainty(analysis: Analysis, metric: str, **scope: Any) -> float:
    """Return the uncertainty of the only measurement of a metric in this scope."""
    wanted = set(scope.items())
    (found,) = [
        m for m in analysis.measurements if m.metric == metric and wanted <= set(m.scope.items)
    ]
    assert found.uncertainty is not None
    return found.uncertainty


def with_values(volume: Volume, values: Any, **changes: Any) -> Volume:
    """Return the volume with other values, and unit scale."""
    return dataclasses.replace(
        volume,
        values=np.asarray(values),
        slope=np.ones(len(values)),
        intercept=np.zeros(len(values)),
        **changes,
    )


def with_voxel(volume: Volume, voxel_mm: tuple[float, float, float]) -> Volume:
    """Return the volume with other sides of its voxels."""
    affine = volume.affine.copy()
    for axis, side in enumerate(voxel_mm):
        affine[:3, axis] *= side / volume.voxel_spacing_mm[axis]
    return dataclasses.replace(volume, affine=affine)
