"""Peers that are slow, silent, greedy or confused: each guard, with limits of fractions of a second."""

from __future__ import annotations

import logging
import socket
import struct
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from photopeak.listener import messages
from support.dicom_peer import (
    ABORT,
    ASSOCIATE_AC,
    ASSOCIATE_RJ,
    Peer,
    associate_request,
    data_set,
    echo_command,
    p_data,
    pdv,
    store_command,
    store_message,
)
from support.ports import eventually

from .conftest import Listen, MemoryStore

GOOD = "127.0.0.1"
SOON_S = 8.0
"""Below every limit of a listener that a test does not set (10 s and more), and more than a busy
machine takes for what has to be done at once."""


def echo_works(port: int, source: str = GOOD) -> bool:
    with Peer(port, source=source) as peer:
        answer = peer.associate()
        assert answer is not None
        if answer[0] != ASSOCIATE_AC:
            return False
        peer.send(p_data(pdv(3, 3, echo_command())))
        status = peer.answer().status
        peer.release()
    return status == 0


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\x01",
        associate_request()[:5],
        associate_request()[:6],
        associate_request()[:-1],
    ],
    ids=["nothing", "a byte", "half a header", "a header", "all but one byte"],
)
def test_a_connection_without_a_whole_request_is_closed_in_time(
    listen: Listen, said: bytes
) -> None:
    port = listen(request_timeout_s=0.3).port
    with Peer(port) as peer:
        peer.send(said)
        seconds = peer.seconds_until_closed()

        assert 0.2 < seconds < SOON_S
    assert echo_works(port)


def test_dripping_does_not_extend_the_deadline_of_a_request(listen: Listen) -> None:
    port = listen(request_timeout_s=0.4).port
    request = associate_request()
    with Peer(port) as peer:
        assert peer.seconds_until_cut((bytes([byte]) for byte in request), pause=0.02) < SOON_S


def test_half_a_pdu_is_timed_out_in_an_association(listen: Listen, store: MemoryStore) -> None:
    port = listen(message_grace_s=0.3, idle_timeout_s=30.0).port
    whole = store_message(data_set(size=5000))
    for said in (whole[:3], whole[:6], whole[:9], whole[:60], whole[:-1], b"\x05\0\0"):
        with Peer(port) as peer:
            peer.associate()
            peer.send(said)

            assert 0.2 < peer.seconds_until_closed() < SOON_S
    assert not store.open
    assert not store.kept


def test_trickled_fragments_end_below_the_minimum_rate(listen: Listen, store: MemoryStore) -> None:
    port = listen(message_grace_s=0.3, minimum_bytes_per_s=50_000).port
    with Peer(port) as peer:
        peer.associate()
        peer.send(p_data(pdv(1, 3, store_command())))

        assert peer.seconds_until_cut([p_data(pdv(1, 0, bytes(20)))] * 1000, pause=0.01) < SOON_S
    eventually(lambda: not store.open)


def test_a_slow_but_honest_transfer_is_not_cut(listen: Listen, store: MemoryStore) -> None:
    port = listen(message_grace_s=0.5, minimum_bytes_per_s=10_000).port
    with Peer(port) as peer:
        peer.associate()
        message = store_message(data_set(size=60_000))
        for start in range(0, len(message), 6_000):
            peer.send(message[start : start + 6_000])
            time.sleep(0.07)  # 86 kB/s, 0.7 s in all: longer than the grace

        assert peer.answer().status == 0


def test_an_idle_association_ends_at_its_limit_which_may_depend_on_the_scanner(
    listen: Listen,
) -> None:
    port = listen(idle_timeout_s=0.3, idle_timeout_by_ae_title_s={"PATIENT": 30.0}).port
    with Peer(port) as patient, Peer(port) as hasty:
        patient.associate(associate_request(calling="PATIENT"))
        hasty.associate()

        assert 0.2 < hasty.seconds_until_closed() < SOON_S
        patient.send(p_data(pdv(3, 3, echo_command())))
        assert patient.answer().status == 0


def test_an_idle_association_is_told_by_an_abort(listen: Listen) -> None:
    port = listen(idle_timeout_s=0.1).port
    with Peer(port) as peer:
        peer.associate()
        received = peer.read()

        assert received is not None
        assert received[0] == ABORT


def test_a_peer_that_does_not_read_is_dropped(listen: Listen) -> None:
    port = listen(send_timeout_s=0.3, idle_timeout_s=30.0, message_grace_s=30.0).port
    with Peer(port) as peer:
        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.associate()
        echoes = p_data(pdv(3, 3, echo_command())) * 1000

        assert peer.seconds_until_cut([echoes] * 1000) < SOON_S
    assert echo_works(port)


