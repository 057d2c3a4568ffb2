"""Efficiency of a gamma counter by sources of known activity, source by source and by nuclide.

``e = R_net / (A p(dt) I)`` with the net rate at the start of the count, the activity A of the certificate,
its decay p(dt) to that start, and the positrons or photons I per decay. Several sources of one nuclide
are averaged. What they share (certificate, emission, half-life, clock, background) does not get less by
that; of their counting and of their scatter the larger is taken.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.contract import Column, ReadingKind, Row, parameter
from photopeak_analyzers.counters.calibrator_readings import used_half_life
from photopeak_analyzers.counters.sample_emissions import Basis, Emission, emission
from photopeak_analyzers.counters.sample_readings import (
    BACKGROUND,
    Counted,
    CountParameters,
    clock_uncertainty,
    counted,
    counts_column,
    decay_uncertainty,
    decayed,
    live_column,
    start_column,
)
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.nuclide_table import HalfLife
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.uncertainty import Budget, Component, Evaluation

MOST = 1.05
"""Counts per positron or photon that cannot be; 5 % more than all of them for what noise adds."""

BQ_PER_KBQ = 1000.0


def activity_columns() -> tuple[Column, ...]:
    """Return the columns of a certificate and of the count of its source."""
    stated = Column(
        "emissions_per_decay",
        label="Positrons or photons per decay",
        label_zh="每次衰变发射数",
        minimum=1e-6,
        maximum=10.0,
        required=False,
        hint="Of the basis; empty for the value of the table of nuclides.",
    )
    return (
        Column("activity_kbq", "kBq", label="Certified activity", label_zh="证书活度",
               minimum=1e-6, maximum=1e7),
        Column("activity_at", kind=ReadingKind.TIME, label="Reference time of the activity",
               label_zh="活度参考时刻"),
        Column("u_activity_pct", "%", label="Standard uncertainty of the activity, k = 1",
               label_zh="活度相对标准不确定度(k=1)", minimum=0.0, maximum=50.0, required=False,
               hint="Half of what a certificate states with k = 2."),
        counts_column(),
        live_column(),
        start_column(),
        stated,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class EfficiencyParameters(CountParameters):
    """What is asked of the counts, and what is known of decays."""

    clock_s: float = clock_uncertainty()
    emission_percent: float = parameter(
        0.5,
        doc="Relative standard uncertainty of positrons or photons per decay that were entered, or that"
        " the evaluations give without one.",
        unit="%",
        minimum=0.0,
        maximum=20.0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCount:
    """A source of known activity that was counted.

    Attributes
    ----------
    bq
        Activity at the start of the count.
    elapsed_s
        From the certificate to that start.
    net
        Rate at that start.
    activity_percent
        Relative standard uncertainty of the certificate; None when it is not given.
    """

    nuclide: str
    count: Counted
    bq: float
    elapsed_s: float
    net: Estimate
    background_relative: float
    activity_percent: float | None
    emission: Emission

    @property
    def efficiency(self) -> float:
        """Counts per positron or photon."""
        return self.net.value / (self.bq * self.emission.per_decay)

    @property
    def counting_relative(self) -> float:
        """Relative uncertainty of its own counts alone."""
        return math.sqrt(max(self.net.relative**2 - self.background_relative**2, 0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Efficiency:
    """Mean of the sources of one nuclide.

    `budget` is relative; `known` is False where the uncertainty of an activity is not given, and then
    it lacks that.
    """

    nuclide: str
    sources: tuple[SourceCount, ...]
    value: float
    spread: float | None
    budget: Budget
    known: bool

    @property
    def uncertainty(self) -> float | None:
        """Standard uncertainty, None where that of an activity is not known."""
        return self.value * self.budget.standard if self.known else None

    @property
    def of_background(self) -> float:
        """Relative standard uncertainty by the background, which all sources of a counter share."""
        parts = self.budget.components
        return sum(each.contribution for each in parts if each.name == BACKGROUND.name)

    @property
    def of_all_else(self) -> float:
        """Relative standard uncertainty by all but the background."""
        parts = self.budget.components
        return math.hypot(*(each.contribution for each in parts if each.name != BACKGROUND.name))


def source_counts(
    rows: Sequence[Row],
    nuclides: Sequence[str],
    basis: Basis,
    window: tuple[float, float] | None,
    background: Estimate | None,
    profile: str,
) -> list[SourceCount]:
    """Return the sources of a table, one of `nuclides` for each row.

    Raises
    ------
    UnsuitableAcquisitionError
        If nothing is counted above the background, or more than was emitted.
    """
    found = []
    for row, count, nuclide in zip(rows, counted(rows), nuclides, strict=True):
        life = used_half_life(nuclide, profile)[0]
        elapsed_s = (row.moment("start") - row.moment("activity_at")).total_seconds()
        net = count.net(background, life.seconds)
        if not net.value > 0.0:
            raise UnsuitableAcquisitionError(
                f"row {row.position} of {row.table} has {net.value:.4g} counts a second above the"
                " background, needs more than 0",
                quantity=f"net rate in row {row.position} of {row.table}",
                value=net.value,
                bound=0.0,
            )
        stated = row.number("emissions_per_decay") if row.has("emissions_per_decay") else None
        off = 0.0 if background is None else background.uncertainty / count.gross.uncertainty
        each = SourceCount(
            nuclide=nuclide,
            count=count,
            bq=BQ_PER_KBQ * row.number("activity_kbq") * decayed(elapsed_s, life),
            elapsed_s=elapsed_s,
            net=net,
            background_relative=_share(net, off),
            activity_percent=row.number("u_activity_pct") if row.has("u_activity_pct") else None,
            emission=emission(nuclide, basis, window, stated),
        )
        if each.efficiency > MOST:
            raise UnsuitableAcquisitionError(
                f"row {row.position} of {row.table} gives an efficiency of"
                f" {100.0 * each.efficiency:.4g} %, needs at most {100.0 * MOST:g} %: activity or counts are"
                " wrong",
                quantity=f"efficiency in row {row.position} of {row.table}",
                value=100.0 * each.efficiency,
                bound=100.0 * MOST,
            )
        found.append(each)
    return found


def efficiencies(
    sources: Sequence[SourceCount], profile: str, parameters: EfficiencyParameters
) -> Mapping[str, Efficiency]:
    """Return the efficiency by nuclide, in the order of the sources."""
    names = dict.fromkeys(each.nuclide for each in sources)
    return {
        name: _mean(
            [each for each in sources if each.nuclide == name],
            used_half_life(name, profile)[0],
            parameters,
        )
        for name in names
    }


def _mean(
    sources: Sequence[SourceCount], life: HalfLife, parameters: EfficiencyParameters
) -> Efficiency:
    values = np.array([each.efficiency for each in sources])
    value = float(values.mean())
    number = len(sources)
    spread = float(values.std(ddof=1)) if number > 1 else None
    own = math.hypot(*(each.efficiency * each.counting_relative for each in sources)) / number
    scatter = 0.0 if spread is None else spread / math.sqrt(number)
    known = all(each.activity_percent is not None for each in sources)
    farthest = max((each.elapsed_s for each in sources), key=abs)
    clock, of_life = decay_uncertainty(farthest, life, clock_s=parameters.clock_s)
    nuclide = sources[0].nuclide
    counting = Component(
        name=f"counts of {nuclide}",
        standard=max(own, scatter) / value,
        evaluation=Evaluation.A,
        degrees_of_freedom=math.inf if own >= scatter else number - 1.0,
        value=sum(each.count.counts for each in sources),
        unit="{counts}",
    )
    shared = (
        (BACKGROUND.name, _average([each.background_relative for each in sources]), 1.0),
        (
            f"activity of {nuclide}",
            _average([(each.activity_percent or 0.0) / 100.0 for each in sources]),
            -1.0,
        ),
        (
            f"emission of {nuclide}",
            _average([each.emission.relative_or(parameters.emission_percent) for each in sources]),
            -1.0,
        ),
        (f"half-life of {nuclide}", of_life, 1.0),
        (f"clock of {nuclide}", clock, 1.0),
    )
    return Efficiency(
        nuclide=nuclide,
        sources=tuple(sources),
        value=value,
        spread=spread,
        budget=Budget(
            components=(
                counting,
                *(
                    Component(name=name, standard=relative, sensitivity=exponent)
                    for name, relative, exponent in shared
                ),
            )
        ),
        known=known,
    )


def _share(net: Estimate, over_gross: float) -> float:
    """Return the relative uncertainty that the background adds to a net rate."""
    return net.relative * over_gross / math.hypot(1.0, over_gross)


def _average(values: Sequence[float]) -> float:
    return sum(values) / len(values)
