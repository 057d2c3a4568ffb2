"""Many associations in one thread: what makes it give one up to a thread, and whom nobody waits for."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator

import pytest

from photopeak.listener.pump import Pump
from photopeak.model.reception import StoreOutcome, StoreStatus
from support.dicom_peer import (
    ABORT,
    ASSOCIATE_AC,
    IMPLICIT,
    VERIFICATION,
    Peer,
    associate_request,
    data_set,
    echo_command,
    p_data,
    pdv,
    store_message,
)
from support.ports import eventually

from .conftest import Listen, MemoryStore


@pytest.fixture
def store() -> Iterator[MemoryStore]:
    made = MemoryStore(pumped=True)
    yield made
    made.let_commit.set()
    if made.way is not None:
        made.way.close()


def threads() -> int:
    return sum(thread.name == "association" for thread in threading.enumerate())


def echo(peer: Peer) -> int:
    peer.send(p_data(pdv(3, 3, echo_command())))
    return peer.answer().status


def associated(port: int) -> Peer:
    peer = Peer(port)
    answer = peer.associate()
    assert answer is not None
    assert answer[0] == ASSOCIATE_AC
    return peer


def test_an_association_has_no_thread_while_it_transfers(
    listen: Listen, store: MemoryStore
) -> None:
    with associated(listen().port) as peer:
        eventually(lambda: not threads())
        for number in range(3):
            peer.send(store_message(data_set(), instance=f"1.2.{number}"))
            assert peer.answer().status == 0
        assert not threads()
        peer.release()
    assert len(store.kept) == 3


def test_one_that_only_verifies_keeps_its_thread(listen: Listen) -> None:
    with Peer(listen().port) as peer:
        peer.associate(associate_request([(3, VERIFICATION, (IMPLICIT,))]))
        assert echo(peer) == 0
        assert threads() == 1


def test_an_instance_on_its_way_to_the_disk_delays_nobody(
    listen: Listen, store: MemoryStore
) -> None:
    port = listen().port
    store.let_commit.clear()
    with associated(port) as slow, associated(port) as other:
        slow.send(store_message(data_set()))
        assert store.committing.wait(30)
        for _ in range(3):
            assert echo(other) == 0
        store.let_commit.set()
        assert slow.answer().status == 0


def test_a_message_in_pieces_delays_nobody(listen: Listen, store: MemoryStore) -> None:
    port = listen().port
    with associated(port) as slow, associated(port) as other:
        message = store_message(data_set())
        for piece in (message[:3], message[3:200], message[200:900]):
            slow.send(piece)
            assert echo(other) == 0
        slow.send(message[900:])
        assert slow.answer().status == 0
    assert len(store.kept) == 1


def test_many_messages_in_one_piece_delay_nobody_and_are_all_answered(
    listen: Listen, store: MemoryStore
) -> None:
    port = listen().port
    with associated(port) as many, associated(port) as other:
        many.send(p_data(pdv(3, 3, echo_command())) * 200 + store_message(data_set()) * 3)
        assert echo(other) == 0
        assert [many.answer().status for _ in range(203)] == [0] * 203
    assert len(store.kept) == 3


def test_an_instance_that_needs_a_file_goes_on_in_a_thread(
    listen: Listen, store: MemoryStore
) -> None:
    store.longest = 50_000
    body = data_set(size=400_000)
    with associated(listen().port) as peer:
        peer.send(store_message(body))
        assert peer.answer().status == 0
        assert threads() == 1
        peer.send(store_message(data_set()))
        assert peer.answer().status == 0
        peer.release()
    assert bytes(store.kept[0].data) == body


def test_an_instance_without_room_in_the_journal_goes_on_in_a_thread(
    listen: Listen, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with associated(listen().port) as peer:
        assert store.way is not None
        monkeypatch.setattr(store.way, "flush", lambda: [done(None) for _, done in _taken(store)])
        peer.send(store_message(data_set()))
        assert peer.answer().status == 0
    assert len(store.kept) == 1


def _taken(store: MemoryStore) -> list[tuple[object, object]]:
    assert store.way is not None
    work, store.way.coming = store.way.coming, []
    return work  # type: ignore[return-value]


def test_who_leaves_before_the_answer_has_stored_all_the_same(
    listen: Listen, store: MemoryStore
) -> None:
    port = listen(maximum_connections_per_peer=1).port
    store.let_commit.clear()
    with associated(port) as peer:
        peer.send(store_message(data_set()))
        assert store.committing.wait(30)
    store.let_commit.set()
    eventually(lambda: len(store.kept) == 1)
    eventually(lambda: _accepted(port), what="its slot")


def _accepted(port: int) -> bool:
    with Peer(port) as peer:
        answer = peer.associate()
        return answer is not None and answer[0] == ASSOCIATE_AC


def test_a_refusal_is_answered_and_the_next_instance_stored(
    listen: Listen, store: MemoryStore
) -> None:
    with associated(listen(maximum_instance_bytes=2000).port) as peer:
        peer.send(store_message(data_set(size=5000)))
        assert peer.answer().status == StoreStatus.OUT_OF_RESOURCES
        store.outcome = StoreOutcome(status=StoreStatus.CANNOT_UNDERSTAND, comment="no")
        peer.send(store_message(data_set(size=100)))
        answer = peer.answer()
        assert (answer.status, answer.comment.strip()) == (StoreStatus.CANNOT_UNDERSTAND, "no")


def test_a_transfer_under_way_is_finished_at_the_end_of_the_service(
    listen: Listen, store: MemoryStore
) -> None:
    listener = listen(drain_s=5.0)
    with associated(listener.port) as busy, associated(listener.port) as idle:
        message = store_message(data_set(size=20_000))
        busy.send(message[:5000])
        eventually(lambda: store.open)
        ending = threading.Thread(target=listener.close)
        ending.start()
        received = idle.read()
        assert received is not None
        assert received[0] == ABORT
        busy.send(message[5000:])
        assert busy.answer().status == 0
        ending.join(10)
    assert len(store.kept) == 1


def test_when_the_pump_fails_associations_go_on_in_threads(
    listen: Listen, store: MemoryStore, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    port = listen().port
    with associated(port) as first, associated(port) as other:
        assert echo(first) == echo(other) == 0

        def fail(pump: Pump) -> None:
            raise RuntimeError("a fault of ours")

        with caplog.at_level(logging.ERROR):
            monkeypatch.setattr(Pump, "_turn", fail)
            assert echo(first) == 0
            first.send(store_message(data_set()))
            assert first.answer().status == 0
        assert "the pump has failed" in caplog.text
        with associated(port) as second:
            second.send(store_message(data_set(), instance="1.2.9"))
            assert second.answer().status == 0
    assert len(store.kept) == 2


def test_when_the_pump_fails_who_waits_for_an_answer_is_told_to_ask_again(
    listen: Listen, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = listen().port
    store.let_commit.clear()
    with associated(port) as peer, associated(port) as other:
        assert echo(other) == 0
        peer.send(store_message(data_set()))
        assert store.committing.wait(30)

        def fail(pump: Pump) -> None:
            raise RuntimeError("a fault of ours")

        monkeypatch.setattr(Pump, "_turn", fail)
        assert echo(other) == 0
        received = peer.read()
        assert received is not None
        assert received[0] == ABORT


def test_without_a_free_thread_an_association_is_given_up_and_its_slot_is_free(
    listen: Listen, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = listen(maximum_connections_per_peer=1).port
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name == "association":
            raise RuntimeError("can't start new thread")
        start(thread)

    with associated(port) as peer:
        peer.send(store_message(data_set(size=9000))[:5000])
        eventually(lambda: store.open)
        monkeypatch.setattr(threading.Thread, "start", refuse)
        peer.socket.shutdown(socket.SHUT_WR)
        assert peer.read() is None
    monkeypatch.undo()
    eventually(lambda: not store.open)
    assert eventually(lambda: _accepted(port))
