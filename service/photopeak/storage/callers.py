"""Callers that are turned away: a line in the audit trail and a notice for each of them.

A scanner with a wrong title or address shows as one notice, which closes when it is let in. What a
stranger can make us write has a bound: a caller is told of once a day, and so are all together when
they are more than `MOST_A_DAY`; the log of associations has the rest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

import sqlalchemy as sa

from photopeak.model.alerts import Alert, AlertSeverity
from photopeak.model.associations import AssociationCause, AssociationOutcome, AssociationRecord
from photopeak.storage import alerts, audit
from photopeak.storage.database import Transaction
from photopeak.storage.locks import serialise
from photopeak.storage.tables.service import alerts as table

MOST_A_DAY = 20
"""Callers that are told of in a day, beside the one notice that there are more."""

_PREFIX = "caller:"
_MORE = f"{_PREFIX}more"
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
"""How soon who was let in and is turned away again is told of anew."""
_TOLD: Mapping[AssociationCause, str] = MappingProxyType(
    {
        AssociationCause.CALLED_TITLE: "it calls {called}, which is not the AE title of this service",
        AssociationCause.CALLING_TITLE: "no configured device has this AE title and address",
        AssociationCause.CERTIFICATE: "its certificate is not that of a configured device",
    }
)


def note(tx: Transaction, records: Iterable[AssociationRecord], *, now: datetime) -> None:
    """Tell of those who were turned away as strangers, and close the notice of who was let in."""
    strangers: dict[str, AssociationRecord] = {}
    let_in: set[str] = set()
    for record in records:
        key = _key(record)
        if record.outcome is AssociationOutcome.REJECTED and record.cause in _TOLD:
            strangers[key] = record
            let_in.discard(key)
        elif record.outcome in (AssociationOutcome.RELEASED, AssociationOutcome.ABORTED):
            let_in.add(key)
    if strangers:
        _tell_of(tx, strangers, now)
    if let_in:
        for notice in alerts.open_under(tx, _PREFIX):
            if notice.alert.key in let_in:
                alerts.close(tx, notice.alert.key, now=now, reason="let in")


def _tell_of(tx: Transaction, strangers: Mapping[str, AssociationRecord], now: datetime) -> None:
    serialise(tx, ("callers",))
    recent = _told_of(tx, now)
    count = len(recent.keys() - {_MORE})
    for key, record in strangers.items():
        if recent.get(key, False):
            continue
        count += key not in recent
        if count <= MOST_A_DAY:
            _tell(tx, key, record, now)
        elif not recent.get(_MORE, False):
            recent[_MORE] = True
            _tell_of_more(tx, now)


def _key(record: AssociationRecord) -> str:
    who = repr((record.calling_ae_title, record.address))
    return f"{_PREFIX}{hashlib.sha256(who.encode()).hexdigest()[:32]}"


def _is_title(escaped: str) -> bool:
    return bool(escaped) and "\\" not in escaped


def _told_of(tx: Transaction, now: datetime) -> dict[str, bool]:
    """Return the keys that were told of within a day, and whether that still has to do."""
    t = table.c
    rows = tx.connection.execute(
        sa.select(t.key, t.opened_at)
        .where(t.opened_at >= now - _DAY, t.key.startswith(_PREFIX, autoescape=True))
        .order_by(t.opened_at)
    )
    recent = {row.key: row.opened_at >= now - _HOUR for row in rows}
    for notice in alerts.open_under(tx, _PREFIX):
        if notice.last_seen_at >= now - _DAY:
            recent[notice.alert.key] = True
    return recent


def _tell(tx: Transaction, key: str, record: AssociationRecord, now: datetime) -> None:
    caller = f"{record.calling_ae_title or '?'} ({record.address})"
    why = _TOLD[record.cause].format(called=record.called_ae_title or "?")
    if record.cause is AssociationCause.CALLING_TITLE and not _is_title(record.calling_ae_title):
        why = "what it calls itself is no AE title"
    audit.append(
        tx,
        at=record.started_at,
        actor=caller,
        action="association.rejected",
        subject=record.called_ae_title,
        detail={"cause": record.cause.value, "detail": record.detail, "tls": record.tls},
    )
    alerts.raise_alert(
        tx,
        Alert(
            key=key,
            severity=AlertSeverity.INFO,
            title="Unknown caller turned away",
            message=f"{caller}: {why}. What it sends does not arrive.",
        ),
        now=now,
    )


def _tell_of_more(tx: Transaction, now: datetime) -> None:
    audit.append(
        tx, at=now, actor="service", action="association.rejected", subject="",
        detail={"cause": "more callers than are told of in a day", "callers": MOST_A_DAY},
    )  # fmt: skip
    alerts.raise_alert(
        tx,
        Alert(
            key=_MORE,
            severity=AlertSeverity.WARNING,
            title="Many unknown callers turned away",
            message=(
                f"More than {MOST_A_DAY} callers in a day; the log of associations names them. "
                "Something on the network may be searching for open doors."
            ),
        ),
        now=now,
    )
