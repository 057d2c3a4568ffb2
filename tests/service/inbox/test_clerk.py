"""The way into the journal for one thread that waits for nobody."""

from __future__ import annotations

import errno
import os
import select
from functools import partial
from pathlib import Path

import pytest

from photopeak.inbox import health
from photopeak.inbox.clerk import Clerk
from photopeak.inbox.files import FileOperations
from photopeak.inbox.health import StorageState
from photopeak.inbox.inbox import Inbox
from photopeak.inbox.incoming import IncomingInstance
from photopeak.inbox.kernel_sync import KernelSync
from photopeak.inbox.recovery import recover
from photopeak.inbox.registrar import drain
from photopeak.inbox.segments import JOURNAL, SEGMENT_BYTES, Segment, is_free, segments
from photopeak.model.reception import StoreOutcome, StoreStatus
from photopeak.settings import Durability
from photopeak.storage import instances
from photopeak.storage.database import Database
from support.data_sets import data_set, reception
from support.faults import FaultyFiles
from support.inboxes import MakeInbox, store_quickly
from support.ports import eventually


class SyncThatFails(KernelSync):
    """A disk whose next sync, or next direct write, fails."""

    def __init__(self, signal: int) -> None:
        super().__init__(signal)
        self.fault = 0

    def finish(self) -> bool:
        done = super().finish()
        if done and self.fault:
            fault, self.fault = self.fault, 0
            raise OSError(fault, os.strerror(fault))
        return done


class WatchedFiles(FaultyFiles):
    """Operations that give away their syncs, and may do without direct writes."""

    syncs: SyncThatFails

    def __init__(self, *, direct: bool = True, **failing: int) -> None:
        super().__init__(**failing)
        self.direct = direct
        self.went_direct = 0

    def go_direct(self, handle: int) -> bool:
        able = self.direct and super().go_direct(handle)
        self.went_direct += able
        return able

    def write_block(self, handle: int, block: memoryview, offset: int) -> None:
        self._maybe("write_block")
        super().write_block(handle, block, offset)

    def background_sync(self, signal: int) -> KernelSync:
        self._maybe("background_sync")
        self.syncs = SyncThatFails(signal)
        return self.syncs

    def write_views_at(self, handle: int, views: list[memoryview], offset: int) -> int:  # type: ignore[override]
        self._maybe("write_views_at")
        return super().write_views_at(handle, views, offset)


@pytest.fixture(autouse=True)
def _settle_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "SETTLE_S", 0.0)


def journaling(make_inbox: MakeInbox, **values: object) -> Inbox:
    inbox = make_inbox(**values)
    inbox.use_journal()
    return inbox


def begun(inbox: Inbox, uid: str, *, size: int = 2000) -> IncomingInstance:
    quick = inbox.quick()
    assert quick is not None
    incoming = quick.begin(reception(uid))
    incoming.write(data_set(instance=uid, pixels=bytes(size)))
    return incoming


def settle(inbox: Inbox, outcomes: list[StoreOutcome | None], count: int) -> None:
    quick = inbox.quick()
    assert quick is not None
    quick.flush()
    while len(outcomes) < count:
        assert select.select([quick.fileno()], [], [], 20.0)[0]
        quick.collect()


def rows(database: Database) -> set[str]:
    with database.snapshot() as tx:
        return {row.reception.sop_instance_uid for row in instances.page_by_id(tx, "", 1000)}


