"""Numbers of a result as shown."""

from __future__ import annotations

from typing import Any

import pytest

from photopeak.model.judgement import LimitKind, Status
from photopeak.web.looks import STATE, STATUS, WORST_FIRST
from photopeak.web.numbers import SHOWN_UNJUDGED, groups
from photopeak.web.values import bullet, expanded_text, limit_text, scope_text, value_text
from photopeak.web.words import Words
from support.shown_results import WORDS, condition, measurement, result, verdict


def number(metric: str, detector: int = 1, **changes: Any) -> Any:
    """Return a number of a detector."""
    return measurement(metric=metric, label=metric, scope={"detector": detector}, **changes)


def on(metric: str, status: Status, detector: int = 1, **changes: Any) -> Any:
    """Return a verdict on it."""
    return verdict(status, metric=metric, scope={"detector": detector}, **changes)


def test_what_is_judged_comes_before_what_is_not_and_the_rest_is_folded() -> None:
    measured = tuple(number(name) for name in ("mean", "iu", "pixel", "du"))
    verdicts = (on("iu", Status.PASS), on("du", Status.FAIL))
    (group,) = groups(result(Status.FAIL, measurements=measured, verdicts=verdicts), WORDS)

    assert [row.label for row in group.rows] == ["iu", "du"]
    assert [row.label for row in group.more] == ["mean", "pixel"]


def test_every_detector_has_its_group_with_its_own_worst_verdict() -> None:
    measured = (number("iu", 1), number("iu", 2), number("rate", 2))
    verdicts = (on("iu", Status.PASS, 1), on("iu", Status.FAIL, 2))
    found = groups(result(Status.FAIL, measurements=measured, verdicts=verdicts), WORDS)

    assert [group.title for group in found] == ["Detector 1", "Detector 2"]
    assert [group.look for group in found] == [STATUS[Status.PASS], STATUS[Status.FAIL]]


def test_windows_make_groups_only_where_there_are_several() -> None:
    def titles(*windows: int) -> list[str]:
        measured = tuple(
            measurement(scope={"detector": 1, "energy_window": window}) for window in windows
        )
        return [group.title for group in groups(result(Status.PASS, measurements=measured), WORDS)]

    assert titles(1) == ["Detector 1"]
    assert titles(1, 2) == ["Detector 1, window 1", "Detector 1, window 2"]


def test_without_a_judged_number_the_first_ones_are_seen_but_none_looks_judged() -> None:
    measured = tuple(number(f"n{n}") for n in range(SHOWN_UNJUDGED + 3))
    (group,) = groups(result(Status.INVALID, measurements=measured), WORDS)

    assert len(group.rows) == SHOWN_UNJUDGED
    assert len(group.more) == 3
    assert group.look is None
    assert not any(row.judged for row in (*group.rows, *group.more))


def test_a_head_that_is_not_judged_looks_so_beside_one_that_is() -> None:
    shown = result(
        Status.FAIL,
        measurements=(number("iu", 1), number("iu", 2)),
        verdicts=(on("iu", Status.FAIL, 2),),
        preconditions=(condition("not_met"),),
    )

    first, second = groups(shown, WORDS)

    assert (first.look, first.rows[0].look) == (STATUS[Status.INVALID], STATUS[Status.INVALID])
    assert second.look is STATUS[Status.FAIL]


def test_a_limit_without_its_baseline_judges_nothing_but_says_so_beside_one_that_does() -> None:
    empty = {"upper": None, "warn_upper": None}
    waits = on("iu", Status.NO_LIMIT, kind=LimitKind.BASELINE, source="own baseline", **empty)
    alone = groups(
        result(Status.PASS, measurements=(number("iu"),), verdicts=(waits,)), WORDS
    )[0]  # fmt: skip
    beside = groups(
        result(Status.PASS, measurements=(number("iu"),), verdicts=(waits, on("iu", Status.PASS))),
        WORDS,
    )[0]

    assert not alone.rows[0].judged
    assert beside.rows[0].look == STATUS[Status.PASS]
    assert [text for _, text, _ in beside.rows[0].others] == ["no baseline yet"]


def test_a_number_that_a_limit_asks_for_and_that_is_missing_is_shown_as_missing() -> None:
    measured = (number("iu", 1), number("iu", 2), number("du", 1))
    absent = on("du", Status.ERROR, 2)
    found = groups(result(Status.WARN, measurements=measured, verdicts=(absent,)), WORDS)

    (row,) = found[1].rows
    assert (row.label, row.value, row.look.word) == ("du", "", "No result")
    assert found[1].look == STATUS[Status.ERROR]


def test_the_binding_verdict_comes_first_and_the_informative_one_says_whether_it_is_met() -> None:
    informative = verdict(
        Status.INFO, limit_set="jjf", kind=LimitKind.INFORMATIVE, warn_upper=None, met=False
    )
    found = result(Status.FAIL, verdicts=(informative, verdict(Status.FAIL)))
    (row,) = groups(found, WORDS)[0].rows

    assert row.look.word == "Fail"
    assert row.limit == "≤\u00a05.00, warning ≤\u00a04.50"
    assert row.source == "ws523 (mandatory)"
    assert [(look.word, text, source) for look, text, source in row.others] == [
        ("Not met", "≤\u00a05.00 %", "jjf (informative)")
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [(5.67, "5.67"), (5.001, "5.001"), (4.9996, "4.9996"), (5.0, "5.00"), (2.0, "2.00")],
)
def test_a_value_is_never_rounded_across_its_limit(value: float, text: str) -> None:
    assert value_text(measurement(value), (verdict(Status.PASS, warn_upper=None),)) == text


