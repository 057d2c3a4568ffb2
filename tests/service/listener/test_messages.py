"""What is stored and what is answered, on both message paths."""

from __future__ import annotations

import errno
import hashlib

import pytest

from photopeak.model.reception import Entrance, StoreOutcome, StoreStatus
from support.dicom_peer import (
    ABORT,
    ASSOCIATE_AC,
    EXPLICIT,
    IMPLICIT,
    NM,
    VERIFICATION,
    Peer,
    accepted,
    associate_request,
    command,
    data_set,
    echo_command,
    p_data,
    pdv,
    store_command,
    store_message,
)
from support.ports import eventually

from .conftest import Listen, MemoryStore

PET = "1.2.840.10008.5.1.4.1.1.128"


@pytest.fixture(params=[True, False], ids=["fast", "library"])
def port(request: pytest.FixtureRequest, listen: Listen) -> int:
    return listen(fast_path=request.param, maximum_instance_bytes=300_000).port


@pytest.fixture
def peer(port: int) -> Peer:
    with Peer(port) as connected:
        answer = connected.associate()
        assert answer is not None
        assert answer[0] == ASSOCIATE_AC
        yield connected


@pytest.mark.parametrize("fragment", [1, 7, 16_000, 65_530, 131_066])
@pytest.mark.parametrize("size", [0, 1_001, 200_000])
def test_the_bytes_of_the_data_set_arrive_unchanged(
    peer: Peer, store: MemoryStore, fragment: int, size: int
) -> None:
    if fragment < 100 and size > 2000:
        size = 3_000
    sent = data_set(size=size)

    peer.send(store_message(sent, fragment=fragment))

    assert peer.answer().status == 0
    assert hashlib.sha256(store.kept[0].data).digest() == hashlib.sha256(sent).digest()


def test_a_reception_says_who_sent_what(peer: Peer, store: MemoryStore) -> None:
    peer.send(store_message(data_set(), message_id=77))
    answer = peer.answer()

    reception = store.kept[0].reception
    assert answer.message_id == 77
    assert answer.elements[0x0002].rstrip(b"\0").decode() == NM
    assert answer.elements[0x1000].rstrip(b"\0") == b"1.2.3.4.5"
    assert reception.entrance is Entrance.DIMSE
    assert reception.sop_class_uid == NM
    assert reception.sop_instance_uid == "1.2.3.4.5"
    assert reception.transfer_syntax_uid == EXPLICIT
    assert reception.calling_ae_title == "SCANNER"
    assert reception.called_ae_title == "PHOTOPEAK"
    assert reception.peer_address == "127.0.0.66"
    assert reception.received_at.tzinfo is not None


def test_an_echo_is_answered(peer: Peer) -> None:
    peer.send(p_data(pdv(3, 3, echo_command(9))))
    answer = peer.answer()

    assert (answer.status, answer.message_id) == (0, 9)


def test_pipelined_messages_are_answered_in_order(peer: Peer, store: MemoryStore) -> None:
    peer.send(
        b"".join(
            store_message(data_set(f"1.2.{n}", 40_000), instance=f"1.2.{n}", message_id=n)
            for n in range(1, 21)
        )
    )

    assert [peer.answer().message_id for _ in range(20)] == list(range(1, 21))
    assert len(store.kept) == 20


def test_a_message_in_one_pdu_is_understood(peer: Peer, store: MemoryStore) -> None:
    sent = data_set(size=50_000)
    peer.send(p_data(pdv(1, 3, store_command()), pdv(1, 0, sent[:9]), pdv(1, 2, sent[9:])))

    assert peer.answer().status == 0
    assert bytes(store.kept[0].data) == sent


def test_a_command_set_in_fragments_is_understood(peer: Peer, store: MemoryStore) -> None:
    whole = store_command()
    for byte in whole[:-1]:
        peer.send(p_data(pdv(1, 1, bytes([byte]))))
    peer.send(p_data(pdv(1, 3, whole[-1:])))
    peer.send(p_data(pdv(1, 2, data_set())))

    assert peer.answer().status == 0
    assert len(store.kept) == 1


