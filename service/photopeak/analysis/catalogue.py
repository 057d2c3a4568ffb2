"""The installed analyzers, found through their entry points, and their descriptions.

Loading them imports the numerical libraries; processes that must stay small receive the
descriptions from the child as plain data (:func:`catalogue_from_plain`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from photopeak.analysis.errors import CatalogueError
from photopeak.model.catalogue import (
    ColumnDescription,
    MetricDescription,
    ParameterDescription,
    ReadingDescription,
    RoleDescription,
    TestDescription,
    VariantDescription,
)

if TYPE_CHECKING:
    from photopeak_analyzers.contract import Analyzer

Catalogue = Mapping[str, TestDescription]
"""Descriptions of the installed tests by id."""

ENTRY_POINT_GROUP = "photopeak.analyzers"
"""As in the contract of the analyzers, which cannot be imported without the numerical libraries."""

CATALOGUE_MARK = "catalogue of tests"
"""Under this name the database remembers what the workers have installed, for the web side."""


def installed_tests() -> frozenset[str]:
    """Return the ids of the installed analyzers without loading any."""
    return frozenset(entry_points(group=ENTRY_POINT_GROUP).names)


def load_analyzers() -> dict[str, Analyzer]:
    """Load every analyzer of the entry-point group, by id.

    Raises
    ------
    CatalogueError
        If one cannot be imported, is not an analyzer, or has not the id that its entry point
        promises.
    """
    from photopeak_analyzers.contract import Analyzer

    analyzers: dict[str, Analyzer] = {}
    for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda p: p.name):
        try:
            analyzer = point.load()
        except Exception as error:
            raise CatalogueError(
                f"the analyzer {point.name} ({point.value}) cannot be loaded: {error}"
            ) from error
        if not isinstance(analyzer, Analyzer):
            raise CatalogueError(f"{point.value} is not an analyzer")
        if analyzer.id in analyzers:
            raise CatalogueError(f"two analyzers are installed for {analyzer.id}")
        if analyzer.id != point.name:
            raise CatalogueError(
                f"the entry point {point.name} leads to the analyzer {analyzer.id}"
            )
        analyzers[analyzer.id] = analyzer
    return analyzers


def describe(analyzer: Analyzer) -> TestDescription:
    """Return the description of an analyzer as plain values."""
    return TestDescription(
        id=analyzer.id,
        title=analyzer.title,
        title_zh=analyzer.title_zh,
        version=analyzer.version,
        variants=tuple(
            VariantDescription(name=v.name, title=v.title, clause=v.clause)
            for v in analyzer.variants
        ),
        roles=tuple(
            RoleDescription(
                name=role.name,
                kinds=tuple(sorted(kind.value for kind in role.kinds)),
                minimum=role.minimum,
                maximum=role.maximum,
                label=role.label,
                hint=role.hint,
            )
            for role in analyzer.roles
        ),
        readings=tuple(
            ReadingDescription(
                name=reading.name,
                label=reading.label,
                unit=reading.unit,
                kind=reading.kind.value,
                minimum=reading.minimum,
                maximum=reading.maximum,
                required=reading.required,
                choices=reading.choices,
                columns=tuple(
                    ColumnDescription(
                        name=column.name,
                        unit=column.unit,
                        kind=column.kind.value,
                        label=column.label,
                        label_zh=column.label_zh,
                        minimum=column.minimum,
                        maximum=column.maximum,
                        required=column.required,
                        choices=column.choices,
                        hint=column.hint,
                    )
                    for column in reading.columns
                ),
                hint=reading.hint,
                label_zh=reading.label_zh,
                minimum_rows=reading.minimum_rows,
                maximum_rows=reading.maximum_rows,
            )
            for reading in analyzer.readings
        ),
        metrics=tuple(
            MetricDescription(
                key=metric.key,
                unit=metric.unit,
                symbol=metric.symbol,
                label=metric.label,
                label_zh=metric.label_zh,
                modality=role.modality,
                decimals=metric.decimals,
                clause=metric.clause,
            )
            for metric in analyzer.metrics
        ),
        parameters=tuple(
            ParameterDescription(
                name=field.name,
                doc=str(field.metadata.get("doc", "")),
                unit=str(field.metadata.get("unit", "1")),
                clause=str(field.metadata.get("clause", "")),
                default="" if field.default is dataclasses.MISSING else str(field.default),
            )
            for field in analyzer.parameter_fields()
        ),
        figures=analyzer.figures,
        days=analyzer.days,
    )


def catalogue_to_plain(catalogue: Catalogue) -> list[dict[str, Any]]:
    """Return the catalogue as JSON-able data, in the order of the ids."""
    return [dataclasses.asdict(catalogue[test]) for test in sorted(catalogue)]


def catalogue_from_plain(plain: list[dict[str, Any]]) -> dict[str, TestDescription]:
    """Rebuild the catalogue from :func:`catalogue_to_plain`."""
    catalogue = {}
    for entry in plain:
        description = TestDescription(
            **{
                **entry,
                "variants": tuple(VariantDescription(**v) for v in entry["variants"]),
                "roles": tuple(
                    RoleDescription(**{**r, "kinds": tuple(r["kinds"])}) for r in entry["roles"]
                ),
                "readings": tuple(
                    ReadingDescription(
                        **{
                            **r,
                            "choices": tuple(r["choices"]),
                            "columns": tuple(
                                ColumnDescription(**{**c, "choices": tuple(c["choices"])})
                                for c in r["columns"]
                            ),
                        }
                    )
                    for r in entry["readings"]
                ),
                "metrics": tuple(MetricDescription(**m) for m in entry["metrics"]),
                "parameters": tuple(ParameterDescription(**p) for p in entry["parameters"]),
                "figures": tuple(entry["figures"]),
            }
        )
        catalogue[description.id] = description
    return catalogue
