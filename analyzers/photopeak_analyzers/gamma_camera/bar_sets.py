"""The sets of bars of a phantom through all images of a head: which is which, which is resolved.

Each image shows every set along one direction; turned by 90 degrees it shows them along the other.
Sets are numbered from the coarsest, 1, because the finest is often not seen at all. A set that is
not seen is known by what is left over, when the others are known and one alone is left.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.contract import Scope
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.gamma_camera.bar_images import SAME_WIDTH, BarImage
from photopeak_analyzers.gamma_camera.bar_patterns import Pattern
from photopeak_analyzers.numerics.counting import Estimate

SETS = 4
"""Sets of bars in a phantom, one per quadrant."""

SINE_FACTOR = 4.0 * math.sqrt(math.log(2.0)) / math.pi
"""``F / (w sqrt(ln(1 / MTF)))`` of a Gaussian at the frequency 1 / (2 w)."""

SQUARE_BAR = math.pi / 4.0
"""MTF of a sine over the modulation of a square bar."""

DIRECTIONS = ("x", "y")


@dataclass(frozen=True, slots=True, kw_only=True)
class BarSet:
    """One set of bars along one direction, mean of the images of a head that show it.

    Attributes
    ----------
    number
        1 for the coarsest.
    width_mm
        As stated, or as measured.
    modulation
        Mean of the images.
    seen
        True when its stripes stand out of the noise in most of them.
    images
        How many show it along this direction.
    """

    number: int
    width_mm: float
    modulation: Estimate
    seen: bool
    images: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The images of one head and window, and what they make together.

    Attributes
    ----------
    sets
        Patterns by the number of their set, of each image.
    widths_mm
        Of all sets of the phantom that are known, from the coarsest.
    along
        Sets by direction.
    """

    scope: Scope
    images: tuple[BarImage, ...]
    sets: tuple[dict[int, Pattern], ...]
    widths_mm: tuple[float, ...]
    along: dict[str, tuple[BarSet, ...]]


def head_of(scope: Scope, images: Sequence[BarImage], widths_mm: tuple[float, ...]) -> Head:
    """Return what those of the images make together that are of one head and window."""
    own = tuple(image for image in images if image.head_scope == scope)
    sets = tuple(numbered(image, widths_mm) for image in own)
    return Head(
        scope=scope,
        images=own,
        sets=sets,
        widths_mm=widths_mm,
        along={direction: sets_along(direction, sets, widths_mm) for direction in DIRECTIONS},
    )


def along(scope: Scope, direction: str) -> Scope:
    """Return the scope of one direction of a head."""
    return Scope.of(**dict(scope.items), direction=direction)


def widths_of(images: Sequence[BarImage], stated_mm: Sequence[float]) -> tuple[float, ...]:
    """Return the widths of the sets, from the coarsest: as stated, else as all images show them.

    Raises
    ------
    UnsuitableAcquisitionError
        If bars are seen that the phantom does not have, or of more than four widths.
    """
    measured = sorted(p.width_mm for image in images for p in image.patterns if p.seen)
    if stated_mm:
        for width in measured:
            if not any(abs(width / stated - 1.0) <= SAME_WIDTH for stated in stated_mm):
                shown = ", ".join(f"{stated:g}" for stated in sorted(stated_mm))
                raise UnsuitableAcquisitionError(
                    f"bars of {width:.2f} mm are seen, the phantom is said to have {shown} mm",
                    quantity="width of bars in mm",
                    value=width,
                    bound=shown,
                )
        return tuple(sorted(stated_mm, reverse=True))
    groups: list[list[float]] = []
    for width in measured:
        if groups and width <= groups[-1][0] * (1.0 + SAME_WIDTH):
            groups[-1].append(width)
        else:
            groups.append([width])
    if len(groups) > SETS:
        raise UnsuitableAcquisitionError(
            f"the images show bars of {len(groups)} widths, a phantom has {SETS}",
            quantity="widths of bars",
            value=len(groups),
            bound=SETS,
        )
    return tuple(float(np.mean(group)) for group in reversed(groups))


