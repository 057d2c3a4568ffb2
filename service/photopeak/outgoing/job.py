"""What one result sends to an archive, as plain data in a folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from photopeak.channel_settings import PacsSettings
from photopeak.model.devices import Device
from photopeak.model.results import MeasurementRecord, ResultRecord
from photopeak.reports.paper.document import Document
from photopeak.reports.paper.pdf import write_pages
from photopeak.storage import instances, results
from photopeak.storage.database import Database, Transaction

JOB = "job.json"
Compose = Callable[[Transaction, ResultRecord], Document]
"""Writes the summary of a result."""


class NothingToSendError(Exception):
    """The result has no image whose study its objects could go into; the message says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where what is sent comes from."""

    database: Database | None
    data: Path
    device: Callable[[str], Device | None]
    compose: Compose
    version: str


def write_job(
    source: Source, peer: PacsSettings, calling: str, result_id: str | None, folder: Path
) -> None:
    """Put everything that the child needs into a folder; without a result only the peer.

    Raises
    ------
    NotFoundError
        If there is no such result.
    NothingToSendError
        If it was made without images.
    PdfError
        If its summary cannot be typeset.
    """
    job: dict[str, Any] = {
        "peer": {
            "host": peer.host,
            "port": peer.port,
            "called": peer.ae_title,
            "calling": calling,
            "timeout_s": peer.timeout_s,
        },
        "software": source.version,
        "objects": [],
    }
    if result_id is not None and source.database is not None:
        with source.database.snapshot() as tx:
            record = results.get(tx, result_id)
            images = _images(tx, source.data, record)
            document = source.compose(tx, record)
        job["objects"] = list(peer.objects)
        job["images"] = [str(path) for path in images]
        job["result"] = _plain(record)
        job["device"] = _device(source, record)
        if "sc" in peer.objects:
            job["pages"] = [path.name for path in write_pages(document, folder)]
    (folder / JOB).write_text(json.dumps(job, ensure_ascii=False), "utf-8")


def _images(tx: Transaction, data: Path, record: ResultRecord) -> list[Path]:
    """Return the file of one instance of each series; their headers name study and patient."""
    found = []
    for entry in record.provenance.inputs:
        stored = instances.by_series(tx, entry.series_instance_uid)
        found += [data / instance.path for instance in stored[:1]]
    if not found:
        raise NothingToSendError("the result was made without images, so it has no study")
    return found


def _device(source: Source, record: ResultRecord) -> dict[str, str]:
    device = source.device(record.device_id or "")
    if device is None:
        return {"name": record.device_id or "unknown", "serial_number": ""}
    return {"name": device.name, "serial_number": device.serial_number}


def _plain(record: ResultRecord) -> dict[str, Any]:
    made = record.provenance
    return {
        "id": record.id,
        "test": record.test,
        "title": record.title or record.test,
        "variant": record.variant,
        "status": record.status.value,
        "finished_at": made.finished_at.isoformat(),
        "analyzer_version": made.analyzer_version,
        "measurements": [_measurement(record, m) for m in record.measurements if record.valid(m)],
    }


def _measurement(record: ResultRecord, measurement: MeasurementRecord) -> dict[str, Any]:
    scope = measurement.scope
    return {
        "metric": measurement.metric,
        "label": measurement.label,
        "scope": ", ".join(f"{name} {value}" for name, value in scope.items()),
        "value": measurement.value,
        "unit": measurement.unit,
        "uncertainty": measurement.uncertainty,
        "statuses": sorted({v.status.value for v in record.verdicts_on(measurement)}),
    }
