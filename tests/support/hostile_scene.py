"""A site in which every text that somebody else may choose is markup, quotes and control characters."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

from photopeak.model.associations import (
    AssociationCause,
    AssociationOutcome,
    AssociationRecord,
)
from photopeak.model.identity import new_id
from photopeak.model.messages import MAIL, Attempt, Outcome
from photopeak.model.recurrence import Recurrence
from photopeak.model.schedule import Schedule, ScheduleRule
from photopeak.model.taught import TaughtRoute
from photopeak.model.trends import EpochEffect, EventKind, ServiceEvent
from photopeak.schedule.occurrences import Calendar
from photopeak.storage import (
    alerts,
    associations,
    audit,
    calendar_links,
    events,
    exclusions,
    outbox,
    schedule,
    sessions,
    silences,
    taught,
)
from photopeak.storage.database import Database, Transaction
from support import messages, trend_rows, web_scene
from support.rows import NOON
from support.web_scene import DEVICE, HOSTILE, UNIFORMITY

NOW = NOON + timedelta(minutes=5)
CALENDAR = Calendar(
    Schedule(
        rules=(
            ScheduleRule(
                id="daily",
                kinds=("gamma_camera",),
                tests=(UNIFORMITY.id,),
                repeat=Recurrence(text="FREQ=DAILY"),
                end=timedelta(hours=10),
            ),
        )
    )
)
"""A flood a day, due at half past seven."""


def fill(database: Database) -> dict[str, str]:
    """Fill the database; return the ids of what was stored by name."""
    ids = web_scene.fill(database)
    for name, role in (("root", "admin"), ("lin", "physicist"), ("wu", "auditor")):
        user = web_scene.make_user(
            database, role, name=name, shown_name=HOSTILE[:80], email=HOSTILE[:80]
        )
        ids[name] = user.id
    web_scene.make_token(database, "read", name=HOSTILE[:60])
    with database.transaction() as tx:
        _alerts(tx, ids)
        _messages(tx, ids)
        _schedule(tx)
        _trend(tx, ids)
        ids["lesson"] = taught.draft(tx, _lesson()).id
        taught.activate(tx, ids["lesson"], 1, who=HOSTILE, reason=HOSTILE, now=NOON)
        sessions.open_one(
            tx, hashlib.sha256(b"another").hexdigest(), now=NOON, user_id=ids["root"],
            address="192.0.2.7", browser=HOSTILE,
        )  # fmt: skip
        associations.add(tx, [_association(cause) for cause in AssociationCause])
        audit.append(
            tx, actor=HOSTILE, action="series.assign", subject=HOSTILE, reason=HOSTILE, at=NOON,
            detail={"before": {"what": HOSTILE}, HOSTILE: HOSTILE},
        )  # fmt: skip
    return ids


def _alerts(tx: Transaction, ids: dict[str, str]) -> None:
    silences.create(
        tx, device_id=DEVICE.id, test=None, rule="", reason=HOSTILE, by=HOSTILE,
        ends_at=NOON + timedelta(hours=4), now=NOON,
    )  # fmt: skip
    over = silences.create(
        tx, device_id=None, test=UNIFORMITY.id, rule="", reason=HOSTILE, by=HOSTILE,
        ends_at=NOON + timedelta(hours=4), now=NOON,
    )  # fmt: skip
    silences.end(tx, over.id, by=HOSTILE, reason=HOSTILE, now=NOON)
    seen = alerts.raise_alert(
        tx, replace(alerts.get(tx, ids["alert"]).alert, key="seen", title=HOSTILE), now=NOON
    )
    alerts.acknowledge(tx, seen.id, by=HOSTILE, comment=HOSTILE, now=NOON)
    ids["seen"] = seen.id


def _messages(tx: Transaction, ids: dict[str, str]) -> None:
    line = messages.line(
        device=HOSTILE, title=HOSTILE, title_zh=HOSTILE, text=HOSTILE, quantity=HOSTILE,
        quantity_zh=HOSTILE, seen_by=HOSTILE, link=f"/results/{ids['bad']}",
    )  # fmt: skip
    message = messages.message(title=HOSTILE, lines=(line,), created_at=NOON, channel=MAIL)
    outbox.put(tx, message)
    ids["message"] = message.id
    claim = outbox.claim(tx, MAIL, now=NOON, lease_s=60.0)
    assert claim is not None
    outbox.finish(
        tx,
        claim,
        Attempt(outcome=Outcome.REFUSED, detail=HOSTILE, code=550, answer=HOSTILE),
        now=NOON,
        again_at=None,
    )


def _schedule(tx: Transaction) -> None:
    schedule.put_in_force(tx, CALENDAR.tasks(DEVICE), now=NOON - timedelta(days=40))
    day = NOON.date() + timedelta(days=1)
    schedule.pause(
        tx, device_id=DEVICE.id, first=day, last=day, reason=HOSTILE[:200], who=HOSTILE[:60],
        now=NOON,
    )  # fmt: skip
    calendar_links.create(tx, name=HOSTILE, device_id=None, who=HOSTILE[:60], now=NOON)


def _trend(tx: Transaction, ids: dict[str, str]) -> None:
    """Store forty days of a number, of which a person took one out and noted why."""
    scope = {"detector": 1, "field": "UFOV"}
    kept: list[str] = []
    for day in range(40, 0, -1):
        value = 2.3 + 0.1 * (day % 5) + (1.5 if day == 7 else 0.0)
        number = trend_rows.number(
            value, metric="iu_ufov", scope=scope, label="Integral uniformity", label_zh="积分均匀性"
        )
        kept.append(trend_rows.store(tx, NOON - timedelta(days=day), [number]).id)
    ids["point"] = kept[0]
    exclusions.add(tx, kept[33], reason=HOSTILE, by=HOSTILE, now=NOON)
    for days, kind, epoch in (
        (20, EventKind.SERVICE, EpochEffect.STARTS),
        (3, EventKind.ENVIRONMENT, EpochEffect.PROPOSED),
    ):
        kept_event = events.add(
            tx,
            ServiceEvent(
                id="", version=1, device_id=DEVICE.id, kind=kind, at=NOON - timedelta(days=days),
                text=HOSTILE, epoch=epoch, owner=HOSTILE, reason=HOSTILE, recorded_by=HOSTILE,
                recorded_at=NOON,
            ),
        )  # fmt: skip
        ids["event"] = kept_event.id


def _lesson() -> TaughtRoute:
    return TaughtRoute(
        id="", version=1, device_id=DEVICE.id, test=UNIFORMITY.id, variant="nema", role="flood",
        conditions={"SeriesDescription": HOSTILE.casefold()}, taught_at=NOON, taught_by=HOSTILE,
        reason=HOSTILE,
    )  # fmt: skip


def _association(cause: AssociationCause) -> AssociationRecord:
    values: dict[str, Any] = {
        "id": new_id(), "started_at": NOON, "ended_at": NOON, "calling_ae_title": HOSTILE[:64],
        "called_ae_title": HOSTILE[:64], "address": "192.0.2.9", "cause": cause,
        "outcome": AssociationOutcome.REJECTED if cause else AssociationOutcome.RELEASED,
        "detail": HOSTILE, "refusal": HOSTILE, "refused": 1,
    }  # fmt: skip
    return AssociationRecord(**values)
