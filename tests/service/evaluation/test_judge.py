import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photopeak.evaluation.judge import Judgement, judge
from photopeak.evaluation.limits import load_limit_sets
from photopeak.model.configuration import Configuration
from photopeak.model.devices import Device
from photopeak.model.judgement import (
    Baseline,
    BaselineForm,
    Limit,
    LimitKind,
    LimitSet,
    SeverityOverride,
    StatedLimit,
    Status,
)
from photopeak.model.results import MeasurementRecord, PreconditionRecord
from support.rows import NOON

CAMERA = Device(id="camera-1", name="Camera", kind="gamma_camera")
LEHR = Configuration(parts={"nuclide": "Tc-99m", "collimator": "LEHR"})
HEGP = Configuration(parts={"nuclide": "Tc-99m", "collimator": "HEGP"})
PIXELATED = Device(id="czt", name="CZT", kind="gamma_camera", pixelated=True)


def measured(value: float, metric: str = "m", unit: str = "%", **scope: Any) -> MeasurementRecord:
    return MeasurementRecord(
        metric=metric, label="", label_zh="", scope=scope, value=value, unit=unit
    )


def condition(
    outcome: str, severity: str = "hard", code: str = "PC_COUNTS", **scope: Any
) -> PreconditionRecord:
    return PreconditionRecord(code=code, severity=severity, outcome=outcome, scope=scope)


def limit(**values: Any) -> Limit:
    return Limit(**{"test": "t", "variant": "nema", "metric": "m", "source": "clause", **values})


def limits(*entries: Limit, **values: Any) -> LimitSet:
    fixed = {"name": "s", "title": "", "kind": LimitKind.SITE, "source": "", "version": "v1"}
    return LimitSet(**{**fixed, **values}, limits=entries)


def baseline(value: float, spread: float | None = None, **values: Any) -> Baseline:
    fixed: dict[str, Any] = {
        "id": "b1",
        "device_id": "camera-1",
        "test": "t",
        "variant": "nema",
        "metric": "m",
        "scope": {},
        "configuration": LEHR.key,
        "count": 10,
        "epoch_start": NOON,
        "reason": "",
        "approved_by": "",
        "version": 1,
    }
    return Baseline(**{**fixed, **values}, value=value, spread=spread)


def judged(
    measurements: list[MeasurementRecord],
    *sets: LimitSet,
    preconditions: tuple[PreconditionRecord, ...] = (),
    **values: Any,
) -> Judgement:
    fixed: dict[str, Any] = {
        "test": "t",
        "variant": "nema",
        "device": CAMERA,
        "purpose": "constancy",
        "configurations": (LEHR,),
    }
    return judge(measurements, preconditions, **{**fixed, **values}, limit_sets=sets)


def up(value: float) -> float:
    return math.nextafter(value, math.inf)


def down(value: float) -> float:
    return math.nextafter(value, -math.inf)


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (down(1.0), Status.FAIL),
        (1.0, Status.WARN),
        (down(2.0), Status.WARN),
        (2.0, Status.PASS),
        (4.0, Status.PASS),
        (up(4.0), Status.WARN),
        (5.5, Status.WARN),
        (up(5.5), Status.FAIL),
    ],
)
def test_bounds_belong_to_what_passes_and_are_compared_unrounded(
    value: float, status: Status
) -> None:
    bounds = limits(limit(lower=1.0, warn_lower=2.0, warn_upper=4.0, upper=5.5))

    found = judged([measured(value)], bounds)

    assert found.status is status
    assert found.verdicts[0].status is status
    assert found.verdicts[0].met is (status is not Status.FAIL)


def test_what_would_pass_when_rounded_fails() -> None:
    assert judged([measured(5.54)], limits(limit(upper=5.5))).status is Status.FAIL


def test_the_result_is_as_bad_as_its_worst_verdict_and_every_verdict_is_kept() -> None:
    strict = limits(limit(upper=1.0), name="strict", kind=LimitKind.MANUFACTURER)
    loose = limits(limit(upper=9.0), name="loose")
    warns = limits(limit(warn_upper=1.5), name="warns", kind=LimitKind.RECOMMENDED)

    found = judged([measured(2.0)], strict, loose, warns)

    assert found.status is Status.FAIL
    assert {v.limit_set: v.status for v in found.verdicts} == {
        "strict": Status.FAIL,
        "loose": Status.PASS,
        "warns": Status.WARN,
    }
    assert judged([measured(2.0)], loose, warns).status is Status.WARN


