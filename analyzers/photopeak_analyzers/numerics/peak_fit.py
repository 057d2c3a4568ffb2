"""Peaks of a spectrum fitted together: Gaussians of one width scale on a straight baseline.

The model is integrated over each channel, so that narrow peaks have their areas, which are parameters of
their own with a covariance. Each channel weighs by the counts that the model of the round before
expects of it: weights by the counts themselves pull areas down by about chi-square.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photopeak_analyzers.errors import FitError
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.profiles import FWHM_PER_SIGMA

REACH_FWHM = 2.5
"""FWHM beyond the outer peaks that are fitted unless told otherwise: there the baseline shows."""

MOST_PEAKS = 12
"""That are fitted together."""

FARTHEST_FWHM = 1.0
"""FWHM that a peak may move from where it was expected."""

LEAST_WIDTH, LARGEST_WIDTH = 0.3, 3.0
"""Between which the fitted width may lie, over the expected one."""

_ROUNDS = 4
_MOST_EVALUATIONS = 200

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PeakFit:
    """Peaks that were fitted together.

    Attributes
    ----------
    values
        Area and position of each peak in turn, then the scale of the widths, then the baseline in
        the middle of the range, in counts per channel, and its slope.
    covariance
        Of the values; scaled by chi square per degree of freedom where that exceeds 1.
    expected_fwhm
        Of each peak in channels, which the scale multiplies.
    first, last
        Channels that were fitted, both included.
    """

    values: Floats
    covariance: Floats
    expected_fwhm: Floats
    first: int
    last: int
    reduced_chi_square: float

    @property
    def peaks(self) -> int:
        """How many there are."""
        return self.expected_fwhm.size

    def area(self, peak: int = 0) -> Estimate:
        """Return the counts of a peak, baseline excluded."""
        return self._estimate(2 * peak)

    def position(self, peak: int = 0) -> Estimate:
        """Return the middle of a peak in channels."""
        return self._estimate(2 * peak + 1)

    def fwhm(self, peak: int = 0) -> Estimate:
        """Return the full width at half maximum of a peak in channels."""
        scale, expected = self._estimate(2 * self.peaks), float(self.expected_fwhm[peak])
        return Estimate(value=scale.value * expected, uncertainty=scale.uncertainty * expected)

    def at(self, channels: ArrayLike) -> Floats:
        """Return peaks and baseline in channels, in counts per channel."""
        return _model(
            np.asarray(channels, dtype=np.float64), self.values, self.expected_fwhm, self._middle
        )

    def baseline_at(self, channels: ArrayLike) -> Floats:
        """Return the baseline alone."""
        across = np.asarray(channels, dtype=np.float64)
        return np.asarray(self.values[-2] + self.values[-1] * (across - self._middle))

    @property
    def _middle(self) -> float:
        return (self.first + self.last) / 2.0

    def _estimate(self, index: int) -> Estimate:
        variance = max(float(self.covariance[index, index]), 0.0)
        return Estimate(value=float(self.values[index]), uncertainty=math.sqrt(variance))


def fit_peaks(
    counts: ArrayLike,
    positions: ArrayLike,
    fwhm: ArrayLike,
    *,
    around: tuple[int, int] | None = None,
) -> PeakFit:
    """Fit the peaks near given positions.

    Parameters
    ----------
    counts
        As they were counted, the whole spectrum.
    positions
        Where the peaks are expected, in channels.
    fwhm
        Expected width in channels, one for all or one for each; one scale of all is fitted.
    around
        First and last channel of the range; from :data:`REACH_FWHM` before the first peak to as much
        behind the last one if not given.

    Raises
    ------
    FitError
        If there are too few channels, or the fit does not settle near the positions.
    """
    spectrum = np.asarray(counts, dtype=np.float64)
    places = np.atleast_1d(np.asarray(positions, dtype=np.float64))
    widths = np.array(np.broadcast_to(np.asarray(fwhm, dtype=np.float64), places.shape))
    first, last = _range(spectrum, places, widths, around)
    across = np.arange(first, last + 1, dtype=np.float64)
    value = spectrum[first : last + 1]
    middle = (first + last) / 2.0
    values = _start(across, value, places, widths, middle)
    expected = np.maximum(_smoothed(value), 1.0)
    chi_square = 0.0
    for _ in range(_ROUNDS):
        noise = np.sqrt(expected)
        values, chi_square = _settle(across, value, noise, values, widths, middle)
        expected = np.maximum(_model(across, values, widths, middle), 1.0)
    _refuse_strays(values, places, widths)
    freedom = across.size - values.size
    reduced = chi_square / freedom
    slopes = _slopes(across, values, widths, middle) / np.sqrt(expected)[:, None]
    length = np.linalg.norm(slopes, axis=0)
    if not (length > 0.0).all():
        raise FitError("the channels do not determine the peaks", quantity="condition")
    try:
        inverse = np.linalg.inv((slopes / length).T @ (slopes / length))
    except np.linalg.LinAlgError as error:
        raise FitError("the channels do not determine the peaks", quantity="condition") from error
    covariance = inverse / np.outer(length, length) * max(reduced, 1.0)
    if not np.isfinite(covariance).all():
        raise FitError("the channels do not determine the peaks", quantity="condition")
    return PeakFit(
        values=values,
        covariance=covariance,
        expected_fwhm=widths,
        first=first,
        last=last,
        reduced_chi_square=reduced,
    )


def _settle(
    across: Floats, value: Floats, noise: Floats, start: Floats, widths: Floats, middle: float
) -> tuple[Floats, float]:
    """Return the values and chi square of one round."""
    from scipy import optimize  # not at import: the catalogue of tests is read without it

    top = max(float(value.max()), 1.0)
    span = float(across[-1] - across[0])
    scale = np.array(
        [top * float(widths.mean()), float(widths.mean())] * widths.size + [1.0, top, top / span]
    )

    def weighted_residuals(values: Floats) -> Floats:
        return np.asarray((_model(across, values, widths, middle) - value) / noise)

    def weighted_slopes(values: Floats) -> Floats:
        return np.asarray(_slopes(across, values, widths, middle) / noise[:, None])

    found = optimize.least_squares(
        weighted_residuals,
        start,
        weighted_slopes,
        method="lm",
        x_scale=scale,
        max_nfev=_MOST_EVALUATIONS,
    )
    values = np.asarray(found.x, dtype=np.float64)
    values[-3] = abs(values[-3])
    if not (found.success and np.isfinite(values).all()):
        raise FitError(
            f"the fit of {widths.size} peaks did not settle in {_MOST_EVALUATIONS} evaluations",
            quantity="evaluations of the fit",
            bound=float(_MOST_EVALUATIONS),
        )
    return values, 2.0 * float(found.cost)


def _model(x: Floats, values: Floats, widths: Floats, middle: float) -> Floats:
    from scipy import special

    total = values[-2] + values[-1] * (x - middle)
    for peak, width in enumerate(widths):
        sigma = max(abs(values[-3]) * width / FWHM_PER_SIGMA, 1e-6)
        area, position = values[2 * peak], values[2 * peak + 1]
        total = total + area * (
            special.ndtr((x + 0.5 - position) / sigma) - special.ndtr((x - 0.5 - position) / sigma)
        )
    return np.asarray(total)


def _slopes(x: Floats, values: Floats, widths: Floats, middle: float) -> Floats:
    """Return the derivatives of the model by its values, shape ``(channels, values)``."""
    from scipy import special

    columns, by_scale = [], np.zeros_like(x)
    scale = max(abs(values[-3]), 1e-6)
    for peak, width in enumerate(widths):
        sigma = max(scale * width / FWHM_PER_SIGMA, 1e-6)
        area, position = values[2 * peak], values[2 * peak + 1]
        upper, lower = (x + 0.5 - position) / sigma, (x - 0.5 - position) / sigma
        bell_up, bell_low = (np.exp(-0.5 * z**2) / math.sqrt(2.0 * math.pi) for z in (upper, lower))
        columns.append(special.ndtr(upper) - special.ndtr(lower))
        columns.append(-area * (bell_up - bell_low) / sigma)
        by_scale = by_scale - area * (upper * bell_up - lower * bell_low) / scale
    return np.stack([*columns, by_scale, np.ones_like(x), x - middle], axis=1)


def _start(x: Floats, y: Floats, places: Floats, widths: Floats, middle: float) -> Floats:
    """Solve for areas and baseline with places and widths as expected."""
    values = np.zeros(2 * places.size + 3)
    values[1 : 2 * places.size : 2] = places
    values[0 : 2 * places.size : 2] = 1.0
    values[-3] = 1.0
    linear = [*range(0, 2 * places.size, 2), values.size - 2, values.size - 1]
    design = _slopes(x, values, widths, middle)[:, linear]
    weight = 1.0 / np.sqrt(np.maximum(_smoothed(y), 1.0))
    solved, *_ = np.linalg.lstsq(design * weight[:, None], y * weight, rcond=None)
    values[linear] = solved
    return values


def _smoothed(y: Floats) -> Floats:
    """Return means of three neighbours, for weights that do not follow the noise of one channel."""
    padded = np.pad(y, 1, mode="edge")
    return np.asarray((padded[:-2] + padded[1:-1] + padded[2:]) / 3.0)


def _range(
    spectrum: Floats, places: Floats, widths: Floats, around: tuple[int, int] | None
) -> tuple[int, int]:
    sound = np.isfinite(places).all() and np.isfinite(widths).all() and (widths > 0.0).all()
    if not (sound and 1 <= places.size <= MOST_PEAKS):
        raise FitError(
            f"{places.size} peaks are to be fitted together, needs 1 to {MOST_PEAKS} with a place"
            " and a width",
            quantity="peaks",
            value=float(places.size),
            bound=f"1 to {MOST_PEAKS}",
        )
    if around is None:
        first = math.floor(float((places - REACH_FWHM * widths).min()))
        last = math.ceil(float((places + REACH_FWHM * widths).max()))
    else:
        first, last = around
    first, last = max(first, 0), min(last, spectrum.size - 1)
    needed = 2 * places.size + 4
    if last - first + 1 < needed:
        raise FitError(
            f"{max(last - first + 1, 0)} channels are there for {places.size} peaks, needs {needed}",
            quantity="channels",
            value=float(max(last - first + 1, 0)),
            bound=float(needed),
        )
    return first, last


def _refuse_strays(values: Floats, places: Floats, widths: Floats) -> None:
    scale = float(values[-3])
    if not LEAST_WIDTH <= scale <= LARGEST_WIDTH:
        raise FitError(
            f"the fitted peaks are {scale:.3g} times as wide as expected, needs {LEAST_WIDTH:g} to"
            f" {LARGEST_WIDTH:g}",
            quantity="width of the peaks",
            value=scale,
            bound=f"{LEAST_WIDTH:g} to {LARGEST_WIDTH:g}",
        )
    for expected, found, width in zip(places, values[1::2], widths, strict=False):
        if abs(found - expected) > FARTHEST_FWHM * width * max(scale, 1.0):
            raise FitError(
                f"the fitted peak lies at channel {found:.2f}, {abs(found - expected):.2f} from"
                f" where it was expected, needs at most {FARTHEST_FWHM * width:.2f}",
                quantity="place of the peak",
                value=float(found),
                bound=float(expected),
            )
