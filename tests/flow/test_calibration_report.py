"""From numbers in a notebook to the certificate: entered, analysed, reported as data, page and PDF."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pypdf

from photopeak_analyzers.simulation.sleeves import SleevedSource
from support.ports import eventually
from support.programs import chinese_font
from support.service import Service, running_service

DEVICES = '[devices.pet-1]\nname = "PET/CT 1"\nkind = "pet_ct"\ndicom = false\n'
AT = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
PATH = "/devices/pet-1/reports/jjf"


def enter(service: Service) -> str:
    """Enter the counts with five sleeves; return the id of the test set."""
    table = []
    for sleeves in range(1, 6):
        start_s = 60.0 * (20 + 10 * sleeves)
        prompts, randoms = SleevedSource().counted(sleeves, start_s, 60.0)
        start = (AT + timedelta(seconds=start_s)).isoformat()
        table.append(
            {
                "sleeves": sleeves,
                "start": start,
                "duration_s": 60.0,
                "prompts": prompts,
                "randoms": randoms,
            }
        )
    body = {
        "test_id": "pet_sensitivity",
        "device_id": "pet-1",
        "variant": "jjf",
        "performed_at": AT.isoformat(),
        "inputs": {
            "activity": {"value": 5.0, "uncertainty": 0.08, "at": AT.isoformat()},
            "nuclide": "F-18",
            "sleeves": table,
        },
    }
    reply = httpx.post(
        f"{service.url}/api/v1/test-sets",
        headers={"Authorization": f"Bearer {service.token}"},
        json=body,
        timeout=30.0,
    )
    assert reply.status_code == 201, reply.text
    return str(reply.json()["test_set"]["id"])


def ask(service: Service, form: str) -> httpx.Response:
    query = {
        "client": "第一医院",
        "language": "zh",
        "from": (AT - timedelta(days=1)).date().isoformat(),
    }
    return httpx.get(
        f"{service.url}/api/v1{PATH}{form}",
        headers={"Authorization": f"Bearer {service.token}"},
        params=query,
        timeout=90.0,
    )


def test_the_certificate_states_what_was_measured(tmp_path: Path) -> None:
    chinese_font()
    with running_service(tmp_path / "service", devices=DEVICES) as service:
        eventually(
            lambda: any(t["id"] == "pet_sensitivity" for t in service.api("/analyzers")["items"]),
            seconds=180.0,
            what="the catalogue is there",
        )
        identity = enter(service)
        eventually(
            lambda: service.api(f"/test-sets/{identity}")["test_set"]["state"] == "DONE",
            seconds=180.0,
            what=lambda: service.log()[-2000:],
        )
        data, page, content = (ask(service, form) for form in ("", ".html", ".pdf"))

    # The simulated scanner counts 7000 per second and MBq; 1.6 % of the activity rule the budget.
    (stated,) = data.json()["certificate"][0]["values"]
    assert (stated["stated"], stated["expanded"]) == ("7000", "230")
    assert data.json()["items"][0]["reason"] == "未测量"
    text = "".join(p.extract_text() for p in pypdf.PdfReader(io.BytesIO(content.content)).pages)
    for shown in (page.text, text):
        assert "第一医院" in shown
        assert "标准不确定度" in shown
        assert "3.3" in shown
        assert data.json()["inputs_sha256"] in shown
