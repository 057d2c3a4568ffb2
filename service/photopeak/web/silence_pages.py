"""Silences: who keeps messages about which alerts back, until when and why; nothing is hidden here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from photopeak.alerts import handling
from photopeak.alerts.handling import HandlingError, Wish
from photopeak.model.page import Access, Page, PageReply, PageRequest
from photopeak.storage import silences
from photopeak.storage.errors import StateError
from photopeak.web.alert_views import RULES, AlertViews
from photopeak.web.context import WebContext
from photopeak.web.names import test_titles
from photopeak.web.rendering import Renderer

_HOURS = (1, 4, 8, 24, 72, 168, 336, 720, 2160, 8784)
"""Lengths to choose from, as far as the site allows them."""
_FIELDS = ("device", "test", "rule", "hours", "reason")


class SilencePages:
    """Pages on silences."""

    def __init__(self, context: WebContext, renderer: Renderer) -> None:
        self._context = context
        self._renderer = renderer

    def pages(self) -> tuple[Page, ...]:
        """Return the pages."""
        return (
            Page(method="GET", path="/silences", access=Access.READ, answer=self.listing),
            Page(
                method="GET",
                path="/silences/new",
                access=Access.REVIEW,
                answer=self.form,
                query=_FIELDS,
            ),
            Page(method="POST", path="/silences/new", access=Access.REVIEW, answer=self.create),
            Page(method="POST", path="/silences/{id}/end", access=Access.REVIEW, answer=self.end),
        )

    def listing(self, request: PageRequest, fault: str = "") -> PageReply:
        """Answer with the silences that hold and the last ones that are over."""
        now = self._context.clock()
        with self._context.database.snapshot() as tx:
            holding = silences.active(tx, now=now)
            past = silences.past(tx, now=now)
        return self._renderer.page(
            "silences.html",
            request,
            now,
            status=422 if fault else 200,
            here="alerts",
            holding=holding,
            past=past,
            may_end=request.visitor is not None and request.visitor.may(Access.REVIEW),
            fault=fault,
            faulty=request.path.get("id", ""),
            longest=handling.LONGEST_REASON,
            **self._names(),
        )

    def form(self, request: PageRequest, fault: str = "") -> PageReply:
        """Answer with the form, and with what it would keep back now."""
        now = self._context.clock()
        given = request.form or request.query
        wish = self._wish(given, now)
        found, said = [], ""
        asked = bool(wish.device_id or wish.test or wish.rule)
        if asked:
            try:
                with self._context.database.snapshot() as tx:
                    found = list(
                        handling.preview(
                            tx, wish, by="", now=now, longest=self._context.longest_silence
                        )
                    )
            except HandlingError as error:
                said = self._renderer.words(str(error))
        longest_h = self._context.longest_silence.total_seconds() / 3600.0
        views = AlertViews(
            self._renderer.words,
            devices=self._context.device_names(),
            tests=self._context.tests(),
        )
        return self._renderer.page(
            "silence_new.html",
            request,
            now,
            status=422 if fault else 200,
            here="alerts",
            devices=self._context.devices(),
            tests=sorted(self._context.tests(), key=lambda t: t.id),
            rules=[rule for rule in RULES if rule != "informative"],
            hours=[hours for hours in _HOURS if hours <= longest_h],
            given={name: given.get(name, "") for name in _FIELDS} | {"hours": _hours(given)},
            ends_at=wish.ends_at,
            asked=asked,
            found=[views.of(record) for record in found],
            fault=fault or said,
            longest=handling.LONGEST_REASON,
            **self._names(),
        )

    def create(self, request: PageRequest) -> PageReply:
        """Begin a silence, and go to the list."""
        now = self._context.clock()
        try:
            with self._context.database.transaction() as tx:
                handling.silence(
                    tx,
                    self._wish(request.form, now),
                    by=request.visitor.name if request.visitor else "",
                    now=now,
                    longest=self._context.longest_silence,
                )
        except HandlingError as error:
            return self.form(request, fault=self._renderer.words(str(error)))
        return PageReply(location="/silences")

    def end(self, request: PageRequest) -> PageReply:
        """End a silence before its time, and go back to the list."""
        try:
            with self._context.database.transaction() as tx:
                handling.unsilence(
                    tx,
                    request.path["id"],
                    by=request.visitor.name if request.visitor else "",
                    reason=request.form.get("reason", ""),
                    now=self._context.clock(),
                )
        except HandlingError as error:
            return self.listing(request, fault=self._renderer.words(str(error)))
        except StateError:
            pass  # it was over already, as the list says
        return PageReply(location="/silences")

    def _wish(self, given: Mapping[str, str], now: datetime) -> Wish:
        return Wish(
            device_id=given.get("device", "")[:64],
            test=given.get("test", "")[:64],
            rule=given.get("rule", "")[:32],
            reason=given.get("reason", ""),
            ends_at=now + timedelta(hours=int(_hours(given))),
        )

    def _names(self) -> dict[str, object]:
        words = self._renderer.words
        views = AlertViews(words, devices={}, tests=())
        names = self._context.device_names()
        return {
            "device_name": lambda device: names.get(device, device),
            "test_title": test_titles(self._context.tests(), words),
            "rule_word": views.rule,
        }


def _hours(given: Mapping[str, str]) -> str:
    text = given.get("hours", "")
    return text if text in {str(hours) for hours in _HOURS} else "4"
