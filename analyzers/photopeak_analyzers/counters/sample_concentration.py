"""From the efficiency per positron to the concentration of samples: the arithmetic and its budget.

``c = R / (e f I V p(dt))`` with the net rate R of the sample at the start of its count, the efficiency e per
positron that the reference source tells, the ratio f of the efficiency for the sample to that for the
reference, the positrons I per decay, the volume V and the decay p(dt) from the reference moment to
that start.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from photopeak_analyzers.contract import Row, parameter
from photopeak_analyzers.counters.sample_efficiency import Efficiency, EfficiencyParameters
from photopeak_analyzers.counters.sample_emissions import Emission
from photopeak_analyzers.counters.sample_readings import (
    BACKGROUND,
    Counted,
    counted,
    decay_uncertainty,
    decayed,
)
from photopeak_analyzers.nuclide_table import HalfLife
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.uncertainty import Budget, Component, Evaluation


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcentrationParameters(EfficiencyParameters):
    """What is asked of the counts, and what is known of decays, volumes and efficiencies."""

    volume_percent: float = parameter(
        0.5,
        doc="Relative standard uncertainty of a volume for which the table has none.",
        unit="%",
        minimum=0.0,
        maximum=20.0,
    )
    efficiency_ratio: float = parameter(
        1.0,
        doc="Efficiency per positron for the sample over that for the reference source, as the test"
        " of efficiency found it; containers and the range of positrons make it other than 1.",
        minimum=0.5,
        maximum=2.0,
    )
    efficiency_ratio_percent: float = parameter(
        1.7,
        doc="Relative standard uncertainty of that ratio; 3 % either way for one that was not"
        " measured.",
        unit="%",
        minimum=0.0,
        maximum=20.0,
    )
    maximum_volume_ml: float = parameter(
        3.0,
        doc="Volume above which a sample fills more of the well than a reference source.",
        unit="mL",
        minimum=0.01,
        maximum=1000.0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One count of a sample.

    Attributes
    ----------
    bq_per_cps
        Activity at the reference moment of a net rate of 1.
    elapsed_s
        From that moment to the start of the count.
    volume_relative
        Relative standard uncertainty of the volume.
    of_background
        Standard uncertainty of the concentration by the background, which all samples share, in Bq/mL.
    """

    name: str
    count: Counted
    net: Estimate
    volume_ml: float
    volume_relative: float
    elapsed_s: float
    bq_per_cps: float
    of_background: float

    @property
    def bq(self) -> float:
        """Activity at the reference moment."""
        return self.net.value * self.bq_per_cps

    @property
    def bq_per_ml(self) -> float:
        """Concentration at the reference moment."""
        return self.bq / self.volume_ml

    @property
    def counting(self) -> float:
        """Standard uncertainty of the concentration by its own counts, in Bq/mL."""
        both = self.net.uncertainty * self.bq_per_cps / self.volume_ml
        return math.sqrt(max(both**2 - self.of_background**2, 0.0))

    @property
    def of_volume(self) -> float:
        """Standard uncertainty of the concentration by the volume, in Bq/mL."""
        return abs(self.bq_per_ml) * self.volume_relative


@dataclass(frozen=True, slots=True, kw_only=True)
class Concentration:
    """Samples of one solution; `budget` is the relative one of their mean.

    `reference_background` is what the background makes uncertain in the efficiency, relative.
    """

    samples: tuple[Sample, ...]
    mean: float
    spread: float | None
    budget: Budget
    shared: tuple[Component, ...]
    reference_background: float
    known: bool

    @property
    def uncertainty(self) -> float | None:
        """Standard uncertainty of the mean."""
        return abs(self.mean) * self.budget.standard if self.known else None

    def of_sample(self, sample: Sample) -> float | None:
        """Return the standard uncertainty of the concentration of one sample."""
        if not self.known:
            return None
        shared = Budget(components=self.shared).standard
        background = sample.of_background - sample.bq_per_ml * self.reference_background
        return math.hypot(sample.counting, background, sample.of_volume, sample.bq_per_ml * shared)


