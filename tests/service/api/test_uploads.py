"""Files over HTTP: streamed, bounded, by the ingest path, their names never used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from photopeak.api.reception import FOLDER, sweep
from photopeak.settings import Settings, WebSettings

DICOM = bytes(128) + b"DICM" + bytes(60)
_RAW = {"Content-Type": "application/dicom"}


def upload(service: Any, files: Any = None, scope: str = "operate", **options: Any) -> Any:
    """Send files."""
    return service.call("POST", "/api/v1/uploads", scope, files=files, **options)


def under_way(service: Any) -> list[Path]:
    """Return what lies in the folder of files under way."""
    return list((service.context.data / FOLDER).iterdir())


def test_each_file_has_its_outcome_in_the_order_of_the_upload(service: Any) -> None:
    files = [
        ("file", ("a.dcm", DICOM + b"1")),
        ("file", ("../../etc/passwd", b"<html>not DICOM</html>" * 20)),
        ("file", ("a.dcm", DICOM + b"1")),
    ]
    answer = upload(service, files)

    assert answer.status_code == 207, answer.text
    outcomes = answer.json()["files"]
    assert [o["status"] for o in outcomes] == ["0000", "C000", "0000"]
    assert [o["duplicate"] for o in outcomes] == [False, False, True]
    assert [o["name"] for o in outcomes] == ["a.dcm", "passwd", "a.dcm"]
    assert [o["index"] for o in outcomes] == [0, 1, 2]
    assert under_way(service) == []


def test_a_body_of_itself_is_one_file(service: Any) -> None:
    answer = upload(service, content=DICOM, headers=_RAW)

    assert answer.json()["files"][0]["stored"] is True
    assert service.receiver.received == [DICOM]


def test_large_files_arrive_whole(service: Any) -> None:
    large = DICOM + bytes(range(256)) * 12_000
    answer = upload(service, [("file", ("x", large)), ("file", ("y", DICOM))])

    assert answer.status_code == 201
    assert service.receiver.received == [large, DICOM]


def test_fields_that_are_no_files_are_left_aside(service: Any) -> None:
    answer = upload(service, {"file": ("x", DICOM)}, data={"comment": "hello"})

    assert len(answer.json()["files"]) == 1


def test_an_upload_without_a_file_and_a_damaged_one_are_refused(service: Any) -> None:
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    for content, headers, status in (
        (b"", {"Content-Type": "text/plain"}, 415),
        (b"x", {"Content-Type": "multipart/form-data"}, 415),
        (b"--b--\r\n", form, 422),
        (b"no boundary at all", form, 400),
        (
            b'--b\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n' + DICOM,
            form,
            400,
        ),
        (b"--b\r\n" + b"X-Long: " + b"a" * 20_000 + b"\r\n\r\nx\r\n--b--\r\n", form, 400),
    ):
        answer = upload(service, content=content, headers=headers)

        assert answer.status_code == status, content[:40]
    assert service.receiver.received == []
    assert under_way(service) == []


def test_an_upload_that_is_too_large_is_refused_and_leaves_nothing(
    make_service: Any, tmp_path: Path
) -> None:
    settings = Settings(data=tmp_path / "data", web=WebSettings(maximum_upload_bytes=100_000))
    service = make_service(settings=settings)

    async def endless() -> Any:
        while True:
            yield bytes(65_536)

    assert upload(service, content=endless(), headers=_RAW).status_code == 413
    assert upload(service, content=bytes(100_001), headers=_RAW).status_code == 413
    assert upload(service, content=bytes(100_000), headers=_RAW).status_code == 422
    assert under_way(service) == []


def test_very_many_parts_are_refused(service: Any, monkeypatch: Any) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nx\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = upload(service, content=part * 2100 + b"--b--\r\n", headers=headers)

    assert answer.status_code == 413
    assert under_way(service) == []


def test_the_same_key_is_done_once(service: Any) -> None:
    key = {"Idempotency-Key": "console-7"}
    first = upload(service, {"file": ("x", DICOM)}, headers=key)
    again = upload(service, {"file": ("x", DICOM)}, headers=key)
    other = upload(service, {"file": ("x", DICOM + b"2")}, headers=key)

    assert first.json() == again.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert len(service.receiver.received) == 1
    assert other.status_code == 422
    # The key belongs to its token.
    assert upload(service, {"file": ("x", DICOM)}, "admin", headers=key).status_code == 201
    assert len(service.receiver.received) == 2


def test_what_a_dead_process_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "part-x").write_bytes(b"half")

    assert sweep(tmp_path) == 1
    assert list((tmp_path / FOLDER).iterdir()) == []
