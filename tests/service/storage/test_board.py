"""Numbers for boards, and what moves through the service."""

from dataclasses import replace
from datetime import timedelta

from photopeak.model.judgement import Status
from photopeak.model.series import SeriesState
from photopeak.storage import board, instances, results, series
from photopeak.storage.database import Database
from support.rows import NOON, instance, result_of, series_of, waiting_set


def test_every_number_comes_with_each_verdict_on_it(database: Database) -> None:
    with database.transaction() as tx:
        record = results.add(tx, result_of(waiting_set(tx)))
        bare = replace(
            result_of(waiting_set(tx, "1.2.3.11", group="b")), verdicts=(), status=Status.NO_LIMIT
        )
        unjudged = results.add(tx, bare)

    with database.snapshot() as tx:
        found = list(board.numbers(tx, [record.id, unjudged.id]))
        assert list(board.numbers(tx, [])) == []

    judged = [n for n in found if n.result_id == record.id]
    assert {n.status for n in judged} == {v.status for v in record.verdicts}
    assert judged[0].scope == {"detector": 1}
    assert [n.status for n in found if n.result_id == unjudged.id] == [None]


def test_traffic_counts_what_waits_and_knows_the_last_object(database: Database) -> None:
    with database.snapshot() as tx:
        assert board.traffic(tx) == board.Traffic(0, 0, 0, 0, None)
    with database.transaction() as tx:
        for uid, state in (
            ("1.2.1", SeriesState.UNROUTED),
            ("1.2.2", SeriesState.UNROUTED),
            ("1.2.3", SeriesState.QUARANTINED),
        ):
            series_of(tx, uid)
            series.set_state(tx, uid, state, "")
        instances.add_batch(tx, [instance(9, series="1.2.9", at=NOON + timedelta(hours=1))])

    with database.snapshot() as tx:
        found = board.traffic(tx)
        assert instances.count_unindexed(tx, limit=2) == 2
        assert instances.count_unindexed(tx, limit=99) == 4
    assert (found.unmatched, found.held_back) == (2, 1)
    assert found.last_received_at == NOON + timedelta(hours=1)
