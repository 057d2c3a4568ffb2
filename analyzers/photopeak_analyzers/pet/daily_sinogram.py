"""What a sinogram of the daily source tells: variance, blocks, planes, angles, with its conditions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.contract import (
    Measurement,
    Note,
    Precondition,
    Scope,
)
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.figures import (
    Colormap,
    Curve,
    CurveFigure,
    Figure,
    ImageFigure,
    ReferenceLine,
)
from photopeak_analyzers.nuclides import find, half_life
from photopeak_analyzers.numerics.decay import decay_factor, mean_decay
from photopeak_analyzers.pet.daily_parameters import DailyParameters
from photopeak_analyzers.pet.sinogram_comparison import (
    Floats,
    Sums,
    average_variance,
    differences,
    fan_sums,
    relative_percent,
    sums_of,
)
from photopeak_analyzers.pet.sinogram_conditions import (
    after_the_reference,
    counted_as_numbers,
    enough_counts,
)
from photopeak_analyzers.shorthand import measurements
from photopeak_analyzers.sinogram import Sinogram

SCOPE = Scope.of(source="sinogram")
LOWEST_PERCENT, HIGHEST_PERCENT = 80.0, 120.0
"""Efficiencies of blocks and planes that are in range, relative to their mean."""
MISSING_PERCENT = 50.0
"""An angle with less than this share of the median is missing."""
_SHOWN_Z = 5.0


@dataclass(frozen=True, slots=True)
class SinogramPart:
    """What the sinogram adds to the result."""

    measurements: tuple[Measurement, ...]
    preconditions: tuple[Precondition, ...]
    figures: tuple[Figure, ...]
    notes: tuple[Note, ...]


def examine(
    sinogram: Sinogram, reference: Sinogram | None, parameters: DailyParameters
) -> SinogramPart:
    """Compare a sinogram with its reference, or its parts with each other without one."""
    sums = _counted(sinogram, "sinogram")
    base = None
    ratio = 1.0
    if reference is not None:
        if reference.counts.shape != sinogram.counts.shape:
            raise UnsuitableAcquisitionError(
                f"the sinogram has the shape {_words(sinogram)}, its reference {_words(reference)}",
                quantity="shape",
            )
        base = _counted(reference, "reference")
        if np.array_equal(sinogram.counts, reference.counts):
            raise UnsuitableAcquisitionError(
                "the sinogram is its own reference: not a count differs, and two measurements"
                " differ by chance",
                quantity="bins that differ",
                value=0,
                bound=1,
            )
        ratio = expected_ratio(sinogram, reference, parameters)
    found: list[Measurement] = []
    figures: list[Figure] = []
    notes: list[Note] = []
    if reference is not None and base is not None:
        found += _against(sinogram, reference, sums, base, ratio)
        planes, _ = relative_percent(sums.planes, base.planes)
        out = int(np.count_nonzero((planes < LOWEST_PERCENT) | (planes > HIGHEST_PERCENT)))
        found += measurements(SCOPE, [("planes_out", float(out), None)])
        figures.append(_difference_figure(sums, base, ratio))
        figures.append(_plane_figure(planes))
    else:
        notes.append(
            Note(
                code="NO_REFERENCE",
                message="there is no reference sinogram: blocks and angles are compared with their"
                " own mean, which holds for a centred, round source",
                scope=SCOPE,
            )
        )
    angles, _ = relative_percent(sums.angles, None if base is None else base.angles)
    missing = int(np.count_nonzero(angles < MISSING_PERCENT / 100.0 * float(np.median(angles))))
    found += measurements(SCOPE, [("angles_missing", float(missing), None)])
    conditions = [
        enough_counts(sums, parameters, SCOPE),
        *counted_as_numbers(sinogram, sums, "sinogram", SCOPE),
    ]
    if reference is not None and base is not None:
        conditions += counted_as_numbers(reference, base, "reference", SCOPE)
        conditions.append(after_the_reference(sinogram, reference, SCOPE))
    if parameters.blocks_per_ring is not None:
        fans = fan_sums(sums.image, parameters.blocks_per_ring, parameters.angular_mashing)
        other = None
        if base is not None:
            other = fan_sums(base.image, parameters.blocks_per_ring, parameters.angular_mashing)
        blocks, uncertainty = relative_percent(fans, other)
        low, high = int(blocks.argmin()), int(blocks.argmax())
        out = int(np.count_nonzero((blocks < LOWEST_PERCENT) | (blocks > HIGHEST_PERCENT)))
        found += measurements(
            SCOPE,
            [
                ("block_efficiency_min_pct", float(blocks[low]), float(uncertainty[low])),
                ("block_efficiency_max_pct", float(blocks[high]), float(uncertainty[high])),
                ("block_efficiency_n_out", float(out), None),
            ],
        )
        figures.append(
            block_figure(
                "block_map_sinogram", "Efficiency of the blocks, fan sums", blocks[None, :]
            )
        )
        if out:
            worst = low if blocks[low] < LOWEST_PERCENT else high
            notes.append(
                Note(
                    code="BLOCK_OUT",
                    message=f"block {worst} of the ring counts {blocks[worst]:.0f} % of the mean",
                    scope=SCOPE,
                    values={"block": worst, "percent": float(blocks[worst])},
                )
            )
    return SinogramPart(tuple(found), tuple(conditions), tuple(figures), tuple(notes))


def expected_ratio(sinogram: Sinogram, reference: Sinogram, parameters: DailyParameters) -> float:
    """Return the counts expected for each of the reference: times, and decay during and between."""
    stated = None if parameters.nuclide is None else find(parameters.nuclide).name
    named = [name for name in (stated, sinogram.nuclide, reference.nuclide) if name is not None]
    if len(set(named)) > 1:
        raise UnsuitableAcquisitionError(
            f"the source is {' and '.join(dict.fromkeys(named))} by the parameter and the headers of"
            " sinogram and reference, needs one nuclide",
            quantity="nuclide",
            value=", ".join(dict.fromkeys(named)),
        )
    nuclide = named[0] if named else None
    if nuclide is None:
        raise UnsuitableAcquisitionError(
            "neither sinogram nor reference names the nuclide of the source, and the parameter"
            " nuclide is not given",
            quantity="nuclide",
        )
    for name, each in (("sinogram", sinogram), ("reference", reference)):
        if each.started_at is None or not each.duration_s:
            raise UnsuitableAcquisitionError(
                f"the {name} has no {'duration' if each.started_at else 'start'}, so it cannot be"
                " corrected for decay",
                quantity="duration" if each.started_at else "start",
            )
    assert sinogram.started_at is not None and reference.started_at is not None  # noqa: S101, PT018
    assert sinogram.duration_s and reference.duration_s  # noqa: S101, PT018
    life = half_life(nuclide).seconds
    between = (sinogram.started_at - reference.started_at).total_seconds()
    times = sinogram.duration_s / reference.duration_s
    during = mean_decay(sinogram.duration_s, life) / mean_decay(reference.duration_s, life)
    return times * during * decay_factor(between, life)


def block_figure(name: str, title: str, percent: Floats) -> ImageFigure:
    """Draw efficiencies of blocks in percent of their mean, those out of range at the ends."""
    return ImageFigure(
        name=name,
        title=title,
        image=percent.astype(np.float32),
        pixel_spacing_mm=(0.0, 0.0),
        low=LOWEST_PERCENT,
        high=HIGHEST_PERCENT,
        unit="%",
        colormap=Colormap.DIVERGING,
    )


def _counted(sinogram: Sinogram, name: str) -> Sums:
    sums = sums_of(sinogram.counts)
    if not sums.finite:
        raise UnsuitableAcquisitionError(
            f"the {name} has values that are no numbers", quantity="value of a bin"
        )
    if sums.lowest < 0.0:
        raise UnsuitableAcquisitionError(
            f"the {name} has numbers that no counts are: its lowest is {sums.lowest:g}, needs 0;"
            " prompts are compared, without randoms taken off",
            quantity="lowest bin",
            value=sums.lowest,
            bound=0.0,
        )
    if sums.total <= 0.0:
        raise UnsuitableAcquisitionError(
            f"the {name} has no counts", quantity="counts", value=0.0, bound=1.0
        )
    return sums


def _against(
    sinogram: Sinogram, reference: Sinogram, sums: Sums, base: Sums, ratio: float
) -> Iterator[Measurement]:
    variance = average_variance(sinogram.counts, reference.counts, ratio)
    scale = sums.total / base.total
    shape = average_variance(sinogram.counts, reference.counts, scale)
    sensitivity = 100.0 * scale / ratio
    relative = (1.0 / sums.total + 1.0 / base.total) ** 0.5
    rows: list[tuple[str, float | None, float | None]] = [
        ("sensitivity_change_pct", sensitivity - 100.0, sensitivity * relative)
    ]
    if variance is not None and shape is not None:
        rows += [
            ("sinogram_variance", variance.value, variance.uncertainty),
            ("sinogram_variance_scaled", shape.value, shape.uncertainty),
        ]
    yield from measurements(SCOPE, rows)


def _difference_figure(sums: Sums, base: Sums, ratio: float) -> ImageFigure:
    return ImageFigure(
        name="sinogram_difference",
        title="Sinogram against its reference, sum of the planes",
        image=differences(sums.image, base.image, ratio).astype(np.float32),
        pixel_spacing_mm=(0.0, 0.0),
        low=-_SHOWN_Z,
        high=_SHOWN_Z,
        unit="{sd}",
        colormap=Colormap.DIVERGING,
    )


def _plane_figure(planes: Floats) -> CurveFigure:
    return CurveFigure(
        name="planes_sinogram",
        title="Planes against the reference",
        x_label="Plane",
        x_unit="1",
        y_label="Relative to the mean",
        y_unit="%",
        curves=(Curve(label="planes", x=np.arange(1.0, planes.size + 1.0), y=planes),),
        lines=(
            ReferenceLine(label="lowest", value=LOWEST_PERCENT),
            ReferenceLine(label="highest", value=HIGHEST_PERCENT),
        ),
    )


def _words(sinogram: Sinogram) -> str:
    return " x ".join(str(n) for n in sinogram.counts.shape)
