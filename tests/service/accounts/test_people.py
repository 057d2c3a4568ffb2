"""Changing accounts: what is refused, and the line that each change leaves in the audit trail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from photopeak.accounts import passwords, people, tokens
from photopeak.accounts.errors import AccountError
from photopeak.api.authentication import ensure_first_token
from photopeak.model.people import Role, User, sign_in_name
from photopeak.storage import audit, calendar_links, sessions, users
from photopeak.storage import tokens as token_rows
from photopeak.storage.database import Database
from support.rows import NOON
from support.web_scene import make_user


def add(database: Database, name: str, role: Role = Role.VIEWER, **changes: Any) -> User:
    """Add somebody by the way that pages take."""
    values: dict[str, Any] = {"shown_name": "", "email": "", "who": "root", "now": NOON, **changes}
    return people.add_person(database, name=name, role=role, **values)[0]


def told(database: Database) -> list[tuple[str, str, str, dict[str, Any], str]]:
    """Return the audit trail, the oldest first."""
    with database.snapshot() as tx:
        audit.verify(tx)
        return [
            (e.actor, e.action, e.subject, dict(e.detail), e.reason)
            for e in reversed(audit.page(tx))
        ]


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)  # fmt: skip
def test_somebody_is_added_with_a_password_to_begin_with(database: Database) -> None:
    user, made = people.add_person(
        database, name=" R.Chen ", shown_name="Rui  Chen", email="r@example.org",
        role=Role.TECHNOLOGIST, who="root", now=NOON,
    )  # fmt: skip
    with database.snapshot() as tx:
        known = users.by_name(tx, "r.chen")

    assert known is not None
    assert known.user == user
    assert (user.shown_name, user.must_change_password, user.active) == ("Rui Chen", True, True)
    assert passwords.verify(made, known.password_hash)
    assert told(database) == [
        ("root", "user.added", "user r.chen", {"role": "technologist", "shown_name": "Rui Chen"}, "")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"name": ""}, "1 to 64 letters"),
        ({"name": "a b"}, "1 to 64 letters"),
        ({"name": ".a"}, "1 to 64 letters"),
        ({"name": "x" * 65}, "1 to 64 letters"),
        ({"name": "b", "email": "nowhere"}, "no e-mail"),
        ({"name": "b", "email": "a@b\r\nBcc: x@y"}, "no e-mail"),
        ({"name": "b", "shown_name": "n" * 101}, "at most 100"),
        ({"name": "b", "shown_name": "a\u202eb"}, "at most 100"),
        ({"name": "b", "password": "short"}, "at least 12"),
        ({"name": "A.Viewer"}, "Somebody has this name"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    sqlite_database: Database, values: dict[str, Any], wrong: str
) -> None:
    make_user(sqlite_database, "viewer", name="a.viewer")

    with pytest.raises(AccountError, match=wrong):
        add(sqlite_database, **values)
    assert told(sqlite_database) == []


def test_names_are_compared_as_people_write_them() -> None:
    assert sign_in_name("ＣＨＥＮ") == sign_in_name(" chen ") == "chen"
    assert sign_in_name("王小明") == "王小明"


def test_a_name_is_a_persons_or_a_tokens_and_never_both(sqlite_database: Database) -> None:
    tokens.issue(sqlite_database, name="monitor", scope="read", days=1, who="root", now=NOON)
    add(sqlite_database, "chen")

    with pytest.raises(AccountError, match="A token has this name"):
        add(sqlite_database, "Monitor")
    with pytest.raises(AccountError, match="Somebody has this name"):
        tokens.issue(sqlite_database, name="Chen", scope="read", days=1, who="root", now=NOON)


def test_the_first_administrator_ends_the_first_token(sqlite_database: Database) -> None:
    text = ensure_first_token(sqlite_database, now=NOON)
    assert text is not None
    people.add_first_admin(
        sqlite_database, name="root", shown_name="", password="seven grey geese",
        who=people.FIRST_TOKEN_NAME, now=NOON,
    )  # fmt: skip

    with sqlite_database.snapshot() as tx:
        assert token_rows.find(tx, text, now=NOON) is None
    with pytest.raises(AccountError, match="administrator already"):
        people.add_first_admin(
            sqlite_database, name="other", shown_name="", password="seven grey geese",
            who="x", now=NOON,
        )  # fmt: skip
    assert [line[1] for line in told(sqlite_database)] == ["user.added", "token.revoked"]
    assert ensure_first_token(sqlite_database, now=NOON) is None


def test_with_somebody_there_is_no_first_token(sqlite_database: Database) -> None:
    add(sqlite_database, "root", Role.ADMIN)

    assert ensure_first_token(sqlite_database, now=NOON) is None


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)  # fmt: skip
def test_the_last_administrator_stays(database: Database) -> None:
    root = add(database, "root", Role.ADMIN)

    def demote(user: User) -> None:
        people.change_person(
            database, user.id, shown_name="", email="", role=Role.VIEWER, who="x", now=NOON
        )

    with pytest.raises(AccountError, match="last one"):
        demote(root)
    with pytest.raises(AccountError, match="last one"):
        people.set_disabled(database, root.id, disabled=True, who="x", now=NOON)
    other = add(database, "other", Role.ADMIN)
    demote(root)
    with pytest.raises(AccountError, match="last one"):
        demote(other)


def test_a_change_tells_what_was_before_and_why(sqlite_database: Database) -> None:
    add(sqlite_database, "root", Role.ADMIN)
    user = add(sqlite_database, "chen", shown_name="Chen")
    people.change_person(
        sqlite_database, user.id, shown_name="Chen", email="", role=Role.PHYSICIST, who="root",
        now=NOON, reason="qualified",
    )  # fmt: skip

    assert told(sqlite_database)[-1] == (
        "root", "user.changed", "user chen",
        {"role": {"before": "viewer", "after": "physicist"}}, "qualified",
    )  # fmt: skip
    before = len(told(sqlite_database))
    people.change_person(
        sqlite_database, user.id, shown_name="Chen", email="", role=Role.PHYSICIST, who="root",
        now=NOON,
    )  # fmt: skip
    assert len(told(sqlite_database)) == before


@pytest.mark.parametrize("way", ["disabled", "reset", "changed"])
def test_sessions_end_where_an_account_is_taken_away_or_gets_another_password(
    sqlite_database: Database, way: str
) -> None:
    user = make_user(sqlite_database, "viewer", name="chen")
    with sqlite_database.transaction() as tx:
        mine = sessions.open_one(tx, "mine", now=NOON, user_id=user.id)
        sessions.open_one(tx, "other", now=NOON, user_id=user.id)
    if way == "disabled":
        people.set_disabled(sqlite_database, user.id, disabled=True, who="root", now=NOON)
    elif way == "reset":
        people.reset_password(sqlite_database, user.id, who="root", now=NOON)
    else:
        people.change_own_password(
            sqlite_database, user.id, password="nine brown bears", session_id=mine.id, now=NOON
        )

    with sqlite_database.snapshot() as tx:
        left = [s.id for s in sessions.open_ones(tx, now=NOON, user_id=user.id)]
    assert left == ([mine.id] if way == "changed" else [])


def test_calendars_of_who_may_not_sign_in_any_more_lead_nowhere(database: Database) -> None:
    user = make_user(database, "viewer", name="chen")
    with database.transaction() as tx:
        mine = [
            calendar_links.create(tx, name=name, device_id=None, who="chen", now=NOON)[1]
            for name in ("phone", "desk")
        ]
        _, other = calendar_links.create(tx, name="wall", device_id=None, who="root", now=NOON)
    people.set_disabled(database, user.id, disabled=True, who="root", now=NOON)
    people.set_disabled(database, user.id, disabled=False, who="root", now=NOON)

    with database.snapshot() as tx:
        assert [calendar_links.find(tx, secret) for secret in mine] == [None, None]
        assert calendar_links.find(tx, other) is not None
    withdrawn = [entry for entry in told(database) if entry[1] == "calendar.withdrawn"]
    assert [(e[0], e[3]["name"]) for e in withdrawn] == [("root", "phone"), ("root", "desk")]


def test_one_cannot_take_the_same_password_again(sqlite_database: Database) -> None:
    user = add(sqlite_database, "chen", password="seven grey geese")

    with pytest.raises(AccountError, match="the password you have"):
        people.change_own_password(
            sqlite_database, user.id, password="seven grey geese", session_id="", now=NOON
        )


def test_nobody_ends_the_session_of_another_as_their_own(sqlite_database: Database) -> None:
    user = make_user(sqlite_database, "viewer", name="chen")
    with sqlite_database.transaction() as tx:
        opened = sessions.open_one(tx, "d", now=NOON, user_id=user.id)
    people.end_session(sqlite_database, opened.id, who="eve", now=NOON, user_id="another")

    with sqlite_database.snapshot() as tx:
        assert sessions.find(tx, "d", now=NOON) is not None
    assert told(sqlite_database) == []


@pytest.mark.parametrize("values", [{"scope": "god"}, {"days": -1}, {"days": 9999}, {"name": " "}])
def test_a_token_that_cannot_be_is_refused(
    sqlite_database: Database, values: dict[str, Any]
) -> None:
    with pytest.raises(AccountError):
        tokens.issue(
            sqlite_database,
            **{"name": "x", "scope": "read", "days": 1, "who": "root", "now": NOON, **values},
        )


def test_a_token_and_its_sessions_end_together_and_the_trail_says_why(
    sqlite_database: Database,
) -> None:
    record, _ = tokens.issue(
        sqlite_database, name="x", scope="review", days=30, who="root", now=NOON
    )
    with sqlite_database.transaction() as tx:
        sessions.open_one(tx, "d", now=NOON, token_id=record.id)
    for _ in range(2):
        tokens.revoke(sqlite_database, record.id, who="root", now=NOON, reason="leaked")

    assert record.expires_at == NOON + timedelta(days=30)
    with sqlite_database.snapshot() as tx:
        assert sessions.find(tx, "d", now=NOON) is None
    lines = [(action, detail, reason) for _, action, _, detail, reason in told(sqlite_database)]
    assert lines == [
        ("token.created", {"name": "x", "scope": "review", "days": 30}, ""),
        ("token.revoked", {"name": "x"}, "leaked"),
    ]