def test_an_informative_limit_informs_and_tells_whether_it_is_met() -> None:
    reference = limits(limit(upper=6.0), kind=LimitKind.INFORMATIVE)

    meets, misses = judged([measured(5.0)], reference), judged([measured(7.0)], reference)

    assert (meets.status, misses.status) == (Status.INFO, Status.INFO)
    assert (meets.verdicts[0].met, misses.verdicts[0].met) == (True, False)


def test_a_pass_by_a_judging_limit_is_not_hidden_by_an_informative_one() -> None:
    reference = limits(limit(upper=1.0), kind=LimitKind.INFORMATIVE, name="i")

    assert judged([measured(2.0)], reference, limits(limit(upper=3.0))).status is Status.PASS


def test_without_any_limit_nothing_passes() -> None:
    assert judged([measured(1.0)]).status is Status.NO_LIMIT
    assert judged([]).status is Status.INFO


@pytest.mark.parametrize(
    "other",
    [
        {"test": "other"},
        {"variant": "iec"},
        {"metric": "other"},
        {"scope": {"detector": 2}},
        {"purpose": ("acceptance",)},
    ],
    ids=str,
)
def test_a_limit_of_something_else_does_not_judge(other: dict[str, Any]) -> None:
    found = judged([measured(1.0, detector=1)], limits(limit(upper=2.0, **other)))

    assert (found.status, found.verdicts) == (Status.NO_LIMIT, ())


def test_a_limit_of_every_variant_judges_each() -> None:
    assert judged([measured(1.0)], limits(limit(variant="*", upper=2.0))).status is Status.PASS


def test_a_set_speaks_for_its_devices_and_purposes_alone() -> None:
    mine = limits(limit(upper=2.0), devices=("camera-1",))
    status = limits(limit(upper=2.0), purpose=("status",))

    assert judged([measured(1.0)], mine).status is Status.PASS
    assert judged([measured(1.0)], mine, device=PIXELATED).status is Status.NO_LIMIT
    assert judged([measured(1.0)], mine, device=None).status is Status.NO_LIMIT
    assert judged([measured(1.0)], status).status is Status.NO_LIMIT
    assert judged([measured(1.0)], status, purpose="status").status is Status.PASS


def test_an_optional_set_judges_where_a_route_asks_for_it() -> None:
    extra = limits(limit(upper=2.0), name="extra", optional=True)

    assert judged([measured(1.0)], extra).status is Status.NO_LIMIT
    assert judged([measured(1.0)], extra, requested=["extra"]).status is Status.PASS


def test_the_narrower_limit_of_a_set_speaks_in_place_of_the_wider() -> None:
    both = limits(limit(upper=2.0), limit(upper=5.0, scope={"distance_mm": 100}))

    near, far = measured(4.0, distance_mm=100, detector=1), measured(4.0, distance_mm=200)

    found = judged([near, far], both)
    assert [v.status for v in found.verdicts] == [Status.PASS, Status.FAIL]


def test_a_scope_narrows_by_equality_of_numbers_whatever_their_type() -> None:
    narrowed = limits(limit(upper=2.0, scope={"distance_mm": 100}))

    assert judged([measured(1.0, distance_mm=100.0)], narrowed).status is Status.PASS


@pytest.mark.parametrize("outcome", ["not_met", "unknown"])
def test_a_hard_precondition_not_known_to_be_met_makes_numbers_invalid(outcome: str) -> None:
    found = judged([measured(1.0)], limits(limit(upper=2.0)), preconditions=(condition(outcome),))

    assert (found.status, found.verdicts) == (Status.INVALID, ())


@pytest.mark.parametrize(
    ("other_head", "status"), [(1.0, Status.INVALID), (3.0, Status.FAIL)], ids=["keeps", "fails"]
)
def test_a_head_that_failed_a_condition_is_not_judged_and_the_other_is(
    other_head: float, status: Status
) -> None:
    numbers = [measured(1.0, detector=1), measured(other_head, detector=2)]
    failed = condition("not_met", detector=1)

    found = judged(numbers, limits(limit(upper=2.0)), preconditions=(failed,))

    assert found.status is status
    assert [dict(v.scope) for v in found.verdicts] == [{"detector": 2}]


