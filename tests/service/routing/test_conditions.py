"""What a rule asks of a header: an expression has a bound on its time, and a second chance."""

from typing import Any, cast

import pytest
import regex

from photopeak.routing.conditions import MATCH_TIMEOUT_S, Pattern, TextCondition
from support.headers import header


class StandingStill:
    """An expression on a machine that stands still during its first searches."""

    def __init__(self, searches: int) -> None:
        self._left = searches
        self._real = regex.compile("flood")

    def search(self, text: str, *, timeout: float) -> Any:
        assert timeout == MATCH_TIMEOUT_S
        if self._left:
            self._left -= 1
            raise TimeoutError
        return self._real.search(text, timeout=60.0)


def asked(searches: int) -> TextCondition:
    compiled = cast("regex.Pattern[str]", StandingStill(searches))
    return TextCondition(patterns=(Pattern("flood", compiled),))


def test_a_moment_without_the_machine_does_not_take_a_rule_out_of_the_choice() -> None:
    found = asked(1).check(header("QC flood"))

    assert (found.matched, found.timed_out) == (True, False)


def test_what_does_not_come_to_an_end_twice_is_stopped() -> None:
    found = asked(2).check(header("QC flood"))

    assert (found.matched, found.timed_out) == (False, True)


@pytest.mark.parametrize("source", ["(", "a*", "flood|"])
def test_an_expression_that_is_none_or_matches_everything_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match=r"not a regular expression|matches an empty text"):
        Pattern.compile(source)
