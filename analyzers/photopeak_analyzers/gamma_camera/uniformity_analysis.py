"""The procedure of a flood test, from an acquisition to measurements, preconditions and figures.

Per detector and energy window: sum to the pixel of the clause, find the field of view, clear the
edge, smooth, measure, simulate the noise, check the conditions. Goal: two floods of 1024 x 1024
within 12 ms and of 256 x 256 within 5 ms, uncertainty and figures included.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.acquisition import AcquisitionKind, Counts, FrameStack
from photopeak_analyzers.contract import (
    Analysis,
    Inputs,
    Measurement,
    Note,
    Precondition,
    Role,
)
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.figures import Figure
from photopeak_analyzers.frames_by_head import HeadCounts, single_frames
from photopeak_analyzers.gamma_camera.uniformity import PreparedFlood, Text, prepare
from photopeak_analyzers.gamma_camera.uniformity_conditions import (
    Conditions,
    Observed,
    SourceGeometry,
    of_acquisition,
    of_flood,
    of_source,
)
from photopeak_analyzers.gamma_camera.uniformity_dome import fit_dome, without_dome
from photopeak_analyzers.gamma_camera.uniformity_figures import analysed_figures, flood_figure
from photopeak_analyzers.gamma_camera.uniformity_inputs import (
    ChosenField,
    UniformityParameters,
    choose_field,
)
from photopeak_analyzers.gamma_camera.uniformity_noise import FieldNoise, propagate_noise
from photopeak_analyzers.gamma_camera.uniformity_notes import places_note, remarks
from photopeak_analyzers.gamma_camera.uniformity_results import (
    counted,
    measurements_of,
    numbers_of,
)
from photopeak_analyzers.given import one, pixel_spacing_mm
from photopeak_analyzers.heads_alone import heads_alone
from photopeak_analyzers.numerics.binning import (
    NEMA_TARGET_MM,
    crop_to_blocks,
    matrix_centre,
    sum_blocks,
)
from photopeak_analyzers.numerics.field_of_view import CFOV_SCALE
from photopeak_analyzers.shorthand import as_suffix, in_words
from photopeak_analyzers.source_conditions import on_a_photopeak

UNFIT_WITH_DOME = ("acceptance",)
"""Purposes for which the source has to stand far enough. E.4.3, 3.3.1.1.1 c."""

FLOOD_ROLE = Role(
    name="flood",
    kinds=frozenset({AcquisitionKind.PLANAR, AcquisitionKind.DYNAMIC}),
    label="Flood",
    hint="One frame per detector and energy window; the frames of a dynamic flood are summed.",
)
"""The one input of the uniformity tests."""

LARGEST_FIGURE_PIXELS = 256
"""A flood is shown with at most this many pixels per side; blocks are summed as for the analysis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """One text of one test.

    Attributes
    ----------
    text
        Which mathematics.
    infix
        Stands in the keys of its metrics, empty or ``sys_``.
    conditions
        What is asked of the acquisition.
    factor
        Binning factor for a pixel of so many mm; None when the clause allows none.
    """

    text: Text
    infix: str
    conditions: Conditions
    factor: Callable[[float], int | None]


