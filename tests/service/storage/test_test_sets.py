from datetime import date

import pytest

from photopeak.model.results import ReadingRecord
from photopeak.model.test_sets import TestSetMember, TestSetRecord, TestSetState
from photopeak.storage import by_hand, readings, test_sets, workers
from photopeak.storage.database import Database, Transaction
from photopeak.storage.errors import NotFoundError, StateError
from support.rows import NOON, after, key, series_of, waiting_set

S1, S2 = "1.2.3.10", "1.2.3.11"


def find(
    tx: Transaction, uid: str, *, role: str = "flood", maximum: int | None = 1
) -> TestSetRecord:
    found = test_sets.find_or_create(
        tx, key(), role=role, series_instance_uid=uid, maximum=maximum, now=NOON
    )
    member = TestSetMember(role=role, series_instance_uid=uid, generation=1)
    return test_sets.add_member(tx, found.id, member, now=NOON)


def running(tx: Transaction, worker: str = "w1") -> TestSetRecord:
    queued = test_sets.queue(tx, waiting_set(tx).id, now=NOON)
    claimed = test_sets.claim(tx, queued.id, worker, now=NOON, attempt=queued.attempt)
    assert claimed is not None
    return claimed


def test_a_series_finds_its_test_set_again(database: Database) -> None:
    with database.transaction() as tx:
        series_of(tx, S1)
        first = find(tx, S1)
    with database.transaction() as tx:
        assert find(tx, S1) == first
        assert [s.id for s in test_sets.by_series(tx, S1)] == [first.id]


def test_series_of_other_roles_share_a_test_set_until_a_role_is_full(database: Database) -> None:
    with database.transaction() as tx:
        for uid in (S1, S2, "1.2.3.12"):
            series_of(tx, uid)
        x = find(tx, S1, role="lines_x")
        y = find(tx, S2, role="lines_y")
        repeated = find(tx, "1.2.3.12", role="lines_x")

    assert x.id == y.id
    assert [m.role for m in y.members] == ["lines_x", "lines_y"]
    assert repeated.id != x.id
    assert (x.ordinal, repeated.ordinal) == (1, 2)


