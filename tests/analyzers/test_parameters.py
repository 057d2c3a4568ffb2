"""Parameters from plain values: what is taken, what is refused, and with which words."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photopeak_analyzers.contract import Parameters, parameter
from photopeak_analyzers.errors import ContractError, ParameterError
from photopeak_analyzers.numerics.field_of_view import FieldOfView, Shape
from photopeak_analyzers.parameters import parameters_from, parameters_to_plain


class Sense(StrEnum):
    CLOCKWISE = "clockwise"
    COUNTER = "counter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example(Parameters):
    """One field of every kind."""

    width_mm: float = parameter(10.0, doc="Width.", unit="mm", minimum=1.0, maximum=100.0)
    views: int = parameter(32, doc="Views.", minimum=16, maximum=512)
    strict: bool = parameter(False, doc="Strict.")
    label: str = parameter("", doc="Label.")
    sense: Sense = parameter(Sense.CLOCKWISE, doc="Sense.")  # noqa: RUF009 - a field, as by dataclasses.field
    distance_mm: float | None = parameter(
        None, doc="Distance.", unit="mm", minimum=0.0, maximum=1e3
    )
    levels: tuple[float, ...] = parameter((0.5, 0.1), doc="Levels.")
    corner: tuple[int, int] = parameter((0, 0), doc="Corner.")
    field: FieldOfView | None = parameter(None, doc="Field of view.")  # noqa: RUF009 - as above


def test_an_empty_table_gives_the_defaults():
    assert parameters_from(Example, {}) == Example()


def test_every_kind_of_value_is_taken():
    table = {
        "width_mm": 12,
        "views": 64,
        "strict": True,
        "label": "探头1",
        "sense": "counter",
        "distance_mm": 5.5,
        "levels": [1, 0.25],
        "corner": [3, 4],
        "field": {"shape": "circle", "width_mm": 400.0, "height_mm": 400.0},
    }

    taken = parameters_from(Example, table)

    assert taken == Example(
        width_mm=12.0,
        views=64,
        strict=True,
        label="探头1",
        sense=Sense.COUNTER,
        distance_mm=5.5,
        levels=(1.0, 0.25),
        corner=(3, 4),
        field=FieldOfView(shape=Shape.CIRCLE, width_mm=400.0, height_mm=400.0),
    )
    assert type(taken.width_mm) is float


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"widht_mm": 1.0}, "there is no parameter widht_mm, did you mean width_mm?"),
        ({"field": {"with_mm": 1.0}}, "there is no parameter field.with_mm, did you mean width_mm?"),
        ({"width_mm": "12"}, "width_mm is '12', needs a number"),
        ({"width_mm": True}, "width_mm is True, needs a number"),
        ({"width_mm": None}, "width_mm is None, needs a number"),
        ({"width_mm": float("nan")}, "width_mm is nan, needs a finite number"),
        ({"width_mm": 10**400}, "width_mm is inf, needs a finite number"),
        ({"width_mm": 0.5}, "width_mm is 0.5 mm, needs at least 1 mm"),
        ({"views": 64.0}, "views is 64.0, needs a whole number"),
        ({"views": 15}, "views is 15, needs at least 16"),
        ({"views": True}, "views is True, needs a whole number"),
        ({"strict": 1}, "strict is 1, needs true or false"),
        ({"label": 3}, "label is 3, needs a text"),
        ({"sense": "left"}, "sense is 'left', needs one of clockwise, counter"),
        ({"sense": 1}, "sense is 1, needs one of clockwise, counter"),
        ({"distance_mm": "near"}, "distance_mm is 'near', needs a number"),
        ({"levels": 0.5}, "levels is 0.5, needs a list"),
        ({"levels": "0.5"}, "levels is '0.5', needs a list"),
        ({"levels": [0.5, "x"]}, "levels[1] is 'x', needs a number"),
        ({"corner": [1, 2, 3]}, "corner has 3 values, needs 2"),
        ({"field": 400.0}, "field is 400.0, needs a table of FieldOfView"),
        ({"field": {"width_mm": 400.0}}, "field.height_mm is missing, needs a value"),
        (
            {"field": {"width_mm": 1.0, "height_mm": 400.0}},
            "field: width of the field of view is 1 mm, needs 20 to 1200 mm",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_by_its_key(table, message):
    with pytest.raises(ParameterError) as refusal:
        parameters_from(Example, table)

    assert str(refusal.value) == message


def test_a_long_value_does_not_fill_the_message():
    with pytest.raises(ParameterError) as refusal:
        parameters_from(Example, {"width_mm": "x" * 10_000})

    assert len(str(refusal.value)) < 120


def test_no_table_at_all_is_refused():
    with pytest.raises(ParameterError, match=r"the table of parameters is \[\], needs a table"):
        parameters_from(Example, [])


def test_parameters_without_fields_take_nothing():
    with pytest.raises(ParameterError, match="there is no parameter x, there is none to set"):
        parameters_from(Parameters, {"x": 1})


def test_a_declaration_that_no_file_can_hold_is_a_fault_of_the_analyzer():
    @dataclass(frozen=True, kw_only=True)
    class Odd(Parameters):
        table: frozenset[str] = field(default_factory=frozenset)

    # A class inside a function has no module in which its annotations could be looked up.
    Odd.__annotations__["table"] = frozenset[str]

    with pytest.raises(ContractError, match="table is declared as frozenset"):
        parameters_from(Odd, {"table": []})


def test_the_stored_form_keeps_the_order_of_declaration_and_is_json():
    plain = parameters_to_plain(Example(field=FieldOfView(width_mm=400.0, height_mm=300.0)))

    assert list(plain) == [each.name for each in dataclasses.fields(Example)]
    assert plain["sense"] == "clockwise"
    assert type(plain["sense"]) is str
    assert plain["field"]["shape"] == "rectangle"
    assert json.loads(json.dumps(plain)) == plain


@given(
    st.builds(
        Example,
        width_mm=st.floats(1.0, 100.0),
        views=st.integers(16, 512),
        strict=st.booleans(),
        label=st.text(),
        sense=st.sampled_from(Sense),
        distance_mm=st.none() | st.floats(0.0, 1e3),
        levels=st.lists(st.floats(allow_nan=False, allow_infinity=False)).map(tuple),
        corner=st.tuples(st.integers(), st.integers()),
        field=st.none()
        | st.builds(
            FieldOfView, width_mm=st.floats(20.0, 1200.0), height_mm=st.floats(20.0, 1200.0)
        ),
    )
)
def test_the_way_through_json_changes_nothing(parameters):
    plain = json.loads(json.dumps(parameters_to_plain(parameters)))

    assert parameters_from(Example, plain) == parameters
