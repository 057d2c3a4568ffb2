"""Points of trends with the values that a test gives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from photopeak.model.judgement import Baseline, LimitKind, Status, Verdict
from photopeak.model.trends import (
    AcceptedBaseline,
    EventKind,
    SeriesKey,
    ServiceEvent,
    TrendPoint,
)
from support.rows import NOON

KEY = SeriesKey(
    device_id="camera-1",
    test="intrinsic_uniformity",
    variant="nema",
    metric="peak_shift_pct",
    scope={"detector": 1},
)
"""A number that is watched on both sides."""


def day(number: float) -> datetime:
    """Return noon of the day of a number."""
    return NOON + timedelta(days=number)


def point(number: float, value: float, **changes: Any) -> TrendPoint:
    """Return the point of a day."""
    values: dict[str, Any] = {
        "result_id": f"r{number:g}",
        "at": day(number),
        "value": value,
        "uncertainty": None,
        "status": Status.PASS,
        "configuration": "",
    }
    return TrendPoint(**{**values, **changes})


def points(values: Iterable[float], start: float = 0, **changes: Any) -> list[TrendPoint]:
    """Return a point a day."""
    return [point(start + number, value, **changes) for number, value in enumerate(values)]


def limit(status: Status = Status.PASS, **bounds: Any) -> Verdict:
    """Return a verdict that judges the number of `KEY`."""
    values: dict[str, Any] = {
        "metric": KEY.metric,
        "scope": KEY.scope,
        "limit_set": "site",
        "limit_set_version": "1",
        "kind": LimitKind.SITE,
        "lower": None,
        "upper": None,
        "warn_lower": None,
        "warn_upper": None,
        "status": status,
        "source": "the site",
    }
    return Verdict(**{**values, **bounds})


def accepted(
    value: float = 0.0,
    spread: float | None = 1.0,
    *,
    count: int = 1_000_000,
    start: float = 0,
    sources: Sequence[str] = (),
    version: int = 1,
    **changes: Any,
) -> AcceptedBaseline:
    """Return an accepted baseline of `KEY` that holds from a day on."""
    values: dict[str, Any] = {
        "id": f"b{version}",
        "device_id": KEY.device_id,
        "test": KEY.test,
        "variant": KEY.variant,
        "metric": KEY.metric,
        "scope": KEY.scope,
        "configuration": "",
        "value": value,
        "spread": spread,
        "count": count,
        "epoch_start": day(start),
        "reason": "after acceptance",
        "approved_by": "physicist",
        "version": version,
    }
    baseline = Baseline(**{**values, **changes})
    return AcceptedBaseline(
        baseline=baseline, sources=frozenset(sources), accepted_at=baseline.epoch_start
    )


def event(number: float, **changes: Any) -> ServiceEvent:
    """Return an event at noon of a day."""
    values: dict[str, Any] = {
        "id": f"e{number:g}",
        "version": 1,
        "device_id": KEY.device_id,
        "kind": EventKind.SERVICE,
        "at": day(number),
        "text": "tuned",
        "recorded_by": "physicist",
        "recorded_at": day(number),
    }
    return ServiceEvent(**{**values, **changes})
