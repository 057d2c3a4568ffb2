"""Conditions about the source: its nuclide, and energy windows that lie on its photopeaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from photopeak_analyzers.acquisition import Acquisition, EnergyWindow
from photopeak_analyzers.conditions import bounded, graded
from photopeak_analyzers.contract import (
    Note,
    Outcome,
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
)
from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.nuclides import canonical_name, imaged_lines_kev

WINDOW_WIDTH_TOLERANCE = 1.0
"""Percentage points by which a window may miss its width: limits are written in whole keV."""

WINDOW_CENTRE_PERCENT = 2.0
"""Percent of the photopeak by which the centre of a window may miss it."""

OTHER_PEAK_PERCENT = 5.0
"""Percent of the photopeak beyond which a window lies on something else."""

ASIDE_PERCENT = 4.0
"""Percent of the photopeak from which on a window was set beside it, as for hydration of a crystal."""

Photopeaks = Mapping[str, tuple[float, ...]]
"""Nuclides that an acquisition may be of, with their photopeaks in keV; not empty."""


class InAWindow(Protocol):
    """Anything that was counted in one energy window, such as the frames of a head."""

    @property
    def energy_window(self) -> int | None:
        """Number of the window; None when it is not known."""

    @property
    def scope(self) -> Scope:
        """What it belongs to."""


W = TypeVar("W", bound=InAWindow)


def nuclide_is_one_of(acquisition: Acquisition, nuclides: Photopeaks, clause: str) -> Precondition:
    """Check the nuclide. A header that names none warns if a window lies on a peak, else voids."""
    nuclide = acquisition.nuclide
    outcome, severity = Outcome.UNKNOWN, Severity.HARD
    if nuclide is not None:
        outcome = Outcome.MET if nuclide in nuclides else Outcome.NOT_MET
    elif any(
        abs(offset_percent(window, line)) <= WINDOW_CENTRE_PERCENT
        for window in acquisition.energy_windows
        for line in photopeaks_of(None, nuclides)
    ):
        severity = Severity.SOFT
    return Precondition(
        code=PreconditionCode.NUCLIDE,
        severity=severity,
        outcome=outcome,
        quantity="nuclide",
        value=nuclide,
        expected=" or ".join(nuclides),
        clause=clause,
    )


def window_on_photopeak(
    window: EnergyWindow | None,
    nuclide: str | None,
    nuclides: Photopeaks,
    *,
    width_percent: float | None,
    strict: bool,
    scope: Scope,
    clause: str,
) -> tuple[Precondition, ...]:
    """Check the centre of a window and, when one is asked for, its width.

    With `strict` the window is part of the method: off by 2 % voids, and so does no window.
    Otherwise 2 % warns and 5 % voids, and an unknown window warns when the nuclide is known.
    """
    if window is None:
        vouched = not strict and nuclide in nuclides
        return (
            Precondition(
                code=PreconditionCode.WINDOW,
                severity=Severity.SOFT if vouched else Severity.HARD,
                outcome=Outcome.UNKNOWN,
                scope=scope,
                quantity="energy window",
                clause=clause,
            ),
        )
    line = nearest_line(window, photopeaks_of(nuclide, nuclides))
    bound = WINDOW_CENTRE_PERCENT if strict else OTHER_PEAK_PERCENT
    centre = graded(
        PreconditionCode.WINDOW,
        "offset of the window from the photopeak",
        offset_percent(window, line),
        soft=(-WINDOW_CENTRE_PERCENT, WINDOW_CENTRE_PERCENT),
        hard=(-bound, bound),
        unit="%",
        scope=scope,
        clause=clause,
        expected=f"{line:g} keV",
    )
    if width_percent is None:
        return (centre,)
    return (
        centre,
        bounded(
            PreconditionCode.WINDOW,
            "width of the window",
            window.width_percent,
            lower=width_percent - WINDOW_WIDTH_TOLERANCE,
            upper=width_percent + WINDOW_WIDTH_TOLERANCE,
            unit="%",
            severity=Severity.HARD if strict else Severity.SOFT,
            scope=scope,
            clause=clause,
        ),
    )


def lies_elsewhere(window: EnergyWindow | None, nuclide: str | None, nuclides: Photopeaks) -> bool:
    """Tell whether a window lies on none of the photopeaks, like one that collects scatter."""
    if window is None:
        return False
    line = nearest_line(window, photopeaks_of(nuclide, nuclides))
    return abs(offset_percent(window, line)) > OTHER_PEAK_PERCENT


def photopeaks(names: tuple[str, ...]) -> dict[str, tuple[float, ...]]:
    """Return the photopeaks of each nuclide, in keV, by its canonical name.

    Raises
    ------
    ParameterError
        If a name is that of no nuclide with a photopeak to set a window on.
    """
    found = {}
    for name in names:
        nuclide = canonical_name(name) or name
        lines_kev = imaged_lines_kev(nuclide)
        if not lines_kev:
            raise ParameterError(
                f"nuclide is {name!r}, needs one with a photopeak for a gamma camera",
                quantity="nuclide",
                value=name,
            )
        found[nuclide] = lines_kev
    return found


def photopeaks_of(nuclide: str | None, nuclides: Photopeaks) -> tuple[float, ...]:
    """Return the peaks of a nuclide, in keV; of all allowed ones when it is not among them."""
    known = None if nuclide is None else nuclides.get(nuclide)
    return known or tuple(line for lines in nuclides.values() for line in lines)


def nearest_line(window: EnergyWindow, lines_kev: tuple[float, ...]) -> float:
    """Return the gamma line nearest to the centre of a window, in keV."""
    return min(lines_kev, key=lambda line: abs(window.centre_kev - line))


def offset_percent(window: EnergyWindow, line_kev: float) -> float:
    """Return how far the centre of a window lies from a line, in percent of the line."""
    return 100.0 * (window.centre_kev - line_kev) / line_kev


def window_near_photopeak(
    window: EnergyWindow | None, nuclide: str | None, *, scope: Scope, clause: str
) -> Precondition:
    """Check, as a warning, that a window lies on some photopeak of its nuclide."""
    lines = () if nuclide is None else imaged_lines_kev(nuclide)
    offset = None
    if window is not None and lines:
        offset = offset_percent(window, nearest_line(window, lines))
    return bounded(
        PreconditionCode.WINDOW,
        "offset of the window from the photopeak",
        offset,
        lower=-OTHER_PEAK_PERCENT,
        upper=OTHER_PEAK_PERCENT,
        unit="%",
        severity=Severity.SOFT,
        scope=scope,
        clause=clause,
    )


def on_a_photopeak(
    acquisition: Acquisition, parts: Sequence[W], nuclides: Photopeaks
) -> tuple[tuple[W, ...], list[Note]]:
    """Leave out parts whose window collects scatter, when others lie on a photopeak.

    Parameters
    ----------
    parts
        What was counted, one per detector and window.
    nuclides
        What the source may be (:func:`photopeaks`); empty to leave out nothing.

    Returns
    -------
    tuple
        The parts to analyse, and a note for each that is left out.
    """
    elsewhere = [
        bool(nuclides)
        and lies_elsewhere(
            acquisition.energy_window(part.energy_window), acquisition.nuclide, nuclides
        )
        for part in parts
    ]
    if all(elsewhere):
        return tuple(parts), []
    notes = [
        Note(
            code="WINDOW_NOT_ANALYSED",
            message=f"energy window {part.energy_window} lies on no photopeak and is left out",
            scope=part.scope,
        )
        for part, off in zip(parts, elsewhere, strict=True)
        if off
    ]
    return tuple(p for p, off in zip(parts, elsewhere, strict=True) if not off), notes
