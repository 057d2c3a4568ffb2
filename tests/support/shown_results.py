"""Results as the pages are given them, with a flood of one number unless told otherwise."""

from __future__ import annotations

from typing import Any

from photopeak.model.judgement import LimitKind, Status, Verdict
from photopeak.model.results import MeasurementRecord, PreconditionRecord, ResultRecord
from photopeak.model.test_sets import TestSetMember, TestSetRecord, TestSetState
from photopeak.web.words import Words
from support.rows import NOON, key, result_of

WORDS = Words("en")


def measurement(value: float = 5.67, **changes: Any) -> MeasurementRecord:
    """Return a number."""
    values: dict[str, Any] = {
        "metric": "iu", "label": "Integral uniformity", "label_zh": "", "value": value, "unit": "%",
        "scope": {"detector": 1, "field": "UFOV"}, "uncertainty": 0.05, "decimals": 2,
    }  # fmt: skip
    return MeasurementRecord(**{**values, **changes})


def verdict(status: Status, **changes: Any) -> Verdict:
    """Return a verdict on it."""
    values: dict[str, Any] = {
        "metric": "iu", "scope": {"field": "UFOV", "detector": 1}, "limit_set": "ws523",
        "limit_set_version": "v", "kind": LimitKind.MANDATORY, "lower": None, "upper": 5.0,
        "warn_lower": None, "warn_upper": 4.5, "status": status, "source": "", "met": None,
    }  # fmt: skip
    return Verdict(**{**values, **changes})


def result(status: Status, **changes: Any) -> ResultRecord:
    """Return a result."""
    member = TestSetMember(role="flood", series_instance_uid="1.2.3", generation=1)
    test_set = TestSetRecord(
        id="s", key=key(), ordinal=1, state=TestSetState.DONE, waiting_for="", reason="",
        purpose="", members=(member,), parameters={}, limits=(), attempt=1, worker_id=None,
        job_id=None, created_at=NOON, updated_at=NOON,
    )  # fmt: skip
    values: dict[str, Any] = {
        "status": status, "measurements": (measurement(),), "verdicts": (), "preconditions": (),
    }  # fmt: skip
    return result_of(test_set, **{**values, **changes})


def condition(outcome: str, **changes: Any) -> PreconditionRecord:
    """Return a condition on the counts."""
    values: dict[str, Any] = {
        "code": "PC_COUNTS", "severity": "hard", "outcome": outcome, "quantity": "Counts",
        "value": 512.0, "lower": 10_000.0, "unit": "{counts}", "scope": {"detector": 1},
    }  # fmt: skip
    return PreconditionRecord(**{**values, **changes})
