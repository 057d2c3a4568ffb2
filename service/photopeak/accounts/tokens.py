"""Issuing tokens to machines and putting them out of force, with a line in the audit trail."""

from __future__ import annotations

from datetime import datetime, timedelta

from photopeak.accounts.errors import AccountError
from photopeak.accounts.people import FIRST_TOKEN_NAME
from photopeak.model.people import ACCESS_BY_SCOPE
from photopeak.storage import audit, sessions, tokens, users
from photopeak.storage.database import Database
from photopeak.storage.tokens import TokenRecord

MAXIMUM_DAYS = 3650
"""Longest life of a token that ends."""

_LONGEST = 100


def issue(
    database: Database,
    *,
    name: str,
    scope: str,
    days: int,
    who: str,
    now: datetime,
) -> tuple[TokenRecord, str]:
    """Make a token; 0 days is without an end.

    Returns
    -------
    TokenRecord, str
        The record, and the token itself: the only time that it is seen.

    Raises
    ------
    AccountError
        If name, scope or life cannot be.
    """
    name = " ".join(name.split())
    if not name or len(name) > _LONGEST or not name.isprintable():
        raise AccountError("A name is one line of at most {most} characters.", most=_LONGEST)
    if scope not in ACCESS_BY_SCOPE:
        raise AccountError("Choose what the token allows.")
    if not 0 <= days <= MAXIMUM_DAYS:
        raise AccountError("A token lasts for at most {most} days.", most=MAXIMUM_DAYS)
    with database.transaction() as tx:
        # An entry of the audit trail names a token or a person: one name must not mean both.
        if name == FIRST_TOKEN_NAME or users.by_name(tx, name.casefold()) is not None:
            raise AccountError("Somebody has this name already.")
        record, text = tokens.create(
            tx,
            name=name,
            scopes=(scope,),
            expires_at=now + timedelta(days=days) if days else None,
            created_by=who,
            now=now,
        )
        audit.append(
            tx,
            at=now,
            actor=who,
            action="token.created",
            subject=f"token {record.id}",
            detail={"name": name, "scope": scope, "days": days},
        )
    return record, text


def revoke(database: Database, token_id: str, *, who: str, now: datetime, reason: str = "") -> None:
    """Put a token out of force, with the sessions that were opened with it.

    Raises
    ------
    NotFoundError
        If there is none with this id.
    """
    with database.transaction() as tx:
        known = next((t for t in tokens.every(tx) if t.id == token_id), None)
        tokens.revoke(tx, token_id, now=now)
        sessions.end_all(tx, now=now, token_id=token_id)
        if known is not None and known.revoked_at is None:
            audit.append(
                tx,
                at=now,
                actor=who,
                action="token.revoked",
                subject=f"token {token_id}",
                detail={"name": known.name},
                reason=reason,
            )
