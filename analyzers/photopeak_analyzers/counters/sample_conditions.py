"""What has to hold of the counts of a gamma counter or a probe."""

from __future__ import annotations

from collections.abc import Sequence

from photopeak_analyzers.conditions import bounded, known
from photopeak_analyzers.contract import Precondition, PreconditionCode, Scope, Severity
from photopeak_analyzers.counters.sample_readings import Counted, CountParameters
from photopeak_analyzers.numerics.counting import Estimate

LEAST_SIGNAL = 5.0
"""Standard uncertainties by which a net rate has to be above 0 to be one."""

WHOLE = Scope()


def count_conditions(
    counts: Sequence[Counted],
    net: Sequence[Estimate],
    background: Estimate | None,
    parameters: CountParameters,
    clause: str,
    scope: Scope = WHOLE,
) -> list[Precondition]:
    """Ask for counts that tell a rate, a rate without losses, and something above background.

    Nothing above the background voids; few counts, a high rate, and no background warn.
    """
    return [
        *signal_conditions(counts, net, background, parameters.minimum_counts, clause, scope),
        bounded(
            PreconditionCode.RATE,
            "largest rate",
            max(each.gross.value for each in counts),
            upper=parameters.maximum_rate_cps,
            unit="{counts}/s",
            severity=Severity.SOFT,
            scope=scope,
            clause=clause,
        ),
    ]


def signal_conditions(
    counts: Sequence[Counted],
    net: Sequence[Estimate],
    background: Estimate | None,
    minimum_counts: float,
    clause: str,
    scope: Scope = WHOLE,
) -> list[Precondition]:
    """Ask for the same, whatever the rate."""
    weakest = min(net, key=_signal)
    return [
        bounded(
            PreconditionCode.COUNTS,
            "fewest counts",
            min(each.counts for each in counts),
            lower=minimum_counts,
            unit="{counts}",
            severity=Severity.SOFT,
            scope=scope,
            clause=clause,
        ),
        bounded(
            PreconditionCode.COUNTS,
            "smallest net rate over its uncertainty",
            _signal(weakest),
            lower=LEAST_SIGNAL,
            unit="1",
            severity=Severity.HARD,
            scope=scope,
            clause=clause,
        ),
        known(
            PreconditionCode.BACKGROUND,
            "background",
            None if background is None else background.value,
            unit="{counts}/s",
            severity=Severity.SOFT,
            scope=scope,
            clause=clause,
        ),
    ]


def _signal(net: Estimate) -> float:
    return net.value / net.uncertainty
