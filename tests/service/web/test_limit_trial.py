"""A limit that is tried before it is put in force."""

from __future__ import annotations

import pytest

from photopeak.model.judgement import Status
from photopeak.web.limit_trial import limit_trial
from photopeak.web.words import Words
from support.trend_points import limit, point, points

ENGLISH = Words("en")


def test_a_trial_counts_what_it_would_fail_beside_what_the_limits_in_force_failed() -> None:
    passed = [point(n, value, verdicts=(limit(),)) for n, value in enumerate((1.0, 4.5, 4.6, 5.0))]
    failed = point(4, 6.0, verdicts=(limit(Status.FAIL),))

    trial = limit_trial([*passed, failed], {"at_most": "4.5"}, ENGLISH)

    said = "Of the last 5 results it would fail 3; the limits in force failed 1."
    assert trial.say == said  # a bound belongs to what passes
    assert [(result, value) for result, _, value in trial.beyond] == [
        ("r4", "6.00"), ("r3", "5.00"), ("r2", "4.60"),
    ]  # fmt: skip
    both = limit_trial(passed, {"at_least": "2", "at_most": "4.7"}, ENGLISH)
    assert "would fail 2" in both.say


def test_a_trial_is_of_the_latest_results_and_names_a_few() -> None:
    trial = limit_trial(points([9.0] * 50 + [1.0] * 80 + [9.0] * 10), {"at_most": "5"}, ENGLISH)

    assert trial.say.startswith("Of the last 90 results it would fail 10;")
    assert len(trial.beyond) == 5


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ({"at_most": "five"}, "A bound is a number, such as 4.5."),
        ({"at_most": "nan"}, "A bound is a number, such as 4.5."),
        ({"at_least": "inf"}, "A bound is a number, such as 4.5."),
        ({"at_least": "2", "at_most": "1"}, "The lower bound is above the upper one."),
        ({"at_most": "9" * 400}, "Of the last"),
        ({}, ""),
        ({"at_most": " "}, ""),
    ],
)
def test_bounds_that_cannot_be_are_refused_in_words(query: dict[str, str], fault: str) -> None:
    trial = limit_trial(points([1.0]), query, ENGLISH)

    assert (trial.fault or trial.say).startswith(fault)
    assert bool(fault) is bool(trial.fault or trial.say)


def test_nothing_measured_fails_nothing() -> None:
    assert "Of the last 0 results it would fail 0" in limit_trial([], {"at_most": "1"}, ENGLISH).say


def test_a_trial_is_told_in_chinese() -> None:
    trial = limit_trial(points([9.0]), {"at_most": "5"}, Words("zh"))

    assert trial.say == "最近1个结果中，该限值将判1个不合格；现行限值判0个不合格。"
