"""Conditions that all reconstructed volumes share: what the header says was corrected."""

from __future__ import annotations

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.contract import Outcome, Precondition, PreconditionCode, Severity

NO_CORRECTION = frozenset({"NONE", "NO", "OFF"})
"""Words of a method that stand for no correction."""


def attenuation_corrected(
    volume: Volume, clause: str, left_out: Severity = Severity.SOFT
) -> Precondition:
    """Check that the header says that attenuation was corrected.

    Parameters
    ----------
    left_out
        What follows where the header says that it was not; a header that does not tell warns.
    """
    method = str(volume.header.get("AttenuationCorrectionMethod") or "")
    return _corrected(volume, "attenuation", "ATTN", method, clause, left_out)


def scatter_corrected(volume: Volume, clause: str) -> Precondition:
    """Check, as a warning, that the header says that scatter was corrected."""
    method = str(volume.header.get("ScatterCorrectionMethod") or "")
    return _corrected(volume, "scatter", "SCAT", method, clause, Severity.SOFT)


def _corrected(
    volume: Volume, what: str, word: str, method: str, clause: str, left_out: Severity
) -> Precondition:
    value: str | None = method or None
    if volume.corrections is not None and word in volume.corrections:
        value = method or word
    elif volume.corrections is not None and not method:
        value = "not corrected"
    outcome, severity = Outcome.UNKNOWN, Severity.SOFT
    if value is not None:
        off = value == "not corrected" or method.upper() in NO_CORRECTION
        outcome = Outcome.NOT_MET if off else Outcome.MET
        severity = left_out
    return Precondition(
        code=PreconditionCode.CORRECTION,
        severity=severity,
        outcome=outcome,
        quantity=f"correction of {what}",
        value=value,
        expected=f"{what} corrected",
        clause=clause,
    )
