"""What the three texts of the planar sensitivity ask for, and of which nuclide the source may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from photopeak_analyzers.acquisition import Acquisition
from photopeak_analyzers.contract import Variant
from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.nuclide_table import NUCLIDES
from photopeak_analyzers.nuclides import canonical_name
from photopeak_analyzers.source_conditions import Photopeaks, photopeaks

NEMA = Variant(
    name="nema",
    title="NEMA NU 1-2007, dish in air, S_TOT at 100 mm",
    clause="NEMA NU 1-2007 (GB/T 18989-2013 E.11)",
)
WS523 = Variant(
    name="ws523",
    title="WS 523-2019, dish at 100 mm",
    clause="WS 523-2019, system planar sensitivity",
)
IEC = Variant(
    name="iec",
    title="IEC 60789:1992, source box at the collimator",
    clause="IEC 60789 / GB/T 18989-2013 3.1",
)

IEC_NUCLIDES = tuple(nuclide.name for nuclide in NUCLIDES if "iec" in nuclide.half_lives)
"""Tc-99m, I-131 and the others of table 1. IEC 60789 / GB/T 18989-2013 3.1.1.1, 3.1.3."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one text asks for.

    Attributes
    ----------
    distance_mm
        From the collimator to the source.
    distance_tolerance_mm
        By which it may differ.
    window_percent
        Full width of the window; None for what the manufacturer recommends.
    counts, counts_invalid_below
        Fewer than the first warn, fewer than the second void.
    duration_s, activity_mbq
        None where the text names none.
    correction_off
        Whether the uniformity correction has to be off.
    background
        Whether the formula takes a background off.
    """

    clause: str
    nuclides: tuple[str, ...] | None
    distance_mm: float
    distance_tolerance_mm: float
    window_percent: float | None
    maximum_rate_cps: float
    counts: float
    counts_invalid_below: float
    duration_s: float | None
    activity_mbq: float | None
    correction_off: bool
    background: bool
    matrix: int | None


def asked_by(variant: str, *, distance_tolerance_mm: float, counts_invalid_below: float) -> Asked:
    """Return what the text of a variant asks for."""
    nema, iec = variant == NEMA.name, variant == IEC.name
    return Asked(
        clause=next(v.clause for v in (NEMA, WS523, IEC) if v.name == variant),
        nuclides=None if nema else IEC_NUCLIDES if iec else ("Tc-99m",),
        distance_mm=0.0 if iec else 100.0,
        distance_tolerance_mm=distance_tolerance_mm,
        window_percent=20.0 if iec else None,
        maximum_rate_cps=30_000.0 if nema else 20_000.0,
        counts=4e6 if nema else counts_invalid_below,
        counts_invalid_below=counts_invalid_below,
        duration_s=None if nema else 300.0,
        activity_mbq=None if nema else 40.0,
        correction_off=not iec,
        background=iec,
        matrix=None if nema or iec else 256,
    )


def nuclide_of(acquisitions: Sequence[Acquisition], stated: str | None, asked: Asked) -> str:
    """Return the nuclide whose decay counts: as stated, as in a header, or the only one allowed.

    Raises
    ------
    ParameterError
        If nothing tells.
    """
    named = [a.nuclide for a in acquisitions if a.nuclide is not None]
    only = asked.nuclides[0] if asked.nuclides is not None and len(asked.nuclides) == 1 else None
    nuclide = canonical_name(stated) or next(iter(named), None) or only
    if nuclide is None:
        raise ParameterError(
            "no header names the nuclide, and the parameter nuclide is not given",
            quantity="nuclide",
        )
    return nuclide


def photopeaks_allowed(nuclide: str, stated: str | None, asked: Asked) -> Photopeaks:
    """Return what the source may be of: as stated, if the clause has it; else as the clause has it."""
    free = asked.nuclides is None or (stated is not None and nuclide in asked.nuclides)
    return photopeaks((nuclide,) if free else asked.nuclides or ())
