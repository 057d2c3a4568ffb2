"""Results go back to an archive that is not ours, and are what DICOM says that they should be."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pydicom
import pytest

from support import pushes
from support.ports import eventually, free_port
from support.programs import Orthanc, dcmtk, orthanc, program
from support.service import Service, running_service

SR = "1.2.840.10008.5.1.4.1.1.88.33"
SC = "1.2.840.10008.5.1.4.1.1.7"


def stored(archive: Orthanc, folder: Path) -> dict[str, list[Path]]:
    """Return the files of an archive by SOP class."""
    found: dict[str, list[Path]] = {}
    for identity in httpx.get(f"{archive.url}/instances", timeout=10.0).json():
        file = folder / f"{identity}.dcm"
        content = httpx.get(f"{archive.url}/instances/{identity}/file", timeout=30.0).content
        file.write_bytes(content)
        found.setdefault(str(pydicom.dcmread(file).SOPClassUID), []).append(file)
    return found


def faults(file: Path) -> list[str]:
    """Return what dciodvfy calls an error."""
    done = subprocess.run(
        [program("dciodvfy"), str(file)], capture_output=True, text=True, timeout=60, check=False
    )
    return [line for line in done.stderr.splitlines() if line.startswith("Error")]


def alerts_of(port: int) -> str:
    return f'[pacs.main]\nhost = "127.0.0.1"\nport = {port}\nae_title = "PACS"\ntimeout_s = 20\n'


def push(service: Service, file: Path) -> None:
    dcmtk("storescu", "-aec", "PHOTOPEAK", "-aet", "NM1", "127.0.0.1", service.dicom_port, file)


def messages(service: Service) -> list[dict[str, object]]:
    return list(service.api("/notifications")["items"])


def test_a_result_is_stored_as_report_and_as_picture_in_the_study_of_its_images(
    tmp_path: Path,
) -> None:
    flood = pushes.flood_file(tmp_path, 1, bad=True)
    with (
        orthanc(tmp_path / "archive") as archive,
        running_service(tmp_path / "service", alerts=alerts_of(archive.dicom_port)) as service,
    ):
        push(service, flood)
        service.settled(1)
        (result,) = service.results(test="intrinsic_uniformity")

        def arrived() -> dict[str, list[Path]] | None:
            found = stored(archive, tmp_path)
            return found if {SR, SC} <= found.keys() else None

        found = eventually(arrived, seconds=180.0, what=lambda: service.log()[-3000:])
    image = pydicom.dcmread(flood, stop_before_pixels=True)
    by_title = {str(pydicom.dcmread(file).SeriesDescription): file for file in found[SR]}
    file = by_title["QC result: Intrinsic uniformity"]
    report = pydicom.dcmread(file)
    capture = pydicom.dcmread(found[SC][0])
    for made in (report, capture):
        assert made.StudyInstanceUID == image.StudyInstanceUID
        assert made.PatientID == image.PatientID
    assert capture.Rows > 500
    assert capture.pixel_array.std() > 10.0

    shown = dcmtk("dsrdump", file).stdout
    values = {m["value"] for m in result["measurements"]}
    written = {float(v) for v in re.findall(r'<contains NUM:[^=]*="([-0-9.e+]+)"', shown)}
    assert written
    assert all(any(abs(v - w) <= 1e-6 * max(1.0, abs(v)) for v in values) for w in written)
    assert "FAIL" in shown
    assert "Camera 1" in shown
    for file in (*found[SR], *found[SC]):
        assert faults(file) == []


def test_an_archive_that_is_down_gets_its_objects_when_it_is_back(tmp_path: Path) -> None:
    port = free_port()
    with running_service(tmp_path / "service", alerts=alerts_of(port)) as service:
        push(service, pushes.flood_file(tmp_path, 2))
        service.settled(1)
        eventually(
            lambda: any(m["state"] == "retrying" for m in messages(service)),
            seconds=180.0,
            what=lambda: service.log()[-2000:],
        )
        assert "cannot be reached" in json.dumps(messages(service))
        folder = tmp_path / "received"
        folder.mkdir()
        receiver = subprocess.Popen(
            [program("storescp"), "-aet", "PACS", "-od", str(folder), str(port)]
        )
        try:
            eventually(
                lambda: len(list(folder.iterdir())) >= 2,
                seconds=180.0,
                what=lambda: service.log()[-2000:],
            )
        finally:
            receiver.terminate()
            receiver.wait(10)


@pytest.mark.parametrize("up", [True, False])
def test_whether_an_archive_answers_is_told_without_a_service(tmp_path: Path, up: bool) -> None:
    port = free_port()
    (tmp_path / "alerts.toml").write_text(alerts_of(port), "utf-8")
    receiver = subprocess.Popen([program("storescp"), "-aet", "PACS", str(port)]) if up else None
    command = [sys.executable, "-m", "photopeak", "notify", "test", "pacs.main"]

    def tried() -> subprocess.CompletedProcess[str] | None:
        done = subprocess.run(
            [*command, "--config", str(tmp_path)], capture_output=True, text=True, check=False
        )
        return done if (done.returncode == 0) == up else None

    try:
        done = eventually(tried, seconds=180.0)
    finally:
        if receiver is not None:
            receiver.terminate()
            receiver.wait(10)

    assert ("C-ECHO answered" in done.stdout) == up
    assert ("cannot be reached" in done.stderr) != up
