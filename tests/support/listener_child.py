"""A listener with forked receivers in a process of its own, for tests that signal and kill it."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

from photopeak.listener.errors import ListenerError
from photopeak.listener.service import run_listener
from photopeak.model.reception import Reception, StoreOutcome, StoreStatus
from photopeak.settings import ListenerSettings
from support.ports import eventually


class FolderStore:
    """Stands for the inbox: one file per instance, named by its UID."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / f"receiver-{os.getpid()}").touch()

    def begin(self, reception: Reception) -> FolderPart:
        return FolderPart(self.folder / reception.sop_instance_uid)

    def accepting(self) -> StoreOutcome | None:
        return None

    def quick(self) -> None:
        return None

    def close(self) -> None:
        (self.folder / f"closed-{os.getpid()}").touch()


class FolderPart:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.data = bytearray()

    def writev(self, views: Sequence[memoryview]) -> None:
        for view in views:
            self.data += view

    def discard(self) -> None:
        self.path.with_name(self.path.name + ".discarded").touch()

    def commit(self) -> StoreOutcome:
        self.path.write_bytes(self.data)
        return StoreOutcome(status=StoreStatus.SUCCESS)


class Child:
    """The process; `port` once it is ready."""

    def __init__(self, process: Popen[str], folder: Path) -> None:
        self.process = process
        self.folder = folder
        self.port = 0

    def receivers(self) -> set[int]:
        """Return the receiving processes that live."""
        pids = {int(path.name.partition("-")[2]) for path in self.folder.glob("receiver-*")}
        return {pid for pid in pids if Path(f"/proc/{pid}").exists()}


@contextmanager
def listener_child(folder: Path, *, prefix: Sequence[str] = (), **settings: Any) -> Iterator[Child]:
    """Run a listener that keeps instances in `folder`."""
    folder.mkdir(exist_ok=True)
    values = {"host": "127.0.0.1", "port": 0, "drain_s": 3.0, **settings}
    here = Path(__file__).parents[1]
    # A pipe that nobody reads would fill up and stop the process at its next log line.
    with (folder / "log").open("w") as log:
        process = Popen(
            [*prefix, sys.executable, "-m", "support.listener_child", str(folder),
             json.dumps(values)],
            stdout=PIPE, stderr=log, text=True, cwd=here,
        )  # fmt: skip
    child = Child(process, folder)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if line:
            child.port = int(line)
            eventually(lambda: len(child.receivers()) >= values.get("workers", 2))
        yield child
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def main(folder: Path, settings: dict[str, Any]) -> int:
    """Run until SIGTERM; prints the port."""
    import logging

    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    try:
        run_listener(
            ListenerSettings(**settings),
            (),
            lambda: FolderStore(folder),
            ready=lambda port, _tls: print(port, flush=True),
            stop=stop,
        )
    except ListenerError as error:
        print(f"cannot start: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), json.loads(sys.argv[2])))
