"""Matching of the heads: by how much their count rates from one and the same source differ.

``DDS = (R_max - R_min) / R_max``, from frames of equal geometry: a source between opposing heads, the
same source before one head after the other, or all views of a cylinder around which every head
turned. R is the net rate of the whole image; where the heads did not count at the same time it is
corrected for the decay to the start of the first one, and for that during the acquisition.

The uncertainty is that of counting. The difference of a largest and a smallest number is not linear
in them and never negative, so it comes from simulated repetitions; `difference_floor_pct` is what
heads that match perfectly would show with the same counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from photopeak_analyzers.acquisition import AcquisitionKind
from photopeak_analyzers.common_parameters import (
    largest_rate_cps,
    least_counts,
    pixel_spacing,
    refuse_above,
    refuse_without_photopeak,
)
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Note,
    Parameters,
    Precondition,
    Role,
    Scope,
    Variant,
    parameter,
)
from photopeak_analyzers.errors import MissingReadingError, UnsuitableAcquisitionError
from photopeak_analyzers.figures import Figure
from photopeak_analyzers.gamma_camera.head_matching_conditions import (
    common_conditions,
    image_conditions,
    one_after_the_other,
)
from photopeak_analyzers.gamma_camera.head_matching_figures import comparison_figures
from photopeak_analyzers.gamma_camera.head_matching_images import HeadImage, head_images
from photopeak_analyzers.nuclide_table import HalfLife
from photopeak_analyzers.nuclides import half_life
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.shorthand import as_suffix, measurements, metrics
from photopeak_analyzers.source_conditions import photopeaks

CLAUSE = "practice: detector-detector variation of the sensitivity"

ROLE = Role(
    name="images",
    kinds=frozenset({AcquisitionKind.PLANAR, AcquisitionKind.DYNAMIC, AcquisitionKind.TOMOGRAPHIC}),
    minimum=1,
    maximum=8,
    label="One source before every head",
    hint="The same source at the same distance before each head: opposing heads at once, one series"
    " per head, or the views of a cylinder around which every head turned.",
)

BACKGROUND = Role(
    name="background",
    kinds=frozenset({AcquisitionKind.PLANAR, AcquisitionKind.DYNAMIC}),
    minimum=0,
    maximum=8,
    label="Background of the heads",
    hint="The same without the source; without it nothing is taken off.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadMatchingParameters(Parameters):
    """The source, and how many counts tell a difference."""

    nuclide: str | None = parameter(
        None, doc="Nuclide of the source, where the header does not name it."
    )
    pixel_spacing_mm: float | None = pixel_spacing()
    minimum_counts: float = least_counts(
        100_000.0, doc="Counts of a head; with fewer a difference is known to worse than 0.5 %."
    )
    invalid_below_counts: float = least_counts(
        10_000.0, doc="Counts of a head below which nothing is judged: noise alone makes 1.4 %."
    )
    maximum_rate_cps: float = largest_rate_cps(20_000.0, clause="GB/T 18989-2013 3 c")
    noise_draws: int = parameter(
        2000, doc="Simulated repetitions behind the uncertainty.", minimum=10, maximum=10_000
    )
    noise_seed: int = parameter(
        1906,
        doc="Seed of the repetitions: the same seed gives the same uncertainty.",
        minimum=0,
        maximum=2**31 - 1,
    )

    def __post_init__(self) -> None:
        Parameters.__post_init__(self)
        refuse_above(self, "invalid_below_counts", "minimum_counts")
        refuse_without_photopeak(self.nuclide)


def measure(inputs: Inputs, parameters: HeadMatchingParameters) -> Analysis:
    """Compare the heads in every energy window."""
    images, notes = head_images(
        inputs,
        ROLE,
        BACKGROUND,
        nuclide=parameters.nuclide,
        stated_pixel_mm=parameters.pixel_spacing_mm,
    )
    nuclide = _nuclide(images, parameters)
    nuclides = None if nuclide is None else photopeaks((nuclide,))
    by_window: dict[Scope, list[HeadImage]] = {}
    for image in images:
        window = Scope.of(energy_window=image.head.energy_window)
        by_window.setdefault(window, []).append(image)
    found: list[Measurement] = []
    preconditions: list[Precondition] = []
    figures: list[Figure] = []
    for scope, heads in by_window.items():
        heads.sort(key=lambda image: image.head.detector or 0)
        life = _half_life(heads, nuclide)
        reference = min((h.started_at for h in heads if h.started_at is not None), default=None)
        rates = _rates(heads, reference, life)
        for image in heads:
            preconditions += image_conditions(
                image,
                nuclides,
                asked=parameters.minimum_counts,
                invalid_below=parameters.invalid_below_counts,
                maximum_rate_cps=parameters.maximum_rate_cps,
                clause=CLAUSE,
            )
        preconditions += common_conditions(heads, scope, CLAUSE)
        found += _numbers(heads, rates, scope, parameters)
        suffix = as_suffix(scope) if len(by_window) > 1 else ""
        figures += comparison_figures(heads, rates, suffix)
        notes.append(_note(life, scope))
        if all(image.background is None for image in heads):
            notes.append(
                Note(
                    code="BACKGROUND_LEFT_IN",
                    message="no background is given, none is taken off",
                    scope=scope,
                )
            )
    return Analysis(
        measurements=tuple(found),
        preconditions=tuple(dict.fromkeys(preconditions)),
        figures=tuple(figures),
        notes=tuple(notes),
    )


def _nuclide(images: Sequence[HeadImage], parameters: HeadMatchingParameters) -> str | None:
    named = sorted({i.acquisition.nuclide for i in images if i.acquisition.nuclide is not None})
    if len(named) > 1:
        raise UnsuitableAcquisitionError(
            f"the images are of {' and '.join(named)}, need the same source",
            quantity="nuclides",
            value=len(named),
            bound=1,
        )
    return named[0] if named else parameters.nuclide


def _half_life(heads: Sequence[HeadImage], nuclide: str | None) -> HalfLife | None:
    """Return the half-life where the heads counted one after the other, else None."""
    if not one_after_the_other(heads):
        return None
    if nuclide is None:
        raise MissingReadingError(
            "one head counted after the other, no header names the nuclide, and the parameter"
            " nuclide is not given",
            quantity="nuclide",
        )
    return half_life(nuclide, "local")


def _rates(
    heads: Sequence[HeadImage], reference: datetime | None, life: HalfLife | None
) -> dict[int, Estimate]:
    """Return the net rate of each head that has a duration, by its number."""
    found = {}
    for image in heads:
        net = image.net_rate(reference, None if life is None else life.seconds)
        if net is None:
            continue
        if not net.value > 0.0:
            raise UnsuitableAcquisitionError(
                f"{image.head.subject} counts {net.value:.4g} counts/s above the background,"
                " needs more than 0",
                quantity="net count rate",
                value=net.value,
                bound=0.0,
            )
        found[image.head.detector or 0] = net
    return found


def _numbers(
    heads: Sequence[HeadImage],
    rates: dict[int, Estimate],
    scope: Scope,
    parameters: HeadMatchingParameters,
) -> list[Measurement]:
    found: list[Measurement] = []
    mean = sum(rate.value for rate in rates.values()) / max(len(rates), 1)
    for image in heads:
        net = rates.get(image.head.detector or 0)
        if net is not None:
            found += measurements(
                image.scope,
                [
                    ("head_rate", net.value, net.uncertainty),
                    (
                        "head_relative_pct",
                        100.0 * (net.value / mean - 1.0),
                        100.0 * net.uncertainty / mean,
                    ),
                    ("head_counts", image.head.total, None),
                ],
            )
    if len(rates) < 2:
        return found
    values = np.array([rate.value for rate in rates.values()])
    spread = np.array([rate.uncertainty for rate in rates.values()])
    rng = np.random.default_rng(parameters.noise_seed)
    noise = spread * rng.standard_normal((parameters.noise_draws, values.size))
    repeated, chance = _difference(values + noise), _difference(values.mean() + noise)
    return found + measurements(
        scope,
        [
            (
                "head_difference_pct",
                float(_difference(values)),
                float(np.sqrt(np.mean((repeated - _difference(values)) ** 2))),
            ),
            ("difference_floor_pct", float(chance.mean()), None),
        ],
    )


def _difference(rates: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> np.float64:
    """Return (largest - smallest) / largest along the last axis, in percent."""
    largest = rates.max(axis=-1)
    return 100.0 * (largest - rates.min(axis=-1)) / largest  # type: ignore[no-any-return]


def _note(life: HalfLife | None, scope: Scope) -> Note:
    if life is None:
        words = "the heads counted at the same time, nothing is corrected for decay"
        return Note(code="HEADS_AT_ONCE", message=words, scope=scope)
    return Note(
        code="HEADS_IN_TURN",
        message="one head counted after the other: the rates are those at the start of the first,"
        f" by a half-life of {life.seconds:g} s ({life.source})",
        scope=scope,
        values={"half_life_s": life.seconds},
    )


ANALYZER = Analyzer(
    id="head_sensitivity_matching",
    title="Matching of the sensitivity of the heads",
    title_zh="探头间灵敏度一致性",
    version="1",
    variants=(Variant(name="local", title="Equal geometry before every head", clause=CLAUSE),),
    roles=(ROLE, BACKGROUND),
    metrics=metrics(
        CLAUSE,
        ("head_difference_pct", "%", "DDS", "Difference of the heads", "探头间灵敏度差", 1),
        ("difference_floor_pct", "%", "DDS_0", "What counting alone would give", "统计涨落引起的差异", 2),
        ("head_rate", "{counts}/s", "R", "Net count rate of the head", "探头净计数率", 1),
        ("head_relative_pct", "%", "R/R_m - 1", "Rate of the head against the mean", "探头计数率与均值之差", 2),
        ("head_counts", "{counts}", "C", "Counts of the head", "探头计数", 0),
    ),
    parameters=HeadMatchingParameters,
    measure=measure,
    figures=("head", "rates", "table"),
)  # fmt: skip
"""The test, as registered."""
