"""Clients that are not ours send into listener, inbox and database as the service runs them."""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset

from photopeak.inbox.inbox import Inbox
from photopeak.listener.service import InProcessListener
from photopeak.model.reception import StoredInstance
from photopeak.settings import InboxSettings, ListenerSettings, TlsSettings
from photopeak.storage import instances
from photopeak.storage.database import Database
from support import data_sets
from support.certificates import make_authority, make_member
from support.dicom_peer import Peer, associate_request, store_message
from support.effort import soon
from support.ports import eventually
from support.programs import dcmtk

NM = "1.2.840.10008.5.1.4.1.1.20"
EXPLICIT = "1.2.840.10008.1.2.1"
IMPLICIT = "1.2.840.10008.1.2"
JPEG_LOSSLESS = "1.2.840.10008.1.2.4.70"
PIXELS = np.random.default_rng(7).poisson(900, (2, 128, 128)).astype("<u2")


@dataclass
class Service:
    """Listener, inbox and database of one test."""

    port: int
    tls_port: int | None
    data: Path
    database: Database

    def rows(self) -> tuple[StoredInstance, ...]:
        with self.database.snapshot() as tx:
            return instances.page_by_id(tx, "", 10_000)

    def path(self, row: StoredInstance) -> Path:
        return self.data / row.path


@contextmanager
def run_service(database: Database, data: Path, **settings: object) -> Iterator[Service]:
    inbox = Inbox(InboxSettings(free_space_floor_bytes=0), data, database)
    values = {"host": "127.0.0.1", "port": 0, "drain_s": 2.0, "maximum_connections_per_peer": 32,
              **settings}  # fmt: skip
    try:
        with InProcessListener(ListenerSettings(**values), inbox) as listener:  # type: ignore[arg-type]
            yield Service(listener.port, listener.tls_port, data, database)
    finally:
        inbox.close()


