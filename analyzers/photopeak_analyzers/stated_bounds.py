"""Bounds that come with a number: what the equipment itself prints beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from photopeak_analyzers.errors import ContractError


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedBounds:
    """Inclusive bounds in the unit of the metric; None for no bound, at least one of them is there.

    They are those of the manufacturer for this very equipment, read from the input and not from a
    file of limits; `source` says where they stand.
    """

    lower: float | None = None
    upper: float | None = None
    source: str = ""

    def __post_init__(self) -> None:
        given = [bound for bound in (self.lower, self.upper) if bound is not None]
        if not given or not all(math.isfinite(bound) for bound in given):
            raise ContractError(f"stated bounds are {self.lower} to {self.upper}")
        if len(given) == 2 and given[0] > given[1]:
            raise ContractError(f"the stated lower bound {given[0]} is above the upper {given[1]}")
        if not self.source.strip():
            raise ContractError("stated bounds do not say where they stand")
