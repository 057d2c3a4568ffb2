"""Tables of readings: columns with kinds and bounds, refused cell by cell, read row by row."""

import dataclasses
import math
from datetime import UTC, datetime

import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Column,
    Inputs,
    Measurement,
    Metric,
    Parameters,
    Reading,
    ReadingKind,
    ReadingValue,
    Scope,
    Variant,
)
from photopeak_analyzers.errors import MissingReadingError, ParameterError

COUNTS = Reading(
    name="counts",
    label="Counts",
    label_zh="计数",
    unit="{counts}",
    kind=ReadingKind.TABLE,
    columns=(
        Column("n", "{counts}", minimum=0.0),
        Column("live_s", "s", minimum=0.001, maximum=1e6),
        Column("start", kind=ReadingKind.TIME),
        Column("geometry", kind=ReadingKind.CHOICE, choices=("vial", "syringe"), required=False),
        Column("remark", kind=ReadingKind.TEXT, required=False),
    ),
    minimum_rows=2,
    maximum_rows=3,
)
START = "2026-03-02T08:00:00+01:00"
GOOD = ((600.0, 60.0, START, "vial", None), (1200.0, 60, START, None, "shaken"))


def rates(inputs, parameters):
    """Return the rate of every row."""
    found = tuple(
        Measurement(
            metric="rate",
            scope=Scope.of(row=row.position),
            value=row.number("n") / row.number("live_s"),
        )
        for row in inputs.rows(COUNTS)
    )
    if not found:
        raise MissingReadingError("no counts were given, needs 2 rows", quantity="counts")
    return Analysis(measurements=found, preconditions=())


ANALYZER = Analyzer(
    id="rates",
    title="Rates",
    title_zh="计数率",
    version="1",
    variants=(Variant(name="local", title="Local", clause="clause 1"),),
    roles=(),
    readings=(COUNTS,),
    metrics=(
        Metric(
            key="rate",
            unit="{counts}/s",
            symbol="r",
            label="Rate",
            label_zh="计数率",
            decimals=1,
            clause="clause 1",
        ),
    ),
    parameters=Parameters,
    measure=rates,
)


def given(rows=GOOD):
    return Inputs(
        roles={}, readings={"counts": ReadingValue(value=rows, source="form")}, variant="local"
    )


def test_a_test_of_readings_alone_keeps_the_contract():
    assert check(ANALYZER, examples=[given()]) == []


def test_rows_are_read_by_the_names_of_their_columns():
    first, second = given().rows(COUNTS)

    assert (first.position, first.number("n"), first.text("geometry")) == (1, 600.0, "vial")
    assert first.moment("start") == datetime(2026, 3, 2, 7, tzinfo=UTC)
    assert (first.has("remark"), second.has("remark"), second.has("geometry")) == (
        False,
        True,
        False,
    )


def test_no_table_has_no_rows():
    assert Inputs(roles={}).rows(COUNTS) == ()


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (lambda row: row.text("geometry"), "row 2 of counts has no geometry"),
        (lambda row: row.number("remark"), "row 2 of counts has no remark"),
        (lambda row: row.moment("remark"), "row 2 of counts has no remark"),
        (lambda row: row.text("n"), "row 2 of counts has no n"),
        (lambda row: row.number("nothing"), "row 2 of counts has no nothing"),
    ],
)
def test_a_cell_that_is_not_there_or_of_another_kind_is_missing(read, message):
    with pytest.raises(MissingReadingError, match=message):
        read(given().rows(COUNTS)[1])


def test_a_moment_without_a_zone_is_missing():
    naive = dataclasses.replace(given().rows(COUNTS)[0], cells={"start": "2026-03-02T08:00:00"})

    with pytest.raises(MissingReadingError, match="row 1 of counts has no start"):
        naive.moment("start")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            (-1.0, 60.0, START, None, None),
            r"^n in row 2 of counts is -1 \{counts\}, needs at least",
        ),
        (
            (1.0, 0.0, START, None, None),
            r"^live_s in row 2 of counts is 0 s, needs at least 0.001 s",
        ),
        ((1.0, 2e6, START, None, None), r"is 2e\+06 s, needs at most 1e\+06 s"),
        ((math.nan, 60.0, START, None, None), "is nan, needs a finite number"),
        (("600", 60.0, START, None, None), "is '600', needs a number"),
        ((True, 60.0, START, None, None), "is True, needs a number"),
        ((None, 60.0, START, None, None), "n in row 2 of counts is missing"),
        ((1.0, 60.0, "2026-03-02T08:00:00", None, None), "needs a date with time and zone"),
        ((1.0, 60.0, "today", None, None), "needs a date with time and zone"),
        ((1.0, 60.0, 5.0, None, None), "start in row 2 of counts is no text"),
        ((1.0, 60.0, START, "bottle", None), "is bottle, needs one of vial, syringe"),
        ((1.0, 60.0, START, None, "x" * 201), "remark in row 2 of counts is no text"),
        ((1.0, 60.0), "row 2 of counts has 2 cells, needs n, live_s, start, geometry, remark"),
    ],
)
def test_a_cell_that_cannot_be_is_refused_with_its_place(row, message):
    with pytest.raises(ParameterError, match=message):
        ANALYZER.analyze(given((GOOD[0], row)))


@pytest.mark.parametrize("rows", [GOOD[:1], (*GOOD, *GOOD)])
def test_the_number_of_rows_is_bounded(rows):
    with pytest.raises(ParameterError, match=f"counts has {len(rows)} rows, needs 2 to 3"):
        ANALYZER.analyze(given(rows))


@pytest.mark.parametrize(
    ("changes", "violation"),
    [
        ({"columns": ()}, "the reading counts has no columns"),
        ({"columns": (Column("n"), Column("n"))}, "the column of counts n occurs 2 times"),
        ({"columns": (Column("N"),)}, "the column N of counts is not lower case with underscores"),
        (
            {"columns": (Column("n", kind=ReadingKind.ACTIVITY),)},
            "the column n of counts holds activity",
        ),
        (
            {"columns": (Column("n", kind=ReadingKind.CHOICE),)},
            "the column n of counts offers no choice",
        ),
        (
            {"columns": (Column("n", minimum=2.0, maximum=1.0),)},
            "the column n of counts is bounded by 2.0 and 1.0",
        ),
        ({"minimum_rows": 4}, "the reading counts takes 4 to 3 rows"),
        ({"maximum_rows": 10**6}, "the reading counts takes 2 to 1000000 rows"),
        ({"minimum": 0.0}, "the table counts has bounds that its columns should have"),
    ],
)
def test_a_bad_table_is_named(changes, violation):
    bad = dataclasses.replace(ANALYZER, readings=(dataclasses.replace(COUNTS, **changes),))

    assert check(bad) == [violation]
