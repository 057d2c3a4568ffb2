"""DICOM programs that are not ours, as clients and servers of flow tests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from support.ports import eventually, free_port


def program(name: str) -> str:
    """Return the path of a program; skip the test where it is not installed."""
    # pynetdicom installs programs of DCMTK's names beside the interpreter: those are not meant.
    ours = {Path(sys.prefix, "bin"), Path(sys.executable).parent}
    others = [f for f in os.get_exec_path() if Path(f) not in ours]
    for folder in (os.pathsep.join(others), "/usr/sbin:/sbin"):
        path = shutil.which(name, path=folder)
        if path:
            return path
    pytest.skip(f"{name} is not installed")


def chinese_font() -> None:
    """Skip the test where no font has Chinese characters for PDF files."""
    from photopeak.reports.paper import pdf

    if "Chinese in" not in pdf.prospects():
        pytest.skip("no font with Chinese characters is installed")


def dcmtk(
    name: str, *arguments: object, nodelay: bool = False, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run one of DCMTK's programs to its end."""
    environment = os.environ | ({"TCP_NODELAY": "1"} if nodelay else {})
    done = subprocess.run(
        [program(name), *map(str, arguments)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if check:
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
    return done


@contextmanager
def orthanc(folder: Path, *, forward_to: tuple[str, str, int] | None = None) -> Iterator[Orthanc]:
    """Run Orthanc in `folder`; `forward_to` (AE title, host, port) routes all it receives there."""
    binary = program("Orthanc")
    dicom, http = free_port(), free_port()
    folder.mkdir(parents=True, exist_ok=True)
    configuration: dict[str, object] = {
        "Name": "PACS",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "index"),
        "DicomAet": "PACS",
        "DicomPort": dicom,
        "HttpPort": http,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "DicomAlwaysAllowStore": True,
        "Plugins": [],
    }
    if forward_to is not None:
        title, host, port = forward_to
        script = folder / "route.lua"
        script.write_text(
            "function OnStoredInstance(id, tags, metadata, origin)\n"
            "   SendToModality(id, 'photopeak')\n"
            "end\n",
            "utf-8",
        )
        configuration["DicomModalities"] = {"photopeak": [title, host, port]}
        configuration["LuaScripts"] = [str(script)]
    (folder / "orthanc.json").write_text(json.dumps(configuration), "utf-8")
    with (folder / "orthanc.log").open("wb") as log:
        process = subprocess.Popen(
            [binary, str(folder / "orthanc.json")],
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=os.environ | {"TCP_NODELAY": "1"},
        )
    try:
        server = Orthanc(dicom, http)
        eventually(server.answers, seconds=180.0, what="Orthanc starts")
        yield server
    finally:
        process.terminate()
        process.wait(30)


class Orthanc:
    """A running Orthanc."""

    def __init__(self, dicom_port: int, http_port: int) -> None:
        self.dicom_port = dicom_port
        self.url = f"http://127.0.0.1:{http_port}"

    def answers(self) -> bool:
        """Tell whether its REST interface answers."""
        try:
            return httpx.get(f"{self.url}/system", timeout=5.0).status_code == 200
        except httpx.HTTPError:
            return False

    def jobs(self) -> Sequence[dict[str, object]]:
        """Return its jobs, with their state."""
        return list(httpx.get(f"{self.url}/jobs?expand", timeout=10.0).json())