def analyze_floods(
    inputs: Inputs,
    parameters: UniformityParameters,
    procedure: Procedure,
    geometry: SourceGeometry | None = None,
) -> Analysis:
    """Measure the uniformity of every flood of an acquisition.

    Raises
    ------
    UnsuitableAcquisitionError
        If there is no flood, no pixel spacing, or nothing to analyse in any image.
    FitError
        If a dome is to be taken out and no image has one.
    """
    acquisition = one(inputs, FLOOD_ROLE, FrameStack)
    pixel_mm = pixel_spacing_mm(acquisition, parameters.pixel_spacing_mm)
    every = single_frames(acquisition)
    floods, notes = on_a_photopeak(acquisition, every, procedure.conditions.nuclides)
    side_mm = math.sqrt(pixel_mm[0] * pixel_mm[1])
    # With no factor allowed the nearest is taken all the same: the numbers are kept, never judged.
    factor = procedure.factor(side_mm) or max(1, round(NEMA_TARGET_MM / side_mm))
    run = _Run(
        acquisition=acquisition,
        parameters=parameters,
        procedure=procedure,
        geometry=SourceGeometry() if geometry is None else geometry,
        pixel_mm=pixel_mm,
        factor=factor,
        several=len(floods) > 1,
    )
    # Every head of a flood is meant: one that cannot be measured has no onlooker's excuse.
    results, left_out, voided = heads_alone(
        floods, run.measure, looked_on=lambda _: False, clause=procedure.conditions.clause
    )
    preconditions = [*of_acquisition(acquisition, every, procedure.conditions), *voided]
    measurements: list[Measurement] = []
    figures: list[Figure] = []
    for _, result in results:
        measurements.extend(result.measurements)
        preconditions.extend(result.preconditions)
        figures.extend(result.figures)
        notes.extend(result.notes)
    return Analysis(
        measurements=tuple(measurements),
        preconditions=tuple(preconditions),
        figures=tuple(figures),
        notes=(*notes, *left_out),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    measurements: list[Measurement]
    preconditions: list[Precondition]
    figures: tuple[Figure, ...]
    notes: list[Note]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Picture:
    """Counts to look at: blocks smaller than those of the analysis, `magnification` to a side."""

    image: Counts
    pixel_mm: tuple[float, float]
    magnification: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Run:
    """What all floods of one acquisition share."""

    acquisition: FrameStack
    parameters: UniformityParameters
    procedure: Procedure
    geometry: SourceGeometry
    pixel_mm: tuple[float, float]
    factor: int
    several: bool

    @property
    def binned_mm(self) -> tuple[float, float]:
        return (self.pixel_mm[0] * self.factor, self.pixel_mm[1] * self.factor)

    def bin(self, flood: HeadCounts) -> tuple[Counts, _Picture]:
        """Sum to the pixel of the analysis, by way of the picture to be shown."""
        whole = crop_to_blocks(flood.counts, self.factor)
        step = next(
            divisor
            for divisor in range(1, self.factor + 1)
            if self.factor % divisor == 0
            and (max(whole.shape) <= LARGEST_FIGURE_PIXELS * divisor or divisor == self.factor)
        )
        image = sum_blocks(whole, step)
        picture = _Picture(
            image=image,
            pixel_mm=(self.pixel_mm[0] * step, self.pixel_mm[1] * step),
            magnification=self.factor // step,
        )
        return sum_blocks(image, self.factor // step), picture

    def measure(self, flood: HeadCounts) -> _Result:
        binned, picture = self.bin(flood)
        scope, text = flood.scope, self.procedure.text
        shape = (binned.shape[0], binned.shape[1])
        middle = (
            matrix_centre(flood.counts.shape[0], self.factor),
            matrix_centre(flood.counts.shape[1], self.factor),
        )
        total = _total(flood.counts, binned, self.factor)
        if total <= 0.0:
            raise UnsuitableAcquisitionError(
                f"the image of {in_words(scope)} has no counts",
                quantity="counts in the image",
                value=total,
                bound=0.0,
            )
        detector = self.acquisition.detector(flood.detector)
        chosen = choose_field(
            self.parameters.configured_field(), detector, binned, self.binned_mm, middle, scope
        )
        central = chosen.field.scaled(CFOV_SCALE)
        ufov, cfov = (each.mask(shape, self.binned_mm, middle) for each in (chosen.field, central))
        notes = list(chosen.notes)
        counts = binned
        if self.geometry.take_dome_out:
            dome = fit_dome(binned, cfov, self.binned_mm, middle)
            counts = without_dome(binned, dome, self.binned_mm, middle, cfov)
            notes.append(
                Note(
                    code="DOME_CORRECTED",
                    message=f"the dome of a point source at {dome.distance_mm:.0f} mm was divided out",
                    scope=scope,
                    values=dataclasses.asdict(dome),
                    unfit_for=UNFIT_WITH_DOME,
                )
            )
        prepared = prepare(counts, ufov, cfov, text)
        numbers = numbers_of(prepared, text)
        centre = chosen.field.centre_pixel(self.binned_mm, middle)
        centre_counts, centre_pixels = _centre_counts(binned, centre)
        rate_cps = None if flood.duration_s is None else total / flood.duration_s
        observed = Observed(
            total_counts=total,
            centre_counts=centre_counts,
            mean_counts=float(prepared.counts[prepared.ufov].mean()),
            rate_cps=rate_cps,
            centroid_percent=_centroid_percent(binned, chosen, self.binned_mm, centre),
            pixels_beyond=chosen.field.pixels_beyond(shape, self.binned_mm, middle),
        )
        preconditions = of_flood(
            self.acquisition,
            flood,
            self.procedure.conditions,
            self.parameters,
            chosen=chosen,
            prepared=prepared,
            observed=observed,
            binned_mm=self.binned_mm,
        )
        notes.extend(
            places_note(fov, field, scope=scope, pixel_mm=self.binned_mm, centre=centre)
            for fov, field in numbers.items()
        )
        notes.extend(remarks(flood, prepared, chosen, observed.pixels_beyond))
        suffix, subject = (as_suffix(scope) if self.several else ""), in_words(scope)
        return _Result(
            measurements=[
                *measurements_of(
                    numbers,
                    self.noise(prepared),
                    infix=self.procedure.infix,
                    text=text,
                    scope=scope,
                ),
                *counted(
                    scope=scope,
                    total=total,
                    prepared=prepared,
                    centre_counts=centre_counts,
                    centre_pixels=centre_pixels,
                    rate_cps=rate_cps,
                    duration_s=flood.duration_s,
                    pixel_mm=math.sqrt(self.binned_mm[0] * self.binned_mm[1]),
                    factor=self.factor,
                ),
            ],
            preconditions=[
                *preconditions,
                *of_source(self.geometry, chosen, scope, self.procedure.conditions.clause),
            ],
            figures=(
                flood_figure(
                    "flood" + suffix,
                    f"Flood, {subject}",
                    picture.image,
                    pixel_mm=picture.pixel_mm,
                    magnification=picture.magnification,
                    fields=(("UFOV", chosen.field), ("CFOV", central)),
                    matrix_centre=middle,
                    prepared=prepared,
                    extremes=numbers["ufov"].integral,
                    differential=numbers["ufov"].differential,
                ),
                *analysed_figures(suffix, subject, prepared, self.binned_mm, centre),
            ),
            notes=notes,
        )

    def noise(self, prepared: PreparedFlood) -> tuple[FieldNoise, FieldNoise]:
        """Simulate the noise of a flood; each starts anew, whatever other floods there are."""
        return propagate_noise(
            prepared,
            self.procedure.text,
            rng=np.random.default_rng(self.parameters.noise_seed),
            draws=self.parameters.noise_draws,
        )


def _total(counts: Counts, binned: Counts, factor: int) -> float:
    """Return the counts of the whole image, from the blocks when nothing was cropped."""
    cropped = any(size % factor for size in counts.shape)
    return float((counts if cropped else binned).sum())


def _centre_counts(binned: Counts, centre: tuple[float, float]) -> tuple[float, int]:
    """Return the mean count of the pixels that hold the centre of the field, and their number.

    One pixel, or the two or four whose common border it lies on.
    """
    spans = []
    for position, size in zip(centre, binned.shape, strict=True):
        first = min(max(math.ceil(position - 0.5 - 1e-6), 0), size - 1)
        last = min(max(math.floor(position + 0.5 + 1e-6), 0), size - 1)
        spans.append(slice(first, last + 1))
    pixels = binned[tuple(spans)]
    return float(pixels.mean()), int(pixels.size)


def _centroid_percent(
    binned: Counts,
    chosen: ChosenField,
    binned_mm: tuple[float, float],
    centre: tuple[float, float],
) -> tuple[float, float]:
    """Return (row, column) offset of the centroid from the centre of the UFOV, in % of its size."""
    sizes = (chosen.field.height_mm, chosen.field.width_mm)
    offsets = []
    for axis in (0, 1):
        profile = binned.sum(axis=1 - axis, dtype=np.float64)
        centroid = float(profile @ np.arange(profile.size)) / float(profile.sum())
        offsets.append(100.0 * (centroid - centre[axis]) * binned_mm[axis] / sizes[axis])
    return offsets[0], offsets[1]
