"""A measurement without images through the running service: entered, judged, corrected, superseded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from photopeak_analyzers.simulation.sleeves import SleevedSource
from support.ports import eventually
from support.service import Service, running_service

TEST = "pet_sensitivity"
DEVICES = '[devices.pet-1]\nname = "PET 1"\nkind = "pet_ct"\ndicom = false\n'
AT = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)


def rows() -> list[dict[str, Any]]:
    """Return what a person writes down of five sleeves."""
    found = []
    for number in range(1, 6):
        start_s = 60.0 * (20 + 10 * number)
        prompts, randoms = SleevedSource().counted(number, start_s, 60.0)
        found.append(
            {
                "sleeves": number,
                "start": (AT + timedelta(seconds=start_s)).isoformat(),
                "duration_s": 60.0,
                "prompts": prompts,
                "randoms": randoms,
            }
        )
    return found


def post(service: Service, path: str, body: dict[str, Any], key: str = "") -> httpx.Response:
    headers = {"Authorization": f"Bearer {service.token}"}
    if key:
        headers["Idempotency-Key"] = key
    return httpx.post(f"{service.url}/api/v1{path}", headers=headers, json=body, timeout=30.0)


def test_numbers_become_a_result_and_a_correction_supersedes_it(tmp_path: Path) -> None:
    body = {
        "test_id": TEST,
        "device_id": "pet-1",
        "variant": "jjf",
        "performed_at": AT.isoformat(),
        "operator": "R. Chen",
        "inputs": {
            "activity": {"value": 5.0, "uncertainty": 0.08, "at": AT.isoformat()},
            "nuclide": "F-18",
            "sleeves": rows(),
        },
    }
    with running_service(tmp_path / "service", devices=DEVICES) as service:
        # The workers tell which tests are installed once they have started.
        eventually(
            lambda: any(t["id"] == TEST for t in service.api("/analyzers")["items"]),
            seconds=180.0,
            what="the catalogue is there",
        )
        first = post(service, "/test-sets", body, key="1")
        assert first.status_code == 201, first.text
        identity = first.json()["test_set"]["id"]
        assert post(service, "/readings", body, key="1").json()["test_set"]["id"] == identity

        def version(number: int) -> dict[str, Any] | None:
            found = service.api(f"/test-sets/{identity}")
            done = found["test_set"]["state"] == "DONE" and len(found["results"]) == number
            return dict(found["results"][0]) if done else None

        result = eventually(lambda: version(1), seconds=180.0, what=lambda: service.log()[-2000:])
        assert (result["test"], result["device"], result["variant"]) == (TEST, "pet-1", "jjf")
        assert datetime.fromisoformat(result["acquired_at"]) == AT

        wrong = {**body["inputs"]["activity"], "value": 6.0}  # type: ignore[dict-item]
        change = {"test_set": identity, "inputs": {"activity": wrong}}
        assert post(service, "/readings", change).status_code == 422
        assert post(service, "/readings", {**change, "reason": "misread"}).status_code == 200
        second = eventually(lambda: version(2), seconds=180.0, what=lambda: service.log()[-2000:])
        assert (second["version"], second["current"]) == (2, True)
        before, after = (
            {m["metric"]: m["value"] for m in service.api(f"/results/{r['id']}")["measurements"]}
            for r in (result, second)
        )
        assert before.keys() == after.keys()
        assert before != after
