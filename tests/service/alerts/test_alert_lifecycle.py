"""An alert about a test ends by a passing repeat of the same test on the same head alone."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from photopeak.alerts.lifecycle import Subject, consequences, failed, opened_again
from photopeak.model.alerts import Alert, AlertRecord, AlertSeverity, AlertState, key_of
from photopeak.model.configuration import Configuration
from photopeak.model.judgement import LimitKind, Status
from support.alert_results import METRIC, subject, verdict
from support.rows import NOON

PASS, WARN, FAIL = Status.PASS, Status.WARN, Status.FAIL
LATER = NOON + timedelta(days=1)


@dataclass
class Board:
    """Alerts as the database would keep them."""

    open: dict[str, AlertRecord] = field(default_factory=dict)

    def take(self, *subjects: Subject, newer: tuple[Subject, ...] = ()) -> set[str]:
        """Apply results one after the other and return the rules that stay open, with the head."""
        for each in subjects:
            known = [r for r in self.open.values() if r.alert.key.startswith(each.prefix)]
            effect = consequences(each, known, newer)
            for alert in effect.raised:
                self.open[alert.key] = record(alert)
            for one, breaches in effect.narrowed:
                self.open[one.alert.key] = record(replace(one.alert, breaches=breaches))
            for one in effect.ended:
                del self.open[one.alert.key]
        return {f"{r.alert.detector or '-'} {r.alert.rule}" for r in self.open.values()}


def record(alert: Alert) -> AlertRecord:
    return AlertRecord(
        id=alert.key,
        alert=alert,
        state=AlertState.OPEN,
        count=1,
        opened_at=NOON,
        last_seen_at=NOON,
        acknowledged_at=None,
        acknowledged_by="",
        comment="",
        closed_at=None,
    )


def later(heads: dict[int | None, Status] | None = None, **changes: object) -> Subject:
    return subject(heads, at=LATER, result_id="r2", **changes)  # type: ignore[arg-type]


def test_the_key_is_of_device_detector_test_and_rule() -> None:
    board = Board()
    board.take(subject({1: FAIL, 2: WARN}))

    keys = [key_of("camera-1", "intrinsic_uniformity", "mandatory", variant="nema", detector=d)
            for d in (1, 2)]  # fmt: skip
    assert sorted(board.open) == keys
    assert [board.open[k].alert.severity for k in keys] == [
        AlertSeverity.CRITICAL,
        AlertSeverity.WARNING,
    ]
    alert = board.open[keys[0]].alert
    assert alert.title == "Intrinsic uniformity (detector 1): FAIL"
    assert alert.message == "Integral uniformity is 5.20 %, above 5 % (mandatory)"


def test_parts_of_a_key_do_not_run_into_each_other() -> None:
    assert key_of("a/b", "c", "r") != key_of("a", "b/c", "r")


@pytest.mark.parametrize(
    ("repeat", "left"),
    [
        (later({1: PASS}), set()),
        (later({1: PASS, 2: FAIL}), {"2 mandatory"}),
        (later({1: WARN}), {"1 mandatory"}),
        (later({2: PASS}), {"1 mandatory"}),
        (later({1: Status.NO_LIMIT}), {"1 mandatory"}),
        (later({1: Status.INFO}), {"1 mandatory"}),
        (later({}), {"1 mandatory"}),
        (later({1: PASS}, void=(2,)), {"1 mandatory", "2 INVALID"}),
        (later(void=(1,)), {"1 mandatory", "1 INVALID"}),
        (later({1: PASS}, partial=True), {"1 mandatory"}),
        (later(failure="broken"), {"1 mandatory", "- ERROR"}),
        (later({1: PASS}, variant="iec"), {"1 mandatory"}),
        (later({1: PASS}, device_id="camera-2"), {"1 mandatory"}),
        (later({1: PASS}, group="uncorrected"), {"1 mandatory"}),
        (later(verdicts=(verdict(1, PASS, kind=LimitKind.SITE),)), {"1 mandatory"}),
        (later(verdicts=(verdict(1, PASS, metric="du_ufov"),)), {"1 mandatory"}),
        (subject({1: PASS}, at=NOON - timedelta(days=1)), {"1 mandatory"}),
        (subject({1: PASS}), set()),
    ],
    ids=[
        "passes", "other head fails", "warns", "other head", "no limit", "informs", "no number",
        "invalid", "invalid itself", "partial", "error", "other variant", "other device",
        "other group", "other kind of limit", "other metric", "measured before", "analysed anew",
    ],
)  # fmt: skip
def test_a_breach_ends_by_a_passing_repeat_alone(repeat: Subject, left: set[str]) -> None:
    board = Board()

    assert board.take(subject({1: FAIL})) == {"1 mandatory"}
    assert board.take(repeat) == left


def test_every_number_of_an_alert_has_to_be_good_again() -> None:
    board = Board()
    both = (verdict(1, FAIL), verdict(1, FAIL, metric="du_ufov"))
    board.take(subject(verdicts=both))

    assert board.take(later({1: PASS})) == {"1 mandatory"}
    (left,) = board.open.values()
    assert [b.metric for b in left.alert.breaches] == ["du_ufov"]
    assert board.take(later(verdicts=(verdict(1, PASS, metric="du_ufov"),))) == set()


@pytest.mark.parametrize(
    ("bad", "opened"),
    [
        (subject(void=(1,)), "1 INVALID"),
        (subject(failure="broken", detector=1), "1 ERROR"),
        (subject({1: Status.ERROR}), "1 NO_RESULT"),
        (subject({1: PASS}, unmet=(1,)), "1 CONDITIONS"),
    ],
    ids=["invalid", "error", "no number", "conditions"],
)
@pytest.mark.parametrize(
    ("repeat", "ends"),
    [
        (later({1: PASS}), True),
        (later({1: WARN}), True),
        (later({1: Status.NO_LIMIT}), True),
        (later({1: FAIL}), False),
        (later({2: PASS}), False),
        (later({1: PASS}, partial=True), False),
        (later(void=(1,)), False),
        (later(failure="broken", detector=1), False),
    ],
    ids=["passes", "warns", "no limit", "fails", "other head", "partial", "invalid", "error"],
)
def test_what_gave_no_number_ends_with_valid_numbers_of_the_same_head(
    bad: Subject, opened: str, repeat: Subject, ends: bool
) -> None:
    board = Board()

    assert board.take(bad) == {opened}
    assert (opened not in board.take(repeat)) is ends


def test_an_error_of_nobody_knows_which_head_ends_when_all_heads_were_good() -> None:
    board = Board()

    assert board.take(subject(failure="broken", heads=2)) == {"- ERROR"}
    assert board.take(later({1: PASS})) == {"- ERROR"}
    assert board.take(later({2: PASS})) == set()


def test_a_test_set_that_never_came_to_a_result_ends_with_one() -> None:
    board = Board()
    alert = failed(
        "set-1", "see traceback", device_id="camera-1", test="intrinsic_uniformity", variant="nema"
    )
    board.open[alert.key] = record(alert)

    assert board.take(later({1: PASS})) == set()


def test_results_of_no_known_device_have_alerts_of_their_own() -> None:
    board = Board()
    board.take(subject({1: FAIL}, device_id=None))

    assert board.take(later({1: PASS})) == {"1 mandatory"}
    assert board.take(later({1: PASS}, device_id=None)) == set()


def test_the_past_analysed_anew_opens_nothing_that_was_good_again_since() -> None:
    board = Board()

    assert board.take(subject({1: FAIL, 2: FAIL}), newer=(later({1: PASS}),)) == {"2 mandatory"}


def test_a_breach_measured_before_the_one_that_is_told_adds_to_it_only() -> None:
    board = Board()
    board.take(later({1: FAIL}))
    board.take(subject(verdicts=(verdict(1, FAIL, metric="du_ufov"),)))

    (kept,) = board.open.values()
    assert kept.alert.acquired_at == LATER
    assert {b.metric for b in kept.alert.breaches} == {METRIC, "du_ufov"}


def test_alerts_of_other_rules_are_left_to_those_who_raised_them() -> None:
    board = Board()
    key = key_of("camera-1", "intrinsic_uniformity", "2_2s", variant="nema", detector=1)
    board.open[key] = record(
        Alert(key=key, severity=AlertSeverity.WARNING, title="", message="", rule="2_2s")
    )

    assert board.take(later({1: PASS})) == {"- 2_2s"}


class OpenBreaches(RuleBasedStateMachine):
    """Whatever results come, a breach stays until its own number passes in a later one."""

    def __init__(self) -> None:
        super().__init__()
        self.board = Board()
        self.expected: set[tuple[int, str, str]] = set()
        self.day = 0

    @rule(
        said=st.dictionaries(
            st.tuples(
                st.sampled_from([1, 2]),
                st.sampled_from([METRIC, "du_ufov"]),
                st.sampled_from([LimitKind.MANDATORY, LimitKind.SITE]),
            ),
            st.sampled_from([PASS, WARN, FAIL, Status.INFO, Status.NO_LIMIT]),
        ),
        trouble=st.sampled_from(["", "", "", "partial", "void", "error", "old"]),
        group=st.sampled_from(["", "", "uncorrected"]),
        variant=st.sampled_from(["nema", "nema", "iec"]),
    )
    def a_result(
        self,
        said: dict[tuple[int, str, LimitKind], Status],
        trouble: str,
        group: str,
        variant: str,
    ) -> None:
        self.day += 1
        moment = NOON + timedelta(days=-self.day if trouble == "old" else self.day)
        counts = trouble != "error"
        found = subject(
            verdicts=tuple(
                verdict(head, status, metric=metric, kind=kind)
                for (head, metric, kind), status in said.items()
            ),
            void=(None,) if trouble == "void" else (),
            failure="broken" if trouble == "error" else "",
            partial=trouble == "partial",
            at=moment,
            result_id=f"r{self.day}",
            group=group,
            variant=variant,
        )
        self.board.take(found)
        # What may end a breach is said here once more, in the words of the issue.
        passes = found.result.status not in (Status.INVALID, Status.ERROR)
        for (head, metric, kind), status in said.items():
            name = (head, f"{variant} {kind.value} {group}", metric)
            if counts and status in (WARN, FAIL):
                self.expected.add(name)
            elif passes and trouble not in ("partial", "old") and status is PASS:
                self.expected.discard(name)

    @invariant()
    def every_breach_that_did_not_pass_is_open(self) -> None:
        shown = {
            (
                int(breach.scope["detector"]),
                f"{r.alert.variant} {r.alert.rule} {breach.group}",
                breach.metric,
            )
            for r in self.board.open.values()
            if r.alert.rule in ("mandatory", "site")
            for breach in r.alert.breaches
        }
        assert self.expected == shown


TestOpenBreaches = OpenBreaches.TestCase
TestOpenBreaches.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)


def through(window: str, each: Subject) -> Subject:
    """Return a subject that was measured in energy windows."""
    configuration = Configuration(parts={"energy window": window})
    provenance = replace(each.result.provenance, configurations=(configuration,))
    return replace(each, result=replace(each.result, provenance=provenance))


@pytest.mark.parametrize(
    ("bad", "rule_"), [({1: FAIL}, "1 mandatory"), ({1: WARN}, "1 mandatory"), ({}, "1 INVALID")]
)
def test_what_was_measured_of_one_nuclide_says_nothing_of_another(
    bad: dict[int | None, Status], rule_: str
) -> None:
    board = Board()
    void = () if bad else (1,)
    board.take(through("Lu-177 208 keV", subject(bad, void=void)))
    assert board.take(through("Tc-99m 141 keV", later({1: PASS}))) == {rule_}
    both = through("Lu-177 208 keV + Tc-99m 141 keV", later({1: PASS}))
    assert board.take(both) == set()


def test_without_a_known_window_any_repeat_speaks_of_the_number() -> None:
    board = Board()
    board.take(subject({1: FAIL}))
    assert board.take(through("Tc-99m 141 keV", later({1: PASS}))) == set()


def test_a_late_result_adds_nothing_that_was_good_again_since() -> None:
    board = Board()
    fails = verdict(1, FAIL), verdict(1, PASS, metric="du_ufov")
    newest = later(verdicts=fails)
    board.take(newest)
    older = subject(verdicts=(verdict(1, FAIL), verdict(1, FAIL, metric="du_ufov")), result_id="r0")
    board.take(older, newer=(newest,))

    (only,) = board.open.values()
    assert [b.metric for b in only.alert.breaches] == [METRIC]


def test_what_a_superseded_pass_has_ended_stands_again() -> None:
    board = Board()
    bad = subject({1: FAIL, 2: FAIL})
    board.take(bad)
    ended = list(board.open.values())
    less = later({2: PASS})

    (again,) = opened_again(ended, (bad, less))
    assert (again.detector, again.rule) == (1, "mandatory")
    another = subject({1: PASS}, at=LATER + timedelta(hours=1), result_id="r3")
    assert opened_again(ended, (bad, less, another)) == opened_again((), ())
    before = subject({1: PASS}, at=NOON - timedelta(hours=1), result_id="r3")
    assert len(opened_again(ended, (bad, less, before))) == 1
