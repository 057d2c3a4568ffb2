"""Whatever happens to an alert is kept in the transaction in which it happens."""

from datetime import timedelta

import pytest

from photopeak.model.alerts import Alert, AlertSeverity, Breach
from photopeak.storage import alert_events, alerts, leases, marks, silences
from photopeak.storage.database import Database, Transaction
from photopeak.storage.errors import NotFoundError, StateError
from support.rows import NOON, after

WARNING, CRITICAL = AlertSeverity.WARNING, AlertSeverity.CRITICAL


def alert(severity: AlertSeverity = WARNING, **values: str) -> Alert:
    return Alert(
        key=values.get("key", "k"), severity=severity, title="t", message="m",
        device_id=values.get("device_id", "camera-1"), test="uniformity", detector=2,
        rule="mandatory", breaches=(Breach(metric="iu", scope={"detector": 2}, group="g"),),
        acquired_at=NOON,
    )  # fmt: skip


def kinds(tx: Transaction, alert_id: str) -> list[str]:
    return [event.kind.value for event in reversed(alert_events.history(tx, alert_id))]


def test_an_alert_comes_back_as_it_was_raised(database: Database) -> None:
    with database.transaction() as tx:
        assert alerts.raise_alert(tx, alert(), now=NOON).alert == alert()


def test_its_whole_life_is_its_history(database: Database) -> None:
    with database.transaction() as tx:
        record = alerts.raise_alert(tx, alert(), now=NOON)
        alerts.raise_alert(tx, alert(), now=after(1))
        alerts.acknowledge(tx, record.id, by="anna", comment="seen", now=after(2))
        alerts.raise_alert(tx, alert(CRITICAL), now=after(3))
        alerts.close(tx, "k", now=after(4), reason="repeat passed")

        assert kinds(tx, record.id) == ["opened", "repeated", "acknowledged", "worse", "resolved"]
        last, *_, first = alert_events.history(tx, record.id)
        assert (last.reason, last.at, first.message) == ("repeat passed", after(4), "m")


def test_an_event_is_handled_once(database: Database) -> None:
    with database.transaction() as tx:
        alerts.raise_alert(tx, alert(), now=NOON)
        alerts.raise_alert(tx, alert(key="other"), now=after(1))
        first, second = alert_events.unhandled(tx)
        alert_events.handled(tx, {first.id}, now=after(2))

        assert alert_events.unhandled(tx) == (second,)


def test_alerts_are_closed_by_the_beginning_of_their_keys(database: Database) -> None:
    with database.transaction() as tx:
        for key in ("a/1", "a/2", "b/1"):
            alerts.raise_alert(tx, alert(key=key), now=NOON)

        assert alerts.close_others(tx, "a/", {"a/1"}, now=after(1)) == 1
        assert [r.alert.key for r in alerts.open_under(tx)] == ["a/1", "b/1"]


def silence(tx: Transaction, *, device: str | None = "camera-1", hours: float = 1.0) -> str:
    return silences.create(
        tx, device_id=device, test=None, rule="", reason="r", by="anna",
        ends_at=NOON + timedelta(hours=hours), now=NOON,
    ).id  # fmt: skip


def test_a_silence_holds_until_its_end_and_is_in_the_history(database: Database) -> None:
    with database.transaction() as tx:
        record = alerts.raise_alert(tx, alert(), now=NOON)
        other = alerts.raise_alert(tx, alert(key="x", device_id="camera-2"), now=NOON)
        made = silences.get(tx, silence(tx))

        assert silences.active(tx, now=after(3599.0)) == (made,)
        assert silences.active(tx, now=after(3600.0)) == ()
        assert silences.over(tx, now=after(3600.0)) == (made,)
        assert silences.announce_over(tx, made, now=after(3600.0))
        assert not silences.announce_over(tx, made, now=after(3601.0))
        assert silences.over(tx, now=after(3602.0)) == ()
        assert kinds(tx, record.id) == ["opened", "silenced", "unsilenced"]
        assert kinds(tx, other.id) == ["opened"]


def test_a_silence_ends_once(database: Database) -> None:
    with database.transaction() as tx:
        identity = silence(tx)
        ended = silences.end(tx, identity, by="bea", reason="done", now=after(60))

        assert (ended.ended_by, ended.active(after(61))) == ("bea", False)
        assert silences.past(tx, now=after(61)) == (ended,)
        with pytest.raises(StateError, match="is over"):
            silences.end(tx, identity, by="bea", reason="x", now=after(62))
        with pytest.raises(NotFoundError):
            silences.get(tx, "nothing")


def test_a_lease_is_of_one_until_it_ends(database: Database) -> None:
    minute = timedelta(minutes=1)
    with database.transaction() as tx:
        assert leases.take(tx, "x", "a", now=NOON, length=minute)
        assert not leases.take(tx, "x", "b", now=after(59), length=minute)
        assert leases.take(tx, "x", "a", now=after(40), length=minute)
        assert not leases.take(tx, "x", "b", now=after(61), length=minute)
        assert leases.take(tx, "x", "b", now=after(100), length=minute)
        leases.release(tx, "b")
        assert leases.holder(tx, "x", now=after(100)) is None


def test_a_mark_advances_for_one_caller(database: Database) -> None:
    with database.transaction() as tx:
        assert marks.advance(tx, "day", "1")
        assert not marks.advance(tx, "day", "1")
        assert marks.advance(tx, "day", "2")
