"""A budget of uncertainty as plain data, and as the table that a report and a certificate show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from photopeak_analyzers.figures import TableFigure
from photopeak_analyzers.monte_carlo import Simulated
from photopeak_analyzers.uncertainty import COVERAGE_FACTOR, Budget, Component

PERCENT = 100.0

COLUMNS = (
    "component",
    "type",
    "distribution",
    "divisor",
    "input",
    "standard uncertainty",
    "sensitivity",
    "contribution",
    "share of the variance (%)",
)
"""One row per component; behind them stand the rows of what they come to."""


def budget_data(budget: Budget, *, k: float = COVERAGE_FACTOR) -> dict[str, Any]:
    """Return a budget as JSON-able data: each component, and the combined and expanded values."""
    return {
        "components": [
            _component_data(each, share)
            for each, share in zip(budget.components, budget.shares, strict=True)
        ],
        "correlations": [
            {"first": each.first, "second": each.second, "coefficient": each.coefficient}
            for each in budget.correlations
        ],
        "combined": budget.standard,
        "coverage_factor": k,
        "expanded": budget.expanded(k),
    }


def budget_table(
    budget: Budget,
    *,
    name: str,
    title: str,
    unit: str = "%",
    scale: float = PERCENT,
    relative: bool = True,
    k: float = COVERAGE_FACTOR,
    simulated: Simulated | None = None,
    others: Sequence[Component] = (),
) -> TableFigure:
    """Show a budget, its components one by one and what they come to.

    Parameters
    ----------
    unit, scale
        Of the uncertainties: a relative budget is shown in %.
    simulated
        What simulation says of the same result, in the unit of the result: the ends of its interval
        are shown against its mean, relative to it where the budget is relative.
    relative
        Whether the budget is.
    others
        Components that were evaluated and that the budget leaves out because another holds them.
    """
    data = budget_data(budget, k=k)
    rows: list[tuple[float | int | str | None, ...]] = [
        (
            each["name"],
            each["evaluation"],
            each["distribution"],
            each["divisor"],
            _input(each["value"], each["unit"]),
            scale * each["standard"],
            each["sensitivity"],
            scale * each["contribution"],
            PERCENT * each["share"],
        )
        for each in data["components"]
    ]
    rows += [
        (
            f"{each.name} (held by another)",
            str(each.evaluation),
            str(each.distribution),
            each.divisor,
            _input(each.value, each.unit),
            scale * each.standard,
            each.sensitivity,
            None,
            None,
        )
        for each in others
    ]
    rows += [_total(f"correlation of {pair['first']} and {pair['second']}", pair["coefficient"])
             for pair in data["correlations"]]  # fmt: skip
    rows += [
        _total("combined", scale * data["combined"]),
        _total(f"expanded, k = {k:g}", scale * data["expanded"]),
    ]
    if simulated is not None:
        rows += _simulated(simulated, scale, relative=relative)
    heads = tuple(
        f"{head} ({unit})" if head in ("standard uncertainty", "contribution") else head
        for head in COLUMNS
    )
    return TableFigure(name=name, title=title, columns=heads, rows=tuple(rows))


def _component_data(component: Component, share: float) -> dict[str, Any]:
    return {
        "name": component.name,
        "evaluation": str(component.evaluation),
        "distribution": str(component.distribution),
        "divisor": component.divisor,
        "value": component.value,
        "unit": component.unit,
        "standard": component.standard,
        "sensitivity": component.sensitivity,
        "contribution": component.contribution,
        "share": share,
    }


def _total(name: str, number: float) -> tuple[float | int | str | None, ...]:
    return (name, None, None, None, None, None, None, number, None)


def _simulated(
    simulated: Simulated, scale: float, *, relative: bool
) -> list[tuple[float | int | str | None, ...]]:
    whole = abs(simulated.mean) if relative else 1.0
    named = f"Monte Carlo, {simulated.draws} draws, {simulated.kind} {simulated.probability:.0%}"
    return [
        _total(f"{named}: {side} end", scale * (end - simulated.mean) / whole)
        for side, end in zip(("lower", "upper"), simulated.interval, strict=True)
    ]


def _input(value: float | None, unit: str) -> str | None:
    if value is None:
        return None
    return f"{value:.5g}" if unit == "1" else f"{value:.5g} {unit}"
