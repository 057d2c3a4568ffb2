"""What every analyzer writes: metrics and measurements from rows, and a scope in words."""

from __future__ import annotations

from collections.abc import Iterable

from photopeak_analyzers.contract import Measurement, Metric, Note, Scope

MetricRow = tuple[str, str, str, str, str, int]
"""Key, UCUM unit, symbol, label, Chinese label, decimals."""

NumberRow = tuple[str, float | None, float | None]
"""Key of the metric, value, standard uncertainty; a value of None was not measured."""


def metrics(clause: str, *rows: MetricRow) -> tuple[Metric, ...]:
    """Return the metrics that one clause defines."""
    return tuple(
        Metric(
            key=key,
            unit=unit,
            symbol=symbol,
            label=label,
            label_zh=label_zh,
            decimals=decimals,
            clause=clause,
        )
        for key, unit, symbol, label, label_zh, decimals in rows
    )


def measurements(scope: Scope, numbers: Iterable[NumberRow]) -> list[Measurement]:
    """Return the measurements of one scope; what was not measured is left out."""
    return [
        Measurement(metric=key, scope=scope, value=value, uncertainty=uncertainty)
        for key, value, uncertainty in numbers
        if value is not None
    ]


def distinct(notes: Iterable[Note]) -> list[Note]:
    """Return each note once; a note cannot be hashed, and there are few."""
    found: list[Note] = []
    for note in notes:
        if note not in found:
            found.append(note)
    return found


def in_words(scope: Scope, nothing: str = "the only frame") -> str:
    """Return a scope as it stands in a sentence; `nothing` for an empty one.

    >>> in_words(Scope.of(detector=1, energy_window=2))
    'detector 1, energy window 2'
    >>> in_words(Scope.of(direction="x", distance_mm=100.0, scatter="with"))
    'direction x, 100 mm, with scatter'
    """
    return ", ".join(_in_words(name, value) for name, value in scope.items) or nothing


def _in_words(name: str, value: str | float) -> str:
    said = f"{value:g}" if isinstance(value, float) else str(value)
    if name == "distance_mm":
        return f"{said} mm"
    return f"{said} scatter" if name == "scatter" else f"{name.replace('_', ' ')} {said}"


def as_suffix(scope: Scope) -> str:
    """Return a scope as it ends the name of a figure.

    >>> "flood" + as_suffix(Scope.of(detector=1, distance_mm=100.0))
    'flood_detector_1_distance_mm_100'
    """
    return "".join(
        f"_{name}_{value:g}" if isinstance(value, float) else f"_{name}_{value}"
        for name, value in scope.items
    )
