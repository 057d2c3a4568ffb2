"""Who is let in, and what is agreed with them."""

from __future__ import annotations

import logging
import struct
import time

import pytest

from photopeak.listener.association_request import Admission, Titles
from photopeak.listener.client import echo
from photopeak.model.associations import CHECK_TITLE
from photopeak.model.devices import Device
from photopeak.model.implementation import IMPLEMENTATION_CLASS_UID, implementation_version_name
from photopeak.model.reception import StoreOutcome, StoreStatus
from support.dicom_peer import (
    ABORT,
    ASSOCIATE_AC,
    ASSOCIATE_RJ,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    NM,
    VERIFICATION,
    Peer,
    accepted,
    associate_request,
    data_set,
    item,
    store_message,
)
from support.effort import soon

from .conftest import Listen, MemoryStore

BIG_ENDIAN = "1.2.840.10008.1.2.2"
JPEG_LOSSLESS = "1.2.840.10008.1.2.4.70"
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
RETIRED_NM = "1.2.840.10008.5.1.4.1.1.5"
COMMITMENT = "1.2.840.10008.1.20.1"

_HERE = "127.0.0.1"
CAMERA = Device(id="cam", name="Cam", kind="gamma_camera", ae_titles=("SYMBIA",))
PLACED = Device(id="pet", name="PET", kind="pet", ae_titles=("MCT",), networks=("127.0.0.66/32",))


def reply(port: int, request: bytes) -> tuple[int, bytes] | None:
    with Peer(port) as peer:
        return peer.associate(request)


@pytest.mark.parametrize(
    ("request_pdu", "expected"),
    [
        (associate_request(called="SOMEBODY"), bytes([0, 1, 1, 7])),
        (associate_request(called="photopeak"), bytes([0, 1, 1, 7])),
        (associate_request(called=b" " * 16), bytes([0, 1, 1, 7])),
        (associate_request(called=b"\0" * 16), bytes([0, 1, 1, 7])),
        (associate_request(called=b"PHOTO\xff\xfe"), bytes([0, 1, 1, 7])),
        (associate_request(calling=b" " * 16), bytes([0, 1, 1, 3])),
        (associate_request(calling=b"\0" * 16), bytes([0, 1, 1, 3])),
        (associate_request(calling=b"EVIL\r\nINFO: ok"), bytes([0, 1, 1, 3])),
        (associate_request(calling=b"\xe6\xa0\xb8"), bytes([0, 1, 1, 3])),
        (associate_request(calling="A\\B"), bytes([0, 1, 1, 3])),
    ],
)
def test_titles_that_are_wrong_or_none_are_rejected(
    listen: Listen, request_pdu: bytes, expected: bytes
) -> None:
    assert reply(listen().port, request_pdu) == (ASSOCIATE_RJ, expected)


def test_padding_of_titles_does_not_matter(listen: Listen) -> None:
    answer = reply(listen().port, associate_request(called=b" PHOTOPEAK\0", calling=b"  SCANNER "))

    assert answer is not None
    assert answer[0] == ASSOCIATE_AC


def test_any_called_title_does_when_it_is_not_checked(listen: Listen) -> None:
    answer = reply(listen(check_called_ae_title=False).port, associate_request(called="X"))

    assert answer is not None
    assert answer[0] == ASSOCIATE_AC


@pytest.mark.parametrize(
    ("calling", "address", "welcome"),
    [
        ("SYMBIA", "10.1.1.1", True),
        ("symbia", "10.1.1.1", False),
        ("MCT", "127.0.0.66", True),
        ("MCT", "127.0.0.67", False),
        ("OTHER", "127.0.0.66", False),
        ("SYMBIA", "fe80::1", True),
    ],
)
def test_only_configured_devices_are_admitted_from_their_networks(
    calling: str, address: str, welcome: bool
) -> None:
    admission = Admission(ae_title="PHOTOPEAK", devices=(CAMERA, PLACED))
    rejection = admission.judge(Titles("PHOTOPEAK", calling), address)

    assert (rejection is None) is welcome


