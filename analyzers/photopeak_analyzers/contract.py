"""The analyzer contract: a description, and one pure function.

The service, the database, the API, the charts, the limits and the documentation derive from the
description. An analyzer is registered through the entry-point group ``photopeak.analyzers``; the
object the entry point names is an :class:`Analyzer`. :mod:`photopeak_analyzers.conformance`
checks any of them against this contract.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from photopeak_analyzers.acquisition import Acquisition, AcquisitionKind
from photopeak_analyzers.bounds import refuse_out_of_bounds, refuse_reading
from photopeak_analyzers.errors import ContractError, MissingReadingError
from photopeak_analyzers.figures import Figure
from photopeak_analyzers.readings import (
    Activity,
    Column,
    Reading,
    ReadingKind,
    ReadingValue,
    Row,
    rows_of,
)
from photopeak_analyzers.stated_bounds import StatedBounds

__all__ = (
    "ENTRY_POINT_GROUP",
    "Activity",
    "Analysis",
    "Analyzer",
    "Column",
    "Inputs",
    "Measurement",
    "Metric",
    "Note",
    "Outcome",
    "Parameters",
    "Precondition",
    "PreconditionCode",
    "Reading",
    "ReadingKind",
    "ReadingValue",
    "Role",
    "Row",
    "Scope",
    "ScopeValue",
    "Severity",
    "Variant",
    "parameter",
)

ENTRY_POINT_GROUP = "photopeak.analyzers"
"""Entry-point group through which every analyzer is found, ours included."""

ScopeValue = str | int | float
"""What a scope may hold."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which part a number belongs to: detector, energy window, distance, sphere, ...

    Equal scopes compare equal whatever the order in which they were named:
    ``Scope.of(detector=1, energy_window=2)``.
    """

    items: tuple[tuple[str, ScopeValue], ...] = ()

    @classmethod
    def of(cls, **parts: ScopeValue | None) -> Scope:
        """Build a scope from named parts; parts that are None are left out."""
        return cls(tuple(sorted((k, v) for k, v in parts.items() if v is not None)))

    def get(self, name: str) -> ScopeValue | None:
        """Return one part, or None."""
        return dict(self.items).get(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A named input of a test: what kind of acquisition, and how many of them.

    `maximum` None means any number from `minimum` on. `hint` tells a person what to acquire.
    `modality` is that of DICOM (``PT``, ``CT``) where a test compares images of several scanners: its
    series then have to be of one frame of reference, and make a set only with those of the same one.
    """

    name: str
    kinds: frozenset[AcquisitionKind]
    minimum: int = 1
    maximum: int | None = 1
    label: str = ""
    hint: str = ""
    modality: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What a measurement means: key, UCUM unit, symbol, labels, decimals to show, clause."""

    key: str
    unit: str
    symbol: str
    label: str
    label_zh: str
    decimals: int
    clause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One number: the key of its metric, the part it belongs to, its value in the metric's unit.

    `uncertainty` is the standard uncertainty (k = 1) in the same unit, or None when unknown;
    `bounds` are those that the input itself states for this number.
    """

    metric: str
    scope: Scope
    value: float
    uncertainty: float | None = None
    bounds: StatedBounds | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ContractError(f"{self.metric} {dict(self.scope.items)} is {self.value}")
        if self.uncertainty is not None and not (
            math.isfinite(self.uncertainty) and self.uncertainty >= 0.0
        ):
            raise ContractError(f"uncertainty of {self.metric} is {self.uncertainty}")


class Severity(StrEnum):
    """What follows when a precondition is not met: HARD voids the numbers of its scope, SOFT warns."""

    HARD = "hard"
    SOFT = "soft"


class Outcome(StrEnum):
    """Whether a precondition is met. UNKNOWN (the header does not tell) is not a pass."""

    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"


