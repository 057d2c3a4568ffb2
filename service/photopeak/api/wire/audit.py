"""Entries of the audit trail as they go out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from photopeak.api.wire.base import Out


class AuditEntryOut(Out):
    """One entry: `actor` did `action` to `subject`; `digest` seals it with the one before."""

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    reason: str
    detail: dict[str, Any]
    digest: str


class AuditPageOut(Out):
    """Some entries, the latest first; `before` is the number that the next page goes on from."""

    items: list[AuditEntryOut]
    before: int | None = None
