"""Rows for tests of the storage and of what stands on it."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any

from photopeak.model.configuration import Configuration
from photopeak.model.identity import new_id
from photopeak.model.judgement import LimitKind, Status, Verdict
from photopeak.model.reception import Entrance, Reception, StoredInstance
from photopeak.model.results import (
    FigureRecord,
    InputRecord,
    MeasurementRecord,
    NoteRecord,
    PreconditionRecord,
    Provenance,
    ReadingRecord,
    ResultRecord,
)
from photopeak.model.test_sets import TestSetKey, TestSetMember, TestSetRecord
from photopeak.storage import instances, test_sets
from photopeak.storage.database import Transaction

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""A moment."""


def after(seconds: float) -> datetime:
    """Return a moment some seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def instance(
    number: int, *, series: str = "1.2.3.10", content: str = "", at: datetime = NOON
) -> StoredInstance:
    """Return the instance of a number; `content` makes other bytes of it."""
    uid = f"{series}.{number}"
    identity = new_id()
    return StoredInstance(
        id=identity,
        reception=Reception(
            entrance=Entrance.DIMSE,
            sop_class_uid="1.2.840.10008.5.1.4.1.1.20",
            sop_instance_uid=uid,
            transfer_syntax_uid="1.2.840.10008.1.2.1",
            calling_ae_title="CAMERA",
            called_ae_title="PHOTOPEAK",
            peer_address="192.0.2.7",
            received_at=at,
        ),
        study_instance_uid="1.2.3",
        series_instance_uid=series,
        sha256=hashlib.sha256(f"{uid}{content}".encode()).hexdigest(),
        size=1000 + number,
        path=f"store/{identity}.dcm",
    )


def series_of(tx: Transaction, uid: str = "1.2.3.10", count: int = 1) -> str:
    """Store a series of some instances and return its UID."""
    instances.add_batch(tx, [instance(n, series=uid) for n in range(count)])
    return uid


def key(test: str = "intrinsic_uniformity", **changes: Any) -> TestSetKey:
    """Return the key of a test set."""
    values: dict[str, Any] = {
        "device_id": "camera-1",
        "test": test,
        "variant": "nema",
        "day": date(2026, 3, 2),
    }
    return TestSetKey(**{**values, **changes})


def waiting_set(tx: Transaction, uid: str = "1.2.3.10", **changes: Any) -> TestSetRecord:
    """Store a test set of one flood and return it."""
    series_of(tx, uid)
    found = test_sets.find_or_create(
        tx, key(**changes), role="flood", series_instance_uid=uid, maximum=1, now=NOON
    )
    member = TestSetMember(role="flood", series_instance_uid=uid, generation=1)
    return test_sets.add_member(tx, found.id, member, now=NOON)


def result_of(test_set: TestSetRecord, **changes: Any) -> ResultRecord:
    """Return a result of a test set with one of everything."""
    uid = test_set.members[0].series_instance_uid
    provenance = Provenance(
        software_version="0.1.0",
        analyzer_version="1",
        inputs=(
            InputRecord(
                role="flood",
                series_instance_uid=uid,
                generation=1,
                instances=((f"{uid}.0", "ab" * 32),),
            ),
        ),
        parameters={"pixel_size_mm": 6.4},
        readings=(ReadingRecord(name="activity", value=37.0, unit="MBq", at=NOON),),
        limit_sets={"ws523": "cd" * 32},
        configurations=(
            Configuration(parts={"nuclide": "Tc-99m"}),
            Configuration(scope={"detector": 1}, parts={"collimator": "LEHR"}),
        ),
        routes_version="r1",
        started_at=NOON,
        finished_at=after(1),
        host="worker-1",
    )
    values: dict[str, Any] = {
        "test_set_id": test_set.id,
        "test": test_set.key.test,
        "variant": test_set.key.variant,
        "device_id": test_set.key.device_id,
        "status": Status.PASS,
        "purpose": "constancy",
        "acquired_at": NOON,
        "provenance": provenance,
        "title": "Intrinsic uniformity",
        "title_zh": "固有均匀性",
        "measurements": (
            MeasurementRecord(
                metric="iu_ufov",
                label="Integral uniformity, UFOV",
                label_zh="积分均匀性",
                scope={"detector": 1},
                value=3.456789,
                unit="%",
                uncertainty=0.12,
                symbol="IU_ui",
                decimals=1,
                clause="NEMA NU 1-2007 2.4",
            ),
        ),
        "preconditions": (
            PreconditionRecord(
                code="PC_COUNTS", severity="hard", outcome="met", value=12345.0, lower=10000.0
            ),
            PreconditionRecord(code="PC_NUCLIDE", severity="hard", outcome="met", value="Tc-99m"),
        ),
        "verdicts": (
            Verdict(
                metric="iu_ufov",
                scope={"detector": 1},
                limit_set="ws523",
                limit_set_version="cd" * 32,
                kind=LimitKind.MANDATORY,
                lower=None,
                upper=5.5,
                warn_lower=None,
                warn_upper=None,
                status=Status.PASS,
                source="WS 523-2019 A.1",
                met=True,
            ),
        ),
        "notes": (NoteRecord(code="REBINNED", message="binned by 2", values={"factor": 2}),),
        "figures": (
            FigureRecord(
                name="flood", title="Flood", kind="image", forms={"json": b"{}", "svg": b"<svg/>"}
            ),
        ),
    }
    return ResultRecord(**{**values, **changes})
