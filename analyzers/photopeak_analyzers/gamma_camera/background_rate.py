"""Background: the count rate of each head without a source, and whether it is the same all over.

WS 523-2019 asks for at most 2.0e3 counts per minute before anything else is tested. The rate of a
head is all its counts over the duration; the frames of a dynamic acquisition are summed.

Contamination, a source left in a corner, a patient in the next room: something local shows as a
cluster. The image is summed to pixels of about 6.4 mm, 5 x 5 of them are taken together, and the
significance of the highest such sum k over the common background m is the signed root of its
deviance, ``sqrt(2 (k ln(k / m) - (k - m)))``. For many counts that is ``(k - m) / sqrt(m)``; for few
it stays a number of standard deviations, which the plain quotient does not. Where the background is
uneven by more than its noise, the number is divided by the spread found.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import AcquisitionKind, Counts, EnergyWindow, FrameStack
from photopeak_analyzers.common_parameters import least_counts
from photopeak_analyzers.conditions import bounded, known
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Note,
    Parameters,
    Precondition,
    PreconditionCode,
    Role,
    Scope,
    Severity,
    Variant,
)
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.figures import Colormap, Figure, ImageFigure, Overlay, OverlayKind
from photopeak_analyzers.frame_conditions import (
    detector_is_known,
    duration_is_known,
    no_overflow,
)
from photopeak_analyzers.frames_by_head import HeadCounts, head_counts
from photopeak_analyzers.given import one
from photopeak_analyzers.numerics.binning import NEMA_TARGET_MM, crop_to_blocks, sum_blocks
from photopeak_analyzers.numerics.counting import Estimate, rate
from photopeak_analyzers.shorthand import NumberRow, as_suffix, measurements, metrics

CLAUSE = "WS 523-2019, prerequisites"

CLUSTER_PIXELS = 5
"""Side of a cluster in analysed pixels."""

CLUSTER_SIGMA = 5.0
"""Significance beyond which a cluster is remarked upon."""

COARSE_SIDE = 64
"""Analysed pixels per side when the header has no pixel spacing."""

FIELD_LEVEL = 0.3
"""Rows and columns with less than this share of a typical one lie outside of the crystal."""

SIGMA_PER_MAD = 1.4826
"""Standard deviation of a Gaussian over its median absolute deviation."""

ROLE = Role(
    name="background",
    kinds=frozenset({AcquisitionKind.PLANAR, AcquisitionKind.DYNAMIC}),
    label="Background",
    hint="A frame of each head without any source, in the window of the test that follows.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackgroundParameters(Parameters):
    """What the acquisition has to be like."""

    minimum_counts: float = least_counts(
        400.0,
        doc="Counts of a head; fewer is a warning, because the rate is then known to worse than"
        " 5 %. NEMA NU 1-2007 2.6 (GB/T 18989-2013 E.6.3) takes 100 000 or 10 minutes.",
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cluster:
    """The most conspicuous place of an image.

    Attributes
    ----------
    sigma
        Its significance in standard deviations.
    smoothed
        Mean of the 5 x 5 analysed pixels around each one, per analysed pixel.
    at
        (row, column) in `smoothed`.
    pixel
        (row, column) in the image.
    block
        Pixels of the image per analysed pixel.
    """

    sigma: float
    smoothed: NDArray[np.float64]
    at: tuple[int, int]
    pixel: tuple[float, float]
    block: int


def find_cluster(counts: Counts, block: int) -> Cluster | None:
    """Return the most significant cluster; None when the lit area is smaller than one.

    Parameters
    ----------
    counts
        One image, shape ``(rows, columns)``.
    block
        Pixels per side that are summed to one analysed pixel.
    """
    binned = sum_blocks(crop_to_blocks(counts, block), block).astype(np.float64)
    offset = [(size % block) // 2 for size in counts.shape]
    rows, columns = (_lit(binned.sum(axis=axis)) for axis in (1, 0))
    field = binned[rows, columns]
    if min(field.shape) < CLUSTER_PIXELS:
        return None
    sums = _window_sums(field)
    typical = float(np.median(sums))
    # What stands out is no background, but a few counts more than the median may well be.
    quiet = sums[sums <= typical + 3.0 * math.sqrt(typical + 1.0)]
    expected = max(float(quiet.mean()), 1.0 / sums.size)
    significance = _signed_deviance(sums, expected)
    spread = SIGMA_PER_MAD * float(np.median(np.abs(significance - np.median(significance))))
    significance /= max(1.0, spread)
    row, column = (int(i) for i in np.unravel_index(significance.argmax(), sums.shape))
    reach = CLUSTER_PIXELS // 2
    centre = (row + reach + (rows.start or 0), column + reach + (columns.start or 0))
    return Cluster(
        sigma=float(significance[row, column]),
        smoothed=sums / CLUSTER_PIXELS**2,
        at=(row, column),
        pixel=(
            centre[0] * block + offset[0] + (block - 1) / 2.0,
            centre[1] * block + offset[1] + (block - 1) / 2.0,
        ),
        block=block,
    )


def measure(inputs: Inputs, parameters: BackgroundParameters) -> Analysis:
    """Measure the background of every head in every energy window."""
    acquisition = one(inputs, ROLE, FrameStack)
    spacing = acquisition.pixel_spacing_mm
    if spacing is None:
        block = max(1, math.ceil(max(acquisition.counts.shape[1:]) / COARSE_SIDE))
    else:
        block = max(1, round(NEMA_TARGET_MM / math.sqrt(spacing[0] * spacing[1])))
    heads = head_counts(acquisition)
    found: list[Measurement] = []
    preconditions: list[Precondition] = []
    figures: list[Figure] = []
    notes: list[Note] = []
    rates: dict[Scope, Estimate] = {}
    for head in heads:
        if head.total <= 0.0:
            raise UnsuitableAcquisitionError(
                f"{head.subject} has no counts: it did not count at all",
                quantity="counts",
                value=head.total,
                bound=1.0,
            )
        preconditions += _conditions(acquisition, head, parameters)
        numbers: list[NumberRow] = [("background_counts", head.total, math.sqrt(head.total))]
        if head.duration_s is not None:
            cps = rates[head.scope] = rate(head.total, head.duration_s)
            numbers += [
                ("background_cps", cps.value, cps.uncertainty),
                ("background_cpm", 60.0 * cps.value, 60.0 * cps.uncertainty),
            ]
        cluster = find_cluster(head.counts, block)
        if cluster is not None:
            numbers.append(("background_max_cluster_sigma", cluster.sigma, None))
            suffix = as_suffix(head.scope) if len(heads) > 1 else ""
            figures.append(_figure(cluster, head, suffix, spacing or (1.0, 1.0)))
            notes += _notes(cluster, head)
        found += measurements(head.scope, numbers)
    return Analysis(
        measurements=(*found, *_differences(rates)),
        preconditions=tuple(preconditions),
        figures=tuple(figures),
        notes=tuple(notes),
    )


def _conditions(
    acquisition: FrameStack, head: HeadCounts, parameters: BackgroundParameters
) -> tuple[Precondition, ...]:
    window = acquisition.energy_window(head.energy_window)
    return (
        detector_is_known(head.detector, scope=head.scope, clause=CLAUSE),
        duration_is_known(head.duration_s, severity=Severity.HARD, scope=head.scope, clause=CLAUSE),
        known(
            PreconditionCode.WINDOW,
            "energy window",
            None if window is None else _words(window),
            severity=Severity.SOFT,
            scope=head.scope,
            clause=CLAUSE,
        ),
        bounded(
            PreconditionCode.COUNTS,
            "counts",
            head.total,
            lower=parameters.minimum_counts,
            unit="{counts}",
            severity=Severity.SOFT,
            scope=head.scope,
            clause=CLAUSE,
        ),
        no_overflow(acquisition, head.highest_pixel, scope=head.scope, clause=CLAUSE),
    )


def _words(window: EnergyWindow) -> str:
    return f"{window.lower_kev:g} to {window.upper_kev:g} keV"


def _differences(rates: dict[Scope, Estimate]) -> list[Measurement]:
    """Compare the heads in each window: (largest - smallest) / largest."""
    by_window: dict[Scope, list[Estimate]] = {}
    for scope, cps in rates.items():
        by_window.setdefault(Scope.of(energy_window=scope.get("energy_window")), []).append(cps)
    found = []
    for scope, heads in by_window.items():
        if len(heads) < 2:
            continue
        low = min(heads, key=lambda cps: cps.value)
        high = max(heads, key=lambda cps: cps.value)
        quotient = low.value / high.value
        found.append(
            Measurement(
                metric="background_head_difference_pct",
                scope=scope,
                value=100.0 * (1.0 - quotient),
                uncertainty=100.0 * quotient * math.hypot(low.relative, high.relative),
            )
        )
    return found


def _figure(
    cluster: Cluster, head: HeadCounts, suffix: str, spacing: tuple[float, float]
) -> ImageFigure:
    high = float(cluster.smoothed.max())
    return ImageFigure(
        name="background" + suffix,
        title=f"Background, mean of {CLUSTER_PIXELS} x {CLUSTER_PIXELS} pixels, {head.subject}",
        image=cluster.smoothed.astype(np.float32),
        pixel_spacing_mm=(spacing[0] * cluster.block, spacing[1] * cluster.block),
        low=0.0,
        high=high if high > 0.0 else 1.0,
        unit="{counts}",
        colormap=Colormap.CIVIDIS,
        overlays=(
            Overlay(
                kind=OverlayKind.MAXIMUM,
                label=f"{cluster.sigma:.1f} sigma",
                points=((float(cluster.at[0]), float(cluster.at[1])),),
                closed=False,
            ),
        ),
    )


def _notes(cluster: Cluster, head: HeadCounts) -> list[Note]:
    if cluster.sigma <= CLUSTER_SIGMA:
        return []
    row, column = cluster.pixel
    return [
        Note(
            code="BACKGROUND_CLUSTER",
            message=f"{head.subject} counts more around row {row:.0f}, column {column:.0f}:"
            f" {cluster.sigma:.1f} standard deviations above the rest; contamination, or a source"
            " near by",
            scope=head.scope,
            values={"row": row, "column": column, "sigma": cluster.sigma},
        )
    ]


def _lit(projection: NDArray[np.float64]) -> slice:
    """Return the span of a projection that is not outside of the crystal."""
    typical = float(np.percentile(projection, 75.0))
    lit = np.flatnonzero(projection >= FIELD_LEVEL * typical)
    return slice(int(lit[0]), int(lit[-1]) + 1)


def _window_sums(field: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum of every 5 x 5 pixels that lie wholly in the field."""
    for axis in (0, 1):
        running = np.cumsum(field, axis=axis)
        running = np.insert(running, 0, 0.0, axis=axis)
        upper = np.take(running, range(CLUSTER_PIXELS, running.shape[axis]), axis=axis)
        lower = np.take(running, range(running.shape[axis] - CLUSTER_PIXELS), axis=axis)
        field = upper - lower
    return field


