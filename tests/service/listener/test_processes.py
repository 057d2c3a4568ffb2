"""The front and its receiving processes: death, restart, end, shortage."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from photopeak.listener.errors import ListenerError
from photopeak.listener.service import InProcessListener
from photopeak.listener.team import ProcessTeam, Registrar
from photopeak.settings import ListenerSettings
from photopeak.storage.errors import StorageUnavailableError
from support.dicom_peer import (
    ABORT,
    ASSOCIATE_AC,
    Peer,
    associate_request,
    data_set,
    echo_command,
    p_data,
    pdv,
    store_message,
)
from support.listener_child import listener_child
from support.ports import eventually

from .conftest import Listen, MemoryStore
from .test_guards import echo_works


def test_associations_are_spread_over_the_receivers(tmp_path: Path) -> None:
    with listener_child(tmp_path, workers=3) as child:
        assert len(child.receivers()) == 3
        peers = [Peer(child.port) for _ in range(6)]
        try:
            for peer in peers:
                peer.associate()

            def threads() -> list[int]:
                return [
                    len(list(Path(f"/proc/{pid}/task").iterdir())) - 1 for pid in child.receivers()
                ]

            eventually(lambda: threads() == [2, 2, 2], what="two associations each")
        finally:
            for peer in peers:
                peer.socket.close()


def test_a_receiver_that_dies_is_replaced_and_its_slots_are_free(tmp_path: Path) -> None:
    with listener_child(
        tmp_path, workers=1, maximum_connections=2, maximum_connections_per_peer=2
    ) as child:
        held = [Peer(child.port) for _ in range(2)]
        for each in held:
            each.associate()
        assert not echo_works(child.port, source="127.0.0.66")
        (victim,) = child.receivers()
        os.kill(victim, signal.SIGKILL)

        assert [each.read() for each in held] == [None, None]
        for each in held:
            each.socket.close()
        eventually(lambda: child.receivers() - {victim})
        assert echo_works(child.port, source="127.0.0.66")


def test_a_registrar_that_cannot_begin_is_tried_less_and_less_often(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def make() -> Registrar:
        raise StorageUnavailableError("the disk is gone")

    monkeypatch.setattr("photopeak.listener.team._REGISTRAR_DELAYS_S", (0.0, 0.1, 1000.0))
    processes = ProcessTeam(ListenerSettings(workers=1), MemoryStore, make)
    (receiver,) = processes.start(list)

    def told() -> list[str]:
        processes.tend()
        return [str(record.args) for record in caplog.records if "registrar" in record.msg]

    try:
        eventually(lambda: len(told()) == 3, what="it is tried three times")
        assert told() == ["(0.0,)", "(0.1,)", "(1000.0,)"]
    finally:
        receiver.channel.socket.close()
        processes.end()


def test_the_end_lets_a_transfer_finish_and_cuts_off_half_a_pdu(tmp_path: Path) -> None:
    with listener_child(tmp_path, workers=2, drain_s=1.0) as child:
        sent = data_set("1.2.99", 100_000)
        whole = store_message(sent, instance="1.2.99")
        with Peer(child.port) as busy, Peer(child.port) as stuck, Peer(child.port) as idle:
            for each in (busy, stuck, idle):
                each.associate()
            busy.send(whole[:50_000])
            stuck.send(whole[:3])
            busy.send(whole[50_000:60_000])
            idle.send(p_data(pdv(3, 3, echo_command())))
            idle.answer()
            child.process.send_signal(signal.SIGTERM)
            begin = time.monotonic()
            idle_end = idle.read()
            busy.send(whole[60_000:])

            assert busy.answer().status == 0
            assert idle_end is not None
            assert idle_end[0] == ABORT
            assert child.process.wait(30) == 0
            # The stuck one would be waited for 20 s, its limit, if it were let finish too.
            assert time.monotonic() - begin < 12.0
            with pytest.raises(ConnectionRefusedError):
                Peer(child.port)
        assert (tmp_path / "1.2.99").read_bytes() == sent
        assert len(list(tmp_path.glob("closed-*"))) == 2


def test_receivers_end_when_the_front_is_killed(tmp_path: Path) -> None:
    with listener_child(tmp_path, workers=2, drain_s=0.5) as child:
        receivers = child.receivers()
        child.process.kill()

        eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in receivers))


def test_a_signal_to_the_whole_group_does_not_cut_a_transfer(tmp_path: Path) -> None:
    with listener_child(tmp_path, workers=1) as child:
        whole = store_message(data_set("1.2.98", 50_000), instance="1.2.98")
        with Peer(child.port) as peer:
            peer.associate()
            peer.send(whole[:30_000])
            for pid in child.receivers():
                os.kill(pid, signal.SIGINT)
                os.kill(pid, signal.SIGTERM)
            peer.send(whole[30_000:])

            assert peer.answer().status == 0


def test_few_file_descriptors_refuse_connections_but_do_no_harm(tmp_path: Path) -> None:
    limit = ["prlimit", "--nofile=40"]
    with listener_child(tmp_path, prefix=limit, workers=1, maximum_connections=1000,
                        maximum_connections_per_peer=1000) as child:  # fmt: skip
        attackers = []
        for _ in range(120):
            peer = Peer(child.port)
            attackers.append(peer)
            peer.send(associate_request())
        time.sleep(0.5)  # long enough for the front to run out of descriptors and pause
        for peer in attackers:
            peer.socket.close()

        assert eventually(lambda: quietly_echoes(child.port))
        assert child.process.poll() is None


def quietly_echoes(port: int) -> bool:
    try:
        return echo_works(port)
    except (AssertionError, OSError):
        return False


def test_a_port_that_is_taken_is_one_clear_error(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "support.listener_child", str(tmp_path),
             f'{{"host": "127.0.0.1", "port": {port}}}'],
            cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip

    assert done.returncode == 2
    assert (
        done.stderr
        == f"cannot start: port {port} on 127.0.0.1 cannot be had: Address already in use\n"
    )


def test_an_address_that_is_not_ours_is_a_clear_error(store: MemoryStore) -> None:
    with pytest.raises(ListenerError, match=r"port 0 on 192\.0\.2\.1 cannot be had"):
        InProcessListener(ListenerSettings(host="192.0.2.1", port=0), store)


def test_a_second_listener_on_the_port_of_the_first_is_refused(
    listen: Listen, store: MemoryStore
) -> None:
    first = listen()

    with pytest.raises(ListenerError, match="Address already in use"):
        InProcessListener(ListenerSettings(host="127.0.0.1", port=first.port), store)


def test_the_commit_under_way_is_answered_before_the_end(
    listen: Listen, store: MemoryStore
) -> None:
    listener = listen(drain_s=5.0)
    store.let_commit.clear()
    with Peer(listener.port) as peer:
        answer = peer.associate()
        assert answer is not None
        assert answer[0] == ASSOCIATE_AC
        peer.send(store_message(data_set()))
        assert store.committing.wait(30)
        import threading

        end = threading.Thread(target=listener.close)
        end.start()
        store.let_commit.set()

        assert peer.answer().status == 0
        end.join(30)
        assert not end.is_alive()


def test_ipv6_and_ipv4_come_in_by_one_socket(store: MemoryStore) -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 on this machine")
    settings = ListenerSettings(host="::", port=0, drain_s=1.0)
    with InProcessListener(settings, store) as listener, Peer(listener.port) as peer:
        peer.associate()
        peer.send(store_message(data_set()))
        peer.answer()

    assert store.kept[0].reception.peer_address == "127.0.0.66"
