"""Access tokens: only their digests are kept, so that the database gives none away."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from photopeak.model.identity import new_id
from photopeak.storage.database import Transaction
from photopeak.storage.errors import NotFoundError
from photopeak.storage.tables.service import tokens

PREFIX = "pp_"
"""Every token begins with it, so that leak scanners can find one."""

_RANDOM_BYTES = 32
_USE_INTERVAL = timedelta(minutes=10)
"""Many ask all day long, and each note is a write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRecord:
    """What is known of a token; the token itself is known to its holder alone."""

    id: str
    name: str
    scopes: frozenset[str]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


def create(
    tx: Transaction,
    *,
    name: str,
    scopes: Iterable[str],
    now: datetime,
    created_by: str,
    expires_at: datetime | None = None,
) -> tuple[TokenRecord, str]:
    """Make a token.

    Returns
    -------
    TokenRecord, str
        The record, and the token itself: the only time that it is seen.
    """
    # 256 bits of chance need no slow hash: there is nothing to guess.
    secret = PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)
    record = TokenRecord(
        id=new_id(),
        name=name,
        scopes=frozenset(scopes),
        created_at=now,
        created_by=created_by,
        expires_at=expires_at,
        last_used_at=None,
        revoked_at=None,
    )
    tx.connection.execute(
        sa.insert(tokens).values(
            id=record.id,
            digest=_digest(secret),
            name=name,
            scopes=sorted(record.scopes),
            created_at=now,
            created_by=created_by,
            expires_at=expires_at,
        )
    )
    return record, secret


def find(tx: Transaction, secret: str, *, now: datetime) -> TokenRecord | None:
    """Return the record of a token that is valid now, else None; writes nothing."""
    row = tx.connection.execute(
        sa.select(tokens).where(tokens.c.digest == _digest(secret), tokens.c.revoked_at.is_(None))
    ).one_or_none()
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        return None
    return _record(row)


def by_id(tx: Transaction, token_id: str, *, now: datetime) -> TokenRecord | None:
    """Return the record of a token by its id if it is valid now, else None."""
    row = tx.connection.execute(
        sa.select(tokens).where(tokens.c.id == token_id, tokens.c.revoked_at.is_(None))
    ).one_or_none()
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        return None
    return _record(row)


def needs_use_noted(record: TokenRecord, now: datetime) -> bool:
    """Tell whether the last noted use is long enough ago to be worth a write."""
    return record.last_used_at is None or now - record.last_used_at >= _USE_INTERVAL


def note_use(tx: Transaction, token_id: str, *, now: datetime) -> None:
    """Note that a token was used."""
    tx.connection.execute(sa.update(tokens).where(tokens.c.id == token_id).values(last_used_at=now))


def revoke(tx: Transaction, token_id: str, *, now: datetime) -> None:
    """End a token for good; its record stays. Revoking twice changes nothing.

    Raises
    ------
    NotFoundError
        If there is none with this id.
    """
    tx.connection.execute(
        sa.update(tokens)
        .where(tokens.c.id == token_id, tokens.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    known = sa.select(tokens.c.id).where(tokens.c.id == token_id)
    if tx.connection.execute(known).one_or_none() is None:
        raise NotFoundError(f"there is no token {token_id}")


def every(tx: Transaction) -> tuple[TokenRecord, ...]:
    """Return all tokens, revoked and expired ones too, the oldest first."""
    query = sa.select(tokens).order_by(tokens.c.created_at, tokens.c.id)
    return tuple(_record(row) for row in tx.connection.execute(query))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _record(row: Any) -> TokenRecord:
    return TokenRecord(
        id=row.id,
        name=row.name,
        scopes=frozenset(row.scopes),
        created_at=row.created_at,
        created_by=row.created_by,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
