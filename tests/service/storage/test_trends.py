"""Points of trends as the database has them: which count, when they were measured, what holds."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from photopeak.model.judgement import LimitKind, Status
from photopeak.model.results import FailureRecord, PreconditionRecord
from photopeak.model.trends import (
    LeftOut,
    MetricSignal,
    Side,
    Signal,
    SignalLevel,
    TrendPoint,
)
from photopeak.storage import exclusions, limits, results, trends
from photopeak.storage.database import Database, Transaction
from photopeak.storage.errors import NotFoundError, StateError
from support.rows import NOON
from support.trend_points import KEY, accepted, day
from support.trend_rows import WHERE, number, store, store_days, verdict


def points(
    tx: Transaction,
    metric: str = KEY.metric,
    scope: Mapping[str, Any] = KEY.scope,
    **changes: Any,
) -> tuple[TrendPoint, ...]:
    found = trends.points(tx, **WHERE, metrics=(metric,), scope=scope, **changes)
    return found.get((metric, trends.scope_key(scope)), ())


def test_points_come_in_the_order_of_their_measurement(database: Database) -> None:
    with database.transaction() as tx:
        late = store(tx, day(2), [number(3.0)])
        early = store(tx, day(0), [number(1.0)])

        found = points(tx)

    assert [(p.result_id, p.at, p.value) for p in found] == [
        (early.id, day(0), 1.0), (late.id, day(2), 3.0),
    ]  # fmt: skip
    first = found[0]
    assert (first.uncertainty, first.decimals, first.unit) == (0.05, 2, "%")
    assert (first.status, first.configuration, first.dated) == (
        Status.PASS,
        "collimator LEHR",
        True,
    )
    assert first.counts
    (judged,) = first.verdicts
    assert (judged.kind, judged.lower, judged.upper) == (LimitKind.SITE, -5.0, 5.0)


def test_points_are_of_one_number_or_of_all(database: Database) -> None:
    both = [number(1.0), number(2.0, scope={"detector": 2}), number(9.0, metric="fwhm_pct")]
    with database.transaction() as tx:
        store(tx, day(0), both)

        assert [p.value for p in points(tx)] == [1.0]
        assert points(tx, scope={"detector": 3}) == ()
        every = trends.points(tx, **WHERE, metrics=(KEY.metric, "fwhm_pct"))
    assert {key: [p.value for p in listed] for key, listed in every.items()} == {
        ("peak_shift_pct", '{"detector":1}'): [1.0],
        ("peak_shift_pct", '{"detector":2}'): [2.0],
        ("fwhm_pct", '{"detector":1}'): [9.0],
    }


def test_points_are_of_so_many_results_at_most(database: Database) -> None:
    with database.transaction() as tx:
        store_days(tx, [0.0, 1.0, 2.0, 3.0, 4.0])

        assert [p.value for p in points(tx, limit=2)] == [3.0, 4.0]


def test_an_invalid_result_is_shown_and_never_counts(database: Database) -> None:
    with database.transaction() as tx:
        store(tx, day(0), [number(1.0)], status=Status.INVALID, verdicts=())

        (point,) = points(tx)

    assert (point.left_out, point.counts, point.value) == (LeftOut.INVALID, False, 1.0)


def test_a_void_number_of_a_result_that_fails_does_not_count(database: Database) -> None:
    void = PreconditionRecord(
        code="PC_COUNTS", severity="hard", outcome="not_met", scope={"detector": 1}
    )
    soft = replace(void, severity="soft", scope={"detector": 2})
    both = [number(1.0), number(7.0, scope={"detector": 2})]
    with database.transaction() as tx:
        store(tx, day(0), both, status=Status.FAIL, preconditions=(void, soft))

        (first,) = points(tx)
        (second,) = points(tx, scope={"detector": 2})

    assert (first.left_out, second.left_out) == (LeftOut.INVALID, None)


@pytest.mark.parametrize(
    "status", [Status.PASS, Status.WARN, Status.FAIL, Status.INFO, Status.NO_LIMIT]
)
def test_what_is_valid_counts_whatever_it_was_judged(database: Database, status: Status) -> None:
    with database.transaction() as tx:
        store(tx, day(0), [number(1.0)], status=status)

        (point,) = points(tx)

    assert (point.status, point.counts) == (status, True)


def test_an_error_has_no_point(database: Database) -> None:
    with database.transaction() as tx:
        failure = FailureRecord(code="FIT", message="no peak")
        store(tx, day(0), [], status=Status.ERROR, failure=failure)

        assert points(tx) == ()


def test_a_superseded_result_has_no_point(database: Database) -> None:
    with database.transaction() as tx:
        first = store(tx, day(0), [number(1.0)])
        newer = replace(
            first,
            id="",
            measurements=(number(2.0),),
            provenance=replace(first.provenance, analyzer_version="2"),
        )
        results.add(tx, newer)

        assert [p.value for p in points(tx)] == [2.0]


def test_what_does_not_tell_when_stands_where_it_was_finished(database: Database) -> None:
    ahead = NOON + timedelta(days=9)
    with database.transaction() as tx:
        store(tx, day(0), [number(1.0)])
        store(tx, None, [number(2.0)], finished_at=day(1))
        store(tx, ahead, [number(3.0)], finished_at=day(2))
        store(tx, day(3), [number(4.0)])

        found = points(tx)

        assert [(p.value, p.dated) for p in found] == [
            (1.0, True), (2.0, False), (3.0, False), (4.0, True),
        ]  # fmt: skip


def test_of_results_that_do_not_tell_when_the_last_ones_are_found(database: Database) -> None:
    with database.transaction() as tx:
        for n in range(5):
            store(tx, None, [number(float(n))], finished_at=day(n), uid=f"1.2.{n}")

        assert [p.value for p in points(tx, limit=2)] == [3.0, 4.0]
        store(tx, day(-1), [number(9.0)])
        last = results.measured(tx, **WHERE, limit=2)
    assert [r.finished_at for r in last] == [day(4), day(3)]


def test_what_is_analysed_again_stays_where_it_was(database: Database) -> None:
    ahead = NOON + timedelta(days=9)
    with database.transaction() as tx:
        for at, value in ((None, 1.0), (ahead, 2.0)):
            first = store(tx, at, [number(value)], finished_at=day(value), uid=f"1.2.{value}")
            later = replace(first.provenance, analyzer_version="2", finished_at=day(30))
            results.add(tx, replace(first, id="", provenance=later))
        store(tx, day(20), [number(3.0)], finished_at=day(20))

        found = points(tx)
    assert [(p.value, p.at, p.dated) for p in found] == [
        (1.0, day(1), False), (2.0, day(2), False), (3.0, day(20), True),
    ]  # fmt: skip


def test_a_noise_floor_stands_beside_its_number(database: Database) -> None:
    numbers = [
        number(2.5, metric="iu_sys_ufov"),
        number(0.9, metric="noise_floor_iu_ufov"),
        number(0.7, metric="noise_floor_iu_ufov", scope={"detector": 2}),
    ]
    with database.transaction() as tx:
        store(tx, day(0), numbers)

        (point,) = points(tx, "iu_sys_ufov")

    assert (point.value, point.noise_floor) == (2.5, 0.9)


def test_an_excluded_number_is_shown_with_who_and_why(database: Database) -> None:
    with database.transaction() as tx:
        stored, _ = store_days(tx, [1.0, 2.0])
        entry = exclusions.add(
            tx, stored.id, metric=KEY.metric, scope=KEY.scope, reason="wrong source", by="physicist",
            now=day(3),
        )  # fmt: skip

        first, second = points(tx)

        assert (first.left_out, second.left_out) == (LeftOut.EXCLUDED, None)
        assert first.exclusion == entry == exclusions.get(tx, entry.id)

        exclusions.undo(tx, entry.id, reason="it was the right one", by="physicist", now=day(4))
        assert [p.left_out for p in points(tx)] == [None, None]
        (kept,) = exclusions.of_result(tx, stored.id)
    assert (kept.undone_by, kept.undo_reason) == ("physicist", "it was the right one")


def test_a_whole_result_is_excluded_at_once(database: Database) -> None:
    both = [number(1.0), number(2.0, scope={"detector": 2})]
    with database.transaction() as tx:
        stored = store(tx, day(0), both)
        exclusions.add(tx, stored.id, reason="door was open", by="p", now=day(1))

        assert points(tx)[0].left_out is LeftOut.EXCLUDED
        assert points(tx, scope={"detector": 2})[0].left_out is LeftOut.EXCLUDED
        with pytest.raises(StateError, match="out of the trend already: door was open"):
            exclusions.add(
                tx, stored.id, metric=KEY.metric, scope=KEY.scope, reason="x", by="p", now=day(2)
            )


def test_only_what_is_there_is_excluded_and_put_back_once(database: Database) -> None:
    with database.transaction() as tx:
        stored = store(tx, day(0), [number(1.0)])

        with pytest.raises(NotFoundError, match="no result nothing"):
            exclusions.add(tx, "nothing", reason="x", by="p", now=day(1))
        with pytest.raises(NotFoundError, match="with fwhm_pct"):
            exclusions.add(tx, stored.id, metric="fwhm_pct", reason="x", by="p", now=day(1))
        with pytest.raises(NotFoundError, match="no exclusion"):
            exclusions.undo(tx, "nothing", reason="x", by="p", now=day(1))
        entry = exclusions.add(tx, stored.id, reason="x", by="p", now=day(1))
        exclusions.undo(tx, entry.id, reason="y", by="p", now=day(2))
        with pytest.raises(StateError, match="was taken back before"):
            exclusions.undo(tx, entry.id, reason="y", by="p", now=day(3))


def test_what_a_result_showed_is_kept_once(database: Database) -> None:
    with database.transaction() as tx:
        stored = store(tx, day(0), [number(9.0)])
        signal = Signal(
            rule="1_3s", level=SignalLevel.ACTION, side=Side.HIGH, result_id=stored.id, at=day(0),
            value=9.0, since_result_id=stored.id, since=day(0), limit=10.0, days=3.5,
        )  # fmt: skip
        entries = (
            MetricSignal(metric=KEY.metric, scope=dict(KEY.scope), signal=signal),
            MetricSignal(
                metric="fwhm_pct",
                scope={},
                signal=replace(signal, side=None, limit=None, days=None),
            ),
        )
        trends.keep_signals(tx, stored.id, entries)
        trends.keep_signals(tx, stored.id, entries[:1])

        assert trends.signals_of(tx, stored.id) == entries
        assert trends.signals_of(tx, "nothing") == ()


def test_the_numbers_of_a_test_are_those_of_its_latest_results(database: Database) -> None:
    informs = verdict(1.0, metric="fwhm_pct", kind=LimitKind.INFORMATIVE, status=Status.INFO)
    with database.transaction() as tx:
        store(
            tx, day(0), [number(1.0, metric="fwhm_pct"), number(1.0)],
            verdicts=(informs, verdict(1.0)),
        )  # fmt: skip
        for later in range(1, 11):
            store(tx, day(later), [number(1.0)])

        (only,) = trends.numbers(tx, **WHERE)
        store(tx, day(11), [number(1.0, metric="fwhm_pct"), number(1.0)], verdicts=(informs,))
        found = trends.numbers(tx, **WHERE)

    assert (only.metric, only.scope, only.unit, only.judged) == (
        KEY.metric, {"detector": 1}, "%", True,
    )  # fmt: skip
    assert [(n.metric, n.judged) for n in found] == [(KEY.metric, True), ("fwhm_pct", False)]


def test_every_version_of_a_baseline_stays_with_its_sources(database: Database) -> None:
    one, two = accepted(1.0).baseline, accepted(2.0, start=5, version=2).baseline
    other = accepted(3.0, configuration="collimator HEGP").baseline
    with database.transaction() as tx:
        limits.add_baseline(tx, one, now=day(1), source_results=["a", "b"])
        limits.add_baseline(tx, two, now=day(6), source_results=["c"])
        limits.add_baseline(tx, other, now=day(2))

        found = limits.accepted(tx, KEY)
        every = limits.every_accepted(tx, **WHERE)
        of_device = limits.accepted_of_device(tx, KEY.device_id)

    assert sorted(a.baseline.value for a in of_device) == [1.0, 2.0, 3.0]
    assert [
        a.baseline.version for a in of_device if a.baseline.configuration == one.configuration
    ] == [1, 2]
    assert [(a.baseline.version, a.baseline.value, a.sources, a.accepted_at) for a in found] == [
        (1, 1.0, {"a", "b"}, day(1)), (2, 2.0, {"c"}, day(6)),
    ]  # fmt: skip
    assert [a.baseline.value for a in every] == [1.0, 3.0, 2.0]
