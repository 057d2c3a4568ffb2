"""Rows of people, of the sessions of their browsers, and of sign-ins at a provider."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from photopeak.model.people import Role, User
from photopeak.storage import audit, provider_sign_ins, sessions, users
from photopeak.storage.database import Database
from photopeak.storage.errors import NotFoundError, StateError
from photopeak.storage.provider_sign_ins import LASTS, ProviderSignIn
from photopeak.storage.sessions import ABSOLUTE, IDLE, KNOWN_ADDRESS
from support.rows import NOON

SECOND = timedelta(seconds=1)


def person(database: Database, name: str, role: Role = Role.VIEWER, **changes: object) -> User:
    """Add somebody."""
    values = {"shown_name": name, "email": "", "now": NOON, "created_by": "test", **changes}
    with database.transaction() as tx:
        return users.add(tx, name=name, role=role, **values)  # type: ignore[arg-type]


def test_people_are_found_by_name_id_and_subject(database: Database) -> None:
    chen = person(database, "chen", Role.PHYSICIST, password_hash="h")
    away = person(database, "away", provider_subject="issuer 1")

    with database.transaction() as tx:
        known = users.by_name(tx, "chen")
        assert known is not None
        assert (known.user, known.password_hash) == (chen, "h")
        assert users.by_subject(tx, "issuer 1") == away
        assert (away.of_provider, away.has_password) == (True, False)
        assert [u.name for u in users.every(tx)] == ["away", "chen"]
        assert users.by_name(tx, "Chen") is None
        with pytest.raises(StateError):
            users.add(
                tx, name="chen", shown_name="", email="", role=Role.VIEWER, now=NOON, created_by=""
            )
        with pytest.raises(NotFoundError):
            users.get(tx, "nobody")


def test_only_an_admin_with_a_password_who_may_sign_in_counts_as_one(database: Database) -> None:
    root = person(database, "root", Role.ADMIN, password_hash="h")
    person(database, "away", Role.ADMIN, provider_subject="issuer 1")
    off = person(database, "off", Role.ADMIN, password_hash="h")
    person(database, "chen", Role.PHYSICIST, password_hash="h")

    with database.transaction() as tx:
        users.set_disabled(tx, off.id, NOON)
        assert users.active_admins(tx) == (root.id,)


def test_a_session_is_good_until_it_is_idle_or_old_or_ended(database: Database) -> None:
    chen = person(database, "chen")
    with database.transaction() as tx:
        opened = sessions.open_one(tx, "d", now=NOON, user_id=chen.id, browser="b" * 500)
        assert len(opened.browser) == 200
        assert sessions.find(tx, "other", now=NOON) is None
        assert sessions.find(tx, "d", now=NOON + IDLE) == opened
        assert sessions.find(tx, "d", now=NOON + IDLE + SECOND) is None
        sessions.note_use(tx, opened.id, now=NOON + ABSOLUTE)
        assert sessions.find(tx, "d", now=NOON + ABSOLUTE) is not None
        assert sessions.find(tx, "d", now=NOON + ABSOLUTE + SECOND) is None
        assert sessions.end(tx, opened.id, now=NOON)
        assert not sessions.end(tx, opened.id, now=NOON)
        assert sessions.find(tx, "d", now=NOON) is None


def test_all_sessions_of_somebody_end_but_the_one_in_use(database: Database) -> None:
    chen, li = person(database, "chen"), person(database, "li")
    with database.transaction() as tx:
        mine = sessions.open_one(tx, "1", now=NOON, user_id=chen.id)
        sessions.open_one(tx, "2", now=NOON, user_id=chen.id)
        other = sessions.open_one(tx, "3", now=NOON, user_id=li.id)

        assert sessions.end_all(tx, now=NOON, user_id=chen.id, but=mine.id) == 1
        assert {s.id for s in sessions.open_ones(tx, now=NOON)} == {mine.id, other.id}


def test_where_somebody_signed_in_from_is_known_for_some_weeks(database: Database) -> None:
    chen = person(database, "chen")
    with database.transaction() as tx:
        opened = sessions.open_one(tx, "1", now=NOON, user_id=chen.id, address="192.0.2.1")
        sessions.end(tx, opened.id, now=NOON)
        assert sessions.knows_address(tx, chen.id, "192.0.2.1")
        assert not sessions.knows_address(tx, chen.id, "192.0.2.2")
        sessions.open_one(
            tx, "2", now=NOON + KNOWN_ADDRESS + SECOND, user_id=chen.id, address="192.0.2.2"
        )
        assert not sessions.knows_address(tx, chen.id, "192.0.2.1")


def test_a_sign_in_at_a_provider_is_taken_once_and_in_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider_sign_ins, "MOST", 3)
    begun = ProviderSignIn(
        digest="0", browser_digest="b", nonce="n", verifier="v", target="/", session_id=None,
        begun_at=NOON,
    )  # fmt: skip
    with database.transaction() as tx:
        for number in range(5):
            at = NOON + number * SECOND
            provider_sign_ins.begin(tx, replace(begun, digest=str(number), begun_at=at))

        assert provider_sign_ins.take(tx, "1", now=NOON) is None
        found = provider_sign_ins.take(tx, "4", now=NOON)
        assert found == replace(begun, digest="4", begun_at=NOON + 4 * SECOND)
        assert provider_sign_ins.take(tx, "4", now=NOON) is None
        assert provider_sign_ins.take(tx, "3", now=NOON + LASTS + 5 * SECOND) is None


def test_a_reason_is_sealed_with_its_entry_and_older_entries_stay_whole(database: Database) -> None:
    with database.transaction() as tx:
        plain = audit.append(tx, at=NOON, actor="a", action="x", subject="s")
        told = audit.append(tx, at=NOON, actor="a", action="x", subject="s", reason="why")

        assert (plain.reason, told.reason) == ("", "why")
        assert audit.verify(tx) == 2
        assert [e.reason for e in audit.page(tx)] == ["why", ""]
        assert audit.words(tx) == (("a",), ("x",))
        assert audit.following(tx, after=1, limit=5, chosen=audit.AuditFilter(actor="a")) == (told,)
        assert audit.page(tx, chosen=audit.AuditFilter(subject="%", until=NOON)) == ()
