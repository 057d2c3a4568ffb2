"""The structure of data sets: the same as pydicom sees, and an end for those that have none."""

import contextlib
import struct
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset, config, dcmread
from pydicom.datadict import dictionary_VR, tag_for_keyword

from photopeak.model.header import InstanceHeader
from photopeak.reading.dataset import DataSet
from photopeak.reading.errors import ReadingError, UnreadableError
from photopeak.reading.files import open_object
from photopeak.reading.headers import read_header
from photopeak.reading.structure import (
    EXPLICIT,
    IMPLICIT,
    Budget,
    StructureBrokenError,
    parse_element,
)
from photopeak.reading.tags import TAGS
from support.effort import soon

SHIPPED = Path(pydicom.__file__).parent / "data"
SAMPLES = sorted([*SHIPPED.glob("test_files/*.dcm"), *SHIPPED.glob("charset_files/*.dcm")])
REFUSED = {
    "image_dfl": "deflated",
    "rtplan_truncated": "the file ends before",
    "no_meta": "not DICOM",
}
CHARSETS = [
    path for path in SAMPLES if path.parent.name == "charset_files" and "chrSQ" not in path.stem
]
TEXTS = ("StudyDescription", "SeriesDescription", "PatientName", "Manufacturer")
OPEN = 0xFFFFFFFF
LONGEST_ANSWER_S = 1.0
"""An answer takes 0.5 s on an idle machine; tests share theirs."""


@pytest.fixture(autouse=True)
def _lenient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config.settings, "reading_validation_mode", config.IGNORE)


def test_the_list_of_elements_agrees_with_the_dictionary_of_pydicom() -> None:
    for keyword, (tag, vr) in TAGS.items():
        assert tag_for_keyword(keyword) == tag
        assert dictionary_VR(tag).split(" or ")[0] == vr


@pytest.mark.filterwarnings("ignore::UserWarning")  # pydicom warns of what is odd in its samples
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_the_samples_of_pydicom_are_read_as_by_pydicom(path: Path) -> None:
    if path.stem in REFUSED:
        with pytest.raises(UnreadableError, match=REFUSED[path.stem]):
            open_object(path)
        return
    expected = dcmread(path, stop_before_pixels=True, force=True)
    tags = {int(element.tag) for element in expected if element.tag < 0x7FE00008}
    found = open_object(path).data_set

    assert set(found.tags()) == tags
    for keyword in ("Rows", "Columns", "BitsStored", "PixelSpacing", "RescaleSlope"):
        if keyword in expected and expected.get(keyword) is not None:
            value = expected.get(keyword)
            several = list(value) if hasattr(value, "__iter__") else [value]
            assert list(found.numbers(keyword)) == [float(v) for v in several]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("path", CHARSETS, ids=lambda path: path.stem)
def test_the_character_sets_of_the_samples_are_read_as_by_pydicom(path: Path) -> None:
    expected, found = dcmread(path), open_object(path).data_set
    compared = list(_texts(expected, found))

    assert compared
    for theirs, ours in compared:
        assert ours == theirs


def _texts(expected: Dataset, found: DataSet) -> Iterator[tuple[str, str]]:
    for keyword in TEXTS:
        value = expected.get(keyword)
        if value:
            yield str(value).split("\\")[0].strip(), found.text(keyword).rstrip("=")


def element(group: int, number: int, vr: bytes, value: bytes) -> bytes:
    if vr in {b"SQ", b"OB", b"OW", b"UN", b"UT"}:
        return struct.pack("<HH2sHI", group, number, vr, 0, len(value)) + value
    return struct.pack("<HH2sH", group, number, vr, len(value)) + value


def sequence(group: int, number: int, length: int = OPEN) -> bytes:
    return struct.pack("<HH2sHI", group, number, b"SQ", 0, length)


def item(length: int = OPEN) -> bytes:
    return struct.pack("<HHI", 0xFFFE, 0xE000, length)


def nested(levels: int, group: int, number: int) -> bytes:
    """Return sequences inside each other, all with lengths."""
    value = b""
    for _ in range(levels):
        value = sequence(group, number, len(value) + 8) + item(len(value)) + value
    return value


