"""A trend as the database gives it."""

from photopeak.model.trends import EpochEffect
from photopeak.storage import events, limits
from photopeak.storage.database import Database, Transaction
from photopeak.trends.load import Trend, load
from support.trend_points import KEY, accepted, event
from support.trend_rows import WHERE, store_days


def loaded(tx: Transaction, configuration: str | None = None) -> Trend:
    return load(tx, **WHERE, metric=KEY.metric, scope=KEY.scope, configuration=configuration)


def test_a_trend_is_of_the_configuration_measured_last(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as tx:
        store_days(tx, [1.0, 1.0, 1.0])
        store_days(tx, [9.0, 9.0], start=3, collimator="HEGP")
        store_days(tx, [1.0], start=5)
        store_days(tx, [9.0], start=6, collimator="HEGP")

        last = loaded(tx)
        first = loaded(tx, "collimator LEHR")

    assert last.key.configuration == "collimator HEGP"
    assert list(last.configurations.items()) == [("collimator HEGP", 3), ("collimator LEHR", 4)]
    assert [p.value for p in last.own] == [9.0, 9.0, 9.0]
    assert [p.point.value for p in first.track().points] == [1.0, 1.0, 1.0, 1.0]


def test_a_trend_comes_with_its_baselines_and_the_events_of_its_device(
    sqlite_database: Database,
) -> None:
    own = accepted(configuration="collimator LEHR").baseline
    other = accepted(configuration="collimator HEGP").baseline
    with sqlite_database.transaction() as tx:
        store_days(tx, [1.0, 1.0, 1.0])
        for baseline in (own, other):
            limits.add_baseline(tx, baseline, now=own.epoch_start)
        done = events.add(tx, event(1.5, epoch=EpochEffect.STARTS))
        events.add(tx, event(1.5, device_id="camera-2"))

        found = loaded(tx)

    assert [a.baseline.configuration for a in found.baselines] == ["collimator LEHR"]
    assert found.events == (done,)
    assert [e.event_id for e in found.track().epochs] == [None, done.id]


def test_another_version_of_the_analysis_is_told_and_no_epoch_begins_with_it(
    sqlite_database: Database,
) -> None:
    with sqlite_database.transaction() as tx:
        store_days(tx, [1.0, 1.0], analyzer="1.0")
        first, again = store_days(tx, [9.0, 9.0], start=2, analyzer="1.1")
        store_days(tx, [1.0], start=3, analyzer="2.0", collimator="HEGP", uid="1.9")
        store_days(tx, [1.0], start=4, analyzer="1.1")

        found = loaded(tx).track()

    assert [(c.before, c.after, c.result_id) for c in found.analyzers] == [("1.0", "1.1", first.id)]
    assert found.analyzers[0].at == first.acquired_at
    assert len(found.epochs) == 1
    assert again.id in {p.point.result_id for p in found.points}


def test_nothing_measured_is_an_empty_trend(sqlite_database: Database) -> None:
    with sqlite_database.snapshot() as tx:
        found = loaded(tx)

    assert (found.points, found.configurations, found.key.configuration) == ((), {}, "")
