"""The audit trail: who did what and when; append-only, each entry sealed with the one before.

The digest of an entry covers its content and the digest before it, so that an entry changed,
removed or inserted afterwards breaks the chain. The database refuses changes by itself. Who owns the
database can cut the end off all the same, or write the whole chain anew: that shows only against an
anchor, the number and digest of an entry, that was kept elsewhere.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from photopeak.storage.database import Transaction
from photopeak.storage.errors import AuditError
from photopeak.storage.locks import serialise
from photopeak.storage.tables.service import audit
from photopeak.storage.types import clean, dumps

_FIRST = "0" * 64
_CHUNK = 1000
_LATEST = 20_000
_ANCHOR = re.compile(r"([1-9][0-9]{0,11}):([0-9a-fA-F]{64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One entry: `actor` did `action` to `subject`; `detail` holds what changed, `reason` says why."""

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any]
    digest: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Anchor:
    """The number and digest of an entry, to be kept outside the database."""

    number: int
    digest: str

    def __str__(self) -> str:
        return f"{self.number}:{self.digest}"

    @classmethod
    def read(cls, text: str) -> Anchor:
        """Return the anchor that a text such as ``57:9f2c...`` names.

        Raises
        ------
        ValueError
            If it names none.
        """
        found = _ANCHOR.fullmatch(text.strip())
        if found is None:
            raise ValueError("an anchor is a number, a colon and 64 hexadecimal digits")
        return cls(int(found[1]), found[2].lower())


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which entries are looked for; what is left empty lets all pass. `subject` may be a part."""

    actor: str = ""
    action: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


def append(
    tx: Transaction,
    *,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, Any] | None = None,
    reason: str = "",
) -> AuditEntry:
    """Add an entry in the transaction that does what it tells of."""
    serialise(tx, ("audit",))
    last = latest(tx)
    number, previous = (1, _FIRST) if last is None else (last.number + 1, last.digest)
    actor, subject, reason = clean(actor), clean(subject), clean(reason)
    plain = dict(detail or {})
    digest = _digest(number, at, actor, action, subject, plain, reason, previous)
    tx.connection.execute(
        sa.insert(audit).values(
            number=number,
            at=at,
            actor=actor,
            action=action,
            subject=subject,
            detail=plain,
            previous=previous,
            digest=digest,
            reason=reason,
        )
    )
    return AuditEntry(
        number=number,
        at=at,
        actor=actor,
        action=action,
        subject=subject,
        detail=plain,
        digest=digest,
        reason=reason,
    )


def page(
    tx: Transaction,
    *,
    before: int | None = None,
    limit: int = 100,
    chosen: AuditFilter | None = None,
) -> tuple[AuditEntry, ...]:
    """Return entries, the newest first, those before the number `before`."""
    query = sa.select(audit).order_by(audit.c.number.desc()).limit(max(1, min(limit, 500)))
    if before is not None:
        query = query.where(audit.c.number < before)
    if chosen is not None:
        query = query.where(*_conditions(chosen))
    return tuple(_entry(row) for row in tx.connection.execute(query))


def following(
    tx: Transaction, *, after: int, limit: int, chosen: AuditFilter
) -> tuple[AuditEntry, ...]:
    """Return entries after the number `after`, the oldest first."""
    query = sa.select(audit).where(audit.c.number > after, *_conditions(chosen))
    query = query.order_by(audit.c.number).limit(limit)
    return tuple(_entry(row) for row in tx.connection.execute(query))


def words(tx: Transaction) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the actors and the actions of the latest entries, each in order."""
    latest = sa.select(audit.c.actor, audit.c.action).order_by(audit.c.number.desc())
    rows = latest.limit(_LATEST).subquery()
    actors, actions = (
        tx.connection.scalars(sa.select(column).distinct().order_by(column))
        for column in (rows.c.actor, rows.c.action)
    )
    return tuple(actors), tuple(actions)


def latest(tx: Transaction) -> Anchor | None:
    """Return the anchor of the newest entry, None while there is none."""
    row = tx.connection.execute(
        sa.select(audit.c.number, audit.c.digest).order_by(audit.c.number.desc()).limit(1)
    ).one_or_none()
    return None if row is None else Anchor(row.number, row.digest)


def verify(tx: Transaction, anchors: Iterable[Anchor] = ()) -> int:
    """Check the whole chain, and that it still holds the anchors; return the number of entries.

    Raises
    ------
    AuditError
        Naming the first entry that does not fit.
    """
    kept = sorted(anchors, key=lambda anchor: anchor.number)
    number, previous = 0, _FIRST
    while True:
        rows = tx.connection.execute(
            sa.select(audit).where(audit.c.number > number).order_by(audit.c.number).limit(_CHUNK)
        ).all()
        if not rows:
            break
        for row in rows:
            if row.number != number + 1 or row.previous != previous:
                raise AuditError(f"the audit trail is broken before entry {row.number}")
            wanted = _digest(
                row.number, row.at, row.actor, row.action, row.subject, row.detail, row.reason,
                previous,
            )  # fmt: skip
            if row.digest != wanted:
                raise AuditError(f"entry {row.number} of the audit trail was changed")
            number, previous = row.number, row.digest
            while kept and kept[0].number == number:
                if kept.pop(0).digest != previous:
                    raise AuditError(
                        f"entry {number} is not the one that was anchored: the audit trail was "
                        "written anew"
                    )
    if kept:
        raise AuditError(
            f"the audit trail ends with entry {number}, but entry {kept[-1].number} was anchored: "
            "its end was cut off"
        )
    return number


def _digest(
    number: int,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, Any],
    reason: str,
    previous: str,
) -> str:
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    # Entries from before there was a place for the reason are sealed without one.
    told = [reason] if reason else []
    text = dumps([number, moment, actor, action, subject, detail, *told, previous])
    return hashlib.sha256(text.encode()).hexdigest()


def _conditions(chosen: AuditFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if chosen.actor:
        conditions.append(audit.c.actor == chosen.actor)
    if chosen.action:
        conditions.append(audit.c.action == chosen.action)
    if chosen.subject:
        conditions.append(audit.c.subject.contains(chosen.subject, autoescape=True))
    if chosen.since is not None:
        conditions.append(audit.c.at >= chosen.since)
    if chosen.until is not None:
        conditions.append(audit.c.at < chosen.until)
    return conditions


def _entry(row: Any) -> AuditEntry:
    return AuditEntry(
        number=row.number,
        at=row.at,
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        detail=row.detail,
        digest=row.digest,
        reason=row.reason,
    )
