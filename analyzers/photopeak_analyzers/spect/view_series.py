"""A sheet source fixed to a head: what each view of a rotation counts, and how uniform it is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Tomographic
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.gamma_camera.field_parameters import FieldParameters
from photopeak_analyzers.gamma_camera.uniformity import Text, percent_of, prepare
from photopeak_analyzers.gamma_camera.uniformity_inputs import ChosenField, choose_field
from photopeak_analyzers.numerics.binning import matrix_centre, nearest_factor, sum_blocks
from photopeak_analyzers.numerics.field_of_view import PixelMask
from photopeak_analyzers.numerics.sinusoid import Sinusoid, fit_sinusoid
from photopeak_analyzers.numerics.smoothing import smooth
from photopeak_analyzers.shorthand import in_words
from photopeak_analyzers.spect.reconstruction import Floats
from photopeak_analyzers.spect.rotation_views import Views

LEAST_PIXELS = 100
"""Of a UFOV after summing blocks; fewer show no uniformity."""

RANGE_DRAWS = 400
"""How often the counts of the views are drawn; they are some dozens of numbers."""

CFOV_SHARE = 0.75
"""Every dimension of the CFOV over that of the UFOV. GB/T 18989-2013 2.3.2.2."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ViewSeries:
    """The views of one head in one energy window, in the order of their angle.

    Attributes
    ----------
    chosen, mask, pixel_mm
        The UFOV, its pixels after summing blocks, without those that the sum of all views clears
        at the edge, and the spacing of these.
    cleared_percent
        Share of the pixels of the UFOV that were cleared.
    summed
        All views together, in these pixels.
    counts
        Counts of each view in the UFOV, as they are.
    relative
        Counts in the UFOV, corrected for decay and duration, over their mean.
    uncertainty
        Of `relative`, from counting.
    iu_percent
        Integral uniformity of each view after the nine-point smoothing, in percent.
    duration_s
        Of a view; None when one of them is not known.
    decay_percent
        What decays from the first to the last view; None without a known nuclide.
    """

    views: Views
    chosen: ChosenField
    mask: PixelMask
    cleared_percent: float
    pixel_mm: tuple[float, float]
    summed: Floats
    counts: Floats
    relative: Floats
    uncertainty: Floats
    iu_percent: Floats
    duration_s: float | None
    decay_percent: float | None

    @property
    def range_percent(self) -> float:
        """Largest less smallest relative count, in percent of the mean."""
        return 100.0 * float(np.ptp(self.relative))

    @property
    def summed_iu_percent(self) -> float:
        """Integral uniformity of all views together."""
        return float(uniformities(self.summed[None], self.mask)[0])

    @property
    def chi_square(self) -> float:
        """Chi square of the relative counts about their mean, by degree of freedom."""
        pulls = (self.relative - 1.0) / self.uncertainty
        return float((pulls**2).sum()) / max(self.relative.size - 1, 1)

    @property
    def chi_square_uncertainty(self) -> float:
        """Of `chi_square`: what is beyond 1 is no chance, and makes it vary the more."""
        freedom = max(self.relative.size - 1, 1)
        return math.sqrt(2.0 * (1.0 + 2.0 * max(self.chi_square - 1.0, 0.0)) / freedom)

    @property
    def course(self) -> Sinusoid:
        """Sine of the angle that the relative counts follow: gravity and the field of the earth."""
        return fit_sinusoid(self.views.angles_deg, self.relative, self.uncertainty)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseOfRanges:
    """Ranges that counting alone makes, and how much they vary."""

    sensitivity_floor: float
    sensitivity_spread: float
    uniformity_floor: float
    uniformity_spread: float


