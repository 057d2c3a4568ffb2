from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from photopeak.model.alerts import Alert, AlertSeverity
from photopeak.model.configuration import Configuration
from photopeak.model.judgement import Status
from photopeak.model.recurrence import Recurrence
from photopeak.model.results import PARTIAL, FailureRecord, NoteRecord
from photopeak.model.reviews import Meaning, Review
from photopeak.model.schedule import Attempt, ScheduleRule, Task
from photopeak.storage import alerts, audit, calendar_links, results, reviews, schedule, standings
from photopeak.storage.database import Database
from photopeak.storage.errors import NotFoundError, StateError
from photopeak.storage.tables.schedule import standings as rows
from support.rows import NOON, after, result_of, waiting_set

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
RULE = ScheduleRule(id="daily", tests=("a",), repeat=Recurrence(text="FREQ=DAILY"))


def of(database: Database, device: str = "camera-1") -> tuple[Attempt, ...]:
    with database.snapshot() as tx:
        return standings.attempts(tx).get(device, {}).get("intrinsic_uniformity", ())


def test_a_result_tells_how_its_test_stands(database: Database) -> None:
    with database.transaction() as tx:
        stored = results.add(tx, result_of(waiting_set(tx)))

    (attempt,) = of(database)
    assert attempt == Attempt(
        result_id=stored.id, status=Status.PASS, at=NOON, variant="nema", detectors=("1",)
    )


def test_the_current_version_counts_at_the_time_of_measurement(database: Database) -> None:
    with database.transaction() as tx:
        test_set = waiting_set(tx)
        results.add(tx, result_of(test_set))
        again = result_of(test_set, status=Status.FAIL)
        late = replace(again.provenance, analyzer_version="2", finished_at=after(86_400))
        second = results.add(tx, replace(again, provenance=late))

    (attempt,) = of(database)
    assert (attempt.result_id, attempt.status, attempt.at) == (second.id, Status.FAIL, NOON)


@pytest.mark.parametrize(
    ("acquired_at", "at", "dated"),
    [
        (None, after(1), False),
        (after(-3600), after(-3600), True),
        (after(600), after(1), True),
        (after(86_400), after(1), False),
    ],
)
def test_a_time_that_cannot_be_is_the_time_of_arrival(
    database: Database, acquired_at: datetime | None, at: datetime, dated: bool
) -> None:
    with database.transaction() as tx:
        test_set = waiting_set(tx)
        first = result_of(test_set, acquired_at=acquired_at)
        results.add(tx, first)
        # Analysed again days later: the arrival stays that of the first result.
        late = replace(first.provenance, analyzer_version="2", finished_at=after(9 * 86_400))
        results.add(tx, replace(first, provenance=late))

    (attempt,) = of(database)
    assert (attempt.at, attempt.dated) == (at, dated)


def test_heads_windows_and_what_is_partial_are_told(database: Database) -> None:
    with database.transaction() as tx:
        test_set = waiting_set(tx)
        record = result_of(
            test_set,
            status=Status.INFO,
            notes=(NoteRecord(code=PARTIAL, message="without a second head"),),
        )
        configurations = (
            Configuration(parts={"energy window": "141 keV 20 % + 364 keV 15 %"}),
            Configuration(scope={"detector": 2}, parts={"energy window": "141 keV 20 %"}),
        )
        provenance = replace(record.provenance, configurations=configurations)
        results.add(tx, replace(record, provenance=provenance))

    (attempt,) = of(database)
    assert attempt.detectors == ("2",)
    assert attempt.windows == ("141 keV 20 %", "364 keV 15 %")
    assert attempt.partial


def test_the_head_that_failed_is_told(database: Database) -> None:
    with database.transaction() as tx:
        record = result_of(waiting_set(tx), status=Status.FAIL)
        verdict = replace(record.verdicts[0], scope={"detector": 2}, status=Status.FAIL)
        results.add(tx, replace(record, verdicts=(verdict,)))
        whole = replace(verdict, scope={})
        other = result_of(waiting_set(tx, "1.2.3.11"), status=Status.FAIL)
        results.add(tx, replace(other, verdicts=(verdict, whole), acquired_at=after(60)))

    assert [attempt.failed for attempt in of(database)] == [(), ("2",)]


def test_a_failure_to_analyse_stands_as_one(database: Database) -> None:
    failure = FailureRecord(code="X", message="cannot")
    with database.transaction() as tx:
        record = result_of(waiting_set(tx), status=Status.ERROR, failure=failure, verdicts=())
        provenance = replace(record.provenance, configurations=())
        results.add(tx, replace(record, provenance=provenance, measurements=()))

    assert [(a.status, a.detectors) for a in of(database)] == [(Status.ERROR, ())]


