"""Documents: XML without entities and with bounds, text of PDFs, sinograms, and who carries them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from photopeak.model.documents import PDF, XML
from photopeak.reading import pdf_text, xml_text
from photopeak.reading.assemble import read_acquisition
from photopeak.reading.document import date_in
from photopeak.reading.errors import ReadingError, UnreadableError
from photopeak.reading.headers import read_header
from photopeak.reading.interfile import read_header as read_interfile
from photopeak.reading.pdf_text import read_pdf
from photopeak.reading.xml_text import parse_xml
from photopeak_analyzers.document import Document
from support.daily_reports import interfile, pdf, siemens_xml
from support.dicom_objects import encapsulated_pdf, save, secondary_capture
from support.effort import soon

BOMB = (
    b'<!DOCTYPE r [<!ENTITY a "ha">'
    + b"".join(
        b'<!ENTITY %c "&%c;&%c;&%c;&%c;&%c;&%c;&%c;&%c;&%c;&%c;">' % (b + 1, *(b,) * 10)
        for b in range(ord("a"), ord("j"))
    )
    + b"]><r>&j;</r>"
)


def wrapped(content: bytes, **values: Any) -> Dataset:
    """Return a screen with a report in it, as sites wrap them: no private creator."""
    dataset = secondary_capture(**values)
    dataset.add_new(0x00719999, "UN", content + b" " * (len(content) % 2))
    return dataset


def test_xml_is_a_tree_of_names_texts_and_attributes() -> None:
    root = parse_xml(b'<n:a xmlns:n="urn:x" k="v"> <b>1</b><b> 2 </b>tail</n:a>')

    assert (root.name, root.attributes["k"], root.text) == ("a", "v", "tail")
    assert [(child.name, child.text) for child in root.children] == [("b", "1"), ("b", "2")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (BOMB, "document type declaration"),
        (b'<!DOCTYPE r SYSTEM "file:///etc/passwd"><r/>', "document type declaration"),
        (b'<!DOCTYPE r [<!ENTITY x SYSTEM "http://192.0.2.1/">]><r>&x;</r>', "document type"),
        (b"<r>&x;</r>", "damaged in line 1: undefined entity"),
        (b"<a>" * 65 + b"</a>" * 65, "nested more than 64 deep"),
        (b"<r>" + b"<a/>" * 50_000 + b"</r>", "more than 50000 elements"),
        (b"<r " + b" ".join(b'a%d="1"' % n for n in range(50_001)) + b"/>", "50000 attributes"),
        (b"<r><b></r>", "damaged in line 1: mismatched tag"),
        (b"", "no element found"),
        (b"<r/><r/>", "junk after document element"),
        (b'<?xml version="1.0" encoding="klingon"?><r/>', "unknown encoding"),
        (b"<r>\0</r>", "damaged in line 1"),
        (b"<r>" + b" " * (16 * 1024 * 1024) + b"</r>", "at most 16777216 are read"),
    ],
)
def test_hostile_and_damaged_xml_is_refused_within_a_second(content: bytes, said: str) -> None:
    def refused() -> None:
        with pytest.raises(UnreadableError, match=said):
            parse_xml(content)

    soon(refused, 1.0)


def test_xml_on_the_bounds_is_read() -> None:
    deep = b"<a>" * 64 + b"</a>" * 64
    many = b"<r>" + b"<a/>" * (xml_text.MOST_ELEMENTS - 1) + b"</r>"

    assert parse_xml(deep).name == "a"
    assert len(parse_xml(many).children) == xml_text.MOST_ELEMENTS - 1


def test_the_words_of_a_pdf_are_read_in_lines() -> None:
    found = read_pdf(pdf(["Block Noise (crystals)", "0 Passed"], pages=2))

    assert found.page_count == 2
    assert found.pages[0].split("\n")[:2] == ["Block Noise (crystals)", "0 Passed"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.4\n%%EOF\n", "the PDF is damaged"),
        (b"%PDF-1.4\n" + b"\0" * 5000 + b"%%EOF", "the PDF is damaged"),
        (pdf(["x"])[:-200] + b"%%EOF", "the PDF"),
        (b"", "the PDF is damaged"),
    ],
)
def test_a_damaged_pdf_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(UnreadableError, match=said):
        read_pdf(content)


def test_a_pdf_whose_pages_turn_in_a_circle_is_refused() -> None:
    content = pdf(["x"]).replace(b"/Kids [4 0 R]", b"/Kids [2 0 R]")

    with pytest.raises(UnreadableError, match="the PDF"):
        read_pdf(content)


def test_of_a_long_pdf_the_first_pages_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_text, "MOST_PAGES", 3)

    found = read_pdf(pdf(["word"], pages=5))
    assert (len(found.pages), found.complete) == (3, False)
    assert read_pdf(pdf(["word"], pages=3)).complete


@pytest.mark.parametrize(("most", "complete"), [(16, True), (15, False)])
def test_a_pdf_of_more_words_than_are_read_is_not_complete(
    monkeypatch: pytest.MonkeyPatch, most: int, complete: bool
) -> None:
    whole = read_pdf(pdf(["4 words"], pages=2))
    assert sum(len(page) for page in whole.pages) == 16
    monkeypatch.setattr(pdf_text, "MOST_CHARACTERS", most)

    assert read_pdf(pdf(["4 words"], pages=2)).complete is complete


def test_a_pdf_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_text, "LONGEST_S", 0.05)

    with pytest.raises(UnreadableError, match=r"takes longer than 0\.05 s"):
        read_pdf(pdf(["word " * 400] * 400, pages=50))


def test_a_wrapped_report_is_a_document_whatever_its_class_says(tmp_path: Path) -> None:
    path = save(wrapped(siemens_xml()), tmp_path)

    header = read_header(path)
    document = read_acquisition([path])

    assert header.document == XML
    assert header.statement is None
    assert header.text["DocumentTitle"] == "systemqualityreport"
    assert header.station == "PETHALL1"
    assert header.acquired_at == datetime(2026, 3, 2, 6, 30, tzinfo=UTC)
    assert isinstance(document, Document)
    assert document.root is not None
    assert document.root.name == "SystemQualityReport"
    assert document.started_at == header.acquired_at
    assert document.nuclide == "Ge-68"


def test_a_large_wrapped_report_is_read_from_its_file(tmp_path: Path) -> None:
    content = siemens_xml(prologue="<!--" + "-x" * 600_000 + "-->")

    document = read_acquisition([save(wrapped(content), tmp_path)])

    assert isinstance(document, Document)


def test_a_private_element_that_is_no_xml_makes_no_document(tmp_path: Path) -> None:
    header = read_header(save(wrapped(b"\x01\x02\x03\x04"), tmp_path))

    assert header.document == ""


def test_a_damaged_report_is_kept_with_a_warning(tmp_path: Path) -> None:
    path = save(wrapped(BOMB), tmp_path)

    header = read_header(path)

    assert header.document == XML
    assert "document type declaration" in " ".join(header.warnings)
    with pytest.raises(ReadingError, match="document type declaration"):
        read_acquisition([path])


def test_an_encapsulated_pdf_gives_its_words(tmp_path: Path) -> None:
    content = pdf(["Scan Date: 2026-03-02 07:30", "Block Noise"])
    path = save(encapsulated_pdf(content), tmp_path)

    document = read_acquisition([path], zone="Europe/Oslo")

    assert read_header(path).document == PDF
    assert isinstance(document, Document)
    assert "Block Noise" in document.text
    assert document.started_at == datetime(2026, 3, 2, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["Scan Date: 02/03/2026 07:30", "Scan Date: 2026-13-45", ""])
def test_a_date_that_can_be_two_days_or_none_is_not_taken(text: str) -> None:
    assert date_in(text, UTC) is None


def test_a_report_from_the_future_is_not_believed(tmp_path: Path) -> None:
    content = siemens_xml(scanned="2199-01-01T00:00:00+00:00")

    header = read_header(save(wrapped(content), tmp_path))

    assert "lies in the future" in " ".join(header.warnings)


def test_an_interfile_header_describes_its_numbers() -> None:
    content = interfile(np.zeros((2, 4, 6)), title="blank")

    header = read_interfile(content, len(content), UTC)

    assert header.shape == (2, 4, 6)
    assert (header.dtype, header.data_at, header.duration_s) == ("<u4", 2048, 300.0)
    assert header.started_at == datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
    assert (header.nuclide, header.title, header.system) == ("Ge-68", "blank", "PETHALL1")


@pytest.mark.parametrize(
    "line",
    ["!number format := signed integer", "!matrix size [1] := 4", "!data offset in bytes := 4096"],
)
def test_an_interfile_header_that_contradicts_itself_about_its_numbers_is_refused(
    line: str,
) -> None:
    content = interfile(np.zeros((2, 4, 6)), more=line)

    with pytest.raises(UnreadableError, match="twice, and not the same"):
        read_interfile(content, len(content), UTC)


def test_what_else_an_interfile_header_contradicts_is_left_open() -> None:
    again = "!matrix size [1] := 6\r\nimage duration (sec) := 60\r\nisotope name := F-18"
    content = interfile(np.zeros((2, 4, 6)), more=again)

    header = read_interfile(content, len(content), UTC)

    assert (header.shape, header.duration_s, header.nuclide) == ((2, 4, 6), None, "")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"data offset in bytes", b"data offset in octet", "where in this file its numbers begin"),
        (b"offset in bytes := 2048", b"offset in bytes := 9999999", "where in this file"),
        (b"unsigned integer", b"bit             ", "form 'bit'"),
        (b"pixel := 4", b"pixel := 2", "do not make a file of"),
        (b"size [3] := 2", b"size [3] := 0", r"matrix size \[3\]"),
        (b"size [1] := 6", b"size [1] := x", r"matrix size \[1\]"),
        (b"!INTERFILE", b"!OUTERFILE", "does not begin with"),
    ],
)
def test_an_interfile_header_that_does_not_fit_is_refused(
    old: bytes, new: bytes, said: str
) -> None:
    content = interfile(np.zeros((2, 4, 6))).replace(old, new)

    with pytest.raises(UnreadableError, match=said):
        read_interfile(content, len(content), UTC)


def test_a_header_of_blanks_costs_nothing() -> None:
    content = b"!INTERFILE :=\n" + b" " * 2_000_000

    def refused() -> None:
        with pytest.raises(UnreadableError):
            read_interfile(content, len(content), UTC)

    soon(refused, 1.0)


def test_a_pdf_has_a_name_to_show_and_none_to_be_known_by(tmp_path: Path) -> None:
    header = read_header(save(encapsulated_pdf(pdf(["x"])), tmp_path))

    assert header.display["DocumentTitle"] == "PDF document"
    assert "DocumentTitle" not in header.text
