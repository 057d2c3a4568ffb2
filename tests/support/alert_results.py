"""Results for tests of alerts: floods of heads that pass, fail, or come to nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from photopeak.alerts.lifecycle import Subject
from photopeak.model.judgement import LimitKind, Status, Verdict
from photopeak.model.results import (
    PARTIAL,
    FailureRecord,
    MeasurementRecord,
    NoteRecord,
    PreconditionRecord,
    Provenance,
    ResultRecord,
)
from support.rows import NOON

METRIC = "iu_ufov"


def verdict(
    head: int | None,
    status: Status,
    *,
    metric: str = METRIC,
    kind: LimitKind = LimitKind.MANDATORY,
) -> Verdict:
    """Return the verdict on a number of a head."""
    return Verdict(
        metric=metric,
        scope={} if head is None else {"detector": head},
        limit_set=kind.value,
        limit_set_version="1",
        kind=kind,
        lower=None,
        upper=5.0,
        warn_lower=None,
        warn_upper=4.0,
        status=status,
        source="",
    )


def subject(
    said: Mapping[int | None, Status] | None = None,
    /,
    *,
    verdicts: tuple[Verdict, ...] | None = None,
    void: tuple[int | None, ...] = (),
    unmet: tuple[int | None, ...] = (),
    failure: str = "",
    partial: bool = False,
    at: datetime = NOON,
    result_id: str = "r1",
    **changes: Any,
) -> Subject:
    """Return a result: the status of each head, and whose conditions are not met."""
    judged = (
        tuple(verdict(head, status) for head, status in (said or {}).items())
        if verdicts is None
        else verdicts
    )
    measured = dict.fromkeys([(v.metric, v.scope.get("detector")) for v in judged])
    measured |= dict.fromkeys([(METRIC, head) for head in (*void, *unmet)])
    scopes: dict[int | None, dict[str, str | int | float]] = {
        head: {} if head is None else {"detector": head} for head in (None, 1, 2)
    }
    statuses = {v.status for v in judged}
    status = next(
        (s for s in (Status.FAIL, Status.WARN, Status.PASS, Status.NO_LIMIT) if s in statuses),
        Status.INFO,
    )
    if status is not Status.FAIL and unmet:
        status = Status.WARN
    if status is not Status.FAIL and void:
        status = Status.INVALID
    if partial and status is Status.PASS:
        status = Status.INFO
    result = ResultRecord(
        id=result_id,
        test_set_id="set-1",
        test="intrinsic_uniformity",
        variant=changes.pop("variant", "nema"),
        device_id=changes.pop("device_id", "camera-1"),
        status=Status.ERROR if failure else status,
        purpose="constancy",
        acquired_at=at,
        title="Intrinsic uniformity",
        provenance=Provenance(
            software_version="1",
            analyzer_version="1",
            inputs=(),
            started_at=at,
            finished_at=at,
            host="h",
        ),
        measurements=tuple(
            MeasurementRecord(
                metric=metric,
                label="Integral uniformity",
                label_zh="",
                scope=scopes[head],  # type: ignore[index]
                value=5.2,
                unit="%",
            )
            for metric, head in measured
            if not failure
        ),
        preconditions=tuple(
            PreconditionRecord(
                code="PC_COUNTS", severity=severity, outcome="not_met", scope=scopes[head]
            )
            for severity, those in (("hard", void), ("soft", unmet))
            for head in those
        ),
        verdicts=() if failure else judged,
        notes=(NoteRecord(code=PARTIAL, message="without b"),) if partial else (),
        failure=FailureRecord(code="FAILED", message=failure) if failure else None,
    )
    return Subject(result=result, reason=failure, **changes)