def test_a_failed_head_is_invalid_even_where_the_other_only_warns_or_has_no_limit() -> None:
    numbers = [measured(1.0, detector=1), measured(1.0, detector=2)]
    failed = condition("unknown", detector=1, energy_window=1)

    for entry in (limits(limit(warn_upper=0.5)), limits(limit(metric="other", upper=1.0))):
        assert judged(numbers, entry, preconditions=(failed,)).status is Status.INVALID


def test_what_stands_on_all_heads_is_void_when_one_of_them_is() -> None:
    numbers = [measured(9.0), measured(1.0, detector=2)]
    failed = condition("not_met", detector=1)

    found = judged(numbers, limits(limit(upper=2.0)), preconditions=(failed,))

    assert found.status is Status.INVALID
    assert [(dict(v.scope), v.status) for v in found.verdicts] == [({"detector": 2}, Status.PASS)]


def test_a_head_that_is_void_owes_no_mandatory_number() -> None:
    numbers = [measured(1.0, detector=2), measured(1.0, "other", detector=1)]
    asked = limits(limit(upper=2.0), kind=LimitKind.MANDATORY)
    failed = condition("not_met", detector=1)

    found = judged(numbers, asked, preconditions=(failed,))

    assert [(dict(v.scope), v.status) for v in found.verdicts] == [({"detector": 2}, Status.PASS)]


@pytest.mark.parametrize("outcome", ["not_met", "unknown"])
def test_a_soft_precondition_not_known_to_be_met_turns_a_pass_into_a_warning(outcome: str) -> None:
    soft = condition(outcome, "soft")

    assert judged([measured(1.0)], limits(limit(upper=2.0)), preconditions=(soft,)).status is (
        Status.WARN
    )
    assert judged([measured(3.0)], limits(limit(upper=2.0)), preconditions=(soft,)).status is (
        Status.FAIL
    )


def test_a_severity_can_be_changed_for_a_device() -> None:
    def override(severity: str, **values: Any) -> LimitSet:
        entry = SeverityOverride(test="t", code="PC_COUNTS", severity=severity)
        return limits(limit(upper=2.0), severities=(entry,), **values)

    hard = (condition("not_met"),)
    softened = override("soft", devices=("camera-1",), name="a")
    hardened = override("hard", kind=LimitKind.MANUFACTURER, name="b")

    found = judged([measured(1.0)], softened, preconditions=hard)
    assert (found.status, found.preconditions[0].severity) == (Status.WARN, "soft")
    # The site has the last word.
    assert judged([measured(1.0)], hardened, softened, preconditions=hard).status is Status.WARN
    other = judged([measured(1.0)], softened, preconditions=hard, device=PIXELATED)
    assert other.status is Status.INVALID


FORMS = [
    (BaselineForm.ABSOLUTE, {"lower": -0.5, "upper": 0.5}, 3.5, 4.5),
    (BaselineForm.RELATIVE_PERCENT, {"lower": -50.0, "upper": 25.0}, 2.0, 5.0),
    (BaselineForm.STANDARD_DEVIATIONS, {"lower": -2.0, "upper": 3.0}, 3.5, 4.75),
]


@pytest.mark.parametrize(("form", "bounds", "lower", "upper"), FORMS)
def test_bounds_count_from_the_baseline(
    form: BaselineForm, bounds: dict[str, float], lower: float, upper: float
) -> None:
    entry = limits(limit(form=form, **bounds))
    reference = [baseline(4.0, 0.25)]

    for value, status in (
        (down(lower), Status.FAIL),
        (lower, Status.PASS),
        (upper, Status.PASS),
        (up(upper), Status.FAIL),
    ):
        found = judged([measured(value)], entry, baselines=reference)
        assert found.status is status
        (verdict,) = found.verdicts
        assert (verdict.lower, verdict.upper, verdict.baseline_id) == (lower, upper, "b1")


def test_a_percentage_of_a_negative_baseline_keeps_its_direction() -> None:
    entry = limits(limit(form=BaselineForm.RELATIVE_PERCENT, lower=-10.0, upper=10.0))

    (verdict,) = judged([measured(-10.5)], entry, baselines=[baseline(-10.0)]).verdicts

    assert (verdict.lower, verdict.upper, verdict.status) == (-11.0, -9.0, Status.PASS)


