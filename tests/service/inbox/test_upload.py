"""Uploads and imports: files as people have them, and as attackers have them."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from photopeak.inbox.archive import ArchiveLimits
from photopeak.inbox.inbox import Inbox
from photopeak.inbox.upload import FileOutcome, receive_file, receive_files
from photopeak.model.reception import Entrance, StoreOutcome, StoreStatus
from photopeak.storage import instances
from photopeak.storage.database import Database
from support.data_sets import (
    BIG,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    PET,
    RLE,
    data_set,
    element,
)
from support.faults import files_below
from support.inboxes import MakeInbox


def part10(
    body: bytes, *, syntax: str = EXPLICIT, media_class: str = PET, preamble: bytes = bytes(128)
) -> bytes:
    meta = element(0x00020002, b"UI", media_class) + element(0x00020010, b"UI", syntax)
    length = element(0x00020000, b"UL", struct.pack("<I", len(meta)))
    return preamble + b"DICM" + length + meta + body


def receive(inbox: Inbox, path: Path) -> StoreOutcome:
    return receive_file(
        inbox, path, sender="operator", address="192.0.2.1", entrance=Entrance.UPLOAD
    )


def receive_bytes(inbox: Inbox, tmp_path: Path, content: bytes) -> StoreOutcome:
    path = tmp_path / "upload"
    path.write_bytes(content)
    return receive(inbox, path)


def receive_zip(
    inbox: Inbox, tmp_path: Path, content: bytes, **limits: float
) -> tuple[FileOutcome, ...]:
    path = tmp_path / "upload.zip"
    path.write_bytes(content)
    return receive_files(
        inbox, path, sender="operator", address="", entrance=Entrance.IMPORT,
        limits=ArchiveLimits(**limits),  # type: ignore[arg-type]
    )  # fmt: skip


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_a_file_is_stored_with_its_data_set_untouched_and_its_sender(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path, tmp_path: Path
) -> None:
    outcome = receive_bytes(make_inbox(), tmp_path, part10(data_set(), syntax=EXPLICIT))

    assert outcome.status is StoreStatus.SUCCESS
    with sqlite_database.snapshot() as tx:
        (row,) = instances.by_sop_instance_uid(tx, "1.2.3.4.1")
    assert (data / row.path).read_bytes().endswith(data_set())
    assert row.reception.entrance is Entrance.UPLOAD
    assert row.reception.calling_ae_title == "operator"
    assert row.reception.peer_address == "192.0.2.1"


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG, RLE])
def test_files_of_every_syntax_are_stored(
    make_inbox: MakeInbox, tmp_path: Path, syntax: str
) -> None:
    content = part10(data_set(syntax=syntax), syntax=syntax)

    assert receive_bytes(make_inbox(), tmp_path, content).status is StoreStatus.SUCCESS


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG])
def test_a_data_set_without_preamble_and_meta_is_stored(
    make_inbox: MakeInbox, sqlite_database: Database, tmp_path: Path, syntax: str
) -> None:
    inbox = make_inbox()

    assert receive_bytes(inbox, tmp_path, data_set(syntax=syntax)).status is StoreStatus.SUCCESS
    with sqlite_database.snapshot() as tx:
        (row,) = instances.by_sop_instance_uid(tx, "1.2.3.4.1")
    assert row.reception.transfer_syntax_uid == syntax


@pytest.mark.parametrize("cut", [128, 132])
def test_a_file_with_meta_but_without_preamble_is_stored(
    make_inbox: MakeInbox, tmp_path: Path, cut: int
) -> None:
    content = part10(data_set())[cut:]

    assert receive_bytes(make_inbox(), tmp_path, content).status is StoreStatus.SUCCESS


@pytest.mark.parametrize("magic", [b"MZ\x90\0", b"\x7fELF", b"%PDF-1.7", b"<script>", b"PK\3\4"])
def test_what_hides_in_a_preamble_is_not_stored(
    make_inbox: MakeInbox, data: Path, tmp_path: Path, magic: bytes
) -> None:
    content = part10(data_set(), preamble=magic.ljust(128, b"\x90"))

    assert receive_bytes(make_inbox(), tmp_path, content).status is StoreStatus.SUCCESS
    (path,) = files_below(data / "store")
    assert path.read_bytes()[:128] == bytes(128)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"D",
        b"<!DOCTYPE html><html><script>alert(1)</script></html>" * 10,
        b"MZ" + bytes(5000),
        bytes(5000),
        bytes(128) + b"DICM",
        part10(b""),
        part10(data_set())[:-20],
        part10(data_set(), syntax=DEFLATED),
        part10(data_set(), syntax="../../x"),
        part10(data_set(series=None)),
        part10(data_set(instance="../../../etc/cron.d/x")),
        bytes(128) + b"DICM" + element(0x00020001, b"OB", b"", length=0x7FFFFFFF),
        bytes(128) + b"DICM" + element(0x00020001, b"OB", b"", length=0xFFFFFFFF),
        bytes(128) + b"DICM\2\0\1\0OB",
    ],
)
def test_what_is_no_dicom_object_is_refused_with_a_reason(
    make_inbox: MakeInbox, data: Path, tmp_path: Path, content: bytes
) -> None:
    outcome = receive_bytes(make_inbox(), tmp_path, content)

    assert outcome.status not in (StoreStatus.SUCCESS, StoreStatus.OUT_OF_RESOURCES)
    assert outcome.comment
    assert files_below(data / "store") == files_below(data / "incoming") == []


def test_a_directory_of_media_is_ignored(make_inbox: MakeInbox, data: Path, tmp_path: Path) -> None:
    content = part10(data_set(), media_class="1.2.840.10008.1.3.10")

    outcome = receive_bytes(make_inbox(), tmp_path, content)

    assert outcome.status is StoreStatus.SUCCESS
    assert "DICOMDIR" in outcome.comment
    assert files_below(data / "store") == []


def test_an_archive_is_taken_apart_and_each_member_has_its_outcome(
    make_inbox: MakeInbox, data: Path, tmp_path: Path
) -> None:
    content = zipped(
        **{
            "series/1.dcm": part10(data_set(instance="1.2.1")),
            "series/2.dcm": part10(data_set(instance="1.2.2")),
            "DICOMDIR": part10(b"", media_class="1.2.840.10008.1.3.10"),
            "notes.txt": b"hello",
            "series/again.dcm": part10(data_set(instance="1.2.1")),
        }
    )

    outcomes = receive_zip(make_inbox(), tmp_path, content)

    assert [(o.name, o.outcome.status, o.ignored) for o in outcomes] == [
        ("1.dcm", StoreStatus.SUCCESS, False),
        ("2.dcm", StoreStatus.SUCCESS, False),
        ("DICOMDIR", StoreStatus.SUCCESS, True),
        ("notes.txt", StoreStatus.CANNOT_UNDERSTAND, False),
        ("again.dcm", StoreStatus.SUCCESS, False),
    ]
    assert outcomes[-1].outcome.duplicate
    assert len(files_below(data / "store")) == 2
    assert files_below(data / "incoming") == []


def test_an_archive_as_one_file_tells_its_first_failure(
    make_inbox: MakeInbox, tmp_path: Path
) -> None:
    inbox = make_inbox()
    good = zipped(a=part10(data_set(instance="1.2.1")), b=part10(data_set(instance="1.2.2")))
    bad = zipped(a=part10(data_set(instance="1.2.3")), b=b"nothing")

    assert receive_bytes(inbox, tmp_path, good) == StoreOutcome(
        status=StoreStatus.SUCCESS, comment="2 files stored"
    )
    outcome = receive_bytes(inbox, tmp_path, bad)
    assert outcome.status is StoreStatus.CANNOT_UNDERSTAND
    assert outcome.comment == "1 of 2 files not stored: neither DICOM nor a document of a known"


@pytest.mark.parametrize(
    "name", ["../../evil.dcm", "/etc/evil.dcm", "a/../../evil.dcm", "..\\evil.dcm", "C:\\evil.dcm"]
)
def test_a_path_that_leads_out_of_the_archive_is_refused(
    make_inbox: MakeInbox, data: Path, tmp_path: Path, name: str
) -> None:
    (outcome,) = receive_zip(make_inbox(), tmp_path, zipped(**{name: part10(data_set())}))

    assert outcome.outcome.comment == "a path that leads out of the archive"
    assert outcome.name == "evil.dcm"
    assert files_below(data / "store") == []


def test_a_symbolic_link_is_refused(make_inbox: MakeInbox, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")

    (outcome,) = receive_zip(make_inbox(), tmp_path, buffer.getvalue())

    assert outcome.outcome.comment == "not a regular file"


def test_a_bomb_is_given_up_early(make_inbox: MakeInbox, data: Path, tmp_path: Path) -> None:
    (outcome,) = receive_zip(make_inbox(), tmp_path, zipped(bomb=bytes(50_000_000)))

    assert outcome.outcome.comment == "it unpacks to too much"
    assert files_below(data / "incoming") == []


def test_the_bytes_of_all_members_together_are_bounded(
    make_inbox: MakeInbox, data: Path, tmp_path: Path
) -> None:
    members = {f"{n}": part10(data_set(instance=f"1.2.{n}", pixels=bytes(9000))) for n in range(9)}

    outcomes = receive_zip(make_inbox(), tmp_path, zipped(**members), total_bytes=40_000)

    assert outcomes[-1].outcome.comment == "the files of the archive are too large together"
    assert len(outcomes) < 9
    assert files_below(data / "incoming") == []


def test_the_number_of_members_is_bounded_before_they_are_listed(
    make_inbox: MakeInbox, tmp_path: Path
) -> None:
    content = zipped(**{f"{n}": b"" for n in range(50)})
    inbox = make_inbox()

    (by_count,) = receive_zip(inbox, tmp_path, content, entries=49)
    (by_size,) = receive_zip(inbox, tmp_path, content, entries=2)

    assert by_count.outcome.comment == "the archive has more than 49 files"
    assert by_size.outcome.comment == "the archive has more than 2 files"


@pytest.mark.parametrize("cut", [10, 60, 200])
def test_a_damaged_archive_is_refused(make_inbox: MakeInbox, tmp_path: Path, cut: int) -> None:
    content = zipped(a=part10(data_set()))

    (outcome,) = receive_zip(make_inbox(), tmp_path, content[:-cut])

    assert outcome.outcome.status is StoreStatus.CANNOT_UNDERSTAND


def test_an_archive_inside_of_an_archive_is_not_opened(
    make_inbox: MakeInbox, tmp_path: Path
) -> None:
    (outcome,) = receive_zip(make_inbox(), tmp_path, zipped(inner=zipped(a=part10(data_set()))))

    assert outcome.outcome.comment == "neither DICOM nor a document of a known form"


def test_a_name_from_outside_is_shown_without_its_traps(
    make_inbox: MakeInbox, tmp_path: Path
) -> None:
    (outcome,) = receive_zip(make_inbox(), tmp_path, zipped(**{"x/\x1b[31m质\r\n.dcm": b"no"}))

    assert outcome.name == "?[31m???.dcm"
