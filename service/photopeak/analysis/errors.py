"""What can go wrong between a queued test set and its result.

::

    AnalysisStationError
    |-- CatalogueError        an installed analyzer breaks the contract
    |-- JobRefusedError       these inputs cannot be analysed; the reason is for a person
    `-- JobFailedError        the work itself failed: crash, memory, time
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Self

from photopeak.model.results import FailureRecord


class AnalysisStationError(Exception):
    """Root of the errors of this station."""


class CatalogueError(AnalysisStationError):
    """An installed analyzer cannot be used; the message names it and says why."""


class JobRefusedError(AnalysisStationError):
    """The inputs cannot be read or analysed.

    `code` is stable, the message is for a person; `quantity`, `value` and `bound` say again what the
    message says, for programs. `configurations` tell of what, where the inputs could be read.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        quantity: str = "",
        value: float | str | None = None,
        bound: float | str | None = None,
        configurations: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(message)
        self.configurations = tuple(configurations)
        self.code = code
        self.quantity = quantity
        self.value = value
        self.bound = bound

    @classmethod
    def because_of(
        cls,
        error: Exception,
        message: str = "",
        *,
        configurations: Sequence[Mapping[str, Any]] = (),
    ) -> Self:
        """Return the refusal that an error of reading or of an analyzer means."""
        return cls(
            type(error).__name__,
            message or str(error),
            quantity=getattr(error, "quantity", ""),
            value=plain(getattr(error, "value", None)),
            bound=plain(getattr(error, "bound", None)),
            configurations=configurations,
        )

    @property
    def record(self) -> FailureRecord:
        """What is kept of it."""
        return FailureRecord(
            code=self.code,
            message=str(self),
            quantity=self.quantity,
            value=self.value,
            bound=self.bound,
        )


class JobFailedError(AnalysisStationError):
    """The work crashed, or ran into its memory or time limit. `detail` may hold a traceback."""

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail


def plain(value: object) -> float | str | None:
    """Return a value as JSON has it: what is no finite number becomes text."""
    if value is None or isinstance(value, str):
        return value
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return str(value)
    return number if math.isfinite(number) else str(value)
