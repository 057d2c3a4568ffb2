"""The drawing after Bland and Altman: what is where, in the numbers of the drawing itself."""

import re
from datetime import UTC
from itertools import pairwise

import pytest

from photopeak.trends.comparison import compare
from photopeak.web.agreement import agreement_plot
from support.trend_points import points

FIRST = [3.0, 3.2, 3.4, 3.1, 3.3, 3.0]
SECOND = [2.9, 3.3, 3.2, 3.0, 3.4, 2.8]


def places(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"M([\d.]+) ([\d.]+)h0", path)]


def test_each_day_stands_at_its_mean_and_its_difference() -> None:
    found = compare(points(FIRST), points(SECOND), zone=UTC)
    drawn = agreement_plot(found)

    assert drawn is not None
    dots = places(drawn.dots)
    assert len(dots) == 6
    # Two ticks of each axis say what a place means.
    (x0, x1), (y0, y1) = drawn.across[:2], drawn.up[:2]

    def value(place: float, low: object, high: object) -> float:
        a, b = (float(t.text) for t in (low, high))  # type: ignore[attr-defined]
        share = (place - low.at) / (high.at - low.at)  # type: ignore[attr-defined]
        return a + share * (b - a)

    for (x, y), first, second in zip(dots, FIRST, SECOND, strict=True):
        assert value(x, x0, x1) == pytest.approx((first + second) / 2.0, abs=0.002)
        assert value(y, y0, y1) == pytest.approx(first - second, abs=0.004)
    levels = {level.kind: level for level in drawn.levels}
    assert found.mean is not None
    assert value(levels["mean"].at, y0, y1) == pytest.approx(found.mean, abs=0.004)
    bounds = sorted(value(level.at, y0, y1) for level in drawn.levels if level.kind == "bound")
    assert bounds == pytest.approx([found.agreement_lower, found.agreement_upper], abs=0.004)


def test_everything_is_inside_and_names_keep_apart() -> None:
    spread = [1000.0 + 0.001 * n for n in range(40)]
    shifted = [v - 5.0 for v in spread]
    drawn = agreement_plot(compare(points(spread), points(shifted), zone=UTC))

    assert drawn is not None
    for x, y in places(drawn.dots):
        assert drawn.left <= x <= drawn.right
        assert drawn.top <= y <= drawn.bottom
    named = [level.text_at for level in drawn.levels if level.text]
    assert all(b - a >= 13.0 for a, b in pairwise(named))
    assert 2 <= len(drawn.across) <= 10


def test_days_on_which_they_are_apart_are_marked() -> None:
    steady = [0.0, 0.1, -0.1, 0.05] * 10
    drawn = agreement_plot(compare(points([*steady, 5.0, 5.0, 5.0]), points([0.0] * 43), zone=UTC))

    assert drawn is not None
    assert (len(places(drawn.dots)), len(places(drawn.apart))) == (42, 1)


def test_few_days_or_nothing_that_differs_is_no_trouble() -> None:
    assert agreement_plot(compare(points([1.0, 2.0]), points([1.0, 2.0]), zone=UTC)) is None
    same = agreement_plot(compare(points([2.0] * 5), points([2.0] * 5), zone=UTC))
    assert same is not None
    assert len(places(same.dots)) == 5
