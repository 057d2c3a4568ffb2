"""The strip of the last results of a test: one bar each, as high as its share of the limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from photopeak.model.judgement import Status

LENGTH = 14
"""Results on a strip."""
WIDTH = 56
HEIGHT = 14
_STEP = WIDTH // LENGTH
_LIMIT_AT = 0.8
"""Height of the limit, as a part of the strip."""
_LEAST, _MOST = 0.12, 1.0

_LOST = frozenset({Status.ERROR, Status.INVALID})


@dataclass(frozen=True, slots=True)
class Strip:
    """Lines of an SVG drawing: bars inside their limits, bars that warn or fail, and no results.

    Bars stand in the order of time, the newest at the right end.
    """

    good: str
    bad: str
    lost: str


def strip(results: Sequence[tuple[Status, float | None]]) -> Strip:
    """Draw results, the oldest first, of which the last ones are shown."""
    lines: dict[str, list[str]] = {"good": [], "bad": [], "lost": []}
    shown = results[-LENGTH:]
    start = LENGTH - len(shown)
    for place, (status, share) in enumerate(shown, start):
        kind = "lost" if status in _LOST else "good"
        if status in (Status.FAIL, Status.WARN):
            kind = "bad"
        part = 0.5 if share is None else share * _LIMIT_AT
        if kind == "lost":
            part = _LEAST * 2.0
        height = round(min(max(part, _LEAST), _MOST) * HEIGHT, 1)
        lines[kind].append(f"M{place * _STEP + 1.5:g} {HEIGHT}v-{height:g}")
    return Strip("".join(lines["good"]), "".join(lines["bad"]), "".join(lines["lost"]))
