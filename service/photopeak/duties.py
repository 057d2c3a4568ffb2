"""What a worker does beside its analyses: notice what is missing, tell people, send what they are told."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from zoneinfo import ZoneInfo

from photopeak.alerts.anchor import DailyAnchor
from photopeak.alerts.channels.delivery import Channel
from photopeak.alerts.channels.removed import RemovedChannels
from photopeak.alerts.clerk import Duty
from photopeak.alerts.digest import Digest
from photopeak.alerts.letters import Titles
from photopeak.alerts.watchman import Watchman
from photopeak.analysis.catalogue import CATALOGUE_MARK
from photopeak.analysis.site import Site
from photopeak.model.results import ResultRecord
from photopeak.reports.paper.document import Document
from photopeak.schedule.occurrences import Calendar
from photopeak.schedule.overdue import OverdueWatch
from photopeak.schedule.reading import statuses
from photopeak.storage import marks, reviews, schedule
from photopeak.storage.database import Database, Transaction

_LOOK_S = 20.0
"""What becomes due without anything happening is seen after so long."""
_LOOK_AT_ALERTS_S = 5.0
"""Waits of alerts are over without anything happening as well, and are shorter."""


def duties_of(
    site: Site, database: Database, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> list[Duty]:
    """Return the duties of a worker of a site."""
    zone = ZoneInfo(site.settings.site.time_zone)

    def idle(tx: Transaction, now: datetime) -> frozenset[str]:
        today = now.astimezone(zone).date()
        return frozenset(p.device_id for p in schedule.pauses(tx) if p.covers(today))

    calendar = Calendar(site.schedule)
    overdue = OverdueWatch(site.schedule, site.devices)
    watchman = Watchman(site.alerts, site.devices, zone=zone, titles=titles, idle=idle)
    digest = Digest(
        site.alerts,
        site.devices,
        zone=zone,
        statuses=lambda tx, now: statuses(tx, calendar, site.devices, now),
        titles=titles,
        unreviewed=reviews.count,
    )
    duties = [
        _in_a_transaction("overdue", database, overdue.needed, overdue.tell),
        _in_a_transaction(
            "alerts", database, watchman.needed, watchman.tell, period_s=_LOOK_AT_ALERTS_S
        ),
        _in_a_transaction("digest", database, digest.needed, digest.tell),
    ]
    anchor = DailyAnchor(zone)
    duties.append(_in_a_transaction("audit anchor", database, anchor.needed, anchor.tell))
    removed = RemovedChannels(site.alerts.channel_names())
    duties.append(_in_a_transaction("removed channels", database, removed.needed, removed.tell))
    if site.alerts.channel_names():
        duties.append(_delivery(site, database, clock))
    return duties


def titles(tx: Transaction) -> Titles:
    """Return what people call the tests that are installed."""
    plain = json.loads(marks.get(tx, CATALOGUE_MARK) or "[]")
    return {entry["id"]: (entry["title"], entry["title_zh"]) for entry in plain}


def _in_a_transaction(
    name: str,
    database: Database,
    needed: Callable[[Transaction, datetime], bool],
    tell: Callable[[Transaction, datetime], int],
    *,
    period_s: float = _LOOK_S,
) -> Duty:
    def act(now: datetime) -> None:
        with database.transaction() as tx:
            tell(tx, now)

    return Duty(name=name, act=act, needed=needed, period_s=period_s)


def _delivery(site: Site, database: Database, clock: Callable[[], datetime]) -> Duty:
    from photopeak.alerts.channels.composition import delivery_of
    from photopeak.reports.letters.pictures import drawn
    from photopeak.reports.letters.writing import Writer
    from photopeak.reports.phrases import translated_svg

    settings = site.settings
    writer = Writer(
        site=settings.site.name,
        language=settings.site.language,
        time_zone=settings.site.time_zone,
        public_url=settings.web.public_url,
    )
    delivery = delivery_of(
        site.alerts,
        database,
        write=writer.write,
        public_url=settings.web.public_url,
        software=f"photopeak/{version('photopeak')}",
        draw=lambda svg: drawn(translated_svg(svg, settings.site.language)),
        more=archives_of(site, database, clock=clock),
        clock=clock,
    )
    return Duty(
        name="delivery", act=lambda _now: delivery.step(), shared=True, close=delivery.close
    )


def archives_of(
    site: Site,
    database: Database | None,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> list[Channel]:
    """Return the archives that results are sent to; without a database they only can be tried."""
    if not site.alerts.pacs:
        return []
    from photopeak.outgoing.job import Source
    from photopeak.outgoing.pacs import PacsChannel

    settings = site.settings

    def compose(tx: Transaction, record: ResultRecord) -> Document:
        from photopeak.web.papers.parts import Desk
        from photopeak.web.papers.result_paper import result_paper
        from photopeak.web.times import Clockwork
        from photopeak.web.words import Words

        words = Words(settings.site.language)
        device = site.device(record.device_id or "")
        desk = Desk(
            words=words,
            clockwork=Clockwork(settings.site.time_zone, words),
            site=settings.site.name,
            version=version("photopeak"),
            now=clock(),
        )
        name = words("Unknown device") if device is None else device.name
        return result_paper(tx, record, desk, device_name=name)

    source = Source(
        database=database,
        data=settings.data,
        device=site.device,
        compose=compose,
        version=version("photopeak"),
    )
    calling = settings.listener.ae_title
    return [PacsChannel(n, s, source, calling=calling) for n, s in site.alerts.pacs.items()]