def numbered(image: BarImage, widths_mm: Sequence[float]) -> dict[int, Pattern]:
    """Return the patterns of an image by the number of their set; who is not known is left out."""
    found: dict[int, Pattern] = {}
    unseen = []
    for pattern in image.patterns:
        if not pattern.seen:
            unseen.append(pattern)
            continue
        nearest = min(
            range(len(widths_mm)), key=lambda i: abs(math.log(pattern.width_mm / widths_mm[i]))
        )
        if nearest + 1 in found:
            raise UnsuitableAcquisitionError(
                f"{image.subject} shows bars of {widths_mm[nearest]:.2f} mm in two quadrants",
                quantity="quadrants with the same bars",
                value=2,
                bound=1,
            )
        found[nearest + 1] = pattern
    left = [number for number in range(1, len(widths_mm) + 1) if number not in found]
    if len(unseen) == 1 and len(left) == 1:
        found[left[0]] = unseen[0]
    return found


def sets_along(
    direction: str, images: Sequence[dict[int, Pattern]], widths_mm: Sequence[float]
) -> tuple[BarSet, ...]:
    """Return the sets that the images of one head show along a direction, from the coarsest."""
    found = []
    for number, width in enumerate(widths_mm, 1):
        shown = [
            image[number]
            for image in images
            if number in image and _direction(image, number) == direction
        ]
        if not shown:
            continue
        values = [pattern.modulation for pattern in shown]
        found.append(
            BarSet(
                number=number,
                width_mm=width,
                modulation=Estimate(
                    value=sum(v.value for v in values) / len(values),
                    uncertainty=math.hypot(*(v.uncertainty for v in values)) / len(values),
                ),
                seen=2 * sum(pattern.seen for pattern in shown) > len(shown),
                images=len(shown),
            )
        )
    return tuple(found)


def resolved(sets: Sequence[BarSet], threshold: float) -> tuple[BarSet, ...]:
    """Return the sets that are resolved: from the coarsest on, until one is not.

    Finer bars than the first that is not resolved are not asked: what is seen of them is folded.
    """
    found = []
    for each in sets:
        if not (each.seen and each.modulation.value > threshold):
            break
        found.append(each)
    return tuple(found)


def mean_width(sets: Sequence[BarSet], factor: float) -> Estimate | None:
    """Return the weighted mean of the widths that the modulations give; those of 1 give none."""
    widths = []
    for each in sets:
        depth = factor * each.modulation.value
        if 0.0 < depth < 1.0:
            root = math.sqrt(math.log(1.0 / depth))
            slope = SINE_FACTOR * each.width_mm / (2.0 * each.modulation.value * root)
            widths.append((SINE_FACTOR * each.width_mm * root, slope * each.modulation.uncertainty))
    if not widths:
        return None
    weights = [1.0 / max(u, 1e-9) ** 2 for _, u in widths]
    return Estimate(
        value=sum(w * f for w, (f, _) in zip(weights, widths, strict=True)) / sum(weights),
        uncertainty=1.0 / math.sqrt(sum(weights)),
    )


def orientations(images: Sequence[dict[int, Pattern]]) -> int:
    """Return in how many ways the phantom lay, of the eight that turning it and over it gives."""
    return len(
        {tuple(sorted((number, p.quadrant) for number, p in image.items())) for image in images}
    )


def _direction(image: dict[int, Pattern], number: int) -> str:
    """Return the direction of a set; of one that is not seen, by its neighbours across a line."""
    pattern = image[number]
    if pattern.seen:
        return pattern.across
    votes = 0
    for other in image.values():
        if other.seen:
            beside = (other.quadrant, pattern.quadrant) not in {(1, 4), (4, 1), (2, 3), (3, 2)}
            along_x = (other.across == "x") != beside
            votes += 1 if along_x else -1
    return "x" if votes > 0 else "y"
