"""Adding people and changing what they may, each change with its line in the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from photopeak.accounts import passwords
from photopeak.accounts.errors import AccountError
from photopeak.model.people import Role, User, sign_in_name
from photopeak.storage import audit, calendar_links, sessions, tokens, users
from photopeak.storage.database import Database, Transaction
from photopeak.storage.errors import StateError

FIRST_TOKEN_NAME = "first administrator"  # noqa: S105 - a name, not a secret
"""Name of the token that the first start prints."""

_LONGEST = 100


def add_person(
    database: Database,
    *,
    name: str,
    shown_name: str,
    email: str,
    role: Role,
    who: str,
    now: datetime,
    password: str | None = None,
) -> tuple[User, str]:
    """Add a person with a password here.

    Parameters
    ----------
    password
        None makes one to begin with, which has to be changed at the first sign-in.

    Returns
    -------
    User, str
        The person, and the password that was made; empty when one was given.

    Raises
    ------
    AccountError
        If the name or the password cannot be.
    """
    name, shown_name, email = _checked(name, shown_name, email)
    made = passwords.start_password() if password is None else ""
    if password is not None:
        passwords.check(password, name)
    password_hash = passwords.hashed(made or password or "")
    with database.transaction() as tx:
        user = _add(
            tx,
            name=name,
            shown_name=shown_name,
            email=email,
            role=role,
            now=now,
            who=who,
            password_hash=password_hash,
            must_change=bool(made),
        )
    return user, made


def add_first_admin(
    database: Database, *, name: str, shown_name: str, password: str, who: str, now: datetime
) -> User:
    """Make the first administrator, with whom the token of the first start is out of force.

    Raises
    ------
    AccountError
        If there is an administrator already, or name or password cannot be.
    """
    name, shown_name, _ = _checked(name, shown_name, "")
    passwords.check(password, name)
    password_hash = passwords.hashed(password)
    with database.transaction() as tx:
        if users.active_admins(tx):
            raise AccountError("There is an administrator already.")
        return _add(
            tx,
            name=name,
            shown_name=shown_name,
            email="",
            role=Role.ADMIN,
            now=now,
            who=who,
            password_hash=password_hash,
            must_change=False,
        )


def change_person(
    database: Database,
    user_id: str,
    *,
    shown_name: str,
    email: str,
    role: Role,
    who: str,
    now: datetime,
    reason: str = "",
) -> User:
    """Change how a person is shown and what they may.

    Raises
    ------
    AccountError
        If that leaves nobody who administers, or the provider says what they may.
    """
    with database.transaction() as tx:
        before = users.get(tx, user_id)
        _, shown_name, email = _checked(before.name, shown_name, email)
        if role is not before.role:
            if before.of_provider:
                raise AccountError("The groups of the identity provider say what this person may.")
            _keep_an_admin(tx, before)
        users.set_role(tx, user_id, role)
        users.set_shown(tx, user_id, shown_name=shown_name, email=email)
        after = users.get(tx, user_id)
        changes = {
            key: {"before": str(getattr(before, key)), "after": str(getattr(after, key))}
            for key in ("role", "shown_name", "email")
            if getattr(before, key) != getattr(after, key)
        }
        if changes:
            _told(tx, "user.changed", _subject(before), who, now, changes, reason)
    return after


def set_disabled(
    database: Database, user_id: str, *, disabled: bool, who: str, now: datetime, reason: str = ""
) -> None:
    """Keep a person from signing in and end their sessions, or let them sign in again.

    The addresses of calendars that the person made lead nowhere from then on.

    Raises
    ------
    AccountError
        If that leaves nobody who administers.
    """
    with database.transaction() as tx:
        user = users.get(tx, user_id)
        if user.active is not disabled:
            return
        if disabled:
            _keep_an_admin(tx, user)
            sessions.end_all(tx, now=now, user_id=user_id)
            calendar_links.withdraw_all_of(tx, user.name, who=who, now=now)
        users.set_disabled(tx, user_id, now if disabled else None)
        action = "user.disabled" if disabled else "user.enabled"
        _told(tx, action, _subject(user), who, now, None, reason)


def reset_password(
    database: Database,
    user_id: str,
    *,
    who: str,
    now: datetime,
    password: str | None = None,
) -> str:
    """Give a person another password and end their sessions.

    Returns
    -------
    str
        The password that was made, to be changed at the next sign-in; empty when one was given.

    Raises
    ------
    AccountError
        If the person signs in at the provider, or the given password cannot be.
    """
    with database.snapshot() as tx:
        user = users.get(tx, user_id)
    if not user.has_password:
        raise AccountError(
            "This person signs in at the identity provider, without a password here."
        )
    made = passwords.start_password() if password is None else ""
    if password is not None:
        passwords.check(password, user.name)
    password_hash = passwords.hashed(made or password or "")
    with database.transaction() as tx:
        users.set_password(tx, user_id, password_hash, must_change=bool(made))
        sessions.end_all(tx, now=now, user_id=user_id)
        _told(tx, "user.password-reset", _subject(user), who, now)
    return made


def change_own_password(
    database: Database, user_id: str, *, password: str, session_id: str, now: datetime
) -> None:
    """Change one's own password, which ends one's other sessions; who asks has proved it before.

    Raises
    ------
    AccountError
        If the password cannot be.
    """
    with database.snapshot() as tx:
        known = users.by_id(tx, user_id)
    if known is None or known.password_hash is None:
        raise AccountError(
            "This person signs in at the identity provider, without a password here."
        )
    passwords.check(password, known.user.name)
    if passwords.verify(password, known.password_hash):
        raise AccountError("This is the password you have; take another one.")
    password_hash = passwords.hashed(password)
    with database.transaction() as tx:
        users.set_password(tx, user_id, password_hash, must_change=False)
        sessions.end_all(tx, now=now, user_id=user_id, but=session_id)
        _told(tx, "user.password-changed", _subject(known.user), known.user.name, now)


def end_session(
    database: Database, session_id: str, *, who: str, now: datetime, user_id: str | None = None
) -> None:
    """End a session: with `user_id` one of that person's own, else anybody's."""
    with database.transaction() as tx:
        if sessions.end(tx, session_id, now=now, user_id=user_id):
            _told(tx, "session.ended", f"session {session_id}", who, now)


def end_other_sessions(
    database: Database, user_id: str, *, but: str, who: str, now: datetime
) -> int:
    """End all sessions of a person but one; return how many that were."""
    with database.transaction() as tx:
        count = sessions.end_all(tx, now=now, user_id=user_id, but=but)
        if count:
            _told(tx, "session.others-ended", f"user {who}", who, now, {"sessions": count})
    return count


def _add(
    tx: Transaction,
    *,
    name: str,
    shown_name: str,
    email: str,
    role: Role,
    now: datetime,
    who: str,
    password_hash: str,
    must_change: bool,
) -> User:
    # An entry of the audit trail names a token or a person: one name must not mean both.
    if any(t.name.casefold() == name and t.revoked_at is None for t in tokens.every(tx)):
        raise AccountError("A token has this name.")
    first = role is Role.ADMIN and not users.active_admins(tx)
    try:
        user = users.add(
            tx,
            name=name,
            shown_name=shown_name,
            email=email,
            role=role,
            now=now,
            created_by=who,
            password_hash=password_hash,
            must_change_password=must_change,
        )
    except StateError:
        raise AccountError("Somebody has this name already.") from None
    detail = {"role": role.value, "shown_name": shown_name}
    _told(tx, "user.added", _subject(user), who, now, detail)
    if first:
        _end_first_token(tx, who, now)
    return user


def _end_first_token(tx: Transaction, who: str, now: datetime) -> None:
    """Put the token of the first start out of force: it has done what it was for."""
    for token in tokens.every(tx):
        if token.name == FIRST_TOKEN_NAME and token.revoked_at is None:
            tokens.revoke(tx, token.id, now=now)
            sessions.end_all(tx, now=now, token_id=token.id)
            _told(tx, "token.revoked", f"token {token.id}", who, now, {"name": token.name})


def _checked(name: str, shown_name: str, email: str) -> tuple[str, str, str]:
    try:
        name = sign_in_name(name)
    except ValueError:
        raise AccountError(
            "A name to sign in with has 1 to 64 letters, digits and . @ _ -, and begins with a letter or a digit."
        ) from None
    shown_name = " ".join(shown_name.split()) or name
    email = email.strip()
    if len(shown_name) > _LONGEST or not shown_name.isprintable():
        raise AccountError("A name is one line of at most {most} characters.", most=_LONGEST)
    local, _, host = email.rpartition("@")
    if email and (
        not local or not host or len(email) > 254 or not email.isprintable() or " " in email
    ):
        raise AccountError("This is no e-mail address.")
    return name, shown_name, email


def _keep_an_admin(tx: Transaction, user: User) -> None:
    if users.active_admins(tx) == (user.id,):
        raise AccountError("Somebody has to administer: this is the last one who can sign in here.")


def _subject(user: User) -> str:
    return f"user {user.name}"


def _told(
    tx: Transaction,
    action: str,
    subject: str,
    who: str,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
    reason: str = "",
) -> None:
    audit.append(
        tx, at=now, actor=who, action=action, subject=subject, detail=detail, reason=reason
    )
