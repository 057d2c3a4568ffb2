"""PET and CT of one day, pushed and uploaded in mixed order: a result for each frame of reference."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from pydicom.dataset import Dataset

from support.dicom_objects import save_all
from support.hybrid_objects import SERIAL_NUMBER, ct_objects, ct_slices, pet_objects
from support.markers import moved
from support.programs import dcmtk
from support.service import Service, running_service

DEVICES = f"""\
[devices.pet1]
name = "PET/CT"
kind = "pet_ct"
ae_titles = ["STORESCU"]
serial_number = "{SERIAL_NUMBER}"
"""
A, B = "1.2.3.10", "1.2.3.20"


def push(service: Service, folder: Path, datasets: list[Dataset]) -> None:
    folder.mkdir()
    paths = save_all(datasets, folder)
    dcmtk(
        "storescu", "-R", "-aec", "PHOTOPEAK", "127.0.0.1", service.dicom_port, *paths, nodelay=True
    )


def upload(service: Service, folder: Path, datasets: list[Dataset]) -> None:
    folder.mkdir()
    paths = save_all(datasets, folder)
    reply = httpx.post(
        f"{service.url}/api/v1/uploads",
        files=[("file", (path.name, path.read_bytes())) for path in paths],
        headers={"Authorization": f"Bearer {service.token}"},
        timeout=60.0,
    )
    assert reply.is_success, reply.text


def test_each_ct_finds_its_pet_however_they_come(tmp_path: Path) -> None:
    quick = {"inbox": {"quiet_s": 0.6}}
    with running_service(tmp_path / "service", devices=DEVICES, settings=quick) as service:
        upload(service, tmp_path / "1", ct_objects(B, moved((0.0, -4.0, 0.0))))
        push(service, tmp_path / "2", pet_objects(A))
        service.settled(2)
        push(service, tmp_path / "3", ct_slices(A, moved((1.0, 0.0, 0.0))))
        upload(service, tmp_path / "4", pet_objects(B))
        found = service.settled(4)
        results = service.results(test="pet_ct_registration")

    assert {each["state"] for each in found.values()} == {"ANALYZED"}
    shifts = sorted(
        tuple(m["value"] for m in result["measurements"] if m["metric"] in ("dx_mm", "dy_mm"))
        for result in results
    )
    # PET in voxels of 4 mm: a fifth of a millimetre.
    assert [pytest.approx(shift, abs=0.2) for shift in ((-1.0, 0.0), (0.0, 4.0))] == shifts
    for result in results:
        kinds = {i["role"] for i in result["provenance"]["inputs"]}
        assert kinds == {"pet", "ct"}
        by_kind = {verdict["kind"]: verdict["status"] for verdict in result["verdicts"]}
        assert by_kind["informative"] == "INFO"
