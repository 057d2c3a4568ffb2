"""Classification by content: what an acquisition shows, whatever its names say.

Called in the process that has the pixels. It never raises on an odd image, and it is quick: a
few images are binned once and looked at as a physicist would.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from numpy.typing import NDArray

from photopeak.model.content import ContentFinding, ContentKind
from photopeak.routing.content_documents import classify_document
from photopeak.routing.content_planar import (
    ASSUMED_FIELD_MM,
    classify_planar,
    regions,
    smoothed,
    unknown,
)
from photopeak.routing.content_sequences import bin_views, classify_rates, classify_rotation
from photopeak.routing.content_stripes import believable, binned
from photopeak.routing.content_volumes import SAMPLED_SLICES, classify_volume
from photopeak_analyzers.acquisition import (
    Acquisition,
    Dynamic,
    FrameStack,
    Gated,
    GatedTomographic,
    Tomographic,
    Volume,
    WholeBody,
)
from photopeak_analyzers.document import Document
from photopeak_analyzers.sinogram import Sinogram

SHORTEST_BODY_MM = 900.0
"""Length from which a wide, uneven distribution in a whole-body image is taken for a patient."""


def classify(acquisition: Acquisition) -> ContentFinding:
    """Tell what an acquisition shows and how sure that is. Never raises."""
    try:
        # Numbers beyond all measure are an answer too: what comes of them is checked below.
        with np.errstate(all="ignore"):
            finding = _classify(acquisition)
    except (ArithmeticError, ValueError, IndexError, TypeError, np.linalg.LinAlgError) as error:
        return unknown(f"the image could not be classified: {type(error).__name__}")
    if not 0.0 <= finding.confidence <= 1.0:
        return unknown("the image holds numbers that no counts can be")
    features = {k: float(v) for k, v in finding.features.items() if math.isfinite(float(v))}
    return dataclasses.replace(finding, features=features)


def _classify(acquisition: Acquisition) -> ContentFinding:
    if isinstance(acquisition, Document | Sinogram):
        return classify_document(acquisition)
    if isinstance(acquisition, Gated | GatedTomographic):
        return unknown(f"{acquisition.kind.value} images are not classified by their content")
    if isinstance(acquisition, Volume):
        return _volume(acquisition)
    if isinstance(acquisition, Tomographic):
        return _tomographic(acquisition)
    if isinstance(acquisition, Dynamic):
        return _dynamic(acquisition)
    if isinstance(acquisition, WholeBody):
        return _whole_body(acquisition)
    if isinstance(acquisition, FrameStack):
        index = _fullest(acquisition)
        return classify_planar(
            _image(acquisition.counts[index]),
            acquisition.pixel_spacing_mm,
            acquisition.frames[index].duration_s,
        )
    return unknown(f"a {acquisition.kind.value} acquisition is not classified by its content")


def _fullest(stack: FrameStack) -> int:
    """Return the position of the frame with most counts: it tells most of what is seen."""
    return int(np.argmax([frame.sum(dtype=np.float64) for frame in stack.counts]))


def _image(frame: NDArray[np.generic]) -> NDArray[np.float64]:
    return np.nan_to_num(np.asarray(frame, dtype=np.float64), nan=0.0, posinf=0.0, neginf=0.0)


def _of_one_head(stack: FrameStack) -> tuple[int, ...]:
    """Return the positions of the frames of the detector and window with most counts."""
    totals: dict[tuple[int | None, int | None], float] = {}
    for frame, image in zip(stack.frames, stack.counts, strict=True):
        key = (frame.detector, frame.energy_window)
        totals[key] = totals.get(key, 0.0) + float(image.sum(dtype=np.float64))
    best = max(totals, key=lambda key: totals[key])
    return stack.select(lambda frame: (frame.detector, frame.energy_window) == best)


def _dynamic(stack: Dynamic) -> ContentFinding:
    chosen = _of_one_head(stack)
    frames = [stack.frames[i] for i in chosen]
    order = sorted(
        range(len(chosen)), key=lambda k: (frames[k].phase or 0, frames[k].time_slice or 0)
    )
    counts = np.array([float(stack.counts[chosen[k]].sum(dtype=np.float64)) for k in order])
    durations = [frames[k].duration_s for k in order]
    known = [d for d in durations if d]
    if len(known) == len(durations):
        span = float(sum(known))
        starts = [f.started_at for f in frames if f.started_at is not None]
        if len(starts) > 1:
            span = max(span, (max(starts) - min(starts)).total_seconds())
        finding = classify_rates(counts / np.array(known), span)
        if finding is not None:
            return finding
    summed = np.zeros(stack.counts.shape[1:])
    for index in chosen:
        summed += _image(stack.counts[index])
    return classify_planar(summed, stack.pixel_spacing_mm, sum(known) if known else None)


def _tomographic(stack: Tomographic) -> ContentFinding:
    chosen = _of_one_head(stack)
    angles = [stack.frames[i].angle_deg for i in chosen]
    if any(angle is None for angle in angles):
        return unknown("the angles of the views are not known")
    views, factor = bin_views(stack.counts[list(chosen)])
    spacing = stack.pixel_spacing_mm
    known = spacing is not None and believable(spacing)
    pixel_mm = spacing[1] if spacing and known else ASSUMED_FIELD_MM / stack.counts.shape[2]
    return classify_rotation(views, np.array(angles, dtype=np.float64), pixel_mm * factor)


def _whole_body(stack: WholeBody) -> ContentFinding:
    image = _image(stack.counts[_fullest(stack)])
    spacing = stack.pixel_spacing_mm
    finding = classify_planar(image, spacing, None)
    if finding.confidence >= 0.8 or spacing is None:
        return finding
    coarse, factor = binned(image, 256)
    level = smoothed(smoothed(coarse))
    seen = regions(
        level, 0.05 * float(np.percentile(level, 99.0)), (spacing[0] * factor, spacing[1] * factor)
    )
    if seen:
        # Four standard deviations span nearly all of a region; lines are a few mm wide.
        length, width = 4.0 * seen[0].long_mm, 4.0 * seen[0].short_mm
        if length > SHORTEST_BODY_MM and 100.0 < width < 700.0:
            return ContentFinding(
                kind=ContentKind.BODY,
                confidence=0.85,
                message=f"an uneven distribution of {length:.0f} x {width:.0f} mm, like a patient",
                features={"length_mm": length, "width_mm": width},
            )
    return finding


def _volume(volume: Volume) -> ContentFinding:
    count = volume.values.shape[0]
    step = max(1, count // SAMPLED_SLICES)
    block = max(1, min(volume.values.shape[1:]) // 192)
    # Two neighbours together are half as noisy as one.
    sampled = [
        _image(volume.physical(index) + volume.physical(min(index + 1, count - 1)))[
            ::block, ::block
        ]
        for index in range(0, count, step)
    ]
    _, row_mm, column_mm = volume.voxel_spacing_mm
    offset = 2000.0 if volume.modality == "CT" else 0.0
    return classify_volume(sampled, (row_mm * block, column_mm * block), offset=offset)
