"""What has to hold of sources of known activity in a gamma counter."""

from __future__ import annotations

from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Outcome,
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
)
from photopeak_analyzers.counters.sample_conditions import count_conditions
from photopeak_analyzers.counters.sample_efficiency import Efficiency
from photopeak_analyzers.counters.sample_emissions import ANNIHILATION_KEV, Basis
from photopeak_analyzers.counters.sample_readings import CountParameters
from photopeak_analyzers.nuclides import half_life
from photopeak_analyzers.numerics.counting import Estimate

MOST_HALF_LIVES = 5.0
"""Half-lives since the certificate after which 3 % of the source is left. Practice.

A certificate of a later moment than the count warns too: of a long-lived source the two were swapped.
"""


def efficiency_conditions(
    found: Efficiency,
    basis: Basis,
    window: tuple[float, float] | None,
    background: Estimate | None,
    parameters: CountParameters,
    clause: str,
    scope: Scope,
) -> list[Precondition]:
    """Check the counts, the age of the certificates, and the window of positrons."""
    checked = count_conditions(
        [each.count for each in found.sources],
        [each.net for each in found.sources],
        background,
        parameters,
        clause,
        scope,
    )
    life = half_life(found.nuclide, "local")
    farthest = max((each.elapsed_s for each in found.sources), key=abs)
    checked.append(
        bounded(
            PreconditionCode.CALIBRATION_EXPIRED,
            "half-lives since the certificate",
            farthest / life.seconds,
            lower=0.0,
            upper=MOST_HALF_LIVES,
            unit="1",
            severity=Severity.SOFT,
            scope=scope,
            clause=clause,
        )
    )
    if basis is Basis.POSITRON:
        checked.append(positron_window(window, clause, scope))
    return checked


def positron_window(window: tuple[float, float] | None, clause: str, scope: Scope) -> Precondition:
    """Ask for a window that holds 511 keV; one that does not counts no positrons, and voids."""
    outcome, severity, words = Outcome.UNKNOWN, Severity.SOFT, None
    if window is not None:
        inside = window[0] <= ANNIHILATION_KEV <= window[1]
        outcome = Outcome.MET if inside else Outcome.NOT_MET
        severity = Severity.HARD
        words = f"{window[0]:g} to {window[1]:g} keV"
    return Precondition(
        code=PreconditionCode.WINDOW,
        severity=severity,
        outcome=outcome,
        scope=scope,
        quantity="energy window",
        value=words,
        expected=f"a window that holds {ANNIHILATION_KEV:g} keV",
        clause=clause,
    )