def test_a_peer_with_a_tiny_maximum_gets_its_answer_in_fragments(port: int) -> None:
    with Peer(port) as peer:
        peer.associate(associate_request(maximum_length=32))
        peer.send(p_data(pdv(3, 3, echo_command(4))))

        assert peer.answer().message_id == 4


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"sop_class": PET}, 0x0122),
        ({"sop_class": VERIFICATION}, 0x0122),
        ({"drop": (0x0002,)}, 0x0122),
        ({"sop_class": "x" * 90}, 0x0122),
        ({"drop": (0x1000,)}, 0x0117),
        ({"instance": "../pwned"}, 0x0117),
        ({"instance": "1." + "2" * 64}, 0x0117),
        ({"instance": ""}, 0x0117),
        ({"instance": "1.2.3\xff"}, 0x0117),
        ({"instance": "/etc/cron.d/x"}, 0x0117),
    ],
)
def test_a_request_that_cannot_be_stored_gets_a_status_and_a_comment(
    peer: Peer, store: MemoryStore, changes: dict[str, object], status: int
) -> None:
    peer.send(store_message(data_set(), **changes))
    answer = peer.answer()

    assert answer.status == status
    assert 0 < len(answer.comment) <= 64
    assert not store.kept
    # The association goes on.
    peer.send(store_message(data_set()))
    assert peer.answer().status == 0


def test_an_instance_on_the_verification_context_is_never_a_success(
    peer: Peer, store: MemoryStore
) -> None:
    peer.send(store_message(data_set(), context=3, sop_class=VERIFICATION))
    assert peer.answer().status == 0x0122
    peer.send(store_message(data_set(), context=3))
    assert peer.answer().status == 0x0122
    assert not store.kept


@pytest.mark.parametrize("fast_path", [True, False], ids=["fast", "library"])
def test_a_sender_that_may_only_echo_is_told_so_for_each_instance(
    listen: Listen, store: MemoryStore, fast_path: bool
) -> None:
    port = listen(fast_path=fast_path, echo_only_ae_titles=["MONITOR"]).port
    with Peer(port) as monitor:
        monitor.associate(associate_request(calling="MONITOR"))
        monitor.send(p_data(pdv(3, 3, echo_command())))
        assert monitor.answer().status == 0
        for _ in range(2):
            monitor.send(store_message(data_set()))
            answer = monitor.answer()
            assert answer.status == 0x0124
            assert answer.elements[0x0902].strip() == b"this AE title may not store here"
    with Peer(port) as scanner:
        scanner.associate()
        scanner.send(store_message(data_set()))
        assert scanner.answer().status == 0

    assert len(store.kept) == 1


def test_an_echo_on_a_storage_context_is_no_success(peer: Peer) -> None:
    peer.send(p_data(pdv(1, 3, echo_command())))

    assert peer.answer().status == 0x0122


def test_a_store_without_a_data_set_is_not_understood(peer: Peer, store: MemoryStore) -> None:
    peer.send(p_data(pdv(1, 3, store_command(data_set_type=0x0101))))

    assert peer.answer().status == 0xC000
    assert not store.kept


def test_the_limit_of_an_instance_is_a_status_and_frees_the_memory(
    peer: Peer, store: MemoryStore
) -> None:
    peer.send(store_message(bytes(300_000)))
    assert peer.answer().status == 0
    peer.send(store_message(bytes(300_001)))
    answer = peer.answer()

    assert answer.status == 0xA700
    assert "300000" in answer.comment
    assert len(store.kept) == 1
    assert not store.open
    peer.send(store_message(data_set()))
    assert peer.answer().status == 0


def test_an_endless_instance_ends_the_association(peer: Peer, store: MemoryStore) -> None:
    peer.send(p_data(pdv(1, 3, store_command())))

    assert peer.seconds_until_cut([p_data(pdv(1, 0, bytes(130_000)))] * 1000) < 15.0
    eventually(lambda: not store.open)
    assert not store.kept


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), 0xA700),
        (MemoryError(), 0xA700),
        (KeyError("x"), 0xA700),
    ],
)
def test_an_error_of_the_store_is_transient_for_the_sender(
    peer: Peer, store: MemoryStore, failure: Exception, status: int
) -> None:
    store.failure = failure
    peer.send(store_message(data_set()))
    answer = peer.answer()

    assert answer.status == status
    assert answer.comment


def test_the_outcome_of_the_store_is_the_answer(peer: Peer, store: MemoryStore) -> None:
    store.outcome = StoreOutcome(
        status=StoreStatus.DATA_SET_MISMATCH, comment="SOP Instance UID differs: Ä" + "x" * 80
    )
    peer.send(store_message(data_set()))
    answer = peer.answer()

    assert answer.status == 0xA900
    assert answer.comment.startswith("SOP Instance UID differs: ?x")
    assert len(answer.comment) == 64


