"""Hostile uploads over a real connection into a real inbox: a clear answer, and nothing left half.

After every one of them the folders of files under way are empty, each stored file has its row, and
the service takes the next upload.
"""

from __future__ import annotations

import errno
import io
import re
import socket
import stat
import struct
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from photopeak.analysis.site import load_site
from photopeak.api import server
from photopeak.api.app import create_app
from photopeak.api.reception import FOLDER
from photopeak.inbox.inbox import Inbox
from photopeak.settings import InboxSettings, Settings, WebSettings
from photopeak.storage import instances
from photopeak.storage.database import Database
from photopeak.web_context import api_context
from support.data_sets import EXPLICIT, PET, data_set, element
from support.faults import files_below
from support.web_scene import make_token

DEADLINE_S = 20.0
_MEGABYTE = 1_000_000


def part10(body: bytes, *, preamble: bytes = bytes(128), media_class: str = PET) -> bytes:
    meta = element(0x00020002, b"UI", media_class) + element(0x00020010, b"UI", EXPLICIT)
    length = element(0x00020000, b"UL", struct.pack("<I", len(meta)))
    return preamble + b"DICM" + length + meta + body


def good(number: int, *, pixels: int = 64) -> bytes:
    return part10(data_set(instance=f"1.2.3.{number}", pixels=bytes(pixels)))


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


