"""Results with the numbers that a test gives, a day each, as they are stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from photopeak.model.alerts import Alert, AlertSeverity
from photopeak.model.configuration import Configuration
from photopeak.model.judgement import LimitKind, Status, Verdict
from photopeak.model.results import MeasurementRecord, ResultRecord
from photopeak.storage import results
from photopeak.storage.database import Transaction
from support.rows import NOON, result_of, waiting_set
from support.trend_points import KEY

WHERE: dict[str, Any] = {
    "device_id": KEY.device_id,
    "test": KEY.test,
    "variant": KEY.variant,
}
"""Device, test and variant of the results."""


def number(value: float, **changes: Any) -> MeasurementRecord:
    """Return the number of `KEY`."""
    values: dict[str, Any] = {
        "metric": KEY.metric,
        "scope": dict(KEY.scope),
        "label": "Shift of the photopeak",
        "label_zh": "光电峰位移",
        "value": value,
        "unit": "%",
        "uncertainty": 0.05,
        "decimals": 2,
    }
    return MeasurementRecord(**{**values, **changes})


def verdict(value: float, upper: float = 5.0, **changes: Any) -> Verdict:
    """Return the verdict of a limit on the number of `KEY`."""
    values: dict[str, Any] = {
        "metric": KEY.metric,
        "scope": dict(KEY.scope),
        "limit_set": "site",
        "limit_set_version": "ab" * 32,
        "kind": LimitKind.SITE,
        "lower": -upper,
        "upper": upper,
        "warn_lower": None,
        "warn_upper": None,
        "status": Status.PASS if abs(value) <= upper else Status.FAIL,
        "source": "the site",
        "met": abs(value) <= upper,
    }
    return Verdict(**{**values, **changes})


def alert(**changes: Any) -> Alert:
    """Return an alert about the number of `KEY` beyond its limit."""
    values: dict[str, Any] = {
        "key": "test/camera-1/intrinsic_uniformity/nema/1/site",
        "severity": AlertSeverity.CRITICAL,
        "title": "Photopeak: FAIL",
        "message": "beyond its limit",
        "device_id": KEY.device_id,
        "test": KEY.test,
        "variant": KEY.variant,
        "rule": "site",
    }
    return Alert(**{**values, **changes})


def store(
    tx: Transaction,
    at: datetime | None,
    numbers: Sequence[MeasurementRecord],
    *,
    collimator: str = "LEHR",
    finished_at: datetime | None = None,
    analyzer: str = "",
    uid: str = "",
    **changes: Any,
) -> ResultRecord:
    """Store a result of its own test set."""
    moment = at or finished_at or NOON
    stamp = uid or f"1.2.840.{int(moment.timestamp())}"
    test_set = waiting_set(tx, stamp, group=stamp, day=moment.date())
    record = result_of(
        test_set,
        acquired_at=at,
        measurements=tuple(numbers),
        verdicts=changes.pop("verdicts", tuple(verdict(m.value, scope=m.scope) for m in numbers)),
        **{"preconditions": (), "notes": (), "figures": (), **changes},
    )
    provenance = replace(
        record.provenance,
        finished_at=finished_at or moment + timedelta(minutes=1),
        configurations=(Configuration(parts={"collimator": collimator}),),
        analyzer_version=analyzer or record.provenance.analyzer_version,
    )
    return results.add(tx, replace(record, provenance=provenance))


def store_days(
    tx: Transaction, values: Sequence[float], *, start: int = 0, **changes: Any
) -> list[ResultRecord]:
    """Store a result of one number a day."""
    return [
        store(tx, NOON + timedelta(days=start + day), [number(value)], **changes)
        for day, value in enumerate(values)
    ]
