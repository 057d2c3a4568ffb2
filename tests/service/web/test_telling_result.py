from datetime import UTC, datetime

import pytest

from photopeak.model.judgement import Status
from photopeak.model.results import ResultSummary
from photopeak.web.telling import telling_result


def result(test: str, status: Status) -> ResultSummary:
    return ResultSummary(
        id=test,
        test_set_id=test,
        test=test,
        variant="nema",
        title=test,
        title_zh=test,
        device_id=None,
        status=status,
        purpose="constancy",
        version=1,
        current=True,
        acquired_at=None,
        finished_at=datetime(2026, 3, 2, tzinfo=UTC),
    )


@pytest.mark.parametrize("bad", [Status.FAIL, Status.ERROR, Status.INVALID, Status.WARN])
def test_the_worst_result_shows_whatever_came_last(bad: Status) -> None:
    results = [
        result("data_integrity_check", Status.NO_LIMIT),
        result("intrinsic_uniformity", bad),
        result("energy_window_check", Status.PASS),
    ]

    shown = telling_result(results, "intrinsic_uniformity")

    assert shown is not None
    assert shown.status is bad


def test_a_failure_beside_shows_too() -> None:
    results = [result("flood", Status.PASS), result("data_integrity_check", Status.WARN)]

    shown = telling_result(results, "flood")

    assert shown is not None
    assert shown.test == "data_integrity_check"


def test_when_all_is_well_the_test_that_was_meant_speaks() -> None:
    results = [result("data_integrity_check", Status.NO_LIMIT), result("flood", Status.PASS)]

    shown = telling_result(results, "flood")

    assert shown is not None
    assert (shown.test, shown.status) == ("flood", Status.PASS)


def test_a_pass_beside_never_speaks_for_a_test_without_a_result() -> None:
    assert telling_result([result("data_integrity_check", Status.PASS)], "flood") is None