def test_the_check_of_the_service_itself_may_verify_from_here_and_never_store(
    listen: Listen, store: MemoryStore
) -> None:
    port = listen(accept_unknown_callers=False, devices=(CAMERA,)).port

    assert echo(_HERE, port, calling=CHECK_TITLE) > 0.0
    with Peer(port, source=_HERE) as peer:
        anybody = peer.associate(associate_request(calling="ANYBODY"))
    assert anybody == (ASSOCIATE_RJ, bytes([0, 1, 1, 3]))
    with Peer(port, source=_HERE) as peer:
        peer.associate(associate_request(calling=CHECK_TITLE))
        peer.send(store_message(data_set()))
        assert peer.answer().status == StoreStatus.NOT_AUTHORISED
    elsewhere = associate_request(calling=CHECK_TITLE)
    assert reply(port, elsewhere) == (ASSOCIATE_RJ, bytes([0, 1, 1, 3]))
    assert store.kept == []


NAMELESS = Device(id="calibrator", name="Capintec", kind="calibrator")


@pytest.mark.parametrize(
    ("setting", "devices", "welcome"),
    [
        (None, (), True),
        (None, (NAMELESS,), True),
        (None, (NAMELESS, CAMERA), False),
        (None, (PLACED,), False),
        (True, (CAMERA,), True),
        (False, (), False),
    ],
)
def test_strangers_are_welcome_until_a_device_says_who_sends_for_it(
    listen: Listen, setting: bool | None, devices: tuple[Device, ...], welcome: bool
) -> None:
    port = listen(accept_unknown_callers=setting, devices=devices).port

    answer = reply(port, associate_request(calling="STRANGER"))
    assert answer is not None
    assert answer[0] == (ASSOCIATE_AC if welcome else ASSOCIATE_RJ)


def test_a_device_without_title_and_network_admits_nobody() -> None:
    admission = Admission(ae_title=None, devices=(NAMELESS,))

    assert admission.judge(Titles("X", "Y"), "10.0.0.1") is not None


def test_an_unknown_scanner_is_rejected_and_logged_with_escapes(
    listen: Listen, caplog: pytest.LogCaptureFixture
) -> None:
    port = listen(accept_unknown_callers=False, devices=(CAMERA,)).port

    with caplog.at_level(logging.WARNING):
        assert reply(port, associate_request()) == (ASSOCIATE_RJ, bytes([0, 1, 1, 3]))
        reply(port, associate_request(calling=b"\x1b[31m\r\nX"))
    answer = reply(port, associate_request(calling="SYMBIA"))

    assert answer is not None
    assert answer[0] == ASSOCIATE_AC
    assert "'SCANNER' for 'PHOTOPEAK' from 127.0.0.66 rejected: calling AE title" in caplog.text
    assert "\\x1b[31m\\r\\nX" in caplog.text
    assert "\x1b" not in caplog.text


def test_storage_that_is_out_of_reach_rejects_for_a_while(
    listen: Listen, store: MemoryStore
) -> None:
    port = listen().port
    store.closed_door = StoreOutcome(status=StoreStatus.OUT_OF_RESOURCES, comment="full")

    assert reply(port, associate_request()) == (ASSOCIATE_RJ, bytes([0, 2, 3, 1]))
    answer = reply(port, associate_request([(1, VERIFICATION, (IMPLICIT,))]))
    assert answer is not None
    assert answer[0] == ASSOCIATE_AC


@pytest.mark.parametrize(
    ("proposed", "agreed"),
    [
        ((IMPLICIT, EXPLICIT), EXPLICIT),
        ((EXPLICIT, IMPLICIT), EXPLICIT),
        ((BIG_ENDIAN, IMPLICIT), IMPLICIT),
        ((DEFLATED, IMPLICIT), IMPLICIT),
        ((JPEG_LOSSLESS, EXPLICIT), JPEG_LOSSLESS),
        ((EXPLICIT, JPEG_LOSSLESS), EXPLICIT),
        ((JPEG_BASELINE,), JPEG_BASELINE),
        (("1.2.840.10008.1.2.5",), "1.2.840.10008.1.2.5"),
        (("1.2.840.10008.1.2.4.80",), "1.2.840.10008.1.2.4.80"),
        (("1.2.840.10008.1.2.4.90",), "1.2.840.10008.1.2.4.90"),
        ((DEFLATED,), None),
        ((BIG_ENDIAN,), None),
        (("1.2.3.4.5",), None),
    ],
)
def test_the_transfer_syntax_is_the_best_that_both_know(
    listen: Listen, proposed: tuple[str, ...], agreed: str | None
) -> None:
    answer = reply(listen().port, associate_request([(1, NM, proposed)]))

    assert answer is not None
    result, syntax = accepted(answer[1])[1]
    assert (result, syntax) == (0, agreed) if agreed else result == 4


