"""Budgets of models: what the uncertainties of the inputs come to, to first order (GUM 5.1, 5.2).

::

    counts = Quantity(name="counts", value=10_000.0, standard=100.0, evaluation=Evaluation.A)
    activity = Quantity(name="activity", value=10.0, standard=0.16, unit="MBq")
    multiplicative([counts, activity], [1.0, -1.0])                    relative
    additive([gross, background], [1.0, -1.0])                         in the unit of the result
    jacobian(lambda x: x[0] / x[1], [counts, activity])                any smooth model

Where the model bends within the uncertainties, :mod:`~photopeak_analyzers.monte_carlo` tells more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from photopeak_analyzers.correlations import Correlation
from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.uncertainty import Budget, Component, Distribution, Evaluation


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """An input of a model, in its own unit.

    Attributes
    ----------
    standard
        Standard uncertainty in the unit of the value.
    evaluation, degrees_of_freedom, distribution, coverage
        As in :class:`~photopeak_analyzers.uncertainty.Component`.
    """

    name: str
    value: float
    standard: float = 0.0
    unit: str = "1"
    evaluation: Evaluation = Evaluation.B
    degrees_of_freedom: float = math.inf
    distribution: Distribution = Distribution.NORMAL
    coverage: float = 1.0

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ParameterError(
                f"{self.name} is {self.value}, needs a finite number", quantity=self.name
            )
        # A component refuses what is no uncertainty.
        self.component(1.0)

    def component(self, sensitivity: float, *, relative: bool = False) -> Component:
        """Return what this input adds to a budget, with its exponent or its coefficient.

        Raises
        ------
        ParameterError
            If a relative uncertainty is wanted of a value of 0.
        """
        standard = self.standard
        if relative and standard > 0.0:
            if self.value == 0.0:
                raise ParameterError(
                    f"{self.name} is 0, it has no relative uncertainty",
                    quantity=self.name,
                    value=0.0,
                )
            standard /= abs(self.value)
        return Component(
            name=self.name,
            standard=standard,
            sensitivity=sensitivity,
            evaluation=self.evaluation,
            degrees_of_freedom=self.degrees_of_freedom,
            distribution=self.distribution,
            coverage=self.coverage,
            value=self.value,
            unit=self.unit,
        )


def multiplicative(
    quantities: Sequence[Quantity],
    exponents: Sequence[float],
    correlations: Sequence[Correlation] = (),
) -> Budget:
    """Return the relative budget of ``Y = A * prod(X_i ** P_i)``."""
    _refuse_unpaired(quantities, exponents)
    pairs = zip(quantities, exponents, strict=True)
    return Budget(
        components=tuple(each.component(power, relative=True) for each, power in pairs),
        correlations=tuple(correlations),
    )


def additive(
    quantities: Sequence[Quantity],
    coefficients: Sequence[float],
    correlations: Sequence[Correlation] = (),
) -> Budget:
    """Return the budget of ``Y = sum(c_i X_i)``, in the unit of Y."""
    _refuse_unpaired(quantities, coefficients)
    pairs = zip(quantities, coefficients, strict=True)
    return Budget(
        components=tuple(each.component(factor) for each, factor in pairs),
        correlations=tuple(correlations),
    )


def jacobian(
    model: Callable[[Sequence[float]], float],
    quantities: Sequence[Quantity],
    correlations: Sequence[Correlation] = (),
) -> Budget:
    """Return the budget of any smooth model, in the unit of its result.

    The sensitivity of each input is the central difference over its own standard uncertainty,
    which is exact for a model of second order; an input without uncertainty is a constant.

    Parameters
    ----------
    model
        Function of the inputs, in their order.
    """
    values = [each.value for each in quantities]
    coefficients = []
    for index, each in enumerate(quantities):
        slope = 0.0
        if each.standard > 0.0:
            above, below = list(values), list(values)
            above[index] += each.standard
            below[index] -= each.standard
            # What was added in binary, not what was meant to be.
            slope = (model(above) - model(below)) / (above[index] - below[index])
        coefficients.append(slope)
    return additive(quantities, coefficients, correlations)


def propagate(
    model: Callable[[Sequence[float]], float],
    values: Sequence[float],
    uncertainties: Sequence[float],
    names: Sequence[str] | None = None,
) -> Budget:
    """Return the budget of a smooth model of plain independent numbers (:func:`jacobian`)."""
    if len(values) != len(uncertainties):
        raise ParameterError(
            f"{len(uncertainties)} uncertainties are given for {len(values)} values",
            quantity="uncertainties",
            value=len(uncertainties),
            bound=len(values),
        )
    labels = names or [f"x{index}" for index in range(1, len(values) + 1)]
    return jacobian(
        model,
        [
            Quantity(name=name, value=value, standard=u)
            for name, value, u in zip(labels, values, uncertainties, strict=True)
        ],
    )


def _refuse_unpaired(quantities: Sequence[Quantity], sensitivities: Sequence[float]) -> None:
    if len(quantities) != len(sensitivities):
        raise ParameterError(
            f"{len(sensitivities)} sensitivities are given for {len(quantities)} inputs",
            quantity="sensitivities",
            value=len(sensitivities),
            bound=len(quantities),
        )
