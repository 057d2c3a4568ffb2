"""A ledger of what was acknowledged, kept outside of the process that is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from photopeak.inbox.recovery import RecoveryReport, recover
from photopeak.inbox.stored_file import hash_of, read_head
from photopeak.settings import DatabaseSettings
from photopeak.storage import instances
from photopeak.storage.database import open_database
from support.faults import files_below
from support.ports import eventually


class Ledger:
    """Runs receiving processes on a data folder, and knows what they have promised."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._lock = threading.Lock()
        self.promised: dict[str, str] = {}

    def run_until(
        self, count: int, *, names: list[str], threads: int, way: str = "files"
    ) -> list[Load]:
        """Start processes and return when they have promised `count` more instances.

        With the ways ``journal`` and ``clerk`` there is a registrar beside them.
        """
        target = len(self.promised) + count
        loads = [Load(self, self._data, name, threads, way) for name in names]
        if way != "files":
            loads.append(Load(self, self._data, "registrar", 1, "registrar"))
        try:
            eventually(
                lambda: len(self.promised) >= target or any(load.ended for load in loads),
                seconds=180.0,
                what=f"{target} instances",
            )
            assert not any(load.ended for load in loads)
        except BaseException:
            for load in loads:
                load.kill()
            raise
        return loads

    def note(self, line: str) -> None:
        """Take a promise down."""
        uid, sha256 = line.split()
        with self._lock:
            assert self.promised.setdefault(uid, sha256) == sha256

    def audit(self) -> RecoveryReport:
        """Start anew and compare everything that was promised with what is there."""
        database = open_database(DatabaseSettings(), self._data)
        try:
            report = recover(self._data, database)
            with database.snapshot() as tx:
                rows = instances.page_by_id(tx, "", 1_000_000)
        finally:
            database.close()
        assert report.missing == 0, "rows without a file"
        assert report.damaged == 0, "torn files under a final name"
        by_uid = {row.reception.sop_instance_uid: row for row in rows}
        assert len(by_uid) == len(rows), "an instance has two rows"
        lost = [uid for uid in self.promised if uid not in by_uid]
        assert not lost, f"{len(lost)} of {len(self.promised)} promised instances are lost"
        for uid, row in by_uid.items():
            path = self._data / row.path
            assert hash_of(path, read_head(path).data_set_at) == (row.sha256, row.size), uid
            assert self.promised.get(uid, row.sha256) == row.sha256, uid
        assert {self._data / row.path for row in rows} == set(files_below(self._data / "store"))
        assert files_below(self._data / "incoming") == []
        assert files_below(self._data / "conflict") == []
        return report


class Load:
    """One receiving process, and the thread that writes down what it promises."""

    def __init__(self, ledger: Ledger, data: Path, name: str, threads: int, way: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "support.inbox_load", str(data), name, str(threads), way],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, args=(ledger,))
        self._reader.start()

    @property
    def ended(self) -> bool:
        """True when it ended by itself, which it should not."""
        return self._process.poll() is not None

    def kill(self) -> None:
        """Kill it, and take down what it had still promised."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._reader.join()

    def _read(self, ledger: Ledger) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                if line.endswith("\n"):
                    ledger.note(line)
