"""The list of series, and the page of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from photopeak.model.judgement import Status
from photopeak.model.page import Access, Page, PageReply, PageRequest
from photopeak.model.results import ResultSummary
from photopeak.model.routing import Step
from photopeak.model.series import SeriesRecord, SeriesState
from photopeak.reports.by_hand import ASSIGNABLE
from photopeak.storage import decisions, instances, results, series
from photopeak.storage.database import Transaction
from photopeak.storage.errors import CursorError
from photopeak.web.context import WebContext
from photopeak.web.looks import WORST_FIRST
from photopeak.web.names import series_title
from photopeak.web.rendering import Renderer, one_of
from photopeak.web.review_views import MOST_COUNTED, counted
from photopeak.web.telling import Remarks, telling_result

_PER_PAGE = 50
_MOST_INSTANCES = 100
_STATES = frozenset(state.value for state in SeriesState)


@dataclass(frozen=True, slots=True)
class Row:
    """A series as a line, with the result that tells most, if it has one, and what that says."""

    series: SeriesRecord
    title: str
    subtitle: str
    device: str
    telling: ResultSummary | None = None
    remark: str = ""


class SeriesPages:
    """Pages on series."""

    def __init__(self, context: WebContext, renderer: Renderer) -> None:
        self._context = context
        self._renderer = renderer
        self._remarks = Remarks(renderer.words, context.test)

    def pages(self) -> tuple[Page, ...]:
        """Return the pages."""
        filters = ("state", "device", "after")
        return (
            Page(
                method="GET",
                path="/series",
                access=Access.READ,
                answer=self.listing,
                query=filters,
            ),
            Page(
                method="GET",
                path="/series-rows",
                access=Access.READ,
                answer=self.rows,
                query=filters,
            ),
            Page(method="GET", path="/series/{uid}", access=Access.READ, answer=self.one),
        )

    def listing(self, request: PageRequest) -> PageReply:
        """Answer with the whole list."""
        with self._context.database.snapshot() as tx:
            counts = series.count_by_state(tx, most=MOST_COUNTED)
        return self._renderer.page(
            "series_list.html",
            request,
            self._context.clock(),
            here="series",
            states=tuple(SeriesState),
            counts={state: counted(number) for state, number in counts.items()},
            devices=self._context.devices(),
            chosen_state=one_of(request.query, "state", _STATES),
            chosen_device=request.query.get("device", ""),
            etag="",
            **self._list(request),
        )

    def rows(self, request: PageRequest) -> PageReply:
        """Answer with the lines alone, for the page to renew itself."""
        return self._renderer.fragment(
            "series_rows.html", request, self._context.clock(), **self._list(request)
        )

    def _list(self, request: PageRequest) -> dict[str, Any]:
        state = one_of(request.query, "state", _STATES)
        device = request.query.get("device", "")
        after = request.query.get("after", "")
        with self._context.database.snapshot() as tx:
            try:
                page = series.page(
                    tx,
                    limit=_PER_PAGE,
                    cursor=after or None,
                    states=(SeriesState(state),) if state else (),
                    device_id=device or None,
                )
            except CursorError:
                page = series.page(tx, limit=_PER_PAGE)
            told = {r.series_instance_uid: self._told(tx, r) for r in page.items}
        names = self._context.device_names()
        rows = [self._row(r, names, *told[r.series_instance_uid]) for r in page.items]
        chosen = {k: v for k, v in (("state", state), ("device", device)) if v}
        following = {**chosen, "after": page.next_cursor} if page.next_cursor else None
        return {
            "rows": rows,
            "filtered": bool(chosen or after),
            "live": not after,
            "poll": "/series-rows" + (f"?{urlencode(chosen)}" if chosen else ""),
            "next_page": f"/series?{urlencode(following)}" if following else "",
            "listener": self._context.settings.listener,
        }

    def _told(self, tx: Transaction, record: SeriesRecord) -> tuple[ResultSummary | None, str]:
        """Return the result that speaks for a series, and what it says.

        For a refused series only a result that says why: what was done beside does not explain it.
        """
        if record.state not in (SeriesState.ANALYZED, SeriesState.REFUSED):
            return None, ""
        uid = record.series_instance_uid
        current = [r for r in results.by_series(tx, uid) if r.current]
        latest = decisions.latest(tx, uid)
        named = latest.decision.assignments if latest else ()
        telling = telling_result(current, named[0].test if named else "")
        if telling is None or (
            record.state is SeriesState.REFUSED
            and telling.status not in (Status.ERROR, Status.INVALID)
        ):
            return None, ""
        return telling, self._remarks.of(tx, telling.id)

    def _row(
        self,
        record: SeriesRecord,
        names: dict[str, str],
        telling: ResultSummary | None = None,
        remark: str = "",
    ) -> Row:
        words = self._renderer.words
        title = series_title(record)
        others = [record.modality] + [
            record.display[k]
            for k in ("StudyDescription", "ProtocolName")
            if record.display.get(k, "") not in ("", title)
        ]
        device = words("Unknown device")
        if record.device_id is not None:
            device = names.get(record.device_id, record.device_id)
        return Row(
            record,
            title or words("Series without a description"),
            " · ".join(part for part in others if part),
            device,
            telling,
            remark,
        )

    def one(self, request: PageRequest) -> PageReply:
        """Answer with the page of one series."""
        uid = request.path["uid"]
        with self._context.database.snapshot() as tx:
            record = series.get(tx, uid)
            stored = instances.by_series(tx, uid, conflicts=True)
            history = tuple(d.decision for d in reversed(decisions.history(tx, uid)))
            outcome = tuple(
                (r, self._remarks.of(tx, r.id)) for r in results.by_series(tx, uid) if r.current
            )
            telling, remark = self._told(tx, record)
        visitor = request.visitor
        may_sort = (
            record.state in ASSIGNABLE and visitor is not None and visitor.may(Access.OPERATE)
        )
        steps = history[0].steps if history else ()
        document = self._context.document(uid) if "DocumentTitle" in record.display else None
        return self._renderer.page(
            "series.html",
            request,
            self._context.clock(),
            here="series",
            row=self._row(record, self._context.device_names(), telling, remark),
            series=record,
            decision=history[0] if history else None,
            steps=tuple(step for step in steps if not _of_another_device(step)),
            other_devices=tuple(step for step in steps if _of_another_device(step)),
            history=history,
            instances=stored[:_MOST_INSTANCES],
            more_instances=max(0, len(stored) - _MOST_INSTANCES),
            results=sorted(outcome, key=lambda pair: WORST_FIRST.index(pair[0].status)),
            may_sort=may_sort,
            document=document,
        )


def _of_another_device(step: Step) -> bool:
    """Tell whether a step only says that some configured device is another one."""
    return step.stage == "device" and step.effect == "rejected"
