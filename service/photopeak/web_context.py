"""What the HTTP side works with: rows, files, and a child that reads DICOM for it."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from photopeak.analysis.catalogue import CATALOGUE_MARK, catalogue_from_plain
from photopeak.analysis.child import AnalysisProcess
from photopeak.analysis.difference import ask_difference
from photopeak.analysis.documents import ask_document
from photopeak.analysis.errors import JobFailedError, JobRefusedError
from photopeak.analysis.explain import HEADERS_PER_SERIES, Pushed, ask_decision
from photopeak.analysis.site import Site
from photopeak.api.context import ApiContext, Arrival, Check, RouteDescription, RouteOverview
from photopeak.inbox.archive import ArchiveLimits
from photopeak.inbox.inbox import STORAGE_ALERTS, Inbox
from photopeak.inbox.upload import FileOutcome, receive_files
from photopeak.model.catalogue import TestDescription
from photopeak.model.documents import StoredDocument
from photopeak.model.reception import Entrance
from photopeak.model.routing import RoutingDecision, RoutingOutcome
from photopeak.model.series import SeriesState
from photopeak.model.taught import TaughtRoute
from photopeak.reviews.comparison import NotComparableError
from photopeak.reviews.pairs import Differences
from photopeak.routing.rules import Rule
from photopeak.schedule.occurrences import Calendar
from photopeak.settings import Settings
from photopeak.storage import alerts, instances, marks, series, taught, workers
from photopeak.storage.database import Database
from photopeak.web.context import WebContext
from photopeak.web.pages import all_pages, problem_page
from photopeak.web.rendering import static_files

logger = logging.getLogger(__name__)


@contextmanager
def api_context(
    settings: Settings, site: Site, database: Database, inbox: Inbox
) -> Iterator[ApiContext]:
    """Compose what the HTTP side is given; the child ends with it."""
    process = AnalysisProcess(settings.work)
    web = _Web(settings, site, database, inbox, process)
    calendar = Calendar(site.schedule)
    longest_silence = timedelta(days=site.alerts.policy.longest_silence_days)
    pages_context = WebContext(
        longest_silence=longest_silence,
        settings=settings,
        database=database,
        alerts=site.alerts,
        version=version("photopeak"),
        devices=lambda: site.devices,
        tests=web.tests,
        series_texts=web.series_texts,
        document=web.document,
        routes=lambda: site.routes,
        explain_series=web.explain_series,
        calendar=lambda: calendar,
        checks=web.checks,
    )
    try:
        yield ApiContext(
            longest_silence=longest_silence,
            settings=settings,
            database=database,
            data=settings.data,
            alerts=site.alerts,
            version=version("photopeak"),
            receive=web.receive,
            explain_route=web.explain_route,
            devices=lambda: site.devices,
            tests=web.tests,
            routes=web.routes,
            series_texts=web.series_texts,
            document=web.document,
            difference=Differences(database, web.subtract).of,
            explain_series=web.explain_series,
            checks=web.checks,
            calendar=lambda: calendar,
            pages=all_pages(pages_context),
            problem_page=problem_page(pages_context),
            files=static_files(),
        )
    finally:
        process.close()


class _Web:
    def __init__(
        self,
        settings: Settings,
        site: Site,
        database: Database,
        inbox: Inbox,
        process: AnalysisProcess,
    ) -> None:
        self._settings = settings
        self._site = site
        self._database = database
        self._inbox = inbox
        self._process = process

    def receive(self, arrival: Arrival) -> Sequence[FileOutcome]:
        return receive_files(
            self._inbox,
            arrival.path,
            sender=arrival.sender,
            address=arrival.address,
            entrance=Entrance.UPLOAD,
            name=arrival.name,
            limits=ArchiveLimits(entries=arrival.most_members),
            statement=arrival.statement,
        )

    def explain_route(self, paths: Sequence[Path]) -> RoutingDecision:
        with self._database.snapshot() as tx:
            lessons = taught.active(tx)
        decision = ask_decision(self._process, paths, self._site, lessons)
        self._process.end_when_idle()
        return decision

    def explain_series(self, uid: str, lesson: TaughtRoute | None) -> RoutingDecision:
        """Decide about a stored series as its arrival would, with a lesson that is not in force."""
        with self._database.snapshot() as tx:
            series.get(tx, uid)
            stored = instances.by_series(tx, uid)[:HEADERS_PER_SERIES]
            lessons = taught.active(tx)
        if lesson is not None:
            others = (each for each in lessons if each.id != lesson.id)
            lessons = (*others, replace(lesson, active=True, id=lesson.id or "~"))
        paths = [self._settings.data / instance.path for instance in stored]
        reception = stored[0].reception if stored else None
        pushed = (
            Pushed(ae_title=reception.calling_ae_title, address=reception.peer_address)
            if reception is not None and reception.entrance is Entrance.DIMSE
            else Pushed()
        )
        try:
            decision = ask_decision(self._process, paths, self._site, lessons, pushed)
        except (JobRefusedError, JobFailedError) as error:
            reason = f"cannot be read: {error}"
            return RoutingDecision(outcome=RoutingOutcome.UNROUTED, reason=reason, confidence=0.0)
        self._process.end_when_idle()
        return decision

    def tests(self) -> Sequence[TestDescription]:
        with self._database.snapshot() as tx:
            plain = marks.get(tx, CATALOGUE_MARK)
        try:
            return tuple(catalogue_from_plain(json.loads(plain)).values()) if plain else ()
        except (KeyError, TypeError):
            # Told by workers of another version; those of this one tell it anew when they start.
            return ()

    def series_texts(self, uid: str) -> dict[str, str]:
        with self._database.snapshot() as tx:
            stored = instances.by_series(tx, uid)
        if not stored:
            return {}
        path = str(self._settings.data / stored[0].path)
        try:
            found = self._process.run({"kind": "texts", "path": path})["texts"]
        except (JobRefusedError, JobFailedError):
            return {}
        return {str(name): str(text) for name, text in found.items()}

    def document(self, uid: str) -> StoredDocument | None:
        with self._database.snapshot() as tx:
            quarantined = series.get(tx, uid).state is SeriesState.QUARANTINED
            stored = instances.by_series(tx, uid)
        if quarantined or not stored:
            return None
        return ask_document(self._process, self._settings.data / stored[0].path)

    def subtract(self, current: bytes, reference: bytes, title: str) -> bytes:
        """Have the difference of two images made; the child that does it does not stay."""
        try:
            return ask_difference(self._process, current, reference, title)
        except (JobRefusedError, JobFailedError) as error:
            logger.warning("a difference could not be made: %s", error)
            raise NotComparableError("The difference could not be made.") from error
        finally:
            rest = threading.Timer(self._settings.work.child_idle_s + 1.0, self._rest)
            rest.daemon = True
            rest.start()

    def _rest(self) -> None:
        self._process.end_when_idle()

    def routes(self) -> RouteOverview:
        table = self._site.routes
        return RouteOverview(
            version=table.version, routes=tuple(_described(rule) for rule in table.rules)
        )

    def checks(self) -> Sequence[Check]:
        with self._database.snapshot() as tx:
            alive = workers.alive(
                tx, now=datetime.now(UTC), stale_after_s=self._settings.work.stale_after_s
            )
            told = alerts.open_under(tx, STORAGE_ALERTS)
        refusal = self._inbox.accepting() or self._inbox.trial()
        detail = "" if refusal is None else refusal.comment
        # Receivers may have found out what this process, which writes little, does not see.
        if told:
            detail = detail or "receivers cannot store instances, see the alert"
        return (
            Check(name="worker", ok=bool(alive), detail=f"{len(alive)} alive"),
            Check(name="storage", ok=not detail, detail=detail),
        )


def _described(rule: Rule) -> RouteDescription:
    conditions = [f"modality {modality}" for modality in sorted(rule.modalities)]
    if rule.text is not None:
        conditions += [f"text has {pattern.source}" for pattern in rule.text.patterns]
    conditions += [f"{element.keyword}" for element in rule.elements]
    return RouteDescription(
        name=rule.id,
        source=rule.origin,
        priority=rule.priority,
        test=", ".join(sorted(set(rule.test.values()))),
        variant=rule.variant,
        role=", ".join(sorted(set(rule.role.values()))),
        conditions=tuple(conditions),
    )
