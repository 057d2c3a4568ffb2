"""Headers of new instances are read, in the worker, and what they say is kept with the rows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from photopeak.model.header import InstanceHeader
from photopeak.model.reception import StoredInstance
from photopeak.reading.errors import ReadingError
from photopeak.reading.headers import read_header
from photopeak.storage import instances, series
from photopeak.storage.database import Database, Transaction
from photopeak.storage.instances import IndexEntry

logger = logging.getLogger(__name__)

_NUCLEAR_MEDICINE = frozenset({"1.2.840.10008.5.1.4.1.1.20", "1.2.840.10008.5.1.4.1.1.5"})
"""NM Image Storage, and its retired form: one object holds all frames of an acquisition."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


def index_new(
    database: Database,
    data: Path,
    limit: int,
    *,
    zone: str = "UTC",
    clock: Callable[[], datetime] = _utc_now,
) -> tuple[str, ...]:
    """Read the headers of instances that nobody has read yet, at most `limit` of them.

    An instance that cannot be read gets a fault in its row; it is as visible as the others.

    Returns
    -------
    tuple of str
        Series Instance UIDs that were touched.
    """
    with database.snapshot() as tx:
        found = instances.unindexed(tx, limit)
    if not found:
        return ()
    entries = []
    headers: dict[str, list[InstanceHeader]] = {}
    for instance in found:
        headers.setdefault(instance.series_instance_uid, [])
        entry, header = _read(data, instance, zone)
        entries.append(entry)
        if header is not None and not instance.conflict:
            headers[instance.series_instance_uid].append(header)
    with database.transaction() as tx:
        instances.set_indexed(tx, entries, clock())
        for uid, of_series in headers.items():
            if of_series:
                _describe(tx, uid, of_series)
    return tuple(headers)


def _read(
    data: Path, instance: StoredInstance, zone: str
) -> tuple[IndexEntry, InstanceHeader | None]:
    try:
        header = read_header(data / instance.path, zone=zone)
    except FileNotFoundError:
        return IndexEntry(id=instance.id, fault="the stored file is missing"), None
    except (ReadingError, OSError) as error:
        return IndexEntry(id=instance.id, fault=str(error)), None
    except Exception:
        # One object that nobody foresaw must not keep the others from being read.
        logger.exception("the header of instance %s cannot be read", instance.id)
        return IndexEntry(id=instance.id, fault="the header cannot be read: internal error"), None
    return IndexEntry(id=instance.id, header=_kept(header)), header


def _kept(header: InstanceHeader) -> dict[str, Any]:
    """Return what completion and display need; nothing of a patient."""
    return {
        "modality": header.modality,
        "expected_instances": _expected(header),
        "position_mm": header.position_mm,
        "warnings": list(header.warnings),
    }


def _expected(header: InstanceHeader) -> int | None:
    """Return how many instances the series has; an NM object with its frames is one on its own."""
    if header.expected_instances is not None:
        return header.expected_instances
    alone = header.sop_class_uid in _NUCLEAR_MEDICINE and header.number_of_frames
    return 1 if alone else None


def _describe(tx: Transaction, uid: str, headers: Sequence[InstanceHeader]) -> None:
    """Bring what the series says of itself up to date, if that changes anything."""
    known = series.get(tx, uid)
    first = headers[0]
    moments = [h.acquired_at for h in headers if h.acquired_at is not None]
    if known.acquired_at is not None:
        moments.append(known.acquired_at)
    counts = [count for header in headers if (count := _expected(header)) is not None]
    if known.expected_instances is not None:
        counts.append(known.expected_instances)
    modality = known.modality or first.modality
    display = dict(known.display) or dict(first.display)
    acquired_at = min(moments, default=None)
    expected = max(counts, default=None)
    if (modality, display, acquired_at, expected) != (
        known.modality, dict(known.display), known.acquired_at, known.expected_instances,
    ):  # fmt: skip
        series.set_display(
            tx,
            uid,
            modality=modality,
            display=display,
            acquired_at=acquired_at,
            expected_instances=expected,
        )
