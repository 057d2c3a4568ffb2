"""Documents over HTTP: what is said of them is checked, and they are handed out as files."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from photopeak.model.documents import PDF, XML, Statement, StoredDocument
from support.web_scene import DEVICE, UNIFORMITY

DICOM = bytes(128) + b"DICM" + bytes(60)


def upload(service: Any, **said: str) -> Any:
    return service.call(
        "POST", "/api/v1/uploads", "operate", params=said, files=[("file", ("x", DICOM))]
    )


def carrying(service: Any, document: StoredDocument | None) -> None:
    """Let every series carry a document."""
    object.__setattr__(service.context, "document", lambda _: document)


def stored(content: bytes, path: Path, *, inside: bool) -> StoredDocument:
    path.write_bytes(b"head" + content + b"tail")
    return StoredDocument(
        media_type=PDF if inside else XML,
        text="",
        path=path,
        offset=4,
        length=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content if inside else None,
    )


def test_what_is_said_of_documents_is_handed_on(service: Any) -> None:
    said: list[Statement] = []
    receive = service.context.receive

    def note(arrival: Any) -> Any:
        said.append(arrival.statement)
        return receive(arrival)

    object.__setattr__(service.context, "receive", note)

    answer = upload(service, device=DEVICE.id, test=UNIFORMITY.id, variant="nema", role="flood")

    assert answer.status_code == 201, answer.text
    assert said == [Statement(device=DEVICE.id, test=UNIFORMITY.id, variant="nema", role="flood")]


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"device": "nowhere"}, "/query/device"),
        ({"test": "no_such_test"}, "/query/test"),
        ({"test": UNIFORMITY.id, "variant": "jjf"}, "/query/variant"),
        ({"test": UNIFORMITY.id, "role": "report"}, "/query/role"),
        ({"role": "report"}, "/query/test"),
    ],
)
def test_words_that_name_nothing_are_refused_before_anything_is_stored(
    service: Any, said: dict[str, str], pointer: str
) -> None:
    answer = upload(service, **said)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert service.receiver.received == []


@pytest.mark.parametrize("word", ["x" * 129, "a\x00b", "<script>", "a\nb"])
def test_words_that_are_no_names_are_refused(service: Any, word: str) -> None:
    assert upload(service, device=word).status_code in (400, 422)


@pytest.mark.parametrize("inside", [True, False])
def test_a_document_is_handed_out_bit_for_bit_as_a_file(
    service: Any, tmp_path: Path, inside: bool
) -> None:
    content = b"<script>alert(1)</script>" * 30_000
    carrying(service, stored(content, tmp_path / "file", inside=inside))

    answer = service.call("GET", "/api/v1/series/1.2.3/document", "read")

    assert answer.status_code == 200
    assert answer.content == content
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith('attachment; filename="document-')
    assert answer.headers["x-content-type-options"] == "nosniff"
    again = service.call(
        "GET", "/api/v1/series/1.2.3/document", "read",
        headers={"If-None-Match": answer.headers["etag"]},
    )  # fmt: skip
    assert (again.status_code, again.content) == (304, b"")


def test_a_series_without_a_document_has_none(service: Any) -> None:
    carrying(service, None)

    answer = service.call("GET", "/api/v1/series/1.2.3/document", "read")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("media_type", ["application/pdf", "application/xml", "text/xml"])
def test_a_body_of_a_document_is_taken_as_a_file(service: Any, media_type: str) -> None:
    answer = service.call(
        "POST", "/api/v1/uploads", "operate", content=DICOM, headers={"Content-Type": media_type}
    )

    assert answer.status_code == 201
    assert service.receiver.received == [DICOM]
