"""A push as it is seen on the pages of a running service: refused, greeted, stored, analysed."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from support import pushes
from support.dicom_peer import Peer, associate_request
from support.ports import eventually
from support.programs import dcmtk
from support.service import Service, running_service


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    with running_service(
        folder, devices=pushes.DEVICES, settings={"inbox": {"quiet_s": 0.4}}
    ) as running:
        yield running


def page(service: Service, path: str) -> str:
    reply = httpx.get(
        service.url + path,
        headers={"Authorization": f"Bearer {service.token}", "Accept": "text/html"},
        timeout=30.0,
    )
    assert reply.status_code == 200, reply.text
    return re.sub(
        r"\s+", " ", re.sub(r"<[^>]*>", " ", reply.text.partition("<main")[2] or reply.text)
    )


def test_every_step_of_a_push_shows_on_the_page_that_waits_for_it(
    service: Service, tmp_path: Path
) -> None:
    opened = int(time.time()) - 1
    live = f"/push-live?since={opened}"
    assert "Nothing has arrived" in page(service, live)

    dcmtk(
        "echoscu", "-aec", "WRONG", "127.0.0.1", service.dicom_port, check=False, nodelay=True
    )  # fmt: skip
    eventually(
        lambda: "It called WRONG, and this service is PHOTOPEAK." in page(service, live),
        seconds=20.0,
        what="the refusal is listed with its cure",
    )
    dcmtk(
        "echoscu", "-aet", "PACS", "-aec", "PHOTOPEAK", "127.0.0.1", service.dicom_port,
        nodelay=True,
    )  # fmt: skip
    eventually(lambda: "C-ECHO" in page(service, live), seconds=20.0, what="the echo is listed")

    sent = pushes.flood_file(tmp_path)
    dcmtk(
        "storescu", "-aec", "PHOTOPEAK", "127.0.0.1", service.dicom_port, sent, nodelay=True
    )  # fmt: skip
    eventually(
        lambda: "1 stored" in page(service, live), seconds=20.0, what="the association is listed"
    )
    pushes.settled(service, pushes.series_of(sent))
    seen = page(service, live)
    assert "Intrinsic Flood" in seen
    assert "recognised as Intrinsic" in seen
    assert "Accepted: Explicit VR Little Endian" in seen or "Implicit VR" in seen


def test_a_stranger_is_turned_away_told_of_and_in_the_audit_trail(service: Service) -> None:
    for _ in range(3):
        done = dcmtk(
            "echoscu", "-aet", "ELSEWHERE", "-aec", "PHOTOPEAK", "127.0.0.1", service.dicom_port,
            check=False,
        )  # fmt: skip
        assert "Calling AE Title Not Recognized" in done.stdout + done.stderr

    told = eventually(
        lambda: [a for a in service.api("/alerts")["items"] if "ELSEWHERE" in a["message"]]
    )
    assert [(a["title"], a["severity"], a["count"]) for a in told] == [
        ("Unknown caller turned away", "info", 1)
    ]
    assert page(service, "/audit").count("association.rejected") >= 1
    assert "ELSEWHERE (127.0.0.1)" in page(service, "/audit")


def test_what_was_cut_off_and_what_is_no_dicom_is_in_the_log(service: Service) -> None:
    with Peer(service.dicom_port) as peer:
        peer.associate(associate_request(calling="PACS"))
    with Peer(service.dicom_port) as peer:
        peer.send(b"GET / HTTP/1.1\r\n\r\n")
        peer.read()

    for words in ("The sender broke the connection off.", "no association request of DICOM"):
        eventually(
            lambda words=words: words in page(service, "/associations"), seconds=20.0, what=words
        )


def test_the_board_and_the_health_of_a_running_service_answer(service: Service) -> None:
    board = page(service, "/")
    assert "Morning QC status" in board
    # The worker may be a moment behind the pages on a busy machine.
    eventually(lambda: "1 worker" in page(service, "/system"), seconds=180.0, what="a worker")
    health = page(service, "/system")
    assert "It can be written." in health
    assert "segments in use" in health
    assert "PHOTOPEAK" in page(service, "/waiting-for-push")