@pytest.mark.parametrize(
    ("form", "reference"),
    [
        (BaselineForm.ABSOLUTE, []),
        (BaselineForm.ABSOLUTE, [baseline(4.0, scope={"detector": 1})]),
        (BaselineForm.ABSOLUTE, [baseline(4.0, metric="other")]),
        (BaselineForm.ABSOLUTE, [baseline(4.0, configuration=HEGP.key)]),
        (BaselineForm.ABSOLUTE, [baseline(4.0, configuration="")]),
        (BaselineForm.RELATIVE_PERCENT, [baseline(0.0)]),
        (BaselineForm.STANDARD_DEVIATIONS, [baseline(4.0)]),
        (BaselineForm.STANDARD_DEVIATIONS, [baseline(4.0, 0.0)]),
    ],
)
def test_a_baseline_that_is_missing_or_no_use_judges_nothing(
    form: BaselineForm, reference: list[Baseline]
) -> None:
    found = judged([measured(4.0)], limits(limit(form=form, upper=1.0)), baselines=reference)

    assert found.status is Status.NO_LIMIT
    (verdict,) = found.verdicts
    assert (verdict.status, verdict.met, verdict.upper) == (Status.NO_LIMIT, None, None)


def test_the_configuration_chooses_among_baselines() -> None:
    entry = limits(limit(form=BaselineForm.ABSOLUTE, upper=1.0))
    reference = [baseline(4.0), baseline(5.0, configuration=HEGP.key, id="b2")]

    found = judged([measured(5.5)], entry, baselines=reference, configurations=(HEGP,))

    assert (found.status, found.verdicts[0].baseline_id) == (Status.PASS, "b2")
    assert found.notes == ()


def test_a_baseline_of_another_configuration_is_not_compared_and_a_note_says_so_once() -> None:
    entry = limits(limit(form=BaselineForm.ABSOLUTE, upper=1.0))
    numbers = [measured(9.0, detector=1), measured(9.0, "other", detector=1)]
    reference = [
        baseline(4.0, scope={"detector": 1}),
        baseline(4.0, metric="other", scope={"detector": 1}, id="b2"),
    ]

    found = judged(numbers, entry, baselines=reference, configurations=(HEGP,))

    assert [(v.status, v.baseline_id) for v in found.verdicts] == [(Status.NO_LIMIT, None)]
    (note,) = found.notes
    assert note.code == "BASELINE_OF_ANOTHER_CONFIGURATION"
    assert note.message == "the baseline is of another configuration: collimator LEHR / HEGP"
    assert note.values == {"collimator of the baseline": "LEHR", "collimator": "HEGP"}


def test_each_head_has_the_baseline_of_its_own_configuration() -> None:
    entry = limits(limit(form=BaselineForm.ABSOLUTE, upper=1.0))
    heads = (
        Configuration(scope={"detector": 1}, parts=LEHR.parts),
        Configuration(scope={"detector": 2}, parts=HEGP.parts),
    )
    reference = [baseline(4.0, scope={"detector": n}, id=f"b{n}") for n in (1, 2)]
    numbers = [measured(4.5, detector=n) for n in (1, 2)]

    found = judged(numbers, entry, baselines=reference, configurations=heads)

    assert [v.status for v in found.verdicts] == [Status.PASS, Status.NO_LIMIT]
    assert [dict(note.scope) for note in found.notes] == [{"detector": 2}]


def test_of_several_other_configurations_the_nearest_is_named() -> None:
    far = Configuration(parts={"nuclide": "Co-57", "collimator": "LEAP"}).key
    reference = [baseline(4.0, configuration=far), baseline(4.0)]

    (note,) = judged([measured(4.0)], baselines=reference, configurations=(HEGP,)).notes

    assert note.message.endswith(": collimator LEHR / HEGP")


def test_what_is_not_known_of_a_configuration_is_no_agreement() -> None:
    silent = Configuration(parts={"nuclide": "Tc-99m"})

    (note,) = judged([measured(4.0)], baselines=[baseline(4.0)], configurations=(silent,)).notes

    assert note.message.endswith(": collimator LEHR / not known")


def test_a_number_in_another_unit_is_not_judged_and_not_a_pass() -> None:
    found = judged([measured(1.0, unit="cm")], limits(limit(upper=5.0, unit="mm")))

    assert (found.status, found.verdicts[0].status) == (Status.WARN, Status.ERROR)


def test_a_mandatory_number_that_is_missing_takes_the_pass_away() -> None:
    both = limits(limit(upper=2.0), limit(metric="n", upper=2.0), kind=LimitKind.MANDATORY)

    found = judged([measured(1.0)], both)

    assert found.status is Status.WARN
    assert {v.metric: v.status for v in found.verdicts} == {"m": Status.PASS, "n": Status.ERROR}


