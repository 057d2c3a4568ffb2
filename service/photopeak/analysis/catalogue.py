"""The installed analyzers, found through their entry points, and their descriptions.

Loading them imports the numerical libraries; processes that must stay small receive the
descriptions from the child as plain data (:func:`catalogue_from_plain`).
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
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

_LONGEST = 300
"""Characters that are told of what an analyzer says while it fails."""


def installed_tests() -> frozenset[str]:
    """Return the ids of the installed analyzers without loading any."""
    return frozenset(entry_points(group=ENTRY_POINT_GROUP).names)


@dataclass(frozen=True, slots=True)
class Installed:
    """Analyzers by id, and by the name of its entry point why one cannot be used."""

    analyzers: Mapping[str, Analyzer]
    faults: Mapping[str, str]


def installed_analyzers() -> Installed:
    """Load every analyzer of the entry-point group; one that cannot be used stops no other."""
    points: dict[str, set[str]] = {}
    for point in entry_points(group=ENTRY_POINT_GROUP):
        points.setdefault(point.name, set()).add(point.value)
    analyzers: dict[str, Analyzer] = {}
    faults: dict[str, str] = {}
    for name, values in sorted(points.items()):
        try:
            analyzers[name] = _loaded(name, sorted(values))
        except CatalogueError as error:
            faults[name] = str(error)
    return Installed(analyzers, faults)


def why_not(test: str, faults: Mapping[str, str]) -> str:
    """Say why a test cannot be done: its analyzer has a fault, or there is none."""
    return faults.get(test) or f"no analyzer is installed for {test}"


def load_analyzers() -> dict[str, Analyzer]:
    """Load every analyzer of the entry-point group that can be used, by id."""
    return dict(installed_analyzers().analyzers)


def _loaded(name: str, values: Sequence[str]) -> Analyzer:
    from photopeak_analyzers.contract import Analyzer

    if len(values) > 1:
        raise CatalogueError(f"two analyzers are installed for {name}: {' and '.join(values)}")
    (value,) = values
    try:
        analyzer = EntryPoint(name=name, value=value, group=ENTRY_POINT_GROUP).load()
    except (Exception, SystemExit) as error:  # whatever a module does while it is imported
        raise CatalogueError(
            f"the analyzer {name} ({value}) cannot be loaded: {_in_a_line(error)}"
        ) from error
    if not isinstance(analyzer, Analyzer):
        raise CatalogueError(f"{value} is not an analyzer")
    if analyzer.id != name:
        raise CatalogueError(f"the entry point {name} leads to the analyzer {analyzer.id}")
    try:
        test = describe(analyzer)
        json.dumps(dataclasses.asdict(test), allow_nan=False)
    except Exception as error:
        raise CatalogueError(
            f"the analyzer {name} ({value}) is not described as it should: {_in_a_line(error)}"
        ) from error
    for what, given in (("variant", test.variants), ("metric", test.metrics)):
        if not given:
            raise CatalogueError(f"the analyzer {name} ({value}) has no {what}")
    return analyzer


def _in_a_line(error: BaseException) -> str:
    """Return what an error is and says, as one line of a bearable length."""
    said = str(error).strip().partition("\n")[0][:_LONGEST]
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


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
                modality=role.modality,
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