def test_big_endian_is_accepted_by_setting(listen: Listen) -> None:
    port = listen(accept_explicit_big_endian=True).port
    answer = reply(port, associate_request([(1, NM, (BIG_ENDIAN,))]))

    assert answer is not None
    assert accepted(answer[1]) == {1: (0, BIG_ENDIAN)}


STORED = [
    NM, RETIRED_NM, "1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.5.1.4.1.1.7.1",
    "1.2.840.10008.5.1.4.1.1.7.4", "1.2.840.10008.5.1.4.1.1.128", "1.2.840.10008.5.1.4.1.1.130",
    "1.2.840.10008.5.1.4.1.1.128.1", "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.66",
    "1.2.840.10008.5.1.4.1.1.104.1", "1.2.840.10008.5.1.4.1.1.88.11",
    "1.2.840.10008.5.1.4.1.1.88.22", "1.2.840.10008.5.1.4.1.1.88.33",
    "1.2.840.10008.5.1.4.1.1.88.68", "1.2.840.10008.5.1.4.1.1.11.1",
    "1.2.840.10008.5.1.4.1.1.3", "1.2.840.10008.5.1.4.1.1.6", "1.3.12.2.1107.5.9.1",
    "1.2.840.113619.4.27", "1.2.840.113619.4.30", "1.3.46.670589.5.0.1", "1.2.3.4.99",
]  # fmt: skip


@pytest.mark.parametrize("fast_path", [True, False], ids=["fast", "library"])
def test_every_storage_class_is_stored_the_retired_and_the_private_too(
    listen: Listen, store: MemoryStore, fast_path: bool
) -> None:
    port = listen(fast_path=fast_path, extra_sop_classes=["1.2.3.4.99"]).port
    contexts = [(2 * n + 1, uid, (EXPLICIT,)) for n, uid in enumerate(STORED)]
    with Peer(port) as peer:
        answer = peer.associate(associate_request(contexts))
        assert answer is not None
        assert {result for result, _ in accepted(answer[1]).values()} == {0}
        for context, uid, _ in contexts:
            peer.send(store_message(data_set(), context=context, sop_class=uid))
            assert peer.answer().status == 0

    assert [part.reception.sop_class_uid for part in store.kept] == STORED


@pytest.mark.parametrize("fast_path", [True, False], ids=["fast", "library"])
def test_a_private_class_that_is_said_to_be_storage_is_stored(
    listen: Listen, store: MemoryStore, fast_path: bool
) -> None:
    private = "1.2.826.0.1.3680043.8.498.7"
    service, related = b"1.2.840.10008.4.2", b""
    body = (
        struct.pack(">H", len(private)) + private.encode()
        + struct.pack(">H", len(service)) + service + struct.pack(">H", len(related))
    )  # fmt: skip
    with Peer(listen(fast_path=fast_path).port) as peer:
        answer = peer.associate(
            associate_request([(1, private, (EXPLICIT,))], user_items=item(0x57, body))
        )
        assert answer is not None
        assert accepted(answer[1]) == {1: (0, EXPLICIT)}
        peer.send(store_message(data_set(), sop_class=private))

        assert peer.answer().status == 0


@pytest.mark.parametrize("uid", [COMMITMENT, "1.2.840.10008.5.1.4.1.2.1.1", "1.2.3.4.99", "x"])
def test_what_is_no_storage_is_not_agreed_upon(listen: Listen, uid: str) -> None:
    answer = reply(listen().port, associate_request([(1, uid, (EXPLICIT,)), (3, NM, (EXPLICIT,))]))

    assert answer is not None
    if answer[0] == ASSOCIATE_AC:
        results = accepted(answer[1])
        assert results[1][0] == 3
        assert results[3] == (0, EXPLICIT)
    else:
        assert answer[0] == ABORT


def test_the_storage_level_is_full_without_coercion(listen: Listen) -> None:
    body = struct.pack(">H", len(NM)) + NM.encode() + b"\0\0\0\0\0\0"
    answer = reply(listen().port, associate_request(user_items=item(0x56, body)))

    assert answer is not None
    assert item(0x56, body[:-6] + b"\x02\0\0\0\0\0") in answer[1]


