"""A clock, a database and a watchman: what people are told as time goes by."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from photopeak.alert_settings import AlertSettings
from photopeak.alerts.clerk import Clerk, Duty
from photopeak.alerts.watchman import Watchman
from photopeak.model.alerts import Alert, AlertRecord, AlertSeverity, Silence, key_of
from photopeak.model.devices import Device
from photopeak.model.messages import Message
from photopeak.storage import alerts, outbox, silences
from photopeak.storage.database import Database, Transaction

MORNING = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
TITLES = {"intrinsic_uniformity": ("Intrinsic uniformity", "固有均匀性")}
MAIL = {"host": "mail.example.org", "sender": "qc@example.org", "recipients": ["all@example.org"]}


def settings_of(**sections: Any) -> AlertSettings:
    """Return settings with mail and some sections."""
    return AlertSettings.model_validate({"mail": MAIL, **sections})


@dataclass
class Desk:
    """One worker with its clock; a second one on the same database is another desk."""

    database: Database
    settings: AlertSettings = field(default_factory=settings_of)
    zone: str = "UTC"
    now: datetime = MORNING
    idle: Collection[str] = ()
    name: str = "worker-1"

    def __post_init__(self) -> None:
        devices = [
            Device(id=f"camera-{n}", name=f"Camera {n}", kind="gamma_camera") for n in (1, 2, 3)
        ]
        self.watchman = Watchman(
            self.settings,
            devices,
            zone=ZoneInfo(self.zone),
            titles=lambda _tx: TITLES,
            idle=lambda _tx, _now: self.idle,
        )
        self.clerk = Clerk(
            self.database,
            [
                Duty(
                    name="alerts",
                    act=self._act,
                    needed=self.watchman.needed,
                    period_s=20.0,
                )
            ],
            holder=self.name,
            clock=lambda: self.now,
        )
        self._known: set[str] = set()

    def _act(self, now: datetime) -> None:
        with self.database.transaction() as tx:
            self.watchman.tell(tx, now)

    def pass_time(self, **time: float) -> list[Message]:
        """Let time pass in steps of a minute, or of ten when it is long; return what was put down."""
        whole = timedelta(**time)
        end, step = self.now + whole, timedelta(minutes=1 if whole <= timedelta(hours=1) else 10)
        while self.now < end:
            self.now = min(end, self.now + step)
            self.clerk.step()
        return self.news()

    def die_while_telling(self) -> list[str]:
        """Tell what there is to tell and be killed before it is kept; return the ids of messages."""
        with self.database.transaction() as tx:
            self.watchman.tell(tx, self.now)
            ids = [record.message.id for record in outbox.page(tx, limit=200).items]
            tx.connection.rollback()
        return ids

    def news(self) -> list[Message]:
        """Return the messages that were put down since the last call, in their order."""
        with self.database.snapshot() as tx:
            found = [record.message for record in outbox.page(tx, limit=200).items]
        new = [message for message in found if message.id not in self._known]
        self._known |= {message.id for message in new}
        return new[::-1]

    def breach(self, device: str = "camera-1", **changes: Any) -> AlertRecord:
        """Raise an alert about a number beyond its limit."""
        values: Mapping[str, Any] = {
            "test": "intrinsic_uniformity",
            "rule": "mandatory",
            "detector": 1,
            "severity": AlertSeverity.CRITICAL,
            "message": "Integral uniformity is 5.2 %",
            **changes,
        }
        key = values.get("key") or key_of(
            device,
            values["test"],
            values["rule"],
            variant="nema",
            detector=values["detector"],
        )
        alert = Alert(
            **{"title": "Intrinsic uniformity", "device_id": device, **values, "key": key}
        )
        with self.database.transaction() as tx:
            return alerts.raise_alert(tx, alert, now=self.now)

    def recover(self, record: AlertRecord) -> None:
        """End an alert."""
        with self.database.transaction() as tx:
            assert alerts.close(tx, record.alert.key, now=self.now)

    def acknowledge(self, record: AlertRecord, by: str = "anna") -> None:
        """Take notice of an alert."""
        with self.database.transaction() as tx:
            alerts.acknowledge(tx, record.id, by=by, comment="known", now=self.now)

    def silence(self, **values: Any) -> Silence:
        """Begin a silence of some hours."""
        hours = values.pop("hours", 1.0)
        given = {"device_id": None, "test": None, "rule": "", "reason": "service", "by": "anna"}
        with self.database.transaction() as tx:
            return silences.create(
                tx, **{**given, **values}, ends_at=self.now + timedelta(hours=hours), now=self.now
            )

    def read(self, tx: Transaction, record: AlertRecord) -> AlertRecord:
        """Return an alert as it is now."""
        return alerts.get(tx, record.id)
