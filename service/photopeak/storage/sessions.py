"""Sessions of browsers: known by the digest of their cookie alone, so they survive a restart.

A session belongs to a person or to the token it was opened with, and ends with either.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from photopeak.model.identity import new_id
from photopeak.model.people import SignedIn
from photopeak.storage.database import Transaction
from photopeak.storage.tables.accounts import sessions

IDLE = timedelta(minutes=30)
"""A session that nobody used for so long is over."""

ABSOLUTE = timedelta(hours=12)
"""A session that is so old is over."""

USE_INTERVAL = timedelta(minutes=1)
"""The use of a session is noted no more often than this."""

KNOWN_ADDRESS = timedelta(days=30)
"""How long the rows of sessions that are over stay, to know from where somebody signs in."""


def open_one(
    tx: Transaction,
    digest: str,
    *,
    now: datetime,
    user_id: str | None = None,
    token_id: str | None = None,
    address: str = "",
    browser: str = "",
) -> SignedIn:
    """Open a session; rows of sessions that were over long ago go away."""
    tx.connection.execute(sa.delete(sessions).where(sessions.c.opened_at < now - KNOWN_ADDRESS))
    session_id = new_id()
    tx.connection.execute(
        sa.insert(sessions).values(
            id=session_id,
            digest=digest,
            user_id=user_id,
            token_id=token_id,
            opened_at=now,
            used_at=now,
            # Whoever signs in has just proved who they are.
            confirmed_at=now,
            address=address,
            browser=browser[:200],
        )
    )
    return _signed_in(
        tx.connection.execute(sa.select(sessions).where(sessions.c.id == session_id)).one()
    )


def find(tx: Transaction, digest: str, *, now: datetime) -> SignedIn | None:
    """Return the session of a cookie if it is still good, else None; writes nothing."""
    row = tx.connection.execute(
        sa.select(sessions).where(sessions.c.digest == digest, *_good(now))
    ).one_or_none()
    return None if row is None else _signed_in(row)


def note_use(tx: Transaction, session_id: str, *, now: datetime) -> None:
    """Note that a session was used."""
    _update(tx, session_id, used_at=now)


def confirm(tx: Transaction, session_id: str, *, now: datetime | None) -> None:
    """Note that the person proved again who they are; None takes the proof back."""
    _update(tx, session_id, confirmed_at=now)


def open_ones(
    tx: Transaction, *, now: datetime, user_id: str | None = None
) -> tuple[SignedIn, ...]:
    """Return the sessions that are good now, of one person or of all, the latest used first."""
    query = sa.select(sessions).where(*_good(now))
    if user_id is not None:
        query = query.where(sessions.c.user_id == user_id)
    query = query.order_by(sessions.c.used_at.desc(), sessions.c.id)
    return tuple(_signed_in(row) for row in tx.connection.execute(query))


def end(tx: Transaction, session_id: str, *, now: datetime, user_id: str | None = None) -> bool:
    """End a session, with `user_id` only one of that person; tell whether there was one.

    Its row stays for some weeks, to know the address again.
    """
    mine = [sessions.c.id == session_id, sessions.c.ended_at.is_(None)]
    if user_id is not None:
        mine.append(sessions.c.user_id == user_id)
    statement = sa.update(sessions).where(*mine).values(ended_at=now)
    return tx.connection.execute(statement).rowcount == 1


def end_all(
    tx: Transaction,
    *,
    now: datetime,
    user_id: str | None = None,
    token_id: str | None = None,
    but: str | None = None,
) -> int:
    """End the sessions of a person or a token, all but one of them; return how many that were."""
    owner = sessions.c.user_id == user_id if user_id else sessions.c.token_id == token_id
    statement = sa.update(sessions).where(owner, *_good(now))
    if but is not None:
        statement = statement.where(sessions.c.id != but)
    return int(tx.connection.execute(statement.values(ended_at=now)).rowcount)


def knows_address(tx: Transaction, user_id: str, address: str) -> bool:
    """Tell whether a person has signed in from an address in the last weeks."""
    query = sa.select(sessions.c.id).where(
        sessions.c.user_id == user_id, sessions.c.address == address
    )
    return tx.connection.execute(query.limit(1)).one_or_none() is not None


def _good(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        sessions.c.used_at >= now - IDLE,
        sessions.c.opened_at >= now - ABSOLUTE,
        sessions.c.ended_at.is_(None),
    )


def _update(tx: Transaction, session_id: str, **values: Any) -> None:
    tx.connection.execute(sa.update(sessions).where(sessions.c.id == session_id).values(**values))


def _signed_in(row: Any) -> SignedIn:
    return SignedIn(
        id=row.id,
        user_id=row.user_id,
        token_id=row.token_id,
        opened_at=row.opened_at,
        used_at=row.used_at,
        confirmed_at=row.confirmed_at,
        address=row.address,
        browser=row.browser,
    )
