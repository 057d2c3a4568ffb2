"""The configuration of what was measured, from the acquisitions; in the child, for it needs counts.

A part says as much as decides whether two results may be compared, and no more: a camera that
tunes its window every morning writes other limits each day, and the counts of a day differ from
those of another. What the header does not tell is left out; it is never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from photopeak.model.configuration import HEADS, Configuration, ScopeValue
from photopeak_analyzers.acquisition import (
    Acquisition,
    CollimatorType,
    Detector,
    EnergyWindow,
    Frame,
    FrameStack,
    GatedVolume,
    Volume,
)
from photopeak_analyzers.nuclides import imaged_lines_kev

HIGH_RATE_CPS = 30_000.0
"""No clause takes a higher count rate as a low one; tests at a high rate ask for 75 000 /s."""

ON_LINE_PERCENT = 3.0
"""Percent by which the centre of a window may miss a photopeak and still be set on it: what tuning
moves it by is about one, and windows that are set beside the peak are 10 % off and more."""

_RECONSTRUCTION = (
    ("ReconstructionMethod", ""),
    ("ConvolutionKernel", ""),
    ("AttenuationCorrectionMethod", ""),
    ("ScatterCorrectionMethod", ""),
    ("KVP", " kV"),
    ("SliceThickness", " mm slices"),
)


def configurations(
    acquisitions: Sequence[Acquisition], scopes: Iterable[Mapping[str, ScopeValue]]
) -> tuple[Configuration, ...]:
    """Return the configuration of every head and window that there are numbers of.

    Parameters
    ----------
    acquisitions
        All that went into the numbers, whatever their roles.
    scopes
        The scopes of the numbers. Those that name neither head nor window stand on everything.
    """
    wanted: set[frozenset[tuple[str, ScopeValue]]] = {frozenset()}
    wanted |= {frozenset((name, s[name]) for name in HEADS if name in s) for s in scopes}
    return tuple(
        Configuration(scope=dict(sorted(scope)), parts=_parts(acquisitions, dict(scope)))
        for scope in sorted(wanted, key=lambda scope: (len(scope), sorted(map(str, scope))))
    )


def _parts(
    acquisitions: Sequence[Acquisition], scope: Mapping[str, ScopeValue]
) -> Mapping[str, str]:
    """Return what the acquisitions have in common, part by part; where they differ, all of it."""
    found: dict[str, set[str]] = {}
    for acquisition in acquisitions:
        chosen = _chosen(acquisition, scope)
        if isinstance(acquisition, FrameStack) and not chosen:
            continue  # another head or window
        for name, values in _facts(acquisition, chosen).items():
            found.setdefault(name, set()).update(value for value in values if value)
    return {name: " + ".join(sorted(values)) for name, values in found.items() if values}


def _chosen(acquisition: Acquisition, scope: Mapping[str, ScopeValue]) -> tuple[int, ...]:
    if not isinstance(acquisition, FrameStack):
        return ()

    def matches(frame: Frame) -> bool:
        return all(
            name not in scope or getattr(frame, name) in (scope[name], None) for name in HEADS
        )

    return acquisition.select(matches)


def _facts(acquisition: Acquisition, chosen: Sequence[int]) -> Mapping[str, Iterable[str]]:
    facts: dict[str, Iterable[str]] = {
        "nuclide": (acquisition.nuclide or "",),
        "corrections": (_corrections(acquisition),),
        "phantom": (acquisition.origin.text.get("phantom", ""),),
    }
    match acquisition:
        case FrameStack():
            frames = [acquisition.frames[index] for index in chosen]
            windows = {acquisition.energy_window(frame.energy_window) for frame in frames}
            heads = {acquisition.detector(frame.detector) for frame in frames}
            facts["energy window"] = [_window(w, acquisition.nuclide) for w in windows if w]
            facts["collimator"] = [_collimator(head) for head in heads if head]
            facts |= _grid(acquisition.counts.shape[1:], acquisition.pixel_spacing_mm)
            facts["count rate"] = (_rate(acquisition, chosen),)
        case Volume():
            facts |= _of_volume(acquisition)
        case GatedVolume():
            facts |= _of_volume(acquisition.volumes[0])
    return facts


def _of_volume(volume: Volume) -> dict[str, Iterable[str]]:
    values = [
        f"{value:g}{unit}" if isinstance(value, int | float) else f"{value}{unit}"
        for name, unit in _RECONSTRUCTION
        if (value := volume.header.get(name)) is not None
    ]
    return {
        **_grid(volume.values.shape[1:], volume.voxel_spacing_mm[1:]),
        "reconstruction": (", ".join(values),),
    }


def _grid(shape: Sequence[int], spacing_mm: Sequence[float] | None) -> dict[str, Iterable[str]]:
    rows, columns = shape
    grid: dict[str, Iterable[str]] = {"matrix": (f"{columns} x {rows}",)}
    if spacing_mm is not None:
        row_mm, column_mm = (f"{spacing:.1f}" for spacing in spacing_mm)
        same = row_mm == column_mm
        grid["pixel"] = (f"{row_mm} mm" if same else f"{column_mm} x {row_mm} mm",)
    return grid


def _window(window: EnergyWindow, nuclide: str | None) -> str:
    """Return the photopeak that a window lies on with its width, as a preset is called."""
    centre = window.centre_kev
    lines = imaged_lines_kev(nuclide) if nuclide else ()
    near = [kev for kev in lines if abs(centre - kev) <= ON_LINE_PERCENT / 100.0 * kev]
    peak = min(near, key=lambda kev: abs(centre - kev), default=float(round(centre)))
    return f"{peak:.4g} keV {window.width_percent:.0f} %"


def _collimator(detector: Detector) -> str:
    if detector.collimator_type is CollimatorType.NONE:
        return "none"
    name = " ".join(detector.collimator_name.upper().split())
    if name or detector.collimator_type in (None, CollimatorType.UNKNOWN):
        return name
    return detector.collimator_type.value


def _corrections(acquisition: Acquisition) -> str:
    if acquisition.corrections is None:
        return ""
    return ", ".join(sorted(acquisition.corrections)) or "none"


def _rate(stack: FrameStack, chosen: Sequence[int]) -> str:
    rates = [
        float(stack.counts[index].sum(dtype=float)) / duration
        for index in chosen
        if (duration := stack.frames[index].duration_s)
    ]
    if not rates:
        return ""
    return "high" if max(rates) > HIGH_RATE_CPS else "low"
