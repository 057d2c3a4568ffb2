"""Tokens, alerts and the audit trail."""

import sqlite3
from contextlib import closing
from typing import Any

import pytest
import sqlalchemy as sa

from photopeak.model.alerts import Alert, AlertSeverity, AlertState
from photopeak.storage import alerts, audit, results, tokens
from photopeak.storage.database import Database
from photopeak.storage.errors import AuditError, NotFoundError, RowRefusedError, StateError
from support.rows import NOON, after, result_of, waiting_set


def test_a_token_opens_until_it_expires_or_is_revoked(database: Database) -> None:
    with database.transaction() as tx:
        record, secret = tokens.create(
            tx,
            name="console",
            scopes=["read", "operate"],
            now=NOON,
            created_by="admin",
            expires_at=after(100),
        )
        assert secret.startswith(tokens.PREFIX)
        assert tokens.find(tx, secret, now=after(99)) == record
        assert tokens.find(tx, secret, now=after(100)) is None
        assert tokens.find(tx, secret + "x", now=NOON) is None
        assert tokens.find(tx, "", now=NOON) is None
        tokens.revoke(tx, record.id, now=after(5))
        tokens.revoke(tx, record.id, now=after(6))
        assert tokens.find(tx, secret, now=after(7)) is None
        assert [t.revoked_at for t in tokens.every(tx)] == [after(5)]
        with pytest.raises(NotFoundError, match="there is no token x"):
            tokens.revoke(tx, "x", now=NOON)


def test_the_database_never_holds_a_token(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as tx:
        _, secret = tokens.create(tx, name="", scopes=[], now=NOON, created_by="")
    path = sqlite_database.path
    assert path is not None

    with closing(sqlite3.connect(path)) as file:
        assert not any(secret.removeprefix(tokens.PREFIX) in line for line in file.iterdump())


def test_the_use_of_a_token_is_noted_now_and_then(database: Database) -> None:
    with database.transaction() as tx:
        record, secret = tokens.create(tx, name="", scopes=[], now=NOON, created_by="")
        assert tokens.needs_use_noted(record, NOON)
        tokens.note_use(tx, record.id, now=NOON)
        found = tokens.find(tx, secret, now=after(1))
    assert found is not None
    assert not tokens.needs_use_noted(found, after(599))
    assert tokens.needs_use_noted(found, after(600))


def alert(**values: Any) -> Alert:
    fixed: dict[str, Any] = {
        "key": "result:camera-1:intrinsic_uniformity",
        "severity": AlertSeverity.WARNING,
        "title": "Uniformity",
        "message": "4.9 %",
        "device_id": "camera-1",
        "test": "intrinsic_uniformity",
    }
    return Alert(**{**fixed, **values})


def test_one_cause_is_one_alert(database: Database) -> None:
    with database.transaction() as tx:
        first = alerts.raise_alert(tx, alert(), now=NOON)
        again = alerts.raise_alert(tx, alert(message="5.2 %"), now=after(60))
        other = alerts.raise_alert(tx, alert(key="disk"), now=after(61))

        assert (again.id, again.count, again.alert.message) == (first.id, 2, "5.2 %")
        assert (again.opened_at, again.last_seen_at) == (NOON, after(60))
        page = alerts.page(tx, limit=1)
        assert [a.id for a in page.items] == [other.id]
        assert [a.id for a in alerts.page(tx, cursor=page.next_cursor).items] == [first.id]


def test_the_same_result_raises_its_alert_once(database: Database) -> None:
    with database.transaction() as tx:
        result = results.add(tx, result_of(waiting_set(tx)))
        alerts.raise_alert(tx, alert(result_id=result.id), now=NOON)

        assert alerts.raise_alert(tx, alert(result_id=result.id), now=after(60)).count == 1


def test_an_acknowledged_alert_stays_so_unless_it_gets_worse(database: Database) -> None:
    with database.transaction() as tx:
        opened = alerts.raise_alert(tx, alert(), now=NOON)
        seen = alerts.acknowledge(tx, opened.id, by="physicist", comment="known", now=after(1))
        assert (seen.state, seen.acknowledged_by) == (AlertState.ACKNOWLEDGED, "physicist")
        assert alerts.acknowledge(tx, opened.id, by="x", comment="", now=after(2)) == seen

        assert alerts.raise_alert(tx, alert(), now=after(3)).state is AlertState.ACKNOWLEDGED
        worse = alerts.raise_alert(tx, alert(severity=AlertSeverity.CRITICAL), now=after(4))
        assert worse.state is AlertState.OPEN


def test_a_cause_that_returns_after_its_alert_was_closed_is_a_new_alert(
    database: Database,
) -> None:
    with database.transaction() as tx:
        first = alerts.raise_alert(tx, alert(), now=NOON)
        assert alerts.close(tx, alert().key, now=after(1))
        assert not alerts.close(tx, alert().key, now=after(2))
        with pytest.raises(StateError, match="is closed"):
            alerts.acknowledge(tx, first.id, by="x", comment="", now=after(3))
        second = alerts.raise_alert(tx, alert(), now=after(4))

        assert second.id != first.id
        assert [a.id for a in alerts.page(tx, states=[AlertState.OPEN]).items] == [second.id]
        assert alerts.page(tx, device_id="camera-2").items == ()
        with pytest.raises(NotFoundError, match="there is no alert x"):
            alerts.get(tx, "x")


def fill(database: Database) -> None:
    with database.transaction() as tx:
        for number in range(3):
            audit.append(
                tx,
                at=after(number),
                actor="physicist",
                action="limits.change",
                subject="site\0",
                detail={"before": 5.0, "after": [1, 2.5, "五"]},
            )


def test_the_trail_is_whole_and_read_newest_first(database: Database) -> None:
    fill(database)

    with database.snapshot() as tx:
        assert audit.verify(tx) == 3
        assert [e.number for e in audit.page(tx, limit=2)] == [3, 2]
        (first,) = audit.page(tx, before=2)
    assert (first.at, first.detail["after"]) == (NOON, [1, 2.5, "五"])


@pytest.mark.parametrize(
    "statement", ["UPDATE audit SET actor = 'x' WHERE number = 2", "DELETE FROM audit"]
)
def test_the_database_refuses_changes_of_the_trail(database: Database, statement: str) -> None:
    fill(database)

    refusal = (RowRefusedError, sa.exc.DBAPIError)
    with pytest.raises(refusal, match="append-only"), database.transaction() as tx:
        tx.connection.exec_driver_sql(statement)
    with database.snapshot() as tx:
        assert audit.verify(tx) == 3


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE audit SET actor = 'x' WHERE number = 2", "entry 2 .* was changed"),
        ("UPDATE audit SET at = replace(at, '12:00:01', '12:00:09')", "entry 2 .* was changed"),
        ("DELETE FROM audit WHERE number = 2", "broken before entry 3"),
        ("DELETE FROM audit WHERE number = 1", "broken before entry 2"),
    ],
)
def test_what_is_changed_behind_the_back_of_the_database_is_found(
    sqlite_database: Database, statement: str, message: str
) -> None:
    fill(sqlite_database)
    assert sqlite_database.path is not None
    with closing(sqlite3.connect(sqlite_database.path)) as file, file:
        file.execute("DROP TRIGGER audit_no_update")
        file.execute("DROP TRIGGER audit_no_delete")
        file.execute(statement)

    with sqlite_database.snapshot() as tx, pytest.raises(AuditError, match=message):
        audit.verify(tx)


