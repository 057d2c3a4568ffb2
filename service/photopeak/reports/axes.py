"""Axes of a plot: what they cover, their ticks, linear or logarithmic."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak.reports.text import THIN_SPACE, number_text
from photopeak_analyzers.figures import Scale

_ROOM = 0.03
_BETWEEN = ((1.6, (1.0, 2.0, 5.0)), (3.2, (1.0, 3.0)))
"""Within so many decades a logarithmic axis has these ticks in each: the names keep apart."""
_MOST_DECADES = 8


@dataclass(frozen=True, slots=True)
class Span:
    """What an axis covers: `low` to `high` (of the logarithm where `scale` is one), with ticks."""

    low: float
    high: float
    ticks: tuple[float, ...]
    scale: Scale

    def tick_text(self, value: float) -> str:
        """Return a tick as it is written beside the axis."""
        if self.scale is Scale.LOG and len(self.ticks) > 1:
            return _alone(value)
        return _as_one_of(value, self.ticks)


@dataclass(frozen=True, slots=True)
class Axis:
    """Maps the values of a span to coordinates between `start` and `end`."""

    span: Span
    start: float
    end: float

    @property
    def ticks(self) -> tuple[float, ...]:
        """The values at which there is a tick."""
        return self.span.ticks

    def at(self, value: float) -> float:
        """Return the coordinate of a value."""
        place = math.log10(value) if self.span.scale is Scale.LOG else value
        share = (place - self.span.low) / (self.span.high - self.span.low)
        return self.start + share * (self.end - self.start)


def shown(values: NDArray[np.float64], scale: Scale) -> NDArray[np.float64]:
    """Return the values that an axis can show; NaN for what has no place on a logarithmic one."""
    array = np.asarray(values, float)
    return np.where(array > 0.0, array, np.nan) if scale is Scale.LOG else array


def span(
    arrays: list[NDArray[np.float64]],
    more: list[float],
    marks: list[NDArray[np.float64]],
    *,
    scale: Scale,
    wanted: int,
    whole: bool = False,
) -> Span:
    """Return what an axis has to cover.

    Parameters
    ----------
    arrays, more
        The values of the curves and single ones; what an axis of this scale cannot show is left
        out.
    marks
        Those among them that are drawn as marks, which do not lie on the frame.
    wanted
        About how many ticks a linear axis has.
    whole
        Keep ticks between whole numbers away: heads and places are numbered.
    """
    if scale is Scale.LOG:
        arrays, marks = [_logarithms(a) for a in arrays], [_logarithms(a) for a in marks]
        more = [math.log10(v) for v in more if v > 0.0]
    low, high = _extent(arrays, more)
    ticks = _decades(low, high) if scale is Scale.LOG else _ticks(low, high, wanted)
    if whole:
        ticks = tuple(tick for tick in ticks if abs(tick - round(tick)) < 1e-9) or ticks
    low, high = _roomy(low, high, marks, zero=scale is Scale.LINEAR)
    return Span(low, high, ticks, scale)


def _logarithms(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.log10(shown(values, Scale.LOG))


def _roomy(
    low: float, high: float, marks: list[NDArray[np.float64]], *, zero: bool
) -> tuple[float, float]:
    """Return the ends of an axis: no mark on the frame, but at the `zero` of a linear axis."""
    room = _ROOM * (high - low)
    lowest, highest = _extent(marks, []) if marks else (math.inf, -math.inf)
    if lowest < low + room and not (zero and lowest == 0.0):
        # What is never negative gets no room below zero.
        low = max(low - room, 0.0) if zero and low >= 0.0 else low - room
    if highest > high - room and not (zero and highest == 0.0):
        high += room
    return low, high


def _extent(arrays: list[NDArray[np.float64]], more: list[float]) -> tuple[float, float]:
    values = [float(v) for v in more if math.isfinite(v)]
    for array in arrays:
        finite = np.asarray(array, float)
        finite = finite[np.isfinite(finite)]
        if finite.size:
            values += [float(finite.min()), float(finite.max())]
    if not values:
        return (0.0, 1.0)
    low, high = min(values), max(values)
    if high - low <= 1e-12 * max(abs(low), abs(high), 1e-300):
        pad = abs(low) * 0.05 or 1.0
        return (low - pad, high + pad)
    return (low, high)


def _ticks(low: float, high: float, wanted: int) -> tuple[float, ...]:
    """Return round values that cover `low` to `high` inside, about `wanted` of them."""
    raw = (high - low) / max(wanted, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(f * power for f in (1.0, 2.0, 2.5, 5.0, 10.0) if f * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return tuple(i * step for i in range(first, last + 1)) or (low, high)


def _decades(low: float, high: float) -> tuple[float, ...]:
    """Return the powers of ten between two logarithms, and values between them where few are."""
    factors = next((f for decades, f in _BETWEEN if high - low <= decades), (1.0,))
    powers = range(math.floor(low), math.floor(high) + 1)
    thin = max(1, math.ceil(len(powers) / _MOST_DECADES))
    found = tuple(f * 10.0**p for p in powers[::thin] for f in factors)
    inside = tuple(v for v in found if low - 1e-9 <= math.log10(v) <= high + 1e-9)
    if len(inside) > 1:
        return inside
    # Within less than a factor of two values lie nearly as on a linear axis.
    return _ticks(10.0**low, 10.0**high, 4)


def _alone(value: float) -> str:
    """Return a tick that its neighbours tell nothing about, in as few digits as it has."""
    if not 1e-3 <= value < 1e6:
        return number_text(value)
    return _grouped(value) if value >= 10_000.0 else f"{value:.10g}"


def _as_one_of(value: float, ticks: tuple[float, ...]) -> str:
    """Return a tick with the decimals that tell it from the others."""
    step = abs(ticks[1] - ticks[0]) if len(ticks) > 1 else abs(value) or 1.0
    largest = max(abs(t) for t in ticks)
    if largest >= 1e6 or (largest and largest < 1e-3):
        return number_text(0.0 if abs(value) < step * 1e-6 else value)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    if abs(step * 10**decimals - round(step * 10**decimals)) > 1e-6:
        decimals += 1
    text = number_text(value, decimals)
    return _grouped(value) if abs(value) >= 10_000.0 and decimals == 0 else text


def _grouped(value: float) -> str:
    return f"{round(value):,}".replace(",", THIN_SPACE)
