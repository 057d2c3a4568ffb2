"""The bounds of a limit as values of its metric, and where a value lies."""

from __future__ import annotations

import math
from dataclasses import dataclass

from photopeak.model.judgement import Baseline, BaselineForm, Limit, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Inclusive bounds in the unit of the metric; None for no bound."""

    lower: float | None = None
    upper: float | None = None
    warn_lower: float | None = None
    warn_upper: float | None = None

    def status(self, value: float) -> Status:
        """Return PASS, WARN or FAIL."""
        if not _inside(value, self.lower, self.upper):
            return Status.FAIL
        if not _inside(value, self.warn_lower, self.warn_upper):
            return Status.WARN
        return Status.PASS

    def met(self, value: float) -> bool:
        """Tell whether a value keeps the limit; where there is only a warning band, that one."""
        if self.lower is None and self.upper is None:
            return _inside(value, self.warn_lower, self.warn_upper)
        return _inside(value, self.lower, self.upper)


def resolve(limit: Limit, baseline: Baseline | None) -> Bounds | None:
    """Return the bounds of a limit; None when they count from a baseline that cannot serve.

    With the baseline value B and its spread s, a bound x stands for B + x (``absolute``),
    B + abs(B) x / 100 (``relative_percent``), or B + x s (``standard_deviations``). A baseline of
    zero has no percentage, and one without a spread no standard deviations.
    """
    if limit.form is None:
        scale, origin = 1.0, 0.0
    elif baseline is None:
        return None
    else:
        origin = baseline.value
        match limit.form:
            case BaselineForm.ABSOLUTE:
                scale = 1.0
            case BaselineForm.RELATIVE_PERCENT:
                scale = abs(baseline.value) / 100.0
            case BaselineForm.STANDARD_DEVIATIONS:
                scale = baseline.spread or 0.0
        if not scale > 0.0:
            return None

    def value(bound: float | None) -> float | None:
        return None if bound is None else origin + bound * scale

    return Bounds(
        lower=value(limit.lower),
        upper=value(limit.upper),
        warn_lower=value(limit.warn_lower),
        warn_upper=value(limit.warn_upper),
    )


def _inside(value: float, lower: float | None, upper: float | None) -> bool:
    # Written so that a value that is no number is never inside.
    return (
        (lower is None or value >= lower)
        and (upper is None or value <= upper)
        and not math.isnan(value)
    )