def test_silent_connections_do_not_shut_others_out(listen: Listen) -> None:
    port = listen(maximum_connections=8, maximum_connections_per_peer=4).port
    attackers = [Peer(port) for _ in range(50)]
    try:
        assert echo_works(port)
        # From the very address of the attacker, too: the oldest silent one makes room.
        assert echo_works(port, source="127.0.0.66")
        attackers[0].socket.settimeout(5)
        assert attackers[0].read() is None
    finally:
        for attacker in attackers:
            attacker.socket.close()


def test_silent_connections_of_many_addresses_do_not_shut_others_out(listen: Listen) -> None:
    port = listen(maximum_connections=8, maximum_connections_per_peer=4).port
    attackers = [Peer(port, source=f"127.0.0.{n}") for n in range(100, 130)]
    try:
        assert echo_works(port)
    finally:
        for attacker in attackers:
            attacker.socket.close()


def test_associations_are_limited_per_calling_title_and_address(listen: Listen) -> None:
    port = listen(maximum_connections=8, maximum_connections_per_peer=2).port
    held = [Peer(port) for _ in range(2)]
    try:
        for each in held:
            answer = each.associate()
            assert answer is not None
            assert answer[0] == ASSOCIATE_AC
        with Peer(port) as third:
            assert third.associate() == (ASSOCIATE_RJ, bytes([0, 2, 3, 2]))
        # Another scanner behind the same address is served.
        with Peer(port) as other:
            answer = other.associate(associate_request(calling="OTHER"))
            assert answer is not None
            assert answer[0] == ASSOCIATE_AC
        # A slot is free as soon as its peer leaves.
        held[0].socket.close()
        eventually(lambda: echo_works(port, source="127.0.0.66"))
    finally:
        for each in held:
            each.socket.close()


def test_one_address_cannot_take_every_association(listen: Listen) -> None:
    port = listen(maximum_connections=8, maximum_connections_per_peer=2).port
    held: list[Peer] = []
    try:
        kinds = []
        for number in range(10):
            held.append(Peer(port))
            answer = held[-1].associate(associate_request(calling=f"SCANNER{number}"))
            assert answer is not None
            kinds.append(answer[0])
        assert kinds == [ASSOCIATE_AC] * 6 + [ASSOCIATE_RJ] * 4
        assert echo_works(port)
    finally:
        for each in held:
            each.socket.close()


def test_a_health_check_every_moment_takes_no_slot(listen: Listen) -> None:
    port = listen(maximum_connections=4, maximum_connections_per_peer=2).port
    for _ in range(200):
        with Peer(port, source=GOOD):
            pass

    assert echo_works(port)


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(50),
        b"SSH-2.0-OpenSSH_9.2\r\n",
        bytes(100),
        b"\xff" * 1000,
        b"\x01\x00\xff\xff\xff\xff" + bytes(100),
        b"\x01\x00\x00\x00\x00\x01" + bytes(100),
        p_data(pdv(1, 3, store_command())),
        b"\x07\0\0\0\0\x04\0\0\0\0",
    ],
)
def test_other_protocols_are_shown_the_door_at_once(listen: Listen, said: bytes) -> None:
    port = listen().port
    with Peer(port) as peer:
        peer.send(said)

        assert peer.seconds_until_closed() < SOON_S
    assert echo_works(port)


def test_a_client_that_speaks_before_it_is_accepted_is_not_obeyed(
    listen: Listen, store: MemoryStore
) -> None:
    port = listen().port
    with Peer(port) as peer:
        peer.send(associate_request(called="SOMEBODY") + store_message(data_set()))

        assert peer.read() == (ASSOCIATE_RJ, bytes([0, 1, 1, 7]))
        assert peer.read() is None
    assert not store.kept


