"""Files that are no DICOM: known by their content, stored bit for bit, refused when hostile."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from photopeak.inbox import documents
from photopeak.inbox.inbox import Inbox
from photopeak.inbox.upload import FileOutcome, receive_files
from photopeak.model.documents import (
    ENCAPSULATED_PDF,
    INTERFILE,
    PDF,
    SPE,
    SPECTRUM_TABLE,
    UPLOADED_FILE,
    XML,
    Statement,
)
from photopeak.model.reception import Entrance, StoreStatus
from photopeak.reading.assemble import read_acquisition
from photopeak.reading.cnf import CNF
from photopeak.reading.documents import payload_of
from photopeak.reading.files import open_object
from photopeak.reading.headers import read_header
from photopeak.storage import instances
from photopeak.storage.database import Database
from photopeak_analyzers.sinogram import Sinogram
from support.daily_reports import interfile, pdf, siemens_xml
from support.effort import soon
from support.faults import files_below
from support.inboxes import MakeInbox

NOTHING = Statement()
BILLION_LAUGHS = b'<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><r>&b;</r>'


def receive(
    inbox: Inbox, tmp_path: Path, content: bytes, statement: Statement = NOTHING, name: str = ""
) -> FileOutcome:
    path = tmp_path / "upload"
    path.write_bytes(content)
    (outcome,) = receive_files(
        inbox, path, sender="operator", address="", entrance=Entrance.UPLOAD, name=name,
        statement=statement,
    )  # fmt: skip
    return outcome


def stored_path(database: Database, data: Path, outcome: FileOutcome) -> Path:
    with database.snapshot() as tx:
        (row,) = instances.by_sop_instance_uid(tx, outcome.sop_instance_uid)
    return data / row.path


@pytest.mark.parametrize(
    ("content", "media_type", "sop_class"),
    [
        (siemens_xml(), XML, UPLOADED_FILE),
        (siemens_xml() + b" ", XML, UPLOADED_FILE),
        (b"\xef\xbb\xbf" + siemens_xml(), XML, UPLOADED_FILE),
        (pdf(["a report"]), PDF, ENCAPSULATED_PDF),
        (interfile(np.ones((2, 4, 5))), INTERFILE, UPLOADED_FILE),
        (interfile(np.ones((9, 300, 300))), INTERFILE, UPLOADED_FILE),
    ],
    ids=["xml", "xml of odd length", "xml with a mark", "pdf", "interfile", "large interfile"],
)
def test_a_document_is_stored_bit_for_bit(
    make_inbox: MakeInbox,
    sqlite_database: Database,
    data: Path,
    tmp_path: Path,
    content: bytes,
    media_type: str,
    sop_class: str,
) -> None:
    outcome = receive(make_inbox(), tmp_path, content, name="Jane Roe.exe")

    assert outcome.outcome.status is StoreStatus.SUCCESS
    path = stored_path(sqlite_database, data, outcome)
    stored = open_object(path)
    payload = payload_of(stored)
    assert payload is not None
    assert payload.media_type == media_type
    assert payload.read(stored) == content
    assert read_header(path).sop_class_uid == sop_class
    assert hashlib.sha256(content).hexdigest().encode() in path.read_bytes()
    assert b"Jane Roe" not in path.read_bytes()


def test_what_the_sender_said_is_kept_with_it(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path, tmp_path: Path
) -> None:
    said = Statement(device="pet-1", test="pet_daily_qc", variant="local", role="report")

    outcome = receive(make_inbox(), tmp_path, siemens_xml(), said)

    assert read_header(stored_path(sqlite_database, data, outcome)).statement == said


def test_the_same_document_twice_is_a_duplicate(make_inbox: MakeInbox, tmp_path: Path) -> None:
    inbox = make_inbox()
    first = receive(inbox, tmp_path, siemens_xml(), name="one.xml")

    again = receive(inbox, tmp_path, siemens_xml(), name="other.xml")

    assert again.outcome.duplicate
    assert not again.outcome.conflict
    assert again.series_instance_uid == first.series_instance_uid


def test_the_same_document_for_another_device_is_another_series(
    make_inbox: MakeInbox, tmp_path: Path
) -> None:
    inbox = make_inbox()
    first = receive(inbox, tmp_path, siemens_xml(), Statement(device="pet-1"))

    other = receive(inbox, tmp_path, siemens_xml(), Statement(device="pet-2"))

    assert not other.outcome.duplicate
    assert other.series_instance_uid != first.series_instance_uid


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (BILLION_LAUGHS, "document type declaration"),
        (b"<?xml version='1.0'?><r><broken></r>", "the XML is damaged in line 1"),
        (b"<?xml version='1.0'?><html><script/></html>", "a page or a picture for a browser"),
        (b"<svg onload='x'/>", "a page or a picture for a browser"),
        (b"<html><body/></html>", "neither DICOM nor a document of a known form"),
        (b"%PDF-1.7\n1 0 obj", "the PDF is cut off"),
        (interfile(np.ones((2, 4, 5)))[:-1], "do not make a fil"),
        (b"MZ\x90\0" + b"\0" * 200, "neither DICOM nor a document of a known form"),
        (b"\x7fELF", "neither DICOM nor a document of a known form"),
        (b"#!/bin/sh\n", "neither DICOM nor a document of a known form"),
        (b"a,b\n1,2\n", "neither DICOM nor a document of a known form"),
        (b"<", "neither DICOM nor a document of a known form"),
        (b"", "neither DICOM nor a document of a known form"),
    ],
)
def test_what_is_hostile_or_unknown_leaves_nothing_behind(
    make_inbox: MakeInbox, data: Path, tmp_path: Path, content: bytes, said: str
) -> None:
    inbox = make_inbox()
    before = files_below(data / "store")

    outcome = soon(lambda: receive(inbox, tmp_path, content), 1.0)

    assert outcome.outcome.status is StoreStatus.CANNOT_UNDERSTAND
    assert said in outcome.outcome.comment or outcome.outcome.comment in said
    assert files_below(data / "store") == before


def test_a_document_that_is_too_large_is_refused_before_it_is_read(
    make_inbox: MakeInbox, tmp_path: Path
) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.write(b"%PDF-1.4\n")
        file.truncate(64 * 1024 * 1024 + 1)

    (outcome,) = receive_files(
        make_inbox(), path, sender="operator", address="", entrance=Entrance.UPLOAD
    )

    assert outcome.outcome.comment == "67108865 bytes, at most 67108864 for application/pdf"


def test_what_is_said_of_a_document_is_bounded(make_inbox: MakeInbox, tmp_path: Path) -> None:
    for word in ("x" * 257, "a\nb"):
        outcome = receive(make_inbox(), tmp_path, siemens_xml(), Statement(device=word))
        assert "too long, or not printable" in outcome.outcome.comment


def test_a_disk_without_room_keeps_nothing_of_a_document(
    make_inbox: MakeInbox, data: Path, tmp_path: Path
) -> None:
    outcome = receive(make_inbox(free_space_floor_bytes=2**60), tmp_path, siemens_xml())

    assert outcome.outcome.status is StoreStatus.OUT_OF_RESOURCES
    assert files_below(data / "store") == []


def test_a_stored_sinogram_is_read_with_its_counts(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path, tmp_path: Path
) -> None:
    outcome = receive(make_inbox(), tmp_path, interfile(np.ones((2, 4, 5))))

    acquisition = read_acquisition([stored_path(sqlite_database, data, outcome)])

    assert isinstance(acquisition, Sinogram)
    assert acquisition.counts.tolist() == np.ones((2, 4, 5)).tolist()


def test_every_form_is_known_by_its_beginning() -> None:
    heads = {
        PDF: b"%PDF-1.4",
        INTERFILE: b"!INTERFILE :=\n",
        XML: b"<?xml version='1.0'?>",
        SPE: b"$SPEC_ID:\nx\n",
        CNF: bytes(0x70) + (0x12000).to_bytes(4, "little"),
        SPECTRUM_TABLE: b"".join(b"%d,5\n" % channel for channel in range(20)),
    }

    for form in documents.FORMS:
        fitting = [media for media, head in heads.items() if form.begins(head)]
        assert fitting == [form.media_type]
