"""The difference of an image from its reference: asked by the HTTP side, computed in the child."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from photopeak.analysis.child import AnalysisProcess
from photopeak.analysis.errors import JobRefusedError

LEAST_LEVEL_PERCENT = 5.0
"""The colours reach at least from - 5 % to + 5 %, so that noise alone stays pale."""


def ask_difference(process: AnalysisProcess, current: bytes, reference: bytes, title: str) -> bytes:
    """Return the difference of two stored maps of deviations as an SVG document.

    Raises
    ------
    JobRefusedError
        If they cannot be subtracted.
    JobFailedError
        If the child could not do it.
    """
    job = {
        "kind": "difference",
        "current": json.loads(current),
        "reference": json.loads(reference),
        "title": title,
    }
    return str(process.run(job)["svg"]).encode()


def draw_difference(job: Mapping[str, Any]) -> dict[str, Any]:
    """Subtract the reference from an image, where both have a value, and draw what is left."""
    import numpy as np

    from photopeak.reports.figures import render_svg
    from photopeak_analyzers.errors import ContractError
    from photopeak_analyzers.figures import Colormap, ImageFigure
    from photopeak_analyzers.figures_io import figure_from_plain

    try:
        here, there = (figure_from_plain(job[name]) for name in ("current", "reference"))
    except ContractError as error:
        raise JobRefusedError("NOT_COMPARABLE", str(error)) from error
    if not isinstance(here, ImageFigure) or not isinstance(there, ImageFigure):
        raise JobRefusedError("NOT_COMPARABLE", "only images are subtracted")
    if here.image.shape != there.image.shape or here.unit != there.unit:
        raise JobRefusedError(
            "NOT_COMPARABLE", f"{here.image.shape} pixels, the reference has {there.image.shape}"
        )
    # Outside the field of view a map holds exactly nothing.
    inside = (here.image != 0.0) & (there.image != 0.0)
    left = np.where(inside, here.image.astype(float) - there.image.astype(float), 0.0)
    level = max(math.ceil(float(np.abs(left).max())), LEAST_LEVEL_PERCENT)
    figure = ImageFigure(
        name="difference",
        title=str(job["title"]),
        image=left.astype(np.float32),
        pixel_spacing_mm=here.pixel_spacing_mm,
        low=-float(level),
        high=float(level),
        unit=here.unit,
        colormap=Colormap.DIVERGING,
    )
    return {"svg": render_svg(figure)}
