"""The audit trail: looked through, checked and exported; looking at it is a line in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from photopeak.model.moments import plausible
from photopeak.model.page import Access, Page, PageReply, PageRequest
from photopeak.storage import audit
from photopeak.storage.audit import Anchor, AuditFilter
from photopeak.storage.errors import AuditError
from photopeak.web.context import WebContext
from photopeak.web.papers.days import last_days
from photopeak.web.rendering import Renderer

_PER_PAGE = 100
_FILTERS = ("actor", "action", "subject", "since", "until")
_LONGEST = 200


class AuditPages:
    """Pages on the audit trail."""

    def __init__(self, context: WebContext, renderer: Renderer) -> None:
        self._context = context
        self._renderer = renderer
        self._zone = ZoneInfo(context.settings.site.time_zone)

    def pages(self) -> tuple[Page, ...]:
        """Return the pages."""
        return (
            Page(
                method="GET",
                path="/audit",
                access=Access.AUDIT,
                answer=self.listing,
                query=(*_FILTERS, "before"),
            ),
            Page(method="POST", path="/audit/verify", access=Access.AUDIT, answer=self.verify),
        )

    def listing(
        self, request: PageRequest, checked: int | None = None, broken: str = ""
    ) -> PageReply:
        """Answer with the entries that are looked for, the newest first."""
        asked = {name: request.query.get(name, "").strip()[:_LONGEST] for name in _FILTERS}
        asked = {name: text for name, text in asked.items() if text}
        chosen = AuditFilter(
            actor=asked.get("actor", ""),
            action=asked.get("action", ""),
            subject=asked.get("subject", ""),
            since=self._day(asked.get("since", "")),
            until=self._day(asked.get("until", ""), after=1),
        )
        before = request.query.get("before", "")
        number = int(before) if before.isdecimal() and len(before) < 10 else None
        now = self._context.clock()
        if checked is None and not broken:
            self._told(request, "audit.read", asked, now)
        with self._context.database.snapshot() as tx:
            entries = audit.page(tx, before=number, limit=_PER_PAGE + 1, chosen=chosen)
            actors, actions = audit.words(tx)
            anchor = audit.latest(tx)
        following = (
            {**asked, "before": str(entries[_PER_PAGE - 1].number)}
            if (len(entries) > _PER_PAGE)
            else None
        )
        exported = {"since": chosen.since, "until": chosen.until}
        wanted = {k: v for k, v in asked.items() if k not in exported} | {
            k: v.isoformat() for k, v in exported.items() if v is not None
        }
        return self._renderer.page(
            "audit.html",
            request,
            now,
            here="audit",
            entries=[(entry, changes(entry.detail)) for entry in entries[:_PER_PAGE]],
            actors=_with(actors, chosen.actor),
            actions=_with(actions, chosen.action),
            asked=asked,
            export=urlencode(wanted),
            next_page=f"/audit?{urlencode(following)}" if following else "",
            checked=checked,
            broken=self._renderer.words.told(broken),
            anchor=anchor,
            pack=last_days(now.astimezone(self._zone).date()),
        )

    def verify(self, request: PageRequest) -> PageReply:
        """Check the whole chain, against an anchor where one is given, and say what came out."""
        now = self._context.clock()
        checked, broken = None, ""
        asked = request.form.get("anchor", "").strip()[:_LONGEST]
        try:
            anchors = [Anchor.read(asked)] if asked else []
            with self._context.database.snapshot() as tx:
                checked = audit.verify(tx, anchors)
        except (AuditError, ValueError) as error:
            broken = str(error)
        told = {"result": broken or f"{checked} entries"} | ({"anchor": asked} if asked else {})
        self._told(request, "audit.verified", told, now)
        return self.listing(
            PageRequest(visitor=request.visitor, confirmed=request.confirmed), checked, broken
        )

    def _told(
        self, request: PageRequest, action: str, detail: Mapping[str, Any], now: datetime
    ) -> None:
        with self._context.database.transaction() as tx:
            audit.append(
                tx,
                at=now,
                actor=request.visitor.name if request.visitor else "",
                action=action,
                subject="audit trail",
                detail=detail,
            )

    def _day(self, text: str, *, after: int = 0) -> datetime | None:
        """Return the beginning of a day of the site, or of the one `after` days later."""
        try:
            day = date.fromisoformat(text)
        except ValueError:
            return None
        if not plausible(day):
            return None
        day += timedelta(days=after)
        return datetime.combine(day, time(), self._zone)


def _with(words: tuple[str, ...], chosen: str) -> tuple[str, ...]:
    """Return the words of a choice, with the one that was chosen though nobody says it any more."""
    return words if not chosen or chosen in words else (*words, chosen)


def changes(detail: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what an entry tells, a name and a text each; what changed with an arrow."""
    return [(name, _text(value)) for name, value in detail.items()]


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        if set(value) == {"before", "after"}:
            return f"{_text(value['before'])} → {_text(value['after'])}"
        return ", ".join(f"{name}={_text(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return ", ".join(_text(inner) for inner in value)
    return "–" if value in (None, "") else str(value)