def test_an_end_that_was_cut_off_shows_against_an_anchor_that_was_kept(database: Database) -> None:
    fill(database)
    with database.transaction() as tx:
        kept = audit.latest(tx)
        assert kept is not None
        audit.append(tx, at=NOON, actor="a", action="x", subject="s")
    with database.snapshot() as tx:
        assert audit.verify(tx, [audit.Anchor.read(str(kept))]) == 4

    owner_of_the_file(database, "DELETE FROM audit WHERE number > 2")
    with database.snapshot() as tx:
        assert audit.verify(tx) == 2
        with pytest.raises(AuditError, match="ends with entry 2, but entry 3 was anchored"):
            audit.verify(tx, [kept])


def test_a_trail_that_was_written_anew_shows_against_an_anchor(database: Database) -> None:
    fill(database)
    with database.snapshot() as tx:
        kept = audit.latest(tx)
        assert kept is not None

    owner_of_the_file(database, "DELETE FROM audit")
    with database.transaction() as tx:
        for _ in range(5):
            audit.append(tx, at=NOON, actor="a", action="x", subject="s")
        assert audit.verify(tx) == 5
        with pytest.raises(AuditError, match="entry 3 is not the one that was anchored"):
            audit.verify(tx, [kept])


@pytest.mark.parametrize(
    "text", ["", "3", "3:abc", "0:" + "a" * 64, "-1:" + "a" * 64, "3:" + "g" * 64]
)
def test_what_is_no_anchor_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="an anchor is"):
        audit.Anchor.read(text)


def owner_of_the_file(database: Database, statement: str) -> None:
    """Do what the triggers keep everybody from who does not own the database."""
    with database.transaction() as tx:
        if tx.connection.dialect.name == "sqlite":
            tx.connection.exec_driver_sql("DROP TRIGGER audit_no_delete")
        else:
            tx.connection.exec_driver_sql("DROP TRIGGER audit_append_only ON audit")
        tx.connection.exec_driver_sql(statement)