@pytest.mark.parametrize(
    "values",
    {
        "no_command_field": p_data(pdv(1, 3, command(1, drop=(0x0100,)))),
        "no_message_id": p_data(pdv(1, 3, store_command(drop=(0x0110,)))),
        "no_data_set_type": p_data(pdv(1, 3, store_command(drop=(0x0800,)))),
        "find": p_data(pdv(1, 3, command(0x0020))),
        "cancel": p_data(pdv(1, 3, command(0x0FFF, data_set_type=0x0101))),
        "event_report": p_data(pdv(1, 3, command(0x0100))),
        "action": p_data(pdv(1, 3, command(0x0130))),
        "a_response": p_data(pdv(1, 3, command(0x8001, data_set_type=0x0101))),
        "unknown_service": p_data(pdv(1, 3, command(0x4242))),
        "garbage": p_data(pdv(1, 3, b"\xff" * 40)),
        "empty_command": p_data(pdv(1, 3, b"")),
        "group_8": p_data(pdv(1, 3, store_command() + b"\x08\0\x16\0\x02\0\0\0ab")),
        "length_beyond": p_data(pdv(1, 3, b"\0\0\x02\0\xff\xff\xff\x7fab")),
        "half_element": p_data(pdv(1, 3, store_command() + b"\0\0\x02")),
        "data_first": p_data(pdv(1, 2, b"abcd")),
        "context_not_accepted": p_data(pdv(99, 3, store_command())),
        "context_zero": p_data(pdv(0, 3, store_command())),
        "command_in_data": p_data(pdv(1, 3, store_command()), pdv(1, 3, store_command())),
        "data_on_other_context": p_data(pdv(1, 3, store_command()), pdv(3, 2, b"abcd")),
        "echo_with_data": p_data(pdv(3, 3, command(0x0030, sop_class=VERIFICATION))),
        "no_value": p_data(),
        "short_value": p_data(b"\0\0"),
        "pdv_length_zero": p_data(b"\0\0\0\0\x01\x03"),
        "pdv_longer_than_pdu": p_data(b"\0\0\xff\xff\x01\x03" + store_command()),
        "unknown_pdu": b"\x42\0\0\0\0\x04abcd",
        "second_request": associate_request(),
        "huge_pdu": b"\x04\0\xff\xff\xff\xff",
        "pdu_just_beyond": b"\x04\0\x00\x10\x00\x01",
        "huge_control": b"\x05\0\x7f\xff\xff\xff",
    }.items(),
    ids=lambda each: each[0],
)
def test_what_breaks_the_protocol_is_aborted_at_once(
    peer: Peer, store: MemoryStore, values: tuple[str, bytes]
) -> None:
    peer.send(values[1])
    received = peer.read()

    assert received is not None
    assert received[0] == ABORT
    assert peer.read() is None
    assert not store.kept
    eventually(lambda: not store.open)


def test_an_endless_command_set_is_cut_at_its_limit(peer: Peer) -> None:
    fragment = p_data(pdv(1, 1, element_of(1000)))
    for _ in range(17):
        peer.send(fragment)
    received = peer.read()

    assert received is not None
    assert received[0] == ABORT


def element_of(size: int) -> bytes:
    return b"\0\0\x03\0" + (size - 8).to_bytes(4, "little") + bytes(size - 8)


def test_two_contexts_of_one_class_keep_their_transfer_syntaxes(
    port: int, store: MemoryStore
) -> None:
    with Peer(port) as peer:
        answer = peer.associate(associate_request([(1, NM, (EXPLICIT,)), (3, NM, (IMPLICIT,))]))
        assert answer is not None
        assert accepted(answer[1]) == {1: (0, EXPLICIT), 3: (0, IMPLICIT)}
        peer.send(store_message(b"\0" * 10, context=3))

        assert peer.answer().status == 0
    assert store.kept[0].reception.transfer_syntax_uid == IMPLICIT


def test_a_release_is_answered(peer: Peer) -> None:
    peer.send(store_message(data_set()))
    peer.answer()

    peer.release()


def test_leaving_in_the_middle_of_a_data_set_leaves_nothing(
    listen: Listen, store: MemoryStore
) -> None:
    port = listen().port
    for _ in range(5):
        with Peer(port) as peer:
            peer.associate()
            peer.send(store_message(data_set(size=100_000))[:50_000])
            eventually(lambda: store.open)
        eventually(lambda: not store.open)

    assert not store.kept
    assert store.discarded == 5
