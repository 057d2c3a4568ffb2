"""Images of a four-quadrant bar phantom: which there are, and their patterns.

An image without any stripes, or with the same ones all over, shows no such phantom and is refused.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from photopeak_analyzers.acquisition import AcquisitionKind, Dynamic, FrameStack
from photopeak_analyzers.common_parameters import (
    largest_rate_cps,
    least_counts,
    pixel_spacing,
    refuse_without_photopeak,
)
from photopeak_analyzers.contract import (
    Inputs,
    Note,
    Parameters,
    Role,
    Scope,
    parameter,
)
from photopeak_analyzers.errors import ParameterError, UnsuitableAcquisitionError
from photopeak_analyzers.frames_by_head import (
    HeadCounts,
    frames_by_head,
    head_counts,
    refuse_impossible,
)
from photopeak_analyzers.gamma_camera.bar_centre import phantom_centre, refined_centre
from photopeak_analyzers.gamma_camera.bar_patterns import (
    THINNEST_BAR_MM,
    WIDEST_BAR_MM,
    Pattern,
    patterns,
)
from photopeak_analyzers.given import every, pixel_spacing_mm
from photopeak_analyzers.heads_alone import seen_by_heads
from photopeak_analyzers.numerics.binning import NEMA_TARGET_MM, matrix_centre, sum_blocks
from photopeak_analyzers.numerics.field_estimate import estimate_field_of_view
from photopeak_analyzers.shorthand import distinct
from photopeak_analyzers.source_conditions import on_a_photopeak, photopeaks

CLAUSE = "WS 523-2019, four-quadrant bar phantom (constancy)"

SAME_WIDTH = 0.08
"""Share by which two measured widths of the same bars may differ."""

ROLE = Role(
    name="bars",
    kinds=frozenset({AcquisitionKind.PLANAR, AcquisitionKind.DYNAMIC}),
    minimum=1,
    maximum=8,
    label="Bar phantom",
    hint="Four-quadrant bars on the detector without collimator, source at 2 m, 6 million counts;"
    " turned by 0, 90, 180 and 270 degrees, then the same with the phantom turned over.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BarParameters(Parameters):
    """What the phantom and the acquisition have to be like."""

    bar_widths_mm: tuple[float, ...] = parameter(
        (),
        doc="Widths of the four sets of bars, in any order; measured from the image where empty.",
        unit="mm",
    )
    region_mm: float = parameter(
        100.0,
        doc="Side of the square that is measured in each quadrant.",
        unit="mm",
        minimum=30.0,
        maximum=250.0,
    )
    margin_mm: float = parameter(
        20.0,
        doc="Distance of the squares from the lines on which the quadrants meet.",
        unit="mm",
        minimum=5.0,
        maximum=100.0,
    )
    nuclide: str = parameter("Tc-99m", doc="Nuclide of the source.", clause=CLAUSE)
    pixel_spacing_mm: float | None = pixel_spacing()
    minimum_counts: float = least_counts(
        5.9e6,
        doc="Counts of an image; fewer is a warning. The text prints 6e4, which is a count in every"
        " fourth pixel of its matrix of 512 x 512; 6e6 is meant, less what a preset misses.",
        clause=CLAUSE,
    )
    maximum_rate_cps: float = largest_rate_cps(20_000.0, clause="GB/T 18989-2013 3 c")

    def __post_init__(self) -> None:
        Parameters.__post_init__(self)
        refuse_without_photopeak(self.nuclide)
        widths = sorted(self.bar_widths_mm)
        possible = all(THINNEST_BAR_MM <= width <= WIDEST_BAR_MM for width in widths)
        if widths and not (len(widths) == 4 and possible):
            bound = f"4 widths of {THINNEST_BAR_MM:g} to {WIDEST_BAR_MM:g} mm"
            raise ParameterError(
                f"bar_widths_mm is {list(widths)}, needs {bound}",
                quantity="bar_widths_mm",
                value=str(widths),
                bound=bound,
            )
        if any(b < a * (1.0 + SAME_WIDTH) for a, b in pairwise(widths)):
            raise ParameterError(
                f"bar_widths_mm is {list(widths)}, needs widths that differ by 8 %",
                quantity="bar_widths_mm",
                value=str(widths),
                bound="differences of 8 %",
            )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BarImage:
    """One image of the bars.

    `number` counts the images of a head and window from 1, in the order of their acquisition.
    """

    acquisition: FrameStack
    head: HeadCounts
    number: int
    pixel_mm: tuple[float, float]
    patterns: tuple[Pattern, ...]

    @property
    def head_scope(self) -> Scope:
        """Detector and energy window."""
        return self.head.scope

    @property
    def scope(self) -> Scope:
        """Detector, energy window and image."""
        return Scope.of(
            detector=self.head.detector,
            energy_window=self.head.energy_window,
            image=self.number,
        )

    @property
    def subject(self) -> str:
        """The image in words."""
        return f"image {self.number} of {self.head.subject}"


def bar_images(
    inputs: Inputs, parameters: BarParameters
) -> tuple[tuple[BarImage, ...], tuple[Note, ...]]:
    """Return the images of a set with their patterns, those of each head in the order of time.

    With them comes a note for each head that sees no bars while another one does, and for each
    window that collects scatter.

    Raises
    ------
    UnsuitableAcquisitionError
        If no head sees bars in an acquisition, or it has no pixel spacing.
    """
    acquisitions = every(inputs, ROLE, FrameStack)
    if all(each.started_at is not None for each in acquisitions):
        acquisitions = tuple(sorted(acquisitions, key=lambda a: str(a.started_at)))
    counted: dict[Scope, int] = {}
    images: list[BarImage] = []
    notes: list[Note] = []
    nuclides = photopeaks((parameters.nuclide,))
    for acquisition in acquisitions:
        pixel_mm = pixel_spacing_mm(acquisition, parameters.pixel_spacing_mm)
        heads, left_out = on_a_photopeak(acquisition, _single_images(acquisition), nuclides)
        seen, onlookers = seen_by_heads(
            heads,
            partial(_patterns, pixel_mm=pixel_mm, parameters=parameters),
            code="HEAD_WITHOUT_BARS",
        )
        notes += [*left_out, *onlookers]
        for head, found in seen:
            number = counted[head.scope] = counted.get(head.scope, 0) + 1
            images.append(
                BarImage(
                    acquisition=acquisition,
                    head=head,
                    number=number,
                    pixel_mm=pixel_mm,
                    patterns=found,
                )
            )
    ordered = sorted(images, key=lambda i: (str(i.head_scope.items), i.number))
    return tuple(ordered), tuple(distinct(notes))


def _single_images(acquisition: FrameStack) -> tuple[HeadCounts, ...]:
    """Return every static frame as an image of its own; a dynamic acquisition is summed."""
    if isinstance(acquisition, Dynamic):
        return head_counts(acquisition)
    found = []
    for (detector, window), positions in frames_by_head(acquisition).items():
        for position in positions:
            counts = acquisition.counts[position]
            refuse_impossible(counts)
            duration = acquisition.frames[position].duration_s
            found.append(
                HeadCounts(
                    detector=detector,
                    energy_window=window,
                    counts=counts,
                    highest_pixel=float(counts.max()),
                    duration_s=duration if duration is not None and duration > 0.0 else None,
                    frames=1,
                )
            )
    return tuple(found)


def _patterns(
    head: HeadCounts, *, pixel_mm: tuple[float, float], parameters: BarParameters
) -> tuple[Pattern, ...]:
    """Return the patterns of the four quadrants of an image."""
    block = max(1, round(NEMA_TARGET_MM / math.sqrt(pixel_mm[0] * pixel_mm[1])))
    binned_mm = (pixel_mm[0] * block, pixel_mm[1] * block)
    binned = sum_blocks(head.counts, block)
    middle = tuple(matrix_centre(n, block) for n in head.counts.shape)
    field = estimate_field_of_view(binned, binned_mm, (middle[0], middle[1]))
    lit = [
        (n - 1) / 2.0 + offset / p
        for n, offset, p in zip(head.counts.shape, field.centre_offset_mm, pixel_mm, strict=True)
    ]
    centre = phantom_centre(head.counts, pixel_mm, (lit[0], lit[1]))
    measured = partial(
        patterns,
        head.counts,
        pixel_mm,
        margin_mm=parameters.margin_mm,
        side_mm=parameters.region_mm,
    )
    found = measured(refined_centre(head.counts, pixel_mm, centre, measured(centre)))
    _refuse_other_images(found)
    return found


def _refuse_other_images(found: tuple[Pattern, ...]) -> None:
    """Refuse floods, which have no stripes, and slit masks, which have the same all over."""
    seen = [pattern for pattern in found if pattern.seen]
    if not seen:
        raise UnsuitableAcquisitionError(
            "the image shows bars in 0 quadrants, needs at least 1",
            quantity="quadrants with bars",
            value=0,
            bound=1,
        )
    if len(seen) > 1 and _distinct(seen) == 1:
        raise UnsuitableAcquisitionError(
            f"the image shows the same pattern in {len(seen)} quadrants,"
            " a four-quadrant phantom has 4 different ones",
            quantity="different patterns",
            value=1,
            bound=4,
        )


def _distinct(seen: list[Pattern]) -> int:
    """Return how many different widths stand in an image: a slit mask has one."""
    widths: list[float] = []
    for pattern in sorted(seen, key=lambda p: p.width_mm):
        if not widths or pattern.width_mm > widths[-1] * (1.0 + SAME_WIDTH):
            widths.append(pattern.width_mm)
    return len(widths)