@pytest.fixture(params=[True, False], ids=["fast", "library"])
def service(
    request: pytest.FixtureRequest, sqlite_database: Database, tmp_path: Path
) -> Iterator[Service]:
    with run_service(sqlite_database, tmp_path / "data", fast_path=request.param) as running:
        yield running


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return ten NM images, half of them with implicit value representations."""
    folder = tmp_path_factory.mktemp("images")
    paths = []
    for number in range(10):
        dataset = Dataset()
        dataset.SOPClassUID = NM
        dataset.SOPInstanceUID = f"1.2.826.0.1.3680043.8.498.55.{number}"
        dataset.StudyInstanceUID = "1.2.826.0.1.3680043.8.498.56"
        dataset.SeriesInstanceUID = "1.2.826.0.1.3680043.8.498.57"
        dataset.Modality = "NM"
        dataset.PatientName = "QC^FLOOD"
        dataset.Rows, dataset.Columns, dataset.NumberOfFrames = 128, 128, 2
        dataset.SamplesPerPixel = 1
        dataset.PhotometricInterpretation = "MONOCHROME2"
        dataset.BitsAllocated = dataset.BitsStored = 16
        dataset.HighBit, dataset.PixelRepresentation = 15, 0
        dataset.PixelData = PIXELS.tobytes()
        dataset["PixelData"].VR = "OW"
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.MediaStorageSOPClassUID = NM
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        dataset.file_meta.TransferSyntaxUID = EXPLICIT if number % 2 else IMPLICIT
        path = folder / f"{number}.dcm"
        dataset.save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths


def check_pixels(service: Service, count: int) -> None:
    rows = service.rows()
    assert len(rows) == count
    for row in rows:
        dataset = dcmread(service.path(row))
        assert dataset.SOPInstanceUID == row.reception.sop_instance_uid
        assert dataset.file_meta.TransferSyntaxUID == row.reception.transfer_syntax_uid
        np.testing.assert_array_equal(dataset.pixel_array, PIXELS)


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--propose-implicit"],
        ["--propose-little"],
        ["-pdu", "131072", "--max-send-pdu", "131072"],
        ["--max-send-pdu", "4096"],
        ["--repeat", "2"],
    ],
    ids=" ".join,
)
def test_storescu_sends_its_images(service: Service, files: list[Path], options: list[str]) -> None:
    dcmtk(
        "storescu",
        *options,
        "-aet",
        "DCMTK",
        "-aec",
        "PHOTOPEAK",
        "127.0.0.1",
        service.port,
        *files,
    )

    check_pixels(service, len(files))
    assert {row.reception.calling_ae_title for row in service.rows()} == {"DCMTK"}


def test_storescu_sends_lossless_jpeg(service: Service, files: list[Path], tmp_path: Path) -> None:
    compressed = tmp_path / "compressed.dcm"
    dcmtk("dcmcjpeg", "--encode-lossless-sv1", files[0], compressed)
    dcmtk(
        "storescu", "--propose-lossless", "-aec", "PHOTOPEAK", "127.0.0.1", service.port, compressed
    )

    (row,) = service.rows()
    assert row.reception.transfer_syntax_uid == JPEG_LOSSLESS
    received = dcmread(service.path(row))
    assert received.PixelData == dcmread(compressed).PixelData


def test_dcmsend_sends_a_folder(service: Service, files: list[Path]) -> None:
    dcmtk(
        "dcmsend", "--scan-directories", "-aec", "PHOTOPEAK", "127.0.0.1", service.port,
        files[0].parent,
    )  # fmt: skip

    check_pixels(service, len(files))


def test_echoscu_is_answered_if_it_calls_us_by_our_name(service: Service) -> None:
    right = dcmtk("echoscu", "-aec", "PHOTOPEAK", "127.0.0.1", service.port, check=False)
    wrong = dcmtk("echoscu", "-aec", "ARCHIVE", "127.0.0.1", service.port, check=False)

    assert right.returncode == 0
    assert wrong.returncode != 0
    assert "Called AE Title Not Recognized" in wrong.stdout + wrong.stderr


def test_a_stock_client_does_not_wait_for_delayed_acknowledgements(
    sqlite_database: Database, files: list[Path], tmp_path: Path
) -> None:
    if not hasattr(socket, "TCP_QUICKACK"):
        pytest.skip("this system cannot acknowledge at once")
    with run_service(sqlite_database, tmp_path / "data") as service:
        # 50 messages: a receiver that lets Nagle's algorithm wait needs 40 ms and more for each.
        soon(
            lambda: dcmtk(
                "storescu", "--repeat", "5", "-aec", "PHOTOPEAK", "127.0.0.1", service.port, *files
            ),
            50 * 0.030,
            clock=time.monotonic,
        )


def test_a_client_comes_over_tls(
    sqlite_database: Database, files: list[Path], tmp_path: Path
) -> None:
    authority = make_authority(tmp_path, "hospital")
    make_member(tmp_path, "service", authority)
    make_member(tmp_path, "scanner", authority)
    tls = TlsSettings(
        enabled=True, port=0, certificate=tmp_path / "service.pem", key=tmp_path / "service.key",
        client_ca=tmp_path / "hospital.pem",
    )  # fmt: skip
    with run_service(sqlite_database, tmp_path / "data", tls=tls) as service:
        dcmtk(
            "storescu", "+tls", tmp_path / "scanner.key", tmp_path / "scanner.pem",
            "+cf", tmp_path / "hospital.pem", "-aec", "PHOTOPEAK",
            "127.0.0.1", service.tls_port, *files,
        )  # fmt: skip

        check_pixels(service, len(files))


def hostile_encodings() -> dict[str, bytes]:
    """Return data sets that servers like to tidy up."""
    element, item = data_sets.element, data_sets.item

    def whole(instance: str, *parts: bytes) -> bytes:
        return b"".join(
            sorted(
                (
                    element(0x00080016, b"UI", NM),
                    element(0x00080018, b"UI", instance),
                    element(0x0020000D, b"UI", "1.2.3.8"),
                    element(0x0020000E, b"UI", "1.2.3.9"),
                    *parts,
                ),
                key=lambda e: (e[1], e[0], e[3], e[2]),
            )
        )

    undefined = data_sets.UNDEFINED
    nested = item(element(0x00080100, b"SH", "A "), length=undefined)
    return {
        "1.2.3.1": whole("1.2.3.1", element(0x00080000, b"UL", b"\x10\0\0\0")),
        "1.2.3.2": whole("1.2.3.2", element(0x00100010, b"PN", "QC^Phantom      ")),
        "1.2.3.3": whole(
            "1.2.3.3",
            element(0x00081140, b"SQ", nested + data_sets.SEQUENCE_END, length=undefined),
        ),
        "1.2.3.4": whole("1.2.3.4", element(0x00090010, b"LO", "PRIVATE"),
                         element(0x00091001, b"UN", b"\1\2\3\4")),
        "1.2.3.5": whole("1.2.3.5") + element(0xFFFCFFFC, b"OB", bytes(10)),
        "1.2.3.6": whole("1.2.3.6", element(0x00104000, b"LT", b"\xff\xfe\x80\x81")),
        "1.2.3.7": whole("1.2.3.7", element(0x00280010, b"US", b"\1\0\2\0")),
    }  # fmt: skip


def test_what_was_sent_is_stored_bit_by_bit(service: Service) -> None:
    sent = hostile_encodings()
    with Peer(service.port) as peer:
        peer.associate(associate_request([(1, NM, (EXPLICIT,))]))
        for uid, data in sent.items():
            peer.send(store_message(data, instance=uid))
            answer = peer.answer()
            assert answer.status == 0, f"{uid}: {answer.comment}"

    rows = {row.reception.sop_instance_uid: row for row in service.rows()}
    for uid, data in sent.items():
        assert rows[uid].sha256 == hashlib.sha256(data).hexdigest()
        assert service.path(rows[uid]).read_bytes().endswith(data)


def test_copies_sent_at_once_are_one_instance(service: Service) -> None:
    data = hostile_encodings()["1.2.3.2"]
    together = threading.Barrier(8)

    def send(_: int) -> int:
        with Peer(service.port) as peer:
            peer.associate(associate_request([(1, NM, (EXPLICIT,))]))
            together.wait(10)
            peer.send(store_message(data, instance="1.2.3.2"))
            return peer.answer().status

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(send, range(8))) == {0}
    assert len(service.rows()) == 1


@pytest.mark.parametrize(
    ("change", "statuses"),
    [
        ((b"1.2.3.2", b"1.2.3.5"), {0xA900}),
        ((b"1.2.3.2", b"../pwnd"), {0x0117, 0xA900, 0xC000}),
        ((b"1.2.3.9", b"../pwnd"), {0xC000}),
        ((b"1.2.3.8", b"\0\0\0\0\0\0\0"), {0xC000}),
    ],
)
def test_a_data_set_that_contradicts_itself_is_refused(
    service: Service, change: tuple[bytes, bytes], statuses: set[int]
) -> None:
    data = hostile_encodings()["1.2.3.2"].replace(*change)
    with Peer(service.port) as peer:
        peer.associate(associate_request([(1, NM, (EXPLICIT,))]))
        peer.send(store_message(data, instance="1.2.3.2"))
        answer = peer.answer()

    assert answer.status in statuses
    assert answer.comment
    assert not service.rows()


@pytest.mark.parametrize("cut", [0, 1, 30, 90])
def test_a_data_set_that_is_cut_off_is_not_understood(service: Service, cut: int) -> None:
    data = hostile_encodings()["1.2.3.2"][:cut]
    with Peer(service.port) as peer:
        peer.associate(associate_request([(1, NM, (EXPLICIT,))]))
        peer.send(store_message(data, instance="1.2.3.2"))

        assert peer.answer().status == 0xC000
    assert not service.rows()


def test_a_transfer_that_breaks_off_leaves_no_file(service: Service) -> None:
    whole = store_message(data_sets.element(0x7FE00010, b"OW", bytes(200_000)))
    for end in (40, 300, 20_000, 150_000):
        with Peer(service.port) as peer:
            peer.associate(associate_request([(1, NM, (EXPLICIT,))]))
            peer.send(whole[:end])

    def parts() -> list[Path]:
        return list(service.data.rglob("*.part"))

    eventually(lambda: not parts())
    assert not service.rows()
