"""From received instances to queued test sets: index, complete, decide, assign; again and again.

Every step reads rows that say what is to be done and writes rows that say what was done, so it may
be stopped anywhere and may run on several hosts.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from photopeak.alerts.channels.announcements import announce_series
from photopeak.analysis import sightings
from photopeak.analysis.assignment import Assigner
from photopeak.analysis.child import AnalysisProcess
from photopeak.analysis.errors import JobFailedError, JobRefusedError
from photopeak.analysis.explain import HEADERS_PER_SERIES
from photopeak.analysis.seen import Backfill, seen
from photopeak.analysis.site import Site
from photopeak.inbox.completion import complete_due
from photopeak.inbox.index import index_new
from photopeak.model.content import ContentFinding, ContentKind
from photopeak.model.header import InstanceHeader
from photopeak.model.reception import Entrance, StoredInstance
from photopeak.model.routing import RoutingDecision, RoutingOutcome
from photopeak.model.series import SeriesRecord, SeriesState
from photopeak.reading.errors import ReadingError
from photopeak.reading.headers import read_header
from photopeak.routing.decide import decide
from photopeak.storage import instances, lessons, series, taught
from photopeak.storage.changes import ChangeWatch
from photopeak.storage.database import Database

logger = logging.getLogger(__name__)

_BATCH = 500
_PAUSE_S = 0.05
_PAUSE_OF_QUERIES_S = 0.1
_LOOKS_BETWEEN_FULL_STEPS = 100
_UNDER_WAY = (SeriesState.RECEIVING, SeriesState.COMPLETE)


class Intake:
    """The steps before analysis, for one worker process.

    Parameters
    ----------
    database, data
        Rows and files.
    process
        Looks at pixels when text and header do not tell what a series is.
    warm
        Called when a series begins to come, to get ready for its analysis.
    assigner
        Applies the decisions.
    """

    def __init__(
        self,
        *,
        database: Database,
        data: Path,
        site: Site,
        process: AnalysisProcess,
        warm: Callable[[], None],
        assigner: Assigner,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._data = data
        self._site = site
        self._process = process
        self._warm = warm
        self._assigner = assigner
        self._clock = clock
        self._looks = -1
        self._watch = ChangeWatch(database)
        self._under_way = True
        self._backfill = Backfill(database, data, site)

    @property
    def pause_s(self) -> float:
        """How long to wait after a step that found nothing to do."""
        return _PAUSE_S if self._watch.cheap else _PAUSE_OF_QUERIES_S

    def close(self) -> None:
        """Let go of the database; a later step begins anew."""
        self._watch.close()

    def step(self) -> int:
        """Do what is to be done now; returns how many things that were."""
        if not self._anything():
            return self._backfill.step()
        touched = index_new(
            self._database, self._data, _BATCH, zone=self._site.settings.site.time_zone
        )
        if touched:
            # The numerical libraries load while the rest of the series is still coming.
            self._warm()
        completed = complete_due(
            self._database, self._clock(), quiet_s=self._site.settings.inbox.quiet_s
        )
        with self._database.snapshot() as tx:
            waiting = series.page(tx, states=(SeriesState.COMPLETE,), limit=50).items
        for record in waiting:
            self.route(record)
        return len(touched) + len(completed) + len(waiting)

    def _anything(self) -> bool:
        """Tell whether there may be something to do, as cheaply as can be.

        While nothing is committed and no series is under way not even a row is read. A conflicting
        copy re-opens no series, so now and then everything is looked at.
        """
        self._looks += 1
        if self._looks % _LOOKS_BETWEEN_FULL_STEPS == 0:
            return True
        if not self._watch.changed() and not self._under_way:
            return False
        self._under_way = True  # until the rows say otherwise, for they may be out of reach
        with self._database.snapshot() as tx:
            self._under_way = bool(series.page(tx, states=_UNDER_WAY, limit=1).items)
        return self._under_way

    def route(self, record: SeriesRecord) -> None:
        """Decide what a complete series is, and let it join its test sets."""
        uid = record.series_instance_uid
        with self._database.snapshot() as tx:
            stored = instances.by_series(tx, uid)
            known = taught.active(tx)
        zone = self._site.settings.site.time_zone
        try:
            headers = [
                read_header(self._data / instance.path, zone=zone)
                for instance in stored[:HEADERS_PER_SERIES]
            ]
        except (ReadingError, OSError) as error:
            with self._database.transaction() as tx:
                series.set_state(
                    tx, uid, SeriesState.REFUSED, f"cannot be read: {error}",
                    generation=record.generation, only_from=(SeriesState.COMPLETE,),
                )  # fmt: skip
            return
        reception = stored[0].reception
        # Who uploads a file is a person: only what came over DICOM tells its sender.
        pushed = reception.entrance is Entrance.DIMSE
        calling_ae_title = reception.calling_ae_title if pushed else ""
        decision = decide(
            headers,
            table=self._site.routes,
            devices=self._site.devices,
            taught=known,
            guard=self._site.settings.guard,
            content=lambda: self._look(stored),
            calling_ae_title=calling_ae_title,
            peer_address=reception.peer_address if pushed else "",
        )
        self._apply(record, decision, headers[0], calling_ae_title)

    def _apply(
        self,
        record: SeriesRecord,
        decision: RoutingDecision,
        header: InstanceHeader,
        calling_ae_title: str,
    ) -> None:
        with self._database.transaction() as tx:
            now = series.get(tx, record.series_instance_uid)
            if now.state is not SeriesState.COMPLETE or now.generation != record.generation:
                return  # late instances, or another host was faster
            moment = self._clock()
            self._assigner.apply(tx, now, decision, moment)
            sightings.note(tx, header, decision, calling_ae_title=calling_ae_title, now=moment)
            if decision.outcome is not RoutingOutcome.QUARANTINED:
                announce_series(
                    tx,
                    self._site.alerts,
                    record.series_instance_uid,
                    record.generation,
                    device_id=decision.device_id,
                    now=moment,
                )
            lessons.note(tx, seen(now, decision, header, self._site.routes))
        logger.info(
            "series %s is %s: %s",
            record.series_instance_uid,
            decision.outcome.value,
            decision.reason,
        )

    def _look(self, stored: tuple[StoredInstance, ...]) -> ContentFinding:
        """Classify the pixels in the child; what cannot be looked at is unknown, never a guess."""
        job = {
            "kind": "classify",
            "paths": [str(self._data / instance.path) for instance in stored],
            "sha256": [instance.sha256 for instance in stored],
        }
        try:
            plain = self._process.run(job)["finding"]
        except (JobRefusedError, JobFailedError) as error:
            return ContentFinding(
                kind=ContentKind.UNKNOWN,
                confidence=0.0,
                message=f"the pixels cannot be looked at: {error}",
            )
        return ContentFinding(**{**plain, "kind": ContentKind(plain["kind"])})
