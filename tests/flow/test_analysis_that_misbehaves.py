"""An analysis that dies, swallows memory or never ends is told to people, and harms nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from support import misbehaving, processes, pushes
from support.ports import eventually
from support.programs import dcmtk
from support.service import Service, running_service

ATTEMPTS = 2
WALL_LIMIT_S = 3.0
MEMORY_BYTES = 800_000_000


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    settings = {
        "inbox": {"quiet_s": 0.2},
        "work": {
            "attempts": ATTEMPTS,
            "wall_limit_s": WALL_LIMIT_S,
            "memory_limit_bytes": MEMORY_BYTES,
        },
    }
    with running_service(
        folder / "a",
        devices=pushes.DEVICES,
        settings=settings,
        routes=misbehaving.routes(),
        environment=misbehaving.install(folder / "installed"),
    ) as running:
        yield running


def push(service: Service, folder: Path, seed: int, *, test: str = "") -> Path:
    """Push a flood, or a series that goes to a test; returns its file."""
    series = misbehaving.description(test) if test else "Intrinsic Flood"
    path = pushes.write(pushes.flood_object(seed, series=series), folder)
    dcmtk("storescu", "-aec", "PHOTOPEAK", "127.0.0.1", service.dicom_port, path, nodelay=True)
    return path


def roles_of(service: Service) -> set[int]:
    pid = service.processes["serve"].pid
    return set(processes.tree(pid)) - set(processes.analysis_processes(pid))


def alerts_about(service: Service, test: str) -> list[dict[str, Any]]:
    return [a for a in service.api("/alerts", limit="200")["items"] if a["test"] == test]


@pytest.mark.parametrize(
    ("test", "reason"),
    [
        ("dying", "the analysis process was ended by SIGKILL"),
        ("swallowing", f"the analysis needed more than {MEMORY_BYTES} bytes"),
        ("hanging", f"the analysis took longer than {WALL_LIMIT_S:g} s"),
    ],
)
def test_a_series_that_no_analysis_survives_is_parked_with_the_reason(
    service: Service, tmp_path: Path, test: str, reason: str
) -> None:
    before = roles_of(service)
    poison = pushes.series_of(push(service, tmp_path, 1, test=test))
    tried_or_given_up = ("RUNNING", "FAILED")
    eventually(lambda: pushes.state_of(service, poison) in tried_or_given_up, what="it is tried")
    assert httpx.get(f"{service.url}/healthz", timeout=30.0).status_code == 200
    good = pushes.series_of(push(service, tmp_path, 2))

    parked, analyzed = pushes.settled(service, poison, good)
    assert parked["state"] == "FAILED"
    assert reason in parked["reason"]
    result = pushes.results_of(service, poison)[test]
    assert (result["status"], result["measurements"]) == ("ERROR", [])
    assert reason in result["failure"]["message"]
    assert service.log().count(result["failure"]["traceback_id"]) == 1
    tried = service.log().count(f"at test set {result['test_set']} failed")
    assert tried == ATTEMPTS
    (alert,) = alerts_about(service, test)
    assert alert["severity"] == "critical"
    assert reason in alert["message"]
    assert pushes.results_of(service, good)["intrinsic_uniformity"]["status"] == "PASS"
    assert analyzed["state"] != "FAILED"
    assert before <= roles_of(service), "no process of the service had to be replaced"


def test_an_analysis_whose_process_is_killed_is_done_again(
    service: Service, tmp_path: Path
) -> None:
    pushes.settled(service, pushes.series_of(push(service, tmp_path, 3)))
    held = processes.analysis_processes(service.processes["serve"].pid)
    processes.stop(*held)
    uid = pushes.series_of(push(service, tmp_path, 4))
    eventually(lambda: pushes.state_of(service, uid) == "RUNNING", what="the job is under way")
    processes.kill(*held)

    pushes.settled(service, uid)
    results = pushes.results_of(service, uid)
    assert results["intrinsic_uniformity"]["status"] == "PASS"
    assert {result["version"] for result in results.values()} == {1}
