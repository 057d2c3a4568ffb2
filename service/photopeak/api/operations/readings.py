"""What people and instruments measured: readings that open a test set, complete or correct one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Header
from starlette.requests import Request
from starlette.responses import Response

from photopeak.api.authentication import Principal
from photopeak.api.context import ApiContext
from photopeak.api.operations.parameters import principal_of
from photopeak.api.operations.test_sets import detail_of
from photopeak.api.problems import DECLARED_NAME, Problem
from photopeak.api.surface import Body, Surface
from photopeak.api.wire.analyzers import AnalyzerOut
from photopeak.api.wire.base import PageOut
from photopeak.api.wire.tests import (
    EntryIn,
    GivenIn,
    ReadingsIn,
    SuppliedIn,
    TestSetDetailOut,
)
from photopeak.model.page import Access
from photopeak.reports.corrections import Performance, supply
from photopeak.reports.entries import (
    Attachment,
    Entry,
    Given,
    all_checked,
    check_entry,
    enter,
)
from photopeak.reports.readings import Fault, ReadingError
from photopeak.storage import test_sets
from photopeak.storage.errors import StateError

Key = Annotated[
    str | None, Header(pattern=r"^[!-~]{1,128}$", description="the same key is done once")
]
_CREATED = 201
_RESPONSES: dict[int | str, dict[str, Any]] = {
    _CREATED: {"model": TestSetDetailOut, "description": "The measurement is new."},
    422: {
        "description": "Nothing is kept: the problem document names each field at fault, what was"
        " given if that is a number, the unit, and what is allowed."
    },
}


def add(surface: Surface, context: ApiContext) -> None:
    """Add the operations."""

    @surface.operation("GET", "/api/v1/analyzers", Access.READ, tags=["test sets"])
    def list_analyzers() -> PageOut[AnalyzerOut]:
        """Return the installed tests: their roles, readings and metrics."""
        return PageOut(items=[AnalyzerOut.of_test(test) for test in context.tests()])

    @surface.operation(
        "POST",
        "/api/v1/readings",
        Access.OPERATE,
        tags=["test sets"],
        body=Body.JSON,
        responses=_RESPONSES,
    )
    def add_readings(
        request: Request, response: Response, body: SuppliedIn, idempotency_key: Key = None
    ) -> TestSetDetailOut:
        """Supply readings for a test set, or enter a measurement that opens or completes one.

        With `test_set`, a reading that is there already gets a new version and the set is analysed
        again; the new result supersedes the one before, and `reason` says why. With `test_id` and
        `device_id` as `POST /api/v1/test-sets`.
        """
        if isinstance(body, EntryIn):
            return _entered(context, request, response, body, idempotency_key)
        return _supplied(context, request, body)

    @surface.operation(
        "POST",
        "/api/v1/test-sets",
        Access.OPERATE,
        tags=["test sets"],
        body=Body.JSON,
        responses=_RESPONSES,
    )
    def open_test_set(
        request: Request, response: Response, body: EntryIn, idempotency_key: Key = None
    ) -> TestSetDetailOut:
        """Enter a measurement: open a test set without an image, or complete one that waits.

        It is analysed, judged and trended by `performed_at` as any other. The same measurement
        twice, with or without an Idempotency-Key, is one test set: 201 the first time, 200 after.
        """
        return _entered(context, request, response, body, idempotency_key)


def _entered(
    context: ApiContext, request: Request, response: Response, body: EntryIn, key: str | None
) -> TestSetDetailOut:
    principal = principal_of(request)
    given, places = _given(body)
    entry = Entry(
        test=body.test_id,
        device=body.device_id,
        variant=body.variant,
        detector=body.detector,
        performed_at=body.performed_at,
        operator=body.operator,
        readings=given,
        attachments=tuple(
            Attachment(series_instance_uid=each.series_instance_uid, role=each.role)
            for each in body.attachments
        ),
    )
    try:
        good = check_entry(
            entry,
            tests=context.tests(),
            devices=context.devices(),
            site_zone=context.settings.site.time_zone,
            source="api",
            who=principal.name,
            now=context.clock(),
        )
        with context.database.transaction() as tx:
            record, new = enter(tx, good, request_key=_key_of(principal, key))
            answer = detail_of(tx, context, record)
    except ReadingError as error:
        raise _refused(error, places) from error
    except StateError as error:
        message = "The Idempotency-Key belongs to another measurement."
        raise Problem(422, "key-used-before", message) from error
    if new:
        response.status_code = _CREATED
    elif key is not None:
        response.headers["Idempotent-Replayed"] = "true"
    return answer


def _supplied(context: ApiContext, request: Request, body: ReadingsIn) -> TestSetDetailOut:
    now, who = context.clock(), principal_of(request).name
    with context.database.snapshot() as tx:
        record = test_sets.get(tx, body.test_set)
    test = next((t for t in context.tests() if t.id == record.key.test), None)
    if test is None:
        raise Problem(409, "test-not-installed", "The test is not installed any more.")
    given, places = _given(body)
    performance = None
    if body.performed_at is not None or body.operator is not None:
        at = body.performed_at or record.performed_at
        if at is None:
            raise Problem(
                409, "told-by-images", "The images of the test set tell when it was made."
            )
        operator = record.operator if body.operator is None else body.operator
        performance = Performance(performed_at=at, operator=operator)
    if not given and performance is None:
        raise Problem(422, "not-acceptable", errors=[("/body/readings", "nothing is supplied")])
    try:
        good = all_checked(test, given, source="api", entered_by=who, now=now)
        with context.database.transaction() as tx:
            changed = supply(
                tx,
                record.id,
                good,
                reason=body.reason,
                who=who,
                now=now,
                performance=performance,
                device=next((d for d in context.devices() if d.id == record.key.device_id), None),
                site_zone=context.settings.site.time_zone,
            )
            return detail_of(tx, context, changed)
    except ReadingError as error:
        raise _refused(error, places) from error


def _given(body: EntryIn | ReadingsIn) -> tuple[tuple[Given, ...], Mapping[str, str]]:
    """Return the readings of a body, and by name where in the body each of them stands."""
    given = [
        Given(name=r.name, value=r.value, unit=r.unit, uncertainty=r.uncertainty, at=r.at)
        for r in body.readings
    ]
    places = {r.name: f"/body/readings/{index}" for index, r in enumerate(body.readings)}
    for name, value in body.inputs.items():
        more = value if isinstance(value, GivenIn) else GivenIn(value=value)
        given.append(
            Given(
                name=name,
                value=more.value,
                unit=more.unit,
                uncertainty=more.uncertainty,
                at=more.at,
            )
        )
        places[name] = f"/body/inputs/{name}"
    return tuple(given), places


def _key_of(principal: Principal, key: str | None) -> str | None:
    if key is None:
        return None
    return hashlib.sha256(f"{principal.id} {key}".encode()).hexdigest()


def _refused(error: ReadingError, places: Mapping[str, str]) -> Problem:
    """Return the problem of faults: where each stands, and what would be right."""
    return Problem(
        422,
        "not-acceptable",
        errors=[(_pointer(fault, places), fault.message) for fault in error.faults],
        members=[_members(fault) for fault in error.faults],
    )


def _pointer(fault: Fault, places: Mapping[str, str]) -> str:
    """Return where a fault stands; rows count from 0 in a pointer, and from 1 in words."""
    name, *rest = fault.field
    place = places.get(str(name))
    if place is None:
        return "/".join(("/body", *(str(part) for part in fault.field)))
    if not DECLARED_NAME.fullmatch(str(name)):
        return place if "/readings/" in place else "/body/inputs"
    table = ["value"] if rest and isinstance(rest[0], int) and "/readings/" in place else []
    parts = [str(part - 1) if isinstance(part, int) else part for part in rest]
    return "/".join((place, *table, *parts))


def _members(fault: Fault) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if DECLARED_NAME.fullmatch(str(fault.field[0])):
        said["field"] = ".".join(str(part) for part in fault.field)
    if fault.value is not None:
        said["value"] = fault.value
    if fault.unit != "1":
        said["unit"] = fault.unit
    if fault.minimum is not None:
        said["minimum"] = fault.minimum
    if fault.maximum is not None:
        said["maximum"] = fault.maximum
    if fault.choices:
        said["allowed"] = list(fault.choices)
    return said