def view_series(
    acquisition: Tomographic,
    views: Views,
    pixel_mm: tuple[float, float],
    half_life_s: float | None,
    interval_s: float | None,
    parameters: FieldParameters,
) -> ViewSeries:
    """Return the views of one head.

    Parameters
    ----------
    half_life_s
        Of the nuclide; without it nothing is corrected for decay.
    interval_s
        From the start of a view to the start of the next; without it, their duration.
    """
    factor = nearest_factor(math.sqrt(pixel_mm[0] * pixel_mm[1])) or 1
    binned = np.asarray(sum_blocks(views.frames_of(acquisition), factor), dtype=np.float64)
    spacing = (pixel_mm[0] * factor, pixel_mm[1] * factor)
    rows, columns = acquisition.counts.shape[1:]
    centre = (matrix_centre(rows, factor), matrix_centre(columns, factor))
    summed = binned.sum(axis=0)
    chosen = choose_field(
        parameters.configured_field(),
        acquisition.detector(views.detector),
        summed,
        spacing,
        centre,
        views.scope,
    )
    shape = (summed.shape[0], summed.shape[1])
    prepared = prepare(
        summed,
        chosen.field.mask(shape, spacing, centre),
        chosen.field.scaled(CFOV_SHARE).mask(shape, spacing, centre),
        Text.NEMA,
    )
    mask = prepared.ufov
    if prepared.geometric_pixels < LEAST_PIXELS:
        raise UnsuitableAcquisitionError(
            f"{in_words(views.scope)} has {prepared.geometric_pixels} pixels of {spacing[1]:g} mm"
            f" in the UFOV, needs {LEAST_PIXELS}",
            quantity="pixels of the UFOV",
            value=prepared.geometric_pixels,
            bound=LEAST_PIXELS,
        )
    counts = binned[:, mask].sum(axis=1)
    durations = [acquisition.frames[p].duration_s for p in views.positions]
    known = [d for d in durations if d is not None and math.isfinite(d) and d > 0.0]
    duration = float(np.mean(known)) if len(known) == len(durations) else None
    weight = np.ones(counts.size)
    if duration is not None:
        weight = duration / np.array(known)
    elapsed = _elapsed_s(acquisition, views, interval_s or duration)
    decay = None
    if half_life_s is not None and elapsed is not None:
        weight *= np.exp2(elapsed / half_life_s)
        decay = 100.0 * (1.0 - 2.0 ** (-float(np.ptp(elapsed)) / half_life_s))
    corrected = counts * weight
    mean = max(float(corrected.mean()), 1e-12)
    return ViewSeries(
        views=views,
        chosen=chosen,
        mask=mask,
        cleared_percent=100.0 * prepared.removed_pixels / prepared.geometric_pixels,
        pixel_mm=spacing,
        summed=summed,
        counts=counts,
        relative=corrected / mean,
        uncertainty=np.sqrt(np.maximum(counts, 1.0)) * weight / mean,
        iu_percent=uniformities(binned, mask),
        duration_s=duration,
        decay_percent=decay,
    )


def uniformities(images: Floats, mask: PixelMask) -> Floats:
    """Return the integral uniformity of each image over a mask, in percent."""
    inside = smooth(images, mask)[:, mask]
    highest, lowest = inside.max(axis=1), np.maximum(inside.min(axis=1), 0.0)
    # Nothing at all is as far from uniform as one pixel alone.
    return np.asarray(percent_of(np.where(highest > 0.0, highest, 1.0), lowest))


def noise_of_ranges(series: ViewSeries, rng: np.random.Generator, draws: int) -> NoiseOfRanges:
    """Draw views that differ by counting alone, as bright as the measured ones on average.

    The range of the sensitivity is drawn about what chi square leaves of the measured course: its noise
    would count twice.
    """
    expected = series.summed / series.counts.size
    noise = np.sqrt(expected)
    kept = math.sqrt(max(0.0, 1.0 - 1.0 / max(series.chi_square, 1e-12)))
    course = 1.0 + kept * (series.relative - 1.0)
    drawn_iu = []
    for _ in range(draws):
        views = expected + noise * rng.standard_normal((series.counts.size, *expected.shape))
        drawn_iu.append(float(np.ptp(uniformities(views, series.mask))))
    chance = series.uncertainty * rng.standard_normal((RANGE_DRAWS, series.counts.size))
    ranges = np.ptp(course + chance, axis=1)
    return NoiseOfRanges(
        sensitivity_floor=100.0 * float(np.mean(np.ptp(chance, axis=1))),
        sensitivity_spread=100.0 * float(np.std(ranges, ddof=1)),
        uniformity_floor=float(np.mean(drawn_iu)),
        uniformity_spread=float(np.std(drawn_iu, ddof=1)),
    )


def _elapsed_s(
    acquisition: Tomographic, views: Views, interval_s: float | None
) -> NDArray[np.float64] | None:
    """Return the seconds from the first view to each; frames are stored in the order of time."""
    started = [acquisition.frames[p].started_at for p in views.positions]
    moments = [each for each in started if each is not None]
    if len(moments) == len(started) and len(set(moments)) == len(moments):
        return np.array([(each - min(moments)).total_seconds() for each in moments])
    if interval_s is None:
        return None
    return np.asarray(np.argsort(np.argsort(views.positions)) * interval_s, dtype=np.float64)
