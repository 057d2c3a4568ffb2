"""Equipment that sends: one notice for each that is not configured."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from photopeak.analysis import sightings
from photopeak.analysis.assignment import Assigner
from photopeak.analysis.intake import Intake
from photopeak.analysis.site import Site, load_site
from photopeak.inbox.inbox import Inbox
from photopeak.inbox.upload import receive_file
from photopeak.model.alerts import AlertRecord, AlertSeverity, AlertState
from photopeak.model.devices import Device
from photopeak.model.header import InstanceHeader
from photopeak.model.reception import Entrance, StoreStatus
from photopeak.model.routing import RoutingDecision, RoutingOutcome, Step
from photopeak.settings import InboxSettings, Settings
from photopeak.storage import alerts, devices
from photopeak.storage.database import Database
from support import pushes
from support.rows import after

UNKNOWN = RoutingDecision(
    outcome=RoutingOutcome.UNROUTED,
    reason="no rule",
    steps=(Step(stage="device", subject="", effect="passed", message="no configured device fits"),),
)
KNOWN = replace(UNKNOWN, device_id="nm1")
HEADER = InstanceHeader(
    sop_class_uid="1.2", manufacturer="Maker", model="Model", serial_number="7", station="NM1"
)


def all_alerts(database: Database) -> tuple[AlertRecord, ...]:
    with database.snapshot() as tx:
        return alerts.page(tx).items


@pytest.fixture
def note(sqlite_database: Database) -> Callable[..., None]:
    """Return a function that notes a series of some equipment."""

    def note(header: InstanceHeader, decision: RoutingDecision, at: float, ae: str = "A") -> None:
        with sqlite_database.transaction() as tx:
            sightings.note(tx, header, decision, calling_ae_title=ae, now=after(at))

    return note


def test_new_equipment_opens_one_alert_that_informs(
    sqlite_database: Database, note: Callable[..., None]
) -> None:
    note(HEADER, UNKNOWN, 0)
    note(HEADER, UNKNOWN, 10)
    note(HEADER, UNKNOWN, 20, ae="PACS")

    (record,) = all_alerts(sqlite_database)
    assert (record.alert.severity, record.alert.title) == (AlertSeverity.INFO, "New scanner seen")
    assert record.alert.message == (
        "Maker Model, serial number 7, station NM1, sent as PACS: no configured device fits"
    )
    assert (record.count, record.state) == (3, AlertState.OPEN)


def test_other_equipment_opens_another(
    sqlite_database: Database, note: Callable[..., None]
) -> None:
    note(HEADER, UNKNOWN, 0)
    note(replace(HEADER, serial_number="8"), UNKNOWN, 1)
    note(InstanceHeader(sop_class_uid="1.2"), UNKNOWN, 2, ae="ONE")
    note(InstanceHeader(sop_class_uid="1.2"), UNKNOWN, 3, ae="TWO")

    assert len(all_alerts(sqlite_database)) == 4


def test_the_notice_closes_when_the_equipment_is_configured(
    sqlite_database: Database, note: Callable[..., None]
) -> None:
    note(HEADER, UNKNOWN, 0)
    note(HEADER, KNOWN, 10)

    (record,) = all_alerts(sqlite_database)
    assert record.state is AlertState.CLOSED
    with sqlite_database.snapshot() as tx:
        (seen,) = devices.seen(tx)
    assert (seen.device_id, seen.first_seen_at, seen.last_seen_at) == ("nm1", after(0), after(10))


def test_known_equipment_opens_none(sqlite_database: Database, note: Callable[..., None]) -> None:
    note(HEADER, KNOWN, 0)

    assert all_alerts(sqlite_database) == ()


def test_text_of_a_header_is_shown_without_its_traps(
    sqlite_database: Database, note: Callable[..., None]
) -> None:
    note(replace(HEADER, model="a\r\nb\x1b[31m\u202e" + "x" * 5000), UNKNOWN, 0)

    (record,) = all_alerts(sqlite_database)
    assert record.alert.message.isprintable()
    assert len(record.alert.message) < 400


class NoProcess:
    """Stands in for the child: nothing here needs pixels."""

    def warm(self) -> None:
        """Do nothing."""


def route_a_flood(database: Database, folder: Path, site: Site) -> None:
    """Let a flood of the camera with serial number 1234 come in and be routed."""
    inbox = Inbox(
        site.settings.inbox, folder, database,
        maximum_instance_bytes=10_000_000, strict_data_set=True,
    )  # fmt: skip
    try:
        outcome = receive_file(
            inbox, pushes.flood_file(folder), sender="x", address="", entrance=Entrance.UPLOAD
        )
    finally:
        inbox.close()
    assert outcome.status is StoreStatus.SUCCESS
    process: Any = NoProcess()
    intake = Intake(
        database=database, data=folder, site=site, process=process, warm=lambda: None,
        assigner=Assigner(site, {}, lambda *_: None),
        clock=lambda: datetime.now(UTC) + timedelta(hours=1),
    )  # fmt: skip
    while intake.step():
        pass


@pytest.mark.parametrize("configured", [False, True])
def test_intake_tells_of_a_scanner_that_is_not_configured(
    sqlite_database: Database, tmp_path: Path, configured: bool
) -> None:
    settings = Settings(data=tmp_path, inbox=InboxSettings(free_space_floor_bytes=0))
    camera = Device(id="nm1", name="Camera", kind="gamma_camera", serial_number="1234")
    site = replace(load_site(settings), devices=(camera,) if configured else ())

    route_a_flood(sqlite_database, tmp_path, site)

    with sqlite_database.snapshot() as tx:
        (seen,) = devices.seen(tx)
    assert (seen.serial_number, seen.calling_ae_title) == ("1234", "")
    assert seen.device_id == ("nm1" if configured else None)
    told = [a for a in all_alerts(sqlite_database) if a.alert.title == "New scanner seen"]
    assert len(told) == (0 if configured else 1)
