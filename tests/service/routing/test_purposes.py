"""What a test is made for: told by the rule that names it, or by one that names nothing else."""

from pathlib import Path
from typing import Any

from photopeak.model.routing import RoutingDecision, RoutingOutcome
from photopeak.routing.decide import decide
from photopeak.routing.routes import load_routes
from photopeak.settings import GuardSettings
from support.headers import header

YEARLY = """
[[rule]]
id = "yearly"
priority = 10
when.StudyDescription = { matches = 'status test|状态检测' }
purpose = "status"
"""
ACCEPTED = """
[[rule]]
id = "accepted"
priority = 200
when.text = 'acceptance flood'
test = "intrinsic_uniformity"
purpose = "acceptance"
"""


def decided(folder: Path, rules: str, series: str, study: str, **elements: Any) -> RoutingDecision:
    (folder / "site.toml").write_text(rules, "utf-8")
    found = header(series, CollimatorType="NONE", StudyDescription=study, **elements)
    return decide((found,), table=load_routes(folder), guard=GuardSettings())


def purposes(decision: RoutingDecision) -> dict[str, str]:
    return {a.test: a.purpose for a in decision.assignments}


def test_a_rule_of_a_purpose_alone_speaks_of_whatever_the_series_is(tmp_path: Path) -> None:
    decision = decided(tmp_path, YEARLY, "Flood", "QC 状态检测 2026")

    # It goes with what the series was made for; what is checked of every image stays a routine.
    assert purposes(decision) == {
        "intrinsic_uniformity": "status",
        "energy_window_check": "",
        "data_integrity_check": "",
    }
    assert decision.rule == "intrinsic_uniformity"
    assert (
        "the purpose is status" in next(s for s in decision.steps if s.subject == "yearly").message
    )


def test_a_rule_of_a_purpose_alone_does_not_say_that_a_series_is_quality_control(
    tmp_path: Path,
) -> None:
    decision = decided(tmp_path, YEARLY, "Something", "status test")

    assert decision.outcome is RoutingOutcome.UNROUTED
    assert decision.runner_up == ""


def test_other_series_are_routine(tmp_path: Path) -> None:
    assert set(purposes(decided(tmp_path, YEARLY, "Flood", "QC")).values()) == {""}


def test_the_rule_that_names_the_test_goes_first(tmp_path: Path) -> None:
    decision = decided(tmp_path, YEARLY + ACCEPTED, "Acceptance flood", "QC status test")

    assert purposes(decision)["intrinsic_uniformity"] == "acceptance"
