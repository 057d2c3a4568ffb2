"""A calibration report as data."""

from __future__ import annotations

from datetime import date, datetime

from photopeak.api.wire.base import Out, Scope
from photopeak.reports.jjf.certificate import fill
from photopeak.reports.jjf.gather import Gathered, Item, inputs_sha256
from photopeak.reports.jjf.request import Asked
from photopeak.reports.jjf.values import COVERAGE_FACTOR, Value, values, why_void
from photopeak.reports.messages import Messages


class ParticularsOut(Out):
    """The fields of Annex C as they were supplied; empty or null is not stated."""

    instrument_name: str
    model: str
    manufacturer: str
    serial_number: str
    client: str
    address: str
    temperature: float | None
    humidity: float | None
    record_number: str
    calibration_date: date | None
    calibrator: str
    verifier: str


class ReferenceOut(Out):
    """A number by JJF table 1, for information; `met` null where there is nothing to compare with."""

    bounds: str
    met: bool | None


class StatedOut(Out):
    """One number: as measured, and as a certificate states it.

    `expanded` is U with the coverage factor of the report, of at most two digits, rounded up; empty
    where it was not evaluated.
    """

    metric: str
    scope: Scope
    name: str
    value: float
    uncertainty: float | None
    unit: str
    stated: str
    expanded: str
    valid: bool
    reference: ReferenceOut | None

    @classmethod
    def of_value(cls, value: Value) -> StatedOut:
        """Build from a value of a report."""
        return cls(
            metric=value.measurement.metric,
            scope=dict(value.measurement.scope),
            name=value.name,
            value=value.measurement.value,
            uncertainty=value.measurement.uncertainty,
            unit=value.measurement.unit,
            stated=value.text,
            expanded=value.expanded,
            valid=value.valid,
            reference=None if value.reference is None else ReferenceOut.of(value.reference),
        )


class ReportItemOut(Out):
    """One calibration item; without a result it was not measured, `reason` says why one is none."""

    test: str
    title: str
    clause: str
    result_id: str | None
    status: str | None
    reason: str
    acquired_at: datetime | None
    inputs_sha256: str | None
    not_used: str | None
    values: list[StatedOut]

    @classmethod
    def of_item(cls, item: Item, say: Messages) -> ReportItemOut:
        """Build from an item of a report."""
        result = item.result
        return cls(
            test=item.kind.test,
            title=say(item.kind.title),
            clause=item.kind.clause,
            result_id=None if result is None else result.id,
            status=None if result is None else result.status.value,
            reason=say("not measured") if result is None else why_void(result, say),
            acquired_at=None if result is None else result.acquired_at,
            inputs_sha256=None if result is None else inputs_sha256(result),
            not_used=None if item.later is None else item.later.id,
            values=[] if result is None else [StatedOut.of_value(v) for v in values(result, say)],
        )


class CertificateRowOut(Out):
    """One row of Annex D: its numbers, and what is said in place of those that are missing."""

    title: str
    values: list[StatedOut]
    remarks: list[str]


class JjfReportOut(Out):
    """Record and certificate of a PET/CT calibration after JJF Annex C and D, as data."""

    device: str
    language: str
    variant: str
    software_version: str
    coverage_factor: float
    particulars: ParticularsOut
    certificate: list[CertificateRowOut]
    items: list[ReportItemOut]
    inputs_sha256: str

    @classmethod
    def of_report(
        cls, gathered: Gathered, asked: Asked, say: Messages, *, variant: str, version: str
    ) -> JjfReportOut:
        """Build from what was gathered for a request."""
        return cls(
            device=gathered.device.id,
            language=asked.language,
            variant=variant,
            software_version=version,
            coverage_factor=COVERAGE_FACTOR,
            particulars=ParticularsOut.of(asked.particulars),
            certificate=[
                CertificateRowOut(
                    title=row.title,
                    values=[StatedOut.of_value(value) for value in row.numbers],
                    remarks=list(row.remarks),
                )
                for row in fill(gathered, say)
            ],
            items=[ReportItemOut.of_item(item, say) for item in gathered.items],
            inputs_sha256=gathered.inputs_sha256,
        )
