"""People as rows. Passwords come in as hashes; who may change what is decided elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from photopeak.model.identity import new_id
from photopeak.model.people import Role, User
from photopeak.storage.database import Transaction
from photopeak.storage.errors import NotFoundError, StateError
from photopeak.storage.locks import serialise
from photopeak.storage.tables.accounts import users


@dataclass(frozen=True, slots=True)
class Credentials:
    """A person with the hash of the password, for checking one."""

    user: User
    password_hash: str | None


def add(
    tx: Transaction,
    *,
    name: str,
    shown_name: str,
    email: str,
    role: Role,
    now: datetime,
    created_by: str,
    password_hash: str | None = None,
    provider_subject: str | None = None,
    must_change_password: bool = False,
) -> User:
    """Add a person.

    Raises
    ------
    StateError
        If the name is taken.
    """
    serialise(tx, ("users",))
    if by_name(tx, name) is not None:
        raise StateError(f"there is somebody with the name {name} already")
    user_id = new_id()
    tx.connection.execute(
        sa.insert(users).values(
            id=user_id,
            name=name,
            shown_name=shown_name,
            email=email,
            role=role.value,
            password_hash=password_hash,
            provider_subject=provider_subject,
            must_change_password=must_change_password,
            created_at=now,
            created_by=created_by,
        )
    )
    return get(tx, user_id)


def get(tx: Transaction, user_id: str) -> User:
    """Return a person.

    Raises
    ------
    NotFoundError
        If there is none with this id.
    """
    row = tx.connection.execute(sa.select(users).where(users.c.id == user_id)).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no user {user_id}")
    return to_user(row)


def by_name(tx: Transaction, name: str) -> Credentials | None:
    """Return the person who signs in with `name`, with the hash of the password."""
    row = tx.connection.execute(sa.select(users).where(users.c.name == name)).one_or_none()
    return None if row is None else Credentials(to_user(row), row.password_hash)


def by_id(tx: Transaction, user_id: str) -> Credentials | None:
    """Return a person with the hash of the password, or None."""
    row = tx.connection.execute(sa.select(users).where(users.c.id == user_id)).one_or_none()
    return None if row is None else Credentials(to_user(row), row.password_hash)


def by_subject(tx: Transaction, subject: str) -> User | None:
    """Return the person whom the identity provider calls `subject`, or None."""
    found = sa.select(users).where(users.c.provider_subject == subject)
    row = tx.connection.execute(found).one_or_none()
    return None if row is None else to_user(row)


def every(tx: Transaction) -> tuple[User, ...]:
    """Return all people, by name, disabled ones too."""
    return tuple(
        to_user(row) for row in tx.connection.execute(sa.select(users).order_by(users.c.name))
    )


def any_there(tx: Transaction) -> bool:
    """Tell whether there is anybody."""
    return tx.connection.execute(sa.select(users.c.id).limit(1)).one_or_none() is not None


def active_admins(tx: Transaction) -> tuple[str, ...]:
    """Return the ids of the admins who can sign in here, without a provider.

    Of two transactions that take an admin away at the same time, the second waits for the first.
    """
    serialise(tx, ("users",))
    query = sa.select(users.c.id).where(
        users.c.role == Role.ADMIN.value,
        users.c.disabled_at.is_(None),
        users.c.password_hash.is_not(None),
    )
    return tuple(tx.connection.scalars(query))


def set_role(tx: Transaction, user_id: str, role: Role) -> None:
    """Give a person another role."""
    _update(tx, user_id, role=role.value)


def set_shown(tx: Transaction, user_id: str, *, shown_name: str, email: str) -> None:
    """Change how a person is shown, and the address for mail."""
    _update(tx, user_id, shown_name=shown_name, email=email)


def set_disabled(tx: Transaction, user_id: str, at: datetime | None) -> None:
    """Keep a person from signing in, or let them again with None."""
    _update(tx, user_id, disabled_at=at)


def set_password(tx: Transaction, user_id: str, password_hash: str, *, must_change: bool) -> None:
    """Give a person another password."""
    _update(tx, user_id, password_hash=password_hash, must_change_password=must_change)


def note_sign_in(tx: Transaction, user_id: str, *, now: datetime) -> None:
    """Note that a person signed in."""
    _update(tx, user_id, last_signed_in_at=now)


def _update(tx: Transaction, user_id: str, **values: Any) -> None:
    tx.connection.execute(sa.update(users).where(users.c.id == user_id).values(**values))


def to_user(row: Any) -> User:
    """Return the person in a row."""
    return User(
        id=row.id,
        name=row.name,
        shown_name=row.shown_name,
        email=row.email,
        role=Role(row.role),
        has_password=row.password_hash is not None,
        of_provider=row.provider_subject is not None,
        must_change_password=row.must_change_password,
        created_at=row.created_at,
        created_by=row.created_by,
        disabled_at=row.disabled_at,
        last_signed_in_at=row.last_signed_in_at,
    )
