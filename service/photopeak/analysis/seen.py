"""What routing saw of a series and said, in the form in which it is kept for teaching."""

from __future__ import annotations

import logging
from pathlib import Path

from photopeak.analysis.site import Site
from photopeak.model.header import InstanceHeader
from photopeak.model.routing import RoutingDecision, RoutingOutcome
from photopeak.model.series import SeriesRecord, SeriesState
from photopeak.reading.errors import ReadingError
from photopeak.reading.headers import read_header
from photopeak.routing import facts
from photopeak.routing.decide import ANALYSED
from photopeak.routing.rules import RouteTable
from photopeak.storage import decisions, instances, lessons, series
from photopeak.storage.database import Database, Transaction
from photopeak.storage.lessons import RoutedSeries

logger = logging.getLogger(__name__)

_BATCH = 20
BY_SENDER = "sender"
"""What decisions call an upload that said itself what it is."""


def seen(
    record: SeriesRecord,
    decision: RoutingDecision,
    header: InstanceHeader | None,
    table: RouteTable,
) -> RoutedSeries:
    """Return what is kept of a series; of one that looks like a patient's no text.

    Parameters
    ----------
    header
        The header that routing read; None when it cannot be read, or nobody may.
    table
        The rules, for those that add a test or a purpose.
    """
    quarantined = decision.outcome is RoutingOutcome.QUARANTINED
    kind = "" if header is None else facts.modality_of(header)
    asked = kind in ANALYSED and not quarantined and decision.rule != BY_SENDER
    accompanying = {rule.id for rule in (*table.accompanying, *table.of_purposes)}
    first = decision.assignments[0] if decision.assignments else None
    return RoutedSeries(
        series_instance_uid=record.series_instance_uid,
        device_id=decision.device_id,
        texts=header.text if header is not None and asked else None,
        kind=kind,
        outcome=decision.outcome.value,
        rule=decision.rule,
        added=[
            step.subject
            for step in decision.steps
            if step.effect == "matched" and step.subject in accompanying
        ],
        test=first.test if first else "",
        role=first.role if first else "",
        received_at=record.last_received_at,
    )


class Backfill:
    """Reads the texts of series that were routed before they were kept, some at a time.

    Works while nothing else is to be done, and never again in this process once all is there:
    what is routed from then on is noted with its decision.
    """

    def __init__(self, database: Database, data: Path, site: Site) -> None:
        self._database = database
        self._data = data
        self._site = site
        self._done = False

    def step(self) -> int:
        """Note some series; returns how many."""
        if self._done:
            return 0
        with self._database.snapshot() as tx:
            missing = lessons.not_noted(tx, limit=_BATCH)
        self._done = not missing
        for uid in missing:
            header = self._header(uid)
            with self._database.transaction() as tx:
                self._note(tx, uid, header)
        return len(missing)

    def _note(self, tx: Transaction, uid: str, header: InstanceHeader | None) -> None:
        record = series.get(tx, uid)
        latest = decisions.latest(tx, uid)
        decision = (
            RoutingDecision(outcome=RoutingOutcome.UNROUTED, reason="", device_id=record.device_id)
            if latest is None
            else latest.decision
        )
        if record.state is SeriesState.QUARANTINED:
            header = None
        lessons.note(tx, seen(record, decision, header, self._site.routes))

    def _header(self, uid: str) -> InstanceHeader | None:
        with self._database.snapshot() as tx:
            if series.get(tx, uid).state is SeriesState.QUARANTINED:
                return None
            stored = instances.by_series(tx, uid)
        if not stored:
            return None
        zone = self._site.settings.site.time_zone
        try:
            return read_header(self._data / stored[0].path, zone=zone)
        except (ReadingError, OSError) as error:
            logger.debug("the texts of series %s cannot be read: %s", uid, error)
            return None
