"""Whether a change is more than what the measurement itself is uncertain by."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate

from photopeak.trends.charts import R_4S, Finding

COVERAGE = 2.0
"""Combined standard uncertainties that a change has to exceed."""


class Noise:
    """What values of an epoch are uncertain by, to be asked of each thing found in them.

    Parameters
    ----------
    values, uncertainties
        Distances from the baseline and their standard uncertainties, in the same unit.
    of_baseline
        Standard uncertainty of the baseline, in that unit.
    """

    def __init__(
        self,
        values: Sequence[float],
        uncertainties: Sequence[float | None],
        *,
        of_baseline: float,
    ) -> None:
        self._of_baseline = of_baseline
        # Running sums, for a shift may last for years and is looked at on every day of them.
        self._values = [0.0, *accumulate(values)]
        self._variances = [0.0, *accumulate(u * u if u is not None else 0.0 for u in uncertainties)]
        self._unknown = [0, *accumulate(u is None for u in uncertainties)]

    def hides(self, finding: Finding) -> bool:
        """Tell whether what a rule has found is within two combined uncertainties.

        The change is that from one value to the next for R_4s, and else that of the mean since the
        start of what was found from the baseline. Where an uncertainty is not known this is not
        asked.
        """
        first, last = finding.start, finding.index + 1
        if self._unknown[last] > self._unknown[first]:
            return False
        count = last - first
        combined = math.sqrt(max(0.0, self._variances[last] - self._variances[first]))
        total = self._values[last] - self._values[first]
        if finding.rule == R_4S:
            latest = self._values[last] - self._values[last - 1]
            return abs(2.0 * latest - total) <= COVERAGE * combined
        return abs(total) / count <= COVERAGE * math.hypot(combined / count, self._of_baseline)
