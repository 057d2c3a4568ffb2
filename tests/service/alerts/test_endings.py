"""What nothing ends but a person: an alert whose repeat could not show anything."""

from dataclasses import replace
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from photopeak.alerts import endings, handling
from photopeak.alerts.handling import HandlingError
from photopeak.model.alerts import Alert, AlertSeverity, AlertState, Breach
from photopeak.model.devices import Device
from photopeak.model.judgement import Limit, LimitKind, LimitSet, Status, Verdict
from photopeak.model.recurrence import Recurrence
from photopeak.model.schedule import Schedule, ScheduleRule
from photopeak.schedule.occurrences import Calendar
from photopeak.storage import alerts, audit, limits, results
from photopeak.storage.database import Database
from photopeak.storage.errors import StateError
from support.rows import NOON, after, result_of, waiting_set

TEST = "intrinsic_uniformity"
DEVICE = Device(id="camera-1", name="Camera 1", kind="gamma_camera", detectors=2)
LIMIT = Limit(test=TEST, variant="nema", metric="iu_ufov", upper=5.0, source="A.1")
SET = LimitSet(
    name="ws523", title="WS 523", kind=LimitKind.MANDATORY, source="WS 523", version="a" * 64,
    limits=(LIMIT,),
)  # fmt: skip
ALERT = Alert(
    key="test/camera-1/intrinsic_uniformity/nema/1/mandatory",
    severity=AlertSeverity.CRITICAL,
    title="t",
    message="m",
    device_id="camera-1",
    test=TEST,
    variant="nema",
    detector=1,
    rule="mandatory",
    breaches=(Breach(metric="iu_ufov", scope={"detector": 1}),),
)


def calendar(*tests: str, variant: str = "") -> Calendar:
    """Return a schedule of some tests every day; without any, no schedule at all."""
    rule = ScheduleRule(
        id="daily", kinds=("gamma_camera",), tests=tests, variant=variant,
        repeat=Recurrence(text="FREQ=DAILY"), due=time(8), end=time(12),
    )  # fmt: skip
    return Calendar(Schedule(zone=ZoneInfo("Europe/Berlin"), rules=(rule,) if tests else ()))


def why(database: Database, alert: Alert = ALERT, sets: Any = (SET,), **changes: Any) -> str:
    known: dict[str, Any] = {"devices": (DEVICE,), "tests": {TEST}, "calendar": calendar(TEST)}
    with database.transaction() as tx:
        limits.put_in_force(tx, sets, now=NOON)
        return endings.why_endless(tx, alert, **{**known, **changes})


def test_an_alert_that_a_repeat_can_end_is_left_to_the_repeat(database: Database) -> None:
    assert why(database) == ""
    assert why(database, calendar=calendar()) == ""
    assert why(database, calendar=calendar(TEST, variant="nema")) == ""


@pytest.mark.parametrize(
    ("limit", "gone"),
    [
        (LIMIT, False),
        (replace(LIMIT, variant="*"), False),
        (replace(LIMIT, upper=7.0), False),
        (replace(LIMIT, scope={"detector": 1}), False),
        (replace(LIMIT, scope={"detector": 2}), True),
        (replace(LIMIT, metric="du_ufov"), True),
        (replace(LIMIT, variant="iec"), True),
        (replace(LIMIT, test="other"), True),
    ],
)
def test_a_limit_that_is_gone_judges_no_repeat(
    sqlite_database: Database, limit: Limit, gone: bool
) -> None:
    found = why(sqlite_database, sets=[replace(SET, limits=(limit,))])

    assert found == (endings.LIMIT_GONE if gone else "")


def test_a_limit_of_other_devices_or_of_another_kind_is_not_its_limit(
    sqlite_database: Database,
) -> None:
    assert why(sqlite_database, sets=[]) == endings.LIMIT_GONE
    assert why(sqlite_database, sets=[replace(SET, devices=("b",))]) == endings.LIMIT_GONE
    assert why(sqlite_database, sets=[replace(SET, kind=LimitKind.SITE)]) == endings.LIMIT_GONE
    # What says that there is no number, or a rule of trends, asks for no limit.
    for rule in ("INVALID", "NO_RESULT", "1_3s"):
        assert why(sqlite_database, replace(ALERT, rule=rule), sets=[]) == ""


def test_bounds_that_the_input_states_come_again_with_the_repeat(database: Database) -> None:
    stated = Verdict(
        metric="iu_ufov", scope={"detector": 1}, limit_set="report", limit_set_version="b",
        kind=LimitKind.MANDATORY, lower=None, upper=5.0, warn_lower=None, warn_upper=None,
        status=Status.FAIL, source="report",
    )  # fmt: skip
    with database.transaction() as tx:
        stored = results.add(tx, replace(result_of(waiting_set(tx)), verdicts=(stated,)))

    assert why(database, replace(ALERT, result_id=stored.id), sets=[]) == ""


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"devices": ()}, endings.DEVICE_GONE),
        ({"devices": (replace(DEVICE, detectors=None),)}, ""),
        ({"tests": {"other"}}, endings.TEST_GONE),
        ({"calendar": calendar("other")}, endings.NOT_SCHEDULED),
        ({"calendar": calendar(TEST, variant="iec")}, endings.NOT_SCHEDULED),
        ({"alert": replace(ALERT, detector=3)}, endings.DETECTOR_GONE),
        ({"alert": replace(ALERT, device_id=None)}, endings.NO_DEVICE),
        ({"alert": replace(ALERT, rule="OVERDUE"), "devices": ()}, ""),
        ({"alert": replace(ALERT, test=None, key="conflict 1.2.3")}, endings.HAPPENED),
        ({"alert": replace(ALERT, test=None, key="caller:0")}, endings.SENDER_UNKNOWN),
        ({"alert": replace(ALERT, test=None, key="equipment:0")}, endings.SENDER_UNKNOWN),
        ({"alert": replace(ALERT, test=None, key="routing:1.2.3")}, ""),
        ({"alert": replace(ALERT, test=None, key="storage")}, ""),
    ],
)
def test_what_keeps_a_repeat_from_ending_an_alert(
    sqlite_database: Database, changes: Any, said: str
) -> None:
    assert why(sqlite_database, **changes) == said


def test_a_person_withdraws_it_with_a_reason_and_it_opens_anew(database: Database) -> None:
    with database.transaction() as tx:
        known = alerts.raise_alert(tx, ALERT, now=NOON)

    def withdraw(reason: str, endless: str = endings.DEVICE_GONE) -> AlertState:
        with database.transaction() as tx:
            return handling.withdraw(
                tx, known.id, by="chen", reason=reason, endless=endless, now=after(5)
            ).state

    with pytest.raises(HandlingError, match="when its cause is gone"):
        withdraw("x", endless="")
    with pytest.raises(HandlingError, match="give a reason"):
        withdraw(" ")
    assert withdraw("sold") is AlertState.WITHDRAWN
    with pytest.raises(StateError):
        withdraw("again")
    with database.transaction() as tx:
        (entry,) = [e for e in audit.page(tx, limit=9) if e.action == "alert.withdrawn"]
        again = alerts.raise_alert(tx, ALERT, now=after(9))
    assert (entry.actor, entry.reason, entry.detail["because"]) == (
        "chen", "sold", endings.DEVICE_GONE,
    )  # fmt: skip
    assert (again.id != known.id, again.state) == (True, AlertState.OPEN)
