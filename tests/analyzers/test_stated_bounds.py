"""Bounds that come with a number: what they may be, and that they travel."""

from __future__ import annotations

from typing import Any

import pytest

from photopeak_analyzers.contract import Analysis, Measurement, Scope
from photopeak_analyzers.errors import ContractError
from photopeak_analyzers.figures_io import analysis_from_plain, analysis_to_plain
from photopeak_analyzers.stated_bounds import StatedBounds


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "stated bounds are None to None"),
        ({"lower": float("nan")}, "stated bounds are nan"),
        ({"upper": float("inf")}, "to inf"),
        ({"lower": 2.0, "upper": 1.0}, "lower bound 2.0 is above the upper 1.0"),
        ({"lower": 1.0, "source": " "}, "do not say where they stand"),
    ],
)
def test_what_bounds_nothing_is_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        StatedBounds(**{"source": "report", **values})


def test_bounds_travel_with_their_number() -> None:
    bounds = StatedBounds(lower=-1.0, upper=None, source="report")
    numbers = (
        Measurement(metric="a", scope=Scope(), value=1.0, bounds=bounds),
        Measurement(metric="b", scope=Scope(), value=2.0),
    )

    back = analysis_from_plain(analysis_to_plain(Analysis(measurements=numbers, preconditions=())))

    assert back.measurements == numbers
