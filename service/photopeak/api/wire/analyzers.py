"""The installed tests: what each needs and what it gives."""

from __future__ import annotations

from photopeak.api.wire.base import Out
from photopeak.model.catalogue import TestDescription


class VariantOut(Out):
    """One text of one standard."""

    name: str
    title: str
    clause: str


class RoleOut(Out):
    """A series that a test takes; ``maximum`` null means any number."""

    name: str
    kinds: list[str]
    minimum: int
    maximum: int | None
    label: str
    hint: str


class ColumnOut(Out):
    """One column of a table."""

    name: str
    unit: str
    kind: str
    label: str
    label_zh: str
    minimum: float | None
    maximum: float | None
    required: bool
    choices: list[str]
    hint: str


class DescribedReadingOut(ColumnOut):
    """What a person or another instrument supplies."""

    columns: list[ColumnOut]
    minimum_rows: int
    maximum_rows: int


class MetricOut(Out):
    """A number that a test gives."""

    key: str
    unit: str
    symbol: str
    label: str
    label_zh: str
    decimals: int
    clause: str


class AnalyzerOut(Out):
    """An installed test."""

    id: str
    title: str
    title_zh: str
    version: str
    variants: list[VariantOut]
    roles: list[RoleOut]
    readings: list[DescribedReadingOut]
    metrics: list[MetricOut]
    needs_images: bool

    @classmethod
    def of_test(cls, test: TestDescription) -> AnalyzerOut:
        """Build from the description of a test."""
        return cls.of(test)
