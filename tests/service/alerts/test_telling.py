"""What people are told of alerts, by a clock that is turned by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from photopeak.model.alerts import AlertSeverity, AlertState, Breach
from photopeak.model.messages import LineStatus, MessageKind
from photopeak.storage import alert_events, alert_notices, alerts
from photopeak.storage.database import Database
from support.telling import Desk, settings_of

WARNING, CRITICAL = AlertSeverity.WARNING, AlertSeverity.CRITICAL


def desk(database: Database, **sections: Any) -> Desk:
    return Desk(database, settings_of(**sections))


def test_what_fails_on_a_device_within_two_minutes_is_one_message(
    sqlite_database: Database,
) -> None:
    it = desk(sqlite_database)
    it.breach(detector=1)
    it.breach(detector=2, severity=WARNING)
    assert it.pass_time(minutes=1) == []

    (message,) = it.pass_time(minutes=2)
    assert message.kind is MessageKind.ALERT
    assert [(x.device, x.title, x.detector, x.status) for x in message.lines] == [
        ("Camera 1", "Intrinsic uniformity", 1, LineStatus.ACTION),
        ("Camera 1", "Intrinsic uniformity", 2, LineStatus.WARNING),
    ]
    assert message.lines[0].text == "Integral uniformity is 5.2 %"
    assert message.lines[0].link.startswith("/alerts/")
    assert it.pass_time(hours=1) == []


def test_devices_have_messages_of_their_own(sqlite_database: Database) -> None:
    it = desk(sqlite_database)
    it.breach("camera-1")
    it.breach("camera-2")

    told = sorted(m.lines[0].device for m in it.pass_time(minutes=3))
    assert told == ["Camera 1", "Camera 2"]


def test_more_of_the_same_morning_waits_for_half_an_hour(sqlite_database: Database) -> None:
    it = desk(sqlite_database)
    it.breach(test="intrinsic_uniformity")
    assert len(it.pass_time(minutes=3)) == 1
    it.breach(test="spatial_resolution")
    it.pass_time(minutes=5)
    it.breach(test="sensitivity")
    assert it.pass_time(minutes=20) == []

    (message,) = it.pass_time(minutes=10)
    assert sorted(line.test for line in message.lines) == ["sensitivity", "spatial_resolution"]


def test_a_greater_trouble_does_not_wait_for_the_half_hour(sqlite_database: Database) -> None:
    it = desk(sqlite_database)
    it.breach(severity=WARNING)
    assert len(it.pass_time(minutes=3)) == 1
    it.breach(severity=CRITICAL)

    (message,) = it.pass_time(minutes=3)
    assert [line.status for line in message.lines] == [LineStatus.ACTION]


def test_five_hundred_failing_series_in_a_minute_are_few_messages_and_all_are_named(
    sqlite_database: Database,
) -> None:
    it = desk(sqlite_database)
    for number in range(500):
        it.breach(
            "camera-1", key=f"routing:1.2.{number}", message=f"series 1.2.{number}",
            test=None, detector=None, rule="", severity=WARNING,
        )  # fmt: skip

    messages = it.pass_time(minutes=5)
    assert len(messages) == 10
    assert {line.text for m in messages for line in m.lines} == {
        f"series 1.2.{n}" for n in range(500)
    }
    assert max(len(m.lines) for m in messages) <= 50
    assert it.pass_time(hours=2) == []


def test_many_devices_at_once_are_told_of_together(sqlite_database: Database) -> None:
    it = desk(sqlite_database)
    for number in range(40):
        it.breach(f"scanner-{number}")

    (message,) = it.pass_time(minutes=3)
    assert len({line.device for line in message.lines}) == 40


def test_a_repeat_that_passes_is_told_when_it_has_lasted(sqlite_database: Database) -> None:
    it = desk(sqlite_database)
    record = it.breach()
    it.pass_time(minutes=3)
    it.recover(record)
    assert it.pass_time(minutes=29) == []

    (message,) = it.pass_time(minutes=2)
    assert message.kind is MessageKind.RESOLVED
    assert message.lines[0].status is LineStatus.RESOLVED
    assert it.pass_time(hours=30) == []
    with sqlite_database.snapshot() as tx:
        assert alert_notices.all_of_them(tx) == ()


def test_flapping_around_the_limit_is_told_once_with_a_count(sqlite_database: Database) -> None:
    it = desk(sqlite_database)
    record = it.breach()
    assert len(it.pass_time(minutes=3)) == 1
    for _ in range(4):
        it.recover(record)
        assert it.pass_time(minutes=5) == []
        record = it.breach()
        assert it.pass_time(minutes=5) == []
    it.recover(record)

    (message,) = it.pass_time(hours=1)
    assert message.kind is MessageKind.RESOLVED
    assert "came back 4 times" in message.lines[0].text


def test_flapping_before_anybody_was_told_is_one_line(sqlite_database: Database) -> None:
    it = desk(sqlite_database, policy={"group_wait_s": 600.0})
    begun = it.now
    for _ in range(3):
        record = it.breach()
        it.pass_time(minutes=1)
        it.recover(record)
        it.pass_time(minutes=1)

    (message,) = it.pass_time(minutes=10)
    (line,) = message.lines
    assert (line.status, line.since) == (LineStatus.RESOLVED, begun)
    assert "came back 2 times" in line.text
    assert it.pass_time(hours=2) == []


def test_a_reminder_says_still_since_when_and_who_took_notice(sqlite_database: Database) -> None:
    it = desk(sqlite_database, policy={"repeat_h": 4.0})
    record = it.breach()
    opened = it.now
    it.pass_time(minutes=3)
    it.acknowledge(record)
    assert it.pass_time(hours=3) == []

    (message,) = it.pass_time(hours=2)
    assert message.kind is MessageKind.REMINDER
    assert (message.lines[0].since, message.lines[0].seen_by) == (opened, "anna")
    assert len(it.pass_time(hours=8)) == 2


def test_nobody_who_took_notice_is_escalated_once_to_the_second_address(
    sqlite_database: Database,
) -> None:
    escalation = {"after_min": 30, "channels": ["mail"], "recipients": ["chief@example.org"]}
    it = desk(sqlite_database, escalation=escalation)
    it.breach("camera-1")
    seen = it.breach("camera-2")
    it.breach("camera-3", severity=WARNING)
    it.pass_time(minutes=3)
    it.acknowledge(seen)

    (message,) = it.pass_time(hours=5)
    assert message.kind is MessageKind.ESCALATION
    assert message.recipients == ("chief@example.org",)
    assert [line.device for line in message.lines] == ["Camera 1"]


def test_an_acknowledged_alert_that_gets_worse_is_open_and_told_again(
    sqlite_database: Database,
) -> None:
    it = desk(sqlite_database)
    record = it.breach(severity=WARNING)
    it.pass_time(minutes=3)
    it.acknowledge(record)
    it.breach(severity=WARNING)
    assert it.pass_time(minutes=40) == []
    it.breach(severity=CRITICAL)

    (message,) = it.pass_time(minutes=3)
    assert message.lines[0].status is LineStatus.ACTION
    with sqlite_database.snapshot() as tx:
        assert it.read(tx, record).state is AlertState.OPEN


def test_between_warning_and_failure_an_acknowledged_alert_does_not_open_again(
    sqlite_database: Database,
) -> None:
    it = desk(sqlite_database)
    record = it.breach(severity=CRITICAL)
    it.pass_time(minutes=3)
    it.acknowledge(record)
    for severity in (WARNING, CRITICAL, WARNING, CRITICAL):
        it.breach(severity=severity)
        assert it.pass_time(minutes=40) == []

    with sqlite_database.snapshot() as tx:
        assert it.read(tx, record).state is AlertState.ACKNOWLEDGED


def test_a_silence_holds_messages_and_its_end_is_announced(sqlite_database: Database) -> None:
    it = desk(sqlite_database)
    before = it.breach("camera-1")
    assert len(it.pass_time(minutes=3)) == 1
    it.silence(device_id="camera-1", hours=2)
    it.breach("camera-1", test="sensitivity")
    it.breach("camera-2")
    assert [m.lines[0].device for m in it.pass_time(minutes=110)] == ["Camera 2"]

    announced, news = it.pass_time(minutes=30)
    if announced.kind is not MessageKind.SERVICE:
        announced, news = news, announced
    assert announced.title == "A silence has ended"
    assert [line.alert_id for line in announced.lines[1:]] == [before.id]
    assert [line.test for line in news.lines] == ["sensitivity"]
    assert it.pass_time(hours=2) == []
    with sqlite_database.snapshot() as tx:
        kinds = [event.kind.value for event in alert_events.history(tx, before.id)]
    assert kinds == ["unsilenced", "silenced", "opened"]


def test_what_is_over_when_a_silence_ends_is_not_told(sqlite_database: Database) -> None:
    it = desk(sqlite_database)
    it.silence(device_id="camera-1", hours=1)
    record = it.breach("camera-1")
    it.pass_time(minutes=10)
    it.recover(record)

    (announced,) = it.pass_time(hours=3)
    assert announced.kind is MessageKind.SERVICE


def test_quiet_hours_hold_messages_and_nothing_else(sqlite_database: Database) -> None:
    it = desk(sqlite_database, quiet_hours={"begin": "19:00", "end": "06:30"})
    it.now = datetime(2026, 3, 2, 22, 0, tzinfo=UTC)
    record = it.breach("camera-1", severity=WARNING)
    loud = it.breach("camera-2", severity=CRITICAL)

    (message,) = it.pass_time(hours=8)
    assert [line.alert_id for line in message.lines] == [loud.id]
    with sqlite_database.snapshot() as tx:
        assert it.read(tx, record).state is AlertState.OPEN
    (message,) = it.pass_time(hours=1)
    assert [line.alert_id for line in message.lines] == [record.id]
    assert it.now < datetime(2026, 3, 3, 7, 1, tzinfo=UTC)


def test_a_site_may_hold_everything_in_quiet_hours(sqlite_database: Database) -> None:
    quiet = {"begin": "19:00", "end": "06:30", "critical_passes": False}
    it = desk(sqlite_database, quiet_hours=quiet)
    it.now = datetime(2026, 3, 2, 22, 0, tzinfo=UTC)
    it.breach(severity=CRITICAL)

    assert it.pass_time(hours=8) == []
    assert len(it.pass_time(hours=1)) == 1


def test_a_limit_that_is_broken_keeps_trends_of_the_same_number_back(
    sqlite_database: Database,
) -> None:
    it = desk(sqlite_database)
    number = (Breach(metric="iu_ufov"),)
    it.breach(breaches=number)
    it.breach(rule="2_2s", severity=WARNING, breaches=number)
    it.breach(rule="1_3s", severity=WARNING, breaches=(Breach(metric="du_ufov"),))
    it.breach(rule="2_2s", detector=2, severity=WARNING, breaches=number)

    (message,) = it.pass_time(minutes=3)
    assert [(line.rule, line.detector) for line in message.lines] == [
        ("mandatory", 1),
        ("1_3s", 1),
        ("2_2s", 2),
    ]


def test_what_was_kept_back_is_told_when_the_greater_trouble_is_over(
    sqlite_database: Database,
) -> None:
    it = desk(sqlite_database)
    breach = it.breach()
    it.breach(rule="2_2s", severity=WARNING)
    assert len(it.pass_time(minutes=3)) == 1
    it.recover(breach)

    messages = it.pass_time(minutes=40)
    assert sorted(line.rule for m in messages for line in m.lines) == ["2_2s", "mandatory"]


@pytest.mark.parametrize("cause", ["storage host-1", "idle"])
def test_what_cannot_arrive_is_not_called_overdue(sqlite_database: Database, cause: str) -> None:
    it = desk(sqlite_database)
    it.breach("camera-1", rule="OVERDUE", detector=None, severity=WARNING)
    if cause == "idle":
        it.idle = ("camera-1",)
    else:
        it.breach("", key=cause, device_id=None, test=None, detector=None, rule="")

    told = [line.rule for m in it.pass_time(hours=1) for line in m.lines]
    assert "OVERDUE" not in told


def test_a_test_that_is_overdue_is_told_once_and_its_arrival_too(
    sqlite_database: Database,
) -> None:
    it = desk(sqlite_database)
    record = it.breach(rule="OVERDUE", detector=None, severity=WARNING)

    (message,) = it.pass_time(hours=3)
    assert message.lines[0].status is LineStatus.OVERDUE
    it.recover(record)
    (message,) = it.pass_time(hours=1)
    assert message.kind is MessageKind.RESOLVED


def test_a_test_that_came_before_anybody_was_told_is_no_news(sqlite_database: Database) -> None:
    it = desk(sqlite_database)
    it.recover(it.breach(rule="OVERDUE", detector=None, severity=WARNING))

    assert it.pass_time(hours=1) == []


def test_routes_send_each_what_he_asked_for(sqlite_database: Database) -> None:
    one = {"devices": ["camera-1"], "channels": ["mail"], "recipients": ["one@example.org"]}
    grave = {"severities": ["critical"], "channels": ["mail"], "recipients": ["all@example.org"]}
    it = desk(sqlite_database, routes=[one, grave])
    it.breach("camera-1", severity=WARNING)
    it.breach("camera-2", severity=CRITICAL)
    it.breach("camera-3", severity=WARNING)

    told = {m.recipients: [x.device for x in m.lines] for m in it.pass_time(minutes=3)}
    assert told == {("one@example.org",): ["Camera 1"], ("all@example.org",): ["Camera 2"]}


def test_what_only_informs_is_not_sent_to_people(sqlite_database: Database) -> None:
    it = desk(sqlite_database)
    it.breach(severity=AlertSeverity.INFO, test=None, rule="", key="equipment:x")

    assert it.pass_time(hours=50) == []


def test_programs_are_told_of_the_events_that_they_asked_for(
    sqlite_database: Database,
) -> None:
    hook = {"url": "https://ris.example.org/hook", "secret_files": ["secret"]}
    it = desk(
        sqlite_database,
        mail=None,
        webhooks={
            "ris": {**hook, "events": ["result.action", "alert.resolved"]},
            "log": {**hook, "events": ["alert.acknowledged"]},
        },
    )
    record = it.breach()
    it.breach("camera-2", severity=WARNING)

    (message,) = it.pass_time(minutes=3)
    assert (message.channel, message.event) == ("webhooks.ris", "result.action")
    assert [line.alert_id for line in message.lines] == [record.id]
    it.acknowledge(record)
    assert [m.event for m in it.pass_time(minutes=1)] == ["alert.acknowledged"]
    it.recover(record)
    assert [m.event for m in it.pass_time(hours=1)] == ["alert.resolved"]


def test_what_only_informs_is_no_failing_service(sqlite_database: Database) -> None:
    hook = {"url": "https://ris.example.org/hook", "secret_files": ["secret"]}
    it = desk(
        sqlite_database,
        mail=None,
        webhooks={
            "monitor": {**hook, "events": ["service.degraded"]},
            "log": {**hook, "events": ["alert.opened"]},
        },
    )
    it.breach(severity=AlertSeverity.INFO, test=None, rule="", key="caller:x")

    assert {m.channel for m in it.pass_time(hours=50)} <= {"webhooks.log"}


def test_what_a_person_withdrew_is_not_told_as_good_again(sqlite_database: Database) -> None:
    hook = {"url": "https://ris.example.org/hook", "secret_files": ["secret"]}
    it = desk(sqlite_database, webhooks={"ris": {**hook, "events": ["alert.withdrawn"]}})
    record = it.breach()
    it.pass_time(minutes=3)
    with sqlite_database.transaction() as tx:
        alerts.withdraw(tx, record.id, by="chen", reason="the camera is sold", now=it.now)

    told = {m.channel: m for m in it.pass_time(hours=1)}
    assert told["webhooks.ris"].event == "alert.withdrawn"
    (line,) = told["mail"].lines
    assert (told["mail"].kind, line.status) == (MessageKind.ALERT, LineStatus.WITHDRAWN)
    assert line.text == "withdrawn by chen: the camera is sold"
    assert it.pass_time(hours=50) == []


def test_a_process_that_dies_between_result_and_message_loses_nothing(
    database: Database,
) -> None:
    it = desk(database)
    it.breach()
    it.now += timedelta(minutes=3)
    other = Desk(database, it.settings, now=it.now, name="worker-2")

    assert len(it.die_while_telling()) == 1
    assert it.news() == []
    (message,) = other.pass_time(minutes=1)
    assert message.lines[0].device == "Camera 1"
    assert it.pass_time(minutes=5) == [message]


def test_the_id_of_a_message_comes_from_what_it_tells(sqlite_database: Database) -> None:
    it = desk(sqlite_database)
    it.breach()
    it.now += timedelta(minutes=3)

    first = it.die_while_telling()
    assert len(first) == 1
    assert it.die_while_telling() == first
    assert [message.id for message in it.pass_time(minutes=1)] == first


def test_what_is_missing_again_is_not_called_good_again(sqlite_database: Database) -> None:
    it = desk(sqlite_database)
    about = {"rule": "OVERDUE", "detector": None, "severity": CRITICAL}
    monday = it.breach(key="overdue/camera-1/2026-03-02", **about)
    assert len(it.pass_time(hours=1)) == 1
    it.pass_time(hours=20)
    it.recover(monday)
    tuesday = it.breach(key="overdue/camera-1/2026-03-03", **about)

    (message,) = it.pass_time(hours=3)
    assert message.alert_ids == (tuesday.id,)
    with sqlite_database.snapshot() as tx:
        assert [notice.alert_id for notice in alert_notices.all_of_them(tx)] == [tuesday.id]


def test_what_is_over_says_why(sqlite_database: Database) -> None:
    it = desk(sqlite_database)
    record = it.breach(rule="OVERDUE", detector=None)
    it.pass_time(minutes=3)
    with sqlite_database.transaction() as tx:
        alerts.close(tx, record.alert.key, now=it.now, reason="a usable result has arrived")

    (message,) = it.pass_time(hours=1)
    assert message.lines[0].text == "a usable result has arrived"


def test_a_site_may_not_want_to_hear_what_is_resolved(sqlite_database: Database) -> None:
    it = desk(sqlite_database, policy={"resolved": False})
    record = it.breach()
    assert len(it.pass_time(minutes=3)) == 1
    it.recover(record)
    assert it.pass_time(minutes=5) == []
    record = it.breach()  # it flaps, which is no news either
    assert it.pass_time(minutes=5) == []
    it.recover(record)

    assert it.pass_time(hours=1) == []
    it.breach()
    assert len(it.pass_time(minutes=3)) == 1


def test_what_came_late_and_failed_does_not_wait_because_it_was_late(
    sqlite_database: Database,
) -> None:
    it = desk(sqlite_database)
    late = it.breach(rule="OVERDUE", detector=None)
    assert len(it.pass_time(minutes=3)) == 1
    it.recover(late)
    it.breach()

    (message,) = it.pass_time(minutes=3)
    assert [line.rule for line in message.lines] == ["mandatory"]


def test_what_people_took_notice_of_as_less_is_news_when_it_is_worse_again(
    sqlite_database: Database,
) -> None:
    it = desk(sqlite_database)
    it.breach(result_id=None)
    assert len(it.pass_time(minutes=3)) == 1
    it.acknowledge(it.breach(severity=WARNING))
    assert it.pass_time(hours=3) == []
    it.breach()

    (message,) = it.pass_time(minutes=5)
    assert [line.status for line in message.lines] == [LineStatus.ACTION]
    assert message.kind is MessageKind.ALERT
    assert it.pass_time(hours=3) == []
