"""Callers that are turned away: told of once a day each, within a bound, until they are let in."""

from dataclasses import replace
from datetime import datetime, timedelta

from photopeak.model.alerts import AlertRecord, AlertSeverity
from photopeak.model.associations import AssociationCause, AssociationOutcome, AssociationRecord
from photopeak.model.identity import new_id
from photopeak.storage import alerts, audit, callers
from photopeak.storage.audit import AuditEntry
from photopeak.storage.database import Database
from support.rows import NOON

STRANGER = AssociationRecord(
    id=new_id(),
    started_at=NOON,
    ended_at=NOON,
    calling_ae_title="SYMBIA",
    called_ae_title="PHOTOPEAK",
    address="192.0.2.7",
    outcome=AssociationOutcome.REJECTED,
    cause=AssociationCause.CALLING_TITLE,
)
LET_IN = replace(
    STRANGER, outcome=AssociationOutcome.RELEASED, cause=AssociationCause.NONE, stored=1
)


def note(database: Database, *records: AssociationRecord, at: datetime = NOON) -> None:
    with database.transaction() as tx:
        callers.note(tx, records, now=at)


def told(database: Database) -> tuple[tuple[AlertRecord, ...], tuple[AuditEntry, ...]]:
    """Return the notices that are open, and the lines of the audit trail."""
    with database.snapshot() as tx:
        return alerts.open_under(tx, "caller:"), audit.page(tx)


def test_a_stranger_is_a_line_in_the_audit_trail_and_a_notice(database: Database) -> None:
    note(database, STRANGER)

    ((notice,), (line,)) = told(database)
    assert (notice.alert.severity, notice.alert.title) == (
        AlertSeverity.INFO,
        "Unknown caller turned away",
    )
    assert notice.alert.message == (
        "SYMBIA (192.0.2.7): no configured device has this AE title and address. "
        "What it sends does not arrive."
    )
    assert (line.actor, line.action, line.subject, line.detail["cause"]) == (
        "SYMBIA (192.0.2.7)",
        "association.rejected",
        "PHOTOPEAK",
        "calling_title",
    )


def test_a_wrong_called_title_is_named(database: Database) -> None:
    note(
        database,
        replace(STRANGER, called_ae_title="ARCHIVE", cause=AssociationCause.CALLED_TITLE),
    )

    ((notice,), (line,)) = told(database)
    assert "it calls ARCHIVE, which is not the AE title of this service" in notice.alert.message
    assert line.subject == "ARCHIVE"


def test_a_title_that_is_none_is_no_question_of_the_devices(database: Database) -> None:
    for title in ("", "EVIL\\r\\nINFO: ok"):
        note(database, replace(STRANGER, calling_ae_title=title))

    for notice in told(database)[0]:
        assert "what it calls itself is no AE title" in notice.alert.message
        assert "\n" not in notice.alert.message


def test_a_scanner_that_tries_all_day_is_told_of_once_a_day(database: Database) -> None:
    for minute in range(0, 24 * 60, 7):
        note(database, STRANGER, STRANGER, at=NOON + timedelta(minutes=minute))
    ((notice,), lines) = told(database)
    assert (notice.count, len(lines)) == (1, 1)

    note(database, STRANGER, at=NOON + timedelta(days=1, minutes=1))
    ((notice,), lines) = told(database)
    assert (notice.count, len(lines)) == (2, 2)


def test_the_notice_closes_when_the_caller_is_let_in(database: Database) -> None:
    other = replace(STRANGER, address="192.0.2.8")
    note(database, STRANGER, other)
    note(database, LET_IN)

    ((notice,), _) = told(database)
    assert "192.0.2.8" in notice.alert.message


def test_what_happened_last_counts_where_both_are_written_at_once(database: Database) -> None:
    note(database, STRANGER, LET_IN)
    assert len(told(database)[0]) == 0
    assert len(told(database)[1]) == 1

    other = replace(STRANGER, address="192.0.2.8")
    note(database, replace(LET_IN, address="192.0.2.8"), other)
    assert len(told(database)[0]) == 1


def test_who_is_let_in_and_turned_away_by_turns_is_told_of_once_an_hour(
    database: Database,
) -> None:
    for minute in range(0, 180, 10):
        note(database, STRANGER, at=NOON + timedelta(minutes=minute))
        note(database, LET_IN, at=NOON + timedelta(minutes=minute + 5))

    assert len(told(database)[1]) == 3


def test_a_search_through_the_network_is_bounded_and_said(database: Database) -> None:
    for number in range(300):
        stranger = replace(STRANGER, calling_ae_title=f"SCAN{number}")
        note(database, stranger, at=NOON + timedelta(seconds=number))

    notices, lines = told(database)
    assert len(notices) == len(lines) == callers.MOST_A_DAY + 1
    (more,) = [n for n in notices if n.alert.severity is AlertSeverity.WARNING]
    assert more.alert.title == "Many unknown callers turned away"

    # The next day begins with a new account.
    note(database, STRANGER, at=NOON + timedelta(days=1, hours=1))
    assert len(told(database)[1]) == callers.MOST_A_DAY + 2


def test_what_is_no_stranger_is_not_told_of(database: Database) -> None:
    note(
        database,
        LET_IN,
        *(
            replace(STRANGER, cause=cause)
            for cause in (AssociationCause.TOO_MANY, AssociationCause.NOT_DICOM)
        ),
    )

    assert told(database) == ((), ())