def samples_of(
    rows: Sequence[Row],
    background: Estimate | None,
    life: HalfLife,
    at: datetime,
    per_bq: float,
    parameters: ConcentrationParameters,
) -> list[Sample]:
    """Return the samples of a table.

    Parameters
    ----------
    at
        Moment that the activities refer to.
    per_bq
        Net rate of 1 Bq.
    """
    found = []
    for row, count in zip(rows, counted(rows), strict=True):
        elapsed_s = (row.moment("start") - at).total_seconds()
        net = count.net(background, life.seconds)
        off = 0.0 if background is None else background.uncertainty
        of_background = net.uncertainty * off / math.hypot(count.gross.uncertainty, off)
        stated = row.number("u_volume_pct") if row.has("u_volume_pct") else None
        bq_per_cps = 1.0 / (per_bq * decayed(elapsed_s, life))
        found.append(
            Sample(
                name=row.text("sample") if row.has("sample") else str(row.position),
                count=count,
                net=net,
                volume_ml=row.number("volume_ml"),
                volume_relative=(parameters.volume_percent if stated is None else stated) / 100.0,
                elapsed_s=elapsed_s,
                bq_per_cps=bq_per_cps,
                of_background=of_background * bq_per_cps / row.number("volume_ml"),
            )
        )
    return found


def concentration(
    samples: Sequence[Sample],
    nuclide: str,
    reference: Efficiency,
    emitted: Emission,
    life: HalfLife,
    parameters: ConcentrationParameters,
) -> Concentration:
    """Return the mean concentration of the samples, with the budget of the whole chain."""
    values = np.array([each.bq_per_ml for each in samples])
    mean, number = float(values.mean()), len(samples)
    scale = abs(mean) or 1.0
    spread = float(values.std(ddof=1)) if number > 1 else None
    shared = _shared(samples, nuclide, reference, emitted, life, parameters)
    # Of the mean, the relative share of what the samples do not share.
    counting = math.hypot(*(each.counting for each in samples)) / number / scale
    volume = math.hypot(*(each.of_volume for each in samples)) / number / scale
    own = [
        Component(
            name=f"counts of {nuclide}",
            standard=counting,
            evaluation=Evaluation.A,
            value=sum(each.count.counts for each in samples),
            unit="{counts}",
        ),
        Component(name="volume", standard=volume, sensitivity=-1.0),
    ]
    scatter = 0.0 if spread is None else spread / math.sqrt(number) / scale
    if scatter > math.hypot(counting, volume):
        own = [
            Component(
                name="scatter of the samples",
                standard=scatter,
                evaluation=Evaluation.A,
                degrees_of_freedom=number - 1.0,
            )
        ]
    # One background is taken off references and samples: what is wrong with it cancels in part.
    of_reference = reference.of_background
    of_samples = sum(each.of_background for each in samples) / number / scale
    background = Component(
        name="background of references and samples",
        standard=abs(of_samples - of_reference),
        evaluation=Evaluation.A,
    )
    return Concentration(
        samples=tuple(samples),
        mean=mean,
        spread=spread,
        budget=Budget(components=(*own, background, *shared)),
        shared=shared,
        reference_background=of_reference,
        known=reference.known,
    )


def _shared(
    samples: Sequence[Sample],
    nuclide: str,
    reference: Efficiency,
    emitted: Emission,
    life: HalfLife,
    parameters: ConcentrationParameters,
) -> tuple[Component, ...]:
    """Return what all samples share: the whole chain up to the efficiency for them, and decay."""
    farthest = max((each.elapsed_s for each in samples), key=abs)
    clock, of_life = decay_uncertainty(farthest, life, clock_s=parameters.clock_s)
    chain = tuple(
        Component(
            name=f"reference: {each.name}",
            standard=each.standard,
            # An efficiency stands below the line.
            sensitivity=-each.sensitivity,
            evaluation=each.evaluation,
            degrees_of_freedom=each.degrees_of_freedom,
            value=each.value,
            unit=each.unit,
        )
        for each in reference.budget.components
        if each.name != BACKGROUND.name
    )
    return (
        *chain,
        Component(
            name="ratio of the efficiencies",
            standard=parameters.efficiency_ratio_percent / 100.0,
            sensitivity=-1.0,
            value=parameters.efficiency_ratio,
        ),
        Component(
            name=f"emission of {nuclide}",
            standard=emitted.relative_or(parameters.emission_percent),
            sensitivity=-1.0,
            value=emitted.per_decay,
        ),
        Component(name=f"half-life of {nuclide}", standard=of_life, value=life.seconds, unit="s"),
        Component(name=f"clock of {nuclide}", standard=clock),
    )
