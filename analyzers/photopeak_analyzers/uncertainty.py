"""Measurement uncertainty after the GUM (JJF 1059.1): components, their combination, k = 2.

::

    budget = Budget(components=(
        Component(name="counting", standard=0.01, evaluation=Evaluation.A),
        Component.stated("activity meter", 0.032, coverage=2.0, sensitivity=-1.0),
        Component.stated("thickness", 0.0046, Distribution.RECTANGULAR),
    ))
    budget.expanded()      relative, k = 2

A multiplicative model ``Y = A * prod(X_i ** P_i)`` adds relative uncertainties,
``u_rel**2 = sum((P_i u_rel_i)**2)``; an additive one adds them with the sensitivities of a
Jacobian, ``u**2 = sum((c_i u_i)**2)``. Correlated inputs add ``2 r_ij c_i u_i c_j u_j`` for each pair
(GUM 5.2.2). :mod:`~photopeak_analyzers.propagation` finds the components of a model,
:mod:`~photopeak_analyzers.monte_carlo` takes its place where the model is not linear, and
:mod:`~photopeak_analyzers.budget_table` shows a budget.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from photopeak_analyzers.correlations import Correlation, correlation_matrix
from photopeak_analyzers.errors import ParameterError

COVERAGE_FACTOR = 2.0
"""For about 95 %. JJF 1059.1, JJF draft E.6."""

RECTANGULAR_DIVISOR = math.sqrt(3.0)
"""Half-width of a rectangular distribution over its standard deviation."""

TRIANGULAR_DIVISOR = math.sqrt(6.0)
"""Half-width of a triangular distribution over its standard deviation."""


class Evaluation(StrEnum):
    """How a component was found: A from repeated observation, B from anything else."""

    A = "A"
    B = "B"


class Distribution(StrEnum):
    """What is known of an input: which values it may have."""

    NORMAL = "normal"
    RECTANGULAR = "rectangular"
    TRIANGULAR = "triangular"

    def divisor(self, coverage: float = 1.0) -> float:
        """Return what is stated over the standard uncertainty.

        Stated are the half-width of a bounded distribution, and ``k u`` of a normal one with k =
        `coverage`.

        Raises
        ------
        ParameterError
            If the coverage factor is no positive number.
        """
        if self is Distribution.RECTANGULAR:
            return RECTANGULAR_DIVISOR
        if self is Distribution.TRIANGULAR:
            return TRIANGULAR_DIVISOR
        if not (math.isfinite(coverage) and coverage > 0.0):
            raise ParameterError(
                f"the coverage factor is {coverage:g}, needs more than 0",
                quantity="coverage factor",
                value=coverage,
                bound=0.0,
            )
        return coverage


def rectangular(half_width: float) -> float:
    """Return the standard uncertainty when all values within +- `half_width` are equally likely."""
    return _not_negative("half-width", half_width) / Distribution.RECTANGULAR.divisor()


def triangular(half_width: float) -> float:
    """Return the standard uncertainty when values near the middle of +- `half_width` prevail."""
    return _not_negative("half-width", half_width) / Distribution.TRIANGULAR.divisor()


def from_expanded(uncertainty: float, k: float = COVERAGE_FACTOR) -> float:
    """Return the standard uncertainty behind an expanded one, as certificates state it."""
    return _not_negative("expanded uncertainty", uncertainty) / Distribution.NORMAL.divisor(k)


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One source of uncertainty.

    Attributes
    ----------
    standard
        Standard uncertainty of the input: relative (0.01 for 1 %) in a multiplicative model, in
        the unit of the input in an additive one.
    sensitivity
        Exponent P_i of the input, or its coefficient c_i.
    evaluation
        A or B.
    degrees_of_freedom
        Of a type A component; infinite where the uncertainty itself is taken for exact.
    distribution, coverage
        What the standard uncertainty was made of: see :meth:`stated`.
    value, unit
        The input itself with its UCUM unit, to be shown; None where there is no single one.
    """

    name: str
    standard: float
    sensitivity: float = 1.0
    evaluation: Evaluation = Evaluation.B
    degrees_of_freedom: float = math.inf
    distribution: Distribution = Distribution.NORMAL
    coverage: float = 1.0
    value: float | None = None
    unit: str = "1"

    def __post_init__(self) -> None:
        self.distribution.divisor(self.coverage)
        _not_negative(f"standard uncertainty of {self.name}", self.standard)
        if not math.isfinite(self.sensitivity):
            raise ParameterError(
                f"sensitivity of {self.name} is {self.sensitivity}, needs a finite number",
                quantity=f"sensitivity of {self.name}",
            )
        if not self.degrees_of_freedom > 0.0:
            raise ParameterError(
                f"degrees of freedom of {self.name} are {self.degrees_of_freedom:g},"
                " needs more than 0",
                quantity=f"degrees of freedom of {self.name}",
                value=self.degrees_of_freedom,
                bound=0.0,
            )

    @classmethod
    def stated(
        cls,
        name: str,
        stated: float,
        distribution: Distribution = Distribution.NORMAL,
        *,
        coverage: float = 1.0,
        sensitivity: float = 1.0,
        value: float | None = None,
        unit: str = "1",
    ) -> Component:
        """Return a component of type B from what is stated of its input.

        Parameters
        ----------
        stated
            Half-width of a bounded distribution; of a normal one ``k u``, k = `coverage`.
        """
        return cls(
            name=name,
            standard=_not_negative(f"uncertainty of {name}", stated)
            / distribution.divisor(coverage),
            sensitivity=sensitivity,
            distribution=distribution,
            coverage=coverage,
            value=value,
            unit=unit,
        )

    @property
    def divisor(self) -> float:
        """What was stated over the standard uncertainty."""
        return self.distribution.divisor(self.coverage)

    @property
    def contribution(self) -> float:
        """What it adds to the result: ``|P_i| u_i``."""
        return abs(self.sensitivity) * self.standard


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Components and what they come to; their sensitivities make the contributions comparable.

    `correlations` name pairs of components, each once; all other pairs are independent.
    """

    components: tuple[Component, ...]
    correlations: tuple[Correlation, ...] = ()

    def __post_init__(self) -> None:
        if self.correlations:
            correlation_matrix([c.name for c in self.components], self.correlations)

    @property
    def standard(self) -> float:
        """Combined standard uncertainty."""
        if not self.correlations:
            return math.hypot(*(c.contribution for c in self.components))
        return math.sqrt(max(sum(self._variances()), 0.0))

    def expanded(self, k: float = COVERAGE_FACTOR) -> float:
        """Return the expanded uncertainty ``U = k u``."""
        return k * self.standard

    @property
    def degrees_of_freedom(self) -> float:
        """Effective degrees of freedom (Welch and Satterthwaite); infinite without type A.

        Of independent components only (GUM G.4.1).
        """
        if self.correlations:
            raise ParameterError(
                "correlated components have no effective degrees of freedom",
                quantity="correlations",
                value=len(self.correlations),
                bound=0,
            )
        weight = sum(
            c.contribution**4 / c.degrees_of_freedom
            for c in self.components
            if math.isfinite(c.degrees_of_freedom)
        )
        return self.standard**4 / weight if weight > 0.0 else math.inf

    @property
    def shares(self) -> tuple[float, ...]:
        """Share of each component in the variance, 0 to 1, in their order.

        Two that are correlated have half of what they add together each; it may be negative.
        """
        total = self.standard**2
        return tuple(each / total if total else 0.0 for each in self._variances())

    def share(self, name: str) -> float:
        """Return the share of the components of one name in the variance."""
        named = zip(self.components, self.shares, strict=True)
        return sum(share for component, share in named if component.name == name)

    def with_components(self, *components: Component) -> Budget:
        """Return the budget with more components."""
        return Budget(components=(*self.components, *components), correlations=self.correlations)

    def _variances(self) -> list[float]:
        """Return what each component adds to the variance, its half of each covariance included."""
        signed = {c.name: c.sensitivity * c.standard for c in self.components}
        own = [c.contribution**2 for c in self.components]
        for pair in self.correlations:
            covariance = pair.coefficient * signed[pair.first] * signed[pair.second]
            for index, component in enumerate(self.components):
                if component.name in (pair.first, pair.second):
                    own[index] += covariance
        return own


def _not_negative(quantity: str, value: float) -> float:
    if not (math.isfinite(value) and value >= 0.0):
        raise ParameterError(
            f"{quantity} is {value:g}, needs at least 0", quantity=quantity, value=value, bound=0.0
        )
    return value
