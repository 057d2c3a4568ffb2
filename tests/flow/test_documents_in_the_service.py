"""Reports and sinograms on their way through the running service: uploaded, pushed, analysed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import numpy as np

from photopeak_analyzers.simulation.sinograms import cylinder_sinogram
from support import pushes
from support.daily_reports import PHILIPS_LINES, interfile, pdf, siemens_xml
from support.dicom_objects import encapsulated_pdf, save, secondary_capture
from support.programs import dcmtk
from support.service import Service, running_service

DEVICES = """\
[devices.pet]
name = "PET"
station = "PETHALL1"

[devices.pet.parameters.pet_daily_qc]
blocks_per_ring = 24

[devices.pet-2]
name = "Another PET"
station = "ELSEWHERE"
"""


def send(service: Service, content: bytes, **said: str) -> Any:
    reply = httpx.post(
        f"{service.url}/api/v1/uploads",
        params=said,
        files=[("file", ("Jane Roe.bin", content))],
        headers={"Authorization": f"Bearer {service.token}"},
        timeout=30.0,
    )
    assert reply.status_code == 201, reply.text
    (file,) = reply.json()["files"]
    return file


def fetched(service: Service, path: str) -> httpx.Response:
    return httpx.get(
        f"{service.url}{path}", headers={"Authorization": f"Bearer {service.token}"}, timeout=30.0
    )


def test_documents_become_results_and_can_be_had_back(tmp_path: Path) -> None:
    report, failed = siemens_xml(), siemens_xml(decisions={"gPlaneEff": "Failed"})
    philips, letter = pdf(PHILIPS_LINES), pdf(["Dear reader", "nothing of use"])
    expected = cylinder_sinogram(angles=96, planes=5)
    measured = interfile(np.random.default_rng(1).poisson(expected))
    wrapped = secondary_capture()
    wrapped.add_new(0x00719999, "UN", failed + b" " * (len(failed) % 2))
    quick = {"inbox": {"quiet_s": 0.4}}
    with running_service(tmp_path / "service", devices=DEVICES, settings=quick) as service:
        by_content = send(service, report)["series_instance_uid"]
        again = send(service, report)
        stated = send(service, philips, device="pet-2")["series_instance_uid"]
        unknown = send(service, letter)["series_instance_uid"]
        told = send(service, letter, test="pet_daily_qc", role="report", device="pet-2")
        sinogram = send(service, measured, device="pet")["series_instance_uid"]
        pushed = save(wrapped, tmp_path)
        kept = save(encapsulated_pdf(letter), tmp_path)
        for path in (pushed, kept):
            dcmtk("storescu", "-R", "-aec", "PHOTOPEAK", "127.0.0.1", service.dicom_port, path)
        uids = [by_content, stated, unknown, told["series_instance_uid"], sinogram]
        uids += [pushes.series_of(pushed), pushes.series_of(kept)]
        states = dict(zip(uids, pushes.settled(service, *uids), strict=True))

        assert again["duplicate"]
        assert again["series_instance_uid"] == by_content
        assert states[by_content]["state"] == "ANALYZED"
        assert states[by_content]["device"] == "pet"
        result = pushes.results_of(service, by_content)["pet_daily_qc"]
        assert result["acquired_at"].startswith("2026-03-02")
        stated_result = pushes.results_of(service, stated)["pet_daily_qc"]
        assert (stated_result["status"], stated_result["device"]) == ("PASS", "pet-2")
        assert states[unknown]["state"] == "UNROUTED"
        assert states[told["series_instance_uid"]]["state"] == "REFUSED"
        assert states[pushes.series_of(kept)]["state"] == "NOT_QC"
        bad = pushes.results_of(service, pushes.series_of(pushed))["pet_daily_qc"]
        assert bad["status"] == "FAIL"
        (verdict,) = [v for v in bad["verdicts"] if v["metric"] == "items_failed"]
        assert (verdict["limit_set"], verdict["kind"]) == ("report", "manufacturer")

        for uid, content in ((by_content, report), (stated, philips), (sinogram, measured)):
            had = fetched(service, f"/api/v1/series/{uid}/document")
            assert had.content == content
            assert had.headers["content-type"] == "application/octet-stream"
            assert "attachment" in had.headers["content-disposition"]
        assert (
            fetched(service, f"/api/v1/series/{pushes.series_of(pushed)}/document").content
            == failed
        )
        shown = fetched(service, f"/results/{bad['id']}")
        assert shown.status_code == 200
        assert "verdict of each item" in shown.text
        page = fetched(service, f"/series/{stated}").text
        assert "Hardware Sensors Test: PASSED" in page
        assert "Jane Roe" not in page
