"""Letting in whom the identity provider has confirmed: the groups say what they may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from photopeak.model.people import Role, User, sign_in_name
from photopeak.storage import audit, calendar_links, sessions, users
from photopeak.storage.database import Database, Transaction
from photopeak.storage.errors import StateError

_MOST_FIRST = (Role.ADMIN, Role.PHYSICIST, Role.TECHNOLOGIST, Role.AUDITOR, Role.VIEWER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whom the provider has confirmed; `subject` is unique and never used again for another."""

    subject: str
    name: str
    shown_name: str
    email: str
    groups: tuple[str, ...]
    authenticated_at: datetime | None


class NotAdmittedError(Exception):
    """The person is known to the provider and does not get in; `why` is ``group`` or ``name``."""

    def __init__(self, why: str) -> None:
        super().__init__(f"not admitted: {why}")
        self.why = why


def admit(
    database: Database,
    identity: Identity,
    roles: Mapping[str, Role],
    *,
    now: datetime,
    address: str,
) -> User:
    """Return the person of an identity, added or brought up to date by what the provider says.

    Raises
    ------
    NotAdmittedError
        If none of the groups has a role, the name belongs to another, or the person is disabled.
    """
    role = role_of(identity.groups, roles)
    with database.transaction() as tx:
        known = users.by_subject(tx, identity.subject)
        why = ""
        if role is None:
            why = "group"
            if known is not None:
                sessions.end_all(tx, now=now, user_id=known.id)
                calendar_links.withdraw_all_of(tx, known.name, who="identity provider", now=now)
        elif known is None:
            known = _added(tx, identity, role, now)
        elif known.active:
            known = _updated(tx, known, identity, role, now)
        if not why and (known is None or not known.active):
            why = "name"
        if why:
            _told(
                tx,
                "session.refused",
                "nobody" if known is None else f"user {known.name}",
                now,
                {"address": address, "provider": why},
            )
    if why or known is None:
        raise NotAdmittedError(why)
    return known


def role_of(groups: tuple[str, ...], roles: Mapping[str, Role]) -> Role | None:
    """Return the role that allows most of those that the groups give, or None."""
    given = {roles[group] for group in groups if group in roles}
    return next((role for role in _MOST_FIRST if role in given), None)


def _added(tx: Transaction, identity: Identity, role: Role, now: datetime) -> User | None:
    try:
        name = sign_in_name(identity.name)
        user = users.add(
            tx,
            name=name,
            shown_name=identity.shown_name or name,
            email=identity.email,
            role=role,
            now=now,
            created_by="identity provider",
            provider_subject=identity.subject,
        )
    except (ValueError, StateError):
        return None
    _told(tx, "user.added", f"user {name}", now, {"role": role.value})
    return user


def _updated(tx: Transaction, known: User, identity: Identity, role: Role, now: datetime) -> User:
    shown_name, email = identity.shown_name or known.name, identity.email
    if (role, shown_name, email) == (known.role, known.shown_name, known.email):
        return known
    users.set_role(tx, known.id, role)
    users.set_shown(tx, known.id, shown_name=shown_name, email=email)
    if role is not known.role:
        changed = {"role": {"before": known.role.value, "after": role.value}}
        _told(tx, "user.changed", f"user {known.name}", now, changed)
    return users.get(tx, known.id)


def _told(
    tx: Transaction, action: str, subject: str, now: datetime, detail: Mapping[str, object]
) -> None:
    audit.append(
        tx, at=now, actor="identity provider", action=action, subject=subject, detail=detail
    )
