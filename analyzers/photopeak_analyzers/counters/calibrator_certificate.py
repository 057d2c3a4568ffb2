"""The certificate of a reference source: activity, moment, expanded uncertainty and its k."""

from __future__ import annotations

from datetime import datetime

from photopeak_analyzers.contract import Inputs, Reading, ReadingKind
from photopeak_analyzers.counters.calibrator_budget import Known
from photopeak_analyzers.counters.calibrator_readings import LARGEST_MBQ
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
