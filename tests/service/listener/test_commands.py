"""Command sets: the short ways for what nearly all senders write say the same as the long ones."""

import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from photopeak.listener import commands
from photopeak.listener.commands import Request, pack_response, parse_request
from photopeak.model.reception import StoreStatus
from support.dicom_peer import Answer, store_command

NUMBERS = st.integers(0, 0xFFFF)
UIDS = st.text("0123456789.", min_size=1, max_size=64)
VALUES = st.one_of(UIDS.map(str.encode), st.binary(max_size=70))


def element(number: int, value: bytes) -> bytes:
    return struct.pack("<HHL", 0, number, len(value)) + value


def command_set(*elements: tuple[int, bytes]) -> bytes:
    rest = b"".join(element(*one) for one in elements)
    return element(0, struct.pack("<L", len(rest))) + rest


def us(value: int) -> bytes:
    return struct.pack("<H", value)


@given(VALUES, NUMBERS, NUMBERS, NUMBERS, NUMBERS, VALUES, st.booleans())
@example(b"1.2", 1, 1, 0, 1, b"1.2.3", True)
@example(b"1.2\0", 1, 1, 0, 1, b"1.2.30", False)
@example(b"1.2\0\0", 1, 1, 0, 0x0101, b"1.2.3\0\0", False)
@example(b"", 1, 1, 0, 1, b"", False)
@example(b"1.2 ", 1, 1, 0, 1, b"1.2.3 ", False)
def test_a_usual_request_reads_as_any_other(
    sop_class: bytes, field: int, number: int, priority: int, kind: int, instance: bytes, pad: bool
) -> None:
    if pad:
        sop_class += b"\0" * (len(sop_class) % 2)
        instance += b"\0" * (len(instance) % 2)
    command = command_set(
        (0x0002, sop_class), (0x0100, us(field)), (0x0110, us(number)), (0x0700, us(priority)),
        (0x0800, us(kind)), (0x1000, instance),
    )  # fmt: skip

    assert parse_request(command) == commands._any_order(command)


def test_what_nearly_all_senders_write_takes_the_short_way() -> None:
    command = store_command()

    assert commands._usual(command) == commands._any_order(command)


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_request_that_is_cut_off_is_not_a_usual_one(cut: int) -> None:
    command = store_command()

    assert commands._usual(command[:-cut]) is None


def test_a_request_with_a_wrong_length_is_not_a_usual_one() -> None:
    command = bytearray(store_command())
    command[command.index(b"\x02\0", 8) + 2] += 2

    assert commands._usual(bytes(command)) is None


@given(UIDS, st.sampled_from([0x0001, 0x0030]), NUMBERS, UIDS, NUMBERS, st.integers(0, 255))
@example("1.2.840.10008.1.1", 0x0030, 0x0120, "", 0, 3)
def test_an_answer_is_the_same_whichever_way_it_is_written(
    sop_class: str, field: int, number: int, instance: str, status: int, context_id: int
) -> None:
    request = Request(
        command_field=field, message_id=number, sop_class_uid=sop_class,
        sop_instance_uid=instance, has_data_set=True,
    )  # fmt: skip

    short = pack_response(request, context_id=context_id, status=status)
    long = pack_response(request, context_id=context_id, status=status, maximum_length=500)

    assert short == long
    answer = Answer(short[12:])
    assert answer.status == status
    assert answer.message_id == number
    assert answer.elements[0x0002].rstrip(b"\0").decode() == sop_class
    assert answer.elements.get(0x1000, b"").rstrip(b"\0").decode() == instance


@pytest.mark.parametrize("maximum", [0, 511, 512, 16_384])
def test_an_answer_of_the_longest_uids_fits_whatever_length_the_peer_takes(maximum: int) -> None:
    request = Request(
        command_field=1, message_id=9, sop_class_uid="1" * 64, sop_instance_uid="2" * 64,
        has_data_set=True,
    )  # fmt: skip

    answer = pack_response(
        request, context_id=1, status=StoreStatus.SUCCESS, maximum_length=maximum
    )

    assert len(answer) - 6 <= (maximum or len(answer))
    assert Answer(answer[12:]).elements[0x1000] == b"2" * 64
