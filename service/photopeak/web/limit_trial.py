"""What a limit would have said of the latest results, before anybody puts it in force."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from photopeak.evaluation.bounds import Bounds
from photopeak.model.judgement import Status
from photopeak.model.trends import TrendPoint
from photopeak.trends.foresight import LATEST
from photopeak.web.trend_views import lead
from photopeak.web.values import value_text
from photopeak.web.words import Words

TRIED = ("at_least", "at_most")
"""Parameters of a trial: the bounds, both inclusive."""

_NAMED = 5
"""Results beyond the bounds that are named, the latest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A limit that somebody tries: what was asked for, what it says, and of which results."""

    at_least: str
    at_most: str
    say: str = ""
    fault: str = ""
    beyond: tuple[tuple[str, datetime, str], ...] = ()


def limit_trial(points: Sequence[TrendPoint], query: Mapping[str, str], words: Words) -> Trial:
    """Return what the bounds of an address would say of points that count, the first measured first."""
    at_least, at_most = (query.get(name, "").strip()[:24] for name in TRIED)
    asked = Trial(at_least=at_least, at_most=at_most)
    if not at_least and not at_most:
        return asked
    try:
        lower, upper = _number(at_least), _number(at_most)
    except ValueError:
        return replace(asked, fault=words("A bound is a number, such as 4.5."))
    if lower is not None and upper is not None and lower > upper:
        return replace(asked, fault=words("The lower bound is above the upper one."))
    bounds = Bounds(lower=lower, upper=upper)
    latest = points[-LATEST:]
    beyond = [p for p in latest if bounds.status(p.value) is Status.FAIL]
    now = sum((verdict := lead(p)) is not None and verdict.status is Status.FAIL for p in latest)
    return replace(
        asked,
        say=words(
            "Of the last {count} results it would fail {flagged}; the limits in force failed {now}.",
            count=len(latest),
            flagged=len(beyond),
            now=now,
        ),
        beyond=tuple((p.result_id, p.at, value_text(p)) for p in reversed(beyond[-_NAMED:])),
    )


def _number(text: str) -> float | None:
    if not text:
        return None
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is no bound")
    return value