def test_a_mandatory_number_is_wanted_of_every_detector() -> None:
    both = limits(limit(upper=2.0), limit(metric="n", upper=2.0), kind=LimitKind.MANDATORY)
    whole = [measured(1.0, key, detector=d) for key in "mn" for d in (1, 2)]

    assert judged(whole, both).status is Status.PASS
    found = judged(whole[:-1], both)
    assert found.status is Status.WARN
    assert [(v.metric, v.scope) for v in found.verdicts if v.status is Status.ERROR] == [
        ("n", {"detector": 2})
    ]
    # One number for the whole system stands for all detectors.
    assert judged([*whole[:2], measured(1.0, "n")], both).status is Status.PASS


def test_of_two_ways_to_a_mandatory_number_one_suffices_and_both_are_judged() -> None:
    ways = limits(
        limit(upper=2.0, instead="n"), limit(metric="n", upper=2.0, instead="m"),
        kind=LimitKind.MANDATORY,
    )  # fmt: skip

    one = judged([measured(1.0)], ways)
    assert (one.status, [v.metric for v in one.verdicts]) == (Status.PASS, ["m"])
    assert judged([measured(1.0, "n")], ways).status is Status.PASS
    assert judged([measured(1.0), measured(3.0, "n")], ways).status is Status.FAIL
    neither = judged([measured(1.0, "k")], ways)
    assert neither.status is Status.WARN
    assert [(v.metric, v.status) for v in neither.verdicts] == [
        ("m", Status.ERROR), ("n", Status.ERROR),
    ]  # fmt: skip


def test_each_detector_may_be_measured_in_its_own_way() -> None:
    ways = limits(
        limit(upper=2.0, instead="n"), limit(metric="n", upper=2.0, instead="m"),
        kind=LimitKind.MANDATORY,
    )  # fmt: skip
    mixed = [measured(1.0, detector=1), measured(1.0, "n", detector=2)]

    assert judged(mixed, ways).status is Status.PASS
    found = judged([*mixed, measured(1.0, "k", detector=3)], ways)
    assert [(v.metric, v.scope) for v in found.verdicts if v.status is Status.ERROR] == [
        ("m", {"detector": 3}), ("n", {"detector": 3}),
    ]  # fmt: skip


def uniformity(value: float) -> list[MeasurementRecord]:
    keys = ("iu_ufov", "iu_cfov", "du_ufov", "du_cfov")
    return [measured(value, key, detector=d) for key in keys for d in (1, 2)]


def by_files(measurements: list[MeasurementRecord], **values: Any) -> Judgement:
    return judged(measurements, *load_limit_sets(), test="intrinsic_uniformity", **values)


def test_a_good_flood_passes_ws523_and_a_bad_one_fails() -> None:
    assert by_files(uniformity(2.9)).status is Status.PASS
    assert by_files(uniformity(3.2)).status is Status.FAIL


def test_ws523_does_not_judge_the_iec_method_nor_an_acceptance_test() -> None:
    iec = by_files(uniformity(2.9), variant="iec")
    acceptance = by_files(uniformity(2.9), purpose="acceptance")

    for found in (iec, acceptance):
        assert "ws523" not in {v.limit_set for v in found.verdicts}


def test_ws523_only_informs_on_a_pixelated_detector() -> None:
    found = by_files(uniformity(3.2), device=PIXELATED)

    verdicts = [v for v in found.verdicts if v.limit_set == "ws523"]
    assert {v.status for v in verdicts} == {Status.INFO}
    assert {v.met for v in verdicts if v.metric == "du_cfov"} == {False}


@pytest.mark.parametrize(
    ("offset", "status"), [(0.2, Status.PASS), (-0.3, Status.WARN), (0.6, Status.FAIL)]
)
def test_a_center_of_rotation_is_judged_by_its_size(offset: float, status: Status) -> None:
    found = judged(
        [measured(offset, "cor_offset_px", detector=1)],
        *load_limit_sets(),
        test="center_of_rotation",
    )

    assert found.status is status


NUMBERS = st.floats(-1e6, 1e6)


@st.composite
def some_limits(draw: st.DrawFn) -> LimitSet:
    def one() -> Limit:
        lower, warn_lower, warn_upper, upper = sorted(
            draw(st.lists(NUMBERS, min_size=4, max_size=4))
        )
        keep = draw(st.lists(st.booleans(), min_size=4, max_size=4))
        bounds = zip(
            ("lower", "warn_lower", "warn_upper", "upper"),
            (lower, warn_lower, warn_upper, upper),
            keep,
            strict=True,
        )
        return limit(**{name: value for name, value, kept in bounds if kept})

    return limits(
        *(one() for _ in range(draw(st.integers(0, 3)))),
        kind=draw(st.sampled_from(LimitKind)),
        name=draw(st.sampled_from("abc")),
    )


