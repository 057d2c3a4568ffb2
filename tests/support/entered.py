"""A test of readings alone, and measurements of it as a person enters them."""

from __future__ import annotations

from typing import Any

from photopeak.model.catalogue import (
    ColumnDescription,
    ReadingDescription,
    TestDescription,
    VariantDescription,
)
from photopeak.model.judgement import Status
from photopeak.model.results import FailureRecord, Provenance, ResultRecord
from photopeak.model.test_sets import TestSetRecord
from support.rows import NOON


def reading(name: str, kind: str = "number", **changes: Any) -> ReadingDescription:
    """Return the description of a reading."""
    values: dict[str, Any] = {
        "name": name, "label": name.capitalize(), "unit": "1", "kind": kind, "minimum": None,
        "maximum": None, "required": True, "choices": (), "columns": (), "hint": "",
    }  # fmt: skip
    return ReadingDescription(**{**values, **changes})


CONSTANCY = TestDescription(
    id="meter_constancy",
    title="Constancy of the meter",
    title_zh="活度计稳定性",
    version="1",
    variants=(
        VariantDescription(name="local", title="Local", clause="1"),
        VariantDescription(name="jjf", title="JJF", clause="2"),
    ),
    roles=(),
    readings=(
        reading(
            "activity", "activity", unit="MBq", minimum=0.1, maximum=1000.0,
            label="Activity of the source", label_zh="源的活度", hint="As the meter shows it.",
        ),
        reading(
            "counts", "table", unit="{counts}", minimum_rows=2, maximum_rows=5,
            label="Readings of the meter", label_zh="读数",
            columns=(
                ColumnDescription(name="n", unit="{counts}", minimum=0.0, label="Counts"),
                ColumnDescription(name="live_s", unit="s", minimum=0.1, maximum=3600.0),
                ColumnDescription(name="start", kind="time"),
                ColumnDescription(
                    name="vessel", kind="choice", choices=("vial", "syringe"), required=False
                ),
                ColumnDescription(name="remark", kind="text", required=False),
            ),
        ),
        reading("nuclide", "choice", choices=("Cs-137", "Ba-133"), label="Nuclide"),
        reading("zeroed", "time", required=False, label="Zeroed at"),
        reading("certificate", "text", required=False, label="Certificate"),
        reading("volume", unit="mL", minimum=0.5, maximum=30.0, required=False, label="Volume"),
    ),
    metrics=(),
    parameters=(),
    figures=(),
)  # fmt: skip

ROWS = [
    {"n": 600.0, "live_s": 60.0, "start": "2026-03-02T11:00:00+00:00"},
    {"n": 612.0, "live_s": 60.0, "start": "2026-03-02T11:02:00+00:00", "vessel": "vial"},
]


def entry(**changes: Any) -> dict[str, Any]:
    """Return a measurement as it is sent; a change to None leaves a field out."""
    body: dict[str, Any] = {
        "test_id": CONSTANCY.id,
        "device_id": "camera-1",
        "performed_at": "2026-03-02T12:00:00+01:00",
        "operator": "R. Chen",
        "inputs": {
            "activity": {"value": 37.0, "at": "2026-03-02T10:30:00+00:00"},
            "counts": ROWS,
            "nuclide": "Cs-137",
        },
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


def failed(record: TestSetRecord) -> ResultRecord:
    """Return a result of a set that was tried."""
    return ResultRecord(
        test_set_id=record.id,
        test=record.key.test,
        variant=record.key.variant,
        device_id=record.key.device_id,
        status=Status.ERROR,
        purpose="constancy",
        acquired_at=record.performed_at,
        provenance=Provenance(
            software_version="1", analyzer_version="1", inputs=(), started_at=NOON, finished_at=NOON
        ),
        failure=FailureRecord(code="ParameterError", message="the source is too weak"),
    )
