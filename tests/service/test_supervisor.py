import os
import signal
import subprocess
import sys
import time
from pathlib import Path

SCRIPT = """
import logging, os, signal, sys, time
from pathlib import Path
from photopeak.supervisor import Role, Supervisor

folder = Path(sys.argv[1])
logging.basicConfig(level="INFO")

def steady():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    (folder / f"steady-{os.getpid()}").touch()
    while True:
        time.sleep(60)

def once():
    started = len(list(folder.glob("once-*")))
    (folder / f"once-{os.getpid()}").touch()
    if started == 0:
        raise RuntimeError("the first start fails")
    time.sleep(60)
    return 0

def misconfigured():
    return 3

roles = {"steady": steady, "once": once, "misconfigured": misconfigured}
sys.exit(Supervisor([Role(name=n, run=roles[n]) for n in sys.argv[2:]]).run())
"""


def start(folder: Path, *roles: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder), *roles], stderr=subprocess.DEVNULL
    )


def pids(folder: Path, role: str) -> list[int]:
    return [int(path.name.split("-")[1]) for path in folder.glob(f"{role}-*")]


def until(condition: object, seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_role_that_died_is_started_again(tmp_path: Path) -> None:
    parent = start(tmp_path, "steady", "once")
    try:
        until(lambda: len(pids(tmp_path, "once")) == 2)

        os.kill(pids(tmp_path, "steady")[0], signal.SIGKILL)

        until(lambda: len(pids(tmp_path, "steady")) == 2)
    finally:
        parent.terminate()
        assert parent.wait(15) == 0


def test_a_stop_ends_every_role(tmp_path: Path) -> None:
    parent = start(tmp_path, "steady")
    until(lambda: pids(tmp_path, "steady"))

    parent.terminate()

    assert parent.wait(15) == 0
    assert not alive(pids(tmp_path, "steady")[0])


def test_a_role_that_cannot_work_as_configured_ends_the_service_with_its_code(
    tmp_path: Path,
) -> None:
    parent = start(tmp_path, "steady", "misconfigured")

    assert parent.wait(15) == 3


def test_no_role_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    parent = start(tmp_path, "steady")
    until(lambda: pids(tmp_path, "steady"))
    (role,) = pids(tmp_path, "steady")

    parent.kill()
    parent.wait(15)

    until(lambda: not alive(role))
