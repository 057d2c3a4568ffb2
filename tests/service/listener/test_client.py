"""Our client against our listener."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom.dataset import Dataset, FileMetaDataset

from photopeak.listener import client
from photopeak.model.reception import StoreOutcome, StoreStatus
from support.ports import free_port

from .conftest import Listen, MemoryStore

NM = "1.2.840.10008.5.1.4.1.1.20"
PET = "1.2.840.10008.5.1.4.1.1.128"


def make_file(path: Path, *, sop_class: str = NM, syntax: str = "1.2.840.10008.1.2.1") -> Path:
    dataset = Dataset()
    dataset.SOPClassUID = sop_class
    dataset.SOPInstanceUID = f"1.2.3.{len(path.name)}"
    dataset.StudyInstanceUID = "1.2.3.1"
    dataset.SeriesInstanceUID = "1.2.3.2"
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.MediaStorageSOPClassUID = sop_class
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.save_as(path, enforce_file_format=True)
    return path


def test_an_echo_takes_a_moment(listen: Listen) -> None:
    assert 0.0 < client.echo("127.0.0.1", listen().port) < 5.0


def test_files_are_sent_in_their_own_transfer_syntaxes(
    listen: Listen, store: MemoryStore, tmp_path: Path
) -> None:
    files = [
        make_file(tmp_path / "a"),
        make_file(tmp_path / "bb", sop_class=PET),
        make_file(tmp_path / "ccc", syntax="1.2.840.10008.1.2"),
    ]
    text = tmp_path / "notes.txt"
    text.write_text("no DICOM")
    seen: list[client.SendOutcome] = []
    outcomes = client.send(
        [*files, text], "127.0.0.1", listen().port, calling="CONSOLE", progress=seen.append
    )

    assert seen == outcomes
    by_path = {outcome.path: outcome for outcome in outcomes}
    assert [by_path[file].ok for file in files] == [True, True, True]
    assert not by_path[text].ok
    assert "not a DICOM file" in by_path[text].comment
    assert [
        (part.reception.sop_class_uid, part.reception.transfer_syntax_uid) for part in store.kept
    ] == [
        (NM, "1.2.840.10008.1.2.1"),
        (PET, "1.2.840.10008.1.2.1"),
        (NM, "1.2.840.10008.1.2"),
    ]
    assert store.kept[0].reception.calling_ae_title == "CONSOLE"


def test_a_refusal_carries_the_comment_of_the_peer(
    listen: Listen, store: MemoryStore, tmp_path: Path
) -> None:
    store.outcome = StoreOutcome(status=StoreStatus.OUT_OF_RESOURCES, comment="disk is full")
    (outcome,) = client.send([make_file(tmp_path / "a")], "127.0.0.1", listen().port)

    assert not outcome.ok
    assert (outcome.status, outcome.comment) == (0xA700, "disk is full")


def test_a_title_that_is_rejected_is_an_error(listen: Listen) -> None:
    with pytest.raises(client.ClientError, match="rejected the association of PHOTOPEAK"):
        client.echo("127.0.0.1", listen().port, called="SOMEBODY")


def test_a_port_where_nobody_listens_is_an_error() -> None:
    with pytest.raises(client.ClientError, match="cannot be reached"):
        client.echo("127.0.0.1", free_port())
