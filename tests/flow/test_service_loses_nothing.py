"""What was acknowledged is kept, and nothing is done twice, when the whole service is killed.

``KILL_ROUNDS=20`` makes it a long test.
"""

from __future__ import annotations

import hashlib
import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydicom.uid import generate_uid

from photopeak.demo.objects import write
from photopeak.listener.client import ClientError, SendOutcome, send
from photopeak.model.series import SeriesState
from photopeak.model.test_sets import TestSetState
from photopeak.settings import DatabaseSettings
from photopeak.storage import instances, results, series, test_sets
from photopeak.storage.database import Database, open_database
from support import pushes
from support.ports import eventually
from support.service import Service, running_service

ROUNDS = int(os.environ.get("KILL_ROUNDS", "3"))
SENDERS = 3
FILES = 8
ANALYSIS_S = 1.0
"""Time that the analyses of one series may take on a machine that is busy."""


def copies(folder: Path, number: int) -> list[Path]:
    """Write floods with the same pixels, each a series of its own."""
    dataset = pushes.flood_object()
    paths = []
    for _ in range(number):
        dataset.SOPInstanceUID, dataset.SeriesInstanceUID = generate_uid(), generate_uid()
        paths.append(write(dataset, folder))
    return paths


class Ledger:
    """Files that were acknowledged; `enough` is set after so many."""

    def __init__(self) -> None:
        self.acknowledged: set[Path] = set()
        self.enough = threading.Event()
        self.target = 0

    def note(self, outcome: SendOutcome) -> None:
        if outcome.ok:
            self.acknowledged.add(outcome.path)
        if len(self.acknowledged) >= self.target:
            self.enough.set()

    def push(self, service: Service, files: list[Path]) -> None:
        for path in files:
            try:
                send([path], "127.0.0.1", service.dicom_port, calling="STORESCU", timeout_s=10.0,
                     progress=self.note)  # fmt: skip
            except ClientError:
                return


# The client library forgets to close a socket whose connection was refused.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_killed_service_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    chance = random.Random(8)
    ledger = Ledger()
    quick = {"inbox": {"quiet_s": 0.4}}
    with running_service(tmp_path / "a", devices=pushes.DEVICES, settings=quick) as service:
        for _ in range(ROUNDS):
            batches = [copies(tmp_path / "files", FILES) for _ in range(SENDERS)]
            ledger.target = len(ledger.acknowledged) + chance.randint(5, SENDERS * FILES - 6)
            ledger.enough.clear()
            with ThreadPoolExecutor(SENDERS) as senders:
                for batch in batches:
                    senders.submit(ledger.push, service, batch)
                assert ledger.enough.wait(60.0), service.log()[-2000:]
                service.processes["serve"].kill()
                service.processes["serve"].wait()
            restart(service)
        uids = [pushes.series_of(path) for path in sorted(ledger.acknowledged)]

        def at_rest() -> bool:
            with database_of(service) as database, database.snapshot() as tx:
                under_way = (SeriesState.RECEIVING, SeriesState.COMPLETE)
                busy = (TestSetState.QUEUED, TestSetState.RUNNING)
                return not (
                    series.page(tx, states=under_way, limit=1).items
                    or test_sets.page(tx, states=busy, limit=1).items
                )

        eventually(
            at_rest,
            seconds=180.0 + ANALYSIS_S * len(uids),
            what=lambda: f"all is analysed: {service.log()[-3000:]}",
        )
        with database_of(service) as database, database.snapshot() as tx:
            for uid in uids:
                check_kept_once(tx, service, uid)
        assert not any((service.data / "incoming").rglob("*.part*"))
        print(f"{ROUNDS} rounds: {len(uids)} acknowledged, none lost, none torn, none doubled")


def restart(service: Service) -> None:
    """Start again as soon as the children of the killed one are gone."""

    def started() -> bool:
        process = service.start()
        try:
            service.wait_until_up()
        except AssertionError:
            if process.poll() is None or "in use" not in service.log():
                raise
            return False
        return True

    eventually(started, seconds=30.0, what="the service starts again")


class database_of:  # noqa: N801 - reads as a function
    """The database of a running service, opened beside it."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def __enter__(self) -> Database:
        self._database = open_database(DatabaseSettings(), self._service.data)
        return self._database

    def __exit__(self, *_: object) -> None:
        self._database.close()


def check_kept_once(tx: object, service: Service, uid: str) -> None:
    (row,) = instances.by_series(tx, uid)  # type: ignore[arg-type]
    path = service.data / row.path
    assert path.is_file(), f"{uid} was acknowledged and is lost"
    content = path.read_bytes()
    start = 132 + 12 + int.from_bytes(content[140:144], "little")
    assert hashlib.sha256(content[start:]).hexdigest() == row.sha256, f"{path} is torn"
    sets = [
        s for s in test_sets.by_series(tx, uid)  # type: ignore[arg-type]
        if s.key.test == "intrinsic_uniformity"
    ]  # fmt: skip
    assert [s.state for s in sets] == [TestSetState.DONE]
    assert [result.version for result in results.versions(tx, sets[0].id)] == [1]  # type: ignore[arg-type]