def test_what_a_person_took_notice_of_is_told(database: Database) -> None:
    with database.transaction() as tx:
        stored = results.add(tx, result_of(waiting_set(tx), status=Status.WARN))
        raised = [
            alerts.raise_alert(
                tx,
                Alert(
                    key=f"k{number}",
                    severity=AlertSeverity.WARNING,
                    title="t",
                    message="m",
                    result_id=stored.id,
                ),
                now=NOON,
            )
            for number in range(2)
        ]
        alerts.acknowledge(tx, raised[0].id, by="kim", comment="known", now=after(1))

    assert [a.acknowledged for a in of(database)] == [False]
    with database.transaction() as tx:
        alerts.acknowledge(tx, raised[1].id, by="kim", comment="known", now=after(2))
    assert [a.acknowledged for a in of(database)] == [True]


def test_who_withdraws_an_alert_has_taken_notice_for_good(database: Database) -> None:
    with database.transaction() as tx:
        stored = results.add(tx, result_of(waiting_set(tx), status=Status.FAIL))
        cause = Alert(key="k", severity=AlertSeverity.CRITICAL, title="t", message="m")
        raised = alerts.raise_alert(tx, replace(cause, result_id=stored.id), now=NOON)
        alerts.withdraw(tx, raised.id, by="kim", reason="its limit is gone", now=after(1))

    assert [(a.status, a.acknowledged) for a in of(database)] == [(Status.FAIL, True)]
    with database.transaction() as tx:  # the same comes again: nobody knows of that
        alerts.raise_alert(tx, replace(cause, result_id=stored.id), now=after(2))
    assert [a.acknowledged for a in of(database)] == [False]


def test_what_was_there_before_is_told_of_afterwards(database: Database) -> None:
    with database.transaction() as tx:
        results.add(tx, result_of(waiting_set(tx)))
        results.add(tx, result_of(waiting_set(tx, "1.2.3.11"), device_id=None))
        tx.connection.execute(sa.delete(rows))

    assert of(database) == ()
    with database.transaction() as tx:
        assert standings.complete(tx) == 1
        assert standings.complete(tx) == 0
    assert len(of(database)) == 1


