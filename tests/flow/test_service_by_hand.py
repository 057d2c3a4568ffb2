"""A test set on its way through the running service: analysed in part when asked, then in full."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from photopeak.demo.objects import MEDISO, Labels, planar_object, write
from support import pushes
from support.ports import eventually
from support.rows import NOON
from support.service import Service, running_service
from support.slits import image

TEST = "intrinsic_spatial_resolution"


def post(service: Service, path: str, **content: Any) -> Any:
    reply = httpx.post(
        f"{service.url}/api/v1{path}",
        headers={"Authorization": f"Bearer {service.token}"},
        timeout=30.0,
        **content,
    )
    assert reply.is_success, reply.text
    return reply.json()


def upload(service: Service, folder: Path, series: str, along: str) -> None:
    acquisition = image(along, seed=ord(along), counts_per_mm=1_000.0)
    path = write(planar_object(acquisition, MEDISO, Labels(series=series), NOON), folder)
    post(service, "/uploads", files=[("file", ("slits.dcm", path.read_bytes()))])
    pushes.settled(service, pushes.series_of(path))


def test_a_waiting_set_is_analysed_on_demand_and_again_when_it_is_complete(tmp_path: Path) -> None:
    quick = {"inbox": {"quiet_s": 0.4}}
    with running_service(tmp_path / "service", devices=pushes.DEVICES, settings=quick) as service:

        def done() -> dict[str, Any] | None:
            (found,) = service.api("/test-sets", test=TEST)["items"]
            return dict(found) if found["state"] == "DONE" else None

        upload(service, tmp_path, "RES_SPA_X_H1_H1", "x")
        (waiting,) = service.api("/test-sets", test=TEST)["items"]
        assert (waiting["state"], waiting["waiting_for"]) == (
            "WAITING",
            "waiting for Slits along Y",
        )
        body = {"partial": True, "reason": "the mask fits one way only"}
        post(service, f"/test-sets/{waiting['id']}/run", json=body)
        partial = eventually(done, seconds=180.0, what="the partial analysis ends")
        assert partial["partial"] == body["reason"]
        assert [m["name"] for m in partial["missing"]] == ["lines_y"]

        upload(service, tmp_path, "RES_SPA_Y_H1_H1", "y")
        full = eventually(done, seconds=180.0, what="the full analysis ends")
        assert (full["id"], full["partial"], full["missing"]) == (waiting["id"], "", [])
        versions = service.api(f"/test-sets/{waiting['id']}")["results"]
        assert [(r["version"], r["current"]) for r in versions] == [(2, True), (1, False)]
