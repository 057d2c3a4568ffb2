"""JJF (PET/CT calibration, draft) table 1: the sensitivity is at least 80 % of the factory figure."""

from pathlib import Path

import pytest

from photopeak.evaluation.judge import judge
from photopeak.evaluation.limits import load_limit_sets
from photopeak.model.configuration import Configuration
from photopeak.model.judgement import Baseline, Status
from photopeak.model.results import MeasurementRecord
from support.rows import NOON

LIMITS = Path(__file__).resolve().parents[3] / "config/limits"
PLAIN = Configuration(parts={})


def judged(value: float, *baselines: Baseline) -> tuple[Status, bool | None]:
    (jjf,) = [each for each in load_limit_sets(LIMITS) if each.name == "jjf"]
    measured = MeasurementRecord(
        metric="pet_sensitivity", label="", label_zh="", scope={}, value=value,
        unit="{counts}/s/MBq",
    )  # fmt: skip
    found = judge(
        [measured], [], test="pet_sensitivity", variant="jjf", device=None, purpose="acceptance",
        limit_sets=[jjf], baselines=baselines, configurations=(PLAIN,),
    )  # fmt: skip
    (verdict,) = found.verdicts
    return found.status, verdict.met


FACTORY = Baseline(
    id="b1", device_id="pet-1", test="pet_sensitivity", variant="jjf", metric="pet_sensitivity",
    scope={}, configuration=PLAIN.key, count=1, epoch_start=NOON, reason="factory acceptance",
    approved_by="", version=1, value=7000.0, spread=None,
)  # fmt: skip


@pytest.mark.parametrize(("value", "meets"), [(5600.0, True), (5599.0, False), (9000.0, True)])
def test_the_reference_is_met_or_not_and_never_decides(value: float, meets: bool) -> None:
    assert judged(value, FACTORY) == (Status.INFO, meets)


def test_without_the_factory_figure_there_is_nothing_to_compare_with() -> None:
    _, met = judged(5600.0)

    assert met is None
