"""Which results go into an export, and what is known of the equipment they are of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from photopeak.model.catalogue import TestDescription
from photopeak.model.devices import Device
from photopeak.model.judgement import Status
from photopeak.model.results import ResultRecord
from photopeak.model.reviews import signed_by_people
from photopeak.reports.exports.quaac import Equipment, Performer
from photopeak.storage import devices as stored_devices
from photopeak.storage import results, reviews, users
from photopeak.storage.database import Database
from photopeak.storage.devices import Sighting

_AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Results of a device, a test, a status and a span of time; None and empty stand for all.

    `since` is the first moment at which a result was finished that counts, `until` the first that no
    longer does. Superseded results are left out unless they are asked for. With a `metric` results
    hold this number alone; those without any number stay that are of a test in `metric_tests`.
    """

    device_id: str | None = None
    test: str | None = None
    statuses: tuple[Status, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    superseded: bool = False
    metric: str | None = None
    metric_tests: frozenset[str] = frozenset()

    def narrowed(self, record: ResultRecord) -> ResultRecord | None:
        """Return a result as it goes into the export; None for one that does not."""
        if self.metric is None:
            return record
        own = tuple(m for m in record.measurements if m.metric == self.metric)
        if not own and (record.measurements or record.test not in self.metric_tests):
            return None
        judged = tuple(v for v in record.verdicts if v.metric == self.metric)
        return replace(record, measurements=own, verdicts=judged)


def each(database: Database, selection: Selection) -> Iterator[ResultRecord]:
    """Yield the results of a selection whole, the last finished first.

    They are read in portions, so an export of any size takes little memory and holds up no writer.
    """
    cursor: str | None = None
    while True:
        with database.snapshot() as tx:
            page = results.page(
                tx,
                limit=_AT_ONCE,
                cursor=cursor,
                device_id=selection.device_id,
                test=selection.test,
                statuses=selection.statuses,
                since=selection.since,
                until=selection.until,
                superseded=selection.superseded,
            )
            found = results.whole(tx, [summary.id for summary in page.items])
        yield from filter(None, map(selection.narrowed, found))
        cursor = page.next_cursor
        if cursor is None:
            return


def tests_with(metric: str | None, tests: Iterable[TestDescription]) -> frozenset[str]:
    """Return the ids of the tests that measure a number."""
    return frozenset(t.id for t in tests if metric is not None and t.metric(metric) is not None)


def equipment(database: Database, devices: Iterable[Device]) -> dict[str, Equipment]:
    """Return what is known of each device, by its id: as configured, else as its images say."""
    with database.snapshot() as tx:
        sightings = stored_devices.seen(tx)
    known: dict[str, Sighting] = {}
    for sighting in sightings:  # the last seen first
        if sighting.device_id is not None:
            known.setdefault(sighting.device_id, sighting)
    found = {}
    for device in devices:
        seen = known.get(device.id)
        told = {
            "serial_number": device.serial_number or (seen.serial_number if seen else ""),
            "manufacturer": seen.manufacturer if seen else "",
            "model": seen.model if seen else "",
        }
        given = {name: value for name, value in told.items() if value}
        found[device.id] = Equipment(name=device.name, type=device.kind, **given)
    return found


def reviewer_of(database: Database) -> Callable[[str], Performer | None]:
    """Return what tells who signed a result last; only people whose address of mail is known."""
    addresses: dict[str, str] = {}

    def reviewer(result_id: str) -> Performer | None:
        with database.snapshot() as tx:
            signed = signed_by_people(reviews.of_result(tx, result_id))
            if not signed:
                return None
            last = signed[-1]
            if last.by not in addresses:
                known = users.by_name(tx, last.by)
                addresses[last.by] = "" if known is None else known.user.email
        email = addresses[last.by]
        return Performer(name=last.printed_name, email=email) if email else None

    return reviewer
