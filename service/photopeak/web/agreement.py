"""Where two heads or systems agree: each day's difference over its mean, after Bland and Altman.

Drawn as an SVG document of paths, so that it needs no script and prints as it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from photopeak.model.trends import Comparison, PairedDay

WIDTH, HEIGHT = 720, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 84, 12, 42
_ROOM = 0.06
_TICKS_ACROSS, _TICKS_UP = 8, 5
_LABEL_HEIGHT = 13.0


@dataclass(frozen=True, slots=True)
class Tick:
    """A value beside an axis, at a place in the drawing."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Level:
    """A line across the drawing: of no difference, the mean, or a limit of agreement."""

    at: float
    kind: str
    text: str
    text_at: float


@dataclass(frozen=True, slots=True)
class AgreementPlot:
    """The drawing: dots as the path of a pen that is put down, and what stands around them."""

    dots: str
    apart: str
    levels: tuple[Level, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    top: int = _TOP
    bottom: int = HEIGHT - _BOTTOM
    width: int = WIDTH
    height: int = HEIGHT


def agreement_plot(found: Comparison) -> AgreementPlot | None:
    """Return the drawing of a comparison; None for too few days."""
    if found.mean is None or not found.days:
        return None
    means = [0.5 * (day.first + day.second) for day in found.days]
    lines = [(0.0, "zero", ""), (found.mean, "mean", f"{found.mean:+.3g}")]
    lines += [
        (bound, "bound", f"{bound:+.3g}")
        for bound in (found.agreement_lower, found.agreement_upper)
        if bound is not None
    ]
    across = _Axis(means, _LEFT, WIDTH - _RIGHT, _TICKS_ACROSS)
    up = _Axis(
        [*(day.difference for day in found.days), *(value for value, _, _ in lines)],
        HEIGHT - _BOTTOM,
        _TOP,
        _TICKS_UP,
    )

    def dots(days: Sequence[PairedDay]) -> str:
        return "".join(
            f"M{across.place(0.5 * (day.first + day.second)):.1f} {up.place(day.difference):.1f}h0"
            for day in days
        )

    return AgreementPlot(
        dots=dots([day for day in found.days if not day.flagged]),
        apart=dots([day for day in found.days if day.flagged]),
        levels=_named([(up.place(value), kind, text) for value, kind, text in lines]),
        across=across.ticks(),
        up=up.ticks(),
    )


def _named(lines: Sequence[tuple[float, str, str]]) -> tuple[Level, ...]:
    """Return the lines from the top down, their names moved apart."""
    found: list[Level] = []
    lowest = -math.inf
    for at, kind, text in sorted(lines):
        place = at
        if text:
            place = lowest = max(at, lowest + _LABEL_HEIGHT)
        found.append(Level(round(at, 1), kind, text, round(place + 4.0, 1)))
    return tuple(found)


class _Axis:
    """Maps values to places between `start` and `end`, with some room on either side."""

    def __init__(self, values: Sequence[float], start: float, end: float, wanted: int) -> None:
        low, high = min(values), max(values)
        room = _ROOM * ((high - low) or abs(high) or 1.0)
        self._low, self._high = low - room, high + room
        self._start, self._end = start, end
        self._wanted = wanted

    def place(self, value: float) -> float:
        share = (value - self._low) / (self._high - self._low)
        return self._start + share * (self._end - self._start)

    def ticks(self) -> tuple[Tick, ...]:
        rough = (self._high - self._low) / self._wanted
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(power * n for n in (1.0, 2.0, 5.0, 10.0) if power * n >= rough)
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        first, last = math.ceil(self._low / step), math.floor(self._high / step)
        return tuple(
            Tick(round(self.place(n * step), 1), f"{n * step:.{decimals}f}")
            for n in range(first, last + 1)
        )
