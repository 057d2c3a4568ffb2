"""Activity of a nuclide in a body or an organ, by one line: value, uncertainty, threshold and limit.

WS/T 584-2017 7.2 (2): ``A = N / (eps t)`` with the efficiency per decay. What the empty chamber has at the line
is taken off as a rate. Annex C: (C.1) combines relative uncertainties of type A and B with k = 2; (C.2)
prints the root of ``N_s / t_s + N_b / t_b``, which is that of a rate only with the times squared. The
uncertainty of type A is taken here from the whole variance of the net areas, baselines included; what
(C.2) gives of the net areas alone is stated beside it.

Threshold and limit are (D.8) and (D.9), with the peak of the background as the interfering one.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from datetime import datetime

from photopeak_analyzers.budget_table import budget_table
from photopeak_analyzers.contract import Inputs, Note
from photopeak_analyzers.counters.calibrator_readings import used_half_life
from photopeak_analyzers.counters.wbc_counts import LineCounts, counts_of_lines
from photopeak_analyzers.counters.wbc_readings import (
    BACKGROUND_RATE,
    INSTRUMENT,
    LineEfficiency,
    background_rate_of,
    components_of,
    efficiency_of,
)
from photopeak_analyzers.counters.wbc_spectra import WbcSpectrum, detector_of
from photopeak_analyzers.errors import MissingReadingError, ParameterError
from photopeak_analyzers.figures import TableFigure
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.decay import decay_factor, mean_decay
from photopeak_analyzers.numerics.detection import limit_counts, peak_threshold_counts
from photopeak_analyzers.shorthand import NumberRow
from photopeak_analyzers.uncertainty import Budget, Component, Evaluation

PERCENT = 100.0

FEW_COUNTS = 30.0
"""Counts of a baseline below which one is added to them for the threshold."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LineActivity:
    """The activity of one line.

    Attributes
    ----------
    rate
        Net counts per second less those of the empty chamber, with the uncertainty of type A.
    printed_uncertainty_cps
        What (C.2) makes of the net areas alone, with the times squared.
    per_cps
        Activity in Bq per count per second, at the reference time.
    type_b
        Components of type B, relative.
    threshold, limit
        Counts of the decision threshold and of the detection limit in the live time.
    half_life
        The note that says which half-life was used; None for a nuclide that is not told.
    """

    counts: LineCounts
    efficiency: LineEfficiency
    live_s: float
    rate: Estimate
    printed_uncertainty_cps: float
    per_cps: float
    type_b: tuple[Component, ...]
    threshold: float
    limit: float
    half_life: Note | None = None

    @property
    def detected(self) -> bool:
        """Tell whether the net counts exceed the decision threshold."""
        return self.rate.value * self.live_s > self.threshold

    @property
    def activity_bq(self) -> float:
        """Activity, which may be negative where nothing is."""
        return self.rate.value * self.per_cps

    @property
    def threshold_bq(self) -> float:
        """Decision threshold ``A_DT``."""
        return self.threshold / self.live_s * self.per_cps

    @property
    def limit_bq(self) -> float:
        """Detection limit ``A_DL``."""
        return self.limit / self.live_s * self.per_cps

    @property
    def relative_b(self) -> float:
        """Relative uncertainty of type B, (C.3)."""
        return math.hypot(0.0, *(component.standard for component in self.type_b))

    @property
    def budget(self) -> Budget:
        """Return the relative components of a detected activity."""
        counting = Component(name="counting", standard=self.rate.relative, evaluation=Evaluation.A)
        return Budget(components=(counting, *self.type_b))

    def rows(self) -> list[NumberRow]:
        """Return the numbers: the activity only where it is detected."""
        found: list[NumberRow] = [
            ("a_dt", self.threshold_bq, None),
            ("a_dl", self.limit_bq, None),
            ("n_dt", self.threshold, None),
            ("n_dl", self.limit, None),
            (
                "net_counts",
                self.rate.value * self.live_s,
                self.rate.uncertainty * self.live_s,
            ),
            ("net_rate_cps", self.rate.value, self.rate.uncertainty),
            ("u_b_pct", PERCENT * self.relative_b, None),
        ]
        if self.detected:
            budget = self.budget
            found += [
                ("activity", self.activity_bq, self.activity_bq * budget.standard),
                ("u_a_pct", PERCENT * self.rate.relative, None),
                ("u_a_printed_pct", PERCENT * self.printed_uncertainty_cps / self.rate.value, None),
                ("expanded_uncertainty_pct", PERCENT * budget.expanded(), None),
            ]
        return found

    def in_words(self) -> str:
        """Return the activity as clause 8 has it reported: ``<= A_DL`` where nothing is detected."""
        if not self.detected:
            return f"<= {self.limit_bq:.3g} Bq (detection limit A_DL)"
        return (
            f"{self.activity_bq:.3g} Bq, U = {self.activity_bq * self.budget.expanded():.2g} Bq"
            " (k = 2, about 95 %)"
        )

    def budget_figure(self) -> TableFigure | None:
        """Return the table of the budget; None where nothing is detected."""
        if not self.detected:
            return None
        return budget_table(
            self.budget, name="uncertainty", title="Relative uncertainty of the activity"
        )


