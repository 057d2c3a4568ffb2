"""The whole service as a person starts it, in a folder of its own on free ports."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from photopeak.app import prepare_database
from photopeak.settings import load
from support.ports import eventually, free_port

UNDER_WAY = frozenset({"RECEIVING", "COMPLETE", "QUEUED", "RUNNING"})

_DEVICES = """\
[devices.nm1]
name = "Camera 1"
ae_titles = ["NM1", "STORESCU", "DCMSEND", "PACS"]
detectors = 2
"""


class Service:
    """A running service."""

    def __init__(
        self,
        folder: Path,
        dicom_port: int,
        url: str,
        token: str,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.dicom_port = dicom_port
        self.url = url
        self.token = token
        self._environment = dict(environment or {})
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def api(self, path: str, **parameters: str) -> Any:
        """GET from the API; fails unless it answers 200."""
        reply = httpx.get(
            f"{self.url}/api/v1{path}",
            params=parameters,
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=30.0,
        )
        assert reply.status_code == 200, reply.text
        return reply.json()

    def series(self) -> list[dict[str, Any]]:
        """Return all series, the newest first."""
        return list(self.api("/series", limit="200")["items"])

    def settled(self, number: int, *, seconds: float = 90.0) -> dict[str, dict[str, Any]]:
        """Wait until `number` series are there and nothing is under way; return them by UID."""

        def done() -> dict[str, dict[str, Any]] | None:
            found = self.series()
            if len(found) < number or any(s["state"] in UNDER_WAY for s in found):
                return None
            return {s["series_instance_uid"]: s for s in found}

        return eventually(
            done, seconds=seconds, what=lambda: f"{number} series settle: {self.log()[-3000:]}"
        )

    def results(self, **parameters: str) -> list[dict[str, Any]]:
        """Return the current results, whole."""
        items = self.api("/results", limit="200", **parameters)["items"]
        return [self.api(f"/results/{item['id']}") for item in items]

    def log(self) -> str:
        """Return what the processes have written so far."""
        return "".join(p.read_text("utf-8") for p in sorted(self.folder.glob("*.log")))

    def start(self, *arguments: str, name: str = "serve") -> subprocess.Popen[bytes]:
        """Start a role."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PHOTOPEAK_")}
        environment |= self._environment
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "photopeak",
                    *(arguments or ("serve",)),
                    "--config",
                    str(self.folder / "config"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
            )
        self.processes[name] = process
        return process

    def wait_until_up(self) -> None:
        """Wait until pages and DICOM answer."""
        eventually(
            self._answers, seconds=180.0, what=lambda: f"the service starts: {self.log()[-3000:]}"
        )

    def _answers(self) -> bool:
        import socket

        for process in self.processes.values():
            assert process.poll() is None, self.log()[-3000:]
        try:
            with socket.create_connection(("127.0.0.1", self.dicom_port), timeout=5.0):
                pass
            return httpx.get(f"{self.url}/healthz", timeout=5.0).status_code == 200
        except (OSError, httpx.HTTPError):
            return False

    def stop(self) -> None:
        """End what still runs."""
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(20.0)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def running_service(
    folder: Path,
    *,
    database_url: str = "",
    settings: Mapping[str, Mapping[str, object]] | None = None,
    devices: str = _DEVICES,
    roles: Sequence[tuple[str, ...]] = (("serve",),),
    routes: str = "",
    alerts: str = "",
    schedule: str = "",
    environment: Mapping[str, str] | None = None,
) -> Iterator[Service]:
    """Run the service in `folder`.

    Parameters
    ----------
    folder
        Made new; gets the configuration, the data and the logs.
    database_url
        Of PostgreSQL; without it the service keeps an SQLite file.
    settings
        Tables of photopeak.toml beside the usual.
    devices, routes, alerts, schedule
        Contents of devices.toml, and of a file of routes, alerts.toml and schedule.toml if there
        are any.
    roles
        Commands, one process each.
    environment
        Variables beside those of the test.
    """
    dicom, http = free_port(), free_port()
    tables: dict[str, dict[str, object]] = {
        "listener": {"host": "127.0.0.1", "port": dicom},
        "inbox": {"quiet_s": 1.0, "free_space_floor_bytes": 0},
        "web": {"port": http, "public_url": f"http://127.0.0.1:{http}"},
        "logging": {"format": "text"},
    }
    if database_url:
        tables["database"] = {"url": database_url}
    for name, table in (settings or {}).items():
        tables.setdefault(name, {}).update(table)
    config = folder / "config"
    config.mkdir(parents=True)
    (config / "devices.toml").write_text(devices, "utf-8")
    if routes:
        (config / "routes").mkdir()
        (config / "routes" / "site.toml").write_text(routes, "utf-8")
    if alerts:
        (config / "alerts.toml").write_text(alerts, "utf-8")
    if schedule:
        (config / "schedule.toml").write_text(schedule, "utf-8")
    lines = ['data = "../data"']
    for name, table in tables.items():
        lines += [f"[{name}]", *(f"{key} = {_toml(value)}" for key, value in table.items())]
    (config / "photopeak.toml").write_text("\n".join(lines) + "\n", "utf-8")
    _, token = prepare_database(load(config / "photopeak.toml", environment={}).settings)
    service = Service(folder, dicom, f"http://127.0.0.1:{http}", token or "", environment)
    try:
        for role in roles:
            service.start(*role, name="-".join(role))
        service.wait_until_up()
        yield service
    finally:
        service.stop()


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    return f'"{value}"'
