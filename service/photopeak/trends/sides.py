"""On which sides a metric is watched: what is skewed and bounded below is bad only when high."""

from __future__ import annotations

import re
from collections.abc import Iterable

from photopeak.model.judgement import Verdict
from photopeak.model.trends import Sides

_SKEWED = re.compile(r"(?:^|_)(?:iu|du|eps|fwhm|fwtm|ew|energy_resolution|n_spots|n_out)(?:_|$)")
"""Uniformities, widths and numbers of defects: bounded by 0, with a long tail upwards."""


def sides_of(metric: str, verdicts: Iterable[Verdict] = ()) -> Sides:
    """Return on which sides of its baseline a metric is watched.

    Besides what is skewed by its nature, high only is what has limits and none of them below.
    """
    if _SKEWED.search(metric):
        return Sides.HIGH
    judged = list(verdicts)
    above = any(v.upper is not None or v.warn_upper is not None for v in judged)
    below = any(v.lower is not None or v.warn_lower is not None for v in judged)
    return Sides.HIGH if above and not below else Sides.BOTH