START = (
    bytes(128)
    + b"DICM"
    + element(2, 0x10, b"UI", b"1.2.840.10008.1.2.1\0")
    + element(8, 0x16, b"UI", b"1.2.840.10008.5.1.4.1.1.20")
    + element(8, 0x18, b"UI", b"1.2.3\0")
)
BROKEN = {
    "empty": b"",
    "zeros": bytes(1000),
    "html": b"<html>" * 100,
    "prefix alone": bytes(128) + b"DICM",
    "no identity": bytes(128) + b"DICM" + element(8, 0x60, b"CS", b"NM"),
    "5000 open sequences": START + (sequence(0x40, 0xA730) + item()) * 5000,
    "nested and known": START + nested(40, 0x54, 0x22) + sequence(0x54, 0x16) + item() * 40,
    "a million items": START + sequence(0x54, 0x22) + item(0) * 1_000_000,
    "a million elements": START + element(9, 0x1001, b"LO", b"") * 1_000_000,
    "a length of 4 GB": START + struct.pack("<HH2sHI", 9, 0x1001, b"OB", 0, OPEN - 15) + b"abc",
    "a length beyond the end": START + struct.pack("<HH2sH", 8, 0x1030, b"LO", 60_000) + b"abc",
    "an open item of zeros": START + sequence(0x54, 0x22) + item() + bytes(20_000_000),
    "an item beyond its sequence": START + sequence(0x54, 0x22, 12) + item(90) + b"abcd",
    "no item in a sequence": START + sequence(0x54, 0x22) + element(8, 0x60, b"CS", b"NM"),
    "an open text": START + struct.pack("<HH2sHI", 0x54, 0x22, b"UT", 0, OPEN),
    "half an element": START + b"\x10\x00\x10",
}
LENIENT = {
    "deep in what nobody asks for": START + nested(3000, 0x40, 0xA730),
    "60 MB of backslashes": START + element(8, 0x103E, b"UT", b"\\" * 60_000_000),
    "a long vector": START + element(0x54, 0x10, b"UN", b"\1\0" * 450_000),
    "a character set that is none": START
    + element(8, 5, b"CS", b"NONSENSE")
    + element(8, 0x103E, b"LO", b"\xff\xfe\x1b$)Ax"),
    "numbers that are none": START
    + element(0x28, 0x30, b"DS", b"abc\\nan\\1e999")
    + element(0x28, 0x10, b"US", b"\1"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_object_is_answered_at_once_with_the_reason(name: str, tmp_path: Path) -> None:
    path = tmp_path / "object"
    path.write_bytes(BROKEN[name])

    def refused() -> None:
        with pytest.raises(UnreadableError) as caught:
            read_header(path)
        assert str(caught.value)

    soon(refused, LONGEST_ANSWER_S)


@pytest.mark.parametrize("name", LENIENT)
def test_an_odd_object_is_read_as_far_as_it_goes(name: str, tmp_path: Path) -> None:
    path = tmp_path / "object"
    path.write_bytes(LENIENT[name])

    found = soon(lambda: read_header(path), LONGEST_ANSWER_S)

    assert found.sop_instance_uid == "1.2.3"


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_random_bytes_end_in_an_element_or_an_error(data: bytes, explicit: bool) -> None:
    try:
        _, _, end = parse_element(data, 0, EXPLICIT if explicit else IMPLICIT, Budget(100), 0)
    except StructureBrokenError:
        return

    assert 8 <= end <= len(data)


@settings(max_examples=100, deadline=None)
@given(drawn=st.data())
def test_bytes_changed_anywhere_are_read_or_refused(
    drawn: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    whole = bytearray((SHIPPED / "test_files" / "CT_small.dcm").read_bytes()[:6000])
    for _ in range(drawn.draw(st.integers(1, 12))):
        at = drawn.draw(st.integers(132, len(whole) - 1))
        whole[at] = drawn.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("changed") / "object"
    path.write_bytes(whole)
    with contextlib.suppress(ReadingError):
        assert isinstance(read_header(path), InstanceHeader)


def test_a_data_set_without_preamble_is_read(tmp_path: Path) -> None:
    path = tmp_path / "object"
    path.write_bytes(START[START.index(b"DICM") + 4 + 28 :])

    assert read_header(path).sop_instance_uid == "1.2.3"


def test_meta_information_that_is_wrong_about_the_encoding_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "object"
    path.write_bytes(START.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2\0\0\0"))

    assert read_header(path).sop_instance_uid == "1.2.3"


def test_a_large_value_is_stepped_over(tmp_path: Path) -> None:
    path = tmp_path / "object"
    large = element(9, 0x1001, b"OB", bytes(5_000_000))
    path.write_bytes(START + large + element(0x10, 0x20, b"LO", b"QC"))

    assert read_header(path).patient.patient_id == "QC"
