"""Floods and their analysis, short enough to say in a test what matters to it."""

from __future__ import annotations

import dataclasses
from typing import Any

from photopeak_analyzers.acquisition import Acquisition
from photopeak_analyzers.contract import Analysis, Analyzer, Inputs, Note, Precondition
from photopeak_analyzers.numerics.field_of_view import FieldOfView
from photopeak_analyzers.simulation.floods import FloodCamera, acquisition

CAMERA = FloodCamera()
"""64 x 96 pixels of 6.4 mm, UFOV 512 x 384 mm, nothing lit outside of it."""

LIT = FloodCamera(crystal=FieldOfView(width_mm=600.0, height_mm=400.0))
"""A camera without a lead ring: everything is lit, the UFOV included."""


def flat(counts_per_pixel: float = 11_000.0, *responses: Any, **header: Any) -> Any:
    """Return a flood without noise of one detector, or of those in `detectors`."""
    detectors = header.pop("detectors", (1,))
    camera = header.pop("camera", CAMERA)
    header.setdefault("duration_s", 6000.0)
    image = camera.expected(counts_per_pixel, *responses)
    return acquisition({(detector, 1): image for detector in detectors}, camera, **header)


def analyze(
    analyzer: Analyzer, flood: Acquisition, variant: str = "nema", **parameters: Any
) -> Analysis:
    """Analyse one flood with these parameters."""
    given = analyzer.parameters(**parameters)
    return analyzer.analyze(Inputs(roles={"flood": (flood,)}, variant=variant), given)


def value(analysis: Analysis, metric: str, **scope: Any) -> float:
    """Return the only measurement of a metric in this scope."""
    wanted = set(scope.items())
    (found,) = [
        m for m in analysis.measurements if m.metric == metric and wanted <= set(m.scope.items)
    ]
    return found.value


def precondition(analysis: Analysis, code: str, quantity: str = "") -> Precondition:
    """Return the only precondition of a code whose quantity contains a word."""
    (found,) = [p for p in analysis.preconditions if p.code == code and quantity in p.quantity]
    return found


def notes(analysis: Analysis, code: str) -> list[Note]:
    """Return the notes of a code."""
    return [note for note in analysis.notes if note.code == code]


def with_header(flood: Any, **changes: Any) -> Any:
    """Return the flood with other header facts; ``detector_*`` change every detector."""
    detector = {
        key.removeprefix("detector_"): changes.pop(key)
        for key in list(changes)
        if key.startswith("detector_")
    }
    if detector:
        changes["detectors"] = tuple(
            dataclasses.replace(each, **detector) for each in flood.detectors
        )
    return dataclasses.replace(flood, **changes)
