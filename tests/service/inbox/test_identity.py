"""Who an instance is, from its bytes, hostile ones included."""

from __future__ import annotations

import random
import struct
import tempfile

import pytest

from photopeak.inbox.identity import (
    MAXIMUM_DEPTH,
    MAXIMUM_ELEMENTS,
    DataSetError,
    Identity,
    identify,
)
from photopeak.model.identity import is_uid
from photopeak.model.reception import StoreStatus
from support.data_sets import (
    BIG,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    PET,
    RLE,
    SEQUENCE_END,
    UNDEFINED,
    data_set,
    element,
    item,
    sequence,
)
from support.effort import soon

WANTED = Identity(PET, "1.2.3.4.1", "1.2.3.4.20", "1.2.3.4.30")
_SEQUENCE = 0x00281052


def walk(body: bytes, *, syntax: str = EXPLICIT, strict: bool = True) -> Identity:
    with tempfile.TemporaryFile() as file:
        file.write(b"head" + body)
        file.flush()
        return identify(file.fileno(), 4, len(body), transfer_syntax_uid=syntax, strict=strict)


def nested(depth: int, *, syntax: str = EXPLICIT) -> bytes:
    """Return sequences in sequences, all of undefined length."""
    head = element(_SEQUENCE, b"SQ", b"", syntax=syntax, length=UNDEFINED)
    head += struct.pack("<HHI", 0xFFFE, 0xE000, UNDEFINED)
    tail = struct.pack("<HHI", 0xFFFE, 0xE00D, 0) + SEQUENCE_END
    return head * depth + tail * depth


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG, RLE])
def test_the_identity_is_found_in_every_encoding(syntax: str, strict: bool) -> None:
    assert walk(data_set(syntax=syntax), syntax=syntax, strict=strict) == WANTED


@pytest.mark.parametrize(
    "between",
    [
        sequence(_SEQUENCE, [item(element(0x00080018, b"UI", "9.9"))]),
        sequence(_SEQUENCE, [item(element(0x00080018, b"UI", "9.9"), length=UNDEFINED)]),
        sequence(_SEQUENCE, [item(), item(length=UNDEFINED)], defined=True),
        sequence(_SEQUENCE, []),
        nested(MAXIMUM_DEPTH - 1),
        element(0x00291010, b"UN", b"", length=UNDEFINED)
        + item(element(0x00080018, b"UI", "9.9", syntax=IMPLICIT), length=UNDEFINED)
        + SEQUENCE_END,
        element(0x00291010, b"OB", bytes(200_000)),
        element(0x00291010, b"UT", "x" * 70_000),
    ],
    ids=["items", "delimited", "defined", "empty", "deep", "unknown", "private", "text"],
)
def test_what_stands_between_is_stepped_over(between: bytes) -> None:
    assert walk(data_set(between=between)) == WANTED


def test_fragments_of_pixels_are_stepped_over() -> None:
    pixels = (
        element(0x7FE00010, b"OB", b"", length=UNDEFINED)
        + item()
        + b"".join(item(bytes(1000)) for _ in range(300))
        + SEQUENCE_END
    )

    assert walk(data_set(pixels=b"", tail=pixels), syntax=RLE) == WANTED


def test_padding_behind_the_pixels_is_a_part_of_the_data_set() -> None:
    assert walk(data_set(tail=element(0xFFFCFFFC, b"OB", bytes(126)))) == WANTED


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"\0", "ends inside"),
        (b"\0" * 8, "representation"),
        (data_set()[:-1], "beyond the end"),
        (data_set()[:100], "ends inside"),
        (data_set(tail=b"\0" * 5), "ends inside"),
        (data_set(tail=b"\0" * 50), "representation"),
        (data_set(pixels=b"") + element(0x7FE00010, b"OW", b"", length=0x7FFFFFFF), "beyond"),
        (data_set(between=element(0x00281050, b"DS", b"", length=0xFFFF)), "beyond"),
        (data_set(between=element(0x00281050, b"OB", b"", length=0xFFFFFFFE)), "beyond"),
        (data_set(between=element(0x00281050, b"LO", b"x\0y")[:9]), "without value repr"),
        (data_set(between=element(0x00281050, b"\0\0", b"")), "without value representation"),
        (data_set(between=element(0x00281050, b"UT", b"", length=UNDEFINED)), "has no length"),
        (data_set(between=nested(5000)), "nested more than"),
        (data_set(between=nested(20)[:-30], pixels=b""), "has no end"),
        (data_set(between=element(_SEQUENCE, b"SQ", b"", length=UNDEFINED)), "else than items"),
        (data_set(between=item()), "representation"),
        (data_set(between=SEQUENCE_END), "representation"),
        (element(0x00020010, b"UI", EXPLICIT) + data_set(), "not part of a data set"),
        (data_set(between=element(0x00080018, b"UI", "1.2.9")), "is there twice"),
        (data_set(between=element(0x0020000E, b"UI", "1.2.9")), "is there twice"),
        (
            data_set(
                pixels=b"",
                tail=element(0x7FE00010, b"OB", b"", length=UNDEFINED)
                + struct.pack("<HHI", 0xFFFE, 0xE000, UNDEFINED),
            ),
            "fragment",
        ),
        (b"<!DOCTYPE html><html><body>no image</body></html>", "beyond the end"),
        (b"\x7fELF" + bytes(500), "representation"),
    ],
)
def test_a_broken_structure_is_not_understood(body: bytes, words: str) -> None:
    with pytest.raises(DataSetError, match=words) as caught:
        walk(body)

    assert caught.value.status is StoreStatus.CANNOT_UNDERSTAND
    assert len(caught.value.comment) <= 64


