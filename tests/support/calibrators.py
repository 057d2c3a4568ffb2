"""Readings of a calibrator, short enough to say in a test what matters to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from photopeak_analyzers.contract import Analysis, Analyzer, Inputs, ReadingValue

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def later(seconds: float) -> str:
    """Return a time after `AT` as it is written in a table."""
    return (AT + timedelta(seconds=seconds)).isoformat()


def readings(**given: Any) -> Inputs:
    """Return inputs of readings alone; a list is a table."""
    values = {
        name: each
        if isinstance(each, ReadingValue)
        else ReadingValue(value=tuple(map(tuple, each)) if isinstance(each, list) else each)
        for name, each in given.items()
        if each is not None
    }
    return Inputs(roles={}, readings=values, variant="local", performed_at=AT)


def analyze(analyzer: Analyzer, parameters: dict[str, Any] | None = None, **given: Any) -> Analysis:
    """Analyse readings with these parameters."""
    return analyzer.analyze(readings(**given), analyzer.parameters(**(parameters or {})))


def uncertainty(analysis: Analysis, metric: str, **scope: Any) -> float | None:
    """Return the standard uncertainty of the only measurement of a metric in this scope."""
    wanted = set(scope.items())
    (found,) = [
        m for m in analysis.measurements if m.metric == metric and wanted <= set(m.scope.items)
    ]
    return found.uncertainty
