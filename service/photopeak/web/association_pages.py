"""The log of associations, and a page that watches a push arrive."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from photopeak.model.associations import AssociationOutcome, AssociationRecord
from photopeak.model.page import Access, Page, PageReply, PageRequest
from photopeak.model.series import SeriesRecord, SeriesState
from photopeak.storage import associations, decisions, results, series
from photopeak.storage.errors import CursorError
from photopeak.web.association_words import class_name, look_of, syntax_name, why
from photopeak.web.context import WebContext
from photopeak.web.looks import STATE, STATUS, Look
from photopeak.web.names import series_title, test_titles
from photopeak.web.rendering import Renderer, one_of
from photopeak.web.telling import Remarks

_PER_PAGE = 50
_OUTCOMES = frozenset(outcome.value for outcome in AssociationOutcome)
_WATCHED = timedelta(minutes=15)
"""How long a page watches before it has to be told to go on."""
_LINES = 30
_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - what is not to be shown as an address


@dataclass(frozen=True, slots=True)
class AssociationView:
    """An association as a line."""

    record: AssociationRecord
    look: Look
    reason: str
    cure: str
    syntaxes: str
    refused_classes: str
    lasted: str


@dataclass(frozen=True, slots=True)
class SeriesView:
    """A series that came while the page was watching."""

    uid: str
    title: str
    sender: str
    objects: str
    look: Look
    meaning: str
    test: str
    result: str
    result_look: Look | None
    remark: str


class AssociationPages:
    """Pages on who calls."""

    def __init__(self, context: WebContext, renderer: Renderer) -> None:
        self._context = context
        self._renderer = renderer
        self._remarks = Remarks(renderer.words, context.test)

    def pages(self) -> tuple[Page, ...]:
        """Return the pages."""
        read = Access.READ
        since = ("since",)
        return (
            Page(method="GET", path="/associations", access=read, answer=self.log, query=("outcome", "after")),
            Page(method="GET", path="/waiting-for-push", access=read, answer=self.push),
            Page(method="GET", path="/push-live", access=read, answer=self.push_live, query=since),
        )  # fmt: skip

    def log(self, request: PageRequest) -> PageReply:
        """Answer with the log."""
        outcome = one_of(request.query, "outcome", _OUTCOMES)
        wanted = (AssociationOutcome(outcome),) if outcome else ()
        with self._context.database.snapshot() as tx:
            try:
                page = associations.page(
                    tx,
                    limit=_PER_PAGE,
                    cursor=request.query.get("after") or None,
                    outcomes=wanted,
                )
            except CursorError:
                page = associations.page(tx, limit=_PER_PAGE, outcomes=wanted)
        chosen = {"outcome": outcome} if outcome else {}
        following = {**chosen, "after": page.next_cursor} if page.next_cursor else None
        return self._renderer.page(
            "associations.html",
            request,
            self._context.clock(),
            here="associations",
            rows=[self._view(record) for record in page.items],
            outcomes=tuple(AssociationOutcome),
            chosen=outcome,
            next_page=f"/associations?{urlencode(following)}" if following else "",
            listener=self._context.settings.listener,
            kept_days=associations.KEPT.days,
        )

    def push(self, request: PageRequest) -> PageReply:
        """Answer with the page that waits for a push."""
        now = self._context.clock()
        return self._renderer.page(
            "waiting_for_push.html",
            request,
            now,
            here="associations",
            etag="",
            listener=self._context.settings.listener.for_devices(self._context.devices()),
            address=self._address(),
            **self._arrived(now, now),
        )

    def push_live(self, request: PageRequest) -> PageReply:
        """Answer with what has come since the page was opened."""
        now = self._context.clock()
        since = _moment(request.query.get("since", ""), now)
        return self._renderer.fragment(
            "push_live.html", request, now, **self._arrived(max(since, now - 2 * _WATCHED), now)
        )

    def _address(self) -> str:
        """Return by what name or address scanners reach this host, as far as it is known here."""
        settings = self._context.settings
        if settings.listener.host not in _EVERYWHERE:
            return settings.listener.host
        return urlsplit(settings.web.public_url).hostname or platform.node()

    def _arrived(self, since: datetime, now: datetime) -> dict[str, Any]:
        with self._context.database.snapshot() as tx:
            ended = associations.page(tx, limit=_LINES, since=since).items
            came = series.page(tx, limit=_LINES, since=since).items
        return {
            "since": int(since.timestamp()),
            "watching": now - since < _WATCHED,
            "minutes": int(_WATCHED.total_seconds() // 60),
            "rows": [self._view(record) for record in ended],
            "arrived": [self._series(record) for record in came],
        }

    def _view(self, record: AssociationRecord) -> AssociationView:
        words, settings = self._renderer.words, self._context.settings.listener
        reason, cure = why(record, words, settings, self._context.devices())
        accepted = dict.fromkeys(syntax_name(c.accepted) for c in record.contexts if c.accepted)
        refused = dict.fromkeys(
            class_name(c.sop_class_uid) for c in record.contexts if not c.accepted
        )
        lasted = (record.ended_at - record.started_at).total_seconds()
        return AssociationView(
            record,
            look_of(record),
            reason,
            cure,
            ", ".join(accepted),
            ", ".join(refused),
            words("{seconds} s", seconds=f"{lasted:.1f}") if lasted else "",
        )

    def _series(self, record: SeriesRecord) -> SeriesView:
        words = self._renderer.words
        title = test_titles(self._context.tests(), words)
        uid = record.series_instance_uid
        with self._context.database.snapshot() as tx:
            decision = decisions.latest(tx, uid)
            found = [result for result in results.by_series(tx, uid) if result.current]
            remark = self._remarks.of(tx, found[0].id) if found else ""
        named = decision.decision.assignments if decision else ()
        objects = str(record.instances)
        if record.expected_instances:
            objects += f" / {record.expected_instances}"
        look = STATE[record.state]
        quarantined = record.state is SeriesState.QUARANTINED
        return SeriesView(
            uid=uid,
            title="" if quarantined else series_title(record),
            sender=record.calling_ae_title,
            objects=objects,
            look=look,
            meaning=record.reason or words(look.meaning),
            test=title(named[0].test) if named else "",
            result=found[0].id if found else "",
            result_look=STATUS[found[0].status] if found else None,
            remark=remark,
        )


def _moment(text: str, now: datetime) -> datetime:
    """Return the moment that a page was opened at; the present one for what is none."""
    if not text.isdecimal() or len(text) > 12:
        return now
    return min(datetime.fromtimestamp(int(text), UTC), now)
