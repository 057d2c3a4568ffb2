"""The certificate of a reference source: activity, moment, expanded uncertainty and its k."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from photopeak_analyzers.contract import Column, Inputs, Reading, ReadingKind, Row
from photopeak_analyzers.counters.calibrator_budget import Known
from photopeak_analyzers.counters.calibrator_readings import LARGEST_MBQ, NAMES
from photopeak_analyzers.errors import MissingReadingError, ParameterError
from photopeak_analyzers.uncertainty import COVERAGE_FACTOR, from_expanded

REFERENCE = Reading(
    name="reference_activity",
    label="Certified activity of the source",
    label_zh="证书活度",
    unit="MBq",
    kind=ReadingKind.ACTIVITY,
    minimum=1e-6,
    maximum=LARGEST_MBQ,
    required=False,
    hint="With the moment that the certificate refers to.",
)

EXPANDED = Reading(
    name="certificate_uncertainty_pct",
    label="Expanded uncertainty of the certificate",
    label_zh="证书扩展不确定度",
    unit="%",
    minimum=0.0,
    maximum=50.0,
    required=False,
    hint="In % of the activity, with its own k.",
)

COVERAGE = Reading(
    name="certificate_k",
    label="Coverage factor of the certificate",
    label_zh="证书包含因子k",
    unit="1",
    minimum=1.0,
    maximum=4.0,
    required=False,
    hint="2 where it is left out.",
)

CERTIFICATE_READINGS = (REFERENCE, EXPANDED, COVERAGE)

SOURCES = Reading(
    name="sources",
    label="Certified sources",
    label_zh="标准源",
    unit="MBq",
    kind=ReadingKind.TABLE,
    columns=(
        Column("source", kind=ReadingKind.TEXT, label="Name of the source", label_zh="源名称"),
        Column("nuclide", kind=ReadingKind.CHOICE, choices=NAMES, label="Nuclide", label_zh="核素"),
        Column("certified_mbq", "MBq", label="Certified activity", label_zh="证书活度", minimum=1e-6,
               maximum=LARGEST_MBQ),
        Column("certified_at", kind=ReadingKind.TIME, label="Moment of the certificate",
               label_zh="证书参考时刻"),
        Column("uncertainty_pct", "%", label="Expanded uncertainty", label_zh="扩展不确定度",
               minimum=0.0, maximum=50.0, required=False),
        Column("k", label="Coverage factor", label_zh="包含因子k", minimum=1.0, maximum=4.0,
               required=False, hint="2 where it is left out."),
    ),
    maximum_rows=50,
)  # fmt: skip


def certified_activity(inputs: Inputs, at: datetime) -> Known:
    """Return the certified activity, to be compared with a reading at a moment.

    What the certificate states as expanded uncertainty goes before a standard uncertainty that was
    given with the activity.

    Raises
    ------
    MissingReadingError
        If there is no certified activity, or it has no moment.
    """
    certified = inputs.activity(REFERENCE.name)
    k = inputs.number(COVERAGE.name) if COVERAGE.name in inputs.readings else COVERAGE_FACTOR
    relative = None
    coverage = 1.0
    if EXPANDED.name in inputs.readings:
        relative = from_expanded(inputs.number(EXPANDED.name) / 100.0, k)
        coverage = k
    elif certified.uncertainty is not None:
        relative = certified.uncertainty / certified.value
    return Known(
        mbq=certified.value,
        elapsed_s=(at - certified.at).total_seconds(),
        relative=relative,
        coverage=coverage,
    )


def certified_sources(inputs: Inputs) -> Mapping[str, Row]:
    """Return the rows of the certified sources by their names.

    Raises
    ------
    MissingReadingError
        If there is none.
    ParameterError
        If two have one name.
    """
    sources: dict[str, Row] = {}
    for row in inputs.rows(SOURCES):
        name = row.text("source")
        if name in sources:
            raise ParameterError(
                f"the source {name} stands in two rows of {SOURCES.name}, needs a name of its own",
                quantity="source",
                value=name,
            )
        sources[name] = row
    if not sources:
        raise MissingReadingError("no certified source is given", quantity=SOURCES.name)
    return sources


def known_of(source: Row, elapsed_s: float) -> Known:
    """Return the certified activity of a source, to be compared some time later."""
    k = source.number("k") if source.has("k") else COVERAGE_FACTOR
    relative = None
    if source.has("uncertainty_pct"):
        relative = from_expanded(source.number("uncertainty_pct") / 100.0, k)
    return Known(
        mbq=source.number("certified_mbq"), elapsed_s=elapsed_s, relative=relative, coverage=k
    )
