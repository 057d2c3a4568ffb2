"""Results of every calibration item of JJF, as they are stored after an analysis."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from photopeak.model.devices import Device
from photopeak.model.judgement import LimitKind, Status, Verdict
from photopeak.model.results import (
    FailureRecord,
    FigureRecord,
    MeasurementRecord,
    PreconditionRecord,
    Provenance,
    ReadingRecord,
    ResultRecord,
)
from photopeak.storage import results, test_sets
from photopeak.storage.database import Transaction
from support.rows import NOON, key

SCANNER = Device(id="pet-1", name="PET/CT 1", kind="pet_ct", serial_number="SN-0815")

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="200" height="100" viewBox="0 0 200 100">'
    b'<rect width="200" height="100" fill="#ffffff"/><text x="10" y="50">fit</text></svg>'
)

COLUMNS = [
    "component", "type", "distribution", "divisor", "input", "standard uncertainty (%)",
    "sensitivity", "contribution (%)", "share of the variance (%)",
]  # fmt: skip
BUDGET = {
    "columns": COLUMNS,
    "rows": [
        ["counting", "A", "normal", 1.0, "10000 {counts}", 1.0, 1.0, 1.0, 27.3],
        ["time of decay correction", "B", "rectangular", 1.732, None, 0.182, 1.0, 0.182, 0.9],
        ["wall thickness of the sleeves", "B", "rectangular", 1.732, None, 0.263, 1.0, 0.263, 1.9],
        ["activity meter", "B", "normal", 2.0, None, 1.6, -1.0, 1.6, 69.9],
        ["combined", None, None, None, None, None, None, 1.914, None],
        ["expanded, k = 2", None, None, None, None, None, None, 3.828, None],
    ],
}
"""The example of JJF Annex E; its U is 3.9 % when it is rounded up."""

SLEEVES = (
    (1.0, "2026-03-02T08:30:00+00:00", 60.0, 1.65e6),
    (2.0, "2026-03-02T08:40:00+00:00", 60.0, 1.47e6),
)


def number(metric: str, value: float, **changes: Any) -> MeasurementRecord:
    """Return a number."""
    values: dict[str, Any] = {
        "metric": metric, "label": metric.replace("_", " ").capitalize(), "label_zh": "量",
        "value": value, "unit": "mm", "uncertainty": None, "decimals": 2, "clause": "JJF",
    }  # fmt: skip
    return MeasurementRecord(**{**values, **changes})


def by_reference(measurement: MeasurementRecord, **bounds: Any) -> Verdict:
    """Return the verdict on a number by JJF table 1: informative, whatever comes out."""
    lower, upper = bounds.get("lower"), bounds.get("upper")
    met = (lower is None or measurement.value >= lower) and (
        upper is None or measurement.value <= upper
    )
    return Verdict(
        metric=measurement.metric, scope=measurement.scope, limit_set="jjf",
        limit_set_version="ab" * 32, kind=LimitKind.INFORMATIVE, lower=lower, upper=upper,
        warn_lower=None, warn_upper=None, status=Status.INFO, source="JJF draft, Table 1",
        met=bounds.get("met", met),
    )  # fmt: skip


SENSITIVITY = number(
    "pet_sensitivity", 7003.4, label="Sensitivity", label_zh="灵敏度", unit="{counts}/s/MBq",
    uncertainty=0.01914 * 7003.4, decimals=0,
)  # fmt: skip
RADIAL = number(
    "fwhm_radial", 5.137, label="FWHM, radial", label_zh="径向FWHM",
    scope={"radius_mm": 10, "plane": "centre"}, uncertainty=0.0414,
)  # fmt: skip
TANGENTIAL = number(
    "fwhm_tangential", 6.31, label="FWHM, tangential", label_zh="切向FWHM",
    scope={"radius_mm": 10, "plane": "centre"},
)  # fmt: skip
HOT_10 = number(
    "contrast_j", 43.91, label="Contrast of a hot sphere", label_zh="热球百分对比度",
    scope={"sphere_mm": 10.0}, unit="%", uncertainty=1.6, decimals=1,
)  # fmt: skip
HOT_37 = replace(HOT_10, scope={"sphere_mm": 37.0}, value=86.84, uncertainty=2.38)
COLD_37 = number(
    "cold_contrast_j", 71.2, label="Contrast of a cold sphere", label_zh="冷球百分对比度",
    scope={"sphere_mm": 37.0}, unit="%", uncertainty=2.0, decimals=1,
)  # fmt: skip
APART = number(
    "registration_max_mm", 1.44, label="Largest distance of a marker", label_zh="最大偏差",
    decimals=1,
)  # fmt: skip
RODS = number("smallest_read_hot_mm", 4.0, label="Smallest hot rods, by eye", label_zh="目视热区", decimals=1)  # fmt: skip

EVERYTHING: dict[str, tuple[MeasurementRecord, ...]] = {
    "pet_spatial_resolution": (RADIAL, TANGENTIAL),
    "pet_rod_phantom_resolution": (RODS,),
    "pet_sensitivity": (SENSITIVITY,),
    "pet_image_quality": (HOT_37, HOT_10),
    "pet_ct_registration": (APART,),
}
"""The numbers of a scanner that was calibrated whole."""

REFERENCES: dict[str, dict[str, Any]] = {
    "fwhm_radial": {"upper": 6.0}, "fwhm_tangential": {"upper": 6.0},
    "contrast_j": {"lower": 30.0}, "registration_max_mm": {"upper": 2.0},
    "pet_sensitivity": {"met": None},
}  # fmt: skip


def store(
    tx: Transaction, test: str, *, at: datetime = NOON, device: Device = SCANNER, **changes: Any
) -> ResultRecord:
    """Store a result of a calibration item."""
    day = at.date()
    variant = changes.get("variant", "jjf")
    test_set = test_sets.create(
        tx,
        key(test=test, device_id=device.id, variant=variant, day=day, group=f"{at} {len(changes)}"),
        now=NOON,
    )
    found = changes.pop("measurements", EVERYTHING[test])
    by_hand = test == "pet_sensitivity"
    readings = (
        ReadingRecord(
            name="activity", value=5.0, unit="MBq", uncertainty=0.08, at=at, source="form",
            entered_by="R. Chen",
        ),
        ReadingRecord(name="sleeves", value=SLEEVES, unit="{counts}", source="form"),
    )  # fmt: skip
    figures = (
        FigureRecord(name="fit", title="Rate by accumulated wall", kind="curve", forms={"svg": SVG, "json": b"{}"}),
        FigureRecord(
            name="budget", title="Uncertainty of the sensitivity", kind="table",
            forms={"json": json.dumps(BUDGET).encode(), "svg": SVG},
        ),
    )  # fmt: skip
    values: dict[str, Any] = {
        "test_set_id": test_set.id, "test": test, "variant": "jjf", "device_id": device.id,
        "status": Status.INFO, "purpose": "calibration", "acquired_at": at,
        "title": test, "title_zh": test,
        "provenance": Provenance(
            software_version="0.1.0", analyzer_version="1", inputs=(),
            readings=readings if by_hand else (), limit_sets={"jjf": "ab" * 32},
            started_at=at, finished_at=at + timedelta(minutes=1),
        ),
        "measurements": found,
        "verdicts": tuple(
            by_reference(m, **REFERENCES[m.metric]) for m in found if m.metric in REFERENCES
        ),
        "preconditions": (condition("met"),),
        "figures": figures if by_hand else (),
    }  # fmt: skip
    return results.add(tx, ResultRecord(**{**values, **changes}))


def store_everything(tx: Transaction, at: datetime = NOON) -> dict[str, ResultRecord]:
    """Store a result of every item."""
    return {test: store(tx, test, at=at) for test in EVERYTHING}


def condition(outcome: str, **changes: Any) -> PreconditionRecord:
    """Return a condition on the randoms."""
    values: dict[str, Any] = {
        "code": "PC_RATE", "severity": "hard", "outcome": outcome,
        "quantity": "share of random coincidences", "value": 7.5 if outcome == "not_met" else 1.0,
        "upper": 5.0, "unit": "%", "clause": "JJF 7.2",
    }  # fmt: skip
    return PreconditionRecord(**{**values, **changes})


def store_invalid(tx: Transaction, test: str, at: datetime = NOON) -> ResultRecord:
    """Store a result whose condition is not met."""
    return store(tx, test, at=at, status=Status.INVALID, preconditions=(condition("not_met"),))


def store_failed(tx: Transaction, test: str, at: datetime = NOON) -> ResultRecord:
    """Store the attempt of a test that was refused."""
    failure = FailureRecord(
        code="UnsuitableAcquisitionError", message="the phantom is a patient, needs six spheres"
    )
    return store(
        tx, test, at=at, status=Status.ERROR, failure=failure, measurements=(), verdicts=(),
        preconditions=(), figures=(),
    )  # fmt: skip