def test_the_clock_of_the_wall_does_not_matter(
    listen: Listen, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = listen(idle_timeout_s=2.0, message_grace_s=5.0).port
    real = time.time

    class Later(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:
            return datetime.fromtimestamp(real(), UTC) + timedelta(hours=1)

    with Peer(port) as peer, Peer(port) as idle:
        peer.associate()
        idle.associate()
        message = store_message(data_set(size=50_000))
        peer.send(message[:20_000])
        eventually(lambda: store.open)
        monkeypatch.setattr(time, "time", lambda: real() + 3600.0)
        monkeypatch.setattr(messages, "datetime", Later)
        peer.send(message[20_000:])

        assert peer.answer().status == 0
        monkeypatch.setattr(time, "time", lambda: real() - 3600.0)
        assert idle.seconds_until_closed() < SOON_S


def test_a_reset_in_the_middle_leaves_nothing(listen: Listen, store: MemoryStore) -> None:
    port = listen().port
    with Peer(port) as peer:
        peer.associate()
        peer.send(store_message(data_set(size=100_000))[:70_000])
        eventually(lambda: store.open)
        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    eventually(lambda: not store.open)

    assert not store.kept


def test_an_abort_in_the_middle_of_a_data_set_leaves_nothing(
    listen: Listen, store: MemoryStore
) -> None:
    port = listen().port
    with Peer(port) as peer:
        peer.associate()
        peer.send(p_data(pdv(1, 3, store_command())) + p_data(pdv(1, 0, bytes(9000))))
        peer.send(b"\x07\0\0\0\0\x04\0\0\0\0")

        assert peer.read() is None
    eventually(lambda: not store.open)
    assert not store.kept


def test_many_associations_leave_no_threads_and_no_descriptors(listen: Listen) -> None:
    from pathlib import Path

    port = listen().port

    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    echo_works(port)
    eventually(lambda: not associations())
    before = descriptors()
    for n in range(120):
        if n % 3:
            assert echo_works(port)
        else:
            with Peer(port) as peer:
                peer.send(associate_request(calling="" if n % 2 else "X"))
                peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    eventually(lambda: not associations())

    eventually(lambda: descriptors() <= before, what="descriptors back to the start")


def associations() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "association"]


def test_idle_associations_cost_next_to_nothing(listen: Listen, store: MemoryStore) -> None:
    port = listen(maximum_connections=300, maximum_connections_per_peer=300).port
    peers = [Peer(port, source=GOOD) for _ in range(100)]
    try:
        for peer in peers:
            peer.associate()
        threads = 0 if store.pumped else 100
        eventually(lambda: len(associations()) == threads)
        begin, used = time.monotonic(), time.process_time()
        time.sleep(0.5)  # what is measured is the processor time of waiting
        share = (time.process_time() - used) / (time.monotonic() - begin)
    finally:
        for peer in peers:
            peer.socket.close()

    assert share < 0.05


def test_without_a_free_thread_a_connection_is_closed_and_its_slot_is_free(
    listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = listen(maximum_connections_per_peer=1).port
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name == "association":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with Peer(port) as peer:
        assert peer.associate() is None
    monkeypatch.undo()

    assert eventually(lambda: echo_works(port, source="127.0.0.66"))


class SlowRoad:
    """A road to a port on which every piece takes a while, in both directions."""

    def __init__(self, port: int, delay_s: float) -> None:
        self._delay_s = delay_s
        self._gate = socket.create_server(("127.0.0.1", 0))
        self.port = self._gate.getsockname()[1]
        self._target = port
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        near, _ = self._gate.accept()
        self._gate.close()
        far = socket.create_connection(("127.0.0.1", self._target))
        back = threading.Thread(target=self._carry, args=(far, near), daemon=True)
        back.start()
        self._carry(near, far)
        back.join()
        near.close()
        far.close()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(16_384):
                time.sleep(self._delay_s)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return


def test_a_road_with_a_long_delay_is_no_reason_to_give_up(
    listen: Listen, store: MemoryStore
) -> None:
    port = listen(message_grace_s=1.0, request_timeout_s=1.0).port
    road = SlowRoad(port, 0.1)
    with Peer(road.port, source=GOOD) as peer:
        peer.associate()
        for _ in range(2):
            peer.send(store_message(data_set(size=60_000)))
            assert peer.answer().status == 0
        peer.release()

    assert len(store.kept) == 2


def test_the_log_tells_of_transfers_but_not_of_health_checks(
    listen: Listen, caplog: pytest.LogCaptureFixture
) -> None:
    port = listen().port
    with caplog.at_level(logging.INFO):
        assert echo_works(port)
        with Peer(port) as peer:
            peer.associate(associate_request(calling="CAMERA"))
            peer.send(store_message(data_set()))
            peer.answer()
            peer.release()
        eventually(lambda: "CAMERA" in caplog.text)

    lines = [record.getMessage() for record in caplog.records]
    assert lines == [
        "association 'CAMERA' for 'PHOTOPEAK' from 127.0.0.66 over: 1 stored, 0 refused"
    ]