@pytest.mark.parametrize("kind", [1, 2, 3, 4, 5])
def test_a_user_identity_is_not_confirmed(listen: Listen, kind: int) -> None:
    body = bytes([kind, 1]) + struct.pack(">H", 5) + b"admin" + struct.pack(">H", 6) + b"secret"
    if kind != 2:
        body = bytes([kind, 1]) + struct.pack(">H", 5) + b"admin" + struct.pack(">H", 0)
    answer = reply(listen().port, associate_request(user_items=item(0x58, body)))

    assert answer is not None
    assert answer[0] == ASSOCIATE_AC
    assert b"\x59\x00" not in answer[1][-60:]


def test_the_largest_legal_request_is_answered_quickly(listen: Listen) -> None:
    port = listen().port
    syntaxes = [f"1.2.840.10008.1.2.{n}.{'9' * 10}" for n in range(39)] + [EXPLICIT]
    request = associate_request([(2 * n + 1, NM, syntaxes) for n in range(128)])
    answer = soon(lambda: reply(port, request), 2.0, clock=time.monotonic)

    assert answer is not None
    assert {result for result, _ in accepted(answer[1]).values()} == {0}
    assert len(accepted(answer[1])) == 128


ILLEGAL = {
    "even context": associate_request([(2, NM, (EXPLICIT,))]),
    "context zero": associate_request([(0, NM, (EXPLICIT,))]),
    "no transfer syntax": associate_request([(1, NM, ())]),
    "no contexts": associate_request([]),
    "the same context twice": associate_request([(1, NM, (EXPLICIT,)), (1, NM, (IMPLICIT,))]),
    "129 contexts": associate_request([((2 * n + 1) % 256, NM, (EXPLICIT,)) for n in range(129)]),
    "empty abstract syntax": associate_request([(1, "", (EXPLICIT,))]),
    "unknown identity type": associate_request(user_items=item(0x58, b"\x09\x00\0\0\0\0")),
    "item beyond the end": associate_request(user_items=b"\x58\x00\xff\xff\x01"),
    "unknown item": associate_request() [:-4] + b"\xee\xee\xee\xee",
    "nothing but the fixed part": b"\x01\x00\x00\x00\x00\x44" + associate_request()[6:74],
}  # fmt: skip


@pytest.mark.parametrize("name", ILLEGAL)
def test_an_illegal_request_is_ended_at_once(
    listen: Listen, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    port = listen().port
    with Peer(port) as peer:
        begin = time.monotonic()
        answer = peer.associate(ILLEGAL[name])

        assert answer is not None
        assert answer[0] in (ABORT, ASSOCIATE_RJ), answer
        peer.seconds_until_closed()
        # The next limit, that of a request, is 10 s.
        assert time.monotonic() - begin < 8.0
    assert [r for r in caplog.records if r.levelno >= logging.ERROR] == [], (
        "it is the fault of ours"
    )


def test_another_version_of_the_protocol_is_rejected(listen: Listen) -> None:
    answer = reply(listen().port, associate_request(version=2))

    assert answer == (ASSOCIATE_RJ, bytes([0, 1, 2, 2]))


def test_fuzzed_requests_and_messages_never_hurt(listen: Listen, store: MemoryStore) -> None:
    import random

    from .test_guards import associations, echo_works

    rng = random.Random(20)
    port = listen(request_timeout_s=1.0, message_grace_s=0.3, maximum_connections=64).port
    whole = associate_request() + store_message(data_set(size=3000))
    head = len(associate_request())
    for round_ in range(150):
        damaged = bytearray(whole)
        for _ in range(rng.randint(1, 8)):
            place = rng.randrange(head) if round_ % 2 else rng.randrange(head, len(whole))
            damaged[place] = rng.randrange(256)
        if rng.random() < 0.3:
            del damaged[rng.randrange(len(damaged)) :]
        with Peer(port) as peer:
            try:
                peer.send(bytes(damaged))
                peer.socket.settimeout(0.01)
                peer.read()
            except (OSError, TimeoutError):
                pass

    assert echo_works(port)
    from support.ports import eventually

    eventually(lambda: not associations())
    assert not store.open


def test_the_association_is_accepted_in_our_own_name(listen: Listen) -> None:
    answer = reply(listen().port, associate_request())

    assert answer is not None
    assert IMPLEMENTATION_CLASS_UID.encode() in answer[1]
    assert implementation_version_name().encode() in answer[1]
    assert implementation_version_name().startswith("PHOTOPEAK_")