def _signed_deviance(counts: NDArray[np.float64], expected: float) -> NDArray[np.float64]:
    ratio = np.maximum(counts, 1e-300) / expected
    deviance = 2.0 * (counts * np.log(ratio) - (counts - expected))
    return np.asarray(np.sign(counts - expected) * np.sqrt(np.maximum(deviance, 0.0)))


ANALYZER = Analyzer(
    id="background_rate",
    title="Background count rate",
    title_zh="本底计数率",
    version="1",
    variants=(Variant(name="ws523", title="WS 523-2019", clause=CLAUSE),),
    roles=(ROLE,),
    metrics=metrics(
        CLAUSE,
        ("background_cps", "{counts}/s", "R_b", "Background rate", "本底计数率", 1),
        ("background_cpm", "{counts}/min", "R_b", "Background rate", "本底计数率", 0),
        ("background_counts", "{counts}", "N_b", "Counts of the background", "本底计数", 0),
        ("background_max_cluster_sigma", "1", "z_max", "Most significant cluster", "最显著热区的显著性", 1),
        ("background_head_difference_pct", "%", "dR_b", "Difference of the heads", "探头间本底差异", 1),
    ),
    parameters=BackgroundParameters,
    measure=measure,
    figures=("background",),
)  # fmt: skip
"""The test, as registered."""
