"""Start a fresh service, let the consoles push over real DICOM, show what came out."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from photopeak.app import prepare_database
from photopeak.demo.consoles import Console, PushedSeries, morning
from photopeak.listener.client import ClientError, echo, send
from photopeak.model.schedule import Readiness
from photopeak.reports.text import unit_text
from photopeak.settings import load
from photopeak.web.board_looks import READINESS

_START_LIMIT_S = 60.0
_ANALYSIS_LIMIT_S = 120.0
_UNDER_WAY = frozenset({"RECEIVING", "COMPLETE", "QUEUED", "RUNNING"})
_NOT_THERE_YET: Mapping[str, Any] = {
    "series": {"state": "RECEIVING", "reason": ""},
    "test_sets": [],
}
_AE_TITLE = "PHOTOPEAK"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one pushed series, beside what it should have become."""

    console: str
    what: str
    expected: str
    state: str
    found: str
    reason: str
    link: str

    @property
    def as_expected(self) -> bool:
        """True when it came out as it must."""
        return self.expected == self.found


def run_demo(folder: Path | None, *, once: bool) -> int:
    """Run the demonstration; returns the exit code: 0 when everything came out as it must."""
    # Whoever ends the demonstration, by Ctrl-C or by a signal, ends the service that it started.
    signal.signal(signal.SIGTERM, _ended)
    with contextlib.ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="photopeak-")))
        elif folder.exists() and any(folder.iterdir()):
            print(f"photopeak: {folder} is not empty; a demonstration needs a new folder")
            return 2
        dicom, http = _free_port(), _free_port()
        config = _configure(folder, dicom, http)
        _, token = prepare_database(load(config, environment={}).settings)
        url = f"http://127.0.0.1:{http}"
        print(f"Starting Photopeak: DICOM {_AE_TITLE}@127.0.0.1:{dicom}, pages {url}/")
        with _service(config, folder / "service.log") as service:
            _wait_until_ready(service, url, dicom, folder / "service.log")
            with tempfile.TemporaryDirectory(prefix="photopeak-consoles-") as scratch:
                consoles = morning(Path(scratch))
                pushed = _push(consoles, dicom)
            outcomes, stand = _watch(consoles, url, token or "")
            _show(outcomes, pushed)
            _show_board(consoles, stand)
            print(f"\nPages: {url}/   token: {token}")
            good = all(outcome.as_expected for outcome in outcomes) and stand == {
                console.device: console.stands for console in consoles
            }
            if not once:
                print("Serving until you press Ctrl-C ...", flush=True)
                _wait(service)
            return 0 if good else 1


def _configure(folder: Path, dicom: int, http: int) -> Path:
    """Write the configuration of the demonstration and return its photopeak.toml."""
    from photopeak.demo.consoles import DEVICES_TOML, schedule_toml

    config = folder / "config"
    config.mkdir(parents=True, exist_ok=True)
    (config / "devices.toml").write_text(DEVICES_TOML, "utf-8")
    (config / "schedule.toml").write_text(schedule_toml(datetime.now(UTC)), "utf-8")
    file = config / "photopeak.toml"
    file.write_text(
        f"""\
data = "../data"

[site]
name = "Demonstration"

[listener]
host = "127.0.0.1"
port = {dicom}
ae_title = "{_AE_TITLE}"
# Whoever tries the demonstration may push from a sender of his own.
accept_unknown_callers = true

[inbox]
# A person waits: what has no expected number of instances is complete after one quiet second.
quiet_s = 1.0
free_space_floor_bytes = 0

[web]
port = {http}

[logging]
format = "text"
""",
        "utf-8",
    )
    return file