@pytest.fixture(params=["direct", "through memory"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> WatchedFiles:
    """Return operations that write directly, or through the memory of the kernel."""
    files = WatchedFiles(direct=request.param == "direct")
    if files.direct:
        need_direct_writes(tmp_path)
    return files


def need_direct_writes(folder: Path) -> None:
    with (folder / "probe").open("wb") as file:
        if not FileOperations().go_direct(file.fileno()):
            pytest.skip("needs ext4 or XFS")


@pytest.mark.parametrize("durability", [Durability.SYNC, Durability.NONE])
def test_what_was_answered_with_success_gets_its_row(
    make_inbox: MakeInbox,
    sqlite_database: Database,
    data: Path,
    durability: Durability,
    files: WatchedFiles,
) -> None:
    inbox = journaling(make_inbox, durability=durability, operations=files)
    uids = {f"1.2.{number}" for number in range(20)}
    for uid in sorted(uids):
        outcome = store_quickly(
            inbox, data_set(instance=uid, pixels=bytes(500_000)), reception(uid)
        )
        assert outcome is not None
        assert outcome.status is StoreStatus.SUCCESS
    inbox.close()
    recover(data, sqlite_database)
    assert rows(sqlite_database) == uids
    assert bool(files.went_direct) is (files.direct and durability is Durability.SYNC)


def test_more_than_a_segment_holds_goes_on_in_the_next(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path, files: WatchedFiles
) -> None:
    inbox = journaling(make_inbox, operations=files)
    outcomes: list[StoreOutcome | None] = []
    count, size = 12, 3_000_000
    assert count * size > 2 * SEGMENT_BYTES
    for number in range(count):
        assert begun(inbox, f"1.2.{number}", size=size).commit_later(outcomes.append)
    assert not outcomes
    settle(inbox, outcomes, count)
    assert {outcome and outcome.status for outcome in outcomes} == {StoreStatus.SUCCESS}
    inbox.close()
    recover(data, sqlite_database)
    assert len(rows(sqlite_database)) == count


def test_without_room_in_the_journal_only_who_may_wait_can_store(make_inbox: MakeInbox) -> None:
    inbox = journaling(make_inbox, journal_bytes=SEGMENT_BYTES)
    outcomes: list[StoreOutcome | None] = []
    refused: list[IncomingInstance] = []

    def done(incoming: IncomingInstance, outcome: StoreOutcome | None) -> None:
        outcomes.append(outcome)
        if outcome is None:
            refused.append(incoming)

    taken = [begun(inbox, f"1.2.{number}", size=3_000_000) for number in range(7)]
    for incoming in taken:
        assert incoming.commit_later(partial(done, incoming))
    settle(inbox, outcomes, 7)
    assert refused == taken[5:]
    for incoming in refused:
        assert incoming.commit().status is StoreStatus.SUCCESS


def test_a_failing_sync_fails_all_that_were_written_and_the_next_segment_is_another(
    make_inbox: MakeInbox, files: WatchedFiles, caplog: pytest.LogCaptureFixture
) -> None:
    inbox = journaling(make_inbox, operations=files)
    outcomes: list[StoreOutcome | None] = []
    quick = inbox.quick()
    assert quick is not None
    store_quickly(inbox, data_set(instance="1.2.9"), reception("1.2.9"))

    files.syncs.fault = errno.EIO
    assert begun(inbox, "1.2.1").commit_later(outcomes.append)
    quick.flush()
    assert begun(inbox, "1.2.2").commit_later(outcomes.append)  # behind it, not yet synced
    settle(inbox, outcomes, 2)

    # A direct write tells of its own error, and what came behind it goes into another segment.
    lost = 1 if files.direct else 2
    assert (
        sorted(outcome.comment for outcome in outcomes if outcome)
        == [""] * (2 - lost) + [health.COMMENTS[StorageState.BROKEN]] * lost
    )
    # What came behind may have mended the state already.
    assert "instances cannot be stored (broken)" in caplog.text
    outcome = store_quickly(inbox, data_set(instance="1.2.3"), reception("1.2.3"))
    assert outcome is not None
    assert outcome.status is StoreStatus.SUCCESS
    eventually(lambda: inbox.health().good)


@pytest.mark.parametrize("call", ["write_views_at", "write_at", "write_block"])
def test_a_disk_that_cannot_be_written_is_answered_with_try_again(
    make_inbox: MakeInbox, call: str, tmp_path: Path
) -> None:
    files = WatchedFiles(direct=call == "write_block")
    if files.direct:
        need_direct_writes(tmp_path)
    inbox = journaling(make_inbox, operations=files)
    files.failing[call] = errno.ENOSPC
    outcome = store_quickly(inbox, data_set(), reception())
    assert outcome is not None
    assert outcome.comment == health.COMMENTS[StorageState.FULL]
    files.failing.clear()
    outcome = store_quickly(inbox, data_set(), reception())
    assert outcome is not None
    assert outcome.status is StoreStatus.SUCCESS


def test_free_space_is_looked_at_while_others_go_on(make_inbox: MakeInbox) -> None:
    files = FaultyFiles()
    inbox = journaling(make_inbox, operations=files, free_space_floor_bytes=1_000_000)
    store_quickly(inbox, data_set(), reception())
    files.free_bytes = 10
    eventually(lambda: _status(inbox) is StoreStatus.OUT_OF_RESOURCES)
    files.free_bytes = 10_000_000
    eventually(lambda: _status(inbox) is StoreStatus.SUCCESS)


def _status(inbox: Inbox) -> StoreStatus | None:
    outcome = store_quickly(inbox, data_set(), reception())
    return outcome and outcome.status


def test_what_has_very_many_elements_is_for_who_may_wait(make_inbox: MakeInbox) -> None:
    inbox = journaling(make_inbox)
    private = b"".join(
        b"\x09\x00" + number.to_bytes(2, "little") + b"UN\0\0\0\0\0\0" for number in range(5000)
    )
    body = data_set()
    at = body.index(b"\x20\x00\x0d\x00")
    incoming = inbox.begin(reception())
    incoming.write(body[:at] + private + body[at:])
    assert inbox.quick() is not None
    assert not incoming.commit_later(lambda _: None)
    assert incoming.commit().status is StoreStatus.SUCCESS


@pytest.mark.parametrize("uid", ["1.2.3", "../1"])
def test_what_is_refused_at_once_is_told_at_once(make_inbox: MakeInbox, uid: str) -> None:
    outcome = store_quickly(journaling(make_inbox), data_set(instance="1.2.4"), reception(uid))
    assert outcome is not None
    assert outcome.status in (StoreStatus.DATA_SET_MISMATCH, StoreStatus.INVALID_INSTANCE)


def test_memory_that_the_clerk_still_reads_is_not_given_to_others(make_inbox: MakeInbox) -> None:
    inbox = journaling(make_inbox)
    outcomes: list[StoreOutcome | None] = []
    first = begun(inbox, "1.2.1")
    assert first.commit_later(outcomes.append)
    first.discard()
    assert inbox.journal is not None
    lent = inbox.journal.buffers._lent
    assert lent == 1
    settle(inbox, outcomes, 1)
    assert inbox.journal.buffers._lent == 0


def test_where_the_kernel_has_no_such_syncs_threads_receive(make_inbox: MakeInbox) -> None:
    files = WatchedFiles(background_sync=errno.ENOSYS)
    inbox = journaling(make_inbox, operations=files)
    assert inbox.quick() is None
    assert make_inbox().quick() is None, "and so without a journal"


def test_a_sync_tells_of_its_end_and_of_its_error(tmp_path: Path) -> None:
    signal = os.eventfd(0, os.EFD_NONBLOCK)
    syncs = FileOperations().background_sync(signal)
    with (tmp_path / "file").open("wb") as file:
        file.write(b"x")
        file.flush()
        syncs.start(file.fileno())
        assert select.select([signal], [], [], 20.0)[0]
        assert syncs.finish()
        assert not syncs.finish(), "nothing is under way"
        syncs.write(file.fileno(), [memoryview(bytearray(b"yz")), memoryview(bytearray(b"!"))], 1)
        assert select.select([signal], [], [], 20.0)[0]
        os.eventfd_read(signal)
        assert syncs.finish()
        assert (tmp_path / "file").read_bytes() == b"xyz!"
    reading, writing = os.pipe()
    with pytest.raises(OSError, match="Invalid argument"):
        syncs.start(reading)
    syncs.close()
    for descriptor in (signal, reading, writing):
        os.close(descriptor)


def test_a_clerk_that_cannot_be_leaves_nothing_open(make_inbox: MakeInbox) -> None:
    inbox = journaling(make_inbox)
    before = len(list(Path("/proc/self/fd").iterdir()))
    files = WatchedFiles(background_sync=errno.EAGAIN)
    assert inbox.journal is not None
    with pytest.raises(BlockingIOError):
        Clerk(
            inbox.journal._journal, files, syncs=True, look=lambda: None, troubled=lambda: False,
            stored=lambda: None, failed=inbox.failed, begin=lambda _: None, end=lambda _: None,
        )  # fmt: skip
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_disk_that_is_full_after_half_a_direct_write_is_an_error(tmp_path: Path) -> None:
    signal = os.eventfd(0, os.EFD_NONBLOCK)
    syncs = FileOperations().background_sync(signal)
    with (tmp_path / "file").open("wb") as file:
        syncs.write(file.fileno(), [memoryview(bytearray(10))], 0)
        syncs._size += 1  # as if more had been asked for
        assert select.select([signal], [], [], 20.0)[0]
        with pytest.raises(OSError, match="not all"):
            syncs.finish()
    syncs.close()
    os.close(signal)


@pytest.mark.parametrize("place", ["of the first block", "of an instance"])
def test_where_direct_writes_are_refused_all_goes_through_memory_and_nothing_is_lost(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path, place: str
) -> None:
    need_direct_writes(data)
    files = WatchedFiles()
    inbox = journaling(make_inbox, operations=files)
    outcomes: list[StoreOutcome | None] = []
    if place == "of the first block":
        files.failing["write_block"] = errno.EINVAL
    else:
        assert inbox.quick() is not None
        files.syncs.fault = errno.EINVAL
    for number in range(4):
        assert begun(inbox, f"1.2.{number}").commit_later(outcomes.append)
    settle(inbox, outcomes, 4)
    assert {outcome and outcome.status for outcome in outcomes} == {StoreStatus.SUCCESS}
    assert files.went_direct == 1
    assert inbox.health().good
    inbox.close()
    recover(data, sqlite_database)
    assert len(rows(sqlite_database)) == 4


def test_direct_writes_are_for_file_systems_where_they_are_known(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    assert not FileOperations().go_direct(writing)
    os.close(reading)
    os.close(writing)
    path = tmp_path / "file"
    path.write_bytes(bytes(4096))
    with path.open("r+b") as file:
        if FileOperations().go_direct(file.fileno()):
            with pytest.raises(OSError, match="Invalid argument"):
                os.pwrite(file.fileno(), b"x", 1)
        FileOperations().go_through_memory(file.fileno())
        assert os.pwrite(file.fileno(), b"x", 1) == 1


def test_a_registrar_that_has_looked_before_sees_what_a_direct_write_brings(
    make_inbox: MakeInbox, data: Path
) -> None:
    need_direct_writes(data)
    inbox = journaling(make_inbox)
    store_quickly(inbox, data_set(instance="1.2.1"), reception("1.2.1"))
    (folder,) = (data / JOURNAL).iterdir()
    found = [segment for path in segments(folder) if (segment := Segment(path)).look()]
    (segment,) = [segment for segment in found if segment.reach()]
    for number in range(2, 30):
        assert len(list(segment.entries())) == 1, "and nothing behind it, as far as was looked"
        segment.advance()
        assert segment.reach() == 0
        uid = f"1.2.{number}"
        store_quickly(inbox, data_set(instance=uid, pixels=bytes(9000)), reception(uid))
        assert segment.reach() > 0
    for segment in found:
        segment.close()


def test_a_segment_that_was_written_directly_is_released_and_used_again(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    need_direct_writes(data)
    for turn in range(3):
        inbox = journaling(make_inbox, journal_bytes=2 * SEGMENT_BYTES)
        for number in range(6):
            uid = f"1.{turn + 2}.{number}"
            outcome = store_quickly(
                inbox, data_set(instance=uid, pixels=bytes(3_000_000)), reception(uid)
            )
            assert outcome is not None
            assert outcome.status is StoreStatus.SUCCESS
        inbox.close()
        assert drain(data, sqlite_database) == 6
    (folder,) = (data / JOURNAL).iterdir()
    assert all(is_free(path) for path in segments(folder))
    assert len(rows(sqlite_database)) == 18
