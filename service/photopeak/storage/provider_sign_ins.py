"""Sign-ins under way at an identity provider: each can be taken up once, for a few minutes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from photopeak.storage.database import Transaction
from photopeak.storage.tables.accounts import provider_sign_ins

LASTS = timedelta(minutes=10)
"""How long somebody may take at the provider."""

MOST = 1000
"""Sign-ins under way; beyond it the oldest are given up, so nobody can fill the database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSignIn:
    """What was sent away with a browser, to be compared with what it brings back.

    `digest` is of the state, `browser_digest` of the cookie that only this browser has;
    `session_id` is the session to confirm when the person is signed in already.
    """

    digest: str
    browser_digest: str
    nonce: str
    verifier: str
    target: str
    session_id: str | None
    begun_at: datetime


def begin(tx: Transaction, sign_in: ProviderSignIn) -> None:
    """Keep a sign-in that begins; those that took too long go away."""
    table = provider_sign_ins
    tx.connection.execute(sa.delete(table).where(table.c.begun_at < sign_in.begun_at - LASTS))
    kept = sa.select(table.c.digest).order_by(table.c.begun_at.desc()).limit(MOST - 1)
    tx.connection.execute(sa.delete(table).where(table.c.digest.not_in(kept)))
    tx.connection.execute(
        sa.insert(table).values(
            digest=sign_in.digest,
            browser_digest=sign_in.browser_digest,
            nonce=sign_in.nonce,
            verifier=sign_in.verifier,
            target=sign_in.target,
            session_id=sign_in.session_id,
            begun_at=sign_in.begun_at,
        )
    )


def take(tx: Transaction, digest: str, *, now: datetime) -> ProviderSignIn | None:
    """Return the sign-in of a state and forget it, or None when there is none any more."""
    table = provider_sign_ins
    row = tx.connection.execute(sa.select(table).where(table.c.digest == digest)).one_or_none()
    if row is None:
        return None
    if tx.connection.execute(sa.delete(table).where(table.c.digest == digest)).rowcount != 1:
        return None
    if row.begun_at < now - LASTS:
        return None
    return ProviderSignIn(
        digest=row.digest,
        browser_digest=row.browser_digest,
        nonce=row.nonce,
        verifier=row.verifier,
        target=row.target,
        session_id=row.session_id,
        begun_at=row.begun_at,
    )