@contextlib.contextmanager
def _service(config: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PHOTOPEAK_")}
    with log.open("wb") as stream:
        service = subprocess.Popen(
            [sys.executable, "-m", "photopeak", "serve", "--config", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            env=environment,
        )
    try:
        yield service
    finally:
        service.send_signal(signal.SIGTERM)
        try:
            service.wait(30.0)
        except subprocess.TimeoutExpired:
            service.kill()
            service.wait()


def _wait_until_ready(service: subprocess.Popen[bytes], url: str, dicom: int, log: Path) -> None:
    deadline = time.monotonic() + _START_LIMIT_S
    while True:
        if service.poll() is not None:
            raise SystemExit(f"photopeak: the service did not start:\n{log.read_text('utf-8')}")
        try:
            httpx.get(f"{url}/healthz", timeout=2.0).raise_for_status()
            echo("127.0.0.1", dicom, calling="DEMO", called=_AE_TITLE, timeout_s=5.0)
        except (httpx.HTTPError, ClientError):
            if time.monotonic() > deadline:
                raise SystemExit(
                    f"photopeak: the service does not answer:\n{log.read_text('utf-8')}"
                ) from None
            time.sleep(0.05)
        else:
            return


def _push(consoles: Sequence[Console], dicom: int) -> dict[str, float]:
    """Let every console send what it has; returns the seconds each took."""
    took = {}
    for console in consoles:
        started = time.monotonic()
        files = [path for series in console.series for path in series.paths]
        outcomes = send(files, "127.0.0.1", dicom, calling=console.ae_title, called=_AE_TITLE)
        took[console.name] = time.monotonic() - started
        stored = sum(outcome.ok for outcome in outcomes)
        print(f"  {console.name} ({console.ae_title}) pushed {stored} of {len(files)} objects")
    return took


def _watch(
    consoles: Sequence[Console], url: str, token: str
) -> tuple[list[Outcome], dict[str, str]]:
    """Wait until nothing is under way any more; returns what came out and how each device stands."""
    deadline = time.monotonic() + _ANALYSIS_LIMIT_S
    outcomes = []
    with httpx.Client(
        base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=10.0
    ) as api:
        for console in consoles:
            for series in console.series:
                while True:
                    reply = api.get(f"/series/{series.series_instance_uid}")
                    found = reply.json() if reply.status_code == 200 else _NOT_THERE_YET
                    if found["series"]["state"] not in _UNDER_WAY or time.monotonic() > deadline:
                        break
                    time.sleep(0.1)
                outcomes.append(_outcome(api, console, series, found, url))
        states = api.get("/schedule").json()["states"]
    return outcomes, {status["device"]: status["readiness"] for status in states}


def _outcome(
    api: httpx.Client, console: Console, pushed: PushedSeries, found: Mapping[str, Any], url: str
) -> Outcome:
    """Say what became of a series: its state, or the status of the result that counts."""
    state, reason = str(found["series"]["state"]), str(found["series"]["reason"])
    verdict, link = state, f"{url}/series/{pushed.series_instance_uid}"
    test, _, wanted = pushed.expected.partition(" ")
    for test_set in found["test_sets"]:
        for result in api.get(f"/test-sets/{test_set}").json()["results"]:
            if wanted and result["test"] == test and result["current"]:
                detail = api.get(f"/results/{result['id']}").json()
                verdict, reason = f"{test} {detail['status']}", _worst(detail) or reason
                link = f"{url}/results/{result['id']}"
    return Outcome(
        console=console.name,
        what=pushed.what,
        expected=pushed.expected,
        state=state,
        found=verdict,
        reason=reason,
        link=link,
    )


def _worst(result: Mapping[str, Any]) -> str:
    """Return the measurements that decided, as text."""
    values = {(m["metric"], tuple(sorted(m["scope"].items()))): m for m in result["measurements"]}
    lines = []
    for verdict in result["verdicts"]:
        if verdict["status"] != result["status"] or verdict["status"] not in ("FAIL", "WARN"):
            continue
        measured = values[verdict["metric"], tuple(sorted(verdict["scope"].items()))]
        bound = verdict["upper"] if verdict["upper"] is not None else verdict["lower"]
        scope = " ".join(f"{name} {value}" for name, value in verdict["scope"].items())
        lines.append(
            f"{measured['label']} {scope}: {measured['value']:.2f} {unit_text(measured['unit'])}"
            f" (limit {bound:g}, {verdict['limit_set']})"
        )
    return "; ".join(dict.fromkeys(lines))


def _show(outcomes: Sequence[Outcome], took: Mapping[str, float]) -> None:
    from rich.console import Console as Terminal
    from rich.table import Table
    from rich.text import Text

    table = Table(title="The morning", title_justify="left", header_style="bold", show_lines=True)
    for column in ("console", "what it pushed", "came out as", "why", "page"):
        table.add_column(column, overflow="fold")
    for outcome in outcomes:
        mark = "" if outcome.as_expected else f"  (expected {outcome.expected})"
        table.add_row(
            *(
                Text(cell)
                for cell in (
                    outcome.console,
                    outcome.what,
                    outcome.found + mark,
                    outcome.reason,
                    outcome.link,
                )
            )
        )
    Terminal(width=None if sys.stdout.isatty() else 160).print(table)
    print("pushed in " + ", ".join(f"{seconds:.2f} s" for seconds in took.values()))


def _ended(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


def _show_board(consoles: Sequence[Console], stand: Mapping[str, str]) -> None:
    """Say the one word of the status board for each device."""
    print("\nMay it be used today?")
    for console in consoles:
        found = READINESS[Readiness(stand[console.device])].word
        wanted = READINESS[Readiness(console.stands)].word
        print(f"  {console.name:24}{found}" + ("" if found == wanted else f"  (expected {wanted})"))


def _wait(service: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(KeyboardInterrupt):
        service.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