def line_activity(
    inputs: Inputs,
    given: WbcSpectrum,
    background: WbcSpectrum | None,
    *,
    k: float,
    reference: datetime | None,
) -> LineActivity:
    """Return the activity of the line that is told, at the start of the count or at a reference time.

    Raises
    ------
    ParameterError
        If a rate of the background is given beside a spectrum of it.
    MissingReadingError
        If the activity is to refer to another time and nothing tells that of the count.
    """
    efficiency = efficiency_of(inputs)
    (counts,) = counts_of_lines(given, (efficiency.line,), detector_of(inputs), background)
    live = given.live_s
    stated = background_rate_of(inputs)
    if stated is not None and background is not None:
        raise ParameterError(
            f"{BACKGROUND_RATE.name} is given beside a spectrum of the background, needs one of them",
            quantity=BACKGROUND_RATE.name,
            value=stated.value,
        )
    if stated is not None:
        scaled = Estimate(value=live * stated.value, uncertainty=live * stated.uncertainty)
        counts = dataclasses.replace(counts, background=scaled)
    beside = counts.background
    net = counts.less_background
    printed = max(counts.net.value, 0.0)
    if beside is not None and stated is None:
        # Counts of the background are scaled by t_s / t_b: over t_s squared they are N_b / t_b**2.
        printed += counts.scale * max(beside.value, 0.0)
    elif beside is not None:
        printed += beside.uncertainty**2
    threshold = peak_threshold_counts(
        counts.window.ratio,
        _baseline(counts.window.baseline),
        interference=0.0 if beside is None else max(beside.value, 0.0),
        interference_variance=0.0 if beside is None else beside.uncertainty**2,
        k=k,
    )
    decay = _decay(efficiency, given, reference, inputs.performed_at)
    return LineActivity(
        counts=counts,
        efficiency=efficiency,
        live_s=live,
        rate=Estimate(value=net.value / live, uncertainty=net.uncertainty / live),
        printed_uncertainty_cps=math.sqrt(printed) / live,
        per_cps=decay.factor / efficiency.per_decay,
        type_b=components_of(inputs, efficiency, decay.relative),
        threshold=threshold,
        limit=limit_counts(threshold, k=k),
        half_life=decay.note,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decay:
    """Activity at the reference time over the mean one of the count, and what the half-life adds."""

    factor: float = 1.0
    relative: float = 0.0
    note: Note | None = None


def _decay(
    efficiency: LineEfficiency,
    given: WbcSpectrum,
    reference: datetime | None,
    performed_at: datetime | None,
) -> _Decay:
    nuclide = efficiency.line.nuclide
    if nuclide is None:
        return _Decay()
    life, note = used_half_life(nuclide, "wst584")
    start = given.acquisition.started_at or performed_at
    if reference is not None and start is None:
        raise MissingReadingError(
            "the spectrum does not tell when it was counted, say when it was measured: the activity is to"
            " refer to another time",
            quantity="start",
        )
    lasted = given.acquisition.real_s or given.live_s
    elapsed = (start - reference).total_seconds() if reference and start else 0.0
    factor = 1.0 / mean_decay(lasted, life.seconds) / decay_factor(elapsed, life.seconds)
    # The mean of the count lies about its middle.
    apart = abs(elapsed + lasted / 2.0) * math.log(2.0) / life.seconds
    relative = apart * (life.uncertainty_s or 0.0) / life.seconds
    return _Decay(factor=factor, relative=relative, note=note)


def _baseline(counts: float) -> float:
    """Return the counts of the baseline for the threshold.

    A baseline of no counts has a variance all the same: without one more count any single count above it
    would be a detection.
    """
    return counts + 1.0 if counts < FEW_COUNTS else counts


def is_of_instrument(component: Component) -> bool:
    """Tell whether a component belongs to u_B1 and not to u_B2 of (C.3)."""
    return component.name in INSTRUMENT
