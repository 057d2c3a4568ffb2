"""Measurement uncertainty after the GUM (JJF 1059.1): components, their combination, k = 2.

::

    budget = Budget(components=(
        Component(name="counting", standard=0.01),
        Component(name="activity", standard=from_expanded(0.032), sensitivity=-1.0),
    ))
    budget.expanded()      relative, k = 2

A multiplicative model ``Y = A * prod(X_i ** P_i)`` adds relative uncertainties,
``u_rel**2 = sum((P_i u_rel_i)**2)``; an additive one adds them with the sensitivities of a
Jacobian, ``u**2 = sum((c_i u_i)**2)``. Components are independent.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum

from photopeak_analyzers.errors import ParameterError

COVERAGE_FACTOR = 2.0
"""For about 95 %. JJF 1059.1, JJF draft E.6."""

RECTANGULAR_DIVISOR = math.sqrt(3.0)
"""Half-width of a rectangular distribution over its standard deviation."""

TRIANGULAR_DIVISOR = math.sqrt(6.0)
"""Half-width of a triangular distribution over its standard deviation."""

CERTIFICATE_DIGITS = 2
"""Significant digits of an uncertainty on a certificate, rounded up."""


class Evaluation(StrEnum):
    """How a component was found: A from repeated observation, B from anything else."""

    A = "A"
    B = "B"


def rectangular(half_width: float) -> float:
    """Return the standard uncertainty when all values within +- `half_width` are equally likely."""
    return _not_negative("half-width", half_width) / RECTANGULAR_DIVISOR


def triangular(half_width: float) -> float:
    """Return the standard uncertainty when values near the middle of +- `half_width` prevail."""
    return _not_negative("half-width", half_width) / TRIANGULAR_DIVISOR


def from_expanded(uncertainty: float, k: float = COVERAGE_FACTOR) -> float:
    """Return the standard uncertainty behind an expanded one, as certificates state it."""
    if not (math.isfinite(k) and k > 0.0):
        raise ParameterError(
            f"the coverage factor is {k:g}, needs more than 0",
            quantity="coverage factor",
            value=k,
            bound=0.0,
        )
    return _not_negative("expanded uncertainty", uncertainty) / k


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
    """

    name: str
    standard: float
    sensitivity: float = 1.0
    evaluation: Evaluation = Evaluation.B
    degrees_of_freedom: float = math.inf

    def __post_init__(self) -> None:
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

    @property
    def contribution(self) -> float:
        """What it adds to the result: ``|P_i| u_i``."""
        return abs(self.sensitivity) * self.standard


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Components and what they come to.

    `components` are independent; their sensitivities make the contributions comparable.
    """

    components: tuple[Component, ...]

    @property
    def standard(self) -> float:
        """Combined standard uncertainty."""
        return math.hypot(*(c.contribution for c in self.components))

    def expanded(self, k: float = COVERAGE_FACTOR) -> float:
        """Return the expanded uncertainty ``U = k u``."""
        return k * self.standard

    @property
    def degrees_of_freedom(self) -> float:
        """Effective degrees of freedom (Welch and Satterthwaite); infinite without type A."""
        weight = sum(
            c.contribution**4 / c.degrees_of_freedom
            for c in self.components
            if math.isfinite(c.degrees_of_freedom)
        )
        return self.standard**4 / weight if weight > 0.0 else math.inf

    def share(self, name: str) -> float:
        """Return the share, 0 to 1, of one component in the variance."""
        total = self.standard**2
        mine = sum(c.contribution**2 for c in self.components if c.name == name)
        return mine / total if total else 0.0

    def with_components(self, *components: Component) -> Budget:
        """Return the budget with more components."""
        return Budget(components=(*self.components, *components))


def propagate(
    model: Callable[[Sequence[float]], float],
    values: Sequence[float],
    uncertainties: Sequence[float],
    names: Sequence[str] | None = None,
) -> Budget:
    """Return the budget of any smooth model, in the unit of its result.

    The sensitivity of each input is the central difference over its own standard uncertainty,
    which is exact for a model of second order.

    Parameters
    ----------
    model
        Function of the inputs, in their order.
    values, uncertainties
        Each input with its standard uncertainty; one without uncertainty is a constant.
    """
    if len(values) != len(uncertainties):
        raise ParameterError(
            f"{len(uncertainties)} uncertainties are given for {len(values)} values",
            quantity="uncertainties",
            value=len(uncertainties),
            bound=len(values),
        )
    labels = names or [f"x{index}" for index in range(1, len(values) + 1)]
    components = []
    for index, (name, value, u) in enumerate(zip(labels, values, uncertainties, strict=True)):
        sensitivity = 0.0
        if u > 0.0:
            above, below = list(values), list(values)
            above[index], below[index] = value + u, value - u
            sensitivity = (model(above) - model(below)) / (2.0 * u)
        components.append(Component(name=name, standard=u, sensitivity=sensitivity))
    return Budget(components=tuple(components))


def rounded_up(uncertainty: float, digits: int = CERTIFICATE_DIGITS) -> float:
    """Return an uncertainty as a certificate states it: rounded up, never down.

    >>> rounded_up(3.828), rounded_up(0.0501), rounded_up(0.05)
    (3.9, 0.051, 0.05)
    """
    _not_negative("uncertainty", uncertainty)
    if uncertainty == 0.0:
        return 0.0
    # The shortest decimal that stands for the number: 0.3 is 0.3, not 0.29999999999999998.
    exact = Decimal(repr(uncertainty))
    quantum = Decimal(1).scaleb(exact.adjusted() - digits + 1)
    return float(exact.quantize(quantum, rounding=ROUND_CEILING))


def _not_negative(quantity: str, value: float) -> float:
    if not (math.isfinite(value) and value >= 0.0):
        raise ParameterError(
            f"{quantity} is {value:g}, needs at least 0", quantity=quantity, value=value, bound=0.0
        )
    return value


PET_SENSITIVITY_EXAMPLE = Budget(
    components=(
        Component(name="counting, 10 000 counts", standard=0.01, evaluation=Evaluation.A),
        Component(
            # Half a minute against the half-life of F-18, 109.8 min.
            name="time of decay correction",
            standard=rectangular(0.5) * math.log(2.0) / 109.8,
        ),
        Component(
            # 0.1 mm of aluminium at 2 * 0.0228 per mm.
            name="wall thickness of the sleeves",
            standard=rectangular(0.1) * 2.0 * 0.0228,
        ),
        # Sensitivity is rate over activity; the exponent of 1 printed in the example is a slip.
        Component(name="activity meter", standard=from_expanded(0.032), sensitivity=-1.0),
    )
)
"""Relative budget of the sensitivity of a PET scanner. JJF draft, Annex E: U = 3.8 %, k = 2."""
