"""Which inputs of a measurement depend on each other, and how strongly (GUM 5.2, F.1.2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.errors import ParameterError

CORRELATION_TOLERANCE = 1e-9
"""Eigenvalue below 0 that is still rounding: inputs correlated with coefficient 1 have one of 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """The correlation coefficient of two inputs, by the names of their components."""

    first: str
    second: str
    coefficient: float

    def __post_init__(self) -> None:
        if not -1.0 <= self.coefficient <= 1.0:
            raise ParameterError(
                f"the correlation of {self.first} and {self.second} is {self.coefficient:g},"
                " needs -1 to 1",
                quantity=f"correlation of {self.first} and {self.second}",
                value=self.coefficient,
            )


def correlation_matrix(
    names: Iterable[str], correlations: Iterable[Correlation]
) -> NDArray[np.float64]:
    """Return the matrix of the correlation coefficients, in the order of the names.

    Raises
    ------
    ParameterError
        If a name is unknown, doubled, or correlated with itself, a pair is named twice, or no
        inputs can be correlated so.
    """
    listed = list(names)
    matrix = np.eye(len(listed))
    for pair in correlations:
        both = (pair.first, pair.second)
        known = all(listed.count(name) == 1 for name in both) and pair.first != pair.second
        if not known or matrix[listed.index(both[0]), listed.index(both[1])] != 0.0:
            raise ParameterError(
                f"the correlation of {pair.first} and {pair.second} is not that of two inputs"
                " that are named once, given once",
                quantity=f"correlation of {pair.first} and {pair.second}",
                value=pair.coefficient,
            )
        first, second = (listed.index(name) for name in both)
        matrix[first, second] = matrix[second, first] = pair.coefficient
    smallest = float(np.linalg.eigvalsh(matrix)[0]) if listed else 1.0
    if smallest < -CORRELATION_TOLERANCE:
        raise ParameterError(
            f"no inputs are correlated so: the smallest eigenvalue is {smallest:.3g}, needs at"
            " least 0",
            quantity="eigenvalue of the correlations",
            value=smallest,
            bound=0.0,
        )
    return matrix