def test_digits_of_long_numbers_stand_in_threes() -> None:
    assert value_text(measurement(191977887.0, decimals=0)) == "191\u2009977\u2009887"
    assert value_text(measurement(7899.0, decimals=0)) == "7899"


def test_the_uncertainty_is_expanded_by_two_and_never_reads_as_zero() -> None:
    assert expanded_text(measurement(uncertainty=0.05)) == "±\u00a00.10"
    assert expanded_text(measurement(uncertainty=0.0011)) == "±\u00a00.002"
    assert expanded_text(measurement(uncertainty=0.00013)) == "±\u00a00.0003"
    assert expanded_text(measurement(uncertainty=None)) == ""


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        ({"lower": 1.0, "upper": 2.0}, "1.00 … 2.00"),
        ({"lower": -0.5, "upper": 0.5}, "±\u00a00.50"),
        ({"upper": 2.0}, "≤\u00a02.00"),
        ({"upper": 2.125}, "≤\u00a02.125"),
        ({"lower": -1.5}, "≥\u00a0-1.50"),
        ({"warn_upper": 3.0}, "warning ≤\u00a03.00"),
        ({}, ""),
    ],
)
def test_bounds_are_written_as_people_write_them(limits: dict[str, float], text: str) -> None:
    empty = {"lower": None, "upper": None, "warn_lower": None, "warn_upper": None}

    assert limit_text(verdict(Status.PASS, **{**empty, **limits}), 2, WORDS) == text


def test_the_line_of_a_value_covers_its_width_without_gaps() -> None:
    for value in (-3.0, 0.0, 4.4, 4.5, 5.0, 5.67, 500.0):
        for limits in (verdict(Status.PASS), verdict(Status.PASS, lower=-1.0), verdict(Status.PASS, upper=None)):  # fmt: skip
            drawn = bullet(measurement(value), limits, WORDS)

            assert drawn is not None
            at = drawn.zones[0][1]
            for _, start, length in drawn.zones:
                assert start == pytest.approx(at, abs=0.11)
                assert length >= 0.0
                at = start + length
            assert at == pytest.approx(150.0, abs=0.2)
            assert 0.0 < drawn.dot < 150.0
    inside = bullet(measurement(2.0), verdict(Status.PASS), WORDS)
    assert inside is not None
    assert [zone[0] for zone in inside.zones] == ["ok", "caution", "out"]


def test_without_a_limit_there_is_no_line() -> None:
    assert bullet(measurement(), verdict(Status.PASS, upper=None, warn_upper=None), WORDS) is None


def test_a_scope_reads_in_words() -> None:
    assert scope_text({"detector": 2, "field": "CFOV"}, WORDS) == "CFOV, detector 2"
    assert scope_text({"sphere_mm": 10.0, "distance_mm": 100}, WORDS) == "100 mm, 10 mm sphere"
    assert scope_text({"direction": "x", "scatter": "with"}, WORDS) == "X, with scatter"
    assert scope_text({"quadrant": 2}, WORDS) == "quadrant 2"
    assert scope_text({"nuclide": "F-18", "energy_kev": 511.0}, WORDS) == "511 keV, F-18"
    assert scope_text({}, WORDS) == ""


@pytest.mark.parametrize(
    ("scope", "english", "chinese"),
    [
        (
            {"side": "left", "plane": "off_centre", "radius_mm": 100},
            "100 mm off the axis, off centre plane, left",
            "距轴 100 mm，偏离中心层面，左",
        ),
        ({"radial_offset_mm": 100.0}, "100 mm off the axis", "距轴 100 mm"),
        ({"rod_mm": 5.0, "insert": "hot"}, "hot insert, 5 mm rods", "热区插件，5 mm 孔"),
        ({"sphere_mm": 10.0}, "10 mm sphere", "10 mm 球"),
        ({"marker": 2}, "marker 2", "标记物 2"),
        ({"part": "slab"}, "slab", "平均层块"),
        ({"position": "3 o'clock"}, "3 o'clock", "3 点钟方向"),
        ({"source": "sinogram"}, "sinogram", "正弦图"),
    ],
)
def test_a_place_in_a_volume_reads_in_both_languages(
    scope: dict[str, Any], english: str, chinese: str
) -> None:
    assert scope_text(scope, Words("en")) == english
    assert scope_text(scope, Words("zh")) == chinese


def test_what_was_not_judged_never_looks_like_a_pass() -> None:
    passing = STATUS[Status.PASS]
    for status in Status:
        if status is not Status.PASS:
            look = STATUS[status]
            assert (look.icon, look.word) != (passing.icon, passing.word)
            assert look.colour != passing.colour
    assert all(look.colour != passing.colour for look in STATE.values())


def test_every_status_has_its_own_word() -> None:
    assert len({look.word for look in STATUS.values()}) == len(Status) == len(WORST_FIRST)


def test_a_group_that_only_a_figure_asks_for_has_no_numbers() -> None:
    found = groups(
        result(Status.INVALID, preconditions=(condition("not_met"),)), WORDS, [("2", "")]
    )

    assert [(group.title, len(group.rows)) for group in found] == [
        ("Detector 1", 1),
        ("Detector 2", 0),
    ]