def test_the_oldest_results_are_left_out(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as tx:
        for day in range(standings.KEPT + 2):
            record = result_of(waiting_set(tx, f"1.2.4.{day}"), acquired_at=after(-3600 * day))
            results.add(tx, record)

    found = of(sqlite_database)
    assert [a.at for a in found] == [after(-3600 * day) for day in range(standings.KEPT)]


def test_a_test_is_scheduled_since_it_was_first_configured(database: Database) -> None:
    first = Task(device_id="camera-1", test="a", rule=RULE)
    second = Task(device_id="camera-1", test="b", rule=RULE)
    with database.transaction() as tx:
        schedule.put_in_force(tx, [first], now=NOON)
        schedule.put_in_force(tx, [first, second], now=after(60))

        assert schedule.since(tx) == {
            ("camera-1", "a", ""): NOON,
            ("camera-1", "b", ""): after(60),
        }
        schedule.put_in_force(tx, [second], now=after(120))
        schedule.put_in_force(tx, [first, second], now=after(180))
        assert schedule.since(tx)["camera-1", "a", ""] == after(180)


def test_a_device_is_out_of_use_until_somebody_takes_it_back(database: Database) -> None:
    with database.transaction() as tx:
        noted = schedule.pause(
            tx, device_id="camera-1", first=MONDAY, last=TUESDAY,
            reason=" no staff ", who="kim", now=NOON,
        )  # fmt: skip
        assert schedule.pauses(tx, since=TUESDAY, until=TUESDAY) == (noted,)
        assert schedule.pauses(tx, since=date(2026, 3, 4)) == ()
        assert schedule.pauses(tx, until=date(2026, 3, 1)) == ()
        assert schedule.pauses(tx, device_id="camera-2") == ()
        schedule.resume(tx, noted.id, reason="staff came", who="lee", now=after(60))
        schedule.resume(tx, noted.id, reason="again", who="lee", now=after(70))

        assert schedule.pauses(tx) == ()
        entries = audit.page(tx)
    assert [(e.actor, e.action, e.subject) for e in reversed(entries)] == [
        ("kim", "device.not_in_use", "camera-1"),
        ("lee", "device.in_use_again", "camera-1"),
    ]
    assert noted.reason == "no staff"


@pytest.mark.parametrize(
    ("first", "last", "reason", "message"),
    [
        (MONDAY, MONDAY, "  ", "give a reason"),
        (TUESDAY, MONDAY, "x", "is not 1 to 366 days"),
        (MONDAY, MONDAY + timedelta(days=366), "x", "is not 1 to 366 days"),
    ],
)
def test_days_without_use_need_an_order_and_a_reason(
    sqlite_database: Database, first: date, last: date, reason: str, message: str
) -> None:
    with sqlite_database.transaction() as tx, pytest.raises(StateError, match=message):
        schedule.pause(
            tx, device_id="c", first=first, last=last, reason=reason, who="kim", now=NOON
        )


def test_the_same_days_are_noted_once(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as tx:
        values = {"device_id": "c", "reason": "x", "who": "kim", "now": NOON}
        schedule.pause(tx, first=MONDAY, last=TUESDAY, **values)
        with pytest.raises(StateError, match="already"):
            schedule.pause(tx, first=TUESDAY, last=TUESDAY, **values)
        with pytest.raises(NotFoundError):
            schedule.resume(tx, "none", reason="", who="kim", now=NOON)


def test_an_address_of_a_calendar_works_until_it_is_withdrawn(database: Database) -> None:
    with database.transaction() as tx:
        link, secret = calendar_links.create(
            tx, name="On my phone", device_id="camera-1", who="kim", now=NOON
        )
        assert calendar_links.find(tx, secret) == link
        assert calendar_links.find(tx, secret + "x") is None
        assert calendar_links.use_is_news(link, NOON)
        calendar_links.used(tx, link, now=NOON)
        (listed,) = calendar_links.listing(tx)
        assert listed.used_at == NOON
        assert not calendar_links.use_is_news(listed, after(60))
        calendar_links.withdraw(tx, link.id, who="lee", now=after(60))
        calendar_links.withdraw(tx, link.id, who="lee", now=after(61))

        assert calendar_links.find(tx, secret) is None
        assert calendar_links.listing(tx) == ()
        with pytest.raises(NotFoundError):
            calendar_links.withdraw(tx, "none", who="lee", now=NOON)
        assert [e.action for e in audit.page(tx)] == ["calendar.withdrawn", "calendar.created"]


def test_the_secret_of_a_calendar_is_nowhere_at_rest(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as tx:
        _, secret = calendar_links.create(tx, name="n", device_id=None, who="kim", now=NOON)

    path = sqlite_database.path
    assert path is not None
    kept = b"".join(p.read_bytes() for p in path.parent.iterdir() if p.is_file())
    assert secret.encode() not in kept


def of_nuclide(name: str) -> tuple[Configuration, ...]:
    return (Configuration(scope={"detector": 1}, parts={"energy window": name}),)


def test_a_failure_that_nothing_took_back_is_told_of_however_old_it_is(database: Database) -> None:
    with database.transaction() as tx:
        for day in range(standings.KEPT + 3):
            test_set = waiting_set(tx, f"1.2.4.{day}", group=str(day))
            first = day == standings.KEPT + 2
            record = result_of(
                test_set,
                acquired_at=after(-86_400 * day),
                status=Status.FAIL if day > standings.KEPT else Status.PASS,
            )
            made = of_nuclide("Lu-177" if first else "Tc-99m")
            results.add(
                tx, replace(record, provenance=replace(record.provenance, configurations=made))
            )

    found = of(database)
    assert len(found) == standings.KEPT + 1
    assert (found[-1].status, found[-1].windows) == (Status.FAIL, ("Lu-177",))
    assert {a.status for a in found[:-1]} == {Status.PASS}


def test_what_broke_is_of_the_head_that_its_test_set_is_of(database: Database) -> None:
    with database.transaction() as tx:
        test_set = waiting_set(tx, group="head 2")
        record = result_of(
            test_set, status=Status.ERROR, failure=FailureRecord(code="FAILED", message="broke"),
            measurements=(), verdicts=(), preconditions=(),
        )  # fmt: skip
        made = replace(record.provenance, configurations=())
        results.add(tx, replace(record, provenance=made))

    assert [a.detectors for a in of(database)] == [("2",)]


def test_who_signs_a_result_has_taken_notice_of_it(database: Database) -> None:
    with database.transaction() as tx:
        stored = results.add(tx, result_of(waiting_set(tx), status=Status.NO_LIMIT))
        values = {"id": "", "result_id": stored.id, "printed_name": "R. Chen", "comment": "",
                  "at": NOON, "by": "chen"}  # fmt: skip
        reviews.add(tx, Review(meaning=Meaning.REVIEWED, rule=True, **values))
    assert [a.acknowledged for a in of(database)] == [False]

    with database.transaction() as tx:
        signed = reviews.add(tx, Review(meaning=Meaning.REVIEWED, **values))
    assert [a.acknowledged for a in of(database)] == [True]
    with database.transaction() as tx:
        reviews.add(
            tx,
            Review(meaning=Meaning.WITHDRAWN, corrects=signed.id, reason="the wrong one", **values),
        )
    assert [a.acknowledged for a in of(database)] == [False]


def test_rows_of_an_earlier_version_are_read(database: Database) -> None:
    with database.transaction() as tx:
        stored = results.add(tx, result_of(waiting_set(tx)))
        plain = tx.connection.execute(sa.select(rows.c.attempts)).scalar_one()
        tx.connection.execute(sa.update(rows).values(attempts=[entry[:9] for entry in plain]))

    (attempt,) = of(database)
    assert (attempt.result_id, attempt.acknowledged) == (stored.id, False)
