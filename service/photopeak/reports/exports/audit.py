"""The audit trail for other programs: CSV or JSON, the oldest first, as the chain goes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from photopeak.reports.exports.table import inert
from photopeak.storage import audit
from photopeak.storage.audit import AuditEntry, AuditFilter
from photopeak.storage.database import Database

COLUMNS = ("number", "at", "actor", "action", "subject", "reason", "detail", "digest")
_CHUNK = 500


def as_csv(database: Database, chosen: AuditFilter) -> Iterator[str]:
    """Yield the entries as CSV in pieces; the detail is JSON, no cell is a formula."""
    yield "\ufeff" + _lines([COLUMNS])
    for entries in _chunks(database, chosen):
        rows = []
        for entry in entries:
            values = plain(entry)
            values["detail"] = json.dumps(values["detail"], ensure_ascii=False, sort_keys=True)
            rows.append(tuple(inert(values[name]) for name in COLUMNS))
        yield _lines(rows)


def as_json(database: Database, chosen: AuditFilter) -> Iterator[str]:
    """Yield the entries as one JSON array in pieces."""
    yield "["
    first = True
    for entries in _chunks(database, chosen):
        texts = [json.dumps(plain(entry), ensure_ascii=False) for entry in entries]
        yield ("" if first else ",") + "\n" + ",\n".join(texts)
        first = False
    yield "\n]\n"


def plain(entry: AuditEntry) -> dict[str, Any]:
    """Return an entry as plain values."""
    return {
        "number": entry.number,
        "at": entry.at.isoformat(),
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "reason": entry.reason,
        "detail": dict(entry.detail),
        "digest": entry.digest,
    }


def _chunks(database: Database, chosen: AuditFilter) -> Iterator[tuple[AuditEntry, ...]]:
    number = 0
    while True:
        with database.snapshot() as tx:
            entries = audit.following(tx, after=number, limit=_CHUNK, chosen=chosen)
        if not entries:
            return
        yield entries
        number = entries[-1].number


def _lines(rows: list[tuple[Any, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()