@given(NUMBERS, st.lists(some_limits(), max_size=4))
def test_a_pass_needs_a_judging_verdict_and_none_against(
    value: float, sets: list[LimitSet]
) -> None:
    found = judged([measured(value)], *sets)

    said = [v.status for v in found.verdicts]
    if found.status is Status.PASS:
        assert Status.PASS in said
        assert not {Status.FAIL, Status.WARN, Status.ERROR} & set(said)
    assert (found.status is Status.FAIL) == (Status.FAIL in said)


@given(NUMBERS, st.lists(some_limits(), max_size=3), some_limits())
def test_one_more_limit_never_makes_a_failure_better(
    value: float, sets: list[LimitSet], more: LimitSet
) -> None:
    if judged([measured(value)], *sets).status is Status.FAIL:
        assert judged([measured(value)], *sets, more).status is Status.FAIL


@given(
    st.lists(NUMBERS, min_size=1, max_size=5),
    st.lists(some_limits(), max_size=3),
    st.sampled_from(["met", "not_met", "unknown"]),
    st.sampled_from(["hard", "soft"]),
)
def test_a_precondition_that_is_not_met_never_lets_anything_pass(
    values: list[float], sets: list[LimitSet], outcome: str, severity: str
) -> None:
    found = judged(
        [measured(v) for v in values], *sets, preconditions=(condition(outcome, severity),)
    )

    if outcome != "met":
        assert found.status not in (Status.PASS, Status.INFO, Status.NO_LIMIT)
        assert (found.status is Status.INVALID) == (severity == "hard")


def stated(
    metric: str = "m", lower: float | None = 1.0, upper: float | None = 2.0, **scope: Any
) -> StatedLimit:
    return StatedLimit(metric=metric, scope=scope, lower=lower, upper=upper, source="the report")


def judged_by(measurement: MeasurementRecord, *limits: StatedLimit, **more: Any) -> Judgement:
    return judge(
        [measurement], more.pop("conditions", []), test="t", variant="v", device=None,
        purpose="constancy", limit_sets=more.pop("sets", []), stated=limits,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "status"), [(1.0, "PASS"), (2.0, "PASS"), (0.999, "FAIL"), (2.001, "FAIL")]
)
def test_bounds_stated_by_the_input_judge_as_those_of_the_manufacturer(
    value: float, status: str
) -> None:
    judgement = judged_by(measured(value), stated())

    (verdict,) = judgement.verdicts
    assert (judgement.status, verdict.status) == (status, status)
    assert (verdict.limit_set, verdict.kind) == ("report", LimitKind.MANUFACTURER)
    assert (verdict.lower, verdict.upper, verdict.source) == (1.0, 2.0, "the report")


def test_stated_bounds_hold_for_their_own_number_alone() -> None:
    for limit in (stated("other"), stated(detector=1), stated("m", item="x")):
        assert judged_by(measured(5.0), limit).verdicts == ()
    assert judged_by(measured(5.0, detector=1), stated(detector=1)).status is Status.FAIL


def test_stated_bounds_do_not_judge_what_is_void() -> None:
    judgement = judged_by(measured(5.0), stated(), conditions=[condition("not_met")])

    assert (judgement.status, judgement.verdicts) == (Status.INVALID, ())


def test_a_change_of_the_stated_bounds_changes_their_version() -> None:
    versions = {
        judged_by(measured(1.5), limit).verdicts[0].limit_set_version
        for limit in (stated(), stated(upper=3.0), stated(), stated(lower=None))
    }

    assert len(versions) == 3


def test_a_pass_by_the_report_does_not_hide_a_failure_by_another_limit() -> None:
    limit = Limit(test="t", variant="v", metric="m", upper=1.2)
    own = LimitSet(
        name="site", title="", kind=LimitKind.SITE, source="", version="1", limits=(limit,)
    )

    judgement = judged_by(measured(1.5), stated(), sets=[own])

    assert judgement.status is Status.FAIL
    assert {v.limit_set: v.status.value for v in judgement.verdicts} == {
        "site": "FAIL",
        "report": "PASS",
    }
