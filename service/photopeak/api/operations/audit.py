"""The audit trail: read page by page, and whole as CSV or JSON; each reading is a line in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from photopeak.api.context import ApiContext
from photopeak.api.operations.parameters import Since, aware, principal_of
from photopeak.api.surface import Surface
from photopeak.api.wire.audit import AuditEntryOut, AuditPageOut
from photopeak.model.page import Access
from photopeak.reports.exports.audit import as_csv, as_json
from photopeak.storage import audit
from photopeak.storage.audit import AuditFilter
from photopeak.storage.database import Database

_WORD = r"^[^\x00-\x1f\x7f]{1,200}$"

Word = Annotated[str | None, Query(pattern=_WORD)]
Until = Annotated[datetime | None, Query(description="RFC 3339, with zone; the first not to count")]


def add(surface: Surface, context: ApiContext) -> None:
    """Add the operations."""

    @surface.operation("GET", "/api/v1/audit", Access.AUDIT, tags=["audit"])
    def list_entries(
        request: Request,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        before: Annotated[int | None, Query(ge=1, le=10**12)] = None,
        actor: Word = None,
        action: Word = None,
        subject: Word = None,
        since: Since = None,
        until: Until = None,
    ) -> AuditPageOut:
        """Return entries, the latest first; `before` is the number to go on from."""
        chosen = _filter(actor, action, subject, since, until)
        _told(context, request, "audit.read", chosen)
        with context.database.snapshot() as tx:
            entries = audit.page(tx, before=before, limit=limit, chosen=chosen)
        following = entries[-1].number if len(entries) == limit else None
        return AuditPageOut(items=[AuditEntryOut.of(e) for e in entries], before=following)

    for form, media_type, write in (
        ("csv", "text/csv; charset=utf-8", as_csv),
        ("json", "application/json", as_json),
    ):
        surface.add(
            "GET",
            f"/api/v1/audit.{form}",
            Access.AUDIT,
            _exporting(context, form, media_type, write),
            tags=["audit"],
            response_class=Response,
        )


def _exporting(
    context: ApiContext,
    form: str,
    media_type: str,
    write: Callable[[Database, AuditFilter], Iterator[str]],
) -> Callable[..., Response]:
    def export(
        request: Request,
        actor: Word = None,
        action: Word = None,
        subject: Word = None,
        since: Since = None,
        until: Until = None,
    ) -> Response:
        """Return all entries that are looked for, the oldest first, as a file."""
        chosen = _filter(actor, action, subject, since, until)
        _told(context, request, "audit.exported", chosen)
        name = f"photopeak-audit-{context.clock():%Y%m%d}.{form}"
        return StreamingResponse(
            write(context.database, chosen),
            media_type=media_type,
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    return export


def _filter(
    actor: str | None,
    action: str | None,
    subject: str | None,
    since: datetime | None,
    until: datetime | None,
) -> AuditFilter:
    return AuditFilter(
        actor=actor or "",
        action=action or "",
        subject=subject or "",
        since=aware(since),
        until=aware(until, "until"),
    )


def _told(context: ApiContext, request: Request, action: str, chosen: AuditFilter) -> None:
    asked: dict[str, Any] = {
        "actor": chosen.actor,
        "action": chosen.action,
        "subject": chosen.subject,
        "since": chosen.since and chosen.since.isoformat(),
        "until": chosen.until and chosen.until.isoformat(),
    }
    with context.database.transaction() as tx:
        audit.append(
            tx,
            at=context.clock(),
            actor=principal_of(request).name,
            action=action,
            subject="audit trail",
            detail={name: text for name, text in asked.items() if text},
        )