class PreconditionCode(StrEnum):
    """Stable codes of what a clause asks for."""

    NUCLIDE = "PC_NUCLIDE"
    WINDOW = "PC_WINDOW"
    COLLIMATOR = "PC_COLLIMATOR"
    COUNTS = "PC_COUNTS"
    RATE = "PC_RATE"
    PIXEL = "PC_PIXEL"
    MATRIX = "PC_MATRIX"
    UFOV = "PC_UFOV"
    UFOV_MISMATCH = "UFOV_MISMATCH"
    DETECTOR = "PC_DETECTOR"
    DURATION = "PC_DURATION"
    CORRECTION = "PC_CORRECTION"
    ORIENTATION = "PC_ORIENT"
    FRAMES = "PC_FRAMES"
    SET = "PC_SET"
    """Series that may still come: a set waits for them (hard) or stays open for them (soft)."""
    OVERFLOW = "PC_OVERFLOW"
    BACKGROUND = "PC_BACKGROUND"
    TIME = "PC_TIME"
    CALIBRATION_EXPIRED = "PC_CAL_EXPIRED"
    CENTRED = "PC_CENTRED"
    GEOMETRY = "PC_GEOMETRY"
    REPORT = "PC_REPORT"
    """What a report of the equipment has to say before it may pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Precondition:
    """One condition of the clause, checked: the numbers stand beside the verdict.

    `value` is what was found (None when absent), `lower` and `upper` the bounds it had to keep,
    `unit` UCUM; `expected` says in words what a bound cannot (``Tc-99m``).
    """

    code: PreconditionCode
    severity: Severity
    outcome: Outcome
    scope: Scope = field(default_factory=Scope)
    quantity: str = ""
    value: float | str | None = None
    lower: float | None = None
    upper: float | None = None
    unit: str = ""
    expected: str = ""
    clause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A remark: a stable `code` with its numbers, and the same as an English sentence.

    `unfit_for` names what the numbers of its scope may not serve for reason of the remark, such as
    ``acceptance``: for such a test they are kept and not judged, for any other they are judged.
    """

    code: str
    message: str
    scope: Scope = field(default_factory=Scope)
    values: Mapping[str, ScopeValue] = field(default_factory=lambda: MappingProxyType({}))
    unfit_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """What `analyze` returns; numbers that a hard precondition voids are kept, never judged."""

    measurements: tuple[Measurement, ...]
    preconditions: tuple[Precondition, ...]
    figures: tuple[Figure, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def failed(self) -> tuple[Precondition, ...]:
        """Hard preconditions that are not known to be met."""
        hard = (p for p in self.preconditions if p.severity is Severity.HARD)
        return tuple(p for p in hard if p.outcome is not Outcome.MET)

    @property
    def valid(self) -> bool:
        """True when every hard precondition is met."""
        return not self.failed

    def failed_for(self, scope: Scope) -> tuple[Precondition, ...]:
        """Hard preconditions that are not known to be met and concern this scope.

        A precondition of detector 2 says nothing against a number of detector 1, but it does
        against one of all detectors together; one without a scope concerns every number.
        """
        parts = dict(scope.items)
        return tuple(p for p in self.failed if all(parts.get(k, v) == v for k, v in p.scope.items))


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What an analysis works on: acquisitions by role, readings by name, and the variant.

    `partial` tells that a person wants the test with what is there. Then a role may have fewer
    acquisitions than its minimum, none at all included, and a required reading may be missing. What
    cannot be measured without them is left out, or the whole is refused with an
    :class:`~photopeak_analyzers.errors.AnalysisError` that says what it takes.

    `performed_at` is when a person says that it was measured, with its zone; None when nobody did
    (acquisitions tell their own times).
    """

    roles: Mapping[str, tuple[Acquisition, ...]]
    readings: Mapping[str, ReadingValue] = field(default_factory=lambda: MappingProxyType({}))
    variant: str = ""
    partial: bool = False
    performed_at: datetime | None = None

    def all(self, role: str) -> tuple[Acquisition, ...]:
        """Return every acquisition of a role; empty when the role is not filled."""
        return self.roles.get(role, ())

    def number(self, name: str) -> float:
        """Return a numeric reading.

        Raises
        ------
        MissingReadingError
            If it was not supplied, or is not a number.
        """
        reading = self.readings.get(name)
        if reading is None or not isinstance(reading.value, (int, float)):
            raise MissingReadingError(f"the reading {name} is missing", quantity=name)
        return float(reading.value)

    def activity(self, name: str) -> Activity:
        """Return an activity with the moment it refers to.

        Raises
        ------
        MissingReadingError
            If it was not supplied, is not a number, or says nothing of its time.
        """
        value, at = self.number(name), self.readings[name].at
        if at is None:
            raise MissingReadingError(f"the time of the reading {name} is missing", quantity=name)
        return Activity(value=value, at=at, uncertainty=self.readings[name].uncertainty)

    def rows(self, reading: Reading) -> tuple[Row, ...]:
        """Return the rows of a table, read by the names of its columns; none when not supplied."""
        return rows_of(reading, self.readings.get(reading.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One text of one standard: its short name (``nema``, ``iec``, ...), title and clause."""

    name: str
    title: str
    clause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Base of the parameters of an analyzer: frozen, each default from the standard.

    A field declares its unit, clause and bounds with :func:`parameter`; the bounds are kept here.
    A subclass that has more to refuse does so in its own ``__post_init__`` with a
    :class:`~photopeak_analyzers.errors.ParameterError`, after ``Parameters.__post_init__(self)``
    (a bare ``super()`` does not work in a dataclass with slots).
    """

    def __post_init__(self) -> None:
        for each in dataclasses.fields(self):
            refuse_out_of_bounds(
                each.name,
                getattr(self, each.name),
                minimum=each.metadata.get("minimum"),
                maximum=each.metadata.get("maximum"),
                unit=each.metadata.get("unit", "1"),
            )


def parameter(
    default: Any,
    *,
    doc: str,
    unit: str = "1",
    clause: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
) -> Any:  # the declared type of the field decides, as with dataclasses.field
    """Declare a field of a :class:`Parameters` class: what it means, its unit, clause and bounds.

    The bounds are inclusive; a parameter whose value is a number has both, or says in `doc` why
    it has none.
    """
    return field(
        default=default,
        metadata={
            "doc": doc,
            "unit": unit,
            "clause": clause,
            "minimum": minimum,
            "maximum": maximum,
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyzer:
    """Description of a test and the function that performs it.

    Attributes
    ----------
    id
        As in the index of test ids, such as ``intrinsic_uniformity``.
    title, title_zh
        Name for people.
    version
        Its own; a change of numbers bumps it.
    variants
        The texts it follows; the first is the default. Results of different variants never mix.
    roles, readings, metrics
        What it needs and what it gives.
    parameters
        Frozen dataclass derived from :class:`Parameters`.
    measure
        The function: ``(inputs, parameters) -> Analysis``. Pure, bounded in time.
    figures
        Names of the figures it may return.
    days
        Calendar days over which the acquisitions of one set may be spread, the first one included.
    """

    id: str
    title: str
    title_zh: str
    version: str
    variants: tuple[Variant, ...]
    roles: tuple[Role, ...]
    metrics: tuple[Metric, ...]
    parameters: type[Parameters]
    measure: Callable[[Inputs, Any], Analysis]
    readings: tuple[Reading, ...] = ()
    figures: tuple[str, ...] = ()
    days: int = 1

    def analyze(self, inputs: Inputs, parameters: Parameters | None = None) -> Analysis:
        """Perform the test.

        Raises
        ------
        AnalysisError
            If it cannot be performed on these inputs; the message names quantity, value, bound.
        ParameterError
            If a reading is out of its bounds.
        ContractError
            If the variant is not one of the analyzer's, or it returns an undeclared metric.
        """
        if inputs.variant not in {v.name for v in self.variants}:
            raise ContractError(f"{self.id} has no variant {inputs.variant!r}")
        for reading in self.readings:
            if reading.name in inputs.readings:
                refuse_reading(reading, inputs.readings[reading.name])
        analysis = self.measure(inputs, self.parameters() if parameters is None else parameters)
        declared = {m.key for m in self.metrics}
        for measurement in analysis.measurements:
            if measurement.metric not in declared:
                raise ContractError(
                    f"{self.id} returned the undeclared metric {measurement.metric}"
                )
        return analysis

    def metric(self, key: str) -> Metric:
        """Return the description of a metric; KeyError if it is not declared."""
        for metric in self.metrics:
            if metric.key == key:
                return metric
        raise KeyError(key)

    def parameter_fields(self) -> tuple[dataclasses.Field[Any], ...]:
        """Return the fields of the parameters, each with its ``metadata``."""
        return dataclasses.fields(self.parameters)
