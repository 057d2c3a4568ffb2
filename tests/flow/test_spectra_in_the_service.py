"""A spectrum through the running service: uploaded, known by its description, judged once a reading is there."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from support.ports import eventually
from support.service import Service, running_service
from support.spectrum_files import spe_of
from support.wbc import GE, lines

DEVICES = """
[devices.wbc-1]
name = "Whole-body counter"
dicom = false
[devices.wbc-2]
name = "Whole-body counter whose crystal is configured"
dicom = false
readings = { detector_type = "HPGe" }
"""
AT = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2)


def check_spectrum(kev: float = 0.0) -> bytes:
    """Return the file of a daily check whose energies are off by so much."""
    made = GE.acquire(lines((59.54, 1332.5)))
    assert made.energy_kev is not None
    moved = dataclasses.replace(made, energy_kev=made.energy_kev + kev, started_at=AT)
    return spe_of(moved, title="WBC daily check")


def post(service: Service, path: str, **request: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {service.token}"}
    return httpx.post(f"{service.url}/api/v1{path}", headers=headers, timeout=30.0, **request)


def test_an_uploaded_spectrum_waits_for_its_reading_and_is_judged(tmp_path: Path) -> None:
    quick = {"inbox": {"quiet_s": 0.4}}
    with running_service(tmp_path / "service", devices=DEVICES, settings=quick) as service:
        sent = post(
            service,
            "/uploads",
            params={"device": "wbc-1"},
            files=[("file", ("a.spe", check_spectrum(1.3)))],
        )
        assert sent.status_code == 201, sent.text
        broken = post(service, "/uploads", files=[("file", ("b.spe", check_spectrum()[:20_000]))])
        assert "cut off" in broken.text
        uid = sent.json()["files"][0]["series_instance_uid"]

        def waiting() -> dict[str, Any] | None:
            series = service.api(f"/series/{uid}")["series"]
            return dict(series) if series["state"] == "WAITING" else None

        eventually(waiting, seconds=180.0, what=lambda: service.log()[-2000:])
        (test_set,) = service.api("/test-sets")["items"]
        assert test_set["test"] == "wbc_energy_check"
        change = {"test_set": test_set["id"], "inputs": {"detector_type": "HPGe"}}
        assert post(service, "/readings", json=change).status_code == 200

        def done() -> dict[str, Any] | None:
            found = service.api(f"/test-sets/{test_set['id']}")
            return dict(found["results"][0]) if found["results"] else None

        result = eventually(done, seconds=180.0, what=lambda: service.log()[-2000:])
        assert (result["test"], result["device"], result["status"]) == (
            "wbc_energy_check",
            "wbc-1",
            "FAIL",
        )
        assert datetime.fromisoformat(result["acquired_at"]) == AT

        # The crystal of the other one is said in devices.toml: nothing is asked, nothing guessed.
        other = post(
            service,
            "/uploads",
            params={"device": "wbc-2"},
            files=[("file", ("c.spe", check_spectrum(0.4)))],
        )
        assert other.status_code == 201, other.text

        def judged() -> dict[str, Any] | None:
            found = service.api("/results", device="wbc-2")["items"]
            return dict(found[0]) if found else None

        second = eventually(judged, seconds=180.0, what=lambda: service.log()[-2000:])
        assert (second["test"], second["status"]) == ("wbc_energy_check", "PASS")
        (supplied,) = [
            r
            for r in service.api(f"/results/{second['id']}")["provenance"]["readings"]
            if r["name"] == "detector_type"
        ]
        assert (supplied["value"], supplied["source"]) == ("HPGe", "device")
