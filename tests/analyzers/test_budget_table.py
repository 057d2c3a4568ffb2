"""A budget as data and as a table."""

import json

import pytest

from photopeak_analyzers.budget_table import COLUMNS, budget_data, budget_table
from photopeak_analyzers.correlations import Correlation
from photopeak_analyzers.monte_carlo import Interval, Simulated
from photopeak_analyzers.uncertainty import Budget, Component, Distribution, Evaluation

BUDGET = Budget(
    components=(
        Component(
            name="counting", standard=0.03, evaluation=Evaluation.A, value=1111.0, unit="{counts}"
        ),
        Component.stated("meter", 0.08, coverage=2.0, sensitivity=-1.0, value=10.0),
    )
)


def test_the_data_hold_every_number_and_are_json():
    data = json.loads(json.dumps(budget_data(BUDGET)))

    assert data["combined"] == pytest.approx(0.05)
    assert data["expanded"] == pytest.approx(0.1)
    assert data["coverage_factor"] == 2.0
    assert data["components"][1] == {
        "name": "meter",
        "evaluation": "B",
        "distribution": "normal",
        "divisor": 2.0,
        "value": 10.0,
        "unit": "1",
        "standard": 0.04,
        "sensitivity": -1.0,
        "contribution": 0.04,
        "share": pytest.approx(0.64),
    }


def test_the_table_shows_components_and_what_they_come_to():
    table = budget_table(BUDGET, name="budget", title="Uncertainty")

    assert len(table.columns) == len(COLUMNS)
    assert table.columns[5] == "standard uncertainty (%)"
    assert table.rows[0] == ("counting", "A", "normal", 1.0, "1111 {counts}", 3.0, 1.0, 3.0,
                             pytest.approx(36.0))  # fmt: skip
    assert [row[4] for row in table.rows[1:]] == ["10", None, None]
    assert [row[0] for row in table.rows[2:]] == ["combined", "expanded, k = 2"]
    assert [row[7] for row in table.rows] == pytest.approx([3.0, 4.0, 5.0, 10.0])


def test_the_table_names_correlations_what_is_left_out_and_the_simulated_interval():
    correlated = Budget(
        components=BUDGET.components,
        correlations=(Correlation(first="counting", second="meter", coefficient=-0.5),),
    )
    simulated = Simulated(
        mean=-200.0, standard=10.0, interval=(-219.0, -182.0), kind=Interval.SHORTEST,
        probability=0.95, draws=1000, seed=1,
    )  # fmt: skip
    wall = Component.stated("wall", 0.01, Distribution.RECTANGULAR)
    rows = budget_table(
        correlated, name="budget", title="", k=3.0, simulated=simulated, others=(wall,)
    ).rows

    assert rows[2][:5] == ("wall (held by another)", "B", "rectangular", wall.divisor, None)
    assert rows[2][7:] == (None, None)
    assert (rows[3][0], rows[3][7]) == ("correlation of counting and meter", -0.5)
    assert rows[5][0] == "expanded, k = 3"
    assert rows[6][0] == "Monte Carlo, 1000 draws, shortest 95%: lower end"
    assert (rows[6][7], rows[7][7]) == pytest.approx((-9.5, 9.0))


def test_an_absolute_budget_is_shown_in_its_unit():
    simulated = Simulated(
        mean=5.0, standard=1.0, interval=(3.0, 8.0), kind=Interval.SYMMETRIC,
        probability=0.9, draws=1000, seed=1,
    )  # fmt: skip
    table = budget_table(
        BUDGET, name="budget", title="", unit="mm", scale=1.0, relative=False, simulated=simulated
    )

    assert table.columns[7] == "contribution (mm)"
    assert table.rows[2][7] == pytest.approx(0.05)
    assert [row[7] for row in table.rows[-2:]] == [-2.0, 3.0]