def test_a_data_set_in_another_encoding_than_negotiated_is_not_understood() -> None:
    with pytest.raises(DataSetError):
        walk(data_set(syntax=IMPLICIT), syntax=EXPLICIT)
    with pytest.raises(DataSetError):
        walk(data_set(syntax=EXPLICIT), syntax=IMPLICIT)
    with pytest.raises(DataSetError, match="deflated"):
        walk(data_set(), syntax=DEFLATED)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (data_set(instance=None), StoreStatus.INVALID_INSTANCE),
        (data_set(instance=""), StoreStatus.INVALID_INSTANCE),
        (data_set(instance="1.2.x"), StoreStatus.INVALID_INSTANCE),
        (data_set(instance="1." + "2" * 63), StoreStatus.INVALID_INSTANCE),
        (data_set(instance="1.2\\1.3"), StoreStatus.INVALID_INSTANCE),
        (data_set(sop_class=None), StoreStatus.DATA_SET_MISMATCH),
        (data_set(study=None), StoreStatus.CANNOT_UNDERSTAND),
        (data_set(study="1" * 5000), StoreStatus.CANNOT_UNDERSTAND),
        (data_set(series=""), StoreStatus.CANNOT_UNDERSTAND),
        (data_set(series="../1"), StoreStatus.CANNOT_UNDERSTAND),
    ],
)
def test_missing_and_malformed_uids_have_their_own_status(body: bytes, status: StoreStatus) -> None:
    with pytest.raises(DataSetError) as caught:
        walk(body)

    assert caught.value.status is status


def test_elements_out_of_order_do_not_hide_the_identity() -> None:
    late = data_set(instance=None, pixels=b"") + element(0x00080018, b"UI", "1.2.3.4.1")

    assert walk(late).sop_instance_uid == "1.2.3.4.1"


def test_without_strictness_only_the_way_to_the_identity_is_checked() -> None:
    assert walk(data_set()[:-10], strict=False) == WANTED


@pytest.mark.parametrize(
    "body",
    [
        data_set(between=nested(5000)),
        data_set(between=element(0x00281050, b"LO") * (MAXIMUM_ELEMENTS + 10)),
        data_set(between=sequence(_SEQUENCE, [item()] * (MAXIMUM_ELEMENTS + 10))),
        element(0x00080005, b"CS") * 1000 + bytes(10_000_000),
    ],
    ids=["nesting", "many elements", "many items", "zeros"],
)
def test_hostile_structures_are_answered_at_once(body: bytes) -> None:
    def refused() -> None:
        with pytest.raises(DataSetError):
            walk(body)

    soon(refused, 1.0)


@pytest.mark.parametrize("seed", range(8))
def test_damaged_bytes_give_an_identity_or_a_refusal_and_nothing_else(seed: int) -> None:
    chance = random.Random(seed)
    syntax = (EXPLICIT, IMPLICIT, BIG, RLE)[seed % 4]
    between = sequence(
        _SEQUENCE, [item(element(0x00080018, b"UI", "9.9", syntax=syntax))], syntax=syntax
    )
    whole = data_set(syntax=syntax, between=between)
    comments = []
    for _ in range(150):
        body = bytearray(whole)
        for _ in range(chance.randrange(1, 6)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        del body[chance.randrange(len(body)) : chance.choice([len(body), 0])]
        try:
            found = walk(bytes(body), syntax=syntax)
        except DataSetError as error:
            comments.append(error.comment)
        else:
            assert is_uid(found.sop_instance_uid)
            assert is_uid(found.series_instance_uid)
    assert comments
    assert all(comment.isascii() and 0 < len(comment) <= 64 for comment in comments)


@pytest.mark.parametrize("beginning", [0, 1, 7, 100, 16_384])
def test_bytes_at_hand_are_used_and_change_nothing(beginning: int) -> None:
    body = data_set(between=element(0x00291010, b"OB", bytes(30_000)))
    with tempfile.TemporaryFile() as file:
        file.write(body)
        file.flush()
        found = identify(
            file.fileno(),
            0,
            len(body),
            transfer_syntax_uid=EXPLICIT,
            strict=True,
            beginning=body[:beginning],
        )

    assert found == WANTED
