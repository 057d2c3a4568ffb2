"""Teaching: a person says once what a series is, and series like it are known from then on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from photopeak.model.catalogue import TestDescription
from photopeak.model.identity import new_id
from photopeak.model.series import SeriesState
from photopeak.model.taught import TaughtRoute
from photopeak.storage import audit, series, taught
from photopeak.storage.database import Database

TEACHABLE = (SeriesState.UNROUTED, SeriesState.NOT_QC)
"""States of series that a person may assign. One that looks like a patient's is not among them."""


class TeachingError(Exception):
    """The series cannot be assigned like this; the message says why in our words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What a person says of a series and of those like it, with equal texts under `keywords`.

    They fill a role of a test, or (`ignore`) are no quality control at all.
    """

    series_instance_uid: str
    keywords: Sequence[str]
    reason: str
    test: str = ""
    variant: str = ""
    role: str = ""
    ignore: bool = False


def teach(
    database: Database,
    lesson: Lesson,
    *,
    tests: Sequence[TestDescription],
    texts: Mapping[str, str],
    who: str,
    now: datetime,
) -> TaughtRoute:
    """Keep a taught route from a series and let routing decide about the series again.

    Parameters
    ----------
    database
        Where routes and series are.
    lesson
        What was said.
    tests
        The installed tests.
    texts
        Normalised header texts of the series by keyword.
    who, now
        Who said it, and when.

    Raises
    ------
    TeachingError
        If the series is not waiting for a person, has no such text, or there is no such role.
    NotFoundError
        If there is no such series.
    """
    _check_target(tests, lesson)
    conditions = {keyword: texts.get(keyword, "") for keyword in lesson.keywords}
    if not conditions or not all(conditions.values()):
        raise TeachingError("the series has no text under one of the chosen keywords")
    with database.transaction() as tx:
        record = series.get(tx, lesson.series_instance_uid)
        if record.state not in TEACHABLE:
            raise TeachingError(f"the series is {record.state}; only an unrouted one is assigned")
        route = taught.add(
            tx,
            TaughtRoute(
                id=new_id(),
                device_id=record.device_id,
                conditions=conditions,
                test=lesson.test,
                variant=lesson.variant,
                role=lesson.role,
                ignore=lesson.ignore,
                taught_at=now,
                taught_by=who,
                reason=lesson.reason,
            ),
        )
        series.set_state(
            tx,
            record.series_instance_uid,
            SeriesState.COMPLETE,
            "assigned by a person",
            only_from=TEACHABLE,
        )
        audit.append(
            tx,
            at=now,
            actor=who,
            action="route.taught",
            subject=route.id,
            detail={
                "series": record.series_instance_uid,
                "test": route.test,
                "reason": lesson.reason,
            },
        )
    return route


def withdraw(database: Database, route_id: str, *, who: str, now: datetime) -> None:
    """Put a taught route out of force.

    Raises
    ------
    NotFoundError
        If there is no active one with this id.
    """
    with database.transaction() as tx:
        taught.deactivate(tx, route_id)
        audit.append(tx, at=now, actor=who, action="route.withdrawn", subject=route_id)


def _check_target(tests: Sequence[TestDescription], lesson: Lesson) -> None:
    if not lesson.reason.strip():
        raise TeachingError("a reason is needed")
    if lesson.ignore == bool(lesson.test):
        raise TeachingError("either a test or ignore has to be given")
    if lesson.ignore:
        if lesson.variant or lesson.role:
            raise TeachingError("with ignore there is no variant and no role")
        return
    description = next((t for t in tests if t.id == lesson.test), None)
    if description is None:
        raise TeachingError("there is no such test")
    if not description.has_variant(lesson.variant):
        names = ", ".join(v.name for v in description.variants)
        raise TeachingError(f"the test has these variants: {names}")
    if description.role(lesson.role) is None:
        names = ", ".join(r.name for r in description.roles)
        raise TeachingError(f"the test has these roles: {names}")
