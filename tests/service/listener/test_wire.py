"""The socket of one peer."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from photopeak.listener import wire as wires
from photopeak.listener.errors import PeerGoneError, TooSlowError
from photopeak.listener.wire import Wire
from support.certificates import make_authority, make_member
from support.ports import eventually


class Counting(socket.socket):
    """A socket that counts how often it is told to acknowledge at once."""

    acknowledged = 0

    def setsockopt(self, level: int, name: int, value: object, *rest: object) -> None:  # type: ignore[override]
        if (level, name) == (socket.IPPROTO_TCP, socket.TCP_QUICKACK):
            self.acknowledged += 1
        super().setsockopt(level, name, value, *rest)  # type: ignore[arg-type,call-overload]


@pytest.fixture
def connection() -> Iterator[tuple[Counting, socket.socket]]:
    """Return both ends of a TCP connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        peer = socket.create_connection(server.getsockname())
        accepted, _ = server.accept()
        ours = Counting(fileno=accepted.detach())
    with peer, ours:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield ours, peer


def receive(wire: Wire, size: int, *, seconds: float = 5.0) -> bytes:
    got = bytearray()
    view = memoryview(bytearray(65_536))
    while len(got) < size:
        count = wire.receive_into(view[: size - len(got)], deadline=time.monotonic() + seconds)
        got += view[:count]
    return bytes(got)


def test_a_sender_without_pauses_is_never_acknowledged_out_of_turn(
    connection: tuple[Counting, socket.socket],
) -> None:
    ours, peer = connection
    wire = Wire(ours, send_timeout_s=1.0)
    peer.sendall(bytes(100_000))
    assert len(receive(wire, 100_000)) == 100_000
    assert ours.acknowledged == 0


def test_a_sender_that_stalls_twice_is_acknowledged_before_every_wait(
    connection: tuple[Counting, socket.socket],
) -> None:
    ours, peer = connection
    wire = Wire(ours, send_timeout_s=1.0)
    for _ in range(2):
        later = threading.Timer(0.05, peer.sendall, [b"x"])
        later.start()
        receive(wire, 1)
        later.join()
    stalled = ours.acknowledged
    assert stalled >= 2

    def answer() -> None:
        eventually(lambda: ours.acknowledged > stalled)
        peer.sendall(b"x")

    sender = threading.Thread(target=answer)
    sender.start()
    receive(wire, 1)
    sender.join()
    assert ours.acknowledged > stalled


def test_a_sender_that_stalls_over_tls_is_heard(
    connection: tuple[Counting, socket.socket], tmp_path: Path
) -> None:
    ours, peer = connection
    make_member(tmp_path, "service", make_authority(tmp_path, "hospital"))
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(tmp_path / "service.pem", tmp_path / "service.key")
    trusting = ssl.create_default_context(cafile=tmp_path / "hospital.pem")
    trusting.check_hostname = False

    def stall() -> None:
        with trusting.wrap_socket(peer) as secured:
            for number in range(4):
                time.sleep(0.05)  # a sender that waits for what the kernel delays
                secured.sendall(bytes([number] * 1000))

    sender = threading.Thread(target=stall)
    sender.start()
    wire = Wire(ours, send_timeout_s=1.0)
    wire.start_tls(served, deadline=time.monotonic() + 5.0)
    got = receive(wire, 4000)
    with pytest.raises(PeerGoneError):
        receive(wire, 1)
    wire.close()
    sender.join()
    assert got == b"".join(bytes([number] * 1000) for number in range(4))


def test_one_stall_among_many_reads_is_an_accident(
    connection: tuple[Counting, socket.socket],
) -> None:
    ours, peer = connection
    wire = Wire(ours, send_timeout_s=1.0)
    for _ in range(2):
        later = threading.Timer(0.05, peer.sendall, [b"x"])
        later.start()
        receive(wire, 1)
        later.join()
        peer.sendall(bytes(100))
        for _ in range(100):
            receive(wire, 1)
    before = ours.acknowledged
    peer.sendall(bytes(10))
    receive(wire, 10)
    assert ours.acknowledged == before


def test_nothing_within_a_tick_is_not_the_end(connection: tuple[Counting, socket.socket]) -> None:
    ours, _ = connection
    wire = Wire(ours, send_timeout_s=1.0)
    assert wire.receive_now(memoryview(bytearray(10))) == 0


def test_a_silent_peer_in_the_middle_of_a_message_is_too_slow(
    connection: tuple[Counting, socket.socket],
) -> None:
    ours, _ = connection
    wire = Wire(ours, send_timeout_s=1.0)
    with pytest.raises(TooSlowError):
        receive(wire, 1, seconds=0.05)


def test_a_peer_that_leaves_ends_the_wait(connection: tuple[Counting, socket.socket]) -> None:
    ours, peer = connection
    wire = Wire(ours, send_timeout_s=1.0)
    peer.close()
    with pytest.raises(PeerGoneError):
        wire.receive_now(memoryview(bytearray(10)))


def test_a_peer_that_does_not_read_is_too_slow(connection: tuple[Counting, socket.socket]) -> None:
    ours, _ = connection
    wire = Wire(ours, send_timeout_s=0.1)
    with pytest.raises(TooSlowError):
        wire.send(bytes(50_000_000))


def test_the_tick_is_short_against_the_delay_of_acknowledgements() -> None:
    assert wires._TICK_US <= 10_000, "Linux delays an acknowledgement by 40 ms"
