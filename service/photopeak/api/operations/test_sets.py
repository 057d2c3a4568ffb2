"""Test sets: what waits for what; and the series and wishes that people supply."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query
from starlette.requests import Request

from photopeak.api.context import ApiContext
from photopeak.api.operations.parameters import (
    Cursor,
    DeviceFilter,
    Id,
    Limit,
    TestFilter,
    principal_of,
)
from photopeak.api.problems import Problem
from photopeak.api.surface import Body, Surface
from photopeak.api.wire.base import PageOut
from photopeak.api.wire.results import ReadingOut, ResultSummaryOut
from photopeak.api.wire.tests import (
    MemberIn,
    MissingOut,
    RunIn,
    TestSetDetailOut,
    TestSetOut,
)
from photopeak.model.catalogue import TestDescription
from photopeak.model.page import Access
from photopeak.model.test_sets import TestSetRecord, TestSetState
from photopeak.reports.by_hand import ByHandError, analyze_partially, assign
from photopeak.reports.waiting import Missing, missing
from photopeak.storage import readings, results, test_sets
from photopeak.storage.database import Transaction


def add(surface: Surface, context: ApiContext) -> None:
    """Add the operations."""

    @surface.operation("GET", "/api/v1/test-sets", Access.READ, tags=["test sets"])
    def list_test_sets(
        limit: Limit = 50,
        after: Cursor = None,
        state: Annotated[TestSetState | None, Query()] = None,
        device: DeviceFilter = None,
        test: TestFilter = None,
    ) -> PageOut[TestSetOut]:
        """Return test sets, the last changed first."""
        with context.database.snapshot() as tx:
            page = test_sets.page(
                tx,
                limit=limit,
                cursor=after,
                states=() if state is None else (state,),
                device_id=device,
                test=test,
            )
            tests = context.tests()
            items = [_set_out(tx, tests, record) for record in page.items]
        return PageOut(items=items, next=page.next_cursor)

    @surface.operation("GET", "/api/v1/test-sets/{test_set_id}", Access.READ, tags=["test sets"])
    def one_test_set(test_set_id: Id) -> TestSetDetailOut:
        """Return a test set with its readings and its results."""
        with context.database.snapshot() as tx:
            return detail_of(tx, context, test_sets.get(tx, test_set_id))

    @surface.operation(
        "POST",
        "/api/v1/test-sets/{test_set_id}/run",
        Access.OPERATE,
        tags=["test sets"],
        body=Body.JSON,
        status_code=202,
    )
    def run_test_set(request: Request, test_set_id: Id, body: RunIn) -> TestSetDetailOut:
        """Analyse a waiting test set with what it has; what it lacks may still join it."""
        try:
            record = analyze_partially(
                context.database,
                test_set_id,
                tests=context.tests(),
                reason=body.reason,
                who=principal_of(request).name,
                now=context.clock(),
            )
        except ByHandError as error:
            raise Problem(409, "not-analysable", str(error)) from error
        with context.database.snapshot() as tx:
            return detail_of(tx, context, record)

    @surface.operation(
        "POST",
        "/api/v1/test-sets/{test_set_id}/members",
        Access.OPERATE,
        tags=["test sets"],
        body=Body.JSON,
    )
    def add_member(request: Request, test_set_id: Id, body: MemberIn) -> TestSetDetailOut:
        """Put a stored series into a role of a test set; routing does not take it out again."""
        try:
            record = assign(
                context.database,
                test_set_id,
                body.series_instance_uid,
                body.role,
                tests=context.tests(),
                who=principal_of(request).name,
                now=context.clock(),
            )
        except ByHandError as error:
            raise Problem(409, "not-assignable", str(error)) from error
        with context.database.snapshot() as tx:
            return detail_of(tx, context, record)


def _set_out(
    tx: Transaction, tests: Sequence[TestDescription], record: TestSetRecord
) -> TestSetOut:
    lacking: Sequence[Missing] = ()
    if record.open:
        names = frozenset(r.name for r in readings.latest(tx, record.id))
        test = next((t for t in tests if t.id == record.key.test), None)
        lacking = missing(test, record, names)
    return TestSetOut.of_set(record, [MissingOut.of(m) for m in lacking])


def detail_of(tx: Transaction, context: ApiContext, record: TestSetRecord) -> TestSetDetailOut:
    """Return a test set as it goes out, with its readings and its results."""
    return TestSetDetailOut(
        test_set=_set_out(tx, context.tests(), record),
        readings=[ReadingOut.of(r) for r in readings.latest(tx, record.id)],
        results=[ResultSummaryOut.of(r) for r in reversed(results.versions(tx, record.id))],
    )