class Scene:
    """The HTTP side on a port of its own, with a data folder and a database."""

    def __init__(self, port: int, token: str, data: Path, database: Database) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}/api/v1/uploads"
        self.headers = {"Authorization": f"Bearer {token}"}
        self.data = data
        self.database = database

    def post(self, *files: tuple[str, bytes]) -> httpx.Response:
        return httpx.post(
            self.url,
            files=[("file", file) for file in files],
            headers=self.headers,
            timeout=DEADLINE_S,
        )

    def begin(self, length: int, *, name: str = "a.dcm") -> socket.socket:
        """Open a connection and send the head of a multipart upload of so many bytes."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE_S)
        connection.sendall(
            b"POST /api/v1/uploads HTTP/1.1\r\nHost: x\r\n"
            + f"Authorization: {self.headers['Authorization']}\r\n".encode()
            + b"Content-Type: multipart/form-data; boundary=b\r\n"
            + f"Content-Length: {length}\r\n\r\n".encode()
            + self.part(name)
        )
        return connection

    @staticmethod
    def part(name: str) -> bytes:
        return (
            f'--b\r\nContent-Disposition: form-data; name="f"; filename="{name}"\r\n\r\n'.encode()
        )

    def stored(self) -> list[Path]:
        return files_below(self.data / "store")

    def is_clean(self) -> bool:
        return not files_below(self.data / FOLDER) and not files_below(self.data / "incoming")

    def unharmed(self, *, stored: int) -> None:
        """Check that so many files are stored, each with its row, and one more can be."""
        until(self.is_clean)
        assert len(self.stored()) == stored
        with self.database.snapshot() as tx:
            rows = instances.by_series(tx, "1.2.3.4.30")
        assert sorted(self.data / row.path for row in rows) == self.stored()
        answer = self.post(("next.dcm", good(999_999)))
        assert (answer.status_code, answer.json()["files"][0]["status"]) == (201, "0000")
        assert httpx.get(f"http://127.0.0.1:{self.port}/healthz").status_code == 200


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        time.sleep(0.01)


def peak_bytes() -> int:
    """Return the largest resident size since the last reset."""
    match = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    assert match is not None
    return 1024 * int(match[1])


def reset_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5", "ascii")


@pytest.fixture
def make_scene(sqlite_database: Database, tmp_path: Path) -> Iterator[Callable[..., Scene]]:
    """Return a function that starts the HTTP side with settings of its own."""
    with ExitStack() as stack:

        def make(**web: Any) -> Scene:
            data = tmp_path / "data"
            data.mkdir(exist_ok=True)
            settings = Settings(
                data=data,
                inbox=InboxSettings(free_space_floor_bytes=0),
                web=WebSettings(port=0, **web),
            )
            inbox = Inbox(
                settings.inbox,
                data,
                sqlite_database,
                maximum_instance_bytes=50 * _MEGABYTE,
                strict_data_set=True,
            )
            stack.callback(inbox.close)
            context = stack.enter_context(
                api_context(settings, load_site(settings), sqlite_database, inbox)
            )
            ports: list[int] = []
            is_ready, stop = threading.Event(), threading.Event()

            def ready(port: int) -> None:
                ports.append(port)
                is_ready.set()

            thread = threading.Thread(
                target=server.run, args=(create_app(context), settings.web, ready, stop)
            )
            thread.start()
            stack.callback(thread.join, DEADLINE_S)
            stack.callback(stop.set)
            assert is_ready.wait(DEADLINE_S)
            return Scene(ports[0], make_token(sqlite_database, "operate"), data, sqlite_database)

        yield make


@pytest.fixture
def scene(make_scene: Callable[..., Scene]) -> Scene:
    """Start the HTTP side as it is by default."""
    return make_scene()


def reasons(answer: httpx.Response) -> list[str]:
    """Return the reasons of a refusal as a whole."""
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"] == "urn:photopeak:problem:nothing-stored"
    return [fault["detail"] for fault in problem["errors"]]


def test_each_member_has_its_outcome_with_its_uids(scene: Scene) -> None:
    archive = zipped(
        ("series/1.dcm", good(1)),
        ("series/2.dcm", good(2)),
        ("DICOMDIR", part10(b"", media_class="1.2.840.10008.1.3.10")),
        ("notes.txt", b"hello"),
    )

    answer = scene.post(("single.dcm", good(3)), ("series.zip", archive))

    keys = ("index", "name", "status", "stored", "ignored", "sop_instance_uid")
    assert answer.status_code == 207
    assert [tuple(file[key] for key in keys) for file in answer.json()["files"]] == [
        (0, "single.dcm", "0000", True, False, "1.2.3.3"),
        (1, "1.dcm", "0000", True, False, "1.2.3.1"),
        (1, "2.dcm", "0000", True, False, "1.2.3.2"),
        (1, "DICOMDIR", "0000", False, True, ""),
        (1, "notes.txt", "C000", False, False, ""),
    ]
    assert {f["series_instance_uid"] for f in answer.json()["files"] if f["stored"]} == {
        "1.2.3.4.30"
    }
    assert answer.json()["files"][4]["reason"] == "neither DICOM nor a document of a known form"
    scene.unharmed(stored=3)


def test_an_archive_whose_members_are_all_stored_is_stored(scene: Scene) -> None:
    answer = scene.post(("a.zip", zipped(("1", good(1)), ("2", good(2)))))

    assert answer.status_code == 201
    scene.unharmed(stored=2)


def test_a_bomb_is_given_up_without_filling_the_memory(scene: Scene) -> None:
    bomb = zipped(("bomb.dcm", bytes(300 * _MEGABYTE)), ("good.dcm", good(1)))
    scene.post(("warm.zip", zipped(("warm", b"up"))))
    reset_peak()
    before = peak_bytes()

    answer = scene.post(("bomb.zip", bomb))

    assert peak_bytes() - before < 50 * _MEGABYTE
    assert answer.status_code == 207
    assert [(f["name"], f["reason"]) for f in answer.json()["files"]] == [
        ("bomb.dcm", "it unpacks to too much"),
        ("good.dcm", ""),
    ]
    scene.unharmed(stored=1)


def test_an_archive_inside_of_an_archive_is_not_opened(scene: Scene) -> None:
    inner = zipped(("1.dcm", good(1)))

    answer = scene.post(("outer.zip", zipped(("inner.zip", inner))))

    assert (answer.status_code, reasons(answer)) == (
        422,
        ["neither DICOM nor a document of a known form"],
    )
    scene.unharmed(stored=0)


def link() -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo("link.dcm")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


def encrypted() -> bytes:
    content = bytearray(zipped(("secret.dcm", good(1))))
    for magic, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(magic) + at] |= 1
    return bytes(content)


@pytest.mark.parametrize(
    ("archive", "reason"),
    [
        (zipped(("../../evil.dcm", good(1))), "a path that leads out of the archive"),
        (zipped(("/etc/cron.d/evil.dcm", good(1))), "a path that leads out of the archive"),
        (zipped(("a/../../evil.dcm", good(1))), "a path that leads out of the archive"),
        (zipped(("..\\evil.dcm", good(1))), "a path that leads out of the archive"),
        (zipped(("C:\\evil.dcm", good(1))), "a path that leads out of the archive"),
        (zipped((link(), b"/etc/passwd")), "not a regular file"),
        (encrypted(), "encrypted"),
    ],
)
def test_a_member_that_is_a_trap_is_refused_by_itself(
    scene: Scene, archive: bytes, reason: str
) -> None:
    answer = scene.post(("traps.zip", archive))

    assert (answer.status_code, reasons(answer)) == (422, [reason])
    assert not list(scene.data.parent.rglob("evil*"))
    scene.unharmed(stored=0)


def test_a_truncated_archive_is_refused_wherever_it_was_cut(scene: Scene) -> None:
    whole = zipped(("1.dcm", good(1)), ("2.dcm", good(2)))

    for cut in (10, len(whole) // 2, len(whole) - 30, len(whole) - 1):
        answer = scene.post(("cut.zip", whole[:cut]))
        assert (answer.status_code, reasons(answer)) == (422, ["the archive is damaged"]), cut
    scene.unharmed(stored=0)


def test_ten_thousand_members_are_taken_and_one_more_is_not(scene: Scene) -> None:
    texts = [(f"{number}.txt", b"x") for number in range(9_999)]
    scene.post(("warm.zip", zipped(("warm", b"up"))))
    reset_peak()
    before = peak_bytes()

    many = scene.post(("many.zip", zipped(*texts, ("good.dcm", good(1)))))
    too_many = scene.post(("more.zip", zipped(*texts, ("a", b"x"), ("good.dcm", good(2)))))

    assert peak_bytes() - before < 100 * _MEGABYTE
    assert many.status_code == 207
    assert len(many.json()["files"]) == 10_000
    assert [f["name"] for f in many.json()["files"] if f["stored"]] == ["good.dcm"]
    assert too_many.status_code == 422
    assert reasons(too_many) == ["the archive has more than 10000 files"]
    scene.unharmed(stored=1)


def test_the_archives_of_one_upload_share_the_number_of_members(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("photopeak.api.operations.uploads._MOST_OUTCOMES", 3)
    two = zipped(("1", good(1)), ("2", good(2)))
    more = zipped(("3", good(3)), ("4", good(4)))

    answer = scene.post(("a.zip", two), ("b.zip", more), ("c.dcm", good(5)))

    assert answer.status_code == 207
    assert [(f["index"], f["status"], f["reason"]) for f in answer.json()["files"]] == [
        (0, "0000", ""),
        (0, "0000", ""),
        (1, "C000", "the archive has more than 1 files"),
        (2, "A700", "too many files in one upload; send this one in another"),
    ]
    scene.unharmed(stored=2)


def test_an_upload_cut_off_keeps_whole_files_and_nothing_of_the_rest(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    second = good(2, pixels=2 * _MEGABYTE)
    connection = scene.begin(10 * _MEGABYTE)
    connection.sendall(good(1) + b"\r\n" + scene.part("b.dcm") + second[:_MEGABYTE])
    until(lambda: len(files_below(scene.data / FOLDER)) == 1 and len(scene.stored()) == 1)
    connection.close()

    scene.unharmed(stored=1)
    assert [r for r in caplog.records if r.exc_info or r.levelname == "ERROR"] == []


def test_a_body_that_is_larger_than_the_limit_is_refused(
    make_scene: Callable[..., Scene],
) -> None:
    scene = make_scene(maximum_upload_bytes=_MEGABYTE)

    def endless() -> Iterator[bytes]:
        yield scene.part("endless.dcm")
        for _ in range(100):
            yield bytes(65_536)

    announced = scene.begin(_MEGABYTE + 1)
    assert announced.recv(12) == b"HTTP/1.1 413"
    announced.close()
    answer = httpx.post(
        scene.url,
        content=endless(),
        headers={**scene.headers, "Content-Type": "multipart/form-data; boundary=b"},
        timeout=DEADLINE_S,
    )

    assert answer.status_code == 413
    assert answer.json()["detail"] == "At most 1000000 bytes are taken here."
    scene.unharmed(stored=0)


def test_a_file_larger_than_an_instance_may_be_is_refused(scene: Scene) -> None:
    answer = scene.post(("large.dcm", good(1, pixels=51 * _MEGABYTE)))

    assert answer.status_code == 503
    assert answer.json()["errors"][0]["detail"] == "the instance is larger than 50000000 bytes"
    scene.unharmed(stored=0)


def test_an_upload_that_comes_too_slowly_is_ended(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene(body_timeout_s=0.5)
    connection = scene.begin(_MEGABYTE)
    connection.settimeout(0.05)
    answer = b""

    def ended() -> bool:
        nonlocal answer
        try:
            connection.sendall(b"x")
            answer += connection.recv(4096)
        except TimeoutError:
            return False
        except ConnectionError:
            return True
        return b"\r\n\r\n" in answer

    until(ended)
    connection.close()

    assert answer.startswith(b"HTTP/1.1 408")
    scene.unharmed(stored=0)


@pytest.mark.parametrize("magic", [b"MZ\x90\0", b"\x7fELF", b"<script>"])
def test_a_program_in_the_preamble_is_not_stored(scene: Scene, magic: bytes) -> None:
    content = part10(data_set(instance="1.2.3.1"), preamble=magic.ljust(128, b"\x90"))

    assert scene.post(("program.dcm", content)).status_code == 201
    (path,) = scene.stored()
    assert path.read_bytes()[:128] == bytes(128)
    scene.unharmed(stored=1)


def test_a_page_that_calls_itself_dicom_is_refused(scene: Scene) -> None:
    answer = scene.post(("page.dcm", b"<html><script>alert(1)</script></html>" * 10))

    assert (answer.status_code, reasons(answer)) == (
        422,
        ["neither DICOM nor a document of a known form"],
    )
    assert "script" not in answer.text
    scene.unharmed(stored=0)


def test_names_come_back_without_their_traps_and_not_at_all_in_problems(scene: Scene) -> None:
    name = "../x/\x1b[31m<PPXSS1>\u202e.dcm"

    stored = scene.post((name, good(1)))
    refused = scene.post((name, b"nothing"))

    (file,) = stored.json()["files"]
    assert file["name"].isascii()
    assert file["name"].isprintable()
    assert "/" not in file["name"]
    assert stored.headers["content-type"] == "application/json"
    assert "PPXSS" not in refused.text
    scene.unharmed(stored=1)


def test_a_disk_that_takes_no_more_is_told_and_does_not_break_the_service(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(tempfile, "NamedTemporaryFile", full)
        answer = scene.post(("a.dcm", good(1)))

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "60"
    assert answer.json()["type"] == "urn:photopeak:problem:out-of-resources"
    scene.unharmed(stored=0)
