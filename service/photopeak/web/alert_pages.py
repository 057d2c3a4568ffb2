"""Alerts: what needs a person, one alert with all that happened to it, and taking notice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from photopeak.alerts import endings, handling
from photopeak.alerts.handling import HandlingError
from photopeak.model.alerts import AlertRecord, AlertState, Silence
from photopeak.model.page import Access, Page, PageReply, PageRequest
from photopeak.storage import alert_events, alerts, silences
from photopeak.storage.database import Transaction
from photopeak.storage.errors import CursorError, StateError
from photopeak.web.alert_views import AlertViews, event_look
from photopeak.web.context import WebContext
from photopeak.web.rendering import Renderer, one_of

_PER_PAGE = 50
_MOST_SILENCED = 200
_UNRESOLVED = (AlertState.OPEN, AlertState.ACKNOWLEDGED)
_STATES: dict[str, tuple[AlertState, ...]] = {
    "": _UNRESOLVED,
    "open": (AlertState.OPEN,),
    "acknowledged": (AlertState.ACKNOWLEDGED,),
    "silenced": _UNRESOLVED,
    "resolved": (AlertState.CLOSED, AlertState.WITHDRAWN),
    "all": (),
}
"""What a person may ask for; nothing chosen is all that is not resolved."""
WORDS = {
    "": "Not resolved",
    "open": "Not acknowledged",
    "acknowledged": "Acknowledged",
    "silenced": "Silenced",
    "resolved": "Resolved",
    "all": "All",
}
"""What the lists are called."""


class AlertPages:
    """Pages on alerts."""

    def __init__(self, context: WebContext, renderer: Renderer) -> None:
        self._context = context
        self._renderer = renderer

    def pages(self) -> tuple[Page, ...]:
        """Return the pages."""
        filters = ("state", "device", "test", "after")
        return (
            Page(
                method="GET",
                path="/alerts",
                access=Access.READ,
                answer=self.listing,
                query=filters,
            ),
            Page(
                method="GET",
                path="/alert-rows",
                access=Access.READ,
                answer=self.rows,
                query=filters,
            ),
            Page(method="GET", path="/alerts/{id}", access=Access.READ, answer=self.one),
            Page(
                method="POST",
                path="/alerts/{id}/acknowledge",
                access=Access.OPERATE,
                answer=self.acknowledge,
            ),
            Page(
                method="POST",
                path="/alerts/{id}/withdraw",
                access=Access.REVIEW,
                answer=self.withdraw,
            ),
        )

    def listing(self, request: PageRequest) -> PageReply:
        """Answer with the whole list."""
        now = self._context.clock()
        with self._context.database.snapshot() as tx:
            holding = silences.active(tx, now=now)
        return self._renderer.page(
            "alerts.html",
            request,
            now,
            here="alerts",
            etag="",
            states=WORDS,
            devices=self._context.devices(),
            tests=sorted(self._context.tests(), key=lambda t: t.id),
            chosen_device=request.query.get("device", ""),
            chosen_test=request.query.get("test", ""),
            holding=len(holding),
            **self._list(request),
        )

    def rows(self, request: PageRequest) -> PageReply:
        """Answer with the lines alone, for the page to renew itself."""
        now = self._context.clock()
        return self._renderer.fragment(
            "alert_rows.html", request, now, here="alerts", **self._list(request)
        )

    def one(self, request: PageRequest, fault: str = "", of: str = "acknowledge") -> PageReply:
        """Answer with one alert, and everything that happened to it; `fault` is `of` a form."""
        now = self._context.clock()
        alert_id = request.path["id"]
        with self._context.database.snapshot() as tx:
            record = alerts.get(tx, alert_id)
            history = alert_events.history(tx, alert_id)
            holding = [s for s in silences.active(tx, now=now) if s.matches(record.alert)]
            endless = "" if record.over else endings.why_endless_at(tx, record.alert, self._context)
        views = self._views(holding)
        visitor = request.visitor
        waits = record.state is AlertState.OPEN
        wanted = {
            "device": record.alert.device_id or "",
            "test": record.alert.test or "",
            "rule": record.alert.rule,
        }
        may_silence = visitor is not None and visitor.may(Access.REVIEW) and any(wanted.values())
        return self._renderer.page(
            "alert.html",
            request,
            now,
            status=422 if fault else 200,
            here="alerts",
            alert=views.of(record),
            record=record,
            history=[
                (event, event_look(event), views.said(record.alert, event.message))
                for event in history
            ],
            trend=views.trend(record.alert),
            holding=holding,
            ending="" if record.over or endless else views.ending(record.alert),
            endless=endless,
            strangers=endings.STRANGERS,
            breaches=views.numbers(record.alert),
            may_acknowledge=waits and visitor is not None and visitor.may(Access.OPERATE),
            silence=f"/silences/new?{urlencode(wanted)}" if may_silence and not record.over else "",
            may_withdraw=bool(endless) and visitor is not None and visitor.may(Access.REVIEW),
            reason=request.form.get("reason", ""),
            fault=fault,
            fault_of=of,
            longest=handling.LONGEST_REASON,
        )

    def acknowledge(self, request: PageRequest) -> PageReply:
        """Take notice of an alert, and go back to it."""
        alert_id = request.path["id"]
        try:
            with self._context.database.transaction() as tx:
                handling.acknowledge(
                    tx,
                    alert_id,
                    by=request.visitor.name if request.visitor else "",
                    reason=request.form.get("reason", ""),
                    now=self._context.clock(),
                )
        except HandlingError as error:
            return self.one(request, fault=self._renderer.words(str(error)))
        except StateError:
            pass  # it was resolved meanwhile, as its page says
        return PageReply(location=f"/alerts/{alert_id}")

    def withdraw(self, request: PageRequest) -> PageReply:
        """End an alert that nothing else ends, and go back to it."""
        alert_id = request.path["id"]
        try:
            with self._context.database.transaction() as tx:
                about = alerts.get(tx, alert_id).alert
                handling.withdraw(
                    tx,
                    alert_id,
                    by=request.visitor.name if request.visitor else "",
                    reason=request.form.get("reason", ""),
                    endless=endings.why_endless_at(tx, about, self._context),
                    now=self._context.clock(),
                )
        except HandlingError as error:
            return self.one(request, fault=self._renderer.words(str(error)), of="withdraw")
        except StateError:
            pass  # it is over, as its page says
        return PageReply(location=f"/alerts/{alert_id}")

    def _list(self, request: PageRequest) -> dict[str, Any]:
        now = self._context.clock()
        state = one_of(request.query, "state", frozenset(_STATES))
        chosen = {"state": state} | {
            name: request.query.get(name, "")[:64] for name in ("device", "test")
        }
        chosen = {name: text for name, text in chosen.items() if text}
        after = request.query.get("after", "")
        with self._context.database.snapshot() as tx:
            holding = silences.active(tx, now=now)
            records, following = self._records(tx, state, chosen, after, holding)
        views = self._views(holding)
        follow = {**chosen, "after": following} if following else None
        return {
            "alerts": [views.of(record) for record in records],
            "chosen_state": state,
            "filtered": bool(chosen or after),
            "live": not after,
            "poll": "/alert-rows" + (f"?{urlencode(chosen)}" if chosen else ""),
            "next_page": f"/alerts?{urlencode(follow)}" if follow else "",
        }

    def _records(
        self,
        tx: Transaction,
        state: str,
        chosen: dict[str, str],
        after: str,
        holding: Sequence[Silence],
    ) -> tuple[Sequence[AlertRecord], str | None]:
        device, test = chosen.get("device"), chosen.get("test")
        if state == "silenced":
            found = [
                record
                for record in reversed(alerts.open_under(tx))
                if any(s.matches(record.alert) for s in holding)
                and (device is None or record.alert.device_id == device)
                and (test is None or record.alert.test == test)
            ]
            return found[:_MOST_SILENCED], None
        wanted: dict[str, Any] = {"states": _STATES[state], "device_id": device, "test": test}
        try:
            page = alerts.page(tx, limit=_PER_PAGE, cursor=after or None, **wanted)
        except CursorError:
            page = alerts.page(tx, limit=_PER_PAGE, **wanted)
        return page.items, page.next_cursor

    def _views(self, holding: Sequence[Silence]) -> AlertViews:
        return AlertViews(
            self._renderer.words,
            devices=self._context.device_names(),
            tests=self._context.tests(),
            holding=holding,
        )
