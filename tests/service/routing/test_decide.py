"""The order of decision, and that the explanation tells all of it."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from photopeak.model.content import ContentFinding, ContentKind
from photopeak.model.devices import Device
from photopeak.model.routing import RoutingDecision, RoutingOutcome
from photopeak.model.taught import TaughtRoute
from photopeak.routing.decide import decide
from photopeak.routing.routes import load_routes
from photopeak.routing.trial import try_routes
from photopeak.settings import GuardSettings
from support.effort import soon
from support.headers import header

TABLE = load_routes()
GUARD = GuardSettings()
CAMERA = Device(id="cam", name="Camera", kind="gamma_camera", station="cam1", family="iec")
ENDLESS = "(a|aa)+$"


def decided(*series: Any, **options: Any) -> RoutingDecision:
    return decide(series, **{"table": TABLE, "guard": GUARD, **options})


def seen(kind: ContentKind, confidence: float = 0.95, **values: Any) -> Any:
    return lambda: ContentFinding(kind=kind, confidence=confidence, message=kind.value, **values)


def site(folder: Path, text: str) -> Any:
    (folder / "site.toml").write_text(text, "utf-8")
    return load_routes(folder)


def effects(decision: RoutingDecision) -> list[tuple[str, str, str]]:
    return [(step.stage, step.subject, step.effect) for step in decision.steps]


def test_a_flood_is_routed_and_every_step_is_told() -> None:
    decision = decided(
        header("Flood weekly", CollimatorType="NONE", StudyDescription="QC", station="CAM1"),
        devices=[CAMERA],
    )

    assert decision.outcome is RoutingOutcome.ROUTED
    assert [(a.test, a.variant) for a in decision.assignments] == [
        ("intrinsic_uniformity", "iec"),
        ("energy_window_check", ""),
        ("data_integrity_check", ""),
    ]
    assert (decision.rule, decision.field) == ("intrinsic_uniformity", "SeriesDescription")
    assert decision.runner_up == "generic_qc"
    assert decision.device_id == "cam"
    assert decision.routes_version == TABLE.version
    assert effects(decision) == [
        ("guard", "patient", "passed"),
        ("object", "NM", "passed"),
        ("device", "cam", "matched"),
        ("rule", "intrinsic_uniformity", "matched"),
        ("rule", "generic_qc", "passed"),
        ("gate", "collimator", "confirmed"),
        ("rule", "energy_window_of_every_image", "matched"),
        ("rule", "integrity_of_every_image", "matched"),
    ]


def test_the_collimator_moves_a_flood_and_the_conflict_is_kept() -> None:
    decision = decided(header("Intrinsic flood", CollimatorType="PARA"))

    assert decision.assignments[0].test == "system_uniformity"
    assert any(s.effect == "changed" and s.message.startswith("conflict") for s in decision.steps)


def test_what_matches_nothing_is_unrouted() -> None:
    decision = decided(header("Static"))

    assert decision.outcome is RoutingOutcome.UNROUTED
    assert decision.reason == "no rule matches"
    assert decision.assignments == ()


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("SC", RoutingOutcome.NOT_QC),
        ("SR", RoutingOutcome.NOT_QC),
        ("PDF", RoutingOutcome.NOT_QC),
        ("RAW", RoutingOutcome.NOT_QC),
        ("OTHER", RoutingOutcome.UNROUTED),
    ],
)
def test_objects_without_counts_are_kept_and_not_analysed(
    kind: str, outcome: RoutingOutcome
) -> None:
    assert decided(header("Flood", kind=kind, Modality="NM")).outcome is outcome


def test_the_sop_class_decides_and_not_the_modality() -> None:
    assert decided(header("Flood", Modality="OT")).outcome is RoutingOutcome.ROUTED


def test_a_screen_of_a_patient_is_quarantined_before_anything_else() -> None:
    decision = decided(header("Flood", kind="SC", patient={"name": "Hansen^Kari"}))

    assert decision.outcome is RoutingOutcome.QUARANTINED
    assert effects(decision) == [("guard", "patient", "rejected")]


def test_a_localizer_is_not_quality_control() -> None:
    decision = decided(header("Topogram 0.6", kind="CT"))

    assert (decision.outcome, decision.rule) == (
        RoutingOutcome.NOT_QC,
        "ignore_clinical_localizer",
    )


def test_the_pixels_are_asked_when_no_rule_matches() -> None:
    decision = decided(header("PO-2_H2"), content=seen(ContentKind.BARS))

    assert decision.outcome is RoutingOutcome.ROUTED
    assert decision.assignments[0].test == "bar_phantom_resolution"
    assert (decision.rule, decision.field, decision.confidence) == ("content", "pixels", 0.95)


def test_the_pixels_are_asked_when_a_rule_leaves_it_to_them() -> None:
    decision = decided(header("Daily QC"), content=seen(ContentKind.DISH))

    assert decision.assignments[0].test == "system_planar_sensitivity"
    assert decision.rule == "generic_qc"


def test_the_pixels_are_asked_when_a_gate_rejects() -> None:
    decision = decided(
        header("COR", CollimatorType="NONE"), content=seen(ContentKind.FLOOD, sources=None)
    )

    assert decision.assignments[0].test == "intrinsic_uniformity"
    assert ("gate", "rotation", "rejected") in effects(decision)


@pytest.mark.parametrize(("confidence", "outcome"), [(0.79, "unrouted"), (0.8, "routed")])
def test_unsure_pixels_only_suggest(confidence: float, outcome: str) -> None:
    decision = decided(header("x"), content=seen(ContentKind.BARS, confidence))

    assert decision.outcome == outcome
    assert decision.suggestion == ("bar_phantom_resolution" if outcome == "unrouted" else "")


def test_pixels_that_show_nothing_leave_it_to_a_person() -> None:
    decision = decided(header("x"), content=seen(ContentKind.UNKNOWN, 0.0))

    assert decision.outcome is RoutingOutcome.UNROUTED
    assert decision.reason == "no rule matches, and the pixels tell nothing"


def test_a_body_in_the_image_is_quarantined() -> None:
    decision = decided(header("x", structure="WHOLE BODY"), content=seen(ContentKind.BODY, 0.85))

    assert decision.outcome is RoutingOutcome.QUARANTINED
    assert decision.reason == "looks like a patient: the image shows a body"


def test_the_pixels_are_looked_at_once_and_only_when_it_matters() -> None:
    looks = []

    def look() -> ContentFinding:
        looks.append(1)
        return ContentFinding(
            kind=ContentKind.LINE_SOURCE, confidence=0.9, message="", direction="x"
        )

    decided(header("Flood", CollimatorType="NONE"), content=look)
    assert not looks

    decided(header("Slit", Rows=512), content=look)
    assert looks == [1]


def test_a_pixel_that_is_too_large_is_not_given_to_the_pixels() -> None:
    decision = decided(header("Flood", PixelSpacing=(9.6, 9.6)), content=seen(ContentKind.FLOOD))

    assert decision.outcome is RoutingOutcome.UNROUTED
    assert decision.reason.startswith("PC_PIXEL")
    assert decision.suggestion == "intrinsic_uniformity"


def test_a_slit_series_feeds_two_tests() -> None:
    decision = decided(
        header("LIN_X_H2", Rows=512, Columns=512, PixelSpacing=(0.6, 0.6)),
        content=seen(ContentKind.SLITS, direction="y"),
    )

    assert [(a.test, a.role, a.group) for a in decision.assignments[:2]] == [
        ("intrinsic_spatial_resolution", "lines_y", "head 2"),
        ("intrinsic_spatial_linearity", "lines_y", "head 2"),
    ]


@pytest.mark.parametrize(
    ("description", "group"),
    [
        ("UNIF_INT_H1_H1", "head 1"),
        ("Flood det 2", "head 2"),
        ("Flood Head 2", "head 2"),
        ("均匀性 探头1", "head 1"),
        ("Flood det 1 det 2", ""),
        ("Flood th1", ""),
        ("Flood h10", ""),
    ],
)
def test_the_head_in_the_name_keeps_series_apart(description: str, group: str) -> None:
    assert decided(header(description)).assignments[0].group == group


def test_an_object_with_frames_of_both_heads_belongs_to_none() -> None:
    assert decided(header("Flood H1", NumberOfDetectors=2)).assignments[0].group == ""


def taught(**values: Any) -> TaughtRoute:
    conditions = values.pop("conditions", {"SeriesDescription": "po-2_h2"})
    return TaughtRoute(
        **{
            "id": "t1",
            "device_id": None,
            "conditions": conditions,
            "test": "bar_phantom_resolution",
            **values,
        }
    )


def test_a_taught_route_goes_before_every_rule() -> None:
    route = taught(conditions={"SeriesDescription": "Flood"}, test="background_rate", role="r")

    decision = decided(header("FLOOD"), taught=[route])

    assert (decision.assignments[0].test, decision.assignments[0].role) == ("background_rate", "r")
    assert decision.rule == "taught:t1"


def test_a_taught_route_holds_for_its_device_only() -> None:
    series = header("PO-2_H2", station="cam1")
    route = taught(device_id="cam")

    assert decided(series, taught=[route], devices=[CAMERA]).outcome is RoutingOutcome.ROUTED
    assert decided(series, taught=[route]).outcome is RoutingOutcome.UNROUTED
    assert decided(series, taught=[taught()], devices=[CAMERA]).outcome is RoutingOutcome.UNROUTED


def test_a_taught_route_needs_every_word_exactly() -> None:
    route = taught(conditions={"SeriesDescription": "po-2_h2", "ProtocolName": ""})

    assert decided(header("PO-2_H2"), taught=[route]).rule == "taught:t1"
    assert decided(header("PO-2_H2", ProtocolName="x"), taught=[route]).rule == ""
    assert decided(header("PO-2_H22"), taught=[route]).rule == ""


def test_an_inactive_taught_route_is_not_followed() -> None:
    assert decided(header("PO-2_H2"), taught=[taught(active=False)]).rule == ""


def test_of_two_taught_routes_the_more_exact_one_is_followed() -> None:
    exact = taught(id="t2", conditions={"SeriesDescription": "x", "ProtocolName": "p"})
    loose = taught(conditions={"SeriesDescription": "x"}, test="", ignore=True)
    series = header("x", ProtocolName="p")

    assert decided(series, taught=[loose, exact]).rule == "taught:t2"
    assert decided(series, taught=[exact, loose]).rule == "taught:t2"


def test_a_series_can_be_taught_to_be_no_quality_control() -> None:
    decision = decided(
        header("Flood"),
        taught=[taught(conditions={"SeriesDescription": "flood"}, test="", ignore=True)],
    )

    assert decision.outcome is RoutingOutcome.NOT_QC


def test_a_gate_is_heard_but_does_not_overrule_a_person() -> None:
    route = taught(conditions={"SeriesDescription": "flood"}, test="intrinsic_uniformity")

    decision = decided(header("Flood", CollimatorType="PARA"), taught=[route])

    assert decision.assignments[0].test == "intrinsic_uniformity"
    assert any(s.message.endswith("the taught route stands") for s in decision.steps)


def test_a_taught_slit_series_gets_its_direction_from_the_pixels() -> None:
    route = taught(conditions={"SeriesDescription": "po"}, test="intrinsic_spatial_linearity")

    decision = decided(
        header("PO", Rows=512), taught=[route], content=seen(ContentKind.SLITS, direction="x")
    )

    assert [(a.test, a.role) for a in decision.assignments[:1]] == [
        ("intrinsic_spatial_linearity", "lines_x")
    ]


@pytest.mark.parametrize(
    "values",
    [
        {"conditions": {}},
        {"conditions": {"SeriesDescription": ""}},
        {"test": ""},
        {"ignore": True},
    ],
)
def test_a_taught_route_that_says_nothing_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="taught route t1"):
        taught(**values)


RULE = '[[rule]]\nid = "site"\npriority = {priority}\n{rest}\ntest = "background_rate"\n'


def test_named_groups_fill_typed_parameters(tmp_path: Path) -> None:
    table = site(
        tmp_path,
        RULE.format(
            priority=300,
            rest="when.text = '(?P<what>lehr).*d(?P<distance_mm>\\d+) a(?P<a>[\\d,]+)( z(?P<z>\\d))?'\n"
            'parameters = { kind = "{what} x", fixed = 3, zoom = "{z}" }\n'
            'readings = { activity_mbq = "{a}" }\ngroup = "d{distance_mm}"',
        ),
    )

    assignment = decided(header("lehr d100 a37,5"), table=table).assignments[0]

    assert dict(assignment.parameters) == {"kind": "lehr x", "fixed": 3}
    assert dict(assignment.readings) == {"activity_mbq": 37.5}
    assert assignment.group == "d100"


def test_free_groups_become_parameters_of_their_name(tmp_path: Path) -> None:
    table = site(
        tmp_path, RULE.format(priority=300, rest="when.text = '(?P<distance_mm>\\d+) ?mm'")
    )

    parameters = decided(header("D 100mm"), table=table).assignments[0].parameters

    assert dict(parameters) == {"distance_mm": 100}
    assert type(parameters["distance_mm"]) is int


@pytest.mark.parametrize(
    ("condition", "matches"),
    [
        ('when.StationName = "cam 1"', True),
        ('when.StationName = ["x", "CAM 1"]', True),
        ('when.StationName = "cam"', False),
        ("when.StationName = { matches = 'cam' }", True),
        ("when.StationName = { none_of = ['cam 2'] }", True),
        ("when.StationName = { none_of = ['cam 1'] }", False),
        ("when.InstitutionName = { none_of = ['x'] }", False),
        ("when.Rows = 256", True),
        ("when.Rows = { minimum = 256 }", True),
        ("when.Rows = { minimum = 257 }", False),
        ("when.Rows = { maximum = 256 }", True),
        ("when.Rows = { minimum = 1, maximum = 255 }", False),
        ('when.ImageType = "static"', True),
        ("when.CountRate = { minimum = 0 }", False),
        ("when.SeriesDescription = 'static'", True),
        ("when.text = 'static'\nfields = ['ImageID']", False),
        ("when.text = ['nothing', 'static']", True),
        ("when = { text = 'static', Rows = 512 }", False),
        ("when.text = 'static'\nmodality = ['PT']", False),
    ],
)
def test_conditions_hold_or_not(tmp_path: Path, condition: str, matches: bool) -> None:
    table = site(tmp_path, RULE.format(priority=300, rest=condition))

    decision = decided(header("Static", StationName="CAM 1"), table=table)

    assert (decision.rule == "site") is matches


def test_a_rule_of_overriding_priority_goes_before_a_better_field(tmp_path: Path) -> None:
    series = header("Flood", StudyDescription="special")
    rest = "when.text = 'special'"

    ordinary = decided(series, table=site(tmp_path, RULE.format(priority=199, rest=rest)))
    overriding = decided(series, table=site(tmp_path, RULE.format(priority=200, rest=rest)))

    assert ordinary.rule == "intrinsic_uniformity"
    assert ordinary.runner_up == "site"
    assert overriding.rule == "site"


def test_an_expression_without_end_is_stopped_and_its_rule_named(tmp_path: Path) -> None:
    table = site(tmp_path, RULE.format(priority=300, rest=f"when.text = '{ENDLESS}'"))

    decision = soon(lambda: decided(header("a" * 64 + "! flood"), table=table), 2.0)

    assert decision.rule == "intrinsic_uniformity"
    (step,) = [step for step in decision.steps if step.effect == "skipped"]
    assert step.subject == "site"
    assert "site.toml:1: the expression was stopped on SeriesDescription" in step.message


def test_the_nested_repetition_of_the_text_books_comes_to_an_end(tmp_path: Path) -> None:
    table = site(tmp_path, RULE.format(priority=300, rest="when.text = '(a+)+$'"))

    soon(lambda: decided(header("a" * 64 + "!"), table=table), 2.0)


def test_many_expressions_without_end_leave_the_series_to_a_person(tmp_path: Path) -> None:
    rules = "".join(
        RULE.format(priority=300, rest=f"when.text = '{ENDLESS}'").replace("site", f"s{n}")
        for n in range(40)
    )
    table = site(tmp_path, rules)

    decision = soon(lambda: decided(header("a" * 64 + "! flood"), table=table), 5.0)

    assert decision.outcome is RoutingOutcome.UNROUTED
    assert decision.reason == "10 rules had to be stopped; mend their expressions"


NAMES = st.sampled_from(
    ["Flood", "COR", "QC bars", "LIN_X_H1", "Static", "Daily QC", "sens 100 mm", "x", "Bar phantom"]
)
WORDS = st.sampled_from(["flood", "cor", "qc", "lin", "static", "sens", "bar", "x", "[a-z]+", "1"])


@given(name=NAMES, word=WORDS, priority=st.integers(0, 150))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_rule_of_lower_priority_changes_no_decision_of_the_same_field(
    tmp_path: Path, name: str, word: str, priority: int
) -> None:
    series = header(name, CollimatorType="NONE")
    before = decided(series)
    winner = next((r for r in TABLE.rules if r.id == before.rule), None)
    table = site(tmp_path, RULE.format(priority=priority, rest=f"when.text = '{word}'"))

    after = decided(series, table=table)

    if winner is not None and priority < winner.priority and not winner.classify_by_content:
        assert after.assignments == before.assignments
        assert (after.outcome, after.rule) == (before.outcome, before.rule)


@given(
    name=st.text(max_size=80), image=st.text(max_size=40), kind=st.sampled_from(["NM", "PT", "CT"])
)
@settings(max_examples=100, deadline=None)
def test_any_text_leads_to_one_and_the_same_decision(name: str, image: str, kind: str) -> None:
    series = header(name, ImageID=image, kind=kind)

    assert decided(series) == decided(series)


def test_the_trial_tells_of_every_rule_why_it_matched_or_not() -> None:
    trial = try_routes([header("Flood")], table=TABLE, guard=GUARD)
    by_rule = {rule.rule: rule for rule in trial.rules}

    assert trial.decision == decided(header("Flood"))
    assert len(trial.rules) == len(TABLE.rules)
    assert by_rule["intrinsic_uniformity"].outcome == "matched"
    assert by_rule["intrinsic_uniformity"].field == "SeriesDescription"
    assert by_rule["cor"].outcome == "no match"
    assert by_rule["cor"].message == "the expression is not found in SeriesDescription"
    assert by_rule["ct_water"].message == "it looks at CT, the object is NM"
    assert by_rule["mwsr"].origin.startswith("default.toml:")


def test_the_trial_tells_nothing_of_a_patient() -> None:
    trial = try_routes([header("Flood", patient={"name": "Hansen^Kari"})], table=TABLE, guard=GUARD)

    assert trial.decision.outcome is RoutingOutcome.QUARANTINED
    assert trial.rules == ()


def test_a_decision_needs_a_header() -> None:
    with pytest.raises(ValueError, match="at least one header"):
        decided()
