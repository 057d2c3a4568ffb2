"""What the sensitivity of a PET scanner asks for. JJF draft (PET/CT calibration) 7.2; NEMA NU 2."""

from __future__ import annotations

from collections.abc import Iterator

from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Outcome,
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
)
from photopeak_analyzers.pet.sleeve_sensitivity import Known, PlaceSensitivity

NUCLIDE = "F-18"
"""JJF draft 7.2."""

LARGEST_RANDOMS_PERCENT = 5.0
"""Of all coincidences. JJF draft 7.2."""

SLEEVES_ASKED = 5
"""JJF draft 6.2.2.2, table 2; the text of 7.2 adds four to the first."""

MOST_HALF_LIVES = 5.0
"""Between activity and acquisition: more is a wrong date or clock, not a plan."""

FIT_PROBABILITY = 0.001
"""Points that scatter by chance alone are warned of once in a thousand tests."""


def nuclide_condition(named: str, clause: str) -> Precondition:
    """Check the nuclide that a person stated."""
    return Precondition(
        code=PreconditionCode.NUCLIDE,
        severity=Severity.HARD,
        outcome=Outcome.MET if named == NUCLIDE else Outcome.NOT_MET,
        quantity="nuclide",
        value=named,
        expected=NUCLIDE,
        clause=clause,
    )


def tube_condition(
    axial_fov_mm: float | None, source_length_mm: float, clause: str
) -> Precondition:
    """Check that the source reaches beyond the field: its ends and what holds them lie outside."""
    return bounded(
        PreconditionCode.GEOMETRY,
        "axial field of view, within the length of the source",
        axial_fov_mm,
        upper=source_length_mm,
        unit="mm",
        severity=Severity.SOFT if axial_fov_mm is None else Severity.HARD,
        scope=Scope(),
        clause=clause,
    )


def conditions(
    place: PlaceSensitivity,
    known: Known,
    *,
    scope: Scope,
    clause: str,
    minimum_counts: float,
    largest_dead_time_percent: float,
    attenuation_tolerance_percent: float,
) -> Iterator[Precondition]:
    """Check the acquisitions at one place, and whether they lie on a line of aluminium."""
    runs = place.runs
    yield bounded(
        PreconditionCode.FRAMES,
        "different numbers of sleeves",
        float(len({run.sleeves for run in runs})),
        lower=float(SLEEVES_ASKED),
        unit="1",
        severity=Severity.HARD,
        scope=scope,
        clause=clause,
    )
    yield bounded(
        PreconditionCode.COUNTS,
        "true coincidences of the smallest acquisition",
        float(place.found.net.min()),
        lower=minimum_counts,
        unit="{counts}",
        severity=Severity.HARD,
        scope=scope,
        clause=clause,
    )
    randoms = _largest_randoms_percent(place)
    yield bounded(
        PreconditionCode.RATE,
        "share of random coincidences",
        randoms,
        upper=LARGEST_RANDOMS_PERCENT,
        unit="%",
        severity=Severity.SOFT if randoms is None else Severity.HARD,
        scope=scope,
        clause=clause,
    )
    losses = [run.dead_time_percent for run in runs if run.dead_time_percent is not None]
    yield bounded(
        PreconditionCode.RATE,
        "loss by dead time",
        max(losses, default=None),
        upper=largest_dead_time_percent,
        unit="%",
        severity=Severity.HARD if losses else Severity.SOFT,
        scope=scope,
        clause=clause,
    )
    half_life_s = known.source.half_life.seconds
    yield bounded(
        PreconditionCode.TIME,
        "half-lives between activity and acquisition",
        max(abs((run.start - known.source.at).total_seconds()) for run in runs) / half_life_s,
        upper=MOST_HALF_LIVES,
        unit="1",
        severity=Severity.HARD,
        scope=scope,
        clause=clause,
    )
    margin = attenuation_tolerance_percent / 100.0
    yield bounded(
        PreconditionCode.GEOMETRY,
        "fitted attenuation of the sleeves",
        place.found.attenuation_per_mm.value,
        lower=known.attenuation_per_mm * (1.0 - margin),
        upper=known.attenuation_per_mm * (1.0 + margin),
        unit="/mm",
        severity=Severity.SOFT,
        scope=scope,
        clause=clause,
        expected="aluminium",
    )
    freedom = place.found.line.fit.degrees_of_freedom
    yield bounded(
        PreconditionCode.GEOMETRY,
        "scatter of the sleeves about the line, reduced chi-square",
        place.found.line.fit.reduced_chi_square,
        upper=_largest_chi_square(freedom),
        unit="1",
        severity=Severity.SOFT,
        scope=scope,
        clause=clause,
    )


def _largest_randoms_percent(place: PlaceSensitivity) -> float | None:
    """Return the largest share, None where one that is not known may be larger."""
    shares = [run.randoms_percent for run in place.runs]
    known = [share for share in shares if share is not None]
    worst = max(known, default=None)
    if worst is not None and (worst > LARGEST_RANDOMS_PERCENT or len(known) == len(shares)):
        return worst
    return None


def _largest_chi_square(freedom: int) -> float:
    from scipy.special import chdtri  # not at import: the catalogue of tests is read without it

    return float(chdtri(freedom, FIT_PROBABILITY)) / freedom
