"""Bounds of parameters and readings, and which scope a failed precondition concerns."""

import math
from dataclasses import dataclass

import pytest

from photopeak_analyzers.bounds import refuse_reading
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Outcome,
    Parameters,
    Precondition,
    PreconditionCode,
    Reading,
    ReadingKind,
    ReadingValue,
    Scope,
    Severity,
    Variant,
    parameter,
)
from photopeak_analyzers.errors import ParameterError


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounded(Parameters):
    distance_mm: float | None = parameter(
        None, doc="A distance.", unit="mm", minimum=10.0, maximum=20.0
    )
    draws: int = parameter(4, doc="A number.", minimum=2, maximum=8)
    wanted: bool = parameter(True, doc="A flag is no number.", minimum=5)


@pytest.mark.parametrize("distance_mm", [None, 10.0, 15.0, 20.0])
def test_bounds_are_inclusive_and_absence_is_allowed(distance_mm):
    assert Bounded(distance_mm=distance_mm).distance_mm == distance_mm


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"distance_mm": 9.99}, r"distance_mm is 9\.99 mm, needs at least 10 mm"),
        ({"distance_mm": 20.01}, r"distance_mm is 20\.01 mm, needs at most 20 mm"),
        ({"distance_mm": float("inf")}, "distance_mm is inf, needs a finite number"),
        ({"draws": 1}, "draws is 1, needs at least 2$"),
    ],
)
def test_a_parameter_out_of_its_bounds_is_refused(given, message):
    with pytest.raises(ParameterError, match=message):
        Bounded(**given)


def test_a_failed_precondition_concerns_its_own_scope():
    def failed(scope):
        return Precondition(
            code=PreconditionCode.RATE,
            severity=Severity.HARD,
            outcome=Outcome.NOT_MET,
            scope=scope,
        )

    of_head, of_all = failed(Scope.of(detector=1)), failed(Scope())
    analysis = Analysis(measurements=(), preconditions=(of_head, of_all))

    assert analysis.failed_for(Scope.of(detector=1, energy_window=2)) == (of_head, of_all)
    assert analysis.failed_for(Scope.of(detector=2, energy_window=2)) == (of_all,)
    # A number of all heads together stands on the head that failed too.
    assert analysis.failed_for(Scope.of(energy_window=2)) == (of_head, of_all)


@pytest.mark.parametrize(
    ("value", "uncertainty", "message"),
    [
        (math.inf, None, "activity is inf, needs a finite number"),
        (-1.0, None, "activity is -1 MBq, needs at least 0 MBq"),
        (40e6, None, "activity is 4e.07 MBq, needs at most 1000 MBq"),
        (40.0, math.nan, "standard uncertainty of activity is nan, needs a finite number"),
        (40.0, -1.0, "standard uncertainty of activity is -1 MBq, needs at least 0 MBq"),
        (((1.0, 2.0), (3.0, math.inf)), None, "a number of activity is inf, needs a finite number"),
    ],
)
def test_a_reading_out_of_its_bounds_is_refused_before_anything_is_measured(
    value, uncertainty, message
):
    reading = Reading(name="activity", label="A", unit="MBq", minimum=0.0, maximum=1000.0)
    analyzer = Analyzer(
        id="any",
        title="",
        title_zh="",
        version="1",
        variants=(Variant(name="local", title="", clause=""),),
        roles=(),
        metrics=(),
        parameters=Parameters,
        measure=lambda inputs, parameters: Analysis(measurements=(), preconditions=()),
        readings=(reading,),
    )

    def given(value, uncertainty=None):
        stated = {"activity": ReadingValue(value=value, uncertainty=uncertainty)}
        return Inputs(roles={}, readings=stated, variant="local")

    assert analyzer.analyze(given(1000.0, 0.0)).valid
    with pytest.raises(ParameterError, match=message):
        analyzer.analyze(given(value, uncertainty))


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (ReadingKind.CHOICE, "CZT", "given is CZT, needs one of HPGe, NaI"),
        (ReadingKind.CHOICE, "", "given is , needs one of HPGe, NaI"),
        (ReadingKind.CHOICE, 1.0, "given is 1.0, needs one of HPGe, NaI"),
        (ReadingKind.CHOICE, (("HPGe",),), "given is a table, needs one of HPGe, NaI"),
        (ReadingKind.NUMBER, "much", "given is 'much', needs a number"),
        (ReadingKind.NUMBER, True, "given is True, needs a number"),
        (ReadingKind.NUMBER, 3.0, "given is 3, needs at most 2"),
        (ReadingKind.ACTIVITY, "37", "given is '37', needs a number"),
        (ReadingKind.TEXT, (("a",),), "given is no text of at most 200 characters"),
        (ReadingKind.TEXT, 2.0, "given is no text of at most 200 characters"),
        (ReadingKind.TEXT, "x" * 201, "given is no text of at most 200 characters"),
    ],
)
def test_a_reading_of_another_kind_is_refused_with_what_it_takes(kind, value, message):
    reading = Reading(
        name="given",
        label="G",
        unit="1",
        kind=kind,
        minimum=0.0,
        maximum=2.0,
        choices=("HPGe", "NaI") if kind is ReadingKind.CHOICE else (),
    )

    with pytest.raises(ParameterError) as refused:
        refuse_reading(reading, ReadingValue(value=value))
    assert str(refused.value) == message
    assert refused.value.quantity == "given"
