"""What the installed analyzers say of themselves, as plain values.

The processes that do not compute (listener, web, the dispatching part of the worker) know tests
from here and never import the numerical libraries.
"""

from dataclasses import dataclass

_OF_PET = "jjf"
"""The text of calibration of PET/CT; no test of a gamma camera follows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleDescription:
    """A named input of a test; `maximum` None means any number from `minimum` on.

    `modality` is that of DICOM where the test compares images of several scanners; empty otherwise.
    """

    name: str
    kinds: tuple[str, ...]
    minimum: int
    maximum: int | None
    label: str
    hint: str
    modality: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnDescription:
    """One column of a table; `kind` is number, choice, time or text, `unit` is UCUM."""

    name: str
    unit: str = "1"
    kind: str = "number"
    label: str = ""
    label_zh: str = ""
    minimum: float | None = None
    maximum: float | None = None
    required: bool = True
    choices: tuple[str, ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingDescription:
    """What a person or another instrument supplies; `unit` is UCUM.

    `kind` is number, activity, choice, time, text or table.
    """

    name: str
    label: str
    unit: str
    kind: str
    minimum: float | None
    maximum: float | None
    required: bool
    choices: tuple[str, ...]
    columns: tuple[ColumnDescription, ...]
    hint: str
    label_zh: str = ""
    minimum_rows: int = 1
    maximum_rows: int = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricDescription:
    """What a measurement means."""

    key: str
    unit: str
    symbol: str
    label: str
    label_zh: str
    decimals: int
    clause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterDescription:
    """A parameter of an analyzer; `default` as text."""

    name: str
    doc: str
    unit: str
    clause: str
    default: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantDescription:
    """One text of one standard that a test follows."""

    name: str
    title: str
    clause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TestDescription:
    """One installed test; `days` is over how many calendar days one set of it may be spread."""

    __test__ = False

    id: str
    title: str
    title_zh: str
    version: str
    variants: tuple[VariantDescription, ...]
    roles: tuple[RoleDescription, ...]
    readings: tuple[ReadingDescription, ...]
    metrics: tuple[MetricDescription, ...]
    parameters: tuple[ParameterDescription, ...]
    figures: tuple[str, ...]
    days: int = 1

    @property
    def spans_modalities(self) -> bool:
        """Tell whether it compares images of several scanners, which then share coordinates."""
        return len({role.modality for role in self.roles if role.modality}) > 1

    def role(self, name: str) -> RoleDescription | None:
        """Return the role of this name, or None."""
        return next((role for role in self.roles if role.name == name), None)

    def metric(self, key: str) -> MetricDescription | None:
        """Return the metric of this key, or None."""
        return next((metric for metric in self.metrics if metric.key == key), None)

    def reading(self, name: str) -> ReadingDescription | None:
        """Return the reading of this name, or None."""
        return next((reading for reading in self.readings if reading.name == name), None)

    def has_variant(self, name: str) -> bool:
        """Tell whether the test follows this text."""
        return any(variant.name == name for variant in self.variants)

    def variant_for(self, family: str) -> str:
        """Return the text to follow when none is asked for: of the family of the device, or the first.

        The families are those of gamma cameras (IEC 60789 or NEMA NU 1). Where NEMA is the other text
        of a test of PET, beside JJF, the family says nothing.
        """
        if self.has_variant(family) and not self.has_variant(_OF_PET):
            return family
        return self.variants[0].name

    @property
    def needs_images(self) -> bool:
        """True when it cannot be done with readings alone."""
        return any(role.minimum > 0 for role in self.roles)

    @property
    def stands_alone(self) -> bool:
        """True when one series makes a set: one role, one acquisition.

        Such a series never joins the set of an earlier one: a flood repeated after a repair is a
        new result, not a correction of the old one.
        """
        return len(self.roles) == 1 and self.roles[0].maximum == 1
