"""A baseline judges what was measured in its own epoch, and nothing else silently."""

from datetime import timedelta
from typing import Any

import pytest

from photopeak.evaluation.judge import Judgement, judge
from photopeak.model.judgement import (
    Baseline,
    BaselineForm,
    Limit,
    LimitKind,
    LimitSet,
    Status,
)
from photopeak.model.results import MeasurementRecord
from photopeak.model.trends import EpochEffect, EventKind, ServiceEvent
from support.rows import NOON

DAY = timedelta(days=1)


def service(day: float, **changes: Any) -> ServiceEvent:
    values: dict[str, Any] = {
        "id": f"e{day:g}", "version": 1, "device_id": "camera-1", "kind": EventKind.SERVICE,
        "at": NOON + day * DAY, "text": "crystal replaced", "epoch": EpochEffect.STARTS,
        "recorded_by": "kim", "recorded_at": NOON,
    }  # fmt: skip
    return ServiceEvent(**{**values, **changes})


def version(number: int, day: float, value: float = 4.0, **scope: Any) -> Baseline:
    return Baseline(
        id=f"b{number}", device_id="camera-1", test="t", variant="nema", metric="m", scope=scope,
        configuration="", value=value, spread=None, count=10, epoch_start=NOON + day * DAY,
        reason="", approved_by="kim", version=number,
    )  # fmt: skip


def judgement(
    day: float, baselines: list[Baseline], *events: ServiceEvent, value: float = 4.2, **scope: Any
) -> Judgement:
    limit = Limit(
        test="t", variant="nema", metric="m", source="clause", form=BaselineForm.ABSOLUTE,
        lower=-0.5, upper=0.5,
    )  # fmt: skip
    limits = LimitSet(
        name="s", title="", kind=LimitKind.SITE, source="", version="v1", limits=(limit,)
    )
    number = MeasurementRecord(
        metric="m", label="", label_zh="", scope=scope, value=value, unit="%"
    )
    return judge(
        [number], (), test="t", variant="nema", device=None, purpose="constancy",
        limit_sets=[limits], baselines=baselines, events=events, measured_at=NOON + day * DAY,
    )  # fmt: skip


def used(found: Judgement) -> str | None:
    (verdict,) = found.verdicts
    return verdict.baseline_id


@pytest.mark.parametrize(
    ("day", "status"), [(9, Status.PASS), (10, Status.NO_LIMIT), (11, Status.NO_LIMIT)]
)
def test_a_baseline_from_before_a_service_judges_nothing_from_the_service_on(
    day: float, status: Status
) -> None:
    found = judgement(day, [version(1, 0)], service(10))
    assert found.status is status
    notes = [(n.code, n.message) for n in found.notes]
    assert (
        notes == []
        if status is Status.PASS
        else notes
        == [
            (
                "BASELINE_OF_ANOTHER_EPOCH",
                "the baseline of 2026-03-02 is of another epoch: service of 2026-03-12, crystal replaced",
            )
        ]
    )


def test_after_a_service_the_baseline_accepted_for_it_judges_and_before_it_the_old_one() -> None:
    both = [version(1, 0), version(2, 10, 6.0)]
    assert used(judgement(12, both, service(10), value=6.1)) == "b2"
    assert judgement(12, both, service(10), value=6.1).status is Status.PASS
    assert used(judgement(9, both, service(10))) == "b1"
    assert judgement(9, both, service(10)).status is Status.PASS
    assert used(judgement(9, [version(2, 10, 6.0)], service(10))) is None


def test_the_newest_version_holds_where_nothing_began_anew() -> None:
    both = [version(1, 0), version(2, 5, 6.0)]
    assert used(judgement(2, both, service(3, epoch=EpochEffect.PROPOSED))) == "b2"
    assert used(judgement(7, both, service(6, withdrawn=True))) == "b2"
    assert used(judgement(7, both, service(6, epoch=EpochEffect.NONE))) == "b2"


def test_a_service_of_one_head_leaves_the_baseline_of_the_other() -> None:
    one = service(10, detector=1)
    assert used(judgement(12, [version(1, 0, detector=1)], one, detector=1)) is None
    assert used(judgement(12, [version(1, 0, detector=2)], one, detector=2)) == "b1"