def test_a_role_without_a_maximum_takes_any_number(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as tx:
        ids = set()
        for n in range(9):
            series_of(tx, f"1.2.3.{n}")
            ids.add(find(tx, f"1.2.3.{n}", role="position", maximum=None).id)

    assert len(ids) == 1


@pytest.mark.parametrize("claimed", [False, True])
def test_series_that_come_in_a_burst_join_the_set_that_is_under_way(
    database: Database, claimed: bool
) -> None:
    with database.transaction() as tx:
        series_of(tx, S1)
        series_of(tx, S2)
        first = find(tx, S1, maximum=None)
        test_sets.queue(tx, first.id, now=NOON)
        if claimed:
            assert test_sets.claim(tx, first.id, "w1", now=NOON) is not None
        joined = find(tx, S2, maximum=None)

        assert joined.id == first.id
        # Whoever works on it loses it; it is queued anew, with both.
        assert (joined.state, joined.worker_id) == (TestSetState.WAITING, None)
        assert len(joined.in_role("flood")) == 2


def test_a_finished_test_set_takes_no_new_series(database: Database) -> None:
    with database.transaction() as tx:
        done = running(tx)
        assert test_sets.finish(tx, done.id, "w1", done.attempt, TestSetState.DONE, now=NOON)
        series_of(tx, S2)

        assert find(tx, S2).id != done.id


def test_a_set_that_was_analysed_in_part_takes_the_series_it_lacks(database: Database) -> None:
    with database.transaction() as tx:
        for uid in (S1, S2, "1.2.3.12"):
            series_of(tx, uid)
        asked = by_hand.ask_partial(tx, find(tx, S1, role="lines_x").id, "today", now=NOON)
        claimed = test_sets.claim(tx, asked.id, "w1", now=NOON)
        assert claimed is not None
        test_sets.finish(tx, asked.id, "w1", claimed.attempt, TestSetState.DONE, now=NOON)
        done = test_sets.get(tx, asked.id)
        next_day = key(day=date(2026, 3, 3))

        assert (done.state, done.partial, done.open) == (TestSetState.DONE, "today", True)
        assert test_sets.first_day(tx, next_day, days=2, uid=S2) == date(2026, 3, 2)
        assert find(tx, "1.2.3.12", role="lines_x").id != asked.id
        test_sets.remove_member(tx, asked.id, "lines_x", S1, now=NOON)
        assert test_sets.get(tx, asked.id).partial == ""


def test_a_second_series_for_the_other_role_joins_it(database: Database) -> None:
    with database.transaction() as tx:
        for uid in (S1, S2):
            series_of(tx, uid)
        asked = by_hand.ask_partial(tx, find(tx, S1, role="lines_x").id, "today", now=NOON)
        claimed = test_sets.claim(tx, asked.id, "w1", now=NOON)
        assert claimed is not None
        test_sets.finish(tx, asked.id, "w1", claimed.attempt, TestSetState.DONE, now=NOON)

        joined = find(tx, S2, role="lines_y")

        assert (joined.id, joined.state, joined.partial) == (
            asked.id, TestSetState.WAITING, "today",
        )  # fmt: skip


def test_a_wish_is_over_when_the_work_settled_it(database: Database) -> None:
    with database.transaction() as tx:
        asked = by_hand.ask_partial(tx, waiting_set(tx).id, "today", now=NOON)
        claimed = test_sets.claim(tx, asked.id, "w1", now=NOON)
        assert claimed is not None
        test_sets.finish(
            tx, asked.id, "w1", claimed.attempt, TestSetState.WAITING, now=NOON,
            reason="it takes two", waiting_for="waiting for lines_y", settled=True,
        )  # fmt: skip
        waits = test_sets.get(tx, asked.id)

    assert (waits.partial, waits.reason, waits.waiting_for) == (
        "", "it takes two", "waiting for lines_y",
    )  # fmt: skip


def test_only_a_waiting_set_is_asked_for_a_part(database: Database) -> None:
    with database.transaction() as tx:
        claimed = running(tx)

        with pytest.raises(StateError, match="is RUNNING"):
            by_hand.ask_partial(tx, claimed.id, "today", now=NOON)
        with pytest.raises(NotFoundError):
            by_hand.ask_partial(tx, "x", "today", now=NOON)


def test_a_set_to_which_nothing_belongs_goes_and_no_other(database: Database) -> None:
    reading = ReadingRecord(name="activity", value=37.0, unit="MBq", at=NOON)
    with database.transaction() as tx:
        empty, supplied = waiting_set(tx, S1), waiting_set(tx, S2, group="2")
        assert not by_hand.forget_if_empty(tx, empty.id)
        readings.put(tx, supplied.id, reading, now=NOON)
        for record, uid in ((empty, S1), (supplied, S2)):
            test_sets.remove_member(tx, record.id, "flood", uid, now=NOON)

        assert by_hand.forget_if_empty(tx, empty.id)
        assert not by_hand.forget_if_empty(tx, supplied.id)
        with pytest.raises(NotFoundError):
            by_hand.get_alone(tx, empty.id)


def test_who_assigned_a_series_stays_known(database: Database) -> None:
    with database.transaction() as tx:
        record = waiting_set(tx)
        series_of(tx, S2)
        for generation, who in ((1, "R. Chen"), (2, "")):
            member = TestSetMember(
                role="flood", series_instance_uid=S2, generation=generation, assigned_by=who
            )
            record = test_sets.add_member(tx, record.id, member, now=NOON)

    assert [(m.assigned_by, m.generation) for m in record.members] == [("", 1), ("R. Chen", 2)]


def test_other_days_groups_devices_and_variants_have_their_own_sets(database: Database) -> None:
    with database.transaction() as tx:
        ids = {
            waiting_set(tx, "1.2.3.20").id,
            waiting_set(tx, "1.2.3.21", day=date(2026, 3, 3)).id,
            waiting_set(tx, "1.2.3.22", group="uncorrected").id,
            waiting_set(tx, "1.2.3.23", device_id="camera-2").id,
            waiting_set(tx, "1.2.3.24", variant="iec").id,
        }

    assert len(ids) == 5


def test_a_set_that_waits_is_joined_on_the_days_after_it(database: Database) -> None:
    third = key(day=date(2026, 3, 4))
    with database.transaction() as tx:
        nothing = test_sets.first_day(tx, third, days=3, uid=S2)
        waiting_set(tx, "1.2.3.20", day=date(2026, 3, 1))
        too_early = test_sets.first_day(tx, third, days=3, uid=S2)
        waiting_set(tx, S1)
        other_camera = test_sets.first_day(
            tx, key(day=date(2026, 3, 4), device_id="camera-2"), days=3, uid=S2
        )

        assert test_sets.first_day(tx, third, days=3, uid=S2) == date(2026, 3, 2)
    assert nothing == too_early == other_camera == date(2026, 3, 4)


def test_a_set_that_is_done_is_joined_by_its_own_series_alone(database: Database) -> None:
    with database.transaction() as tx:
        done = running(tx)
        assert test_sets.finish(tx, done.id, "w1", done.attempt, TestSetState.DONE, now=NOON)
        own, other = (
            test_sets.first_day(tx, key(day=date(2026, 3, 3)), days=3, uid=uid) for uid in (S1, S2)
        )

    assert (own, other) == (date(2026, 3, 2), date(2026, 3, 3))


def test_only_one_worker_gets_a_queued_set(database: Database) -> None:
    with database.transaction() as tx:
        queued = test_sets.queue(tx, waiting_set(tx).id, now=NOON)
    with database.transaction() as tx:
        claimed = test_sets.claim(tx, queued.id, "w1", now=after(1), attempt=1)
    with database.transaction() as tx:
        assert test_sets.claim(tx, queued.id, "w2", now=after(1), attempt=1) is None

    assert claimed is not None
    assert (claimed.state, claimed.worker_id, claimed.attempt) == (TestSetState.RUNNING, "w1", 1)


def test_a_job_of_an_earlier_attempt_does_nothing(database: Database) -> None:
    with database.transaction() as tx:
        test_set = waiting_set(tx)
        test_sets.queue(tx, test_set.id, now=NOON)
        test_sets.add_member(
            tx,
            test_set.id,
            TestSetMember(role="flood", series_instance_uid=S1, generation=2),
            now=NOON,
        )
        again = test_sets.queue(tx, test_set.id, now=NOON)

        assert again.attempt == 2
        assert test_sets.claim(tx, test_set.id, "w1", now=NOON, attempt=1) is None
        assert test_sets.claim(tx, test_set.id, "w1", now=NOON, attempt=2) is not None


@pytest.mark.parametrize("claimed", [False, True])
def test_what_is_queued_or_running_is_not_queued_again(database: Database, claimed: bool) -> None:
    with database.transaction() as tx:
        test_set = waiting_set(tx)
        test_sets.queue(tx, test_set.id, now=NOON)
        if claimed:
            test_sets.claim(tx, test_set.id, "w1", now=NOON)

        with pytest.raises(StateError, match=r"is (QUEUED|RUNNING)"):
            test_sets.queue(tx, test_set.id, now=NOON)


def test_late_instances_take_the_claim_away(database: Database) -> None:
    with database.transaction() as tx:
        claimed = running(tx)
        newer = TestSetMember(role="flood", series_instance_uid=S1, generation=2)
        waiting = test_sets.add_member(tx, claimed.id, newer, now=after(1))

        assert waiting.state is TestSetState.WAITING
        assert not test_sets.finish(tx, claimed.id, "w1", 1, TestSetState.DONE, now=after(2))


def test_the_same_generation_again_disturbs_nothing(database: Database) -> None:
    with database.transaction() as tx:
        claimed = running(tx)
        same = TestSetMember(role="flood", series_instance_uid=S1, generation=1)
        test_sets.add_member(tx, claimed.id, same, now=after(1))

        assert test_sets.finish(tx, claimed.id, "w1", 1, TestSetState.DONE, now=after(2))


def test_work_of_a_dead_worker_is_queued_again(database: Database) -> None:
    with database.transaction() as tx:
        for worker in ("w1", "w2"):
            workers.start(tx, worker, role="work", host="h", pid=1, now=NOON)
        claimed = running(tx)
        workers.beat(tx, "w1", now=after(100))

        assert test_sets.release_lost(tx, now=after(120), stale_after_s=30, attempts=3) == ()
        (released,) = test_sets.release_lost(tx, now=after(131), stale_after_s=30, attempts=3)

        assert (released.state, released.attempt) == (TestSetState.QUEUED, 2)
        assert not test_sets.finish(tx, claimed.id, "w1", 1, TestSetState.DONE, now=after(140))
        assert test_sets.claim(tx, claimed.id, "w2", now=after(140), attempt=2) is not None


def test_work_of_a_stopped_worker_is_queued_again_at_once(database: Database) -> None:
    with database.transaction() as tx:
        workers.start(tx, "w1", role="work", host="h", pid=1, now=NOON)
        running(tx)
        workers.stop(tx, "w1", now=after(1))

        assert len(test_sets.release_lost(tx, now=after(2), stale_after_s=30, attempts=3)) == 1


def test_work_that_kills_its_workers_ends_as_failed(database: Database) -> None:
    with database.transaction() as tx:
        test_set = running(tx, "gone-1")
        for number in range(2):
            test_sets.release_lost(tx, now=after(100), stale_after_s=30, attempts=3)
            test_sets.claim(tx, test_set.id, f"gone-{number + 2}", now=after(100))
        (failed,) = test_sets.release_lost(tx, now=after(200), stale_after_s=30, attempts=3)

        assert failed.state is TestSetState.FAILED
        assert failed.reason == "3 workers were lost on it"
        assert test_sets.queue(tx, failed.id, now=after(300)).state is TestSetState.QUEUED


def test_a_queued_set_without_its_job_is_found(database: Database) -> None:
    with database.transaction() as tx:
        test_set = test_sets.queue(tx, waiting_set(tx).id, now=NOON)
        assert len(test_sets.queued_without_job(tx, ["other"])) == 1
        test_sets.set_job(tx, test_set.id, "analyze:1")

        assert test_sets.queued_without_job(tx, ["analyze:1"]) == ()
        assert [s.id for s in test_sets.queued_without_job(tx, [])] == [test_set.id]


def test_a_set_says_what_it_waits_for_and_is_listed_by_state(database: Database) -> None:
    with database.transaction() as tx:
        one, two = waiting_set(tx), waiting_set(tx, "1.2.3.30", test="center_of_rotation")
        test_sets.describe(
            tx,
            one.id,
            now=after(5),
            waiting_for="activity",
            purpose="status",
            parameters={"a": 1},
            limits=["site"],
        )
        test_sets.queue(tx, two.id, now=after(6))

        (waiting,) = test_sets.page(tx, states=[TestSetState.WAITING]).items
        assert (waiting.waiting_for, waiting.purpose) == ("activity", "status")
        assert (waiting.parameters, waiting.limits) == ({"a": 1}, ("site",))
        first = test_sets.page(tx, limit=1)
        assert [s.id for s in first.items] == [two.id]
        assert [s.id for s in test_sets.page(tx, limit=1, cursor=first.next_cursor).items] == [
            one.id
        ]
        assert test_sets.page(tx, test="center_of_rotation", device_id="camera-2").items == ()


def test_a_series_can_leave_a_test_set(database: Database) -> None:
    with database.transaction() as tx:
        test_set = waiting_set(tx)
        test_sets.remove_member(tx, test_set.id, "flood", S1, now=NOON)

        assert test_sets.get(tx, test_set.id).members == ()
        assert test_sets.by_series(tx, S1) == ()
        with pytest.raises(NotFoundError, match="there is no test set x"):
            test_sets.get(tx, "x")


def test_a_corrected_reading_leaves_the_first_one_readable(database: Database) -> None:
    first = ReadingRecord(name="activity", value=37.0, unit="MBq", at=NOON, source="form")
    better = ReadingRecord(name="activity", value=38.5, unit="MBq", at=NOON, uncertainty=0.4)
    table = ReadingRecord(name="rates", value=((1.0, 2.5), (2.0, 4.5)))
    with database.transaction() as tx:
        test_set = waiting_set(tx)
        assert readings.put(tx, test_set.id, first, now=after(1))
        assert not readings.put(tx, test_set.id, first, now=after(2))
        assert readings.put(tx, test_set.id, better, now=after(3))
        assert readings.put(tx, test_set.id, table, now=after(3))

        activity, rates = readings.latest(tx, test_set.id)
        assert (activity.value, activity.uncertainty, activity.entered_at) == (38.5, 0.4, after(3))
        assert rates.value == ((1.0, 2.5), (2.0, 4.5))
        assert [r.value for r in readings.history(tx, test_set.id, "activity")] == [37.0, 38.5]
